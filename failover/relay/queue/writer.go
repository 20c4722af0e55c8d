package queue

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lifeboat/failover"
)

// file is what is needed of *os.File; tests put one that fails in its place.
type file interface {
	WriteAt(b []byte, off int64) (int, error)
	Sync() error
	Truncate(size int64) error
	Close() error
}

// segment is a file of the journal.
type segment struct {
	id   uint32
	path string
	size int64
	// begun is when, in nanoseconds; from and to are the times of the first and the last
	// event in it by their clock.
	begun    int64
	from, to int64
	// damaged: it is kept, under another name, when it is no longer needed.
	damaged bool
}

func (s *segment) span(at int64) {
	if s.from == 0 && s.to == 0 {
		s.from, s.to = at, at
	}
	s.from, s.to = min(s.from, at), max(s.to, at)
}

// tail is the segment that is appended to.
type tail struct {
	*segment
	file file
	aead cipher.AEAD
}

// writer is what whoever appends needs, under the lock w.
type writer struct {
	segments []*segment // oldest first; the last is tail's
	tail     *tail
	record   uint64 // number of the last record
	last     key    // given to a message
	used     int64  // bytes of all files
	scratch  []byte

	reserved bool // there is room for what must be written

	count   uint64        // what was written
	durable uint64        // how much of it is on the disk
	folder  bool          // names in the folder are not
	end     bool          // the next flush ends the tail
	running chan struct{} // closed when the flush that is under way ends; nil: none is
	broken  error         // why nothing is written any more
	failed  chan struct{} // closed when that is the disk's fault
	closed  error         // the same, while what was written is still made durable

	pending  []pending // messages that are in the queue once they are durable
	incoming map[*incoming]struct{}
}

type pending struct {
	count uint64
	entry *entry
}

func segmentPath(dir string, id uint32) string {
	return filepath.Join(dir, fmt.Sprintf("%08d.queue", id))
}

// put writes sealed frames to the end of the tail. must is for what may take the room
// that is kept free. What a failed write left is cut off again.
func (q *Queue) put(raw []byte, must bool) error {
	w := &q.writer
	if err := w.usable(); err != nil {
		return err
	}
	t := w.tail
	if t.size > longest {
		return notWritten(t.path, errLong)
	}
	_, err := t.file.WriteAt(raw, t.size)
	if err != nil && must && diskFull(err) && q.spend() {
		_, err = t.file.WriteAt(raw, t.size)
	}
	if err != nil {
		if cut := t.file.Truncate(t.size); cut != nil {
			return q.distrust(errors.Join(err, cut))
		}
		if diskFull(err) {
			return full(q.dir, err)
		}
		return notWritten(t.path, err)
	}
	t.size += int64(len(raw))
	w.used += int64(len(raw))
	w.count++
	return nil
}

// longest is how long a segment may become where no other can be begun: a place has 32
// bits.
const longest = 3 << 30

var errLong = errors.New("the file is too long, and no other could be begun")

// usable returns why nothing is written any more.
func (w *writer) usable() error {
	if w.broken != nil {
		return w.broken
	}
	return w.closed
}

// putRecord writes changes as the next record, after frames that were sealed for the end
// of the tail already. It returns how long the record's frame is.
func (q *Queue) putRecord(frames, changes []byte, must bool) (uint32, error) {
	w := &q.writer
	if err := w.usable(); err != nil {
		return 0, err
	}
	var number [10]byte
	raw, err := appendFrame(frames, w.tail.aead, w.tail.size+int64(len(frames)), recordFrame, putUint(number[:0], w.record+1), changes)
	if err != nil {
		return 0, failover.Fail(failover.ErrInvalid, "This message has more recipients than the mail queue can keep.").Because(err)
	}
	w.keepScratch(raw)
	if err := q.put(raw, must); err != nil {
		return 0, err
	}
	w.record++
	return uint32(len(raw) - len(frames)), nil //nolint:gosec // at most a frame
}

// keepScratch keeps a buffer for the next frames, unless a rare long one made it grow.
func (w *writer) keepScratch(raw []byte) {
	if cap(raw) <= 1<<20 {
		w.scratch = raw[:0]
	}
}

// spend gives the reserve up, and reports whether there was one.
func (q *Queue) spend() bool {
	if !q.writer.reserved {
		return false
	}
	q.writer.reserved = false
	q.log.Warn("The disk is full: the mail queue uses the room that it kept for this, and accepts nothing new", "folder", q.dir)
	return os.Remove(q.reservePath()) == nil
}

func (q *Queue) reservePath() string { return filepath.Join(q.dir, "reserve") }

// restore makes the reserve where there is none. Random bytes take their room on any
// file system.
func (q *Queue) restore() error {
	path := q.reservePath()
	if info, err := os.Stat(path); err == nil && info.Size() == q.tune.reserve {
		q.writer.reserved = true
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return q.notMade(path, err)
	}
	part := make([]byte, 256<<10)
	for n := int64(0); err == nil && n < q.tune.reserve; n += int64(len(part)) {
		_, _ = rand.Read(part) // never fails
		part = part[:min(int64(len(part)), q.tune.reserve-n)]
		_, err = f.Write(part)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path) // made again next time
		return q.notMade(path, err)
	}
	q.writer.reserved = true
	return nil
}

func (q *Queue) notMade(path string, err error) error {
	if diskFull(err) {
		return full(q.dir, err)
	}
	return notWritten(path, err)
}

// accepts returns why no more mail may come, of n bytes.
func (q *Queue) accepts(n int64) error {
	w := &q.writer
	if err := w.usable(); err != nil {
		return err
	}
	if q.opts.Most > 0 && w.used+n > q.opts.Most {
		return failover.Fail(failover.ErrDisk,
			"The mail queue in {folder} holds as much as it may, {size}: it accepts more when some of it was sent.",
			"folder", q.dir, "size", size(q.opts.Most))
	}
	if w.reserved {
		return nil
	}
	return q.restore()
}

// start makes a new segment the tail. What was written before must be durable.
func (q *Queue) start() error {
	w := &q.writer
	var id uint32 = 1
	if n := len(w.segments); n > 0 {
		id = w.segments[n-1].id + 1
	}
	path := segmentPath(q.dir, id)
	raw, aead, err := newHeader(q.opts.Key, journalMagic, uint64(id))
	if err != nil {
		return notWritten(path, err)
	}
	now := nanos(q.now())
	q.mu.RLock()
	content := putBase(nil, base{begun: now, last: w.last, tallies: q.tallies})
	q.mu.RUnlock()
	content = putChange(putUint(nil, w.record+1), changeBase, content)
	if raw, err = appendFrame(raw, aead, int64(len(raw)), recordFrame, content); err != nil {
		return notWritten(path, err)
	}
	o, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return notWritten(path, err)
	}
	t := &tail{segment: &segment{id: id, path: path, size: int64(len(raw)), begun: now}, file: q.tune.wrap(o), aead: aead}
	if _, err := t.file.WriteAt(raw, 0); err != nil {
		return notWritten(path, errors.Join(err, t.file.Close(), os.Remove(path)))
	}
	if w.tail != nil {
		if err := w.tail.file.Close(); err != nil {
			q.log.Warn("A file of the mail queue was not closed properly", "file", w.tail.path, "error", err)
		}
	}
	w.tail, w.folder = t, true
	w.segments = append(w.segments, t.segment)
	w.used += t.size
	w.record++
	w.count++
	return nil
}
