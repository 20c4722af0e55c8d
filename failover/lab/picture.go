package lab

import (
	"time"

	"lifeboat/failover"
)

// Picture is what a drawing of the world needs, at one moment of the world's time.
type Picture struct {
	At time.Time
	// Senders are the groups outside: customers, suppliers, partners.
	Senders   []SenderPicture
	DNS       DNSPicture
	Primary   ProviderPicture
	Secondary ProviderPicture
	Staff     StaffPicture
	// Remote is the fault of remote.test, the partner that BreakRemote breaks.
	Remote Fault
}

// SenderPicture is one group outside.
type SenderPicture struct {
	Group Group
	Name  string // of its mail server: "mail.customers.test"
	// Waiting messages have not arrived yet; OnTheWay is how many of them are being
	// tried at this moment.
	Waiting  int
	OnTheWay int
	// NextTry is when the first of the others is tried; zero where none waits.
	NextTry time.Time
	// Route is the provider that the last answer of the group's resolver leads to,
	// which is kept until RouteUntil; empty where there is none, or it leads elsewhere.
	Route      failover.Role
	RouteUntil time.Time
}

// DNSPicture is where the domain's MX records lead.
type DNSPicture struct {
	PointsTo failover.Role // at the primary name server; empty is elsewhere
	// Old is what a group outside still goes by, or a name server that has yet to
	// follow, and OldUntil when the last of them stops, as far as can be told now: whoever
	// asks a name server that has not followed keeps the old answer anew. Empty and zero
	// when all go by the same.
	Old      failover.Role
	OldUntil time.Time
}

// ProviderPicture is one provider.
type ProviderPicture struct {
	Role  failover.Role
	Name  string
	Fault Fault
	Took  int // messages from outside that arrived here first
	Held  int // messages that it keeps back, or has yet to hand on to others outside
}

// StaffPicture is the domain's own people.
type StaffPicture struct {
	Read, Wrote int
	// Waiting is what they have written and nobody has received, Outbox the part of it
	// that they cannot even hand in.
	Waiting, Outbox int
	SendRoute       failover.Role
	// CannotRead counts those who reach no mailbox of theirs at this moment, CannotSend
	// those who cannot hand their mail in.
	CannotRead, CannotSend int
}

// Picture is what a drawing of the world needs now. It asks nobody and waits for
// nothing, so a drawing may have it thirty times a second.
func (w *World) Picture() Picture {
	t := w.ledger.sums()
	out := Picture{At: w.Now(), DNS: w.dnsPicture()}
	for _, o := range w.groups {
		s := SenderPicture{Group: o.group, Name: o.name}
		var next time.Time
		if s.Waiting, s.OnTheWay, next = o.waits(); !next.IsZero() {
			s.NextTry = out.At.Add(next.Sub(w.clock.flow()))
		}
		set, until := o.cache.kept(w.opt.Domain)
		if s.Route = roleOf(w.domain.RouteOf(set)); s.Route != "" {
			s.RouteUntil = until
		}
		out.Senders = append(out.Senders, s)
	}
	out.Primary, out.Secondary = w.provider[failover.Primary].picture(), w.provider[failover.Secondary].picture()
	out.Primary.Took, out.Secondary.Took = t.Primary, t.Secondary
	out.Remote = w.remote().cond.now()
	out.Staff = StaffPicture{Read: t.Read, Wrote: t.Wrote, Waiting: t.Outbound.Waiting + t.Internal.Waiting, SendRoute: w.SendRoute()}
	out.Staff.Outbox, out.Staff.CannotRead, out.Staff.CannotSend = w.staff.stand()
	return out
}

func (p *provider) picture() ProviderPicture {
	fault := p.cond.now()
	queued, _, _ := p.outgoing.waits()
	p.ward.mu.Lock()
	defer p.ward.mu.Unlock()
	return ProviderPicture{Role: p.role, Name: p.title, Fault: fault, Held: queued + len(p.held)}
}

// dnsPicture compares what is in force with what the groups outside still believe,
// until their answers run out.
func (w *World) dnsPicture() DNSPicture {
	now := w.Now()
	latest, key := w.zone.latest(), failover.Key{Name: w.opt.Domain, Type: "MX"}
	truth := latest.set(key)
	out := DNSPicture{PointsTo: roleOf(w.domain.RouteOf(truth))}
	old := func(set failover.RRset, until time.Time) {
		if !set.Exists() || set.SameValues(truth) || !until.After(now) || until.Before(out.OldUntil) {
			return
		}
		out.Old, out.OldUntil = roleOf(w.domain.RouteOf(set)), until
	}
	for _, o := range w.groups {
		old(o.cache.kept(w.opt.Domain))
	}
	for _, s := range w.servers[1:] {
		if v := s.view(w.zone); v != latest {
			old(v.set(key), latest.at.Add(s.behind()))
		}
	}
	return out
}

// roleOf is the provider that a route leads to; empty where it leads elsewhere or to
// both.
func roleOf(r failover.Route) failover.Role {
	switch r {
	case failover.RoutePrimary:
		return failover.Primary
	case failover.RouteSecondary:
		return failover.Secondary
	default:
		return ""
	}
}
