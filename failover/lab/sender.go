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

// sender is a mail server somewhere outside that people write to the domain
// with. It does what such servers do: it keeps each message until a host of the
// domain's MX set takes it, looks that set up anew at each try, waits longer after
// each failure, and gives a message back when it is refused for good or too old.
//
// It insists on TLS with the host's own certificate, as a sender does that has
// read an MTA-STS policy (RFC 8461) or DANE records (RFC 7672). When a host puts a
// message off after the greeting it does not try the next one; many do not, which
// is why a switch replaces the primary's hosts and does not only add others.
type sender struct {
	line   *line
	domain string
	to     []string // whom the stream writes to, one after the other
	marker marker
	ledger *ledger
	events *events
	clock  *clock
	retry  Retry
	tls    *tls.Config
	owner  func(host string) *provider // whose host it is, or nil

	wake chan struct{} // the queue has changed
	turn chan struct{} // the interval has changed

	mu       sync.Mutex
	queue    letters
	hosts    map[netip.Addr]*absence
	interval time.Duration
	written  int
}

// letter is a message on its way. Only the try under way touches it while it is
// out of the queue.
type letter struct {
	number  int
	to      string
	data    []byte
	written time.Time
	tries   int
	next    time.Time
}

// absence is a host that was of no use, and for how long it is left alone, so
// that thousands of waiting messages do not each find out for themselves.
type absence struct {
	failures int
	until    time.Time
}

const (
	// sideBySide is how many messages are under way at once.
	sideBySide = 8
	// maxWaiting is when the stream pauses until something has left the queue.
	maxWaiting = 20000
)

// SetInterval changes how often the outside sender writes; 0 or less stops the
// stream. What waits goes on being tried.
func (w *World) SetInterval(d time.Duration) {
	w.sender.mu.Lock()
	w.sender.interval = d
	w.sender.mu.Unlock()
	poke(w.sender.turn)
}

// Send has the outside sender write one message to an address of the domain, and
// returns its number in the Ledger. Other addresses are failover.ErrInvalid.
func (w *World) Send(address string) (int, error) {
	if local, domain := splitAddress(address); local == "" || domain != w.opt.Domain {
		return 0, failover.Fail(failover.ErrInvalid, "{address} is no address of {domain}; give recipients of the practice domain only",
			"address", address, "domain", failover.Display(w.opt.Domain))
	}
	return w.sender.write(address), nil
}

// Flush has the outside sender try all that waits now, as an admin there could
// (postqueue -f).
func (w *World) Flush() {
	s := w.sender
	s.mu.Lock()
	clear(s.hosts)
	for _, l := range s.queue {
		l.next = s.clock.flow()
	}
	heap.Init(&s.queue)
	s.mu.Unlock()
	poke(s.wake)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run writes and delivers until ctx ends.
func (s *sender) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { s.stream(ctx) })
	slots := make(chan struct{}, sideBySide)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		l, wait := s.due(s.clock.flow())
		if l != nil {
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
		}
	}
}

// due takes the letter out of the queue whose turn has come, or says how long it
// is until then.
func (s *sender) due(now time.Time) (*letter, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil, time.Hour
	}
	if wait := s.queue[0].next.Sub(now); wait > 0 {
		return nil, wait
	}
	l, _ := heap.Pop(&s.queue).(*letter)
	return l, 0
}

// stream writes a message each interval.
func (s *sender) stream(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.mu.Lock()
		interval := s.interval
		s.mu.Unlock()
		if interval <= 0 {
			interval = time.Hour
		}
		timer.Reset(s.clock.real(interval))
		select {
		case <-ctx.Done():
			return
		case <-s.turn:
			continue
		case <-timer.C:
		}
		s.mu.Lock()
		ready, to := s.interval > 0 && len(s.queue) < maxWaiting, s.to[s.written%len(s.to)]
		s.mu.Unlock()
		if ready {
			s.write(to)
		}
	}
}

// write puts a new message into the queue.
func (s *sender) write(to string) int {
	at, now := s.clock.now(), s.clock.flow()
	n := s.ledger.sent(Customers, Inbound, "someone@"+hostOf(senderZone), to, at)
	l := &letter{number: n, to: to, data: s.marker.compose(n, to, at), written: now, next: now}
	s.mu.Lock()
	s.written++
	s.mu.Unlock()
	s.events.tell(Event{Kind: EventSent, Message: n, Say: failover.Say("Message {number} is on its way to {address}.", "number", n, "address", to)})
	s.put(l)
	return n
}

func (s *sender) put(l *letter) {
	s.mu.Lock()
	heap.Push(&s.queue, l)
	s.mu.Unlock()
	poke(s.wake)
}

// try makes one attempt and draws the consequence.
func (s *sender) try(ctx context.Context, l *letter) {
	at, fail := s.attempt(ctx, l)
	if ctx.Err() != nil {
		return // the world ends; whatever failed, failed for that
	}
	if fail == nil {
		s.ledger.tried(l.number, failover.Sentence{})
		s.settle(l, at)
		return
	}
	if fail.away.IsZero() {
		l.tries++
		s.ledger.tried(l.number, fail.say)
	}
	role := s.roleOf(at)
	switch {
	case fail.forGood:
		s.bounce(l, role, fail.say)
	case s.clock.flow().Sub(l.written) >= s.retry.Expire:
		s.bounce(l, role, failover.Say("Message {number} went back to its sender: nobody took it within {time}.",
			"number", l.number, "time", s.retry.Expire))
	case fail.away.IsZero():
		l.next = s.clock.flow().Add(s.backoff(l.tries, l.number))
		s.events.tell(Event{Kind: EventDeferred, Message: l.number, Role: role, Say: fail.say})
		s.put(l)
	default:
		// All hosts were left alone: nothing was tried, and nothing is new.
		l.next = fail.away
		s.put(l)
	}
}

func (s *sender) bounce(l *letter, role failover.Role, why failover.Sentence) {
	s.ledger.bounced(l.number, s.clock.now())
	s.events.tell(Event{Kind: EventBounced, Message: l.number, Role: role, Say: why})
}

// settle closes the account of a letter that a host has said to have stored.
func (s *sender) settle(l *letter, host string) {
	ev := Event{Kind: EventDelivered, Message: l.number, Role: s.roleOf(host)}
	title := failover.Display(host)
	if p := s.owner(host); p != nil {
		title = p.title
	}
	if e, _ := s.ledger.handed(l.number, s.clock.now()); e.Fate == Lost {
		ev.Kind = EventLost
		ev.Say = failover.Say("Message {number} is lost: {provider} said that it had stored it, and has not.", "number", l.number, "provider", title)
	} else {
		ev.Say = failover.Say("Message {number} for {address} arrived at {provider}.", "number", l.number, "address", l.to, "provider", title)
	}
	s.events.tell(ev)
}

func (s *sender) roleOf(host string) failover.Role {
	if p := s.owner(host); p != nil {
		return p.role
	}
	return ""
}

// backoff is the wait after so many failures, a little different for each message
// so that they don't all come at once.
func (s *sender) backoff(failures, number int) time.Duration {
	d := s.retry.First
	for i := 1; i < failures && d < s.retry.Most; i++ {
		d *= 2
	}
	d = min(d, s.retry.Most)
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
