package run_test

import (
	"context"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest"
	"lifeboat/failover/journal"
	"lifeboat/failover/run"
)

// Three of four answer: that is final, said, and keeps the countdown open.
func TestSilentServer(t *testing.T) {
	for _, state := range []failover.AnswerState{failover.Silent, failover.Lame, failover.Refused, failover.Unresolved} {
		w := newWorld(swapping)
		w.servers[3].Be(state)
		out := w.apply(t, w.plan(t, failover.Failover))
		s := out.Steps[0]
		if !out.Done || s.State != failover.Verified || !s.Problem.IsZero() || !s.Open || len(s.Unverified) != 1 {
			t.Errorf("%s: %+v", state, s)
		}
		took := w.clock.Now().Sub(noon)
		if took < 5*time.Second || took > time.Minute {
			t.Errorf("%s: given up after %v", state, took)
		}
		// As long as it may give the old set, the countdown begins anew.
		if s.OldUntil.Before(noon.Add(time.Hour + 5*time.Second)) {
			t.Errorf("%s: old answers until %v", state, s.OldUntil)
		}
		if !w.told("example.test MX verified at 3 of 4 addresses; no answer from ns4.test (192.0.2.4)") {
			t.Errorf("%s: %v", state, w.log.Entries())
		}
	}
}

// A server with IPv6 alone is not waited for on a line without; what it gives out,
// nobody knows.
func TestServerWithoutIPv6IsNotWaitedFor(t *testing.T) {
	w := newWorld(swapping)
	w.servers[3].Be(failover.NoIPv6)
	out := w.apply(t, w.plan(t, failover.Failover))
	if s := out.Steps[0]; s.State != failover.Verified || !s.Open || len(s.Unverified) != 0 || s.View.Asked() != 3 {
		t.Errorf("%+v", s)
	}
	if took := w.clock.Now().Sub(noon); took != 0 {
		t.Errorf("took %v", took)
	}
}

// A server that answers, but late, is waited for; the countdown begins when it was
// first seen to give the new set.
func TestLaggingServer(t *testing.T) {
	w := newWorld(swapping)
	w.servers[1].Lag(6)
	out := w.apply(t, w.plan(t, failover.Failover))
	s := out.Steps[0]
	if s.State != failover.Verified || s.Open || len(s.Unverified) != 0 {
		t.Errorf("%+v", s)
	}
	seen := noon
	for _, d := range w.clock.Slept()[:6] {
		seen = seen.Add(d)
	}
	if want := seen.Add(time.Hour); !s.OldUntil.Equal(want) {
		t.Errorf("old answers until %v, want %v", s.OldUntil, want)
	}
	op := journal.Operations(w.log.Entries())[0]
	if !op.OldUntil["1"].Equal(s.OldUntil) || op.OldOpen["1"] {
		t.Errorf("the journal says %v, %v", op.OldUntil["1"], op.OldOpen["1"])
	}
}

// One that never takes the records over is named; the change itself is made.
func TestServerThatStaysBehind(t *testing.T) {
	w := newWorld(swapping)
	w.servers[1].Lag(-1)
	r := w.runner()
	r.VerifyFor = 20 * time.Second
	out, err := r.Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	if err != nil || !out.Done {
		t.Fatal(err)
	}
	s := out.Steps[0]
	want := "ns2.test still gives example.test 3600 MX 10 mx1.alpha.test., 20 mx2.alpha.test.: it has not taken the new records over yet; give lifeboat verify later"
	if s.State != failover.Ack || s.Problem.String() != want || !s.Open || len(s.Unverified) != 1 {
		t.Errorf("%+v", s)
	}
	if took := w.clock.Now().Sub(noon); took < 2*20*time.Second || took > 3*20*time.Second { // two steps
		t.Errorf("took %v", took)
	}
	op := journal.Operations(w.log.Entries())[0]
	if op.Open() || op.Steps["1"] != failover.Ack || !op.OldOpen["1"] || !op.OldUntil["1"].Equal(s.OldUntil) {
		t.Errorf("%+v", op)
	}
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "ack 1", "intent 2", "sent 2", "ack 2", "note 1", "note 2", "end done")
}

// A silent server and a slow one: the slow one is waited for.
func TestSilentAndLagging(t *testing.T) {
	w := newWorld(swapping)
	w.servers[0].Be(failover.Silent)
	w.servers[1].Lag(9)
	out := w.apply(t, w.plan(t, failover.Failover))
	if s := out.Steps[0]; s.State != failover.Verified || s.View.With(s.Step.After) != 3 || !s.Open {
		t.Errorf("%+v", s)
	}
}

// A server that gave the new set and then falls silent gives it still.
func TestSilentAfterwards(t *testing.T) {
	w := newWorld(swapping)
	w.servers[1].Lag(3)
	w.clock.OnSleep = func(time.Duration) { w.servers[0].Be(failover.Silent) }
	out := w.apply(t, w.plan(t, failover.Failover))
	s := out.Steps[0]
	if s.State != failover.Verified || s.Open || len(s.Unverified) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAllSilent(t *testing.T) {
	w := newWorld(swapping)
	for _, s := range w.servers {
		s.Be(failover.Silent)
	}
	r := w.runner()
	r.VerifyFor = 10 * time.Second
	out, err := r.Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	if err != nil || !out.Done {
		t.Fatal(err)
	}
	s := out.Steps[0]
	want := "no authoritative server of example.test answers this line, so nothing is verified yet: give lifeboat verify later"
	if s.State != failover.Ack || s.Problem.String() != want || !s.Open || s.OldUntil.IsZero() {
		t.Errorf("%+v", s)
	}
}

// A line that lets no DNS through will not do so in a minute.
func TestBlockedLine(t *testing.T) {
	w := newWorld(swapping)
	for _, s := range w.servers {
		s.Be(failover.BlockedLine)
	}
	out := w.apply(t, w.plan(t, failover.Failover))
	if s := out.Steps[0]; s.State != failover.Ack || s.Problem.IsZero() || !s.Open {
		t.Errorf("%+v", s)
	}
	if took := w.clock.Now().Sub(noon); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestServersNotFound(t *testing.T) {
	w := newWorld(swapping)
	w.viewer.Fail(failovertest.Unreachable().Err)
	out := w.apply(t, w.plan(t, failover.Failover))
	want := "the name servers of example.test could not be found, so nothing is verified yet: give lifeboat verify later"
	if s := out.Steps[0]; !out.Done || s.State != failover.Ack || s.Problem.String() != want {
		t.Errorf("%+v", s)
	}
	w.switched(t)
}

// Where the host chooses TTLs, the records are what counts.
func TestVerifyWithTTLsOfTheHosts(t *testing.T) {
	w := newWorld(dnshost.Capabilities{OwnTTL: true})
	p := w.plan(t, failover.Failover)
	if !p.Steps[0].OwnTTL {
		t.Fatal("the plan does not know")
	}
	for _, s := range p.Steps { // made at the console with other TTLs already
		s.After.TTL = 7200
		w.authority.Put(s.After)
	}
	out := w.apply(t, p)
	if !out.Done || out.Changes != 0 || states(out) != "verified verified" {
		t.Errorf("%+v", out)
	}
}

// The servers gave the old set with a longer TTL than the host said.
func TestServersWithAnotherTTL(t *testing.T) {
	w := newWorld(swapping)
	old := w.atPrimary(0)
	old.TTL = 86400
	p := w.plan(t, failover.Failover)
	w.authority.Put(old) // which is what the servers know when the viewer is made
	w.viewer = failovertest.NewViewer(w.authority, w.servers...)
	w.viewer.Now = w.clock.Now
	w.authority.Put(w.atPrimary(0))
	for _, s := range w.servers[1:] {
		s.Lag(2)
	}
	out := w.apply(t, p)
	if s := out.Steps[0]; s.OldUntil.Before(noon.Add(24 * time.Hour)) {
		t.Errorf("old answers until %v", s.OldUntil)
	}
}

// relapsing is a view in which one server gives the old set once more, as an address
// with several machines behind it can.
type relapsing struct {
	*failovertest.Viewer
	old   failover.RRset
	looks int
}

func (v *relapsing) Authoritative(ctx context.Context, zone string, servers []dnsview.Server, key failover.Key) failover.View {
	view := v.Viewer.Authoritative(ctx, zone, servers, key)
	if key != v.old.Key {
		return view
	}
	if v.looks++; v.looks == 3 {
		view.Answers[0].Set = v.old
	}
	return view
}

func TestServerThatRelapses(t *testing.T) {
	w := newWorld(swapping)
	w.servers[1].Lag(2) // keeps the run looking until the third look
	r := w.runner()
	r.View = &relapsing{Viewer: w.viewer, old: w.atPrimary(0)}
	out, err := r.Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	slept := w.clock.Slept()
	if s := out.Steps[0]; len(slept) < 3 || !s.OldUntil.Equal(noon.Add(slept[0]+slept[1]+slept[2]+time.Hour)) {
		t.Errorf("old answers until %v after %v", s.OldUntil, slept)
	}
}
