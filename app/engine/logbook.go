package engine

import (
	"context"
	"time"

	"lifeboat/failover"
)

// LogKind says what an entry of the log is about.
type LogKind string

// The kinds of entries.
const (
	LogSwitch LogKind = "switch" // MX and send route: failover, failback, rollback, preparation
	LogWatch  LogKind = "watch"  // what detection found, and when it ended
	LogRelay  LogKind = "relay"  // the send route: held, rerouted, refused, given back
	LogMirror LogKind = "mirror"
	LogDrill  LogKind = "drill"
	LogAccess LogKind = "access" // whose mail was opened, by whom and why
	LogTest   LogKind = "test"   // connectivity tests and checks
)

// LogEntry is something that happened, in plain words.
type LogEntry struct {
	At      time.Time           `json:"at"`
	Kind    LogKind             `json:"kind"`
	Who     string              `json:"who,omitempty"` // user@machine
	Verdict failover.Verdict    `json:"verdict,omitempty"`
	Say     failover.Sentence   `json:"say"`
	Details []failover.Sentence `json:"details,omitempty"` // what one reads after opening the entry
	Exact   []string            `json:"exact,omitempty"`   // records and answers, a line each
	// Run is the run, drill or message that the entry belongs to.
	Run string `json:"run,omitempty"`
}

// LogRequest selects entries of the log.
type LogRequest struct {
	Since, Until time.Time // zero: from the beginning, to now
	Kinds        []LogKind // none: all
	Limit        int       // at most so many, the newest; 0: 1,000
}

// Logbook tells what happened, newest first.
func (e *Engine) Logbook(context.Context, LogRequest) ([]LogEntry, error) { return nil, nil }
