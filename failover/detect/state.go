package detect

import (
	"time"

	"lifeboat/failover"
)

// Health is what is made of something.
type Health string

// The healths. Unknown is no degree of the others: it says that nobody can tell.
const (
	Healthy  Health = "healthy"
	Degraded Health = "degraded" // it works in part, or some of the time
	Down     Health = "down"     // for a provider: mail does not arrive there
	Unknown  Health = "unknown"
)

// Direction is a part of what a provider does.
type Direction string

// The directions.
const (
	Inbound  Direction = "inbound"  // mail arrives: MX hosts, seed messages
	Outbound Direction = "outbound" // staff send: submission
	Access   Direction = "access"   // staff sign in and read: IMAP
	Portals  Direction = "portals"  // web pages
)

// Fault is what kind of fault it looks like.
type Fault string

// The faults.
const (
	FaultNone        Fault = ""
	FaultResets      Fault = "resets"      // connections are reset
	FaultRefuses     Fault = "refuses"     // connections are refused
	FaultNoAnswer    Fault = "no_answer"   // no connection comes about
	FaultMute        Fault = "mute"        // connected, and then nothing, or not to the end
	FaultBusy        Fault = "busy"        // turned away before any recipient was named
	FaultDefers      Fault = "defers"      // recipients are put off (4xx after RCPT)
	FaultRejects     Fault = "rejects"     // recipients are refused for good, so mail bounces
	FaultTLS         Fault = "tls"         // no sound TLS
	FaultName        Fault = "name"        // a host's name leads nowhere
	FaultSignIn      Fault = "sign_in"     // connected, and nobody is let in
	FaultSlow        Fault = "slow"        // it works, late
	FaultUndelivered Fault = "undelivered" // mail is accepted and does not reach mailboxes
	FaultAttachments Fault = "attachments" // the same, but only with attachments
	FaultPages       Fault = "pages"       // only web pages fail
	FaultSending     Fault = "sending"     // handed in, and not sent on to anybody
	FaultNotForUs    Fault = "not_for_us"  // it fails from here, and works for others
	FaultRecords     Fault = "records"     // the domain's own records are wrong
	FaultDNSHost     Fault = "dns_host"    // the domain's name servers do not answer
	FaultOwnLine     Fault = "own_line"    // our own line hides what is to be seen
)

// Blame is whose fault it looks like.
type Blame string

// The ones who can be at fault.
const (
	BlameNobody   Blame = ""
	BlameProvider Blame = "provider"
	BlameOurs     Blame = "ours"     // our line, our records
	BlameDNSHost  Blame = "dns_host" // whoever serves the domain's records
	BlameUnclear  Blame = "unclear"
)

// Advice says whether moving mail away from the provider would help.
type Advice string

// The advices.
const (
	SwitchHelps      Advice = "helps"
	SwitchOptional   Advice = "optional"   // something is gained; a person decides
	SwitchSending    Advice = "sending"    // move what is sent, and leave the MX records alone
	SwitchWrong      Advice = "wrong"      // nothing to gain
	SwitchImpossible Advice = "impossible" // the records cannot be changed now
	SwitchUnclear    Advice = "unclear"    // too little is known
)

// Confidence is how sure a statement is. It is empty where the health is Unknown.
type Confidence string

// The degrees of confidence. Sure: several kinds of evidence agree, or the server
// said it itself. Fair: one kind. Weak: some of it is missing or points the other way.
const (
	Weak Confidence = "weak"
	Fair Confidence = "fair"
	Sure Confidence = "sure"
)

// State is what a Detector makes of everything it was shown.
type State struct {
	At        time.Time `json:"at"`
	Line      Line      `json:"line"`
	Primary   Provider  `json:"primary"`
	Secondary Provider  `json:"secondary"`
	// Records is the domain's DNS, as its authoritative servers serve it. Its
	// direction is empty, its health too when no server is watched.
	Records Part `json:"records"`
	// Elsewhere lists other people's domains that mail of ours waits for, while
	// our provider sends to others: the fault is there.
	Elsewhere []Wait `json:"elsewhere,omitempty"`
}

// Provider returns the state of the provider in a role.
func (s State) Provider(r failover.Role) Provider {
	if r == failover.Secondary {
		return s.Secondary
	}
	return s.Primary
}

// Line is how our own line is. Degraded: some port is shut. Unknown also where
// there are no controls.
type Line struct {
	Health Health    `json:"health"`
	Since  time.Time `json:"since,omitzero"`
	// Asked and Answered count the controls of the last round that had any.
	Asked    int `json:"asked"`
	Answered int `json:"answered"`
	// Shut names the ports that controls cannot be reached on, by a service there.
	Shut []Service         `json:"shut,omitempty"`
	Say  failover.Sentence `json:"say"`
}

// Provider is the state of one provider.
type Provider struct {
	Role   failover.Role `json:"role"`
	Health Health        `json:"health"`
	// Since is since when it is so: for what is not sound, the first look that failed.
	// Zero: for as long as anybody looked.
	Since      time.Time  `json:"since,omitzero"`
	Fault      Fault      `json:"fault,omitempty"`
	Blame      Blame      `json:"blame,omitempty"`
	Switch     Advice     `json:"switch"`
	Confidence Confidence `json:"confidence,omitempty"`
	// Suspect is set while looks fail that are not yet enough to say so. It is worth
	// looking more often, and nothing else.
	Suspect bool `json:"suspect,omitempty"`
	// Say tells the state in one sentence, SayBlame whose fault it looks like,
	// SaySwitch what a switch would do; the last two may be empty.
	Say       failover.Sentence `json:"say"`
	SayBlame  failover.Sentence `json:"say_blame,omitzero"`
	SaySwitch failover.Sentence `json:"say_switch,omitzero"`
	// Notes tell what is worth knowing beside: a status page that says otherwise, a
	// recovery under way.
	Notes []failover.Sentence `json:"notes,omitempty"`
	// Parts are the directions that are watched, in the order of the constants.
	Parts  []Part       `json:"parts"`
	Status StatusReport `json:"status_page,omitzero"`
}

// Part returns the part in a direction; Health is empty where it is not watched.
func (p Provider) Part(d Direction) Part {
	for _, part := range p.Parts {
		if part.Direction == d {
			return part
		}
	}
	return Part{Direction: d}
}

// StatusReport is what the provider's status page said last.
type StatusReport struct {
	Says   Health    `json:"says,omitempty"` // Healthy, Degraded; empty when it was not read lately
	At     time.Time `json:"at,omitzero"`
	Answer string    `json:"answer,omitempty"`
}

// Part is the state of one direction.
type Part struct {
	Direction  Direction         `json:"direction,omitempty"`
	Health     Health            `json:"health"`
	Since      time.Time         `json:"since,omitzero"`
	Fault      Fault             `json:"fault,omitempty"`
	Blame      Blame             `json:"blame,omitempty"`
	Confidence Confidence        `json:"confidence,omitempty"`
	Failing    int               `json:"failing"` // hosts that fail
	Of         int               `json:"of"`      // hosts there are
	Say        failover.Sentence `json:"say"`
	Evidence   []Evidence        `json:"evidence"`
}

// Evidence is what was seen of one target.
type Evidence struct {
	Target
	Health Health    `json:"health"`
	Since  time.Time `json:"since,omitzero"` // as in Provider
	At     time.Time `json:"at,omitzero"`    // the last look that showed something
	// Looks and Failed count the looks since Since when the target is not sound,
	// and otherwise since the first that failed and is not outweighed yet.
	Looks  int     `json:"looks"`
	Failed int     `json:"failed"`
	Kinds  []Count `json:"kinds,omitempty"` // what they met with, the most frequent first
	// Answer is the exact answer of the last look that failed.
	Answer string `json:"answer,omitempty"`
	// Clean counts the sound looks in a row, of the Needed ones after which a target
	// that failed counts as recovered.
	Clean   int  `json:"clean"`
	Needed  int  `json:"needed"`
	Suspect bool `json:"suspect,omitempty"`
	// Hidden is set when it is our own line that lets nothing be seen.
	Hidden bool `json:"hidden,omitempty"`
}

// Count is how often looks ended in one way.
type Count struct {
	Stage   Stage   `json:"stage"`
	Outcome Outcome `json:"outcome"`
	Count   int     `json:"count"`
}

// Wait is one domain of somebody else's that mail of ours waits for.
type Wait struct {
	Domain string            `json:"domain"`
	Role   failover.Role     `json:"role"` // through which provider
	Since  time.Time         `json:"since"`
	Answer string            `json:"answer,omitempty"`
	Say    failover.Sentence `json:"say"`
}
