package presenter

import (
	"context"
	"slices"
	"sync"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// Scene is what practice sees of the built-in world; *lab.World shows it.
type Scene interface {
	Picture() lab.Picture
	Totals() lab.Totals
	Subscribe(size int) (events <-chan lab.Event, cancel func())
	Now() time.Time
}

// PracticeState is what is shown beside the real Home in practice.
type PracticeState struct {
	Title   string
	Hint    string   // what to do now
	Broken  []string // what is broken, in plain words
	Choices []Choice
	Mend    bool // there is something to mend
	Playing bool
	Problem string
	Routes  RoutesState
	Ledger  LedgerState
	News    []NewsRow // the newest first
}

// Choice is one way to break the world.
type Choice struct {
	Key    TroubleKey
	Title  string
	Active bool
}

// NewsRow is something that happened.
type NewsRow struct {
	Light Light
	At    string
	Says  string
}

// told is something that happened, to be told in any language.
type told struct {
	light Light
	at    time.Time
	say   failover.Sentence
}

// newsKept bounds what is remembered of what happened.
const newsKept = 12

// PracticeOptions is what practice goes by beside the world.
type PracticeOptions struct {
	Home   *Home
	Switch *Switch
	Domain failover.Domain
}

// Practice lets somebody break the built-in world and mend it, and says what could
// be done next. Switching is none of its business: that is done by the pages that an
// admin uses.
type Practice struct {
	tongue *i18n.Tongue
	scene  Scene
	levers Levers
	opt    PracticeOptions

	mu      sync.Mutex
	broken  []TroubleKey
	playing context.CancelFunc // of the outage that plays by itself
	err     error
	news    []told
	moves   hops
	arrived map[failover.Role]time.Time // the last arrivals
	first   map[failover.Role]time.Time // the first arrival since the last switch
}

// NewPractice returns the presenter.
func NewPractice(t *i18n.Tongue, s Scene, l Levers, opt PracticeOptions) *Practice {
	return &Practice{
		tongue: t, scene: s, levers: l, opt: opt,
		arrived: map[failover.Role]time.Time{}, first: map[failover.Role]time.Time{},
	}
}

// eventsAtOnce is how many events of the world may wait to be read.
const eventsAtOnce = 512

// Watch reads what happens in the world until the context ends, and calls changed
// after each thing that is worth showing; for clocks that run it is called every
// half second besides.
func (p *Practice) Watch(ctx context.Context, changed func()) {
	events, cancel := p.scene.Subscribe(eventsAtOnce)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-events:
			if !open {
				return
			}
			if p.take(e) {
				changed()
			}
		case <-tick.C:
			changed()
		}
	}
}

// take notes an event, and reports whether it is worth showing.
func (p *Practice) take(e lab.Event) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moves.add(e)
	switch e.Kind {
	case lab.EventDelivered:
		if e.Way == lab.Inbound && e.Role != "" {
			p.arrived[e.Role] = e.At
			if p.first[e.Role].IsZero() {
				p.first[e.Role] = e.At
			}
		}
	case lab.EventRead:
	case lab.EventBroken, lab.EventLost, lab.EventBounced, lab.EventDoubled:
		p.tell(LightDown, e)
	case lab.EventMended, lab.EventRelief:
		p.tell(LightHealthy, e)
	case lab.EventSwitched:
		p.tell(LightHealthy, e)
		clear(p.first)
	case lab.EventTrouble, lab.EventNotice:
		p.tell(LightCare, e)
	default:
		return false
	}
	return true
}

// tell adds to the news, unless it says again what the last one said.
func (p *Practice) tell(l Light, e lab.Event) {
	if e.Say.IsZero() || len(p.news) > 0 && p.news[0].say.String() == e.Say.String() {
		return
	}
	p.news = slices.Insert(p.news, 0, told{l, e.At, e.Say})
	if len(p.news) > newsKept {
		p.news = p.news[:newsKept]
	}
}

// Arrived tells when mail first arrived at a provider since the MX records last
// changed; zero when none has.
func (p *Practice) Arrived(r failover.Role) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first[r]
}

// Break breaks the world in one way more. The primary suffers from one trouble at a
// time: the newest.
func (p *Practice) Break(k TroubleKey) {
	err := k.cause(p.levers)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err = err; err != nil {
		return
	}
	p.broken = slices.DeleteFunc(p.broken, func(o TroubleKey) bool { return o == k || o.onPrimary() && k.onPrimary() })
	p.broken = append(p.broken, k)
}

// Mend mends all that is broken.
func (p *Practice) Mend() {
	p.levers.Mend(failover.Primary)
	p.levers.Mend(failover.Secondary)
	p.levers.SetLine(lab.Line{})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken, p.err = nil, nil
}

// Switched has the staff hand in their mail where the send route leads now.
func (p *Practice) Switched(out failover.Outcome, _ error) {
	for _, r := range out.Routes {
		if r.State.Made() && r.Step.Domain == p.opt.Domain.Name {
			p.levers.SetSendRoute(r.Step.After)
		}
	}
}

// Speak goes on in another language.
func (p *Practice) Speak(t *i18n.Tongue) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tongue = t
}

// Hops takes the moves of messages since the last time.
func (p *Practice) Hops() []Hop {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.moves.take()
}

// State returns what is to be shown now.
func (p *Practice) State() PracticeState {
	picture, totals := p.scene.Picture(), p.scene.Totals()
	home, phase := p.opt.Home.current(), p.opt.Switch.Phase()
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tongue
	s := PracticeState{
		Title:  t.T("Practice"),
		Routes: routes(t, picture, slices.Contains(p.broken, TroubleLine)),
		Ledger: ledger(t, totals, onTheWay(picture)),
		Mend:   len(p.broken) > 0, Playing: p.playing != nil,
	}
	for _, n := range p.news {
		s.News = append(s.News, NewsRow{n.light, n.at.Local().Format(time.TimeOnly), say(t, n.say)})
	}
	for _, k := range Troubles() {
		active := slices.Contains(p.broken, k)
		s.Choices = append(s.Choices, Choice{k, k.Title(t), active})
		if active {
			s.Broken = append(s.Broken, k.Title(t))
		}
	}
	if p.err != nil {
		s.Problem = problem(t, p.err)
	}
	s.Hint = p.hint(home, phase)
	return s
}

// hint says what could be done next.
func (p *Practice) hint(is situation, phase Phase) string {
	t := p.tongue
	names := []any{"primary", p.opt.Domain.Primary.Name, "secondary", p.opt.Domain.Secondary.Name}
	switch {
	case p.playing != nil:
		return t.T("It plays by itself. Watch what each page says.")
	case phase == PhasePreparing || phase == PhaseRunning:
		return t.T("The switch is under way: see the page Switch.")
	case phase == PhaseAsking:
		return t.T("Read what would change, then say yes.")
	case is == isDown:
		return t.T("Press Switch mail: new mail goes to {secondary}.", names...)
	case is == isHome:
		return t.T("Press Go back home: mail goes to {primary} again.", names...)
	case is == isSwitched && len(p.broken) > 0:
		return t.T("Mail arrives at {secondary}. Now press Mend.", names...)
	case is == isSwitched:
		return t.T("Mended. After a few good checks it counts as recovered.")
	case is == isAdrift || is == isBothDown:
		return t.T("Nothing of yours helps now but waiting. Press Mend.")
	case is == isPartly || is == isLineDown || is == isUnsure:
		return t.T("A switch would not help here. Press Mend.")
	case is == isSuspect || len(p.broken) > 0:
		return t.T("Broken. It takes a few failures in a row to be sure: watch the headline.")
	case is == isLooking:
		return t.T("A small mail world starts inside this program …")
	default:
		return t.T("All is well. Press Break it, and watch.")
	}
}
