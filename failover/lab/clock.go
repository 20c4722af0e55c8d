package lab

import (
	"context"
	"net"
	"time"

	"lifeboat/failover"
)

// clock is the world's time, which may run faster than life. All that people and
// machines wait for by the clock follows it: TTLs, lag, retries, the pace at which
// messages are written. What the network takes does not: its bytes are real, and
// so are the time-outs of those who wait for them.
type clock struct {
	factor float64
	began  time.Time
	given  func() time.Time // what a test turns by hand; nil otherwise
}

// maxFactor bounds the world's haste: a day in less than ten seconds.
const maxFactor = 10000

func newClock(factor float64, given func() time.Time) *clock {
	return &clock{factor: factor, began: time.Now(), given: given}
}

// now is what the world's clocks show.
func (c *clock) now() time.Time {
	if c.given != nil {
		return c.given()
	}
	return c.flow()
}

// flow is now without the hand of a test: it always goes on, so it is what to
// reckon waits by.
func (c *clock) flow() time.Time {
	if c.factor == 1 {
		return time.Now()
	}
	return c.began.Add(time.Duration(float64(time.Since(c.began)) * c.factor))
}

// real is how long a wait of the world takes in life; one that is not over
// takes something.
func (c *clock) real(d time.Duration) time.Duration {
	if d <= 0 || c.factor == 1 {
		return d
	}
	return max(time.Duration(float64(d)/c.factor), 1)
}

// timer is time.NewTimer for a wait of the world.
func (c *clock) timer(d time.Duration) *time.Timer { return time.NewTimer(c.real(d)) }

// Factor is how many times faster than life the world's clock runs.
func (w *World) Factor() float64 { return w.clock.factor }

// Now is what the world's clock shows. It starts at the real time and runs
// Factor times as fast, unless Options.Now tells another.
func (w *World) Now() time.Time { return w.clock.now() }

// Sleep waits for d of the world's time, which are d divided by Factor of life,
// also where Options.Now tells the time. It returns ctx's error when ctx ends
// first, and net.ErrClosed when the world does.
func (w *World) Sleep(ctx context.Context, d time.Duration) error {
	t := w.clock.timer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.inet.gone:
		return net.ErrClosed
	}
}

// checkFactor says what is wrong with a factor.
func checkFactor(f float64) error {
	if f > 0 && f <= maxFactor { // not so for NaN
		return nil
	}
	return failover.Fail(failover.ErrInvalid, "The practice world cannot run {factor} times as fast as life; give a number above 0, up to {most}",
		"factor", f, "most", maxFactor)
}
