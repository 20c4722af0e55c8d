package drill

import (
	"time"

	"lifeboat/failover"
)

// TableOptions shape a tabletop.
type TableOptions struct {
	ID           string // see NewID
	Scenario     Scenario
	Participants []Participant
	Facilitator  string
	Domain       string // without a trailing dot
	Version      string
	Targets      Targets
	// Now is the wall clock.
	Now func() time.Time
}

// Table is a tabletop under way. It touches nothing and runs nothing: its clock
// goes on with Tick. Its methods may be called from several goroutines.
type Table struct{ opt TableOptions }

// NewTable lays a table. A scenario that is not for tabletops is failover.ErrInvalid.
func NewTable(opt TableOptions) (*Table, error) { return &Table{opt: opt}, nil }

// Start lets the clock run.
func (t *Table) Start() {}

// Pause stops the clock, Resume lets it run on.
func (t *Table) Pause() {}

// Resume lets the clock run on after Pause.
func (t *Table) Resume() {}

// Next gives the next inject at once; those after it keep their distance. It reports
// whether there was one.
func (t *Table) Next() bool { return false }

// Tick turns the clock to now and returns the injects that are due by it.
func (t *Table) Tick(now time.Time) []Inject { return nil }

// Decide records a decision as the answer to the inject before.
func (t *Table) Decide(m Move, who, why string) {}

// Note records what somebody noticed.
func (t *Table) Note(o Observation) {}

// Answer records the answer to an evaluation question, in place of one of the same
// person to the same question.
func (t *Table) Answer(a Answer) {}

// AddAction records something to be done.
func (t *Table) AddAction(a Action) {}

// End ends the tabletop and returns its record. Answers and actions that are added
// later are in the record of a later End.
func (t *Table) End() Result { return Result{} }

// TableView is what the facilitator sees.
type TableView struct {
	ParticipantsView
	// Expect is what a good answer to the current inject does.
	Expect []string
	// Ahead are the injects still to come.
	Ahead []Ahead
	// Expected, Right are the scenario's expected actions and what would be right.
	Expected []string
	Right    Right
	Answers  []Answer
	// Unanswered are the injects (from 0) that got neither a decision nor a note yet.
	Unanswered []int
	Result     *Result // when it has ended
}

// ParticipantsView is what everybody at the table may see: nothing of what is
// expected, nothing of what is still to come.
type ParticipantsView struct {
	Title        string
	Domain       string
	Since        Span // the start, without pauses
	Running      bool // started, and neither paused nor ended
	Paused       bool
	Ended        bool
	Participants []Participant
	// Given are the injects so far, without what is expected; the last is current.
	Given        []Given
	Decisions    []Decision
	Observations []Observation
	Actions      []Action
	Timeline     []Entry
	// Questions are the evaluation questions, once it has ended.
	Questions []string
}

// Given is an inject as the table heard it.
type Given struct {
	At    time.Time
	Since Span
	From  failover.Sentence
	Says  failover.Sentence
}

// Snapshot returns what the facilitator sees now.
func (t *Table) Snapshot() TableView { return TableView{} }

// ParticipantsView returns what everybody at the table may see now.
func (t *Table) ParticipantsView() ParticipantsView { return ParticipantsView{} }
