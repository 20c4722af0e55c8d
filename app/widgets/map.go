package widgets

import (
	"image"
	"slices"
	"strconv"

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

// nodeView is a box on the map.
type nodeView struct {
	surface    *canvas.Rectangle
	glyph      *glyph
	icon       look.Icon
	name, note *label
	light      *Light
	rings      []*glyph // of waiting messages
	more       *label
}

// waitingShown is how many waiting messages are drawn as rings, before a number.
const waitingShown = 6

func newNodeView(icon look.Icon) *nodeView {
	return &nodeView{surface: box(controlRadius), glyph: newGlyph(), icon: icon, name: newLabel(look.Strong, ""), note: newLabel(look.Caption, ""), light: NewLight(LightInRow, NoShape), more: newLabel(look.Caption, "")}
}

// show takes on state and theme.
func (n *nodeView) show(m *RouteMap, d MapNode, tone Tone, waiting int) {
	fill, border := theme.ColorNameHeaderBackground, theme.ColorNameSeparator
	if tone != TonePlain {
		fill, border = tone.tint(), tone.words()
	}
	n.surface.FillColor, n.surface.StrokeColor, n.surface.StrokeWidth = ink(m, fill), ink(m, border), 1
	n.glyph.show(n.icon, ink(m, theme.ColorNamePlaceHolder))
	n.name.full, n.note.full = d.Name, d.Note
	n.more.full = ""
	if waiting > waitingShown {
		n.more.full = "+" + strconv.Itoa(waiting-waitingShown)
	}
	for _, l := range []*label{n.name, n.note, n.more} {
		l.paint(m)
	}
	n.light.SetShape(d.Shape)
	n.light.Hidden = d.Shape == NoShape
	for len(n.rings) < min(waiting, waitingShown) {
		n.rings = append(n.rings, newGlyph())
	}
	for i, r := range n.rings {
		r.show("light-letter", ink(m, theme.ColorNameFocus))
		r.image.Hidden = i >= waiting
	}
}

// add adds the box's objects to others.
func (n *nodeView) add(objects []fyne.CanvasObject) []fyne.CanvasObject {
	objects = append(objects, n.surface, n.glyph.image, n.name.text, n.note.text, n.light, n.more.text)
	for _, r := range n.rings {
		objects = append(objects, r.image)
	}
	return objects
}

// lay places the box's parts.
func (n *nodeView) lay(r rect) {
	const edge, upper, lower, ring = 13, 20, 43, 11
	put(n.surface, r.x, r.y, r.w, r.h)
	n.glyph.lay(r.x+edge-1, r.y+upper-8, 18)
	end := r.x + r.w - edge
	if !n.light.Hidden {
		put(n.light, end-LightInRow+1, r.y+upper-LightInRow/2+1, LightInRow, LightInRow)
		end -= LightInRow + 6
	}
	if n.more.full != "" {
		end = n.more.right(end, r.y+upper-n.more.height()/2, 40) - 4
	}
	shown := 0
	for _, r := range n.rings {
		if !r.image.Hidden {
			shown++
		}
	}
	for i := range shown {
		n.rings[i].lay(end-ring*float32(shown-i), r.y+upper-4, ring)
	}
	end -= ring * float32(shown)
	n.name.lay(r.x+39, round(r.y+upper-n.name.height()/2), end-r.x-39-4)
	n.note.lay(r.x+edge, round(r.y+lower-n.note.height()/2), r.w-2*edge)
}
