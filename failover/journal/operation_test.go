package journal_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeboat/failover"
	"lifeboat/failover/journal"
)

func TestOperations(t *testing.T) {
	p := aPlan(t, "run-1", 2)
	second := aPlan(t, "run-2", 1)
	at := func(minutes int) time.Time { return clock().Add(time.Duration(minutes) * time.Minute) }
	entries := []journal.Entry{
		{At: at(0), Op: "run-1", Event: journal.Override, Reason: "I know"},
		{At: at(1), Op: "run-1", Event: journal.Begin, Who: "admin", Plan: p},
		{At: at(2), Op: "run-1", Event: journal.Intent, Step: "1"},
		{At: at(3), Op: "run-1", Event: journal.Sent, Step: "1"},
		{At: at(4), Op: "run-1", Event: journal.Refused, Step: "1"},
		{At: at(5), Op: "run-1", Event: journal.Intent, Step: "1"},
		{At: at(6), Op: "run-1", Event: journal.Sent, Step: "1"},
		{At: at(7), Op: "run-1", Event: journal.Ack, Step: "1"},
		{At: at(8), Op: "run-1", Event: journal.Trouble, Say: failover.Say("no line")},
		{At: at(9), Event: journal.Note, Reason: "for nobody in particular"},
		{At: at(10), Op: "unknown", Event: journal.Ack, Step: "1"},
		{At: at(11), Op: "run-1", Event: journal.Verified, Step: "1", OldUntil: at(60), OldUntilOpen: true},
		{At: at(12), Op: "run-1", Event: journal.End, Result: journal.Done},
		{At: at(13), Op: "run-2", Event: journal.Begin, Plan: second},
		{At: at(14), Op: "run-2", Event: journal.Intent, Step: "1"},
	}
	want := []journal.Operation{{
		ID: "run-1", Plan: *p, Who: "admin", Started: at(1), Ended: at(12), Result: journal.Done,
		Steps: map[string]failover.StepState{"1": failover.Verified, "2": failover.Pending}, Lost: map[string]bool{},
		Acked: map[string]time.Time{"1": at(7)}, OldUntil: map[string]time.Time{"1": at(60)}, OldOpen: map[string]bool{"1": true},
		Trouble: failover.Say("no line"),
	}, {
		ID: "run-2", Plan: *second, Started: at(13), Steps: map[string]failover.StepState{"1": failover.Intent}, Lost: map[string]bool{},
		Acked: map[string]time.Time{}, OldUntil: map[string]time.Time{}, OldOpen: map[string]bool{},
	}}
	got := journal.Operations(entries)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	open, ok := journal.Unfinished(entries)
	if !ok || open.ID != "run-2" || !open.Open() || open.Touched() {
		t.Errorf("unfinished: %v, touched %v", open.ID, open.Touched())
	}
	if _, ok := journal.Unfinished(entries[:13]); ok {
		t.Error("a run that ended is open")
	}
}

// At which entries a run may have reached the host.
func TestTouched(t *testing.T) {
	begin := journal.Entry{Op: "run-1", Event: journal.Begin, Plan: aPlan(t, "run-1", 2)}
	for _, c := range []struct {
		events []journal.Event
		want   bool
	}{
		{nil, false},
		{[]journal.Event{journal.Intent}, false},
		{[]journal.Event{journal.Intent, journal.Sent}, true},
		{[]journal.Event{journal.Intent, journal.Sent, journal.Refused}, false},
		{[]journal.Event{journal.Intent, journal.Sent, journal.Refused, journal.Intent, journal.Sent}, true},
		// The answer to the first request never came: a refusal of the second says nothing about it.
		{[]journal.Event{journal.Intent, journal.Sent, journal.Intent}, true},
		{[]journal.Event{journal.Intent, journal.Sent, journal.Intent, journal.Sent, journal.Refused}, true},
		{[]journal.Event{journal.Intent, journal.Sent, journal.Ack}, true},
		{[]journal.Event{journal.Ack}, true},
		{[]journal.Event{journal.Ack, journal.Verified}, true},
	} {
		entries := []journal.Entry{begin}
		for _, e := range c.events {
			entries = append(entries, journal.Entry{Op: "run-1", Event: e, Step: "2"})
		}
		op, open := journal.Unfinished(entries)
		if !open || op.Touched() != c.want {
			t.Errorf("%v: touched %v", c.events, op.Touched())
		}
	}
}

// A send route is moved here, at once: an intent may be all that the journal tells of it.
func TestTouchedByARoute(t *testing.T) {
	p := aPlan(t, "run-1", 1)
	p.Routes = []failover.RouteStep{{ID: "r1", Domain: "example.test.", Before: failover.Primary, After: failover.Secondary}}
	for _, c := range []struct {
		events []journal.Event
		state  failover.StepState
		want   bool
	}{
		{nil, failover.Pending, false},
		{[]journal.Event{journal.Intent}, failover.Intent, true},
		{[]journal.Event{journal.Intent, journal.Refused}, failover.Pending, false},
		{[]journal.Event{journal.Intent, journal.Ack}, failover.Ack, true},
	} {
		entries := []journal.Entry{{Op: "run-1", Event: journal.Begin, Plan: p}}
		for _, e := range c.events {
			entries = append(entries, journal.Entry{Op: "run-1", Event: e, Step: "r1"})
		}
		op, open := journal.Unfinished(entries)
		if !open || op.Touched() != c.want || op.Steps["r1"] != c.state || op.Steps["1"] != failover.Pending {
			t.Errorf("%v: touched %v, %v", c.events, op.Touched(), op.Steps)
		}
	}
}

// A saved plan can be applied again: the two runs have one ID and are two.
func TestOneIDTwice(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal"))
	for _, result := range []journal.Result{journal.Aborted, journal.Done} {
		add(t, j, journal.Entry{Op: "run-1", Event: journal.Begin, Plan: aPlan(t, "run-1", 1)},
			journal.Entry{Op: "run-1", Event: journal.End, Result: result})
	}
	ops := journal.Operations(j.Entries())
	if len(ops) != 2 || ops[0].Result != journal.Aborted || ops[1].Result != journal.Done {
		t.Errorf("%+v", ops)
	}
}
