package store

import (
	"context"
	"database/sql"

	"lifeboat/mailstore"
)

// Damaged returns the folders of an account in which messages lie whose bytes are to
// be fetched again: what the mirror looks into although nothing changed there. Mostly
// there is none, and the index of damaged messages is empty.
func (s *Store) Damaged(ctx context.Context, account mailstore.AccountID) ([]mailstore.FolderID, error) {
	return list(ctx, s, func(r *sql.Rows) (id mailstore.FolderID, err error) { return id, r.Scan(&id) },
		`SELECT DISTINCT p.folder FROM messages m JOIN places p ON p.message = m.id
		WHERE m.damaged <> 0 AND m.account = ? AND p.gone = 0 ORDER BY p.folder`, int64(account))
}
