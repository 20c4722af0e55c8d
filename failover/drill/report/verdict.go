package report

import (
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// verdict is the sentence on top, and what must be known to read the rest rightly.
func (w *writer) verdict() {
	r := &w.r
	switch {
	case !r.Broke.IsZero():
		w.add(lead{bad, w.join(w.T("Broken off before its end."), w.say(r.Broke))})
	case r.Kind == drill.Tabletop:
		w.add(lead{plain, w.talked()})
	case r.Passed:
		w.add(lead{good, w.join(w.passed(), w.spared(r.Mail), w.missed())})
	default:
		w.add(lead{bad, w.join(w.failed(), w.spared(r.Mail), w.missed())})
	}
	if w.compressed() {
		w.add(notice{w.T("Time was compressed {factor} times in this drill. Every time here is the world's, and none is a recovery time (RTO).",
			"factor", timesOf(r.Factor))})
	}
}

func (w *writer) talked() string {
	r := &w.r
	took := drill.Span(r.Ended.Sub(r.Started))
	return w.T("Talked through in {span}: injects heard {injects}, decisions {decisions}, actions agreed {actions}.", "span", w.span(took),
		"injects", number(w.count(drill.EntryInject)), "decisions", number(len(r.Moves)), "actions", number(len(r.Actions)))
}

func (w *writer) count(k drill.EntryKind) int {
	n := 0
	for _, e := range w.r.Timeline {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// passed says what went right, by what was right to do.
func (w *writer) passed() string {
	first, arrived := w.r.Took(drill.MeasureFirstMail)
	right := func(m drill.Move) bool { return slices.Contains(w.r.Scenario.Right.Moves, m) }
	switch {
	case w.r.Kind == drill.Live:
		return w.T("Passed: the test subdomain was led to the secondary and home again.")
	case right(drill.Failover) && arrived:
		return w.T("Passed: mail arrived at the secondary {span} after the fault.", "span", w.span(first))
	case right(drill.Failover):
		return w.T("Passed: mail was switched to the secondary.")
	case right(drill.Announce):
		return w.T("Passed: the records could not be changed, and work went on from the emergency subdomain.")
	case right(drill.Repair):
		return w.T("Passed: the domain's own records were put right, and no switch was made.")
	case right(drill.SendOnly):
		return w.T("Passed: sending went through the secondary, and the MX records were rightly left alone.")
	default:
		return w.T("Passed: a switch would have been wrong, and none was made.")
	}
}

func (w *writer) failed() string {
	var broken []string
	for _, c := range w.r.Checks {
		if !c.OK {
			broken = append(broken, w.say(c.Say))
		}
	}
	if len(broken) == 0 {
		return w.T("The drill was not passed.")
	}
	return w.join(w.T("Not passed: {count} of {all} checks do not hold.", "count", len(broken), "all", len(w.r.Checks)),
		w.T("The first of them: {check}", "check", broken[0]))
}

// missed counts the goals that were missed.
func (w *writer) missed() string {
	missed, all := 0, 0
	for _, m := range w.r.Measures {
		if m.Met != nil {
			all++
			if !*m.Met {
				missed++
			}
		}
	}
	if missed == 0 {
		return ""
	}
	return w.T("Goals missed: {count} of {all}.", "count", missed, "all", all)
}

// spared says what became of the mail.
func (w *writer) spared(m lab.Totals) string {
	switch {
	case m.Sent == 0:
		return ""
	case m.Lost == 0 && m.Doubled == 0 && m.Bounced == 0:
		return w.T("Of {sent} messages none was lost, doubled or bounced.", "sent", number(m.Sent))
	default:
		return w.T("Of {sent} messages {lost} were lost, {doubled} doubled and {bounced} bounced.", "sent", number(m.Sent),
			"lost", number(m.Lost), "doubled", number(m.Doubled), "bounced", number(m.Bounced))
	}
}

// exercised says what was tried, why, and by whom.
func (w *writer) exercised() {
	r := &w.r
	w.section(w.T("What was exercised"))
	w.para(w.theirs(r.Scenario.Summary))
	took := drill.Span(r.Ended.Sub(r.Started))
	rows := [][2]string{
		{w.T("Kind"), w.kind(r.Kind)},
		{w.T("Scope"), w.theirs(r.Scenario.Scope)},
		{w.T("Domain"), r.Domain},
		{w.T("When"), w.T("{when}, for {span}", "when", w.moment(r.Started), "span", w.span(took))},
		{w.T("Who decided"), w.whoDecided()},
	}
	if r.Facilitator != "" {
		rows = append(rows, [2]string{w.T("Facilitator"), r.Facilitator})
	}
	if len(r.Participants) > 0 {
		rows = append(rows, [2]string{w.T("Participants"), w.participants()})
	}
	rows = append(rows, [2]string{w.T("Scenario"), r.Scenario.Name})
	if r.Seed != 0 {
		rows = append(rows, [2]string{w.T("Seed"), w.T("{seed} (plays the same again)", "seed", r.Seed)})
	}
	w.add(facts{slices.DeleteFunc(rows, func(row [2]string) bool { return row[1] == "" })})
	if len(r.Scenario.Objectives) > 0 {
		w.para(w.T("Objectives:"))
		w.add(list{numbered: true, items: w.texts(r.Scenario.Objectives)})
	}
}

func (w *writer) whoDecided() string {
	if w.r.Unattended {
		return w.T("Unattended: Lifeboat's advice was followed as it came, to measure the machine alone.")
	}
	return w.T("By people.")
}

func (w *writer) participants() string {
	var names []string
	for _, p := range w.r.Participants {
		if p.Role == "" {
			names = append(names, p.Name)
			continue
		}
		names = append(names, w.T("{name} ({role})", "name", p.Name, "role", w.theirs(p.Role)))
	}
	return w.list(names)
}

func (w *writer) texts(list []string) []text {
	out := make([]text, len(list))
	for i, s := range list {
		out[i] = words(w.theirs(s))
	}
	return out
}

// detection tells what Lifeboat made of it, with the evidence in its exact words.
func (w *writer) detection() {
	var rows [][]text
	for _, e := range w.r.Timeline {
		if e.Kind == drill.EntryFound {
			evidence := make([]string, len(e.Evidence))
			for i, ev := range e.Evidence {
				evidence[i] = w.say(ev)
			}
			rows = append(rows, []text{words(since(e.Since)), w.told(e), words(lines(evidence))})
		}
	}
	if len(rows) == 0 && w.r.Kind == drill.Tabletop {
		return
	}
	w.section(w.T("What detection said"))
	if len(rows) == 0 {
		w.para(w.T("It found nothing wrong."))
		return
	}
	w.add(table{heads: []string{w.T("After the start"), w.T("What it said"), w.T("What it went by, with the servers' answers")}, right: []bool{true}, wide: -1, rows: rows})
}

// told is an entry of the timeline in words.
func (w *writer) told(e drill.Entry) text {
	t := text{words: w.say(e.Say)}
	if e.Bad {
		t.tone = bad
	}
	return t
}

// decisions tells who decided what, and what came of it.
func (w *writer) decisions() {
	w.section(w.T("Decisions"))
	if len(w.r.Moves) == 0 {
		w.para(w.T("None was made."))
		return
	}
	var rows [][]text
	for _, d := range w.r.Moves {
		came := text{words: w.T("carried out"), tone: good}
		switch {
		case w.r.Kind == drill.Tabletop:
			came = words(w.T("recorded"))
		case !d.Refused.IsZero() && d.TooEarly:
			came = text{words: w.join(w.T("Rightly refused."), w.say(d.Refused)), tone: good}
		case !d.Refused.IsZero():
			came = text{words: w.join(w.T("Refused."), w.say(d.Refused)), tone: bad}
		}
		why := d.Why
		if why == "" {
			why = w.say(d.Advice)
		}
		rows = append(rows, []text{words(since(d.Since)), words(w.theirs(d.Who)), {words: w.move(d.Move), strong: true}, words(why), came})
	}
	w.add(table{
		heads: []string{w.T("After the start"), w.T("Who"), w.T("What"), w.T("Why"), w.T("What came of it")},
		right: []bool{true}, wide: -1, rows: rows,
	})
	if why := w.r.Scenario.Right.Why; why != "" {
		w.para(w.T("What would be right, and why: {why}", "why", w.theirs(why)))
	}
}

// checks tells what had to hold, which is how the objectives are judged.
func (w *writer) checks() {
	if len(w.r.Checks) == 0 {
		return
	}
	w.section(w.T("What had to hold"))
	var rows [][]text
	for _, c := range w.r.Checks {
		holds := text{words: w.T("Holds"), tone: good}
		if !c.OK {
			holds = text{words: w.T("Does not hold"), tone: bad}
		}
		rows = append(rows, []text{words(w.say(c.Say)), holds})
	}
	w.add(table{heads: []string{w.T("Check of the drill"), w.T("Result")}, wide: 0, rows: rows})
}

// timeline tells everything in the order in which it happened.
func (w *writer) timeline() {
	if len(w.r.Timeline) == 0 {
		return
	}
	w.section(w.T("Timeline"))
	w.para(w.T("Times are minutes and seconds after the start at {when}.", "when", w.r.Started.In(w.zone).Format(time.TimeOnly)))
	var rows [][]text
	for _, e := range w.r.Timeline {
		rows = append(rows, []text{words(since(e.Since)), {words: w.entry(e.Kind), tone: faint}, words(w.theirs(e.Who)), w.told(e)})
	}
	w.add(table{heads: []string{w.T("After the start"), w.T("Kind"), w.T("Who"), w.T("What happened")}, right: []bool{true}, wide: 3, rows: rows})
}

// injects tells what people were told, and what was expected of them.
func (w *writer) injects() {
	r := &w.r
	if r.Kind == drill.Tabletop && len(r.Scenario.Injects) > 0 {
		w.section(w.T("Injects and expected actions"))
		var rows [][]text
		for _, in := range r.Scenario.Injects {
			expect := make([]string, len(in.Expect))
			for i, e := range in.Expect {
				expect[i] = w.theirs(e)
			}
			rows = append(rows, []text{words(since(in.At)), words(w.theirs(in.From)), words(w.theirs(in.Says)), words(lines(expect))})
		}
		w.add(table{heads: []string{w.T("Planned for"), w.T("Who says it"), w.T("What they say"), w.T("What was expected")}, right: []bool{true}, wide: -1, rows: rows})
	}
	if len(r.Scenario.Expected) > 0 {
		w.section(w.T("Actions that were expected"))
		w.add(list{items: w.texts(r.Scenario.Expected)})
	}
}

func lines(all []string) string {
	out := ""
	for i, s := range all {
		if i > 0 {
			out += "\n"
		}
		out += s
	}
	return out
}

// sentences tells several, as a list.
func (w *writer) sentences(all []failover.Sentence) []text {
	out := make([]text, len(all))
	for i, s := range all {
		out[i] = words(w.say(s))
	}
	return out
}
