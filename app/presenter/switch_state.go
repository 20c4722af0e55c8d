package presenter

import (
	"slices"
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

	Incoming *ChangeState // nil where nothing changes for it
	Outgoing *ChangeState
	Note     string // what is left alone
	Warnings []Row
	// Tests are those that are red or too old; TestAgain is the button below them.
	Tests     []Row
	TestAgain string
	// Done tells of a run that broke off what is done of it, and what is not.
	Done []Row

	Type      string // what must be typed to say yes; empty is nothing
	Confirmed string // who said yes when
	Ladder    string // heads the ladder
	Rungs     []Rung
	Clock     *Countdown
	Arrives   []Row // what arrives where, while it goes on and afterwards
	Guide     *GuideState
	Refusals  []Refusal
	Aside     *Aside // what can be done although it is refused
	Bar       Bar
	Runs      []RunRow
	// If says what a switch would do, while none goes on.
	If []Point
}

// ChangeState is a change as people understand it: from where to where, and below that
// the records.
type ChangeState struct {
	Title         string
	For           string // whose mail it is about
	Before, After string // the providers
	Records       []RecordRow
	More          string // how many records more than are shown
	hidden        int
}

// Aside is something smaller that can be done instead.
type Aside struct {
	Text   string
	Button string
	Do     SwitchDo
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
	// DoResume goes on with a run that broke off; DoRouteAlone moves the send route and
	// nothing else; DoTest leads to the tests, and makes them.
	DoResume     SwitchDo = "resume"
	DoRouteAlone SwitchDo = "route"
	DoTest       SwitchDo = "test"
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
	o := s.askOthers()
	s.mu.Lock()
	defer s.mu.Unlock()
	v := switchView{s, s.opt.Now(), o.open, o.waits}
	st := SwitchState{Phase: s.phase, Light: v.light(), Title: v.title(o.route), Lead: v.lead(o.route), Bar: v.bar(o.route)}
	v.plan(&st)
	if len(o.tests) > 0 && (s.phase == PhaseIdle && o.open == nil || s.phase == PhaseAsking) {
		st.Tests, st.TestAgain = o.tests, s.tongue.T("Test now")
	}
	if s.phase == PhaseIdle {
		st.Runs, st.Done, st.If = v.runs(o.runs), v.done(), v.ifSwitched(o.route)
		return st
	}
	if s.preview != nil || !s.phase.Ended() {
		st.Rungs = v.rungs()
		if st.Ladder = s.tongue.T("Step by step"); s.phase == PhaseAsking {
			st.Ladder, st.Type = s.tongue.T("What happens when"), s.toType()
		}
	}
	st.Arrives, st.Clock = v.arrives(), v.countdown()
	st.Refusals, st.Aside = v.refusals(), v.aside()
	if s.guide != nil && s.phase == PhaseRunning {
		st.Guide = v.showGuide()
	}
	st.Confirmed = v.confirmed()
	return st
}

// others is what others tell of: Home, and the tests.
type others struct {
	runs  []engine.RunSummary
	open  *engine.RunSummary
	route failover.Route
	waits int
	tests []Row
}

// askOthers asks them before the lock is taken: they may hold theirs while they wait
// for this one.
func (s *Switch) askOthers() others {
	o := others{route: failover.RouteUnknown}
	if s.opt.Runs != nil {
		o.runs = s.opt.Runs()
	}
	if s.opt.Open != nil {
		o.open = s.opt.Open()
	}
	if s.opt.Route != nil {
		o.route = s.opt.Route()
	}
	if s.opt.Waiting != nil {
		o.waits = s.opt.Waiting()
	}
	o.tests = s.concerns(o.route)
	return o
}

// confirmed says who said yes, and when, where the domain had to be typed.
func (v switchView) confirmed() string {
	if !v.opt.Typed || v.order.Yes || v.yesAt.IsZero() {
		return ""
	}
	when := v.yesAt.Local().Format(time.TimeOnly)
	if v.preview != nil && v.preview.Plan.Author != "" {
		return v.tongue.T("Confirmed by {who}, {when}", "who", v.preview.Plan.Author, "when", when)
	}
	return v.tongue.T("Confirmed at {when}", "when", when)
}

// switchView is a switch at one moment; its lock is held.
type switchView struct {
	*Switch
	now   time.Time
	open  *engine.RunSummary // a run that is not finished
	waits int                // messages in the send queue
}

// concerns are the tests that speak against the switch that could be begun, or that is
// asked about. Others are asked, so that no lock may be held.
func (s *Switch) concerns(route failover.Route) []Row {
	if s.opt.Concerns == nil {
		return nil
	}
	s.mu.Lock()
	to, d := failover.Secondary, switchView{Switch: s}.domain()
	if s.phase == PhaseIdle && route == failover.RouteSecondary || s.phase != PhaseIdle && s.order.Kind == failover.Failback {
		to = failover.Primary
	}
	none := d.Name == "" || s.order.Kind == failover.Rollback && s.phase != PhaseIdle
	s.mu.Unlock()
	if none {
		return nil
	}
	return s.opt.Concerns(d.Name, to)
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
		if v.open != nil {
			return LightCare
		}
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
	if v.phase == PhaseIdle && v.open != nil {
		for _, d := range v.opt.Domains {
			if slices.Contains(v.open.Domains, d.Name) {
				return d
			}
		}
	}
	if len(v.opt.Domains) > 0 {
		return v.opt.Domains[0]
	}
	return failover.Domain{}
}

// main is the step that leads the mail of the domain that is spoken of.
func (v switchView) main() (failover.Step, bool) {
	plan := v.planned()
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
