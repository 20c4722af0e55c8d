package segment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lifeboat/mailstore"
)

// DefaultMaxSize is the size in bytes after which a segment takes no new bodies.
const DefaultMaxSize = 64 << 20

// Options are how a folder of segments is opened. The zero value is for its owner.
type Options struct {
	// ReadOnly is for processes beside the owner.
	ReadOnly bool
	// MaxSize is the size in bytes at which a segment takes no new bodies; those
	// begun may still make it larger. 0: [DefaultMaxSize].
	MaxSize int64
	// Log is told of what was mended or left alone; nil: nothing is.
	Log *slog.Logger
}

// Files is a folder of segments. It is safe for use by several goroutines.
type Files struct {
	dir  string
	key  [32]byte
	opts Options
	log  *slog.Logger

	codecs  codecs
	handles handles

	mu     sync.Mutex
	tail   *tail            // takes new bodies; nil until the first comes
	tails  map[uint64]*tail // all with writers, or something not yet durable
	newest uint64           // the highest number given out so far
	broken error            // after this nothing is written
	sync   syncing

	// What tests put between this and the disk.
	wrap func(*os.File) file
}

// file is what is needed of an *os.File that is appended to.
type file interface {
	WriteAt(b []byte, off int64) (int, error)
	Sync() error
	Truncate(size int64) error
	Close() error
}

// Open opens the folder, which is made if need be (its owner's alone). The key is the
// store's for this purpose. The error is ErrDisk.
func Open(dir string, key [32]byte, o Options) (*Files, error) {
	if o.MaxSize <= 0 {
		o.MaxSize = DefaultMaxSize
	}
	f := &Files{dir: dir, key: key, opts: o, log: o.Log, tails: map[uint64]*tail{}}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	f.handles.open = f.openHandle
	f.wrap = func(o *os.File) file { return o }
	if !o.ReadOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, notWritten(dir, err)
		}
	}
	all, err := f.Segments()
	if err != nil {
		return nil, err
	}
	if len(all) > 0 {
		f.newest = all[len(all)-1].ID
	}
	return f, nil
}

// Close ends the use of the folder; what was not synced may not be durable. Readers
// that are open stay so.
func (f *Files) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken == nil {
		f.broken = mailstore.Fail(mailstore.ErrDisk, "{folder} is closed already.", "folder", f.dir)
	}
	var errs []error
	for id, t := range f.tails {
		errs = append(errs, t.file.Close())
		delete(f.tails, id)
	}
	f.tail = nil
	f.handles.clear()
	if err := errors.Join(errs...); err != nil {
		return notWritten(f.dir, err)
	}
	return nil
}

// Info is a segment as it lies on the disk.
type Info struct {
	ID    uint64
	Bytes int64
}

// Segments lists the segments by number. The error is ErrDisk.
func (f *Files) Segments() ([]Info, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, notRead(f.dir, err)
	}
	var all []Info
	for _, e := range entries {
		id, ok := numberOf(e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, notRead(filepath.Join(f.dir, e.Name()), err)
		}
		all = append(all, Info{id, info.Size()})
	}
	slices.SortFunc(all, func(a, b Info) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return all, nil
}

// Usage is how many bytes all segments have together. The error is ErrDisk.
func (f *Files) Usage() (int64, error) {
	all, err := f.Segments()
	var sum int64
	for _, s := range all {
		sum += s.Bytes
	}
	return sum, err
}

// Remove removes a segment, none of whose bodies is wanted. The caller syncs first
// what it copied from there. Nobody gets the segment's number again. The error is
// ErrNotFound; ErrBusy while a body is being written to it, or on Windows while
// somebody reads it; or ErrDisk.
func (f *Files) Remove(ctx context.Context, id uint64) error {
	if f.opts.ReadOnly {
		return readOnly(f.dir)
	}
	path := f.path(id)
	if err := f.retire(id); err != nil {
		return err
	}
	f.handles.drop(id)
	err := os.Remove(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return mailstore.Fail(mailstore.ErrNotFound, "There is no file {file}.", "file", path).Because(err)
	case err != nil && inUse(err):
		return mailstore.Fail(mailstore.ErrBusy, "{file} is being read, and is removed later.", "file", path).Because(err)
	case err != nil:
		return notWritten(path, err)
	}
	f.mu.Lock()
	f.sync.folder = true
	f.sync.wanted++
	f.mu.Unlock()
	return f.Sync(ctx)
}

// retire sees to it that nothing more is appended to a segment, and that it is not
// the one with the highest number.
func (f *Files) retire(id uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.tails[id]
	if t != nil && t.writers > 0 {
		return mailstore.Fail(mailstore.ErrBusy, "{file} is being written to, and is removed later.", "file", f.path(id))
	}
	if id == f.newest {
		// So that a number is given once, also by the next process.
		if err := f.begin(); err != nil {
			return err
		}
	}
	if t != nil && f.tails[id] == t {
		delete(f.tails, id)
		if err := t.file.Close(); err != nil {
			return notWritten(f.path(id), err)
		}
	}
	return nil
}

const suffix = ".seg"

func (f *Files) path(id uint64) string {
	return filepath.Join(f.dir, fmt.Sprintf("%08d%s", id, suffix))
}

// numberOf returns a segment's number by its file's name.
func numberOf(name string) (id uint64, ok bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	id, err := strconv.ParseUint(digits, 10, 64)
	return id, ok && err == nil && id > 0 && fmt.Sprintf("%08d", id) == digits
}
