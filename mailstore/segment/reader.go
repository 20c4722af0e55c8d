package segment

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"

	"lifeboat/mailstore"
)

// Body is the bytes of a body, to be read in any order and by several goroutines.
type Body interface {
	io.ReadSeekCloser
	io.ReaderAt
	// Size is its length in bytes.
	Size() int64
}

// part is where a part of a body lies.
type part struct {
	offset, length int64
	mark           mark
}

// body reads a body frame by frame, of which it keeps one.
type body struct {
	files  *Files
	handle *handle
	path   string
	parts  []part
	size   int64

	mu      sync.Mutex
	pos     int64
	raw     *buffer
	text    *buffer
	content []byte // of the part at hand, in raw or text
	at      int    // which part that is; -1: none
	closed  bool
}

// Open opens a body for reading. It and every read fail with ErrDamaged where the
// bytes are not what was written, or ErrDisk.
func (f *Files) Open(ref Ref) (Body, error) {
	if ref.IsZero() {
		return nil, mailstore.Fail(mailstore.ErrNotFound, "The bytes of this message are not here.")
	}
	h, err := f.handles.get(ref.segment)
	if err != nil {
		return nil, err
	}
	b := &body{files: f, handle: h, path: f.path(ref.segment), at: -1}
	if err := b.begin(ref); err != nil {
		_ = b.Close() // the first error is the one to tell
		return nil, err
	}
	return b, nil
}

// begin reads the frame that the Ref names: the body, or its index.
func (b *body) begin(ref Ref) error {
	kind, err := b.load(ref.offset, ref.length, ref.mark[:])
	if err != nil {
		return err
	}
	switch kind {
	case wholeBody:
		b.size, b.at, b.parts = int64(len(b.content)), 0, make([]part, 1)
	case indexFrame:
		if b.size, b.parts, err = readIndex(b.content); err != nil {
			return damage(b.path, err)
		}
	default:
		return damage(b.path, errOther)
	}
	return nil
}

// readIndex reads the frame that names the others of a body.
func readIndex(p []byte) (size int64, parts []part, err error) {
	next := func() int64 {
		v, n := binary.Uvarint(p)
		if n <= 0 || v > 1<<56 {
			err = errContent
			return 0
		}
		p = p[n:]
		return int64(v)
	}
	size = next()
	var last int64
	for len(p) > 0 && err == nil {
		one := part{offset: last + next(), length: next()}
		if err != nil || len(p) < nonceLen || one.length > maxFrameLen || one.offset > 1<<56 {
			return 0, nil, errContent
		}
		p = p[copy(one.mark[:], p):]
		last = one.offset
		parts = append(parts, one)
	}
	if n := int64(len(parts)); err != nil || size > n*maxPlain || size <= (n-1)*maxPlain {
		return 0, nil, errContent
	}
	return size, parts, nil
}

// load reads a frame; its content is at hand until the next.
func (b *body) load(offset, length int64, want []byte) (kind byte, err error) {
	b.content, b.at = nil, -1
	b.need(&b.raw, int(length))
	b.raw.b = b.raw.b[:length]
	if _, err := b.handle.file.ReadAt(b.raw.b, offset); errors.Is(err, io.EOF) {
		return 0, damage(b.path, errShort)
	} else if err != nil {
		return 0, notRead(b.path, err)
	}
	o, err := unseal(b.handle.aead, b.raw.b, offset, want)
	if err == nil {
		b.content = o.payload
		if o.kind&compressed != 0 {
			b.need(&b.text, o.plain)
			b.content, err = b.files.codecs.decompress(b.text.b, o.payload, o.plain)
		} else if len(o.payload) != o.plain {
			err = errContent
		}
	}
	if err != nil {
		return 0, damage(b.path, err)
	}
	return o.kind &^ compressed, nil
}

// need has a buffer for n bytes.
func (b *body) need(buf **buffer, n int) {
	if *buf != nil && cap((*buf).b) >= n {
		return
	}
	if *buf != nil {
		b.files.codecs.putBuffer(*buf)
	}
	*buf = b.files.codecs.buffer(n)
}

// part has a part at hand.
func (b *body) part(n int) error {
	if b.at == n {
		return nil
	}
	p := b.parts[n]
	kind, err := b.load(p.offset, p.length, p.mark[:])
	if err != nil {
		return err
	}
	if kind != partOfBody || int64(len(b.content)) != min(maxPlain, b.size-int64(n)*maxPlain) {
		return damage(b.path, errContent)
	}
	b.at = n
	return nil
}

// readAt reads what one part holds from there.
func (b *body) readAt(p []byte, off int64) (int, error) {
	if b.closed {
		return 0, os.ErrClosed
	}
	if off >= b.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if err := b.part(int(off / maxPlain)); err != nil {
		return 0, err
	}
	return copy(p, b.content[off%maxPlain:]), nil
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.readAt(p, b.pos)
	b.pos += int64(n)
	return n, err
}

// ReadAt implements [io.ReaderAt].
func (b *body) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, syscall.EINVAL
	}
	for n < len(p) || len(p) == 0 {
		b.mu.Lock()
		m, err := b.readAt(p[n:], off+int64(n))
		b.mu.Unlock()
		n += m
		if err != nil || len(p) == 0 {
			return n, err
		}
	}
	return n, nil
}

// WriteTo implements [io.WriterTo] without a copy in between.
func (b *body) WriteTo(w io.Writer) (written int64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.pos < b.size {
		if b.closed {
			return written, os.ErrClosed
		}
		if err := b.part(int(b.pos / maxPlain)); err != nil {
			return written, err
		}
		n, err := w.Write(b.content[b.pos%maxPlain:])
		b.pos += int64(n)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Seek implements [io.Seeker].
func (b *body) Seek(offset int64, whence int) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += b.pos
	case io.SeekEnd:
		offset += b.size
	}
	if offset < 0 || b.closed {
		return b.pos, syscall.EINVAL
	}
	b.pos = offset
	return offset, nil
}

// Size implements [Body].
func (b *body) Size() int64 { return b.size }

// Close implements [io.Closer].
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	b.content = nil
	for _, buf := range []*buffer{b.raw, b.text} {
		if buf != nil {
			b.files.codecs.putBuffer(buf)
		}
	}
	b.files.handles.put(b.handle)
	return nil
}
