package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
)

// MailSelection says which messages are wanted.
type MailSelection struct {
	Account string // an address; empty: of all
	Folder  string // a name; empty: all. Where several accounts have it, Account is needed.
	Before  string // the ID of a message: only older ones; empty: from the newest
	Limit   int    // at most so many; 0: 50
	Gone    bool   // also what the primary no longer has, and is hidden here
}

const usualPage = 50

// MailLine is a message in a list.
type MailLine struct {
	ID       string    `json:"id"`
	Account  string    `json:"account"`
	Received time.Time `json:"received"`
	Date     time.Time `json:"date,omitzero"` // as the sender says
	From     []string  `json:"from"`
	To       []string  `json:"to"`
	Subject  string    `json:"subject"`
	Preview  string    `json:"preview,omitempty"`
	Size     int64     `json:"size"`
	// Attachments counts those that a person would call so.
	Attachments int      `json:"attachments"`
	Folders     []string `json:"folders"`
	Flags       []string `json:"flags"`
	Unread      bool     `json:"unread"`
	Described   bool     `json:"described"` // false: not read for lists and searches yet
	Damaged     bool     `json:"damaged,omitempty"`
	Hidden      bool     `json:"hidden,omitempty"` // the primary no longer has it
	// Missing: it is gone since the list was made; only its ID is there.
	Missing bool `json:"missing,omitempty"`
}

// MailPage is a piece of a list, newest first. Next is for Before of the next piece;
// empty: there is none.
type MailPage struct {
	Messages []MailLine `json:"messages"`
	Next     string     `json:"next,omitempty"`
	// Locked are the mailboxes that were left out, as nothing has opened them.
	Locked []string `json:"locked,omitempty"`
}

// List lists messages, newest first.
func (m *Mail) List(ctx context.Context, sel MailSelection) (MailPage, error) {
	return m.page(ctx, sel, m.store.Messages)
}

// Search finds messages, newest first; see package fulltext for the words of a query.
func (m *Mail) Search(ctx context.Context, query string, sel MailSelection) (MailPage, error) {
	q, err := fulltext.Parse(query, m.e.opt.Now())
	if err != nil {
		return MailPage{}, err
	}
	return m.page(ctx, sel, func(ctx context.Context, l mailstore.List) ([]mailstore.Message, error) {
		return m.store.Search(ctx, q, l)
	})
}

// page reads a page, and one message more, to know whether there are more.
func (m *Mail) page(ctx context.Context, sel MailSelection, read func(context.Context, mailstore.List) ([]mailstore.Message, error)) (MailPage, error) {
	l, r, err := m.list(ctx, sel)
	if err != nil {
		return MailPage{}, err
	}
	if l.Limit = sel.Limit; l.Limit <= 0 {
		l.Limit = usualPage
	}
	l.Limit++
	if err := r.note(ctx, m.gate, AccessEntry{Deed: AccessList, Folder: sel.Folder}); err != nil {
		return MailPage{}, err
	}
	got, err := read(ctx, l)
	p := MailPage{Messages: []MailLine{}, Locked: r.locked}
	if len(got) == l.Limit {
		got = got[:len(got)-1]
		p.Next = got[len(got)-1].ID.Text()
	}
	for _, msg := range got {
		p.Messages = append(p.Messages, m.line(msg))
	}
	return p, err
}

// list puts a selection into the store's words, without its limit, and finds what of
// it may be read.
func (m *Mail) list(ctx context.Context, sel MailSelection) (l mailstore.List, r reach, err error) {
	l.Gone = sel.Gone
	if sel.Before != "" {
		if l.Before, err = parseID(sel.Before); err != nil {
			return l, r, err
		}
	}
	if r, err = m.reach(ctx, sel.Account); err != nil {
		return l, r, err
	}
	switch {
	case sel.Account != "":
		l.Account = r.accounts[0].ID
	case len(r.locked) > 0:
		for _, a := range r.accounts {
			l.Accounts = append(l.Accounts, a.ID)
		}
	}
	if sel.Folder == "" {
		return l, r, nil
	}
	f, err := m.folderNamed(r, sel.Folder)
	if err != nil {
		return l, r, err
	}
	l.Account, l.Folder, l.Accounts = f.Account, f.ID, nil
	r.accounts = slices.DeleteFunc(r.accounts, func(a mailstore.Account) bool { return a.ID != f.Account })
	r.locked = nil
	return l, r, nil
}

func (m *Mail) folderNamed(r reach, name string) (mailstore.Folder, error) {
	var found []mailstore.Folder
	_, folders := m.known()
	for _, f := range folders {
		if _, open := r.grants[f.Account]; open && strings.EqualFold(f.Name, name) {
			found = append(found, f)
		}
	}
	// Names that differ in the case of letters are different folders, and so is one that was
	// made anew after the primary had lost it: the nearest is meant.
	for _, nearer := range []func(mailstore.Folder) bool{
		func(f mailstore.Folder) bool { return f.Name == name },
		func(f mailstore.Folder) bool { return f.Gone.IsZero() },
	} {
		if slices.ContainsFunc(found, nearer) {
			found = slices.DeleteFunc(found, func(f mailstore.Folder) bool { return !nearer(f) })
		}
	}
	switch len(found) {
	case 0:
		return mailstore.Folder{}, mailstore.Fail(mailstore.ErrInvalid,
			"There is no folder {folder}: \"lifeboat mail list --folders\" names those that there are.", "folder", name)
	case 1:
		return found[0], nil
	}
	return mailstore.Folder{}, mailstore.Fail(mailstore.ErrInvalid,
		"{count} mailboxes have a folder {folder}: say with --account whose is meant.", "folder", name, "count", len(found))
}

func (m *Mail) line(msg mailstore.Message) MailLine {
	_, folders := m.known()
	l := MailLine{
		ID: msg.ID.Text(), Account: m.address(msg.Account), Received: msg.Received.UTC(), Date: msg.Summary.Date,
		From: addresses(msg.Summary.From), To: addresses(msg.Summary.To), Subject: msg.Summary.Subject, Preview: msg.Summary.Preview,
		Size: msg.Size, Attachments: msg.Summary.Attachments, Folders: []string{}, Flags: []string{},
		Unread: true, Described: msg.Described, Damaged: msg.Damaged, Hidden: true,
	}
	for _, p := range msg.Places {
		l.Hidden = l.Hidden && !p.Gone.IsZero()
		if name := folders[p.Folder].Name; !slices.Contains(l.Folders, name) {
			l.Folders = append(l.Folders, name)
		}
		for _, f := range p.Flags {
			if !slices.Contains(l.Flags, f) {
				l.Flags = append(l.Flags, f)
			}
		}
		l.Unread = l.Unread && !p.Flags.Has(mailstore.Seen)
	}
	return l
}

func (m *Mail) address(id mailstore.AccountID) string {
	accounts, _ := m.known()
	for _, a := range accounts {
		if a.ID == id {
			return a.Address
		}
	}
	return ""
}

func addresses(list []mailstore.Address) []string {
	out := []string{}
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

func parseID(text string) (mailstore.MessageID, error) {
	n, err := strconv.ParseInt(strings.ToLower(strings.TrimSpace(text)), mailstore.IDBase, 64)
	if err != nil || n <= 0 {
		return 0, mailstore.Fail(mailstore.ErrInvalid, "{value} is no ID of a message: take one from \"lifeboat mail list\" or \"lifeboat mail search\".", "value", text)
	}
	return mailstore.MessageID(n), nil
}
