package store

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// copyEvery is how often a copy of the index is made. It is what a damaged index is
// rebuilt from while there is no primary to fetch everything from again.
const copyEvery = 24 * time.Hour

// copied are the tables that cannot be made again from others.
var copied = []table{ //nolint:gochecknoglobals // a constant
	{"accounts", "id", "id, address, kind, days, removed"},
	{"folders", "id", "id, account, name, delimiter, role, remote, gone, held, uidvalidity"},
	{"flagsets", "id", "id, flags"},
	{"bodies", "id", "id, prefix, hash, size, segment, place, damaged"},
	{"messages", "id", "id, account, body, size, received, live, remote"},
	{"places", "", "folder, uidvalidity, uid, message, flags, received, gone"},
}

// table is a table that is copied row by row.
type table struct {
	name, key string // key is empty where there is more than one column to it
	columns   string
}

// copyWhenDue makes a copy of the index once a day; not on the first, when all would
// soon be fetched again anyway.
func (s *Store) copyWhenDue(ctx context.Context) error {
	var at int64
	if err := s.read.QueryRowContext(ctx, `SELECT at FROM copied`).Scan(&at); err != nil {
		return s.failed(err)
	}
	now := s.now()
	if at != 0 && now.Sub(time.Unix(at, 0)) < copyEvery && !now.Before(time.Unix(at, 0)) {
		return nil
	}
	if at != 0 {
		if err := s.makeCopy(ctx); err != nil {
			s.log.Warn("No copy of the index of the mirrored mail could be made", "error", err)
		}
	}
	return s.change(ctx, func(t *tx) error { return t.exec(`UPDATE copied SET at = ?`, now.Unix()) })
}

// renewCopy makes the copy anew, if there is one, before what it names is removed.
// When that fails the old one still tells most.
func (s *Store) renewCopy(ctx context.Context) {
	if _, err := os.Stat(s.path(copyFile)); errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err := s.makeCopy(ctx); err != nil {
		s.log.Warn("The copy of the index of the mirrored mail could not be renewed", "error", err)
	}
}

// makeCopy copies the index's tables as they are at one moment.
func (s *Store) makeCopy(ctx context.Context) error {
	fresh := copyFile + ".new"
	if err := s.removeFiles(fresh); err != nil {
		return err
	}
	err := s.writeCopy(ctx, fresh)
	if err == nil {
		err = s.replace(fresh, copyFile)
	}
	if err != nil {
		return errors.Join(err, s.removeFiles(fresh))
	}
	return nil
}

func (s *Store) writeCopy(ctx context.Context, file string) (err error) {
	c, err := s.connect(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.EnableChecksums("main"); err != nil {
		return err
	}
	if err := s.attach(c); err != nil {
		return err
	}
	if err := c.Exec(`PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA temp_store=MEMORY; BEGIN`); err != nil {
		return err
	}
	var all strings.Builder
	for _, t := range copied {
		all.WriteString(`CREATE TABLE ` + t.name + ` AS SELECT ` + t.columns + ` FROM live.` + t.name + `;`)
		if t.key != "" {
			all.WriteString(`CREATE INDEX ` + t.name + `_key ON ` + t.name + `(` + t.key + `);`)
		}
	}
	return c.Exec(all.String() + `COMMIT; DETACH live`)
}

// attach lets a connection read the index too.
func (s *Store) attach(c *sqlite3.Conn) error {
	stmt, _, err := c.Prepare(`ATTACH ? AS live`)
	if err != nil {
		return err
	}
	return errors.Join(stmt.BindText(1, s.uri(indexFile)), stmt.Exec(), stmt.Close())
}

// connect opens a connection of its own to a database of the folder.
func (s *Store) connect(ctx context.Context, file string) (*sqlite3.Conn, error) {
	c, err := sqlite3.OpenContext(ctx, s.uri(file))
	if err != nil {
		return nil, err
	}
	if err := c.BusyTimeout(busyFor); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// uri is the name of a database for SQLite. The key is within: a statement would give
// it too late, as the checksums want to see the file's header when it is opened. [Store.failed]
// sees to it that no error quotes it.
func (s *Store) uri(file string) string {
	// What else is made beside it is as closed to others as the index.
	query := url.Values{"vfs": {"adiantum"}, "hexkey": {s.index}, "modeof": {s.path(indexFile)}}
	if s.sealed {
		query.Set("mode", "ro")
		query.Set("immutable", "1")
	}
	return address(filepath.ToSlash(s.path(file)), query)
}

// address is a file's path, with slashes, as a URI. SQLite is built for no system in
// particular here, so it does not know that /C:/mail is C:/mail on Windows: a path that
// begins with a drive stands behind "file:" as it is.
func address(path string, query url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	if !strings.HasPrefix(path, "/") {
		u.Opaque, u.Path = u.EscapedPath(), ""
	}
	return u.String()
}

// replace puts a database in the place of another, both closed, so that there is one
// or the other at any moment.
func (s *Store) replace(fresh, file string) error {
	f, err := os.OpenFile(s.path(fresh), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(s.path(fresh), s.path(file)); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// removeFiles removes a database with what belongs to it.
func (s *Store) removeFiles(file string) error {
	var errs []error
	for _, end := range []string{"", "-journal", "-wal", "-shm"} {
		if err := os.Remove(s.path(file + end)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
