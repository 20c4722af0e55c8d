package run_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/failovertest"
	"lifeboat/failover/journal"
	"lifeboat/failover/run"
)

var wholeStory = []string{
	"begin", "intent 1", "sent 1", "ack 1", "intent 2", "sent 2", "ack 2", "verified 1", "verified 2", "end done",
}

func TestApply(t *testing.T) {
	for name, caps := range map[string]dnshost.Capabilities{"swapping": swapping, "plain": plain, "console": console, "own TTLs": {Interactive: true, OwnTTL: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(caps)
			w.host.Person = w.person
			before := w.rest()
			out := w.apply(t, w.plan(t, failover.Failover))
			sameStory(t, w.log.story(), wholeStory...)
			if !out.Done || out.Resumed || out.Changes != 2 || w.host.Changes() != 2 || states(out) != "verified verified" {
				t.Errorf("%+v", out)
			}
			for i, d := range w.domains {
				if got := w.authority.Get(mxOf(d.Name)); d.RouteOf(got) != failover.RouteSecondary {
					t.Errorf("domain %d: %v", i, got)
				}
			}
			if d := cmp.Diff(before, w.rest()); d != "" {
				t.Errorf("unrelated records (-before +after):\n%s", d)
			}
			w.unlocked(t)
			// A second time nothing is done, and nothing written down.
			again := w.apply(t, w.plan(t, failover.Failover))
			if !again.Done || again.Changes != 0 || w.host.Changes() != 2 {
				t.Errorf("a second run: %+v", again)
			}
			sameStory(t, w.log.story(), wholeStory...)
		})
	}
}

func TestApplyASavedPlanAgain(t *testing.T) {
	w := newWorld(swapping)
	p := w.plan(t, failover.Failover)
	w.apply(t, p)
	out := w.apply(t, p)
	if !out.Done || out.Changes != 0 || w.host.Changes() != 2 || states(out) != "verified verified" {
		t.Errorf("%+v", out)
	}
	sameStory(t, w.log.story()[len(wholeStory):], "begin", "ack 1", "ack 2", "verified 1", "verified 2", "end done")
	w.unlocked(t)
}

func TestFailback(t *testing.T) {
	w := newWorld(swapping)
	w.apply(t, w.plan(t, failover.Failover))
	w.apply(t, w.plan(t, failover.Failback))
	want := w.atPrimary(0)
	want.TTL = 300
	w.is(t, want)
}

// Every entry is in the journal before the next thing happens at the host.
func TestJournalComesFirst(t *testing.T) {
	w := newWorld(swapping)
	changed := 0
	w.log.on = func(e journal.Entry) {
		switch e.Event {
		case journal.Intent, journal.Sent:
		case journal.Ack:
			changed++
		default:
			return
		}
		if got := w.host.Changes(); got != changed {
			t.Errorf("at %s %s the host has made %d changes, not %d", e.Event, e.Step, got, changed)
		}
	}
	w.apply(t, w.plan(t, failover.Failover))
}

func TestOutcomeAndEvents(t *testing.T) {
	w := newWorld(swapping)
	w.servers[3].Be(failover.Silent)
	p := w.plan(t, failover.Failover)
	out := w.apply(t, p)
	s := out.Steps[0]
	if s.View.With(s.Step.After) != 3 || s.View.Asked() != 4 || len(s.Unverified) != 1 || s.Unverified[0].Server != "ns4.test." {
		t.Errorf("%+v", s)
	}
	if out.Operation != p.ID || out.Plan.Hash != p.Hash || !out.Started.Equal(noon) || out.Ended.Before(out.Started) {
		t.Errorf("%+v", out)
	}
	if !w.told("example.test MX verified at 3 of 4 addresses; no answer from ns4.test (192.0.2.4)") {
		t.Errorf("nobody was told: %+v", w.events)
	}
	op := journal.Operations(w.log.Entries())[0]
	if op.Who != "admin@office" || op.Result != journal.Done || !op.OldOpen["1"] {
		t.Errorf("%+v", op)
	}
}

func TestTamperedPlan(t *testing.T) {
	w := newWorld(swapping)
	p := w.plan(t, failover.Failover)
	p.Steps[0].After.Values[0] = "10 mx.evil.test."
	_, err := w.runner().Apply(t.Context(), p, run.Options{})
	isKind(t, err, failover.ErrInvalid, "the plan is not as it was saved")
	if len(w.log.Entries()) != 0 || w.host.Changes() != 0 {
		t.Error("something was done all the same")
	}
}

func TestOverrideIsOnRecordFirst(t *testing.T) {
	w := newWorld(swapping)
	if _, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{Override: "I have seen to it"}); err != nil {
		t.Fatal(err)
	}
	if e := w.log.Entries()[0]; e.Event != journal.Override || e.Reason != "I have seen to it" || e.Who != "admin@office" {
		t.Errorf("%+v", e)
	}
	sameStory(t, w.log.story()[1:], wholeStory...)
}

func TestAnOpenRunRefusesAnother(t *testing.T) {
	w := newWorld(swapping)
	w.log.fullAt = 4
	p := w.plan(t, failover.Failover)
	if _, err := w.runner().Apply(t.Context(), p, run.Options{}); !errors.Is(err, failover.ErrDisk) {
		t.Fatal(err)
	}
	w.log.fullAt = 0
	before := len(w.log.Entries())
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failback), run.Options{})
	isKind(t, err, failover.ErrBlocked, "the failover begun on 2026-07-30 12:00 UTC is not finished: give lifeboat failover to go on with it, or lifeboat rollback to take it back")
	if len(w.log.Entries()) != before {
		t.Error("the refused run left a trace")
	}
	if out := w.resume(t); !out.Resumed || !out.Done {
		t.Errorf("%+v", out)
	}
	w.switched(t)
}

func TestAbandon(t *testing.T) {
	w := newWorld(swapping)
	if _, err := w.runner().Abandon("why not"); !errors.Is(err, failover.ErrInvalid) {
		t.Error(err)
	}
	if _, err := w.runner().Resume(t.Context(), run.Options{}); !errors.Is(err, failover.ErrInvalid) {
		t.Error(err)
	}
	w.host.Script(failovertest.Apply, failovertest.Fault{}, failovertest.Rejected())
	if _, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{}); !errors.Is(err, failover.ErrCredential) {
		t.Fatal(err)
	}
	changes := w.authority.Changes()
	op, err := w.runner().Abandon("the provider is back")
	if err != nil || op.ID == "" {
		t.Fatal(err)
	}
	if w.authority.Changes() != changes {
		t.Error("records were changed")
	}
	e := w.log.Entries()
	if last := e[len(e)-1]; last.Result != journal.Abandoned || last.Reason != "the provider is back" || last.Who != "admin@office" {
		t.Errorf("%+v", last)
	}
	w.apply(t, w.plan(t, failover.Failover))
	w.switched(t)
}

func TestUnknownHost(t *testing.T) {
	w := newWorld(swapping)
	r := w.runner()
	r.HostOf = func(string) (dnshost.Host, error) { return nil, failover.Fail(failover.ErrInvalid, "no such host") }
	_, err := r.Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrInvalid, "no such host")
	sameStory(t, w.log.story(), "begin", "end aborted")
}

// TestRollback takes a run back from every point at which it can have stopped.
func TestRollback(t *testing.T) {
	for stop := 1; stop <= len(wholeStory); stop++ {
		w := newWorld(swapping)
		w.log.fullAt = stop + 1
		before := w.authority.Records("example.test.")
		p := w.plan(t, failover.Failover)
		_, err := w.runner().Apply(t.Context(), p, run.Options{})
		if stop < len(wholeStory) && !errors.Is(err, failover.ErrDisk) {
			t.Fatalf("stop %d: %v", stop, err)
		}
		w.log.fullAt = 0
		back, err := w.inverse()
		if err != nil {
			t.Fatalf("stop %d: %v", stop, err)
		}
		if _, open := journal.Unfinished(w.log.Entries()); open {
			if _, err := w.runner().Abandon("taken back"); err != nil {
				t.Fatal(err)
			}
		}
		out := w.apply(t, back)
		if d := cmp.Diff(before, w.authority.Records("example.test.")); d != "" {
			t.Errorf("stop %d: not as before (-before +after):\n%s", stop, d)
		}
		if !out.Done || out.Changes != len(back.Steps) {
			t.Errorf("stop %d: %+v", stop, out)
		}
	}
}

func TestRollbackStopsAtASurprise(t *testing.T) {
	w := newWorld(swapping)
	w.apply(t, w.plan(t, failover.Failover))
	back, err := w.inverse()
	if err != nil {
		t.Fatal(err)
	}
	foreign := failover.NewRRset("example.test", "MX", 60, "10 mx.colleague.test.")
	w.authority.Put(foreign)
	_, err = w.runner().Apply(t.Context(), back, run.Options{})
	isKind(t, err, failover.ErrSurprise, "example.test MX was changed by somebody else: the plan found 10 mx.beta.test. and wants 10 mx1.alpha.test., 20 mx2.alpha.test., but 10 mx.colleague.test. is there now")
	w.is(t, foreign)
	w.is(t, failover.MXSet("sos.example.test", 300, w.domains[0].Secondary.MX)) // the other step was not begun either
}

func TestManyZones(t *testing.T) {
	var zones []string
	for _, n := range "abcdefghijkl" {
		zones = append(zones, string(n)+".test.")
	}
	w := newWorld(swapping, zones...)
	out := w.apply(t, w.plan(t, failover.Failover))
	if !out.Done || out.Changes != 2*len(zones) || len(out.Steps) != 2*len(zones) {
		t.Errorf("%d changes, %d steps", out.Changes, len(out.Steps))
	}
	w.switched(t)
	w.unlocked(t)
	for i, s := range out.Steps { // in the plan's order, whichever zone was quickest
		if s.Step.Domain != zones[i/2] {
			t.Errorf("step %d is of %s", i, s.Step.Domain)
		}
	}
}

// One zone that fails keeps the run open and the others from nothing.
func TestOneZoneOfSeveralFails(t *testing.T) {
	w := newWorld(swapping, "a.test.", "b.test.", "c.test.")
	other := failovertest.NewHost(w.authority, swapping)
	other.Always(failovertest.ReadOnly(), failovertest.Lock, failovertest.Apply)
	r := w.runner()
	r.HostOf = func(domain string) (dnshost.Host, error) {
		if domain == "b.test." {
			return other, nil
		}
		return w.host, nil
	}
	out, err := r.Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrReadOnly, "the fake host's credential may only read")
	if out.Done || states(out) != "verified verified pending pending verified verified" {
		t.Errorf("%s", states(out))
	}
	for _, s := range out.Steps {
		if (s.Step.Domain == "b.test.") == s.Problem.IsZero() {
			t.Errorf("step %s of %s: %q", s.Step.ID, s.Step.Domain, s.Problem)
		}
	}
	w.is(t, w.atSecondary(0))
	w.is(t, w.atPrimary(1))
	w.is(t, w.atSecondary(2))
	op, open := journal.Unfinished(w.log.Entries())
	if !open || op.Trouble.String() != "the fake host's credential may only read" {
		t.Errorf("open %v, trouble %q", open, op.Trouble)
	}
	other.Always(failovertest.Fault{}, failovertest.Lock, failovertest.Apply)
	out, err = r.Resume(t.Context(), run.Options{})
	if err != nil || !out.Done || out.Changes != 2 {
		t.Errorf("%+v, %v", out, err)
	}
	w.switched(t)
	w.unlocked(t)
}

// TestFullDisk fills the disk before each entry in turn: nothing is done that is
// not announced, and with room made the same command finishes.
func TestFullDisk(t *testing.T) {
	for n := 1; n <= len(wholeStory); n++ {
		w := newWorld(swapping)
		w.log.fullAt = n
		p := w.plan(t, failover.Failover)
		out, err := w.runner().Apply(t.Context(), p, run.Options{})
		isKind(t, err, failover.ErrDisk, "the test's disk is full")
		if out.Done {
			t.Errorf("full at %d: done", n)
		}
		sent := 0
		for _, e := range w.log.Entries() {
			if e.Event == journal.Sent {
				sent++
			}
		}
		if w.host.Changes() != sent {
			t.Errorf("full at %d: %d changes, %d announced", n, w.host.Changes(), sent)
		}
		if op, open := journal.Unfinished(w.log.Entries()); open {
			for _, s := range out.Steps { // nothing is believed that is not in the journal
				if op.Steps[s.Step.ID] != s.State {
					t.Errorf("full at %d: step %s is %s, and %s in the journal", n, s.Step.ID, s.State, op.Steps[s.Step.ID])
				}
			}
		}
		w.unlocked(t)
		w.log.fullAt = 0
		if n == 1 {
			w.apply(t, p)
		} else {
			w.resume(t)
		}
		w.switched(t)
		if w.host.Changes() != 2 {
			t.Errorf("full at %d: %d changes", n, w.host.Changes())
		}
	}
}

func TestZeroTimesAreNotInvented(t *testing.T) {
	w := newWorld(swapping)
	out := w.apply(t, w.plan(t, failover.Failover))
	if s := out.Steps[1]; !s.OldUntil.IsZero() || s.Open {
		t.Errorf("a set that is new has old answers until %v", s.OldUntil)
	}
	if s := out.Steps[0]; s.OldUntil.Sub(noon) != time.Hour || s.Open {
		t.Errorf("old answers until %v, open %v", s.OldUntil, s.Open)
	}
}
