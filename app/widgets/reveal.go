package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// revealRoom is what is shown above and below a control that the keys have come to, in
// pixels at scale 1: its label, and the answer that appears under it.
const revealRoom = 64

// reveal scrolls what a control lies in as far as it takes for all of it to be seen. Call
// it when the keys have come to the control: Fyne leads them on without looking whether
// anybody sees where they are.
func reveal(o fyne.CanvasObject) {
	c := canvasOf(o)
	if c == nil {
		return
	}
	root := c.Content()
	if top := c.Overlays().Top(); top != nil {
		root = top
	}
	for _, s := range scrollsIn(root, nil) {
		bringInto(s, o)
	}
}

// scrolling is a widget that scrolls what is in it.
type scrolling interface{ scrolls() *container.Scroll }

// scrollsIn finds what can be scrolled, the outermost first.
func scrollsIn(o fyne.CanvasObject, all []*container.Scroll) []*container.Scroll {
	if o == nil || !o.Visible() {
		return all
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, inside := range o.Objects {
			all = scrollsIn(inside, all)
		}
	case *container.Scroll:
		all = scrollsIn(o.Content, append(all, o))
	case scrolling:
		all = scrollsIn(o.scrolls(), all)
	}
	return all
}

// bringInto scrolls as far as it takes for an object to be seen, if it lies in there.
func bringInto(s *container.Scroll, o fyne.CanvasObject) {
	if s.Content.Size().Height < s.Content.MinSize().Height { // it has grown, and was not drawn since
		s.Content.Resize(s.Size().Max(s.Content.MinSize()))
	}
	view, content := s.Size().Height, s.Content.Size().Height
	if content <= view || !liesIn(o, s.Content) {
		return
	}
	driver := fyne.CurrentApp().Driver()
	top := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(s.Content).Y
	high := o.Size().Height
	room := max(min(revealRoom, (view-high)/2), 0)
	from, to := top-room, top+high+room
	offset := s.Offset.Y
	switch {
	case from < offset && to > offset+view: // it is higher than what is seen, which is all within it
		return
	case from < offset, high > view:
		offset = from
	case to > offset+view:
		offset = to - view
	}
	if offset = max(min(offset, content-view), 0); offset != s.Offset.Y {
		s.ScrollToOffset(fyne.NewPos(s.Offset.X, offset))
	}
}

// liesIn says whether an object is part of another, however deep: it is if it moves with
// it. (No object of Fyne's knows what it is part of.)
func liesIn(o, in fyne.CanvasObject) bool {
	driver, at := fyne.CurrentApp().Driver(), in.Position()
	before := driver.AbsolutePositionForObject(o)
	in.Move(at.AddXY(0, 1))
	moved := driver.AbsolutePositionForObject(o) != before
	in.Move(at)
	return moved
}
