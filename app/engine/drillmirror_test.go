package engine_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// Beside a drill the staff's mail is mirrored as it comes; while nobody can read it at
// the primary the mirror is behind, and afterwards it catches up.
func TestMirrorBesideADrill(t *testing.T) {
	t.Parallel()
	p, err := engine.StartPracticeIn(t.Context(), lab.Options{TTL: 5, Interval: time.Hour, Staff: false}, "en", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	m := p.StaffMirror()
	defer m.Close()
	if err := m.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Keep(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	}()
	to := p.World.Domain().Recipients[0].Address
	write := func() int {
		t.Helper()
		number, err := p.World.Send(to)
		if err != nil {
			t.Fatal(err)
		}
		return number
	}
	first := write()
	until(t, "the first message is in the mirror", func() bool { return holds(t, m, first) })
	if err := p.World.Break(failover.Primary, lab.NoReading); err != nil {
		t.Fatal(err)
	}
	second := write()
	until(t, "the second message is at the primary", func() bool { return p.World.Totals().Primary == 2 })
	if holds(t, m, second) {
		t.Error("the mirror has a message that nobody can read at the primary")
	}
	p.World.Mend(failover.Primary)
	until(t, "the second message is in the mirror", func() bool { return holds(t, m, second) })
}

func holds(t *testing.T, m interface {
	Held(context.Context) (map[int]time.Time, error)
}, number int) bool {
	t.Helper()
	held, err := m.Held(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return !held[number].IsZero()
}

// until looks again and again until something is so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	patience := time.After(4 * time.Minute)
	for !is() {
		select {
		case <-look.C:
		case <-patience:
			t.Fatal("it does not come to it that " + what)
		}
	}
}
