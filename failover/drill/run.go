package drill

import (
	"context"

	"lifeboat/failover/lab"
)

// SessionOptions shape a functional drill.
type SessionOptions struct {
	ID       string // see NewID
	Scenario Scenario
	World    *lab.World // running
	Operator Operator
	// Unattended has the drill follow detection's advice; otherwise Decide does.
	Unattended   bool
	Participants []Participant
	Facilitator  string
	Domain       string // empty is the world's; without a trailing dot
	Version      string
	Targets      Targets
	Seed         uint64 // of a random drill
	// Tell is told everything as it happens, from one goroutine; it must not block for
	// long. It may be nil.
	Tell func(Event)
}

// Session is a functional drill. Its methods may be called from several goroutines.
type Session struct{ opt SessionOptions }

// NewSession prepares a drill. A scenario that cannot be played is
// failover.ErrInvalid.
func NewSession(opt SessionOptions) (*Session, error) { return &Session{opt: opt}, nil }

// Run plays the script, lets the mail run out, measures and checks. It runs once.
// Where it breaks off the error says why, and the result holds what there was until
// then (Result.Broke).
func (s *Session) Run(ctx context.Context) (Result, error) { return Result{}, nil }

// Decide asks for a move. It never blocks: moves are carried out one after the
// other, and how each ended is in the timeline.
func (s *Session) Decide(m Move, who, why string) {}

// Note records what somebody noticed.
func (s *Session) Note(o Observation) {}

// End ends the drill before its script does: all is mended, and the mail runs out.
func (s *Session) End() {}

// Snapshot returns how the drill stands.
func (s *Session) Snapshot() Snapshot { return Snapshot{} }
