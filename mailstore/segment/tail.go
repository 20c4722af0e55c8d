package segment

import (
	"crypto/cipher"
	"errors"
	"os"
)

// tail is a segment that is appended to.
type tail struct {
	id      uint64
	path    string
	file    file
	aead    cipher.AEAD
	size    int64 // where the next frame goes
	writers int   // bodies begun in it and not finished
	dirty   bool  // holds what was not fsynced
}

// join returns the segment that a new body goes to, until leave.
func (f *Files) join() (*tail, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opts.ReadOnly {
		return nil, readOnly(f.dir)
	}
	if f.broken != nil {
		return nil, f.broken
	}
	if f.tail == nil && f.newest > 0 {
		f.tail = f.resume(f.newest)
	}
	if f.tail == nil || f.tail.size >= f.opts.MaxSize {
		if err := f.begin(); err != nil {
			return nil, err
		}
	}
	f.tail.writers++
	return f.tail, nil
}

// leave ends a body's claim to its segment.
func (f *Files) leave(t *tail) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.writers--
	f.release(t)
}

// release closes a segment that nothing is appended to any more.
func (f *Files) release(t *tail) {
	if t.writers > 0 || t.dirty || t == f.tail || f.tails[t.id] != t {
		return
	}
	delete(f.tails, t.id)
	if err := t.file.Close(); err != nil {
		f.log.Warn("a segment was not closed properly", "file", t.path, "error", err)
	}
}

// resume opens the newest segment for appending, or returns nil where a new one has
// to be begun.
func (f *Files) resume(id uint64) *tail {
	path := f.path(id)
	o, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		f.log.Warn("a segment cannot be appended to", "file", path, "error", err)
		return nil
	}
	info, err := o.Stat()
	if err == nil && info.Size() < f.opts.MaxSize {
		aead, spoilt, err := readHeader(o, f.key, id)
		if err == nil && !spoilt {
			t := &tail{id: id, path: path, file: f.wrap(o), aead: aead, size: info.Size()}
			f.tails[id] = t
			return t
		}
		f.log.Warn("a segment whose beginning is damaged is left alone", "file", path, "error", err)
	}
	_ = o.Close() // only read from
	return nil
}

// begin makes the next segment the one that new bodies go to.
func (f *Files) begin() error {
	if f.broken != nil {
		return f.broken
	}
	id := f.newest + 1
	path := f.path(id)
	head, aead, err := newHeader(f.key, id)
	if err != nil {
		return notWritten(path, err)
	}
	o, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return notWritten(path, err)
	}
	t := &tail{id: id, path: path, file: f.wrap(o), aead: aead, size: framesFrom, dirty: true}
	if _, err := t.file.WriteAt(head, 0); err != nil {
		// Nobody knows of the file yet.
		return notWritten(path, errors.Join(err, t.file.Close(), os.Remove(path)))
	}
	old := f.tail
	f.newest, f.tail, f.tails[id] = id, t, t
	f.sync.folder = true
	f.sync.wanted++
	if old != nil {
		f.release(old)
	}
	return nil
}

// append seals a frame and writes it to the end of a segment. Only the place is
// taken in turn: sealing and writing go on side by side.
func (f *Files) append(t *tail, fr *frame) (offset int64, m mark, err error) {
	n := int64(len(fr.buf) + tagLen)
	f.mu.Lock()
	if f.broken != nil {
		f.mu.Unlock()
		return 0, m, f.broken
	}
	offset = t.size
	t.size += n
	f.mu.Unlock()

	raw, m, err := fr.seal(t.aead, offset)
	if err == nil {
		_, err = t.file.WriteAt(raw, offset)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		if t.size == offset+n && t.file.Truncate(offset) == nil {
			t.size = offset // else there is a gap, which costs space only
		}
		return 0, m, notWritten(t.path, err)
	}
	t.dirty = true
	f.sync.wanted++
	return offset, m, nil
}
