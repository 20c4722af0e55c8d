package deliver

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeboat/failover/relay"
)

// Whenever the provider counts a message, between our command and its answer, no minute
// of its sees more than the limit; and what waits leaves without needless slowness.
func TestPaceIsNeverExceeded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		delay := rapid.IntRange(0, 20_000).Draw(t, "slowest answer, ms")
		p := pace{minute: time.Minute, day: 24 * time.Hour, limits: relay.Limits{MessagesPerMinute: limit}}
		type open struct{ counted, answered time.Duration }
		var now time.Duration
		var flying []open
		var counted []time.Duration
		waiting := rapid.IntRange(1, 120).Draw(t, "messages")
		for waiting > 0 || len(flying) > 0 {
			if waiting > 0 && p.wait(now, waiting) == 0 {
				p.begin(now, 1)
				waiting--
				took := time.Duration(rapid.IntRange(0, delay).Draw(t, "took")) * time.Millisecond
				at := now
				if took > 0 {
					at += time.Duration(rapid.Int64Range(0, int64(took)).Draw(t, "counted"))
				}
				flying = append(flying, open{at, now + took})
				counted = append(counted, at)
				continue
			}
			next := now + 24*time.Hour
			if waiting > 0 {
				next = now + p.wait(now, waiting)
			}
			for _, f := range flying {
				next = min(next, f.answered)
			}
			now = max(next, now)
			flying = slices.DeleteFunc(flying, func(f open) bool {
				if f.answered <= now {
					p.end(now, 1, 1)
				}
				return f.answered <= now
			})
		}
		slices.Sort(counted)
		for i := range counted {
			if j := i + limit; j < len(counted) && counted[j]-counted[i] < time.Minute {
				t.Fatalf("%d messages within %v", limit+1, counted[j]-counted[i])
			}
		}
		minutes := time.Duration(len(counted)-1) * time.Minute / time.Duration(limit)
		if delay == 0 && now > minutes+time.Minute {
			t.Fatalf("%d messages at %d a minute took %v", len(counted), limit, now)
		}
	})
}

func TestFewMessagesAreNotSpaced(t *testing.T) {
	t.Parallel()
	p := pace{minute: time.Minute, day: 24 * time.Hour, limits: relay.Limits{MessagesPerMinute: 30}}
	for n := 30; n > 0; n-- {
		if wait := p.wait(0, n); wait != 0 {
			t.Fatalf("with %d to go, one waits %v", n, wait)
		}
		p.begin(0, 1)
		p.end(0, 1, 1)
	}
	if wait := p.wait(0, 1); wait != time.Minute {
		t.Errorf("the 31st waits %v", wait)
	}
}

func TestRecipientsOfADay(t *testing.T) {
	t.Parallel()
	p := pace{minute: time.Minute, day: 24 * time.Hour, limits: relay.Limits{RecipientsPerDay: 100}}
	for at := range 4 {
		n, wait := p.room(time.Duration(at)*time.Hour, 25)
		if n != 25 || wait != 0 {
			t.Fatalf("%d, %v", n, wait)
		}
		p.begin(time.Duration(at)*time.Hour, n)
		p.end(time.Duration(at)*time.Hour, n, n)
	}
	if n, wait := p.room(3*time.Hour, 30); n != 0 || wait != 22*time.Hour {
		t.Errorf("%d more after %v", n, wait)
	}
	p.prune(25 * time.Hour)
	if n, _ := p.room(25*time.Hour, 30); n != 30 {
		t.Errorf("%d more after a day", n)
	}
	p.prune(100 * time.Hour)
	if n, _ := p.room(100*time.Hour, 500); n != 100 {
		t.Errorf("of a message for 500, %d", n)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for times, want := range []time.Duration{1: time.Minute, 2: 2 * time.Minute, 3: 4 * time.Minute, 7: time.Hour, 1000: time.Hour} {
		if times > 0 && want > 0 && doubled(time.Minute, time.Hour, times) != want {
			t.Errorf("%d times: %v", times, doubled(time.Minute, time.Hour, times))
		}
	}
	a, b := jitter(time.Hour, "A", 1), jitter(time.Hour, "B", 1)
	if a == b || a < time.Hour || a > 66*time.Minute {
		t.Errorf("%v and %v", a, b)
	}
}
