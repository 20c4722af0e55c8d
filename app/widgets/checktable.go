package widgets

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// CheckData is what a table of checks shows.
type CheckData struct {
	First   string // heads the column of the checks' names
	Copy    string // the word on the buttons that copy
	Columns []CheckColumn
	Rows    []CheckRow
}

// CheckColumn is whom the checks are made at.
type CheckColumn struct{ Caption, Name string }

// CheckRow is a check.
type CheckRow struct {
	Key    string
	Title  string
	Shape  Shape // the worst of the cells: it tints the row while that is open
	Cells  []CheckCell
	Detail *CheckDetail // nil while the row is closed
}

// CheckCell is a result in a few words.
type CheckCell struct {
	Shape Shape // NoShape: a dash
	Text  string
	Loud  bool // the words take on the shape's colour
}

// CheckDetail is what an open row shows: answers at the left, advice and a button at
// the right.
type CheckDetail struct {
	Answers []CheckAnswer
	Title   string // of the advice
	Advice  []string
	Copy    string // the advice as text; empty: nothing to copy
	Button  string
	Off     bool // the button cannot be pressed now
	Beside  string
}

// CheckAnswer is what came back from one side.
type CheckAnswer struct {
	Title string
	Says  []string
	Lines []string // exact answers, in the fixed-width face
	More  string   // below them
	Note  string
	Copy  string // all of it as text
}

// What a table of checks is made of, in pixels at scale 1.
const (
	checkRow     = 36
	checkHeadRow = 61
	checkEdge    = 20   // at both sides of what an open row shows
	checkWords   = 35   // where the checks' names begin
	checkFirst   = 0.28 // of the width, for the column of the names
	checkLight   = 24   // from a cell's beginning to its words
	checkAbove   = 7    // above and below the words of a row
	checkBar     = 3    // at the left-hand side of what an open row shows
)

// CheckTable holds checks against those they are made at. A row is opened to its
// answers by pressing it, or with Enter; the arrows go from row to row.
type CheckTable struct {
	widget.BaseWidget
	// What hears of presses: set once, before the table is shown.
	OnToggle func(key string) // a row
	OnAction func(key string) // the button of an open row
	OnCopy   func(text string)

	data    CheckData
	surface *canvas.Rectangle
	first   *Paragraph
	heads   []*checkColumn
	rows    []*checkLine
	high    float32
	sheet   *sheet
}

// checkColumn heads a column.
type checkColumn struct{ caption, name *Paragraph }

// checkLine is a row, with what it shows while it is open.
type checkLine struct {
	rule   *canvas.Rectangle
	head   *CheckHead
	bar    *canvas.Rectangle
	detail *checkDetail // nil before it was ever open
}

// NewCheckTable returns an empty table.
func NewCheckTable() *CheckTable {
	c := &CheckTable{surface: box(cardRadius), first: NewParagraph(look.Caption, "")}
	c.ExtendBaseWidget(c)
	return c
}

// Set sets what the table shows.
func (c *CheckTable) Set(d CheckData) {
	if !reflect.DeepEqual(c.data, d) {
		c.data = d
		c.Refresh()
	}
}

// Data is what is shown.
func (c *CheckTable) Data() CheckData { return c.data }

// Heads are the rows that are shown, to be given the focus.
func (c *CheckTable) Heads() []*CheckHead {
	out := make([]*CheckHead, len(c.data.Rows))
	for i := range out {
		out[i] = c.rows[i].head
	}
	return out
}

// CreateRenderer draws the table.
func (c *CheckTable) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	if c.sheet != nil { // its rows are in there
		return c.sheet.start()
	}
	c.sheet = &sheet{owner: c, paint: c.paint}
	c.sheet.lay = func(size fyne.Size) { c.high = c.lay(size.Width) }
	c.sheet.least = func() fyne.Size { return fyne.NewSize(16*shrunk, c.high) }
	return c.sheet.start()
}

// paint takes on data and theme; rows are kept and used again.
func (c *CheckTable) paint() {
	c.surface.FillColor, c.surface.StrokeColor, c.surface.StrokeWidth = ink(c, look.ColorCard), ink(c, theme.ColorNameSeparator), 1
	c.first.SetText(c.data.First)
	objects := append(c.sheet.objects[:0], c.surface, c.first)
	for len(c.heads) < len(c.data.Columns) {
		c.heads = append(c.heads, &checkColumn{NewParagraph(look.Caption, ""), NewParagraph(look.Strong, "")})
	}
	for i, d := range c.data.Columns {
		c.heads[i].caption.SetText(d.Caption)
		c.heads[i].name.SetText(d.Name)
		objects = append(objects, c.heads[i].caption, c.heads[i].name)
	}
	for len(c.rows) < len(c.data.Rows) {
		c.rows = append(c.rows, &checkLine{rule: rule(), head: newCheckHead(c, len(c.rows)), bar: rule()})
	}
	for i, d := range c.data.Rows {
		r := c.rows[i]
		r.rule.FillColor = ink(c, theme.ColorNameSeparator)
		r.head.set(d, i == len(c.data.Rows)-1)
		objects = append(objects, r.head, r.rule)
		if d.Detail == nil {
			continue
		}
		if r.detail == nil {
			r.detail = newCheckDetail(c, i)
		}
		r.detail.show(*d.Detail, c.data.Copy)
		r.bar.FillColor = ink(c, barColor(d.Shape))
		objects = append(objects, r.bar, r.detail.box)
	}
	c.sheet.objects = objects
	c.high = c.lay(c.Size().Width)
}

// barColor is the colour beside what an open row shows.
func barColor(s Shape) fyne.ThemeColorName {
	if s == Triangle || s == Octagon {
		return s.Color()
	}
	return theme.ColorNameSeparator
}

// columns are where the columns begin, and where the last one ends.
func (c *CheckTable) columns(width float32) []float32 {
	n := float32(max(len(c.data.Columns), 1))
	at := []float32{round(width * checkFirst)}
	each := (width - at[0]) / n
	for i := range c.data.Columns {
		at = append(at, round(at[0]+float32(i+1)*each))
	}
	return at
}

// lay places all, and returns how high it is together.
func (c *CheckTable) lay(width float32) float32 {
	at := c.columns(width)
	high := fitted(c.first, at[0]-checkEdge-8)
	for i := range c.data.Columns {
		h := c.heads[i]
		room := at[i+1] - at[i] - 12
		tall := fitted(h.caption, room) + fitted(h.name, room)
		high = max(high, tall)
	}
	head := max(checkHeadRow, high+2*10)
	put(c.first, checkEdge, middle(head, c.first.MinSize().Height), at[0]-checkEdge-8, c.first.MinSize().Height)
	for i := range c.data.Columns {
		h := c.heads[i]
		room, caption, name := at[i+1]-at[i]-12, h.caption.MinSize().Height, h.name.MinSize().Height
		y := middle(head, caption+name)
		put(h.caption, at[i], y, room, caption)
		put(h.name, at[i], y+caption, room, name)
	}
	y := head
	for i, d := range c.data.Rows {
		r := c.rows[i]
		r.head.at = at
		tall := r.head.height(width)
		put(r.rule, 0, y-1, width, 1)
		put(r.head, 1, y, width-2, tall)
		y += tall
		if d.Detail == nil {
			continue
		}
		box := r.detail.box
		room := max(width-2*checkEdge, leastColumn)
		box.Resize(fyne.NewSize(room, 0))
		tall = box.MinSize().Height
		put(box, checkEdge, y+12, room, tall)
		put(r.bar, 1, y, checkBar, tall+24)
		y += tall + 24
	}
	put(c.surface, 0, 0, width, y+1)
	return y + 1
}

// fitted gives a paragraph a width, and returns how high it is then.
func fitted(p *Paragraph, width float32) float32 {
	p.Resize(fyne.NewSize(width, p.Size().Height))
	return p.MinSize().Height
}

// focus gives a row the focus.
func (c *CheckTable) focus(row int) {
	row = min(max(row, 0), len(c.data.Rows)-1)
	if on := canvasOf(c); on != nil && row >= 0 {
		on.Focus(c.rows[row].head)
	}
}

// toggle hands a press of a row on.
func (c *CheckTable) toggle(row int) {
	if c.OnToggle != nil && row < len(c.data.Rows) {
		c.OnToggle(c.data.Rows[row].Key)
	}
}

func (c *CheckTable) act(row int) {
	if c.OnAction != nil && row < len(c.data.Rows) {
		c.OnAction(c.data.Rows[row].Key)
	}
}

func (c *CheckTable) copyOut(text string) {
	if c.OnCopy != nil {
		c.OnCopy(text)
	}
}

// tint is what lies under an open row.
func (s Shape) tint() fyne.ThemeColorName {
	switch s {
	case Octagon:
		return look.ColorFailTint
	case Triangle:
		return look.ColorWarnTint
	default:
		return theme.ColorNameHeaderBackground
	}
}
