package probe

import (
	"context"

	"lifeboat/failover"
)

// steadySample is how many recipients are asked for again.
const steadySample = 5

func checkSteady() Check {
	return Check{
		ID:     "steady",
		Reason: failover.Say("A provider that recovers often fails again within minutes. Before mail goes home, the primary has to be seen accepting it more than once."),
		Remedy: failover.Say("Wait until the primary has been working for a while, then check again."),
		subjects: func(t Target) []string {
			if t.Provider.Role != failover.Primary {
				return nil
			}
			return []string{""}
		},
		asked: onTheHosts,
		run: func(ctx context.Context, v *visit, _ []string) {
			if s := v.judgeSteady(ctx); s.verdict != "" {
				v.note("", s)
			}
		},
	}
}

// judgeSteady asks the host that answered once more, after a while, for some of
// those whom it took.
func (s *survey) judgeSteady(ctx context.Context) say {
	first := s.roster(ctx)
	provider := s.target.Provider.Name
	var sample []string
	for _, address := range s.wanted {
		if first.answers[address].kind == taken && len(sample) < steadySample {
			sample = append(sample, address)
		}
	}
	if len(sample) == 0 {
		if ctx.Err() != nil {
			return say{}
		}
		out := say{verdict: failover.Unknown, unseen: true, remedy: failover.Say("See to the recipients first, then check again."),
			text: failover.Say("{provider} has not been seen accepting mail, so it could not be seen twice.", "provider", provider)}
		if !first.usable && first.fault != nil {
			why := s.noConversation(ctx, first.host, first.fault, false)
			out.ownLine, out.evidence = why.ownLine, why.evidence
		}
		return out
	}
	if s.prober.opt.Sleep(ctx, s.prober.opt.SteadyAfter) != nil {
		return say{}
	}
	second := s.interview(ctx, first.host, sample, nobody)
	mx := failover.Display(first.host)
	for _, address := range sample {
		a := second.answers[address]
		if a.kind == taken {
			continue
		}
		if ctx.Err() != nil {
			return say{}
		}
		return say{verdict: failover.Red, evidence: a.evidence(address),
			text: failover.Say("{mx} accepted {address} at first and {seconds} seconds later no more; it is not steady yet.",
				"mx", mx, "address", address, "seconds", int(s.prober.opt.SteadyAfter.Seconds())),
			remedy: failover.Say("Wait until the primary has been working for a while, then check again.")}
	}
	return say{verdict: failover.Pass,
		text: failover.Say("{mx} accepted mail twice, {seconds} seconds apart.", "mx", mx, "seconds", int(s.prober.opt.SteadyAfter.Seconds()))}
}
