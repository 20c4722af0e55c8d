package report

import (
	"encoding/json"
	"io"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// Markdown writes the report of a drill as Markdown. The history is the trend of its
// scenario (drill.History.Trend), the oldest first; drills that began later, and this
// one, are left out of it. Times are told in the local time zone, which is named. The
// error is the writer's.
func Markdown(w io.Writer, r drill.Result, speak Speaker, history []drill.Point) error {
	return writeMarkdown(w, build(r, newTeller(speak, time.Local), history))
}

// HTML writes the report as one HTML file, which needs no other and prints on A4; see
// Markdown.
func HTML(w io.Writer, r drill.Result, speak Speaker, history []drill.Point) error {
	return writeHTML(w, build(r, newTeller(speak, time.Local), history))
}

// Write writes the report in one of three formats: FormatMarkdown, FormatHTML, or
// FormatJSON, which is the record itself in no language. Another is
// failover.ErrInvalid.
func Write(w io.Writer, r drill.Result, speak Speaker, history []drill.Point, f Format) error {
	switch f {
	case FormatMarkdown:
		return Markdown(w, r, speak, history)
	case FormatHTML:
		return HTML(w, r, speak, history)
	case FormatJSON:
		return writeJSON(w, r)
	default:
		return failover.Fail(failover.ErrInvalid, "a report is written as md, html or json, not as {value}", "value", oneLine(string(f)))
	}
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// writer is one report being made.
type writer struct {
	teller
	document
	r       drill.Result
	earlier []drill.Point // of the same scenario, the oldest first
}

// build makes the report. The order is a reader's: what came out, what was tried,
// how it went, what follows.
func build(r drill.Result, t teller, history []drill.Point) document {
	w := &writer{teller: t, r: r}
	for _, p := range history {
		if p.ID != r.ID && p.Started.Before(r.Started) {
			w.earlier = append(w.earlier, p)
		}
	}
	w.document = document{
		lang: t.lang, above: t.T("Drill report"), title: t.theirs(r.Scenario.Title),
		foot: []string{
			t.T("Report of a drill after NIST SP 800-84 and ISO 22301:2019, section 8.5. Made by Lifeboat {version}.", "version", r.Version),
			t.T("Record: {id}", "id", r.ID),
		},
	}
	for _, part := range []func(){
		w.verdict, w.exercised,
		w.measures, w.targets, w.mail, w.relayed, w.detection, w.decisions, w.checks,
		w.timeline, w.injects,
		w.answers, w.observations, w.recommendations, w.actions, w.cost, w.trend, w.signOff,
	} {
		part()
	}
	return w.document
}

// section begins a section.
func (w *writer) section(title string) { w.add(heading{title}) }

func (w *writer) para(words string) { w.add(para{text{words: words}}) }

// compressed reports whether the world ran at another speed than life.
func (w *writer) compressed() bool { return w.r.Kind != drill.Tabletop && w.r.Factor != 1 }
