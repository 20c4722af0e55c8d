package presentertest

import (
	"context"
	"net/netip"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/probe"
	"lifeboat/failover/run"
)

// Plan leads a domain from one provider to the other.
func Plan(d failover.Domain, kind failover.Kind) failover.Plan {
	from, to := failover.Primary, failover.Secondary
	if kind == failover.Failback {
		from, to = to, from
	}
	return failover.Plan{Version: failover.PlanVersion, ID: "20261121T120000-abc", Kind: kind, Domains: []string{d.Name}, Steps: []failover.Step{{
		ID: "1", Domain: d.Name, Zone: d.Name, Host: "rfc2136", Before: Set(d, from), After: Set(d, to), Reason: told("mail is led to {provider}", "provider", d.Provider(to).Name),
	}}}
}

// Route moves the send route of a domain with a plan of that kind.
func Route(d failover.Domain, kind failover.Kind) failover.RouteStep {
	return failover.RouteStep{ID: "r1", Domain: d.Name, Before: kind.Target().Other(), After: kind.Target()}
}

// Open is a switch of a domain that broke off when a step had come to a state.
func Open(d failover.Domain, at failover.StepState) *engine.RunSummary {
	p := Plan(d, failover.Failover)
	p.Routes = []failover.RouteStep{Route(d, failover.Failover)}
	return &engine.RunSummary{
		ID: p.ID, Kind: p.Kind, Who: "sato@desk", Started: Noon.Add(-20 * time.Minute), Domains: p.Domains, Plan: &p,
		States: map[string]failover.StepState{"r1": failover.Ack, "1": at},
	}
}

// View is what six addresses answer, of which so many give the new set.
func View(d failover.Domain, before, after failover.RRset, fresh int) failover.View {
	v := failover.View{Key: after.Key, Zone: d.Name}
	addrs := []string{"192.0.2.53", "2001:db8:1::53", "198.51.100.53", "2001:db8:2::53", "203.0.113.53", "2001:db8:3::53"}
	for i, a := range addrs {
		answer := failover.Answer{Server: []string{"ns1.", "ns2.", "ns3."}[i/2] + d.Name, Addr: netip.MustParseAddr(a), State: failover.Answered, Set: before, At: Noon.Add(time.Duration(i) * 100 * time.Millisecond)}
		if i < fresh {
			answer.Set = after
		}
		v.Answers = append(v.Answers, answer)
	}
	return v
}

// Switcher carries nothing out: it shows the plan, and then what its script tells.
type Switcher struct {
	Domain failover.Domain
	// Routed: the send route moves, too.
	Routed bool
	// Refuse is answered before anything is asked.
	Refuse error
	// Fresh are the counts of addresses that give the new set, one look after the other.
	Fresh []int
	// Wait is waited for after the looks, when it is set.
	Wait chan struct{}
	// End is answered in the end.
	End error
}

// Switch asks, and tells what its script says.
func (s Switcher) Switch(ctx context.Context, req engine.SwitchRequest) (failover.Outcome, error) {
	p := Plan(s.Domain, req.Kind)
	if s.Routed || req.Kind == failover.SendRoute {
		p.Routes = []failover.RouteStep{Route(s.Domain, req.Kind)}
	}
	if req.Kind == failover.SendRoute {
		p.Steps = nil
	}
	return s.carryOut(ctx, p, req.Confirm, req.Tell, req.Found)
}

// Rollback does the same backwards.
func (s Switcher) Rollback(ctx context.Context, req engine.RollbackRequest) (failover.Outcome, error) {
	p := Plan(s.Domain, failover.Failback)
	p.Kind = failover.Rollback
	return s.carryOut(ctx, p, req.Confirm, req.Tell, req.Found)
}

func (s Switcher) carryOut(ctx context.Context, p failover.Plan, confirm func(engine.Preview) (bool, error), tell func(run.Event), found func(failover.Finding)) (failover.Outcome, error) {
	out := failover.Outcome{Operation: p.ID, Plan: p, Started: Noon}
	found(failover.Finding{Check: "rcpt", Verdict: failover.Pass, At: Noon})
	if s.Refuse != nil {
		return out, s.Refuse
	}
	yes, err := confirm(engine.Preview{Plan: p, Domains: []failover.Domain{s.Domain}, Judgements: map[string]probe.Judgement{s.Domain.Name: {Allowed: true}}})
	if err != nil || !yes {
		return out, engine.ErrDeclined
	}
	for i := range p.Routes {
		tell(run.Event{Operation: p.ID, Route: &p.Routes[i], State: failover.Ack})
		out.Routes = append(out.Routes, failover.RouteOutcome{Step: p.Routes[i], State: failover.Ack})
	}
	if len(p.Steps) == 0 {
		out.Done = true
		return out, nil
	}
	step := p.Steps[0]
	state := failover.Sent
	tell(run.Event{Operation: p.ID, Step: step, State: state})
	for _, n := range s.Fresh {
		state = failover.Ack
		tell(run.Event{Operation: p.ID, Step: step, State: state})
		tell(run.Event{Operation: p.ID, Step: step, State: state, View: View(s.Domain, step.Before, step.After, n)})
	}
	if s.Wait != nil {
		select {
		case <-s.Wait:
		case <-ctx.Done():
			return out, failed(failover.ErrWaiting, "stopped before the end; what is done is kept: give the same command again to go on").Because(ctx.Err())
		}
	}
	if s.End != nil {
		return out, s.End
	}
	state = failover.Verified
	tell(run.Event{Operation: p.ID, Step: step, State: state, View: View(s.Domain, step.Before, step.After, 6)})
	out.Done, out.Changes = true, 1
	out.Steps = []failover.StepOutcome{{Step: step, State: state, View: View(s.Domain, step.Before, step.After, 6), OldUntil: Noon.Add(291 * time.Second)}}
	return out, nil
}
