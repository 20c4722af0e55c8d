package deliver

import (
	"time"

	"lifeboat/failover"
)

// trouble is why nothing is tried for a while: at a host, with a login, of a sender.
type trouble struct {
	fails int
	until time.Duration // by Options.Steady
	since time.Time
	why   failover.Sentence
}

// hit notes one more failure; the pause doubles from first to most.
func (t *trouble) hit(now time.Duration, at time.Time, first, most time.Duration, why failover.Sentence) {
	if t.fails == 0 {
		t.since = at
	}
	t.fails++
	t.why = why
	t.until = now + doubled(first, most, t.fails)
}

func (t *trouble) clear() { *t = trouble{} }

func (t *trouble) bars(now time.Duration) bool { return t.fails > 0 && now < t.until }

// doubled returns first for the first time, twice as much for the second, up to most.
func doubled(first, most time.Duration, times int) time.Duration {
	d := first
	for range times - 1 {
		if d >= most/2 {
			return most
		}
		d *= 2
	}
	return min(d, most)
}

// jitter spreads what failed together: d and up to a tenth more, told by the name.
func jitter(d time.Duration, name string, times int) time.Duration {
	h := uint32(2166136261) + uint32(times) //nolint:gosec // a hash may wrap
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return d + d/10*time.Duration(h%1024)/1024
}
