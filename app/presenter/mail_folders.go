package presenter

import (
	"slices"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/mailstore"
)

// fewAccounts is up to how many mailboxes are all in the column at once.
const fewAccounts = 6

const (
	keyAll  = "all"
	keySign = "\x00" // between the parts of a key
)

// key is that of a folder's row.
func (p mailPlace) key() string { return "folder" + keySign + p.account + keySign + p.folder }

func accountKey(address string) string { return "account" + keySign + address }

// splitKey is the account and the folder of a row's key.
func splitKey(key string) (account, folder string, all bool) {
	parts := strings.Split(key, keySign)
	switch {
	case key == keyAll:
		return "", "", true
	case len(parts) == 3:
		return parts[1], parts[2], false
	case len(parts) == 2:
		return parts[1], "", false
	}
	return "", "", false
}

// first shows what is seen when the page is opened: one's own inbox, or else the first
// that may be read. The lock is held.
func (m *Mail) first() {
	at := slices.IndexFunc(m.accounts, func(a engine.MailAccount) bool { return a.Own && !a.Locked })
	if at < 0 {
		at = slices.IndexFunc(m.accounts, func(a engine.MailAccount) bool { return !a.Locked })
	}
	if at < 0 {
		return
	}
	a := m.accounts[at].Address
	m.opened[a] = true
	m.show(mailPlace{a, firstFolder(m.folders[a])})
}

// nameOf is what an account is called: the name that people write to it by, or else what
// stands before the @.
func (m *Mail) nameOf(address string) string {
	if n := m.names[address]; n != "" {
		return n
	}
	local, _, _ := strings.Cut(address, "@")
	return local
}

// column is all rows of the column of folders: one's own mailboxes with their folders,
// the shared ones, and behind "All" everybody else's.
func (m *Mail) column() []FolderState {
	t := m.tongue
	var rows []FolderState
	var own, shared, others []engine.MailAccount
	for _, a := range m.accounts {
		switch {
		case a.Own:
			own = append(own, a)
		case a.Shared:
			shared = append(shared, a)
		default:
			others = append(others, a)
		}
	}
	for _, a := range own {
		rows = append(rows, FolderState{Key: "head" + a.Address, Name: m.nameOf(a.Address), Head: true})
		rows = append(rows, m.foldersOf(a.Address, 0)...)
	}
	if len(shared) > 0 {
		rows = append(rows, FolderState{Key: "shared", Name: t.T("Shared"), Head: true})
		for _, a := range shared {
			rows = append(rows, m.accountRows(a)...)
		}
	}
	if len(others) == 0 {
		return rows
	}
	few := len(own) == 0 && len(others) <= fewAccounts
	switch {
	case few:
		rows = append(rows, FolderState{Key: "others", Name: t.T("Mailboxes"), Head: true})
	default:
		if len(shared) == 0 {
			rows = append(rows, FolderState{Key: "others", Name: t.T("Everybody"), Head: true})
		}
		opens := -1
		if m.all {
			opens = 1
		}
		rows = append(rows, FolderState{Key: keyAll, Name: t.T("All ({n})", "n", len(m.accounts)), Icon: FolderPeople, Opens: opens})
	}
	if few || m.all {
		for _, a := range others {
			rows = append(rows, m.accountRows(a)...)
		}
	} else if i := slices.IndexFunc(others, func(a engine.MailAccount) bool { return a.Address == m.here.account }); i >= 0 {
		rows = append(rows, m.accountRows(others[i])...)
	}
	return rows
}

// accountRows are an account's row, and its folders where they are shown.
func (m *Mail) accountRows(a engine.MailAccount) []FolderState {
	local, _, _ := strings.Cut(a.Address, "@")
	r := FolderState{Key: accountKey(a.Address), Name: local + "@", Icon: FolderPeople, Locked: a.Locked}
	if !a.Shared && m.names[a.Address] != "" {
		r.Name = m.names[a.Address]
	}
	folders := m.folders[a.Address]
	if i := slices.IndexFunc(folders, func(f engine.MailFolder) bool { return f.Role == mailstore.Inbox }); i >= 0 {
		r.Unread = max(folders[i].Unread, 0)
	}
	if !m.opened[a.Address] || a.Locked || len(folders) == 0 {
		if a.Locked && m.here.account == a.Address {
			r.Key = m.here.key() // its page is shown: the one that asks for a reason
		}
		return []FolderState{r}
	}
	return append([]FolderState{r}, m.foldersOf(a.Address, 1)...)
}

// foldersOf are the folders of an account.
func (m *Mail) foldersOf(account string, level int) []FolderState {
	var rows []FolderState
	known := map[string]bool{}
	for _, f := range m.folders[account] {
		path := f.Path
		if len(path) == 0 {
			path = []string{f.Name}
		}
		r := FolderState{Key: mailPlace{account, f.Name}.key(), Icon: folderIcon(f.Role), Unread: max(f.Unread, 0), Level: level}
		r.Name = m.folderName(f, path[len(path)-1])
		if parent := strings.Join(path[:len(path)-1], keySign); parent != "" && known[parent] {
			r.Level += len(path) - 1
		} else if len(path) > 1 {
			r.Name = m.folderName(f, strings.Join(path, "/"))
		}
		known[strings.Join(path, keySign)] = true
		if f.Role == mailstore.Sent || f.Role == mailstore.Trash || f.Role == mailstore.Junk {
			r.Unread = 0 // nobody waits for it to be read
		}
		rows = append(rows, r)
	}
	return rows
}

// folderName is what a folder is called; those that everybody has are named in the
// reader's language.
func (m *Mail) folderName(f engine.MailFolder, name string) string {
	t := m.tongue
	switch {
	case f.Local && f.Role == mailstore.Sent:
		return t.T("Sent with Lifeboat")
	case f.Role == mailstore.Inbox:
		return t.T("Inbox")
	case f.Role == mailstore.Sent:
		return t.T("Sent mail")
	case f.Role == mailstore.Drafts:
		return t.T("Drafts")
	case f.Role == mailstore.Junk:
		return t.T("Junk")
	case f.Role == mailstore.Trash:
		return t.T("Bin")
	case f.Role == mailstore.Archive:
		return t.T("Archive")
	case f.Role == mailstore.All:
		return t.T("All mail")
	}
	return clean(name)
}

func folderIcon(r mailstore.Role) FolderIcon {
	switch r {
	case mailstore.Inbox:
		return FolderInbox
	case mailstore.Sent:
		return FolderSent
	case mailstore.Drafts:
		return FolderDrafts
	case mailstore.Archive, mailstore.All:
		return FolderArchive
	case mailstore.Trash, mailstore.Junk:
		return FolderTrash
	default:
		return FolderPlain
	}
}

// Folder is the name of what is shown, and whose it is.
func (m *Mail) Folder() (folder, whose string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.folders[m.here.account] {
		if f.Name == m.here.folder {
			folder = m.folderName(f, f.Name)
		}
	}
	return folder, m.nameOf(m.here.account)
}
