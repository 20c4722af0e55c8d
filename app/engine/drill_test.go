package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/drill"
)

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
