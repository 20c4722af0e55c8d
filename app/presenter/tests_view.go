package presenter

import (
	"slices"
	"strings"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// State returns what is to be shown now.
func (x *Tests) State() TestsState {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.tongue
	d, some := x.focus()
	if !some {
		return TestsState{Light: LightUnknown, Title: t.T("There is no domain in the settings.")}
	}
	n := x.count(d)
	s := TestsState{Light: n.light(), Title: x.title(d, n), Lead: x.lead(d, n), Running: x.live != nil, Check: t.T("Check"), Copy: n.done() > 0}
	switch {
	case s.Running:
		s.Light, s.Button = LightWorking, t.T("Cancel")
	case n.done() == 0:
		s.Button = t.T("Test now")
	default:
		s.Button = t.T("Test again")
	}
	for _, side := range sidesOf(d) {
		s.Columns = append(s.Columns, TestColumn{x.caption(side), nameAt(d, side)})
	}
	for _, i := range x.infos {
		s.Rows = append(s.Rows, x.row(d, i))
	}
	if len(x.opt.Domains) > 1 {
		for _, o := range x.opt.Domains {
			is := x.count(o)
			s.Domains = append(s.Domains, DomainRow{Name: failover.Display(o.Name), Light: is.light(), Says: x.title(o, is), Selected: o.Name == d.Name})
		}
	}
	return s
}

// caption names a side.
func (x *Tests) caption(s engine.Side) string {
	switch s {
	case engine.SidePrimary:
		return x.tongue.T("Primary")
	case engine.SideSecondary:
		return x.tongue.T("Secondary")
	default:
		return x.tongue.T("Emergency subdomain")
	}
}

// nameAt is who is at a side.
func nameAt(d failover.Domain, s engine.Side) string {
	switch s {
	case engine.SidePrimary:
		return d.Primary.Name
	case engine.SideSecondary:
		return d.Secondary.Name
	default:
		return failover.Display(d.Emergency)
	}
}

// tally counts a domain's cells.
type tally struct {
	passed, failed, care, unknown, own int
	waiting, untested                  int
	rows                               int // rows that fail anywhere but at the primary alone
	oldest, newest                     time.Time
	old                                bool
}

func (n tally) done() int { return n.passed + n.failed + n.care + n.unknown + n.own }

// light is the worst of all. What was seen too long ago proves nothing any more.
func (n tally) light() Light {
	switch {
	case n.done() == 0:
		return LightUnknown
	case n.failed > 0:
		return LightDown
	case n.care > 0:
		return LightCare
	case n.unknown+n.own > 0 || n.old:
		return LightUnknown
	default:
		return LightHealthy
	}
}

// count counts.
func (x *Tests) count(d failover.Domain) (n tally) {
	for _, i := range x.infos {
		away := false
		for _, side := range sidesOf(d) {
			if _, goes := x.live[cellAt{d.Name, i.ID, side}]; goes {
				n.waiting++
				continue
			}
			c, ok := x.at(d, i.ID, side)
			if !ok {
				n.untested++
			}
			if !ok || c.State != engine.CellDone {
				continue
			}
			n.add(c, i.Sends)
			away = away || side != engine.SidePrimary && markLight(c) == LightDown
		}
		if away {
			n.rows++
		}
	}
	n.old = !n.oldest.IsZero() && x.opt.Now().Sub(n.oldest) >= testsOld
	return n
}

// add adds a cell. How old those are that send messages counts in their own place alone:
// they are only made when somebody asks for them.
func (n *tally) add(c engine.TestCell, sends bool) {
	switch l := markLight(c); {
	case c.OwnLine && l != LightHealthy:
		n.own++
	case l == LightHealthy:
		n.passed++
	case l == LightDown:
		n.failed++
	case l == LightCare:
		n.care++
	default:
		n.unknown++
	}
	if !sends && (n.oldest.IsZero() || c.At.Before(n.oldest)) {
		n.oldest = c.At
	}
	if c.At.After(n.newest) {
		n.newest = c.At
	}
}

// markLight is a cell's light. What is owed to our own line says nothing of anybody
// else.
func markLight(c engine.TestCell) Light {
	switch {
	case c.State == engine.CellWaiting:
		return LightWaiting
	case c.State == engine.CellWorking:
		return LightWorking
	case c.State != engine.CellDone:
		return NoLight
	case c.Verdict == failover.Pass:
		return LightHealthy
	case c.OwnLine:
		return LightUnknown
	case c.Verdict == failover.Red:
		return LightDown
	case c.Verdict == failover.Warn:
		return LightCare
	default:
		return LightUnknown
	}
}

// title is the verdict.
func (x *Tests) title(d failover.Domain, n tally) string {
	t := x.tongue
	switch {
	case x.live != nil && n.waiting > 0:
		return t.T("Testing the connections of {domain} …", "domain", failover.Display(d.Name))
	case n.done() == 0:
		return t.T("Nothing has been tested yet")
	case n.rows == 1:
		return t.T("Mend one thing before you need to switch")
	case n.rows > 1:
		return t.T("Mend {count} things before you need to switch", "count", n.rows)
	case n.failed > 0 && d.Secondary.Name != "":
		return t.T("{primary} fails; {secondary} stands ready", "primary", d.Primary.Name, "secondary", d.Secondary.Name)
	case n.failed > 0:
		return t.T("{primary} fails", "primary", d.Primary.Name)
	case n.own > 0 && n.passed == 0:
		return t.T("Your own line keeps the tests from looking")
	case n.care > 0:
		return t.T("Nothing fails, and something needs care")
	case n.unknown+n.own > 0:
		return t.T("Nothing fails, and something could not be seen")
	case n.old:
		return t.T("Everything worked when it was tested last")
	default:
		return t.T("Everything works")
	}
}

// lead tells the counts, and when it was tested.
func (x *Tests) lead(d failover.Domain, n tally) string {
	t := x.tongue
	all := n.done() + n.waiting
	switch {
	case x.live != nil && n.waiting > 0:
		return join(t, t.T("{count} of {all} done. No record is changed, and every test has a time limit.", "count", max(x.awaited-len(x.live), 0), "all", x.awaited))
	case x.err != nil:
		return join(t, problem(t, x.err), x.when(d, n))
	case n.done() == 0:
		return t.T("Every connection that mail needs is tried, at both providers and at the emergency subdomain. No record is changed.")
	}
	parts := []string{t.T("{passed} of {all} checks passed", "passed", n.passed, "all", all)}
	for _, p := range []struct {
		n    int
		text string
	}{
		{n.failed, t.T("{count} failed", "count", n.failed)},
		{n.care, t.T("{count} to look after", "count", n.care)},
		{n.unknown, t.T("{count} unknown", "count", n.unknown)},
		{n.own, t.T("{count} kept back by your own line", "count", n.own)},
		{n.untested, t.T("{count} not tested yet", "count", n.untested)},
	} {
		if p.n > 0 {
			parts = append(parts, p.text)
		}
	}
	return join(t, t.Whole(strings.Join(parts, t.T(", "))), x.when(d, n))
}

// when tells when it was tested, and when that is long ago, how long.
func (x *Tests) when(d failover.Domain, n tally) string {
	t, now := x.tongue, x.opt.Now()
	if n.done() == 0 {
		return ""
	}
	ran, took := x.ranAt[d.Name], x.took[d.Name]
	switch {
	case n.old:
		return t.T("The oldest result is {span} old: test again.", "span", t.Span(now.Sub(n.oldest)))
	case !ran.IsZero() && took > 0 && now.Sub(ran) < time.Hour:
		return t.T("Run at {when}, took {span}.", "when", ran.Local().Format("15:04"), "span", exact(t, took))
	case !ran.IsZero() && took > 0:
		return t.T("Run at {when}, {ago}, took {span}.", "when", moment(t, ran, now), "ago", ago(t, ran, now), "span", exact(t, took))
	default:
		return t.T("Last tested {ago}.", "ago", ago(t, n.newest, now))
	}
}

// row is a test at every side.
func (x *Tests) row(d failover.Domain, i engine.TestInfo) TestRow {
	r := TestRow{ID: i.ID, Title: x.tongue.Say(i.Title), Light: x.rowLight(d, i.ID)}
	for _, side := range sidesOf(d) {
		r.Cells = append(r.Cells, x.mark(d, i.ID, side))
	}
	if x.opened == i.ID {
		r.Detail = x.detail(d, i)
	}
	return r
}

// rowLight is the worst of a row.
func (x *Tests) rowLight(d failover.Domain, id string) Light {
	worst, at := NoLight, -1
	for _, side := range sidesOf(d) {
		c, ok := x.at(d, id, side)
		if !ok {
			continue
		}
		l := markLight(c)
		if w := slices.Index([]Light{LightHealthy, LightWaiting, LightWorking, LightUnknown, LightCare, LightDown}, l); w > at {
			worst, at = l, w
		}
	}
	return worst
}

// mark is a cell in a few words.
func (x *Tests) mark(d failover.Domain, id string, side engine.Side) TestMark {
	t := x.tongue
	c, ok := x.at(d, id, side)
	m := TestMark{Light: markLight(c), Text: t.Say(c.Word)}
	switch {
	case !ok:
		return TestMark{Light: LightUnknown, Text: t.T("not tested yet"), Plain: true}
	case c.State == engine.CellUnused:
		if m.Text == "" {
			m.Text = t.T("not used")
		}
		m.Unused, m.Plain = true, true
	case m.Light == LightWaiting:
		m.Text, m.Plain = t.T("waiting"), true
	case m.Light == LightWorking:
		if m.Plain = true; m.Text == "" {
			m.Text = t.T("testing …")
		}
	case c.OwnLine && m.Light == LightUnknown:
		m.Text = t.T("your own line: {seen}", "seen", m.Text)
	}
	if m.Light == LightHealthy {
		m.Plain = true
		if age := x.opt.Now().Sub(c.At); age >= testsOld {
			m.Light, m.Text = LightUnknown, t.T("{seen}, {ago}", "seen", m.Text, "ago", ago(t, c.At, x.opt.Now()))
		}
	}
	return m
}
