package widgets

import (
	"image/color"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// NavEntry is an item of the navigation.
type NavEntry struct {
	Key   string
	Icon  look.Icon
	Title string
	Foot  bool  // stands at the foot, above the watch line
	Count int   // told by a badge; 0 is none
	Shape Shape // the worst on its page, instead of a count
}

// What an item is made of, in pixels at scale 1: in full, and in the rail.
const (
	navRow      = 40
	navRailRow  = 56
	navItemGap  = 2
	navIcon     = 12 // from the item's edge
	navText     = 44
	navRailIcon = 7 // from its upper edge
)

// NavItem is an item of the navigation: icon and title beside each other, or, in the
// rail, below each other.
type NavItem struct {
	widget.BaseWidget
	entry    NavEntry
	press    func()
	rail     bool
	selected bool
	hovered  bool
	focused  bool
	surface  *canvas.Rectangle
	glyph    *glyph
	title    *label
	count    *Pill
	light    *Light
}

var (
	_ fyne.Focusable    = (*NavItem)(nil)
	_ fyne.Tappable     = (*NavItem)(nil)
	_ desktop.Hoverable = (*NavItem)(nil)
)

func newNavItem(press func()) *NavItem {
	n := &NavItem{press: press, surface: box(controlRadius), glyph: newGlyph(), title: newLabel(look.Body, ""), count: NewPill(PillData{}), light: NewLight(LightInRow, NoShape)}
	n.ExtendBaseWidget(n)
	return n
}

// Entry is what the item shows.
func (n *NavItem) Entry() NavEntry { return n.entry }

// Selected says whether the item's page is the one that is shown.
func (n *NavItem) Selected() bool { return n.selected }

// set takes on an entry.
func (n *NavItem) set(e NavEntry, selected, rail bool) {
	if n.entry != e || n.selected != selected || n.rail != rail {
		n.entry, n.selected, n.rail = e, selected, rail
		n.Refresh()
	}
}

// Tapped goes to the item's page.
func (n *NavItem) Tapped(*fyne.PointEvent) { n.press() }

// FocusGained shows the ring, inside the edge.
func (n *NavItem) FocusGained() {
	n.focused = true
	n.Refresh()
}

// FocusLost hides the ring.
func (n *NavItem) FocusLost() {
	n.focused = false
	n.Refresh()
}

// TypedRune is not for items.
func (n *NavItem) TypedRune(rune) {}

// TypedKey goes to the item's page by Space and Enter.
func (n *NavItem) TypedKey(k *fyne.KeyEvent) {
	if presses(k) {
		n.press()
		return
	}
	PassKey(n, k)
}

// MouseIn shows that the pointer is over the item.
func (n *NavItem) MouseIn(*desktop.MouseEvent) {
	n.hovered = true
	n.Refresh()
}

// MouseMoved changes nothing.
func (n *NavItem) MouseMoved(*desktop.MouseEvent) {}

// MouseOut shows that the pointer has left.
func (n *NavItem) MouseOut() {
	n.hovered = false
	n.Refresh()
}

// CreateRenderer draws the item.
func (n *NavItem) CreateRenderer() fyne.WidgetRenderer {
	n.ExtendBaseWidget(n)
	s := &sheet{owner: n, objects: []fyne.CanvasObject{n.surface, n.glyph.image, n.title.text, n.count, n.light}, paint: n.paint}
	s.least = func() fyne.Size {
		if n.rail {
			return fyne.NewSize(navRailIcon, navRailRow)
		}
		return fyne.NewSize(navText, navRow)
	}
	s.lay = n.lay
	return s.start()
}

func (n *NavItem) paint() {
	words, icon := theme.ColorNameForeground, theme.ColorNamePlaceHolder
	n.surface.FillColor = color.Transparent
	switch {
	case n.selected:
		n.surface.FillColor = ink(n, theme.ColorNameSelection)
		words, icon = theme.ColorNameHyperlink, theme.ColorNameHyperlink
	case n.hovered:
		n.surface.FillColor = ink(n, theme.ColorNameHover)
	}
	n.surface.StrokeColor, n.surface.StrokeWidth = color.Transparent, 0
	if n.focused {
		n.surface.StrokeColor, n.surface.StrokeWidth = ink(n, theme.ColorNameFocus), ringWidth
	}
	n.glyph.show(n.entry.Icon, ink(n, icon))
	n.title.full, n.title.name, n.title.kind = n.entry.Title, words, look.Body
	switch {
	case n.rail:
		n.title.kind = look.Small
	case n.selected:
		n.title.kind = look.Strong
	}
	n.title.paint(n)
	n.count.Set(Count(strconv.Itoa(n.entry.Count)))
	n.count.Hidden = n.entry.Count == 0 || n.entry.Shape != NoShape
	n.light.SetShape(n.entry.Shape)
	n.light.Hidden = n.entry.Shape == NoShape
}

func (n *NavItem) lay(size fyne.Size) {
	put(n.surface, 0, 0, size.Width, size.Height)
	badge := n.count.MinSize()
	if n.rail {
		x := middle(size.Width, iconSide)
		y := min(navRailIcon, max(middle(size.Height, iconSide+2+n.title.height()), 1))
		n.glyph.lay(x, y, iconSide)
		n.title.centre(0, y+iconSide+2, size.Width)
		put(n.light, x+iconSide-4, 2, LightInRow, LightInRow)
		put(n.count, x+iconSide-6, 1, badge.Width, badge.Height)
		return
	}
	n.glyph.lay(navIcon, middle(size.Height, iconSide), iconSide)
	end := size.Width - 12
	put(n.light, end-LightInRow+1, middle(size.Height, LightInRow), LightInRow, LightInRow)
	put(n.count, end-badge.Width, middle(size.Height, badge.Height), badge.Width, badge.Height)
	switch {
	case !n.light.Hidden:
		end -= LightInRow + 6
	case !n.count.Hidden:
		end -= badge.Width + 6
	}
	n.title.lay(navText, middle(size.Height, n.title.height()), end-navText)
}
