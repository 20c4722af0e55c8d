package widgets

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Chip is one of several entries of a field.
type Chip struct {
	Text string
	Bad  bool // something is wrong with it
}

// Chips is a field for several entries: each that is complete stands as a chip before
// what is typed. Enter, a comma or leaving the field completes one; Backspace where
// nothing is typed takes the last one back. What is offered while typing stands below the
// field, see [Chips.Offers]; the arrows choose, Enter or Tab takes.
type Chips struct {
	widget.BaseWidget
	// OnTyped hears each letter, OnAdd an entry that is complete, OnRemove that one is
	// taken out, OnTake that the offer of that number was taken, and OnOffers that what is
	// offered, or where, has changed. Set once; OnOffers may be nil.
	OnTyped  func(text string)
	OnAdd    func(text string)
	OnRemove func(i int)
	OnTake   func(i int)
	OnOffers func()

	name    string
	column  float32 // the label's, in pixels at scale 1
	chips   []Chip
	offers  []string
	at      int // the offer that the arrows are at, or none
	label   *label
	frame   *entryFrame
	entry   *chipEntry
	bare    fyne.CanvasObject
	views   []*chipView
	list    *offerList
	sheet   *sheet
	high    float32
	settled bool // the entry's text was taken over, and is about to go
}

// What the field is made of, in pixels at scale 1.
const (
	chipHigh  = 28
	chipGap   = 6
	chipEdge  = 6 // between frame and chips
	chipLeast = 140
	chipMost  = 260
)

type chipView struct {
	surface *canvas.Rectangle
	text    *label
	close   *cross
}

// NewChips returns an empty field with its name in a column of that width before it.
func NewChips(name string, column float32) *Chips {
	c := &Chips{name: name, column: column, at: none, label: newLabel(look.Strong, name), frame: newEntryFrame()}
	c.entry = &chipEntry{chips: c}
	c.entry.turned, c.entry.end = c.turned, rule()
	c.entry.ActionItem = c.entry.end
	c.entry.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	c.entry.ExtendBaseWidget(c.entry)
	c.entry.OnChanged = c.typed
	c.bare = bare(c.entry)
	c.list = newOfferList(c.take)
	c.sheet = &sheet{owner: c, paint: c.paint, least: c.least, lay: c.lay}
	c.ExtendBaseWidget(c)
	return c
}

// Name is what the field is called.
func (c *Chips) Name() string { return c.name }

// Set sets the entries.
func (c *Chips) Set(chips []Chip) {
	if !slices.Equal(c.chips, chips) {
		c.chips = slices.Clone(chips)
		c.Refresh()
	}
}

// Entries are the entries that are complete.
func (c *Chips) Entries() []Chip { return slices.Clone(c.chips) }

// Typed is what is typed and not complete yet.
func (c *Chips) Typed() string { return c.entry.Text }

// SetOffers sets what is offered for what is typed.
func (c *Chips) SetOffers(offers []string) {
	if !c.entry.focused || strings.TrimSpace(c.entry.Text) == "" {
		offers = nil
	}
	if slices.Equal(c.offers, offers) {
		return
	}
	c.offers, c.at = slices.Clone(offers), none
	c.told()
}

// told shows what is offered.
func (c *Chips) told() {
	c.list.set(c.offers, c.at)
	if c.OnOffers != nil {
		c.OnOffers()
	}
}

// Offers is what is offered, to be laid below the field, over what stands there. It is
// hidden while there is nothing.
func (c *Chips) Offers() fyne.CanvasObject { return c.list }

// Column is the width of the label's column.
func (c *Chips) Column() float32 { return c.column }

// Focus puts the cursor into the field.
func (c *Chips) Focus(on fyne.Canvas) { on.Focus(c.entry) }

// Focused says whether the cursor is in the field.
func (c *Chips) Focused() bool { return c.entry.focused }

// Type sets what is typed, as somebody would.
func (c *Chips) Type(text string) { c.entry.SetText(text) }

// typed hears each letter. A comma or semicolon completes what stands before it, as
// where a list is pasted.
func (c *Chips) typed(text string) {
	if c.settled {
		return
	}
	if i := strings.LastIndexAny(text, ",;、；\n"); i >= 0 {
		rest := strings.TrimLeft(text[i:], ",;、；\n ")
		c.complete(text[:i])
		c.put(rest)
		return
	}
	if c.OnTyped != nil {
		c.OnTyped(text)
	}
}

// put replaces what is typed without hearing of it.
func (c *Chips) put(text string) {
	c.settled = true
	c.entry.SetText(text)
	c.settled = false
	if c.OnTyped != nil {
		c.OnTyped(text)
	}
}

// complete makes entries of a text.
func (c *Chips) complete(text string) {
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;、；\n", r) }) {
		if one = strings.TrimSpace(one); one != "" && c.OnAdd != nil {
			c.OnAdd(one)
		}
	}
}

// Commit completes what is typed, as leaving the field does.
func (c *Chips) Commit() {
	c.at = none
	c.commit()
}

// commit completes what is typed, or takes the offer that the arrows are at.
func (c *Chips) commit() {
	if c.at != none {
		c.take(c.at)
		return
	}
	text := c.entry.Text
	if strings.TrimSpace(text) == "" {
		return
	}
	c.complete(text)
	c.put("")
	c.SetOffers(nil)
}

// take takes an offer.
func (c *Chips) take(i int) {
	if i < 0 || i >= len(c.offers) {
		return
	}
	if c.OnTake != nil {
		c.OnTake(i)
	}
	c.offers, c.at = nil, none
	c.put("")
	c.told()
}

// turned hears that the focus came or went: going completes what is typed.
func (c *Chips) turned() {
	if !c.entry.focused {
		c.at = none
		c.commit()
		c.offers = nil
		c.told()
	}
	c.Refresh()
}

// CreateRenderer draws the field.
func (c *Chips) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	return c.sheet.start()
}

func (c *Chips) least() fyne.Size {
	if c.high == 0 {
		c.lay(fyne.NewSize(c.column+4*fieldLeast, 0)) // not laid out yet: a guess
	}
	return fyne.NewSize(c.column+fieldLeast, c.high)
}

func (c *Chips) paint() {
	bad := slices.ContainsFunc(c.chips, func(chip Chip) bool { return chip.Bad })
	c.frame.paint(c, c.entry.focused, c.entry.Disabled(), bad)
	c.label.paint(c)
	c.sheet.objects = append(c.sheet.objects[:0], c.label.text, c.frame.ring, c.frame.surface)
	for len(c.views) < len(c.chips) {
		at := len(c.views)
		v := &chipView{surface: box(chipHigh / 2), text: newLabel(look.Body, "")}
		v.close = newCross(func() {
			if c.OnRemove != nil && at < len(c.chips) {
				c.OnRemove(at)
			}
		})
		c.views = append(c.views, v)
	}
	for i, chip := range c.chips {
		v := c.views[i]
		tone := TonePlain
		v.text.name = theme.ColorNameForeground
		if chip.Bad {
			tone, v.text.name = ToneFail, ToneFail.words()
		}
		v.surface.FillColor, v.text.full = ink(c, tone.tint()), chip.Text
		v.text.paint(c)
		c.sheet.objects = append(c.sheet.objects, v.surface, v.text.text, v.close)
	}
	c.sheet.objects = append(c.sheet.objects, c.bare, c.frame.edge)
}

func (c *Chips) lay(size fyne.Size) {
	one := controlHigh(c)
	row := max(chipHigh, c.label.height()+8)
	c.label.lay(0, middle(one, c.label.height()), c.column-inGap)
	left, end := c.column+chipEdge, size.Width-chipEdge
	x, y := left, middle(one, row)
	for i := range c.chips {
		v := c.views[i]
		wide := min(v.text.width()+inGap+chipHigh, chipMost, end-left)
		if x > left && x+wide > end {
			x, y = left, y+row+chipGap
		}
		v.surface.CornerRadius = row / 2
		put(v.surface, x, y, wide, row)
		v.text.lay(x+inGap, y+middle(row, v.text.height()), wide-inGap-chipHigh)
		put(v.close, x+wide-chipHigh, y+middle(row, chipHigh), chipHigh, chipHigh)
		x += wide + chipGap
	}
	if x > left && x+chipLeast > end {
		x, y = left, y+row+chipGap
	}
	typed := y + middle(row, one)
	layBare(c, c.bare, x-chipEdge, typed, end-x+chipEdge+controlLead, one)
	high := max(typed+one, one)
	c.frame.lay(c.column, 0, size.Width-c.column, high)
	c.high = high
}
