package detect

import (
	"slices"
	"time"

	"lifeboat/failover"
)

// Service is what is looked at.
type Service string

// What a provider offers. A target of one of these has a role.
const (
	// MX is one MX host on port 25, talked to as far as RCPT.
	MX Service = "mx"
	// Submission is where staff hand mail in, sign-in included (ports 587 and 465).
	Submission Service = "submission"
	// IMAP is where mailboxes are read, sign-in included.
	IMAP Service = "imap"
	// Delivery is a seed message from elsewhere, followed until it lies in a
	// mailbox of the provider.
	Delivery Service = "delivery"
	// Attachments is Delivery of a message that has an attachment.
	Attachments Service = "attachments"
	// Portal is a web page of the provider: the admin portal, webmail, the message trace.
	Portal Service = "portal"
	// StatusPage is what the provider says of itself. OK: that all is well.
	// Temporary: that there is trouble. It never decides anything.
	StatusPage Service = "status"
	// Remote is somebody else's domain that mail of ours is on its way to through
	// the provider. Remotes need not be among the targets that [New] is given.
	Remote Service = "remote"
)

// What is no provider's. A target of one of these has no role.
const (
	// Records is one authoritative server of the domain. OK: it gives the records
	// that ought to be there; Permanent: others, or none.
	Records Service = "records"
	// DNS and Web are controls only, as are MX, Submission and IMAP without a role.
	DNS Service = "dns"
	Web Service = "web"
)

// Target is one thing that is looked at again and again.
//
// A target without a role is a control: a host of somebody else's which has
// nothing to do with the domain and works whatever happens to the providers. If
// controls fail together, it is our own line.
type Target struct {
	Role    failover.Role `json:"role,omitempty"`
	Service Service       `json:"service"`
	// Host tells targets of one service apart: a host name, for Remote a domain.
	Host string `json:"host,omitempty"`
}

// Stage is how far a look had come when its outcome was known. What lies before
// it was in order.
type Stage string

// The stages, in their order.
const (
	AtResolve   Stage = "resolve" // finding the address
	AtTCP       Stage = "tcp"
	AtTLS       Stage = "tls"
	AtBanner    Stage = "banner"
	AtEHLO      Stage = "ehlo" // for IMAP: capabilities
	AtMail      Stage = "mail"
	AtRCPT      Stage = "rcpt"
	AtSignIn    Stage = "signin"
	AtRoundTrip Stage = "roundtrip" // a message handed in and not (yet) arrived
	AtPage      Stage = "page"      // a web page: portal, status
)

var stages = []Stage{AtResolve, AtTCP, AtTLS, AtBanner, AtEHLO, AtMail, AtRCPT, AtSignIn, AtRoundTrip, AtPage}

// Outcome is what a look met with.
type Outcome string

// The outcomes. A refusal of this machine rather than of what was asked for (a
// blocklist, a policy against dial-up lines, a limit of tries) says nothing about
// the provider: that is Unable. So is whatever could not be tried: no password at
// hand, no IPv6 here, a seed that could not be handed in.
const (
	OK        Outcome = "ok"
	Temporary Outcome = "temporary" // the server says: later (4xx, SERVFAIL)
	Permanent Outcome = "permanent" // the server says: no (5xx, NXDOMAIN, a wrong certificate)
	Refused   Outcome = "refused"   // the connection was refused
	Reset     Outcome = "reset"     // the connection was reset, or ended without a word
	Timeout   Outcome = "timeout"   // nothing came in time
	Unable    Outcome = "unable"    // no look could be taken
)

var outcomes = []Outcome{OK, Temporary, Permanent, Refused, Reset, Timeout, Unable}

// Observation is one look at one target.
type Observation struct {
	Target
	Stage   Stage   `json:"stage"`
	Outcome Outcome `json:"outcome"`
	// Answer is the server's exact answer ("451 4.3.2 Temporary server error"), or
	// what the system says of the connection. It must hold no secret.
	Answer string `json:"answer,omitempty"`
	// Took is how long the look took; 0 is not measured.
	Took time.Duration `json:"took_ns,omitempty"`
}

// Round is what was looked at at one moment.
//
// A target may occur several times in it, once for each recipient or address
// asked: when half of them or more fail, it is a look that partly failed. For a
// host whose TLS is broken and which works without, report both. Every round that
// looks at a provider looks at the controls as well: failures without controls
// beside them count for nothing.
type Round struct {
	// Number rises from round to round, whatever clocks do. A round that is not
	// above the last one is a duplicate, or comes too late, and is left out.
	Number uint64 `json:"number"`
	// At is when the round was taken, by the clock of the machine that took it. The
	// clock may step: how much time passed over a step backwards is taken as unknown.
	At           time.Time     `json:"at"`
	Observations []Observation `json:"observations"`
}

// Watch lists the targets that a domain's own settings name: each MX host, the
// submission server and the IMAP server of both providers. Controls, name
// servers, seeds and pages are added to it by whoever can look at them.
func Watch(d failover.Domain) []Target {
	var out []Target
	add := func(t Target) {
		if t.Host != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	for _, p := range []failover.Provider{d.Primary, d.Secondary} {
		for _, m := range p.MX {
			add(Target{p.Role, MX, failover.FQDN(m.Host)})
		}
		add(Target{p.Role, Submission, hostOf(p.Submission)})
		add(Target{p.Role, IMAP, hostOf(p.IMAP)})
	}
	return out
}

func hostOf(e failover.Endpoint) string {
	if e.Host == "" {
		return ""
	}
	return failover.FQDN(e.Host)
}

// A channel is a way out through our own line, by the port that it needs.
type channel int

const (
	viaSMTP channel = iota
	viaSubmission
	viaIMAP
	viaWeb
	viaDNS   // questions of ours to one server
	viaNames // looking up the name of what is looked at, whoever answers
	channels
	noChannel = channel(-1)
)

// channelOf returns the way by which a service is looked at. Seeds are looked for
// in a mailbox.
func channelOf(s Service) channel {
	switch s {
	case MX:
		return viaSMTP
	case Submission:
		return viaSubmission
	case IMAP, Delivery, Attachments:
		return viaIMAP
	case Portal, StatusPage, Web:
		return viaWeb
	case Records, DNS:
		return viaDNS
	default:
		return noChannel
	}
}

// service and port name a channel for people.
func (c channel) service() Service { return []Service{MX, Submission, IMAP, Web, DNS, DNS}[c] }
func (c channel) port() int        { return []int{25, 587, 993, 443, 53, 53}[c] }

// seldom reports whether the service is looked at at the slower pace.
func (s Service) seldom() bool {
	return s == Delivery || s == Attachments || s == Portal || s == StatusPage
}

// control reports whether the target only tells how our own line is.
func (t Target) control() bool { return t.Role == "" && t.Service != Records }

// proper reports whether such a target can be.
func (t Target) proper() bool {
	switch t.Service {
	case MX, Submission, IMAP:
		return t.Role == "" || t.Role == failover.Primary || t.Role == failover.Secondary
	case Delivery, Attachments, Portal, StatusPage:
		return t.Role == failover.Primary || t.Role == failover.Secondary
	case Records, DNS, Web:
		return t.Role == ""
	default:
		return false
	}
}
