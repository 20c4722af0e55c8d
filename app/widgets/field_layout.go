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
	fieldLeast     = 160 // the least width of what is typed into
	fieldLines     = 4   // of a multi-line field
	eyeWidth       = 40
)

// CreateRenderer draws the field.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	f.ExtendBaseWidget(f)
	objects := append([]fyne.CanvasObject{f.label}, append(f.frame.around(f.bare), f.eye)...)
	if f.opt.Fixed {
		objects = []fyne.CanvasObject{f.label, f.said}
	}
	if f.opt.Beside != nil {
		objects = append(objects, f.opt.Beside)
	}
	objects = append(append(objects, f.test), f.answer.objects()...)
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
	f.answer.paint(f.result)
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
	text, off := f.opt.TestText, f.testOff || f.entry.Disabled()
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

// buttonWidth is that of the longer of the button's two texts.
func (f *Field) buttonWidth() float32 {
	wide := f.test.MinSize().Width
	for _, text := range []string{f.opt.TestText, f.opt.StopText} {
		wide = max(wide, round(look.Measure(text, f.Theme().Size(look.Strong.Size()), look.Strong.Style()).Width+0.49)+2*buttonPadding)
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
	high = f.layControls(x, y, size.Width, high)
	bottom := y + high
	if f.result.Word != "" || f.result.Detail != "" {
		bottom = f.answer.lay(f, f.result, x, bottom+fieldAnswerGap, size.Width)
	}
	if f.high != max(bottom, labelled) {
		f.high = max(bottom, labelled)
	}
}

// inGap keeps a label in its column from the field.
const inGap = 12

// layControls places what is typed into, and what stands beside it, and returns how
// high all that is.
func (f *Field) layControls(x, y, end, high float32) float32 {
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
	if f.opt.Fixed {
		f.said.Resize(fyne.NewSize(end-x, 0))
		said := f.said.MinSize().Height
		high = max(said, one)
		put(f.said, x, y+middle(high, said), end-x, said)
		return high
	}
	f.frame.lay(x, y, end-x, high)
	if !f.eye.Hidden {
		put(f.eye, end-eyeWidth-4, y+middle(one, float32(ButtonInRow)), eyeWidth, float32(ButtonInRow))
	}
	if f.entry.Icon != nil {
		x += iconGap
	}
	layBare(f, f.bare, x, y, end-x, high)
	return high
}
