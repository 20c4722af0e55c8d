package presenter

import "lifeboat/failover"

// arrives tells what arrives where: from when the yes is given until nobody remembers
// the old records.
func (v switchView) arrives() []Row {
	p := v.planned()
	if v.yesAt.IsZero() || p.Empty() || v.phase == PhasePreparing || v.phase == PhaseAsking || v.phase == PhaseRefused {
		return nil
	}
	t := v.tongue
	var rows []Row
	if main, ok := v.main(); ok {
		rows = v.arrivesByRecords(main)
	}
	if route, ok := v.route(); ok {
		d := v.named(route.Domain)
		row := Row{LightWaiting, t.T("What you write"), t.T("leaves through {provider}", "provider", d.Provider(route.Before).Name)}
		if seen := v.steps[route.ID]; seen != nil && seen.state.Made() {
			row.Light, row.Value = LightHealthy, t.T("leaves through {provider}", "provider", d.Provider(route.After).Name)
		}
		rows = append(rows, row)
	}
	return rows
}

func (v switchView) arrivesByRecords(main failover.Step) []Row {
	t, d := v.tongue, v.named(main.Domain)
	before, after := v.provider(d, main.Before), v.provider(d, main.After)
	asks, knows := t.T("Senders that ask now"), t.T("Senders that remember")
	seen := v.steps[main.ID]
	if seen == nil || !seen.state.Made() {
		return []Row{{LightWaiting, asks, t.T("come to {provider}, as before", "provider", before)}}
	}
	rows := []Row{{LightHealthy, asks, t.T("come to {provider}", "provider", after)}}
	if seen.sat.IsZero() {
		rows[0] = Row{LightWorking, asks, t.T("come to {provider}, where their name server has the new records", "provider", after)}
	}
	until, ttl := v.oldUntil()
	switch {
	case ttl == 0 || !main.Before.Exists():
	case until.After(v.now):
		rows = append(rows, Row{LightWorking, knows, t.T("come to {provider} until {when}", "provider", before, "when", moment(t, until, v.now))})
	default:
		rows = append(rows, Row{LightHealthy, knows, t.T("there are none any more")})
	}
	return append(rows, Row{LightReady, t.T("Mail that waits outside"), t.T("comes to {provider} when it is sent again, mostly within an hour", "provider", after)})
}
