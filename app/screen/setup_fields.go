package screen

import (
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// setupCard is fields, one below the other, with lines between them.
type setupCard struct {
	setup *Setup
	card  *widgets.Card
	rows  *fyne.Container
	keys  string // of the items that are shown, to see whether they are the same ones
	items map[string]setupItem
	order []string
}

// setupItem shows one item of a card.
type setupItem interface {
	object() fyne.CanvasObject
	show(i presenter.SetupItem)
	focus(c fyne.Canvas) bool
}

func newSetupCard(s *Setup) *setupCard {
	v := &setupCard{setup: s, rows: column(setupBetween), items: map[string]setupItem{}}
	v.card = widgets.NewCard(v.rows).Padded(widgets.CardPadding, 17)
	return v
}

func (v *setupCard) object() fyne.CanvasObject { return v.card }

func (v *setupCard) focus(c fyne.Canvas) bool {
	for _, key := range v.order {
		if v.items[key].focus(c) {
			return true
		}
	}
	return false
}

func (v *setupCard) show(b presenter.SetupBlock) {
	keys, order := "", []string(nil)
	for _, i := range b.Items {
		key := string(i.Kind) + " " + i.Key
		if len(i.Options) > 0 {
			key += " with options"
		}
		keys += key + "\n"
		order = append(order, key)
		if v.items[key] == nil {
			v.items[key] = v.item(i)
		}
		v.items[key].show(i)
	}
	if keys == v.keys {
		return
	}
	v.keys, v.order = keys, order
	v.rows.Objects = nil
	for n, key := range order {
		if n > 0 {
			v.rows.Objects = append(v.rows.Objects, container.New(ruleLayout{}, newRuled().line))
		}
		v.rows.Objects = append(v.rows.Objects, v.items[key].object())
	}
	for key := range v.items {
		if !slices.Contains(order, key) {
			delete(v.items, key)
		}
	}
	v.rows.Refresh()
}

// item makes the view of an item.
func (v *setupCard) item(i presenter.SetupItem) setupItem {
	switch i.Kind {
	case presenter.SetupSelect:
		return newSetupSelect(v.setup)
	case presenter.SetupTick:
		return newSetupTick(v.setup)
	default:
		return newSetupField(v.setup, i)
	}
}

// setupField is a field.
type setupField struct {
	setup *Setup
	item  presenter.SetupItem
	field *widgets.Field
	ports *widgets.Select // beside it; nil: none
}

// portWidth is that of the drop-down for port and TLS, in pixels at scale 1.
const portWidth = 132

func newSetupField(s *Setup, i presenter.SetupItem) *setupField {
	v := &setupField{setup: s, item: i}
	o := widgets.FieldOptions{
		Label: i.Label, Placeholder: i.Placeholder, LabelWidth: setupLabels, TestText: i.Press.Text, StopText: s.tongue.T("Stop"),
		Secret: i.Kind == presenter.SetupSecret, Multiline: i.Kind == presenter.SetupLines, Fixed: i.Kind == presenter.SetupFixed,
	}
	if len(i.Options) > 0 {
		v.ports = widgets.NewSelect(portWidth)
		v.ports.OnChosen = func(key string) { s.choose(v.item.Key+".port", key) }
		o.Beside = v.ports
	}
	v.field = widgets.NewField(o)
	v.field.SetText(i.Text)
	press := func() { s.press(v.item.Press) }
	v.field.OnTest, v.field.OnStop = press, press
	v.field.OnHelp = func() { s.press(v.item.Answer.Link) }
	v.field.OnChanged = v.typed
	if i.Kind == presenter.SetupSecret {
		v.field.OnLeave = s.presenter.Keep
	}
	return v
}

// typed hands on what was typed.
func (v *setupField) typed(text string) {
	if v.item.Kind == presenter.SetupSecret {
		v.setup.presenter.Secret(v.item.Key, text)
	} else if text != v.item.Text { // it was typed, not shown
		v.item.Text = text
		v.setup.presenter.Type(v.item.Key, text)
	}
	v.setup.Update()
}

func (v *setupField) object() fyne.CanvasObject { return v.field }

func (v *setupField) focus(c fyne.Canvas) bool {
	if v.item.Kind == presenter.SetupFixed {
		return false
	}
	v.field.Focus(c)
	return true
}

func (v *setupField) show(i presenter.SetupItem) {
	v.item = i
	v.field.SetLabel(i.Label)
	v.field.SetPlaceholder(i.Placeholder)
	if i.Kind != presenter.SetupSecret {
		v.field.SetText(i.Text)
	}
	if v.ports != nil {
		v.ports.Set(optionsOf(i))
	}
	if !i.Testing {
		v.field.SetTest(i.Press.Text, i.Press.Off)
	}
	v.field.SetTesting(i.Testing, "")
	v.field.SetResult(widgets.FieldResult{Shape: ShapeOf(i.Answer.Light), Word: i.Answer.Word, Detail: i.Answer.Detail, Link: i.Answer.Link.Text})
}

func optionsOf(i presenter.SetupItem) widgets.SelectData {
	d := widgets.SelectData{Chosen: i.Chosen}
	for _, o := range i.Options {
		d.Options = append(d.Options, widgets.SelectOption{Key: o.Key, Text: o.Title})
	}
	return d
}

// setupSelect is a drop-down with its label in the column of labels.
type setupSelect struct {
	key    string
	label  *widgets.Paragraph
	choice *widgets.Select
	box    *fyne.Container
}

func newSetupSelect(s *Setup) *setupSelect {
	v := &setupSelect{label: widgets.NewParagraph(look.Strong, ""), choice: widgets.NewSelect(portWidth)}
	v.choice.OnChosen = func(key string) { s.choose(v.key, key) }
	v.box = container.New(labelled{}, v.label, v.choice)
	return v
}

func (v *setupSelect) object() fyne.CanvasObject { return v.box }

func (v *setupSelect) focus(c fyne.Canvas) bool {
	c.Focus(v.choice)
	return true
}

func (v *setupSelect) show(i presenter.SetupItem) {
	v.key = i.Key
	v.label.SetText(i.Label)
	v.choice.Set(optionsOf(i))
}

// setupTick is a box to tick.
type setupTick struct {
	key   string
	check *widgets.Check
	box   *fyne.Container
}

func newSetupTick(s *Setup) *setupTick {
	v := &setupTick{check: widgets.NewCheck("")}
	v.check.OnChanged = func(on bool) { s.choose(v.key, ticked(on)) }
	v.box = container.New(labelled{}, widgets.NewParagraph(look.Strong, ""), v.check)
	return v
}

func (v *setupTick) object() fyne.CanvasObject { return v.box }

func (v *setupTick) focus(c fyne.Canvas) bool {
	c.Focus(v.check)
	return true
}

func (v *setupTick) show(i presenter.SetupItem) {
	v.key = i.Key
	v.check.SetText(i.Label)
	v.check.Set(i.Text != "")
}

// labelled puts a label into the column of labels, and what it labels beside it.
type labelled struct{}

// Layout places both.
func (labelled) Layout(o []fyne.CanvasObject, size fyne.Size) {
	fitTo(o[0], setupLabels-inside)
	fitTo(o[1], size.Width-setupLabels)
	if _, drop := o[1].(*widgets.Select); drop {
		o[1].Resize(fyne.NewSize(min(max(o[1].MinSize().Width, 2*portWidth), size.Width-setupLabels), o[1].MinSize().Height))
	}
	label, high := o[0].MinSize().Height, max(o[1].MinSize().Height, o[0].MinSize().Height)
	o[0].Move(fyne.NewPos(0, (high-label)/2))
	o[1].Move(fyne.NewPos(setupLabels, 0))
}

// MinSize is the higher one's.
func (labelled) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(setupLabels+o[1].MinSize().Width, max(o[0].MinSize().Height, o[1].MinSize().Height))
}

// ruleLayout keeps a line one pixel high, and in the colour of the theme.
type ruleLayout struct{}

// Layout places the line.
func (ruleLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	if r, ok := o[0].(*canvas.Rectangle); ok {
		r.FillColor = theme.Color(theme.ColorNameSeparator)
	}
	o[0].Resize(fyne.NewSize(size.Width, 1))
}

// MinSize is one pixel.
func (ruleLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// setupPeople is the addresses that go on receiving mail. Choosing one shows it below.
type setupPeople struct {
	setup *Setup
	box   *fyne.Container
	list  *widgets.RowList
	data  []presenter.SetupPerson
}

// Rows of the list, in pixels at scale 1, and how many are seen at once.
const (
	personRow  = 36
	personMost = 8
	personRoom = 14 // above and below the text, together
)

func newSetupPeople(s *Setup) *setupPeople {
	v := &setupPeople{setup: s}
	v.list = widgets.NewRowList(personRow, widgets.RowTemplate{Make: makePerson, Fill: v.fill, Height: personHigh})
	v.list.Single = true
	v.list.OnSelect = func() {
		if at := v.list.Selected(); len(at) == 1 && at[0] < len(v.data) {
			s.presenter.Pick(v.data[at[0]].Address)
			s.Update()
		}
	}
	v.box = container.New(&fixedHeight{}, v.list)
	return v
}

func (v *setupPeople) object() fyne.CanvasObject { return v.box }

func (v *setupPeople) show(b presenter.SetupBlock) {
	if l, ok := v.box.Layout.(*fixedHeight); ok {
		l.high = float32(min(len(b.People), personMost)) * personHigh()
	}
	if same(v.data, b.People) {
		return
	}
	v.data = b.People
	v.list.SetLength(len(b.People))
	v.list.Refresh()
	for i, p := range b.People {
		if p.Address == b.Picked {
			v.list.SetSelection([]int{i}, i)
		}
	}
}

// same reports whether two slices are the same one: the presenter makes a new one when
// something has changed.
func same(a, b []presenter.SetupPerson) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// personHigh is a row's height: more where text is set larger.
func personHigh() float32 {
	line := look.Measure("字", theme.Size(look.Body.Size()), look.Body.Style()).Height
	return max(personRow, float32(math.Round(float64(line)))+personRoom)
}

func makePerson() fyne.CanvasObject {
	return container.New(padded(0, 12), container.New(widgets.Columns(12, 5, 3, 4), line(8, 1, widgets.NewLight(widgets.LightInRow, widgets.NoShape), widgets.NewWords(look.Body, "").Shrinking()),
		widgets.NewWords(look.Quiet, "").Shrinking(), widgets.NewWords(look.Quiet, "").Shrinking()))
}

func (v *setupPeople) fill(row fyne.CanvasObject, index int, _ widgets.RowState) {
	if index >= len(v.data) {
		return
	}
	p := v.data[index]
	note := p.Note
	if p.Says != "" {
		note = p.Says
	}
	texts := []string{p.Address, p.Kind, note}
	n := 0
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c)
			}
		case *widgets.Light:
			o.SetShape(ShapeOf(p.Light))
		case *widgets.Words:
			o.SetText(texts[n])
			n++
		}
	}
	walk(row)
}

// fixedHeight gives what is inside a height.
type fixedHeight struct{ high float32 }

// Layout fills the room.
func (f *fixedHeight) Layout(o []fyne.CanvasObject, size fyne.Size) {
	for _, c := range o {
		c.Resize(size)
	}
}

// MinSize is the height.
func (f *fixedHeight) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, f.high) }
