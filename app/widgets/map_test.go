package widgets

import (
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

func aMap() MapData {
	return MapData{
		Senders:  []MapSender{{Key: "customers", Name: "Customers", Note: "none waiting", Live: true}, {Key: "suppliers", Name: "Suppliers", Note: "4 waiting", Waiting: 4, Live: true}, {Key: "partners", Name: "Partners", Note: "11 waiting", Waiting: 11}},
		Signpost: MapNode{Name: "DNS", Note: "MX points to the secondary", Shape: Disc}, PointsTo: AtSecondary,
		Primary: MapNode{Name: "Primary", Note: "resets every connection", Shape: Octagon}, Second: MapNode{Name: "Secondary", Note: "took 137 messages", Shape: Disc},
		Staff: MapNode{Name: "Staff", Note: "read 37, wrote 6"}, ReadsAt: AtSecondary, OnTheWay: "12 on the way",
		Legend: [4]string{"on the way", "waiting", "live route", "not in use"},
	}
}

// At every width that a window gives it, the map's boxes stand apart and inside, and
// every way is made of straight runs that begin and end at boxes.
func TestMapGeometry(t *testing.T) {
	for _, size := range []fyne.Size{{Width: mapLeastWidth, Height: mapHeight}, {Width: 780, Height: mapHeight}, {Width: 876, Height: 300}, {Width: 952, Height: 276}, {Width: 1080, Height: 420}} {
		p := planOf(size)
		boxes := []rect{p.sender(0, 3), p.sender(1, 3), p.sender(2, 3), p.post, p.primary, p.second, p.staff}
		for i, a := range boxes {
			if a.x < 0 || a.y < mapTop || a.x+a.w > size.Width+0.5 || a.y+a.h > size.Height+0.5 {
				t.Errorf("%v: box %d is outside: %+v", size, i, a)
			}
			for _, b := range boxes[:i] {
				if a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
					t.Errorf("%v: boxes %+v and %+v overlap", size, a, b)
				}
			}
		}
		if p.hub.X-hubRadius <= p.bus || p.hub.X+hubRadius >= p.elbow || p.elbow > p.primary.x {
			t.Errorf("%v: the signpost %v is not between the senders' line %v and the elbow %v", size, p.hub, p.bus, p.elbow)
		}
		for i := range 3 {
			way, box := p.fromSender(i, 3), boxes[i]
			if at := way[0]; at.X != box.x+box.w || at.Y < box.y || at.Y > box.y+box.h || way[len(way)-1] != p.hub {
				t.Errorf("%v: the way of sender %d is %v", size, i, way)
			}
			for j := 1; j < len(way); j++ {
				if way[j].X != way[j-1].X && way[j].Y != way[j-1].Y {
					t.Errorf("%v: the way of sender %d is aslant: %v", size, i, way)
				}
			}
		}
		for _, box := range []rect{p.primary, p.second} {
			in, out := p.toProvider(box), p.toStaff(box)
			if end := in[2]; end.X != box.x || end.Y < box.y || end.Y > box.y+box.h {
				t.Errorf("%v: the way in ends at %v, not at %+v", size, end, box)
			}
			if end := out[2]; end.X < p.staff.x || end.X > p.staff.x+p.staff.w || end.Y != p.staff.y && end.Y != p.staff.y+p.staff.h {
				t.Errorf("%v: the way to the staff ends at %v, not at %+v", size, end, p.staff)
			}
		}
	}
	if p := planOf(fyne.NewSize(952, 276)); p.row(0, 1) != 1 || p.row(1, 2) != 2 {
		t.Error("one sender does not stand beside the signpost, or two not at both sides")
	}
}

func TestMapShowsItsState(t *testing.T) {
	dressed(t)
	m := NewRouteMap("Who sends where")
	m.Set(aMap())
	w := seen(t, m, 952, 276)
	picture := w.Canvas().Capture()
	p := planOf(m.Size())
	live, card := ink(m, theme.ColorNameFocus), m.Theme().Color(theme.ColorNameBackground, 0)
	middle := func(a, b fyne.Position) (float32, float32) { c := between(a, b, 0.5); return c.X, c.Y }
	if x, y := middle(p.hub, fyne.NewPos(p.bus, p.hub.Y)); !near(picture, x, y, live) {
		t.Error("the trunk is not drawn live")
	}
	in := p.toProvider(p.second)
	if x, y := middle(in[0], in[1]); !near(picture, x, y, live) {
		t.Error("the way to the secondary is not drawn live")
	}
	in = p.toProvider(p.primary)
	if x, y := middle(in[0], in[1]); near(picture, x, y, live) {
		t.Error("the way to the primary is drawn live")
	}
	if m.primary.surface.StrokeColor != ink(m, theme.ColorNameError) || m.second.surface.StrokeColor != ink(m, theme.ColorNameHyperlink) {
		t.Error("the primary's box is not red, or the secondary's not blue")
	}
	shown := func(n *nodeView) (rings int) {
		for _, r := range n.rings {
			if !r.image.Hidden {
				rings++
			}
		}
		return rings
	}
	if shown(m.senders[0]) != 0 || shown(m.senders[1]) != 4 || shown(m.senders[2]) != 5 || m.senders[2].more.text.Text != "+6" {
		t.Errorf("waiting: %d, %d, %d and %q", shown(m.senders[0]), shown(m.senders[1]), shown(m.senders[2]), m.senders[2].more.text.Text)
	}
	if m.direction() != "heading" {
		t.Errorf("the signpost points %s", m.direction())
	}
	d := aMap()
	d.PointsTo, d.ReadsAt = AtPrimary, ""
	d.Senders = d.Senders[:2]
	m.Set(d)
	picture = w.Canvas().Capture()
	in = p.toProvider(p.second)
	if x, y := middle(in[0], in[1]); near(picture, x, y, live) {
		t.Error("the way to the secondary is still live")
	}
	out := p.toStaff(p.second)
	if x, y := middle(out[0], out[1]); near(picture, x, y, live) || !near(picture, x, y-3, card) {
		t.Error("staff who read nowhere have a live way")
	}
	if len(m.Data().Senders) != 2 || m.direction() != "rising" {
		t.Errorf("%d senders, the signpost points %s", len(m.Data().Senders), m.direction())
	}
	d.Senders = append(d.Senders, d.Senders...)
	if m.Set(d); len(m.Data().Senders) != mapSenders {
		t.Errorf("%d senders are drawn", len(m.Data().Senders))
	}
}

// A message moves along its way from box to box, at a steady pace, in straight runs.
func TestMessagesMoveAlongTheirWay(t *testing.T) {
	dressed(t)
	m := NewRouteMap("")
	m.Set(aMap())
	hand := take(m.traffic.pulse)
	w := seen(t, m, 952, 276)
	if hand.starts != 0 {
		t.Fatal("a map without messages moves")
	}
	m.Send("customers", AtSecondary)
	w.Canvas().Capture()
	if !hand.running {
		t.Fatal("a message stands still")
	}
	p := planOf(m.Size())
	way := append(p.fromSender(0, 3), p.toProvider(p.second)[1:]...)
	dot := m.traffic.dots[0]
	before := way[0]
	for frame := 0; hand.running; frame++ {
		if frame > 600 {
			t.Fatal("the message never arrives")
		}
		hand.at = hand.at.Add(frameTime)
		m.traffic.pulse.tick()
		w.Canvas().Capture()
		if dot.Hidden {
			continue
		}
		at := dot.Position().AddXY(dotRadius, dotRadius)
		if off(at, way) > 0.01 {
			t.Fatalf("frame %d: the dot is at %v, off its way", frame, at)
		}
		if step := distance(before, at); step > dotSpeed*float32(frameTime.Seconds())+0.1 {
			t.Fatalf("frame %d: the dot jumps by %v", frame, step)
		}
		before = at
	}
	if end := way[len(way)-1]; distance(before, end) > 20 || !dot.Hidden || len(m.traffic.trips) != 0 {
		t.Errorf("the dot was seen last at %v, not at %v", before, end)
	}
}

// off is how far a place is from a way.
func off(at fyne.Position, way []fyne.Position) float32 {
	least := float32(math.MaxFloat32)
	for i := 1; i < len(way); i++ {
		a, b := way[i-1], way[i]
		long := distance(a, b)
		part := ((at.X-a.X)*(b.X-a.X) + (at.Y-a.Y)*(b.Y-a.Y)) / long / long
		least = min(least, distance(at, between(a, b, min(max(part, 0), 1))))
	}
	return least
}

func TestEveryWayOfTheMapIsKnown(t *testing.T) {
	dressed(t)
	m := NewRouteMap("")
	m.Set(aMap())
	seen(t, m, 952, 276)
	for _, from := range []string{"customers", "suppliers", "partners"} {
		for _, at := range []string{AtPrimary, AtSecondary} {
			there, back := m.path(from, at), m.path(at, from)
			if len(there) < 4 || len(back) != len(there) || there[0] != back[len(back)-1] {
				t.Errorf("%s to %s: %v, back %v", from, at, there, back)
			}
		}
	}
	if in, out := m.path(AtSecondary, AtStaff), m.path(AtStaff, AtSecondary); len(in) != 3 || in[0] != out[2] {
		t.Errorf("to the staff: %v, back %v", in, out)
	}
	for _, none := range [][2]string{{"nobody", AtPrimary}, {"customers", AtStaff}, {"", ""}, {AtPrimary, AtSecondary}} {
		if way := m.path(none[0], none[1]); len(way) != 0 {
			t.Errorf("from %q to %q: %v", none[0], none[1], way)
		}
	}
}

// Any number of messages: at most so many dots, and no new objects from frame to
// frame.
func TestTrafficIsBounded(t *testing.T) {
	dressed(t)
	m := NewRouteMap("")
	m.Set(aMap())
	hand := take(m.traffic.pulse)
	w := seen(t, m, 952, 276)
	m.Send("customers", AtSecondary)
	w.Canvas().Capture()
	for range 10 * dotsShown {
		m.Send("customers", AtSecondary)
		m.Send("suppliers", AtPrimary)
	}
	if got := len(m.traffic.trips); got != dotsShown {
		t.Errorf("%d messages on the way", got)
	}
	for i, a := range m.traffic.trips {
		for _, b := range m.traffic.trips[:i] {
			if a.from == b.from && math.Abs(float64(a.gone-b.gone)) < dotSpacing-0.01 {
				t.Fatalf("two dots set out together: %v and %v", a.gone, b.gone)
			}
		}
	}
	objects := len(m.sheet.objects)
	m.traffic.move(1) // the first of them set out
	if made := testing.AllocsPerRun(200, func() { m.traffic.move(0.1) }); made != 0 {
		t.Errorf("a frame of %d dots makes %v objects", dotsShown, made)
	}
	if got := len(m.sheet.objects); got != objects {
		t.Errorf("%d objects became %d", objects, got)
	}
	if !hand.running {
		t.Error("nothing moves")
	}
}

// While nobody looks nothing moves, and what was sent then does not all come at once
// when somebody looks again.
func TestTrafficWhileNobodyLooks(t *testing.T) {
	dressed(t)
	m := NewRouteMap("")
	m.Set(aMap())
	hand := take(m.traffic.pulse)
	seen(t, m, 952, 276)
	for range 100 {
		m.Send("customers", AtSecondary)
	}
	if hand.starts != 0 || len(m.traffic.trips) != dotsUnseen {
		t.Errorf("started %d times, %d messages kept", hand.starts, len(m.traffic.trips))
	}
}

// A map that is laid out anew takes its messages along.
func TestMessagesStayOnTheirWayWhenTheWindowChanges(t *testing.T) {
	dressed(t)
	m := NewRouteMap("")
	m.Set(aMap())
	seen(t, m, 952, 276)
	m.Send("suppliers", AtSecondary)
	m.traffic.move(200)
	m.Resize(fyne.NewSize(700, 400))
	p := planOf(m.Size())
	way := append(p.fromSender(1, 3), p.toProvider(p.second)[1:]...)
	if at := m.traffic.dots[0].Position().AddXY(dotRadius, dotRadius); off(at, way) > 0.01 {
		t.Errorf("the dot stands at %v, off its way %v", at, way)
	}
}

// Who asked for less movement sees dots at corners only.
func TestDotsJumpFromCornerToCorner(t *testing.T) {
	way := []fyne.Position{{X: 0, Y: 0}, {X: 10, Y: 0}, {X: 10, Y: 10}}
	for gone, want := range map[float32]fyne.Position{3: {X: 0, Y: 0}, 12: {X: 10, Y: 0}, 25: {X: 10, Y: 10}} {
		if got := along(way, gone, true); got != want {
			t.Errorf("after %v: %v, not %v", gone, got, want)
		}
	}
	if got := along(way, 3, false); got != (fyne.Position{X: 3}) {
		t.Errorf("without that wish, after 3: %v", got)
	}
}

func BenchmarkMapFrame(b *testing.B) {
	m := NewRouteMap("")
	m.Set(aMap())
	m.Resize(fyne.NewSize(952, 276))
	m.traffic.objects()
	for range dotsShown {
		m.traffic.trips = append(m.traffic.trips, trip{way: m.path("customers", AtSecondary), long: math.MaxFloat32})
	}
	b.ReportAllocs()
	for b.Loop() {
		m.traffic.move(0)
	}
}
