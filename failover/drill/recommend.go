package drill

import (
	"time"

	"lifeboat/failover"
)

// recommend draws from what was measured what ought to be better next time.
func (r *record) recommend(measures []Measure, checks []Check) []failover.Sentence {
	var out []failover.Sentence
	say := func(s failover.Sentence) { out = append(out, s) }
	if r.factor != 1 {
		say(failover.Say("This drill ran {factor} times as fast as life: none of its times is an RTO. Repeat it at factor 1 before you rely on a time.", "factor", r.factor))
	}
	for _, m := range measures {
		if m.Met != nil && !*m.Met {
			say(missed(m))
		}
	}
	if r.factor == 1 {
		r.againstTargets(measures, say)
	}
	r.aboutTTL(measures, say)
	r.aboutStatusPage(say)
	r.aboutMoves(say)
	if n := r.mail; n.Lost+n.Doubled+n.Bounced > 0 {
		say(failover.Say("Mail was lost, doubled or sent back: find out why before anything else, and repeat the drill."))
	}
	failed := 0
	for _, c := range checks {
		if !c.OK {
			failed++
		}
	}
	switch {
	case failed > 0:
		say(failover.Say("Checks that do not hold: {count}. Repeat the drill when that is mended.", "count", failed))
	case r.unattended:
		say(failover.Say("Nobody decided in this drill: hold it again with those who will decide on the day."))
	}
	return out
}

// missed says what to do about a goal that was missed.
func missed(m Measure) failover.Sentence {
	parts := []any{"time", short(*m.Took), "goal", m.Goal}
	switch m.Name {
	case MeasureDetect:
		return failover.Say("Detection took {time}; the goal is {goal}. Look more often, or accept the goal as too tight.", parts...)
	case MeasureDecide:
		return failover.Say("The decision took {time}; the goal is {goal}. Agree beforehand who may decide without asking, and write it on the run card.", parts...)
	case MeasureVerify:
		return failover.Say("From the yes to verified everywhere it took {time}; the goal is {goal}. See which name server was last, and ask its host why.", parts...)
	case MeasureFirstMail:
		return failover.Say("The first mail came {time} after the fault; the goal is {goal}. Most of that is detection, decision and the old TTL: see which is the longest.", parts...)
	default:
		return failover.Say("The way back took {time}; the goal is {goal}. See which name server was last.", parts...)
	}
}

// againstTargets holds what was measured in real time against what the
// organisation has set itself.
func (r *record) againstTargets(measures []Measure, say func(failover.Sentence)) {
	first, arrived := took(measures, MeasureFirstMail)
	switch t := r.targets; {
	case t.RTO == 0 || !arrived:
	case first > t.RTO:
		say(failover.Say("Mail was back {time} after the fault, and the target (RTO) is {goal}: it was missed.", "time", short(first), "goal", t.RTO))
	default:
		say(failover.Say("Mail was back {time} after the fault, within the target (RTO) of {goal}. The old TTL here was {ttl}; add what yours is longer.",
			"time", short(first), "goal", t.RTO, "ttl", Span(r.change().OldTTL)))
	}
	if t := r.targets.MTPD; t > 0 && r.scenario.Outage > t {
		say(failover.Say("An outage like the one this is modelled on ({time}) lasts longer than you can bear (MTPD {goal}): without a second provider it cannot be sat out.",
			"time", r.scenario.Outage, "goal", t))
	}
}

// aboutTTL says when the old TTL alone is longer than mail may be away.
func (r *record) aboutTTL(measures []Measure, say func(failover.Sentence)) {
	ttl, switched := took(measures, MeasureOldTTL)
	goal := r.scenario.Goals.FirstMail
	if r.targets.RTO > 0 {
		goal = r.targets.RTO
	}
	if switched && goal > 0 && ttl >= goal {
		say(failover.Say("The MX records had a TTL of {ttl}, which alone is not below the goal of {goal}: lower it in calm times; during an outage that no longer helps.",
			"ttl", ttl, "goal", goal))
	}
}

// aboutStatusPage says how much the provider's own word was worth.
func (r *record) aboutStatusPage(say func(failover.Sentence)) {
	found, named := r.moments[Detected]
	switch {
	case !named:
	case !r.pageTold.IsZero() && r.pageTold.Sub(found) > 10*time.Second:
		say(failover.Say("The status page of {provider} told of the trouble {time} after detection did: do not wait for it.",
			"provider", r.primary, "time", short(Span(r.pageTold.Sub(found)))))
	case r.pageCalm && r.pageTold.IsZero():
		say(failover.Say("The status page of {provider} said all the time that all was well: do not wait for it.", "provider", r.primary))
	}
}

// aboutMoves says what to make of moves that were refused, or not right.
func (r *record) aboutMoves(say func(failover.Sentence)) {
	told := map[Move]bool{}
	for _, d := range r.decisions {
		if d.Refused.IsZero() || d.TooEarly || told[d.Move] {
			continue
		}
		told[d.Move] = true
		say(failover.Say(`"{move}" was refused; the timeline says why. See to it in calm times, or know the way around it.`, "move", d.Move))
	}
	right := r.scenario.Right
	for _, m := range r.made {
		if !right.moves(m) && !(Right{Moves: right.May}).moves(m) {
			say(failover.Say(`"{move}" was made and was not needed; talk it through with what follows in mind.`, "move", m))
			say(failover.Sentence{Template: right.Why})
			return
		}
	}
	if right.moves(Announce) {
		say(failover.Say("Whoever must be told of the emergency subdomain has to be reachable without mail: keep their telephone numbers with the run card."))
	}
}

// short rounds a time to what matters to people.
func short(s Span) Span {
	if s < Span(time.Minute) {
		return Span(time.Duration(s).Round(100 * time.Millisecond))
	}
	return Span(time.Duration(s).Round(time.Second))
}
