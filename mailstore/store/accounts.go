package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"lifeboat/mailstore"
)

const accountColumns = `id, address, kind, days, removed`

func scanAccount(row interface{ Scan(...any) error }, more ...any) (a mailstore.Account, err error) {
	var removed int64
	err = row.Scan(append([]any{&a.ID, &a.Address, &a.Kind, &a.Days, &removed}, more...)...)
	a.Removed = when(removed)
	return a, err
}

// Accounts returns all accounts by address, removed ones too. The error is ErrDisk
// or ErrDamaged, as of all that only reads.
func (s *Store) Accounts(ctx context.Context) ([]mailstore.Account, error) {
	return list(ctx, s, func(rows *sql.Rows) (mailstore.Account, error) { return scanAccount(rows) },
		`SELECT `+accountColumns+` FROM accounts ORDER BY address`)
}

// SaveAccounts takes over the accounts as the settings have them, and returns all
// that there are now, by address. One that they no longer have is marked Removed; one that
// comes back goes on where it was. IDs and Removed of what is given are not looked at.
func (s *Store) SaveAccounts(ctx context.Context, accounts []mailstore.Account) ([]mailstore.Account, error) {
	have, err := s.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	wanted := map[string]mailstore.Account{}
	for _, a := range accounts {
		a.Address = strings.ToLower(a.Address)
		a.Days = max(a.Days, 1)
		a.Kind = cmp.Or(a.Kind, mailstore.Personal)
		a.ID, a.Removed = 0, time.Time{}
		wanted[a.Address] = a
	}
	if same(have, wanted) {
		return have, nil
	}
	now := s.now()
	err = s.change(ctx, func(t *tx) error {
		for _, a := range have {
			if _, ok := wanted[a.Address]; ok || !a.Removed.IsZero() {
				continue
			}
			if err := t.exec(`UPDATE accounts SET removed = ? WHERE id = ?`, unix(now), int64(a.ID)); err != nil {
				return err
			}
		}
		for _, address := range slices.Sorted(mapsKeys(wanted)) {
			a := wanted[address]
			if err := t.exec(`INSERT INTO accounts (address, kind, days) VALUES (?1, ?2, ?3)
				ON CONFLICT (address) DO UPDATE SET kind = ?2, days = ?3, removed = 0`, a.Address, string(a.Kind), a.Days); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.Accounts(ctx)
}

// same reports whether there is nothing to be saved, as in almost every run.
func same(have []mailstore.Account, wanted map[string]mailstore.Account) bool {
	kept := 0
	for _, a := range have {
		w, ok := wanted[a.Address]
		if ok != a.Removed.IsZero() {
			return false
		}
		if !ok {
			continue
		}
		kept++
		w.ID = a.ID
		if w != a {
			return false
		}
	}
	return kept == len(wanted)
}

const folderColumns = `id, account, name, delimiter, role, remote, gone, held, uidvalidity, uidnext, modseq, present, since, reconciled, messages, unseen`

func scanFolder(row *sql.Rows) (f mailstore.Folder, err error) {
	var gone, since, reconciled int64
	var held string
	c := &f.Cursor
	if err := row.Scan(&f.ID, &f.Account, &f.Name, &f.Delimiter, &f.Role, &f.RemoteID, &gone, &held,
		&c.UIDValidity, &c.UIDNext, &c.ModSeq, &c.Exists, &since, &reconciled, &f.Messages, &f.Unseen); err != nil {
		return f, err
	}
	f.Gone, c.From, c.Reconciled = when(gone), when(since), when(reconciled)
	f.Held, err = readHeld(held)
	return f, err
}

// Folders returns the folders of an account by name, those that the primary no longer
// has too; of every account for 0.
func (s *Store) Folders(ctx context.Context, account mailstore.AccountID) ([]mailstore.Folder, error) {
	return list(ctx, s, scanFolder, `SELECT `+folderColumns+` FROM folders WHERE account = ?1 OR ?1 = 0 ORDER BY account, name, id`, int64(account))
}

// SaveFolder makes a folder, with ID 0, or takes over what the primary says of one:
// its name, delimiter, role, RemoteID, and whether it is gone or held. The cursor is moved
// by batches alone, and the counts follow from them. The error is ErrNotFound without
// the account or folder.
func (s *Store) SaveFolder(ctx context.Context, f mailstore.Folder) (mailstore.Folder, error) {
	held, err := writeHeld(f.Held)
	if err != nil {
		return f, err
	}
	saved := f
	err = s.change(ctx, func(t *tx) error {
		if f.ID == 0 {
			return t.newFolder(f, held, &saved)
		}
		var id int64
		found, err := t.row(`UPDATE folders SET name = ?, delimiter = ?, role = ?, remote = ?, gone = ?, held = ? WHERE id = ? RETURNING id`,
			[]any{f.Name, f.Delimiter, string(f.Role), f.RemoteID, unix(f.Gone), held, int64(f.ID)}, &id)
		if err == nil && !found {
			err = s.noFolder(f.ID)
		}
		return err
	})
	return saved, err
}

func (t *tx) newFolder(f mailstore.Folder, held string, saved *mailstore.Folder) error {
	var one int
	found, err := t.row(`SELECT 1 FROM accounts WHERE id = ?`, []any{int64(f.Account)}, &one)
	if err != nil {
		return err
	}
	if !found {
		return t.s.noAccount(f.Account)
	}
	id, err := t.insert(`INSERT INTO folders (account, name, delimiter, role, remote, gone, held) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		int64(f.Account), f.Name, f.Delimiter, string(f.Role), f.RemoteID, unix(f.Gone), held)
	saved.ID = mailstore.FolderID(id)
	saved.Cursor, saved.Messages, saved.Unseen = mailstore.Cursor{}, 0, 0
	return err
}

// heldRow is mailstore.Held as it is kept.
type heldRow struct {
	Gone  int   `json:"gone"`
	Of    int   `json:"of"`
	Since int64 `json:"since"`
}

func writeHeld(h *mailstore.Held) (string, error) {
	if h == nil {
		return "", nil
	}
	b, err := json.Marshal(heldRow{h.Gone, h.Of, unix(h.Since)})
	return string(b), err
}

func readHeld(s string) (*mailstore.Held, error) {
	if s == "" {
		return nil, nil //nolint:nilnil // nil is not held
	}
	var row heldRow
	err := json.Unmarshal([]byte(s), &row)
	return &mailstore.Held{Gone: row.Gone, Of: row.Of, Since: when(row.Since)}, err
}
