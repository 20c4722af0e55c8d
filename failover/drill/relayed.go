package drill

import (
	"context"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Relay is the send route as Lifeboat has it in life: the staff hand what they write to
// it, and it hands that on to the provider which the route leads to. The engine's is
// one.
type Relay interface {
	// Keep takes mail in and hands it on until ctx ends.
	Keep(ctx context.Context) error
	// Relayed is what became of it so far.
	Relayed(ctx context.Context) (Relayed, error)
}

// Relayed is the account of the send route: of every message that it took, where it
// went.
type Relayed struct {
	Accepted int `json:"accepted"`
	// Primary and Secondary took them; Bounced went back to their writers.
	Primary   int `json:"primary"`
	Secondary int `json:"secondary"`
	Bounced   int `json:"bounced"`
	Waiting   int `json:"waiting"` // still, at the end
	// Uncertain are those whose last reply was lost, Again those that were sent a second
	// time for it.
	Uncertain int `json:"uncertain"`
	Again     int `json:"again"`
	// Most is how many waited at once, and Longest how long the longest of them did.
	Most    int  `json:"most"`
	Longest Span `json:"longest"`
	// Samples are how many waited when, for a chart; Routes the switches of the route.
	Samples []relay.Sample `json:"samples,omitempty"`
	Routes  []relay.Event  `json:"routes,omitempty"`
	// Problem is why the send route told nothing, or stopped early.
	Problem failover.Sentence `json:"problem,omitzero"`
}

// relayIt runs the send route until the drill ends. One that cannot go on is told in
// the result; what the staff write then waits in their outboxes.
func (s *Session) relayIt(ctx context.Context) {
	err := s.opt.Relay.Keep(ctx)
	if err == nil || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	s.unrelayed = sentenceOf(err)
	s.mu.Unlock()
}

// measureRelay is the account of the send route once the drill is over; nil where the
// drill has none.
func (s *Session) measureRelay(ctx context.Context) *Relayed {
	if s.opt.Relay == nil {
		return nil
	}
	r, err := s.opt.Relay.Relayed(ctx)
	if err != nil {
		return &Relayed{Problem: sentenceOf(err)}
	}
	r.Problem = s.unrelayed
	return &r
}

// relayCheck holds the send route to its duty: each message that it took left it once,
// or went back to its writer, or is still there.
func (r *record) relayCheck() []Check {
	m := r.sent
	if m == nil {
		return nil
	}
	if !m.Problem.IsZero() {
		return []Check{{failover.Say("The send route stopped: {problem}", "problem", m.Problem), false}}
	}
	whole := m.Accepted == m.Primary+m.Secondary+m.Bounced+m.Waiting
	return []Check{choose(whole && m.Waiting == 0,
		failover.Say("The send route accounts for all {count} messages that staff handed in: {primary} went out through {first}, {secondary} through {second}, {bounced} went back.",
			"count", m.Accepted, "primary", m.Primary, "first", r.primary, "secondary", m.Secondary, "second", r.secondary, "bounced", m.Bounced),
		failover.Say("The send route took {count} messages: {primary} went out through {first}, {secondary} through {second}, {bounced} went back and {waiting} wait. That must be all, and none may wait.",
			"count", m.Accepted, "primary", m.Primary, "first", r.primary, "secondary", m.Secondary, "second", r.secondary, "bounced", m.Bounced, "waiting", m.Waiting))}
}

// PileUp is the highest point of the samples: how many messages waited at once, and for
// how long the oldest had.
func PileUp(samples []relay.Sample) (most int, longest time.Duration) {
	type pair struct {
		domain string
		role   failover.Role
	}
	now := map[pair]int{}
	for i, s := range samples {
		now[pair{s.Domain, s.Role}] = s.Waiting + s.Held + s.Uncertain
		if !s.Oldest.IsZero() {
			longest = max(longest, s.At.Sub(s.Oldest))
		}
		if i+1 < len(samples) && samples[i+1].At.Equal(s.At) {
			continue // what is sampled at one time counts as one
		}
		all := 0
		for _, n := range now {
			all += n
		}
		most = max(most, all)
	}
	return most, longest
}
