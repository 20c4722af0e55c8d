package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/run"
)

// progress tells on standard error what happens in a run: each thing once, each
// count of servers only when it has changed.
type progress struct {
	s     *session
	mu    sync.Mutex
	last  map[string]string
	found int
	told  time.Time // when the count was last told
}

// countEvery is how often the count of findings is told.
const countEvery = 5 * time.Second

func (s *session) progress() *progress {
	return &progress{s: s, last: map[string]string{}, told: s.Now()}
}

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

// finding counts the preflight's findings, at a terminal, where somebody waits for
// them: a few hundred recipients, asked for politely, take minutes. What was found
// is told afterwards, in one piece.
func (p *progress) finding(failover.Finding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found++
	if now := p.s.Now(); p.s.Terminal && now.Sub(p.told) > countEvery {
		p.told = now
		p.s.note(p.s.tongue.T("Checked so far: {count}", "count", p.found))
	}
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
