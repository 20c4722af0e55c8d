package drill

import (
	"slices"
	"sync"
	"time"

	"lifeboat/failover"
)

// TableOptions shape a tabletop.
type TableOptions struct {
	ID           string // see NewID; empty is made from the time of Start
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
type Table struct {
	opt TableOptions

	mu      sync.Mutex
	started time.Time
	ended   time.Time
	paused  bool
	last    time.Time     // up to when elapsed was counted
	elapsed time.Duration // since the start, without pauses
	skipped time.Duration // by how much Next has brought the rest forward

	given        []Given
	answered     []bool // by inject: a decision or a note
	decisions    []Decision
	observations []Observation
	answers      []Answer
	actions      []Action
	timeline     []Entry
	result       *Result
}

// Given is an inject as the table heard it.
type Given struct {
	At    time.Time
	Since Span
	From  failover.Sentence
	Says  failover.Sentence
}

// NewTable lays a table. A scenario that is not for tabletops is failover.ErrInvalid.
func NewTable(opt TableOptions) (*Table, error) {
	if !slices.Contains(opt.Scenario.Kinds, Tabletop) || len(opt.Scenario.Injects) == 0 || opt.Now == nil {
		return nil, failover.Fail(failover.ErrInvalid, `The scenario "{name}" cannot be talked through: it has no injects.`, "name", opt.Scenario.Name)
	}
	return &Table{opt: opt}, nil
}

// Start lets the clock run, and gives what comes at its very start.
func (t *Table) Start() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.started.IsZero() {
		return
	}
	now := t.opt.Now()
	t.begin(now)
	t.advance(now)
}

func (t *Table) begin(now time.Time) {
	t.started, t.last = now, now
	if t.opt.ID == "" {
		t.opt.ID = NewID(now, t.opt.Scenario.Name)
	}
	t.tell(now, Entry{Kind: EntryNote, Who: t.opt.Facilitator, Say: failover.Say("The tabletop begins. Nothing is touched.")})
}

// Pause stops the clock.
func (t *Table) Pause() { t.hold(true, failover.Say("Pause.")) }

// Resume lets the clock run on after Pause.
func (t *Table) Resume() { t.hold(false, failover.Say("It goes on.")) }

func (t *Table) hold(paused bool, say failover.Sentence) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over() || t.paused == paused {
		return
	}
	now := t.opt.Now()
	t.advance(now)
	t.paused = paused
	t.tell(now, Entry{Kind: EntryNote, Say: say})
}

// Next gives the next inject at once, also during a pause; those after it keep their
// distance. It reports whether there was one.
func (t *Table) Next() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over() {
		return false
	}
	now := t.opt.Now()
	t.advance(now)
	if len(t.given) == len(t.opt.Scenario.Injects) {
		return false
	}
	t.skipped += t.due() - t.elapsed
	t.give(now)
	return true
}

// Tick turns the clock to now and returns the injects that have become due by it.
func (t *Table) Tick(now time.Time) []Inject {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over() {
		return nil
	}
	return t.advance(now)
}

// over reports whether the table is not at work: not begun, or ended.
func (t *Table) over() bool { return t.started.IsZero() || !t.ended.IsZero() }

// due is when the next inject comes, on the table's clock.
func (t *Table) due() time.Duration {
	return time.Duration(t.opt.Scenario.Injects[len(t.given)].At) - t.skipped
}

// advance counts the time until now, unless the clock stands, and gives what is due.
// A clock that was put back counts nothing.
func (t *Table) advance(now time.Time) []Inject {
	if passed := now.Sub(t.last); passed > 0 && !t.paused {
		t.elapsed += passed
	}
	t.last = now
	var out []Inject
	for len(t.given) < len(t.opt.Scenario.Injects) && t.due() <= t.elapsed {
		out = append(out, t.give(now))
	}
	return out
}

func (t *Table) give(now time.Time) Inject {
	in := t.opt.Scenario.Injects[len(t.given)]
	g := Given{At: now, Since: Span(t.elapsed), From: failover.Sentence{Template: in.From}, Says: failover.Sentence{Template: in.Says}}
	t.given = append(t.given, g)
	t.answered = append(t.answered, false)
	t.tell(now, Entry{Kind: EntryInject, Who: in.From, Say: g.Says})
	return in
}

func (t *Table) tell(now time.Time, e Entry) {
	e.At, e.Since = now, Span(t.elapsed.Round(time.Second))
	t.timeline = append(t.timeline, e)
}

// Decide records a decision, which answers the current inject. Before Start and
// after End nothing is recorded.
func (t *Table) Decide(m Move, who, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over() {
		return
	}
	now := t.opt.Now()
	t.advance(now)
	t.decisions = append(t.decisions, Decision{Move: m, Who: who, Why: why, At: now, Since: Span(t.elapsed.Round(time.Second))})
	t.tell(now, Entry{Kind: EntryDecision, Who: who, Say: decided(m, why)})
	t.answer()
}

// decided tells a decision at the table.
func decided(m Move, why string) failover.Sentence {
	what := failover.Say(`Decision: "{move}".`, "move", m)
	if why != "" {
		what = failover.Say(`Decision: "{move}", because: {why}`, "move", m, "why", why)
	}
	return what
}

// Note records what somebody noticed or said, which answers the current inject. It
// may come after End too, and is in the record of a later End then.
func (t *Table) Note(o Observation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.started.IsZero() {
		return
	}
	now := t.opt.Now()
	if o.At.IsZero() {
		o.At = now
	}
	t.observations = append(t.observations, o)
	if t.over() {
		return
	}
	t.advance(now)
	t.tell(now, Entry{Kind: EntryNote, Who: o.Who, Say: failover.Say("{text}", "text", o.Text), Bad: !o.Good})
	t.answer()
}

// answer notes that the current inject has got an answer.
func (t *Table) answer() {
	if n := len(t.answered); n > 0 {
		t.answered[n-1] = true
	}
}

// Answer records the answer to an evaluation question, in place of an earlier one of
// the same person to the same question.
func (t *Table) Answer(a Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers = slices.DeleteFunc(t.answers, func(b Answer) bool { return b.Question == a.Question && b.Who == a.Who })
	t.answers = append(t.answers, a)
}

// AddAction records something to be done.
func (t *Table) AddAction(a Action) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.actions = append(t.actions, a)
}

// End ends the tabletop and returns its record. Answers, notes and actions that are
// added later are in the record of a later End.
func (t *Table) End() Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.opt.Now(); t.ended.IsZero() {
		if t.started.IsZero() {
			t.begin(now)
		}
		t.advance(now)
		t.ended = now
		t.tell(now, Entry{Kind: EntryNote, Who: t.opt.Facilitator, Say: failover.Say("The tabletop ends.")})
	}
	r := t.record()
	t.result = &r
	return r
}
