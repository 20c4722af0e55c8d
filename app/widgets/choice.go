package widgets

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// ChoiceOption is a tile: what can be chosen, and, where that says something, a note
// below it.
type ChoiceOption struct {
	Key   string
	Title string
	Note  string
}

// ChoiceData is what is offered, and the key of what is chosen; "" is nothing yet.
type ChoiceData struct {
	Options []ChoiceOption
	Chosen  string
}

// What a tile is made of, in pixels at scale 1.
const (
	tileGap     = 10
	tileHigh    = 48
	tilePadding = 13
	tileRadio   = 20
	tileWords   = 45 // where the words begin
	tileLeast   = 200
)

// Choice is a few tiles of which one is chosen: by the pointer, or by the arrow keys
// while it has the focus, as a group of radio buttons is.
type Choice struct {
	widget.BaseWidget
	// OnChosen hears the key of what a person chose: set it once, before the choice
	// is shown.
	OnChosen func(key string)

	columns int
	data    ChoiceData
	off     bool
	focused bool
	at      int // the tile with the focus
	high    float32
	across  int // tiles in a row, as laid out last
	tiles   []*tile
	ring    *canvas.Rectangle
	sheet   *sheet
}

var _ fyne.Focusable = (*Choice)(nil)

// NewChoice returns a choice with at most so many tiles in a row; there are fewer
// where the room is narrow.
func NewChoice(columns int) *Choice {
	c := &Choice{columns: max(columns, 1), across: max(columns, 1), ring: box(cardRadius + ringGap + ringWidth)}
	c.sheet = &sheet{owner: c, paint: c.paint, lay: c.lay}
	c.sheet.least = func() fyne.Size {
		if c.high == 0 {
			c.lay(fyne.NewSize(float32(c.columns)*(tileLeast+tileGap), 0)) // not laid out yet: a guess
		}
		return fyne.NewSize(tileLeast, c.high)
	}
	c.ExtendBaseWidget(c)
	return c
}

// SetColumns sets how many tiles there are in a row at most.
func (c *Choice) SetColumns(n int) {
	if n = max(n, 1); c.columns != n {
		c.columns = n
		c.Refresh()
	}
}

// Set sets what is offered, and what is chosen.
func (c *Choice) Set(d ChoiceData) {
	if c.data.Chosen != d.Chosen || !slices.Equal(c.data.Options, d.Options) {
		c.data = ChoiceData{slices.Clone(d.Options), d.Chosen}
		if i := c.chosen(); i >= 0 {
			c.at = i
		}
		c.at = min(c.at, max(len(d.Options)-1, 0))
		c.Refresh()
	}
}

// Data is what is offered, and what is chosen.
func (c *Choice) Data() ChoiceData { return ChoiceData{slices.Clone(c.data.Options), c.data.Chosen} }

func (c *Choice) chosen() int {
	return slices.IndexFunc(c.data.Options, func(o ChoiceOption) bool { return o.Key == c.data.Chosen })
}

// Choose chooses, as if a person had.
func (c *Choice) Choose(key string) {
	i := slices.IndexFunc(c.data.Options, func(o ChoiceOption) bool { return o.Key == key })
	if c.off || i < 0 {
		return
	}
	c.at = i
	if c.data.Chosen == key {
		c.Refresh()
		return
	}
	c.data.Chosen = key
	c.Refresh()
	if c.OnChosen != nil {
		c.OnChosen(key)
	}
}

// Enable lets something be chosen.
func (c *Choice) Enable() { c.turn(false) }

// Disable greys the tiles out.
func (c *Choice) Disable() { c.turn(true) }

// Disabled says whether the tiles are greyed out.
func (c *Choice) Disabled() bool { return c.off }

func (c *Choice) turn(off bool) {
	if c.off != off {
		c.off = off
		c.Refresh()
	}
}

// FocusGained shows the ring.
func (c *Choice) FocusGained() {
	c.focused = true
	c.Refresh()
	c.reveal()
}

// FocusLost hides the ring.
func (c *Choice) FocusLost() {
	c.focused = false
	c.Refresh()
}

// reveal brings the tile that the keys are at into view.
func (c *Choice) reveal() {
	if c.at < len(c.tiles) {
		reveal(c.tiles[c.at])
	}
}

// TypedRune is not for choices.
func (c *Choice) TypedRune(rune) {}

// TypedKey chooses by the arrows; Space and Enter choose the first where nothing is
// chosen yet.
func (c *Choice) TypedKey(k *fyne.KeyEvent) {
	n := len(c.data.Options)
	if n == 0 || c.off {
		return
	}
	to := c.at
	switch k.Name {
	case fyne.KeyRight:
		to++
	case fyne.KeyLeft:
		to--
	case fyne.KeyDown:
		to += c.across
	case fyne.KeyUp:
		to -= c.across
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = n - 1
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
	default:
		PassKey(c, k)
		return
	}
	if to >= 0 && to < n {
		c.Choose(c.data.Options[to].Key)
		c.reveal()
	}
}

// CreateRenderer draws the tiles.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	return c.sheet.start()
}

func (c *Choice) paint() {
	for len(c.tiles) < len(c.data.Options) {
		at := len(c.tiles)
		c.tiles = append(c.tiles, newTile(func() {
			if at < len(c.data.Options) {
				if cv := fyne.CurrentApp().Driver().CanvasForObject(c); cv != nil && !c.off {
					cv.Focus(c)
				}
				c.Choose(c.data.Options[at].Key)
			}
		}))
	}
	c.tiles = c.tiles[:len(c.data.Options)]
	c.ring.Hidden = !c.focused || c.off || len(c.tiles) == 0
	c.ring.StrokeColor, c.ring.StrokeWidth = ink(c, theme.ColorNameFocus), ringWidth
	c.sheet.objects = append(c.sheet.objects[:0], c.ring)
	for i, o := range c.data.Options {
		c.tiles[i].set(o, o.Key == c.data.Chosen && o.Key != "", c.off)
		c.sheet.objects = append(c.sheet.objects, c.tiles[i])
	}
}

func (c *Choice) lay(size fyne.Size) {
	c.across = max(min(c.columns, int((size.Width+tileGap)/(tileLeast+tileGap))), 1)
	wide := (size.Width - tileGap*float32(c.across-1)) / float32(c.across)
	y := float32(0)
	for row := 0; row < len(c.tiles); row += c.across {
		end := min(row+c.across, len(c.tiles))
		high := float32(0)
		for _, t := range c.tiles[row:end] {
			t.Resize(fyne.NewSize(round(wide), 0))
			high = max(high, t.MinSize().Height)
		}
		for i, t := range c.tiles[row:end] {
			x := round(float32(i) * (wide + tileGap))
			put(t, x, y, round(float32(i+1)*(wide+tileGap)-tileGap)-x, high)
		}
		y += high + tileGap
	}
	c.high = max(y-tileGap, 0)
	if c.at < len(c.tiles) {
		const out = ringGap + ringWidth
		at, s := c.tiles[c.at].Position(), c.tiles[c.at].Size()
		put(c.ring, at.X-out, at.Y-out, s.Width+2*out, s.Height+2*out)
	}
}

// tile is one of the things to choose from.
type tile struct {
	widget.BaseWidget
	press       func()
	option      ChoiceOption
	on, off     bool
	hovered     bool
	surface     *canvas.Rectangle
	rim, dot    *canvas.Circle
	title, note *Paragraph
}

var (
	_ fyne.Tappable      = (*tile)(nil)
	_ desktop.Hoverable  = (*tile)(nil)
	_ desktop.Cursorable = (*tile)(nil)
)

func newTile(press func()) *tile {
	t := &tile{
		press: press, surface: box(cardRadius), rim: &canvas.Circle{}, dot: &canvas.Circle{},
		title: NewParagraph(look.Body, ""), note: NewParagraph(look.Caption, ""),
	}
	t.ExtendBaseWidget(t)
	return t
}

func (t *tile) set(o ChoiceOption, on, off bool) {
	if t.option != o || t.on != on || t.off != off {
		t.option, t.on, t.off = o, on, off
		t.Refresh()
	}
}

// Tapped chooses the tile.
func (t *tile) Tapped(*fyne.PointEvent) { t.press() }

// MouseIn shows that the pointer is over the tile.
func (t *tile) MouseIn(*desktop.MouseEvent) { t.hover(true) }

// MouseMoved changes nothing.
func (t *tile) MouseMoved(*desktop.MouseEvent) {}

// MouseOut shows that the pointer has left.
func (t *tile) MouseOut() { t.hover(false) }

func (t *tile) hover(on bool) {
	t.hovered = on
	t.Refresh()
}

// Cursor is a hand where pressing does something.
func (t *tile) Cursor() desktop.Cursor {
	if t.off {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer draws the tile.
func (t *tile) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	s := &sheet{owner: t, objects: []fyne.CanvasObject{t.surface, t.rim, t.dot, t.title, t.note}, paint: t.paint}
	s.least = func() fyne.Size {
		high := t.title.MinSize().Height
		if !t.note.Hidden {
			high += t.note.MinSize().Height
		}
		return fyne.NewSize(tileWords+leastColumn, max(tileHigh, high+2*tilePadding))
	}
	s.lay = func(size fyne.Size) {
		put(t.surface, 0, 0, size.Width, size.Height)
		room := size.Width - tileWords - tilePadding
		t.title.Resize(fyne.NewSize(room, 0))
		t.note.Resize(fyne.NewSize(room, 0))
		high, note := t.title.MinSize().Height, float32(0)
		if !t.note.Hidden {
			note = t.note.MinSize().Height
		}
		y := middle(size.Height, high+note)
		put(t.title, tileWords, y, room, high)
		put(t.note, tileWords, y+high, room, note)
		radio := y + onLine(t.title.lineHeight(), tileRadio-4)
		put(t.rim, tilePadding+2, radio, tileRadio-4, tileRadio-4)
		put(t.dot, tilePadding+6, radio+4, tileRadio-12, tileRadio-12)
	}
	return s.start()
}

func (t *tile) paint() {
	t.title.SetText(t.option.Title)
	t.note.SetText(t.option.Note)
	t.note.Hidden = t.option.Note == ""
	words := theme.ColorNameForeground
	t.surface.FillColor, t.surface.StrokeColor, t.surface.StrokeWidth = ink(t, look.ColorCard), ink(t, theme.ColorNameSeparator), 1
	t.rim.StrokeColor, t.rim.StrokeWidth, t.rim.FillColor = ink(t, theme.ColorNameInputBorder), 1.6, ink(t, look.ColorCard)
	t.dot.Hidden = !t.on
	t.dot.FillColor = ink(t, theme.ColorNameFocus)
	kind := look.Body
	switch {
	case t.on:
		kind = look.Strong
		t.surface.FillColor, t.surface.StrokeColor, t.surface.StrokeWidth = ink(t, theme.ColorNameSelection), ink(t, theme.ColorNameFocus), 2
		t.rim.StrokeColor, t.rim.StrokeWidth = ink(t, theme.ColorNameFocus), 2
	case t.hovered && !t.off:
		t.surface.FillColor, t.surface.StrokeColor = over(ink(t, look.ColorCard), hoverShade(t)), ink(t, theme.ColorNameInputBorder)
	}
	if t.off {
		words = theme.ColorNameDisabled
		t.dot.FillColor = ink(t, words)
	}
	t.title.setKind(kind)
	t.title.SetColor(words)
}

// hoverShade is what lies over what the pointer is over.
func hoverShade(w themed) color.NRGBA {
	shade, _ := color.NRGBAModel.Convert(ink(w, theme.ColorNameHover)).(color.NRGBA)
	return shade
}

// setKind sets the type of a paragraph.
func (p *Paragraph) setKind(k look.Type) {
	if p.kind == k {
		return
	}
	p.kind, p.stale = k, true
	for _, l := range p.lines {
		l.kind = k
	}
	p.Refresh()
}
