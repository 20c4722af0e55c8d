package cli

import (
	"errors"
	"slices"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// showReport tells the judgement of each domain, with what stands in the way and
// what to do about it.
func (s *session) showReport(r engine.CheckReport, passes bool) {
	for _, d := range r.Domains {
		parts := []any{"domain", failover.Display(d.Domain), "provider", d.Provider}
		switch {
		case d.Judgement.Allowed:
			s.printT("{domain}: ready. {provider} would take its mail.", parts...)
		case len(d.Judgement.Blocking) > 0:
			s.printT("{domain}: NOT READY. Mail led to {provider} would be lost or refused.", parts...)
		default:
			s.printT("{domain}: UNKNOWN. Nobody could look whether {provider} would take its mail.", parts...)
		}
		s.tellFindings(s.print, concerning(d.Judgement), true)
		if passes {
			var pass []failover.Finding
			for _, f := range r.Findings {
				if f.Domain == d.Domain && f.Verdict == failover.Pass {
					pass = append(pass, f)
				}
			}
			s.tellFindings(s.print, pass, false)
		}
		s.otherWays(s.print, d.Judgement)
	}
}

// concerning lists what a judgement has to say, the worst first.
func concerning(j probe.Judgement) []failover.Finding {
	return slices.Concat(j.Blocking, j.Unknown, j.Warnings)
}

// tellFindings tells findings, those with the same remedy together and the remedy
// once.
func (s *session) tellFindings(line func(string), list []failover.Finding, evidence bool) {
	told := make([]bool, len(list))
	for i, f := range list {
		if told[i] {
			continue
		}
		said := map[string]bool{}
		for k := i; k < len(list); k++ {
			g := list[k]
			if g.Remedy.String() != f.Remedy.String() || g.Verdict != f.Verdict {
				continue
			}
			told[k] = true
			if text := s.say(g.Say); !said[text] {
				said[text] = true
				s.tellFinding(line, g, evidence)
			}
		}
		if !f.Remedy.IsZero() && f.Verdict != failover.Pass {
			line(indent(s.say(f.Remedy), "      → "))
		}
	}
}

func (s *session) tellFinding(line func(string), f failover.Finding, evidence bool) {
	text := "  " + presenter.Verdict(s.tongue, f.Verdict) + "  " + s.say(f.Say)
	if age := s.Now().Sub(f.At); age >= oldEnough {
		text += s.tongue.T("  ({age} ago)", "age", s.tongue.Span(age))
	}
	line(text)
	if evidence {
		for _, l := range f.Evidence {
			line("        " + l)
		}
	}
}

// oldEnough is the age from which a finding's age is worth telling.
const oldEnough = 10 * time.Second

// otherWays names the commands by which a provider can be tried although our own
// line lets no mail out.
func (s *session) otherWays(line func(string), j probe.Judgement) {
	if slices.ContainsFunc(j.Unknown, func(f failover.Finding) bool { return f.OwnLine }) {
		line("      " + s.tongue.T("The commands for that: lifeboat check --seed; or lifeboat check --json on the other line, and here lifeboat check --import FILE"))
	}
}

// showRefusals tells why domains are not switched, with the remedies.
func (s *session) showRefusals(all []*engine.RefusedError) {
	for _, r := range all {
		s.note("lifeboat: " + s.tongue.T("{domain} is not switched: nothing was changed.", "domain", failover.Display(r.Domain)))
		s.tellFindings(s.note, slices.Concat(r.Blocking, r.Unknown), false)
		s.otherWays(s.note, r.Judgement)
	}
	s.note("  " + s.tongue.T(`To go on all the same, with your reason in the journal: --override "REASON"`))
}

// refusals finds every refusal joined in an error.
func refusals(err error) []*engine.RefusedError {
	var r *engine.RefusedError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*engine.RefusedError
		for _, e := range joined.Unwrap() {
			out = append(out, refusals(e)...)
		}
		return out
	}
	if errors.As(err, &r) {
		return []*engine.RefusedError{r}
	}
	return nil
}
