package imaplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
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
	maxQueued   = 16 << 20 // octets that wait to be taken
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
		if b.failure() == nil {
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
	stop := b.failed != nil
	b.mu.Unlock()
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
	case got < size && b.doubted+got > maxQueued:
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

// batch is a FETCH that is on its way.
type batch struct {
	order *order
	wants []Want
	probe *fetched // not nil: it asks for what is behind this message's end
}

// whole fetches messages whole, in batches, several at once, and returns those that
// did not come.
func (b *bodies) whole(ctx context.Context, wants []Want, atMost int) (missing []Want, err error) {
	c := b.conn
	var flying []batch
	for rest := wants; ; {
		if b.failure() != nil {
			rest = nil
		}
		slow := c.slow()
		for len(rest) > 0 && len(flying) < c.parallel() && !slow {
			next := cut(rest, atMost)
			if err := b.allow(ctx, next); err != nil {
				return nil, errors.Join(b.drain(flying), err)
			}
			rest = rest[len(next):]
			flying = append(flying, batch{order: b.ask(next), wants: next})
		}
		flying = append(flying, b.probes()...)
		if len(flying) == 0 && slow {
			if err := c.compress(); err != nil {
				return nil, err
			}
			continue
		}
		if len(flying) == 0 {
			if err := c.settle(); err != nil {
				return nil, err
			}
			return missing, nil
		}
		select {
		case a := <-flying[0].order.done:
			absent, err := b.landed(flying[0], a)
			if err != nil {
				return nil, err
			}
			missing = append(missing, absent...)
			flying = flying[1:]
			c.charge(ctx)
		case <-b.wake:
		}
	}
}

// drain waits for what is on its way, when no more is asked for.
func (b *bodies) drain(flying []batch) error {
	for _, f := range flying {
		if a := <-f.order.done; a.err != nil {
			return b.conn.broken(a.err)
		}
	}
	return nil
}

func cut(wants []Want, atMost int) []Want {
	var bytes int64
	for i, w := range wants {
		if bytes += w.Size; i > 0 && (i == atMost || bytes > batchBytes) {
			return wants[:i]
		}
	}
	return wants
}

func (b *bodies) allow(ctx context.Context, wants []Want) error {
	var bytes int64
	for _, w := range wants {
		bytes += w.Size
	}
	return b.conn.options.Budget.allow(ctx, bytes)
}

func (b *bodies) ask(wants []Want) *order {
	uids := make([]mailstore.UID, len(wants))
	b.mu.Lock()
	for i, w := range wants {
		uids[i] = w.UID
		b.wants[w.UID] = w
	}
	b.mu.Unlock()
	var o *order
	b.conn.flight(func() {
		o = b.conn.link.send(fmt.Sprintf("UID FETCH %s (%s BODY.PEEK[])", SetOf(uids...), b.conn.items()), nil)
	})
	return o
}

// landed looks at the answer to a batch: what did not come by then does not come.
func (b *bodies) landed(f batch, a answer) (missing []Want, err error) {
	if a.err != nil {
		return nil, b.conn.broken(a.err)
	}
	if f.probe != nil {
		return b.probed(f.probe, a), nil
	}
	if _, busy := throttled(a); busy || a.status == "BAD" {
		return nil, b.conn.refusal(a)
	}
	if a.status == "NO" {
		b.rejected = a.line()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range f.wants {
		if _, waiting := b.wants[w.UID]; waiting {
			missing = append(missing, w)
			delete(b.wants, w.UID)
		}
	}
	return missing, nil
}

// present asks which of the messages are still in the folder.
func (b *bodies) present(wants []Want) (out []Want, err error) {
	if len(wants) == 0 || b.failure() != nil {
		return nil, nil
	}
	uids := make([]mailstore.UID, len(wants))
	for i, w := range wants {
		uids[i] = w.UID
	}
	c := b.conn
	there := map[mailstore.UID]bool{}
	c.link.expect(func(r *response) (bool, error) {
		if r.kind != "FETCH" {
			return false, nil
		}
		f, err := c.fetch(r, 0)
		if err == nil && slices.Contains(uids, f.UID) {
			there[f.UID] = true
		}
		return err == nil && there[f.UID], err
	})
	defer c.link.expect(b.arrived)
	for _, piece := range SetOf(uids...).pieces(setLine) {
		if err := c.finish(c.link.send(fmt.Sprintf("UID FETCH %s (UID FLAGS)", piece), nil)); err != nil {
			return nil, err
		}
	}
	for _, w := range wants {
		if there[w.UID] {
			out = append(out, w)
		}
	}
	return out, nil
}

func (b *bodies) withheld(wants []Want) error {
	if len(wants) == 0 {
		return nil
	}
	w := &Withheld{}
	for _, want := range wants {
		w.UIDs = append(w.UIDs, want.UID)
	}
	if b.rejected != "" {
		return mailstore.Fail(mailstore.ErrServer, "{server} has messages that it does not give, with UID {uids}: {answer}", "server", b.conn.host, "uids", SetOf(w.UIDs...), "answer", b.rejected).Because(w)
	}
	return mailstore.Fail(mailstore.ErrServer, "{server} has messages that it does not give, with UID {uids}.", "server", b.conn.host, "uids", SetOf(w.UIDs...)).Because(w)
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
