package lab

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"lifeboat/failover"
)

// staff are the domain's people at work: each has an account at both providers and
// a mail program that reads new mail where there may be some, and hands in what its
// owner writes at the provider that is set. What it cannot hand in waits in the
// outbox, as it would anywhere, and is handed in later.
type staff struct {
	world  *World
	people []*person

	mu     sync.Mutex
	route  failover.Role
	office *Office // nil: mail is handed to the provider of the route
}

// maxPeople bounds how many of the accounts have somebody sitting before them; the
// others' mail lies unread.
const maxPeople = 8

// person is one of the staff.
type person struct {
	staff   *staff
	address string
	name    string
	wake    chan struct{} // there is something to send

	mu       sync.Mutex
	outbox   []*letter // the first is the next to be handed in
	failures int       // in a row
	next     time.Time // when to try again, by the clock's flow
	trouble  map[trouble]bool
}

// trouble is what a person suffers from: that they cannot read at a provider, or,
// without one, that they cannot send.
type trouble struct{ reading failover.Role }

func (w *World) newStaff() *staff {
	s := &staff{world: w, route: failover.Primary}
	for _, r := range w.opt.Recipients {
		if r.Kind == failover.Account && len(s.people) < maxPeople {
			s.people = append(s.people, &person{
				staff: s, address: r.Address, name: nameOf(r.Address), wake: make(chan struct{}, 1), trouble: map[trouble]bool{},
			})
		}
	}
	return s
}

// SetSendRoute has the staff hand their mail to a provider from now on, also what
// waits in their outboxes. What the other has taken stays there until it is handed
// on.
func (w *World) SetSendRoute(role failover.Role) {
	if _, ok := w.provider[role]; !ok {
		return
	}
	w.staff.mu.Lock()
	w.staff.route = role
	w.staff.mu.Unlock()
	w.staff.flush()
}

// SendRoute is the provider that the staff hand their mail to.
func (w *World) SendRoute() failover.Role {
	w.staff.mu.Lock()
	defer w.staff.mu.Unlock()
	return w.staff.route
}

// WriteAs has one of the staff write one message to somebody outside or to a
// colleague, and returns its number in the Ledger. Who has no account, and who sits
// before none of the first eight, cannot write: failover.ErrInvalid, as it is where
// Options.Staff is not set.
func (w *World) WriteAs(from, to string) (int, error) {
	for _, p := range w.staff.people {
		if local, _ := splitAddress(to); w.opt.Staff && local != "" && p.address == from {
			return p.write(to), nil
		}
	}
	return 0, failover.Fail(failover.ErrInvalid, "{address} is none of the staff of the practice world, or {to} is no address", "address", from, "to", to)
}

// run lets everybody work until ctx ends.
func (s *staff) run(ctx context.Context) {
	if !s.world.opt.Staff {
		return
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, p := range s.people {
		wg.Go(func() { p.send(ctx) })
		for _, at := range s.world.provider {
			wg.Go(func() { p.read(ctx, at) })
		}
	}
}

// flush makes it the turn of all that waits.
func (s *staff) flush() {
	for _, p := range s.people {
		p.mu.Lock()
		p.failures, p.next = 0, time.Time{}
		p.mu.Unlock()
		poke(p.wake)
	}
}

// write has somebody write to somebody: each to each in turn.
func (s *staff) write(turn int) {
	n := len(s.people)
	if n == 0 || !s.world.opt.Staff {
		return
	}
	who, round := turn%n, turn/n
	to := s.people[(who+1+round/5%max(n-1, 1))%n].address
	if busy := s.world.opt.Busy; len(busy) > 0 {
		to = busy[round%len(busy)]
	}
	if others := s.world.outside; round%5 != 4 || n == 1 {
		to = others[round%len(others)].person
	}
	s.people[who].write(to)
}

// write puts a new message into the outbox.
func (p *person) write(to string) int {
	w := p.staff.world
	way := Outbound
	if _, domain := splitAddress(to); domain == w.opt.Domain || domain == w.emergency() {
		way = Internal
	}
	page := w.books.written(paper{by: Staff, way: way, from: p.address, to: to})
	p.mu.Lock()
	p.outbox = append(p.outbox, &letter{paper: page})
	p.mu.Unlock()
	poke(p.wake)
	return page.number
}

// send hands in what is in the outbox, one after the other, until ctx ends.
func (p *person) send(ctx context.Context) {
	clock := p.staff.world.clock
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		l, wait := p.due(clock.flow())
		if l != nil {
			p.handIn(ctx, l)
			if ctx.Err() != nil {
				return
			}
			continue
		}
		timer.Reset(clock.real(wait))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-p.wake:
		}
	}
}

// due is the letter to be handed in now, or how long it is until then. It stays in
// the outbox.
func (p *person) due(now time.Time) (*letter, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.outbox) == 0 {
		return nil, time.Hour
	}
	if wait := p.next.Sub(now); wait > 0 {
		return nil, wait
	}
	return p.outbox[0], 0
}

// handIn offers a letter to the office's own server, or to the provider of the send
// route where there is none.
func (p *person) handIn(ctx context.Context, l *letter) {
	w := p.staff.world
	at := w.provider[w.SendRoute()]
	host := at.hosts[2].name
	office := p.staff.ownServer()
	var err error
	if office != nil {
		host = office.Host
		err = office.take(ctx, p, l)
	} else {
		err = p.submit(ctx, at, l)
	}
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		p.handedIn(l)
		w.books.tried(l, failover.Sentence{})
		if office == nil {
			w.books.handed(l, host)
		}
		p.relieved(trouble{}, at)
		return
	}
	why := explain(host, l.number, err).say
	var answer *smtp.SMTPError
	if errors.As(err, &answer) {
		if answer.EnhancedCode == noSuchUser.EnhancedCode {
			p.handedIn(l) // an address that there is not: only its writer can help
			w.books.tried(l, why)
			w.books.bounced(l, at.role, why)
			return
		}
		why = putOffBy(host, l.number, answer) // whatever it says, the message stays in the outbox
	}
	p.putOff(l, answer != nil)
	w.books.tried(l, why)
	w.books.deferred(l, at.role, why)
	p.troubled(trouble{}, at, failover.Say("{person} cannot send mail through {provider}; it waits in the outbox.", "person", p.name, "provider", at.title))
}

// submit hands a letter to a provider's submission host.
func (p *person) submit(ctx context.Context, at *provider, l *letter) error {
	w, host := p.staff.world, at.hosts[2].name
	user, password := w.StaffLogin(at.role, p.address)
	_, err := handover{
		dialer: w.office, address: hostOf(host) + ":587", host: hostOf(host), tls: w.TLSConfig(),
		patience: w.opt.Retry.Patience, name: "[" + officeAddr + "]", auth: sasl.NewPlainClient("", user, password),
		from: l.from, to: l.to, data: w.marker.compose(l.paper),
	}.run(ctx)
	return err
}

// handedIn takes a letter out of the outbox.
func (p *person) handedIn(l *letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = 0
	p.outbox = slices.DeleteFunc(p.outbox, func(x *letter) bool { return x == l })
}

// putOff lets the outbox rest. last: it may be the letter's fault, so the others go
// first.
func (p *person) putOff(l *letter, last bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	clock := p.staff.world.clock
	p.failures++
	p.next = clock.flow().Add(p.staff.world.opt.Retry.backoff(p.failures, l.number))
	if last && len(p.outbox) > 1 {
		p.outbox = append(slices.DeleteFunc(p.outbox, func(x *letter) bool { return x == l }), l)
	}
}

// troubled and relieved tell once that something does not work any more, or again.
func (p *person) troubled(t trouble, at *provider, say failover.Sentence) {
	p.mu.Lock()
	known := p.trouble[t]
	p.trouble[t] = true
	p.mu.Unlock()
	if !known {
		p.staff.world.events.tell(Event{Kind: EventTrouble, Sender: Staff, Role: at.role, Say: say})
	}
}

func (p *person) relieved(t trouble, at *provider) {
	p.mu.Lock()
	known := p.trouble[t]
	delete(p.trouble, t)
	p.mu.Unlock()
	if !known {
		return
	}
	say := failover.Say("{person} can read mail at {provider} again.", "person", p.name, "provider", at.title)
	if t == (trouble{}) {
		say = failover.Say("{person} can send mail again.", "person", p.name)
	}
	p.staff.world.events.tell(Event{Kind: EventRelief, Sender: Staff, Role: at.role, Say: say})
}

// stand is how many letters are in outboxes, and how many people cannot send, or
// read at any provider that has mail for them.
func (s *staff) stand() (outbox, cannotRead, cannotSend int) {
	second := s.world.provider[failover.Secondary].used()
	for _, p := range s.people {
		p.mu.Lock()
		outbox += len(p.outbox)
		if p.trouble[trouble{}] {
			cannotSend++
		}
		if p.trouble[trouble{failover.Primary}] && (!second || p.trouble[trouble{failover.Secondary}]) {
			cannotRead++
		}
		p.mu.Unlock()
	}
	return outbox, cannotRead, cannotSend
}
