package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

// Room in and around a field, in pixels at scale 1.
const (
	fieldLabelGap  = 4   // below a label that stands above
	fieldGap       = 8   // between the field and what stands beside it
	fieldButtonGap = 16  // before the button, where labels stand in a column
	fieldButton    = 104 // the least width of the button there
	fieldAnswerGap = 7   // above the answer
	fieldLightGap  = 24  // where the answer's words begin
	fieldWordGap   = 14  // between the word and the detail
	fieldLeast     = 160 // the least width of what is typed into
	fieldDetail    = 200 // the least width of the detail beside the word; else it goes below
	fieldLines     = 4   // of a multi-line field
	eyeWidth       = 40
)

// CreateRenderer draws the field.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	f.ExtendBaseWidget(f)
	objects := append([]fyne.CanvasObject{f.label}, append(f.frame.around(f.bare), f.eye)...)
	if f.opt.Beside != nil {
		objects = append(objects, f.opt.Beside)
	}
	objects = append(objects, f.test, f.light, f.word, f.detail, f.link)
	s := &sheet{owner: f, objects: objects, paint: f.paint, lay: f.lay}
	s.least = func() fyne.Size {
		width := f.opt.LabelWidth + fieldLeast
		if f.opt.Beside != nil {
			width += f.opt.Beside.MinSize().Width + fieldGap
		}
		if f.opt.TestText != "" {
			width += f.buttonWidth() + fieldGap
		}
		if f.high == 0 {
			f.lay(fyne.NewSize(max(width, 4*fieldLeast), 0)) // not laid out yet: a guess
		}
		return fyne.NewSize(width, f.high)
	}
	return s.start()
}

func (f *Field) paint() {
	f.frame.paint(f, f.entry.focused, f.entry.Disabled(), f.result.Shape == Octagon)
	f.showIcon()
	f.label.Hidden = f.opt.Label == ""
	f.eye.Hidden = !f.opt.Secret
	f.test.Hidden = f.opt.TestText == ""
	f.showTest()
	f.light.SetShape(f.result.Shape)
	f.light.Hidden = f.result.Shape == NoShape
	f.word.SetText(f.result.Word)
	f.word.SetColor(wordColor(f.result.Shape))
	f.word.Hidden = f.result.Word == ""
	f.detail.SetText(f.result.Detail)
	f.detail.Hidden = f.result.Detail == ""
	f.link.SetText(f.result.Link)
	f.link.Hidden = f.result.Link == ""
}

// showIcon has Fyne's entry draw the icon, in the colour of the theme.
func (f *Field) showIcon() {
	sign := f.opt.Icon.In(ink(f, theme.ColorNamePlaceHolder))
	if sign == nil || f.entry.Icon != nil && f.entry.Icon.Name() == sign.Name() {
		return
	}
	f.entry.Icon = sign
	f.entry.Refresh()
}

// showTest sets the button: to stop what it began, while that goes on.
func (f *Field) showTest() {
	text, off := f.opt.TestText, f.entry.Disabled()
	if f.testing {
		if f.opt.StopText != "" {
			text = f.opt.StopText
		} else {
			off = true
		}
	}
	f.test.SetText(text)
	if off {
		f.test.Disable()
	} else {
		f.test.Enable()
	}
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

// buttonWidth is that of the longer of the button's two texts.
func (f *Field) buttonWidth() float32 {
	wide := f.test.MinSize().Width
	for _, text := range []string{f.opt.TestText, f.opt.StopText} {
		wide = max(wide, round(fyne.MeasureText(text, f.Theme().Size(look.Strong.Size()), look.Strong.Style()).Width+0.49)+2*buttonPadding)
	}
	if f.opt.LabelWidth > 0 {
		wide = max(wide, fieldButton)
	}
	return wide
}

func (f *Field) lay(size fyne.Size) {
	high := controlHigh(f)
	if f.opt.Multiline {
		lines := f.opt.Lines
		if lines == 0 {
			lines = fieldLines
		}
		high = round(textLine(f)*float32(lines)) + 2*controlPadding
	}
	x, y := f.opt.LabelWidth, float32(0)
	labelled := float32(0)
	switch {
	case f.label.Hidden:
	case x > 0:
		f.label.Resize(fyne.NewSize(x-inGap, 0))
		labelled = f.label.MinSize().Height
		put(f.label, 0, max(middle(controlHigh(f), labelled), 0), x-inGap, labelled)
	default:
		f.label.Resize(fyne.NewSize(size.Width, 0))
		y = f.label.MinSize().Height + fieldLabelGap
		put(f.label, 0, 0, size.Width, y-fieldLabelGap)
	}
	f.layControls(x, y, size.Width, high)
	bottom := f.layAnswer(x, y+high, size.Width)
	if f.high != max(bottom, labelled) {
		f.high = max(bottom, labelled)
	}
}

// inGap keeps a label in its column from the field.
const inGap = 12

// layControls places what is typed into, and what stands beside it.
func (f *Field) layControls(x, y, end, high float32) {
	one := controlHigh(f)
	if !f.test.Hidden {
		wide := f.buttonWidth()
		put(f.test, end-wide, y, wide, one)
		end -= wide + fieldGap
		if x > 0 {
			end -= fieldButtonGap - fieldGap
		}
	}
	if o := f.opt.Beside; o != nil && o.Visible() {
		wide := o.MinSize().Width
		put(o, end-wide, y, wide, one)
		end -= wide + fieldGap
	}
	f.frame.lay(x, y, end-x, high)
	if !f.eye.Hidden {
		put(f.eye, end-eyeWidth-4, y+middle(one, float32(ButtonInRow)), eyeWidth, float32(ButtonInRow))
	}
	put(f.bare, x+controlLead, y, end-x-2*controlLead, high)
}

// layAnswer places the answer and returns where it ends.
func (f *Field) layAnswer(x, y, end float32) float32 {
	if f.word.Hidden && f.detail.Hidden {
		return y
	}
	y += fieldAnswerGap
	line := f.word.lineHeight()
	put(f.light, x-1, y+onLine(line, LightInRow), LightInRow, LightInRow)
	if !f.link.Hidden {
		wide := f.link.MinSize().Width
		put(f.link, end-wide+buttonPadding, y+middle(line, float32(ButtonInRow)), wide, float32(ButtonInRow))
		end -= wide - buttonPadding + fieldGap
	}
	if !f.light.Hidden {
		x += fieldLightGap
	}
	room := end - x
	word := min(fyne.MeasureText(f.result.Word, f.Theme().Size(look.Strong.Size()), look.Strong.Style()).Width+1, room)
	if f.word.Hidden {
		word = -fieldWordGap
	}
	detail := room - word - fieldWordGap
	if f.detail.Hidden || detail >= min(fieldDetail, fyne.MeasureText(f.result.Detail, f.Theme().Size(look.Quiet.Size()), look.Quiet.Style()).Width+1) {
		if !f.word.Hidden {
			f.word.Resize(fyne.NewSize(word, line))
			put(f.word, x, y, word, f.word.MinSize().Height)
			line = max(line, f.word.MinSize().Height)
		}
		if !f.detail.Hidden {
			f.detail.Resize(fyne.NewSize(detail, line))
			put(f.detail, x+word+fieldWordGap, y, detail, f.detail.MinSize().Height)
			line = max(line, f.detail.MinSize().Height)
		}
		return y + line
	}
	for _, p := range []*Paragraph{f.word, f.detail} {
		if !p.Hidden {
			p.Resize(fyne.NewSize(room, line))
			put(p, x, y, room, p.MinSize().Height)
			y += p.MinSize().Height
		}
	}
	return y
}
