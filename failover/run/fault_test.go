package run_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/failovertest"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
	"lifeboat/failover/run"
)

// A colleague changes the records between the plan and the yes.
func TestStalePlan(t *testing.T) {
	for name, caps := range map[string]dnshost.Capabilities{"swapping": swapping, "plain": plain} {
		for _, foreign := range []failover.RRset{
			failover.NewRRset("example.test", "MX", 3600, "10 mx.colleague.test."),
			failover.NewRRset("sos.example.test", "MX", 60, "10 mx.colleague.test."), // the second step's
		} {
			w := newWorld(caps)
			p := w.plan(t, failover.Failover)
			w.authority.Put(foreign)
			changes := w.authority.Changes()
			out, err := w.runner().Apply(t.Context(), p, run.Options{})
			isKind(t, err, failover.ErrSurprise, failover.Display(foreign.Name)+" MX was changed by somebody else")
			var surprise *plan.SurpriseError
			if !errors.As(err, &surprise) || !surprise.Live.Equal(foreign) {
				t.Errorf("%s: the difference is %+v", name, surprise)
			}
			sameStory(t, w.log.story(), "begin", "end aborted")
			if out.Done || out.Changes != 0 || w.host.Changes() != 0 || states(out) != "pending pending" {
				t.Errorf("%s: %+v", name, out)
			}
			if caps.LockRecord {
				changes += 2 // the lock came and went
			}
			if w.authority.Changes() != changes {
				t.Errorf("%s: something was changed", name)
			}
			w.unlocked(t)
		}
	}
}

// The change comes in the last moment, between the reading and the writing.
func TestStaleAtTheLastMoment(t *testing.T) {
	foreign := failover.NewRRset("example.test", "MX", 60, "10 mx.colleague.test.")
	w := newWorld(swapping)
	w.host.Script(failovertest.Apply, failovertest.After(func() { w.authority.Put(foreign) }))
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrSurprise, "example.test MX was changed by somebody else")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "refused 1", "end aborted")
	w.is(t, foreign)
	w.unlocked(t)

	// At the second step the run stays open: the first one is made.
	w = newWorld(swapping)
	foreign.Name = "sos.example.test."
	w.host.Script(failovertest.Apply, failovertest.Fault{}, failovertest.After(func() { w.authority.Put(foreign) }))
	out, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrSurprise, "sos.example.test MX was changed by somebody else")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "ack 1", "intent 2", "sent 2", "refused 2", "trouble")
	if states(out) != "ack pending" || !out.Steps[0].Problem.IsZero() || out.Steps[1].Problem.IsZero() {
		t.Errorf("%+v", out)
	}
	w.unlocked(t)
}

func TestStaleForNoReason(t *testing.T) {
	w := newWorld(swapping)
	w.host.Script(failovertest.Apply, failovertest.Stale())
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrStale, "the fake host says that the records have changed")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "refused 1", "end aborted")
}

func TestLostReply(t *testing.T) {
	for name, caps := range map[string]dnshost.Capabilities{"swapping": swapping, "plain": plain} {
		w := newWorld(caps)
		w.host.Script(failovertest.Apply, failovertest.LostReply())
		out := w.apply(t, w.plan(t, failover.Failover))
		sameStory(t, w.log.story(), wholeStory...)
		if out.Changes != 2 || w.host.Changes() != 2 || w.host.Calls(failovertest.Apply) != 2 {
			t.Errorf("%s: %d changes counted, %d made, %d requests", name, out.Changes, w.host.Changes(), w.host.Calls(failovertest.Apply))
		}
		w.switched(t)
	}
}

func TestLostRequest(t *testing.T) {
	// Where the host swaps, the request may be made again.
	w := newWorld(swapping)
	w.host.Script(failovertest.Apply, failovertest.LostRequest())
	out := w.apply(t, w.plan(t, failover.Failover))
	sameStory(t, w.log.story(), append([]string{"begin", "intent 1", "sent 1"}, wholeStory[1:]...)...)
	if out.Changes != 2 || w.host.Changes() != 2 {
		t.Errorf("%d changes counted, %d made", out.Changes, w.host.Changes())
	}
	w.switched(t)

	// Elsewhere a late one might overwrite something: the admin decides.
	w = newWorld(plain)
	w.host.Script(failovertest.Apply, failovertest.LostRequest())
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrUncertain, "the fake host's reply is lost")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "trouble")
	w.is(t, w.atPrimary(0))
	if out := w.resume(t); out.Changes != 2 || !out.Done {
		t.Errorf("%+v", out)
	}
	w.switched(t)
}

// A request that seemed lost arrives after the run was given up: its lock is gone,
// so it does nothing.
func TestLateRequestAfterTheRun(t *testing.T) {
	w := newWorld(swapping)
	w.host.Script(failovertest.Apply, failovertest.LateRequest(), failovertest.LateRequest(), failovertest.LateRequest(), failovertest.LateRequest())
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrUncertain, "the fake host's reply is lost")
	w.unlocked(t)
	if n := w.host.Arrive(); n != 0 {
		t.Errorf("%d late requests changed something", n)
	}
	w.is(t, w.atPrimary(0))
	w.resume(t)
	w.switched(t)
}

// A request is lost, and the next one refused: what became of the first is as open
// as before, and so is the run.
func TestRefusedAfterALostRequest(t *testing.T) {
	w := newWorld(swapping)
	w.host.Script(failovertest.Apply, failovertest.LateRequest(), failovertest.ReadOnly())
	out, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrReadOnly, "the fake host's credential may only read")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "intent 1", "sent 1", "refused 1", "trouble")
	if states(out) != "sent pending" {
		t.Error(states(out))
	}

	// The same across two lives.
	w = newWorld(plain)
	w.host.Script(failovertest.Apply, failovertest.LateRequest(), failovertest.ReadOnly())
	w.log.fullAt = 4
	if _, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{}); err == nil {
		t.Fatal("nothing was lost")
	}
	w.log.fullAt = 0
	out, err = w.runner().Resume(t.Context(), run.Options{})
	isKind(t, err, failover.ErrReadOnly, "the fake host's credential may only read")
	if states(out) != "sent pending" {
		t.Error(states(out))
	}
	if n := w.host.Arrive(); n != 1 { // it was on its way all the time
		t.Errorf("%d late requests were carried out", n)
	}
	if out := w.resume(t); !out.Done || out.Changes != 1 {
		t.Errorf("%+v", out)
	}
	w.switched(t)
}

// Reading what became of a lost request fails too: nobody knows, until the next
// time.
func TestLostReplyAndNoReading(t *testing.T) {
	w := newWorld(swapping)
	w.host.Script(failovertest.Apply, failovertest.LostReply())
	w.host.Script(failovertest.Read, failovertest.Fault{}, failovertest.Unreachable(), failovertest.Unreachable(), failovertest.Unreachable(), failovertest.Unreachable())
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrUncertain, "the fake host's reply is lost")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "trouble")
	if out := w.resume(t); out.Changes != 1 || w.host.Changes() != 2 {
		t.Errorf("%+v", out)
	}
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "trouble", "ack 1", "intent 2", "sent 2", "ack 2", "verified 1", "verified 2", "end done")
}

func TestReadingAfterALostReplyIsTriedAgain(t *testing.T) {
	w := newWorld(swapping)
	w.host.Script(failovertest.Apply, failovertest.LostReply())
	w.host.Script(failovertest.Read, failovertest.Fault{}, failovertest.Unreachable(), failovertest.Throttled())
	w.apply(t, w.plan(t, failover.Failover))
	sameStory(t, w.log.story(), wholeStory...)
}

// A lost request, and somebody else's change in the meantime.
func TestSurpriseAfterALostRequest(t *testing.T) {
	foreign := failover.NewRRset("example.test", "MX", 60, "10 mx.colleague.test.")
	w := newWorld(swapping)
	f := failovertest.LostRequest()
	f.First = func() { w.authority.Put(foreign) }
	w.host.Script(failovertest.Apply, f)
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrSurprise, "example.test MX was changed by somebody else")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "trouble")
	w.is(t, foreign)
}

func TestThrottled(t *testing.T) {
	for _, op := range []failovertest.Op{failovertest.Lock, failovertest.Read, failovertest.Apply} {
		w := newWorld(swapping)
		w.host.Script(op, failovertest.Throttled(), failovertest.Unreachable(), failovertest.Throttled())
		out := w.apply(t, w.plan(t, failover.Failover))
		if out.Changes != 2 {
			t.Errorf("%s: %+v", op, out)
		}
		if slept := w.clock.Slept(); len(slept) < 3 || slept[0] != time.Second || slept[2] != 3*time.Second {
			t.Errorf("%s: slept %v", op, slept)
		}
		w.switched(t)
	}
	w := newWorld(swapping)
	w.host.Always(failovertest.Throttled(), failovertest.Apply)
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrThrottled, "the fake host asks for patience")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "refused 1", "intent 1", "sent 1", "refused 1",
		"intent 1", "sent 1", "refused 1", "intent 1", "sent 1", "refused 1", "end aborted")
	w.unlocked(t)
}

func TestRefusalsChangeNothing(t *testing.T) {
	for what, f := range map[string]failovertest.Fault{
		"unreachable": failovertest.Unreachable(), "read-only": failovertest.ReadOnly(), "rejected": failovertest.Rejected(),
	} {
		for _, op := range []failovertest.Op{failovertest.Lock, failovertest.Read, failovertest.Apply} {
			w := newWorld(swapping)
			before := w.authority.Records("example.test.")
			w.host.Always(f, op)
			out, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
			var e *failover.Error
			if !errors.As(f.Err, &e) {
				t.Fatal("a fault without an error")
			}
			isKind(t, err, e.Kind, e.Say.String())
			if story := w.log.story(); story[len(story)-1] != "end aborted" || out.Done || out.Ended.IsZero() {
				t.Errorf("%s at %s: %v", what, op, story)
			}
			if got := w.authority.Records("example.test."); len(got) != len(before) || w.host.Changes() != 0 {
				t.Errorf("%s at %s: %v", what, op, got)
			}
			for _, s := range out.Steps {
				if s.Problem.String() != e.Say.String() {
					t.Errorf("%s at %s: step %s says %q", what, op, s.Step.ID, s.Problem)
				}
			}
		}
	}
}

func TestSurpriseDuringResume(t *testing.T) {
	foreign := failover.NewRRset("example.test", "MX", 60, "10 mx.colleague.test.")
	w := newWorld(swapping)
	w.log.fullAt = 4 // killed after "sent 1"
	if _, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{}); !errors.Is(err, failover.ErrDisk) {
		t.Fatal(err)
	}
	w.log.fullAt = 0
	w.authority.Put(foreign)
	out, err := w.runner().Resume(t.Context(), run.Options{})
	isKind(t, err, failover.ErrSurprise, "example.test MX was changed by somebody else")
	if !out.Resumed || out.Done || w.host.Calls(failovertest.Apply) != 1 {
		t.Errorf("%+v, %d requests", out, w.host.Calls(failovertest.Apply))
	}
	w.is(t, foreign)
	op, open := journal.Unfinished(w.log.Entries())
	if !open || op.Trouble.IsZero() {
		t.Errorf("open %v, trouble %q", open, op.Trouble)
	}
	w.unlocked(t)
}

// TestCalledOff cancels at each entry of the journal and each call of the host: the
// run stops, and can be gone on with.
func TestCalledOff(t *testing.T) {
	for n := 1; n < len(wholeStory)-1; n++ { // after the last "verified" there is nothing to stop
		w := newWorld(swapping)
		ctx, cancel := context.WithCancel(t.Context())
		w.log.on = func(e journal.Entry) {
			if e.Seq == uint64(n) {
				cancel()
			}
		}
		calledOff(ctx, t, w, wholeStory[n-1])
	}
	for _, op := range []failovertest.Op{failovertest.Lock, failovertest.Read, failovertest.Apply, failovertest.Unlock} {
		for what, f := range map[string]failovertest.Fault{"before": {}, "after": failovertest.LostReply(), "hanging": failovertest.Hanging()} {
			if op == failovertest.Unlock && f.Hang {
				continue // then the lock stays, until the next run removes it
			}
			w := newWorld(swapping)
			ctx, cancel := context.WithCancel(t.Context())
			f.First = cancel
			w.host.Script(op, f)
			calledOff(ctx, t, w, what+" "+string(op))
		}
	}
}

func calledOff(ctx context.Context, t *testing.T, w *world, when string) {
	t.Helper()
	p := w.plan(t, failover.Failover)
	out, err := w.runner().Apply(ctx, p, run.Options{})
	if !errors.Is(err, failover.ErrWaiting) || out.Done {
		t.Errorf("called off at %s: %v", when, err)
	}
	var e *failover.Error
	if errors.As(err, &e) && e.Say.String() != "stopped before the end; what is done is kept: give the same command again to go on" {
		t.Errorf("called off at %s: %s", when, e.Say)
	}
	w.unlocked(t)
	op, open := journal.Unfinished(w.log.Entries())
	if open != (w.host.Changes() > 0 || op.Touched()) {
		t.Errorf("called off at %s: open %v after %d changes, %v", when, open, w.host.Changes(), w.log.story())
	}
	w.log.on = nil
	if open {
		w.resume(t)
	} else {
		w.apply(t, p)
	}
	w.switched(t)
	w.unlocked(t)
	if w.host.Changes() != 2 {
		t.Errorf("called off at %s: %d changes", when, w.host.Changes())
	}
}
