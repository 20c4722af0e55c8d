package drill

import (
	"slices"
	"strings"

	"lifeboat/failover"
)

// checks are what must hold of a functional drill. Times are none of them: a slow
// machine or a slow decision is for the recommendations.
func (r *record) checks() []Check {
	out := append(r.mailChecks(), r.relayCheck()...)
	if r.scenario.Right.Any {
		return append(out, r.playedCheck())
	}
	out = append(out, r.detectionCheck(), r.movesCheck())
	if slices.ContainsFunc(r.scenario.Script, func(a Act) bool { return a.Do == TryFailback }) {
		out = append(out, r.tooEarlyCheck())
	}
	if len(r.made) > 0 {
		out = append(out, choose(len(r.unverified) == 0,
			failover.Say("Every change was seen at every name server."),
			failover.Say("Not every name server was seen to give the new records.")))
	}
	right := r.scenario.Right
	if right.moves(Failover) || right.moves(Announce) {
		out = append(out, choose(!r.firstMail.IsZero(),
			failover.Say("Mail arrived at {provider} during the outage.", "provider", r.secondary),
			failover.Say("No mail arrived at {provider} during the outage.", "provider", r.secondary)))
	}
	return append(out, r.homeCheck(), r.playedCheck())
}

func (r *record) playedCheck() Check {
	return choose(r.played,
		failover.Say("The script was played to its end."),
		failover.Say("The script was not played to its end."))
}

func choose(ok bool, good, bad failover.Sentence) Check {
	if ok {
		return Check{good, true}
	}
	return Check{bad, false}
}

// mailChecks count: what was sent has arrived, each message once.
func (r *record) mailChecks() []Check {
	n := r.mail
	out := []Check{
		{failover.Say("Messages written during the drill: {count}.", "count", n.Sent), n.Sent > 0},
		{failover.Say("Messages lost: {count} of {all}; it must be none.", "count", n.Lost, "all", n.Sent), n.Lost == 0},
		{failover.Say("Messages that arrived twice: {count} of {all}; it must be none.", "count", n.Doubled, "all", n.Sent), n.Doubled == 0},
		{failover.Say("Messages sent back to their writers: {count} of {all}; it must be none.", "count", n.Bounced, "all", n.Sent), n.Bounced == 0},
		{failover.Say("Messages still on their way at the end: {count} of {all}; it must be none.", "count", n.Waiting, "all", n.Sent), n.Waiting == 0},
	}
	switch {
	case r.scenario.Right.Delayed:
		return append(out, Check{failover.Say("Messages that arrived late: {count} of {all}, as it is in such an outage.", "count", n.Delayed, "all", n.Sent), true})
	case r.factor != 1: // what the network takes is not compressed, so much looks late
		return append(out, Check{failover.Say("Messages that arrived late: {count} of {all}; at {factor} times the speed of life this is not judged.", "count", n.Delayed, "all", n.Sent, "factor", r.factor), true})
	}
	return append(out, Check{failover.Say("Messages that arrived late: {count} of {all}; here it must be none.", "count", n.Delayed, "all", n.Sent), n.Delayed == 0})
}

// detectionCheck holds detection to what the scenario says is wrong, or that
// nothing is.
func (r *record) detectionCheck() Check {
	right := r.scenario.Right
	_, named := r.moments[Detected]
	if right.calm() {
		return choose(named && !r.troubled,
			failover.Say("Detection saw that the mail of {provider} is fine.", "provider", r.primary),
			failover.Say("Detection found fault with {provider}, whose mail was fine, or could not see it.", "provider", r.primary))
	}
	return choose(named,
		failover.Say("Detection named what was wrong."),
		failover.Say(`Detection did not name what was wrong (fault "{fault}", at fault "{blame}").`, "fault", right.Fault, "blame", right.Blame))
}

// movesCheck holds the moves carried out against the right ones.
func (r *record) movesCheck() Check {
	right := r.scenario.Right
	want := slices.DeleteFunc(slices.Clone(right.Moves), func(m Move) bool { return m == Stay })
	got := slices.DeleteFunc(slices.Clone(r.made), func(m Move) bool { return slices.Contains(right.May, m) && !slices.Contains(want, m) })
	switch ok := slices.Equal(want, got); {
	case ok && len(want) == 0:
		return Check{failover.Say("Nothing was moved, which is right here."), true}
	case ok:
		return Check{failover.Say("Moves made: {moves}, which is right here.", "moves", list(got)), true}
	default:
		return Check{failover.Say("Moves made: {moves}. Right would have been: {right}.", "moves", list(got), "right", list(want)), false}
	}
}

// list names moves in the words of the command line.
func list(all []Move) string {
	if len(all) == 0 {
		return "—"
	}
	return strings.Join(plain(all), ", ")
}

// tooEarlyCheck holds that a way back which is asked for too early is refused. It
// may be carried out where detection had seen the recovery by then: then it was not
// too early.
func (r *record) tooEarlyCheck() Check {
	refused := failover.Say("The way back that was asked for too early was refused.")
	for _, d := range r.decisions {
		if !d.TooEarly {
			continue
		}
		recovered, ok := r.moments[Recovered]
		if !d.Refused.IsZero() || ok && !recovered.After(d.At) {
			return Check{refused, true}
		}
		return Check{failover.Say("The way back was carried out although it was asked for too early."), false}
	}
	return Check{failover.Say("Nobody came to ask for the way back too early."), false}
}

// homeCheck holds that mail is led at the end where it should be.
func (r *record) homeCheck() Check {
	route, sending, name := failover.RoutePrimary, failover.Primary, r.primary
	for _, m := range r.scenario.Right.Moves {
		switch m {
		case Failover:
			route, sending, name = failover.RouteSecondary, failover.Secondary, r.secondary
		case Announce, SendOnly:
			sending = failover.Secondary
		case Failback:
			route, sending, name = failover.RoutePrimary, failover.Primary, r.primary
		default:
		}
	}
	sent := r.sending == sending || slices.Contains(r.scenario.Right.May, SendOnly)
	return choose(r.route == route && sent,
		failover.Say("At the end mail is led by {provider}, as it should be.", "provider", name),
		failover.Say("At the end mail is not led by {provider} as it should be (MX records: {route}, staff send through: {sending}).",
			"provider", name, "route", r.route, "sending", r.sending))
}
