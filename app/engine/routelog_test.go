package engine_test

import (
	"errors"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// The log tells of each switch once: of one made while Lifeboat serves, and of one made
// while nobody did.
func TestMovesOfTheRouteAreInTheLog(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	move := func(to failover.Role, why string) {
		t.Helper()
		if _, err := p.face().Switch(t.Context(), engine.SwitchRequest{
			PlanRequest: engine.PlanRequest{Kind: failover.SendRoute, To: to, Why: why}, Confirm: yes,
		}); err != nil {
			t.Fatal(err)
		}
	}
	logged := func() []relay.Event {
		t.Helper()
		d, err := p.face().Desk(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		events, err := d.Log(t.Context(), relay.LogQuery{Kinds: []relay.EventKind{relay.RouteChange}})
		if err := errors.Join(err, d.Close()); err != nil {
			t.Fatal(err)
		}
		return events
	}
	stop := p.serve(engine.ServeRequest{NoWatch: true, NoMirror: true})
	move(failover.Secondary, "the primary is down")
	p.await("the switch in the log", func() bool { return len(logged()) == 1 })
	stop()
	move(failover.Primary, "it is back")
	stop = p.serve(engine.ServeRequest{NoWatch: true, NoMirror: true})
	p.await("the switch home in the log", func() bool { return len(logged()) == 2 })
	stop()
	stop = p.serve(engine.ServeRequest{NoWatch: true, NoMirror: true})
	defer stop()
	move(failover.Secondary, "again")
	p.await("the third in the log", func() bool { return len(logged()) >= 3 })
	events := logged()
	if len(events) != 3 {
		t.Fatalf("%d switches are told: %+v", len(events), events)
	}
	for i, role := range []failover.Role{failover.Secondary, failover.Primary, failover.Secondary} {
		if e := events[i]; e.Role != role || e.Domain == "" || e.By == "" || e.At.IsZero() || e.Say.IsZero() {
			t.Errorf("the log tells %+v", e)
		}
	}
}
