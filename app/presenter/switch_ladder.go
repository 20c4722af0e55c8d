package presenter

import (
	"errors"
	"strings"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

const (
	recordsShown = 8  // of a plan
	serversShown = 10 // addresses of name servers on the ladder
	runsShown    = 8
)

// plan shows what would change, first in words, then in records.
func (v switchView) plan(s *SwitchState) {
	if v.preview == nil {
		return
	}
	t := v.tongue
	p := v.preview.Plan
	if p.Empty() {
		return
	}
	main, records := v.main()
	s.For = t.T("for everyone at {domain}", "domain", failover.Display(v.domain().Name))
	if records {
		s.For = t.T("for everyone at {domain}", "domain", failover.Display(main.Domain))
	}
	if n := len(p.Domains); n > 1 {
		s.For = t.T("for everyone at {count} domains", "count", n)
	}
	d := v.domain()
	if records {
		s.Before, s.After = v.provider(d, main.Before), v.provider(d, main.After)
	}
	rows := v.planRoutes(s, p)
	for _, st := range p.Steps {
		for _, r := range stepRecords(st) {
			if rows++; rows <= recordsShown {
				s.Records = append(s.Records, r)
			}
		}
	}
	if rows > recordsShown {
		s.More = t.T("and {count} more", "count", rows-recordsShown)
	}
	s.Note = t.T("Left alone: every other record. SPF and DKIM stay as they are.")
	for _, n := range p.Notes {
		s.Warnings = append(s.Warnings, Row{LightCare, failover.Display(n.Domain), say(t, n.Say)})
	}
	for _, d := range v.preview.Domains {
		for _, w := range v.preview.Judgements[d.Name].Warnings {
			s.Warnings = append(s.Warnings, Row{LightCare, failover.Display(d.Name), say(t, w.Say)})
		}
	}
	if len(s.Warnings) > recordsShown {
		s.Warnings = s.Warnings[:recordsShown]
	}
}

// stepRecords are a step's records: those that go, then those that come. What
// stays is no news, but for its TTL.
func stepRecords(st failover.Step) []RecordRow {
	var out []RecordRow
	name := failover.Display(st.After.Name)
	add := func(set failover.RRset, isNew bool) {
		for _, value := range set.Values {
			out = append(out, RecordRow{isNew, name + "  " + st.After.Type + "  " + strings.TrimSuffix(value, ".")})
		}
	}
	add(st.Before, false)
	add(st.After, true)
	return out
}

// provider is where a set leads.
func (v switchView) provider(d failover.Domain, set failover.RRset) string {
	t := v.tongue
	switch d.RouteOf(set) {
	case failover.RoutePrimary:
		return d.Primary.Name
	case failover.RouteSecondary:
		return d.Secondary.Name
	case failover.RouteMixed:
		return t.T("both")
	case failover.RouteNone:
		return t.T("nowhere")
	default:
		return t.T("elsewhere")
	}
}

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
	made, begun, all := 0, false, len(v.planned())
	var last time.Time
	for _, st := range v.planned() {
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
	if !v.remark.IsZero() && r.Light != LightHealthy {
		r.Note = say(t, v.remark)
	}
	return r
}

// planned are the plan's steps.
func (v switchView) planned() []failover.Step {
	if v.preview != nil {
		return v.preview.Plan.Steps
	}
	return v.outcome.Plan.Steps
}

// visible is the proof at every address of every name server.
func (v switchView) visible() Rung {
	t := v.tongue
	r := Rung{Light: LightWaiting, Title: t.T("See it at every name server")}
	main, ok := v.main()
	seen := v.steps[main.ID]
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

// refusals are what the preflight has against it.
func (v switchView) refusals() []Refusal {
	if v.phase != PhaseRefused {
		return nil
	}
	var out []Refusal
	add := func(l Light, list []failover.Finding) {
		for _, f := range list {
			if len(out) < worstKept {
				r := Refusal{Row: Row{Light: l, Label: say(v.tongue, f.Say)}}
				if !f.Remedy.IsZero() {
					r.Remedy = say(v.tongue, f.Remedy)
				}
				out = append(out, r)
			}
		}
	}
	for _, r := range refusedIn(v.err) {
		add(LightDown, r.Blocking)
		add(LightUnknown, r.Unknown)
	}
	return out
}

// refusedIn finds every refusal joined in an error.
func refusedIn(err error) []*engine.RefusedError {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*engine.RefusedError
		for _, e := range joined.Unwrap() {
			out = append(out, refusedIn(e)...)
		}
		return out
	}
	var r *engine.RefusedError
	if errors.As(err, &r) {
		return []*engine.RefusedError{r}
	}
	return nil
}

// showGuide is what a person has to do.
func (v switchView) showGuide() *GuideState {
	t := v.tongue
	g := &GuideState{Title: t.T("To do at {console}", "console", v.guide.Console)}
	for _, s := range v.guide.Steps {
		g.Steps = append(g.Steps, say(t, s))
	}
	g.Add, g.Away = v.forms(v.guide.Add), v.forms(v.guide.Remove)
	return g
}

func (v switchView) forms(entries []dnshost.Entry) []Form {
	var out []Form
	for _, e := range entries {
		var f Form
		for _, x := range e.Fields {
			f.Fields = append(f.Fields, Field{v.tongue.Say(x.Label), x.Value})
		}
		out = append(out, f)
	}
	return out
}

// runs are the runs of before.
func (v switchView) runs(all []engine.RunSummary) []RunRow {
	t := v.tongue
	var out []RunRow
	for _, r := range all {
		if len(out) == runsShown {
			break
		}
		row := RunRow{Light: LightHealthy, Title: kindOf(v, r.Kind), Says: Result(t, r) + " · " + r.Who, When: moment(t, r.Started, v.now)}
		if r.Result != "done" {
			row.Light = LightCare
		}
		out = append(out, row)
	}
	return out
}

// kindOf names a run.
func kindOf(v switchView, k failover.Kind) string {
	t, names := v.tongue, v.names()
	switch k {
	case failover.Failover:
		return t.T("Switch to {secondary}", names...)
	case failover.Failback:
		return t.T("Back home to {primary}", names...)
	case failover.SendRoute:
		return t.T("Send route moved")
	case failover.Rollback:
		return t.T("Taken back")
	default:
		return t.T("Prepared in calm times")
	}
}
