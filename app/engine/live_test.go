package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/manual"
	"lifeboat/failover/drill"
	"lifeboat/failover/journal"
	"lifeboat/failover/lab"
	"lifeboat/failover/run"
)

var rehearsed = failover.Key{Name: "lifeboat-drill.example.test.", Type: "MX"}

// liveRequest is a rehearsal that does not keep a test waiting.
func liveRequest(change ...func(*engine.LiveRequest)) engine.LiveRequest {
	req := engine.LiveRequest{
		Scenario: drill.Scenario{Name: "live-rehearsal", Goals: drill.Goals{Switch: drill.Span(time.Minute), Failback: drill.Span(time.Minute)}},
		TTL:      time.Second, Facilitator: "Sato", Version: "1.2.3",
	}
	for _, c := range change {
		c(&req)
	}
	return req
}

// A live rehearsal leads a test subdomain away and home again, sees the old answer run
// out of the caches, and leaves everything as it was.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	others, zone := o.others(), o.mail()
	var mu sync.Mutex
	var seen []string
	var preview engine.LivePreview
	r, err := o.Rehearse(t.Context(), liveRequest(func(req *engine.LiveRequest) {
		req.Confirm = func(p engine.LivePreview) (bool, error) {
			preview = p
			return true, nil
		}
		req.Ran = func(e run.Event) {
			mu.Lock()
			defer mu.Unlock()
			if set := o.world.Truth(rehearsed.Name, rehearsed.Type).String(); e.State == failover.Ack && len(e.View.Answers) == 0 {
				seen = append(seen, set)
			}
		}
	}))
	if err != nil || !r.Passed {
		t.Fatalf("%v\n%+v", err, r)
	}
	d := o.world.Domain()
	home, away := failover.MXSet(rehearsed.Name, 1, d.Primary.MX), failover.MXSet(rehearsed.Name, 1, d.Secondary.MX)
	want := []string{home.String(), away.String(), home.String(), failover.RRset{Key: rehearsed}.String()}
	if !slices.Equal(seen, want) {
		t.Errorf("the name held\n%s\nnot\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}
	if preview.Name != rehearsed.Name || len(preview.Sets) != 3 || !preview.Sets[1].Equal(away) || preview.Leftover.Exists() {
		t.Errorf("the preview is %+v", preview)
	}
	if got := o.others(); !slices.Equal(others, got) || zone != o.mail() {
		t.Errorf("other records were touched:\n%v\n%v", others, got)
	}
	if got := o.entries(); len(got) != 0 {
		t.Errorf("a rehearsal stands in the journal of runs: %s", o.events())
	}
	for name, least := range map[drill.MeasureName]time.Duration{
		drill.MeasureSwitch: 1, drill.MeasureVerify: 1, drill.MeasureFailback: 1, drill.MeasureFollowed: 100 * time.Millisecond, drill.MeasureOldTTL: time.Second,
	} {
		if took, ok := r.Took(name); !ok || time.Duration(took) < least || time.Duration(took) > time.Minute {
			t.Errorf("%s took %v (%v)", name, took, ok)
		}
	}
	if r.Kind != drill.Live || r.Factor != 1 || r.Domain != "example.test" || r.Facilitator != "Sato" || r.Mail.Sent != 0 || len(r.Moves) != 2 || len(r.Checks) < 5 {
		t.Errorf("the record is %+v", r)
	}
}

// A rehearsal is held where nothing else is, and never where mail goes.
func TestRehearsalRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := o.zone()
	for _, c := range []struct {
		name  string
		parts []string
	}{
		{"emergency", []string{"emergency.example.test", "mail goes to"}},
		{"", nil}, // the domain itself cannot even be said
		{"a..b", []string{`"a..b"`}},
		{"x.", []string{"is no name"}},
		{"*", []string{`"*"`}},
		{"_dmarc", []string{"_dmarc"}},
		{"a b", []string{`"a b"`}},
		{strings.Repeat("abcdefgh.", 30) + "a", []string{"is no name"}},
	} {
		if c.parts == nil {
			continue
		}
		_, err := o.Rehearse(t.Context(), liveRequest(func(r *engine.LiveRequest) { r.Name = c.name }))
		o.refused(before, err, failover.ErrInvalid, c.parts...)
	}
	for _, set := range []failover.RRset{
		failover.MXSet(rehearsed.Name, 300, o.world.Domain().Primary.MX), // as a rehearsal would, but it was none
		failover.NewRRset(rehearsed.Name, "TXT", 300, `"somebody's"`),
		failover.NewRRset(rehearsed.Name, "A", 300, "192.0.2.1"),
		failover.NewRRset(rehearsed.Name, "CNAME", 300, "www.example.test."),
	} {
		if err := o.world.Put(set); err != nil {
			t.Fatal(err)
		}
		_, err := o.Rehearse(t.Context(), liveRequest())
		oneSentence(t, err, failover.ErrBlocked, "lifeboat-drill.example.test", "is there already")
		if _, err := o.CleanRehearsal(t.Context(), liveRequest()); !errors.Is(err, failover.ErrBlocked) {
			t.Errorf("somebody else's %s would be removed: %v", set.Type, err)
		}
		if !o.world.Truth(set.Name, set.Type).Equal(set) {
			t.Errorf("somebody else's %s was touched", set.Type)
		}
		if err := o.world.Put(failover.RRset{Key: set.Key}); err != nil {
			t.Fatal(err)
		}
	}
	no := func(engine.LivePreview) (bool, error) { return false, nil }
	_, err := o.Rehearse(t.Context(), liveRequest(func(r *engine.LiveRequest) { r.Confirm = no }))
	oneSentence(t, err, failover.ErrBlocked, "nothing was changed")
	if o.world.Truth(rehearsed.Name, rehearsed.Type).Exists() {
		t.Error("a no is a yes")
	}
}

// What a wildcard gives at any name is there for nobody, and hinders nothing.
func TestRehearsalBelowAWildcard(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	wild := failover.NewRRset("*.example.test", "MX", 300, "10 mx1.elsewhere.test.")
	if err := o.world.Put(wild, failover.NewRRset("*.example.test", "A", 300, "192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	r, err := o.Rehearse(t.Context(), liveRequest())
	if err != nil || !r.Passed {
		t.Fatalf("%v\n%+v", err, r)
	}
	if !o.world.Truth(wild.Name, "MX").Equal(wild) || o.world.Truth(rehearsed.Name, "MX").Exists() {
		t.Error("the wildcard was touched, or something is left")
	}
}

// Ctrl-C ends a rehearsal wherever it is, and nothing is left.
func TestRehearsalStopped(t *testing.T) {
	t.Parallel()
	o := newOfficeIn(t, lab.Options{Interval: -1, Factor: 10}) // there are many, each of which waits for a TTL
	others, mail := o.others(), o.mail()
	for stopAt := 1; ; stopAt++ {
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		n := 0
		r, err := o.Rehearse(ctx, liveRequest(func(req *engine.LiveRequest) {
			req.Tell = func(drill.Entry) {
				mu.Lock()
				defer mu.Unlock()
				if n++; n == stopAt {
					cancel()
				}
			}
		}))
		cancel()
		if o.world.Truth(rehearsed.Name, rehearsed.Type).Exists() || mail != o.mail() || !slices.Equal(others, o.others()) {
			t.Fatalf("stopped at entry %d, and the zone is not as it was: %v, %v", stopAt, err, o.world.Truth(rehearsed.Name, rehearsed.Type))
		}
		if n < stopAt {
			if stopAt < 15 || err != nil {
				t.Errorf("only %d entries: %v", n, err)
			}
			return
		}
		if err != nil && (r.Passed || r.Broke.IsZero()) {
			t.Errorf("stopped at entry %d, the record says nothing of it: %+v", stopAt, r)
		}
	}
}

// What a killed rehearsal leaves is known as its own, and is removed by the next one,
// or by itself. A failover is kept waiting by none of it.
func TestRehearsalKilled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	gate := o.openGate()
	o.prepareFor(failover.Failover)
	o.calm(failover.Failover)
	others, mail := o.others(), o.mail()
	left := 0
	for at := 1; ; at++ {
		where, killed := o.child(gate, rehearse, at)
		if !killed {
			if at < 20 || left < 8 {
				t.Errorf("only %d acts, and after %d of them anything was left", at-1, left)
			}
			return
		}
		if set := o.world.Truth(rehearsed.Name, rehearsed.Type); set.Exists() {
			left++
		}
		if at%5 == 0 { // a failover is none of its business
			o.done(o.failover(func(r *engine.SwitchRequest) { r.Confirm = yes }))
			o.calm(failover.Failover)
			o.prepareFor(failover.Failover)
		}
		if at%7 == 0 {
			if r, err := o.Rehearse(t.Context(), liveRequest()); err != nil || !r.Passed {
				t.Fatalf("killed when %s, and the next one: %v\n%+v", where, err, r)
			}
		} else if _, err := o.CleanRehearsal(t.Context(), liveRequest()); err != nil {
			t.Fatalf("killed when %s: %v", where, err)
		}
		if set := o.world.Truth(rehearsed.Name, rehearsed.Type); set.Exists() {
			t.Fatalf("killed when %s, and something is left: %v", where, set)
		}
		if got := o.others(); mail != o.mail() || !slices.Equal(others, got) {
			t.Fatalf("killed when %s, and other records are not as they were:\n%v\n%v", where, others, got)
		}
	}
}

// What somebody else has made of the test subdomain meanwhile is theirs.
func TestRehearsalOverruled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	theirs := failover.NewRRset(rehearsed.Name, "MX", 60, "10 mx.somebody.test.")
	var once sync.Once
	r, err := o.Rehearse(t.Context(), liveRequest(func(req *engine.LiveRequest) {
		req.Tell = func(e drill.Entry) {
			if e.Kind == drill.EntryDecision {
				once.Do(func() { _ = o.world.Put(theirs) })
			}
		}
	}))
	if err == nil || r.Passed || !o.world.Truth(theirs.Name, "MX").Equal(theirs) {
		t.Errorf("%v, %v", err, o.world.Truth(theirs.Name, "MX"))
	}
	if err := o.world.Put(failover.RRset{Key: rehearsed}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.CleanRehearsal(t.Context(), liveRequest()); err != nil {
		t.Error(err)
	}
}

// A silent name server and a resolver that holds on to the old answer are told.
func TestRehearsalTellsTheTruth(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if err := o.world.BreakDNS(o.world.Nameservers()[2], lab.Silent); err != nil {
		t.Fatal(err)
	}
	r, err := o.Rehearse(t.Context(), liveRequest())
	if err != nil || r.Passed {
		t.Fatalf("passed with a silent server: %v", err)
	}
	failed := 0
	for _, c := range r.Checks {
		if !c.OK {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("%+v", r.Checks)
	}
	entries, err := journal.Read(o.journal())
	if err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// typist is a host at which somebody types in at once what they are guided to.
type typist struct {
	dnshost.Host
	world *lab.World
	typed []string
}

func (b *typist) Apply(ctx context.Context, c dnshost.Change) error {
	told := c.Tell
	c.Tell = func(p dnshost.Progress) {
		told(p)
		if p.Guide != nil && b.world.Put(c.After) == nil {
			b.typed = append(b.typed, c.After.String())
		}
	}
	return b.Host.Apply(ctx, c)
}

// Where a person makes the changes, a rehearsal guides them as a failover would.
func TestRehearsalByHand(t *testing.T) {
	t.Parallel()
	var host *typist
	o := newOffice(t, func(parts *engine.Options) {
		reader := parts.Reader
		parts.MakeHost = func(context.Context, configs.Domain) (dnshost.Host, error) {
			m, err := manual.New(manual.Options{Console: "generic", Reader: reader, Zone: "example.test", Poll: 10 * time.Millisecond})
			host.Host = m
			return host, err
		}
	})
	host = &typist{world: o.world}
	guides := 0
	r, err := o.Rehearse(t.Context(), liveRequest(func(req *engine.LiveRequest) {
		req.Ran = func(e run.Event) {
			if e.Guide != nil {
				guides++
			}
		}
	}))
	if err != nil || !r.Passed || len(host.typed) != 4 || guides != 4 {
		t.Fatalf("%v, typed %q, guided %d times\n%+v", err, host.typed, guides, r.Checks)
	}
	if o.world.Truth(rehearsed.Name, rehearsed.Type).Exists() {
		t.Error("something is left")
	}
}
