package failover

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Kind is what a plan is for.
type Kind string

// The kinds of plan. Prepare is for calm times: it publishes what a later
// failover needs (emergency subdomain, SPF, DKIM selectors). SendRoute moves the
// provider that mail leaves through, and changes no record. Rollback takes a run
// back to what was there before it.
const (
	Failover  Kind = "failover"
	Failback  Kind = "failback"
	Prepare   Kind = "prepare"
	SendRoute Kind = "route"
	Rollback  Kind = "rollback"
)

// Target returns the provider that has to receive mail once the plan is
// applied, for a failover or a failback.
func (k Kind) Target() Role {
	if k == Failback {
		return Primary
	}
	return Secondary
}

// Step is the change of one record set. Undoing it is the same step with Before
// and After exchanged ([Step.Inverse]).
type Step struct {
	ID     string   `json:"id"`     // unique in the plan: "1", "2", ...
	Domain string   `json:"domain"` // the mail domain it serves, as FQDN makes it
	Zone   string   `json:"zone"`   // the zone that holds the set
	Host   string   `json:"host"`   // the DNS host's name in the settings
	Before RRset    `json:"before"`
	After  RRset    `json:"after"`
	Reason Sentence `json:"reason"`
	// OwnTTL: the DNS host gives records a TTL of its own choice, so TTLs are not
	// compared.
	OwnTTL bool `json:"own_ttl,omitempty"`
	// Late, in a rollback: a request of the run that is taken back had no answer, and
	// nothing at the host keeps it from being carried out yet.
	Late bool `json:"late,omitempty"`
}

// IsBefore reports whether a set is as the step found it.
func (s Step) IsBefore(live RRset) bool { return s.same(live, s.Before) }

// IsAfter reports whether a set is as the step wants it.
func (s Step) IsAfter(live RRset) bool { return s.same(live, s.After) }

// AnyTTL reports whether a set with the right records is as the step wants it
// whatever its TTL. It is, unless the TTL is all that the step changes: hosts bend
// TTLs to bounds of their own without a word, and mail goes where the records lead.
func (s Step) AnyTTL() bool { return s.OwnTTL || !s.Before.SameValues(s.After) }

func (s Step) same(a, b RRset) bool {
	if s.AnyTTL() {
		return a.SameValues(b)
	}
	return a.Equal(b)
}

// Inverse returns the step that undoes this one.
func (s Step) Inverse() Step {
	s.Before, s.After, s.Late = s.After, s.Before, false
	return s
}

// RouteStep moves a domain's send route: the provider that mail from its users leaves
// through. It needs no DNS; whoever sends mail on takes it up at once. Undoing it is
// the same step with Before and After exchanged ([RouteStep.Inverse]).
type RouteStep struct {
	ID     string   `json:"id"`     // unique in the plan, among record steps too: "r1", "r2", ...
	Domain string   `json:"domain"` // as FQDN makes it
	Before Role     `json:"before"`
	After  Role     `json:"after"`
	Reason Sentence `json:"reason"`
}

// Last reports whether the step waits for the record steps of its domain. To the
// secondary a route moves first: the primary is in trouble, and what staff write has
// no need to wait for a DNS host, or for the person who types at its console. Home it
// moves last. Nothing presses there, since the secondary takes mail well; so a way back
// that stops at the DNS host has changed nothing at all, and mail among colleagues, which
// a provider delivers to itself, is never put at one provider while everybody else's is
// still led to the other.
func (s RouteStep) Last() bool { return s.After == Primary }

// Inverse returns the step that undoes this one.
func (s RouteStep) Inverse() RouteStep {
	s.Before, s.After = s.After, s.Before
	return s
}

// PlanVersion is the version of the plan's file form that this program writes.
// Version 1 had no route steps; it is read as it was.
const PlanVersion = 2

// Plan is what is to be changed, as plain data.
type Plan struct {
	Version int       `json:"version"`
	ID      string    `json:"id"`
	Kind    Kind      `json:"kind"`
	Created time.Time `json:"created"`
	Author  string    `json:"author"` // who made it: user@machine
	Domains []string  `json:"domains"`
	// Routes are moved as RouteStep.Last says, before or after the records of Steps.
	Routes []RouteStep `json:"routes,omitempty"`
	Steps  []Step      `json:"steps"`
	Notes  []Noted     `json:"notes,omitempty"`
	// Reverts is the run that a rollback takes back.
	Reverts string `json:"reverts,omitempty"`
	// Hash is over all the rest; see Seal.
	Hash string `json:"hash"`
}

// Empty reports whether the plan changes nothing: everything is as wanted already.
func (p Plan) Empty() bool { return len(p.Steps) == 0 && len(p.Routes) == 0 }

// Noted is a remark on a plan that does not stop it.
type Noted struct {
	Domain string   `json:"domain"`
	Say    Sentence `json:"say"`
}

// Seal sets the plan's hash: SHA-256, in hexadecimal, over the plan's JSON form
// with an empty hash.
func (p *Plan) Seal() error {
	h, err := p.digest()
	p.Hash = h
	return err
}

// Intact reports whether the plan is as it was when it was sealed.
func (p Plan) Intact() bool {
	h, err := p.digest()
	return err == nil && p.Hash == h
}

func (p Plan) digest() (string, error) {
	p.Hash = ""
	b, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	// Octets that are no UTF-8 are written as an escape, and come back as the
	// character itself: both must give one hash.
	b = bytes.ReplaceAll(b, []byte(`\ufffd`), []byte("\uFFFD"))
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// StepState is how far a step has come. The order is that of the journal.
type StepState string

// The states of a step. Each is in the journal, fsynced, before the next begins.
const (
	Pending  StepState = "pending"
	Intent   StepState = "intent"   // about to be sent
	Sent     StepState = "sent"     // on its way; the host may have it
	Ack      StepState = "ack"      // the host says it is done
	Verified StepState = "verified" // the authoritative servers give it
)

// Made reports whether the host has confirmed the step.
func (s StepState) Made() bool { return s == Ack || s == Verified }

// Reached reports whether the host may have been asked to make the step.
func (s StepState) Reached() bool { return s == Sent || s.Made() }

// StepOutcome is what became of one step.
type StepOutcome struct {
	Step  Step      `json:"step"`
	State StepState `json:"state"`
	// View is what the authoritative servers gave when last asked.
	View View `json:"view"`
	// Unverified names the addresses that do not give the new set yet.
	Unverified []Answer `json:"unverified,omitempty"`
	// OldUntil is when the last old answer given out expires from caches. While
	// a server is silent, or could not be asked, it is counted as giving the old
	// set, and this is the earliest such moment, not a promise.
	OldUntil time.Time `json:"old_until,omitzero"`
	Open     bool      `json:"old_until_open,omitempty"` // a silent server keeps OldUntil open
	Problem  Sentence  `json:"problem,omitzero"`
}

// RouteOutcome is what became of one route step. It is Pending, Intent or Ack; there is
// nothing to verify.
type RouteOutcome struct {
	Step    RouteStep `json:"step"`
	State   StepState `json:"state"`
	Problem Sentence  `json:"problem,omitzero"`
}

// Outcome is what a run did.
type Outcome struct {
	Operation string    `json:"operation"`
	Plan      Plan      `json:"plan"`
	Resumed   bool      `json:"resumed,omitempty"`
	Done      bool      `json:"done"`
	Changes   int       `json:"changes"` // requests that changed a record
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended,omitzero"`
	// Moved is how many send routes were moved.
	Moved  int            `json:"routes_moved,omitempty"`
	Routes []RouteOutcome `json:"routes,omitempty"`
	Steps  []StepOutcome  `json:"steps"`
}

// Difference is the three ways a record set is seen when somebody else has
// changed it: what the plan found, what it wants, and what is there.
type Difference struct {
	Before RRset `json:"before"`
	After  RRset `json:"after"`
	Live   RRset `json:"live"`
}
