package widgets

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

// nodeView is a box on the map.
type nodeView struct {
	surface    *canvas.Rectangle
	glyph      *glyph
	icon       look.Icon
	name, note *label
	light      *Light
	rings      []*glyph // of waiting messages
	more       *label
	waiting    int
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
	n.waiting = waiting
	for _, l := range []*label{n.name, n.note, n.more} {
		l.paint(m)
	}
	n.light.SetShape(d.Shape)
	n.light.Hidden = d.Shape == NoShape
	for len(n.rings) < min(waiting, waitingShown) {
		n.rings = append(n.rings, newGlyph())
	}
	for _, r := range n.rings {
		r.show("light-letter", ink(m, theme.ColorNameFocus))
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
	const edge, upper, lower = 13, 20, 43
	put(n.surface, r.x, r.y, r.w, r.h)
	n.glyph.lay(r.x+edge-1, r.y+upper-8, 18)
	end := r.x + r.w - edge
	if !n.light.Hidden {
		put(n.light, end-LightInRow+1, r.y+upper-LightInRow/2+1, LightInRow, LightInRow)
		end -= LightInRow + 6
	}
	end -= n.layWaiting(end, end-r.x-nameIndent-n.name.width()-8, r.y+upper)
	n.name.lay(r.x+nameIndent, round(r.y+upper-n.name.height()/2), end-r.x-nameIndent-4)
	n.note.lay(r.x+edge, round(r.y+lower-n.note.height()/2), r.w-2*edge)
}

// nameIndent is where a box's name begins.
const nameIndent = 39

// layWaiting draws as many waiting messages as rings as there is room for, and tells
// the rest by a number; it returns how much room that takes.
func (n *nodeView) layWaiting(end, room, y float32) float32 {
	const ring, number = 11, 28
	shown := min(n.waiting, waitingShown)
	if n.waiting > shown || float32(shown)*ring > room {
		shown = min(shown, max(int((room-number)/ring), 0))
	}
	begin := end
	n.more.full = ""
	if n.waiting > shown {
		n.more.full = "+" + strconv.Itoa(n.waiting-shown)
		begin = end - n.more.width() - 4
	}
	n.more.lay(end-n.more.width(), round(y-n.more.height()/2), n.more.width())
	for i, r := range n.rings {
		r.image.Hidden = i >= shown
		if i < shown {
			r.lay(begin-ring*float32(shown-i), y-4, ring)
		}
	}
	return end - begin + ring*float32(shown)
}
