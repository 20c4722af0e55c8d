package hosttest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

// atOnce calls do for 0 to crowd-1, all released together.
func atOnce(do func(i int) error) []error {
	errs := make([]error, crowd)
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	for i := range crowd {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = do(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

// oneWins fails unless exactly one succeeded and the others were refused with the
// kind, and returns who won.
func (f *fixture) oneWins(t testing.TB, errs []error, kind error) (winner int) {
	t.Helper()
	winner = -1
	for i, err := range errs {
		switch {
		case err != nil:
			f.refused(t, fmt.Sprintf("number %d", i), err, kind)
		case winner >= 0:
			t.Fatalf("both %d and %d won", winner, i)
		default:
			winner = i
		}
	}
	if winner < 0 {
		t.Fatalf("nobody won: %v", errs)
	}
	return winner
}

func testWriters(t *testing.T, f *fixture) {
	after := make([]failover.RRset, crowd)
	errs := atOnce(func(i int) error {
		after[i] = f.record("", "MX", fmt.Sprintf("10 in%d.secondary.example.", i), "20 in2.secondary.example.")
		return f.apply(t.Context(), t, f.Open(t, With{}), dnshost.Change{Before: f.primary(), After: after[i]})
	})
	f.holds(t, after[f.oneWins(t, errs, failover.ErrStale)])
}

// How often, at least, the zone is looked at while it is switched, and switched
// while it is looked at.
const (
	looks    = 40
	switches = 10
)

// testNeverEmpty looks at the zone, past the host, while its MX set is switched to
// and fro.
func testNeverEmpty(t *testing.T, f *fixture) {
	var looked atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	var seen string
	go func() {
		defer close(stopped)
		for seen == "" {
			select {
			case <-stop:
				return
			default:
				seen = f.betweenStates(t)
				looked.Add(1)
			}
		}
	}()
	from, to := f.primary(), f.secondary()
	watched := true
	for n := 0; watched && (n < switches || looked.Load() < looks); n++ {
		f.change(t, from, to)
		from, to = to, from
		select {
		case <-stopped:
			watched = false
		default:
		}
	}
	close(stop)
	<-stopped
	if seen != "" {
		t.Errorf("while switching the server held: %s", seen)
	}
}

// betweenStates returns the MX set at the server unless it is one of the two that
// are switched.
func (f *fixture) betweenStates(t testing.TB) string {
	lines := fmt.Sprint(f.set(t, f.primary().Key))
	if lines == fmt.Sprint(Lines(f.primary())) || lines == fmt.Sprint(Lines(f.secondary())) {
		return ""
	}
	return lines
}
