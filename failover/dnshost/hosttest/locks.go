package hosttest

import (
	"fmt"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

// readLock returns the lock as a host opened anew reads it.
func (f *fixture) readLock(t testing.TB) *dnshost.Lock {
	t.Helper()
	l, err := f.Open(t, With{}).ReadLock(t.Context(), f.Zone)
	if err != nil {
		t.Fatalf("reading the lock: %v", err)
	}
	return l
}

func (f *fixture) isLocked(t testing.TB, want dnshost.Lock) {
	t.Helper()
	if got := f.readLock(t); got == nil || *got != want {
		t.Fatalf("the lock is %v, not %v", got, want)
	}
}

func (f *fixture) lock(t testing.TB, l dnshost.Lock) {
	t.Helper()
	if err := f.host.Lock(t.Context(), f.Zone, l, nil); err != nil {
		t.Fatalf("taking the lock: %v", err)
	}
}

func testLock(t *testing.T, f *fixture) {
	if l := f.readLock(t); l != nil {
		t.Fatalf("a zone without a lock has %v", l)
	}
	mine := lock("run-1", "ann@desk")
	f.lock(t, mine)
	f.isLocked(t, mine)
	f.quiet(t, "taking one's own lock again", func() { f.lock(t, mine) })

	// The same run, resumed later: the lock is renewed, not refused.
	later := mine
	later.Expires = mine.Expires.AddDate(0, 0, 1)
	f.lock(t, later)
	f.isLocked(t, later)

	if err := f.host.Unlock(t.Context(), f.Zone, later); err != nil {
		t.Fatalf("unlocking: %v", err)
	}
	f.untouched(t)
	f.quiet(t, "unlocking again", func() {
		if err := f.host.Unlock(t.Context(), f.Zone, later); err != nil {
			t.Errorf("unlocking again: %v", err)
		}
	})
	_, err := f.host.ReadLock(t.Context(), f.Foreign)
	f.refused(t, "the lock of a zone that is not ours", err, failover.ErrZone)
}

func testLockHeld(t *testing.T, f *fixture) {
	theirs, mine := lock("run-2", "bob@desk"), lock("run-1", "ann@desk")
	f.lock(t, theirs)
	f.start = f.Snapshot(t)
	f.quiet(t, "a lock that is held", func() {
		err := f.host.Lock(t.Context(), f.Zone, mine, nil)
		f.refused(t, "taking a lock that is held", err, failover.ErrLocked, "bob@desk", "2031-02-03 04:05")
		other := lock("run-3", "eve@desk")
		err = f.host.Lock(t.Context(), f.Zone, mine, &other)
		f.refused(t, "taking over another lock than the one held", err, failover.ErrLocked, "bob@desk")
		older := theirs
		older.Expires = theirs.Expires.AddDate(-1, 0, 0)
		err = f.host.Lock(t.Context(), f.Zone, mine, &older)
		f.refused(t, "taking over a lock that was renewed", err, failover.ErrLocked, "bob@desk")
		if err := f.host.Unlock(t.Context(), f.Zone, mine); err != nil {
			t.Errorf("unlocking somebody else's lock: %v", err)
		}
	})
	f.isLocked(t, theirs)
	f.untouched(t)
}

func testTakeOver(t *testing.T, f *fixture) {
	theirs, mine := lock("run-2", "bob@desk"), lock("run-1", "ann@desk")
	f.lock(t, theirs)
	if err := f.host.Lock(t.Context(), f.Zone, mine, f.readLock(t)); err != nil {
		t.Fatalf("taking over the very lock that is held: %v", err)
	}
	f.isLocked(t, mine)
	if err := f.host.Unlock(t.Context(), f.Zone, theirs); err != nil {
		t.Errorf("the former owner unlocking: %v", err)
	}
	f.isLocked(t, mine)
	if err := f.host.Unlock(t.Context(), f.Zone, mine); err != nil {
		t.Errorf("unlocking: %v", err)
	}
	f.untouched(t)
}

func testUnknownLock(t *testing.T, f *fixture) {
	f.Put(t, failover.NewRRset(f.lockKey().Name, "TXT", TTL, dnswire.TXT("hands off")))
	mine := lock("run-1", "ann@desk")
	held := f.readLock(t)
	if held == nil || held.Operation != "" || held.Owner == "" {
		t.Fatalf("a record that Lifeboat did not write reads as the lock %v", held)
	}
	err := f.host.Lock(t.Context(), f.Zone, mine, nil)
	f.refused(t, "taking somebody unknown's lock", err, failover.ErrLocked, held.Owner)
	if err := f.host.Lock(t.Context(), f.Zone, mine, held); err != nil {
		t.Fatalf("taking it over deliberately: %v", err)
	}
	f.isLocked(t, mine)
}

func testChangeLocked(t *testing.T, f *fixture) {
	theirs, mine := lock("run-2", "bob@desk"), lock("run-1", "ann@desk")
	switching := dnshost.Change{Before: f.primary(), After: f.secondary(), Lock: mine}
	apply := func(c dnshost.Change) error { return f.apply(t.Context(), t, f.host, c) }

	f.quiet(t, "a change without the lock it needs", func() {
		f.refused(t, "changing when the lock is gone", apply(switching), failover.ErrLocked)
	})
	f.lock(t, theirs)
	f.start = f.Snapshot(t)
	f.quiet(t, "a change under somebody else's lock", func() {
		f.refused(t, "changing under somebody else's lock", apply(switching), failover.ErrLocked, "bob@desk")
		bare := switching
		bare.Lock = dnshost.Lock{}
		f.refused(t, "changing without a lock", apply(bare), failover.ErrLocked, "bob@desk")
	})
	f.untouched(t)

	if err := f.host.Lock(t.Context(), f.Zone, mine, &theirs); err != nil {
		t.Fatalf("taking the lock over: %v", err)
	}
	f.start = f.Snapshot(t)
	if err := apply(switching); err != nil {
		t.Fatalf("changing under one's own lock: %v", err)
	}
	f.holds(t, f.secondary())
	f.isLocked(t, mine)
}

// crowd is how many write or lock at once.
const crowd = 12

func testLockers(t *testing.T, f *fixture) {
	locks := make([]dnshost.Lock, crowd)
	errs := atOnce(func(i int) error {
		locks[i] = lock(fmt.Sprintf("run-%d", i), fmt.Sprintf("admin%d@desk", i))
		return f.Open(t, With{}).Lock(t.Context(), f.Zone, locks[i], nil)
	})
	winner := f.oneWins(t, errs, failover.ErrLocked)
	f.isLocked(t, locks[winner])
}

func testNoLock(t *testing.T, f *fixture) {
	mine := lock("run-1", "ann@desk")
	f.quiet(t, "locking", func() {
		if err := f.host.Lock(t.Context(), f.Zone, mine, nil); err != nil {
			t.Errorf("locking: %v", err)
		}
		if l, err := f.host.ReadLock(t.Context(), f.Zone); l != nil || err != nil {
			t.Errorf("the lock reads as %v, %v", l, err)
		}
		if err := f.host.Unlock(t.Context(), f.Zone, mine); err != nil {
			t.Errorf("unlocking: %v", err)
		}
	})
	f.untouched(t)
}
