package presenter

import (
	"strings"
	"time"

	"lifeboat/failover"
)

const (
	recordsShown = 8  // of a plan
	serversShown = 10 // addresses of name servers on the ladder
	runsShown    = 8
)

// rungs are the steps, in the order they are taken.
func (v switchView) rungs() []Rung {
	t := v.tongue
	look := Rung{Light: LightHealthy, Title: t.T("Check everything it needs")}
	switch v.phase {
	case PhasePreparing:
		look.Light, look.Time = LightWorking, t.T("{count} so far", "count", v.looked)
	case PhaseRefused:
		look.Light = LightDown
	default:
	}
	yes := Rung{Light: LightWaiting, Title: t.T("Your yes")}
	switch {
	case !v.yesAt.IsZero():
		yes.Light, yes.Time = LightHealthy, v.yesAt.Local().Format(time.TimeOnly)
	case v.phase == PhaseAsking:
		yes.Light = LightWorking
	}
	rungs := v.withRoutes([]Rung{look, yes}, []Rung{v.replaced(), v.visible(), v.forgotten()})
	if main, ok := v.main(); ok && v.opt.Arrived != nil {
		rungs = append(rungs, v.arrival(main))
	}
	return rungs
}

// replaced is the change at the DNS host.
func (v switchView) replaced() Rung {
	t := v.tongue
	r := Rung{Light: LightWaiting, Title: t.T("Replace the MX records")}
	made, begun, all := 0, false, len(v.planned().Steps)
	var last time.Time
	for _, st := range v.planned().Steps {
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
	case made == all && all > 0:
		r.Light, r.Time = LightHealthy, last.Local().Format(time.TimeOnly)
	case begun || v.phase == PhaseRunning:
		r.Light = LightWorking
		if all > 1 {
			r.Time = t.T("{count} of {all}", "count", made, "all", all)
		}
		if v.phase == PhaseBroken {
			r.Light = LightDown
		}
	}
	if v.phase == PhaseAsking {
		r.Time = t.T("at once")
	}
	if !v.remark.IsZero() && r.Light != LightHealthy {
		r.Note = say(t, v.remark)
	}
	return r
}

// visible is the proof at every address of every name server.
func (v switchView) visible() Rung {
	t := v.tongue
	r := Rung{Light: LightWaiting, Title: t.T("See it at every name server")}
	main, ok := v.main()
	seen := v.steps[main.ID]
	if v.phase == PhaseAsking {
		r.Time = t.T("in seconds")
	}
	if !ok || seen == nil || len(seen.view.Answers) == 0 {
		return r
	}
	with, asked := seen.view.With(main.After), seen.view.Asked()
	r.Time = t.T("{count} of {all}", "count", with, "all", asked)
	switch {
	case seen.state == failover.Verified:
		r.Light = LightHealthy
	case v.phase == PhaseRunning:
		r.Light = LightWorking
	default:
		r.Light = LightCare
	}
	for _, a := range seen.view.Answers {
		if a.State == failover.NoIPv6 {
			continue
		}
		if len(r.Rows) == serversShown {
			break
		}
		r.Rows = append(r.Rows, v.server(a, main))
	}
	return r
}

// server is what one address answers.
func (v switchView) server(a failover.Answer, main failover.Step) Row {
	t := v.tongue
	row := Row{Light: LightUnknown, Label: strings.TrimSuffix(failover.Display(a.Server), "."+failover.Display(main.Zone)), Value: AnswerState(t, a.State)}
	if a.Addr.IsValid() {
		row.Label += "  " + a.Addr.String()
	}
	if a.State != failover.Answered {
		return row
	}
	if main.IsAfter(a.Set) {
		row.Light, row.Value = LightHealthy, t.T("new")
		if !v.yesAt.IsZero() && a.At.After(v.yesAt) {
			row.Value = t.T("new, {span}", "span", exact(t, a.At.Sub(v.yesAt)))
		}
		return row
	}
	row.Light, row.Value = LightWorking, t.T("still old")
	if v.phase.Ended() {
		row.Light = LightCare
	}
	return row
}

// oldUntil is until when old answers may be remembered, and the TTL that says so.
// While servers are still asked it is counted from now.
func (v switchView) oldUntil() (until time.Time, ttl time.Duration) {
	main, ok := v.main()
	if !ok || !main.Before.Exists() {
		return time.Time{}, 0
	}
	ttl = time.Duration(main.Before.TTL) * time.Second
	for _, o := range v.outcome.Steps {
		if o.Step.ID == main.ID && !o.OldUntil.IsZero() {
			return o.OldUntil, ttl
		}
	}
	seen := v.steps[main.ID]
	switch {
	case seen == nil || seen.ackAt.IsZero():
		return time.Time{}, ttl
	case !seen.sat.IsZero():
		return seen.sat.Add(ttl), ttl
	default:
		return v.now.Add(ttl), ttl
	}
}

// forgotten is the time that caches take.
func (v switchView) forgotten() Rung {
	t := v.tongue
	r := Rung{Light: LightWaiting, Title: t.T("Old answers run out")}
	until, ttl := v.oldUntil()
	switch {
	case ttl == 0:
	case until.IsZero():
		r.Time = t.T("within {span}", "span", t.Span(ttl))
		if v.phase == PhaseAsking {
			r.Note = t.T("Until then some senders go on using the old records. Mail that waits outside is sent again, mostly within an hour.")
		}
	case until.After(v.now):
		r.Light, r.Time = LightWorking, t.T("about {when}", "when", moment(t, until, v.now))
	default:
		r.Light, r.Time = LightHealthy, moment(t, until, v.now)
	}
	return r
}

// countdown is the same as a clock.
func (v switchView) countdown() *Countdown {
	t := v.tongue
	until, ttl := v.oldUntil()
	if until.IsZero() || ttl == 0 {
		return nil
	}
	left := until.Sub(v.now)
	if left <= 0 {
		return nil // the ladder says so
	}
	return &Countdown{
		Left: clock(left + time.Second - 1), Part: min(float64(left)/float64(ttl), 1),
		Says: t.T("until old answers are forgotten (TTL {ttl}), counted from the last server that gave one", "ttl", clock(ttl)),
	}
}

// arrival is the first mail by the new route.
func (v switchView) arrival(main failover.Step) Rung {
	t, d := v.tongue, v.domain()
	to, role := v.provider(d, main.After), failover.Secondary
	if d.RouteOf(main.After) == failover.RoutePrimary {
		role = failover.Primary
	}
	r := Rung{Light: LightWaiting, Title: t.T("First mail arrives at {provider}", "provider", to)}
	seen := v.steps[main.ID]
	if seen == nil || seen.ackAt.IsZero() {
		return r
	}
	r.Light = LightWorking
	if at := v.opt.Arrived(role); at.After(seen.ackAt) {
		r.Light, r.Time = LightHealthy, at.Local().Format(time.TimeOnly)
	}
	return r
}
