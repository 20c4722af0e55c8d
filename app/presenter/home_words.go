package presenter

import (
	"strings"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// home puts together what Home shows.
func (f facts) home() HomeState {
	is := f.situation()
	s := HomeState{
		Domain: failover.Display(f.domain.Name), Light: is.light(), Headline: f.headline(is), Lead: f.lead(is),
	}
	if is.troubled() {
		s.Trouble = &TroubleState{
			Title: f.t.T("What this is based on"), Rows: f.evidence(), Option: f.option(is),
		}
		s.When = f.day()
		s.Trouble.Copy = f.copied(s)
		if f.track != nil && !f.practice { // practice has a map of its own
			s.Trouble.Track = f.track.show(f)
		}
		return s
	}
	s.Providers = f.cards(is)
	s.Next = f.next(is)
	return s
}

// copied is the page as text: what somebody at the provider would want to know.
func (f facts) copied(s HomeState) string {
	lines := []string{s.Domain + "  " + f.now.Format(time.RFC3339), s.Headline, s.Lead, ""}
	for _, r := range s.Trouble.Rows {
		lines = append(lines, "["+r.Light.Word(f.t)+"] "+r.Label+": "+r.Value)
	}
	return strings.Join(lines, "\n") + "\n"
}

// headline is the one sentence that is true now.
func (f facts) headline(is situation) string {
	t := f.t
	parts := []any{"domain", failover.Display(f.domain.Name), "primary", f.domain.Primary.Name, "secondary", f.domain.Secondary.Name}
	switch is {
	case isLooking:
		return t.T("Looking at your mail …")
	case isSwitching:
		return t.T("Your mail is being switched.")
	case isCalm, isUnchecked, isLonely, isGap:
		return t.T("Mail is flowing through {primary}.", parts...)
	case isHome:
		return t.T("{primary} works again.", parts...)
	case isSwitched:
		return t.T("Mail goes to {secondary} now.", parts...)
	case isSuspect:
		return t.T("Something may be wrong at {primary}.", parts...)
	case isPartly:
		return say(t, f.state.Primary.Say)
	case isLineDown:
		return t.T("Your own line is down.")
	case isUnfinished:
		return f.unfinishedHeadline()
	case isSplit:
		return t.T("The mail of {domain} is split between two providers.", parts...)
	case isRecords:
		return t.T("The MX records of {domain} are wrong.", parts...)
	case isDNSDown:
		return t.T("The name servers of {domain} do not answer.", parts...)
	case isAdrift:
		return t.T("Mail goes to {secondary}, and {secondary} takes none.", parts...)
	case isDown:
		return t.T("{primary} is not taking mail from outside.", parts...)
	case isBothDown:
		return t.T("Neither {primary} nor {secondary} takes mail.", parts...)
	default:
		return t.T("Whether mail for {domain} arrives is unknown.", parts...)
	}
}

func (f facts) unfinishedHeadline() string {
	switch f.open.Kind {
	case failover.Failback:
		return f.t.T("The way back to {primary} is not finished.", "primary", f.domain.Primary.Name)
	case failover.Failover:
		return f.t.T("The switch to {secondary} is not finished.", "secondary", f.domain.Secondary.Name)
	case failover.SendRoute:
		return f.t.T("A move of the send route is not finished.")
	default:
		return f.t.T("A change of the DNS records is not finished.")
	}
}

// lead is what follows the headline: since when, whose fault, or how long a switch
// would take.
func (f facts) lead(is situation) string {
	t := f.t
	switch is {
	case isLooking:
		return t.T("Nothing is claimed before it has been seen.")
	case isSwitching:
		return t.T("Each step is shown on the page Switch, where it can be stopped or taken back.")
	case isCalm:
		return join(t, t.T("You could switch to {secondary} in about {span}.", "secondary", f.domain.Secondary.Name, "span", t.Span(f.status0().SwitchTakes)), f.mirrorAge())
	case isUnchecked:
		return join(t, t.T("Whether {secondary} would take it has not been tried lately.", "secondary", f.domain.Secondary.Name), f.mirrorAge())
	case isLonely:
		return t.T("There is no secondary provider yet: in an outage there would be nowhere to switch to.")
	case isGap:
		return t.T("But a switch would not be safe now.")
	case isHome, isSwitched:
		return f.leadAway()
	case isSuspect:
		return t.T("The last checks failed. It takes a few more to be sure; until then nothing is claimed.")
	case isPartly, isDown:
		p := f.state.Primary
		return join(t, f.since(p.Since), f.seen(p), t.Say(p.SayBlame))
	case isBothDown:
		return join(t, f.since(f.state.Primary.Since), f.seen(f.state.Primary), t.T("Senders outside keep their mail and try again for days."))
	case isAdrift:
		return join(t, f.since(f.state.Secondary.Since), f.seen(f.state.Secondary))
	case isLineDown:
		return join(t, f.since(f.state.Line.Since), t.T("From here nothing can be said about your providers: mail may well be flowing."))
	case isUnfinished:
		return t.T("It was begun at {when} by {who}. If nobody is at it any more, go on with it or take it back: nothing is lost.",
			"when", moment(t, f.open.Started, f.now), "who", f.open.Who)
	default:
		return f.leadRecords(is)
	}
}

// leadRecords is the lead where it is about DNS, or nothing is known.
func (f facts) leadRecords(is situation) string {
	t := f.t
	switch is {
	case isSplit:
		return t.T("MX records of both are published together, so some senders use one and some the other.")
	case isRecords:
		if f.route() == failover.RouteNone {
			return t.T("There are none, so mail to you has nowhere to go. The providers are not at fault.")
		}
		return join(t, f.recordsSay(), t.T("Mail to you goes astray. The providers are not at fault."))
	case isDNSDown:
		return join(t, f.since(f.state.Records.Since), t.T("Mail still arrives where the records are remembered, and stops where they are forgotten. The providers are not at fault."))
	default:
		switch {
		case f.state != nil && !f.state.Primary.Say.IsZero():
			return say(t, f.state.Primary.Say)
		case f.status != nil && !f.status.Problem.IsZero():
			return say(t, f.status.Problem)
		case f.err != nil:
			return problem(t, f.err)
		default:
			return t.T("Nothing that was asked has answered.")
		}
	}
}

func (f facts) recordsSay() string {
	if f.state == nil || f.state.Records.Say.IsZero() || f.state.Records.Health != detect.Down {
		return ""
	}
	return say(f.t, f.state.Records.Say)
}

// leadAway is the lead while mail is led to the secondary.
func (f facts) leadAway() string {
	t := f.t
	st := f.status0()
	var caches string
	if st.Countdown.After(f.now) {
		caches = t.T("Senders that remember the old route follow by {when}.", "when", moment(t, st.Countdown, f.now))
	}
	if f.works() {
		return join(t, t.T("Mail still goes to {secondary}.", "secondary", f.domain.Secondary.Name), caches, f.inOrderAgain())
	}
	return join(t, caches, t.T("It arrives and is read there. You will be told when {primary} works again.", "primary", f.domain.Primary.Name))
}

// inOrderAgain says for how long the primary has been in order.
func (f facts) inOrderAgain() string {
	since := f.state.Primary.Since
	if since.IsZero() {
		return f.t.T("Nothing keeps you from going back home.")
	}
	return f.t.T("{primary} has been in order for {span}. Nothing keeps you from going back home.", "primary", f.domain.Primary.Name, "span", f.t.Span(f.now.Sub(since)))
}

// status0 is the status, or an empty one.
func (f facts) status0() (s engine.DomainStatus) {
	if f.status != nil {
		s = *f.status
	}
	return s
}

// since says since when something is so, and for how long.
func (f facts) since(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return f.t.T("Since {when} ({span}).", "when", moment(f.t, at, f.now), "span", f.t.Span(f.now.Sub(at)))
}

// seen tells what a provider's trouble looks like, in the servers' own words.
func (f facts) seen(p detect.Provider) string {
	for _, d := range []detect.Direction{detect.Inbound, detect.Outbound, detect.Access, detect.Portals} {
		part := p.Part(d)
		if part.Health == detect.Down || part.Health == detect.Degraded {
			return say(f.t, part.Say)
		}
	}
	return ""
}

// watching tells of the looks in the background.
func (f facts) watching(every time.Duration) Watching {
	t := f.t
	w := Watching{Light: LightWorking, First: t.T("Looking …")}
	if f.practice {
		w.Light, w.First = NoLight, t.T("Practice, in the lab")
		w.Second = t.T("Nothing real is touched")
		return w
	}
	if f.state == nil {
		if f.err != nil {
			w.Light, w.First = LightUnknown, t.T("Nothing could be looked at")
		}
		if f.stale {
			w.Second = t.T("Last look {ago}", "ago", ago(t, f.seenAt, f.now))
		}
		return w
	}
	w.Light = f.situation().light()
	w.First = t.T("Watching every {span}", "span", t.Span(every))
	w.Second = t.T("Last look {ago}", "ago", ago(t, f.state.At, f.now))
	return w
}
