package screen

import (
	"strconv"

	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// mapOf is the state of the map as its widget takes it. Roles and "staff" are the
// widget's own names of those places.
func mapOf(r presenter.RoutesState) widgets.MapData {
	d := widgets.MapData{
		Signpost: nodeOf(r.DNS), PointsTo: string(r.PointsTo), Primary: nodeOf(r.Primary), Second: nodeOf(r.Secondary),
		Staff: nodeOf(r.Staff), ReadsAt: string(r.ReadsAt), OnTheWay: r.OnTheWay, Legend: r.Legend,
	}
	for _, s := range r.Senders {
		d.Senders = append(d.Senders, widgets.MapSender{Key: s.Key, Name: s.Name, Note: s.Note, Waiting: s.Waiting, Live: s.Live})
	}
	return d
}

func nodeOf(p presenter.PlaceState) widgets.MapNode {
	return widgets.MapNode{Name: p.Name, Note: p.Note, Shape: ShapeOf(p.Light)}
}

func ledgerOf(l presenter.LedgerState) widgets.LedgerData {
	d := widgets.LedgerData{Total: figureOf(l.Total)}
	for _, f := range l.Parts {
		d.Parts = append(d.Parts, figureOf(f))
	}
	for _, f := range l.Checks {
		d.Checks = append(d.Checks, figureOf(f))
	}
	return d
}

func figureOf(f presenter.Figure) widgets.Figure {
	return widgets.Figure{Label: f.Label, Value: strconv.Itoa(f.Value), Shape: ShapeOf(f.Light)}
}
