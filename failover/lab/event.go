package lab

import (
	"sync"
	"time"

	"lifeboat/failover"
)

// EventKind says what an Event is about.
type EventKind string

// The kinds of event.
const (
	EventSent      EventKind = "sent"      // a message was written
	EventDelivered EventKind = "delivered" // it is where it was to go, and nobody holds it any more
	EventDeferred  EventKind = "deferred"  // a try failed; there will be another
	EventBounced   EventKind = "bounced"   // the sender gave up
	EventDoubled   EventKind = "doubled"   // it arrived once more
	EventLost      EventKind = "lost"      // a provider said it had it, and has not
	EventNotice    EventKind = "notice"    // a provider told the writer that it is delayed
	EventRead      EventKind = "read"      // a member of staff read it
	EventTrouble   EventKind = "trouble"   // a member of staff cannot read, or cannot send
	EventRelief    EventKind = "relief"    // and can again
	EventBroken    EventKind = "broken"
	EventMended    EventKind = "mended"
	EventSwitched  EventKind = "switched" // the domain's MX set is another
)

// Event is something that happened in the world.
type Event struct {
	At      time.Time
	Kind    EventKind
	Message int // its number in the Ledger; 0 when it is about none
	// Sender wrote the message, which goes that Way; both are empty where the event
	// is about none, or about one so old that the Ledger tells nothing of it any more.
	// Of EventTrouble and EventRelief the sender is Staff.
	Sender Group
	Way    Direction
	Role   failover.Role // of the provider concerned; empty when there is none
	Say    failover.Sentence
	// Missed counts the events that this subscriber was too slow for, just before
	// this one.
	Missed int
}

// events hands out what happens to all who listen, and waits for nobody.
type events struct {
	now  func() time.Time
	mu   sync.Mutex
	subs map[*subscription]struct{}
	done bool
}

type subscription struct {
	ch     chan Event
	missed int
}

func newEvents(now func() time.Time) *events {
	return &events{now: now, subs: map[*subscription]struct{}{}}
}

// Subscribe gives every Event from now on, until cancel or Close, which close
// the channel. The channel holds size events (at least 1); while it is full
// events are counted (Event.Missed) and dropped, for the world never waits. A
// steady stream makes some ten events a second, more while a queue drains.
func (w *World) Subscribe(size int) (ch <-chan Event, cancel func()) {
	return w.events.subscribe(size)
}

func (e *events) subscribe(size int) (<-chan Event, func()) {
	s := &subscription{ch: make(chan Event, max(size, 1))}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done {
		close(s.ch)
		return s.ch, func() {}
	}
	e.subs[s] = struct{}{}
	return s.ch, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if _, ok := e.subs[s]; ok {
			delete(e.subs, s)
			close(s.ch)
		}
	}
}

func (e *events) tell(ev Event) {
	ev.At = e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for s := range e.subs {
		ev.Missed = s.missed
		select {
		case s.ch <- ev:
			s.missed = 0
		default:
			s.missed++
		}
	}
}

func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done = true
	for s := range e.subs {
		delete(e.subs, s)
		close(s.ch)
	}
}
