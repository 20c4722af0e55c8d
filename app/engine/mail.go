package engine

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
	"lifeboat/mailstore/store"
)

// Mail is the mirrored mail, open for reading, also while a mirror is at work. Close
// it after use.
type Mail struct {
	e        *Engine
	store    *store.Store
	accounts []mailstore.Account
	folders  map[mailstore.FolderID]mailstore.Folder
}

// OpenMail opens the mirrored mail. A person may be asked for the passphrase of the
// data key.
func (e *Engine) OpenMail(ctx context.Context) (*Mail, error) { return e.openMail(ctx, true) }

func (e *Engine) openMail(ctx context.Context, ask bool) (*Mail, error) {
	if e.opt.Mail == nil {
		return nil, noMail()
	}
	if !e.hasMail() {
		return nil, nothingMirrored()
	}
	key, err := e.unlocked(ctx, ask)
	if err != nil {
		return nil, err
	}
	return e.mailIn(ctx, store.Options{Key: key.Derive(storePurpose), ReadOnly: true})
}

// mailIn opens the store; the options are completed.
func (e *Engine) mailIn(ctx context.Context, o store.Options) (*Mail, error) {
	s, err := store.Open(ctx, e.storeOptions(o))
	if err != nil {
		return nil, err
	}
	m := &Mail{e: e, store: s, folders: map[mailstore.FolderID]mailstore.Folder{}}
	if err := m.load(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return m, nil
}

// storeOptions say where the store is and what it works with.
func (e *Engine) storeOptions(o store.Options) store.Options {
	o.Dir, o.Cache, o.Now, o.Log = e.path(mailDir), e.opt.Mail.Cache, e.opt.Now, e.opt.Logger
	return o
}

func (m *Mail) load(ctx context.Context) (err error) {
	if m.accounts, err = m.store.Accounts(ctx); err != nil {
		return err
	}
	for _, a := range m.accounts {
		folders, err := m.store.Folders(ctx, a.ID)
		if err != nil {
			return err
		}
		for _, f := range folders {
			m.folders[f.ID] = f
		}
	}
	return nil
}

// Close gives the mail back.
func (m *Mail) Close() error { return m.store.Close() }

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
}

// MailPage is a piece of a list, newest first. Next is for Before of the next piece;
// empty: there is none.
type MailPage struct {
	Messages []MailLine `json:"messages"`
	Next     string     `json:"next,omitempty"`
}

// MailFolder is a folder in a list.
type MailFolder struct {
	Account  string         `json:"account"`
	Name     string         `json:"name"`
	Role     mailstore.Role `json:"role,omitempty"`
	Messages int            `json:"messages"`
	Unread   int            `json:"unread"`
	Gone     time.Time      `json:"gone,omitzero"` // when the primary no longer had it
	Held     *HeldFolder    `json:"held,omitempty"`
}

// Folders lists the folders of an account, or of all.
func (m *Mail) Folders(account string, gone bool) ([]MailFolder, error) {
	if account != "" {
		if _, err := accountNamed(m.accounts, account); err != nil {
			return nil, err
		}
	}
	out := []MailFolder{}
	for _, a := range m.accounts {
		if account != "" && !strings.EqualFold(a.Address, account) {
			continue
		}
		for _, f := range m.folders {
			if f.Account != a.ID || !f.Gone.IsZero() && !gone {
				continue
			}
			line := MailFolder{Account: a.Address, Name: f.Name, Role: f.Role, Messages: f.Messages, Unread: f.Unseen, Gone: f.Gone}
			if held := heldOf([]mailstore.Folder{f}); len(held) > 0 {
				line.Held = &held[0]
			}
			out = append(out, line)
		}
	}
	slices.SortStableFunc(out, func(a, b MailFolder) int {
		if a.Account != b.Account {
			return strings.Compare(a.Account, b.Account)
		}
		if inbox := order(a.Role) - order(b.Role); inbox != 0 {
			return inbox
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out, nil
}

// order puts the folders that everybody has first.
func order(r mailstore.Role) int {
	known := []mailstore.Role{mailstore.Inbox, mailstore.Drafts, mailstore.Sent, mailstore.Archive}
	if i := slices.Index(known, r); i >= 0 {
		return i
	}
	return len(known)
}

// List lists messages, newest first.
func (m *Mail) List(ctx context.Context, sel MailSelection) (MailPage, error) {
	l, err := m.list(sel)
	if err != nil {
		return MailPage{}, err
	}
	got, err := m.store.Messages(ctx, l)
	return m.page(got, l), err
}

// Search finds messages, newest first; see package fulltext for the words of a query.
func (m *Mail) Search(ctx context.Context, query string, sel MailSelection) (MailPage, error) {
	q, err := fulltext.Parse(query, m.e.opt.Now())
	if err != nil {
		return MailPage{}, err
	}
	l, err := m.list(sel)
	if err != nil {
		return MailPage{}, err
	}
	got, err := m.store.Search(ctx, q, l)
	return m.page(got, l), err
}

// list puts a selection into the store's words. It asks for one message more than
// wanted, to know whether there are more.
func (m *Mail) list(sel MailSelection) (mailstore.List, error) {
	l := mailstore.List{Limit: sel.Limit + 1, Gone: sel.Gone}
	if sel.Limit <= 0 {
		l.Limit = usualPage + 1
	}
	if sel.Account != "" {
		a, err := accountNamed(m.accounts, sel.Account)
		if err != nil {
			return l, err
		}
		l.Account = a.ID
	}
	if sel.Folder != "" {
		f, err := m.folderNamed(l.Account, sel.Folder)
		if err != nil {
			return l, err
		}
		l.Account, l.Folder = f.Account, f.ID
	}
	if sel.Before != "" {
		id, err := parseID(sel.Before)
		if err != nil {
			return l, err
		}
		l.Before = id
	}
	return l, nil
}

func (m *Mail) folderNamed(account mailstore.AccountID, name string) (mailstore.Folder, error) {
	var found []mailstore.Folder
	for _, f := range m.folders {
		if (account == 0 || f.Account == account) && strings.EqualFold(f.Name, name) {
			found = append(found, f)
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

func (m *Mail) page(got []mailstore.Message, l mailstore.List) MailPage {
	p := MailPage{Messages: []MailLine{}}
	if len(got) == l.Limit {
		got = got[:len(got)-1]
		p.Next = got[len(got)-1].ID.Text()
	}
	for _, msg := range got {
		p.Messages = append(p.Messages, m.line(msg))
	}
	return p
}

func (m *Mail) line(msg mailstore.Message) MailLine {
	l := MailLine{
		ID: msg.ID.Text(), Account: m.address(msg.Account), Received: msg.Received.UTC(), Date: msg.Summary.Date,
		From: addresses(msg.Summary.From), To: addresses(msg.Summary.To), Subject: msg.Summary.Subject, Preview: msg.Summary.Preview,
		Size: msg.Size, Attachments: msg.Summary.Attachments, Folders: []string{}, Flags: []string{},
		Unread: true, Described: msg.Described, Damaged: msg.Damaged, Hidden: true,
	}
	for _, p := range msg.Places {
		l.Hidden = l.Hidden && !p.Gone.IsZero()
		if name := m.folders[p.Folder].Name; !slices.Contains(l.Folders, name) {
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
	for _, a := range m.accounts {
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
