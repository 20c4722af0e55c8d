package engine

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// The tests of both sides end at the same moment: what each proves counts for the preflight.
func TestSidesThatEndTogetherAreBothKept(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	e := New(Options{DataDir: t.TempDir(), Now: func() time.Time { return at }, Logger: slog.New(slog.DiscardHandler)})
	c := &connecting{e: e}
	var targets []probe.Target
	var all errgroup.Group
	for n := range 16 {
		target := probe.Target{Domain: failover.Domain{Name: fmt.Sprintf("d%d.test.", n)}, Provider: failover.Provider{Role: failover.Secondary, MX: []failover.MX{{Host: "mx.secondary.test."}}}}
		targets = append(targets, target)
		all.Go(func() error {
			return c.keep(t.Context(), target, []failover.Finding{{Check: "mx-names", Domain: target.Domain.Name, Verdict: failover.Pass, Subject: "mx.secondary.test.", At: at, Say: failover.Say("It is there.")}})
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		if got := e.evidence(t.Context()).Findings(target); len(got) != 1 {
			t.Errorf("of %s %d findings are kept", target.Domain.Name, len(got))
		}
	}
}
