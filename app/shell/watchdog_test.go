package shell

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What holds the window up for too long is reported under its name, and nothing else.
func TestWatchdog(t *testing.T) {
	now := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	var slow []Slow
	dog := &Watchdog{now: func() time.Time { return now }, report: func(s Slow) { slow = append(slow, s) }}
	dog.Time("quick", func() { now = now.Add(Patience) })
	dog.Time("slow", func() { now = now.Add(Patience + time.Millisecond) })
	if len(slow) != 1 || slow[0].Name != "slow" || slow[0].Millis != 51 {
		t.Errorf("reported: %+v", slow)
	}
	var none *Watchdog
	done := false
	none.Time("unwatched", func() { done = true })
	if !done {
		t.Error("without a watchdog nothing is done")
	}
}

// A test that drives the program from outside reads what was slow from a file.
func TestWatchdogWritesAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slow")
	t.Setenv("LIFEBOAT_WATCHDOG", file)
	if got, err := SlowIn(file); err != nil || len(got) != 0 {
		t.Errorf("before anything was slow: %v, %v", got, err)
	}
	dog := watchdog(nil)
	dog.report(Slow{Name: "update home", Millis: 80})
	dog.report(Slow{Name: "go mail", Millis: 60})
	got, err := SlowIn(file)
	if err != nil || len(got) != 2 || got[1].Name != "go mail" {
		t.Errorf("read: %+v, %v", got, err)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := SlowIn(file); err == nil {
		t.Error("half a document was taken for a whole one")
	}
}
