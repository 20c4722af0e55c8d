package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// shrunk is the least room, in pixels at scale 1, that words keep which may shrink.
const shrunk = 32

// Words is one line of text. Unlike Fyne's Label it has no room around it, so that
// what stands on a line can be aligned to the pixel.
type Words struct {
	widget.BaseWidget
	label    *label
	shrinks  bool
	trailing bool
}

// NewWords returns a line of text.
func NewWords(t look.Type, text string) *Words {
	w := &Words{label: newLabel(t, text)}
	w.ExtendBaseWidget(w)
	return w
}

// SetText sets the words.
func (w *Words) SetText(text string) {
	if w.label.full != text {
		w.label.full = text
		w.Refresh()
	}
}

// Text is what the words say, whether there is room for it or not.
func (w *Words) Text() string { return w.label.full }

// SetColor sets the colour by its name in the theme; "" is that of the type.
func (w *Words) SetColor(name fyne.ThemeColorName) {
	if w.label.name != name {
		w.label.name = name
		w.Refresh()
	}
}

// Shrinking lets the line be ellipsed where there is no room, and returns it.
func (w *Words) Shrinking() *Words {
	w.shrinks = true
	return w
}

// Trailing sets the words to the right-hand end of their room, and returns them.
func (w *Words) Trailing() *Words {
	w.trailing = true
	return w
}

// CreateRenderer draws the line.
func (w *Words) CreateRenderer() fyne.WidgetRenderer {
	w.ExtendBaseWidget(w)
	s := &sheet{owner: w, objects: []fyne.CanvasObject{w.label.text}, paint: func() { w.label.paint(w) }}
	s.least = func() fyne.Size {
		size := w.label.size()
		if w.shrinks {
			size.Width = min(size.Width, shrunk)
		}
		return size
	}
	s.lay = func(size fyne.Size) {
		y := middle(size.Height, w.label.height())
		if w.trailing {
			w.label.right(size.Width, y, size.Width)
			return
		}
		w.label.lay(0, y, size.Width)
	}
	return s.start()
}

// Paragraph is text that breaks into lines at the width it is given, by rules that
// suit English and Japanese. (Fyne's Label lets a line begin with 、 and takes
// seconds to wrap a page.) Its height follows from its width: lay it out with
// [Rows], which asks for the width first.
type Paragraph struct {
	widget.BaseWidget
	text   string
	kind   look.Type
	name   fyne.ThemeColorName
	height float32 // of a line; 0 is the face's own
	middle bool    // each line stands in the middle

	lines []*label
	width float32 // that the lines were broken for
	stale bool
}

// leastColumn is how narrow a paragraph may become, in pixels at scale 1.
const leastColumn = 96

// NewParagraph returns a paragraph.
func NewParagraph(t look.Type, text string) *Paragraph {
	p := &Paragraph{text: text, kind: t, stale: true}
	p.ExtendBaseWidget(p)
	return p
}

// SetText sets the text.
func (p *Paragraph) SetText(text string) {
	if p.text != text {
		p.text, p.stale = text, true
		p.Refresh()
	}
}

// Text is what the paragraph says.
func (p *Paragraph) Text() string { return p.text }

// SetColor sets the colour by its name in the theme; "" is that of the type.
func (p *Paragraph) SetColor(name fyne.ThemeColorName) {
	if p.name != name {
		p.name = name
		p.Refresh()
	}
}

// Leading sets the height of a line, in pixels at scale 1, and returns the
// paragraph.
func (p *Paragraph) Leading(height float32) *Paragraph {
	p.height = height
	return p
}

// Lines is the text as it is broken now.
func (p *Paragraph) Lines() []string {
	all := make([]string, len(p.lines))
	for i, l := range p.lines {
		all[i] = l.full
	}
	return all
}

// CreateRenderer draws the lines.
func (p *Paragraph) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	s := &sheet{owner: p}
	s.paint = func() {
		p.stale = true
		p.wrap(p.Size().Width, s)
	}
	s.least = func() fyne.Size {
		width := min(p.widest(), leastColumn)
		return fyne.NewSize(width, p.lineHeight()*float32(max(len(p.lines), 1)))
	}
	s.lay = func(size fyne.Size) {
		p.wrap(size.Width, s)
		high := p.lineHeight()
		for i, l := range p.lines {
			x := float32(0)
			if p.middle {
				x = max(middle(size.Width, l.width()), 0)
			}
			l.lay(x, round(float32(i)*high+(high-l.height())/2), size.Width-x)
		}
	}
	return s.start()
}

// wrap breaks the text, where that has not been done for this width yet.
func (p *Paragraph) wrap(width float32, s *sheet) {
	if !p.stale && width == p.width {
		return
	}
	p.width, p.stale = width, false
	size, style := p.Theme().Size(p.kind.Size()), p.kind.Style()
	measure := func(text string) float32 { return look.Measure(text, size, style).Width }
	room := width
	if room <= 0 {
		room = leastColumn * 4 // not laid out yet: a guess
	}
	broken := settledLines(p.text, room, measure)
	for len(p.lines) < len(broken) {
		p.lines = append(p.lines, &label{text: canvas.NewText("", color.Transparent), kind: p.kind})
	}
	p.lines = p.lines[:len(broken)]
	s.objects = s.objects[:0]
	for i, text := range broken {
		p.lines[i].full, p.lines[i].name = text, p.name
		p.lines[i].paint(p)
		s.objects = append(s.objects, p.lines[i].text)
	}
}

func (p *Paragraph) widest() float32 {
	most := float32(0)
	for _, l := range p.lines {
		most = max(most, l.width())
	}
	return most
}

func (p *Paragraph) lineHeight() float32 {
	if p.height > 0 {
		return p.height
	}
	return look.Measure(" ", p.Theme().Size(p.kind.Size()), p.kind.Style()).Height
}
