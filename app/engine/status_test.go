package engine_test

import (
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/journal"
	"lifeboat/failover/lab"
)

// look asks for the domain's status.
func (o *office) look() (engine.Status, engine.DomainStatus) {
	o.t.Helper()
	st, err := o.Status(o.t.Context(), nil)
	if err != nil || len(st.Domains) != 1 {
		o.t.Fatalf("%+v, %v", st, err)
	}
	return st, st.Domains[0]
}

func TestStatus(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	st, d := o.look()
	if d.Route != failover.RoutePrimary || d.Provider != "Harbormail" || d.Secondary == "" || d.SwitchSecs != 300 || d.Disagree || len(d.MX.Answers) != 3 ||
		d.Emergency == nil || len(st.Runs) != 0 || st.Open != nil || !d.Countdown.IsZero() {
		t.Errorf("in calm: %+v", st)
	}
	if d.Ready.Allowed || len(d.Ready.Unknown) == 0 {
		t.Errorf("ready although nobody has looked: %+v", d.Ready)
	}
	if _, err := o.Check(t.Context(), engine.CheckRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, d = o.look(); !d.Ready.Allowed {
		t.Errorf("not ready: %+v", d.Ready)
	}
	began := time.Now()
	out := o.done(o.failover())
	st, d = o.look()
	if d.Route != failover.RouteSecondary || d.Provider != o.world.Domain().Secondary.Name || d.CountdownOpen ||
		d.Countdown.Before(began.Add(299*time.Second)) || d.Countdown.After(time.Now().Add(301*time.Second)) {
		t.Errorf("switched: %+v", d)
	}
	if len(st.Runs) != 1 || st.Runs[0].ID != out.Operation || st.Runs[0].Result != journal.Done || st.Runs[0].Who != "practice@lab" {
		t.Errorf("runs: %+v", st.Runs)
	}
	if d.Ready.Allowed {
		t.Error("ready for the way home although nobody has looked at the primary")
	}
	// A run that came to nothing takes nothing away from what is known of the last.
	lock := dnshost.Lock{Operation: "x", Owner: "eve@elsewhere", Expires: time.Now().Add(time.Hour)}
	if err := o.world.Put(failover.NewRRset(dnshost.LockName("example.test"), "TXT", 60, dnswire.TXT(lock.Text()))); err != nil {
		t.Fatal(err)
	}
	if _, err := o.failback(); err == nil {
		t.Fatal("the lock keeps nobody out")
	}
	st, again := o.look()
	if !again.Countdown.Equal(d.Countdown) || len(st.Runs) != 2 || st.Runs[0].Result != journal.Aborted || st.Runs[0].Trouble.IsZero() && st.Open != nil {
		t.Errorf("after a run that came to nothing: %+v", st)
	}
}

func TestStatusOfStrangeRoutes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d := o.world.Domain()
	for want, mx := range map[failover.Route][]failover.MX{
		failover.RouteForeign: {{Preference: 10, Host: "mx.elsewhere.test."}},
		failover.RouteMixed:   {d.Primary.MX[0], d.Secondary.MX[0]},
		failover.RouteNone:    nil,
	} {
		if err := o.world.Put(failover.MXSet(d.Name, 300, mx)); err != nil {
			t.Fatal(err)
		}
		if _, got := o.look(); got.Route != want || !got.Problem.IsZero() {
			t.Errorf("%s: %+v", want, got)
		}
		before := o.zone()
		_, err := o.failover(func(r *engine.SwitchRequest) { r.Confirm = func(engine.Preview) (bool, error) { return false, nil } })
		switch want {
		case failover.RouteForeign:
			o.refused(before, err, failover.ErrBlocked, "mx.elsewhere.test", "--replace-mx")
		case failover.RouteMixed:
			o.refused(before, err, failover.ErrBlocked, "same preference")
		default:
			o.refused(before, err, engine.ErrDeclined)
		}
	}
}

func (o *office) verify() []engine.Verification {
	o.t.Helper()
	v, err := o.Verify(o.t.Context(), nil)
	if err != nil || len(v) == 0 {
		o.t.Fatalf("%+v, %v", v, err)
	}
	return v
}

func TestVerify(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if v := o.verify(); len(v) != 1 || !v[0].Good() || v[0].Run != "" || v[0].Right != 3 || v[0].Asked != 3 || !v[0].Until.IsZero() {
		t.Errorf("in calm: %+v", v)
	}
	out := o.done(o.failover())
	if v := o.verify(); !v[0].Good() || v[0].Run != out.Operation || v[0].Open || time.Until(v[0].Until) < time.Minute {
		t.Errorf("switched: %+v", v)
	}
	ns3 := o.world.Nameservers()[2]
	if err := o.world.BreakDNS(ns3, lab.Silent); err != nil {
		t.Fatal(err)
	}
	if v := o.verify(); !v[0].Good() || v[0].Right != 2 || v[0].Asked != 3 || len(v[0].Silent) != 1 || v[0].Silent[0].Server != ns3 || !v[0].Open {
		t.Errorf("a silent server: %+v", v)
	}
	if err := o.world.BreakDNS(ns3, lab.None); err != nil {
		t.Fatal(err)
	}
	// Somebody changes the records behind our back.
	foreign := failover.MXSet(mx.Name, 600, []failover.MX{{Preference: 10, Host: "mx.elsewhere.test"}})
	if err := o.world.Put(foreign); err != nil {
		t.Fatal(err)
	}
	if v := o.verify(); v[0].Good() || len(v[0].Wrong) != 3 || !v[0].Want.Equal(out.Steps[0].Step.After) || time.Until(v[0].Until) < 9*time.Minute {
		t.Errorf("changed by somebody: %+v", v)
	}
	for _, s := range o.world.Nameservers() {
		if err := o.world.BreakDNS(s, lab.Refuse); err != nil {
			t.Fatal(err)
		}
	}
	if v := o.verify(); v[0].Good() || v[0].Problem.IsZero() {
		t.Errorf("nobody answers: %+v", v)
	}
}

// The domain's MX is verified also when the last run was about other records, and
// what a run has not reached is not held against the servers.
func TestVerifyLooksAtTheMX(t *testing.T) {
	t.Parallel()
	o := newOfficeIn(t, lab.Options{Interval: -1, Unprepared: true})
	out := o.done(o.change(failover.Prepare))
	v := o.verify()
	if len(out.Steps) == 0 || len(v) != len(out.Steps)+1 || v[0].Want.Key != mx {
		t.Fatalf("%+v\n%+v", out.Steps, v)
	}
	for _, v := range v {
		if !v.Good() {
			t.Errorf("%+v", v)
		}
	}
}

func TestVerifyAnOpenRun(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.unprepared()
	o.interrupt(2)
	for _, v := range o.verify() {
		if !v.Good() || (v.Run != "") != (v.Want.Key == mx) {
			t.Errorf("%+v", v)
		}
	}
	if _, d := o.look(); d.Countdown.IsZero() || !d.CountdownOpen {
		t.Errorf("what was changed and not verified: %+v", d)
	}
}
