package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// Rows of what happened share their columns, and what does not fit is cut at its end
// alone.
func TestLogRows(t *testing.T) {
	dressed(t)
	rows := []LogRow{
		{Disc, "11:48", "Watch", "short", "", "about"},
		{Octagon, "22 Nov 15:04", "Switches", strings.Repeat("a long sentence ", 30), "", "a very long name of something that it is about, too long for a row"},
	}
	l := NewRowList(LogRowHeight, LogRows(LogColumns{Time: "22 Nov 15:04", Kind: "Switches"}, func(i int) LogRow { return rows[i] }))
	l.SetLength(2)
	w := test.NewTempWindow(t, l)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(700, 200))
	var seen []*logRow
	for _, o := range test.LaidOutObjects(l) {
		if r, ok := o.(*logRow); ok && r.Visible() && r.data.First != "" {
			seen = append(seen, r)
		}
	}
	if len(seen) != 2 {
		t.Fatalf("%d rows", len(seen))
	}
	a, b := seen[0], seen[1]
	if a.first.Position().X != b.first.Position().X || a.kind.Position().X != b.kind.Position().X || a.time.Text != "11:48" || b.time.Text != "22 Nov 15:04" || b.kind.Text != "Switches" {
		t.Errorf("%v and %v, %q %q", a.first.Position(), b.first.Position(), b.time.Text, b.kind.Text)
	}
	for _, r := range seen {
		end := r.right.Position().X
		if over := r.first.Position().X + r.first.Size().Width - end; r.right.Text != "" && over > 0 {
			t.Errorf("%q runs %v into %q", r.first.Text, over, r.right.Text)
		}
		if width := fyne.MeasureText(r.first.Text, r.first.TextSize, r.first.TextStyle).Width; width > r.first.Size().Width+1 {
			t.Errorf("%q is %v wide in %v", r.first.Text, width, r.first.Size().Width)
		}
	}
	if !strings.HasSuffix(b.first.Text, "…") {
		t.Errorf("%q", b.first.Text)
	}
}

// Two curves, told apart without colour: the second is dashed. Words of changes do not
// run into each other.
func TestChartOfTwoCurves(t *testing.T) {
	dressed(t)
	c := NewTimeChart(200)
	w := test.NewTempWindow(t, c)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 200))
	c.Set(ChartData{
		To: 100, Points: []Point{{0, 0}, {100, 0}}, Second: []Point{{0, 10}, {100, 10}}, YTicks: []Tick{{0, "0"}, {20, "20"}},
		Turns: []Tick{{30, "to Microsoft 365"}, {36, "to Fastmail"}, {38, "to Microsoft 365"}},
	})
	picture := w.Canvas().Capture()
	y := c.place(c.Size(), 0, 10).Y
	dashes, on := 0, false
	for x := float32(chartLeft) + 2; x < 390; x++ {
		is := !near(picture, x, y, ink(c, theme.ColorNameBackground)) // it is thinner than two pixels, and so never quite in its ink
		if is && !on {
			dashes++
		}
		on = is
	}
	if dashes < 20 || dashes > 60 {
		t.Errorf("%d dashes", dashes)
	}
	var end float32
	shown := 0
	for i := range c.data.Turns {
		l := c.turns[i]
		if !l.text.Visible() {
			continue
		}
		shown++
		if at := l.text.Position().X; at < end {
			t.Errorf("%q begins at %v, and the one before ends at %v", l.full, at, end)
		}
		end = l.text.Position().X + l.width()
	}
	if shown == 0 || shown == 3 {
		t.Errorf("%d words of changes", shown)
	}
}
