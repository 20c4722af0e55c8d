package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// scenariosAtOnce is how many scenarios are played side by side: they wait most of the
// time.
const scenariosAtOnce = 5

// Every built-in scenario is played by Lifeboat itself, at the pace of life and
// unattended, and ends as its file says is right.
func TestEveryScenarioEndsAsItsFileSays(t *testing.T) {
	t.Parallel()
	all, err := engine.Scenarios()
	if err != nil || len(all) < 9 {
		t.Fatalf("%d scenarios, %v", len(all), err)
	}
	var wg sync.WaitGroup
	turn := make(chan struct{}, scenariosAtOnce)
	for _, s := range all {
		if !slices.Contains(s.Kinds, drill.Functional) {
			continue
		}
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			r, err := play(t, s)
			if err != nil || !r.Passed {
				t.Errorf("%s does not end as its file says: %v\n%s", s.Name, err, record(r))
				return
			}
			t.Logf("%s: %v, %+v, %s", s.Name, r.Ended.Sub(r.Started).Round(time.Second), r.Mail, times(r))
			if s.Name == "ex196121-2019-11-19" {
				inTime(t, r)
			}
		})
	}
	wg.Wait()
}

// play holds a drill as lifeboat drill run --unattended does.
func play(t *testing.T, s drill.Scenario) (drill.Result, error) {
	d, err := engine.NewDrill(t.Context(), engine.DrillRequest{Scenario: s, Unattended: true, Version: "1.2.3"}, "en", slog.New(slog.DiscardHandler))
	if err != nil {
		return drill.Result{}, err
	}
	defer d.Close()
	return d.Run(t.Context())
}

// times are the measured times of a drill on one line.
func times(r drill.Result) string {
	line := ""
	for _, m := range r.Measures {
		if m.Took != nil {
			line += " " + string(m.Name) + " " + time.Duration(*m.Took).Round(10*time.Millisecond).String()
		}
	}
	return line
}

// inTime holds the promise from fault to first mail: what detection takes, the
// decision, which is made at once when nobody is asked, the old TTL, and 5 s.
func inTime(t *testing.T, r drill.Result) {
	t.Helper()
	took := func(name drill.MeasureName) time.Duration {
		s, ok := r.Took(name)
		if !ok {
			t.Errorf("%s was not measured", name)
		}
		return time.Duration(s)
	}
	for _, name := range []drill.MeasureName{
		drill.MeasureSwitch, drill.MeasureVerify, drill.MeasureDrained, drill.MeasureFailback, drill.MeasureHome,
	} {
		took(name)
	}
	first, detect, decide, ttl := took(drill.MeasureFirstMail), took(drill.MeasureDetect), took(drill.MeasureDecide), took(drill.MeasureOldTTL)
	if r.Factor != 1 || ttl != 10*time.Second || decide >= time.Second {
		t.Errorf("factor %v, old TTL %v, decided in %v", r.Factor, ttl, decide)
	}
	if most := detect + decide + ttl + 5*time.Second; first > most {
		t.Errorf("the first mail was at the secondary %v after the fault, not within %v", first, most)
	}
	if m := r.Mail; m.Sent == 0 || m.Lost+m.Doubled+m.Bounced > 0 {
		t.Errorf("%+v", m)
	}
}

// A drill that is stopped keeps what there is, and leaves nothing running.
func TestDrillStopped(t *testing.T) {
	t.Parallel()
	all, err := engine.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	s, err := drill.Find(all, "ex196121")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d, err := engine.NewDrill(ctx, engine.DrillRequest{Scenario: s, Unattended: true, Tell: func(e drill.Event) {
		if e.Entry != nil && e.Entry.Kind == drill.EntryFault {
			cancel()
		}
	}}, "en", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r, err := d.Run(ctx)
	if !errors.Is(err, context.Canceled) || r.Passed || r.Broke.IsZero() || len(r.Timeline) == 0 || r.ID == "" {
		t.Errorf("%v\n%s", err, record(r))
	}
}

// What makes no sense is refused before a world is made.
func TestDrillRefused(t *testing.T) {
	t.Parallel()
	all, err := engine.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	for _, c := range []struct {
		req   engine.DrillRequest
		parts []string
	}{
		{engine.DrillRequest{Scenario: all[0], TTL: time.Second}, []string{"5s", "1s"}},
		{engine.DrillRequest{Scenario: all[0], TTL: 5500 * time.Millisecond}, []string{"whole seconds"}},
		{engine.DrillRequest{Scenario: all[0], Factor: 1e9}, []string{"faster", "fast"}[:1]},
		{engine.DrillRequest{Scenario: drill.Scenario{Name: "empty"}}, []string{"empty", "script"}},
	} {
		_, err := engine.NewDrill(t.Context(), c.req, "en", quiet)
		oneSentence(t, err, failover.ErrInvalid)
	}
}
