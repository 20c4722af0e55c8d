package shell

import (
	"fyne.io/fyne/v2"
)

// area is a part of the window that F6 leads to.
type area int

// The areas, in their order.
const (
	areaNav area = iota
	areaPage
	areaBar
	areaStrip
	areas
)

// nextArea puts the focus into the next area that takes it, or into the one before.
func (w *Window) nextArea(back bool) {
	at, step := w.areaOf(w.window.Canvas().Focused()), area(1)
	if back {
		step = areas - 1
	}
	for range areas - 1 {
		at = (at + step) % areas
		if w.focusArea(at) {
			return
		}
	}
}

// follow sees to it that the keys never stay on what is no longer there: a key too many
// would press a button of the page before, and Tab begin at the top of the window.
func (w *Window) follow() {
	c := w.window.Canvas()
	if c.Overlays().Top() != nil {
		return
	}
	had, has := w.frame.before.last, c.Focused()
	w.frame.before.last = has
	o, ok := has.(fyne.CanvasObject)
	if !ok && had == nil {
		return // whoever sits here uses no keys
	}
	if ok {
		if at := w.app.Driver().AbsolutePositionForObject(o); at.X > 0 || at.Y > 0 {
			return // it is there: what is not is said to be in the corner, where nothing is that takes keys
		}
	}
	w.frame.before.enter()
}

// areaOf is the area that something lies in; without anything it is the last, so that
// the first comes next.
func (w *Window) areaOf(o fyne.Focusable) area {
	object, ok := o.(fyne.CanvasObject)
	if !ok || o == nil {
		return areaStrip
	}
	f := w.frame
	driver := w.app.Driver()
	inside := func(of fyne.CanvasObject) bool {
		if of == nil || !of.Visible() {
			return false
		}
		from, at, size := driver.AbsolutePositionForObject(of), driver.AbsolutePositionForObject(object), of.Size()
		return at.X >= from.X && at.Y >= from.Y && at.X < from.X+size.Width && at.Y < from.Y+size.Height
	}
	switch v := f.views[f.here]; {
	case inside(f.side):
		return areaNav
	case inside(f.strip):
		return areaStrip
	case v != nil && v.bar != nil && inside(v.bar):
		return areaBar
	default:
		return areaPage
	}
}

// focusArea puts the focus on the first control of an area; false where there is none.
func (w *Window) focusArea(at area) bool {
	f, c := w.frame, w.window.Canvas()
	switch at {
	case areaNav:
		if f.side.Objects[0] == fyne.CanvasObject(f.nav) {
			for _, item := range f.nav.Items() {
				if item.Selected() {
					c.Focus(item)
					return true
				}
			}
		}
		c.Unfocus()
		c.FocusNext() // the first of all
	case areaPage:
		f.before.enter()
		c.FocusNext()
	case areaBar:
		if v := f.views[f.here]; v != nil && v.bar != nil {
			if first := focusable(v.bar); first != nil {
				c.Focus(first)
			}
		}
	case areaStrip:
		if first := f.strip.First(); first != nil {
			c.Focus(first)
		}
	default:
	}
	focused := c.Focused()
	return focused != nil && w.areaOf(focused) == at
}

// focusable is the first control in a container that takes the focus.
func focusable(o fyne.CanvasObject) fyne.Focusable {
	if !o.Visible() {
		return nil
	}
	if c, ok := o.(*fyne.Container); ok {
		for _, inside := range c.Objects {
			if first := focusable(inside); first != nil {
				return first
			}
		}
		return nil
	}
	if d, ok := o.(fyne.Disableable); ok && d.Disabled() {
		return nil
	}
	first, _ := o.(fyne.Focusable)
	return first
}

// Part says which part of the page is shown now, where it has several that take each
// other's place, as the steps of the set-up do: another one begins at its top.
func (f *Frame) Part(name string) {
	v := f.views[f.here]
	if v == nil || v.part == name {
		return
	}
	v.part = name
	if v.scroll != nil {
		v.scroll.Offset = fyne.Position{}
		v.scroll.Refresh()
	}
}
