package presenter

import (
	"testing"
	"time"

	"lifeboat/app/i18n"
)

// What grows older is told in steps, so that the words seldom change; nothing is ever
// said to be younger than it is.
func TestAges(t *testing.T) {
	tongue, err := i18n.New(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration][2]string{
		-time.Second:            {"0 s", "just now"},
		0:                       {"0 s", "just now"},
		time.Second:             {"6 s", "just now"},
		6 * time.Second:         {"6 s", "6 s ago"},
		6*time.Second + 1:       {"12 s", "12 s ago"},
		55 * time.Second:        {"1 min", "1 min ago"},
		90*time.Second - 1:      {"2 min", "2 min ago"},
		3*time.Hour + time.Hour: {"4 h", "4 h ago"},
	} {
		if got := [2]string{aged(tongue, d), ago(tongue, now.Add(-d), now)}; got != want {
			t.Errorf("%v: %q", d, got)
		}
	}
	told := map[string]bool{}
	for s := range 60 {
		told[aged(tongue, time.Duration(s)*time.Second)] = true
	}
	if len(told) > 11 {
		t.Errorf("in a minute it says %d different things", len(told))
	}
}
