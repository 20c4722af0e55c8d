package drill

import (
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
)

// record makes the result of a tabletop.
func (t *Table) record() Result {
	s := t.opt.Scenario
	r := Result{
		ID: t.opt.ID, Scenario: s, Kind: Tabletop, Domain: t.opt.Domain, Started: t.started, Ended: t.ended, Factor: 1,
		Version: t.opt.Version, Facilitator: t.opt.Facilitator, Participants: slices.Clone(t.opt.Participants),
		Timeline: slices.Clone(t.timeline), Moves: slices.Clone(t.decisions), Answers: slices.Clone(t.answers),
		Observations: slices.Clone(t.observations), Actions: slices.Clone(t.actions), Targets: t.opt.Targets,
	}
	r.Checks = t.checks()
	r.Passed = !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.OK })
	r.Recommendations = t.recommend()
	r.Cost = costOf(t.opt.Targets, s, nil, 1)
	return r
}

// checks are what must hold of a tabletop: that it was held. Whether it went well is
// in the answers and the observations, and no program can tell.
func (t *Table) checks() []Check {
	injects, answered := len(t.opt.Scenario.Injects), 0
	for _, is := range t.answered {
		if is {
			answered++
		}
	}
	questions, open := len(t.opt.Scenario.Questions), len(t.unansweredQuestions())
	return []Check{
		{failover.Say("Injects given: {count} of {all}.", "count", len(t.given), "all", injects), len(t.given) == injects},
		{failover.Say("Injects that were answered by a decision or a note: {count} of {all}.", "count", answered, "all", injects), answered == injects},
		{failover.Say("Evaluation questions that were answered: {count} of {all}.", "count", questions-open, "all", questions), open == 0},
		{failover.Say("Those who took part are named: {count}.", "count", len(t.opt.Participants)), len(t.opt.Participants) > 0},
	}
}

func (t *Table) unansweredQuestions() []string {
	return slices.DeleteFunc(slices.Clone(t.opt.Scenario.Questions), func(q string) bool {
		return slices.ContainsFunc(t.answers, func(a Answer) bool { return a.Question == q && strings.TrimSpace(a.Text) != "" })
	})
}

// slowAnswer is when a first decision comes late.
const slowAnswer = Span(10 * time.Minute)

// recommend draws from what was recorded what ought to be better next time.
func (t *Table) recommend() []failover.Sentence {
	var out []failover.Sentence
	say := func(s failover.Sentence) { out = append(out, s) }
	t.aboutDecisions(say)
	if n := t.unansweredQuestions(); len(n) > 0 {
		say(failover.Say("Questions without an answer: {count}. Answer them before the record is filed; that is what the drill was for.", "count", len(n)))
	}
	for _, a := range t.answers {
		if a.Score == 1 || a.Score == 2 {
			say(failover.Say("An answer was graded {score} of 5; name an action with an owner and a date for the question that follows.", "score", a.Score))
			say(failover.Sentence{Template: a.Question})
		}
	}
	open := 0
	for _, a := range t.actions {
		if a.Owner == "" || a.Due == "" {
			open++
		}
	}
	switch {
	case len(t.actions) == 0:
		say(failover.Say("No action was named. Name at least one, with an owner and a date: a drill that changes nothing was an hour of talk."))
	case open > 0:
		say(failover.Say("Actions without an owner or a date: {count}. They will not be done.", "count", open))
	}
	if slices.Contains(t.opt.Scenario.Kinds, Functional) {
		say(failover.Say("Hold the same scenario as a functional drill: then its times are measured and not estimated."))
	}
	return out
}

// aboutDecisions compares what was decided with what would have been right.
func (t *Table) aboutDecisions(say func(failover.Sentence)) {
	right := t.opt.Scenario.Right
	var made []Move
	for _, d := range t.decisions {
		if d.Move != Stay && !slices.Contains(right.May, d.Move) && (len(made) == 0 || made[len(made)-1] != d.Move) {
			made = append(made, d.Move)
		}
	}
	want := slices.DeleteFunc(slices.Clone(right.Moves), func(m Move) bool { return m == Stay })
	if !slices.Equal(made, want) {
		say(failover.Say("The table decided: {moves}. Right would have been: {right}. Talk it through with what follows in mind.", "moves", list(made), "right", list(want)))
		say(failover.Sentence{Template: right.Why})
	}
	if len(t.decisions) == 0 {
		say(failover.Say("Nobody decided anything. Name the person who decides, and a deputy, on the run card."))
		return
	}
	if first := t.decisions[0]; first.Since > slowAnswer {
		say(failover.Say("The first decision came after {time}. Agree beforehand who may decide without asking, and write it on the run card.", "time", first.Since))
	}
	for _, d := range t.decisions {
		if d.Who == "" {
			say(failover.Say("A decision has no name to it. In an outage somebody must be able to say who decided."))
			return
		}
	}
}

// TableView is what the facilitator sees, the title and the questions at all times.
type TableView struct {
	ParticipantsView
	// Expect is what a good answer to the current inject does.
	Expect []string
	// Ahead are the injects still to come; At is when, on the table's clock.
	Ahead []Ahead
	// Expected and Right are the scenario's expected actions and what would be right.
	Expected []string
	Right    Right
	Answers  []Answer
	// Unanswered are the injects given (from 0) that got neither a decision nor a note
	// yet.
	Unanswered []int
	Result     *Result // when it has ended
}

// ParticipantsView is what everybody at the table may see: nothing of what is
// expected, nothing of what is still to come.
type ParticipantsView struct {
	// Title gives the scenario away, so it is empty until the end.
	Title        string
	Domain       string
	Since        Span // the start, without pauses
	Running      bool // started, and neither paused nor ended
	Paused       bool
	Ended        bool
	Facilitator  string
	Participants []Participant
	// Given are the injects so far, without what is expected; the last is current.
	Given        []Given
	Decisions    []Decision
	Observations []Observation
	Actions      []Action
	Timeline     []Entry
	// Questions are the evaluation questions, empty until the end.
	Questions []string
}

// Snapshot returns what the facilitator sees now.
func (t *Table) Snapshot() TableView {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.opt.Scenario
	v := TableView{ParticipantsView: t.view(), Expected: slices.Clone(s.Expected), Right: s.Right, Answers: slices.Clone(t.answers), Result: t.result}
	v.Title, v.Questions = s.Title, slices.Clone(s.Questions)
	if n := len(t.given); n > 0 {
		v.Expect = slices.Clone(s.Injects[n-1].Expect)
	}
	for _, in := range s.Injects[len(t.given):] {
		v.Ahead = append(v.Ahead, Ahead{At: in.At - Span(t.skipped), Say: failover.Sentence{Template: in.Says}})
	}
	for i, is := range t.answered {
		if !is {
			v.Unanswered = append(v.Unanswered, i)
		}
	}
	return v
}

// ParticipantsView returns what everybody at the table may see now.
func (t *Table) ParticipantsView() ParticipantsView {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.view()
}

func (t *Table) view() ParticipantsView {
	v := ParticipantsView{
		Domain: t.opt.Domain, Since: Span(t.elapsed.Round(time.Second)), Running: !t.over() && !t.paused,
		Paused: t.paused, Ended: !t.ended.IsZero(), Facilitator: t.opt.Facilitator, Participants: slices.Clone(t.opt.Participants),
		Given: slices.Clone(t.given), Decisions: slices.Clone(t.decisions), Observations: slices.Clone(t.observations),
		Actions: slices.Clone(t.actions), Timeline: slices.Clone(t.timeline),
	}
	if v.Ended {
		v.Title, v.Questions = t.opt.Scenario.Title, slices.Clone(t.opt.Scenario.Questions)
	}
	return v
}
