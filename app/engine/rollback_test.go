package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/journal"
	"lifeboat/failover/lab"
)

func (o *office) rollback(change ...func(*engine.RollbackRequest)) (failover.Outcome, error) {
	var req engine.RollbackRequest
	for _, c := range change {
		c(&req)
	}
	return o.Rollback(o.t.Context(), req)
}

func named(id string) func(*engine.RollbackRequest) {
	return func(r *engine.RollbackRequest) { r.Operation = id }
}

// tripwire is a DNS host that lets go, once, of what it was asked to change: the
// request is not made, and the context ends, as it does at Ctrl-C.
type tripwire struct {
	dnshost.Host
	cancel  context.CancelFunc
	at      int // the change that is not made; 1 is the first
	changes int
}

func (h *tripwire) Apply(ctx context.Context, c dnshost.Change) error {
	if h.changes++; h.changes == h.at {
		h.cancel()
	}
	return h.Host.Apply(ctx, c)
}

// interrupt begins a failover and stops it at a change; what was changed before is
// changed.
func (o *office) interrupt(at int, change ...func(*engine.SwitchRequest)) failover.Outcome {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	defer cancel()
	e := o.another(func(p *engine.Options) {
		whole := p.MakeHost
		p.MakeHost = func(ctx context.Context, d configs.Domain) (dnshost.Host, error) {
			h, err := whole(ctx, d)
			return &tripwire{Host: h, cancel: cancel, at: at}, err
		}
	})
	req := engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failover}}
	for _, c := range change {
		c(&req)
	}
	out, err := e.Switch(ctx, req)
	oneSentence(o.t, err, failover.ErrWaiting, "stopped", "same command again")
	if op, open := journal.Unfinished(o.entries()); !open || op.ID != out.Operation {
		o.t.Fatalf("the run is not open: %s", o.events())
	}
	return out
}

// unprepared makes the emergency subdomain lead to the primary, so that a failover
// has two sets to change.
func (o *office) unprepared() {
	o.t.Helper()
	set := o.world.Truth(mx.Name, mx.Type)
	set.Name = emergency.Name
	if err := o.world.Put(set); err != nil {
		o.t.Fatal(err)
	}
}

// mail is what both sets are now.
func (o *office) mail() [2]string {
	return [2]string{o.world.Truth(mx.Name, mx.Type).String(), o.world.Truth(emergency.Name, emergency.Type).String()}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.unprepared()
	before := o.mail()
	first := o.done(o.failover())
	after := o.mail()
	out := o.done(o.rollback(func(r *engine.RollbackRequest) { r.Override = "nothing to overrule" }))
	if o.mail() != before || out.Plan.Kind != failover.Rollback || out.Plan.Reverts != first.Operation || out.Changes != 2 {
		t.Errorf("taken back: %v\n%+v", o.mail(), out)
	}
	if len(o.overrides()) > 0 {
		t.Errorf("nothing was overruled, and the journal says so: %q", o.overrides())
	}
	zone := o.zone()
	_, err := o.rollback()
	o.refused(zone, err, failover.ErrInvalid, "rollback already", "lifeboat status")
	// A rollback is taken back as any other run, when it is named.
	back := o.done(o.rollback(named(out.Operation)))
	if o.mail() != after {
		t.Errorf("the rollback taken back: %v", o.mail())
	}
	// And so is any run: that of the first is the same as that of the last.
	o.done(o.rollback(named(first.Operation)))
	if o.mail() != before {
		t.Errorf("the first run taken back: %v", o.mail())
	}
	// What is as it was before a run needs nothing.
	if again := o.done(o.rollback(named(back.Operation))); again.Changes != 0 || o.mail() != before {
		t.Errorf("taken back twice: %+v", again)
	}
}

func TestRollbackRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	zone := o.zone()
	_, err := o.rollback()
	o.refused(zone, err, failover.ErrInvalid, "nothing was changed yet")
	_, err = o.rollback(named("20260101T000000-abcdef"))
	o.refused(zone, err, failover.ErrInvalid, "20260101T000000-abcdef", "lifeboat status")
	_, err = o.rollback(func(r *engine.RollbackRequest) { r.Abandon = "a whim" })
	o.refused(zone, err, failover.ErrInvalid, "no run is open")

	// Mail is not led back to where it is known to be refused.
	o.done(o.failover())
	zone = o.zone()
	o.world.SetRecipient(failover.Primary, "office@example.test", false)
	_, err = o.rollback()
	o.refused(zone, err, failover.ErrBlocked, "office@example.test")
	o.world.SetRecipient(failover.Primary, "office@example.test", true)

	_, err = o.rollback(func(r *engine.RollbackRequest) {
		r.Confirm = func(pre engine.Preview) (bool, error) {
			if len(pre.Plan.Steps) != 1 || !pre.Judgements[mx.Name].Allowed {
				t.Errorf("the admin is asked about %+v", pre)
			}
			return false, nil
		}
	})
	o.refused(zone, err, engine.ErrDeclined)

	// Somebody else has been here since.
	set := failover.MXSet(mx.Name, 60, []failover.MX{{Preference: 5, Host: "mx.colleague.test"}})
	if err := o.world.Put(set); err != nil {
		t.Fatal(err)
	}
	zone = o.zone()
	_, err = o.rollback()
	o.refused(zone, err, failover.ErrSurprise, "10 mx1.harbormail.test.", "10 mx1.lighthouse.test.", "5 mx.colleague.test.")
}

// The way back stays open when nobody can look; only a known refusal shuts it.
func TestRollbackWithoutALine(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.done(o.failover())
	o.world.SetLine(lab.Line{Blocked: []uint16{25}})
	o.done(o.rollback())
	o.is(failover.RoutePrimary)
}

func TestRollbackOverruled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.done(o.failover())
	o.world.SetRecipient(failover.Primary, "office@example.test", false)
	out := o.done(o.rollback(func(r *engine.RollbackRequest) { r.Override = "office has left" }))
	o.is(failover.RoutePrimary)
	if got := o.overrides(); !slices.Equal(got, []string{out.Operation + " practice@lab office has left"}) {
		t.Errorf("the journal has %q", got)
	}
}

// A run that was interrupted between two sets is taken back or gone on with, and
// nothing else begins meanwhile.
func TestInterruptedRun(t *testing.T) {
	t.Parallel()
	for _, at := range []int{1, 2} {
		o := newOffice(t)
		o.unprepared()
		before := o.mail()
		open := o.interrupt(at)

		zone := o.zone()
		_, err := o.failback()
		o.refused(zone, err, failover.ErrBlocked, "failover of example.test", "lifeboat rollback")
		_, err = o.rollback(named("20260101T000000-abcdef"))
		o.refused(zone, err, failover.ErrInvalid, "20260101T000000-abcdef")
		st, err := o.Status(t.Context(), nil)
		if err != nil || st.Open == nil || st.Open.ID != open.Operation {
			t.Errorf("status does not tell of the open run: %+v, %v", st.Open, err)
		}

		out := o.done(o.rollback())
		if o.mail() != before || out.Plan.Reverts != open.Operation || out.Changes != at-1 {
			t.Errorf("at %d: taken back to %v: %+v", at, o.mail(), out)
		}
		o.done(o.failover())
		o.is(failover.RouteSecondary)
		if _, err := o.rollback(named(open.Operation)); err != nil {
			t.Errorf("the run that was taken back once, taken back again: %v", err)
		}
	}
}

func TestInterruptedRunIsGoneOnWith(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.unprepared()
	open := o.interrupt(2)
	// Everything that is left to be done was seen to be possible a minute ago, and
	// now is not: what is done already does not count.
	out := o.done(o.failover(func(r *engine.SwitchRequest) {
		r.Confirm = func(pre engine.Preview) (bool, error) {
			if pre.Resumes == nil || pre.Resumes.ID != open.Operation {
				t.Errorf("the admin is asked about %+v", pre)
			}
			return true, nil
		}
	}))
	if !out.Resumed || out.Operation != open.Operation || out.Changes != 1 || o.mail()[1] == o.mail()[0] {
		t.Errorf("%+v\n%v", out, o.mail())
	}
	o.is(failover.RouteSecondary)
	if n := strings.Count(o.events(), string(journal.Begin)); n != 1 {
		t.Errorf("%d runs: %s", n, o.events())
	}
}

// What overrules the preflight of a resumed run goes on record as well.
func TestOverrideOnAResumedRun(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.unprepared()
	open := o.interrupt(2, func(r *engine.SwitchRequest) { r.Override = "not needed yet" })
	if len(o.overrides()) > 0 {
		t.Fatalf("nothing was overruled: %q", o.overrides())
	}
	o.age(25 * time.Hour)
	o.world.SetRecipient(failover.Secondary, "sales@example.test", false)
	zone := o.zone()
	_, err := o.failover()
	o.refused(zone, err, failover.ErrBlocked, "sales@example.test")
	o.done(o.failover(func(r *engine.SwitchRequest) { r.Override = "sales is empty" }))
	if got := o.overrides(); !slices.Equal(got, []string{open.Operation + " practice@lab sales is empty"}) {
		t.Errorf("the journal has %q", got)
	}
}

// When all that is left is looking, no preflight stands in the way of it.
func TestResumeWithNothingLeftToChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := o.Switch(ctx, engine.SwitchRequest{
		PlanRequest: engine.PlanRequest{Kind: failover.Failover},
		Tell:        cancelAt(cancel, failover.Ack),
	})
	if !errors.Is(err, failover.ErrWaiting) {
		t.Fatalf("stopped with %v", err)
	}
	o.is(failover.RouteSecondary)
	o.age(25 * time.Hour)
	if err := o.world.Break(failover.Secondary, lab.Reject); err != nil {
		t.Fatal(err)
	}
	if out := o.done(o.failover()); out.Changes != 0 || !out.Resumed {
		t.Errorf("%+v", out)
	}
}

// An interrupted rollback is gone on with by the same command, after a question.
func TestInterruptedRollback(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.unprepared()
	before := o.mail()
	o.done(o.failover())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := o.Rollback(ctx, engine.RollbackRequest{Tell: cancelAt(cancel, failover.Ack)}); !errors.Is(err, failover.ErrWaiting) {
		t.Fatalf("stopped with %v", err)
	}
	zone := o.zone()
	_, err := o.failover()
	o.refused(zone, err, failover.ErrBlocked, "rollback of example.test", "give lifeboat rollback")
	_, err = o.rollback(func(r *engine.RollbackRequest) {
		r.Confirm = func(pre engine.Preview) (bool, error) {
			if pre.Resumes == nil {
				t.Error("it is not said that a run is gone on with")
			}
			return false, nil
		}
	})
	o.refused(zone, err, engine.ErrDeclined)
	if out := o.done(o.rollback()); !out.Resumed || o.mail() != before {
		t.Errorf("%+v\n%v", out, o.mail())
	}
}

// An abandoned run leaves the records as they are, and others may begin.
func TestAbandon(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.unprepared()
	open := o.interrupt(2)
	lock := failover.NewRRset(dnshost.LockName("example.test"), "TXT", 60, dnswire.TXT(dnshost.Lock{Operation: open.Operation, Owner: "a killed process"}.Text()))
	zone := o.zone()
	if err := o.world.Put(lock); err != nil {
		t.Fatal(err)
	}
	out, err := o.rollback(func(r *engine.RollbackRequest) { r.Abandon = "the colleague does the rest" })
	if err != nil || out.Operation != open.Operation || !slices.Equal(zone[1:], o.zone()[1:]) { // all but the serial
		t.Fatalf("%+v, %v", out, err)
	}
	last := o.entries()[len(o.entries())-1]
	if last.Result != journal.Abandoned || last.Reason != "the colleague does the rest" || last.Who != "practice@lab" {
		t.Errorf("the journal ends with %+v", last)
	}
	o.done(o.failback())
	o.is(failover.RoutePrimary)
}

// A run of one domain is not gone on with in the name of another.
func TestOpenRunOfAnotherDomain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.unprepared()
	o.interrupt(2)
	zone := o.zone()
	_, err := o.failover(func(r *engine.SwitchRequest) { r.Domains = []string{"other.test"} })
	o.refused(zone, err, failover.ErrBlocked, "failover of example.test")
	_, err = o.failover(func(r *engine.SwitchRequest) { r.Saved = &failover.Plan{ID: "another"} })
	o.refused(zone, err, failover.ErrBlocked, "failover of example.test")
	o.done(o.failover(func(r *engine.SwitchRequest) { r.Domains = []string{"example.test"} }))
}
