package queue

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"lifeboat/failover"
)

// archive writes a segment's events and samples to the past.
func (q *Queue) archive(ctx context.Context, s *segment) error {
	f, err := openSegment(s, q.opts.Key)
	if err != nil {
		if s.damaged {
			return nil // told when the queue was opened; the file is kept
		}
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	a := &archiver{q: q, last: q.past.last}
	a.samples.summary.samples = true
	_, err = scan(f, s.size, f.aead, isRecord, func(_ frame, content []byte) error {
		if content == nil {
			return ctx.Err()
		}
		return a.take(string(content))
	})
	if err == nil {
		err = a.finish()
	}
	if err != nil {
		a.undo()
		return err
	}
	return nil
}

// archiver writes the blocks of one segment to a file of the past.
type archiver struct {
	q               *Queue
	last            uint64 // record that is in the past
	events, samples builder
	to              *pastFile
	file            *opened
	sink            file
	made            bool // the file is new
	size            int64
	blocks          []block
}

// take takes what a record has.
func (a *archiver) take(content string) error {
	number, err := readRecord(content, func(byte) bool { return false }, nil)
	if err != nil || number <= a.last {
		return nil //nolint:nilerr // damage is told when the queue is opened
	}
	_, _ = readRecord(content, func(what byte) bool { return what == changeEvent || what == changeSample }, func(c change) {
		if c.what == changeEvent {
			a.events.add(nanos(c.event.At), c.event.ID, c.raw)
		} else {
			a.samples.add(nanos(c.sample.At), "", c.raw)
		}
	})
	a.last = number
	for _, b := range []*builder{&a.events, &a.samples} {
		if len(b.plain) >= blockLen {
			if err := a.write(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a block.
func (a *archiver) write(b *builder) error {
	if err := a.open(); err != nil {
		return err
	}
	packed, err := a.q.packing.pack(b.plain)
	if err != nil {
		return err
	}
	raw, err := appendFrame(nil, a.file.aead, a.size, summaryFrame, putSummary(nil, b.summary))
	if err != nil {
		return err
	}
	at := a.size + int64(len(raw))
	if raw, err = appendFrame(raw, a.file.aead, at, blockFrame, packed); err != nil {
		return err
	}
	if err := a.put(raw); err != nil {
		return err
	}
	a.blocks = append(a.blocks, block{b.summary, place{a.to.id, uint32(at), uint32(a.size - at)}}) //nolint:gosec // files are short
	*b = builder{summary: summary{samples: b.summary.samples}, plain: b.plain[:0]}
	return nil
}

// put writes frames to the end of the file, on a full disk in the room kept for this.
func (a *archiver) put(raw []byte) error {
	_, err := a.sink.WriteAt(raw, a.size)
	if err != nil && diskFull(err) {
		a.q.w.Lock()
		spent := a.q.spend()
		a.q.w.Unlock()
		if spent {
			_, err = a.sink.WriteAt(raw, a.size)
		}
	}
	if err != nil {
		return a.q.notMade(a.to.path, err)
	}
	a.size += int64(len(raw))
	return nil
}

// pastSpan is how much time a file of the past has at most, so that the log is given up
// little by little.
const pastSpan = 30 * 24 * time.Hour

// open opens the newest file of the past, or makes another.
func (a *archiver) open() error {
	if a.file != nil {
		return nil
	}
	q := a.q
	var id uint32 = 1
	if n := len(q.past.files); n > 0 {
		f := q.past.files[n-1]
		if !f.closed && f.size < q.tune.past && time.Duration(f.to-f.from) < pastSpan {
			o, err := os.OpenFile(f.path, os.O_RDWR, 0)
			if err != nil {
				return notWritten(f.path, err)
			}
			aead, _, err := readHeader(o, q.opts.Key, pastMagic, uint64(f.id))
			if err != nil {
				return errors.Join(notRead(f.path, err), o.Close())
			}
			a.to, a.file, a.sink, a.size = f, &opened{o, aead}, q.tune.wrap(o), f.size
			return nil
		}
		id = f.id + 1
	}
	path := pastPath(q.dir, id)
	raw, aead, err := newHeader(q.opts.Key, pastMagic, uint64(id))
	if err != nil {
		return notWritten(path, err)
	}
	o, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return notWritten(path, err)
	}
	a.to, a.made = &pastFile{id: id, path: path, days: map[int64]bool{}}, true
	a.file, a.sink = &opened{o, aead}, q.tune.wrap(o)
	return a.put(raw)
}

// finish writes what remains and the mark that makes it count, and sees that it is on the
// disk.
func (a *archiver) finish() error {
	for _, b := range []*builder{&a.events, &a.samples} {
		if b.summary.count > 0 {
			if err := a.write(b); err != nil {
				return err
			}
		}
	}
	if a.file == nil {
		return nil
	}
	raw, err := appendFrame(nil, a.file.aead, a.size, markFrame, putUint(nil, a.last))
	if err != nil {
		return err
	}
	if err := a.put(raw); err != nil {
		return err
	}
	if err := errors.Join(a.sink.Sync(), syncDir(a.q.dir), a.sink.Close()); err != nil {
		return notWritten(a.to.path, err)
	}
	q := a.q
	q.files.Lock()
	defer q.files.Unlock()
	for _, b := range a.blocks {
		a.to.add(b)
	}
	if a.made {
		q.past.files = append(q.past.files, a.to)
	}
	q.w.Lock()
	q.writer.used += a.size - a.to.size
	q.w.Unlock()
	a.to.size, q.past.last = a.size, a.last
	return nil
}

// undo leaves the past as it was.
func (a *archiver) undo() {
	if a.file == nil {
		return
	}
	err := a.sink.Truncate(a.to.size)
	_ = a.sink.Close() // nothing of it counts
	if a.made {
		err = os.Remove(a.to.path)
	}
	if err != nil {
		a.q.log.Warn("What was begun in a file of the send route's log stays there until Lifeboat is started again", "file", a.to.path, "error", err)
		a.to.closed = true
	}
}

// removePast removes a file of the past.
func (q *Queue) removePast(f *pastFile) error {
	q.files.Lock()
	defer q.files.Unlock()
	if err := os.Remove(f.path); err != nil {
		return failover.Fail(failover.ErrDisk, "{file} is not needed any more and could not be removed.", "file", f.path).Because(err)
	}
	q.past.files = slices.DeleteFunc(q.past.files, func(o *pastFile) bool { return o == f })
	q.w.Lock()
	defer q.w.Unlock()
	q.writer.used -= f.size
	return nil
}
