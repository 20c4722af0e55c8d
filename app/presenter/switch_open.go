package presenter

import (
	"context"

	"lifeboat/failover"
)

// Unfinished reports whether a run broke off, here or in a window before this one, and
// waits to be gone on with or taken back.
func (s *Switch) Unfinished() bool {
	return s.opt.Open != nil && s.opt.Open() != nil && s.Phase() == PhaseIdle
}

// GoOn goes on with the run that broke off.
func (s *Switch) GoOn(ctx context.Context, changed func()) {
	if s.opt.Open == nil {
		return
	}
	if open := s.opt.Open(); open != nil {
		s.Begin(ctx, Order{Kind: open.Kind}, changed)
	}
}

// RouteAlone moves the send route and nothing else, of the domains of the order that
// was refused.
func (s *Switch) RouteAlone(ctx context.Context, changed func()) {
	s.mu.Lock()
	o := Order{Kind: failover.SendRoute, Domains: s.order.Domains, To: s.order.Kind.Target()}
	s.mu.Unlock()
	s.after(ctx, o, changed)
}

// Press does what a button of the page asks for, but for those that lead to another
// page: it reports whether it was one of its own. text is what was typed. kin are the
// domains that a switch is begun for.
func (s *Switch) Press(ctx context.Context, do SwitchDo, text string, kin []string, changed func()) bool {
	switch do {
	case DoYes:
		s.Answer(true, text)
	case DoNo:
		s.Answer(false, "")
	case DoStop:
		s.Stop()
	case DoRollBack:
		s.RollBack(ctx, changed)
	case DoAgain:
		s.Again(ctx, "", changed)
	case DoOverride:
		s.Again(ctx, text, changed)
	case DoResume:
		s.GoOn(ctx, changed)
	case DoRouteAlone:
		s.RouteAlone(ctx, changed)
	case DoFailover:
		s.Begin(ctx, Order{Kind: failover.Failover, Domains: kin}, changed)
	case DoFailback:
		s.Begin(ctx, Order{Kind: failover.Failback, Domains: kin}, changed)
	default:
		return false
	}
	changed()
	return true
}

// done tells of each step of the run that broke off how far it has come.
func (v switchView) done() []Row {
	if !v.isOpen() {
		return nil
	}
	t := v.tongue
	var rows []Row
	add := func(id, title string, route bool) {
		l, says := v.stepSays(v.open.States[id], route)
		if len(rows) < recordsShown {
			rows = append(rows, Row{l, title, says})
		}
	}
	for _, st := range v.open.Plan.Routes {
		add(st.ID, t.T("Send through {provider}", "provider", v.named(st.Domain).Provider(st.After).Name), true)
	}
	for _, st := range v.open.Plan.Steps {
		add(st.ID, t.T("{type} records of {name}", "type", st.After.Type, "name", failover.Display(st.After.Name)), false)
	}
	return rows
}

// stepSays is how far a step has come, in words.
func (v switchView) stepSays(s failover.StepState, route bool) (Light, string) {
	t := v.tongue
	switch {
	case s == failover.Verified, s == failover.Ack && route:
		return LightHealthy, t.T("done")
	case s == failover.Ack:
		return LightWorking, t.T("done at the DNS host, not yet seen at every name server")
	case s == failover.Sent:
		return LightUnknown, t.T("asked of the DNS host, whose answer never came; it is looked at first")
	case s == failover.Intent:
		return LightUnknown, t.T("just begun")
	default:
		return LightWaiting, t.T("not done yet")
	}
}

// openTitle says what broke off.
func (v switchView) openTitle() string {
	t, names := v.tongue, v.names()
	switch v.open.Kind {
	case failover.Failover:
		return t.T("The switch to {secondary} is not finished.", names...)
	case failover.Failback:
		return t.T("The way back to {primary} is not finished.", names...)
	case failover.SendRoute:
		return t.T("A move of the send route is not finished.")
	default:
		return t.T("A change of the DNS records is not finished.")
	}
}

// openLead says when it was begun, and what can be done.
func (v switchView) openLead() string {
	t := v.tongue
	n, all := 0, 0
	if v.open.Plan != nil {
		all = len(v.open.Plan.Steps) + len(v.open.Plan.Routes)
		for _, st := range v.open.Plan.Routes {
			n += done(v.open.States[st.ID].Made())
		}
		for _, st := range v.open.Plan.Steps {
			n += done(v.open.States[st.ID] == failover.Verified)
		}
	}
	begun := t.T("It was begun at {when} by {who}.", "when", moment(t, v.open.Started, v.now), "who", v.open.Who)
	if all == 0 {
		return join(t, begun, t.T("Go on with it, or take it back: nothing is lost."))
	}
	return join(t, begun, t.T("{count} of {all} steps are done. Go on with it, or take it back: nothing is lost.", "count", n, "all", all))
}

// done counts a step that is.
func done(is bool) int {
	if is {
		return 1
	}
	return 0
}

// openBar is what can be pressed then.
func (v switchView) openBar() Bar {
	t := v.tongue
	b := Bar{t.T("What is done already is not done twice, and what is there is looked at first."), []SwitchButton{{t.T("Go on"), DoResume, true}}}
	if v.open.Kind != failover.Rollback {
		b.Buttons = append([]SwitchButton{{t.T("Take it back"), DoRollBack, false}}, b.Buttons...)
	}
	return b
}
