package report

import (
	"lifeboat/failover/drill"
	pile "lifeboat/failover/relay/chart"
)

// pileUp is the picture of what waited in the send route.
type pileUp struct {
	svg   string
	lines []string // for where there are no pictures
}

// chartColumns is how wide the picture is in characters.
const chartColumns = 76

// relayed is the account of what staff wrote, and the picture of how it piled up before
// the provider that was broken.
func (w *writer) relayed() {
	m := w.r.Relay
	if m == nil {
		return
	}
	w.section(w.T("The send route"))
	if !m.Problem.IsZero() {
		w.add(notice{w.T("The send route stopped: {problem}", "problem", w.say(m.Problem))})
	}
	w.add(facts{[][2]string{
		{w.T("Handed in by staff"), number(m.Accepted)},
		{w.T("Went out through the primary"), number(m.Primary)},
		{w.T("Went out through the secondary"), number(m.Secondary)},
		{w.T("Went back to their writers"), number(m.Bounced)},
		{w.T("Still waiting at the end"), number(m.Waiting)},
		{w.T("Most that waited at once"), number(m.Most)},
		{w.T("The longest wait"), w.span(m.Longest)},
		{w.T("Uncertain: handed over, and the reply lost"), number(m.Uncertain)},
		{w.T("Sent a second time for that"), number(m.Again)},
	}})
	if c := w.pileUp(*m); !c.Empty() {
		w.add(pileUp{c.SVG(), c.Text(chartColumns)})
	}
}

func (w *writer) pileUp(m drill.Relayed) *pile.Chart {
	until := w.r.Ended
	for _, s := range m.Samples { // the last look is taken when all is over
		if s.At.After(until) {
			until = s.At
		}
	}
	return pile.New(pile.Input{
		Samples: m.Samples, Routes: m.Routes, Since: w.r.Started, Until: until, Whole: true, Zone: w.zone, Say: w.tell,
	})
}
