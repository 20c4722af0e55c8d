package presenter

import "lifeboat/failover"

// bar is what can be pressed.
func (v switchView) bar(route failover.Route) Bar {
	t, names := v.tongue, v.names()
	switch v.phase {
	case PhasePreparing:
		return Bar{t.T("Nothing is changed before you have seen it and said yes."), []SwitchButton{{t.T("Stop"), DoStop, false}}}
	case PhaseAsking:
		yes := t.T("Switch mail")
		switch v.order.Kind {
		case failover.Failover:
		case failover.Failback:
			yes = t.T("Go back home")
		default:
			yes = t.T("Do it")
		}
		return Bar{t.T("Nothing is changed before you have seen it and said yes."), []SwitchButton{{t.T("Cancel"), DoNo, false}, {yes, DoYes, true}}}
	case PhaseRunning:
		return Bar{
			t.T("Stop keeps what is done and says what is not. Roll back restores the earlier records, checked the same way."),
			[]SwitchButton{{t.T("Roll back"), DoRollBack, false}, {t.T("Stop here"), DoStop, false}},
		}
	case PhaseDone:
		return v.barDone()
	case PhaseRefused:
		return Bar{
			t.T("To go on all the same is possible with a reason, which is kept in the journal."),
			[]SwitchButton{{t.T("Go on all the same"), DoOverride, false}, {t.T("Close"), DoClose, false}, {t.T("Look again"), DoAgain, true}},
		}
	case PhaseBroken:
		if v.yesAt.IsZero() {
			return Bar{Buttons: []SwitchButton{{t.T("Close"), DoClose, false}, {t.T("Try again"), DoAgain, true}}}
		}
		return Bar{Buttons: []SwitchButton{{t.T("Close"), DoClose, false}, {t.T("Roll back"), DoRollBack, false}, {t.T("Go on"), DoAgain, true}}}
	default:
		if v.open != nil {
			return v.openBar()
		}
		if route == failover.RouteSecondary {
			return Bar{Buttons: []SwitchButton{{t.T("Go back home"), DoFailback, true}}}
		}
		return Bar{Buttons: []SwitchButton{{t.T("Switch to {secondary}", names...), DoFailover, route == failover.RoutePrimary}}}
	}
}

func (v switchView) barDone() Bar {
	t := v.tongue
	b := Bar{Buttons: []SwitchButton{{t.T("Close"), DoClose, true}}}
	if !v.outcome.Plan.Empty() && v.order.Kind != failover.Rollback {
		b.Says = t.T("Roll back restores the earlier records, checked the same way.")
		b.Buttons = append([]SwitchButton{{t.T("Roll back"), DoRollBack, false}}, b.Buttons...)
	}
	return b
}
