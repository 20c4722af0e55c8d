package cli

import (
	"fmt"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// drillTeller tells a functional drill on standard error: every line of its
// timeline, and the mail's count where something new begins.
type drillTeller struct {
	s       *session
	mu      sync.Mutex
	counted string
}

func (d *drillTeller) tell(e drill.Event) {
	if e.Entry == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.s.tellEntry(*e.Entry)
	switch e.Entry.Kind {
	case drill.EntryFault, drill.EntryDecision, drill.EntryMail, drill.EntryFound:
		d.count(e.Totals)
	case drill.EntryInject, drill.EntryStep, drill.EntryNote:
	}
}

// count tells how the mail stands, when that has changed.
func (d *drillTeller) count(l lab.Totals) {
	if line := d.s.totals(l); l.Sent > 0 && line != d.counted {
		d.counted = line
		d.s.note("         " + line)
	}
}

// tellEntry tells one line of a timeline, with the time since the start.
func (s *session) tellEntry(e drill.Entry) {
	mark := "  "
	switch {
	case e.Bad:
		mark = "! "
	case e.Kind == drill.EntryFault:
		mark = "* "
	case e.Kind == drill.EntryDecision:
		mark = "> "
	}
	who := ""
	if e.Who != "" {
		who = s.text(e.Who) + ": " // detection's advice has a name in each language; people keep theirs
	}
	s.note(since(e.Since) + "  " + mark + who + s.spoken(e.Say))
}

// since tells a time since the start as a clock that runs: "08:42", "1:08:42".
func since(d drill.Span) string {
	sec := max(int(time.Duration(d)/time.Second), 0)
	if sec < 3600 {
		return fmt.Sprintf("%02d:%02d", sec/60, sec%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", sec/3600, sec/60%60, sec%60)
}

// drillHelp lists what may be typed in a functional drill.
func (s *session) drillHelp() {
	t := s.tongue
	for _, l := range []string{
		t.T("failover, failback: lead mail to the secondary, and home"),
		t.T("send: send through the secondary, and leave the MX records alone"),
		t.T("repair: put the domain's own records right"),
		t.T("announce: work from the emergency subdomain, and tell correspondents"),
		t.T("stay WHY: decide to change nothing"),
		t.T("note TEXT: write down what you notice"),
		t.T("status: how things stand · end: end the drill · help: this list"),
		t.T("A name before the word says who it is from, as in Sato: failover"),
	} {
		s.note("  " + l)
	}
}

// drillStatus tells how a drill stands.
func (s *session) drillStatus(n drill.Snapshot) {
	t := s.tongue
	s.note(since(n.Since) + "  " + s.totals(n.Totals))
	for _, p := range []detect.Provider{n.State.Primary, n.State.Secondary} {
		if !p.Say.IsZero() {
			s.note("       " + s.say(p.Say))
		}
	}
	if say := n.State.Primary.SaySwitch; !say.IsZero() {
		s.note("       " + s.say(say))
	}
	if n.OldTTLEnds.After(n.Now) {
		s.note("       " + t.T("Caches may hold the old answer for another {span}", "span", t.Span(n.OldTTLEnds.Sub(n.Now))))
	}
}

// showResult tells what a drill came to.
func (s *session) showResult(r drill.Result) {
	t := s.tongue
	s.print("")
	s.print(s.text(r.Scenario.Title) + " · " + string(r.Kind) + " · " + t.Span(r.Ended.Sub(r.Started)))
	for _, m := range r.Measures {
		s.print("  " + s.measure(m))
	}
	if r.Kind == drill.Functional {
		if r.Factor == 1 {
			s.printT("Real time, nothing compressed.")
		} else {
			s.printT("Time ran {factor} times as fast as life: none of these figures is an RTO.", "factor", r.Factor)
		}
		s.print(s.totals(r.Mail))
	}
	for _, c := range r.Checks {
		line := t.T("  yes  {check}", "check", s.spoken(c.Say))
		if !c.OK {
			line = t.T("  NO   {check}", "check", s.spoken(c.Say))
		}
		s.print(line)
	}
	for _, rec := range r.Recommendations {
		s.print("  → " + s.spoken(rec))
	}
	switch {
	case !r.Broke.IsZero():
		s.print(s.say(r.Broke))
	case r.Kind == drill.Tabletop:
		s.printT("Decisions: {decisions}. Observations: {observations}. Actions: {actions}.",
			"decisions", len(r.Moves), "observations", len(r.Observations), "actions", len(r.Actions))
	case r.Passed:
		s.printT("Passed.")
	default:
		s.printT("Not passed.")
	}
}

// measure tells one measured time, with its goal.
func (s *session) measure(m drill.Measure) string {
	t := s.tongue
	took := t.T("it never came to it")
	if m.Took != nil {
		took = t.Say(failover.Took(time.Duration(*m.Took)))
	}
	line := s.measureName(m.Name) + ": " + took
	if m.Goal <= 0 {
		return line
	}
	goal := t.Span(time.Duration(m.Goal))
	switch {
	case m.Met == nil:
		return line + t.T(" (goal {goal})", "goal", goal)
	case *m.Met:
		return line + t.T(" (goal {goal}, kept)", "goal", goal)
	default:
		return line + t.T(" (goal {goal}, MISSED)", "goal", goal)
	}
}

// measureName says what was measured, from when to when.
func (s *session) measureName(n drill.MeasureName) string {
	t := s.tongue
	switch n {
	case drill.MeasureDetect:
		return t.T("From the fault to its detection")
	case drill.MeasureDecide:
		return t.T("From the detection to the yes")
	case drill.MeasureSwitch:
		return t.T("From the yes until the DNS host has the change")
	case drill.MeasureVerify:
		return t.T("From the yes until every name server gives it")
	case drill.MeasureFirstMail:
		return t.T("From the fault to the first mail at the secondary")
	case drill.MeasureDrained:
		return t.T("From the fault until nothing sent before the switch waits")
	case drill.MeasureFailback:
		return t.T("From the yes to the way back until every name server gives it")
	case drill.MeasureHome:
		return t.T("From the primary's recovery to the first mail there")
	case drill.MeasureFollowed:
		return t.T("From the yes until every resolver watched gives the new records")
	case drill.MeasureBehind:
		return t.T("RPO: the mirror behind the fault")
	case drill.MeasureOldTTL:
		return t.T("The TTL of the old records")
	default:
		return string(n)
	}
}

// spoken tells a sentence of a drill, with moves as people name them.
func (s *session) spoken(say failover.Sentence) string {
	return s.say(drill.Spoken(say, func(part failover.Sentence) string { return s.tongue.Say(part) }))
}

// moveName says what was decided.
func (s *session) moveName(m drill.Move) string {
	t := s.tongue
	switch m {
	case drill.Failover:
		return t.T("failover: lead mail to the secondary")
	case drill.Failback:
		return t.T("failback: lead mail home")
	case drill.SendOnly:
		return t.T("send: only send through the secondary")
	case drill.Repair:
		return t.T("repair: put the domain's own records right")
	case drill.Announce:
		return t.T("announce: work from the emergency subdomain")
	case drill.Stay:
		return t.T("stay: change nothing")
	default:
		return string(m)
	}
}
