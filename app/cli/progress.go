package cli

import (
	"fmt"
	"strings"
	"sync"

	"lifeboat/app/presenter"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/run"
)

// progress tells on standard error what happens in a run: each thing once, each
// count of servers only when it has changed.
type progress struct {
	s    *session
	mu   sync.Mutex
	last map[string]string
}

func (s *session) progress() *progress { return &progress{s: s, last: map[string]string{}} }

func (p *progress) event(e run.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Guide != nil {
		p.guide(*e.Guide)
	}
	if !e.Say.IsZero() {
		p.once("say", p.s.say(e.Say))
		return
	}
	set := e.Step.After.Key.String()
	switch {
	case len(e.View.Answers) > 0:
		p.once(set, p.s.tongue.T("{set}: {count} of {all} addresses give the new records", "set", set,
			"count", e.View.With(e.Step.After), "all", e.View.Asked()))
	case e.State == failover.Sent:
		p.once(set, p.s.tongue.T("{set}: sent", "set", set))
	case e.State == failover.Ack:
		p.once(set, p.s.tongue.T("{set}: the DNS host holds the new records", "set", set))
	}
}

// once writes a line unless it is the last of its kind again.
func (p *progress) once(kind, line string) {
	if p.last[kind] == line {
		return
	}
	p.last[kind] = line
	p.s.note(p.s.Now().Format("15:04:05  ") + line)
}

// finding tells the preflight's findings as they come; those that pass are only
// counted.
func (p *progress) finding(f failover.Finding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.Verdict == failover.Pass {
		return
	}
	p.once(f.Check+f.Subject, presenter.Verdict(p.s.tongue, f.Verdict)+" "+p.s.say(f.Say))
}

// guide shows a person what to type where.
func (p *progress) guide(g dnshost.Guide) {
	s := p.s
	s.note("")
	s.note(s.tongue.T("To do at {console}:", "console", g.Console))
	for i, step := range g.Steps {
		s.note(fmt.Sprintf("  %d. %s", i+1, s.say(step)))
	}
	for _, part := range []struct {
		title   string
		entries []dnshost.Entry
	}{{s.tongue.T("Enter"), g.Add}, {s.tongue.T("Remove"), g.Remove}} {
		for _, e := range part.entries {
			s.note("  " + part.title + ":")
			for _, f := range e.Fields {
				s.note("      " + s.tongue.Say(f.Label) + ": " + f.Value)
			}
		}
	}
	s.note("")
}

// indent puts spaces before every line.
func indent(text, by string) string { return by + strings.ReplaceAll(text, "\n", "\n"+by) }
