package engine

import (
	"log/slog"
	"testing"
	"time"

	"lifeboat/failover"
)

// What was tried is in the log: the counts, the worst verdict, and what was not in order.
func TestConnectionsTriedAreInTheLog(t *testing.T) {
	at := time.Date(2026, 11, 21, 11, 20, 0, 0, time.UTC)
	e := New(Options{DataDir: t.TempDir(), Owner: "sato@desk", Now: func() time.Time { return at }, Logger: slog.New(slog.DiscardHandler)})
	cell := func(v failover.Verdict, s CellState) TestCell {
		return TestCell{Test: "rcpt", Domain: "example.test.", State: s, Verdict: v, Findings: []failover.Finding{
			{Verdict: v, Say: failover.Sentence{Template: "found " + string(v)}, Evidence: []string{"550 5.1.1"}},
		}}
	}
	e.noteConnect(t.Context(), []failover.Domain{{Name: "example.test."}, {Name: "untried.test."}}, Connectivity{At: at, Cells: []TestCell{
		cell(failover.Pass, CellDone), cell(failover.Red, CellDone), cell(failover.Unknown, CellDone), cell(failover.Warn, CellUnused),
	}})
	got, err := e.Logbook(t.Context(), LogRequest{Kinds: []LogKind{LogTest}})
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	l := got[0]
	if l.Verdict != failover.Red || len(l.Details) != 2 || len(l.Exact) != 2 || !l.At.Equal(at) || l.Who != "sato@desk" {
		t.Errorf("%+v", l)
	}
	if want := "Connections were tried. In order: 1; with care: 0; failed: 1; unknown: 1."; l.Say.String() != want {
		t.Errorf("it says %q", l.Say)
	}
}
