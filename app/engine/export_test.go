package engine

import (
	"context"
	"log/slog"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// NewOperator is Lifeboat as a drill has it at hand.
func NewOperator(e *Engine) drill.Operator { return &operator{engine: e} }

// WorldOf shapes a mail world as a scenario wants it.
func WorldOf(s drill.Scenario, logger *slog.Logger) lab.Options { return worldOf(s, logger) }

// StaffMirror is the mirror beside a drill in the practice's world.
func (p *Practice) StaffMirror() interface {
	drill.Mirror
	Begin(context.Context) error
	Close()
} {
	return newDrillMirror(p.World, p.dir, p.parts.Logger)
}

// StaffRelay is the send route of a drill in the practice's world.
func (p *Practice) StaffRelay() interface {
	drill.Relay
	Begin(context.Context) error
	Close()
} {
	return newDrillRelay(p.World, p.dir, p.parts.Logger)
}

// NewRemarks is what a watch remarks with.
func NewRemarks(tell func(failover.Sentence)) func(failover.Sentence) {
	return (&watching{req: WatchRequest{Remark: tell}, said: map[string]bool{}}).remark
}

// Note keeps an entry of the log.
func (e *Engine) Note(ctx context.Context, entries ...LogEntry) { e.note(ctx, entries...) }

// ReadLogEntry reads an entry as it is kept.
func ReadLogEntry(plain []byte) (LogEntry, bool) { return readEntry(plain) }
