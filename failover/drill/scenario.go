package drill

import (
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// Kind is how a drill is held.
type Kind string

// The kinds, after NIST SP 800-84 sections 4 (tabletop) and 5 (functional).
const (
	// Functional plays in the built-in lab: real servers on loopback, real switches.
	Functional Kind = "functional"
	// Tabletop is talked through around a table; nothing is touched.
	Tabletop Kind = "tabletop"
	// Live switches a test subdomain of the real zone at the real DNS host.
	Live Kind = "live"
)

// Scenario is a drill as data. Its texts are English templates, translated like
// all others; a scenario of somebody's own may be in any one language.
type Scenario struct {
	Name    string   `yaml:"name" json:"name"`       // as people type it: "ex196121-2019-11-19"
	Title   string   `yaml:"title" json:"title"`     // "The MX resets every connection"
	Summary string   `yaml:"summary" json:"summary"` // one or two sentences, with what it is modelled on
	Scope   string   `yaml:"scope" json:"scope"`     // what is exercised and what is not
	Lasts   Span     `yaml:"lasts" json:"lasts"`     // about how long a tabletop of it takes
	Outage  Span     `yaml:"outage" json:"outage"`   // how long the one lasted that it is modelled on; 0 is unknown
	Kinds   []Kind   `yaml:"kinds" json:"kinds"`     // how it can be held
	World   World    `yaml:"world" json:"world"`     // the lab of a functional drill
	Goals   Goals    `yaml:"goals" json:"goals"`     // by when what should have happened
	Right   Right    `yaml:"right" json:"right"`     // how it ends when all goes right
	Script  []Act    `yaml:"script" json:"script"`   // what happens in the lab
	Injects []Inject `yaml:"injects" json:"injects"` // what people at the table hear
	// Objectives say what the drill is to show; Expected what people should do; Questions
	// are asked of everybody afterwards.
	Objectives []string `yaml:"objectives" json:"objectives"`
	Expected   []string `yaml:"expected" json:"expected"`
	Questions  []string `yaml:"questions" json:"questions"`
}

// Span is a time.Duration that is written "1m30s" in YAML and JSON.
type Span time.Duration

// World shapes the lab.
type World struct {
	TTL         Span    `yaml:"ttl" json:"ttl"`           // of the MX set; 0 is 10 s
	Interval    Span    `yaml:"interval" json:"interval"` // between two messages from outside; 0 is 300 ms
	Lag         Span    `yaml:"lag" json:"lag"`           // of the secondary name servers
	Secondaries int     `yaml:"secondaries" json:"secondaries"`
	WatchEvery  Span    `yaml:"watch_every" json:"watch_every"` // the time between two rounds of detection; 0 is 1 s
	Factor      float64 `yaml:"factor" json:"factor"`           // see lab.Options.Factor; 0 is 1
	// StatusPage is how the primary's status page behaves.
	StatusPage lab.StatusPage `yaml:"status_page" json:"status_page"`
}

// Goals are the times to be kept; a zero one is not set.
type Goals struct {
	Detect    Span `yaml:"detect" json:"detect"`         // from the fault
	Decide    Span `yaml:"decide" json:"decide"`         // from the detection
	Switch    Span `yaml:"switch" json:"switch"`         // from the yes to verified at every server
	FirstMail Span `yaml:"first_mail" json:"first_mail"` // from the fault to mail at the secondary
	Failback  Span `yaml:"failback" json:"failback"`     // from the yes to verified at home
}

// Deed is what an Act does to the lab.
type Deed string

// The deeds.
const (
	Break        Deed = "break"         // Role, Fault, Share, Hosts
	Mend         Deed = "mend"          // Role
	BreakDNS     Deed = "break_dns"     // Hosts (name servers), Fault; None mends
	BreakUpdates Deed = "break_updates" // Fault; None mends
	BreakRemote  Deed = "break_remote"  // Fault; None mends
	CutLine      Deed = "cut_line"      // the office's own line
	JoinLine     Deed = "join_line"
	SpoilMX      Deed = "spoil_mx"     // somebody of ours publishes a wrong MX record
	TryFailback  Deed = "try_failback" // somebody asks for the way back too early: it must be refused
	TurnPage     Deed = "turn_page"    // Role, Page: its status page and portals are otherwise from now on
	Finish       Deed = "finish"       // nothing more happens: let the mail run out and end
)

// Moment is something in a drill that acts may follow.
type Moment string

// The moments.
const (
	Started   Moment = "started"
	Faulted   Moment = "faulted"   // the first fault of the script began
	Detected  Moment = "detected"  // detection named what the scenario's file says is right
	Switched  Moment = "switched"  // verified at every authoritative server
	Arrived   Moment = "arrived"   // first mail at the secondary after the switch
	Announced Moment = "announced" // outsiders were told of the emergency subdomain
	Refused   Moment = "refused"   // a move was refused
	Recovered Moment = "recovered" // detection says that the primary is healthy again
	Returned  Moment = "returned"  // the way back is verified
	Home      Moment = "home"      // first mail at the primary after it was mended, and after the way back
)

// Act is one event of a functional drill.
type Act struct {
	After Moment `yaml:"after" json:"after"` // empty is Started
	Delay Span   `yaml:"delay" json:"delay"` // after that moment, in the world's time
	Do    Deed   `yaml:"do" json:"do"`

	Role  failover.Role  `yaml:"role" json:"role,omitempty"`
	Fault lab.Fault      `yaml:"fault" json:"fault,omitempty"`
	Share float64        `yaml:"share" json:"share,omitempty"`
	Hosts []string       `yaml:"hosts" json:"hosts,omitempty"`
	Page  lab.StatusPage `yaml:"page" json:"page,omitempty"`
	// Says is told as it happens; empty is a plain sentence by the deed.
	Says string `yaml:"says" json:"says,omitempty"`
}

// Inject is what reaches the people at the table.
type Inject struct {
	At   Span   `yaml:"at" json:"at"`     // from the start of the tabletop
	From string `yaml:"from" json:"from"` // "A customer, by phone"
	Says string `yaml:"says" json:"says"` // what they say
	// Expect is what a good answer does; the facilitator sees it, participants do not.
	Expect []string `yaml:"expect" json:"expect,omitempty"`
}

// Right is how a scenario must end, and what makes a drill of it pass.
type Right struct {
	// Moves are the moves to be carried out, in this order, and no others. Stay alone
	// says that nothing is to be moved. Moves that were refused do not count.
	Moves []Move `yaml:"moves" json:"moves"`
	// May are moves that are not needed and do no harm.
	May []Move `yaml:"may" json:"may,omitempty"`
	// Fault and Blame are what detection must name (words of package detect), for the
	// primary, or where Of says "records", "remote" or "line". Both empty, of the
	// primary: it must be called healthy throughout.
	Of    string `yaml:"of" json:"of,omitempty"`
	Fault string `yaml:"fault" json:"fault,omitempty"`
	Blame string `yaml:"blame" json:"blame,omitempty"`
	// Delayed allows mail that arrives late, as an outage brings with it.
	Delayed bool `yaml:"delayed" json:"delayed,omitempty"`
	// Any: what is right was not foreseen, as in an outage drawn by lot. Whatever is
	// found and moved then, the mail alone is judged.
	Any bool `yaml:"any" json:"any,omitempty"`
	// Why says why that is right.
	Why string `yaml:"why" json:"why"`
}

// What Right.Of may say; empty is OfPrimary.
const (
	OfPrimary = "primary" // the primary provider
	OfRecords = "records" // the domain's own DNS records
	OfRemote  = "remote"  // somebody else's domain
	OfLine    = "line"    // our own line
)

// Move is what an admin can do.
type Move string

// The moves.
const (
	Failover Move = "failover" // MX and send route to the secondary
	Failback Move = "failback"
	SendOnly Move = "send"     // the send route alone; the MX records stay
	Repair   Move = "repair"   // put the domain's own records right
	Announce Move = "announce" // work from the emergency subdomain and tell correspondents
	Stay     Move = "stay"     // a decision to change nothing
)
