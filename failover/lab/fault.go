package lab

import (
	"fmt"
	"slices"
	"strings"

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
	// NoSignIn: mail flows in, and nobody can sign in to read or to submit any.
	NoSignIn Fault = "no_sign_in"
	// NoReading: mail flows in and out, and connections to read it (IMAP) are reset.
	NoReading Fault = "no_reading"
	// DelayAttachments: a message with an attachment gets its 250 and stays inside
	// the provider until it is mended; others come into their mailboxes.
	DelayAttachments Fault = "delay_attachments"
	// NoName: the provider's own zone has lost the addresses of its MX hosts. Who
	// knows them still uses them until their TTL has passed, and who has asked in vain
	// does not ask again before the zone's negative TTL (RFC 2308) has.
	NoName Fault = "no_name"
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
	return []Fault{
		Reset, Refuse, Silent, Hang, Slow, Busy, Defer, Reject, NoTLS, BadCertificate, NoSignIn,
		NoReading, DelayAttachments, NoName, LoseReply, Swallow,
	}
}

// StopsMail reports whether no mail can come in while a provider's whole suffers
// from a fault: it waits outside.
func StopsMail(f Fault) bool {
	switch f {
	case Reset, Refuse, Silent, Hang, Busy, Defer, NoTLS, BadCertificate, NoName:
		return true
	default:
		return false
	}
}

// Bounces reports whether mail goes back to its senders: what a failover comes
// too late for.
func Bounces(f Fault) bool { return f == Reject }

// LosesOrDoubles reports whether a fault itself loses or doubles messages, whatever
// anybody does.
func LosesOrDoubles(f Fault) bool { return f == Swallow || f == LoseReply }

// DNSFaults lists what a name server can be given.
func DNSFaults() []Fault { return []Fault{Refuse, Silent, Lame, Failing} }

// Trouble is a fault and whom it concerns.
type Trouble struct {
	Fault Fault
	// Share is how much of it fails, of the connections or, for DelayAttachments,
	// LoseReply and Swallow, of the messages; for NoName it is of the hosts. 0 is all
	// of it, as 1 is. The failing ones lie evenly among the others: of any run of them
	// it is this share, give or take two or three.
	Share float64
	// Hosts are those of the provider's hosts that it concerns; empty is all.
	Hosts []string
}

// Break gives a provider a fault, instead of the one it may have. A fault that
// providers do not have is failover.ErrInvalid.
func (w *World) Break(role failover.Role, f Fault) error { return w.BreakPart(role, Trouble{Fault: f}) }

// BreakPart gives a provider a fault that concerns a part of its hosts, or a share
// of what they do, instead of the one it may have. It takes effect at once, on that
// share of the connections in use too. A trouble that providers do not have is
// failover.ErrInvalid.
func (w *World) BreakPart(role failover.Role, t Trouble) error {
	p, ok := w.provider[role]
	if !ok || !slices.Contains(Faults(), t.Fault) {
		return failover.Fail(failover.ErrInvalid,
			`A provider of the practice world cannot break as "{role}", "{fault}"; see the list of faults`, "role", role, "fault", t.Fault)
	}
	if !(t.Share >= 0 && t.Share <= 1) { // not so for NaN
		return failover.Fail(failover.ErrInvalid,
			"{share} is no share of what {provider} does; give a number from 0 to 1", "share", t.Share, "provider", p.title)
	}
	t.Hosts = slices.Clone(t.Hosts)
	for i, h := range t.Hosts {
		t.Hosts[i] = failover.FQDN(h)
		if !slices.ContainsFunc(p.hosts, func(have *host) bool { return have.name == t.Hosts[i] }) {
			return failover.Fail(failover.ErrInvalid,
				"{host} is no host of {provider}; give one of its mail hosts", "host", h, "provider", p.title)
		}
	}
	p.suffer(t)
	w.events.tell(Event{Kind: EventBroken, Role: role, Say: p.complaint(t)})
	return nil
}

// Mend takes a provider's fault away.
func (w *World) Mend(role failover.Role) {
	p, ok := w.provider[role]
	if !ok {
		return
	}
	if p.cond.now() == None {
		return
	}
	p.suffer(Trouble{})
	w.events.tell(Event{Kind: EventMended, Role: role, Say: failover.Say("{provider} works again.", "provider", p.title)})
}

// Fault tells what a provider suffers from; None when it works.
func (w *World) Fault(role failover.Role) Fault {
	if p, ok := w.provider[role]; ok {
		return p.cond.now()
	}
	return None
}

// Trouble tells what a provider suffers from, and how much of it does.
func (w *World) Trouble(role failover.Role) Trouble {
	p, ok := w.provider[role]
	if !ok {
		return Trouble{}
	}
	p.cond.mu.Lock()
	defer p.cond.mu.Unlock()
	t := p.cond.trouble
	t.Hosts = slices.Clone(t.Hosts)
	return t
}

// BreakDNS gives a name server of the domain, or a resolver, a fault; None mends
// it. The names are those of Nameservers, "resolver.lab.test" and "dns.lab.test" for
// the office's resolver at port 53 and over HTTPS, and "resolver.customers.test" and
// its like, also of the providers, for everybody else's.
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
	if cond.now() == f {
		return nil
	}
	cond.set(Trouble{Fault: f})
	if f == None {
		w.events.tell(Event{Kind: EventMended, Say: failover.Say("The name server {server} works again.", "server", failover.Display(name))})
		return nil
	}
	w.events.tell(Event{Kind: EventBroken, Say: dnsComplaint(failover.Display(name), f)})
	return nil
}

// BreakUpdates breaks the door through which the DNS host takes changes, and
// nothing else: questions are answered as ever. Refuse answers REFUSED, Silent not at
// all, Failing SERVFAIL; None mends it. Other faults are failover.ErrInvalid.
func (w *World) BreakUpdates(f Fault) error {
	var say failover.Sentence
	server := failover.Display(w.servers[0].name)
	kind := EventBroken
	switch f {
	case None:
		kind, say = EventMended, failover.Say("The DNS host takes changes at {server} again.", "server", server)
	case Refuse:
		say = failover.Say("The DNS host refuses every change at {server}; it answers questions.", "server", server)
	case Silent:
		say = failover.Say("The DNS host does not react to changes at {server}; it answers questions.", "server", server)
	case Failing:
		say = failover.Say("The DNS host answers every change at {server} with an error; it answers questions.", "server", server)
	default:
		return failover.Fail(failover.ErrInvalid,
			`The door for DNS changes in the practice world cannot break as "{fault}"; give refuse, silent or failing`, "fault", f)
	}
	door := w.servers[0].door
	if door.now() == f {
		return nil
	}
	door.set(Trouble{Fault: f})
	w.events.tell(Event{Kind: kind, Say: say})
	return nil
}

// complaint says what a person notices of a trouble.
func (p *provider) complaint(t Trouble) failover.Sentence {
	percent := fmt.Sprintf("%.3g", t.Share*100)
	var hosts []string
	for _, h := range t.Hosts {
		hosts = append(hosts, failover.Display(h))
	}
	all := t.Share == 0 || t.Share == 1
	switch {
	case all && len(hosts) == 0:
		return outcry(p.title, t.Fault)
	case all:
		return failover.Say("Something is wrong with {hosts} of {provider}.", "hosts", strings.Join(hosts, ", "), "provider", p.title)
	case len(hosts) == 0:
		return failover.Say("Something is wrong with {percent} % of what {provider} does.", "percent", percent, "provider", p.title)
	default:
		return failover.Say("Something is wrong with {percent} % of what {hosts} of {provider} do.",
			"percent", percent, "hosts", strings.Join(hosts, ", "), "provider", p.title)
	}
}

// outcry says what a person notices when all of a provider, or all of a host, has a
// fault.
func outcry(title string, f Fault) failover.Sentence {
	switch f {
	case Reset:
		return failover.Say("{provider} is down: it resets every connection.", "provider", title)
	case Refuse:
		return failover.Say("{provider} is down: it refuses connections.", "provider", title)
	case Silent:
		return failover.Say("{provider} is down: it does not answer at all.", "provider", title)
	case Hang:
		return failover.Say("{provider} is down: it accepts connections and says nothing.", "provider", title)
	case Slow:
		return failover.Say("{provider} is slow: every reply comes late.", "provider", title)
	case Busy:
		return failover.Say("{provider} turns everybody away for now (421).", "provider", title)
	case Defer:
		return failover.Say("{provider} puts off every recipient (451).", "provider", title)
	case Reject:
		return failover.Say("{provider} refuses every recipient for good (550).", "provider", title)
	case NoTLS:
		return failover.Say("{provider} breaks off every TLS handshake.", "provider", title)
	case BadCertificate:
		return failover.Say("{provider} shows an expired certificate of another host.", "provider", title)
	case NoSignIn:
		return failover.Say("{provider} lets nobody sign in.", "provider", title)
	case NoReading:
		return failover.Say("{provider} lets nobody read mail; mail flows.", "provider", title)
	case DelayAttachments:
		return failover.Say("{provider} takes messages with attachments and keeps them back.", "provider", title)
	case NoName:
		return failover.Say("{provider} has lost the names of its mail hosts.", "provider", title)
	case LoseReply:
		return failover.Say("{provider} stores messages and breaks off before it says so.", "provider", title)
	case Swallow:
		return failover.Say("{provider} says it stores messages and throws them away.", "provider", title)
	default:
		return failover.Say("{provider} works again.", "provider", title)
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
