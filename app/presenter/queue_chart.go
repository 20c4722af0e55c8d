package presenter

import (
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// QueueChart is how many messages waited for each provider over time.
type QueueChart struct {
	From, To time.Time
	Lines    []QueueLine // the primary's first
	Ticks    []QueueTick
	Marks    []QueueTick // when the send route was moved
	Most     int
	Says     string // in words, for whoever does not see it
}

// QueueLine is what waited for one provider.
type QueueLine struct {
	Role   failover.Role
	Points []QueuePoint
}

// QueuePoint is how many waited from a moment on.
type QueuePoint struct {
	At time.Time
	N  int
}

// QueueTick names a moment.
type QueueTick struct {
	At    time.Time
	Label string
}

// leastChart is the shortest time that the chart shows.
const leastChart = 10 * time.Minute

// draw makes the chart of what was sampled. The caller holds mu.
func (q *Queue) draw() {
	now := q.opt.Now()
	c := QueueChart{From: now.Add(-q.span.length()), To: now}
	samples := append(slices.Clone(q.samples), q.list.Totals...)
	slices.SortStableFunc(samples, func(a, b relay.Sample) int { return a.At.Compare(b.At) })
	if q.span == QueueHour && len(samples) > 0 { // what was begun just now is not shown in a corner
		first := samples[0].At
		if from := now.Add(-leastChart); first.After(c.From) {
			c.From = first
			if c.From.After(from) {
				c.From = from
			}
		}
	}
	for _, r := range roles() {
		line := QueueLine{Role: r, Points: pointsOf(samples, r, c.From, now)}
		for _, p := range line.Points {
			if p.N > c.Most {
				c.Most = p.N
				c.Says = q.tongue.T("{count} at {time}", "count", grouped(p.N), "time", p.At.Local().Format("15:04"))
			}
		}
		c.Lines = append(c.Lines, line)
	}
	c.Ticks = q.ticks(c.From, c.To)
	for _, e := range q.moves {
		if e.At.After(c.From) {
			c.Marks = append(c.Marks, QueueTick{e.At, q.tongue.T("to {provider}", "provider", q.providerName(e.Role))})
		}
	}
	q.chart = c
}

// steady is from when on a time without a sample is one in which nothing changed.
const steady = 2 * time.Minute

// pointsOf adds up the domains' samples for one provider.
func pointsOf(samples []relay.Sample, r failover.Role, from, now time.Time) (out []QueuePoint) {
	depth := map[string]int{}
	sum, some := 0, false
	put := func(at time.Time, n int) {
		at = at.Add(max(from.Sub(at), 0))
		if last := len(out) - 1; last >= 0 && out[last].At.Equal(at) {
			out[last].N = n
			return
		}
		out = append(out, QueuePoint{at, n})
	}
	for _, s := range samples {
		if s.Role != r {
			continue
		}
		before := sum
		n := s.Waiting + s.Held + s.Uncertain
		sum += n - depth[s.Domain]
		depth[s.Domain] = n
		some = some || n > 0
		if last := len(out) - 1; sum != before && last >= 0 && s.At.Sub(out[last].At) > steady {
			put(s.At.Add(-steady/2), before) // nothing is filed while nothing changes
		}
		put(s.At, sum)
	}
	if !some {
		return nil
	}
	put(now, sum)
	return out
}

// ticks names round moments.
func (q *Queue) ticks(from, to time.Time) (out []QueueTick) {
	step, form := 10*time.Minute, "15:04"
	switch length := to.Sub(from); {
	case length <= 15*time.Minute:
		step = 2 * time.Minute
	case length <= 30*time.Minute:
		step = 5 * time.Minute
	case length <= 2*time.Hour:
	case length <= 48*time.Hour:
		step = 4 * time.Hour
	default:
		step, form = 24*time.Hour, "01-02"
	}
	local := from.Local()
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	for at := midnight; !at.After(to); at = at.Add(step) {
		if !at.Before(from) {
			out = append(out, QueueTick{at, at.Local().Format(form)})
		}
	}
	return out
}
