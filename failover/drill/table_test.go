package drill_test

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
)

var ten = time.Date(2026, 11, 19, 10, 0, 0, 0, time.UTC)

// table is a tabletop whose clock the test turns.
type table struct {
	*drill.Table
	mu  sync.Mutex
	now time.Time
}

func (t *table) clock() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

// pass turns the clock and returns who spoke.
func (t *table) pass(d time.Duration) []string {
	t.mu.Lock()
	t.now = t.now.Add(d)
	now := t.now
	t.mu.Unlock()
	var from []string
	for _, in := range t.Tick(now) {
		from = append(from, in.From)
	}
	return from
}

const talk = `name: talk
title: A secret title
summary: What happens.
scope: All of it.
lasts: 30m
kinds: [tabletop]
objectives: [Learn]
expected: [Act well]
questions: ["Who?", "When?"]
right: {moves: [failover], why: It is down.}
injects:
  - {at: 0s, from: Anna, says: One, expect: [Look]}
  - {at: 5m, from: Ben, says: Two, expect: [Decide]}
  - {at: 10m, from: Chris, says: Three, expect: [Tell]}
  - {at: 20m, from: Dora, says: Four}
`

func lay(t *testing.T) *table {
	t.Helper()
	s, err := drill.Parse([]byte(talk), "talk.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := &table{now: ten}
	out.Table, err = drill.NewTable(drill.TableOptions{
		Scenario: s, Facilitator: "Mori", Participants: []drill.Participant{{Name: "Sato", Role: "decides"}}, Domain: "example.test", Now: out.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTableTellsInjectsInTime(t *testing.T) {
	o := lay(t)
	if got := o.pass(time.Hour); got != nil {
		t.Errorf("before the start came %q", got)
	}
	o.Start()
	o.Start() // once is enough
	if v := o.Snapshot(); len(v.Given) != 1 || v.Given[0].From.String() != "Anna" || !v.Running || v.Since != 0 {
		t.Errorf("%+v", v)
	}
	if got := o.pass(4 * time.Minute); got != nil {
		t.Errorf("too early: %q", got)
	}
	if got := o.pass(time.Minute); !slices.Equal(got, []string{"Ben"}) {
		t.Errorf("after five minutes: %q", got)
	}
	// The clock stands during a pause, and nothing comes.
	o.Pause()
	o.Pause()
	if got := o.pass(time.Hour); got != nil || o.Snapshot().Since != drill.Span(5*time.Minute) || !o.Snapshot().Paused {
		t.Errorf("during a pause: %q, %v", got, o.Snapshot().Since)
	}
	o.Resume()
	if got := o.pass(4 * time.Minute); got != nil {
		t.Errorf("too early after the pause: %q", got)
	}
	// The next one at once; the one after it keeps its distance of ten minutes.
	if !o.Next() || len(o.Snapshot().Given) != 3 {
		t.Error("the next one does not come")
	}
	if got := o.pass(10*time.Minute - time.Second); got != nil {
		t.Errorf("too early after the one before: %q", got)
	}
	if got := o.pass(time.Second); !slices.Equal(got, []string{"Dora"}) {
		t.Errorf("ten minutes after it: %q", got)
	}
	if o.Next() {
		t.Error("there is one more after the last")
	}
	// A machine's clock that is put back takes nothing away.
	if o.pass(-time.Hour); o.Snapshot().Since != drill.Span(19*time.Minute) {
		t.Errorf("since %v", o.Snapshot().Since)
	}
	o.pass(time.Minute)
	if got := o.Snapshot().Since; got != drill.Span(20*time.Minute) {
		t.Errorf("since %v", got)
	}
}

func TestTableCatchesUp(t *testing.T) {
	o := lay(t)
	o.Start()
	if got := o.pass(time.Hour); !slices.Equal(got, []string{"Ben", "Chris", "Dora"}) {
		t.Errorf("%q", got)
	}
}

func TestTableRecord(t *testing.T) {
	o := lay(t)
	o.Start()
	o.pass(2 * time.Minute)
	o.Decide(drill.Stay, "Sato", "we look first")
	o.pass(4 * time.Minute)
	o.Decide(drill.Failover, "Sato", "")
	o.pass(4 * time.Minute)
	o.Note(drill.Observation{Who: "Mori", Text: "nobody knew the number", Good: false})
	o.pass(10 * time.Minute)
	o.Note(drill.Observation{Text: "calm"})
	o.Answer(drill.Answer{Question: "Who?", Who: "Sato", Text: "me"})
	o.Answer(drill.Answer{Question: "Who?", Who: "Sato", Text: "I, or Ben", Score: 4})
	if r := o.End(); r.Passed {
		t.Error("it passes with a question open")
	}
	// What is written down afterwards is in the record too.
	o.pass(time.Hour)
	o.Answer(drill.Answer{Question: "When?", Text: "late", Score: 2})
	o.AddAction(drill.Action{What: "Print the numbers", Owner: "Ben"})
	o.Decide(drill.Failback, "Late", "after the end")
	r := o.End()
	if !r.Passed || r.Kind != drill.Tabletop || r.ID != "2026-11-19T10-00-00-talk" || !r.Started.Equal(ten) || !r.Ended.Equal(ten.Add(20*time.Minute)) {
		t.Errorf("%+v", r)
	}
	if len(r.Moves) != 2 || r.Moves[1].Move != drill.Failover || r.Moves[1].Who != "Sato" || r.Moves[1].Since != drill.Span(6*time.Minute) {
		t.Errorf("%+v", r.Moves)
	}
	if len(r.Answers) != 2 || r.Answers[0].Text != "I, or Ben" || len(r.Observations) != 2 || r.Mail.Sent != 0 {
		t.Errorf("%+v", r)
	}
	want := []string{
		"note The tabletop begins. Nothing is touched.", "inject One", `decision Decision: "stay", because: we look first`, "inject Two",
		`decision Decision: "failover".`, "inject Three", "note nobody knew the number", "inject Four", "note calm", "note The tabletop ends.",
	}
	var got []string
	for _, e := range r.Timeline {
		got = append(got, string(e.Kind)+" "+e.Say.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	var says []string
	for _, s := range r.Recommendations {
		says = append(says, s.String())
	}
	if !slices.Equal(says, []string{
		"An answer was graded 2 of 5; name an action with an owner and a date for the question that follows.", "When?",
		"Actions without an owner or a date: 1. They will not be done.",
	}) {
		t.Errorf("%q", says)
	}
}

func TestTableChecks(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(*table)
		want []bool // injects given, answered, questions answered, participants named
	}{
		"nothing done":          {func(*table) {}, []bool{false, false, false, true}},
		"never begun":           {func(o *table) { o.End() }, []bool{false, false, false, true}},
		"one inject unanswered": {func(o *table) { play(o, 2) }, []bool{true, false, true, true}},
		"all":                   {func(o *table) { play(o, -1) }, []bool{true, true, true, true}},
		"an empty answer": {func(o *table) { play(o, -1); o.Answer(drill.Answer{Question: "Who?", Text: " "}) },
			[]bool{true, true, false, true}},
	} {
		o := lay(t)
		if name != "never begun" {
			o.Start()
		}
		c.act(o)
		var got []bool
		r := o.End()
		for _, check := range r.Checks {
			got = append(got, check.OK)
		}
		if !slices.Equal(got, c.want) || r.Passed != !slices.Contains(c.want, false) {
			t.Errorf("%s: %v, passed %v", name, got, r.Passed)
		}
	}
}

// play answers every inject but one, and every question.
func play(o *table, but int) {
	for i := range 4 {
		if i > 0 {
			o.Next()
		}
		if i != but {
			o.Decide(drill.Failover, "Sato", "")
		}
	}
	o.Answer(drill.Answer{Question: "Who?", Text: "I"})
	o.Answer(drill.Answer{Question: "When?", Text: "now"})
}

func TestTableRecommends(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(*table)
		says string
	}{
		"nobody decided":  {func(o *table) { o.Note(drill.Observation{Text: "hm"}) }, "Nobody decided anything."},
		"wrong decision":  {func(o *table) { o.Decide(drill.Repair, "Sato", "") }, "The table decided: repair. Right would have been: failover."},
		"late decision":   {func(o *table) { o.pass(11 * time.Minute); o.Decide(drill.Failover, "Sato", "") }, "The first decision came after 11m."},
		"nameless":        {func(o *table) { o.Decide(drill.Failover, "", "") }, "A decision has no name to it."},
		"questions":       {func(*table) {}, "Questions without an answer: 2."},
		"no action named": {func(*table) {}, "No action was named."},
	} {
		o := lay(t)
		o.Start()
		c.act(o)
		if r := o.End(); !slices.ContainsFunc(r.Recommendations, func(s failover.Sentence) bool { return strings.HasPrefix(s.String(), c.says) }) {
			t.Errorf("%s: %v", name, r.Recommendations)
		}
	}
}

// Nothing that the participants may see tells what is expected, what is still to
// come, or what all this is about.
func TestParticipantsViewGivesNothingAway(t *testing.T) {
	o := lay(t)
	o.Start()
	o.pass(6 * time.Minute)
	o.Decide(drill.Stay, "Sato", "")
	var texts []string
	collect(reflect.ValueOf(o.ParticipantsView()), &texts)
	seen := strings.Join(texts, "\n")
	for _, secret := range []string{"A secret title", "Three", "Four", "Chris", "Dora", "Look", "Decide", "Act well", "Who?", "talk", "It is down."} {
		if strings.Contains(seen, secret) {
			t.Errorf("participants see %q", secret)
		}
	}
	for _, plain := range []string{"One", "Two", "Ben", "Sato", "Mori"} {
		if !strings.Contains(seen, plain) {
			t.Errorf("participants do not see %q", plain)
		}
	}
	v := o.Snapshot()
	if v.Title != "A secret title" || !slices.Equal(v.Expect, []string{"Decide"}) || len(v.Ahead) != 2 || v.Ahead[0].At != drill.Span(10*time.Minute) ||
		!slices.Equal(v.Unanswered, []int{0}) || len(v.Questions) != 2 || v.Right.Moves[0] != drill.Failover || v.Result != nil {
		t.Errorf("the facilitator sees %+v", v)
	}
	o.End()
	if v := o.ParticipantsView(); v.Title == "" || len(v.Questions) != 2 || !v.Ended || v.Running {
		t.Errorf("at the end participants see %+v", v)
	}
	if o.Snapshot().Result == nil {
		t.Error("the facilitator does not see the result")
	}
}

// collect gathers every string in a value.
func collect(v reflect.Value, out *[]string) {
	switch v.Kind() {
	case reflect.String:
		*out = append(*out, v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				collect(v.Field(i), out)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			collect(v.Index(i), out)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			collect(v.Elem(), out)
		}
	}
}

func TestTableNeedsInjects(t *testing.T) {
	for _, s := range []drill.Scenario{{Name: "a"}, {Name: "b", Kinds: []drill.Kind{drill.Functional}, Injects: make([]drill.Inject, 1)}} {
		if _, err := drill.NewTable(drill.TableOptions{Scenario: s, Now: time.Now}); err == nil {
			t.Errorf("%s is laid", s.Name)
		}
	}
}

// Facilitator, participants and clock come from different threads.
func TestTableFromManySides(t *testing.T) {
	o := lay(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				o.Start()
				o.pass(time.Second)
				o.Decide(drill.Stay, "Sato", "")
				o.Note(drill.Observation{Text: "x"})
				o.Pause()
				o.Resume()
				_ = o.ParticipantsView()
				_ = o.Snapshot()
			}
		})
	}
	wg.Wait()
	if r := o.End(); len(r.Moves) != 200 || len(r.Observations) != 200 {
		t.Errorf("%d moves, %d observations", len(r.Moves), len(r.Observations))
	}
}
