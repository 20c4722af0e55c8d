package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Room in an answer, in pixels at scale 1.
const (
	answerWords  = 24  // where the words begin
	answerGap    = 14  // between the word and the detail
	answerDetail = 200 // the least width of the detail beside the word; else it goes below
	answerLink   = 8   // before the link
)

// answerLine is a light, a word in its colour, what there is to say beside it, and a
// link. It takes the lines that it needs.
type answerLine struct {
	light        *Light
	word, detail *Paragraph
	link         *Button
}

func newAnswerLine(help func()) answerLine {
	return answerLine{
		light: NewLight(LightInRow, NoShape), word: NewParagraph(look.Strong, ""), detail: NewParagraph(look.Quiet, ""),
		link: NewButton(Plain, "", help).Sized(ButtonInRow),
	}
}

func (a answerLine) objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{a.light, a.word, a.detail, a.link}
}

func (a answerLine) paint(r FieldResult) {
	a.light.SetShape(r.Shape)
	a.light.Hidden = r.Shape == NoShape
	a.word.SetText(r.Word)
	a.word.SetColor(wordColor(r.Shape))
	a.word.Hidden = r.Word == ""
	a.detail.SetText(r.Detail)
	a.detail.Hidden = r.Detail == ""
	a.link.SetText(r.Link)
	a.link.Hidden = r.Link == ""
}

// wordColor is the colour of the word that goes with a shape.
func wordColor(s Shape) fyne.ThemeColorName {
	switch s {
	case NoShape, Waiting:
		return theme.ColorNameForeground
	case Question:
		return look.ColorUnknown
	default:
		return s.Color()
	}
}

// lay places the answer between x and end from y on, and returns where it ends.
func (a answerLine) lay(w themed, r FieldResult, x, y, end float32) float32 {
	line := max(a.word.lineHeight(), a.detail.lineHeight())
	put(a.light, x-1, y+onLine(line, LightInRow), LightInRow, LightInRow)
	if !a.link.Hidden {
		wide := a.link.MinSize().Width
		put(a.link, end-wide+buttonPadding, y+middle(line, float32(ButtonInRow)), wide, float32(ButtonInRow))
		end -= wide - buttonPadding + answerLink
	}
	if !a.light.Hidden {
		x += answerWords
	}
	room := end - x
	word := float32(-answerGap)
	if !a.word.Hidden {
		word = min(measured(w, look.Strong, r.Word)+1, room)
	}
	if detail := room - word - answerGap; a.detail.Hidden || detail >= min(answerDetail, measured(w, look.Quiet, r.Detail)+1) {
		bottom := layParagraph(a.word, x, y, word)
		return max(bottom, layParagraph(a.detail, x+word+answerGap, y, detail), y+line)
	}
	return layParagraph(a.detail, x, layParagraph(a.word, x, y, room), room)
}

// layParagraph places a paragraph that is shown, and returns where it ends.
func layParagraph(p *Paragraph, x, y, width float32) float32 {
	if p.Hidden {
		return y
	}
	p.Resize(fyne.NewSize(width, 0))
	high := p.MinSize().Height
	put(p, x, y, width, high)
	return y + high
}

// measured is how wide a text of a kind is on one line, run by run, as a [Paragraph]
// counts.
func measured(w themed, kind look.Type, text string) float32 {
	measure := func(t string) float32 { return look.Measure(t, w.Theme().Size(kind.Size()), kind.Style()).Width }
	wide := float32(0)
	for _, c := range clusters(text) {
		wide += measure(c.run)
		if c.space != "" {
			wide += measure(" ")
		}
	}
	return wide
}

// StatusLine says how something stands, as the answer under a [Field] does, by itself.
type StatusLine struct {
	widget.BaseWidget
	// OnHelp is what the link does: set it once, before the line is shown.
	OnHelp func()

	data   FieldResult
	answer answerLine
	high   float32
}

// NewStatusLine returns an empty line.
func NewStatusLine() *StatusLine {
	s := &StatusLine{}
	s.answer = newAnswerLine(func() {
		if s.OnHelp != nil {
			s.OnHelp()
		}
	})
	s.ExtendBaseWidget(s)
	return s
}

// Set sets what the line says.
func (s *StatusLine) Set(r FieldResult) {
	if s.data != r {
		s.data = r
		s.Refresh()
	}
}

// Data is what the line says.
func (s *StatusLine) Data() FieldResult { return s.data }

// CreateRenderer draws the line.
func (s *StatusLine) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	sh := &sheet{owner: s, objects: s.answer.objects(), paint: func() { s.answer.paint(s.data) }}
	sh.least = func() fyne.Size {
		if s.high == 0 {
			s.high = s.answer.lay(s, s.data, 0, 0, 4*fieldLeast) // not laid out yet: a guess
		}
		return fyne.NewSize(fieldLeast, s.high)
	}
	sh.lay = func(size fyne.Size) { s.high = s.answer.lay(s, s.data, 0, 0, size.Width) }
	return sh.start()
}
