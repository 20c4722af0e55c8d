package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"os"

	"lifeboat/mailstore"
)

// inMemory is how long a message is at most, in bytes, to be kept in memory.
const inMemory = 1 << 20

// spool has one message's bytes at hand, so that it is known to be whole before
// anything of it is written: in memory, and what is too long in a file.
type spool struct {
	dir  string
	head bytes.Buffer
	file *os.File // nil until it is needed
	size int64
	hash hash.Hash
	last byte // the last byte
}

func newSpool(dir string) *spool { return &spool{dir: dir, hash: sha256.New()} }

// fill reads a message to the end. The error is the reader's, ErrDisk or the context's.
func (s *spool) fill(ctx context.Context, r io.Reader) error {
	s.head.Reset()
	s.hash.Reset()
	s.size, s.last = 0, 0
	if s.file != nil {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return notWritten(s.dir, err)
		}
	}
	buf := make([]byte, 64<<10)
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n, err := r.Read(buf)
		if err := s.take(buf[:n]); err != nil {
			return notWritten(s.dir, err)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *spool) take(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	s.size += int64(len(p))
	s.last = p[len(p)-1]
	_, _ = s.hash.Write(p) // never fails
	if room := inMemory - s.head.Len(); room > 0 {
		n := min(room, len(p))
		s.head.Write(p[:n])
		p = p[n:]
	}
	if len(p) == 0 {
		return nil
	}
	if s.file == nil {
		var err error
		if s.file, err = os.CreateTemp(s.dir, "message-*"); err != nil {
			return err
		}
	}
	_, err := s.file.Write(p)
	return err
}

func (s *spool) sum() (h mailstore.Hash) {
	s.hash.Sum(h[:0])
	return h
}

// WriteTo writes the message; it may be called more than once.
func (s *spool) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(s.head.Bytes())
	if err != nil || s.size == int64(n) {
		return int64(n), err
	}
	rest, err := io.Copy(w, io.NewSectionReader(s.file, 0, s.size-int64(n)))
	return int64(n) + rest, err
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()           // of no use any more
		_ = os.Remove(s.file.Name()) // as is its name
		s.file = nil
	}
}
