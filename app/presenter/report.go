package presenter

import (
	"strings"
	"sync"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// ReportState is what came of a drill.
type ReportState struct {
	Title    string
	Light    Light
	Verdict  string
	Facts    string // how and when it was held
	Notice   string // that time was compressed, or why it broke off
	Problem  string
	Measures []MeasureRow
	Ledger   *LedgerState
	Checks   []Row
	Advice   []string // recommendations
	Timeline []ScriptRow
	Actions  []ActionRow
	Notes    []Row
	Asks     []AskState // the questions that were answered
	Values   []float64  // the trend, in seconds
	Trend    string
	Saved    string // where the report was written
}

// ActionRow is something to be done.
type ActionRow struct{ What, Owner, Due string }

// AskState is a question with its answer.
type AskState struct{ Question, Answer string }

// Report shows what came of a drill, and takes down what is to be done.
type Report struct {
	opt DrillsOptions

	mu      sync.Mutex
	tongue  *i18n.Tongue
	result  drill.Result
	history []drill.Point
	err     error
	saved   string
}

// NewReport returns the presenter of a result; err is what went wrong on the way to
// it, or while it was kept.
func NewReport(t *i18n.Tongue, r drill.Result, history []drill.Point, err error, opt DrillsOptions) *Report {
	return &Report{tongue: t, result: r, history: history, err: err, opt: opt}
}

// Speak goes on in another language.
func (r *Report) Speak(t *i18n.Tongue) { r.mu.Lock(); defer r.mu.Unlock(); r.tongue = t }

// change changes the result and keeps it. It does I/O.
func (r *Report) change(do func(*drill.Result)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do(&r.result)
	r.err = r.opt.Archive.Save(r.result)
}

// AddAction takes down something to be done, by whom and by when (2006-01-02). It
// returns why not, in a sentence.
func (r *Report) AddAction(what, owner, due string) string {
	a, wrong := action(r.tongue, what, owner, due, r.opt.Now())
	if wrong == "" {
		r.change(func(res *drill.Result) { res.Actions = append(res.Actions, a) })
	}
	return wrong
}

// action is something to be done, or why it cannot be taken down like that.
func action(t *i18n.Tongue, what, owner, due string, now time.Time) (drill.Action, string) {
	a := drill.Action{What: strings.TrimSpace(what), Owner: strings.TrimSpace(owner), Due: strings.TrimSpace(due)}
	if a.What == "" {
		return a, t.T("Say what is to be done.")
	}
	if _, err := time.Parse(time.DateOnly, a.Due); a.Due != "" && err != nil {
		return a, t.T("Write the date as {example}.", "example", now.AddDate(0, 0, 14).Format(time.DateOnly))
	}
	return a, ""
}

// Note takes down what somebody noticed.
func (r *Report) Note(who, text string, good bool) {
	if strings.TrimSpace(text) == "" {
		return
	}
	r.change(func(res *drill.Result) {
		res.Observations = append(res.Observations, drill.Observation{Who: who, Text: text, At: r.opt.Now(), Good: good})
	})
}

// Write returns the report in a format, "html", "md" or "json", and a name for
// its file.
func (r *Report) Write(format string) (data []byte, name string, err error) {
	r.mu.Lock()
	result, t, history := r.result, r.tongue, r.history
	r.mu.Unlock()
	data, err = r.opt.Write(result, t, history, format)
	return data, result.ID + "." + format, err
}

// NotSaved says that a report could not be written.
func NotSaved(where string, cause error) error {
	return failover.Fail(failover.ErrDisk, "The report could not be written to {file}: choose a folder that is yours and has room.", "file", where).Because(cause)
}

// Wrote takes down where the report was written, or why it was not.
func (r *Report) Wrote(where string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.saved, r.err = "", err
	if err == nil {
		r.saved = where
	}
}

// State returns what is to be shown.
func (r *Report) State() ReportState {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, res := r.tongue, &r.result
	s := ReportState{Title: theirs(t, res.Scenario.Title), Facts: r.facts()}
	s.Light, s.Verdict = r.verdict()
	if r.saved != "" {
		s.Saved = t.T("Saved as {file}", "file", r.saved)
	}
	if r.err != nil {
		s.Problem = problem(t, r.err)
	}
	switch {
	case !res.Broke.IsZero():
		s.Notice = join(t, t.T("It broke off before its end."), say(t, res.Broke))
	case res.Factor != 1 && res.Kind == drill.Functional:
		s.Notice = t.T("Time ran {factor} times as fast as in life: none of these times is a recovery time (RTO).", "factor", res.Factor)
	}
	last := r.before()
	for _, m := range res.Measures {
		row := measureRow(t, m, last)
		if m.Took == nil {
			row.This = t.T("did not come to it")
		}
		s.Measures = append(s.Measures, row)
	}
	if res.Kind == drill.Functional {
		l := ledger(t, res.Mail, 0)
		s.Ledger = &l
	}
	for _, c := range res.Checks {
		row := Row{Light: LightHealthy, Label: spoken(t, c.Say)}
		if !c.OK {
			row.Light = LightDown
		}
		s.Checks = append(s.Checks, row)
	}
	for _, a := range res.Recommendations {
		s.Advice = append(s.Advice, spoken(t, a))
	}
	for _, a := range res.Actions {
		s.Actions = append(s.Actions, ActionRow(a))
	}
	r.people(&s)
	r.trend(&s)
	v := drillView{t: t, s: drill.Snapshot{Moves: res.Moves}}
	for _, e := range res.Timeline {
		row := ScriptRow{Light: LightHealthy, Time: clock(time.Duration(e.Since)), Text: v.entry(e)}
		if e.Bad {
			row.Light = LightCare
		}
		s.Timeline = append(s.Timeline, row)
	}
	return s
}

// verdict is what it came to, in one sentence.
func (r *Report) verdict() (Light, string) {
	t, res := r.tongue, &r.result
	failed := 0
	for _, c := range res.Checks {
		if !c.OK {
			failed++
		}
	}
	switch {
	case !res.Broke.IsZero():
		return LightCare, t.T("It broke off before its end.")
	case failed > 0:
		return LightCare, t.T("Not passed: {count} of {all} checks do not hold.", "count", failed, "all", len(res.Checks))
	case res.Kind == drill.Tabletop:
		return LightHealthy, t.T("Held, and written down.")
	default:
		return LightHealthy, t.T("Passed.")
	}
}

// facts are how and when it was held, and by whom.
func (r *Report) facts() string {
	t, res := r.tongue, &r.result
	parts := []string{kindWord(t, res.Kind), res.Started.Local().Format("2006-01-02 15:04"), goal(t, res.Ended.Sub(res.Started).Round(time.Second))}
	if res.Unattended {
		parts = append(parts, t.T("nobody decided: Lifeboat’s advice was followed"))
	}
	var names []string
	for _, p := range res.Participants {
		names = append(names, p.Name)
	}
	if len(names) > 0 {
		parts = append(parts, strings.Join(names, t.T(", ")))
	}
	return strings.Join(parts, " · ")
}

// before is the drill of the same scenario before this one.
func (r *Report) before() *drill.Point {
	var last *drill.Point
	for i := range r.history {
		if p := &r.history[i]; p.Started.Before(r.result.Started) && p.ID != r.result.ID {
			last = p
		}
	}
	return last
}

// people is what people said and noticed.
func (r *Report) people(s *ReportState) {
	t, res := r.tongue, &r.result
	for _, o := range res.Observations {
		row := Row{Light: LightCare, Label: o.Who, Value: o.Text}
		if o.Good {
			row.Light = LightHealthy
		}
		if row.Label == "" {
			row.Label = t.T("Somebody")
		}
		s.Notes = append(s.Notes, row)
	}
	for _, a := range res.Answers {
		if a.Text != "" {
			s.Asks = append(s.Asks, AskState{theirs(t, a.Question), a.Text})
		}
	}
}

// trend is how the first mail came, drill by drill.
func (r *Report) trend(s *ReportState) {
	if len(r.history) < 2 {
		return
	}
	c := drillCard(r.tongue, r.history, r.opt.Now())
	if len(c.Values) < 2 {
		return
	}
	s.Values = c.Values
	s.Trend = r.tongue.T("First mail after the fault, drill by drill: {from} → {to}", "from", c.From, "to", c.To)
}
