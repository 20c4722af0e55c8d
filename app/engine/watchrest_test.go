package engine_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
)

// metronome is a clock that goes on where an engine waits. A wait for longer than a second
// is told; it lasts until something wakes whoever waits.
type metronome struct {
	mu     sync.Mutex
	off    time.Duration
	rested chan time.Duration // how long; nobody waits on a full one
	sleeps bool               // whether rests are slept out, at once
}

func (m *metronome) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.off)
}

func (m *metronome) sleep(ctx context.Context, d time.Duration) error {
	m.mu.Lock()
	sleeps := m.sleeps || d <= time.Second
	if sleeps {
		m.off += d
	}
	m.mu.Unlock()
	if d > time.Second {
		select {
		case m.rested <- d:
		default:
		}
	}
	if sleeps {
		return ctx.Err()
	}
	<-ctx.Done()
	return ctx.Err()
}

// watchedPractice is practice as the window has it, and its watch by a metronome.
func watchedPractice(t *testing.T, sleeps bool) (*engine.Practice, *metronome, <-chan detect.State) {
	t.Helper()
	p, err := engine.OpenPracticeIn(t.Context(), lab.Options{Interval: -1}, "en", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	m := &metronome{rested: make(chan time.Duration, 1), sleeps: sleeps}
	parts := p.Parts()
	parts.Now, parts.Sleep = m.now, m.sleep
	states := make(chan detect.State)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- engine.New(parts).Watch(ctx, engine.WatchRequest{Domain: "example.test", Every: time.Second, Tell: func(s detect.State) {
			select {
			case states <- s:
			case <-ctx.Done():
			}
		}})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return p, m, states
}

// Practice talked TLS to every server of its world each second, also while nothing was
// going on. It rests then, what was seen holds over the rest, and an outage is recognised
// after as many looks as before.
func TestPracticeWatchRestsWhileAllIsWell(t *testing.T) {
	t.Parallel()
	p, m, states := watchedPractice(t, false)
	calm := func() time.Duration {
		t.Helper()
		for {
			select {
			case <-states:
			case d := <-m.rested:
				return d
			}
		}
	}
	if d := calm(); d < 5*time.Second {
		t.Errorf("it rests for %s", d)
	}
	if err := p.World.Break(failover.Primary, lab.Refuse); err != nil {
		t.Fatal(err)
	}
	looks := 0
	for s := range states {
		if looks++; s.Primary.Health == detect.Down {
			break
		}
		if looks > 10 {
			t.Fatalf("after %d looks it is %s", looks, s.Primary.Health)
		}
	}
	p.World.Mend(failover.Primary)
	if d := calm(); d < 5*time.Second {
		t.Errorf("mended, it rests for %s", d)
	}
}

// While it rests nothing becomes unknown.
func TestPracticeWatchKnowsOverARest(t *testing.T) {
	t.Parallel()
	_, m, states := watchedPractice(t, true)
	rests := 0
	for rests < 5 {
		s := <-states
		select {
		case <-m.rested:
			rests++
		default:
		}
		if rests > 0 && (s.Primary.Health != detect.Healthy || s.Secondary.Health != detect.Healthy || s.Records.Health != detect.Healthy) {
			t.Fatalf("after %d rests: %s, %s, %s", rests, s.Primary.Health, s.Secondary.Health, s.Records.Health)
		}
	}
}
