package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Step is a rung of a ladder.
type Step struct {
	Shape Shape
	Title string
	Note  string        // below the title, if any
	Time  string        // at the right-hand end
	Rows  []EvidenceRow // details in a box below, if any
}

func (s Step) equal(o Step) bool {
	return s.Shape == o.Shape && s.Title == o.Title && s.Note == o.Note && s.Time == o.Time && slices.Equal(s.Rows, o.Rows)
}

// What a ladder is made of, in pixels at scale 1.
const (
	rungHeight = 20
	rungGap    = 18
	rungLight  = 20
	rungIndent = 35 // room before the words
	detailRow  = 26
	detailEdge = 7
)

// Ladder is what is done step by step: lights joined by a line that grows downwards
// as steps are added.
type Ladder struct {
	widget.BaseWidget
	data  []Step
	rungs []*rung
	high  float32
	sheet *sheet
}

type rung struct {
	light   *Light
	line    *canvas.Rectangle // to the next rung
	title   *Paragraph
	time    *label
	note    *Paragraph
	box     *canvas.Rectangle
	details *Evidence
}

// NewLadder returns a ladder.
func NewLadder() *Ladder {
	l := &Ladder{}
	l.ExtendBaseWidget(l)
	return l
}

// Set sets the steps.
func (l *Ladder) Set(steps []Step) {
	if !slices.EqualFunc(l.data, steps, Step.equal) {
		l.data = slices.Clone(steps)
		l.Refresh()
	}
}

// Steps is what is shown.
func (l *Ladder) Steps() []Step { return slices.Clone(l.data) }

// CreateRenderer draws the ladder.
func (l *Ladder) CreateRenderer() fyne.WidgetRenderer {
	l.ExtendBaseWidget(l)
	if l.sheet != nil {
		return l.sheet.start()
	}
	l.sheet = &sheet{owner: l, paint: l.paint}
	l.sheet.lay = func(size fyne.Size) { l.high = l.lay(size.Width) }
	l.sheet.least = func() fyne.Size { return fyne.NewSize(rungIndent+6*shrunk, l.high) }
	return l.sheet.start()
}

// paint takes on steps and theme; rungs are kept and used again.
func (l *Ladder) paint() {
	for len(l.rungs) < len(l.data) {
		r := &rung{
			light: NewLight(rungLight, NoShape), line: rule(), title: NewParagraph(look.Strong, ""), time: newLabel(look.Caption, ""),
			note: NewParagraph(look.Caption, ""), box: box(controlRadius), details: NewEvidence(detailRow, 0),
		}
		r.details.compact = true
		l.rungs = append(l.rungs, r)
	}
	l.sheet.objects = l.sheet.objects[:0]
	for i, d := range l.data {
		r := l.rungs[i]
		r.light.SetShape(d.Shape)
		kind := look.Strong
		if d.Shape == Waiting || d.Shape == NoShape {
			kind = look.Quiet
		}
		r.title.be(kind, d.Title, "")
		r.time.full = d.Time
		r.time.paint(l)
		r.note.SetText(d.Note)
		r.note.Hidden = d.Note == ""
		r.details.Set(d.Rows)
		r.details.Hidden, r.box.Hidden = len(d.Rows) == 0, len(d.Rows) == 0
		r.box.FillColor, r.box.StrokeColor, r.box.StrokeWidth = ink(l, theme.ColorNameHeaderBackground), ink(l, theme.ColorNameSeparator), 1
		line := theme.ColorNameSeparator
		if d.Shape == Disc {
			line = theme.ColorNameSuccess
		}
		r.line.FillColor, r.line.Hidden = ink(l, line), i == len(l.data)-1
		l.sheet.objects = append(l.sheet.objects, r.line, r.light, r.title, r.time.text, r.note, r.box, r.details)
	}
	l.high = l.lay(l.Size().Width)
}

// lay places the rungs and returns how high they are together.
func (l *Ladder) lay(width float32) float32 {
	y := float32(0)
	for i, d := range l.data {
		r := l.rungs[i]
		top := y
		one := max(rungHeight, r.title.lineHeight()-1) // the height of one line
		put(r.light, 0, y+onLine(one, rungLight), rungLight, rungLight)
		begin := width
		if d.Time != "" {
			begin = r.time.right(width, y+middle(one, r.time.height()), width/2) - 12
		}
		room := max(begin-rungIndent, leastColumn)
		tall := fitted(r.title, room)
		put(r.title, rungIndent, y+middle(one, r.title.lineHeight()), room, tall)
		y += max(one, tall-1)
		if d.Note != "" {
			room := max(width-rungIndent, leastColumn)
			r.note.Resize(fyne.NewSize(room, 0))
			put(r.note, rungIndent, y, room, r.note.MinSize().Height)
			y += r.note.MinSize().Height
		}
		if n := float32(len(d.Rows)); n > 0 {
			room := width - rungIndent - 4*detailEdge
			r.details.Resize(fyne.NewSize(room, r.details.Size().Height))
			inner := max(n*detailRow, r.details.MinSize().Height)
			high := inner + 2*detailEdge
			y += 8
			put(r.box, rungIndent, y, width-rungIndent, high)
			put(r.details, rungIndent+2*detailEdge, y+detailEdge, room, inner)
			y += high
		}
		y += rungGap
		put(r.line, rungLight/2-1, top+rungLight+4, 2, y-top-rungLight-6)
	}
	return max(y-rungGap, 0)
}
