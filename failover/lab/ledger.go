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
	Waiting   Fate = "waiting"   // in the sender's queue
	Delivered Fate = "delivered" // a provider has it and has said so
	Bounced   Fate = "bounced"   // the sender gave it up
	Lost      Fate = "lost"      // a provider said it had it, and has not
)

// keepSettled is how many settled messages the ledger tells one by one.
const keepSettled = 2000

// Totals count all messages since the start. Sent is the sum of Waiting,
// Delivered, Bounced and Lost.
type Totals struct {
	Sent      int `json:"sent"`
	Waiting   int `json:"waiting"`
	Delivered int `json:"delivered"`
	Bounced   int `json:"bounced"`
	Lost      int `json:"lost"`
	// Doubled are the messages that arrived more than once, whatever their fate.
	Doubled int `json:"doubled"`
	// Tries are all attempts to deliver.
	Tries int `json:"tries"`
	// Primary and Secondary are the messages that arrived there first.
	Primary   int `json:"primary"`
	Secondary int `json:"secondary"`
}

// Entry is one message of the outside sender.
type Entry struct {
	Number int // from 1, in the order of sending
	To     string
	Sent   time.Time
	Fate   Fate
	Tries  int
	// Copies counts arrivals, At names the provider of the first.
	Copies  int
	At      failover.Role
	Settled time.Time // when the fate was no longer Waiting
	// Last is what the last failed try met with.
	Last failover.Sentence
}

// Ledger is the account of the outside sender's messages: the totals, every
// message that waits, and the last ones that were settled, in the order of their
// numbers.
type Ledger struct {
	Totals
	Messages []Entry
}

// ledger follows each message from both ends: the sender says what it believes,
// the providers what they have.
type ledger struct {
	keep int

	mu      sync.Mutex
	totals  Totals
	open    map[int]*Entry
	settled []int // numbers, the first settled first; at most keep
}

func newLedger(keep int) *ledger { return &ledger{keep: keep, open: map[int]*Entry{}} }

// Ledger returns the account as it is now.
func (w *World) Ledger() Ledger { return w.ledger.read() }

// Totals returns the account's sums, without the messages.
func (w *World) Totals() Totals {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	return w.ledger.totals
}

func (l *ledger) read() Ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := Ledger{Totals: l.totals, Messages: make([]Entry, 0, len(l.open))}
	for _, e := range l.open {
		out.Messages = append(out.Messages, *e)
	}
	slices.SortFunc(out.Messages, func(a, b Entry) int { return a.Number - b.Number })
	return out
}

// sent opens the account of a message and gives it its number.
func (l *ledger) sent(to string, at time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.Sent++
	l.totals.Waiting++
	n := l.totals.Sent
	l.open[n] = &Entry{Number: n, To: to, Sent: at, Fate: Waiting}
	return n
}

// tried notes an attempt; why is zero for one that succeeded.
func (l *ledger) tried(n int, why failover.Sentence) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.Tries++
	if e := l.open[n]; e != nil {
		e.Tries++
		if !why.IsZero() {
			e.Last = why
		}
	}
}

// arrived notes a copy at a provider, and reports whether it is one too many.
func (l *ledger) arrived(n int, at failover.Role) (again bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.open[n]
	if e == nil {
		// Settled long ago, or a number that was never given out.
		if n >= 1 && n <= l.totals.Sent {
			l.totals.Doubled++
		}
		return n <= l.totals.Sent
	}
	e.Copies++
	if e.Copies == 1 {
		e.At = at
		if at == failover.Primary {
			l.totals.Primary++
		} else {
			l.totals.Secondary++
		}
	}
	if e.Copies == 2 {
		l.totals.Doubled++
	}
	return e.Copies > 1
}

// accepted settles a message that the sender has a 250 for.
func (l *ledger) accepted(n int, now time.Time) Entry {
	return l.settle(n, now, func(e *Entry) {
		if e.Copies == 0 {
			e.Fate = Lost
			l.totals.Lost++
			return
		}
		e.Fate = Delivered
		l.totals.Delivered++
	})
}

// bounced settles a message that the sender has given up.
func (l *ledger) bounced(n int, now time.Time) {
	l.settle(n, now, func(e *Entry) {
		e.Fate = Bounced
		l.totals.Bounced++
	})
}

func (l *ledger) settle(n int, now time.Time, how func(e *Entry)) Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.open[n]
	if e == nil || e.Fate != Waiting {
		return Entry{Number: n}
	}
	l.totals.Waiting--
	e.Settled = now
	how(e)
	l.settled = append(l.settled, n)
	for len(l.settled) > l.keep {
		delete(l.open, l.settled[0])
		l.settled = l.settled[1:]
	}
	return *e
}
