package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

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
	if have == len(migrations) {
		return nil
	}
	if err := migrateSteps(ctx, db, have, len(migrations)); err != nil {
		return err
	}
	s.log.Info("The index of the mirrored mail was brought up to date", "version", len(migrations))
	return nil
}

// migrateSteps makes the steps in one transaction: nobody who reads beside it finds an
// index that is half made.
func migrateSteps(ctx context.Context, db *sql.DB, have, to int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	steps := strings.Join(migrations[have:to], "; ")
	if _, err = tx.ExecContext(ctx, steps+fmt.Sprintf("; PRAGMA user_version = %d", to)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
