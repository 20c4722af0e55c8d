package cli

import (
	"context"
	"fmt"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/run"
)

// holdLive rehearses on a test subdomain of the real zone.
func (s *session) holdLive(ctx context.Context, sc drill.Scenario, f drillFlags) error {
	e, err := s.open()
	if err != nil {
		return err
	}
	p := s.progress()
	req := engine.LiveRequest{
		Scenario: sc, Domain: f.domain, Name: f.name, TTL: f.ttl, Facilitator: f.facilitator, Participants: f.people(),
		Targets: engine.Targets(e.Settings()), Version: s.Version,
		Tell: s.tellEntry, Found: p.finding,
		Confirm: func(pre engine.LivePreview) (bool, error) {
			s.showLive(pre)
			if f.yes {
				return true, nil
			}
			return s.ask(ctx, s.tongue.T("Do this now?"))
		},
	}
	if f.clean {
		return s.cleanLive(ctx, e, req)
	}
	req.Ran = func(e run.Event) {
		if e.Guide != nil { // a person makes the changes; the rest is in the timeline
			p.event(run.Event{Guide: e.Guide})
		}
	}
	r, err := e.Rehearse(ctx, req)
	if err != nil && r.ID == "" {
		return err
	}
	return s.keep(r, err)
}

func (s *session) cleanLive(ctx context.Context, e *engine.Engine, req engine.LiveRequest) error {
	left, err := e.CleanRehearsal(ctx, req)
	if err != nil {
		return err
	}
	if err := s.document(map[string]any{"removed": left.Exists(), "set": left}); err != nil {
		return err
	}
	if !left.Exists() {
		s.printT("No rehearsal has left anything behind.")
		return nil
	}
	s.printT("Removed: {set}", "set", left.String())
	return nil
}

// showLive tells what a live rehearsal would do. It goes to standard error: it is part
// of the question.
func (s *session) showLive(pre engine.LivePreview) {
	t := s.tongue
	name := failover.Display(pre.Name)
	if pre.Leftover.Exists() {
		s.note(t.T("Left by a rehearsal that broke off, and removed first: {set}", "set", pre.Leftover.String()))
	}
	if len(pre.Sets) == 0 {
		return
	}
	s.note(t.T("In the zone {zone}, through {host}, the test subdomain {name} is given these records, one after the other:",
		"zone", failover.Display(pre.Zone), "host", pre.Host, "name", name))
	for i, set := range pre.Sets {
		s.note(fmt.Sprintf("  %d. %s", i+1, set.String()))
	}
	s.note(fmt.Sprintf("  %d. %s", len(pre.Sets)+1, t.T("(no record)")))
	s.note(t.T("No mail goes to {name}, and no other record is touched: the MX of {domain} stays as it is.",
		"name", name, "domain", failover.Display(pre.Domain.Name)))
}
