package engine_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/drill/report"
)

// saveDrill keeps the record of a drill and returns its ID.
func saveDrill(t *testing.T, data string, at time.Time, kind drill.Kind, first time.Duration) string {
	t.Helper()
	r := drill.Result{
		ID: drill.NewID(at, "quick"), Kind: kind, Started: at, Ended: at.Add(time.Minute), Factor: 1, Passed: true,
		Scenario: drill.Scenario{Name: "quick", Title: "A quick outage", Right: drill.Right{Moves: []drill.Move{drill.Failover}}},
	}
	if first > 0 {
		took := drill.Span(first)
		r.Measures = []drill.Measure{{Name: drill.MeasureFirstMail, Took: &took}}
		r.Mail.Sent, r.Mail.Delivered = 3, 3
	}
	if err := engine.Drills(data).Save(r); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

var drillDay = time.Date(2026, 11, 19, 10, 0, 0, 0, time.UTC)

func TestHeldDrills(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	h := engine.Drills(data)
	if held, err := engine.HeldDrills(h); err != nil || held == nil || len(held) != 0 {
		t.Errorf("of no drills: %v %v", held, err)
	}
	for i, first := range []time.Duration{20 * time.Second, 0, 12 * time.Second} {
		saveDrill(t, data, drillDay.AddDate(0, 0, i), drill.Functional, first)
	}
	table := saveDrill(t, data, drillDay.AddDate(0, 0, 3), drill.Tabletop, 0)
	last := saveDrill(t, data, drillDay.AddDate(0, 0, 4), drill.Functional, 15*time.Second)
	damaged := filepath.Join(data, "drills", "2026-11-25T00-00-00-bad.json")
	if err := os.WriteFile(damaged, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	held, err := engine.HeldDrills(h)
	if !errors.Is(err, failover.ErrDamaged) || !strings.Contains(err.Error(), damaged) {
		t.Errorf("the damaged file is not named: %v", err)
	}
	if len(held) != 5 || held[0].ID != last || held[1].ID != table {
		t.Fatalf("got %+v", held)
	}
	if c := held[0].Change; c == nil || *c != drill.Span(3*time.Second) {
		t.Errorf("change: %v", c)
	}
	for _, i := range []int{1, 2, 3, 4} { // a tabletop; after one without the time; without it; the first
		if held[i].Change != nil {
			t.Errorf("%s: change %v", held[i].ID, *held[i].Change)
		}
	}
}

// Many who add to a record at once all find their words in it.
func TestAddToDrillLosesNothing(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	id := saveDrill(t, data, drillDay, drill.Functional, time.Second)
	const many = 12
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			_, err := engine.AddToDrill(t.Context(), data, "last", []drill.Action{{What: "Look again", Owner: "Sato", Due: "2026-12-01"}},
				[]drill.Observation{{Who: "Sato", Text: "It went well.", Good: true}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r, err := engine.Drills(data).Load(id)
	if err != nil || len(r.Actions) != many || len(r.Observations) != many || len(r.Measures) != 1 {
		t.Errorf("%v: %d actions, %d observations", err, len(r.Actions), len(r.Observations))
	}
}

func TestAddToDrillThatIsNotThere(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	if _, err := engine.AddToDrill(t.Context(), data, "last", nil, nil); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("a folder was made for nothing")
	}
}

// Trouble with other drills' records does not keep a report from being written.
func TestWriteReport(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	h := engine.Drills(data)
	saveDrill(t, data, drillDay, drill.Functional, 20*time.Second)
	id := saveDrill(t, data, drillDay.AddDate(0, 0, 1), drill.Functional, 12*time.Second)
	r, err := h.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "drills", "bad.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tongue, err := i18n.New(i18n.Japanese)
	if err != nil {
		t.Fatal(err)
	}
	for f, part := range map[report.Format]string{report.FormatMarkdown: "| 20秒", report.FormatHTML: `<html lang="ja">`, report.FormatJSON: `"id": "` + id} {
		var b bytes.Buffer
		damaged, err := engine.WriteReport(&b, h, r, tongue, f)
		if err != nil || !errors.Is(damaged, failover.ErrDamaged) || !strings.Contains(b.String(), part) {
			t.Errorf("%s: %v, %v\n%s", f, err, damaged, b.String())
		}
	}
	if _, err := engine.WriteReport(&bytes.Buffer{}, h, r, tongue, report.FormatText); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}
