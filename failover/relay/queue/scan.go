package queue

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"io"
)

// frame is one frame of a file.
type frame struct {
	kind   byte
	at     int64
	length int64 // head and seal included
}

// damage is a part of a file that cannot be believed.
type damage struct {
	from, to int64
	frames   int // at least so many
}

// scanned is what going over a file told.
type scanned struct {
	// end is where the last good frame ends: where one can go on.
	end int64
	// torn: what follows end is what a kill or a power cut leaves of a write. Nobody was
	// told that it is durable.
	torn    bool
	damages []damage
}

// scanner goes over a file's frames.
type scanner struct {
	win  window
	aead cipher.AEAD
	// opens says which frames are unsealed; of the others, the head alone is looked at.
	opens func(kind byte) bool
	visit func(f frame, content []byte) error // content is valid until it returns
	scanned
}

// scan visits the frames of a file, after its header. Damage is skipped and noted:
// frames are found again by the checksum of their heads, and believed by their seals.
// The error is that of visit.
func scan(r io.ReaderAt, size int64, aead cipher.AEAD, opens func(kind byte) bool, visit func(frame, []byte) error) (scanned, error) {
	s := scanner{win: window{r: r, size: size}, aead: aead, opens: opens, visit: visit}
	s.end = framesFrom
	for at := framesFrom; at < size; {
		next, ok, err := s.step(at)
		if err != nil {
			return s.scanned, err
		}
		if ok {
			s.end, at = next, next
			continue
		}
		again, found := s.resume(at, next)
		if !found {
			s.tail(at, next)
			break
		}
		s.note(damage{from: at, to: again, frames: s.guess(at, again)})
		at = again
	}
	return s.scanned, nil
}

// step takes the frame at an offset. Where there is none to believe, next is where its
// head says that it ends, or 0 if that cannot be believed either.
func (s *scanner) step(at int64) (next int64, ok bool, err error) {
	f, ok := s.head(at)
	if !ok {
		return 0, false, nil
	}
	next = at + f.length
	if next > s.win.size {
		return next, false, nil
	}
	var content []byte
	if s.opens(f.kind) {
		if content, err = s.open(f); err != nil {
			return next, false, nil //nolint:nilerr // damage is noted, and what follows is read
		}
	}
	return next, true, s.visit(f, content)
}

func (s *scanner) head(at int64) (frame, bool) {
	head := s.win.bytes(at, headLen)
	if len(head) < headLen {
		return frame{}, false
	}
	kind, length, ok := readHead(head)
	return frame{kind: kind, at: at, length: length}, ok
}

// open unseals a frame in a copy of its own, so that looking at it twice sees the same.
func (s *scanner) open(f frame) ([]byte, error) {
	raw := s.win.bytes(f.at, f.length)
	if int64(len(raw)) < f.length {
		return nil, errShort
	}
	return unseal(s.aead, append(s.win.lend[:0], raw...), f.at)
}

// resume finds the next frame whose seal is whole, after one that is none. The end of
// that one, if its head told, is the likeliest place.
func (s *scanner) resume(at, next int64) (int64, bool) {
	if next > 0 && next < s.win.size {
		if f, ok := s.head(next); ok {
			if _, err := s.open(f); err == nil {
				return next, true
			}
		}
	}
	const step = 64 << 10
	for from := at + 1; from+headLen <= s.win.size; from += step {
		part := append([]byte(nil), s.win.bytes(from, step+headLen-1)...)
		for i := 0; i+headLen <= len(part); i++ {
			_, length, ok := readHead(part[i:])
			if !ok || from+int64(i)+length > s.win.size {
				continue
			}
			if _, err := s.open(frame{at: from + int64(i), length: length}); err == nil {
				return from + int64(i), true
			}
		}
	}
	return 0, false
}

// note joins damage that lies side by side.
func (s *scanner) note(d damage) {
	if n := len(s.damages); n > 0 && s.damages[n-1].to == d.from {
		s.damages[n-1].to = d.to
		s.damages[n-1].frames += d.frames
		return
	}
	s.damages = append(s.damages, d)
}

// guess tells how many frames lie in damage: one, or at least two.
func (s *scanner) guess(at, to int64) int {
	if to-at < 2*(frameOver+16) {
		return 1
	}
	// The length in a head is a hint, also where its checksum is wrong.
	head := s.win.bytes(at, headLen)
	if at+headLen+int64(binary.BigEndian.Uint32(head)) == to {
		return 1
	}
	return 2
}

// tail judges what follows the last good frame: the rest of a write that was cut short,
// which a file's end or zeros after it betray, or damage.
func (s *scanner) tail(at, next int64) {
	size := s.win.size
	switch {
	case s.win.spoilt:
	case size-at < int64(headLen), next > size:
		s.torn = true
		return
	case s.zeros(size-tagLen, size): // a frame ends with its seal
		s.torn = true
		return
	}
	s.note(damage{from: at, to: size, frames: s.guess(at, size)})
}

func (s *scanner) zeros(from, to int64) bool {
	for ; from < to; from += 64 << 10 {
		if !zeros(s.win.bytes(from, min(64<<10, to-from))) {
			return false
		}
	}
	return true
}

// window reads a file in long pieces.
type window struct {
	r      io.ReaderAt
	size   int64
	from   int64
	buf    []byte
	lend   []byte // what is unsealed in
	spoilt bool   // the disk did not give all of it
}

const (
	windowLen = 256 << 10
	sectorLen = 4 << 10
)

// bytes returns n bytes at an offset, fewer at the file's end; they are valid until the
// next call.
func (w *window) bytes(at, n int64) []byte {
	n = min(n, w.size-at)
	if n <= 0 {
		return nil
	}
	if at < w.from || at+n > w.from+int64(len(w.buf)) {
		w.fill(at, min(max(n, windowLen), w.size-at))
	}
	return w.buf[at-w.from : min(at-w.from+n, int64(len(w.buf)))]
}

func (w *window) fill(at, n int64) {
	if int64(cap(w.buf)) < n {
		w.buf = make([]byte, n)
		w.lend = make([]byte, 0, n)
	}
	w.from, w.buf = at, w.buf[:n]
	got, err := w.r.ReadAt(w.buf, at)
	if err == nil || errors.Is(err, io.EOF) {
		w.buf = w.buf[:got]
		return
	}
	// The disk does not give it all. What it does not give is zeros, which no seal fits.
	w.spoilt = true
	for i := int64(0); i < n; i += sectorLen {
		part := w.buf[i:min(i+sectorLen, n)]
		if got, err := w.r.ReadAt(part, at+i); err != nil {
			clear(part[got:])
		}
	}
}
