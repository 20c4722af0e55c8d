package lab

import (
	"container/heap"
	"context"
	"crypto/tls"
	"net/netip"
	"sync"
	"time"

	"lifeboat/failover"
)

// mta is the queue of a mail server: of one outside that people write to the
// domain with, or of a provider that carries its customers' mail to others. It does
// what such servers do: it keeps each message until a host of the recipient
// domain's MX set takes it, looks that set up anew at each try, waits longer after
// each failure, and gives a message back when it is refused for good or too old.
//
// It insists on TLS with the host's own certificate, as a sender does that has
// read an MTA-STS policy (RFC 8461) or DANE records (RFC 7672). When a host puts a
// message off after the greeting it does not try the next one; many do not, which
// is why a switch replaces the primary's hosts and does not only add others.
type mta struct {
	name     string // as it greets: "mail.customers.test"
	line     *line
	resolver string // "address:port" that it asks
	tls      *tls.Config
	retry    Retry
	clock    *clock
	books    *books
	keeper   keeper

	wake chan struct{} // the queue has changed

	mu     sync.Mutex
	queue  letters
	hosts  map[netip.Addr]*absence
	trying int
}

// keeper is whose queue it is.
type keeper interface {
	// halted is nil while the queue is worked at, else closed when to ask again.
	halted() <-chan struct{}
	// role is the provider whose queue it is; empty outside.
	role() failover.Role
	// deferred is told each time that a message stays in the queue, whether it was tried
	// in vain or not at all; gaveUp of each that goes back, passed of each that is gone.
	deferred(l *letter, why failover.Sentence)
	gaveUp(l *letter, why failover.Sentence)
	passed(l *letter)
}

// letter is a message on its way. Only the try under way touches it while it is
// out of the queue.
type letter struct {
	paper
	data    []byte    // nil where the paper is written out anew for each try
	arrived time.Time // in the queue; this and next by the clock's flow
	next    time.Time
	tries   int
	told    bool // its writer knows that it is delayed
}

// absence is a host that was of no use, and for how long it is left alone, so
// that thousands of waiting messages do not each find out for themselves.
type absence struct {
	failures int
	until    time.Time
}

// sideBySide is how many messages of one queue are under way at once.
const sideBySide = 8

func (w *World) newMTA(name, addr, resolver string) *mta {
	return &mta{
		name: name, line: w.newLine(addr), resolver: resolver,
		tls: w.TLSConfig(), retry: w.opt.Retry, clock: w.clock, books: w.books,
		wake: make(chan struct{}, 1), hosts: map[netip.Addr]*absence{},
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// flush makes it the turn of all that waits, as an admin there could (postqueue
// -f).
func (s *mta) flush() {
	s.mu.Lock()
	clear(s.hosts)
	for _, l := range s.queue {
		l.next = s.clock.flow()
	}
	heap.Init(&s.queue)
	s.mu.Unlock()
	poke(s.wake)
}

// run delivers until ctx ends.
func (s *mta) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, sideBySide)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		halted := s.keeper.halted()
		var l *letter
		wait := time.Hour
		if halted == nil {
			l, wait = s.due(s.clock.flow())
		}
		if l != nil {
			// Asked again now that all can see that it is being tried.
			if halted = s.keeper.halted(); halted != nil {
				s.back(l)
				<-slots
				continue
			}
			wg.Go(func() {
				defer func() { <-slots }()
				s.try(ctx, l)
			})
			continue
		}
		<-slots
		timer.Reset(s.clock.real(wait))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.wake:
		case <-halted:
		}
	}
}

// due takes the letter out of the queue whose turn has come, or says how long it
// is until then.
func (s *mta) due(now time.Time) (*letter, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil, time.Hour
	}
	if wait := s.queue[0].next.Sub(now); wait > 0 {
		return nil, wait
	}
	l, _ := heap.Pop(&s.queue).(*letter)
	s.trying++
	return l, 0
}

// add puts a new message into the queue.
func (s *mta) add(l *letter) {
	now := s.clock.flow()
	l.arrived, l.next = now, now
	s.mu.Lock()
	heap.Push(&s.queue, l)
	s.mu.Unlock()
	poke(s.wake)
}

// back puts a letter into the queue again that due took out of it.
func (s *mta) back(l *letter) {
	s.mu.Lock()
	s.trying--
	heap.Push(&s.queue, l)
	s.mu.Unlock()
	poke(s.wake)
}

// gone forgets a letter that due took out of the queue.
func (s *mta) gone() {
	s.mu.Lock()
	s.trying--
	s.mu.Unlock()
}

// waits is how many messages the queue holds, how many of them are being tried, and
// when the next of the others is, by the clock's flow; zero where there is none.
func (s *mta) waits() (all, trying int, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) > 0 {
		next = s.queue[0].next
	}
	return len(s.queue) + s.trying, s.trying, next
}

// try makes one attempt and draws the consequence.
func (s *mta) try(ctx context.Context, l *letter) {
	at, fail := s.attempt(ctx, l)
	if ctx.Err() != nil {
		return // the world ends; whatever failed, failed for that
	}
	if fail == nil {
		s.gone()
		s.books.tried(l, failover.Sentence{})
		s.books.handed(l, at)
		s.keeper.passed(l)
		return
	}
	if fail.away.IsZero() {
		l.tries++
		s.books.tried(l, fail.say)
	}
	role := s.keeper.role()
	if role == "" {
		role = s.books.roleOf(at)
	}
	old := s.clock.flow().Sub(l.arrived) >= s.retry.Expire
	if old && !fail.forGood {
		fail.say = failover.Say("Message {number} went back to its sender: nobody took it within {time}.", "number", l.number, "time", s.retry.Expire)
	}
	switch {
	case fail.forGood || old:
		s.gone()
		s.keeper.gaveUp(l, fail.say)
		s.books.bounced(l, role, fail.say)
	case fail.away.IsZero():
		l.next = s.clock.flow().Add(s.backoff(l.tries, l.number))
		s.books.deferred(l, role, fail.say)
		s.keeper.deferred(l, fail.say)
		s.back(l)
	default:
		// All hosts were left alone: nothing was tried, and nothing is new but its age.
		l.next = fail.away
		s.keeper.deferred(l, fail.say)
		s.back(l)
	}
}

// backoff is the wait after so many failures, a little different for each message
// so that they don't all come at once.
func (s *mta) backoff(failures, number int) time.Duration { return s.retry.backoff(failures, number) }

func (r Retry) backoff(failures, number int) time.Duration {
	d := r.First
	for i := 1; i < failures && d < r.Most; i++ {
		d *= 2
	}
	d = min(d, r.Most)
	return d + d*time.Duration(number%16)/128
}

// letters is a heap, the one to be tried first on top.
type letters []*letter

func (q letters) Len() int           { return len(q) }
func (q letters) Less(i, j int) bool { return q[i].next.Before(q[j].next) }
func (q letters) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is for container/heap.
func (q *letters) Push(x any) {
	if l, ok := x.(*letter); ok {
		*q = append(*q, l)
	}
}

// Pop is for container/heap.
func (q *letters) Pop() any {
	last := len(*q) - 1
	l := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return l
}
