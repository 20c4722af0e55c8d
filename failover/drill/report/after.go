package report

import (
	"strings"

	"lifeboat/failover/drill"
)

// answers tells what people answered to the evaluation questions; a question
// without an answer leaves room for one.
func (w *writer) answers() {
	r := &w.r
	if len(r.Scenario.Questions) == 0 && len(r.Answers) == 0 {
		return
	}
	w.section(w.T("Evaluation"))
	var rows [][]text
	told := map[int]bool{}
	for _, q := range r.Scenario.Questions {
		asked := []text{words(w.theirs(q))}
		for i, a := range r.Answers {
			if a.Question == q {
				told[i] = true
				rows = append(rows, w.answer(asked[0], a))
				asked[0] = words("")
			}
		}
		if asked[0].words != "" {
			rows = append(rows, []text{asked[0], words(""), words(""), words("")})
		}
	}
	for i, a := range r.Answers {
		if !told[i] {
			rows = append(rows, w.answer(words(w.theirs(a.Question)), a))
		}
	}
	w.add(table{heads: []string{w.T("Question"), w.T("Who"), w.T("What they answered"), w.T("Mark, 1 to 5")}, right: []bool{false, false, false, true}, wide: -1, rows: rows})
}

func (w *writer) answer(question text, a drill.Answer) []text {
	mark := words(none)
	if a.Score > 0 {
		mark = words(number(a.Score))
	}
	return []text{question, words(a.Who), words(a.Text), mark}
}

// observations tells what people noticed, what went well first.
func (w *writer) observations() {
	w.section(w.T("Observations"))
	var well, better []text
	for _, o := range w.r.Observations {
		t := words(o.Text)
		if o.Who != "" {
			t = words(w.T("{who}: {text}", "who", o.Who, "text", o.Text))
		}
		if o.Good {
			well = append(well, t)
		} else {
			better = append(better, t)
		}
	}
	if len(well)+len(better) == 0 {
		w.para(w.T("None was written down. Add one with: lifeboat drill report {id} --observe \"WHO: TEXT\"", "id", w.r.ID))
		return
	}
	if len(well) > 0 {
		w.para(w.T("What went well:"))
		w.add(list{items: well})
	}
	if len(better) > 0 {
		w.para(w.T("What could be better:"))
		w.add(list{items: better})
	}
}

func (w *writer) recommendations() {
	w.section(w.T("Recommendations"))
	if len(w.r.Recommendations) == 0 {
		w.para(w.T("Nothing that was measured asks for a change."))
		return
	}
	w.add(list{numbered: true, items: w.sentences(w.r.Recommendations)})
}

// actions is the table of what is to be done; empty rows are for the pen.
func (w *writer) actions() {
	const byHand = 3
	w.section(w.T("Actions"))
	var rows [][]text
	for _, a := range w.r.Actions {
		rows = append(rows, []text{words(a.What), words(a.Owner), words(a.Due), words("")})
	}
	for len(rows) < byHand {
		rows = append(rows, []text{words(""), words(""), words(""), words("")})
	}
	w.add(table{heads: []string{w.T("What"), w.T("Owner"), w.T("Due"), w.T("Done")}, wide: 0, rows: rows})
}

// cost weighs an outage against the second provider.
func (w *writer) cost() {
	c := w.r.Cost
	if c == nil || len(c.Say) == 0 {
		return
	}
	w.section(w.T("What it costs"))
	w.add(list{items: w.sentences(c.Say)})
}

// signOff is where those who answer for it sign.
func (w *writer) signOff() {
	w.section(w.T("Sign-off"))
	facilitator := w.T("Facilitator")
	if f := strings.TrimSpace(w.r.Facilitator); f != "" {
		facilitator = w.T("{role} ({name})", "role", facilitator, "name", f)
	}
	w.add(blanks{[]string{
		w.T("{who}, date and signature", "who", facilitator),
		w.T("{who}, date and signature", "who", w.T("Responsible for mail")),
		w.T("{who}, date and signature", "who", w.T("Management")),
	}})
}
