package mirror

import (
	"context"
	"sync"
	"time"

	"lifeboat/mailstore"
)

// When arrivals are stored: so many, so many octets, or so long after the first. A
// batch costs two or three syncs, and a kill loses no more than one.
const (
	keepMessages = 500
	keepBytes    = 32 << 20
	keepFor      = 2 * time.Second
)

// keeper stores a folder's arrivals in batches while more of them come.
type keeper struct {
	c   *check
	j   *job
	uid uint32 // the UIDVALIDITY that they come under
	ctx context.Context
	// fail ends ctx: nothing more can be kept.
	fail context.CancelCauseFunc
	in   chan mailstore.Arrival
	// flushes asks for everything to be stored, and is answered when it is.
	flushes chan chan struct{}
	closing sync.Once
	ended   sync.WaitGroup

	batch []mailstore.Arrival // what is not stored yet; run's alone until it has ended
	bytes int64
}

// keep starts a keeper. The context ends when nothing more can be kept.
func (c *check) keep(ctx context.Context, j *job, uidValidity uint32) (context.Context, *keeper) {
	k := &keeper{c: c, j: j, uid: uidValidity, in: make(chan mailstore.Arrival, keepMessages), flushes: make(chan chan struct{})}
	k.ctx, k.fail = context.WithCancelCause(ctx)
	k.ended.Go(k.run)
	return k.ctx, k
}

// arrive takes an arrival in. It is durable when a later flush or end has returned,
// or its batch was full.
func (k *keeper) arrive(a mailstore.Arrival) error {
	select {
	case k.in <- a:
		return nil
	case <-k.ctx.Done():
		return context.Cause(k.ctx)
	}
}

// flush returns when everything that arrived before is durable.
func (k *keeper) flush() error {
	answer := make(chan struct{})
	select {
	case k.flushes <- answer:
		<-answer
	case <-k.ctx.Done():
	}
	return context.Cause(k.ctx)
}

func (k *keeper) run() {
	var timer *time.Timer
	var late <-chan time.Time
	for {
		select {
		case a, more := <-k.in:
			if !more {
				return
			}
			k.batch = append(k.batch, a)
			k.bytes += a.Body.Size
			if len(k.batch) == 1 {
				timer = time.NewTimer(keepFor)
				late = timer.C
			}
			if len(k.batch) < keepMessages && k.bytes < keepBytes {
				continue
			}
		case <-late:
		case answer := <-k.flushes:
			k.drain()
			k.store()
			close(answer)
			continue
		}
		timer.Stop()
		k.store()
	}
}

// drain takes what arrived before a flush.
func (k *keeper) drain() {
	for {
		select {
		case a, more := <-k.in:
			if !more {
				return
			}
			k.batch = append(k.batch, a)
		default:
			return
		}
	}
}

// store stores the batch; after a failure, nothing any more.
func (k *keeper) store() {
	if len(k.batch) == 0 || context.Cause(k.ctx) != nil {
		return
	}
	err := k.c.apply(k.ctx, k.j, mailstore.Batch{Folder: k.j.folder.ID, UIDValidity: k.uid, Arrived: k.batch, At: k.c.began})
	if err != nil {
		k.fail(err)
		return
	}
	k.batch, k.bytes = nil, 0
}

// end returns what is not stored yet, or stores it, and why not everything could be
// kept.
func (k *keeper) end(store bool) ([]mailstore.Arrival, error) {
	k.stop()
	if store {
		k.store()
	}
	return k.batch, context.Cause(k.ctx)
}

// stop ends the work; nothing arrives any more.
func (k *keeper) stop() {
	k.closing.Do(func() { close(k.in) })
	k.ended.Wait()
}

// apply gives a batch to the store and counts what it changed.
func (c *check) apply(ctx context.Context, j *job, b mailstore.Batch) error {
	done, err := c.m.o.Store.Apply(ctx, b)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.out.Check.Changes = c.out.Check.Changes.Plus(done)
	c.mu.Unlock()
	j.stored += done.Arrived + done.Moved
	if done.Arrived > 0 && c.came != nil {
		select {
		case c.came <- struct{}{}:
		default: // it is awake
		}
	}
	return nil
}
