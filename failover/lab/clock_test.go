package lab_test

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

func TestWorldRunsAtTheRealTime(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	before := time.Now()
	now := w.Now()
	if w.Factor() != 1 || now.Before(before) || now.After(time.Now()) {
		t.Errorf("at factor %v it is %v", w.Factor(), now)
	}
	if err := w.Sleep(t.Context(), 20*time.Millisecond); err != nil || time.Since(before) < 20*time.Millisecond {
		t.Errorf("Sleep: %v after %v", err, time.Since(before))
	}
}

func TestWorldRunsFaster(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{Factor: 6000})
	began, from := time.Now(), w.Now()
	if err := w.Sleep(t.Context(), 10*time.Minute); err != nil {
		t.Fatal(err)
	}
	if took, passed := time.Since(began), w.Now().Sub(from); took < 100*time.Millisecond || passed < 10*time.Minute {
		t.Errorf("10 minutes are %v of the world and %v of life", passed, took)
	}
	for _, f := range []float64{-1, math.NaN(), math.Inf(1), 10001} {
		if _, err := lab.New(lab.Options{Factor: f}); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), "give a number above 0, up to 10000") {
			t.Errorf("factor %v: %v", f, err)
		}
	}
}

func TestSleepEnds(t *testing.T) {
	t.Parallel()
	// A clock that a test holds still does not hold up who waits.
	c := newClock()
	w := start(t, lab.Options{Now: c.now, Factor: 60})
	if w.Now() != c.now() {
		t.Errorf("it is %v", w.Now())
	}
	if err := w.Sleep(t.Context(), time.Second); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.Sleep(t.Context(), 1000*time.Hour) }()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// TTLs and lag run out by the world's clock.
func TestTTLsAndLagFollowTheFactor(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{Factor: 3000, Lag: 5 * time.Minute})
	fresh := failover.NewRRset("example.test", "MX", 300, "10 mx1.lighthouse.test.")
	ns2 := serverAddr(t, w, "ns2.example.test")
	for _, server := range []string{w.Resolver(), ns2} {
		if ask(t, w, server, "example.test", "MX").SameValues(fresh) {
			t.Fatal("it is so from the start")
		}
	}
	changed := w.Now()
	if err := w.Put(fresh); err != nil {
		t.Fatal(err)
	}
	if ask(t, w, ns2, "example.test", "MX").SameValues(fresh) && w.Now().Sub(changed) < 5*time.Minute {
		t.Error("a secondary follows without a lag")
	}
	for _, server := range []string{ns2, w.Resolver()} {
		for !ask(t, w, server, "example.test", "MX").SameValues(fresh) {
			continue
		}
		// The resolver asked shortly before the change.
		if passed := w.Now().Sub(changed); passed < 4*time.Minute {
			t.Errorf("%s has it after %v", server, passed)
		}
	}
}

// A sender's waits are in the world's time.
func TestRetriesFollowTheFactor(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{Factor: 6000, Retry: lab.Retry{First: 10 * time.Minute, Most: time.Hour, Patience: 20 * time.Second}})
	events, _ := w.Subscribe(100)
	if err := w.Break(failover.Primary, lab.Refuse); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Send("office@example.test"); err != nil {
		t.Fatal(err)
	}
	failed := next(t, events, lab.EventDeferred)
	w.Mend(failover.Primary)
	if took := next(t, events, lab.EventDelivered).At.Sub(failed.At); took < 9*time.Minute {
		t.Errorf("tried again after %v", took)
	}
}
