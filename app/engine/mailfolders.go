package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// MailFolder is a folder in a list.
type MailFolder struct {
	Account string `json:"account"`
	Name    string `json:"name"` // in Unicode, all levels of it
	// Path is its levels, from the top; the last is what it is called where those above are
	// seen too.
	Path     []string       `json:"path"`
	Role     mailstore.Role `json:"role,omitempty"`
	Messages int            `json:"messages"`
	Unread   int            `json:"unread"` // -1: the server did not say
	// NoMail: it has folders below it, and holds no mail.
	NoMail bool        `json:"no_mail,omitempty"`
	Gone   time.Time   `json:"gone,omitzero"`   // when the primary no longer had it
	Local  bool        `json:"local,omitempty"` // it exists here alone: imported, kept, or sent with Lifeboat
	Held   *HeldFolder `json:"held,omitempty"`
}

// reach is which of the accounts asked for may be read.
type reach struct {
	accounts []mailstore.Account
	grants   map[mailstore.AccountID]grant
	locked   []string // addresses of those that may not
}

// reach finds the accounts that may be read: the one named, or else all that are open.
// Where none is, that is an error.
func (m *Mail) reach(ctx context.Context, account string) (reach, error) {
	out := reach{grants: map[mailstore.AccountID]grant{}}
	if err := m.meet(ctx); err != nil {
		return out, err
	}
	all, _ := m.known()
	if account != "" {
		a, err := accountNamed(all, account)
		if err != nil {
			return out, err
		}
		all = []mailstore.Account{a}
	}
	for _, a := range all {
		got := m.gate.grant(ctx, a.Address)
		if got.ground == "" {
			out.locked = append(out.locked, a.Address)
			continue
		}
		out.accounts, out.grants[a.ID] = append(out.accounts, a), got
	}
	switch {
	case len(out.accounts) > 0 || len(out.locked) == 0:
		return out, nil
	case len(out.locked) == 1:
		return out, lockedMail(out.locked[0])
	}
	return out, mailstore.Fail(mailstore.ErrLocked,
		"These are other people's mailboxes, which are locked in calm times. Say why they have to be read (--reason TEXT); or, if one of them is yours, say so once: lifeboat mail own ADDRESS.")
}

// meet reads accounts and folders anew where there are accounts that are not known yet:
// those of a first mirror come one by one.
func (m *Mail) meet(ctx context.Context) error {
	now, err := m.store.Accounts(ctx)
	if err != nil {
		return err
	}
	known, _ := m.known()
	if slices.EqualFunc(now, known, func(a, b mailstore.Account) bool { return a.ID == b.ID }) {
		return nil
	}
	return m.load(ctx)
}

// note notes that the lists of what is reached are read. folder is the name of the one
// that is, if it is one.
func (r reach) note(ctx context.Context, g *gate, a AccessEntry) error {
	var due []AccessEntry
	for _, account := range r.accounts {
		a.Account = account.Address
		due = append(due, g.due(r.grants[account.ID], a)...)
	}
	return g.write(ctx, due)
}

// Accounts implements [MailSource].
func (m *Mail) Accounts(ctx context.Context) ([]MailAccount, error) {
	fresh, err := m.store.Freshness(ctx)
	if err != nil {
		return nil, err
	}
	out := []MailAccount{}
	for _, f := range fresh {
		a := m.gate.account(ctx, f.Account.Address)
		a.Shared, a.Complete, a.Failed, a.Messages = f.Account.Kind == mailstore.Shared, f.Complete, f.Failed, f.Messages
		out = append(out, a)
	}
	return out, nil
}

// Unlock implements [MailSource].
func (m *Mail) Unlock(ctx context.Context, account, reason string) error {
	all, _ := m.known()
	var addresses []string
	if account != "" {
		a, err := accountNamed(all, account)
		if err != nil {
			return err
		}
		all = []mailstore.Account{a}
	}
	for _, a := range all {
		addresses = append(addresses, a.Address)
	}
	return m.gate.unlock(ctx, account, reason, addresses)
}

// Folders implements [MailSource].
func (m *Mail) Folders(ctx context.Context, account string, gone bool) ([]MailFolder, error) {
	if err := m.load(ctx); err != nil {
		return nil, err
	}
	r, err := m.reach(ctx, account)
	if err != nil {
		return nil, err
	}
	_, folders := m.known()
	out := []MailFolder{}
	for _, a := range r.accounts {
		for _, f := range folders {
			if f.Account != a.ID || !f.Gone.IsZero() && !gone {
				continue
			}
			line := MailFolder{
				Account: a.Address, Name: f.Name, Path: levels(f.Name, f.Delimiter), Role: f.Role, Messages: f.Messages, Unread: f.Unseen,
				Gone: f.Gone, Local: f.Local(),
			}
			if held := heldOf([]mailstore.Folder{f}); len(held) > 0 {
				line.Held = &held[0]
			}
			out = append(out, line)
		}
	}
	sortFolders(out)
	return out, nil
}

// levels are the levels of a folder's name, from the top; none of them is empty.
func levels(name, delimiter string) []string {
	if delimiter == "" {
		return []string{name}
	}
	out := slices.DeleteFunc(strings.Split(name, delimiter), func(level string) bool { return level == "" })
	if len(out) == 0 {
		return []string{name}
	}
	return out
}

// sortFolders sorts account by account, first those that everybody has and last what
// nobody wants, each with those below it.
func sortFolders(all []MailFolder) {
	rank := map[[2]string]int{} // of the folders at the top
	for _, f := range all {
		if len(f.Path) == 1 {
			rank[[2]string{f.Account, f.Path[0]}] = order(f.Role)
		}
	}
	of := func(f MailFolder) int {
		if n, ok := rank[[2]string{f.Account, f.Path[0]}]; ok {
			return n
		}
		return order(mailstore.NoRole)
	}
	slices.SortStableFunc(all, func(a, b MailFolder) int {
		if a.Account != b.Account {
			return strings.Compare(a.Account, b.Account)
		}
		if first := of(a) - of(b); first != 0 {
			return first
		}
		return slices.Compare(a.Path, b.Path)
	})
}

// order is where folders stand for their role.
func order(r mailstore.Role) int {
	known := []mailstore.Role{
		mailstore.Inbox, mailstore.Drafts, mailstore.Sent, mailstore.Archive, mailstore.All, mailstore.Flagged, mailstore.Important,
		mailstore.NoRole, mailstore.Junk, mailstore.Trash,
	}
	return slices.Index(known, r)
}
