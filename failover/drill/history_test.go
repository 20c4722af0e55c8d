package drill_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

func held(at time.Time, scenario string, change ...func(*drill.Result)) drill.Result {
	took := drill.Span(6 * time.Second)
	r := drill.Result{
		ID: drill.NewID(at, scenario), Scenario: drill.Scenario{Name: scenario, Title: "T"}, Kind: drill.Functional, Started: at, Ended: at.Add(time.Minute),
		Factor: 1, Passed: true, Checks: []drill.Check{{Say: failover.Say("ok"), OK: true}}, Mail: lab.Totals{Sent: 9, Delivered: 9},
		Measures: []drill.Measure{{Name: drill.MeasureDetect, Took: &took}},
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func save(t *testing.T, h *drill.History, all ...drill.Result) {
	t.Helper()
	for _, r := range all {
		if err := h.Save(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHistory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	h := drill.NewHistory(dir)
	if all, err := h.List(); err != nil || len(all) != 0 {
		t.Errorf("an empty history: %v, %v", all, err)
	}
	if _, err := h.Load("last"); !errors.Is(err, failover.ErrInvalid) || err.Error() != "No drill has been held yet." {
		t.Errorf("the last of none: %v", err)
	}
	day := 24 * time.Hour
	save(t, h,
		held(ten, "outage"),
		held(ten.Add(2*day), "outage", func(r *drill.Result) {
			r.Passed, r.Checks[0].OK, r.Mail.Lost = false, false, 1
			r.Actions = []drill.Action{{What: "a", Owner: "b"}, {What: "a", Owner: "b", Due: "2026-12-01"}}
		}),
		held(ten.Add(day), "sign-in"),
		held(ten.Add(3*day), "outage", func(r *drill.Result) { r.Kind = drill.Tabletop }),
	)
	all, err := h.List()
	var ids []string
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	if want := []string{"2026-11-22T10-00-00-outage", "2026-11-21T10-00-00-outage", "2026-11-20T10-00-00-sign-in", "2026-11-19T10-00-00-outage"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("%v, %v", ids, err)
	}
	if s := all[1]; s.Passed || s.Failed != 1 || s.Open != 1 || s.Scenario != "outage" || s.Title != "T" {
		t.Errorf("%+v", s)
	}
	for asked, want := range map[string]string{"last": ids[0], "11-20": ids[2], "sign": ids[2], ids[3]: ids[3]} {
		if r, err := h.Load(asked); err != nil || r.ID != want || r.Mail.Sent != 9 {
			t.Errorf("%q: %q, %v", asked, r.ID, err)
		}
	}
	for asked, says := range map[string]string{
		"outage": `"outage" may be any of 3 drills, the last ones 2026-11-19T10-00-00-outage, `,
		"soap":   `There is no drill "soap"; the last ones are 2026-11-19T10-00-00-outage, `,
		"":       `There is no drill ""; the last ones`, "../x": `There is no drill "../x"`,
	} {
		if _, err := h.Load(asked); !errors.Is(err, failover.ErrInvalid) || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%q: %v", asked, err)
		}
	}
	trend, err := h.Trend("outage")
	if err != nil || len(trend) != 2 || trend[0].ID != ids[3] || trend[1].Lost != 1 || trend[1].Sent != 9 {
		t.Errorf("%+v, %v", trend, err)
	}
	if took, ok := trend[0].Took(drill.MeasureDetect); !ok || took != drill.Span(6*time.Second) {
		t.Errorf("%v, %v", took, ok)
	}
	if _, ok := trend[0].Took(drill.MeasureHome); ok {
		t.Error("a time that was never measured")
	}
	// The same drill once more, with an action added: it is in the place of the old.
	save(t, h, held(ten, "outage", func(r *drill.Result) { r.Actions = []drill.Action{{What: "print"}} }))
	if r, err := h.Load(ids[3]); err != nil || len(r.Actions) != 1 {
		t.Errorf("%+v, %v", r.Actions, err)
	}
	if again, err := h.List(); err != nil || len(again) != 4 {
		t.Errorf("%d drills, %v", len(again), err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 4 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

func TestHistoryNamesWhatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	h := drill.NewHistory(dir)
	save(t, h, held(ten, "outage"), held(ten.Add(time.Hour), "outage"))
	whole, err := os.ReadFile(filepath.Join(dir, drill.NewID(ten, "outage")+".json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"cut": string(whole[:len(whole)/2]), "empty": "", "hello": "hello", "null": "null", "another": string(whole), "list": "[]",
		"tail": string(whole) + "{", "anonymous": "{}",
	} {
		file := filepath.Join(dir, "2027-"+name+".json")
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := h.List()
		want := "The record of a drill, " + file + ", is damaged; move it out of the folder, or put it back from a copy."
		if !errors.Is(err, failover.ErrDamaged) || !strings.HasPrefix(err.Error(), want) || len(all) != 2 {
			t.Errorf("%s: %d drills, %v", name, len(all), err)
		}
		if points, err := h.Trend("outage"); !errors.Is(err, failover.ErrDamaged) || len(points) != 2 {
			t.Errorf("%s: %d points, %v", name, len(points), err)
		}
		if _, err := h.Load("last"); !errors.Is(err, failover.ErrDamaged) {
			t.Errorf("%s is the last: %v", name, err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	// What is no record is passed over, and so are folders.
	for _, name := range []string{"notes.txt", ".drill-1.tmp", ".hidden.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "2027-folder.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if all, err := h.List(); err != nil || len(all) != 2 {
		t.Errorf("%d drills, %v", len(all), err)
	}
}

func TestHistoryRefusesNames(t *testing.T) {
	h := drill.NewHistory(t.TempDir())
	for _, id := range []string{"", "../x", "a/b", `a\b`, ".x", strings.Repeat("x", 201), "a b"} {
		if err := h.Save(held(ten, "x", func(r *drill.Result) { r.ID = id })); !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestHistoryThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := drill.NewHistory(file).Save(held(ten, "outage"))
	if !errors.Is(err, failover.ErrDisk) || !strings.HasPrefix(err.Error(), "The result of the drill could not be written to "+filepath.Join(file, drill.NewID(ten, "outage"))) {
		t.Errorf("%v", err)
	}
	if _, err := drill.NewHistory(file).List(); !errors.Is(err, failover.ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// Whoever reads while others write sees whole records only.
func TestHistoryIsReadWhileItIsWritten(t *testing.T) {
	h := drill.NewHistory(t.TempDir())
	save(t, h, held(ten, "outage"))
	var writers sync.WaitGroup
	done := make(chan struct{})
	for w := range 3 {
		writers.Go(func() {
			for i := range 20 {
				if err := h.Save(held(ten, "outage", func(r *drill.Result) { r.Facilitator = strings.Repeat(fmt.Sprint(w), 1000*i) })); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() { writers.Wait(); close(done) }()
	for {
		if _, err := h.List(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}
