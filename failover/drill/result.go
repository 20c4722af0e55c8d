package drill

import (
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// Result is the record of one drill: what an auditor, and the next drill, want to
// know. It is one JSON document, and all that a report is made from.
type Result struct {
	ID       string    `json:"id"` // "2026-11-19T10-42-07-ex196121-2019-11-19"
	Scenario Scenario  `json:"scenario"`
	Kind     Kind      `json:"kind"`
	Domain   string    `json:"domain"` // without a trailing dot
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended"`
	// Factor is how many times faster than life the world ran. Where it is not 1 no
	// time may be called an RTO.
	Factor     float64 `json:"factor"`
	Seed       uint64  `json:"seed,omitempty"` // of a random drill
	Unattended bool    `json:"unattended"`
	Version    string  `json:"version"` // of Lifeboat

	Facilitator  string        `json:"facilitator,omitempty"`
	Participants []Participant `json:"participants,omitempty"`

	Timeline []Entry    `json:"timeline"`
	Moves    []Decision `json:"moves"` // decisions in the order they were made
	Measures []Measure  `json:"measures"`
	Mail     lab.Totals `json:"mail"` // zero for a tabletop
	// Mirror is absent where no mail was mirrored beside the drill.
	Mirror *Mirrored `json:"mirror,omitempty"`
	// Relay is absent where the staff handed their mail to the providers themselves.
	Relay  *Relayed `json:"relay,omitempty"`
	Checks []Check  `json:"checks"`
	// Passed: every check holds.
	Passed bool `json:"passed"`

	Answers         []Answer            `json:"answers,omitempty"`
	Observations    []Observation       `json:"observations,omitempty"`
	Recommendations []failover.Sentence `json:"recommendations,omitempty"`
	Actions         []Action            `json:"actions,omitempty"`
	Targets         Targets             `json:"targets,omitzero"`
	// Cost is absent where the targets name no price.
	Cost *Cost `json:"cost,omitempty"`
	// Broke says why the drill broke off before its end; what was measured until then
	// stands.
	Broke failover.Sentence `json:"broke,omitzero"`
}

// Participant is somebody who took part.
type Participant struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"` // "decides", "help desk", in their own words
}

// EntryKind says what an Entry of the timeline is.
type EntryKind string

// The kinds of entry.
const (
	EntryFault    EntryKind = "fault"    // something broke, or was mended
	EntryInject   EntryKind = "inject"   // people were told something
	EntryFound    EntryKind = "found"    // detection changed its mind
	EntryDecision EntryKind = "decision" // somebody decided
	EntryStep     EntryKind = "step"     // Lifeboat did something
	EntryMail     EntryKind = "mail"     // a milestone of the mail: first arrival, none waits
	EntryNote     EntryKind = "note"     // written down by a person
)

// Entry is one line of the timeline.
type Entry struct {
	At    time.Time         `json:"at"`
	Since Span              `json:"since"` // the start, in the world's time
	Kind  EntryKind         `json:"kind"`
	Who   string            `json:"who,omitempty"`
	Say   failover.Sentence `json:"say"`
	// Evidence is what detection went by, with the servers' exact answers.
	Evidence []failover.Sentence `json:"evidence,omitempty"`
	// Good is false for what went wrong; empty lights are for the reader.
	Bad bool `json:"bad,omitempty"`
}

// Decision is somebody's move.
type Decision struct {
	Move  Move      `json:"move"`
	Who   string    `json:"who"`           // "Lifeboat's advice" when unattended
	Why   string    `json:"why,omitempty"` // in their own words
	At    time.Time `json:"at"`
	Since Span      `json:"since"`
	// Advice is what detection advised, where an unattended drill followed it.
	Advice failover.Sentence `json:"advice,omitzero"`
	// Refused says why it was not carried out; zero when it was.
	Refused failover.Sentence `json:"refused,omitzero"`
	// TooEarly is set for a TryFailback of the script, which ought to be refused.
	TooEarly bool `json:"too_early,omitempty"`
}

// MeasureName names a time that is measured.
type MeasureName string

// What is measured.
const (
	MeasureDetect    MeasureName = "detect"     // from the fault to its detection
	MeasureDecide    MeasureName = "decide"     // from the detection to the yes
	MeasureSwitch    MeasureName = "switch"     // from the yes until the DNS host has the change
	MeasureVerify    MeasureName = "verify"     // from the yes until every authoritative server gives it
	MeasureFirstMail MeasureName = "first_mail" // from the fault to the first mail at the secondary
	MeasureDrained   MeasureName = "drained"    // from the fault until nothing sent before the switch waits
	MeasureFailback  MeasureName = "failback"   // from the yes until the way back is verified
	MeasureHome      MeasureName = "home"       // from the moment the primary works again to the first mail there
	MeasureOldTTL    MeasureName = "old_ttl"    // no time that passed: the old records' TTL
	MeasureBehind    MeasureName = "behind"     // how far the mirror was behind when the fault came: the RPO
	MeasureFollowed  MeasureName = "followed"   // live: from the yes until every resolver watched gave the new records
)

// Measure is one measured time. Took is absent where it never came to it.
type Measure struct {
	Name MeasureName `json:"name"`
	Took *Span       `json:"took,omitempty"` // in the world's time; real time at factor 1
	Goal Span        `json:"goal,omitempty"`
	// Met is absent where there is no goal, or no time.
	Met *bool `json:"met,omitempty"`
}

// Took returns a measured time of the drill, and whether it came to it.
func (r *Result) Took(name MeasureName) (Span, bool) { return took(r.Measures, name) }

func took(all []Measure, name MeasureName) (Span, bool) {
	for _, m := range all {
		if m.Name == name && m.Took != nil {
			return *m.Took, true
		}
	}
	return 0, false
}

// Check is one thing that had to be so.
type Check struct {
	Say failover.Sentence `json:"say"`
	OK  bool              `json:"ok"`
}

// Answer is what somebody answered to an evaluation question.
type Answer struct {
	Question string `json:"question"`
	Who      string `json:"who,omitempty"`
	Text     string `json:"text"`
	Score    int    `json:"score,omitempty"` // 1 poor to 5 good; 0 not graded
}

// Observation is what somebody noticed.
type Observation struct {
	Who  string    `json:"who,omitempty"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
	Good bool      `json:"good"` // a strength; else something to be better at
}

// Action is something to be done after the drill.
type Action struct {
	What  string `json:"what"`
	Owner string `json:"owner"`
	Due   string `json:"due"` // 2006-01-02
}

// Targets are what the organisation has set itself (ISO 22301 section 8.2.2), and
// what no mail costs it.
type Targets struct {
	RTO Span `yaml:"rto" json:"rto,omitempty"` // mail works again
	RPO Span `yaml:"rpo" json:"rpo,omitempty"` // how much recent mail may be out of reach
	// MTPD is the maximum tolerable period of disruption.
	MTPD Span `yaml:"mtpd" json:"mtpd,omitempty"`
	// CostPerHour of no mail, SecondaryPerYear of the second provider, both in Currency.
	CostPerHour      float64 `yaml:"cost_per_hour" json:"cost_per_hour,omitempty"`
	SecondaryPerYear float64 `yaml:"secondary_per_year" json:"secondary_per_year,omitempty"`
	Currency         string  `yaml:"currency" json:"currency,omitempty"` // ISO 4217
}
