package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"lifeboat/mailstore"
)

// version reads which version of the index this is.
func version(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&n)
	return n, err
}

// checkVersion refuses what this program does not know how to read.
func (s *Store) checkVersion(ctx context.Context) error {
	have, err := version(ctx, s.read)
	switch {
	case err != nil:
		return err
	case have == 0:
		return s.nothingYet()
	case have > len(migrations):
		return s.newer()
	case have < len(migrations):
		return mailstore.Fail(mailstore.ErrUnsupported,
			"The mirrored mail in {folder} was written by an older Lifeboat. Run lifeboat mirror once, which brings it up to date.", "folder", s.dir)
	}
	return nil
}

func (s *Store) newer() error {
	return mailstore.Fail(mailstore.ErrUnsupported,
		"The mirrored mail in {folder} was written by a newer Lifeboat. Use that version or a later one; nothing was changed.", "folder", s.dir)
}

// migrate makes the index one of today's version.
func (s *Store) migrate(ctx context.Context, db *sql.DB) error {
	have, err := version(ctx, db)
	if err != nil {
		return err
	}
	if have > len(migrations) {
		return s.newer()
	}
	for ; have < len(migrations); have++ {
		if err := migrateTo(ctx, db, have+1); err != nil {
			return err
		}
		s.log.Info("The index of the mirrored mail was brought up to date", "version", have+1)
	}
	return nil
}

func migrateTo(ctx context.Context, db *sql.DB, n int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx, migrations[n-1]+fmt.Sprintf("; PRAGMA user_version = %d", n)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
