package queue

import (
	"context"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// incoming is a message that is being handed in. Its first bytes stay in memory, as most
// messages are short; of a longer one, frames go to the journal as they come, where they
// count for nothing before Commit names them.
type incoming struct {
	q      *Queue
	env    relay.Envelope
	buf    *[]byte
	size   int64   // of what was written, frames and buf
	frames []place // the first is left for what stands before
	done   bool
	err    error
}

// longFrame is how much of a long message goes into a frame.
const longFrame = 256 << 10

// New implements relay.Queue.
func (q *Queue) New(env relay.Envelope) relay.Incoming { return &incoming{q: q, env: env} }

// lend returns room for a message; most fit.
func (q *Queue) lend() *[]byte {
	if b, ok := q.buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, 16<<10)
	return &b
}

// oldest is the segment of the first frame that was written.
func (m *incoming) oldest() uint32 { return m.frames[1].segment }

func handedIn() error {
	return failover.Fail(failover.ErrInvalid, "This message was handed in already, or given up.")
}

// Write takes more of the message. The error is failover.ErrDisk; the message cannot be
// accepted then.
func (m *incoming) Write(p []byte) (int, error) {
	if m.done {
		return 0, handedIn()
	}
	if m.buf == nil {
		m.buf = m.q.lend()
	}
	written := 0
	for len(p) > 0 && m.err == nil {
		most := m.q.tune.spill
		if len(m.frames) > 0 {
			most = longFrame
		}
		if len(*m.buf) >= most {
			m.err = m.spill()
			continue
		}
		n := min(len(p), most-len(*m.buf))
		*m.buf = append(*m.buf, p[:n]...)
		p = p[n:]
		written += n
		m.size += int64(n)
	}
	return written, m.err
}

// spill writes what is in memory to the journal.
func (m *incoming) spill() error {
	q := m.q
	q.w.Lock()
	w := &q.writer
	err := m.accepted(int64(len(*m.buf)))
	if err == nil {
		var p place
		var raw []byte
		if p, raw, err = q.seal(w.scratch[:0], *m.buf); err == nil {
			err = q.put(raw, m.env.Report)
		}
		if err == nil {
			if len(m.frames) == 0 {
				w.incoming[m] = struct{}{}
				m.frames = append(m.frames, place{})
			}
			m.frames = append(m.frames, p)
			*m.buf = (*m.buf)[:0]
		}
	}
	long := err == nil && w.tail.size >= q.tune.segment
	count := w.count
	q.w.Unlock()
	if long {
		return q.sync(count) // which begins another segment
	}
	return err
}

// accepted returns why n more bytes of the message may not come. A report is no new mail
// but a part of how an accepted message ends: it may use the room that is kept for that,
// since nothing gets free where nothing can end.
func (m *incoming) accepted(n int64) error {
	if m.env.Report {
		return m.q.writer.usable()
	}
	return m.q.accepts(n)
}

// seal makes a frame of a body for the place that follows what is in dst, at the end of the tail.
func (q *Queue) seal(dst []byte, content ...[]byte) (place, []byte, error) {
	t := q.writer.tail
	at := t.size + int64(len(dst))
	raw, err := appendFrame(dst, t.aead, at, bodyFrame, content...)
	if err != nil {
		return place{}, dst, notWritten(t.path, err)
	}
	q.writer.keepScratch(raw)
	return place{t.id, uint32(at), uint32(len(raw) - len(dst))}, raw, nil //nolint:gosec // segments are short
}

// Commit implements relay.Incoming. It files the Submitted event too. The error is
// failover.ErrDisk, or the context's if that ended before anything was written; the
// message is not accepted then.
func (m *incoming) Commit(ctx context.Context, h relay.Header) (relay.Item, error) {
	if m.done {
		return relay.Item{}, handedIn()
	}
	defer m.Abort()
	if m.err == nil {
		m.err = ctx.Err()
	}
	if m.err != nil {
		return relay.Item{}, m.err
	}
	e := m.entry(h)
	count, err := m.write(e, h)
	if err == nil {
		err = m.q.sync(count)
	}
	if err != nil {
		return relay.Item{}, err
	}
	return e.item(), nil
}

// entry is the message as the index will have it, but for what is known when it is
// written.
func (m *incoming) entry(h relay.Header) *entry {
	m.env.EightBit = m.env.EightBit || h.EightBit
	i := relay.Item{
		Envelope: m.env, Size: int64(len(h.Prepend)) + m.size, MessageID: h.MessageID, Subject: h.Subject,
		State: relay.Waiting, To: make([]relay.Recipient, len(m.env.To)),
	}
	for n, to := range m.env.To {
		i.To[n] = relay.Recipient{Address: to, Fate: relay.Pending}
	}
	e := &entry{size: i.Size}
	e.setItem(i)
	return e
}

// write writes the message, and returns what to wait for.
func (m *incoming) write(e *entry, h relay.Header) (uint64, error) {
	q := m.q
	q.w.Lock()
	defer q.w.Unlock()
	w := &q.writer
	if err := m.accepted(e.size); err != nil {
		return 0, err
	}
	now := q.now()
	e.key = w.last.next(now)
	e.arrived, e.since = nanos(now), nanos(now)

	raw, err := m.seal(e, h)
	if err != nil {
		return 0, err
	}
	e.home = w.tail.id
	item := e.item()
	event := relay.Event{
		At: now, ID: item.ID, Kind: relay.Submitted, User: m.env.User, From: m.env.From, To: m.env.To,
		MessageID: h.MessageID, Subject: h.Subject, Size: item.Size, Domain: item.Domain(), Host: m.env.Client,
	}
	accepted := tally{accepted: 1}
	of := at{domain: item.Domain()}
	changes := putChange(nil, changeEntry, e.put())
	changes = putChange(changes, changeEvent, putEvent(&event))
	changes = putChange(changes, changeTally, putTally(nil, of, accepted))
	if e.written, err = q.putRecord(raw, changes, m.env.Report); err != nil {
		return 0, err
	}
	w.last = e.key
	w.tail.span(nanos(now))
	w.pending = append(w.pending, pending{count: w.count, entry: e})
	q.mu.Lock()
	q.tally(of, accepted)
	q.mu.Unlock()
	return w.count, nil
}

// seal makes the frames of the message that are not written yet.
func (m *incoming) seal(e *entry, h relay.Header) (raw []byte, err error) {
	var rest []byte
	if m.buf != nil {
		rest = *m.buf
	}
	raw = m.q.writer.scratch[:0]
	var p place
	if len(m.frames) == 0 {
		if p, raw, err = m.q.seal(raw, h.Prepend, rest); err == nil {
			e.setPlaces([]place{p})
		}
		return raw, err
	}
	if m.frames[0], raw, err = m.q.seal(raw, h.Prepend); err != nil {
		return nil, err
	}
	if p, raw, err = m.q.seal(raw, rest); err != nil {
		return nil, err
	}
	e.setPlaces(append(m.frames, p))
	return raw, nil
}

// Abort implements relay.Incoming. Frames that were written are given back with their
// segment.
func (m *incoming) Abort() {
	if m.done {
		return
	}
	m.done = true
	if len(m.frames) > 0 {
		m.q.w.Lock()
		delete(m.q.writer.incoming, m)
		m.q.w.Unlock()
	}
	if m.buf != nil && cap(*m.buf) <= m.q.tune.spill {
		*m.buf = (*m.buf)[:0]
		m.q.buffers.Put(m.buf)
	}
	m.buf = nil
}
