package presenter

import (
	"context"
	"strings"
	"sync"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// TableState is a tabletop as its facilitator sees it.
type TableState struct {
	Title   string
	Clock   string
	Begun   bool
	Running bool
	Paused  bool
	Count   string
	From    string // of the current inject
	Says    string
	Expect  []string // what a good answer does
	Next    string   // when the next one comes, and from whom
	Ahead   []ScriptRow
	Past    []ScriptRow // decisions and notes, the newest first
	People  []string
	Moves   []MoveButton
	Last    bool // no inject is to come
	Ended   bool // the questions are asked
	Asks    []AskState
	Actions []ActionRow
}

// AudienceState is what the participants see: the inject and the clock, and nothing
// that gives an answer away.
type AudienceState struct {
	Title string
	Clock string
	From  string
	Says  string
	Note  string
}

// Table leads through a scenario that is talked through.
type Table struct {
	table *drill.Table
	opt   DrillsOptions
	setup Setup

	mu     sync.Mutex
	tongue *i18n.Tongue
}

// NewTable returns the presenter of a table that is laid.
func NewTable(t *i18n.Tongue, table *drill.Table, s Setup, opt DrillsOptions) *Table {
	return &Table{table: table, opt: opt, setup: s, tongue: t}
}

// Watch turns the clock until the context ends.
func (t *Table) Watch(ctx context.Context, changed func()) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			t.table.Tick(t.opt.Now())
			changed()
			if t.table.ParticipantsView().Ended {
				return
			}
		}
	}
}

// Start lets the clock run.
func (t *Table) Start() { t.table.Start() }

// Pause stops the clock, or lets it run on.
func (t *Table) Pause() {
	if t.table.ParticipantsView().Paused {
		t.table.Resume()
		return
	}
	t.table.Pause()
}

// Next gives the next inject at once.
func (t *Table) Next() { t.table.Next() }

// Decide takes down a decision: what, who, and why.
func (t *Table) Decide(m drill.Move, who, why string) {
	t.table.Decide(m, strings.TrimSpace(who), strings.TrimSpace(why))
}

// Note takes down what somebody said or noticed.
func (t *Table) Note(who, text string) {
	if text = strings.TrimSpace(text); text != "" {
		t.table.Note(drill.Observation{Who: strings.TrimSpace(who), Text: text, Good: true})
	}
}

// Answer takes down the answer to a question, by its place among them.
func (t *Table) Answer(i int, text string) {
	if q := t.setup.Scenario.Questions; i >= 0 && i < len(q) {
		t.table.Answer(drill.Answer{Question: q[i], Text: strings.TrimSpace(text)})
	}
}

// AddAction takes down something to be done; see [Report.AddAction].
func (t *Table) AddAction(what, owner, due string) string {
	a, wrong := action(t.tongue, what, owner, due, t.opt.Now())
	if wrong == "" {
		t.table.AddAction(a)
	}
	return wrong
}

// End ends it and returns its record.
func (t *Table) End() drill.Result { return t.table.End() }

// Speak goes on in another language.
func (t *Table) Speak(tongue *i18n.Tongue) { t.mu.Lock(); defer t.mu.Unlock(); t.tongue = tongue }

// spoken tells a sentence of a drill, with moves as people name them.
func spoken(t *i18n.Tongue, s failover.Sentence) string {
	return say(t, drill.Spoken(s, func(s failover.Sentence) string { return t.Say(s) }))
}

// MoveWord names a move as a decision.
func MoveWord(t *i18n.Tongue, m drill.Move) string {
	switch m {
	case drill.Failover:
		return t.T("Switch mail to the secondary")
	case drill.Failback:
		return t.T("Switch mail back to the primary")
	case drill.SendOnly:
		return t.T("Send through the secondary, leave the MX records alone")
	case drill.Repair:
		return t.T("Put the domain's own records right")
	case drill.Announce:
		return t.T("Work from the emergency subdomain and tell correspondents")
	default:
		return t.T("Change nothing")
	}
}

// Moves are those that can be decided at a table, in an order for people.
func Moves() []drill.Move {
	return []drill.Move{drill.Failover, drill.Failback, drill.SendOnly, drill.Repair, drill.Announce, drill.Stay}
}

// State returns what the facilitator sees now.
func (t *Table) State() TableState {
	v := t.table.Snapshot()
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.tongue
	s := TableState{
		Title: theirs(w, v.Title), Clock: clock(time.Duration(v.Since)), Begun: v.Running || v.Paused || v.Ended || len(v.Given) > 0,
		Running: v.Running, Paused: v.Paused, Last: len(v.Ahead) == 0,
		Count: w.T("{count} of {all}", "count", len(v.Given), "all", len(v.Given)+len(v.Ahead)),
	}
	if n := len(v.Given); n > 0 {
		s.From, s.Says = w.Say(v.Given[n-1].From), quoted(w, w.Say(v.Given[n-1].Says))
	}
	for _, e := range v.Expect {
		s.Expect = append(s.Expect, theirs(w, e))
	}
	injects := t.setup.Scenario.Injects
	for i, a := range v.Ahead {
		from := ""
		if k := len(v.Given) + i; k < len(injects) {
			from = theirs(w, injects[k].From)
		}
		if i == 0 {
			s.Next = w.T("Next at {when}: {from}", "when", clock(time.Duration(a.At)), "from", from)
		}
		if i < scriptAhead {
			s.Ahead = append(s.Ahead, ScriptRow{Light: LightWaiting, Time: clock(time.Duration(a.At)), Text: w.T("{who}: {text}", "who", from, "text", say(w, a.Say)), Ahead: true})
		}
	}
	for _, p := range v.Participants {
		s.People = append(s.People, p.Name)
	}
	s.Past, s.Ended = t.past(v.ParticipantsView), v.Ended
	for _, q := range v.Questions {
		ask := AskState{Question: theirs(w, q)}
		for _, a := range v.Answers {
			if a.Question == q {
				ask.Answer = a.Text
			}
		}
		s.Asks = append(s.Asks, ask)
	}
	for _, a := range v.Actions {
		s.Actions = append(s.Actions, ActionRow(a))
	}
	for _, m := range Moves() {
		s.Moves = append(s.Moves, MoveButton{Move: m, Text: MoveWord(w, m)})
	}
	return s
}

// past is what was decided and noted, the newest first.
func (t *Table) past(v drill.ParticipantsView) []ScriptRow {
	var out []ScriptRow
	for i := len(v.Timeline) - 1; i >= 0 && len(out) < scriptPast; i-- {
		e := v.Timeline[i]
		row := ScriptRow{Time: clock(time.Duration(e.Since)), Light: LightHealthy}
		switch e.Kind {
		case drill.EntryDecision:
			row.Text = drillView{t: t.tongue, s: drill.Snapshot{Moves: v.Decisions}}.entry(e)
		case drill.EntryNote:
			row.Light, row.Text = LightReady, drillView{t: t.tongue}.entry(e)
		default:
			continue
		}
		out = append(out, row)
	}
	return out
}

// Audience returns what the participants see now.
func (t *Table) Audience() AudienceState {
	v := t.table.ParticipantsView()
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.tongue
	s := AudienceState{Title: w.T("A drill: nothing of this is real"), Clock: clock(time.Duration(v.Since))}
	switch n := len(v.Given); {
	case v.Ended:
		s.Says, s.Note = w.T("The drill is over. Thank you."), w.T("What did we learn? Write it down while it is fresh.")
	case n == 0:
		s.Says = w.T("The drill begins in a moment.")
	default:
		s.From, s.Says = w.Say(v.Given[n-1].From), quoted(w, w.Say(v.Given[n-1].Says))
		s.Note = w.T("Heard at {when}. What do you do?", "when", clock(time.Duration(v.Given[n-1].Since)))
	}
	if v.Paused {
		s.Note = w.T("Pause.")
	}
	return s
}

// quoted puts what somebody says into quotation marks.
func quoted(t *i18n.Tongue, text string) string {
	if t.Language == i18n.Japanese {
		return "「" + strings.TrimSuffix(text, "。") + "」"
	}
	return "“" + text + "”"
}
