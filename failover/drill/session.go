package drill

import (
	"context"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
)

// Operator is Lifeboat itself, as the one who decides has it at hand. The engine
// is one.
type Operator interface {
	// Watch looks again and again and tells each state, until ctx ends.
	Watch(ctx context.Context, every time.Duration, tell func(detect.State)) error
	// Move carries out Failover, Failback or Repair. It tells the steps as they
	// happen. A refusal is an error of kind failover.ErrBlocked or ErrNotReady.
	Move(ctx context.Context, m Move, tell func(Step)) (Moved, error)
}

// Step is one thing that the operator did or saw.
type Step struct {
	At  time.Time
	Say failover.Sentence
	Bad bool
}

// Moved is when what was true of a move, in the world's time.
type Moved struct {
	Yes, Sent, Verified time.Time
	OldTTL              time.Duration
	Changed             int // steps that changed something
}

// Event is something that screens and terminals show as it happens.
type Event struct {
	Entry  *Entry
	State  *detect.State
	Totals lab.Totals
}

// Snapshot is the whole of a running drill at one moment, for a screen.
type Snapshot struct {
	Scenario Scenario
	Kind     Kind
	Now      time.Time // the world's
	Since    Span      // the start
	Factor   float64
	Running  bool
	Paused   bool
	Faulted  time.Time // zero before
	Timeline []Entry
	State    detect.State
	Moves    []Decision
	Measures []Measure
	Picture  lab.Picture
	Totals   lab.Totals
	// Ahead is what is still to come, for the facilitator.
	Ahead []Ahead
	// OldTTLEnds is when the last old answer may be forgotten; zero before a switch.
	OldTTLEnds time.Time
	Result     *Result // when it has ended
	Problem    error   // when it broke off
}

// Ahead is an inject or an act still to come.
type Ahead struct {
	At  Span // since the start; negative when it follows a moment that has not come
	Say failover.Sentence
}
