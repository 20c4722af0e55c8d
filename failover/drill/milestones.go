package drill

import (
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// milestones notes what the mail has come to. It is looked at whenever something
// happens in the world.
func (s *Session) milestones() {
	n, now := s.w.Totals(), s.w.Now()
	if s.firstMail.IsZero() && !s.base.at.IsZero() && n.Secondary > s.base.secondary {
		s.firstMail = now
		s.tell(Entry{Kind: EntryMail, Say: failover.Say("The first mail is at {provider}.", "provider", s.secondary)})
	}
	_, switched := s.moments[Switched]
	_, announced := s.moments[Announced]
	if !s.firstMail.IsZero() && (switched || announced) {
		s.enter(Arrived, now)
	}
	if s.home.IsZero() && !s.worksAgain.IsZero() && len(s.made) > 0 && n.Primary > s.base.primary {
		s.home = now
		s.tell(Entry{Kind: EntryMail, Say: failover.Say("Mail arrives at {provider} again.", "provider", s.primary)})
	}
	_, returned := s.moments[Returned]
	if !s.home.IsZero() && !s.standing.away() && (returned || slices.Contains(s.made, Repair)) {
		s.enter(Home, now)
	}
	if s.drained.IsZero() && len(s.made) > 0 && !s.base.at.IsZero() && s.lookedLongAgo() && !s.oldWaits() {
		s.drained = now
		s.tell(Entry{Kind: EntryMail, Say: failover.Say("Nothing that was sent before the change waits any more.")})
	}
}

// lookedLongAgo paces the looks into the ledger, which lists every message.
func (s *Session) lookedLongAgo() bool {
	now := time.Now()
	if now.Sub(s.looked) < pace {
		return false
	}
	s.looked = now
	return true
}

// oldWaits reports whether mail from outside waits that was sent before the first
// move.
func (s *Session) oldWaits() bool {
	for _, m := range s.w.Ledger().Messages {
		if m.Fate == lab.Waiting && m.Direction == lab.Inbound && m.Sent.Before(s.base.at) {
			return true
		}
	}
	return false
}

// tell puts an entry into the timeline, and hands it to whoever looks on.
func (s *Session) tell(e Entry) {
	if e.At.IsZero() {
		e.At = s.w.Now()
	}
	e.Since = Span(e.At.Sub(s.started).Round(time.Millisecond))
	s.timeline = append(s.timeline, e)
	s.progress = time.Now()
	s.outbox = append(s.outbox, Event{Entry: &e, Totals: s.w.Totals()})
}
