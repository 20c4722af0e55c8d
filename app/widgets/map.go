package widgets

import (
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Places on the map, beside the senders' own keys.
const (
	AtPrimary   = "primary"
	AtSecondary = "secondary"
	AtStaff     = "staff"
)

// MapNode is a box on the map.
type MapNode struct {
	Name  string
	Note  string
	Shape Shape
}

// MapSender is somebody outside who sends, with what waits in their queue.
type MapSender struct {
	Key     string
	Name    string
	Note    string
	Waiting int
	Live    bool // follows the signpost now; otherwise the route is dotted
}

// MapData is who sends where. At most three senders are drawn.
type MapData struct {
	Senders  []MapSender
	Signpost MapNode // DNS
	PointsTo string  // AtPrimary or AtSecondary; "" is neither
	Primary  MapNode
	Second   MapNode
	Staff    MapNode
	// ReadsAt is where staff read: AtPrimary, AtSecondary, or "" when nowhere.
	ReadsAt  string
	OnTheWay string // "12 on the way", below the trunk
	// The legend's words, in this order: on the way, waiting, live route, not in use.
	Legend [4]string
}

func (d MapData) equal(o MapData) bool {
	a, b := d, o
	a.Senders, b.Senders = nil, nil
	return slices.Equal(d.Senders, o.Senders) && a.same(b)
}

func (d MapData) same(o MapData) bool {
	return d.Signpost == o.Signpost && d.PointsTo == o.PointsTo && d.Primary == o.Primary && d.Second == o.Second &&
		d.Staff == o.Staff && d.ReadsAt == o.ReadsAt && d.OnTheWay == o.OnTheWay && d.Legend == o.Legend
}

// routes is what of the data the drawn routes depend on.
type routes struct {
	live              [mapSenders]bool
	senders           int
	pointsTo, readsAt string
}

func (d MapData) routes() routes {
	r := routes{senders: len(d.Senders), pointsTo: d.PointsTo, readsAt: d.ReadsAt}
	for i, s := range d.Senders {
		r.live[i] = s.Live
	}
	return r
}

// RouteMap shows who sends where: the live route solid, idle ones dotted, and
// messages as dots that move along in straight runs while the map is seen. DNS is
// the signpost in the middle, and the ring below it points the way.
type RouteMap struct {
	widget.BaseWidget
	data    MapData
	title   *label
	senders []*nodeView
	post    *nodeView
	primary *nodeView
	second  *nodeView
	staff   *nodeView
	onWay   *label
	legend  [4]*label
	marks   *canvas.Raster // of the legend
	lines   *canvas.Raster // all routes
	hub     *canvas.Circle
	way     *glyph // the way that the signpost points
	traffic *traffic
	sheet   *sheet
}

// NewRouteMap returns the map; title heads it.
func NewRouteMap(title string) *RouteMap {
	m := &RouteMap{
		title: newLabel(look.Strong, title), post: newNodeView(look.IconGlobe), primary: newNodeView(look.IconServer),
		second: newNodeView(look.IconServer), staff: newNodeView(look.IconPeople), onWay: newLabel(look.Caption, ""),
		hub: canvas.NewCircle(nil), way: newGlyph(),
	}
	for i := range m.legend {
		m.legend[i] = newLabel(look.Caption, "")
	}
	m.lines, m.marks = canvas.NewRaster(m.drawRoutes), canvas.NewRaster(m.drawLegend)
	m.traffic = newTraffic(m.path)
	m.ExtendBaseWidget(m)
	return m
}

// Set sets the state of the map.
func (m *RouteMap) Set(d MapData) {
	d.Senders = slices.Clone(d.Senders[:min(len(d.Senders), mapSenders)])
	if m.data.equal(d) {
		return
	}
	redraw := m.data.routes() != d.routes() || m.data.Legend != d.Legend
	m.data = d
	if m.sheet == nil {
		return
	}
	// Not sheet.Refresh: it would draw all routes again whenever a number changes.
	m.paint()
	m.lay(m.Size())
	if redraw {
		canvas.Refresh(m.lines)
		canvas.Refresh(m.marks)
	}
	canvas.Refresh(m.hub)
}

// Data is what is shown.
func (m *RouteMap) Data() MapData { return m.data }

// Send lets a message move from a place to another: from a sender's key to
// AtPrimary or AtSecondary, from there to AtStaff, or the same way back. Where
// nobody looks, nothing moves; a place that is not on the map is ignored.
func (m *RouteMap) Send(from, to string) { m.traffic.send(from, to) }

// CreateRenderer draws the map.
func (m *RouteMap) CreateRenderer() fyne.WidgetRenderer {
	m.ExtendBaseWidget(m)
	m.sheet = &sheet{owner: m, paint: m.paint, lay: m.lay}
	m.sheet.least = func() fyne.Size { return fyne.NewSize(mapLeastWidth, mapHeight) }
	return m.sheet.start()
}

// paint takes on state and theme.
func (m *RouteMap) paint() {
	for len(m.senders) < len(m.data.Senders) {
		m.senders = append(m.senders, newNodeView(look.IconBuilding))
	}
	m.sheet.objects = append(m.sheet.objects[:0], m.title.text, m.lines, m.marks, m.onWay.text)
	m.title.paint(m)
	m.onWay.full = m.data.OnTheWay
	m.onWay.paint(m)
	for i, l := range m.legend {
		l.full = m.data.Legend[i]
		l.paint(m)
		m.sheet.objects = append(m.sheet.objects, l.text)
	}
	m.sheet.objects = append(m.sheet.objects, m.traffic.objects()...)
	m.traffic.paint(m)
	m.hub.FillColor, m.hub.StrokeColor, m.hub.StrokeWidth = ink(m, look.ColorCard), ink(m, theme.ColorNameFocus), 3
	m.way.show(m.direction(), ink(m, theme.ColorNameFocus))
	m.sheet.objects = append(m.sheet.objects, m.hub, m.way.image)
	for i, s := range m.data.Senders {
		m.senders[i].show(m, MapNode{Name: s.Name, Note: s.Note}, TonePlain, s.Waiting)
		m.sheet.objects = m.senders[i].add(m.sheet.objects)
	}
	m.post.show(m, m.data.Signpost, TonePlain, 0)
	m.primary.show(m, m.data.Primary, m.tone(m.data.Primary, AtPrimary), 0)
	m.second.show(m, m.data.Second, m.tone(m.data.Second, AtSecondary), 0)
	m.staff.show(m, m.data.Staff, TonePlain, 0)
	for _, n := range []*nodeView{m.post, m.primary, m.second, m.staff} {
		m.sheet.objects = n.add(m.sheet.objects)
	}
}

// tone is how a provider's box is tinted: red in trouble, and blue where mail goes.
func (m *RouteMap) tone(n MapNode, place string) Tone {
	switch {
	case n.Shape == Octagon:
		return ToneFail
	case n.Shape == Triangle:
		return ToneWarn
	case m.data.PointsTo == place:
		return ToneAccent
	default:
		return TonePlain
	}
}

// direction is the sign on the signpost.
func (m *RouteMap) direction() look.Icon {
	switch m.data.PointsTo {
	case AtPrimary:
		return look.IconRising
	case AtSecondary:
		return look.IconHeading
	default:
		return look.IconClose
	}
}

// lay places everything; see plan.
func (m *RouteMap) lay(size fyne.Size) {
	p := planOf(size)
	m.title.lay(0, 0, m.layLegend(size.Width)-12)
	put(m.lines, 0, 0, size.Width, size.Height)
	for i := range m.data.Senders {
		m.senders[i].lay(p.sender(i, len(m.data.Senders)))
	}
	m.post.lay(p.post)
	m.primary.lay(p.primary)
	m.second.lay(p.second)
	m.staff.lay(p.staff)
	put(m.hub, p.hub.X-hubRadius-0.5, p.hub.Y-hubRadius-0.5, 2*hubRadius, 2*hubRadius)
	m.way.lay(p.hub.X-8.5, p.hub.Y-8.5, 16)
	m.onWay.lay(round(p.bus+28), round(p.hub.Y+14), p.hub.X-p.bus-28-hubRadius)
	m.traffic.replan()
}

// layLegend places the legend at the right-hand end, and returns where it begins.
func (m *RouteMap) layLegend(width float32) float32 {
	x := width
	for i := len(m.legend) - 1; i >= 0; i-- {
		l := m.legend[i]
		if l.full == "" {
			continue
		}
		x = l.right(x, 0, l.width()) - legendSign(i)
		if i > 0 {
			x -= 20
		}
	}
	put(m.marks, 0, 0, width, m.legend[0].height())
	return x
}

// drawLegend paints the signs before the legend's words.
func (m *RouteMap) drawLegend(wide, high int) image.Image {
	size := m.marks.Size()
	p := newPen(wide, high, size.Width)
	for i, l := range m.legend {
		if l.full == "" {
			continue
		}
		at := l.text.Position().AddXY(-legendSign(i), round(size.Height/2)+0.5)
		switch i {
		case 0:
			p.disc(at.AddXY(5, 0), 5)
		case 1:
			p.ring(at.AddXY(5, 0), 4.2, 1.6)
		case 2:
			p.line(3, at, at.AddXY(24, 0))
		default:
			p.dotted(1.6, 2, 5, at, at.AddXY(22, 0))
			p.fill(ink(m, theme.ColorNameInputBorder))
			continue
		}
		p.fill(ink(m, theme.ColorNameFocus))
	}
	return p.image
}

// legendSign is how much room a sign of the legend takes.
func legendSign(i int) float32 {
	if i < 2 {
		return 18
	}
	return 31
}
