package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// A failback that was taken back led mail to the secondary on evidence as old as
// anything: it is a failover, and needs as much as one.
func TestTakingAFailbackBackIsAFailover(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.done(o.failover())
	o.done(o.failback())
	o.age(30 * 24 * time.Hour)
	o.world.SetLine(lab.Line{Blocked: []uint16{25}})
	before := o.zone()
	_, err := o.rollback()
	oneKind(t, err, failover.ErrBlocked)
	if after := o.zone(); len(before) != len(after) || before[0] != after[0] {
		t.Errorf("the zone was changed:\n%v\n%v", before, after)
	}
	o.is(failover.RoutePrimary)
}

// Evidence grows old at a prompt too: what was true when the question was put need
// not be when it is answered.
func TestEvidenceGrowsOldAtThePrompt(t *testing.T) {
	t.Parallel()
	now := time.Now()
	o := newOffice(t)
	o.done(o.failover())
	home := o.another(func(p *engine.Options) { p.Now = func() time.Time { return now } })
	before := o.zone()
	_, err := home.Switch(t.Context(), engine.SwitchRequest{
		PlanRequest: engine.PlanRequest{Kind: failover.Failback},
		Confirm: func(engine.Preview) (bool, error) {
			now = now.Add(3 * time.Hour)
			return true, nil
		},
	})
	oneKind(t, err, failover.ErrBlocked)
	if after := o.zone(); before[0] != after[0] {
		t.Error("the zone was changed")
	}
	o.is(failover.RouteSecondary)
}

// Taking a preparation back in the outage changes a TTL, not where mail goes: a dead
// primary is no reason to refuse it.
func TestTakingAPreparationBackNeedsNoPrimary(t *testing.T) {
	t.Parallel()
	o := newOfficeIn(t, lab.Options{Interval: -1, TTL: 3600})
	e := o.another(func(p *engine.Options) { p.Settings = o.settings("mx_ttl: 3600", "mx_ttl: 60") })
	out, err := e.Switch(t.Context(), engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Prepare}})
	o.done(out, err)
	if out.Changes == 0 {
		t.Fatal("nothing was prepared")
	}
	if err := o.world.Break(failover.Primary, lab.Reject); err != nil {
		t.Fatal(err)
	}
	out, err = e.Rollback(t.Context(), engine.RollbackRequest{})
	o.done(out, err)
}

// The domains named and the plan given must be of each other.
func TestSavedPlanOfOtherDomains(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p, err := o.Plan(t.Context(), engine.PlanRequest{Kind: failover.Failover})
	if err != nil {
		t.Fatal(err)
	}
	before := o.zone()
	_, err = o.failover(func(r *engine.SwitchRequest) { r.Saved, r.Domains = &p, []string{"other.test"} })
	o.refused(before, err, failover.ErrInvalid, "other.test", "saved plan")
}

// oneKind holds an error to its kind, however many sentences it has.
func oneKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("the error is %v, not of the kind %v", err, kind)
	}
}

// A run was gone on with by the plan of yesterday after the admin had corrected the
// settings: the old hosts were published on evidence about the new ones.
func TestResumeAfterTheSettingsWereCorrected(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.interrupt(1)
	first := failover.Display(o.world.Domain().Secondary.MX[0].Host)
	corrected := o.another(func(p *engine.Options) { p.Settings = o.settings("      - 10 "+first+"\n", "") })
	before := o.zone()
	_, err := corrected.Switch(t.Context(), engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failover}})
	o.refused(before, err, failover.ErrStale, first, "lifeboat rollback")
}

// An SPF record with too many look-ups makes receivers answer with an error to all
// mail of the domain: a preparation must not publish one.
func TestPrepareRefusesAnSPFRecordThatBreaks(t *testing.T) {
	t.Parallel()
	o := newOfficeIn(t, lab.Options{Interval: -1, Unprepared: true})
	spf := "v=spf1"
	for range 10 {
		spf += " a:www.example.test"
	}
	if err := o.world.Put(failover.NewRRset("example.test", "TXT", 300, `"`+spf+` -all"`)); err != nil {
		t.Fatal(err)
	}
	before := o.zone()
	_, err := o.change(failover.Prepare)
	o.refused(before, err, failover.ErrBlocked, "SPF")
	out, err := o.change(failover.Prepare, func(r *engine.SwitchRequest) { r.Override = "mail is sent elsewhere" })
	o.done(out, err)
}

// The admin's word that a seed message arrived counts only where one was sent.
func TestArrivedNeedsASeedMessage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.Arrived(t.Context(), []string{"sales@example.test"}, nil, failover.Secondary)
	oneSentence(t, err, failover.ErrInvalid, "sales@example.test")
	_, err = o.Arrived(t.Context(), []string{"stranger@example.test"}, nil, failover.Secondary)
	oneSentence(t, err, failover.ErrInvalid, "stranger@example.test")
}

// A result about another provider was taken in as nothing, without a word.
func TestImportOfAnotherProvidersResult(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const transcript = "220 mx.elsewhere.test ESMTP\nEHLO x\n250 mx.elsewhere.test\nMAIL FROM:<>\n250 ok\nRCPT TO:<nobody-x@example.test>\n550 5.1.1 no\nRCPT TO:<sales@example.test>\n250 ok\n"
	_, err := o.ImportEvidence(t.Context(), strings.NewReader(transcript), time.Now(), nil, failover.Secondary)
	oneSentence(t, err, failover.ErrInvalid)
}
