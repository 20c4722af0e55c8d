package engine

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/drill/report"
)

// HeldDrill is a drill in the list of those held, with what was measured.
type HeldDrill struct {
	drill.Point
	// Change is how much longer the first mail at the secondary took than in the drill
	// of the scenario before, less when negative. It is absent where there is nothing
	// to compare, or time ran at another speed.
	Change *drill.Span `json:"first_mail_change,omitempty"`
}

// HeldDrills lists the drills of a history, the newest first. Records that cannot be
// read are named in the error, and the others are listed all the same.
func HeldDrills(h *drill.History) ([]HeldDrill, error) {
	points, damaged := h.Points()
	out := make([]HeldDrill, len(points))
	for i, p := range points {
		out[i].Point = p
	}
	for i := range out {
		for _, before := range out[i+1:] {
			if before.Scenario == out[i].Scenario && before.Kind == out[i].Kind && before.Factor == out[i].Factor {
				out[i].Change = change(before.Point, out[i].Point)
				break
			}
		}
	}
	return out, damaged
}

func change(before, after drill.Point) *drill.Span {
	was, ok1 := before.Took(drill.MeasureFirstMail)
	is, ok2 := after.Took(drill.MeasureFirstMail)
	if !ok1 || !ok2 {
		return nil
	}
	d := is - was
	return &d
}

// AddToDrill adds to the record of a drill what came up afterwards: what is to be
// done, and what people noticed. The name is as for drill.History.Load. Two who add
// at the same time wait for each other.
func AddToDrill(ctx context.Context, dataDir, name string, actions []drill.Action, noticed []drill.Observation) (drill.Result, error) {
	h := Drills(dataDir)
	if _, err := h.Load(name); err != nil {
		return drill.Result{}, err
	}
	const tries = 20 * time.Millisecond
	file := filepath.Join(dataDir, drillsLock)
	lock := flock.New(file, flock.SetPermissions(0o600))
	if ok, err := lock.TryLockContext(ctx, tries); !ok {
		return drill.Result{}, failover.Fail(failover.ErrDisk, "The record of the drill could not be added to: see that the folder of {file} is yours, and not read-only.", "file", file).Because(err)
	}
	defer func() { _ = lock.Unlock() }() // the lock ends with the process anyway
	r, err := h.Load(name)               // as it is now that nobody else writes
	if err != nil {
		return drill.Result{}, err
	}
	r.Actions = append(r.Actions, actions...)
	r.Observations = append(r.Observations, noticed...)
	return r, h.Save(r)
}

// drillsLock is held, in the data folder, while a record is changed.
const drillsLock = "drills.lock"

// WriteReport writes the report of a drill, as Markdown, HTML or JSON, with the trend
// of its scenario. Records of other drills that cannot be read are left out of the
// trend, and named in damaged. Another format is failover.ErrInvalid.
func WriteReport(w io.Writer, h *drill.History, r drill.Result, speak report.Speaker, f report.Format) (damaged, err error) {
	trend, damaged := h.Trend(r.Scenario.Name)
	return damaged, report.Write(w, r, speak, trend, f)
}
