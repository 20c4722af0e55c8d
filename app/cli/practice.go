package cli

import (
	"sync"
	"time"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/presenter"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// practiceCommand plays the main job in the built-in mail world and tells it.
func (s *session) practiceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "practice",
		Short: s.tongue.T("Live through an outage in the built-in mail world: nothing outside this computer is touched"),
		Args:  count(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			teller := &practiceTeller{s: s}
			result, err := s.Practice(c.Context(), teller.tell)
			if err != nil {
				return err
			}
			if err := s.document(result); err != nil {
				return err
			}
			s.showPractice(result)
			if !result.Good() {
				return statusError{exitFailed}
			}
			return nil
		},
	}
}

// practiceTeller tells the story on standard error. Messages are told one by one
// only when something new happens to them; the rest is in the counts.
type practiceTeller struct {
	s     *session
	mu    sync.Mutex
	kinds map[lab.EventKind]int // told in this chapter
	// counted is the last count of servers told, which comes again with every look.
	counted string
}

// toldOfEach is how many messages of a kind are told in a chapter.
const toldOfEach = 3

func (p *practiceTeller) tell(e engine.PracticeEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, t := p.s, p.s.tongue
	at := e.At.Format("15:04:05  ")
	switch {
	case !e.Chapter.IsZero():
		p.kinds, p.counted = map[lab.EventKind]int{}, ""
		s.note("")
		s.note("── " + s.say(e.Chapter))
		s.note("   " + s.totals(e.Totals))
	case !e.Say.IsZero():
		s.note(at + s.say(e.Say))
	case e.Message != nil:
		if p.kinds[e.Message.Kind]++; p.kinds[e.Message.Kind] <= toldOfEach {
			s.note(at + s.say(e.Message.Say))
		}
	case e.Preview != nil:
		for _, l := range s.planLines(e.Preview.Plan) {
			s.note(l)
		}
	case e.Finding != nil && e.Finding.Verdict != failover.Pass:
		s.note(at + presenter.Verdict(t, e.Finding.Verdict) + " " + s.say(e.Finding.Say))
	case e.Run != nil && len(e.Run.View.Answers) > 0:
		line := t.T("{set}: {count} of {all} addresses give the new records", "set", e.Run.Step.After.Key.String(),
			"count", e.Run.View.With(e.Run.Step.After), "all", e.Run.View.Asked())
		if line != p.counted {
			p.counted = line
			s.note(at + line)
		}
	}
}

func (s *session) totals(l lab.Totals) string {
	return s.tongue.T("sent {sent} · at the primary {primary} · at the secondary {secondary} · from staff {staff} · waiting {waiting} · bounced {bounced} · doubled {doubled} · lost {lost}",
		"sent", l.Sent, "primary", l.Primary, "secondary", l.Secondary, "staff", l.Outbound.Delivered+l.Internal.Delivered, "waiting", l.Waiting,
		"bounced", l.Bounced, "doubled", l.Doubled, "lost", l.Lost)
}

func (s *session) showPractice(r engine.PracticeResult) {
	s.print("")
	s.print(s.totals(r.Totals))
	s.printT("From the yes to verified at every name server: {span}. First mail at the secondary {first} after the fault (old TTL {ttl} s). Real time, nothing compressed.",
		"span", tookSeconds(r.SwitchTook), "first", tookSeconds(r.FirstArrived), "ttl", r.OldTTL)
	if r.Good() {
		s.printT("Nothing lost, nothing doubled, nothing bounced. For your own domain: lifeboat init")
	}
}

// tookSeconds tells a time measured in seconds.
func tookSeconds(v float64) failover.Sentence {
	return failover.Took(time.Duration(v * float64(time.Second)))
}
