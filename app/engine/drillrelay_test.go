package engine_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// In a drill the staff write through the same relay as in life: what the broken provider
// does not take piles up in the queue, leaves through the other once the route is
// switched, and the world and the relay agree about every message.
func TestSendRouteBesideADrill(t *testing.T) {
	t.Parallel()
	p, err := engine.StartPracticeIn(t.Context(), lab.Options{TTL: 5, Interval: time.Hour, Staff: true}, "en", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	r := p.StaffRelay()
	defer r.Close()
	if err := r.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Keep(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	}()
	account := func() drill.Relayed {
		got, err := r.Relayed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	accepted := func() int { return account().Accepted }
	from := p.World.Domain().Recipients[0].Address
	write := func() {
		t.Helper()
		if _, err := p.World.WriteAs(from, "aoi.mori@customers.test"); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "a message goes through the relay", func() bool { write(); return accepted() > 0 })
	until(t, "all has arrived", func() bool { return p.World.Totals().Waiting == 0 })

	if err := p.World.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	before := accepted()
	for range 5 {
		write()
	}
	until(t, "the relay has what was written", func() bool { return accepted() == before+5 })
	until(t, "the pile is seen", func() bool { return account().Most >= 5 })
	until(t, "nobody has anything left to hand in", func() bool { return p.World.Picture().Staff.Outbox == 0 })
	if n := p.World.Totals(); n.Waiting != 5 || n.Lost != 0 {
		t.Errorf("before a broken provider: %+v", n)
	}
	p.World.SetSendRoute(failover.Secondary)
	until(t, "all has left through the other", func() bool { return p.World.Totals().Waiting == 0 })
	if got := account(); got.Secondary != 5 || got.Accepted != got.Primary+5 || got.Waiting+got.Bounced != 0 || len(got.Routes) != 1 {
		t.Errorf("%+v", got)
	}
	if n := p.World.Totals(); n.Lost+n.Doubled+n.Bounced != 0 || n.Delivered != n.Sent {
		t.Errorf("%+v", n)
	}
}
