package drill

import (
	"context"
	"errors"
	"slices"
	"time"

	"lifeboat/failover"
)

// decision notes what somebody decides now.
func (s *Session) decision(m Move, who, why string) Decision {
	now := s.w.Now()
	return Decision{Move: m, Who: who, Why: why, At: now, Since: Span(now.Sub(s.started))}
}

// begin takes the next move in hand, if none is under way.
func (s *Session) begin(ctx context.Context) {
	for s.busy == nil && len(s.asked) > 0 {
		d := s.asked[0]
		s.asked = s.asked[1:]
		if !slices.Contains(moves, d.Move) {
			continue
		}
		s.decisions = append(s.decisions, d)
		s.tell(Entry{At: d.At, Kind: EntryDecision, Who: d.Who, Say: s.intention(d.Move)})
		if d.Move == Failover || d.Move == Announce || d.Move == Repair {
			s.base.begin(s.w.Totals(), d.At)
		}
		if s.byOperator(d.Move) {
			s.carryOut(ctx, &d)
			return
		}
		s.carried(d.Move, Moved{Yes: d.At, Sent: d.At, Verified: d.At}, nil)
	}
}

// byOperator reports whether Lifeboat has records to change for the move. The way
// home after a time at the emergency subdomain changes none: the MX records have
// never left.
func (s *Session) byOperator(m Move) bool {
	switch m {
	case Failover, Repair:
		return true
	case Failback:
		return s.standing.route == failover.Secondary || !s.standing.away()
	default:
		return false
	}
}

// carryOut has the operator make a move, beside the loop.
func (s *Session) carryOut(ctx context.Context, d *Decision) {
	s.busy = d
	s.wg.Go(func() {
		moved, err := s.opt.Operator.Move(ctx, d.Move, func(step Step) {
			s.post(ctx, func() { s.tell(Entry{At: step.At, Kind: EntryStep, Say: step.Say, Bad: step.Bad}) })
		})
		s.post(ctx, func() {
			s.busy = nil
			s.carried(d.Move, moved, err)
		})
	})
}

// carried draws the consequences of the last decision's move.
func (s *Session) carried(m Move, moved Moved, err error) {
	d := &s.decisions[len(s.decisions)-1]
	if err != nil {
		s.refused(d, err)
		return
	}
	if m == Stay {
		return
	}
	s.made = append(s.made, m)
	if _, before := s.moved[m]; !before {
		s.moved[m] = moved
	}
	now := s.w.Now()
	if moved.Verified.IsZero() {
		s.unverified = append(s.unverified, m)
		moved.Verified = now
	}
	s.tell(Entry{Kind: EntryStep, Say: s.outcome(m)})
	switch m {
	case Failover:
		s.standing.route = failover.Secondary
		s.oldTTLEnds = moved.Verified.Add(moved.OldTTL)
		s.enter(Switched, moved.Verified)
	case Repair:
		s.standing.repaired = true
		s.oldTTLEnds = moved.Verified.Add(moved.OldTTL)
		s.enter(Switched, moved.Verified)
		s.worksAgain, s.base.primary = moved.Yes, s.base.primaryAtMove
	case Failback:
		if s.standing.announced {
			s.w.Recall()
		}
		s.standing.route, s.standing.announced = failover.Primary, false
		s.enter(Returned, moved.Verified)
	case Announce:
		s.standing.announced = true
		s.w.Announce()
		s.enter(Announced, now)
	default:
	}
	s.send(m)
}

// send leads what the staff write to where the move puts it.
func (s *Session) send(m Move) {
	to := s.standing.sending
	switch m {
	case Failover, SendOnly, Announce:
		to = failover.Secondary
	case Failback:
		to = failover.Primary
	default:
	}
	if to == s.standing.sending {
		return
	}
	s.standing.sending = to
	s.w.SetSendRoute(to)
	s.tell(Entry{Kind: EntryStep, Say: failover.Say("Staff now send through {provider}.", "provider", s.domain.Provider(to).Name)})
}

// refused notes that a move was not carried out.
func (s *Session) refused(d *Decision, err error) {
	d.Refused = sentenceOf(err)
	if s.stopped || errors.Is(err, context.Canceled) {
		return
	}
	if last := s.timeline[len(s.timeline)-1]; last.Kind != EntryStep || last.Say.String() != d.Refused.String() {
		s.tell(Entry{Kind: EntryStep, Say: d.Refused, Bad: !d.TooEarly})
	}
	s.enter(Refused, s.w.Now())
	if d.TooEarly {
		return
	}
	if d.Move == Failover && (errors.Is(err, failover.ErrUnreachable) || errors.Is(err, failover.ErrUncertain)) {
		s.standing.blocked = true
	}
	s.refusals[d.Move]++
	s.again[d.Move] = s.w.Now().Add(s.pause())
}

// pause is how long an unattended drill waits until it asks for a refused move
// again.
func (s *Session) pause() time.Duration {
	every := time.Duration(s.scenario.World.WatchEvery)
	if every == 0 {
		every = time.Second
	}
	return 5 * every
}

// intention tells a decision.
func (s *Session) intention(m Move) failover.Sentence {
	primary, secondary := s.domain.Primary.Name, s.domain.Secondary.Name
	switch m {
	case Failover:
		return failover.Say("Switch the mail of {domain} to {provider}.", "domain", s.opt.Domain, "provider", secondary)
	case Failback:
		return failover.Say("Lead the mail of {domain} back to {provider}.", "domain", s.opt.Domain, "provider", primary)
	case SendOnly:
		return failover.Say("Send through {provider}, and leave the MX records as they are.", "provider", secondary)
	case Repair:
		return failover.Say("Put the DNS records of {domain} right.", "domain", s.opt.Domain)
	case Announce:
		return failover.Say("Work from {domain}, and tell those who write to us.", "domain", failover.Display(s.domain.Emergency))
	default:
		return failover.Say("Change nothing.")
	}
}

// outcome tells that a move is carried out.
func (s *Session) outcome(m Move) failover.Sentence {
	switch m {
	case Failover:
		return failover.Say("The MX records lead to {provider}.", "provider", s.domain.Secondary.Name)
	case Failback:
		return failover.Say("The MX records lead to {provider}.", "provider", s.domain.Primary.Name)
	case Repair:
		return failover.Say("The DNS records are right again.")
	case Announce:
		return failover.Say("Those outside know the addresses at {domain}.", "domain", failover.Display(s.domain.Emergency))
	default:
		return failover.Say("The MX records stay as they are.")
	}
}

// sentenceOf is what a person should read of an error, also of one of another room.
func sentenceOf(err error) failover.Sentence {
	var says interface {
		Sentence() (template string, args []string)
	}
	if errors.As(err, &says) {
		template, args := says.Sentence()
		return failover.Sentence{Template: template, Args: args}
	}
	return failover.SentenceOf(err)
}
