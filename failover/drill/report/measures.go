package report

import (
	"strconv"

	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// none stands where there is nothing to say.
const none = "–"

// measures is the table of times: this drill, the goal, the drill before.
func (w *writer) measures() {
	r := &w.r
	if len(r.Measures) == 0 {
		return
	}
	w.section(w.T("How long it took"))
	var rows [][]text
	for _, m := range r.Measures {
		row := []text{words(w.measure(m.Name)), w.took(m), words(none), words(none)}
		if m.Goal > 0 {
			row[2] = words(w.goal(m.Goal))
		}
		if n := len(w.earlier); n > 0 {
			row[3] = w.last(w.earlier[n-1], m.Name)
		}
		rows = append(rows, row)
	}
	w.add(table{
		heads: []string{w.T("What was timed"), w.T("This drill"), w.T("Goal"), w.T("Last drill")},
		right: []bool{false, true, true, true}, wide: 0, rows: rows,
	})
	if r.Kind == drill.Functional && !w.compressed() {
		w.para(w.T("Measured in the built-in lab. In your own zone a switch reaches everybody after the TTL that your MX records have there."))
	}
}

// last tells the time of an earlier drill, with its factor where that was another.
func (w *writer) last(p drill.Point, name drill.MeasureName) text {
	s, ok := p.Took(name)
	switch {
	case !ok:
		return words(none)
	case p.Factor != w.r.Factor && p.Factor == 1:
		return words(w.T("{span} (not compressed)", "span", w.span(s)))
	case p.Factor != w.r.Factor:
		return words(w.T("{span} (compressed {factor} times)", "span", w.span(s), "factor", timesOf(p.Factor)))
	default:
		return words(w.span(s))
	}
}

// took tells a measured time and how it stands to its goal.
func (w *writer) took(m drill.Measure) text {
	switch {
	case m.Took == nil:
		return text{words: w.T("did not come to it"), tone: faint}
	case m.Met == nil:
		return text{words: w.span(*m.Took), strong: true}
	case *m.Met:
		return text{words: w.T("{span}, goal met", "span", w.span(*m.Took)), tone: good, strong: true}
	default:
		return text{words: w.T("{span}, goal missed", "span", w.span(*m.Took)), tone: bad, strong: true}
	}
}

// targets holds the drill against what the organisation has set itself.
func (w *writer) targets() {
	t := w.r.Targets
	if w.r.Kind == drill.Tabletop || t.RTO == 0 && t.RPO == 0 && t.MTPD == 0 {
		return
	}
	w.section(w.T("Against your targets"))
	var rows [][]text
	add := func(name string, target drill.Span, is text) {
		if target > 0 {
			rows = append(rows, []text{words(name), words(w.goal(target)), is})
		}
	}
	add(w.T("RTO: mail works again within"), t.RTO, w.worked(t.RTO))
	add(w.T("MTPD: no mail can be borne for at most"), t.MTPD, w.drained(t.MTPD))
	add(w.T("RPO: of the latest mail may be out of reach"), t.RPO, w.outOfReach())
	w.add(table{heads: []string{w.T("Target"), w.T("Set at"), w.T("This drill")}, right: []bool{false, true}, wide: -1, rows: rows})
}

// worked says whether mail worked again within a target.
func (w *writer) worked(target drill.Span) text {
	first, arrived := w.r.Took(drill.MeasureFirstMail)
	if not, measured := w.counts(arrived); !measured {
		return not
	}
	if first > target {
		return text{words: w.T("Not within it: first mail {span} after the fault.", "span", w.span(first)), tone: bad}
	}
	return text{words: w.T("Within it: first mail {span} after the fault.", "span", w.span(first)), tone: good}
}

// drained says whether all mail had arrived within a target.
func (w *writer) drained(target drill.Span) text {
	all, arrived := w.r.Took(drill.MeasureDrained)
	if not, measured := w.counts(arrived); !measured {
		return not
	}
	if all > target {
		return text{words: w.T("Not within it: nothing waited any more {span} after the fault.", "span", w.span(all)), tone: bad}
	}
	return text{words: w.T("Within it: nothing waited any more {span} after the fault.", "span", w.span(all)), tone: good}
}

// counts says why no time can be held against a target: one counts only where it was
// measured at the speed of life.
func (w *writer) counts(came bool) (not text, measured bool) {
	switch {
	case w.compressed():
		return text{words: w.T("Not measured: time was compressed. Hold the drill at factor 1."), tone: faint}, false
	case !came:
		return text{words: w.T("Not measured: mail was not moved in this drill."), tone: faint}, false
	default:
		return text{}, true
	}
}

func (w *writer) outOfReach() text {
	switch m := w.r.Mail; {
	case m.Sent == 0:
		return text{words: w.T("Not measured."), tone: faint}
	case m.Lost > 0:
		return text{words: w.T("Messages lost: {count}.", "count", number(m.Lost)), tone: bad}
	case w.r.Mirror == nil:
		return text{words: w.T("No message was lost. How far past mail was mirrored was not part of this drill."), tone: plain}
	default:
		return w.mirrored(*w.r.Mirror)
	}
}

// mirrored says whether the mirror was as fresh as the target wants when the fault came.
func (w *writer) mirrored(m drill.Mirrored) text {
	span, target := w.span(m.Behind), w.r.Targets.RPO
	switch {
	case !m.Problem.IsZero():
		return text{words: w.T("Not measured: {problem}", "problem", w.say(m.Problem)), tone: bad}
	case w.compressed():
		return text{words: w.T("Not measured: time was compressed. Hold the drill at factor 1."), tone: faint}
	case m.Messages == 0:
		return text{words: w.T("Not measured: no mail had come yet when the fault came."), tone: faint}
	case m.Held == m.Messages:
		return text{words: w.T("Within it: all {count} messages that had come were in the mirror.", "count", number(m.Messages)), tone: good}
	case m.Behind > target:
		return text{words: w.T("Not within it: the mirror was {span} behind; {held} of {count} messages were in it.", "span", span, "held", number(m.Held), "count", number(m.Messages)), tone: bad}
	default:
		return text{words: w.T("Within it: the mirror was {span} behind; {held} of {count} messages were in it.", "span", span, "held", number(m.Held), "count", number(m.Messages)), tone: good}
	}
}

// mail is the account of every message that anybody wrote.
func (w *writer) mail() {
	m := w.r.Mail
	if m.Sent == 0 {
		return
	}
	w.section(w.T("What became of the mail"))
	zero := func(n int) tone {
		if n == 0 {
			return good
		}
		return bad
	}
	w.add(sum{
		total: figure{w.T("Sent"), m.Sent, plain},
		parts: []figure{
			{w.T("Delivered"), m.Delivered, plain},
			{w.T("Waiting"), m.Waiting, plain},
			{w.T("Bounced"), m.Bounced, zero(m.Bounced)},
			{w.T("Lost"), m.Lost, zero(m.Lost)},
		},
		beside: []figure{
			{w.T("Doubled"), m.Doubled, zero(m.Doubled)},
			{w.T("Delivered late"), m.Delayed, plain},
			{w.T("First at the primary"), m.Primary, plain},
			{w.T("First at the secondary"), m.Secondary, plain},
			{w.T("Read by staff"), m.Read, plain},
			{w.T("Written by staff"), m.Wrote, plain},
		},
	})
	if m.Sent != m.Delivered+m.Waiting+m.Bounced+m.Lost {
		w.add(notice{w.T("This account does not add up: the record of the drill is damaged, or was changed by hand.")})
	}
	w.directions(m)
}

// directions is the account by where the mail went.
func (w *writer) directions(m lab.Totals) {
	var rows [][]text
	for _, d := range []struct {
		name string
		part lab.Subtotal
	}{
		{w.T("From outside to the domain"), m.Inbound},
		{w.T("From the domain to outside"), m.Outbound},
		{w.T("Within the domain"), m.Internal},
		{w.T("All together"), lab.Subtotal{Sent: m.Sent, Delivered: m.Delivered, Waiting: m.Waiting, Bounced: m.Bounced, Lost: m.Lost}},
	} {
		if d.part.Sent == 0 {
			continue
		}
		row := []text{words(d.name)}
		for _, n := range []int{d.part.Sent, d.part.Delivered, d.part.Waiting, d.part.Bounced, d.part.Lost} {
			row = append(row, words(number(n)))
		}
		rows = append(rows, row)
	}
	w.add(table{
		heads: []string{w.T("Mail"), w.T("Sent"), w.T("Delivered"), w.T("Waiting"), w.T("Bounced"), w.T("Lost")},
		right: []bool{false, true, true, true, true, true}, wide: 0, rows: rows,
	})
}

// trend compares with the earlier drills of the scenario.
func (w *writer) trend() {
	if len(w.earlier) == 0 || w.r.Kind == drill.Tabletop {
		return
	}
	const shown = 10
	all := append(append([]drill.Point{}, w.earlier...), w.r.Point())
	all = all[max(0, len(all)-shown):]
	w.section(w.T("This scenario over time"))
	c := chart{title: w.T("Time from the fault to the first mail at the secondary")}
	var rows [][]text
	for i, p := range all {
		first, arrived := p.Took(drill.MeasureFirstMail)
		if arrived {
			c.points = append(c.points, chartPoint{label: w.date(p.Started), told: w.span(first), value: float64(first), last: i == len(all)-1})
		}
		rows = append(rows, w.trendRow(p, i == len(all)-1))
	}
	w.add(c, table{
		heads: []string{
			w.T("Drill"), w.T("Result"), w.T("Detect"), w.T("Switch"), w.T("First mail"), w.T("Lost"), w.T("Doubled"), w.T("Compressed"),
		},
		right: []bool{false, false, true, true, true, true, true, true}, wide: -1, rows: rows,
	})
}

func (w *writer) trendRow(p drill.Point, this bool) []text {
	result := text{words: w.T("Passed"), tone: good}
	if !p.Passed {
		result = text{words: w.T("Not passed"), tone: bad}
	}
	row := []text{{words: p.Started.In(w.zone).Format("2006-01-02 15:04"), strong: this}, result}
	for _, m := range []drill.MeasureName{drill.MeasureDetect, drill.MeasureVerify, drill.MeasureFirstMail} {
		if s, ok := p.Took(m); ok {
			row = append(row, text{words: w.span(s), strong: this})
		} else {
			row = append(row, words(none))
		}
	}
	compressed := words(none)
	if p.Factor != 1 {
		compressed = words(timesOf(p.Factor) + " ×")
	}
	return append(row, words(strconv.Itoa(p.Lost)), words(strconv.Itoa(p.Doubled)), compressed)
}
