package presenter

import (
	"context"
	"slices"
	"sync"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// PracticeState is what the practice screen shows.
type PracticeState struct {
	Headline  string
	Note      string
	Primary   ProviderCard
	Secondary ProviderCard
	Ledger    []Count
	Steps     []StepRow
	Running   bool
	Problem   string
}

// ProviderCard is one provider of the practice world.
type ProviderCard struct {
	Role, Name string
	Light      Light
	Says       string
	Live       bool // mail is led here
}

// Count is one figure of the ledger; Light is set where it must be nothing.
type Count struct {
	Label string
	Value int
	Light Light
}

// StepRow is one line of what has happened.
type StepRow struct {
	Light Light
	At    string
	Says  string
}

// Player plays the story in a world made for it, and tells it.
type Player func(ctx context.Context, tell func(engine.PracticeEvent)) (engine.PracticeResult, error)

// stepsShown bounds the list of what has happened.
const stepsShown = 200

// Practice plays the main job and keeps what is to be shown of it.
type Practice struct {
	tongue *i18n.Tongue
	play   Player

	mu      sync.Mutex
	running bool
	chapter failover.Sentence
	domain  failover.Domain
	totals  lab.Totals
	broken  bool
	route   failover.Route
	steps   []StepRow
	result  *engine.PracticeResult
	err     error
}

// NewPractice returns the presenter.
func NewPractice(t *i18n.Tongue, play Player) *Practice {
	return &Practice{tongue: t, play: play, route: failover.RouteUnknown}
}

// Play plays the story once; changed is called after each thing that happens,
// from any goroutine. A second call while one runs does nothing.
func (p *Practice) Play(ctx context.Context, changed func()) {
	p.mu.Lock()
	if p.running {
		p.mu.Unlock()
		return
	}
	p.running, p.steps, p.result, p.err = true, nil, nil, nil
	p.totals, p.broken, p.route = lab.Totals{}, false, failover.RouteUnknown
	p.mu.Unlock()
	result, err := p.play(ctx, func(e engine.PracticeEvent) {
		p.take(e)
		changed()
	})
	p.mu.Lock()
	p.running, p.result, p.err = false, &result, err
	p.totals = result.Totals
	p.mu.Unlock()
	changed()
}

// take notes an event.
func (p *Practice) take(e engine.PracticeEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.totals, p.domain = e.Totals, e.Domain; p.route == failover.RouteUnknown {
		p.route = failover.RoutePrimary // where the story begins
	}
	at := e.At.Format("15:04:05")
	switch {
	case !e.Chapter.IsZero():
		p.chapter = e.Chapter
		p.add(StepRow{LightReady, at, p.tongue.Say(e.Chapter)})
	case !e.Say.IsZero():
		p.add(StepRow{LightHealthy, at, p.tongue.Say(e.Say)})
	case e.Finding != nil && e.Finding.Verdict != failover.Pass:
		p.add(StepRow{LightCare, at, p.tongue.Say(e.Finding.Say)})
	case e.Run != nil && len(e.Run.View.Answers) > 0:
		p.add(StepRow{LightHealthy, at, p.tongue.T("{set}: {count} of {all} addresses give the new records",
			"set", e.Run.Step.After.Key.String(), "count", e.Run.View.With(e.Run.Step.After), "all", e.Run.View.Asked())})
		p.route = p.domain.RouteOf(e.Run.Step.After)
	case e.Message != nil:
		p.message(*e.Message)
	}
}

func (p *Practice) message(e lab.Event) {
	light := LightHealthy
	switch e.Kind {
	case lab.EventBroken:
		p.broken, light = true, LightDown
	case lab.EventMended:
		p.broken = false
	default:
		return
	}
	p.add(StepRow{light, e.At.Format("15:04:05"), p.tongue.Say(e.Say)})
}

// add appends a row, unless it says again what the last one said.
func (p *Practice) add(r StepRow) {
	if n := len(p.steps); n > 0 && p.steps[n-1].Says == r.Says {
		return
	}
	p.steps = append(p.steps, r)
	if len(p.steps) > stepsShown {
		p.steps = slices.Delete(p.steps, 0, len(p.steps)-stepsShown)
	}
}

// State returns what is to be shown now.
func (p *Practice) State() PracticeState {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tongue
	s := PracticeState{
		Running: p.running, Steps: slices.Clone(p.steps), Headline: t.Say(p.chapter),
		Note: t.T("Practice, in the built-in mail world: nothing outside this computer is touched."),
	}
	if p.err != nil {
		s.Problem = t.Errors(p.err)[0]
	}
	if p.result != nil && p.err == nil && p.result.Good() {
		s.Headline = t.T("Every message arrived, once.")
	}
	s.Primary = ProviderCard{Role: t.T("Primary"), Name: p.domain.Primary.Name, Light: LightHealthy, Live: p.route == failover.RoutePrimary,
		Says: t.T("messages taken: {count}", "count", p.totals.Primary)}
	if p.broken {
		s.Primary.Light, s.Primary.Says = LightDown, t.T("resets every connection")
	}
	s.Secondary = ProviderCard{Role: t.T("Secondary"), Name: p.domain.Secondary.Name, Light: LightReady, Live: p.route == failover.RouteSecondary,
		Says: t.T("messages taken: {count}", "count", p.totals.Secondary)}
	if s.Secondary.Live {
		s.Secondary.Light = LightHealthy
	}
	if p.route == failover.RouteUnknown {
		s.Primary.Light, s.Secondary.Light = LightUnknown, LightUnknown
	}
	s.Ledger = p.ledger()
	return s
}

// ledger adds up: what was sent is what arrived and what waits.
func (p *Practice) ledger() []Count {
	t, l := p.tongue, p.totals
	return []Count{
		{Label: t.T("Sent"), Value: l.Sent},
		{Label: t.T("Delivered"), Value: l.Delivered},
		{Label: t.T("Waiting"), Value: l.Waiting},
		{Label: t.T("Bounced"), Value: l.Bounced, Light: mustBeNone(l.Bounced)},
		{Label: t.T("Lost"), Value: l.Lost, Light: mustBeNone(l.Lost)},
		{Label: t.T("Doubled"), Value: l.Doubled, Light: mustBeNone(l.Doubled)},
	}
}

func mustBeNone(n int) Light {
	if n > 0 {
		return LightDown
	}
	return LightHealthy
}
