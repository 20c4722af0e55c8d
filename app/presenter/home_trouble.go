package presenter

import (
	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// evidence is what speaks for and against the headline: the provider's parts in
// the servers' own words, our own line, the records, the status page.
func (f facts) evidence() []Row {
	t := f.t
	if f.state == nil {
		return f.dnsRows()
	}
	var rows []Row
	r := f.carrier()
	p := f.state.Provider(r)
	for _, part := range p.Parts {
		rows = append(rows, Row{f.partLight(part), f.partLabel(part.Direction), f.partWords(part)})
	}
	if other := f.state.Provider(r.Other()); r == failover.Primary && f.domain.Secondary.Name != "" {
		part := other.Part(detect.Inbound)
		if part.Health != "" {
			rows = append(rows, Row{lightOf(part.Health), f.domain.Secondary.Name, f.partWords(part)})
		}
	}
	line := Row{lightOf(f.state.Line.Health), t.T("Your own line"), say(t, f.state.Line.Say)}
	rows = append(rows, line, f.recordsRow())
	if row, read := f.statusPage(p); read {
		if row.Light == LightUnknown {
			row.Value = t.T("{seen}; that proves nothing", "seen", row.Value)
		}
		rows = append(rows, row)
	}
	return rows
}

// carrier is the provider that the headline is about.
func (f facts) carrier() failover.Role {
	if f.route() == failover.RouteSecondary {
		return failover.Secondary
	}
	return failover.Primary
}

func (f facts) partLight(p detect.Part) Light {
	if p.Health == detect.Healthy && suspects(p) {
		return LightCare
	}
	return lightOf(p.Health)
}

func (f facts) partLabel(d detect.Direction) string {
	t := f.t
	switch d {
	case detect.Inbound:
		return t.T("Mail arrives (MX)")
	case detect.Outbound:
		return t.T("Sending")
	case detect.Access:
		return t.T("Sign-in and reading")
	default:
		return t.T("Web pages")
	}
}

// partWords are a part's own words; of one that works, what was looked at.
func (f facts) partWords(p detect.Part) string {
	switch {
	case p.Health == detect.Healthy && suspects(p):
		return f.t.T("the last checks failed: {answer}", "answer", f.met(p))
	case p.Health == detect.Healthy:
		return f.partValue(p)
	default:
		return say(f.t, p.Say)
	}
}

// met is what the looks that failed met with: the server's own words where it said
// any.
func (f facts) met(p detect.Part) string {
	t := f.t
	for _, e := range p.Evidence {
		if !e.Suspect || len(e.Kinds) == 0 {
			continue
		}
		switch e.Kinds[0].Outcome {
		case detect.Reset:
			return t.T("connections were reset")
		case detect.Refused:
			return t.T("connections were refused")
		case detect.Timeout:
			return t.T("no answer came")
		default:
			return e.Answer
		}
	}
	return ""
}

// recordsRow is how the domain's DNS is.
func (f facts) recordsRow() Row {
	t := f.t
	row := Row{Light: LightUnknown, Label: "DNS", Value: t.T("not looked at yet")}
	if f.state != nil && f.state.Records.Health != "" && f.state.Records.Health != detect.Healthy {
		return Row{lightOf(f.state.Records.Health), row.Label, say(t, f.state.Records.Say)}
	}
	if f.status == nil || len(f.status.MX.Answers) == 0 {
		if f.status != nil && !f.status.Problem.IsZero() {
			row.Value = say(t, f.status.Problem)
		}
		return row
	}
	sets := f.status.MX.Distinct()
	if len(sets) == 0 {
		row.Value = t.T("no name server answers")
		return row
	}
	same := f.status.MX.With(sets[0])
	row.Value = t.T("{count} of {all} server addresses give the same MX records", "count", same, "all", f.status.MX.Asked())
	row.Light = LightHealthy
	if f.status.Disagree || f.route() != failover.RoutePrimary && f.route() != failover.RouteSecondary {
		row.Light = LightCare
	}
	return row
}

// dnsRows is all there is to say before detection has spoken: what each name
// server answers.
func (f facts) dnsRows() []Row {
	if f.status == nil {
		return nil
	}
	var rows []Row
	for _, a := range f.status.MX.Answers {
		row := Row{LightUnknown, failover.Display(a.Server), AnswerState(f.t, a.State)}
		if a.State == failover.Answered {
			row.Light, row.Value = LightHealthy, a.Set.String()
			if f.status.Disagree {
				row.Light = LightCare
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// option is what can be done.
func (f facts) option(is situation) Option {
	switch is {
	case isDown:
		return f.optionSwitch()
	case isPartly, isSuspect:
		return f.optionPartly(is)
	case isRecords, isSplit:
		return f.optionRepair(is)
	case isDNSDown:
		return f.optionEmergency()
	case isAdrift:
		return f.optionAdrift()
	default:
		return f.optionWait(is)
	}
}

// optionSwitch is for when a switch is what helps.
func (f facts) optionSwitch() Option {
	t := f.t
	parts := []any{"secondary", f.domain.Secondary.Name, "span", t.Span(f.status0().SwitchTakes)}
	switch {
	case f.domain.Secondary.Name == "":
		return Option{
			Title: t.T("What you can do"),
			Points: []Point{
				{Text: t.T("There is no secondary provider, so there is nowhere to switch to.")},
				{Text: t.T("Senders outside keep their mail and try again for days.")},
			},
			Buttons: []Button{{t.T("Look again"), DoCheck, false}},
		}
	case f.state.Primary.Switch == detect.SwitchImpossible:
		return f.optionEmergency()
	}
	light, word := f.readyLight(lightOf(f.state.Secondary.Health))
	if f.status == nil {
		light, word = LightUnknown, ""
	}
	if word == "" {
		word = light.Word(t)
	}
	o := Option{
		Title: t.T("If you switch"), Light: light, Word: f.domain.Secondary.Name + " " + word,
		Points: []Point{
			{Text: t.T("In about {span}, new mail arrives at {secondary}.", parts...)},
			{Text: t.T("Mail that waits outside is sent again and arrives there.")},
			{Text: t.T("Staff read and write there, with the same addresses.")},
			{Text: t.T("You can go back at any moment."), Back: true},
		},
		Note: t.T("While you wait, Lifeboat keeps checking and tells you when it recovers. Senders try again for days, so nothing is lost at once."),
	}
	if !f.waited.IsZero() {
		o.Note = t.T("You decided to wait at {when}. Lifeboat keeps checking and tells you when it recovers.", "when", moment(t, f.waited, f.now))
		o.Buttons = []Button{{t.T("Switch mail"), DoSwitch, true}}
		return o
	}
	o.Buttons = []Button{{t.T("Switch mail"), DoSwitch, true}, {t.T("Keep waiting"), DoWait, false}}
	return o
}

// optionPartly is for when mail arrives, and something else fails: mostly a switch
// is not what helps.
func (f facts) optionPartly(is situation) Option {
	t := f.t
	p := f.state.Primary
	o := Option{Title: t.T("A switch would not help"), Buttons: []Button{{t.T("Look again"), DoCheck, false}}}
	if is == isSuspect {
		o.Title = t.T("Wait a moment")
		o.Points = []Point{
			{Text: t.T("Most failures of a moment pass by themselves: a restart, a limit, a slow line.")},
			{Text: t.T("If it goes on, you will see here what it is, and what to do.")},
		}
		return o
	}
	if !p.SaySwitch.IsZero() {
		o.Points = append(o.Points, Point{Text: say(t, p.SaySwitch)})
	}
	for _, n := range p.Notes {
		o.Points = append(o.Points, Point{Text: say(t, n)})
	}
	for _, w := range f.state.Elsewhere {
		o.Points = append(o.Points, Point{Text: say(t, w.Say)})
	}
	switch p.Switch {
	case detect.SwitchHelps:
		return f.optionSwitch()
	case detect.SwitchOptional:
		o.Title = t.T("A switch is possible, not urgent")
		o.Points = append(o.Points, Point{Text: t.T("You can go back at any moment."), Back: true})
		o.Buttons = []Button{{t.T("Switch mail"), DoSwitch, false}, {t.T("Look again"), DoCheck, false}}
	case detect.SwitchSending:
		o.Title = t.T("Send another way; do not switch")
	case detect.SwitchUnclear:
		o.Title = t.T("Too little is known")
	default:
	}
	return o
}

// optionRepair is for when the domain's own records are at fault.
func (f facts) optionRepair(is situation) Option {
	t := f.t
	o := Option{
		Title: t.T("Put the records right"),
		Points: []Point{
			{Text: t.T("The MX records become those of {primary} again.", "primary", f.domain.Primary.Name)},
			{Text: t.T("You see every record that changes before it changes.")},
			{Text: t.T("It can be taken back."), Back: true},
		},
		Buttons: []Button{{t.T("Put the records right"), DoRepair, true}},
		Note:    t.T("If somebody else is changing them on purpose, talk to them first."),
	}
	if is == isSplit {
		o.Title = t.T("Lead all mail one way")
		o.Buttons = append(o.Buttons, Button{t.T("Lead all to {secondary}", "secondary", f.domain.Secondary.Name), DoSwitch, false})
	}
	return o
}

// optionEmergency is for when the records cannot be changed: the emergency
// subdomain leads to the secondary at all times.
func (f facts) optionEmergency() Option {
	t := f.t
	o := Option{Title: t.T("The records cannot be changed now"), Buttons: []Button{{t.T("Look again"), DoCheck, false}}}
	if f.domain.Emergency == "" {
		o.Points = []Point{
			{Text: t.T("Call the company that hosts your DNS.")},
			{Text: t.T("Tell those who must reach you by phone.")},
		}
		return o
	}
	o.Title = t.T("Work from the emergency subdomain")
	o.Points = []Point{
		{Text: t.T("Addresses at {emergency} lead to {secondary} at all times.", "emergency", failover.Display(f.domain.Emergency), "secondary", f.domain.Secondary.Name)},
		{Text: t.T("Write from there, and tell those who must reach you.")},
		{Text: t.T("Call the company that hosts your DNS.")},
	}
	return o
}

// optionAdrift is for when the secondary fails while mail is led to it.
func (f facts) optionAdrift() Option {
	t := f.t
	home := f.works()
	o := Option{
		Title: t.T("Go back home"), Light: lightOf(f.state.Primary.Health),
		Word:    f.domain.Primary.Name + " " + lightOf(f.state.Primary.Health).Word(t),
		Buttons: []Button{{t.T("Go back home"), DoReturn, home}},
		Points: []Point{
			{Text: t.T("Senders outside keep their mail and try again for days.")},
			{Text: t.T("It is tried first whether {primary} takes every address.", "primary", f.domain.Primary.Name)},
		},
	}
	if !home {
		o.Title = t.T("There is nowhere better to go")
	}
	return o
}

// optionWait is for when nothing of ours would help.
func (f facts) optionWait(is situation) Option {
	t := f.t
	o := Option{Title: t.T("What you can do"), Buttons: []Button{{t.T("Look again"), DoCheck, false}}}
	switch is {
	case isLineDown:
		o.Points = []Point{
			{Text: t.T("Look after your router and your line: that is where it fails.")},
			{Text: t.T("Look at your mail from another line, such as a phone.")},
			{Text: t.T("Do not switch: your providers may be in order.")},
		}
	case isBothDown:
		o.Title = t.T("A switch would not help")
		o.Points = []Point{
			{Text: t.T("Senders outside keep their mail and try again for days.")},
			{Text: t.T("As soon as one of them works again, you see here what to do.")},
		}
	default:
		o.Points = []Point{
			{Text: t.T("Ask somebody outside whether their mail to you arrives.")},
			{Text: t.T("Look from another line, such as a phone.")},
		}
	}
	return o
}
