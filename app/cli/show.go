package cli

import (
	"strings"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
)

// showPreview tells what a plan would do, first in words, then in records. It
// goes to standard error: it is part of the question.
func (s *session) showPreview(pre engine.Preview) {
	t := s.tongue
	if pre.Resumes != nil {
		s.note(t.T("An unfinished run of {when} by {who} is gone on with.",
			"when", t.Clock(pre.Resumes.Started, s.Now()), "who", pre.Resumes.Who))
	}
	for _, l := range s.planLines(pre.Plan) {
		s.note(l)
	}
	for _, d := range pre.Domains {
		j, ok := pre.Judgements[d.Name]
		if !ok {
			continue
		}
		if j.Allowed {
			s.note(t.T("Preflight for {domain}: nothing stands in the way.", "domain", failover.Display(d.Name)))
		} else {
			s.note(t.T("Preflight for {domain}: OVERRULED.", "domain", failover.Display(d.Name)))
		}
		s.tellFindings(s.note, concerning(j), false)
	}
}

// planLines tells a plan.
func (s *session) planLines(p failover.Plan) []string {
	t := s.tongue
	if p.Empty() {
		lines := []string{t.T("Nothing to do: everything is as wanted already.")}
		for _, n := range p.Notes {
			lines = append(lines, "  ! "+s.say(n.Say))
		}
		return lines
	}
	lines := s.routeLines(p, false)
	for _, st := range p.Steps {
		lines = append(lines, "", "  "+st.ID+". "+st.After.Key.String()+"  "+t.T("(zone {zone}, through {host})",
			"zone", failover.Display(st.Zone), "host", st.Host), "     "+s.say(st.Reason))
		lines = append(lines, s.records("     - ", st.Before)...)
		lines = append(lines, s.records("     + ", st.After)...)
	}
	lines = append(lines, s.routeLines(p, true)...)
	lines = append(lines, "")
	for _, n := range p.Notes {
		lines = append(lines, "  ! "+s.say(n.Say))
	}
	if len(p.Routes) > 0 {
		lines = append(lines, "  "+t.T("Mail that waits here to be sent follows its route at once."))
	}
	if len(p.Steps) > 0 {
		lines = append(lines, "  "+t.T("No other record is touched. Senders that hold the old answer follow within {span}.", "span", t.Span(longest(p))))
	} else {
		lines = append(lines, "  "+t.T("No record is touched."))
	}
	return append(lines, "  "+t.T("Plan {id}, hash {hash}.", "id", p.ID, "hash", p.Hash[:min(12, len(p.Hash))]))
}

// routeLines tells the moves of send routes that come before the records, or after them.
func (s *session) routeLines(p failover.Plan, last bool) []string {
	var lines []string
	for _, st := range p.Routes {
		if st.Last() == last {
			lines = append(lines, "", "  "+st.ID+". "+s.tongue.T("send route of {domain}", "domain", failover.Display(st.Domain)),
				"     "+s.say(st.Reason), "     - "+s.roleWord(st.Before), "     + "+s.roleWord(st.After))
		}
	}
	return lines
}

// roleWord names a provider by its part.
func (s *session) roleWord(r failover.Role) string {
	if r == failover.Secondary {
		return s.tongue.T("the secondary")
	}
	return s.tongue.T("the primary")
}

func (s *session) records(prefix string, set failover.RRset) []string {
	if !set.Exists() {
		return []string{prefix + s.tongue.T("(no record)")}
	}
	var out []string
	for _, v := range set.Values {
		out = append(out, prefix+s.tongue.T("{record}   (TTL {ttl})", "record", v, "ttl", set.TTL))
	}
	return out
}

// longest is the longest TTL that a plan replaces.
func longest(p failover.Plan) time.Duration {
	var ttl uint32
	for _, st := range p.Steps {
		if st.Before.Exists() {
			ttl = max(ttl, st.Before.TTL)
		}
	}
	return time.Duration(ttl) * time.Second
}

// showOutcome tells what a run did.
func (s *session) showOutcome(out failover.Outcome, took time.Duration) {
	if out.Plan.Empty() {
		s.printT("Nothing to do: everything is as wanted already.")
		return
	}
	s.showMoved(out, false)
	for _, st := range out.Steps {
		set := st.Step.After.Key.String()
		switch {
		case st.State == failover.Verified && len(st.View.Answers) == 0:
			s.printT("{set}: verified before this run was interrupted.", "set", set)
		case st.State == failover.Verified:
			s.printT("{set}: verified at {count} of {all} addresses{silent}.", "set", set, "count", st.View.With(st.Step.After),
				"all", st.View.Asked(), "silent", s.unreached(st.Unverified))
		default:
			s.printT("{set}: the DNS host holds the new records; not verified yet.", "set", set)
		}
		if !st.Problem.IsZero() {
			s.print("  ! " + s.say(st.Problem))
		}
		s.showCountdown(st.OldUntil, st.Open)
	}
	s.showMoved(out, true)
	s.showDone(out, took)
}

// showMoved tells what became of the send routes that go before the records, or after
// them.
func (s *session) showMoved(out failover.Outcome, last bool) {
	for _, r := range out.Routes {
		if r.Step.Last() != last {
			continue
		}
		if r.State == failover.Ack {
			s.printT("Mail from {domain} leaves through {role}.", "domain", failover.Display(r.Step.Domain), "role", s.roleWord(r.Step.After))
		}
		if !r.Problem.IsZero() {
			s.print("  ! " + s.say(r.Problem))
		}
	}
}

// showDone tells that a run is done, what it means, and how to take it back.
func (s *session) showDone(out failover.Outcome, took time.Duration) {
	switch out.Plan.Kind {
	case failover.SendRoute:
		s.printT("Done in {span}. To take it back: lifeboat rollback", "span", failover.Took(took))
	case failover.Rollback:
		s.printT("Taken back in {span} (records changed: {count}).", "span", failover.Took(took), "count", out.Changes)
	case failover.Failover, failover.Failback, failover.Prepare:
		s.printT("Done in {span} (records changed: {count}). To take it back: lifeboat rollback", "span", failover.Took(took), "count", out.Changes)
	}
	for _, d := range out.Plan.Domains {
		switch out.Plan.Kind {
		case failover.Failover:
			s.printT("Mail for {domain} now goes to the secondary. When the primary works again: lifeboat failback", "domain", failover.Display(d))
		case failover.Failback:
			s.printT("Mail for {domain} now goes to the primary again.", "domain", failover.Display(d))
		case failover.Prepare, failover.SendRoute, failover.Rollback:
		}
	}
}

// showCountdown tells until when caches may hold old answers.
func (s *session) showCountdown(until time.Time, open bool) {
	t := s.tongue
	switch now := s.Now(); {
	case until.IsZero():
	case open:
		s.print("  " + t.T("Caches may hold the old answer until {when} or later: a silent server is counted as still giving it.", "when", t.Clock(until, now)))
	case until.After(now):
		s.print("  " + t.T("Caches may hold the old answer until {when}.", "when", t.Clock(until, now)))
	}
}

// unreached names the addresses that did not answer.
func (s *session) unreached(answers []failover.Answer) string {
	if len(answers) == 0 {
		return ""
	}
	var names []string
	for _, a := range answers {
		names = append(names, failover.Display(a.Server)+" "+presenter.AnswerState(s.tongue, a.State))
	}
	return s.tongue.T(" ({list})", "list", strings.Join(names, ", "))
}
