package hosttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

func (f *fixture) switching() dnshost.Change {
	return dnshost.Change{Before: f.primary(), After: f.secondary()}
}

// testLostReply: the change was made and nobody said so. The error says that
// nothing is known, reading tells, and the same change again is none.
func testLostReply(t *testing.T, f *fixture) {
	h := f.Open(t, With{Fault: LostReply})
	err := f.apply(t.Context(), t, h, f.switching())
	f.refused(t, "a change whose answer is lost", err, failover.ErrUncertain)
	f.holds(t, f.secondary())
	if got := f.read(t, h, f.primary().Key); !got.Equal(f.secondary()) {
		t.Errorf("afterwards the host reads %v", got)
	}
	f.quiet(t, "the same change again", func() {
		if err := f.apply(t.Context(), t, h, f.switching()); err != nil {
			t.Errorf("the same change again: %v", err)
		}
	})
	if !f.Capabilities.LockRecord {
		return
	}
	mine := lock("run-1", "ann@desk")
	h = f.Open(t, With{Fault: LostReply})
	err = h.Lock(t.Context(), f.Zone, mine, nil)
	f.refused(t, "a lock whose answer is lost", err, failover.ErrUncertain)
	f.isLocked(t, mine)
	f.quiet(t, "the same lock again", func() {
		if err := h.Lock(t.Context(), f.Zone, mine, nil); err != nil {
			t.Errorf("the same lock again: %v", err)
		}
	})
	h = f.Open(t, With{Fault: LostReply})
	err = h.Unlock(t.Context(), f.Zone, mine)
	f.refused(t, "an unlocking whose answer is lost", err, failover.ErrUncertain)
	if l := f.readLock(t); l != nil {
		t.Errorf("the lock is still %v", l)
	}
}

// testLostRequest: the change was sent and never arrived, which looks the same.
func testLostRequest(t *testing.T, f *fixture) {
	h := f.Open(t, With{Fault: LostRequest})
	err := f.apply(t.Context(), t, h, f.switching())
	f.refused(t, "a change that is lost", err, failover.ErrUncertain)
	f.untouched(t)
	if got := f.read(t, h, f.primary().Key); !got.Equal(f.primary()) {
		t.Errorf("afterwards the host reads %v", got)
	}
	if err := f.apply(t.Context(), t, h, f.switching()); err != nil {
		t.Errorf("the same change again: %v", err)
	}
	f.holds(t, f.secondary())
}

// everything calls each method of a host that asks the server.
func (f *fixture) everything(t testing.TB, h dnshost.Host) map[string]error {
	_, zone := h.Zone(t.Context(), f.Zone)
	_, read := h.Read(t.Context(), f.Zone, []failover.Key{f.primary().Key})
	errs := map[string]error{
		"finding the zone": zone, "reading": read,
		"changing": f.apply(t.Context(), t, h, f.switching()),
	}
	if f.Capabilities.LockRecord {
		_, readLock := h.ReadLock(t.Context(), f.Zone)
		errs["reading the lock"] = readLock
		errs["locking"] = h.Lock(t.Context(), f.Zone, lock("run-1", "ann@desk"), nil)
		errs["unlocking"] = h.Unlock(t.Context(), f.Zone, lock("run-1", "ann@desk"))
	}
	return errs
}

func (f *fixture) allRefused(t testing.TB, with With, kind error) {
	t.Helper()
	f.quiet(t, "what is refused", func() {
		for what, err := range f.everything(t, f.Open(t, with)) {
			f.refused(t, what, err, kind)
		}
	})
	f.untouched(t)
}

func testUnreachable(t *testing.T, f *fixture) {
	f.allRefused(t, With{Fault: Unreachable}, failover.ErrUnreachable)
}

// testSilent: whoever waits can give up, and knows that nothing was changed as long
// as only questions were sent.
func testSilent(t *testing.T, f *fixture) {
	h := f.Open(t, With{Fault: Silent})
	f.quiet(t, "asking a silent server", func() {
		for _, call := range []func(context.Context) error{
			func(ctx context.Context) error { return f.apply(ctx, t, h, f.switching()) },
			func(ctx context.Context) error {
				_, err := h.Read(ctx, f.Zone, []failover.Key{f.primary().Key})
				return err
			},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			err := call(ctx)
			cancel()
			f.refused(t, "a silent server", err, failover.ErrUnreachable)
		}
	})
	f.untouched(t)
}

func testCancelled(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.quiet(t, "what was called off", func() {
		err := f.apply(ctx, t, f.host, f.switching())
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a change that was called off: %v", err)
		}
		_, err = f.host.Read(ctx, f.Zone, []failover.Key{f.primary().Key})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a reading that was called off: %v", err)
		}
	})
	f.untouched(t)
}

func testThrottledBriefly(t *testing.T, f *fixture) {
	h := f.Open(t, With{Fault: ThrottledBriefly})
	if err := f.apply(t.Context(), t, h, f.switching()); err != nil {
		t.Errorf("a change after a short wait: %v", err)
	}
	f.holds(t, f.secondary())
}

func testThrottled(t *testing.T, f *fixture) {
	f.allRefused(t, With{Fault: Throttled}, failover.ErrThrottled)
}

func testWrongCredential(t *testing.T, f *fixture) {
	f.allRefused(t, With{Credential: Wrong}, failover.ErrCredential)
}

func testReadOnly(t *testing.T, f *fixture) {
	h := f.Open(t, With{Credential: ReadOnly})
	f.quiet(t, "a read-only credential", func() {
		if got := f.read(t, h, f.primary().Key); !got.Equal(f.primary()) {
			t.Errorf("it reads %v", got)
		}
		if zone, err := h.Zone(t.Context(), f.Zone); err != nil || zone != f.Zone {
			t.Errorf("it finds the zone %q, %v", zone, err)
		}
		err := f.apply(t.Context(), t, h, f.switching())
		f.refused(t, "changing", err, failover.ErrReadOnly)
		if !f.Capabilities.LockRecord {
			return
		}
		err = h.Lock(t.Context(), f.Zone, lock("run-1", "ann@desk"), nil)
		f.refused(t, "locking", err, failover.ErrReadOnly)
		if l, err := h.ReadLock(t.Context(), f.Zone); l != nil || err != nil {
			t.Errorf("it reads the lock %v, %v", l, err)
		}
	})
	f.untouched(t)
}
