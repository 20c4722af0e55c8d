package widgets

import (
	"image"
	"image/color"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

// near says whether a pixel has a colour, or nearly.
func near(p image.Image, x, y float32, want color.Color) bool {
	r1, g1, b1, a1 := p.At(int(x), int(y)).RGBA()
	r2, g2, b2, a2 := want.RGBA()
	apart := func(a, b uint32) bool { return max(a, b)-min(a, b) > 0x1000 }
	return !apart(r1, r2) && !apart(g1, g2) && !apart(b1, b2) && !apart(a1, a2)
}

func TestPenFills(t *testing.T) {
	red := color.NRGBA{255, 0, 0, 255}
	p := newPen(200, 100, 100) // a screen of scale 2
	p.line(4, fyne.NewPos(10, 10), fyne.NewPos(50, 10), fyne.NewPos(50, 40))
	p.fill(red)
	for _, at := range [][2]float32{{20, 20}, {100, 20}, {100, 70}, {102, 17}} { // the last one in the corner of the joint
		if !near(p.image, at[0], at[1], red) {
			t.Errorf("nothing at %v", at)
		}
	}
	for _, at := range [][2]float32{{60, 30}, {20, 26}, {110, 20}} {
		if !near(p.image, at[0], at[1], color.Transparent) {
			t.Errorf("something at %v", at)
		}
	}
	p.disc(fyne.NewPos(500, 500), 4) // out of the image
	p.line(2, fyne.NewPos(5, 5), fyne.NewPos(5, 5))
	p.line(2)
	p.fill(red)
	if !near(p.image, 199, 99, color.Transparent) {
		t.Error("something was drawn from outside")
	}
}

func TestDottedLineHasGaps(t *testing.T) {
	black := color.NRGBA{0, 0, 0, 255}
	p := newPen(100, 10, 100)
	p.dotted(2, 4, 4, fyne.NewPos(0, 5), fyne.NewPos(80, 5))
	p.fill(black)
	if !near(p.image, 1, 5, black) || !near(p.image, 6, 5, color.Transparent) || !near(p.image, 10, 5, black) || !near(p.image, 90, 5, color.Transparent) {
		t.Error("the line is not dotted where it should be")
	}
}

func TestChartShowsEveryProbeAndTheMark(t *testing.T) {
	dressed(t)
	c := NewTimeChart(216)
	c.Set(ChartData{
		From: 0, To: 10, Points: []Point{{0, 0}, {5, 0}, {10, 100}}, Mark: &Tick{At: 4, Label: "resets begin"},
		YTicks: []Tick{{0, "0"}, {100, "100"}}, XTicks: []Tick{{0, "10:30"}, {10, "11:23"}},
		Probes: []Probe{{1, Disc}, {2, Question}, {5, Octagon}},
	})
	w := seen(t, c, 500, 216)
	picture := w.Canvas().Capture()
	if got := c.MinSize().Height; got != 216 {
		t.Errorf("the chart is %v high", got)
	}
	strip := float32(216 - chartFoot - probeStrip/2 + 4)
	for at, name := range map[float64]fyne.ThemeColorName{1: theme.ColorNameSuccess, 5: theme.ColorNameError} {
		x := c.place(c.Size(), at, 0).X
		if !near(picture, x, strip, ink(c, name)) {
			t.Errorf("no probe at %v", at)
		}
	}
	if x := c.place(c.Size(), 2, 0).X; !near(picture, x, strip, ink(c, theme.ColorNameBackground)) || near(picture, x-3, strip, ink(c, theme.ColorNameBackground)) {
		t.Error("a probe without an answer does not look unknown")
	}
	if x := c.place(c.Size(), 4, 0).X; !near(picture, x, 100, ink(c, theme.ColorNameError)) || c.mark.text.Text != "resets begin" {
		t.Error("the mark is not drawn")
	}
	if end := c.place(c.Size(), 10, 100); !near(picture, end.X-1, end.Y, ink(c, theme.ColorNameFocus)) || end.X != 500-chartRight {
		t.Errorf("the curve does not end at %v", end)
	}
	if under := c.place(c.Size(), 9, 20); !near(picture, under.X, under.Y, ink(c, theme.ColorNameSelection)) {
		t.Error("no area under the curve")
	}
	last := c.xs[1]
	if end := last.text.Position().X + last.width(); end > 500 {
		t.Errorf("the last time ends at %v of 500", end)
	}
}

// Values out of the chart's time and charts of nothing stay inside.
func TestChartTakesAnything(t *testing.T) {
	dressed(t)
	c := NewTimeChart(120)
	w := seen(t, c, 300, 120)
	for _, d := range []ChartData{
		{}, {From: 5, To: 5, Points: []Point{{5, 5}}}, {From: 0, To: 1, Points: []Point{{-5, 3}, {7, 1}}, Mark: &Tick{At: 99, Label: "a mark far out, with many words beside it"}},
		{From: 10, To: 0, YTicks: []Tick{{0, "0"}}},
	} {
		c.Set(d)
		w.Canvas().Capture()
		for _, p := range d.Points {
			if at := c.place(c.Size(), p.X, p.Y); at.X < 0 || at.X > 300 || at.Y < 0 || at.Y > 120 {
				t.Errorf("%v is drawn at %v", p, at)
			}
		}
	}
}

func TestChartKeepsAPictureOfItsOwn(t *testing.T) {
	dressed(t)
	c := NewTimeChart(120)
	d := ChartData{To: 1, Points: []Point{{0, 1}, {1, 2}}, Mark: &Tick{At: 1, Label: "mark"}}
	c.Set(d)
	d.Points[0].Y, d.Mark.Label = 99, "other"
	if got := c.Data(); got.Points[0].Y != 1 || got.Mark.Label != "mark" {
		t.Errorf("the chart changed with its caller's data: %+v", got)
	}
}

func TestSparks(t *testing.T) {
	dressed(t)
	for _, kind := range []SparkKind{SparkLine, SparkArea, SparkBars} {
		s := NewSpark(kind, 40)
		w := seen(t, s, 280, 40)
		for _, values := range [][]float64{nil, {0}, {5}, {5, 5, 5}, {672, 610, 590, 560, 400}, {-3, 2}} {
			s.Set(values)
			w.Canvas().Capture()
		}
		if s.MinSize().Height != 40 {
			t.Errorf("a spark is %v high", s.MinSize().Height)
		}
	}
	s := NewSpark(SparkLine, 40)
	s.Set([]float64{672, 610, 590, 560, 400})
	w := seen(t, s, 280, 40)
	places := s.places(s.Size())
	for i, at := range places {
		if i > 0 && (at.X <= places[i-1].X || at.Y <= places[i-1].Y) {
			t.Errorf("times that fall don't fall: %v", places)
		}
	}
	if !near(w.Canvas().Capture(), places[4].X, places[4].Y, ink(s, theme.ColorNameFocus)) {
		t.Error("the last drill does not stand out")
	}
}

// Large text is not cut off: the chart leaves it more room.
func TestChartGrowsWithTheText(t *testing.T) {
	for _, percent := range []int{look.UsualText, look.LargestText} {
		test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light).WithText(percent))
		c := NewTimeChart(216)
		c.Set(ChartData{
			From: 0, To: 10, Points: []Point{{0, 0}, {10, 1500}}, Mark: &Tick{At: 4, Label: "resets begin"},
			YTicks: []Tick{{0, "0"}, {1000, "1,000"}}, XTicks: []Tick{{0, "10:30"}, {10, "11:23"}},
		})
		w := test.NewTempWindow(t, c)
		w.Resize(fyne.NewSize(420, 240))
		for _, l := range append(slices.Clone(c.ys), c.xs...) {
			if l.text.Text != l.full {
				t.Errorf("at %d %% %q is shortened to %q", percent, l.full, l.text.Text)
			}
		}
		at, area := c.plot(c.Size())
		if low := c.xs[0].text.Position().Y; at.Y+area.Height > low || c.mark.text.Position().Y+c.mark.height() > at.Y {
			t.Errorf("at %d %% the curve from %v to %v runs into its words", percent, at.Y, at.Y+area.Height)
		}
	}
}
