package drill

import (
	"context"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// Mirror keeps the mail of the world's staff as Lifeboat keeps it in life: taken from
// the primary by IMAP, beside all that the drill does. The engine's is one.
type Mirror interface {
	// Keep mirrors the staff's mailboxes until ctx ends.
	Keep(ctx context.Context) error
	// Held tells of every message of the world that is safe in the mirror when it came
	// to be, in the world's time, by its number in the ledger.
	Held(ctx context.Context) (map[int]time.Time, error)
}

// Mirrored is how far the mirror was when the fault came: what nobody could have
// looked up had the primary never come back.
type Mirrored struct {
	// Messages had reached mailboxes at the primary by then; Held of them were in the
	// mirror.
	Messages int `json:"messages"`
	Held     int `json:"held"`
	// Behind is the recovery point (ISO 22301): how long before the fault the oldest of
	// the others had come; 0 where there are none.
	Behind Span `json:"behind"`
	// Problem is why the mirror told nothing, or stopped early.
	Problem failover.Sentence `json:"problem,omitzero"`
}

// mirrored compares what had arrived at the primary when the fault came with what the
// mirror held then.
func mirrored(mail []lab.Entry, held map[int]time.Time, fault time.Time) Mirrored {
	var m Mirrored
	for _, e := range mail {
		came := cameToPrimary(e)
		if came.IsZero() || came.After(fault) {
			continue
		}
		m.Messages++
		if at, is := held[e.Number]; is && !at.After(fault) {
			m.Held++
			continue
		}
		m.Behind = max(m.Behind, Span(fault.Sub(came).Round(time.Millisecond)))
	}
	return m
}

// cameToPrimary is when a message first lay in a mailbox at the primary; zero where
// it never did.
func cameToPrimary(e lab.Entry) time.Time {
	for _, a := range e.Arrivals {
		if a.Where == failover.Primary {
			return a.At
		}
	}
	return time.Time{}
}

// mirror runs the mirror until the drill ends. One that cannot go on is told in the
// result, and stops nothing: mail is switched without it.
func (s *Session) mirror(ctx context.Context) {
	err := s.opt.Mirror.Keep(ctx)
	if err == nil || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	s.unmirrored = sentenceOf(err)
	s.mu.Unlock()
}

// measureMirror is how far the mirror was when the fault came, once the drill is over;
// nil where the drill has no mirror, or nothing broke.
func (s *Session) measureMirror(ctx context.Context) *Mirrored {
	fault := s.moments[Faulted]
	if s.opt.Mirror == nil || fault.IsZero() {
		return nil
	}
	held, err := s.opt.Mirror.Held(ctx)
	if err != nil {
		return &Mirrored{Problem: sentenceOf(err)}
	}
	m := mirrored(s.w.Ledger().Messages, held, fault)
	m.Problem = s.unmirrored
	return &m
}
