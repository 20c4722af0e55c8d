package presenter

import (
	"errors"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// SwitchState is what the switch page shows.
type SwitchState struct {
	Phase Phase
	Light Light
	Title string
	Lead  string

	For           string // whose incoming mail it is about
	Before, After string // the providers
	Records       []RecordRow
	More          string // how many records more than are shown
	Note          string // what is left alone
	Warnings      []Row

	Type      string // what must be typed to say yes; empty is nothing
	Confirmed string // who said yes when
	Rungs     []Rung
	Clock     *Countdown
	Guide     *GuideState
	Refusals  []Refusal
	Bar       Bar
	Runs      []RunRow
}

// RecordRow is one record of a plan: what goes, and what comes.
type RecordRow struct {
	New  bool
	Text string
}

// Rung is one step of the ladder.
type Rung struct {
	Light Light
	Title string
	Note  string
	Time  string
	Rows  []Row
}

// Countdown is time that runs out.
type Countdown struct {
	Left string
	Part float64 // what is left of the whole, from 1 to 0
	Says string
}

// GuideState is what a person has to do at the DNS host's web page.
type GuideState struct {
	Title string
	Steps []string
	Add   []Form
	Away  []Form
}

// Form is one record as it is typed.
type Form struct{ Fields []Field }

// Field is one box of a form.
type Field struct{ Label, Value string }

// Refusal is one thing that stands in the way, and what mends it.
type Refusal struct {
	Row
	Remedy string
}

// Bar is what can be pressed while a switch page is shown.
type Bar struct {
	Says    string
	Buttons []SwitchButton
}

// SwitchDo is what a button of the switch page does.
type SwitchDo string

// What the buttons do.
const (
	DoYes      SwitchDo = "yes"
	DoNo       SwitchDo = "no"
	DoStop     SwitchDo = "stop"
	DoRollBack SwitchDo = "roll_back"
	DoAgain    SwitchDo = "again"
	DoOverride SwitchDo = "override"
	DoClose    SwitchDo = "close"
	DoFailover SwitchDo = "failover"
	DoFailback SwitchDo = "failback"
)

// SwitchButton is a button of the switch page.
type SwitchButton struct {
	Text   string
	Do     SwitchDo
	Filled bool
}

// RunRow is one earlier run.
type RunRow struct {
	Light Light
	Title string
	Says  string
	When  string
}

// State returns what is to be shown now.
func (s *Switch) State() SwitchState {
	// What others tell is asked for before the lock is taken: they may hold theirs
	// while they wait for this one.
	var runs []engine.RunSummary
	if s.opt.Runs != nil {
		runs = s.opt.Runs()
	}
	route := failover.RouteUnknown
	if s.opt.Route != nil {
		route = s.opt.Route()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := switchView{s, s.opt.Now()}
	st := SwitchState{Phase: s.phase, Light: v.light(), Title: v.title(route), Lead: v.lead(route), Bar: v.bar(route)}
	if s.phase == PhaseIdle {
		st.Runs = v.runs(runs)
		return st
	}
	v.plan(&st)
	if s.preview != nil || !s.phase.Ended() {
		st.Rungs = v.rungs()
	}
	st.Clock = v.countdown()
	st.Refusals = v.refusals()
	if s.guide != nil && s.phase == PhaseRunning {
		st.Guide = v.showGuide()
	}
	if s.phase == PhaseAsking {
		st.Type = s.toType()
	}
	if s.opt.Typed && !s.order.Yes && !s.yesAt.IsZero() {
		st.Confirmed = s.tongue.T("Confirmed at {when}", "when", s.yesAt.Local().Format(time.TimeOnly))
	}
	return st
}

// switchView is a switch at one moment; its lock is held.
type switchView struct {
	*Switch
	now time.Time
}

func (v switchView) light() Light {
	switch v.phase {
	case PhasePreparing, PhaseRunning:
		return LightWorking
	case PhaseAsking:
		return LightWaiting
	case PhaseDone:
		if v.unverified() {
			return LightCare
		}
		return LightHealthy
	case PhaseRefused, PhaseBroken:
		return LightCare
	default:
		return NoLight
	}
}

// unverified reports whether some server has not been seen to give the new records.
func (v switchView) unverified() bool {
	for _, o := range v.outcome.Steps {
		if o.State != failover.Verified {
			return true
		}
	}
	return false
}

// names are the providers' names, for sentences.
func (v switchView) names() []any {
	d := v.domain()
	return []any{"primary", d.Primary.Name, "secondary", d.Secondary.Name, "domain", failover.Display(d.Name)}
}

// domain is the one that is spoken of: the first that changes.
func (v switchView) domain() failover.Domain {
	if v.preview != nil && len(v.preview.Domains) > 0 {
		return v.preview.Domains[0]
	}
	if len(v.opt.Domains) > 0 {
		return v.opt.Domains[0]
	}
	return failover.Domain{}
}

func (v switchView) title(route failover.Route) string {
	t, names := v.tongue, v.names()
	home := v.order.Kind == failover.Failback
	back := v.order.Kind == failover.Rollback
	switch v.phase {
	case PhasePreparing:
		return t.T("Checking everything it needs …")
	case PhaseAsking:
		switch {
		case back:
			return t.T("Take it back?")
		case v.order.Repair:
			return t.T("Put the MX records of {domain} right?", names...)
		case home:
			return t.T("Lead mail home to {primary}?", names...)
		}
		return t.T("Switch mail to {secondary}?", names...)
	case PhaseRunning:
		switch {
		case back:
			return t.T("Taking it back")
		case home:
			return t.T("Leading mail home to {primary}", names...)
		}
		return t.T("Switching mail to {secondary}", names...)
	case PhaseDone:
		switch {
		case v.outcome.Plan.Empty():
			return t.T("Everything is as wanted already.")
		case back:
			return t.T("It is taken back.")
		case home:
			return t.T("Mail is led home to {primary}.", names...)
		}
		return t.T("Mail is led to {secondary}.", names...)
	case PhaseRefused:
		return t.T("It is not safe to switch now.")
	case PhaseBroken:
		if v.yesAt.IsZero() {
			return t.T("It could not begin.")
		}
		return t.T("It stopped before the end.")
	default:
		return v.idle(route)
	}
}

// idle says where mail is led while nothing goes on.
func (v switchView) idle(route failover.Route) string {
	t, names := v.tongue, v.names()
	switch route {
	case failover.RoutePrimary:
		return t.T("Your mail is led to {primary}.", names...)
	case failover.RouteSecondary:
		return t.T("Your mail is led to {secondary}.", names...)
	default:
		return t.T("Where your mail is led is not known.")
	}
}

func (v switchView) lead(route failover.Route) string {
	t, names := v.tongue, v.names()
	switch v.phase {
	case PhaseIdle:
		if route == failover.RouteSecondary {
			return t.T("Nothing is being changed. When {primary} works again, lead it home.", names...)
		}
		return t.T("Nothing is being changed. A switch leads new mail to {secondary}; it can be taken back.", names...)
	case PhasePreparing:
		return t.T("Every address and every record is looked at first. Looked at so far: {count}.", "count", v.looked)
	case PhaseAsking:
		return t.T("This is all that would change. It can be taken back at any moment.")
	case PhaseRunning:
		return v.leadRunning()
	case PhaseDone:
		return v.leadDone()
	case PhaseRefused:
		return t.T("Nothing was changed. This stands in the way:")
	default:
		return join(t, problem(t, v.err), v.leadBroken())
	}
}

func (v switchView) leadRunning() string {
	t := v.tongue
	if v.guide != nil {
		return t.T("It is your turn: enter the records at {console}. Lifeboat sees by itself when they are there.", "console", v.guide.Console)
	}
	main, ok := v.main()
	if ok {
		if st := v.steps[main.ID]; st != nil && len(st.view.Answers) > 0 {
			return t.T("{count} of {all} server addresses give the new records. You can stop or take it back at any moment.",
				"count", st.view.With(main.After), "all", st.view.Asked())
		}
	}
	return t.T("You can stop or take it back at any moment.")
}

func (v switchView) leadDone() string {
	t := v.tongue
	main, ok := v.main()
	if !ok {
		return v.leadRoutes()
	}
	for _, o := range v.outcome.Steps {
		if !o.Problem.IsZero() {
			return say(t, o.Problem)
		}
	}
	took := time.Duration(0)
	if st := v.steps[main.ID]; st != nil && !st.sat.IsZero() {
		took = st.sat.Sub(v.yesAt)
	}
	if until, _ := v.oldUntil(); until.After(v.now) {
		return t.T("All name servers gave the new records {span} after your yes. Senders that remember the old ones follow by {when}.",
			"span", exact(t, took), "when", moment(t, until, v.now))
	}
	return t.T("All name servers gave the new records {span} after your yes. No sender remembers the old ones any more.", "span", exact(t, took))
}

func (v switchView) leadBroken() string {
	t := v.tongue
	if errors.Is(v.err, failover.ErrSurprise) || errors.Is(v.err, failover.ErrStale) {
		return t.T("Look at what is there now, and begin anew.")
	}
	if v.yesAt.IsZero() {
		return t.T("Nothing was changed.")
	}
	return t.T("What is done stays done. Go on with it, or take it back.")
}

// main is the step that leads the mail of the domain that is spoken of.
func (v switchView) main() (failover.Step, bool) {
	plan := v.outcome.Plan
	if v.preview != nil {
		plan = v.preview.Plan
	}
	want := v.domain().Name
	for _, st := range plan.Steps {
		if st.After.Key == (failover.Key{Name: want, Type: "MX"}) {
			return st, true
		}
	}
	if len(plan.Steps) > 0 {
		return plan.Steps[0], true
	}
	return failover.Step{}, false
}

// bar is what can be pressed.
func (v switchView) bar(route failover.Route) Bar {
	t, names := v.tongue, v.names()
	switch v.phase {
	case PhasePreparing:
		return Bar{t.T("Nothing is changed before you have seen it and said yes."), []SwitchButton{{t.T("Stop"), DoStop, false}}}
	case PhaseAsking:
		yes := t.T("Switch mail")
		if v.order.Kind != failover.Failover {
			yes = t.T("Do it")
		}
		return Bar{t.T("Nothing is changed before you have seen it and said yes."), []SwitchButton{{t.T("Cancel"), DoNo, false}, {yes, DoYes, true}}}
	case PhaseRunning:
		return Bar{
			t.T("Stop keeps what is done and says what is not. Roll back restores the records of before, checked the same way."),
			[]SwitchButton{{t.T("Roll back"), DoRollBack, false}, {t.T("Stop here"), DoStop, false}},
		}
	case PhaseDone:
		return v.barDone()
	case PhaseRefused:
		return Bar{
			t.T("To go on all the same is possible with a reason, which is kept in the journal."),
			[]SwitchButton{{t.T("Go on all the same"), DoOverride, false}, {t.T("Close"), DoClose, false}, {t.T("Look again"), DoAgain, true}},
		}
	case PhaseBroken:
		if v.yesAt.IsZero() {
			return Bar{Buttons: []SwitchButton{{t.T("Close"), DoClose, false}, {t.T("Try again"), DoAgain, true}}}
		}
		return Bar{Buttons: []SwitchButton{{t.T("Close"), DoClose, false}, {t.T("Roll back"), DoRollBack, false}, {t.T("Go on"), DoAgain, true}}}
	default:
		if route == failover.RouteSecondary {
			return Bar{Buttons: []SwitchButton{{t.T("Go back home"), DoFailback, true}}}
		}
		return Bar{Buttons: []SwitchButton{{t.T("Switch to {secondary}", names...), DoFailover, route == failover.RoutePrimary}}}
	}
}

func (v switchView) barDone() Bar {
	t := v.tongue
	b := Bar{Buttons: []SwitchButton{{t.T("Close"), DoClose, true}}}
	if !v.outcome.Plan.Empty() && v.order.Kind != failover.Rollback {
		b.Says = t.T("Roll back restores the records of before, checked the same way.")
		b.Buttons = append([]SwitchButton{{t.T("Roll back"), DoRollBack, false}}, b.Buttons...)
	}
	return b
}
