package segment

import (
	"encoding/binary"
	"hash"

	"lifeboat/mailstore"
)

// maxParts bounds a body's index, and with it a body: to 50 GB.
const maxParts = 50_000

// Writer takes the bytes of one body. It is for one goroutine; any number of Writers
// may be at work at once. Either Close or Abort must be called.
type Writer struct {
	files *Files
	tail  *tail // once a frame was written
	plain *buffer
	sum   hash.Hash
	hash  mailstore.Hash
	size  int64

	index    []byte // of the frames written
	parts    int
	from     int64 // offset of the last of them
	stored   int64
	hopeless int // how many frames are not even tried to be compressed

	done bool
	err  error
}

// NewWriter begins a body.
func (f *Files) NewWriter() *Writer {
	return &Writer{files: f, plain: f.codecs.buffer(smallLen), sum: f.codecs.hash()}
}

// Write takes more bytes. The error is ErrDisk; nothing of the body counts then.
func (w *Writer) Write(p []byte) (int, error) {
	if err := w.usable(); err != nil {
		return 0, err
	}
	written := 0
	for len(p) > 0 {
		if len(w.plain.b) == maxPlain {
			if w.err = w.part(); w.err != nil {
				return written, w.err
			}
		}
		n := min(len(p), maxPlain-len(w.plain.b))
		w.grow(len(w.plain.b) + n)
		w.plain.b = append(w.plain.b, p[:n]...)
		p = p[n:]
		written += n
	}
	return written, nil
}

// grow sees that so many bytes have room.
func (w *Writer) grow(n int) {
	if n <= cap(w.plain.b) {
		return
	}
	old := w.plain
	w.plain = w.files.codecs.buffer(n)
	w.plain.b = append(w.plain.b, old.b...)
	w.files.codecs.putBuffer(old)
}

func (w *Writer) usable() error {
	if w.done {
		return mailstore.Fail(mailstore.ErrInvalid, "This message was written to the end already.")
	}
	return w.err
}

// Close writes what remains and returns where the body lies; it counts once
// [Files.Sync] has returned. The error is ErrDisk; nothing of the body counts then.
func (w *Writer) Close() (Ref, error) {
	if err := w.usable(); err != nil {
		w.Abort()
		return Ref{}, err
	}
	defer w.Abort()
	if w.parts > 0 {
		if w.err = w.part(); w.err != nil {
			return Ref{}, w.err
		}
		w.plain.b = append(binary.AppendUvarint(w.plain.b, uint64(w.size)), w.index...) //nolint:gosec // never negative
		return w.finish(indexFrame)
	}
	w.account()
	return w.finish(wholeBody)
}

// finish writes the frame that the Ref names.
func (w *Writer) finish(kind byte) (Ref, error) {
	offset, length, m, err := w.frame(kind)
	if err != nil {
		w.err = err
		return Ref{}, err
	}
	w.sum.Sum(w.hash[:0])
	ref := Ref{segment: w.tail.id, offset: offset, length: length, stored: w.stored}
	copy(ref.mark[:], m[:])
	return ref, nil
}

// Hash is the SHA-256 of the body, once Close has returned its place.
func (w *Writer) Hash() mailstore.Hash { return w.hash }

// Size is the length of the body in bytes, once Close has returned its place.
func (w *Writer) Size() int64 { return w.size }

// Abort gives the body up. After Close it does nothing.
func (w *Writer) Abort() {
	if w.done {
		return
	}
	w.done = true
	if w.tail != nil {
		w.files.leave(w.tail)
	}
	w.files.codecs.putBuffer(w.plain)
	w.files.codecs.putHash(w.sum)
	w.plain = nil
}

// account counts the bytes at hand as the body's.
func (w *Writer) account() {
	w.size += int64(len(w.plain.b))
	_, _ = w.sum.Write(w.plain.b) // never fails
}

// part writes the bytes at hand as a part of a body, and notes it in the index.
func (w *Writer) part() error {
	if w.parts == maxParts {
		return mailstore.Fail(mailstore.ErrUnsupported, "A message of more than {gigabytes} GB is not kept.", "gigabytes", maxParts*maxPlain/1e9)
	}
	w.account()
	offset, length, m, err := w.frame(partOfBody)
	if err != nil {
		return err
	}
	w.index = binary.AppendUvarint(w.index, uint64(offset-w.from)) //nolint:gosec // frames of a body follow each other
	w.index = binary.AppendUvarint(w.index, uint64(length))        //nolint:gosec // never negative
	w.index = append(w.index, m[:]...)
	w.from = offset
	w.parts++
	w.plain.b = w.plain.b[:0]
	return nil
}

// giveUp is how many frames of a body are left as they are after one that
// compression did not make smaller.
const giveUp = 7

// frame compresses the bytes at hand, where that helps, and appends them.
func (w *Writer) frame(kind byte) (offset, length int64, m mark, err error) {
	if w.tail == nil {
		if w.tail, err = w.files.join(); err != nil {
			return 0, 0, m, err
		}
	}
	out := w.files.codecs.buffer(len(w.plain.b) + frameHead + tagLen)
	defer w.files.codecs.putBuffer(out)
	fr := frame{buf: out.b[:frameHead], plain: len(w.plain.b), kind: kind}
	if w.hopeless > 0 {
		w.hopeless--
	} else {
		fr.buf = w.files.codecs.compress(fr.buf, w.plain.b)
		fr.kind |= compressed
		if saved := fr.plain - (len(fr.buf) - frameHead); saved <= fr.plain/16 {
			fr.buf, fr.kind, w.hopeless = out.b[:frameHead], kind, giveUp
		}
	}
	if fr.kind&compressed == 0 {
		fr.buf = append(fr.buf, w.plain.b...)
	}
	offset, m, err = w.files.append(w.tail, &fr)
	out.b = fr.buf
	length = int64(len(fr.buf))
	w.stored += length
	return offset, length, m, err
}
