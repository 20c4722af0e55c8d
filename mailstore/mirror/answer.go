package mirror

import (
	"context"
	"fmt"
	"time"

	"lifeboat/mailstore"
)

// answer is a person's word on a held folder.
type answer struct {
	folder mailstore.FolderID
	keep   bool
	upTo   int // so much may be gone: what the person was told of, and a little
}

// verdict is what becomes of messages that vanished.
type verdict int

const (
	letGo    verdict = iota // hidden, as at the primary
	hold                    // a person is asked
	keepHere                // put aside, then hidden where they were
)

// judge decides by numbers, and by what a person said.
func (c *check) judge(lost, of int) verdict {
	switch {
	case c.answer != nil && c.answer.keep && lost > 0:
		return keepHere
	case c.answer != nil && lost <= c.answer.upTo:
		return letGo
	case c.unusual(lost, of):
		return hold
	}
	return letGo
}

// wantedByAnswer reports whether the folder is to be looked at: with an answer, only
// the one it is about.
func (c *check) wantedByAnswer(f mailstore.Folder) bool {
	return c.answer == nil || c.answer.folder == f.ID
}

// Accept hides what vanished from a held folder, as the primary has it, and lets the
// folder go on. It asks the primary once more: when much more is gone by now than the
// person was told of, the folder is held again, and the error is of kind ErrHeld.
func (m *Mirror) Accept(ctx context.Context, account mailstore.AccountID, folder mailstore.FolderID) error {
	return m.decide(ctx, account, folder, false)
}

// Keep puts what vanished from a held folder into a folder of its own that exists
// here alone, and lets the held one go on. What is kept grows old like all mail.
func (m *Mirror) Keep(ctx context.Context, account mailstore.AccountID, folder mailstore.FolderID) error {
	return m.decide(ctx, account, folder, true)
}

func (m *Mirror) decide(ctx context.Context, id mailstore.AccountID, folder mailstore.FolderID, keep bool) error {
	accounts, err := m.accounts(ctx, []mailstore.AccountID{id})
	if err != nil {
		return err
	}
	f, err := m.held(ctx, id, folder)
	if err != nil {
		return err
	}
	pool := m.newPool(accounts[0])
	defer pool.close()
	r := m.look(ctx, &check{
		account: accounts[0], pool: pool, thorough: true,
		answer: &answer{folder: folder, keep: keep, upTo: f.Held.Gone + m.o.Unusual.Floor},
	})
	if r.Err != nil {
		return r.Err
	}
	if len(r.Held) > 0 {
		now := r.Held[0].Held
		return mailstore.Fail(mailstore.ErrHeld,
			"{gone} of {of} messages are gone from {folder} by now, many more than was said. It stays stopped; look again and decide anew.",
			"gone", now.Gone, "of", now.Of, "folder", f.Name)
	}
	if len(r.Missing) > 0 { // nothing was decided while a message that may be one of those is missing
		if f, err := m.held(ctx, id, folder); err == nil {
			return mailstore.Fail(mailstore.ErrHeld, "{folder} stays stopped: the server does not give {number} of its messages now. Decide again later.",
				"folder", f.Name, "number", len(r.Missing))
		}
	}
	return nil
}

// held finds a held folder.
func (m *Mirror) held(ctx context.Context, account mailstore.AccountID, folder mailstore.FolderID) (mailstore.Folder, error) {
	folders, err := m.o.Store.Folders(ctx, account)
	if err != nil {
		return mailstore.Folder{}, err
	}
	for _, f := range folders {
		if f.ID == folder && f.Held != nil {
			return f, nil
		}
	}
	return mailstore.Folder{}, mailstore.Fail(mailstore.ErrNotFound, "This folder does not wait for a decision.")
}

// keepHere puts messages into a folder that exists here alone. Done again after a kill
// it finds its folder, and what lies there.
func (c *check) keepHere(ctx context.Context, from mailstore.Folder, lost []mailstore.Known) error {
	aside, err := c.asideFolder(ctx, from)
	if err != nil {
		return err
	}
	known, err := c.m.o.Store.KnownUnder(ctx, aside.ID, keptValidity)
	if err != nil {
		return err
	}
	there := map[mailstore.MessageID]bool{}
	next := mailstore.UID(1)
	for _, k := range known {
		there[k.Message] = true
		next = max(next, k.UID+1)
	}
	b := mailstore.Batch{Folder: aside.ID, UIDValidity: keptValidity, At: c.began}
	for _, k := range lost {
		if !there[k.Message] {
			b.Arrived = append(b.Arrived, mailstore.Arrival{UID: next, Received: k.Received, Flags: k.Flags, Message: k.Message})
			next++
		}
	}
	b.Cursor = &mailstore.Cursor{UIDValidity: keptValidity, UIDNext: next, Exists: uint32(next - 1), From: c.cutoff, Reconciled: c.began}
	_, err = c.m.o.Store.Apply(ctx, b)
	return err
}

// keptValidity is the UIDVALIDITY of folders that exist here alone.
const keptValidity = 1

func (c *check) asideFolder(ctx context.Context, from mailstore.Folder) (mailstore.Folder, error) {
	folders, err := c.m.o.Store.Folders(ctx, c.account.ID)
	if err != nil {
		return mailstore.Folder{}, err
	}
	for _, f := range folders {
		if f.RemoteID == c.keptID(from) {
			return f, nil
		}
	}
	return c.m.o.Store.SaveFolder(ctx, mailstore.Folder{
		Account: c.account.ID, Name: c.keptName(from), Delimiter: from.Delimiter, RemoteID: c.keptID(from),
	})
}

// keptID names the folder for what a person kept, by when it was held.
func (c *check) keptID(from mailstore.Folder) string {
	return fmt.Sprintf("%skept:%d:%d", mailstore.LocalPrefix, from.ID, c.heldSince(from).Unix())
}

func (c *check) keptName(from mailstore.Folder) string {
	return from.Name + " (" + c.heldSince(from).Format("2006-01-02 15.04") + ")"
}

func (c *check) heldSince(f mailstore.Folder) time.Time {
	if f.Held == nil {
		return c.began
	}
	return f.Held.Since.UTC()
}
