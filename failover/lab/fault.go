package lab

import (
	"slices"
	"sync"

	"lifeboat/failover"
)

// Fault is one way of not working.
type Fault string

// The faults of any host.
const (
	None   Fault = ""
	Refuse Fault = "refuse" // the machine is up and nothing listens: connection refused
	Silent Fault = "silent" // nothing comes back, not even to the first packet
)

// The faults of a mail provider.
const (
	// Reset: connections are accepted and reset at once, as Exchange Online's were on
	// 19 November 2019; those in use are reset too.
	Reset Fault = "reset"
	// Hang: connections are accepted, and then nothing more is said.
	Hang Fault = "hang"
	// Slow: every reply comes late by Options.Delay.
	Slow Fault = "slow"
	// Busy: "421 4.3.2" instead of a greeting.
	Busy Fault = "busy"
	// Defer: all is well until RCPT, which gets "451 4.3.2", as Exchange Online's
	// did on 22 January 2026.
	Defer Fault = "defer"
	// Reject: every RCPT gets "550 5.4.1", so that mail bounces.
	Reject Fault = "reject"
	// NoTLS: the TLS handshake breaks off.
	NoTLS Fault = "no_tls"
	// BadCertificate: the certificate is another host's, and expired.
	BadCertificate Fault = "bad_certificate"
	// NoSignIn: mail flows, and nobody can sign in to submit any.
	NoSignIn Fault = "no_sign_in"
	// LoseReply: a message is stored and the connection reset before the 250, so
	// that the sender sends it again.
	LoseReply Fault = "lose_reply"
	// Swallow: a message gets its 250 and is thrown away.
	Swallow Fault = "swallow"
)

// The faults of a name server, beside Refuse and Silent.
const (
	// Lame: it answers without authority, knowing nothing of the zone.
	Lame Fault = "lame"
	// Failing: it answers SERVFAIL.
	Failing Fault = "failing"
)

// Faults lists what a provider can be given, in an order for people.
func Faults() []Fault {
	return []Fault{Reset, Refuse, Silent, Hang, Slow, Busy, Defer, Reject, NoTLS, BadCertificate, NoSignIn, LoseReply, Swallow}
}

// DNSFaults lists what a name server can be given.
func DNSFaults() []Fault { return []Fault{Refuse, Silent, Lame, Failing} }

// Break gives a provider a fault, instead of the one it may have. A fault that
// providers do not have is failover.ErrInvalid.
func (w *World) Break(role failover.Role, f Fault) error {
	p, ok := w.provider[role]
	if !ok || !slices.Contains(Faults(), f) {
		return failover.Fail(failover.ErrInvalid,
			`A provider of the practice world cannot break as "{role}", "{fault}"; see the list of faults`, "role", role, "fault", f)
	}
	p.cond.set(f)
	w.events.tell(Event{Kind: EventBroken, Role: role, Say: p.complaint(f)})
	return nil
}

// Mend takes a provider's fault away.
func (w *World) Mend(role failover.Role) {
	p, ok := w.provider[role]
	if !ok {
		return
	}
	if f, _ := p.cond.now(); f == None {
		return
	}
	p.cond.set(None)
	w.events.tell(Event{Kind: EventMended, Role: role, Say: failover.Say("{provider} works again.", "provider", p.title)})
}

// Fault tells what a provider suffers from; None when it works.
func (w *World) Fault(role failover.Role) Fault {
	if p, ok := w.provider[role]; ok {
		f, _ := p.cond.now()
		return f
	}
	return None
}

// BreakDNS gives a name server of the domain, or one of the resolver's two
// doors, a fault; None mends it. The names are those of Nameservers,
// "resolver.lab.test" for port 53 and "dns.lab.test" for HTTPS.
func (w *World) BreakDNS(server string, f Fault) error {
	name := failover.FQDN(server)
	cond, ok := w.stub[name]
	for _, s := range w.servers {
		if s.name == name {
			cond, ok = s.cond, true
		}
	}
	if !ok || f != None && !slices.Contains(DNSFaults(), f) {
		return failover.Fail(failover.ErrInvalid,
			`No name server of the practice world breaks as "{server}", "{fault}"; see the lists of servers and faults`, "server", server, "fault", f)
	}
	if old, _ := cond.now(); old == f {
		return nil
	}
	cond.set(f)
	if f == None {
		w.events.tell(Event{Kind: EventMended, Say: failover.Say("The name server {server} works again.", "server", failover.Display(name))})
		return nil
	}
	w.events.tell(Event{Kind: EventBroken, Say: dnsComplaint(failover.Display(name), f)})
	return nil
}

// complaint says what a person notices of a fault.
func (p *provider) complaint(f Fault) failover.Sentence {
	switch f {
	case Reset:
		return failover.Say("{provider} is down: it resets every connection.", "provider", p.title)
	case Refuse:
		return failover.Say("{provider} is down: it refuses connections.", "provider", p.title)
	case Silent:
		return failover.Say("{provider} is down: it does not answer at all.", "provider", p.title)
	case Hang:
		return failover.Say("{provider} is down: it accepts connections and says nothing.", "provider", p.title)
	case Slow:
		return failover.Say("{provider} is slow: every reply comes late.", "provider", p.title)
	case Busy:
		return failover.Say("{provider} turns everybody away for now (421).", "provider", p.title)
	case Defer:
		return failover.Say("{provider} puts off every recipient (451).", "provider", p.title)
	case Reject:
		return failover.Say("{provider} refuses every recipient for good (550).", "provider", p.title)
	case NoTLS:
		return failover.Say("{provider} breaks off every TLS handshake.", "provider", p.title)
	case BadCertificate:
		return failover.Say("{provider} shows an expired certificate of another host.", "provider", p.title)
	case NoSignIn:
		return failover.Say("{provider} lets nobody sign in.", "provider", p.title)
	case LoseReply:
		return failover.Say("{provider} stores messages and breaks off before it says so.", "provider", p.title)
	case Swallow:
		return failover.Say("{provider} says it stores messages and throws them away.", "provider", p.title)
	default:
		return failover.Say("{provider} works again.", "provider", p.title)
	}
}

func dnsComplaint(server string, f Fault) failover.Sentence {
	switch f {
	case Refuse:
		return failover.Say("The name server {server} is stopped.", "server", server)
	case Lame:
		return failover.Say("The name server {server} answers without authority.", "server", server)
	case Failing:
		return failover.Say("The name server {server} answers with an error.", "server", server)
	default:
		return failover.Say("The name server {server} does not answer.", "server", server)
	}
}

// condition is how some hosts are, and the connections that a change concerns.
type condition struct {
	mu      sync.Mutex
	fault   Fault
	changed chan struct{} // closed at the next change
	conns   map[*serverConn]struct{}
}

func newCondition() *condition {
	return &condition{changed: make(chan struct{}), conns: map[*serverConn]struct{}{}}
}

// now gives the fault and a channel that is closed when it changes.
func (c *condition) now() (Fault, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault, c.changed
}

func (c *condition) set(f Fault) {
	c.mu.Lock()
	c.fault = f
	close(c.changed)
	c.changed = make(chan struct{})
	var open []*serverConn
	for conn := range c.conns {
		open = append(open, conn)
	}
	c.mu.Unlock()
	if f != Reset && f != Refuse {
		return
	}
	for _, conn := range open {
		conn.reset()
	}
}
