package failovertest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/hosttest"
	"lifeboat/failover/failovertest"
)

const zone = "contract.example."

// TestContract holds the fake to what every real host is held to.
func TestContract(t *testing.T) {
	for name, caps := range map[string]dnshost.Capabilities{
		"swaps and locks": {CompareAndSwap: true, LockRecord: true},
		"only locks":      {LockRecord: true},
		"only writes":     {},
		"interactive":     {Interactive: true},
	} {
		t.Run(name, func(t *testing.T) { hosttest.Run(t, subject(caps)) })
	}
}

func subject(caps dnshost.Capabilities) hosttest.Subject {
	a := failovertest.NewAuthority(zone)
	a.Put(hosttest.Records(zone)...)
	s := hosttest.Subject{
		Zone: zone, Foreign: "www.other.example.", Capabilities: caps,
		Credentials: []hosttest.Credential{hosttest.Wrong, hosttest.ReadOnly},
		Faults:      []hosttest.Fault{hosttest.LostReply, hosttest.LostRequest, hosttest.Unreachable, hosttest.Throttled},
		Open:        func(_ testing.TB, with hosttest.With) dnshost.Host { return open(a, caps, with) },
		Snapshot:    func(testing.TB) []string { return hosttest.Lines(a.Records(zone)...) },
		Put:         func(_ testing.TB, set failover.RRset) { a.Put(set) },
		Changes:     func(testing.TB) int { return a.Changes() },
		Secrets:     func() []string { return nil },
	}
	if caps.Interactive {
		s.Person = func(testing.TB) func(dnshost.Progress) { return func(dnshost.Progress) {} }
	}
	return s
}

func open(a *failovertest.Authority, caps dnshost.Capabilities, with hosttest.With) dnshost.Host {
	h := failovertest.NewHost(a, caps)
	if caps.Interactive {
		h.Person = func(_ context.Context, c dnshost.Change) { a.Put(c.After) }
	}
	all := []failovertest.Op{failovertest.Zone, failovertest.Read, failovertest.Apply, failovertest.Lock, failovertest.ReadLock, failovertest.Unlock}
	changing := []failovertest.Op{failovertest.Apply, failovertest.Lock, failovertest.Unlock}
	switch with.Credential {
	case hosttest.Wrong:
		h.Always(failovertest.Rejected(), all...)
	case hosttest.ReadOnly:
		h.Always(failovertest.ReadOnly(), changing...)
	case hosttest.Right:
	}
	once := func(f failovertest.Fault) {
		for _, op := range changing {
			h.Script(op, f)
		}
	}
	switch with.Fault {
	case hosttest.LostReply:
		once(failovertest.LostReply())
	case hosttest.LostRequest:
		once(failovertest.LostRequest())
	case hosttest.Unreachable:
		h.Always(failovertest.Unreachable(), all...)
	case hosttest.Throttled:
		h.Always(failovertest.Throttled(), all...)
	case hosttest.NoFault, hosttest.ThrottledBriefly, hosttest.Silent:
	}
	return h
}

func mx(host string) failover.RRset {
	return failover.NewRRset(zone, "MX", 300, "10 "+host)
}

func TestFaultsGoOneCallAtATime(t *testing.T) {
	a := failovertest.NewAuthority(zone)
	a.Put(mx("a.test."))
	h := failovertest.NewHost(a, dnshost.Capabilities{CompareAndSwap: true})
	h.Script(failovertest.Apply, failovertest.Throttled(), failovertest.Fault{}, failovertest.Stale(), failovertest.ReadOnly())
	h.Always(failovertest.Unreachable(), failovertest.Apply)
	change := dnshost.Change{Zone: zone, Before: mx("a.test."), After: mx("b.test.")}
	for i, want := range []error{failover.ErrThrottled, nil, failover.ErrStale, failover.ErrReadOnly, failover.ErrUnreachable, failover.ErrUnreachable} {
		if err := h.Apply(t.Context(), change); !errors.Is(err, want) {
			t.Errorf("call %d: %v, want %v", i, err, want)
		}
	}
	h.Always(failovertest.Fault{}, failovertest.Apply)
	if err := h.Apply(t.Context(), change); err != nil || h.Changes() != 1 || h.Calls(failovertest.Apply) != 7 {
		t.Errorf("%v after %d calls and %d changes", err, h.Calls(failovertest.Apply), h.Changes())
	}
}

func TestLateRequest(t *testing.T) {
	a := failovertest.NewAuthority(zone)
	a.Put(mx("a.test."))
	h := failovertest.NewHost(a, dnshost.Capabilities{CompareAndSwap: true, LockRecord: true})
	lock := dnshost.Lock{Operation: "run-1", Owner: "a", Expires: time.Unix(1e9, 0)}
	change := dnshost.Change{Zone: zone, Before: mx("a.test."), After: mx("b.test."), Lock: lock}
	late := func() {
		t.Helper()
		if err := h.Lock(t.Context(), zone, lock, nil); err != nil {
			t.Fatal(err)
		}
		h.Script(failovertest.Apply, failovertest.LateRequest())
		if err := h.Apply(t.Context(), change); !errors.Is(err, failover.ErrUncertain) || !a.Get(change.After.Key).Equal(change.Before) {
			t.Fatalf("%v; %v", err, a.Get(change.After.Key))
		}
	}
	late()
	if err := h.Unlock(t.Context(), zone, lock); err != nil {
		t.Fatal(err)
	}
	if n := h.Arrive(); n != 0 {
		t.Errorf("%d late requests were carried out although their lock is gone", n)
	}
	late()
	if n := h.Arrive(); n != 1 || !a.Get(change.After.Key).Equal(change.After) {
		t.Errorf("%d late requests were carried out", n)
	}
}

func TestHangingEndsWithItsContext(t *testing.T) {
	a := failovertest.NewAuthority(zone)
	h := failovertest.NewHost(a, dnshost.Capabilities{})
	ctx, cancel := context.WithCancel(t.Context())
	h.Script(failovertest.Apply, failovertest.Fault{Hang: true, First: cancel})
	err := h.Apply(ctx, dnshost.Change{Zone: zone, Before: failover.NewRRset(zone, "MX", 0), After: mx("b.test.")})
	if !errors.Is(err, failover.ErrUncertain) || !errors.Is(err, context.Canceled) || h.Changes() != 0 {
		t.Errorf("%v, %d changes", err, h.Changes())
	}
}

// Without compare-and-swap a change in the window is overwritten: that is what the
// capability is for.
func TestWindow(t *testing.T) {
	a := failovertest.NewAuthority(zone)
	a.Put(mx("a.test."))
	h := failovertest.NewHost(a, dnshost.Capabilities{})
	h.Window = func() { a.Put(mx("colleague.test.")) }
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: mx("a.test."), After: mx("b.test.")}); err != nil {
		t.Fatal(err)
	}
	past := a.Past(mx("").Key)
	if !past[len(past)-1].Equal(mx("colleague.test.")) || !a.Get(mx("").Key).Equal(mx("b.test.")) {
		t.Errorf("past %v", past)
	}
}

func TestViewerLagsAndFallsSilent(t *testing.T) {
	a := failovertest.NewAuthority(zone)
	a.Put(mx("a.test."))
	quick, slow, stuck := failovertest.NewServer("ns1.test", "192.0.2.1"), failovertest.NewServer("ns2.test", "192.0.2.2"), failovertest.NewServer("ns3.test", "192.0.2.3")
	v := failovertest.NewViewer(a, quick, slow, stuck)
	slow.Lag(2)
	stuck.Lag(-1)
	a.Put(mx("b.test."), failover.NewRRset("new."+zone, "MX", 300, "10 b.test."))
	for _, key := range []failover.Key{mx("").Key, {Name: "new." + zone, Type: "MX"}} {
		for i, want := range []int{1, 1, 2, 2} {
			views, err := v.Look(t.Context(), zone, key)
			if err != nil {
				t.Fatal(err)
			}
			if got := views[0].With(a.Get(key)); got != want || views[0].Asked() != 3 {
				t.Errorf("%s, look %d: %d of %d servers give the new set, want %d", key, i, got, views[0].Asked(), want)
			}
		}
	}
	slow.Be(failover.Lame)
	quick.Be(failover.NoIPv6)
	views, err := v.Look(t.Context(), zone, mx("").Key)
	if err != nil || views[0].With(mx("b.test.")) != 0 || views[0].Asked() != 2 {
		t.Errorf("%+v, %v", views, err)
	}
	v.Fail(failovertest.Unreachable().Err)
	if _, err := v.Look(t.Context(), zone, mx("").Key); !errors.Is(err, failover.ErrUnreachable) {
		t.Error(err)
	}
}

func TestClock(t *testing.T) {
	start := time.Date(2026, 7, 30, 12, 0, 0, 0, time.UTC)
	c := failovertest.NewClock(start)
	if err := c.Sleep(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := c.Now().Sub(start); got != time.Hour || !slices.Equal(c.Slept(), []time.Duration{time.Hour}) {
		t.Errorf("%v, %v", got, c.Slept())
	}
}
