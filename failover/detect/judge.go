package detect

import (
	"cmp"
	"slices"
	"time"

	"lifeboat/failover"
)

// State tells what to make of the rounds taken so far at the time now, which is
// the machine's and not before the last round's. When there has been no round for
// too long everything is Unknown.
func (d *Detector) State(now time.Time) State {
	v := view{Detector: d, now: d.clock, silent: !d.started}
	if d.started {
		age := now.Sub(d.at)
		v.now += max(age, 0)
		v.silent = age > d.set.Probes.stale() || age < -d.set.Probes.Every
	}
	s := State{At: now, Line: v.lineState(), Records: v.records()}
	s.Primary, s.Secondary = v.provider(failover.Primary, s.Line), v.provider(failover.Secondary, s.Line)
	v.advise(&s.Primary, s.Secondary, s.Records)
	v.advise(&s.Secondary, s.Primary, s.Records)
	s.Elsewhere = v.elsewhere(s)
	return s
}

// view is the detector at one moment.
type view struct {
	*Detector
	now    time.Duration
	silent bool // no round for too long
}

// health is what is made of a target now.
func (v *view) health(t *track) Health {
	switch {
	case v.silent || !t.looked || v.now-t.clock > t.pace.stale() || v.hidden(t):
		return Unknown
	case t.level == failing:
		return Down
	case t.level == unsteady:
		return Degraded
	case !t.worked: // its first looks fail, and are too few
		return Unknown
	default:
		return Healthy
	}
}

// hidden reports whether our own line hides the target.
func (v *view) hidden(t *track) bool {
	return v.lineAt.known && !v.lineAt.up || v.line[channelOf(t.Service)].hides(t)
}

// group is the targets of one service of one provider, sorted by health.
type group struct {
	all, down, unsteady, sound, unknown, hidden []*track
}

func (v *view) group(r failover.Role, s Service) group {
	var g group
	for i := range v.tracks {
		t := &v.tracks[i]
		if t.Role != r || t.Service != s {
			continue
		}
		g.all = append(g.all, t)
		switch v.health(t) {
		case Down:
			g.down = append(g.down, t)
		case Degraded:
			g.unsteady = append(g.unsteady, t)
		case Healthy:
			g.sound = append(g.sound, t)
		case Unknown:
			g.unknown = append(g.unknown, t)
			if v.hidden(t) {
				g.hidden = append(g.hidden, t)
			}
		}
	}
	return g
}

// bad lists what fails or is unsteady.
func (g group) bad() []*track { return append(slices.Clone(g.down), g.unsteady...) }

// lostSight reports whether something that failed can be seen no more.
func (g group) lostSight() bool {
	return slices.ContainsFunc(g.unknown, func(t *track) bool { return t.level != steady })
}

// inbound judges whether mail arrives. The MX hosts decide, as the world's senders
// meet them; seed messages tell what the hosts cannot show.
func (v *view) inbound(r failover.Role) Part {
	mx, seeds, files := v.group(r, MX), v.group(r, Delivery), v.group(r, Attachments)
	p := v.part(Inbound, mx, seeds, files)
	p.Of, p.Failing = len(mx.all), len(mx.down)
	sheltered := len(mx.hidden) == len(mx.all) // no host can be seen, or there is none
	unproven := len(mx.unknown) > 0
	if sheltered {
		unproven = !arrive(seeds, mx)
	}
	switch {
	case len(mx.all)+len(seeds.all) == 0:
	case p.Failing > 0:
		v.failing(&p, r, mx, seeds)
	case sheltered && slices.ContainsFunc(seeds.down, func(t *track) bool { return t.clean == 0 }):
		v.troubled(&p, Down, seeds.down)
	case len(mx.unsteady) > 0:
		v.troubled(&p, Degraded, mx.unsteady)
	case len(seeds.bad()) > 0 && len(mx.sound) > 0:
		v.troubled(&p, Degraded, seeds.bad())
	case unproven:
		v.unknown(&p, append(mx.unknown, seeds.unknown...))
	case len(files.bad()) > 0:
		v.troubled(&p, Degraded, files.bad())
	case seeds.lostSight() || files.lostSight():
		v.unknown(&p, append(seeds.unknown, files.unknown...))
	default:
		v.sound(&p, append(mx.sound, seeds.sound...))
		if sheltered {
			p.Confidence = Fair
		}
	}
	return p
}

// failing judges what it means that MX hosts fail.
func (v *view) failing(p *Part, r failover.Role, mx, seeds group) {
	switch {
	case p.Failing == p.Of && v.excused[side(r)] && len(seeds.sound) > 0:
		v.troubled(p, Degraded, mx.down)
		p.Fault, p.Blame, p.Confidence = FaultNotForUs, BlameOurs, Fair // seed messages go in
	case p.Failing == p.Of && v.shut[side(r)]:
		v.troubled(p, Down, mx.down)
	default:
		v.troubled(p, Degraded, mx.down)
		if p.Failing+len(mx.unknown) == p.Of {
			p.Confidence = Weak
		}
	}
}

// arrive reports whether seed messages show that mail arrives at a provider whose
// MX hosts our line hides: if these failed when they were last seen, at least two
// must have arrived since.
func arrive(seeds, mx group) bool {
	var last time.Duration
	for _, t := range mx.all {
		if t.level != steady || t.bad.count > 0 {
			last = max(last, t.clock)
		}
	}
	return slices.ContainsFunc(seeds.sound, func(t *track) bool { return last == 0 || t.clean >= 2 && t.before > last })
}

// plain judges a direction whose hosts are alike.
func (v *view) plain(r failover.Role, dir Direction, s Service) Part {
	g := v.group(r, s)
	p := v.part(dir, g)
	p.Of, p.Failing = len(g.all), len(g.down)
	switch {
	case p.Of == 0:
	case p.Failing == p.Of:
		v.troubled(&p, Down, g.down)
	case len(g.bad()) > 0:
		v.troubled(&p, Degraded, g.bad())
	case len(g.unknown) > 0:
		v.unknown(&p, g.unknown)
	default:
		v.sound(&p, g.sound)
	}
	return p
}

// outbound judges whether staff can send, and whether what they send goes on.
func (v *view) outbound(r failover.Role) Part {
	p := v.plain(r, Outbound, Submission)
	waits, taken := v.remotes.waiting(r, v.now)
	if p.Health != Healthy || len(waits) < remotesMany || len(waits) <= taken {
		return p
	}
	p.Health, p.Fault, p.Blame, p.Confidence, p.Since = Degraded, FaultSending, BlameProvider, Fair, waits[0].since
	for _, w := range waits {
		if w.since.Before(p.Since) {
			p.Since = w.since
		}
	}
	p.Say = failover.Say("Messages to {count} other domains wait, and only {taken} take any: {answer}", "count", len(waits), "taken", taken, "answer", waits[0].answer)
	return p
}

// records judges whether the domain's name servers give what they should.
func (v *view) records() Part {
	p := v.plain("", "", Records)
	if p.Health != Degraded && p.Health != Down {
		return p
	}
	if g := v.group("", Records); slices.ContainsFunc(g.down, func(t *track) bool { return faultOf(t) == FaultRecords }) {
		p.Health, p.Fault, p.Blame = Down, FaultRecords, BlameOurs // some of the world is led astray
		v.explain(&p, g.down)
	}
	return p
}

// part makes the part of a direction with its evidence, not judged yet.
func (v *view) part(dir Direction, groups ...group) Part {
	p := Part{Direction: dir}
	for _, g := range groups {
		for _, t := range g.all {
			p.Evidence = append(p.Evidence, v.evidence(t))
		}
	}
	return p
}

// troubled says that these targets make the part what it is. A part is down since
// the last of them fell, and degraded since the first.
func (v *view) troubled(p *Part, h Health, why []*track) {
	p.Health, p.Fault, p.Confidence = h, commonFault(why), Fair
	for i, t := range why {
		if i == 0 || h == Down && t.since.After(p.Since) || h == Degraded && t.since.Before(p.Since) {
			p.Since = t.since
		}
	}
	switch p.Fault {
	case FaultBusy, FaultDefers, FaultRejects, FaultRecords:
		p.Confidence = Sure // the server says so itself
	default:
	}
	p.Blame = blameOf(p.Fault, why)
	if !slices.ContainsFunc(why, func(t *track) bool { return t.clean == 0 }) {
		p.Confidence = Weak // they answer again
	}
	v.explain(p, why)
}

func (v *view) sound(p *Part, why []*track) {
	p.Health, p.Confidence = Healthy, Sure
	for _, t := range why {
		if t.since.After(p.Since) {
			p.Since = t.since
		}
		if t.suspect() {
			p.Confidence = Fair
		}
	}
	p.Say = failover.Say("All that was looked at works.")
}

func (v *view) unknown(p *Part, why []*track) {
	p.Health = Unknown
	p.Say = failover.Say("Nobody has looked yet.")
	for _, t := range why {
		if t.looked && !t.at.Before(p.Since) {
			p.Since, p.Say = t.at, failover.Say("The last look is too long ago to go by.")
			if !t.worked && t.level == steady && !v.silent {
				p.Say = failover.Say("The first looks fail; it takes more of them to be sure.")
			}
		}
	}
	for _, t := range why {
		if v.hidden(t) && !v.silent {
			p.Fault, p.Blame, p.Say = FaultOwnLine, BlameOurs, v.hiddenSay(channelOf(t.Service))
			return
		}
	}
	if v.lineAt.lossy && !v.silent {
		p.Fault, p.Blame, p.Say = FaultOwnLine, BlameOurs, v.lossySay()
	}
}

// evidence tells what was seen of a target.
func (v *view) evidence(t *track) Evidence {
	e := Evidence{
		Target: t.Target, Health: v.health(t), Since: t.since, At: t.at, Looks: int(t.tally.looks), Failed: int(t.tally.failed),
		Answer: t.answer, Clean: min(t.clean, t.pace.RecoverAfter), Needed: t.pace.RecoverAfter, Suspect: t.suspect(), Hidden: v.hidden(t),
	}
	if e.Health == Unknown {
		e.Since = t.at
	}
	for s := range t.tally.kinds {
		for o, n := range t.tally.kinds[s] {
			if n > 0 {
				e.Kinds = append(e.Kinds, Count{stages[s], outcomes[o], int(n)})
			}
		}
	}
	slices.SortStableFunc(e.Kinds, func(a, b Count) int { return cmp.Compare(b.Count, a.Count) })
	return e
}

// elsewhere lists the domains that our mail waits for, where our provider is not
// what it waits for.
func (v *view) elsewhere(s State) []Wait {
	var out []Wait
	for _, p := range []Provider{s.Primary, s.Secondary} {
		if o := p.Part(Outbound); o.Health == Down || o.Fault == FaultSending {
			continue
		}
		waits, _ := v.remotes.waiting(p.Role, v.now)
		for _, w := range waits {
			out = append(out, Wait{
				Domain: w.Host, Role: p.Role, Since: w.since, Answer: w.answer,
				Say: failover.Say("Mail to {domain} waits because of {domain} itself ({answer}). {provider} sends to others, so a switch would not help.",
					"domain", failover.Display(w.Host), "answer", w.answer, "provider", v.set.name(p.Role)),
			})
		}
	}
	return out
}
