package presenter

import (
	"slices"
	"strings"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

const (
	linesShown = 12 // exact answers of one side
	saysShown  = 5  // findings of one side
)

// detail is what an open row shows: the sides with something to see to, with what they
// answered; the others only where all is well.
func (x *Tests) detail(d failover.Domain, i engine.TestInfo) *TestDetail {
	t := x.tongue
	det := &TestDetail{}
	var sides []engine.Side
	for _, side := range sidesOf(d) {
		if c, ok := x.at(d, i.ID, side); ok && c.State == engine.CellDone {
			sides = append(sides, side)
		}
	}
	troubled := slices.DeleteFunc(slices.Clone(sides), func(s engine.Side) bool {
		c, _ := x.at(d, i.ID, s)
		return markLight(c) == LightHealthy
	})
	if len(troubled) > 0 {
		sides = troubled
	}
	for _, s := range sides {
		c, _ := x.at(d, i.ID, s)
		det.Answers = append(det.Answers, x.answer(d, s, c))
	}
	det.Advice = x.advice(d, i, troubled)
	det.Button, det.Off = t.T("Test this check"), x.live != nil
	if i.Sends {
		det.Button = t.T("Send test messages")
	}
	if i.Usual > 0 {
		det.Usual = t.T("Usually takes {span}", "span", goal(t, i.Usual))
	}
	return det
}

// answer is what came back from a side.
func (x *Tests) answer(d failover.Domain, side engine.Side, c engine.TestCell) TestAnswer {
	t := x.tongue
	name := nameAt(d, side)
	a := TestAnswer{Light: markLight(c), Title: t.T("What {name} answered", "name", name)}
	if side == engine.SideEmergency {
		a.Title = t.T("What was found at {name}", "name", name)
	}
	list := worth(c.Findings, a.Light != LightHealthy)
	var says, lines []string
	for _, f := range list {
		if text := say(t, f.Say); text != "" && !slices.Contains(says, text) {
			says = append(says, text)
		}
		lines = append(lines, f.Evidence...)
	}
	if len(says) == 0 {
		says = []string{t.Whole(t.Say(c.Word))}
	}
	a.Note = x.note(list, c)
	a.Copy = strings.Join(slices.Concat([]string{a.Title}, says, lines, []string{a.Note}), "\n") + "\n"
	a.Says, a.Lines = says[:min(len(says), saysShown)], lines[:min(len(lines), linesShown)]
	if more := len(says) - len(a.Says) + len(lines) - len(a.Lines); more > 0 {
		a.More = t.T("and {count} more lines, which Copy has, too", "count", more)
	}
	return a
}

// worth are the findings that are told: of a side in trouble those that make it so.
func worth(all []failover.Finding, troubled bool) []failover.Finding {
	if !troubled {
		return all
	}
	out := slices.DeleteFunc(slices.Clone(all), func(f failover.Finding) bool { return f.Verdict == failover.Pass })
	if len(out) == 0 {
		return all
	}
	return out
}

// note tells whom it was asked of, and when.
func (x *Tests) note(list []failover.Finding, c engine.TestCell) string {
	t := x.tongue
	var parts []string
	for _, f := range list {
		if s := failover.Display(f.Subject); s != "" && !slices.Contains(parts, s) && len(parts) < 2 {
			parts = append(parts, s)
		}
	}
	if !c.At.IsZero() {
		when := c.At.Local().Format(time.TimeOnly)
		if x.opt.Now().Sub(c.At) >= 12*time.Hour {
			when = moment(t, c.At, x.opt.Now())
		}
		parts = append(parts, when)
	}
	if c.Took > 0 {
		parts = append(parts, t.T("took {span}", "span", exact(t, c.Took)))
	}
	return strings.Join(parts, t.T(", "))
}

// advice is what to do about the sides in trouble; without any it says why it is
// tested.
func (x *Tests) advice(d failover.Domain, i engine.TestInfo, troubled []engine.Side) TestAdvice {
	t := x.tongue
	a := TestAdvice{Title: t.T("Why this is tested")}
	if len(troubled) == 0 {
		if text := say(t, i.Reason); text != "" {
			a.Texts = []string{text}
		}
		return a
	}
	a.Title = t.T("What to do")
	add := func(text string) {
		if text != "" && !slices.Contains(a.Texts, text) {
			a.Texts = append(a.Texts, text)
		}
	}
	for _, side := range troubled {
		c, _ := x.at(d, i.ID, side)
		if c.OwnLine {
			add(t.T("This is owed to your own line, not to {name}.", "name", nameAt(d, side)))
		}
		own := false
		for _, f := range worth(c.Findings, true) {
			own = own || !f.Remedy.IsZero()
			add(say(t, f.Remedy))
		}
		if !own {
			add(say(t, i.Remedy))
		}
	}
	a.Copy = strings.Join(a.Texts, "\n")
	return a
}

// Report is all results of the domain that is shown, as text to be sent to somebody.
func (x *Tests) Report() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.tongue
	d, some := x.focus()
	if !some {
		return ""
	}
	n := x.count(d)
	lines := []string{failover.Display(d.Name) + "  " + x.opt.Now().Format(time.RFC3339), x.title(d, n), x.lead(d, n)}
	for _, i := range x.infos {
		lines = append(lines, "", t.Say(i.Title))
		for _, side := range sidesOf(d) {
			c, ok := x.at(d, i.ID, side)
			m := x.mark(d, i.ID, side)
			word := m.Light.Word(t)
			if !ok || m.Unused {
				word = "–"
			}
			lines = append(lines, "  ["+word+"] "+x.caption(side)+", "+nameAt(d, side)+": "+m.Text)
			if ok && c.State == engine.CellDone && markLight(c) != LightHealthy {
				for line := range strings.Lines(x.answer(d, side, c).Copy) {
					lines = append(lines, "      "+strings.TrimRight(line, "\n"))
				}
			}
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
