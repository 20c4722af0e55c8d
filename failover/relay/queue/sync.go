package queue

import "errors"

func (q *Queue) written() uint64 {
	q.w.Lock()
	defer q.w.Unlock()
	return q.writer.count
}

// sync returns when what was written up to a count is on the disk, not in its cache
// (F_FULLFSYNC on macOS). Callers at the same time share one flush; while it runs others
// write what the next one takes along. It does not give up when its caller does: what
// is written already will count.
func (q *Queue) sync(count uint64) error {
	q.w.Lock()
	defer q.w.Unlock()
	w := &q.writer
	for w.durable < count {
		if w.broken != nil {
			return w.broken
		}
		if running := w.running; running != nil {
			q.w.Unlock()
			<-running
			q.w.Lock()
			continue
		}
		q.flush()
	}
	return nil
}

// flush makes durable what was written until now, with w held but while the disk works.
func (q *Queue) flush() {
	w := &q.writer
	target, t, folder := w.count, w.tail, w.folder
	w.running, w.folder = make(chan struct{}), false
	q.w.Unlock()

	err := t.file.Sync()
	if folder {
		err = errors.Join(err, syncDir(q.dir))
	}

	q.w.Lock()
	if err == nil && (t.size >= q.tune.segment || w.end) {
		target, err = q.rotate()
	}
	if err == nil {
		w.durable = target
		q.publish(target)
	} else {
		_ = q.distrust(err) // who waits for this flush is told
	}
	close(w.running)
	w.running = nil
}

// distrust has nothing written any more, with w held, and returns why.
func (q *Queue) distrust(err error) error {
	w := &q.writer
	if w.broken == nil {
		w.broken = distrusted(q.dir, err)
		close(w.failed)
		q.log.Error("The mail queue stops, because the disk did not keep what was written", "folder", q.dir, "error", err)
	}
	return w.broken
}

// Failed returns a channel that is closed when the disk may not have kept what was
// written: then nothing is accepted or changed any more until the queue is opened anew.
func (q *Queue) Failed() <-chan struct{} { return q.writer.failed }

// Err returns why nothing is written any more, or nil.
func (q *Queue) Err() error {
	q.w.Lock()
	defer q.w.Unlock()
	return q.writer.usable()
}

// rotate ends the tail and begins another, once all of it is durable: so only the newest
// segment can end in the midst of a write.
func (q *Queue) rotate() (durable uint64, err error) {
	if err := q.writer.tail.file.Sync(); err != nil {
		return 0, err
	}
	durable, q.writer.end = q.writer.count, false
	if err := q.start(); err != nil {
		q.log.Warn("A file of the mail queue grows beyond its usual length", "file", q.writer.tail.path, "error", err)
	}
	return durable, nil
}

// publish puts what has become durable into the queue, in its order.
func (q *Queue) publish(durable uint64) {
	w := &q.writer
	n := 0
	for n < len(w.pending) && w.pending[n].count <= durable {
		n++
	}
	if n == 0 {
		return
	}
	q.mu.Lock()
	for _, p := range w.pending[:n] {
		q.index.add(p.entry)
		q.account(p.entry, 1)
		q.feed.add(p.entry.key)
	}
	q.feed.wake()
	q.mu.Unlock()
	w.pending = append(w.pending[:0], w.pending[n:]...)
	clear(w.pending[len(w.pending):cap(w.pending)])
}
