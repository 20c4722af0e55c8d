package presenter

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/run"
)

// Switcher is what Switch needs of the engine.
type Switcher interface {
	Switch(ctx context.Context, req engine.SwitchRequest) (failover.Outcome, error)
	Rollback(ctx context.Context, req engine.RollbackRequest) (failover.Outcome, error)
}

// Order is what is asked for.
type Order struct {
	Kind    failover.Kind // Failover, Failback, SendRoute or Rollback
	Domains []string      // none is all of the settings
	// Repair: what is published is wrong whatever it is, and so may be what the name
	// servers say.
	Repair bool
	// Override is the typed reason for going on although the preflight refuses.
	Override string
	// To is where a send route is moved alone; empty goes on with one that is open.
	To failover.Role
	// Yes is given beforehand: nobody is asked.
	Yes bool
}

// Phase is how far it has come.
type Phase string

// The phases, in their order; the last three are ends.
const (
	PhaseIdle      Phase = ""
	PhasePreparing Phase = "preparing" // looking at all that it needs
	PhaseAsking    Phase = "asking"    // the plan is shown, and waits for a yes
	PhaseRunning   Phase = "running"
	PhaseDone      Phase = "done"
	PhaseRefused   Phase = "refused" // the preflight stands in the way; nothing was changed
	PhaseBroken    Phase = "broken"  // it ended before its end
)

// Ended reports whether nothing goes on any more.
func (p Phase) Ended() bool {
	return p == PhaseIdle || p == PhaseDone || p == PhaseRefused || p == PhaseBroken
}

// SwitchOptions is what Switch goes by beside the engine.
type SwitchOptions struct {
	Domains []failover.Domain
	Now     func() time.Time
	Turn    *Turn
	// Typed: the domain's name must be typed to say yes.
	Typed bool
	// Runs tells of the last runs, the newest first, and Open of one that is not
	// finished; Route of where mail is led. They come from Home.
	Runs  func() []engine.RunSummary
	Open  func() *engine.RunSummary
	Route func() failover.Route
	// Arrived tells when mail first arrived at a provider after a moment, where
	// somebody can see it; nil where nobody can.
	Arrived func(failover.Role) time.Time
	// Waiting counts what waits in the send queue, and Concerns names the tests that
	// speak against leading a domain's mail to a provider; nil where nobody knows.
	Waiting  func() int
	Concerns func(domain string, to failover.Role) []Row
	// Done is called, from any goroutine, when a run has ended.
	Done func(failover.Outcome, error)
}

// Switch leads through a switch: what would change, the yes, each step as it
// happens, and the way back.
type Switch struct {
	tongue *i18n.Tongue
	engine Switcher
	opt    SwitchOptions

	mu      sync.Mutex
	phase   Phase
	order   Order
	next    *Order // to begin as soon as this one has ended
	started time.Time
	yesAt   time.Time
	preview *engine.Preview
	answer  chan bool
	stop    context.CancelFunc
	looked  int // findings of the preflight so far
	worst   []failover.Finding
	steps   map[string]*stepSeen // by the step's ID
	guide   *dnshost.Guide
	remark  failover.Sentence
	outcome failover.Outcome
	err     error
}

// stepSeen is what was seen of a step.
type stepSeen struct {
	state      failover.StepState
	view       failover.View
	ackAt, sat time.Time // when the host had it, and when every server gave it
}

// NewSwitch returns the presenter.
func NewSwitch(t *i18n.Tongue, e Switcher, opt SwitchOptions) *Switch {
	return &Switch{tongue: t, engine: e, opt: opt, steps: map[string]*stepSeen{}}
}

// Begin starts what is ordered and returns at once; changed is called, from any
// goroutine, whenever there is something new to show. While something goes on
// already it does nothing and returns false.
func (s *Switch) Begin(ctx context.Context, o Order, changed func()) bool {
	s.mu.Lock()
	if !s.phase.Ended() {
		s.mu.Unlock()
		return false
	}
	run, stop := context.WithCancel(ctx)
	s.phase, s.order, s.started, s.stop = PhasePreparing, o, s.opt.Now(), stop
	s.preview, s.looked, s.worst, s.guide, s.remark, s.err = nil, 0, nil, nil, failover.Sentence{}, nil
	s.steps, s.outcome, s.yesAt, s.next = map[string]*stepSeen{}, failover.Outcome{}, time.Time{}, nil
	s.answer = make(chan bool, 1)
	s.mu.Unlock()
	changed()
	go func() {
		defer stop()
		s.carryOut(run, o, changed)
		s.goOn(ctx, changed)
	}()
	return true
}

// carryOut does the work and takes down how it ended.
func (s *Switch) carryOut(ctx context.Context, o Order, changed func()) {
	out, err := s.ask(ctx, o, changed)
	s.mu.Lock()
	s.outcome, s.err = out, err
	var refused *engine.RefusedError
	switch {
	case err == nil:
		s.phase = PhaseDone
	case errors.Is(err, engine.ErrDeclined) || errors.Is(err, context.Canceled) && s.yesAt.IsZero():
		s.phase, s.err = PhaseIdle, nil
	case errors.As(err, &refused):
		s.phase = PhaseRefused
	default:
		s.phase = PhaseBroken
	}
	s.take(out)
	s.mu.Unlock()
	if s.opt.Done != nil {
		s.opt.Done(out, err)
	}
	changed()
}

// goOn begins what was ordered meanwhile.
func (s *Switch) goOn(ctx context.Context, changed func()) {
	s.mu.Lock()
	next := s.next
	s.next = nil
	s.mu.Unlock()
	if next != nil && ctx.Err() == nil {
		s.Begin(ctx, *next, changed)
	}
}

// ask hands the order to the engine.
func (s *Switch) ask(ctx context.Context, o Order, changed func()) (failover.Outcome, error) {
	if err := s.opt.Turn.Take(ctx); err != nil {
		return failover.Outcome{}, err
	}
	defer s.opt.Turn.Give()
	confirm := func(p engine.Preview) (bool, error) { return s.confirm(ctx, p, o.Yes, changed) }
	tell := func(e run.Event) { s.ran(e); changed() }
	found := func(f failover.Finding) { s.found(f); changed() }
	if o.Kind == failover.Rollback {
		return s.engine.Rollback(ctx, engine.RollbackRequest{Override: o.Override, Confirm: confirm, Tell: tell, Found: found})
	}
	return s.engine.Switch(ctx, engine.SwitchRequest{
		PlanRequest: engine.PlanRequest{Kind: o.Kind, Domains: o.Domains, To: o.To, ReplaceMX: o.Repair, TrustHost: o.Repair, KeepRoute: o.Repair && o.Kind == failover.Failback},
		Override:    o.Override, Confirm: confirm, Tell: tell, Found: found,
	})
}

// confirm shows the plan and waits for the answer.
func (s *Switch) confirm(ctx context.Context, p engine.Preview, yes bool, changed func()) (bool, error) {
	s.mu.Lock()
	s.preview, s.phase = &p, PhaseAsking
	answer := s.answer
	s.mu.Unlock()
	changed()
	if !yes {
		select {
		case yes = <-answer:
		case <-ctx.Done():
			return false, nil // whoever closes the window has not said yes
		}
	}
	s.mu.Lock()
	if yes {
		s.phase, s.yesAt = PhaseRunning, s.opt.Now()
	}
	s.mu.Unlock()
	changed()
	return yes, nil
}

// Answer says yes or no to the plan that is shown. Where the domain's name is to be
// typed, typed must be it; it reports whether the answer counted.
func (s *Switch) Answer(yes bool, typed string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != PhaseAsking || yes && !s.matches(typed) {
		return false
	}
	select {
	case s.answer <- yes:
		return true
	default:
		return false
	}
}

// matches reports whether what was typed is what was asked for.
func (s *Switch) matches(typed string) bool {
	want := s.toType()
	return want == "" || failover.FQDN(typed) == failover.FQDN(want)
}

// toType is what must be typed to say yes: the name of the first domain that
// changes.
func (s *Switch) toType() string {
	if !s.opt.Typed || s.preview == nil || len(s.preview.Plan.Domains) == 0 {
		return ""
	}
	return failover.Display(s.preview.Plan.Domains[0])
}

// Stop ends what goes on: what is done stays done, and is gone on with later.
func (s *Switch) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.phase.Ended() {
		s.stop()
	}
}

// RollBack takes the run back: the one that goes on as soon as it has stopped, or
// else the last.
func (s *Switch) RollBack(ctx context.Context, changed func()) {
	s.after(ctx, Order{Kind: failover.Rollback}, changed)
}

// Again asks for the same once more: to go on with what broke off, or with a reason
// for going on although the preflight refuses.
func (s *Switch) Again(ctx context.Context, override string, changed func()) {
	s.mu.Lock()
	o := s.order
	s.mu.Unlock()
	o.Override = override
	s.after(ctx, o, changed)
}

// after begins an order when what goes on has ended.
func (s *Switch) after(ctx context.Context, o Order, changed func()) {
	s.mu.Lock()
	if !s.phase.Ended() {
		s.next = &o
		s.stop()
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.Begin(ctx, o, changed)
}

// Close puts what has ended away, so that the page says again what could be done.
func (s *Switch) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase.Ended() {
		s.phase = PhaseIdle
	}
}

// Speak goes on in another language.
func (s *Switch) Speak(t *i18n.Tongue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tongue = t
}

// Phase is how far it has come.
func (s *Switch) Phase() Phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase
}

// worstKept bounds the findings that are remembered.
const worstKept = 20

func (s *Switch) found(f failover.Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked++
	if f.Verdict == failover.Red && len(s.worst) < worstKept {
		s.worst = append(s.worst, f)
	}
}

// ran takes an event of the run in.
func (s *Switch) ran(e run.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Route != nil { // whoever reads sees it on the ladder
		s.step(e.Route.ID).enter(e.State, s.opt.Now())
		return
	}
	if e.Guide != nil {
		s.guide = e.Guide
	}
	if e.Step.ID == "" || e.State != failover.Verified && !e.Say.IsZero() && e.Guide == nil {
		s.remark = e.Say
	}
	if e.Step.ID == "" {
		return
	}
	st := s.step(e.Step.ID)
	if e.State != "" {
		st.enter(e.State, s.opt.Now())
	}
	if len(e.View.Answers) > 0 {
		st.view = e.View
	}
	if st.state.Made() {
		s.guide = nil
	}
}

func (s *Switch) step(id string) *stepSeen {
	st := s.steps[id]
	if st == nil {
		st = &stepSeen{state: failover.Pending}
		s.steps[id] = st
	}
	return st
}

// order of the states, as the journal has them.
var stateOrder = []failover.StepState{failover.Pending, failover.Intent, failover.Sent, failover.Ack, failover.Verified}

// enter goes on to a state; going back to one is no news.
func (st *stepSeen) enter(state failover.StepState, at time.Time) {
	if slices.Index(stateOrder, state) < slices.Index(stateOrder, st.state) {
		return
	}
	st.state = state
	if state.Made() && st.ackAt.IsZero() {
		st.ackAt = at
	}
	if state == failover.Verified && st.sat.IsZero() {
		st.sat = at
	}
}

// take notes what an outcome says of the steps.
func (s *Switch) take(out failover.Outcome) {
	for _, o := range out.Routes {
		s.step(o.Step.ID).enter(o.State, s.opt.Now())
	}
	for _, o := range out.Steps {
		st := s.step(o.Step.ID)
		if o.State != "" {
			st.enter(o.State, s.opt.Now())
		}
		if len(o.View.Answers) > 0 {
			st.view = o.View
		}
	}
}
