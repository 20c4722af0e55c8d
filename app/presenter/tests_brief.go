package presenter

import (
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// TestsBrief is what other pages tell of the tests.
type TestsBrief struct {
	// Light is the worst of all domains; NoLight while nothing was tested.
	Light Light
	// First says in a sentence what fails first; empty when nothing does.
	First   string
	Key     string // the same, in no language
	Failing int    // tests that fail
	// Oldest is when the oldest result was taken, and Old that it is too long ago.
	Oldest time.Time
	Old    bool
}

// Brief tells in short how the tests stand.
func (x *Tests) Brief() TestsBrief {
	x.mu.Lock()
	defer x.mu.Unlock()
	var b TestsBrief
	at := -1
	for _, d := range x.opt.Domains {
		n := x.count(d)
		if n.done() == 0 {
			continue
		}
		if w := weightOf(n.light()); w > at {
			b.Light, at = n.light(), w
		}
		if !n.oldest.IsZero() && (b.Oldest.IsZero() || n.oldest.Before(b.Oldest)) {
			b.Oldest, b.Old = n.oldest, n.old
		}
		for _, i := range x.infos {
			for _, side := range sidesOf(d) {
				c, ok := x.at(d, i.ID, side)
				if !ok || markLight(c) != LightDown {
					continue
				}
				if b.Failing++; b.Failing == 1 {
					b.First, b.Key = x.fails(d, i, side, c), d.Name+" "+i.ID+" "+string(side)
				}
			}
		}
	}
	return b
}

// weightOf orders lights by how much they press.
func weightOf(l Light) int {
	switch l {
	case LightDown:
		return 4
	case LightCare:
		return 3
	case LightUnknown:
		return 2
	default:
		return 1
	}
}

func (x *Tests) fails(d failover.Domain, i engine.TestInfo, side engine.Side, c engine.TestCell) string {
	t := x.tongue
	return t.T("{test} at {name}: {seen}.", "test", t.Say(i.Title), "name", nameAt(d, side), "seen", t.Say(c.Word))
}

// concernsShown bounds the tests that a switch is warned of.
const concernsShown = 4

// Concerns are the tests that speak against leading a domain's mail to a provider, or
// that are too old to speak for it, with their age.
func (x *Tests) Concerns(domain string, to failover.Role) []Row {
	x.mu.Lock()
	defer x.mu.Unlock()
	side := engine.SideSecondary
	if to == failover.Primary {
		side = engine.SidePrimary
	}
	t, now := x.tongue, x.opt.Now()
	var rows []Row
	oldest, tested := time.Time{}, false
	for _, d := range x.opt.Domains {
		if d.Name != failover.FQDN(domain) {
			continue
		}
		for _, i := range x.infos {
			c, ok := x.at(d, i.ID, side)
			if !ok || c.State != engine.CellDone {
				continue
			}
			if tested = true; !i.Sends && (oldest.IsZero() || c.At.Before(oldest)) {
				oldest = c.At
			}
			if l := markLight(c); (l == LightDown || l == LightCare) && len(rows) < concernsShown {
				rows = append(rows, Row{l, t.T("{test} at {name}: {seen}.", "test", t.Say(i.Title), "name", nameAt(d, side), "seen", t.Say(c.Word)), t.T("Tested {ago}.", "ago", ago(t, c.At, now))})
			}
		}
	}
	switch {
	case !tested:
		rows = append(rows, Row{LightUnknown, t.T("The connections have never been tested."), ""})
	case !oldest.IsZero() && now.Sub(oldest) >= testsOld:
		rows = append(rows, Row{LightUnknown, t.T("The tests are {span} old.", "span", t.Span(now.Sub(oldest))), ""})
	}
	return rows
}
