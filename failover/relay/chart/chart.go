package chart

import (
	"cmp"
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Input is what a chart is made of.
type Input struct {
	Samples []relay.Sample // of any domains, in any order
	// Routes are the events of kind relay.RouteChange; others are passed over.
	Routes []relay.Event
	// Since and Until are the ends of the time shown.
	Since, Until time.Time
	Zone         *time.Location // of the clock times; nil: the local one
	// Whole says that the samples begin with what held at Since, or before it: a pair of
	// domain and provider that comes later has counted from nothing. Without it, the
	// first sample of a pair tells nothing of what was delivered.
	Whole bool
	// Say tells sentences in the reader's language; nil: English.
	Say func(failover.Sentence) string
}

// Chart is a picture that can be drawn in several ways.
type Chart struct {
	in      Input
	moments []moment
	marks   []mark
	total   [sides]total
	most    moment // when most waited
	again   int    // messages sent a second time
}

// The sides are the two providers.
const (
	primary = iota
	secondary
	sides
)

func sideOf(r failover.Role) int {
	if r == failover.Secondary {
		return secondary
	}
	return primary
}

// pile is what waits for one provider.
type pile struct {
	depth  int       // waiting, held and uncertain
	oldest time.Time // zero: nothing waits
}

// moment is how things stood from a time on.
type moment struct {
	at        time.Time
	piles     [sides]pile
	delivered [sides]int // since the moment before
	again     int        // likewise
	domains   map[string]int
}

func (m moment) depth() int { return m.piles[primary].depth + m.piles[secondary].depth }

// mark is a switch of the send route, of all domains that were switched together.
type mark struct {
	at      time.Time
	role    failover.Role
	domains []string
}

// total is what a provider's side comes to in the time shown.
type total struct {
	most      int
	mostAt    time.Time
	now       int
	age       time.Duration // of the oldest, at most
	delivered int
}

// New makes a chart. An end before the beginning shows nothing.
func New(in Input) *Chart {
	if in.Zone == nil {
		in.Zone = time.Local
	}
	if in.Say == nil {
		in.Say = failover.Sentence.String
	}
	c := &Chart{in: in}
	c.lookThrough()
	c.findMarks()
	return c
}

// Empty reports whether there is nothing to show: nobody looked at the queue in time.
func (c *Chart) Empty() bool { return len(c.moments) == 0 || !c.in.Until.After(c.in.Since) }

// lookThrough goes through the samples in the order of time and adds up the domains.
func (c *Chart) lookThrough() {
	type pair struct {
		domain string
		side   int
	}
	samples := slices.Clone(c.in.Samples)
	slices.SortStableFunc(samples, func(a, b relay.Sample) int { return a.At.Compare(b.At) })
	last := map[pair]relay.Sample{}
	var came [sides]int
	again := 0
	for i, s := range samples {
		p := pair{s.Domain, sideOf(s.Role)}
		if before, known := last[p]; (known || c.in.Whole) && !s.At.Before(c.in.Since) {
			came[p.side] += grown(before.Delivered, s.Delivered)
			again += grown(before.Again, s.Again)
		}
		last[p] = s
		if i+1 < len(samples) && samples[i+1].At.Equal(s.At) || s.At.After(c.in.Until) {
			continue // what is sampled at one time counts as one
		}
		m := moment{at: s.At, delivered: came, again: again, domains: map[string]int{}}
		came, again = [sides]int{}, 0
		for of, now := range last {
			depth := now.Waiting + now.Held + now.Uncertain
			m.piles[of.side].depth += depth
			m.domains[of.domain] += depth
			if oldest := &m.piles[of.side].oldest; depth > 0 && !now.Oldest.IsZero() && (oldest.IsZero() || now.Oldest.Before(*oldest)) {
				*oldest = now.Oldest
			}
		}
		c.add(m)
	}
}

// grown is by how much a counter has grown; one that was begun anew has not.
func grown(from, to uint64) int {
	const most = 1 << 31
	if to <= from {
		return 0
	}
	return int(min(to-from, most))
}

// add notes a moment. What was before the time shown is where it begins.
func (c *Chart) add(m moment) {
	if m.at.Before(c.in.Since) {
		m.at, m.delivered, m.again = c.in.Since, [sides]int{}, 0
		c.moments = c.moments[:0]
		c.total, c.most = [sides]total{}, moment{}
	}
	c.moments = append(c.moments, m)
	c.again += m.again
	if m.depth() > c.most.depth() {
		c.most = m
	}
	for side, p := range m.piles {
		t := &c.total[side]
		t.now = p.depth
		t.delivered += m.delivered[side]
		if p.depth > t.most {
			t.most, t.mostAt = p.depth, m.at
		}
		t.age = max(t.age, p.age(m.at))
	}
}

// age is how long the oldest message has waited at a time.
func (p pile) age(at time.Time) time.Duration {
	if p.oldest.IsZero() {
		return 0
	}
	return max(at.Sub(p.oldest), 0)
}

// findMarks gathers the switches of the route; those of several domains in one
// operation are one.
func (c *Chart) findMarks() {
	const together = 5 * time.Second
	routes := slices.Clone(c.in.Routes)
	slices.SortStableFunc(routes, func(a, b relay.Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Domain, b.Domain))
	})
	for _, e := range routes {
		if e.Kind != relay.RouteChange || e.At.Before(c.in.Since) || e.At.After(c.in.Until) {
			continue
		}
		i := slices.IndexFunc(c.marks, func(m mark) bool { return m.role == e.Role && e.At.Sub(m.at) <= together })
		if i < 0 {
			c.marks = append(c.marks, mark{at: e.At, role: e.Role, domains: []string{e.Domain}})
			continue
		}
		if !slices.Contains(c.marks[i].domains, e.Domain) {
			c.marks[i].domains = append(c.marks[i].domains, e.Domain)
		}
	}
}

// column is a part of the time shown.
type column struct {
	known     bool // somebody had looked by then
	depth     [sides]int
	age       [sides]time.Duration
	delivered [sides]int
}

// columns parts the time shown into so many columns.
func (c *Chart) columns(count int) []column {
	out := make([]column, count)
	whole := c.in.Until.Sub(c.in.Since)
	next := 0
	var now *moment
	for i := range out {
		col := &out[i]
		end := c.in.Since.Add(whole / time.Duration(count) * time.Duration(i+1))
		if i == count-1 {
			end = c.in.Until.Add(1)
		}
		if now != nil {
			col.hold(*now)
		}
		looked := false
		for next < len(c.moments) && c.moments[next].at.Before(end) {
			now = &c.moments[next]
			col.hold(*now)
			for side := range sides {
				col.age[side] = max(col.age[side], now.piles[side].age(now.at))
				col.delivered[side] += now.delivered[side]
			}
			next++
			looked = true
		}
		// Between two samples the oldest grows older; how long it waited before the second
		// found it gone, nobody knows.
		for side := range sides {
			if now != nil && (next == len(c.moments) || !looked) {
				col.age[side] = max(col.age[side], now.piles[side].age(end))
			}
		}
	}
	return out
}

// hold takes a moment into the column, if nothing in it is higher.
func (col *column) hold(m moment) {
	if depth := m.depth(); !col.known || depth > col.depth[primary]+col.depth[secondary] {
		col.depth = [sides]int{m.piles[primary].depth, m.piles[secondary].depth}
	}
	col.known = true
}

// place is where a time lies among so many columns.
func (c *Chart) place(at time.Time, count int) int {
	share := float64(at.Sub(c.in.Since)) / float64(c.in.Until.Sub(c.in.Since))
	return max(0, min(count-1, int(share*float64(count))))
}

// top is a round number that is at least the highest depth, and even, so that its half
// is one as well.
func (c *Chart) top() int {
	most := max(c.most.depth(), 1)
	for unit := 1; ; unit *= 10 {
		for _, n := range []int{2, 4, 6, 8, 10, 12, 16} {
			if n*unit >= most {
				return n * unit
			}
		}
	}
}

// tick is a time written below the chart.
type tick struct {
	at   time.Time
	text string
}

// ticks are round times, at most so many.
func (c *Chart) ticks(most int) []tick {
	const day = 24 * time.Hour
	whole := c.in.Until.Sub(c.in.Since)
	step := 365 * day
	for _, s := range []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
		15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 14 * day, 30 * day, 90 * day,
	} {
		if whole/s < time.Duration(most) {
			step = s
			break
		}
	}
	form := "15:04"
	switch {
	case step < time.Minute:
		form = "15:04:05"
	case step >= day:
		form = "01-02"
	}
	// From midnight on, so that the times are round in this zone.
	local := c.in.Since.In(c.in.Zone)
	at := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, c.in.Zone)
	if step < day {
		at = at.Add(local.Sub(at).Truncate(step))
	}
	var out []tick
	for ; !at.After(c.in.Until); at = at.Add(step) {
		if !at.Before(c.in.Since) {
			said := at.In(c.in.Zone).Format(form)
			if said == "00:00" {
				said = at.In(c.in.Zone).Format("01-02")
			}
			out = append(out, tick{at, said})
		}
	}
	return out
}

// clock tells a moment, with the day where several are shown.
func (c *Chart) clock(at time.Time) string {
	form := "15:04"
	if c.in.Until.Sub(c.in.Since) > 20*time.Hour {
		form = "01-02 15:04"
	}
	return at.In(c.in.Zone).Format(form)
}
