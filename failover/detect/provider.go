package detect

import (
	"slices"

	"lifeboat/failover"
)

// provider judges one provider from its parts.
//
// Down is kept for one thing, mail that does not arrive, since that is what a
// switch of the MX records mends. Everything else that fails is Degraded, and
// says what works.
func (v *view) provider(r failover.Role, line Line) Provider {
	p := Provider{Role: r, Status: v.status(r), Parts: v.parts(r)}
	for _, part := range p.Parts {
		p.Suspect = p.Suspect || slices.ContainsFunc(part.Evidence, func(e Evidence) bool { return e.Suspect })
	}
	var worst, dark []Part
	for _, x := range p.Parts {
		switch {
		case x.Health == Degraded || x.Health == Down:
			worst = append(worst, x)
		case x.Health == Unknown && x.Direction != Portals:
			dark = append(dark, x)
		}
		if x.Health == Healthy && x.Since.After(p.Since) {
			p.Since = x.Since
		}
	}
	switch {
	case len(p.Parts) == 0:
		p.Health, p.Say = Unknown, failover.Say("Nothing of {provider} is looked at.", "provider", v.set.name(r))
		return p
	case p.Part(Inbound).Health == Down:
		p.Health, p.Since = Down, worst[0].Since
	case len(worst) > 0 && (worst[0].Direction != Portals || len(dark) == 0):
		p.Health, p.Since = Degraded, worst[0].Since
		for _, x := range worst {
			if x.Since.Before(p.Since) {
				p.Since = x.Since
			}
		}
	case len(dark) > 0:
		p.Health, p.Since, p.Fault, p.Blame = Unknown, dark[0].Since, dark[0].Fault, dark[0].Blame
	default:
		p.Health = Healthy
	}
	v.account(&p, worst, line)
	v.notes(&p)
	return p
}

// parts judges each direction that is watched. Whether mail arrives is a question
// for every provider; where nothing could answer it, the answer is unknown.
func (v *view) parts(r failover.Role) []Part {
	all := []Part{v.inbound(r), v.outbound(r), v.plain(r, Access, IMAP), v.plain(r, Portals, Portal)}
	watched := slices.DeleteFunc(slices.Clone(all), func(p Part) bool { return p.Health == "" })
	if len(watched) > 0 && all[0].Health == "" {
		v.unknown(&all[0], nil)
		watched = slices.Insert(watched, 0, all[0])
	}
	return watched
}

// account says what is the matter, how sure that is, and whose fault it looks
// like.
func (v *view) account(p *Provider, worst []Part, line Line) {
	switch p.Health {
	case Down, Degraded:
		main := worst[0] // inbound first
		p.Fault, p.Blame, p.Confidence = main.Fault, main.Blame, main.Confidence
		several := len(worst) > 1 && worst[1].Direction != Portals
		if p.Confidence == Fair && (several || p.Status.Says == Degraded) {
			p.Confidence = Sure
		}
		p.SayBlame = v.blame(p, line)
	case Healthy:
		p.Confidence = Sure
		for _, x := range p.Parts {
			if x.Confidence == Fair {
				p.Confidence = Fair
			}
		}
	default:
	}
	p.Say = v.headline(p)
}

// headline tells the state of a provider in one sentence.
func (v *view) headline(p *Provider) failover.Sentence {
	in, out, access := p.Part(Inbound), p.Part(Outbound), p.Part(Access)
	name := []any{"provider", v.set.name(p.Role)}
	fails := func(x Part) bool { return x.Health == Down || x.Health == Degraded }
	switch {
	case p.Health == Healthy:
		return failover.Say("{provider} is in order.", name...)
	case in.Health == Down && out.Health == Down && access.Health == Down:
		return failover.Say("{provider} is down: it takes no mail, sends none, and nobody can read there.", name...)
	case in.Health == Down && in.Fault == FaultRejects:
		return failover.Say("{provider} refuses every recipient for good: mail to you bounces.", name...)
	case in.Health == Down:
		return failover.Say("{provider} takes no mail from outside.", name...)
	case in.Health == Degraded:
		return v.partly(in, name)
	case fails(out) || fails(access):
		return v.staffOnly(in, out, access, name)
	case p.Health == Degraded:
		return failover.Say("Only web pages of {provider} fail; mail flows.", name...)
	case in.Health == Unknown:
		return v.unseen(in, name)
	default:
		return failover.Say("Mail arrives at {provider}; whether the rest works is unknown.", name...)
	}
}

// unseen tells why nothing can be said.
func (v *view) unseen(in Part, name []any) failover.Sentence {
	switch {
	case in.Fault != FaultOwnLine:
		return failover.Say("Unknown: too little has been seen of {provider} lately.", name...)
	case v.lineAt.known && !v.lineAt.up:
		return failover.Say("Your own line is down, so nothing can be said about {provider}.", name...)
	case v.lineAt.lossy:
		return failover.Say("Your own line is unreliable at the moment, so nothing can be said about {provider}.", name...)
	default:
		return failover.Say("Unknown: nothing can be seen on port {port} over your line, so whether {provider} takes mail cannot be said from here.", append(name, "port", viaSMTP.port())...)
	}
}

// partly tells what still works of a provider that takes mail in part.
func (v *view) partly(in Part, name []any) failover.Sentence {
	switch {
	case in.Fault == FaultNotForUs:
		return failover.Say("{provider} takes no mail from this line, but seed messages from elsewhere arrive: others get through.", name...)
	case in.Fault == FaultUndelivered:
		return failover.Say("{provider} accepts mail, and it does not reach the mailboxes.", name...)
	case in.Fault == FaultAttachments:
		return failover.Say("Only messages with attachments fail to arrive at {provider}; others do arrive.", name...)
	case in.Failing > 0 && in.Failing == in.Of:
		return failover.Say("{provider} takes mail again, for too short a time to count as recovered.", name...)
	case in.Failing > 0 && in.Confidence == Weak:
		return failover.Say("{count} of {all} MX hosts of {provider} are out of order; how the others are is unknown or changing.", append(name, "count", in.Failing, "all", in.Of)...)
	case in.Failing > 0:
		return failover.Say("{count} of {all} MX hosts of {provider} are out of order; mail arrives through the others.", append(name, "count", in.Failing, "all", in.Of)...)
	case in.Fault == FaultSlow:
		return failover.Say("{provider} takes mail, but slowly.", name...)
	case in.Fault == FaultTLS:
		return failover.Say("The encryption of {provider} is out of order: senders that insist on it do not deliver.", name...)
	default:
		return failover.Say("{provider} takes mail only some of the time.", name...)
	}
}

// staffOnly tells what staff cannot do, and whether mail arrives meanwhile.
func (v *view) staffOnly(in, out, access Part, name []any) failover.Sentence {
	arrives := in.Health == Healthy
	signIn := (out.Fault == FaultSignIn || out.Fault == FaultNone) && (access.Fault == FaultSignIn || access.Fault == FaultNone)
	outDown, accessDown := out.Health == Down, access.Health == Down
	switch {
	case signIn && arrives:
		return failover.Say("Sign-in only: nobody gets in at {provider}, and mail flows.", name...)
	case signIn:
		return failover.Say("Nobody can sign in at {provider}; whether mail arrives is unknown.", name...)
	case outDown && accessDown && arrives:
		return failover.Say("Nobody can send or read at {provider}; mail arrives.", name...)
	case outDown && accessDown:
		return failover.Say("Nobody can send or read at {provider}; whether mail arrives is unknown.", name...)
	case out.Fault == FaultSending:
		return failover.Say("{provider} does not send on what it is given; mail arrives.", name...)
	case outDown && arrives:
		return failover.Say("Sending only: {provider} takes nothing from staff, and mail arrives.", name...)
	case accessDown && arrives:
		return failover.Say("Reading only: mailboxes at {provider} cannot be opened, and mail arrives.", name...)
	case arrives:
		return failover.Say("Sending or reading at {provider} fails some of the time; mail arrives.", name...)
	default:
		return failover.Say("Sending or reading at {provider} fails; whether mail arrives is unknown.", name...)
	}
}

// blame says whose fault it looks like.
func (v *view) blame(p *Provider, line Line) failover.Sentence {
	name := []any{"provider", v.set.name(p.Role)}
	switch {
	case p.Fault == FaultNotForUs:
		return failover.Say("It looks as if {provider}, or somebody on the way, refuses this line only.", name...)
	case p.Blame == BlameUnclear:
		return failover.Say("If it is only this account, its password may have been changed; otherwise it looks like the fault of {provider}.", name...)
	case line.Health == Healthy || line.Health == Degraded:
		return failover.Say("It looks like the fault of {provider}: your own line reaches others.", name...)
	default:
		return failover.Say("It looks like the fault of {provider}.", name...)
	}
}

// status is what the status page says, if it was read lately.
func (v *view) status(r failover.Role) StatusReport {
	p := v.pages[r]
	if p == nil || !p.looked || v.silent || v.now-p.clock > v.set.Seldom.stale() {
		return StatusReport{}
	}
	return p.report
}

// notes adds what is worth knowing beside.
func (v *view) notes(p *Provider) {
	name := v.set.name(p.Role)
	trouble := p.Health == Down || p.Health == Degraded
	switch {
	case trouble && p.Status.Says == Healthy:
		p.Notes = append(p.Notes, failover.Say("The status page of {provider} says that all is well; the probes say otherwise, and they count.", "provider", name))
	case trouble && p.Status.Says == Degraded:
		p.Notes = append(p.Notes, failover.Say("The status page of {provider} reports trouble too: {answer}", "provider", name, "answer", p.Status.Answer))
	case p.Health == Healthy && p.Status.Says == Degraded:
		p.Notes = append(p.Notes, failover.Say("The status page of {provider} reports trouble, and the probes see none: {answer}", "provider", name, "answer", p.Status.Answer))
	case p.Health == Unknown && p.Status.Says != "":
		p.Notes = append(p.Notes, failover.Say("What the status page of {provider} says is not enough to go by.", "provider", name))
	}
	for _, part := range p.Parts {
		if part.Health != Down && part.Health != Degraded {
			continue
		}
		least := Evidence{Clean: most + 1}
		for _, e := range part.Evidence {
			if (e.Health == Down || e.Health == Degraded) && e.Clean < least.Clean {
				least = e
			}
		}
		if least.Clean > 0 && least.Clean <= most {
			p.Notes = append(p.Notes, failover.Say("{host} answers again, {count} times in a row; it counts as recovered after {needed}.",
				"host", hostLabel(least.Target), "count", least.Clean, "needed", least.Needed))
			break
		}
	}
}

// hostLabel names a target for people.
func hostLabel(t Target) string {
	if t.Host == "" {
		return label(t.Service)
	}
	return failover.Display(t.Host)
}
