package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// DialogData is what a dialog says and asks. All words come from whoever shows it.
type DialogData struct {
	Shape Shape // a light before the title; NoShape: none
	Title string
	Text  string
	// Fields are typed in; their texts come with the answer, in this order.
	Fields []FieldOptions
	// Typed, unless it is empty, must be typed into the first field before Yes can be
	// pressed.
	Typed string
	// Check looks at what was typed, and says what is wrong with it: Yes cannot be
	// pressed until it returns "". It may be nil.
	Check func(texts []string) string
	// Ready says whether enough was typed for Yes; nil: always.
	Ready func(texts []string) bool
	// Details are shown when they are asked for, and can be copied.
	Details                string
	ShowDetails, CopyWords string // what the buttons for that say
	// Content stands below the text; it may be nil.
	Content fyne.CanvasObject
	Yes, No string // what the buttons say; "" is no such button
	// Risky: Yes is not the filled button, and the focus begins on No.
	Risky bool
	// Width in pixels at scale 1; 0 is the usual one.
	Width float32
}

// What a dialog is made of, in pixels at scale 1.
const (
	dialogWidth   = 480
	dialogPadding = 24
	dialogRadius  = 12
	dialogEdge    = 16 // that the window keeps around it at least
	dialogGap     = 16
	detailsMost   = 220
	scrimAlpha    = 110
)

// Dialog lies over a window and asks something. Escape is No; Enter presses the button
// that has the focus. In a field it does nothing, since an input method's Enter comes
// there, too; in one for a secret, where there is none, it goes on, and agrees at the end.
type Dialog struct {
	widget.BaseWidget
	data DialogData
	done func(yes bool, texts []string)
	on   fyne.Canvas

	scrim, surface *canvas.Rectangle
	content        fyne.CanvasObject
	scroll         *container.Scroll
	buttons        *fyne.Container
	fields         []*Field
	problem        *Paragraph
	yes, no        *Button
	details        *fyne.Container
	shut           bool
}

// ShowDialog lays a dialog over a window. done is called once, when it is closed.
func ShowDialog(c fyne.Canvas, d DialogData, done func(yes bool, texts []string)) *Dialog {
	g := newDialog(d, done)
	g.on = c
	c.Overlays().Add(g)
	g.Resize(c.Size())
	g.begin()
	return g
}

func newDialog(d DialogData, done func(yes bool, texts []string)) *Dialog {
	g := &Dialog{data: d, done: done, scrim: rule(), surface: box(dialogRadius), problem: NewParagraph(look.Caption, "")}
	g.build()
	g.check()
	g.ExtendBaseWidget(g)
	return g
}

// begin puts the focus where the answer begins.
func (g *Dialog) begin() {
	switch {
	case len(g.fields) > 0:
		g.fields[0].Focus(g.on)
	case g.no != nil && (g.data.Risky || g.yes == nil):
		g.on.Focus(g.no)
	case g.yes != nil:
		g.on.Focus(g.yes)
	}
}

// scrolls implements scrolling.
func (g *Dialog) scrolls() *container.Scroll { return g.scroll }

// Data is what the dialog says.
func (g *Dialog) Data() DialogData { return g.data }

// Fields are what is typed into.
func (g *Dialog) Fields() []*Field { return g.fields }

// Yes is the button that agrees; nil when there is none.
func (g *Dialog) Yes() *Button { return g.yes }

// No is the other button; nil when there is none.
func (g *Dialog) No() *Button { return g.no }

// Escape closes the dialog as No does.
func (g *Dialog) Escape() { g.close(false) }

// Close closes the dialog without an answer.
func (g *Dialog) Close() {
	g.done = nil
	g.close(false)
}

func (g *Dialog) close(yes bool) {
	if g.shut {
		return
	}
	g.shut = true
	texts := g.texts()
	for i, f := range g.fields {
		if g.data.Fields[i].Secret {
			f.SetText("") // it need not stay in the window's memory
		}
	}
	if g.on != nil {
		g.on.Overlays().Remove(g)
	}
	if g.done != nil {
		g.done(yes, texts)
	}
}

func (g *Dialog) texts() []string {
	all := make([]string, len(g.fields))
	for i, f := range g.fields {
		all[i] = f.Text()
	}
	return all
}

// Typed is whether something was typed into its fields.
func (g *Dialog) Typed() bool {
	return slices.ContainsFunc(g.texts(), func(text string) bool { return text != "" })
}

// submit goes on from a field to the next, or agrees.
func (g *Dialog) submit(f *Field) {
	switch i := slices.Index(g.fields, f); {
	case i < len(g.fields)-1:
		g.fields[i+1].Focus(g.on)
	case g.yes != nil && !g.data.Risky:
		g.yes.Press()
	}
}

// check lets Yes be pressed once what was typed is right.
func (g *Dialog) check() {
	if g.yes == nil {
		return
	}
	wrong, said := false, ""
	if g.data.Typed != "" && len(g.fields) > 0 {
		wrong = g.fields[0].Text() != g.data.Typed
	}
	if g.data.Check != nil {
		said = g.data.Check(g.texts())
		wrong = wrong || said != ""
	}
	if d := g.data; d.Ready != nil && !d.Ready(g.texts()) {
		wrong = true
	}
	if said != g.problem.Text() {
		g.problem.SetText(said)
		g.problem.Hidden = said == ""
		g.Refresh()
	}
	if wrong {
		g.yes.Disable()
	} else {
		g.yes.Enable()
	}
}

func (g *Dialog) build() {
	d := g.data
	var head fyne.CanvasObject = NewParagraph(look.Heading, d.Title)
	if d.Shape != NoShape {
		head = container.New(LineUp(10, 1), NewLight(LightInRow+4, d.Shape), head)
	}
	body := container.New(Rows(dialogGap), head)
	if d.Text != "" {
		body.Add(NewParagraph(look.Body, d.Text))
	}
	for _, o := range d.Fields {
		f := NewField(o)
		f.OnChanged = func(string) { g.check() }
		if o.Secret {
			f.OnSubmit = func(string) { g.submit(f) }
		}
		g.fields = append(g.fields, f)
		body.Add(f)
	}
	g.problem.Hidden = true
	body.Add(g.problem)
	if d.Content != nil {
		body.Add(d.Content)
	}
	if d.Details != "" {
		body.Add(g.detailsPart())
	}
	g.content = container.New(around(ringRoom), body)
	g.scroll = container.NewVScroll(g.content)
	g.buttons = container.New(LineUp(12, 0), Room(1, 1))
	if d.No != "" {
		g.no = NewButton(Outlined, d.No, func() { g.close(false) })
		g.buttons.Add(g.no)
	}
	if d.Yes != "" {
		kind := Filled
		if d.Risky {
			kind = Outlined
		}
		g.yes = NewButton(kind, d.Yes, func() { g.close(true) })
		g.buttons.Add(g.yes)
	}
}

// detailsPart is a button that shows the details, and the details with one that
// copies them.
func (g *Dialog) detailsPart() fyne.CanvasObject {
	text := NewParagraph(look.Small, g.data.Details)
	inside := container.New(Rows(0), text)
	inside.Resize(fyne.NewSize(g.width()-2*dialogPadding-2*dialogEdge, 1))
	list := container.NewVScroll(inside)
	list.SetMinSize(fyne.NewSize(1, min(detailsMost, max(text.MinSize().Height, 40))))
	copies := NewButton(Plain, g.data.CopyWords, func() { fyne.CurrentApp().Clipboard().SetContent(g.data.Details) }).WithIcon(look.IconCopy).Sized(ButtonInRow)
	g.details = container.New(Rows(8), NewCard(list).Padded(12, 12), container.New(LineUp(8, -1), copies))
	g.details.Hide()
	show := NewButton(Plain, g.data.ShowDetails, nil).WithIcon(look.IconNext).Sized(ButtonInRow)
	show.press = func() {
		if g.details.Hidden {
			g.details.Show()
			show.SetIcon(look.IconDown)
		} else {
			g.details.Hide()
			show.SetIcon(look.IconNext)
		}
		g.Refresh()
	}
	return container.New(Rows(4), container.New(LineUp(0, -1), show), g.details)
}

func (g *Dialog) width() float32 {
	if g.data.Width > 0 {
		return g.data.Width
	}
	return dialogWidth
}

// CreateRenderer draws the dialog.
func (g *Dialog) CreateRenderer() fyne.WidgetRenderer {
	g.ExtendBaseWidget(g)
	s := &sheet{owner: g, objects: []fyne.CanvasObject{g.scrim, g.surface, g.scroll, g.buttons}}
	s.least = func() fyne.Size { return fyne.NewSize(1, 1) }
	s.paint = func() {
		g.scrim.FillColor = shade(scrimAlpha)
		g.surface.FillColor, g.surface.StrokeColor, g.surface.StrokeWidth = ink(g, look.ColorCard), ink(g, theme.ColorNameInputBorder), 1
	}
	s.lay = g.lay
	return s.start()
}

func (g *Dialog) lay(size fyne.Size) {
	put(g.scrim, 0, 0, size.Width, size.Height)
	width := min(g.width(), size.Width-2*dialogEdge)
	inner := width - 2*dialogPadding
	buttons := g.buttons.MinSize().Height
	g.content.Resize(fyne.NewSize(inner+2*ringRoom, g.content.MinSize().Height)) // paragraphs learn their width
	body := g.content.MinSize().Height
	most := size.Height - 2*dialogEdge - 3*dialogPadding - buttons
	body = max(min(body, most), 0)
	high := body - 2*ringRoom + buttons + 3*dialogPadding
	x, y := middle(size.Width, width), middle(size.Height, high)
	put(g.surface, x, y, width, high)
	put(g.scroll, x+dialogPadding-ringRoom, y+dialogPadding-ringRoom, inner+2*ringRoom, body)
	put(g.buttons, x+dialogPadding, y+high-dialogPadding-buttons, inner, buttons)
}

// ringRoom is left around what scrolls, since focus rings are drawn outside of fields.
const ringRoom = ringWidth + ringGap + 2

// around leaves room at all sides, in pixels at scale 1.
type around float32

// Layout places the object.
func (a around) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		put(o, float32(a), float32(a), size.Width-2*float32(a), size.Height-2*float32(a))
	}
}

// MinSize is the object's, and the room.
func (a around) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var least fyne.Size
	for _, o := range objects {
		least = least.Max(o.MinSize())
	}
	return least.AddWidthHeight(2*float32(a), 2*float32(a))
}
