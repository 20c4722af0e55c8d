package queue

import (
	"context"
	"io"
	"iter"
	"log/slog"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Options say where a queue is, and how it is kept.
type Options struct {
	// Dir is the queue's folder; it is made where there is none.
	Dir string
	// Key is what everything in the folder is sealed with.
	Key [32]byte
	// ReadOnly looks at the queue, also while somebody else owns it, and changes nothing.
	ReadOnly bool
	// Keep is how long the log is kept after a message has ended; 0 is 400 days.
	Keep time.Duration
	// Most is how many bytes the folder may take before no more mail is accepted; 0 is no
	// bound but the disk's.
	Most int64
	// Now is the clock; nil is the machine's.
	Now func() time.Time
	// Log is told what an administrator may want to know; nil: nobody is.
	Log *slog.Logger
}

// Queue is an open queue. It implements [relay.Queue] and [relay.Log], and is safe for
// use by several goroutines.
type Queue struct {
	opts Options

	mu      sync.Mutex
	changed chan struct{}
}

var (
	_ relay.Queue = (*Queue)(nil)
	_ relay.Log   = (*Queue)(nil)
)

// Open opens the queue in a folder. The error is failover.ErrLocked where another
// process owns it, ErrDamaged where nothing in it can be read with the key, else ErrDisk.
func Open(_ context.Context, o Options) (*Queue, error) {
	return &Queue{opts: o, changed: make(chan struct{})}, nil
}

// Close makes durable what is not yet, and gives the folder up.
func (q *Queue) Close() error { return nil }

func unfinished() error {
	return failover.Fail(failover.ErrUnsupported, "The queue is not built yet.")
}

// New implements relay.Queue.
func (q *Queue) New(relay.Envelope) relay.Incoming { return incoming{} }

type incoming struct{}

func (incoming) Write([]byte) (int, error) { return 0, unfinished() }
func (incoming) Abort()                    {}
func (incoming) Commit(context.Context, relay.Header) (relay.Item, error) {
	return relay.Item{}, unfinished()
}

// Get implements relay.Queue.
func (q *Queue) Get(relay.ID) (relay.Item, bool) { return relay.Item{}, false }

// Items implements relay.Queue.
func (q *Queue) Items() iter.Seq[relay.Item] { return func(func(relay.Item) bool) {} }

// Body implements relay.Queue.
func (q *Queue) Body(relay.ID) (io.ReadCloser, error) { return nil, unfinished() }

// Update implements relay.Queue.
func (q *Queue) Update(context.Context, relay.ID, bool, func(*relay.Item) ([]relay.Event, error)) (relay.Item, error) {
	return relay.Item{}, unfinished()
}

// File implements relay.Queue.
func (q *Queue) File(context.Context, ...relay.Event) error { return unfinished() }

// Changed implements relay.Queue.
func (q *Queue) Changed() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.changed
}

// Events implements relay.Log.
func (q *Queue) Events(context.Context, relay.LogQuery) ([]relay.Event, error) {
	return nil, unfinished()
}

// Samples implements relay.Log.
func (q *Queue) Samples(context.Context, time.Time, time.Time, int) ([]relay.Sample, error) {
	return nil, unfinished()
}

// Sample files how many messages of each domain stand how before each provider, now.
func (q *Queue) Sample(context.Context, func(relay.Item) failover.Role) error { return unfinished() }

// Tidy gives back the space of what has ended, and of a log that is older than it is kept.
func (q *Queue) Tidy(context.Context) error { return nil }
