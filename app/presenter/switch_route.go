package presenter

import (
	"slices"
	"time"

	"lifeboat/failover"
)

// routes are the moves of send routes in the plan.
func (v switchView) routes() []failover.RouteStep {
	return v.planned().Routes
}

// route is the move that is spoken of: that of the first domain that changes.
func (v switchView) route() (failover.RouteStep, bool) {
	all := v.routes()
	if i := slices.IndexFunc(all, func(s failover.RouteStep) bool { return s.Domain == v.domain().Name }); i >= 0 {
		return all[i], true
	}
	if len(all) > 0 {
		return all[0], true
	}
	return failover.RouteStep{}, false
}

// withRoutes puts the rung of the send route where its move comes: before the records,
// or after they are replaced. A plan that has no records has no rungs for them.
func (v switchView) withRoutes(before, records []Rung) []Rung {
	route, ok := v.route()
	switch {
	case !ok:
		return slices.Concat(before, records)
	case len(v.planned().Steps) == 0:
		return append(before, v.moved(route))
	case route.Last():
		return slices.Concat(before, records[:1], []Rung{v.moved(route)}, records[1:])
	default:
		return slices.Concat(before, []Rung{v.moved(route)}, records)
	}
}

// moved is the move of the send route.
func (v switchView) moved(route failover.RouteStep) Rung {
	t := v.tongue
	r := Rung{
		Light: LightWaiting,
		Title: t.T("Send through {provider}", "provider", v.named(route.Domain).Provider(route.After).Name),
	}
	made, begun, all := 0, false, v.routes()
	var last time.Time
	for _, st := range all {
		seen := v.steps[st.ID]
		if seen == nil {
			continue
		}
		begun = begun || seen.state != failover.Pending
		if seen.state.Made() {
			made++
			if seen.ackAt.After(last) {
				last = seen.ackAt
			}
		}
	}
	switch {
	case made == len(all):
		r.Light, r.Time = LightHealthy, last.Local().Format(time.TimeOnly)
	case begun && v.phase == PhaseBroken:
		r.Light = LightDown
	case begun:
		r.Light = LightWorking
	}
	if v.phase == PhaseAsking {
		r.Time = t.T("at once")
	}
	if made < len(all) && len(all) > 1 && begun {
		r.Time = t.T("{count} of {all}", "count", made, "all", len(all))
	}
	for _, o := range v.outcome.Routes {
		if !o.Problem.IsZero() && r.Note == "" {
			r.Note = say(t, o.Problem)
		}
	}
	return r
}

// leadRoutes is said when no records were changed.
func (v switchView) leadRoutes() string {
	t := v.tongue
	route, ok := v.route()
	if !ok {
		return t.T("Nothing was changed.")
	}
	d := v.named(route.Domain)
	return t.T("What users of {domain} send leaves through {provider}.", "domain", failover.Display(d.Name), "provider", d.Provider(route.After).Name)
}
