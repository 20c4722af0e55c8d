package run_test

import (
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/failovertest"
	"lifeboat/failover/run"
)

var bobs = dnshost.Lock{Operation: "run-of-bob", Owner: "bob@desk", Expires: noon.Add(10 * time.Minute)}

func lockOf(w *world, t testing.TB, l dnshost.Lock) {
	t.Helper()
	if err := failovertest.NewHost(w.authority, swapping).Lock(t.Context(), "example.test.", l, nil); err != nil {
		t.Fatal(err)
	}
}

func TestLockHeld(t *testing.T) {
	w := newWorld(swapping)
	lockOf(w, t, bobs)
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrLocked, "example.test is locked by bob@desk until 2026-07-30 12:10 UTC")
	sameStory(t, w.log.story(), "begin", "end aborted")
	w.is(t, w.atPrimary(0))
	if l, err := w.host.ReadLock(t.Context(), "example.test."); err != nil || l == nil || *l != bobs {
		t.Errorf("bob's lock is %v, %v", l, err)
	}

	// Expired, it stands until somebody takes it over deliberately.
	_ = w.clock.Sleep(t.Context(), time.Hour)
	_, err = w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrLocked, "example.test is locked by bob@desk")
	n := len(w.log.Entries())
	out, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{TakeLock: true})
	if err != nil || !out.Done {
		t.Fatal(err)
	}
	sameStory(t, w.log.story()[n:], append([]string{"begin", "lock_taken"}, wholeStory[1:]...)...)
	if say := w.log.Entries()[n+1].Say.String(); say != "the lock of example.test was taken over from bob@desk" {
		t.Error(say)
	}
	w.switched(t)
	w.unlocked(t)
}

func TestLockGivenBackMeanwhile(t *testing.T) {
	w := newWorld(swapping)
	lockOf(w, t, bobs)
	w.host.Script(failovertest.ReadLock, failovertest.After(func() {
		w.authority.Put(failover.RRset{Key: failover.Key{Name: dnshost.LockName("example.test."), Type: "TXT"}})
	}))
	w.apply(t, w.plan(t, failover.Failover))
	sameStory(t, w.log.story(), wholeStory...)
}

// Somebody takes our lock over while we are at work: we stop.
func TestLockTakenFromUs(t *testing.T) {
	w := newWorld(swapping)
	w.host.Script(failovertest.Apply, failovertest.After(func() {
		mine, err := w.host.ReadLock(t.Context(), "example.test.")
		if err != nil || mine == nil || mine.Owner != "admin@office" || !mine.Expires.Equal(noon.Add(30*time.Minute)) {
			t.Errorf("our lock is %+v, %v", mine, err)
		}
		if err := w.host.Lock(t.Context(), "example.test.", bobs, mine); err != nil {
			t.Error(err)
		}
	}))
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrLocked, "example.test is locked by bob@desk")
	sameStory(t, w.log.story(), "begin", "intent 1", "sent 1", "refused 1", "end aborted")
	w.is(t, w.atPrimary(0))
	if l, err := w.host.ReadLock(t.Context(), "example.test."); err != nil || l == nil || *l != bobs {
		t.Errorf("bob's lock is %v, %v", l, err)
	}
}

// A lock that an earlier run of ours left behind is no obstacle.
func TestOwnLeftoverLock(t *testing.T) {
	w := newWorld(swapping)
	w.host.Always(failovertest.Unreachable(), failovertest.Unlock)
	p := w.plan(t, failover.Failover)
	w.apply(t, p)
	if !w.told("the lock record of example.test could not be removed; the next run removes it") {
		t.Error("nobody was told")
	}
	if l, err := w.host.ReadLock(t.Context(), "example.test."); err != nil || l == nil || l.Operation != p.ID {
		t.Fatalf("%v, %v", l, err)
	}
	w.host.Always(failovertest.Fault{}, failovertest.Unlock)
	w.apply(t, w.plan(t, failover.Failback))
	w.unlocked(t)
	// That of a run on another machine, with a journal of its own, is one.
	lockOf(w, t, dnshost.Lock{Operation: p.ID + "x", Owner: "admin@office", Expires: noon})
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrLocked, "example.test is locked by admin@office")
}

func TestLockWhoseReplyIsLost(t *testing.T) {
	for what, f := range map[string]failovertest.Fault{"request": failovertest.LostRequest(), "reply": failovertest.LostReply()} {
		w := newWorld(swapping)
		w.host.Script(failovertest.Lock, f)
		w.host.Script(failovertest.Unlock, f)
		w.apply(t, w.plan(t, failover.Failover))
		sameStory(t, w.log.story(), wholeStory...)
		w.switched(t)
		w.unlocked(t)
		if w.told("the lock record of example.test could not be removed; the next run removes it") {
			t.Errorf("%s: a lost %s of the unlocking passes for a failure", what, what)
		}
	}
	// Again and again: the run is off, and no lock stays.
	w := newWorld(swapping)
	w.host.Always(failovertest.LostReply(), failovertest.Lock)
	_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrUncertain, "the fake host's reply is lost")
	w.unlocked(t)
	sameStory(t, w.log.story(), "begin", "end aborted")
}
