package presenter

import (
	"errors"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

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

// aside offers to move the send route alone where the records must not be touched:
// what staff write then leaves, whatever becomes of mail that comes in.
func (v switchView) aside() *Aside {
	t, d := v.tongue, v.domain()
	if v.phase != PhaseRefused || v.order.Kind != failover.Failover || !d.HasSendRoute() {
		return nil
	}
	return &Aside{
		Text: t.T("You can let what your staff write leave through {secondary} all the same. No record is changed, and mail to you stays where it is.",
			"secondary", d.Secondary.Name),
		Button: t.T("Move the send route alone"), Do: DoRouteAlone,
	}
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
