package queue

import (
	"context"
	"errors"
	"os"
	"time"

	"lifeboat/failover"
)

// Tidy gives back the space of messages that have left, and of a log that is older than
// it is kept. What still counts in the oldest segment is written anew at the journal's
// end, its events and samples go to the past, and the file goes. It is cheap where there
// is nothing to do. The error is failover.ErrDisk, or the context's; nothing is lost then,
// and the next call goes on.
func (q *Queue) Tidy(ctx context.Context) error {
	if q.opts.ReadOnly {
		return readOnly(q.dir)
	}
	q.tidying.Lock()
	defer q.tidying.Unlock()
	if err := q.endTail(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		s := q.dying()
		if s == nil {
			return q.expire()
		}
		err := q.clean(ctx, s)
		if inUse(err) {
			return nil // the next call removes it
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

const (
	// A tail of which little is wanted is ended when it is this part of a segment long,
	// or this old.
	shortTail = 16
	oldTail   = 30 * 24 * time.Hour
)

// endTail begins another segment where the last one is mostly for nothing.
func (q *Queue) endTail() error {
	q.w.Lock()
	defer q.w.Unlock()
	w := &q.writer
	for w.running != nil {
		running := w.running
		q.w.Unlock()
		<-running
		q.w.Lock()
	}
	if err := w.usable(); err != nil {
		return err
	}
	wanted := q.wanted(w.tail.id)
	long := w.tail.size >= q.tune.segment/shortTail && wanted < w.tail.size/4
	old := q.now().Sub(moment(w.tail.begun)) > oldTail && wanted < w.tail.size/2
	if long || old {
		w.end = true
		q.flush()
	}
	return w.broken
}

// wanted is how many bytes of a segment are.
func (q *Queue) wanted(id uint32) int64 {
	q.mu.RLock()
	defer q.mu.RUnlock()
	return q.live[id]
}

// dying returns the oldest segment if it is to go: when half of it is for nothing, or
// much is in those after it. Segments go in their order, because a later one says how a
// message ended that an older one begins.
func (q *Queue) dying() *segment {
	q.w.Lock()
	defer q.w.Unlock()
	w := &q.writer
	if len(w.segments) < 2 || w.usable() != nil {
		return nil
	}
	s := w.segments[0]
	for m := range w.incoming {
		if m.oldest() <= s.id {
			return nil
		}
	}
	var all, wanted int64
	for _, s := range w.segments[:len(w.segments)-1] {
		all += s.size
		wanted += q.wanted(s.id)
	}
	mine := q.wanted(s.id)
	switch dead := all - wanted; {
	case mine == 0, mine < s.size/2, dead > max(wanted, 4*q.tune.segment):
		return s
	case !w.reserved && dead > q.tune.segment/4:
		return s // the disk is full
	}
	return nil
}

// clean empties a segment and removes it.
func (q *Queue) clean(ctx context.Context, s *segment) error {
	if err := q.sync(q.written()); err != nil { // that messages have ended must be sure
		return err
	}
	if err := q.archive(ctx, s); err != nil {
		return err
	}
	if err := q.empty(ctx, s); err != nil {
		return err
	}
	if err := q.sync(q.written()); err != nil {
		return err
	}
	return q.removeSegment(s)
}

func (q *Queue) removeSegment(s *segment) error {
	q.files.Lock()
	defer q.files.Unlock()
	err := errors.Join(removeOrKeep(s), syncDir(q.dir))
	if err != nil {
		return failover.Fail(failover.ErrDisk, "{file} is not needed any more and could not be removed.", "file", s.path).Because(err)
	}
	q.w.Lock()
	defer q.w.Unlock()
	q.writer.segments = q.writer.segments[1:]
	q.writer.used -= s.size
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.live, s.id)
	return nil
}

// removeOrKeep removes a file, or sets it aside for whoever wants to look into the damage.
func removeOrKeep(s *segment) error {
	if s.damaged {
		return os.Rename(s.path, s.path+".damaged")
	}
	return os.Remove(s.path)
}

// empty writes what still counts in a segment anew, at the end of the journal.
func (q *Queue) empty(ctx context.Context, s *segment) error {
	var f *opened
	defer func() {
		if f != nil {
			_ = f.Close() // only read from
		}
	}()
	for e := range q.entries() {
		if !e.in(s.id) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if f == nil {
			var err error
			if f, err = openSegment(s, q.opts.Key); err != nil {
				return err
			}
		}
		err := q.move(ctx, e.key, s, f)
		if err == nil {
			err = q.syncLong()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// in reports whether anything of the message is in a segment.
func (e *entry) in(id uint32) bool {
	if e.home == id || e.first.segment == id {
		return true
	}
	for _, p := range e.rest {
		if p.segment == id {
			return true
		}
	}
	return false
}

// move writes a message anew, as it is now.
func (q *Queue) move(ctx context.Context, k key, s *segment, f *opened) error {
	if err := q.hold(ctx, k); err != nil {
		return err
	}
	defer q.release(k)
	q.mu.RLock()
	old := q.index.get(k)
	q.mu.RUnlock()
	if old == nil {
		return nil // it has left
	}
	e := *old
	places := append([]place(nil), old.places()...)
	var buf []byte
	damaged := false
	for i, p := range places {
		if p.segment != s.id {
			continue
		}
		content, err := f.frame(p, bodyFrame, &buf)
		if err == nil {
			places[i], err = q.copyFrame(content)
			if err != nil {
				return err
			}
			continue
		}
		q.log.Error("The bytes of a message in the mail queue are damaged", "message", k.id(), "file", s.path, "error", err)
		places[i].segment = 0 // it cannot be read any more
		damaged = true
	}
	e.setPlaces(places)

	q.w.Lock()
	defer q.w.Unlock()
	if err := q.writer.usable(); err != nil {
		return err
	}
	s.damaged = s.damaged || damaged
	e.home = q.writer.tail.id
	var err error
	if e.written, err = q.putRecord(q.writer.scratch[:0], putChange(nil, changeEntry, e.put()), true); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.account(old, -1)
	q.account(&e, 1)
	q.index.replace(&e)
	return nil
}

func (q *Queue) copyFrame(content []byte) (place, error) {
	q.w.Lock()
	defer q.w.Unlock()
	if err := q.writer.usable(); err != nil {
		return place{}, err
	}
	p, raw, err := q.seal(q.writer.scratch[:0], content)
	if err == nil {
		err = q.put(raw, true)
	}
	return p, err
}

func openSegment(s *segment, key [32]byte) (*opened, error) {
	o, err := os.Open(s.path)
	if err != nil {
		return nil, notRead(s.path, err)
	}
	aead, _, err := readHeader(o, key, journalMagic, uint64(s.id))
	if err != nil {
		_ = o.Close() // only read from
		return nil, notRead(s.path, err)
	}
	return &opened{o, aead}, nil
}

// expire removes what is older than the log is kept. A clock that leaps ahead must not
// cost the log: two thirds of that many days, as many as an office works, must have left
// something in the log since.
func (q *Queue) expire() error {
	keep := int(q.opts.Keep / (24 * time.Hour))
	before := nanos(q.now().Add(-q.opts.Keep))
	var gone []*pastFile
	newer := map[int64]bool{}
	for i := len(q.past.files) - 1; i >= 0; i-- {
		f := q.past.files[i]
		old := f.to < before && len(newer) >= keep*2/3 || len(newer) > keep
		if old && i < len(q.past.files)-1 && len(f.blocks) > 0 {
			gone = append(gone, f)
		}
		for n := range f.days {
			newer[n] = true
		}
	}
	for _, f := range gone {
		if err := q.removePast(f); err != nil {
			return err
		}
	}
	return nil
}
