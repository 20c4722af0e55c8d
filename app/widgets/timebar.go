package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// SpanLook is how a part of a time bar looks.
type SpanLook int

// The looks.
const (
	SpanDone    SpanLook = iota // over: grey
	SpanMark                    // short and notable: filled
	SpanRunning                 // under way: tinted, with a border
	SpanAhead                   // still to come: empty
)

// Span is a part of a time bar.
type Span struct {
	Label  string
	Length float64 // in any unit, the same for all
	Look   SpanLook
}

// What a time bar is made of, in pixels at scale 1.
const (
	barHeight = 26
	barRadius = 6
	spanGap   = 2
	spanLeast = 9
	spanEdge  = 10 // before its label
)

// TimeBar shows how time was spent, in spans one after the other, as long as they
// took. A short one keeps room to be seen.
type TimeBar struct {
	widget.BaseWidget
	data  []Span
	spans []*spanView
	sheet *sheet
}

type spanView struct {
	surface *canvas.Rectangle
	label   *label
}

// NewTimeBar returns the bar.
func NewTimeBar() *TimeBar {
	b := &TimeBar{}
	b.ExtendBaseWidget(b)
	return b
}

// Set sets the spans.
func (b *TimeBar) Set(spans []Span) {
	if !slices.Equal(b.data, spans) {
		b.data = slices.Clone(spans)
		b.Refresh()
	}
}

// Spans is what is shown.
func (b *TimeBar) Spans() []Span { return slices.Clone(b.data) }

// CreateRenderer draws the bar.
func (b *TimeBar) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	b.sheet = &sheet{owner: b, paint: b.paint, lay: b.lay}
	b.sheet.least = func() fyne.Size { return fyne.NewSize(8*shrunk, barHeight) }
	return b.sheet.start()
}

func (b *TimeBar) paint() {
	for len(b.spans) < len(b.data) {
		b.spans = append(b.spans, &spanView{box(barRadius), newLabel(look.Small, "")})
	}
	b.sheet.objects = b.sheet.objects[:0]
	for i := range b.data { // what is ahead lies behind what is running
		if b.data[i].Look == SpanAhead {
			b.sheet.objects = append(b.sheet.objects, b.spans[i].surface)
		}
	}
	for i, d := range b.data {
		s := b.spans[i]
		s.surface.FillColor, s.surface.StrokeColor, s.surface.StrokeWidth = ink(b, look.ColorUnkTint), ink(b, theme.ColorNameSeparator), 1
		s.label.full, s.label.name = d.Label, ""
		switch d.Look {
		case SpanDone: // as it is
		case SpanMark:
			s.surface.FillColor, s.surface.StrokeWidth = ink(b, theme.ColorNameFocus), 0
			s.label.full = ""
		case SpanRunning:
			s.surface.FillColor, s.surface.StrokeColor = ink(b, theme.ColorNameSelection), ink(b, theme.ColorNameFocus)
			s.label.name = theme.ColorNameHyperlink
		case SpanAhead:
			s.surface.FillColor, s.surface.StrokeColor = ink(b, look.ColorCard), ink(b, theme.ColorNameInputBorder)
		}
		s.label.paint(b)
		if d.Look != SpanAhead {
			b.sheet.objects = append(b.sheet.objects, s.surface)
		}
		b.sheet.objects = append(b.sheet.objects, s.label.text)
	}
}

func (b *TimeBar) lay(size fyne.Size) {
	x := float32(0)
	for i, width := range b.widths(size.Width) {
		s := b.spans[i]
		back := float32(0)
		if b.data[i].Look == SpanAhead && i > 0 {
			back = barRadius + spanGap // its beginning is hidden behind the one before
		}
		put(s.surface, x-back, 0, width+back, barHeight)
		room := width - spanEdge - 4
		if s.label.width() > room {
			room = 0 // better no word than half of one
		}
		s.label.lay(x+spanEdge, middle(barHeight, s.label.height()), room)
		x += width + spanGap
	}
}

// widths shares the width out by length; those that would be too short to be seen
// get their least from the others.
func (b *TimeBar) widths(room float32) []float32 {
	widths := make([]float32, len(b.data))
	room -= spanGap * float32(max(len(b.data)-1, 0))
	short := make([]bool, len(b.data))
	for range b.data { // each round may make another one short
		total, left := 0.0, room
		for i, d := range b.data {
			if short[i] {
				left -= spanLeast
			} else {
				total += d.Length
			}
		}
		again := false
		for i, d := range b.data {
			widths[i] = spanLeast
			if short[i] {
				continue
			}
			if total > 0 {
				widths[i] = left * float32(d.Length/total)
			}
			if widths[i] < spanLeast {
				short[i], again = true, true
			}
		}
		if !again {
			break
		}
	}
	return widths
}
