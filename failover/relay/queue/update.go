package queue

import (
	"context"
	"slices"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// hold makes the caller the only one to change a message, until release.
func (q *Queue) hold(ctx context.Context, k key) error {
	for {
		q.mu.Lock()
		other, busy := q.busy[k]
		if !busy {
			q.busy[k] = make(chan struct{})
			q.mu.Unlock()
			return nil
		}
		q.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (q *Queue) release(k key) {
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.busy[k])
	delete(q.busy, k)
}

// Update implements relay.Queue. Updates of one message follow each other. Of what is
// the queue's own to know (ID, Arrived, Size) changes are ignored. Events get the message's
// ID, sender and domain, and the time, where they have none. The error is that of change;
// failover.ErrInvalid: no such message; ErrDisk: nothing was changed, unless the sentence
// tells of a disk that may not have kept it; or the context's.
func (q *Queue) Update(ctx context.Context, id relay.ID, durable bool, change func(*relay.Item) ([]relay.Event, error)) (relay.Item, error) {
	k, ok := keyOf(id)
	switch {
	case q.opts.ReadOnly:
		return relay.Item{}, readOnly(q.dir)
	case !ok:
		return relay.Item{}, noSuch(id)
	}
	e, count, err := q.update(ctx, k, change)
	if err != nil {
		return relay.Item{}, err
	}
	if durable {
		err = q.sync(count)
	} else {
		err = q.syncLong()
	}
	return e.item(), err
}

// syncLong ends a segment that has become long without anybody waiting for it.
func (q *Queue) syncLong() error {
	q.w.Lock()
	w := &q.writer
	long, count := w.tail != nil && w.tail.size >= q.tune.segment, w.count
	q.w.Unlock()
	if long {
		return q.sync(count)
	}
	return nil
}

func (q *Queue) update(ctx context.Context, k key, change func(*relay.Item) ([]relay.Event, error)) (*entry, uint64, error) {
	if err := q.hold(ctx, k); err != nil {
		return nil, 0, err
	}
	defer q.release(k)
	q.mu.RLock()
	old := q.index.get(k)
	q.mu.RUnlock()
	if old == nil {
		return nil, 0, noSuch(k.id())
	}
	before, item := old.item(), old.item()
	events, err := change(&item)
	if err != nil {
		return nil, 0, err
	}
	now := q.now()
	if item.State == "" {
		item.State = before.State
	}
	if !slices.Contains(states, item.State) {
		return nil, 0, failover.Fail(failover.ErrInvalid, "A message cannot be {state}.", "state", item.State)
	}
	if item.State != before.State && item.Since.Equal(before.Since) {
		item.Since = now
	}
	e := *old
	if e.setItem(item); e.same(old) && len(events) == 0 {
		return old, q.written(), nil
	}
	for i := range events {
		ev := &events[i]
		if ev.At.IsZero() {
			ev.At = now
		}
		if ev.ID == "" {
			ev.ID = before.ID
		}
		if ev.From == "" {
			ev.From = before.Envelope.From
		}
		if ev.Domain == "" {
			ev.Domain = before.Domain()
		}
	}
	written, err := q.writeUpdate(old, &e, events, counts(before, item, events))
	return &e, written, err
}

// writeUpdate writes what has changed of a message and its events as one.
func (q *Queue) writeUpdate(old, e *entry, events []relay.Event, counted map[at]tally) (uint64, error) {
	var changes []byte
	ended := states[e.state-1] == relay.Ended
	whole := e.what != old.what || e.who != old.who
	if whole && !ended {
		if !e.whole() {
			return 0, failover.Fail(failover.ErrInvalid, "A message cannot be {state}.", "state", states[e.state-1])
		}
	} else if !ended {
		changes = putChange(changes, changeState, e.putMutable(putKey(nil, e.key)))
	} else {
		changes = putChange(changes, changeEnd, putKey(nil, e.key))
	}
	for i := range events {
		changes = putChange(changes, changeEvent, putEvent(&events[i]))
	}
	for a, t := range counted {
		changes = putChange(changes, changeTally, putTally(nil, a, t))
	}

	q.w.Lock()
	defer q.w.Unlock()
	w := &q.writer
	if err := w.usable(); err != nil {
		return 0, err
	}
	if whole && !ended {
		e.home = w.tail.id
		changes = putChange(changes, changeEntry, e.put())
	}
	n, err := q.putRecord(w.scratch[:0], changes, true)
	if err != nil {
		return 0, err
	}
	if whole {
		e.written = n
	}
	for i := range events {
		w.tail.span(nanos(events[i].At))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.account(old, -1)
	if ended {
		q.index.remove(e.key)
	} else {
		q.account(e, 1)
		q.index.replace(e)
	}
	for a, t := range counted {
		q.tally(a, t)
	}
	q.feed.add(e.key)
	q.feed.wake()
	return w.count, nil
}

// File implements relay.Queue. Events without a time get this one. They are written, and
// on the disk with the next flush. The error is failover.ErrDisk.
func (q *Queue) File(ctx context.Context, events ...relay.Event) error {
	if err := ctx.Err(); err != nil || len(events) == 0 {
		return err
	}
	var changes []byte
	var times []int64
	now := q.now()
	for _, e := range events {
		if e.At.IsZero() {
			e.At = now
		}
		changes = putChange(changes, changeEvent, putEvent(&e))
		times = append(times, nanos(e.At))
	}
	if err := q.fileChanges(changes, times...); err != nil {
		return err
	}
	return q.syncLong()
}

// fileChanges writes a record about no message. It leaves the room alone that is kept
// free for what happens to messages.
func (q *Queue) fileChanges(changes []byte, times ...int64) error {
	q.w.Lock()
	defer q.w.Unlock()
	if _, err := q.putRecord(q.writer.scratch[:0], changes, false); err != nil {
		return err
	}
	for _, t := range times {
		q.writer.tail.span(t)
	}
	return nil
}

// tally adds to the counters, with mu held.
func (q *Queue) tally(a at, t tally) {
	sum := q.tallies[a]
	sum.add(t)
	q.tallies[a] = sum
}

// counts tells what an update adds to the counters: a message is delivered when the first
// of its recipients is, and bounced when the first is bounced or expired. The provider is
// that of the events.
func counts(before, after relay.Item, events []relay.Event) map[at]tally {
	var t tally
	if !has(before, relay.Delivered) && has(after, relay.Delivered) {
		t.delivered = 1
	}
	if !has(before, relay.Bounced, relay.Expired) && has(after, relay.Bounced, relay.Expired) {
		t.bounced = 1
	}
	role := before.Via
	if before.Handed != "" {
		role = before.Handed
	}
	for i := range events {
		if events[i].Role != "" {
			role = events[i].Role
		}
		if events[i].Kind == relay.SentAgain {
			t.again++
		}
	}
	if t == (tally{}) {
		return nil
	}
	if role == "" {
		role = failover.Primary
	}
	return map[at]tally{{before.Domain(), role}: t}
}

func has(i relay.Item, fates ...relay.Fate) bool {
	return slices.ContainsFunc(i.To, func(r relay.Recipient) bool { return slices.Contains(fates, r.Fate) })
}
