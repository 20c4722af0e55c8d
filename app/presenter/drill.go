package presenter

import (
	"context"
	"sync"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// Script is a drill as it is played; *drill.Session is one.
type Script interface {
	Snapshot() drill.Snapshot
	Decide(m drill.Move, who, why string)
	Note(o drill.Observation)
	End()
}

// Stage is a functional drill with its world.
type Stage struct {
	Script Script
	// Run plays it to its end.
	Run func(ctx context.Context) (drill.Result, error)
	// Events are those of its world.
	Events func(size int) (events <-chan lab.Event, cancel func())
	Close  func()
}

// DrillOptions is what a drill is shown with.
type DrillOptions struct {
	Setup
	Last *drill.Point // the same scenario, the last time; nil for the first time
}

// DrillState is a drill as it is lived through.
type DrillState struct {
	Title    string
	Summary  string
	Clock    string
	ClockOf  string
	Notice   string // that time is compressed
	Running  bool
	Ending   bool // the script is over, and the last mail runs out
	Routes   RoutesState
	Ledger   LedgerState
	Count    string // injects so far
	Script   []ScriptRow
	Since    string // the title of what is measured
	Follow   string // until when every sender follows
	Spans    []SpanState
	Measures []MeasureRow
	Decide   *DecideState // where somebody decides
	Steps    []ScriptRow  // of the last move
}

// ScriptRow is one thing that happened, or is still to come.
type ScriptRow struct {
	Light Light
	Time  string
	Text  string
	Now   bool
	Ahead bool
}

// SpanKind is how a stretch of time is shown.
type SpanKind int

// The kinds.
const (
	SpanOver SpanKind = iota
	SpanShort
	SpanRuns
	SpanAhead
)

// SpanState is a stretch of time.
type SpanState struct {
	Label  string
	Length time.Duration
	Kind   SpanKind
}

// MeasureRow is one measured time.
type MeasureRow struct {
	Label string
	Light Light
	This  string
	Goal  string
	Last  string
}

// DecideState is what the one who decides has at hand.
type DecideState struct {
	Light Light
	Says  string // what detection says
	More  string // and what a switch would do
	Moves []MoveButton
}

// MoveButton is one move to be made.
type MoveButton struct {
	Move   drill.Move
	Text   string
	Filled bool
}

// Drill shows a functional drill as it is lived through.
type Drill struct {
	stage *Stage
	opt   DrillOptions

	mu      sync.Mutex
	tongue  *i18n.Tongue
	running bool
	ended   bool // somebody ended it
	moves   hops
}

// NewDrill returns the presenter of a drill that has not begun.
func NewDrill(t *i18n.Tongue, s *Stage, opt DrillOptions) *Drill {
	return &Drill{stage: s, opt: opt, tongue: t, running: true}
}

// Hold plays the drill to its end and returns its result. changed is called, from
// any goroutine, whenever there is something new to show.
func (d *Drill) Hold(ctx context.Context, changed func()) (drill.Result, error) {
	watch, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { d.watch(watch, changed) })
	r, err := d.stage.Run(ctx)
	stop()
	wg.Wait()
	d.mu.Lock()
	d.running = false
	d.mu.Unlock()
	changed()
	return r, err
}

// watch follows the messages of the world, and has the clock step.
func (d *Drill) watch(ctx context.Context, changed func()) {
	events, cancel := d.stage.Events(eventsAtOnce)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-events:
			if !open {
				return
			}
			d.mu.Lock()
			d.moves.add(e)
			d.mu.Unlock()
		case <-tick.C:
			changed()
		}
	}
}

// Running reports whether it goes on.
func (d *Drill) Running() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.running }

// Decide makes a move in the name of whoever decides.
func (d *Drill) Decide(m drill.Move) { d.stage.Script.Decide(m, d.decider(), "") }

// decider is the participant who decides, or else the facilitator.
func (d *Drill) decider() string {
	if len(d.opt.Participants) > 0 {
		return d.opt.Participants[0].Name
	}
	if d.opt.Facilitator != "" {
		return d.opt.Facilitator
	}
	return d.tongue.T("You")
}

// Note writes something down that somebody noticed.
func (d *Drill) Note(text string, good bool) {
	d.stage.Script.Note(drill.Observation{Who: d.decider(), Text: text, Good: good})
}

// End ends the drill before its script does.
func (d *Drill) End() {
	d.mu.Lock()
	d.ended = true
	d.mu.Unlock()
	d.stage.Script.End()
}

// Speak goes on in another language.
func (d *Drill) Speak(t *i18n.Tongue) { d.mu.Lock(); defer d.mu.Unlock(); d.tongue = t }

// Hops takes the moves of messages since the last time.
func (d *Drill) Hops() []Hop { d.mu.Lock(); defer d.mu.Unlock(); return d.moves.take() }

// State returns what is to be shown now.
func (d *Drill) State() DrillState {
	snap := d.stage.Script.Snapshot()
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tongue
	v := drillView{t: t, s: snap, last: d.opt.Last}
	s := DrillState{
		Title: theirs(t, snap.Scenario.Title), Summary: t.T("In the built-in lab: nothing real is touched."), Clock: clock(time.Duration(snap.Since)),
		ClockOf: t.T("since it began"), Running: d.running, Ending: d.running && (d.ended || v.scriptOver()),
		Routes: routes(t, snap.Picture, snap.State.Line.Health == detect.Down), Ledger: ledger(t, snap.Totals, onTheWay(snap.Picture)),
		Measures: v.measures(), Spans: v.spans(), Since: v.since(), Follow: v.follow(), Steps: v.steps(),
	}
	s.Script, s.Count = v.script()
	if snap.Factor != 1 {
		s.Notice = t.T("Time runs {factor} times as fast as in life: none of these times is a recovery time (RTO).", "factor", snap.Factor)
	}
	if !d.opt.Unattended && d.running {
		s.Decide = v.decide()
	}
	return s
}

// decide is what detection says, and the moves; the one that it advises is filled.
func (v drillView) decide() *DecideState {
	t := v.t
	st := v.s.State
	p, away := st.Primary, v.s.Picture.DNS.PointsTo == failover.Secondary
	d := &DecideState{Light: lightOf(p.Health), Says: t.T("Lifeboat is looking …"), Moves: v.moves(away)}
	if st.At.IsZero() {
		d.Light = LightWorking
		return d
	}
	d.Says = say(t, p.Say)
	if !p.SaySwitch.IsZero() && !away {
		d.More = say(t, p.SaySwitch)
	}
	if st.Records.Health == detect.Down {
		d.Light, d.Says, d.More = LightDown, say(t, st.Records.Say), ""
	}
	if len(st.Elsewhere) > 0 && p.Health == detect.Healthy {
		d.Light, d.Says = LightCare, say(t, st.Elsewhere[0].Say)
	}
	if st.Line.Health == detect.Down {
		d.Light, d.Says, d.More = LightUnknown, say(t, st.Line.Say), ""
	}
	return d
}

// moves are those that can be made now.
func (v drillView) moves(away bool) []MoveButton {
	t := v.t
	advised := v.advised(away)
	button := func(m drill.Move, text string) MoveButton { return MoveButton{m, text, m == advised} }
	out := []MoveButton{button(drill.Stay, t.T("Stay"))}
	out = append(out, button(drill.Announce, t.T("Emergency subdomain")), button(drill.Repair, t.T("Repair records")))
	if away {
		return append(out, button(drill.Failback, t.T("Go back home")))
	}
	return append(out, button(drill.SendOnly, t.T("Send elsewhere")), button(drill.Failover, t.T("Switch mail")))
}

// advised is the move that detection advises; Stay where it advises none.
func (v drillView) advised(away bool) drill.Move {
	st := v.s.State
	switch {
	case st.At.IsZero():
		return ""
	case st.Records.Fault == detect.FaultRecords && st.Records.Health == detect.Down:
		return drill.Repair
	case away && st.Primary.Health == detect.Healthy:
		return drill.Failback
	case away:
		return ""
	case st.Primary.Switch == detect.SwitchHelps && v.refused(drill.Failover):
		return drill.Announce // the records cannot be changed
	case st.Primary.Switch == detect.SwitchHelps:
		return drill.Failover
	case st.Primary.Switch == detect.SwitchImpossible:
		return drill.Announce
	case st.Primary.Switch == detect.SwitchSending:
		return drill.SendOnly
	default:
		return ""
	}
}

// refused reports whether the last move of a kind was refused.
func (v drillView) refused(m drill.Move) bool {
	for i := len(v.s.Moves) - 1; i >= 0; i-- {
		if v.s.Moves[i].Move == m {
			return !v.s.Moves[i].Refused.IsZero()
		}
	}
	return false
}
