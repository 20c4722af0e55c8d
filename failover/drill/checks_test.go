package drill

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
)

var noon = time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)

func after(seconds float64) time.Time {
	return noon.Add(time.Duration(seconds * float64(time.Second)))
}

// good is a drill of an outage in which all went as it should: the fault at 5 s,
// found at 11 s, switched at 13 s, mail at the secondary at 20 s, home at 70 s.
func good() *record {
	return &record{
		factor: 1, primary: "Harbormail", secondary: "Lighthouse", unattended: true,
		scenario: Scenario{
			Name: "outage", Outage: Span(10 * time.Hour),
			Right:  Right{Moves: []Move{Failover, Failback}, Fault: "resets", Blame: "provider", Delayed: true, Why: "Because."},
			Goals:  Goals{Detect: Span(10 * time.Second), Decide: Span(5 * time.Second), Switch: Span(5 * time.Second), FirstMail: Span(time.Minute), Failback: Span(5 * time.Second)},
			Script: []Act{{Do: Break}, {Do: Finish}},
		},
		started: noon, ended: after(80),
		moments: map[Moment]time.Time{Started: noon, Faulted: after(5), Detected: after(11), Switched: after(13), Arrived: after(20), Recovered: after(60), Returned: after(62), Home: after(70)},
		decisions: []Decision{
			{Move: Failover, Who: "Hanako", At: after(11.5)},
			{Move: Failback, Who: "Hanako", At: after(60.5)},
		},
		made: []Move{Failover, Failback},
		moved: map[Move]Moved{
			Failover: {Yes: after(12), Sent: after(12.5), Verified: after(13), OldTTL: 10 * time.Second, Changed: 1},
			Failback: {Yes: after(61), Sent: after(61.5), Verified: after(62), OldTTL: 10 * time.Second, Changed: 1},
		},
		firstMail: after(20), worksAgain: after(40), home: after(70), drained: after(30),
		mail:   lab.Totals{Sent: 100, Delivered: 100, Delayed: 3},
		played: true, route: failover.RoutePrimary, sending: failover.Primary,
	}
}

func failing(all []Check) string {
	var out []string
	for _, c := range all {
		if !c.OK {
			out = append(out, c.Say.String())
		}
	}
	return strings.Join(out, "\n")
}

func TestChecks(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*record)
		fails  string
	}{
		"all is well":      {func(*record) {}, ""},
		"nothing was sent": {func(r *record) { r.mail = lab.Totals{} }, "Messages written during the drill: 0."},
		"one lost": {func(r *record) { r.mail.Lost, r.mail.Delivered = 1, 99 },
			"Messages lost: 1 of 100; it must be none."},
		"one doubled": {func(r *record) { r.mail.Doubled = 1 }, "Messages that arrived twice: 1 of 100; it must be none."},
		"one bounced": {func(r *record) { r.mail.Bounced = 1 }, "Messages sent back to their writers: 1 of 100; it must be none."},
		"one waits":   {func(r *record) { r.mail.Waiting = 1 }, "Messages still on their way at the end: 1 of 100; it must be none."},
		"late, and that is not allowed": {func(r *record) { r.scenario.Right.Delayed = false },
			"Messages that arrived late: 3 of 100; here it must be none."},
		"late by the haste of the world": {func(r *record) { r.scenario.Right.Delayed, r.factor = false, 20 }, ""},
		"never found": {func(r *record) { delete(r.moments, Detected) },
			`Detection did not name what was wrong (fault "resets", at fault "provider").`},
		"a move too many": {func(r *record) { r.made = append(r.made, Failover) },
			"Moves made: failover, failback, failover. Right would have been: failover, failback."},
		"no move":             {func(r *record) { r.made = nil }, "Moves made: —. Right would have been: failover, failback."},
		"an allowed move":     {func(r *record) { r.made, r.scenario.Right.May = []Move{SendOnly, Failover, Failback}, []Move{SendOnly} }, ""},
		"not seen everywhere": {func(r *record) { r.unverified = []Move{Failover} }, "Not every name server was seen to give the new records."},
		"nothing arrived":     {func(r *record) { r.firstMail = time.Time{} }, "No mail arrived at Lighthouse during the outage."},
		"left at the secondary": {func(r *record) { r.route = failover.RouteSecondary },
			"At the end mail is not led by Harbormail as it should be (MX records: secondary, staff send through: primary)."},
		"staff left at the secondary": {func(r *record) { r.sending = failover.Secondary },
			"At the end mail is not led by Harbormail as it should be (MX records: primary, staff send through: secondary)."},
		"broken off": {func(r *record) { r.played = false }, "The script was not played to its end."},
		"right to stay": {func(r *record) {
			r.scenario.Right = Right{Moves: []Move{Stay}, Delayed: true, Fault: "sign_in"}
			r.made, r.firstMail = nil, time.Time{}
		}, ""},
		"moved, and staying was right": {func(r *record) { r.scenario.Right = Right{Moves: []Move{Stay}, Delayed: true, Fault: "sign_in"} },
			"Moves made: failover, failback. Right would have been: —."},
		"calm": {func(r *record) { r.scenario.Right = Right{Moves: []Move{Stay}, Delayed: true}; r.made = nil }, ""},
		"a false alarm": {func(r *record) {
			r.scenario.Right = Right{Moves: []Move{Stay}, Delayed: true}
			r.made, r.troubled = nil, true
		}, "Detection found fault with Harbormail, whose mail was fine, or could not see it."},
		"drawn by lot": {func(r *record) {
			r.scenario.Right = Right{Any: true, Delayed: true}
			r.made = []Move{SendOnly}
			r.troubled = true
		}, ""},
		"only at the emergency subdomain, and not home": {func(r *record) {
			r.scenario.Right = Right{Moves: []Move{Announce, Failback}, Delayed: true}
			r.made, r.sending = []Move{Announce, Failback}, failover.Secondary
		}, "At the end mail is not led by Harbormail as it should be (MX records: primary, staff send through: secondary)."},
		"never home, as it should be": {func(r *record) {
			r.scenario.Right.Moves, r.made = []Move{Failover}, []Move{Failover}
			r.route, r.sending = failover.RouteSecondary, failover.Secondary
		}, ""},
		"too early, refused": {func(r *record) { tooEarly(r, after(30), "no") }, ""},
		"too early, done":    {func(r *record) { tooEarly(r, after(30), "") }, "The way back was carried out although it was asked for too early."},
		"not too early":      {func(r *record) { tooEarly(r, after(60.2), "") }, ""},
		"never asked": {func(r *record) { r.scenario.Script = append(r.scenario.Script, Act{Do: TryFailback}) },
			"Nobody came to ask for the way back too early."},
	} {
		r := good()
		c.change(r)
		if got := failing(r.checks()); got != c.fails {
			t.Errorf("%s: fails\n\t%s\nnot\n\t%s", name, got, c.fails)
		}
	}
}

func tooEarly(r *record, at time.Time, refused string) {
	r.scenario.Script = append(r.scenario.Script, Act{Do: TryFailback})
	d := Decision{Move: Failback, At: at, TooEarly: true}
	if refused != "" {
		d.Refused = failover.Say(refused)
	}
	r.decisions = slices.Insert(r.decisions, 1, d)
}

func TestMeasures(t *testing.T) {
	r := good()
	want := map[MeasureName]time.Duration{
		MeasureDetect: 6 * time.Second, MeasureDecide: 500 * time.Millisecond, MeasureSwitch: 500 * time.Millisecond,
		MeasureVerify: time.Second, MeasureFirstMail: 15 * time.Second, MeasureDrained: 25 * time.Second,
		MeasureFailback: time.Second, MeasureHome: 30 * time.Second, MeasureOldTTL: 10 * time.Second,
	}
	all := r.measures()
	if len(all) != len(want) {
		t.Errorf("%d measures, not %d", len(all), len(want))
	}
	for _, m := range all {
		if m.Took == nil || time.Duration(*m.Took) != want[m.Name] {
			t.Errorf("%s took %v, not %v", m.Name, m.Took, want[m.Name])
		}
		if m.Goal > 0 && (m.Met == nil || !*m.Met) {
			t.Errorf("%s: the goal of %v is not met", m.Name, m.Goal)
		}
	}
	// A compressed time meets no goal and misses none.
	r.factor = 20
	for _, m := range r.measures() {
		if m.Met != nil {
			t.Errorf("%s is judged at factor 20", m.Name)
		}
	}
	// What it never came to is there, without a time.
	r = good()
	r.firstMail = time.Time{}
	delete(r.moments, Detected)
	for _, m := range r.measures() {
		if absent := m.Name == MeasureFirstMail || m.Name == MeasureDetect || m.Name == MeasureDecide; (m.Took == nil) != absent || absent && m.Met != nil {
			t.Errorf("%s took %v", m.Name, m.Took)
		}
	}
	// Where nothing is to be moved, nothing about moves is measured.
	r = good()
	r.scenario.Right, r.made, r.moved = Right{Moves: []Move{Stay}, Fault: "sign_in"}, nil, nil
	r.firstMail, r.drained, r.home, r.worksAgain = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	if all := r.measures(); len(all) != 2 {
		t.Errorf("%+v", all)
	}
}

func TestAdvise(t *testing.T) {
	home := standing{route: failover.Primary, sending: failover.Primary}
	away := standing{route: failover.Secondary, sending: failover.Secondary}
	state := func(h detect.Health, a detect.Advice) detect.State {
		return detect.State{Primary: detect.Provider{Health: h, Switch: a}}
	}
	wrong := state(detect.Healthy, detect.SwitchWrong)
	wrong.Records = detect.Part{Health: detect.Down, Fault: detect.FaultRecords}
	silent := state(detect.Healthy, detect.SwitchWrong)
	silent.Records = detect.Part{Health: detect.Down, Fault: detect.FaultDNSHost}
	waits := state(detect.Healthy, detect.SwitchWrong)
	waits.Elsewhere = []detect.Wait{{Domain: "remote.test."}}
	for name, c := range map[string]struct {
		st   detect.State
		now  standing
		want Move
	}{
		"all is well":                        {state(detect.Healthy, detect.SwitchWrong), home, ""},
		"nothing known":                      {state(detect.Unknown, detect.SwitchUnclear), home, ""},
		"down":                               {state(detect.Down, detect.SwitchHelps), home, Failover},
		"down, and both":                     {state(detect.Down, detect.SwitchWrong), home, ""},
		"down, and both, and named":          {state(detect.Down, detect.SwitchWrong), with(home, func(n *standing) { n.detected = true }), Stay},
		"the DNS host is out of reach":       {state(detect.Down, detect.SwitchHelps), with(home, func(n *standing) { n.blocked = true }), Announce},
		"the name servers are silent":        {state(detect.Down, detect.SwitchImpossible), home, Announce},
		"announced already":                  {state(detect.Down, detect.SwitchHelps), with(home, func(n *standing) { n.announced, n.blocked = true, true }), ""},
		"announced, and sound again":         {state(detect.Healthy, detect.SwitchWrong), with(home, func(n *standing) { n.announced = true }), Failback},
		"away, and still down":               {state(detect.Down, detect.SwitchHelps), away, ""},
		"away, and nobody knows":             {state(detect.Unknown, detect.SwitchUnclear), away, ""},
		"away, and not quite sound":          {state(detect.Degraded, detect.SwitchOptional), away, ""},
		"away, and sound again":              {state(detect.Healthy, detect.SwitchWrong), away, Failback},
		"sending only":                       {state(detect.Degraded, detect.SwitchSending), home, SendOnly},
		"sending only, and moved":            {state(detect.Degraded, detect.SwitchSending), with(home, func(n *standing) { n.sending = failover.Secondary }), ""},
		"sending moved, and sound again":     {state(detect.Healthy, detect.SwitchWrong), with(home, func(n *standing) { n.sending = failover.Secondary }), Failback},
		"optional":                           {state(detect.Degraded, detect.SwitchOptional), home, ""},
		"optional, and named":                {state(detect.Degraded, detect.SwitchOptional), with(home, func(n *standing) { n.detected = true }), Stay},
		"optional, and decided":              {state(detect.Degraded, detect.SwitchOptional), with(home, func(n *standing) { n.detected, n.decided = true, true }), ""},
		"wrong records":                      {wrong, home, Repair},
		"wrong records, put right just now":  {wrong, with(home, func(n *standing) { n.repaired = true }), ""},
		"name servers silent, primary sound": {silent, home, ""},
		"the other side":                     {waits, with(home, func(n *standing) { n.detected = true }), Stay},
	} {
		if m, _, ok := advise(c.st, c.now); ok != (c.want != "") || ok && m != c.want {
			t.Errorf("%s: %q %v, not %q", name, m, ok, c.want)
		}
	}
}

func with(n standing, change func(*standing)) standing {
	change(&n)
	return n
}

func TestNames(t *testing.T) {
	state := func(h detect.Health, f detect.Fault, b detect.Blame, parts ...detect.Part) detect.State {
		return detect.State{Primary: detect.Provider{Health: h, Fault: f, Blame: b, Parts: parts}}
	}
	outage := Right{Moves: []Move{Failover, Failback}, Fault: "resets", Blame: "provider"}
	signIn := Right{Moves: []Move{Stay}, Fault: "sign_in"}
	for name, c := range map[string]struct {
		right Right
		st    detect.State
		want  bool
	}{
		"named":                       {outage, state(detect.Down, detect.FaultResets, detect.BlameProvider), true},
		"not firmly enough to act":    {outage, state(detect.Degraded, detect.FaultResets, detect.BlameProvider), false},
		"another fault":               {outage, state(detect.Down, detect.FaultBusy, detect.BlameProvider), false},
		"blamed on us":                {outage, state(detect.Down, detect.FaultResets, detect.BlameOurs), false},
		"named of what comes in":      {outage, state(detect.Down, detect.FaultRefuses, detect.BlameProvider, detect.Part{Direction: detect.Inbound, Health: detect.Down, Fault: detect.FaultResets, Blame: detect.BlameProvider}), true},
		"sign-in":                     {signIn, state(detect.Degraded, detect.FaultSignIn, detect.BlameUnclear), true},
		"sign-in, as one part":        {signIn, state(detect.Degraded, detect.FaultSlow, detect.BlameProvider, detect.Part{Health: detect.Down, Fault: detect.FaultSignIn}), true},
		"sign-in, as a sound part":    {signIn, state(detect.Healthy, "", "", detect.Part{Health: detect.Healthy, Fault: detect.FaultSignIn}), false},
		"calm":                        {Right{Moves: []Move{Stay}}, state(detect.Healthy, "", ""), true},
		"calm, and not seen":          {Right{Moves: []Move{Stay}}, state(detect.Unknown, "", ""), false},
		"records":                     {Right{Of: OfRecords, Fault: "records"}, detect.State{Records: detect.Part{Health: detect.Down, Fault: detect.FaultRecords}}, true},
		"records, and another fault":  {Right{Of: OfRecords, Fault: "records"}, detect.State{Records: detect.Part{Health: detect.Down, Fault: detect.FaultDNSHost}}, false},
		"the other side":              {Right{Of: OfRemote}, detect.State{Elsewhere: make([]detect.Wait, 1)}, true},
		"the other side, not yet":     {Right{Of: OfRemote}, detect.State{}, false},
		"our line":                    {Right{Of: OfLine}, detect.State{Line: detect.Line{Health: detect.Down}}, true},
		"whatever was drawn":          {Right{Any: true}, state(detect.Degraded, detect.FaultSlow, detect.BlameUnclear), true},
		"whatever was drawn, not yet": {Right{Any: true}, state(detect.Healthy, "", ""), false},
	} {
		if got := c.right.names(c.st); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
