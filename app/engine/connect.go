package engine

import (
	"context"
	"time"

	"lifeboat/failover"
)

// Side is whose connections a test tries.
type Side string

// The sides.
const (
	SidePrimary   Side = "primary"
	SideSecondary Side = "secondary"
	SideEmergency Side = "emergency" // the emergency subdomain, at the secondary
)

// Sides lists the sides, in the order in which they are shown.
func Sides() []Side { return []Side{SidePrimary, SideSecondary, SideEmergency} }

// TestInfo is a connectivity test as such.
type TestInfo struct {
	ID     string            `json:"id"` // "dns", "tls", "rcpt", ...: the name in requests and reports
	Title  failover.Sentence `json:"title"`
	Reason failover.Sentence `json:"reason"` // why it is tried
	Remedy failover.Sentence `json:"remedy"` // in general; a finding may have a more exact one
	// Limit ends the test: what has not answered by then is unknown, or has failed.
	Limit time.Duration `json:"limit"`
	// Usual is how long it takes as a rule.
	Usual time.Duration `json:"usual"`
}

// CellState is how far a test is.
type CellState string

// The states of a cell.
const (
	CellWaiting CellState = "waiting"
	CellWorking CellState = "working"
	CellDone    CellState = "done"
	CellUnused  CellState = "unused" // there is nothing of the kind at this side
)

// TestCell is one test at one side of one domain.
type TestCell struct {
	Test    string           `json:"test"`
	Domain  string           `json:"domain"` // as FQDN makes it
	Side    Side             `json:"side"`
	State   CellState        `json:"state"`
	Verdict failover.Verdict `json:"verdict,omitempty"`
	// Word is the result in two to four words: "6 of 6 addresses", "148 ms", "9 days left".
	Word failover.Sentence `json:"word,omitzero"`
	// OwnLine: the failure is owed to the line that Lifeboat sits on.
	OwnLine bool `json:"own_line,omitempty"`
	// Findings are the proof, the worst first: exact answers, and what to do.
	Findings []failover.Finding `json:"findings,omitempty"`
	At       time.Time          `json:"at,omitzero"`
	Took     time.Duration      `json:"took,omitempty"` // nanoseconds
}

// ConnectRequest asks for connectivity tests.
type ConnectRequest struct {
	Domains []string // none: all
	Tests   []string // IDs; none: all
	Sides   []Side   // none: all
	// Seed also sends seed messages and waits for them.
	Seed bool
	// Tell hears of each cell as it changes, one at a time; it may be nil.
	Tell func(TestCell)
}

// Connectivity is what connectivity tests came to.
type Connectivity struct {
	At    time.Time     `json:"at"` // when it was begun
	Took  time.Duration `json:"took"`
	Tests []TestInfo    `json:"tests"` // in the order of the table
	Cells []TestCell    `json:"cells"`
}

// ConnectTests lists the connectivity tests, in the order of the table.
func (e *Engine) ConnectTests() []TestInfo { return nil }

// Connect tries connections: those of both providers and of the emergency
// subdomain, side by side. Results are kept, see [Engine.LastConnect].
func (e *Engine) Connect(context.Context, ConnectRequest) (Connectivity, error) {
	return Connectivity{Tests: e.ConnectTests()}, nil
}

// LastConnect returns the newest result of every cell that is kept; false when
// there is none.
func (e *Engine) LastConnect(context.Context) (Connectivity, bool) { return Connectivity{}, false }
