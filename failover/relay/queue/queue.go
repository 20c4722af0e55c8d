package queue

import (
	"context"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

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
	// Keep is how long the log is kept; 0 is 400 days. What a message in the queue needs
	// stays in any case.
	Keep time.Duration
	// Most is how many bytes the folder may take before no more mail is accepted; 0 is no
	// bound but the disk's.
	Most int64
	// Now is the clock; nil is the machine's.
	Now func() time.Time
	// Log is told what an administrator may want to know; nil: nobody is.
	Log *slog.Logger
}

// tuning is what tests set otherwise.
type tuning struct {
	segment int64 // a segment is closed when it is this long
	reserve int64 // bytes kept free for what must still be written on a full disk
	spill   int   // a message is kept in memory up to this length before its first frame
	past    int64 // a file of the past is closed when it is this long
	wrap    func(*os.File) file
}

func defaults() tuning {
	return tuning{
		segment: 16 << 20, reserve: 8 << 20, spill: 64 << 10, past: 8 << 20,
		wrap: func(f *os.File) file { return f },
	}
}

// Queue is an open queue. It implements [relay.Queue], [relay.Feed] and [relay.Log], and is
// safe for use by several goroutines.
//
// Locks are taken in the order of the fields: tidying, files, w, mu.
type Queue struct {
	dir  string
	opts Options
	tune tuning
	now  func() time.Time
	log  *slog.Logger
	lock *flock.Flock // of the owner

	tidying sync.Mutex // held by whoever gives space back

	files sync.RWMutex // held for writing while a file goes, and while its events move to the past
	past  past

	w      sync.Mutex // held by whoever appends
	writer writer

	mu      sync.RWMutex // the index, and what tells of its changes
	index   index
	tallies map[at]tally
	filed   map[at]relay.Sample
	live    map[uint32]int64 // how many bytes of a segment are still wanted, by its number
	busy    map[key]chan struct{}
	feed    feed

	buffers sync.Pool // of what messages wait in while they are handed in
	packing zip

	seen string // ReadOnly: what the folder looked like
}

var (
	_ relay.Queue = (*Queue)(nil)
	_ relay.Feed  = (*Queue)(nil)
	_ relay.Log   = (*Queue)(nil)
)

const defaultKeep = 400 * 24 * time.Hour

// Open opens the queue in a folder. The error is failover.ErrLocked where another
// process owns it, ErrDamaged where nothing in it can be read with the key, else ErrDisk.
// What is damaged but leaves the rest readable is told to the log, and filed as a
// relay.Found event; so is how many messages there are.
func Open(ctx context.Context, o Options) (*Queue, error) { return open(ctx, o, defaults()) }

func open(ctx context.Context, o Options, t tuning) (*Queue, error) {
	q := &Queue{dir: o.Dir, opts: o, tune: t, now: o.Now, log: o.Log}
	if abs, err := filepath.Abs(o.Dir); err == nil {
		q.dir = abs
	}
	if q.now == nil {
		q.now = time.Now
	}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	if q.opts.Keep <= 0 {
		q.opts.Keep = defaultKeep
	}
	q.writer.incoming, q.writer.failed = map[*incoming]struct{}{}, make(chan struct{})
	q.busy = map[key]chan struct{}{}
	q.filed = map[at]relay.Sample{}
	q.feed.reset()
	if o.ReadOnly {
		q.writer.broken = readOnly(q.dir)
		return q, q.refresh()
	}
	err := q.own()
	if err == nil {
		err = q.begin(ctx)
	}
	if err != nil {
		q.giveUp()
		return nil, err
	}
	return q, nil
}

// own makes the folder and this process its owner.
func (q *Queue) own() error {
	if err := os.MkdirAll(q.dir, 0o700); err != nil {
		return notWritten(q.dir, err)
	}
	q.lock = flock.New(filepath.Join(q.dir, "lock"), flock.SetPermissions(0o600))
	mine, err := q.lock.TryLock()
	if err != nil {
		return notWritten(q.lock.Path(), err)
	}
	if !mine {
		return failover.Fail(failover.ErrLocked,
			"The mail queue in {folder} is in use by another Lifeboat. Let that one do it, or stop it first.", "folder", q.dir)
	}
	return nil
}

// begin reads what there is and opens it for writing.
func (q *Queue) begin(ctx context.Context) error {
	if err := q.past.load(q, true); err != nil {
		return err
	}
	l, err := q.load()
	if err != nil {
		return err
	}
	q.take(l)
	if err := q.resume(l); err != nil {
		return err
	}
	if err := q.restore(); err != nil {
		q.log.Warn("The mail queue accepts nothing before there is room", "error", err)
	}
	return q.tellFound(ctx, l)
}

// Close makes durable what is not yet, and gives the folder up. Messages that are being
// handed in are not accepted any more.
func (q *Queue) Close() error {
	closed := failover.Fail(failover.ErrInvalid, "The mail queue in {folder} is closed.", "folder", q.dir)
	q.w.Lock()
	q.writer.closed = closed
	count := q.writer.count
	q.w.Unlock()
	var err error
	if !q.opts.ReadOnly {
		err = q.sync(count)
	}
	q.tidying.Lock()
	defer q.tidying.Unlock()
	q.w.Lock()
	defer q.w.Unlock()
	for q.writer.running != nil {
		running := q.writer.running
		q.w.Unlock()
		<-running
		q.w.Lock()
	}
	q.writer.broken = closed
	q.giveUp()
	return err
}

// giveUp closes what is open.
func (q *Queue) giveUp() {
	if t := q.writer.tail; t != nil {
		_ = t.file.Close() // synced, or of no use
		q.writer.tail = nil
	}
	if q.lock != nil {
		if err := q.lock.Unlock(); err != nil {
			q.log.Warn("The mail queue could not be given up properly", "folder", q.dir, "error", err)
		}
	}
}

// Get implements relay.Queue.
func (q *Queue) Get(id relay.ID) (relay.Item, bool) {
	q.look()
	if e := q.entry(id); e != nil {
		return e.item(), true
	}
	return relay.Item{}, false
}

func (q *Queue) entry(id relay.ID) *entry {
	k, ok := keyOf(id)
	if !ok {
		return nil
	}
	q.mu.RLock()
	defer q.mu.RUnlock()
	return q.index.get(k)
}

// Items implements relay.Queue. What comes or leaves meanwhile may be seen or not.
func (q *Queue) Items() iter.Seq[relay.Item] {
	return func(yield func(relay.Item) bool) {
		q.look()
		for e := range q.entries() {
			if !yield(e.item()) {
				return
			}
		}
	}
}

func (q *Queue) entries() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		var last key
		buf := make([]*entry, 0, 256)
		for {
			q.mu.RLock()
			some := q.index.after(last, buf[:0])
			q.mu.RUnlock()
			if len(some) == 0 {
				return
			}
			for _, e := range some {
				if !yield(e) {
					return
				}
			}
			last = some[len(some)-1].key
		}
	}
}

// account adds an entry's bytes to those that are wanted of its segments, or takes them
// away.
func (q *Queue) account(e *entry, sign int64) {
	q.live[e.home] += sign * int64(e.written)
	for _, p := range e.places() {
		q.live[p.segment] += sign * int64(p.length)
	}
}
