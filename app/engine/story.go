package engine

import (
	"context"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/failover/run"
)

// PracticeEvent is something to show of an unattended practice run.
type PracticeEvent struct {
	At     time.Time
	Domain failover.Domain
	// Chapter is set when a new part begins.
	Chapter failover.Sentence
	Say     failover.Sentence
	// Message is what happened to a message, and Totals how all of them stand.
	Message *lab.Event
	Run     *run.Event
	Finding *failover.Finding
	Preview *Preview
	Totals  lab.Totals
}

// PracticeResult is what an unattended practice run came to.
type PracticeResult struct {
	Totals lab.Totals `json:"totals"`
	// Times since the fault, in seconds of real time; nothing is compressed.
	Switched      float64 `json:"switched_seconds"`       // the new MX set verified at every server that answers
	FirstArrived  float64 `json:"first_arrived_seconds"`  // first message at the secondary
	Drained       float64 `json:"drained_seconds"`        // no message waits any more
	SwitchTook    float64 `json:"switch_took_seconds"`    // from the yes to verified
	ReturnedAfter float64 `json:"returned_after_seconds"` // first message at the primary again, since it was mended
	OldTTL        int     `json:"old_ttl_seconds"`
}

// Good reports whether every message arrived, once.
func (r PracticeResult) Good() bool {
	t := r.Totals
	return t.Sent > 0 && t.Lost == 0 && t.Doubled == 0 && t.Bounced == 0 && t.Waiting == 0 && t.Secondary > 0
}

// patience is how long any one part of the story may take.
const patience = 2 * time.Minute

// story is an unattended run through the main job: calm, outage, switch, mail
// arrives, way back.
type story struct {
	p      *Practice
	tell   func(PracticeEvent)
	result PracticeResult
	broken time.Time
}

// Story plays the main job from beginning to end and tells it. tell may be called
// from several goroutines.
func (p *Practice) Story(ctx context.Context, tell func(PracticeEvent)) (PracticeResult, error) {
	s := &story{p: p, tell: tell}
	events, cancel := p.World.Subscribe(1024)
	defer cancel()
	go func() {
		for e := range events {
			s.event(PracticeEvent{Message: &e})
		}
	}()
	for _, part := range []func(context.Context) error{s.calm, s.outage, s.failover, s.arrives, s.back, s.end} {
		if err := part(ctx); err != nil {
			return s.result, err
		}
	}
	return s.result, nil
}

func (s *story) event(e PracticeEvent) {
	e.At, e.Domain, e.Totals = time.Now(), s.p.World.Domain(), s.p.World.Totals()
	s.tell(e)
}

func (s *story) chapter(title failover.Sentence) { s.event(PracticeEvent{Chapter: title}) }

func (s *story) say(what failover.Sentence) { s.event(PracticeEvent{Say: what}) }

// until waits until the messages stand as wanted.
func (s *story) until(ctx context.Context, is func(lab.Totals) bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, failover.Fail(failover.ErrUnreachable,
		"practice waited {span} in vain for its mail to move on: this computer may be too busy; try again", "span", patience))
	defer cancel()
	for !is(s.p.World.Totals()) {
		if Sleep(ctx, 50*time.Millisecond) != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (s *story) calm(ctx context.Context) error {
	d := s.p.World.Domain()
	s.chapter(failover.Say("A calm day: mail for {domain} goes to {provider}", "domain", failover.Display(d.Name), "provider", d.Primary.Name))
	if err := s.until(ctx, func(t lab.Totals) bool { return t.Primary >= 5 }); err != nil {
		return err
	}
	_, err := s.p.Engine.Check(ctx, CheckRequest{Found: s.found})
	s.say(failover.Say("The preflight has tried every recipient at {provider}", "provider", d.Secondary.Name))
	return err
}

func (s *story) found(f failover.Finding) { s.event(PracticeEvent{Finding: &f}) }

func (s *story) outage(ctx context.Context) error {
	s.chapter(failover.Say("An outage begins"))
	s.broken = time.Now()
	if err := s.p.World.Break(failover.Primary, lab.Reset); err != nil {
		return err
	}
	return s.until(ctx, func(t lab.Totals) bool { return t.Waiting >= 5 })
}

func (s *story) failover(ctx context.Context) error {
	s.chapter(failover.Say("The switch: mail is led to the secondary"))
	before := s.p.World.Totals().Secondary
	asked := time.Now()
	out, err := s.p.Engine.Switch(ctx, SwitchRequest{
		PlanRequest: PlanRequest{Kind: failover.Failover}, Found: s.found, Tell: s.ran,
		Confirm: func(pre Preview) (bool, error) {
			s.event(PracticeEvent{Preview: &pre})
			asked = time.Now()
			return true, nil
		},
	})
	if err != nil {
		return err
	}
	s.result.SwitchTook = time.Since(asked).Seconds()
	s.result.Switched = time.Since(s.broken).Seconds()
	for _, st := range out.Steps {
		s.result.OldTTL = max(s.result.OldTTL, int(st.Step.Before.TTL))
	}
	if err := s.until(ctx, func(t lab.Totals) bool { return t.Secondary > before }); err != nil {
		return err
	}
	s.result.FirstArrived = time.Since(s.broken).Seconds()
	return nil
}

func (s *story) ran(e run.Event) { s.event(PracticeEvent{Run: &e}) }

func (s *story) arrives(ctx context.Context) error {
	d := s.p.World.Domain()
	s.chapter(failover.Say("Mail arrives at {provider}; what waited outside follows", "provider", d.Secondary.Name))
	// All that was sent from outside before now must be through; what is just being
	// sent may be on its way, and what the staff had handed to the primary waits there.
	old := s.p.World.Totals().Sent
	err := s.until(ctx, func(lab.Totals) bool {
		for _, m := range s.p.World.Ledger().Messages {
			if m.Number <= old && m.Direction == lab.Inbound && m.Fate == lab.Waiting {
				return false
			}
		}
		return true
	})
	s.result.Drained = time.Since(s.broken).Seconds()
	return err
}

func (s *story) back(ctx context.Context) error {
	s.chapter(failover.Say("The way back: mail is led to the primary again"))
	mended := time.Now()
	s.p.World.Mend(failover.Primary)
	_, err := s.p.Engine.Switch(ctx, SwitchRequest{
		PlanRequest: PlanRequest{Kind: failover.Failback}, Found: s.found, Tell: s.ran,
		Confirm: func(pre Preview) (bool, error) {
			s.event(PracticeEvent{Preview: &pre})
			return true, nil
		},
	})
	if err != nil {
		return err
	}
	before := s.p.World.Totals().Primary
	err = s.until(ctx, func(t lab.Totals) bool { return t.Primary > before })
	s.result.ReturnedAfter = time.Since(mended).Seconds()
	return err
}

// end lets the last message through and counts.
func (s *story) end(ctx context.Context) error {
	s.p.World.SetInterval(-1)
	err := s.until(ctx, func(t lab.Totals) bool { return t.Waiting == 0 })
	s.result.Totals = s.p.World.Totals()
	s.say(failover.Say("Every message accounted for"))
	return err
}
