package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// chipEntry is what is typed into in a field of several entries.
type chipEntry struct {
	textEntry
	chips *Chips
}

// TypedKey completes, takes back, and chooses among what is offered.
func (e *chipEntry) TypedKey(k *fyne.KeyEvent) {
	c := e.chips
	switch {
	case k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter:
		c.commit()
	case k.Name == fyne.KeyTab && c.at != none:
		c.take(c.at)
	case k.Name == fyne.KeyBackspace && e.Text == "" && len(c.chips) > 0:
		if c.OnRemove != nil {
			c.OnRemove(len(c.chips) - 1)
		}
	case k.Name == fyne.KeyDown && len(c.offers) > 0:
		c.at = (c.at + 1) % len(c.offers)
		c.told()
	case k.Name == fyne.KeyUp && len(c.offers) > 0:
		c.at = max(c.at, 0)
		c.at = (c.at + len(c.offers) - 1) % len(c.offers)
		c.told()
	case k.Name == fyne.KeyEscape && len(c.offers) > 0:
		c.offers, c.at = nil, none
		if c.OnTyped != nil {
			c.OnTyped("") // nothing is to be offered for this any more
		}
		c.told()
	case k.Name == fyne.KeyEscape:
		PassKey(e, k)
	default:
		e.Entry.TypedKey(k)
	}
}

// AcceptsTab is true while Tab takes what is offered.
func (e *chipEntry) AcceptsTab() bool { return e.chips.at != none }

// offerList is what is offered while somebody types.
type offerList struct {
	widget.BaseWidget
	take    func(i int)
	offers  []string
	at      int
	surface *canvas.Rectangle
	rows    []*offerRow
	sheet   *sheet
}

func newOfferList(take func(int)) *offerList {
	o := &offerList{take: take, at: none, surface: box(controlRadius)}
	o.Hidden = true
	o.sheet = &sheet{owner: o, paint: o.paint, least: o.least, lay: o.lay}
	o.ExtendBaseWidget(o)
	return o
}

func (o *offerList) set(offers []string, at int) {
	o.offers, o.at = slices.Clone(offers), at
	o.Refresh()
	if o.Hidden == (len(offers) > 0) {
		if len(offers) > 0 {
			o.Show()
		} else {
			o.Hide()
		}
	}
}

// CreateRenderer draws the list.
func (o *offerList) CreateRenderer() fyne.WidgetRenderer {
	o.ExtendBaseWidget(o)
	return o.sheet.start()
}

func (o *offerList) paint() {
	o.surface.FillColor, o.surface.StrokeColor, o.surface.StrokeWidth = ink(o, theme.ColorNameOverlayBackground), ink(o, theme.ColorNameInputBorder), 1
	for len(o.rows) < len(o.offers) {
		at := len(o.rows)
		o.rows = append(o.rows, newOfferRow(func() { o.take(at) }))
	}
	o.sheet.objects = append(o.sheet.objects[:0], o.surface)
	for i, text := range o.offers {
		o.rows[i].set(text, i == o.at)
		o.sheet.objects = append(o.sheet.objects, o.rows[i])
	}
}

func (o *offerList) least() fyne.Size {
	return fyne.NewSize(fieldLeast, controlHigh(o)*float32(len(o.offers))+2*ringGap)
}

func (o *offerList) lay(size fyne.Size) {
	put(o.surface, 0, 0, size.Width, size.Height)
	for i := range o.offers {
		put(o.rows[i], ringGap, ringGap+controlHigh(o)*float32(i), size.Width-2*ringGap, controlHigh(o))
	}
}

// offerRow is one offer. It is not in the order of Tab: the arrows of the field go
// through them.
type offerRow struct {
	widget.BaseWidget
	press   func()
	at      bool
	surface *canvas.Rectangle
	label   *label
}

func newOfferRow(press func()) *offerRow {
	r := &offerRow{press: press, surface: box(controlRadius - 2), label: newLabel(look.Body, "")}
	r.ExtendBaseWidget(r)
	return r
}

func (r *offerRow) set(text string, at bool) {
	if r.label.full != text || r.at != at {
		r.label.full, r.at = text, at
		r.Refresh()
	}
}

// MouseDown takes the offer: when the pointer is let go, the field has lost the focus,
// and nothing is offered any more.
func (r *offerRow) MouseDown(*desktop.MouseEvent) { r.press() }

// MouseUp changes nothing.
func (r *offerRow) MouseUp(*desktop.MouseEvent) {}

// CreateRenderer draws the row.
func (r *offerRow) CreateRenderer() fyne.WidgetRenderer {
	r.ExtendBaseWidget(r)
	s := &sheet{owner: r, objects: []fyne.CanvasObject{r.surface, r.label.text}}
	s.least = func() fyne.Size { return fyne.NewSize(shrunk, controlHigh(r)) }
	s.paint = func() {
		r.surface.Hidden = !r.at
		r.surface.FillColor = ink(r, theme.ColorNameSelection)
		r.label.paint(r)
	}
	s.lay = func(size fyne.Size) {
		put(r.surface, 0, 0, size.Width, size.Height)
		r.label.lay(inGap, middle(size.Height, r.label.height()), size.Width-2*inGap)
	}
	return s.start()
}
