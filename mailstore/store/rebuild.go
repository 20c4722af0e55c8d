package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"lifeboat/mailstore"
	"lifeboat/mailstore/segment"
)

const (
	freshFile   = "index.new"
	damagedFile = "index.damaged"
)

// Rebuilt is what a new index was made of.
type Rebuilt struct {
	Messages int // that it names
	// Whole: every row of the old one could be read.
	Whole bool
	// Copied: what could not be read was looked up in the copy of the day before.
	Copied bool
}

// Rebuild makes a new index of what can be read of a damaged one, of the copy that is
// made of it every day, and of nothing else; the bytes of messages are not touched. The
// damaged one stays beside it as index.damaged. Folders forget how far they had come, so
// that the next run of the mirror compares everything with the primary, and fetches only
// what is missing. Run Verify afterwards: it finds bytes that are no longer there.
// The errors are those of [Open].
func Rebuild(ctx context.Context, o Options) (Rebuilt, error) {
	o.ReadOnly = false
	s := begin(o)
	err := s.prepareFolder()
	if err == nil {
		err = s.unseal(o)
	}
	if err == nil {
		err = s.refuseOther(ctx)
	}
	if err == nil {
		err = s.otherKey(s.sound(ctx))
	}
	var done Rebuilt
	if err == nil || errors.Is(err, mailstore.ErrDamaged) {
		done, err = s.rebuild(ctx)
	}
	return done, errors.Join(s.failed(err), s.Close())
}

// sound tells whether the index can be opened at all.
func (s *Store) sound(ctx context.Context) error {
	c, err := s.connect(ctx, indexFile)
	if err != nil {
		return s.failed(err)
	}
	_, err = pragma(c, `user_version`)
	return s.failed(errors.Join(err, c.Close()))
}

func (s *Store) rebuild(ctx context.Context) (done Rebuilt, err error) {
	if err := s.removeFiles(freshFile); err != nil {
		return done, err
	}
	db, err := s.database(freshFile, s.writer, "immediate", 1)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := s.migrate(ctx, db); err != nil {
		return done, err
	}
	if err := s.gather(ctx, &done); err != nil {
		return done, err
	}
	if err := s.reconcile(ctx, db, &done); err != nil {
		return done, err
	}
	if err := db.Close(); err != nil { // the last connection empties the log into the file
		return done, err
	}
	return done, s.exchange()
}

// exchange puts the new index in the place of the old one. A log of the old one must
// not be left beside the new: SQLite would take it for its own.
func (s *Store) exchange() error {
	for _, end := range []string{"-wal", "-shm", "-journal", ""} {
		from, to := s.path(indexFile+end), s.path(damagedFile+end)
		err := os.Remove(to)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			err = errors.ErrUnsupported
			if end == "" { // two names, until the new one takes the first
				err = os.Link(from, to)
			}
			if err != nil {
				err = os.Rename(from, to)
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return s.replace(freshFile, indexFile)
}

// gather brings rows together from the damaged index and its copy.
func (s *Store) gather(ctx context.Context, done *Rebuilt) error {
	to, err := s.connect(ctx, freshFile)
	if err != nil {
		return err
	}
	defer to.Close() //nolint:errcheck // nothing is left to be written
	if err := to.Exec(`PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; BEGIN IMMEDIATE`); err != nil {
		return err
	}
	done.Whole, err = s.salvage(ctx, indexFile, to)
	if err != nil {
		return err
	}
	if !done.Whole {
		if _, err := os.Stat(s.path(copyFile)); err == nil {
			if _, err := s.salvage(ctx, copyFile, to); err != nil {
				return err
			}
			done.Copied = true
		}
	}
	return to.Exec(`COMMIT`)
}

// salvage copies every row that can be read, unless there is one with its key
// already. It tells whether all could be read.
func (s *Store) salvage(ctx context.Context, file string, to *sqlite3.Conn) (whole bool, err error) {
	from, err := s.connect(ctx, file)
	if err != nil {
		return false, unlessDamaged(err)
	}
	defer from.Close() //nolint:errcheck // it was only read
	whole = true
	for _, t := range copied {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		v := salvager{ctx: ctx, from: from, to: to, table: t}
		if err := v.run(); err != nil {
			return false, err
		}
		whole = whole && v.missed == 0
	}
	return whole, nil
}

// unlessDamaged passes on the errors that are not what is being mended.
func unlessDamaged(err error) error {
	if damage(err) || errors.Is(err, sqlite3.ERROR) { // ERROR: no such table, as its schema is gone
		return nil
	}
	return err
}

// mendRows makes rows fit together. An account or folder whose name could not be read
// is called recovered.
const mendRows = `
INSERT OR IGNORE INTO flagsets (flags) VALUES ('');
UPDATE places SET flags = (SELECT id FROM flagsets WHERE flags = '') WHERE flags NOT IN (SELECT id FROM flagsets);
DELETE FROM messages WHERE body NOT IN (SELECT id FROM bodies);
DELETE FROM places WHERE message NOT IN (SELECT id FROM messages);
INSERT OR IGNORE INTO accounts (id, address, kind, days, removed)
	SELECT DISTINCT account, 'recovered-' || account || '@invalid', 'personal', 36500, ?1 FROM messages WHERE account NOT IN (SELECT id FROM accounts);
DELETE FROM folders WHERE account NOT IN (SELECT id FROM accounts);
INSERT INTO folders (id, account, name, delimiter, role, remote)
	SELECT p.folder, min(m.account), 'recovered-' || p.folder, '', '', '' FROM places p JOIN messages m ON m.id = p.message
	WHERE p.folder NOT IN (SELECT id FROM folders) GROUP BY p.folder;
INSERT INTO folders (account, name, delimiter, role, remote)
	SELECT DISTINCT account, 'recovered', '', '', '' FROM messages m
	WHERE id NOT IN (SELECT message FROM places) AND NOT EXISTS (SELECT 1 FROM folders f WHERE f.account = m.account);
INSERT INTO places (folder, uidvalidity, uid, message, flags, received, gone)
	SELECT (SELECT min(id) FROM folders f WHERE f.account = m.account), -1, id, id, (SELECT id FROM flagsets WHERE flags = ''), received, ?1
	FROM messages m WHERE id NOT IN (SELECT message FROM places);
DELETE FROM bodies WHERE id NOT IN (SELECT body FROM messages);
UPDATE messages SET described = 0, damaged = (SELECT damaged FROM bodies WHERE id = body),
	size = (SELECT size FROM bodies WHERE id = body),
	live = (SELECT count(*) FROM places p WHERE p.message = messages.id AND p.gone = 0);
UPDATE folders SET messages = (SELECT count(*) FROM places p WHERE p.folder = folders.id AND p.gone = 0),
	unseen = (SELECT count(*) FROM places p JOIN flagsets s ON s.id = p.flags
		WHERE p.folder = folders.id AND p.gone = 0 AND ' ' || s.flags || ' ' NOT LIKE '% \Seen %');
UPDATE accounts SET undescribed = (SELECT count(*) FROM messages m WHERE m.account = accounts.id),
	messages = (SELECT count(*) FROM messages m WHERE m.account = accounts.id AND live > 0),
	bytes = (SELECT ifnull(sum(size), 0) FROM messages m WHERE m.account = accounts.id AND live > 0);
`

// reconcile makes of the rows a whole again. A message whose places could not be read
// is kept as a hidden one, until the mirror finds where it lies.
func (s *Store) reconcile(ctx context.Context, db *sql.DB, done *Rebuilt) error {
	s.write = db
	defer func() { s.write, s.stmts = nil, map[string]*sql.Stmt{} }()
	return s.change(ctx, func(t *tx) error {
		for query := range strings.SplitSeq(mendRows, ";\n") {
			if strings.TrimSpace(query) == "" {
				continue
			}
			var args []any
			if strings.Contains(query, "?1") {
				args = append(args, s.now().Unix())
			}
			if _, err := t.ExecContext(ctx, query, args...); err != nil {
				return err
			}
		}
		if err := t.countSegments(); err != nil {
			return err
		}
		_, err := t.row(`SELECT count(*) FROM messages`, nil, &done.Messages)
		return err
	})
}

// countSegments counts anew how many bytes of each segment are wanted.
func (t *tx) countSegments() error {
	rows, err := t.QueryContext(t.ctx, `SELECT place FROM bodies`)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var place []byte
		if err := rows.Scan(&place); err != nil {
			return err
		}
		var ref segment.Ref
		if ref.Unmarshal(place) == nil {
			t.segments[ref.Segment()] += ref.Stored()
		}
	}
	return rows.Err()
}
