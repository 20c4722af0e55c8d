package presenter

import (
	"context"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
)

// Light is the state that a status light shows.
type Light string

// The lights. Unknown never looks healthy.
const (
	LightHealthy Light = "healthy"
	LightReady   Light = "ready"
	LightCare    Light = "care"
	LightDown    Light = "down"
	LightUnknown Light = "unknown"
)

// Word is a light's word.
func (l Light) Word(t *i18n.Tongue) string {
	switch l {
	case LightHealthy:
		return t.T("Healthy")
	case LightReady:
		return t.T("Ready")
	case LightCare:
		return t.T("Care")
	case LightDown:
		return t.T("Down")
	default:
		return t.T("Unknown")
	}
}

// DomainCard is one domain as the window shows it.
type DomainCard struct {
	Headline  string
	Light     Light
	Readiness string
	Servers   []ServerRow
	Countdown string
}

// ServerRow is one authoritative address and what it gives.
type ServerRow struct {
	Light Light
	Name  string
	Says  string
}

// HomeState is what Home shows.
type HomeState struct {
	Cards   []DomainCard
	Problem string // why nothing could be looked at
	Age     string
}

// Looker is what Home needs of the engine.
type Looker interface {
	Status(ctx context.Context, names []string) (engine.Status, error)
}

// Home looks at the domains again and again and keeps what it saw.
type Home struct {
	tongue *i18n.Tongue
	engine Looker
	now    func() time.Time

	mu     sync.Mutex
	status engine.Status
	err    error
}

// NewHome returns the presenter.
func NewHome(t *i18n.Tongue, e Looker, now func() time.Time) *Home {
	return &Home{tongue: t, engine: e, now: now}
}

// Watch looks now and then at every interval until the context ends, and calls
// changed after each look.
func (h *Home) Watch(ctx context.Context, every time.Duration, changed func()) {
	for ctx.Err() == nil {
		st, err := h.engine.Status(ctx, nil)
		h.mu.Lock()
		h.status, h.err = st, err
		h.mu.Unlock()
		changed()
		if engine.Sleep(ctx, every) != nil {
			return
		}
	}
}

// State returns what is to be shown now.
func (h *Home) State() HomeState {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.tongue
	if h.err != nil {
		return HomeState{Problem: t.Errors(h.err)[0]}
	}
	if h.status.At.IsZero() {
		return HomeState{Age: t.T("Looking …")}
	}
	s := HomeState{Age: t.T("Looked at {when}", "when", t.Clock(h.status.At, h.status.At))}
	for _, d := range h.status.Domains {
		s.Cards = append(s.Cards, h.card(d))
	}
	return s
}

func (h *Home) card(d engine.DomainStatus) DomainCard {
	t := h.tongue
	c := DomainCard{Headline: Headline(t, d), Readiness: Readiness(t, d), Light: lightOf(d)}
	for _, a := range d.MX.Answers {
		row := ServerRow{Name: failover.Display(a.Server), Light: LightUnknown, Says: AnswerState(t, a.State)}
		if a.Addr.IsValid() {
			row.Name += " " + a.Addr.String()
		}
		if a.State == failover.Answered {
			row.Light, row.Says = LightHealthy, a.Set.String()
			if d.Disagree {
				row.Light = LightCare
			}
		}
		c.Servers = append(c.Servers, row)
	}
	if d.Countdown.After(h.now()) {
		c.Countdown = t.T("Caches may hold the old answer until {when}.", "when", t.Clock(d.Countdown, h.now()))
	}
	return c
}

// lightOf weighs a domain's state: where its mail goes, and whether it could be
// switched.
func lightOf(d engine.DomainStatus) Light {
	switch {
	case !d.Problem.IsZero() || d.Route == failover.RouteUnknown:
		return LightUnknown
	case d.Route == failover.RouteNone:
		return LightDown
	case d.Disagree || d.Route == failover.RouteMixed || d.Route == failover.RouteForeign || d.Route == failover.RouteSecondary:
		return LightCare
	case len(d.Ready.Blocking) > 0:
		return LightCare
	case !d.Ready.Allowed:
		return LightUnknown // what nobody has looked at never looks healthy
	default:
		return LightHealthy
	}
}
