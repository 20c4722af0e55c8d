package engine

import (
	"context"
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
)

// MailDraft is what an answer begins with: whom it goes to and what it is about, for a
// person to change.
type MailDraft struct {
	From        string // as [mailstore.Address.String], as all here
	To, Cc      []string
	Subject     string
	Quoted      string // what will stand below what is written
	Attachments []string
}

// DraftMail puts together what an answer, or a message that is passed on, begins with.
// Nothing is sent.
func (e *Engine) DraftMail(ctx context.Context, m MailToSend) (MailDraft, error) {
	d, err := e.assembleMail(ctx, m)
	if err != nil {
		return MailDraft{}, err
	}
	out := MailDraft{From: d.From.String(), To: addresses(d.To), Cc: addresses(d.Cc), Subject: d.Subject, Quoted: strings.TrimSpace(d.Text)}
	for _, a := range d.Attachments {
		out.Attachments = append(out.Attachments, a.Name)
	}
	return out, nil
}

// Senders lists the addresses that whoever is at work here may write from: their own and
// its aliases, then the shared ones; all mailboxes where they have not said which is
// theirs.
func (e *Engine) Senders(ctx context.Context) ([]string, error) {
	own, err := e.OwnMailboxes(ctx)
	if err != nil {
		return nil, err
	}
	var first, shared, others []string
	for _, a := range e.opt.Settings.MirrorAccounts() {
		switch {
		case slices.Contains(own, strings.ToLower(a.Address)):
			first = append(first, a.Address)
			for _, r := range e.opt.Settings.RecipientsOf(relay.DomainOf(a.Address)) {
				if r.Kind == configs.KindAlias && strings.EqualFold(r.Of, a.Address) {
					first = append(first, r.Address)
				}
			}
		case a.Shared:
			shared = append(shared, a.Address)
		default:
			others = append(others, a.Address)
		}
	}
	if len(first) == 0 {
		return append(others, shared...), nil
	}
	return append(first, shared...), nil
}

// What somebody is writing is kept in a file for each message, sealed, so that a crash or
// a closed lid loses nothing of it.
const (
	draftsDir     = "drafts"
	draftsPurpose = "drafts"
	keptSuffix    = ".mail"
)

// KeptDraft is a message that somebody was writing.
type KeptDraft struct {
	ID      string
	At      time.Time // when it was kept last
	Content []byte    // as it was given to [Engine.KeepDraft]
}

// KeepDraft keeps what somebody is writing, until [Engine.DropDraft]. The ID is of
// letters and digits. It is on the disk when this returns.
func (e *Engine) KeepDraft(ctx context.Context, id string, content []byte) error {
	file, err := e.draftFile(id)
	if err != nil {
		return err
	}
	sealed, err := e.seal(ctx, draftsPurpose, content)
	if err == nil {
		err = makeDir(e.path(draftsDir))
	}
	if err == nil {
		err = probe.ReplaceFile(file, sealed)
	}
	if err != nil {
		return failover.Fail(failover.ErrInvalid, "What you write cannot be kept in {file}: make room there, or send it soon.", "file", file).Because(err)
	}
	return nil
}

// KeptDrafts are the messages that are being written, the newest first. One that
// cannot be read is left out and stays where it is; the error tells of it. One that was
// sent, and could not be dropped any more, is dropped.
func (e *Engine) KeptDrafts(ctx context.Context) ([]KeptDraft, error) {
	e.dropSent(ctx)
	names, err := filepath.Glob(filepath.Join(e.path(draftsDir), "*"+keptSuffix))
	if err != nil {
		return nil, err
	}
	var out []KeptDraft
	var errs []error
	for _, file := range names {
		d, err := e.keptDraft(ctx, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // dropped meanwhile
		}
		if err != nil {
			errs = append(errs, mailstore.Fail(mailstore.ErrDamaged, "A message that was being written cannot be read: {file}", "file", file).Because(err))
			continue
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b KeptDraft) int { return b.At.Compare(a.At) })
	return out, errors.Join(errs...)
}

func (e *Engine) keptDraft(ctx context.Context, file string) (KeptDraft, error) {
	d := KeptDraft{ID: strings.TrimSuffix(filepath.Base(file), keptSuffix)}
	sealed, err := os.ReadFile(file)
	if err != nil {
		return d, err
	}
	if at, err := os.Stat(file); err == nil {
		d.At = at.ModTime()
	}
	d.Content, err = e.unseal(ctx, draftsPurpose, sealed)
	return d, err
}

// DropDraft forgets a message that was sent, or is not to be.
func (e *Engine) DropDraft(_ context.Context, id string) error {
	file, err := e.draftFile(id)
	if err != nil {
		return err
	}
	for _, name := range []string{file, e.handedFile(id)} { // the note last: it tells of the other
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failover.Fail(failover.ErrDisk, "{file} cannot be removed: see that it is yours", "file", name).Because(err)
		}
	}
	return nil
}

// draftFile is where a draft is kept; the ID is no path.
func (e *Engine) draftFile(id string) (string, error) {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	if id == "" || strings.ContainsFunc(id, odd) {
		return "", failover.Fail(failover.ErrInvalid, "{id} is no ID of a draft.", "id", id)
	}
	return filepath.Join(e.path(draftsDir), id+keptSuffix), nil
}
