package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Where things stand on the map, in pixels at scale 1 for its drawn width. A wider
// map keeps the proportions across, a higher one spreads its rows; in a narrower one
// the gaps between the boxes give way first, and then everything.
const (
	mapWidth      = 952
	mapHeight     = 276
	mapLeastWidth = 680
	mapSenders    = 3
	mapTop        = 28 // below the title
	nodeHeight    = 64
	hubRadius     = 12

	givesBefore = 60 // how far the gap before the signpost gives way
	givesAfter  = 50 // and the one after it
)

type rect struct{ x, y, w, h float32 }

// plan is the map's geometry at a size.
type plan struct {
	first, step float32 // the rows: y of the first box, and from one to the next
	box         float32 // the width of a sender's box
	bus         float32 // x of the line that joins the senders
	hub         fyne.Position
	elbow       float32 // x where the ways to the providers bend
	post        rect
	primary     rect
	second      rect
	staff       rect
}

func planOf(size fyne.Size) plan {
	given := min(max(mapWidth-size.Width, 0), givesBefore+givesAfter)
	before := given * givesBefore / (givesBefore + givesAfter)
	across := func(x float32) float32 { return round(x * size.Width / (mapWidth - given)) }
	post, provider, staff := 330-before, 640-given, 816-given
	p := plan{first: mapTop, box: across(200), bus: across(244-before/4) + 0.5, elbow: across(provider - 28)}
	p.step = round(max(size.Height-mapTop-nodeHeight, 2*nodeHeight+2*28) / 2)
	row := func(x, w float32, i float32) rect {
		return rect{across(x), p.first + i*p.step, across(x+w) - across(x), nodeHeight}
	}
	p.hub = fyne.NewPos(across(post+170)+0.5, p.middle(1))
	p.post = row(post, 200, 0)
	p.primary, p.second = row(provider, 176, 0), row(provider, 176, 2)
	p.staff = row(staff, 136, 1)
	return p
}

// middle is the y of a row's middle: of a pixel's, so that a line of three pixels is
// sharp.
func (p plan) middle(row float32) float32 { return p.first + row*p.step + nodeHeight/2 + 0.5 }

// row is where a sender stands: one alone beside the signpost, two at both sides.
func (p plan) row(i, n int) float32 {
	switch n {
	case 1:
		return 1
	case 2:
		return float32(2 * i)
	default:
		return float32(i)
	}
}

func (p plan) sender(i, n int) rect {
	return rect{0, p.first + p.row(i, n)*p.step, p.box, nodeHeight}
}

// fromSender is the way from a sender to the signpost.
func (p plan) fromSender(i, n int) []fyne.Position {
	y := p.middle(p.row(i, n))
	if y == p.hub.Y {
		return []fyne.Position{{X: p.box, Y: y}, p.hub}
	}
	return []fyne.Position{{X: p.box, Y: y}, {X: p.bus, Y: y}, {X: p.bus, Y: p.hub.Y}, p.hub}
}

// toProvider is the way from the signpost to a provider.
func (p plan) toProvider(r rect) []fyne.Position {
	y := r.y + r.h/2 + 0.5
	return []fyne.Position{p.hub, {X: p.elbow, Y: y}, {X: r.x, Y: y}}
}

// toStaff is the way from a provider to the staff.
func (p plan) toStaff(r rect) []fyne.Position {
	y, x := r.y+r.h/2+0.5, round(p.staff.x+p.staff.w/2)+0.5
	end := p.staff.y
	if y > p.staff.y {
		end += p.staff.h
	}
	return []fyne.Position{{X: r.x + r.w, Y: y}, {X: x, Y: y}, {X: x, Y: end}}
}

// provider is the box at a place, if it is a provider.
func (p plan) provider(place string) (rect, bool) {
	switch place {
	case AtPrimary:
		return p.primary, true
	case AtSecondary:
		return p.second, true
	default:
		return rect{}, false
	}
}

// path is the way that a message takes from a place to another, or nil.
func (m *RouteMap) path(from, to string) []fyne.Position {
	if way := m.there(from, to); way != nil {
		return way
	}
	return reversed(m.there(to, from))
}

// there is [RouteMap.path] in the direction of mail that comes in.
func (m *RouteMap) there(from, to string) []fyne.Position {
	p := planOf(m.Size())
	if box, ok := p.provider(from); ok && to == AtStaff {
		return p.toStaff(box)
	}
	if box, ok := p.provider(to); ok {
		for i, s := range m.data.Senders {
			if s.Key == from {
				return append(p.fromSender(i, len(m.data.Senders)), p.toProvider(box)[1:]...)
			}
		}
	}
	return nil
}

func reversed(path []fyne.Position) []fyne.Position {
	back := make([]fyne.Position, len(path))
	for i, at := range path {
		back[len(path)-1-i] = at
	}
	return back
}

// drawRoutes paints all ways: first the idle ones, dotted, then the live ones over
// them.
func (m *RouteMap) drawRoutes(wide, high int) image.Image {
	size := m.lines.Size()
	pen, p := newPen(wide, high, size.Width), planOf(size)
	var live, arrows [][]fyne.Position
	draw := func(way []fyne.Position, on, arrow bool) {
		if !on {
			pen.dotted(1.6, 2, 5, way...)
			return
		}
		live = append(live, way)
		if arrow {
			arrows = append(arrows, way)
		}
	}
	joined := false
	for i, s := range m.data.Senders {
		way := p.fromSender(i, len(m.data.Senders))
		joined = joined || s.Live
		if !s.Live && len(way) > 2 {
			way = way[:3] // up to the line that the others share
		}
		draw(way, s.Live, false)
	}
	if !joined {
		draw([]fyne.Position{{X: p.bus, Y: p.hub.Y}, p.hub}, false, false)
	}
	draw([]fyne.Position{{X: p.hub.X, Y: p.post.y + p.post.h}, p.hub}, false, false)
	for _, place := range []string{AtPrimary, AtSecondary} {
		box, _ := p.provider(place)
		draw(p.toProvider(box), m.data.PointsTo == place, true)
		draw(p.toStaff(box), m.data.ReadsAt == place, true)
	}
	pen.fill(ink(m, theme.ColorNameInputBorder))
	for _, way := range live {
		pen.line(3, way...)
	}
	for _, way := range arrows {
		pen.arrow(way)
	}
	pen.fill(ink(m, theme.ColorNameFocus))
	return pen.image
}
