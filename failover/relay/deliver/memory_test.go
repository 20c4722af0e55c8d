package deliver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// memory is a queue without a disk. It offers no Feed; with is one that does.
type memory struct {
	mu      sync.Mutex
	next    int
	items   map[relay.ID]relay.Item
	ids     []relay.ID
	bodies  map[relay.ID][]byte
	events  []relay.Event
	changed chan struct{}
	feed    []relay.ID
	now     func() time.Time
	// fail, if set, is asked before each Update.
	fail func(durable bool) error
	// late, if set, is asked after each Update has been done.
	late func(relay.Item) error
}

func newMemory(now func() time.Time) *memory {
	return &memory{items: map[relay.ID]relay.Item{}, bodies: map[relay.ID][]byte{}, changed: make(chan struct{}), now: now}
}

// with is a memory that remembers its last changes.
type with struct{ *memory }

func (w with) Latest(mark uint64) ([]relay.ID, uint64, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if mark == 0 {
		return nil, uint64(len(w.feed)), false
	}
	return slices.Clone(w.feed[mark:]), uint64(len(w.feed)), true
}

type memoryIncoming struct {
	bytes.Buffer
	q *memory
	e relay.Envelope
}

func (q *memory) New(e relay.Envelope) relay.Incoming { return &memoryIncoming{q: q, e: e} }
func (*memoryIncoming) Abort()                        {}

func (m *memoryIncoming) Commit(_ context.Context, h relay.Header) (relay.Item, error) {
	m.q.mu.Lock()
	defer m.q.mu.Unlock()
	m.q.next++
	text := append(slices.Clone(h.Prepend), m.Bytes()...)
	now := m.q.now()
	i := relay.Item{
		ID: relay.ID(fmt.Sprintf("%016d", m.q.next)), Envelope: m.e, Size: int64(len(text)), MessageID: h.MessageID, Subject: h.Subject,
		Arrived: now, State: relay.Waiting, Since: now,
	}
	for _, to := range m.e.To {
		i.To = append(i.To, relay.Recipient{Address: to, Fate: relay.Pending})
	}
	m.q.items[i.ID], m.q.bodies[i.ID] = i, text
	m.q.ids = append(m.q.ids, i.ID)
	m.q.events = append(m.q.events, relay.Event{At: now, ID: i.ID, Kind: relay.Submitted, From: m.e.From, To: m.e.To})
	m.q.tell(i.ID)
	return i, nil
}

func (q *memory) tell(id relay.ID) {
	q.feed = append(q.feed, id)
	close(q.changed)
	q.changed = make(chan struct{})
}

func clone(i relay.Item) relay.Item {
	i.To = slices.Clone(i.To)
	return i
}

func (q *memory) Get(id relay.ID) (relay.Item, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i, ok := q.items[id]
	return clone(i), ok
}

func (q *memory) Items() iter.Seq[relay.Item] {
	return func(yield func(relay.Item) bool) {
		q.mu.Lock()
		ids := slices.Clone(q.ids)
		q.mu.Unlock()
		for _, id := range ids {
			if i, ok := q.Get(id); ok && !yield(i) {
				return
			}
		}
	}
}

func (q *memory) Body(id relay.ID) (io.ReadCloser, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b, ok := q.bodies[id]
	if !ok {
		return nil, failover.Fail(failover.ErrInvalid, "no such message")
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func (q *memory) Update(_ context.Context, id relay.ID, durable bool, change func(*relay.Item) ([]relay.Event, error)) (relay.Item, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fail != nil {
		if err := q.fail(durable); err != nil {
			return relay.Item{}, err
		}
	}
	i, ok := q.items[id]
	if !ok {
		return relay.Item{}, failover.Fail(failover.ErrInvalid, "no such message")
	}
	i = clone(i)
	events, err := change(&i)
	if err != nil {
		return relay.Item{}, err
	}
	q.events = append(q.events, events...)
	q.items[id] = clone(i)
	if i.State == relay.Ended {
		delete(q.items, id)
		delete(q.bodies, id)
	}
	q.tell(id)
	if q.late != nil {
		if err := q.late(i); err != nil {
			return relay.Item{}, err
		}
	}
	return i, nil
}

func (q *memory) File(_ context.Context, events ...relay.Event) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events = append(q.events, events...)
	close(q.changed)
	q.changed = make(chan struct{})
	return nil
}

func (q *memory) Changed() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.changed
}

func (q *memory) Events(_ context.Context, query relay.LogQuery) ([]relay.Event, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []relay.Event
	for _, e := range q.events {
		if (query.ID == "" || e.ID == query.ID) && (len(query.Kinds) == 0 || slices.Contains(query.Kinds, e.Kind)) &&
			!e.At.Before(query.Since) && (query.Until.IsZero() || e.At.Before(query.Until)) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (*memory) Samples(context.Context, time.Time, time.Time, int) ([]relay.Sample, error) {
	return nil, errors.ErrUnsupported
}

// kinds tells a message's events in a line.
func (q *memory) kinds(id relay.ID) []relay.EventKind {
	events, _ := q.Events(context.Background(), relay.LogQuery{ID: id})
	var out []relay.EventKind
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

func (q *memory) of(kind relay.EventKind) []relay.Event {
	events, _ := q.Events(context.Background(), relay.LogQuery{Kinds: []relay.EventKind{kind}})
	return events
}

func (q *memory) all() []relay.Item { return slices.Collect(q.Items()) }

func add(t testing.TB, q relay.Queue, e relay.Envelope, text string) relay.Item {
	t.Helper()
	in := q.New(e)
	if _, err := io.WriteString(in, text); err != nil {
		t.Fatal(err)
	}
	i, err := in.Commit(t.Context(), relay.Header{MessageID: "m@example.test", Subject: "Ein Versuch"})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

const letter = "From: anna@example.test\r\nSubject: Ein Versuch\r\n\r\nHello\r\n.\r\n..two\r\n"
