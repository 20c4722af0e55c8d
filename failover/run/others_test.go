package run_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest"
	"lifeboat/failover/journal"
	"lifeboat/failover/run"
)

// What a run makes of hosts, servers and people with ways of their own.

// bending is a host that takes no TTL above a bound, and says so only when read.
type bending struct {
	*failovertest.Host
	authority *failovertest.Authority
	most      uint32
}

func (h bending) Apply(ctx context.Context, c dnshost.Change) error {
	if err := h.Host.Apply(ctx, c); err != nil {
		return err
	}
	if c.After.TTL <= h.most {
		return nil
	}
	bent := c.After
	bent.TTL = h.most
	h.authority.Put(bent)
	return dnshost.Unsettled("the host", c.After, bent)
}

func TestHostThatBendsTTLs(t *testing.T) {
	w := newWorld(swapping)
	r := w.runner()
	r.HostOf = func(string) (dnshost.Host, error) { return bending{w.host, w.authority, 60}, nil }
	out, err := r.Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	if err != nil || !out.Done || out.Changes != 2 || states(out) != "verified verified" {
		t.Fatalf("%v, %+v", err, out)
	}
	for _, s := range out.Steps {
		if !s.Problem.IsZero() || len(s.Unverified) > 0 {
			t.Errorf("%+v", s)
		}
	}
	say := "example.test MX is served with a TTL of 60 seconds, not 300: the DNS host keeps TTLs of its own; its records are right"
	if !w.told(say) || !slices.ContainsFunc(w.log.Entries(), func(e journal.Entry) bool { return e.Event == journal.Note && e.Say.String() == say }) {
		t.Errorf("nobody is told: %v", w.log.story())
	}
	if p := w.plan(t, failover.Failover); len(p.Steps) != 0 {
		t.Errorf("a second plan has steps: %v", p.Steps)
	}
	back, err := w.inverse()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := r.Apply(t.Context(), back, run.Options{}); err != nil || !out.Done || states(out) != "verified verified" {
		t.Fatalf("%v, %+v", err, out)
	}
	if got := w.authority.Get(mxOf("example.test.")); w.domains[0].RouteOf(got) != failover.RoutePrimary {
		t.Errorf("%v", got)
	}
}

// Somebody gave the set another TTL between the plan and the yes: the records are as
// the plan found them.
func TestTTLChangedSinceThePlan(t *testing.T) {
	w := newWorld(swapping)
	p := w.plan(t, failover.Failover)
	old := w.atPrimary(0)
	old.TTL = 86400
	w.authority.Put(old)
	w.viewer = failovertest.NewViewer(w.authority, w.servers...)
	w.viewer.Now = w.clock.Now
	out := w.apply(t, p)
	if !out.Done || out.Changes != 2 {
		t.Errorf("%+v", out)
	}
	w.switched(t)
}

// One domain's records were changed by somebody else before the run came to them. The
// other's way back stays open, with the run open and with it closed.
func TestForeignStepLeavesAWayBack(t *testing.T) {
	w := newWorld(swapping, "a.test.", "b.test.")
	p := w.plan(t, failover.Failover)
	foreign := failover.NewRRset("b.test", "MX", 300, "10 third.test.")
	w.authority.Put(foreign)
	_, err := w.runner().Apply(t.Context(), p, run.Options{})
	isKind(t, err, failover.ErrSurprise, "b.test MX was changed by somebody else")
	if _, open := journal.Unfinished(w.log.Entries()); !open {
		t.Fatal("the run is closed")
	}
	back, err := w.inverse()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.runner().Abandon("taken back"); err != nil {
		t.Fatal(err)
	}
	if again, err := w.inverse(); err != nil || len(again.Steps) != len(back.Steps) {
		t.Errorf("once it is closed: %v, %v", again.Steps, err)
	}
	if out := w.apply(t, back); !out.Done || out.Changes != 2 {
		t.Errorf("%+v", out)
	}
	w.is(t, w.atPrimary(0))
	w.is(t, foreign)
}

// The program was killed after its last change, and somebody put the MX back
// meanwhile: the run is not done.
func TestResumeOfAMadeRunLooks(t *testing.T) {
	for name, c := range map[string]struct {
		caps dnshost.Capabilities
		stop int // the number of entries that were written
	}{
		"all made": {swapping, 7}, "verified": {swapping, 9}, "half made": {swapping, 4}, "without a lock": {plain, 7}, "at a console": {console, 7},
	} {
		w := newWorld(c.caps)
		w.host.Person = w.person
		w.log.fullAt = c.stop + 1
		if _, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{}); !errors.Is(err, failover.ErrDisk) {
			t.Fatalf("%s: %v", name, err)
		}
		w.log.fullAt = 0
		w.authority.Put(w.atPrimary(0))
		changes := w.host.Changes()
		out, err := w.runner().Resume(t.Context(), run.Options{})
		isKind(t, err, failover.ErrSurprise, "example.test MX was changed by somebody else")
		if _, open := journal.Unfinished(w.log.Entries()); !open || out.Done || w.host.Changes() != changes || out.Steps[0].Problem.IsZero() {
			t.Errorf("%s: %+v", name, out)
		}
		w.is(t, w.atPrimary(0))
		w.unlocked(t)
	}
}

func TestOverrideOfAResumedRunIsOnRecordFirst(t *testing.T) {
	w := newWorld(swapping)
	w.log.fullAt = 4
	if _, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{}); !errors.Is(err, failover.ErrDisk) {
		t.Fatal(err)
	}
	_, err := w.runner().Resume(t.Context(), run.Options{Override: "I have seen to it"})
	if !errors.Is(err, failover.ErrDisk) || w.host.Changes() != 1 {
		t.Errorf("goes on with the reason not on record: %v, %d changes", err, w.host.Changes())
	}
	w.log.fullAt = 0
	before := len(w.log.Entries())
	if _, err := w.runner().Resume(t.Context(), run.Options{Override: "I have seen to it"}); err != nil {
		t.Fatal(err)
	}
	e := w.log.Entries()[before]
	if e.Event != journal.Override || e.Op != w.lastRun().ID || e.Reason != "I have seen to it" || e.Who != "admin@office" {
		t.Errorf("%+v", e)
	}
}

// A server gives a set that the plan never saw, with a longer TTL: caches have that.
func TestCountdownByWhateverWasServed(t *testing.T) {
	w := newWorld(swapping)
	p := w.plan(t, failover.Failover)
	w.authority.Put(failover.NewRRset("example.test", "MX", 86400, "10 mx.older.test.")) // what the servers know
	w.viewer = failovertest.NewViewer(w.authority, w.servers...)
	w.viewer.Now = w.clock.Now
	w.authority.Put(w.atPrimary(0))
	w.servers[1].Lag(2)
	out := w.apply(t, p)
	if s := out.Steps[0]; s.State != failover.Verified || s.OldUntil.Before(noon.Add(24*time.Hour)) {
		t.Errorf("old answers until %v", s.OldUntil)
	}
}

// widened adds an answer to each view, of an address that could not be asked.
type widened struct {
	*failovertest.Viewer
	more failover.Answer
}

func (v widened) Authoritative(ctx context.Context, zone string, servers []dnsview.Server, key failover.Key) failover.View {
	view := v.Viewer.Authoritative(ctx, zone, servers, key)
	v.more.Set.Key = key
	view.Answers = append(view.Answers, v.more)
	return view
}

func TestServerThatCannotBeAskedKeepsTheEndOpen(t *testing.T) {
	for name, c := range map[string]struct {
		more failover.Answer
		open bool
	}{
		"its other address answers": {failover.Answer{Server: "ns1.test.", Addr: netip.MustParseAddr("2001:db8::1"), State: failover.NoIPv6}, false},
		"IPv6 alone":                {failover.Answer{Server: "ns6.test.", Addr: netip.MustParseAddr("2001:db8::6"), State: failover.NoIPv6}, true},
		"unresolved":                {failover.Answer{Server: "ns6.test.", State: failover.Unresolved}, true},
	} {
		w := newWorld(swapping)
		r := w.runner()
		r.View = widened{w.viewer, c.more}
		out, err := r.Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := out.Steps[0]
		if s.State != failover.Verified || s.Open != c.open || s.OldUntil.Before(noon.Add(time.Hour)) {
			t.Errorf("%s: %s, open %v, until %v", name, s.State, s.Open, s.OldUntil)
		}
	}
}

// wild is a view of a zone with a wildcard: servers make up what is not there.
type wild struct {
	*failovertest.Viewer
	set failover.RRset
}

func (v wild) Authoritative(ctx context.Context, zone string, servers []dnsview.Server, key failover.Key) failover.View {
	view := v.Viewer.Authoritative(ctx, zone, servers, key)
	for i := range view.Answers {
		if a := &view.Answers[i]; key.Name != zone && a.State == failover.Answered && !a.Set.Exists() {
			a.Set = failover.NewRRset(key.Name, v.set.Type, v.set.TTL, v.set.Values...)
		}
	}
	return view
}

// An emergency subdomain under a wildcard MX is made, verified, and taken away again.
func TestEmergencyUnderAWildcard(t *testing.T) {
	w := newWorld(swapping)
	w.servers[1].Lag(3)
	r := w.runner()
	r.View = wild{w.viewer, failover.NewRRset("*.example.test", "MX", 7200, "10 mx1.alpha.test.")}
	out, err := r.Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
	if err != nil || states(out) != "verified verified" {
		t.Fatalf("%v, %+v", err, out)
	}
	if s := out.Steps[1]; s.OldUntil.Before(noon.Add(2 * time.Hour)) {
		t.Errorf("caches have the wildcard's answer until %v", s.OldUntil)
	}
	back, err := w.inverse()
	if err != nil {
		t.Fatal(err)
	}
	out, err = r.Apply(t.Context(), back, run.Options{})
	if err != nil || states(out) != "verified verified" || !out.Steps[0].Problem.IsZero() || !out.Steps[1].Problem.IsZero() {
		t.Errorf("%v, %+v", err, out)
	}
}

// A request was lost at a host that takes requests however late they come. The
// rollback finds all as it was, and must not call it done without a word.
func TestRollbackWarnsOfALateRequest(t *testing.T) {
	lost := func(t *testing.T) *world {
		w := newWorld(plain)
		w.host.Script(failovertest.Apply, failovertest.LateRequest())
		_, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
		isKind(t, err, failover.ErrUncertain, "the fake host's reply is lost")
		return w
	}
	takeBack := func(t *testing.T, w *world, between func()) failover.Outcome {
		back, err := w.inverse()
		if err != nil || len(back.Steps) != 1 || len(back.Notes) != 1 {
			t.Fatalf("%v, %v", back, err)
		}
		if _, err := w.runner().Abandon("taken back"); err != nil {
			t.Fatal(err)
		}
		between()
		return w.apply(t, back)
	}
	const warning = "example.test MX: the answer to an earlier request was lost, and it may still be carried out; give lifeboat verify in a minute"

	w := lost(t)
	out := takeBack(t, w, func() {})
	if !out.Done || out.Changes != 0 || out.Steps[0].Problem.String() != warning {
		t.Errorf("%+v", out)
	}
	if w.host.Arrive() != 1 { // as it was warned
		t.Error("the late request did nothing")
	}

	// It arrives between the plan and the run: that takes it back.
	w = lost(t)
	out = takeBack(t, w, func() { w.host.Arrive() })
	if !out.Done || out.Changes != 1 {
		t.Errorf("%+v", out)
	}
	w.is(t, w.atPrimary(0))

	// Where the host compares and swaps under a lock, a late one does nothing.
	w = newWorld(swapping)
	late := failovertest.LateRequest()
	w.host.Script(failovertest.Apply, late, late, late, late)
	if _, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{}); !errors.Is(err, failover.ErrUncertain) {
		t.Fatal(err)
	}
	if back, err := w.inverse(); err != nil || len(back.Steps) != 0 || len(back.Notes) != 0 {
		t.Errorf("%v, %v", back, err)
	}
}
