package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/probe"
	"lifeboat/mailstore"
)

// Whose mailbox is one's own is what a person says of themselves, once, at the machine
// that they sit at: Lifeboat has no accounts for people, and whoever may read the data
// folder may say anything. So it is written down that they said it: the saying is in the
// log of accesses, where everybody who looks after the organisation's mail sees it.

const (
	ownFile    = "own.json"
	ownPurpose = "own"
)

// ownBook is what people said, by user@machine.
type ownBook map[string][]string

// OwnMailboxes lists the addresses that whoever is at work here has said to be theirs,
// sorted.
func (e *Engine) OwnMailboxes(ctx context.Context) ([]string, error) {
	book, err := e.ownBook(ctx)
	return book[e.opt.Owner], err
}

func (e *Engine) ownBook(ctx context.Context) (ownBook, error) {
	b, err := os.ReadFile(e.path(ownFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ownBook{}, nil
	}
	var book ownBook
	if err == nil {
		b, err = e.unseal(ctx, ownPurpose, b)
	}
	if err == nil {
		err = json.Unmarshal(b, &book)
	}
	if err != nil {
		return ownBook{}, mailstore.Fail(mailstore.ErrDamaged,
			"Whose mailboxes are whose cannot be read from {file}: say it again with lifeboat mail own ADDRESS.", "file", e.path(ownFile)).Because(err)
	}
	if book == nil {
		book = ownBook{}
	}
	return book, nil
}

// SetOwnMailboxes says which mailboxes are those of whoever is at work here; none:
// none is. They must be mailboxes of the settings. What changes is in the log of
// accesses before it counts.
func (e *Engine) SetOwnMailboxes(ctx context.Context, addresses []string) error {
	own := []string{}
	for _, a := range addresses {
		a = strings.ToLower(strings.TrimSpace(a))
		if !e.isMailbox(a) {
			return mailstore.Fail(mailstore.ErrInvalid, "{address} is no mailbox of the settings: give one of theirs.", "address", a)
		}
		own = append(own, a)
	}
	slices.Sort(own)
	own = slices.Compact(own)
	l, err := e.accessLog(ctx)
	if err != nil {
		return err
	}
	return l.locked(ctx, func() error {
		book, err := e.ownBook(ctx)
		if err != nil {
			e.opt.Logger.Warn("own mailboxes", "error", err) // it is made anew
		}
		var entries []AccessEntry
		said := func(deed AccessDeed, all, not []string) {
			for _, a := range all {
				if !slices.Contains(not, a) {
					entries = append(entries, AccessEntry{At: e.opt.Now().UTC(), Who: e.opt.Owner, Deed: deed, Account: a})
				}
			}
		}
		said(AccessOwn, own, book[e.opt.Owner])
		said(AccessDisown, book[e.opt.Owner], own)
		if len(entries) == 0 {
			return nil
		}
		if err := l.appendLocked(entries); err != nil {
			return err
		}
		book[e.opt.Owner] = own
		return e.saveOwn(ctx, book)
	})
}

func (e *Engine) saveOwn(ctx context.Context, book ownBook) error {
	b, err := json.Marshal(book)
	if err == nil {
		b, err = e.seal(ctx, ownPurpose, b)
	}
	if err == nil {
		err = probe.ReplaceFile(e.path(ownFile), b)
	}
	if err != nil {
		return mailstore.Fail(mailstore.ErrDisk, "Whose mailboxes are whose cannot be written to {file}: see whether the disk is full, and whether the folder is yours.", "file", e.path(ownFile)).Because(err)
	}
	return nil
}

// isMailbox reports whether an address is of the settings. A group's may be one too, that
// mail was imported for.
func (e *Engine) isMailbox(address string) bool {
	for _, d := range e.opt.Settings.Domains {
		for _, r := range e.opt.Settings.RecipientsOf(d.Name) {
			if strings.EqualFold(r.Address, address) {
				return true
			}
		}
	}
	return false
}

// Say tells what was done, for a log.
func (a AccessEntry) Say() failover.Sentence {
	account := a.Account
	if a.Server != "" {
		account += " (" + a.Server + ")"
	}
	switch a.Deed {
	case AccessShow:
		return failover.Say("Message {message} of {account} was read", "message", a.Message, "account", account)
	case AccessRaw:
		return failover.Say("The source of message {message} of {account} was read", "message", a.Message, "account", account)
	case AccessFile:
		return failover.Say("An attachment of message {message} of {account} was taken out", "message", a.Message, "account", account)
	case AccessExport:
		if a.Messages == 1 {
			return failover.Say("A message of {account} was exported", "account", account)
		}
		return failover.Say("{count} messages of {account} were exported", "count", a.Messages, "account", account)
	case AccessUnlock:
		return failover.Say("The mailbox {account} was opened for a reason that somebody gave", "account", account)
	case AccessOwn:
		return failover.Say("{who} said that the mailbox {account} is theirs", "who", a.Who, "account", account)
	case AccessDisown:
		return failover.Say("{who} said that the mailbox {account} is not theirs", "who", a.Who, "account", account)
	case AccessList:
	}
	if a.Folder != "" {
		return failover.Say("The list of mail in {folder} of {account} was looked at", "folder", a.Folder, "account", account)
	}
	return failover.Say("The list of mail of {account} was looked at", "account", account)
}

// syncFolder makes a new file's name durable. On Windows that cannot be done, nor need
// it be.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
