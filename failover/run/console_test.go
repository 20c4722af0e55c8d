package run_test

import (
	"context"
	"errors"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/failovertest"
	"lifeboat/failover/plan"
	"lifeboat/failover/run"
)

// The person at the console takes their time.
func TestConsole(t *testing.T) {
	w := newWorld(console)
	p := w.plan(t, failover.Failover)
	half := failover.NewRRset("example.test", "MX", 300, "10 mx.beta.test.", "10 mx1.alpha.test.", "20 mx2.alpha.test.")
	w.host.Person = func(context.Context, dnshost.Change) { w.authority.Put(half) }
	out, err := w.runner().Apply(t.Context(), p, run.Options{})
	isKind(t, err, failover.ErrWaiting, "the fake console's person has not done it yet")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1")
	if states(out) != "sent pending" {
		t.Error(states(out))
	}
	guided := false
	for _, e := range w.events {
		guided = guided || e.Guide != nil && e.Step.ID == "1" && e.State == failover.Sent
	}
	if !guided {
		t.Error("nobody was guided")
	}
	// Half-typed is no surprise to a run that is resumed.
	w.host.Person = w.person
	if out := w.resume(t); !out.Done || out.Changes != 2 {
		t.Errorf("%+v", out)
	}
	w.switched(t)
	sameStory(t, w.log.story(), append([]string{"begin", "intent 1", "sent 1"}, wholeStory[1:]...)...)
}

// A run that was abandoned half-typed can be taken back from there.
func TestConsoleRollback(t *testing.T) {
	w := newWorld(console)
	p := w.plan(t, failover.Failover)
	w.host.Person = func(context.Context, dnshost.Change) {
		w.authority.Put(failover.NewRRset("example.test", "MX", 300, "10 mx.beta.test.", "10 mx1.alpha.test."))
	}
	if _, err := w.runner().Apply(t.Context(), p, run.Options{}); !errors.Is(err, failover.ErrWaiting) {
		t.Fatal(err)
	}
	live := map[failover.Key]failover.RRset{p.Steps[0].After.Key: p.Steps[0].After, p.Steps[1].After.Key: p.Steps[1].Before}
	back, err := plan.Inverse(plan.Request{ID: "back"}, plan.Left{Plan: p, States: w.lastRun().Steps, Live: live})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.runner().Abandon("taken back"); err != nil {
		t.Fatal(err)
	}
	w.host.Person = w.person
	w.apply(t, back)
	w.is(t, w.atPrimary(0))
}

// A surprise at a console is the host's to tell, and comes with the difference.
func TestConsoleSurprise(t *testing.T) {
	w := newWorld(console)
	p := w.plan(t, failover.Failover)
	foreign := failover.NewRRset("example.test", "MX", 60, "10 mx.colleague.test.")
	w.authority.Put(foreign)
	_, err := w.runner().Apply(t.Context(), p, run.Options{})
	isKind(t, err, failover.ErrSurprise, "example.test MX was changed by somebody else")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "refused 1", "end aborted")
}

// The servers that a console's host reads disagree, as they do while a change
// spreads: that is for the host to watch.
func TestConsoleWhoseServersDisagree(t *testing.T) {
	w := newWorld(console)
	w.host.Person = w.person
	w.host.Script(failovertest.Read, failovertest.LostRequest(), failovertest.LostRequest(), failovertest.LostRequest(), failovertest.LostRequest())
	w.apply(t, w.plan(t, failover.Failover))
	w.switched(t)
}
