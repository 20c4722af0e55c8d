package engine

import (
	"context"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// logMoves files every move of a send route in the queue's log, until ctx ends: what
// another process moves while this one serves, and of what was moved while nobody served
// the last. The journal has the record; the log has it among the messages that it moved.
func (r *sendRoute) logMoves(ctx context.Context) {
	told := r.movesTold(ctx)
	for ctx.Err() == nil {
		changed := r.routes.Changed()
		routes, _ := r.routes.list() // a file that cannot be read was told of by who reads it
		for _, move := range routes {
			if move.Since.IsZero() || told[move.Domain].same(move) {
				continue
			}
			err := r.queue.File(ctx, relay.Event{
				At: move.Since, Kind: relay.RouteChange, Domain: move.Domain, Role: move.Role, By: move.By, Say: move.Reason,
			})
			if err != nil {
				r.e.opt.Logger.Warn("a move of the send route is not in the log", "domain", move.Domain, "error", err)
			}
			told[move.Domain] = toldMove{move.Role, move.Since}
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// toldMove is a move as the log has it.
type toldMove struct {
	role failover.Role
	at   time.Time
}

// same reports whether the log's is that move: it may keep time less exactly.
func (m toldMove) same(move relay.Routing) bool {
	return m.role == move.Role && m.at.Sub(move.Since).Abs() < time.Second
}

// movesTold are the last moves of each domain in the log.
func (r *sendRoute) movesTold(ctx context.Context) map[string]toldMove {
	told := map[string]toldMove{}
	events, err := r.queue.Events(ctx, relay.LogQuery{Kinds: []relay.EventKind{relay.RouteChange}})
	if err != nil {
		r.e.opt.Logger.Warn("the log of the queue", "error", err)
	}
	for _, ev := range events {
		told[ev.Domain] = toldMove{ev.Role, ev.At}
	}
	return told
}
