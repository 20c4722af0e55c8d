package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// FieldOptions say what a field is for.
type FieldOptions struct {
	Label       string
	Placeholder string
	Secret      bool // shown as dots, with an eye that shows it
	Multiline   bool
	Fixed       bool      // nothing is typed: its text is only said
	Lines       int       // that a multi-line field shows; 0: four
	Icon        look.Icon // inside, before the text
	TestText    string    // on the button beside it; empty: no button
	StopText    string    // on that button while it is tested; empty: it is greyed out
	// LabelWidth is how wide a column at the left the label stands in, in pixels at
	// scale 1; 0: it stands above the field.
	LabelWidth float32
	// Beside stands between the field and its button, as wide as it must be: a
	// drop-down for a port, say. It may be nil.
	Beside fyne.CanvasObject
}

// FieldResult is the answer under a field: what trying it came to.
type FieldResult struct {
	Shape  Shape
	Word   string
	Detail string
	Link   string // "How to mend it"; pressing it calls OnHelp; empty: none
}

// Field is a line to type in, with its label, and the answer to what was typed under
// it. It is tested where it stands, by the button beside it.
type Field struct {
	widget.BaseWidget
	// What hears of it: set once, before the field is shown. OnSubmit hears Enter; an
	// input method's own Enter, which ends a conversion, comes here too on some
	// systems, so that nothing that cannot be undone may hang on it.
	OnChanged func(text string)
	OnSubmit  func(text string)
	OnTest    func()
	OnStop    func() // the button's, while it is tested
	OnHelp    func()
	OnLeave   func() // the cursor has left the field

	opt     FieldOptions
	result  FieldResult
	testing bool
	high    float32 // of the whole, as it was laid out last

	label     *Paragraph
	frame     *entryFrame
	entry     *textEntry
	bare      fyne.CanvasObject
	eye, test *Button
	answer    answerLine
	said      *Paragraph // instead of the entry, where it is fixed
	testOff   bool
}

// NewField returns an empty field.
func NewField(o FieldOptions) *Field {
	f := &Field{
		opt: o, label: NewParagraph(look.Strong, o.Label), frame: newEntryFrame(),
		said: NewParagraph(look.Quiet, ""),
	}
	if o.LabelWidth == 0 {
		f.label = NewParagraph(look.Body, o.Label)
	}
	f.entry = newTextEntry(func() {
		f.Refresh()
		if f.OnLeave != nil && !f.entry.focused {
			f.OnLeave()
		}
	})
	f.entry.PlaceHolder, f.entry.Password, f.entry.MultiLine = o.Placeholder, o.Secret, o.Multiline
	if o.Multiline {
		f.entry.Wrapping = fyne.TextWrapWord
	}
	f.entry.OnChanged = func(s string) {
		if f.OnChanged != nil {
			f.OnChanged(s)
		}
	}
	f.entry.OnSubmitted = func(s string) {
		if f.OnSubmit != nil {
			f.OnSubmit(s)
		}
	}
	if o.Secret {
		f.entry.end.SetMinSize(fyne.NewSize(eyeWidth, 1))
	}
	f.bare = bare(f.entry)
	f.eye = NewButton(Plain, "", f.peek).WithIcon(look.IconEye).Sized(ButtonInRow)
	f.test = NewButton(Outlined, o.TestText, f.try).Sized(ButtonInBar)
	f.answer = newAnswerLine(func() {
		if f.OnHelp != nil {
			f.OnHelp()
		}
	})
	f.ExtendBaseWidget(f)
	return f
}

// peek shows what was typed instead of dots, or hides it again.
func (f *Field) peek() {
	f.entry.Password = !f.entry.Password
	f.entry.Refresh()
}

// try is what the button beside the field does.
func (f *Field) try() {
	switch {
	case f.testing && f.OnStop != nil:
		f.OnStop()
	case !f.testing && f.OnTest != nil:
		f.OnTest()
	}
}

// Text is what was typed.
func (f *Field) Text() string {
	if f.opt.Fixed {
		return f.said.Text()
	}
	return f.entry.Text
}

// SetText sets the text as if it had been typed, unless it is that already.
func (f *Field) SetText(s string) {
	switch {
	case f.Text() == s:
	case f.opt.Fixed:
		f.said.SetText(s)
		f.Refresh()
	default:
		f.entry.SetText(s)
	}
}

// SetTest sets what the button beside the field says while nothing is tested, and
// whether it is greyed out. Without a text there is no button.
func (f *Field) SetTest(text string, off bool) {
	if f.opt.TestText != text || f.testOff != off {
		f.opt.TestText, f.testOff = text, off
		f.Refresh()
	}
}

// SetPlaceholder sets what an empty field shows.
func (f *Field) SetPlaceholder(s string) {
	if f.entry.PlaceHolder != s {
		f.entry.SetPlaceHolder(s)
	}
}

// SetLabel sets the label.
func (f *Field) SetLabel(s string) {
	if f.opt.Label != s {
		f.opt.Label = s
		f.label.SetText(s)
		f.Refresh()
	}
}

// Label is what the field is called.
func (f *Field) Label() string { return f.opt.Label }

// SetResult sets the answer under the field; the zero one takes it away. Whoever types
// there sees it.
func (f *Field) SetResult(r FieldResult) {
	if f.result != r {
		f.result = r
		f.Refresh()
		if f.entry.focused {
			reveal(f)
		}
	}
}

// Result is the answer under the field.
func (f *Field) Result() FieldResult { return f.result }

// SetTesting says whether the field is being tested; progress, unless it is empty, is
// said under it meanwhile.
func (f *Field) SetTesting(on bool, progress string) {
	before := f.result
	if on && progress != "" {
		f.result = FieldResult{Shape: Working, Word: progress}
	}
	if f.testing != on || f.result != before {
		f.testing = on
		f.Refresh()
	}
}

// Testing says whether the field is being tested.
func (f *Field) Testing() bool { return f.testing }

// TestButton is the button beside the field; a field without one has it hidden.
func (f *Field) TestButton() *Button { return f.test }

// Focus puts the cursor into the field.
func (f *Field) Focus(c fyne.Canvas) { c.Focus(f.entry) }

// Focused says whether the cursor is in the field.
func (f *Field) Focused() bool { return f.entry.focused }

// Entry is what is typed into.
func (f *Field) Entry() *widget.Entry { return &f.entry.Entry }

// Enable lets the field be typed into.
func (f *Field) Enable() { f.turn(false) }

// Disable greys the field out.
func (f *Field) Disable() { f.turn(true) }

// Disabled says whether the field is greyed out.
func (f *Field) Disabled() bool { return f.entry.Disabled() }

func (f *Field) turn(off bool) {
	if f.entry.Disabled() == off {
		return
	}
	if off {
		f.entry.Disable()
		f.test.Disable()
	} else {
		f.entry.Enable()
		f.test.Enable()
	}
	f.Refresh()
}
