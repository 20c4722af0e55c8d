package imaplink

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"sync"
	"time"

	"lifeboat/mailstore"
)

// How messages are asked for. A batch is small enough to be repeated and large enough
// that a server is never without work over a round trip.
const (
	batchCount  = 64
	batchBytes  = 2 << 20
	inFlight    = 4
	farInFlight = 8 // over a line on which a round trip takes longer than farAway
	farAway     = 10 * time.Millisecond
	maxWhole    = 8 << 20  // larger messages come in parts
	slack       = 8 << 20  // by how much a server may have guessed too little
	maxQueued   = 4 << 20  // octets that wait to be taken
	maxDoubted  = 16 << 20 // octets that are kept until they are known to be whole
)

// Bodies brings the messages wanted from the selected folder to take, in any order,
// several at a time from goroutines of its own; take reads r to its end, and must not
// call the connection. A message of which r ends with an error is not whole. What r
// gives is never a stub that a server puts in a message's place.
//
// A message that is gone from the folder meanwhile is passed over: take is not called
// for it. If the server has a message and does not give it, the error is of kind
// ErrServer, names it, and holds a *[Withheld]; everything else was brought by then.
// The first error of take ends it, and is returned; the connection is of use then.
func (c *Conn) Bodies(ctx context.Context, wants []Want, take func(o Overview, r io.Reader) error) error {
	if len(wants) == 0 {
		return nil
	}
	b := newBodies(c, take)
	err := c.do(ctx, b.arrived, func() error {
		defer b.finish()
		var large []Want
		var small []Want
		for _, w := range wants {
			if w.Size > maxWhole {
				large = append(large, w)
			} else {
				small = append(small, w)
			}
		}
		missing, err := b.whole(ctx, small, batchCount)
		if err != nil {
			return err
		}
		// What did not come with others is asked for by itself: a server that fails
		// over one message may fail a whole batch.
		if missing, err = b.present(missing); err != nil {
			return err
		}
		if missing, err = b.whole(ctx, missing, 1); err != nil {
			return err
		}
		large = append(large, b.tooLarge...)
		for _, w := range large {
			came, err := b.inParts(ctx, w)
			if err != nil {
				return err
			}
			if !came {
				missing = append(missing, w)
			}
		}
		if missing, err = b.present(missing); err != nil {
			return err
		}
		return b.withheld(missing)
	})
	if failed := b.failure(); failed != nil {
		return failed
	}
	return err
}

// bodies is one call of Conn.Bodies.
type bodies struct {
	conn *Conn
	take func(Overview, io.Reader) error

	queue   chan *fetched
	workers sync.WaitGroup
	freed   chan struct{} // room in the queue
	wake    chan struct{} // there is something to probe

	mu       sync.Mutex
	wants    map[mailstore.UID]Want // asked for and not here
	queued   int64
	failed   error // of take
	doubtful []*fetched
	doubted  int64
	tooLarge []Want
	part     *part
	probing  map[mailstore.UID]*fetched
	rejected string // the server's last refusal of a single message
}

func newBodies(c *Conn, take func(Overview, io.Reader) error) *bodies {
	b := &bodies{
		conn: c, take: take, queue: make(chan *fetched, 256), freed: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		wants: map[mailstore.UID]Want{}, probing: map[mailstore.UID]*fetched{},
	}
	for range min(max(runtime.GOMAXPROCS(0), 2), 4) {
		b.workers.Go(b.work)
	}
	return b
}

// work gives messages to take.
func (b *bodies) work() {
	for f := range b.queue {
		if !b.stopped() {
			if err := b.take(f.Overview, bytes.NewReader(f.body)); err != nil {
				b.fail(err)
			}
		}
		b.mu.Lock()
		b.queued -= int64(cap(f.body))
		b.mu.Unlock()
		free(f.body)
		select {
		case b.freed <- struct{}{}:
		default:
		}
	}
}

func (b *bodies) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed == nil {
		b.failed = err
	}
}

func (b *bodies) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// stopped reports whether nothing more is wanted.
func (b *bodies) stopped() bool { return b.failure() != nil }

// finish waits until everything that came was taken.
func (b *bodies) finish() {
	b.conn.link.expect(nil)
	close(b.queue)
	b.workers.Wait()
}

// push queues a message for take, and waits for room: then the server waits, too.
func (b *bodies) push(f *fetched) {
	for {
		b.mu.Lock()
		room := b.queued == 0 || b.queued+int64(cap(f.body)) <= maxQueued
		if room {
			b.queued += int64(cap(f.body))
		}
		b.mu.Unlock()
		if room {
			break
		}
		select {
		case <-b.freed:
		case <-b.conn.link.ended:
			return
		}
	}
	select {
	case b.queue <- f:
	case <-b.conn.link.ended:
	}
}

// arrived takes FETCH responses, in the goroutine that reads.
func (b *bodies) arrived(r *response) (bool, error) {
	if r.kind != "FETCH" {
		return false, nil
	}
	f, err := b.conn.fetch(r, maxWhole+slack)
	if err != nil {
		return false, err
	}
	if f.has&(hasUID|hasBody) != hasUID|hasBody {
		free(f.body)
		return false, nil
	}
	if b.partArrived(f) || b.probeArrived(f) {
		return true, nil
	}
	b.mu.Lock()
	want, wanted := b.wants[f.UID]
	b.mu.Unlock()
	stop := b.stopped()
	if !wanted || stop || f.origin >= 0 {
		// Asked for or not, it is not wanted now: too much of it ends the connection.
		r.w.size += len(f.body)
		free(f.body)
		return stop, nil
	}
	b.judge(f, want)
	return true, nil
}

// judge decides whether what came is the message.
func (b *bodies) judge(f *fetched, want Want) {
	size := f.Size
	if f.has&hasSize == 0 {
		size = want.Size
	}
	b.mu.Lock()
	got := int64(len(f.body))
	switch {
	case f.over > 0:
		delete(b.wants, f.UID)
		b.tooLarge = append(b.tooLarge, Want{f.UID, f.over})
	case f.has&whole != whole, got == 0 && size > 0, f.body == nil && f.has&hasSize == 0, isStub(f.body, size):
		// It is as good as nothing; whoever looks what is missing finds it.
	case got < size && b.doubted+got > maxDoubted:
		// Too many at once to be kept until they are known to be whole.
		delete(b.wants, f.UID)
		b.tooLarge = append(b.tooLarge, Want{f.UID, size})
	case got < size:
		delete(b.wants, f.UID)
		b.doubted += got
		b.doubtful = append(b.doubtful, f)
		b.mu.Unlock()
		select {
		case b.wake <- struct{}{}:
		default:
		}
		return
	default:
		delete(b.wants, f.UID)
		b.mu.Unlock()
		b.push(f)
		return
	}
	b.mu.Unlock()
	free(f.body)
}

// Withheld are messages that a server lists and does not give.
type Withheld struct{ UIDs []mailstore.UID }

// Error names them.
func (w *Withheld) Error() string { return "withheld: " + SetOf(w.UIDs...).String() }

// parallel is how many batches are on their way at once.
func (c *Conn) parallel() int {
	if c.trip > farAway {
		return farInFlight
	}
	return inFlight
}

// slow reports whether the line is worth compressing: what it brought until now, by
// the time that we waited for it.
func (c *Conn) slow() bool {
	if !c.caps.Compress || c.info.Compressed {
		return false
	}
	octets, waited := c.link.pace.speed()
	return octets >= 2<<20 && float64(octets) < waited.Seconds()*float64(c.options.CompressBelow)
}
