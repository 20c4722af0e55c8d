package engine_test

import (
	"log/slog"
	"testing"

	"lifeboat/app/engine"
)

// TestStoryAccountsForEveryMessage plays the main job from the calm day to the way
// back, with the product's own parts over real sockets.
func TestStoryAccountsForEveryMessage(t *testing.T) {
	t.Parallel()
	p, err := engine.StartPractice(t.Context(), "en", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	got, err := p.Story(t.Context(), func(e engine.PracticeEvent) {
		if !e.Chapter.IsZero() {
			t.Logf("%s: %+v", e.Chapter, e.Totals)
		}
		if e.Finding != nil {
			t.Log(e.Finding.Verdict, e.Finding.Say)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Good() {
		t.Errorf("not every message arrived once: %+v", got)
	}
	if got.SwitchTook <= 0 || got.FirstArrived < got.SwitchTook {
		t.Errorf("times were not measured: %+v", got)
	}
	t.Logf("%+v", got)
}
