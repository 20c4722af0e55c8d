package presenter

import (
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// cards are the two providers, as the calm page shows them.
func (f facts) cards(is situation) []ProviderCard {
	if is == isLooking && f.state == nil && f.status == nil {
		return nil
	}
	cards := []ProviderCard{f.card(failover.Primary)}
	if f.domain.Secondary.Name != "" {
		cards = append(cards, f.card(failover.Secondary))
	}
	return cards
}

// card is one provider: what carries the mail shows how it works, and what does
// not whether it would.
func (f facts) card(r failover.Role) ProviderCard {
	live := f.route() == failover.Route(r)
	c := ProviderCard{Caption: f.caption(r, live), Name: f.domain.Provider(r).Name, Light: LightUnknown, Live: live}
	if f.state != nil {
		c.Light = lightOf(f.state.Provider(r).Health)
		c.Rows = f.parts(f.state.Provider(r), live)
	}
	if !live && f.status != nil && f.route() != failover.RouteUnknown {
		c.Light, c.Word = f.readyLight(c.Light)
		c.Rows = append(c.Rows, f.readiness(r)...)
	}
	if c.Word == "" {
		c.Word = c.Light.Word(f.t)
	}
	return c
}

func (f facts) caption(r failover.Role, live bool) string {
	t := f.t
	switch {
	case r == failover.Primary && live:
		return t.T("Primary, carrying your mail")
	case r == failover.Primary:
		return t.T("Primary")
	case live:
		return t.T("Secondary, carrying your mail")
	default:
		return t.T("Secondary, standing by")
	}
}

// readyLight is the light of a provider that mail could be switched to: how it is,
// and whether what a switch needs is proven.
func (f facts) readyLight(now Light) (Light, string) {
	j := f.status.Ready
	switch {
	case now == LightDown:
		return now, ""
	case len(j.Blocking) > 0:
		return LightCare, f.t.T("Not ready")
	case !j.Allowed:
		return LightUnknown, f.t.T("Not tried lately")
	case now == LightCare:
		return now, ""
	default:
		return LightReady, f.t.T("Ready")
	}
}

// parts are what is looked at of a provider. Of one that carries no mail it is
// enough to know whether mail would arrive, and could be read.
func (f facts) parts(p detect.Provider, live bool) []Row {
	t := f.t
	var rows []Row
	for _, part := range p.Parts {
		if !live && part.Health == detect.Healthy && part.Direction != detect.Inbound && part.Direction != detect.Access {
			continue
		}
		row := Row{Light: lightOf(part.Health), Value: f.partValue(part)}
		if part.Health == detect.Healthy && part.Confidence != detect.Sure && suspects(part) {
			row.Light = LightCare
		}
		switch part.Direction {
		case detect.Inbound:
			row.Label = t.T("Takes mail from outside")
		case detect.Outbound:
			row.Label = t.T("Sends mail out")
		case detect.Access:
			row.Label = t.T("Staff can sign in and read")
		default:
			row.Label = t.T("Web pages")
		}
		rows = append(rows, row)
	}
	if row, read := f.statusPage(p); read && live {
		rows = append(rows, row)
	}
	return rows
}

func suspects(p detect.Part) bool {
	return slices.ContainsFunc(p.Evidence, func(e detect.Evidence) bool { return e.Suspect })
}

// partValue tells in a few words what was seen of a direction, and how long ago.
func (f facts) partValue(p detect.Part) string {
	t := f.t
	at := lastLook(p)
	if at.IsZero() {
		return t.T("not looked at yet")
	}
	age := ago(t, at, f.now)
	sound := max(p.Of-p.Failing, 0)
	switch {
	case p.Health == detect.Unknown:
		return t.T("unknown, last seen {age}", "age", age)
	case p.Direction == detect.Inbound && p.Of > 0:
		return t.T("{count} of {all} MX hosts, {age}", "count", sound, "all", p.Of, "age", age)
	case p.Health == detect.Healthy && p.Direction == detect.Outbound:
		return t.T("signed in, {age}", "age", age)
	case p.Health == detect.Healthy:
		return t.T("in order, {age}", "age", age)
	default:
		return t.T("fails, {age}", "age", age)
	}
}

// lastLook is when a part was last looked at.
func lastLook(p detect.Part) (at time.Time) {
	for _, e := range p.Evidence {
		if e.At.After(at) {
			at = e.At
		}
	}
	return at
}

// statusPage is what the provider says of itself. It is told, and believed in
// neither way.
func (f facts) statusPage(p detect.Provider) (Row, bool) {
	t := f.t
	row := Row{Light: LightUnknown, Label: t.T("Provider’s status page")}
	if p.Status.At.IsZero() {
		return row, false
	}
	age := ago(t, p.Status.At, f.now)
	trouble := p.Health == detect.Down || p.Health == detect.Degraded
	switch {
	case p.Status.Says == detect.Healthy && trouble:
		row.Value = t.T("nothing reported, {age}", "age", age)
	case p.Status.Says == detect.Healthy:
		row.Light, row.Value = LightHealthy, t.T("no incident, {age}", "age", age)
	case p.Status.Says == detect.Degraded:
		row.Light, row.Value = LightCare, t.T("reports trouble, {age}", "age", age)
	default:
		row.Value = t.T("could not be read, {age}", "age", age)
	}
	return row, true
}

// readiness is what the evidence kept says of a switch to the provider, for what a
// person would ask first.
func (f facts) readiness(r failover.Role) []Row {
	t := f.t
	j := f.status.Ready
	if f.domain.Provider(r).Name == "" {
		return nil
	}
	if len(j.Blocking)+len(j.Unknown) == 0 && !j.Allowed {
		return []Row{{Light: LightUnknown, Label: t.T("Would take your mail"), Value: t.T("not tried yet")}}
	}
	all := len(f.domain.Recipients)
	return []Row{
		f.checked(t.T("Would take your mail"), t.T("{count} of {all} addresses", "count", all, "all", all), "rcpt"),
		f.checked(t.T("Passes every other check"), t.T("names, encryption, policies"),
			"mx-names", "mx-answers", "steady", "starttls", "mta-sts", "dane", "spf", "dkim", "dns-views", "clock", "line"),
	}
}

// checked sums up some checks of the preflight.
func (f facts) checked(label, good string, ids ...string) Row {
	j, all := f.status.Ready, len(f.domain.Recipients)
	for _, list := range []struct {
		findings []failover.Finding
		light    Light
	}{{j.Blocking, LightDown}, {j.Unknown, LightUnknown}, {j.Warnings, LightCare}} {
		n, first := 0, failover.Finding{}
		for _, x := range list.findings {
			if slices.Contains(ids, x.Check) {
				if n++; n == 1 {
					first = x
				}
			}
		}
		switch {
		case n == 0:
		case ids[0] == "rcpt" && (list.light == LightDown || list.light == LightUnknown && n < all):
			return Row{list.light, label, f.t.T("{count} of {all} addresses", "count", max(all-n, 0), "all", all)}
		case list.light == LightUnknown:
			return Row{list.light, label, f.t.T("not tried lately")}
		default:
			return Row{list.light, label, f.t.T("see below, {age}", "age", ago(f.t, first.At, f.now))}
		}
	}
	return Row{LightHealthy, label, good}
}

// next is the one useful step on a calm page.
func (f facts) next(is situation) *NextStep {
	t := f.t
	secondary := []any{"secondary", f.domain.Secondary.Name}
	switch is {
	case isGap:
		first := f.status.Ready.Blocking[0]
		return &NextStep{Text: say(t, first.Say), Detail: sayRemedy(f, first), Buttons: []Button{{t.T("Look again"), DoCheck, true}}}
	case isUnchecked:
		if s := f.first(f.mendTests, f.mendMirror); s != nil && !f.practice {
			return s
		}
		return &NextStep{
			Text:    t.T("Find out whether {secondary} would take your mail.", secondary...),
			Detail:  t.T("Every address is tried, and no message is sent. It changes nothing."),
			Buttons: []Button{{t.T("Try it now"), DoCheck, true}},
		}
	case isLonely:
		return &NextStep{
			Text:    t.T("Choose a secondary provider."),
			Detail:  t.T("The set-up says what to do there, step by step, and tests it."),
			Buttons: []Button{{t.T("Set up"), DoSetUp, true}},
		}
	case isUnfinished:
		return &NextStep{
			Text:    t.T("Go on where it broke off. What was done already is not done twice."),
			Buttons: []Button{{t.T("Take it back"), DoTakeBack, false}, {t.T("Go on"), DoGoOn, true}},
			First:   true,
		}
	case isHome:
		return &NextStep{
			Text:    t.T("Bring your mail home to {primary}.", "primary", f.domain.Primary.Name),
			Detail:  t.T("It is tried first whether {primary} takes every address. What arrived meanwhile stays at {secondary}.", append(secondary, "primary", f.domain.Primary.Name)...),
			Buttons: []Button{{t.T("Go back home"), DoReturn, true}},
			First:   true,
		}
	case isSwitched:
		return &NextStep{
			Text:    t.T("Nothing to do now: your mail arrives."),
			Detail:  t.T("The way home opens when {primary} takes every address again.", "primary", f.domain.Primary.Name),
			Buttons: []Button{{t.T("Go back home"), DoReturn, false}},
		}
	case isCalm:
		return f.useful()
	default:
		return nil
	}
}

func sayRemedy(f facts, x failover.Finding) string {
	if x.Remedy.IsZero() {
		return ""
	}
	return say(f.t, x.Remedy)
}
