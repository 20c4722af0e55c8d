package lab

import (
	"slices"
	"sync"
	"time"

	"lifeboat/failover"
)

// Fate is what has become of a message.
type Fate string

// The fates. A message has exactly one at a time.
const (
	Waiting   Fate = "waiting"   // somebody has it and has yet to hand it on
	Delivered Fate = "delivered" // it is in the mailbox that it was for, and nobody holds it any more
	Bounced   Fate = "bounced"   // somebody who had it gave it up and has said so
	Lost      Fate = "lost"      // somebody said that they had it, and have not
)

// Group is who writes: one of the three kinds of people outside, or the domain's
// own staff.
type Group string

// The groups.
const (
	Customers Group = "customers"
	Suppliers Group = "suppliers"
	Partners  Group = "partners"
	Staff     Group = "staff"
)

// Direction is where a message goes, as the domain sees it.
type Direction string

// The directions.
const (
	Inbound  Direction = "in"
	Outbound Direction = "out"
	Internal Direction = "internal" // from one member of staff to another
)

const (
	// keepSettled is how many settled messages the ledger tells one by one.
	keepSettled = 2000
	// keepArrivals is how many arrivals of one message it tells; all are counted.
	keepArrivals = 8
)

// Subtotal counts the messages of one direction. Sent is the sum of Waiting,
// Delivered, Bounced and Lost.
type Subtotal struct {
	Sent      int `json:"sent"`
	Waiting   int `json:"waiting"`
	Delivered int `json:"delivered"`
	Bounced   int `json:"bounced"`
	Lost      int `json:"lost"`
}

// Totals count every message that anybody has written since the start, whatever
// its direction; what a mail server writes by itself (that a message is delayed, or
// came back) is none. Sent is the sum of Waiting, Delivered, Bounced and Lost.
type Totals struct {
	Sent      int `json:"sent"`
	Waiting   int `json:"waiting"`
	Delivered int `json:"delivered"`
	Bounced   int `json:"bounced"`
	Lost      int `json:"lost"`
	// Doubled are the messages that arrived more than once, whatever their fate.
	Doubled int `json:"doubled"`
	// Delayed are the delivered ones that arrived later than Options.LateAfter.
	Delayed int `json:"delayed"`
	// Tries are all attempts to hand a message on.
	Tries int `json:"tries"`
	// Primary and Secondary are the messages from outside that arrived there first.
	Primary   int `json:"primary"`
	Secondary int `json:"secondary"`
	// Inbound, Outbound and Internal are the parts, by direction.
	Inbound  Subtotal `json:"inbound"`
	Outbound Subtotal `json:"outbound"`
	Internal Subtotal `json:"internal"`
	// Read are the messages that a member of staff has read, Wrote those that one
	// has written.
	Read  int `json:"read"`
	Wrote int `json:"wrote"`
}

// part is the subtotal of a direction.
func (t *Totals) part(d Direction) *Subtotal {
	switch d {
	case Outbound:
		return &t.Outbound
	case Internal:
		return &t.Internal
	default:
		return &t.Inbound
	}
}

// Arrival is one copy of a message in a mailbox.
type Arrival struct {
	Where failover.Role // the provider; empty is outside
	Host  string        // the mail host that took it, without a trailing dot
	At    time.Time
}

// Entry is one message.
type Entry struct {
	Number    int // from 1, in the order of writing
	From, To  string
	Sender    Group
	Direction Direction
	Sent      time.Time
	Fate      Fate
	Tries     int
	// Copies counts arrivals, of which Arrivals tells the first eight. At names the
	// provider of the first; it is empty also for one outside.
	Copies   int
	At       failover.Role
	Arrivals []Arrival
	Settled  time.Time // when the fate was no longer Waiting
	ReadAt   time.Time // when a member of staff first read it; zero before that
	// Last is what the last failed try met with.
	Last failover.Sentence
}

// Ledger is the account of all messages: the totals, every message that waits,
// and the last ones that were settled, in the order of their numbers.
type Ledger struct {
	Totals
	Messages []Entry
}

// ledger follows each message from both ends: those who hold it say so, and so do
// those who put it into a mailbox.
//
// A message is settled when nobody holds it any more. Whoever writes it holds it
// first; a server that takes it to hand it on holds it too, from before its 250
// on, so that there is no moment at which a message that is on its way is nobody's.
type ledger struct {
	keep int
	late time.Duration // an arrival after that is a delayed one; 0 is never

	mu      sync.Mutex
	totals  Totals
	open    map[int]*record
	settled []int // numbers, the first settled first; at most keep
	// Of every message, as it costs two bits: also of those that are no longer kept.
	read, doubled bits
}

// record is an entry with who holds the message.
type record struct {
	Entry
	holders int
	gaveUp  bool // one of them has sent it back
}

func newLedger(keep int) *ledger { return &ledger{keep: keep, open: map[int]*record{}} }

// Ledger returns the account as it is now.
func (w *World) Ledger() Ledger { return w.ledger.tell() }

// Totals returns the account's sums, without the messages.
func (w *World) Totals() Totals { return w.ledger.sums() }

func (l *ledger) sums() Totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.totals
}

func (l *ledger) tell() Ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := Ledger{Totals: l.totals, Messages: make([]Entry, 0, len(l.open))}
	for _, a := range l.open {
		e := a.Entry
		e.Arrivals = slices.Clone(e.Arrivals)
		out.Messages = append(out.Messages, e)
	}
	slices.SortFunc(out.Messages, func(a, b Entry) int { return a.Number - b.Number })
	return out
}

// sent opens the account of a message, which its writer holds, and gives it its
// number.
func (l *ledger) sent(by Group, d Direction, from, to string, at time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.Sent++
	l.totals.Waiting++
	part := l.totals.part(d)
	part.Sent++
	part.Waiting++
	if by == Staff {
		l.totals.Wrote++
	}
	n := l.totals.Sent
	l.open[n] = &record{holders: 1, Entry: Entry{
		Number: n, From: from, To: to, Sender: by, Direction: d, Sent: at, Fate: Waiting,
	}}
	return n
}

// tried notes an attempt; why is zero for one that succeeded.
func (l *ledger) tried(n int, why failover.Sentence) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.Tries++
	if a := l.open[n]; a != nil {
		a.Tries++
		if !why.IsZero() {
			a.Last = why
		}
	}
}

// taken notes that one more holds the message, and will hand it on.
func (l *ledger) taken(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.open[n]; a != nil {
		a.holders++
	}
}

// arrived notes a copy in a mailbox, and reports whether it is one too many.
func (l *ledger) arrived(n int, at Arrival) (again bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n < 1 || n > l.totals.Sent {
		return false // a number that was never given out
	}
	a := l.open[n]
	if a != nil {
		a.Copies++
		if len(a.Arrivals) < keepArrivals {
			a.Arrivals = append(a.Arrivals, at)
		}
		if a.Copies == 1 {
			l.first(a, at)
			return false
		}
	}
	if l.doubled.add(n) {
		l.totals.Doubled++
	}
	return true
}

func (l *ledger) first(a *record, at Arrival) {
	a.At = at.Where
	switch {
	case a.Direction != Inbound:
	case at.Where == failover.Primary:
		l.totals.Primary++
	case at.Where == failover.Secondary:
		l.totals.Secondary++
	}
}

// handed notes that one who held the message has handed it on, and returns how it
// stands.
func (l *ledger) handed(n int, now time.Time) (e Entry, settled bool) {
	return l.release(n, now, false)
}

// bounced notes that one who held the message has given it up and said so.
func (l *ledger) bounced(n int, now time.Time) (e Entry, settled bool) {
	return l.release(n, now, true)
}

func (l *ledger) release(n int, now time.Time, gaveUp bool) (Entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.open[n]
	if a == nil || a.Fate != Waiting {
		return Entry{Number: n}, false
	}
	a.holders--
	a.gaveUp = a.gaveUp || gaveUp
	if a.holders > 0 {
		return a.Entry, false
	}
	l.settle(a, now)
	return a.Entry, true
}

// settle decides the fate of a message that nobody holds any more.
func (l *ledger) settle(a *record, now time.Time) {
	part := l.totals.part(a.Direction)
	l.totals.Waiting--
	part.Waiting--
	a.Settled = now
	switch {
	case a.gaveUp:
		a.Fate = Bounced
		l.totals.Bounced++
		part.Bounced++
	case a.Copies == 0:
		a.Fate = Lost
		l.totals.Lost++
		part.Lost++
	default:
		a.Fate = Delivered
		l.totals.Delivered++
		part.Delivered++
		if l.late > 0 && a.Arrivals[0].At.Sub(a.Sent) > l.late {
			l.totals.Delayed++
		}
	}
	l.settled = append(l.settled, a.Number)
	for len(l.settled) > l.keep {
		delete(l.open, l.settled[0])
		l.settled = l.settled[1:]
	}
}

// seen notes that a member of staff has read a message, and reports whether it is
// the first time.
func (l *ledger) seen(n int, now time.Time) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n < 1 || n > l.totals.Sent || !l.read.add(n) {
		return false
	}
	l.totals.Read++
	if a := l.open[n]; a != nil {
		a.ReadAt = now
	}
	return true
}

// about is who wrote a message, and where it goes, as long as that is kept.
func (l *ledger) about(n int) paper {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := paper{number: n}
	if a := l.open[n]; a != nil {
		p.by, p.way = a.Sender, a.Direction
	}
	return p
}

// bits is a set of message numbers.
type bits []uint64

// add puts a number in, and reports whether it was not there.
func (b *bits) add(n int) bool {
	word, mask := n/64, uint64(1)<<(n%64)
	for len(*b) <= word {
		*b = append(*b, 0)
	}
	if (*b)[word]&mask != 0 {
		return false
	}
	(*b)[word] |= mask
	return true
}
