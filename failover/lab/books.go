package lab

import (
	"lifeboat/failover"
)

// books is what everybody writes down who has to do with a message: in the ledger
// for good, and as an event for those who watch. A message that is not the world's
// own, such as a seed message or what a mail server writes by itself, is in neither.
type books struct {
	ledger *ledger
	events *events
	clock  *clock
	marker marker
	owner  func(host string) *provider // whose host it is, or nil
}

// written opens the account of a new message and numbers it.
func (b *books) written(p paper) paper {
	p.at = b.clock.now()
	p.number = b.ledger.sent(p.by, p.way, p.from, p.to, p.at)
	b.tell(p, EventSent, "", failover.Say("Message {number} is on its way to {address}.", "number", p.number, "address", p.to))
	return p
}

func (b *books) tell(p paper, kind EventKind, role failover.Role, say failover.Sentence) {
	b.events.tell(Event{Kind: kind, Message: p.number, Sender: p.by, Way: p.way, Role: role, Say: say})
}

func (b *books) tried(l *letter, why failover.Sentence) {
	if l.number > 0 {
		b.ledger.tried(l.number, why)
	}
}

func (b *books) deferred(l *letter, role failover.Role, why failover.Sentence) {
	if l.number > 0 {
		b.tell(l.paper, EventDeferred, role, why)
	}
}

func (b *books) bounced(l *letter, role failover.Role, why failover.Sentence) {
	if l.number == 0 {
		return
	}
	b.ledger.bounced(l.number, b.clock.now())
	b.tell(l.paper, EventBounced, role, why)
}

// handed closes what a holder has with a letter that a host has said to have.
func (b *books) handed(l *letter, host string) {
	if l.number == 0 {
		return
	}
	if e, settled := b.ledger.handed(l.number, b.clock.now()); settled {
		b.settled(e, host)
	}
}

// settled tells the fate of a message that the last of its holders has handed to a
// host.
func (b *books) settled(e Entry, host string) {
	ev := Event{Message: e.Number, Sender: e.Sender, Way: e.Direction, Role: e.At}
	switch e.Fate {
	case Lost:
		ev.Kind, ev.Role = EventLost, b.roleOf(host)
		ev.Say = failover.Say("Message {number} is lost: {provider} said that it had stored it, and has not.", "number", e.Number, "provider", b.title(host))
	case Delivered:
		ev.Kind = EventDelivered
		ev.Say = failover.Say("Message {number} for {address} arrived at {provider}.", "number", e.Number, "address", e.To, "provider", b.title(e.Arrivals[0].Host))
	default:
		return // that it went back has been told
	}
	b.events.tell(ev)
}

// arrived notes a copy in a mailbox.
func (b *books) arrived(n int, role failover.Role, host string) {
	if b.ledger.arrived(n, Arrival{Where: role, Host: hostOf(host), At: b.clock.now()}) {
		b.tell(b.ledger.about(n), EventDoubled, role, failover.Say("Message {number} arrived at {provider} once more.", "number", n, "provider", b.title(host)))
	}
}

// seen notes that one of the staff has read a message at a provider.
func (b *books) seen(n int, role failover.Role, person string) {
	if b.ledger.seen(n, b.clock.now()) {
		b.tell(b.ledger.about(n), EventRead, role, failover.Say("{person} has read message {number}.", "person", person, "number", n))
	}
}

func (b *books) roleOf(host string) failover.Role {
	if p := b.owner(host); p != nil {
		return p.role
	}
	return ""
}

// title is what people call the owner of a host.
func (b *books) title(host string) string {
	if p := b.owner(host); p != nil {
		return p.title
	}
	return failover.Display(host)
}
