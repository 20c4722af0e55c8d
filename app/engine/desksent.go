package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/probe"
	"lifeboat/failover/relay"
	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/store"
)

// The composer keeps a copy of what it sends in the mirror, in a folder of the sender's
// mailbox that exists here alone. The mirror has one owner, who may be another process
// at work, or nothing may be mirrored yet; so a copy begins as a file of its own, and
// is filed by whoever owns the mirror next. Nothing is lost in between:
//
//   - NAME.draft is on the disk before the message is queued. After a kill, the queue's
//     log tells whether it was: then it becomes a .sent, else it goes.
//   - ID.sent is a copy of what was queued. It goes once the mirror has it; one that the
//     mirror has already is known there by its ID.
const (
	copiesDir   = "copies"
	draftSuffix = ".draft"
	sentSuffix  = ".sent"
)

// sentFolder is the RemoteID of the folder for copies of sent mail.
const sentFolder = mailstore.LocalPrefix + "sent"

// sentCopy is a copy of a message, as it lies in a file: sealed.
type sentCopy struct {
	Account   string    `json:"account"`
	MessageID string    `json:"message_id"`
	At        time.Time `json:"at"`
	Message   []byte    `json:"message"`
}

func (e *Engine) copyPath(name string) string {
	return filepath.Join(e.path(relayDir), copiesDir, name)
}

// accountOf is the mirrored mailbox that mail from an address belongs to.
func (e *Engine) accountOf(address string) (string, bool) {
	all := e.opt.Settings.MirrorAccounts()
	for range 3 { // an alias of an alias at most, as the settings have it
		if i := slices.IndexFunc(all, func(a configs.MirrorAccount) bool { return strings.EqualFold(a.Address, address) }); i >= 0 {
			return all[i].Address, true
		}
		list := e.opt.Settings.RecipientsOf(relay.DomainOf(address))
		i := slices.IndexFunc(list, func(r configs.Recipient) bool { return strings.EqualFold(r.Address, address) })
		if i < 0 || list[i].Of == "" {
			break
		}
		address = list[i].Of
	}
	return "", false
}

// draftCopy writes a copy before its message is queued, and returns its file's name.
func (r *sendRoute) draftCopy(c sentCopy) (name string, err error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	sealed, err := sealWith(r.key, copiesPurpose, plain)
	if err == nil {
		err = makeDir(r.e.copyPath(""))
	}
	if err == nil {
		name = r.e.newID() + draftSuffix
		err = probe.ReplaceFile(r.e.copyPath(name), sealed)
	}
	return name, err
}

// keepCopy says that the message of a draft was queued.
func (r *sendRoute) keepCopy(draft string, id relay.ID) error {
	return os.Rename(r.e.copyPath(draft), r.e.copyPath(string(id)+sentSuffix))
}

func (r *sendRoute) dropCopy(draft string) {
	if err := os.Remove(r.e.copyPath(draft)); err != nil {
		r.e.opt.Logger.Warn("copies of sent mail", "error", err) // settled when the queue is opened next
	}
}

// settleCopies decides about the drafts that a killed process left: nobody else writes
// any while the queue is open here.
func (e *Engine) settleCopies(ctx context.Context, r *sendRoute) error {
	var errs []error
	for _, name := range e.copies(draftSuffix) {
		c, err := e.readCopy(r.key, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		events, err := r.queue.Events(ctx, relay.LogQuery{Text: c.MessageID, Kinds: []relay.EventKind{relay.Submitted}, Since: c.At.Add(-time.Hour)})
		if err != nil {
			return err
		}
		at := slices.IndexFunc(events, func(ev relay.Event) bool { return ev.MessageID == c.MessageID })
		if at < 0 {
			errs = append(errs, os.Remove(e.copyPath(name)))
			continue
		}
		errs = append(errs, r.keepCopy(name, events[at].ID))
	}
	return errors.Join(errs...)
}

// copies lists the files of copies, in the order of their names.
func (e *Engine) copies(suffix string) []string {
	all, err := os.ReadDir(e.copyPath(""))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.opt.Logger.Warn("copies of sent mail", "error", err)
	}
	var out []string
	for _, f := range all {
		if strings.HasSuffix(f.Name(), suffix) {
			out = append(out, f.Name())
		}
	}
	return out
}

func (e *Engine) readCopy(key keys.Key, name string) (sentCopy, error) {
	var c sentCopy
	sealed, err := os.ReadFile(e.copyPath(name))
	if err != nil {
		return c, err
	}
	plain, err := openWith(key, copiesPurpose, sealed)
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	return c, err
}

// fileCopies brings the copies that wait into the mirror. One that cannot be read stays
// where it is.
func (e *Engine) fileCopies(ctx context.Context, key keys.Key, s *store.Store) error {
	e.filing.Lock()
	defer e.filing.Unlock()
	names := e.copies(sentSuffix)
	if len(names) == 0 {
		return nil
	}
	accounts, err := s.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		c, err := e.readCopy(key, name)
		if err != nil {
			e.opt.Logger.Warn("a copy of sent mail cannot be read", "file", name, "error", err)
			continue
		}
		a, err := accountNamed(accounts, c.Account)
		if err != nil {
			continue // the next mirror run makes the account
		}
		if err := e.fileCopy(ctx, s, a, strings.TrimSuffix(name, sentSuffix), c); err != nil {
			return err
		}
		if err := os.Remove(e.copyPath(name)); err != nil {
			return err // it is filed; known by its name next time
		}
	}
	return nil
}

// fileCopy brings one copy in, unless it is there.
func (e *Engine) fileCopy(ctx context.Context, s *store.Store, a mailstore.Account, id string, c sentCopy) error {
	known, err := s.Remote(ctx, a.ID, []string{mailstore.LocalPrefix + id})
	if err != nil || len(known) > 0 {
		return err
	}
	folder, next, err := e.sentFolderOf(ctx, s, a)
	if err != nil {
		return err
	}
	w := s.NewBody()
	defer w.Abort()
	if _, err := w.Write(c.Message); err != nil {
		return err
	}
	body, err := w.Close()
	if err != nil {
		return err
	}
	_, err = s.Apply(ctx, mailstore.Batch{Folder: folder.ID, UIDValidity: 1, At: e.opt.Now(), Arrived: []mailstore.Arrival{{
		UID: next, Received: c.At, Flags: mailstore.MakeFlags(mailstore.Seen), RemoteID: mailstore.LocalPrefix + id, Body: body,
	}}})
	return err
}

// sentFolderOf is the folder of copies, and the next number in it.
func (e *Engine) sentFolderOf(ctx context.Context, s *store.Store, a mailstore.Account) (mailstore.Folder, mailstore.UID, error) {
	folders, err := s.Folders(ctx, a.ID)
	if err != nil {
		return mailstore.Folder{}, 0, err
	}
	at := slices.IndexFunc(folders, func(f mailstore.Folder) bool { return f.RemoteID == sentFolder })
	if at < 0 {
		f, err := s.SaveFolder(ctx, mailstore.Folder{
			Account: a.ID, Name: "Sent with Lifeboat", Delimiter: "/", Role: mailstore.Sent, RemoteID: sentFolder,
		})
		return f, 1, err
	}
	known, err := s.Known(ctx, folders[at].ID)
	next := mailstore.UID(1)
	for _, k := range known {
		next = max(next, k.UID+1)
	}
	return folders[at], next, err
}

// fileNow files the copies from a process that does not own the mirror already.
func (e *Engine) fileNow(ctx context.Context, key keys.Key) error {
	if !e.hasMail() {
		return failover.Fail(failover.ErrWaiting, "the copy for the sent folder is kept until the mailbox is mirrored for the first time")
	}
	s, err := store.Open(ctx, e.storeOptions(store.Options{Key: key.Derive(storePurpose)}))
	if errors.Is(err, mailstore.ErrBusy) {
		return failover.Fail(failover.ErrWaiting, "the copy for the sent folder is kept until the mirror is free: another Lifeboat is at work in it").Because(err)
	}
	if err != nil {
		return err
	}
	if err = e.fileCopies(ctx, key, s); err == nil {
		err = e.describeAll(ctx, s)
	}
	return errors.Join(err, s.Close())
}

// isFiled reports whether the copy of a message is no longer waiting.
func (e *Engine) isFiled(id relay.ID) bool {
	_, err := os.Stat(e.copyPath(string(id) + sentSuffix))
	return errors.Is(err, fs.ErrNotExist)
}

// sealWith and openWith are seal and unseal with a key at hand, and no other: what
// they guard must not be lost when the process ends.
func sealWith(key keys.Key, purpose string, plain []byte) ([]byte, error) {
	box, err := boxOf(key.Derive("sealed " + purpose))
	if err != nil {
		return nil, err
	}
	return sealIn(box, purpose, plain), nil
}

func openWith(key keys.Key, purpose string, kept []byte) ([]byte, error) {
	sealed, isSealed := bytes.CutPrefix(kept, []byte(sealedMark))
	if !isSealed {
		return nil, errUnopened
	}
	box, err := boxOf(key.Derive("sealed " + purpose))
	if err != nil {
		return nil, err
	}
	return openIn(box, purpose, sealed)
}
