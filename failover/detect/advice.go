package detect

import "lifeboat/failover"

// advise says whether moving mail away from the provider to the other one would
// help. Whether the other takes every recipient is for the preflight to say.
func (v *view) advise(p *Provider, other Provider, records Part) {
	parts := []any{"provider", v.set.name(p.Role), "other", v.set.name(p.Role.Other())}
	switch in := p.Part(Inbound); {
	case in.Health == Down:
		p.Switch, p.SaySwitch = adviceDown(other, records, parts)
	case records.Fault == FaultRecords:
		p.Switch, p.SaySwitch = SwitchWrong, failover.Say("The domain's own DNS records are wrong: put them right. A switch would only hide it.")
	case in.Health == Degraded:
		p.Switch, p.SaySwitch = advicePartly(in, parts)
	default:
		p.Switch, p.SaySwitch = adviceStaff(in, p.Part(Outbound), p.Part(Access), parts)
	}
}

func adviceDown(other Provider, records Part, parts []any) (Advice, failover.Sentence) {
	switch {
	case records.Health == Down && records.Fault == FaultDNSHost:
		return SwitchImpossible, failover.Say("The domain's name servers do not answer, so its records cannot be seen to change: work from the emergency subdomain.")
	case other.Part(Inbound).Health == Down:
		return SwitchWrong, failover.Say("{other} takes no mail either. Senders keep it and try again for days.", parts...)
	default:
		return SwitchHelps, failover.Say("A switch would help: new mail, and what waits outside, would arrive at {other}.", parts...)
	}
}

func advicePartly(in Part, parts []any) (Advice, failover.Sentence) {
	switch {
	case in.Fault == FaultNotForUs:
		return SwitchWrong, failover.Say("Mail from others arrives, so a switch would gain nothing.")
	case in.Failing > 0:
		return SwitchOptional, failover.Say("Mail still arrives at {provider}, some of it late. A switch is not urgent.", parts...)
	default:
		return SwitchOptional, failover.Say("A switch would lead new mail to {other}; what {provider} has accepted stays there until it works again.", parts...)
	}
}

// adviceStaff is for when mail arrives, or nobody knows.
func adviceStaff(in, out, access Part, parts []any) (Advice, failover.Sentence) {
	fails := func(x Part) bool { return x.Health == Down || x.Health == Degraded }
	switch {
	case in.Health == Unknown && (fails(out) || fails(access)):
		return SwitchUnclear, failover.Say("Find out first whether mail arrives: send a seed message, or look from another line.")
	case in.Health != Healthy:
		return SwitchUnclear, failover.Sentence{}
	case access.Health == Down:
		return SwitchOptional, failover.Say("Mail goes on arriving at {provider} and is safe there. A switch would only let new mail be read at {other}.", parts...)
	case out.Health == Down && recovering(out):
		return SwitchWrong, failover.Say("{provider} takes outgoing mail again in the latest looks: wait until it counts as recovered.", parts...)
	case out.Health == Down || out.Fault == FaultSending:
		return SwitchSending, failover.Say("Send through {other}, and leave the MX records alone.", parts...)
	default:
		return SwitchWrong, failover.Say("Mail arrives at {provider}, so a switch would gain nothing.", parts...)
	}
}

// recovering reports whether all that still counts as failing has answered well for at
// least half of the looks that it takes to recover. Parts that fail together recover a
// look apart when what mends them comes between two looks of one round: what the last
// of them would call for is not worth doing any more.
func recovering(p Part) bool {
	failing := 0
	for _, e := range p.Evidence {
		if e.Health != Down && e.Health != Degraded {
			continue
		}
		failing++
		if 2*e.Clean < e.Needed {
			return false
		}
	}
	return failing > 0
}
