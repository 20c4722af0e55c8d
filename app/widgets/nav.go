package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// NavFoot is the line at the foot of the navigation, in two lines of small print
// after a light or an icon.
type NavFoot struct {
	Shape  Shape
	Icon   look.Icon // instead of a shape
	First  string
	Second string
}

// Widths of the navigation, in pixels at scale 1.
const (
	NavWidth     = 208
	NavRailWidth = 80
)

// Where things stand in the navigation, in pixels at scale 1.
const (
	navEdge     = 12
	navHead     = 82 // the items begin here
	navRailHead = 74
	navBuoy     = 32
	navFootHigh = 66
	navRailFoot = 86
)

// Nav is the navigation at the left of the window: whose mail this is, the pages,
// and at the foot what goes on in the background. In a narrow window it is a rail.
type Nav struct {
	widget.BaseWidget
	pressed  func(key string)
	rail     bool
	selected string
	entries  []NavEntry
	foot     NavFoot

	surface, edge, rule *canvas.Rectangle
	buoy                *canvas.Image
	name, domain        *label
	items               []*NavItem
	light               *Light
	glyph               *glyph
	first, second       *label
	narrow              *Paragraph // the first line, in the rail
	sheet               *sheet
}

// NewNav returns the navigation; pressed is told the key of an item that was
// pressed.
func NewNav(pressed func(key string)) *Nav {
	n := &Nav{
		pressed: pressed, surface: rule(), edge: rule(), rule: rule(), buoy: canvas.NewImageFromResource(look.Lifebuoy()),
		name: newLabel(look.Strong, ""), domain: newLabel(look.Caption, ""), light: NewLight(LightInRow, NoShape), glyph: newGlyph(),
		first: newLabel(look.Caption, ""), second: newLabel(look.Caption, ""), narrow: NewParagraph(look.Caption, ""),
	}
	n.buoy.FillMode = canvas.ImageFillContain
	n.narrow.middle = true // as the words below the icons stand
	n.ExtendBaseWidget(n)
	return n
}

// SetHeader sets whose mail this is.
func (n *Nav) SetHeader(organization, domain string) {
	if n.name.full != organization || n.domain.full != domain {
		n.name.full, n.domain.full = organization, domain
		n.Refresh()
	}
}

// SetEntries sets the items, in their order.
func (n *Nav) SetEntries(entries []NavEntry) {
	if !slices.Equal(n.entries, entries) {
		n.entries = slices.Clone(entries)
		n.Refresh()
	}
}

// Select marks an item as the one whose page is shown.
func (n *Nav) Select(key string) {
	if n.selected != key {
		n.selected = key
		n.Refresh()
	}
}

// SetFoot sets the line at the foot.
func (n *Nav) SetFoot(f NavFoot) {
	if n.foot != f {
		n.foot = f
		n.Refresh()
	}
}

// SetRail sets whether the navigation is a rail.
func (n *Nav) SetRail(rail bool) {
	if n.rail != rail {
		n.rail = rail
		n.Refresh()
	}
}

// Items are the items that are shown.
func (n *Nav) Items() []*NavItem { return slices.Clone(n.items[:min(len(n.items), len(n.entries))]) }

// CreateRenderer draws the navigation.
func (n *Nav) CreateRenderer() fyne.WidgetRenderer {
	n.ExtendBaseWidget(n)
	if n.sheet != nil {
		return n.sheet.start()
	}
	n.sheet = &sheet{owner: n, paint: n.paint, lay: n.lay}
	n.sheet.least = func() fyne.Size {
		width, head, row, foot := n.measures()
		return fyne.NewSize(width, head+(row+navItemGap)*float32(len(n.entries))+foot)
	}
	return n.sheet.start()
}

// measures are the width, where items begin, their height, and that of the foot. Text
// that is set larger needs more of all.
func (n *Nav) measures() (width, head, row, foot float32) {
	by := max(n.Theme().Size(theme.SizeNameText)/usualText, 1)
	if n.rail {
		return round(NavRailWidth * by), navRailHead, round(navRailRow * (1 + (by-1)/2)), round(navRailFoot * by)
	}
	return round(NavWidth * (1 + (by-1)*navGrows)), round(navHead * (1 + (by-1)/2)), max(navRow, round(n.first.height())+12), round(navFootHigh * by)
}

// squeezed are the heights of rows and foot where there is less room than they want:
// rows draw nearer to each other, and as a rail the foot keeps its light alone.
func (n *Nav) squeezed(high, head, row, foot float32) (float32, float32) {
	count := float32(max(len(n.entries), 1))
	fits := func(foot float32) float32 { return float32(int((high-head-foot-navApart)/count)) - navItemGap }
	if fits(foot) >= row {
		return row, foot
	}
	least := round(n.first.height()) + 2
	if n.rail {
		least = iconSide + 4 + round(n.first.height())
		if fits(foot) < least {
			foot = navLightFoot
		}
	}
	return min(row, max(fits(foot), least)), foot
}

// Room above the items at the foot, and the height of a foot that is a light alone.
const (
	navApart     = 12
	navLightFoot = 36
)

// usualText is the size of text, in pixels at scale 1, that all this was measured for.
const usualText = 14

// navGrows is how much of the text's growth the width takes part in: what stands
// beside the text does not grow.
const navGrows = 0.75

// Wide is how wide the navigation is to be.
func (n *Nav) Wide() float32 {
	width, _, _, _ := n.measures()
	return width
}

func (n *Nav) paint() {
	n.surface.FillColor, n.edge.FillColor, n.rule.FillColor = ink(n, look.ColorNav), ink(n, theme.ColorNameSeparator), ink(n, theme.ColorNameSeparator)
	for len(n.items) < len(n.entries) {
		at := len(n.items)
		n.items = append(n.items, newNavItem(func() { n.pressed(n.entries[at].Key) }))
	}
	n.sheet.objects = append(n.sheet.objects[:0], n.surface, n.edge, n.rule, n.buoy, n.name.text, n.domain.text, n.light, n.glyph.image, n.first.text, n.second.text, n.narrow)
	for i, e := range n.entries {
		n.items[i].set(e, e.Key == n.selected, n.rail)
		n.sheet.objects = append(n.sheet.objects, n.items[i])
	}
	n.light.SetShape(n.foot.Shape)
	n.light.Hidden = n.foot.Shape == NoShape || n.foot.Icon != look.NoIcon
	n.glyph.show(n.foot.Icon, ink(n, theme.ColorNameHyperlink))
	n.first.full, n.second.full = n.foot.First, n.foot.Second
	n.narrow.SetText(n.foot.First)
	n.narrow.Hidden = !n.rail
	for _, l := range []*label{n.name, n.domain, n.first, n.second} {
		l.paint(n)
		l.text.Hidden = n.rail
	}
	n.rule.Hidden = n.foot == NavFoot{}
}

func (n *Nav) lay(size fyne.Size) {
	put(n.surface, 0, 0, size.Width, size.Height)
	put(n.edge, size.Width-1, 0, 1, size.Height)
	_, head, row, foot := n.measures()
	row, foot = n.squeezed(size.Height, head, row, foot)
	edge := float32(navEdge)
	if n.rail {
		edge = 4
		put(n.buoy, middle(size.Width, navBuoy), 22, navBuoy, navBuoy)
	} else {
		put(n.buoy, 18, 24, navBuoy, navBuoy)
		n.name.lay(58, 20, size.Width-58-navEdge)
		n.domain.lay(58, max(41, 20+round(n.name.height())), size.Width-58-navEdge)
	}
	y, bottom := head, size.Height-foot-row-8
	if (n.foot == NavFoot{}) {
		bottom = size.Height - row - 16
	}
	for i := len(n.entries) - 1; i >= 0; i-- { // those at the foot, from below
		if n.entries[i].Foot {
			put(n.items[i], edge, bottom, size.Width-2*edge-1, row)
			bottom -= row + navItemGap
		}
	}
	for i, e := range n.entries {
		if !e.Foot {
			put(n.items[i], edge, y, size.Width-2*edge-1, row)
			y += row + navItemGap
		}
	}
	n.layFoot(size, foot)
}

func (n *Nav) layFoot(size fyne.Size, foot float32) {
	top := size.Height - foot
	if n.rail {
		put(n.rule, 8, top, size.Width-17, 1)
		put(n.light, middle(size.Width, LightInRow), top+8, LightInRow, LightInRow)
		n.glyph.lay(middle(size.Width, iconSide), top+7, iconSide)
		put(n.narrow, 6, top+28, size.Width-12, max(foot-28, 0))
		n.narrow.Hidden = foot <= navLightFoot
		return
	}
	put(n.rule, navEdge, top, size.Width-2*navEdge-1, 1)
	put(n.light, 23, top+14, LightInRow, LightInRow)
	n.glyph.lay(23, top+12, iconSide)
	n.first.lay(48, top+13, size.Width-48-8)
	n.second.lay(48, max(top+32, top+13+round(n.first.height())), size.Width-48-8)
}
