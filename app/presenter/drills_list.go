package presenter

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// State returns the list.
func (d *Drills) State() DrillsState {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tongue
	s := DrillsState{
		Page: d.page, People: d.people, Starting: d.starting,
		Lead: t.T("Live through an outage before it comes. In the lab only the world outside is made up; around a table nothing is touched."),
	}
	if err := d.err; err != nil {
		s.Problem = problem(t, err)
	} else if d.heldErr != nil {
		s.Problem = problem(t, d.heldErr)
	}
	now := d.opt.Now()
	for i, sc := range d.inTurn() {
		row := d.scenario(sc, now)
		row.Next = i == 0
		s.Scenarios = append(s.Scenarios, row)
	}
	for i, h := range d.held {
		if i == heldShown {
			break
		}
		s.Held = append(s.Held, heldRow(t, h, now))
	}
	return s
}

// inTurn lists the scenarios as it is their turn: those never held, the one to begin
// with before the others, and then those held the longest ago.
func (d *Drills) inTurn() []drill.Scenario {
	out := slices.Clone(d.opt.Scenarios)
	slices.SortStableFunc(out, func(a, b drill.Scenario) int {
		return cmp.Or(d.lastHeld(a.Name).Compare(d.lastHeld(b.Name)), d.rank(a)-d.rank(b))
	})
	return out
}

// rank puts the one to begin with before the others.
func (d *Drills) rank(s drill.Scenario) int {
	if s.Name == d.opt.First {
		return 0
	}
	return 1
}

// lastHeld is when a scenario was held last; zero when never.
func (d *Drills) lastHeld(scenario string) time.Time {
	for _, h := range d.held {
		if h.Scenario == scenario {
			return h.Started
		}
	}
	return time.Time{}
}

// scenario is a row of the list.
func (d *Drills) scenario(sc drill.Scenario, now time.Time) ScenarioRow {
	t := d.tongue
	row := ScenarioRow{
		Name: sc.Name, Title: theirs(t, sc.Title), Summary: theirs(t, sc.Summary), Light: LightWaiting, Last: t.T("never held"),
		Plays: slices.Contains(sc.Kinds, drill.Functional), Talks: slices.Contains(sc.Kinds, drill.Tabletop),
	}
	switch {
	case row.Plays && row.Talks:
		row.Facts = t.T("In the lab a few minutes; around a table about {span}", "span", goal(t, time.Duration(sc.Lasts)))
	case row.Plays:
		row.Facts = t.T("In the lab a few minutes")
	case row.Talks:
		row.Facts = t.T("Around a table about {span}", "span", goal(t, time.Duration(sc.Lasts)))
	case d.opt.Rehearse != nil && len(d.opt.Domains) > 0 && slices.Contains(sc.Kinds, drill.Live):
		row.Lives, row.Facts = true, t.T("In your own zone, at a name that no mail goes to; about {span}", "span", goal(t, time.Duration(sc.Lasts)))
	default:
		row.Facts = t.T("In your own zone, at the command line: {command}", "command", "lifeboat drill run "+sc.Name)
	}
	for _, h := range d.held {
		if h.Scenario == sc.Name {
			row.Light, row.Last = passedLight(h), t.T("last held {ago}", "ago", ago(t, h.Started, now))
			break
		}
	}
	return row
}

func passedLight(h drill.Summary) Light {
	if h.Passed {
		return LightHealthy
	}
	return LightCare
}

func heldRow(t *i18n.Tongue, h drill.Summary, now time.Time) HeldRow {
	row := HeldRow{ID: h.ID, Title: theirs(t, h.Title), Light: passedLight(h), When: moment(t, h.Started, now)}
	says := []string{kindWord(t, h.Kind)}
	if h.Passed {
		says = append(says, t.T("passed"))
	} else {
		says = append(says, t.T("not passed: {count}", "count", h.Failed))
	}
	if h.Open > 0 {
		says = append(says, t.T("actions open: {count}", "count", h.Open))
	}
	if h.Factor != 1 && h.Kind == drill.Functional {
		says = append(says, t.T("time × {factor}", "factor", h.Factor))
	}
	row.Says = strings.Join(says, " · ")
	return row
}

func kindWord(t *i18n.Tongue, k drill.Kind) string {
	switch k {
	case drill.Functional:
		return t.T("in the lab")
	case drill.Live:
		return t.T("live, on a test subdomain")
	default:
		return t.T("around a table")
	}
}

// theirs tells a text of a scenario: in the reader's language where it is one of
// ours.
func theirs(t *i18n.Tongue, text string) string { return t.Say(failover.Sentence{Template: text}) }

// LastDrill tells of the last measured drill, for Home; nil when there was none.
func (d *Drills) LastDrill() *DrillCard {
	d.mu.Lock()
	t, held, now := d.tongue, d.held, d.opt.Now()
	d.mu.Unlock()
	for _, h := range held {
		if h.Kind == drill.Tabletop {
			continue
		}
		points, _ := d.opt.Archive.Trend(h.Scenario)
		if len(points) == 0 {
			continue
		}
		return drillCard(t, points, now)
	}
	return nil
}

// drillsShown is how many drills a trend shows.
const drillsShown = 5

func drillCard(t *i18n.Tongue, points []drill.Point, now time.Time) *DrillCard {
	last := points[len(points)-1]
	c := &DrillCard{Title: ago(t, last.Started, now), At: last.Started}
	if took, ok := last.Took(drill.MeasureFirstMail); ok {
		c.Line = t.T("First mail after {span}. Lost {lost}, doubled {doubled}.", "span", exact(t, time.Duration(took)), "lost", last.Lost, "doubled", last.Doubled)
	} else {
		c.Line = t.T("Lost {lost}, doubled {doubled}.", "lost", last.Lost, "doubled", last.Doubled)
	}
	var spans []time.Duration
	for _, p := range points {
		if took, ok := p.Took(drill.MeasureFirstMail); ok && p.Factor == last.Factor {
			spans = append(spans, time.Duration(took))
		}
	}
	if n := len(spans) - drillsShown; n > 0 {
		spans = spans[n:]
	}
	for _, s := range spans {
		c.Values = append(c.Values, s.Seconds())
	}
	if len(spans) > 0 {
		c.From, c.To = exact(t, spans[0]), exact(t, spans[len(spans)-1])
	}
	return c
}
