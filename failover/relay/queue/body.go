package queue

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"io"
	"io/fs"
	"os"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Body implements relay.Queue. The first frame is read at once. The error, of Body or
// Read, is failover.ErrInvalid: no such message; ErrDamaged: its bytes are not what was
// written; or ErrDisk. The body can be read to its end when the message has left the queue.
func (q *Queue) Body(id relay.ID) (io.ReadCloser, error) {
	for range 3 {
		q.look()
		e := q.entry(id)
		if e == nil {
			return nil, noSuch(id)
		}
		b, err := q.openBody(e)
		if !errors.Is(err, fs.ErrNotExist) {
			return b, err
		}
	}
	return nil, noSuch(id)
}

// body reads frame after frame. Its files stay open, so that they can be read when they
// are removed.
type body struct {
	q     *Queue
	entry *entry
	rest  []place
	files map[uint32]*opened
	buf   []byte
	part  bytes.Reader
}

type opened struct {
	*os.File
	aead cipher.AEAD
}

func (q *Queue) openBody(e *entry) (io.ReadCloser, error) {
	q.files.RLock()
	defer q.files.RUnlock()
	b := &body{q: q, entry: e, rest: e.places(), files: map[uint32]*opened{}}
	for _, p := range b.rest {
		if err := b.open(p.segment); err != nil {
			_ = b.Close() // only read from
			return nil, err
		}
	}
	if len(b.rest) == 0 && e.size > 0 {
		return nil, b.damaged(errShort)
	}
	if err := b.next(); err != nil && !errors.Is(err, io.EOF) {
		_ = b.Close() // only read from
		return nil, err
	}
	return b, nil
}

func (b *body) open(id uint32) error {
	if b.files[id] != nil {
		return nil
	}
	if id == 0 {
		return b.damaged(errShort)
	}
	path := segmentPath(b.q.dir, id)
	f, err := os.Open(path)
	if err != nil {
		return notRead(path, err)
	}
	aead, _, err := readHeader(f, b.q.opts.Key, journalMagic, uint64(id))
	if err != nil {
		_ = f.Close() // only read from
		return b.damaged(err)
	}
	b.files[id] = &opened{f, aead}
	return nil
}

// next reads the next frame.
func (b *body) next() error {
	if len(b.rest) == 0 {
		return io.EOF
	}
	p := b.rest[0]
	f := b.files[p.segment]
	content, err := f.frame(p, bodyFrame, &b.buf)
	if err != nil {
		return b.damaged(err)
	}
	b.rest = b.rest[1:]
	b.part.Reset(content)
	return nil
}

// frame reads a frame of a kind, into buf.
func (f *opened) frame(p place, kind byte, buf *[]byte) ([]byte, error) {
	if p.length < uint32(frameOver) || p.length > maxSealed+uint32(headLen) {
		return nil, errContent
	}
	if uint32(cap(*buf)) < p.length { //nolint:gosec // frames are short
		*buf = make([]byte, p.length)
	}
	raw := (*buf)[:p.length]
	if _, err := f.ReadAt(raw, int64(p.at)); err != nil {
		return nil, err
	}
	if k, n, ok := readHead(raw); !ok || k != kind || n != int64(p.length) {
		return nil, errContent
	}
	return unseal(f.aead, raw, int64(p.at))
}

func (b *body) damaged(err error) error {
	return failover.Fail(failover.ErrDamaged,
		"The bytes of message {id} from {from} are damaged in {folder}, so it cannot be sent. Ask its sender to send it again, and see to the disk.",
		"id", b.entry.key.id(), "from", b.entry.item().Envelope.Sender(), "folder", b.q.dir).Because(err)
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	for b.part.Len() == 0 && len(p) > 0 {
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	return b.part.Read(p)
}

// WriteTo implements io.WriterTo.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	var sum int64
	for {
		n, err := b.part.WriteTo(w)
		if sum += n; err != nil {
			return sum, err
		}
		if err := b.next(); errors.Is(err, io.EOF) {
			return sum, nil
		} else if err != nil {
			return sum, err
		}
	}
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.rest = nil
	b.part.Reset(nil)
	var err error
	for _, f := range b.files {
		err = errors.Join(err, f.Close())
	}
	b.files = nil
	return err
}
