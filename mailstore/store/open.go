package store

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/embed"        // SQLite itself
	_ "github.com/ncruces/go-sqlite3/vfs/adiantum" // how its files are encrypted

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
	"lifeboat/mailstore/segment"
)

// Options are what a store is opened with.
type Options struct {
	Dir      string           // the folder that it is in; made when it does not exist
	Key      [32]byte         // derived from the mail's data key, for the store alone
	ReadOnly bool             // read beside the owner, if there is one
	Cache    string           // where compiled code is kept for the next start; empty: the user's cache folder, or Dir where there is none
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: none

	segmentSize int64 // of tests
}

// Files of a store's folder.
const (
	indexFile    = "index.db"
	segmentsDir  = "segments"
	lockFile     = "lock"
	proofFile    = "key.proof"
	copyFile     = "index.copy"
	readers      = 5                // one of them for Revision
	busyFor      = 30 * time.Second // a reader waits for a checkpoint, never for a writer
	cacheOfOwner = 16 << 10         // KiB of pages
	cacheOfEach  = 8 << 10
)

// Store is an open store. Its methods may be called from any number of goroutines.
type Store struct {
	dir      string
	now      func() time.Time
	log      *slog.Logger
	readOnly bool
	sealed   bool   // nothing can be written to the folder, not even a reader's locks
	index    string // key of the index, in hexadecimal
	proof    []byte // tells the key from others, and nothing of it
	lock     *flock.Flock
	files    *segment.Files
	words    *fulltext.Index
	read     *sql.DB // readers; each statement sees what was committed when it began
	write    *sql.DB // the one writer; nil when opened read-only

	mu     sync.Mutex // held by whoever writes
	stmts  map[string]*sql.Stmt
	flags  flagsets
	closed bool

	tidying sync.Mutex   // held by whoever copies bodies, which no index names until all are
	closing sync.RWMutex // held for reading while a body gets its pin, for writing while a segment goes

	pinMu sync.Mutex
	pins  map[string]pin // bodies that no batch has named yet, by place

	revising sync.Mutex
	revision *sql.Conn // whose number tells that something was written; nil: nobody asked

	setsMu sync.Mutex
	sets   flagsets // as readers know them
}

// Open opens the store. The error is ErrBusy when another engine owns it, ErrNotFound
// when there is none to be read, ErrUnsupported when a newer version wrote it,
// ErrDamaged when its index cannot be believed (see [Rebuild]), else ErrDisk.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := begin(o)
	err := s.prepareFolder()
	if err == nil {
		err = s.unseal(o)
	}
	if err == nil {
		err = s.refuseOther(ctx)
	}
	if err == nil {
		err = s.open(ctx)
	}
	if err != nil {
		err = s.otherKey(s.failed(err))
		if closing := s.Close(); closing != nil {
			s.log.Debug("After opening failed", "error", closing)
		}
		return nil, err
	}
	return s, nil
}

// notWritable reports whether the index lies where this process cannot write, and has
// no log beside it that would have to be read too.
func (s *Store) notWritable() bool {
	f, err := os.OpenFile(s.path(indexFile), os.O_RDWR, 0)
	if err == nil {
		return f.Close() != nil
	}
	_, wal := os.Stat(s.path(indexFile + "-wal"))
	return (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)) && errors.Is(wal, fs.ErrNotExist)
}

func begin(o Options) *Store {
	s := &Store{
		dir: o.Dir, now: o.Now, log: o.Log, readOnly: o.ReadOnly, words: fulltext.New(),
		stmts: map[string]*sql.Stmt{}, pins: map[string]pin{},
	}
	if abs, err := filepath.Abs(o.Dir); err == nil {
		s.dir = abs
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

func (s *Store) prepareFolder() error {
	if s.readOnly {
		if index, err := os.Stat(s.path(indexFile)); errors.Is(err, fs.ErrNotExist) || err == nil && index.Size() == 0 {
			return s.nothingYet() // or its owner is just making it
		}
		s.sealed = s.notWritable()
		return nil
	}
	if err := os.MkdirAll(s.path(segmentsDir), 0o700); err != nil {
		return s.failed(err)
	}
	s.lock = flock.New(s.path(lockFile), flock.SetPermissions(0o600))
	switch owned, err := s.lock.TryLock(); {
	case err != nil:
		return s.failed(err)
	case !owned:
		return mailstore.Fail(mailstore.ErrBusy,
			"Another Lifeboat is working with the mirrored mail in {folder}. Wait until it has finished, or stop it.", "folder", s.dir)
	}
	f, err := os.OpenFile(s.path(indexFile), os.O_RDWR|os.O_CREATE, 0o600) // SQLite would let others read it
	if err != nil {
		return s.failed(err)
	}
	return s.failed(f.Close())
}

// unseal makes the keys and opens the segments, while the database's code is made
// ready beside it.
func (s *Store) unseal(o Options) error {
	warm := make(chan error, 1)
	go func() { warm <- Warm(s.cache(o.Cache)) }()
	indexKey, err1 := hkdf.Key(sha256.New, o.Key[:], nil, "lifeboat mail index", 32)
	segmentKey, err2 := hkdf.Key(sha256.New, o.Key[:], nil, "lifeboat mail segments", 32)
	if err := errors.Join(err1, err2); err != nil {
		return errors.Join(err, <-warm)
	}
	s.index = hex.EncodeToString(indexKey)
	if s.proof, err1 = hkdf.Key(sha256.New, o.Key[:], nil, "lifeboat mail proof", 32); err1 != nil {
		return errors.Join(err1, <-warm)
	}
	var err error
	s.files, err = segment.Open(s.path(segmentsDir), [32]byte(segmentKey), segment.Options{ReadOnly: s.readOnly, MaxSize: o.segmentSize, Log: s.log})
	return errors.Join(err, <-warm)
}

func (s *Store) open(ctx context.Context) (err error) {
	if s.read, err = s.database(indexFile, s.reader, "deferred", readers); err != nil {
		return err
	}
	if s.readOnly {
		return s.checkVersion(ctx)
	}
	if s.write, err = s.database(indexFile, s.writer, "immediate", 1); err != nil {
		return err
	}
	if err := s.migrate(ctx, s.write); err != nil {
		return err
	}
	return s.prove()
}

// cache is the folder for compiled code: one that nobody else can write to, as what
// lies there is run.
func (s *Store) cache(chosen string) string {
	if chosen != "" {
		return chosen
	}
	if base, err := os.UserCacheDir(); err == nil {
		return filepath.Join(base, "lifeboat", "code")
	}
	return s.path("code")
}

// database makes a pool of connections; they are opened when they are needed.
func (s *Store) database(file string, begin func(*sqlite3.Conn) error, lock string, most int) (*sql.DB, error) {
	db, err := driver.Open(s.uri(file)+"&_txlock="+lock, begin)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db, nil
}

// errNotDurable is a bug of ours or the library's.
var errNotDurable = errors.New("the index does not wait for the disk")

// writer makes a connection that is durable, and whose pages bear checksums: in WAL
// mode SQLite's default here is not to wait for the disk, so what was set is read back.
func (s *Store) writer(c *sqlite3.Conn) error {
	if err := c.BusyTimeout(busyFor); err != nil {
		return err
	}
	if have, err := pragma(c, `user_version`); err != nil {
		return err
	} else if have == "0" { // new: checksums need room in every page
		if err := c.EnableChecksums("main"); err != nil {
			return err
		}
	}
	if err := c.Exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA checkpoint_fullfsync=ON;
		PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-` + itoa(cacheOfOwner)); err != nil {
		return err
	}
	for _, p := range [][2]string{
		{"journal_mode", "wal"}, {"synchronous", "2"}, {"fullfsync", "1"}, {"checkpoint_fullfsync", "1"}, {"temp_store", "2"}, {"checksum_verification", "1"},
	} {
		is, err := pragma(c, p[0])
		if err != nil {
			return err
		}
		if is != p[1] {
			return fmt.Errorf("%w: %s is %s", errNotDurable, p[0], is)
		}
	}
	return nil
}

func pragma(c *sqlite3.Conn, name string) (value string, err error) {
	stmt, _, err := c.Prepare(`PRAGMA ` + name)
	if err != nil {
		return "", err
	}
	if stmt.Step() {
		value = stmt.ColumnText(0)
	}
	return value, errors.Join(stmt.Err(), stmt.Close())
}

// reader makes a connection that cannot change anything, and leaves the checkpoint at
// its end to the owner.
func (s *Store) reader(c *sqlite3.Conn) error {
	if err := c.BusyTimeout(busyFor); err != nil {
		return err
	}
	if _, err := c.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true); err != nil {
		return err
	}
	return c.Exec(`PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-` + itoa(cacheOfEach))
}

// Close gives the store back. Readings that are under way fail.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for _, stmt := range s.stmts {
		errs = append(errs, stmt.Close())
	}
	errs = append(errs, s.endRevision())
	if s.read != nil { // before the writer, which tidies up as the last one
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.files != nil {
		errs = append(errs, s.files.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return s.failed(errors.Join(errs...))
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }
