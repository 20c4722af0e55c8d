//go:build linux || windows

// All of 127.0.0.0/8 is this machine there.

package submit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// memory is a queue that keeps everything to be looked at, and fails on demand.
type memory struct {
	mu     sync.Mutex
	kept   []kept
	events []relay.Event
	abort  int
	// failWrite and failCommit are returned if set; failWrite after so many bytes.
	failWrite, failCommit error
	failAfter             int
	// began is closed, if not nil, when New is called.
	began chan struct{}
}

// kept is a message as it would be sent.
type kept struct {
	env  relay.Envelope
	head relay.Header
	body []byte // as handed in
}

func (k kept) text() string { return string(k.head.Prepend) + string(k.body) }

type coming struct {
	q    *memory
	env  relay.Envelope
	buf  bytes.Buffer
	done bool
}

func (q *memory) New(e relay.Envelope) relay.Incoming {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.began != nil {
		close(q.began)
		q.began = nil
	}
	return &coming{q: q, env: e}
}

func (c *coming) Write(b []byte) (int, error) {
	c.q.mu.Lock()
	defer c.q.mu.Unlock()
	if c.q.failWrite != nil && c.buf.Len()+len(b) > c.q.failAfter {
		return 0, c.q.failWrite
	}
	return c.buf.Write(b)
}

func (c *coming) Commit(_ context.Context, h relay.Header) (relay.Item, error) {
	c.q.mu.Lock()
	defer c.q.mu.Unlock()
	if c.q.failCommit != nil {
		return relay.Item{}, c.q.failCommit
	}
	c.done = true
	h.Prepend = bytes.Clone(h.Prepend)
	c.q.kept = append(c.q.kept, kept{c.env, h, bytes.Clone(c.buf.Bytes())})
	return relay.Item{ID: relay.ID(fmt.Sprintf("%016d", len(c.q.kept))), Envelope: c.env}, nil
}

func (c *coming) Abort() {
	c.q.mu.Lock()
	defer c.q.mu.Unlock()
	if !c.done {
		c.q.abort++
	}
}

func (q *memory) all() []kept {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.kept)
}

func (q *memory) filed() []relay.Event {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.events)
}

func (q *memory) fail(write, commit error, after int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failWrite, q.failCommit, q.failAfter = write, commit, after
}

func (q *memory) File(_ context.Context, e ...relay.Event) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.events = append(q.events, e...)
	return nil
}

func (q *memory) Get(relay.ID) (relay.Item, bool)      { return relay.Item{}, false }
func (q *memory) Items() iter.Seq[relay.Item]          { return func(func(relay.Item) bool) {} }
func (q *memory) Body(relay.ID) (io.ReadCloser, error) { return nil, errors.New("no body") }
func (q *memory) Changed() <-chan struct{}             { return nil }
func (q *memory) Update(context.Context, relay.ID, bool, func(*relay.Item) ([]relay.Event, error)) (relay.Item, error) {
	return relay.Item{}, failover.Fail(failover.ErrInvalid, "no such message")
}

// take returns what was kept and forgets it.
func (q *memory) take() []kept {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.kept
	q.kept, q.events = nil, nil
	return all
}
