package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
)

// lookout is an office that watches by a clock of its own: where the engine waits, time
// passes at once.
type lookout struct {
	*office
	mu  sync.Mutex
	off time.Duration
	// waits is called where the engine waits, with the number of rounds made so far.
	waits  func(rounds int)
	rounds int
	pauses []time.Duration
}

func newLookout(t *testing.T, change ...func(*engine.Options)) *lookout {
	t.Helper()
	l := &lookout{}
	l.office = newOffice(t, append(change, func(p *engine.Options) {
		p.Now = func() time.Time {
			l.mu.Lock()
			defer l.mu.Unlock()
			return time.Now().Add(l.off)
		}
		p.Sleep = func(ctx context.Context, d time.Duration) error {
			l.mu.Lock()
			l.off += d
			l.rounds++
			l.pauses = append(l.pauses, d)
			rounds := l.rounds
			l.mu.Unlock()
			l.waits(rounds)
			return ctx.Err()
		}
	})...)
	return l
}

// watch makes rounds until enough says so, and returns the states.
func (l *lookout) watch(e *engine.Engine, enough func(rounds int, s detect.State) bool, remarks *[]string) []detect.State {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	defer cancel()
	var states []detect.State
	l.mu.Lock()
	l.rounds = 0
	l.waits = func(rounds int) {
		if enough(rounds, states[len(states)-1]) || rounds > 500 {
			cancel()
		}
	}
	l.mu.Unlock()
	err := e.Watch(ctx, engine.WatchRequest{
		Domain: "example.test", Every: time.Minute,
		Tell: func(s detect.State) { states = append(states, s) },
		Remark: func(s failover.Sentence) {
			if remarks != nil {
				*remarks = append(*remarks, s.String())
			}
		},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	if len(states) > 500 {
		l.t.Fatalf("never: %+v", states[len(states)-1])
	}
	return states
}

func healthy(_ int, s detect.State) bool {
	return s.Primary.Health == detect.Healthy && s.Secondary.Health == detect.Healthy && s.Records.Health == detect.Healthy
}

func down(_ int, s detect.State) bool { return s.Primary.Health == detect.Down }

// A watch finds an outage and its end, keeps both, and a watch that begins again
// knows what the one before it knew: also since when it has been so.
func TestWatch(t *testing.T) {
	t.Parallel()
	l := newLookout(t)
	if _, ok := l.LastWatch(t.Context(), "example.test"); ok {
		t.Error("nobody has watched, and there is a last watch")
	}
	states := l.watch(l.Engine, healthy, nil)
	if s := states[len(states)-1]; s.Line.Health != detect.Healthy || !strings.Contains(s.Primary.Say.String(), l.world.Domain().Primary.Name) {
		t.Errorf("line %s, %s", s.Line.Health, s.Primary.Say)
	}
	for _, pause := range l.pauses {
		if pause <= 0 || pause > time.Minute {
			t.Errorf("a pause of %s", pause)
		}
	}
	if err := l.world.Break(failover.Primary, lab.Defer); err != nil {
		t.Fatal(err)
	}
	states = l.watch(l.Engine, down, nil)
	found := states[len(states)-1]
	if found.Primary.Fault != detect.FaultDefers || found.Primary.Switch != detect.SwitchHelps {
		t.Errorf("%s, a switch is %s", found.Primary.Fault, found.Primary.Switch)
	}
	// For hours, so that the beginning is far behind what is kept of the last rounds.
	l.watch(l.Engine, func(rounds int, _ detect.State) bool { return rounds >= 150 }, nil)
	last, ok := l.LastWatch(t.Context(), "EXAMPLE.test.")
	if !ok || !last.Going || last.Age < 0 || last.Every != time.Minute || last.State.Primary.Health != detect.Down {
		t.Fatalf("%+v", last)
	}
	states = l.watch(engine.New(l.parts), func(int, detect.State) bool { return true }, nil)
	if again := states[0].Primary; again.Health != detect.Down || !again.Since.Equal(found.Primary.Since) {
		t.Errorf("begun again, the first round says %s since %s, and it was so since %s", again.Health, again.Since, found.Primary.Since)
	}
	st, err := l.Status(t.Context(), nil)
	if err != nil || st.Domains[0].LastWatch == nil || st.Domains[0].LastWatch.State.Primary.Health != detect.Down {
		t.Errorf("status: %+v, %v", st.Domains[0].LastWatch, err)
	}
	l.world.Mend(failover.Primary)
	l.watch(engine.New(l.parts), healthy, nil)
	l.mu.Lock()
	l.off += time.Hour
	l.mu.Unlock()
	if last, _ = l.LastWatch(t.Context(), "example.test"); last.Going || last.Age < time.Hour {
		t.Errorf("an hour later: going %t, %s old", last.Going, last.Age)
	}
	info, err := os.Stat(l.watchFile())
	if err != nil || info.Mode().Perm()&0o077 != 0 || info.Size() > 300<<10 {
		t.Errorf("the file: %v, %v", info, err)
	}
}

func (l *lookout) watchFile() string {
	return filepath.Join(l.parts.DataDir, "watch", "example.test.json")
}

// Two watch at once: both see, one keeps. A damaged file counts as none.
func TestWatchers(t *testing.T) {
	t.Parallel()
	l := newLookout(t)
	var said []string
	l.watch(l.Engine, func(int, detect.State) bool {
		other := newLookout(t)
		other.parts.DataDir = l.parts.DataDir
		other.watch(engine.New(other.parts), healthy, &said)
		return true
	}, nil)
	if len(said) != 1 || said[0] != "another Lifeboat watches example.test already; what is found here is not kept" {
		t.Errorf("the second is told %q", said)
	}
	before, _ := l.LastWatch(t.Context(), "example.test")
	if err := os.WriteFile(l.watchFile(), []byte(`{"version":1,"domain":"example.test.","rounds":[{"n":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := l.LastWatch(t.Context(), "example.test"); ok || before.State.At.IsZero() {
		t.Error("a damaged file is believed")
	}
	l.watch(l.Engine, healthy, nil)
	if _, ok := l.LastWatch(t.Context(), "example.test"); !ok {
		t.Error("nothing was kept over a damaged file")
	}
}

// What cannot be kept is watched all the same.
func TestWatchWithoutAFolder(t *testing.T) {
	t.Parallel()
	l := newLookout(t)
	if err := os.WriteFile(l.parts.DataDir, []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said []string
	l.watch(l.Engine, healthy, &said)
	if len(said) != 1 || !strings.Contains(said[0], l.parts.DataDir) {
		t.Errorf("told: %q", said)
	}
	if err := l.Watch(t.Context(), engine.WatchRequest{Domain: "example.net"}); err == nil || !strings.Contains(err.Error(), "example.net") {
		t.Errorf("another's domain: %v", err)
	}
}

// The settings' defaults are those of package detect, which explains them.
func TestWatchSettings(t *testing.T) {
	s, probes := configs.Defaults().Detect, detect.Default(time.Minute).Probes
	want := configs.Detect{
		Every: configs.Span(time.Minute), FailAfter: probes.FailAfter, DeferAfter: probes.DeferAfter,
		UnsteadyAfter: probes.UnsteadyAfter, RecoverAfter: probes.RecoverAfter,
	}
	if s.Every != want.Every || s.FailAfter != want.FailAfter || s.DeferAfter != want.DeferAfter || s.UnsteadyAfter != want.UnsteadyAfter || s.RecoverAfter != want.RecoverAfter {
		t.Errorf("%+v, and package detect has %+v", s, want)
	}
}
