package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Rows lays objects out below one another, each as wide as there is room, with a
// gap in pixels at scale 1 between them. It gives each its width before it asks for
// the height, so that paragraphs get the lines that they need.
func Rows(gap float32) fyne.Layout { return rows{gap: gap, grows: -1} }

// RowsFilling is [Rows] where the object of that index takes what height is left.
func RowsFilling(gap float32, index int) fyne.Layout { return rows{gap: gap, grows: index} }

type rows struct {
	gap   float32
	grows int
}

// Layout places the objects.
func (r rows) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	heights := make([]float32, len(objects))
	used := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(size.Width, o.MinSize().Height))
		heights[i] = o.MinSize().Height
		used += heights[i] + r.gap
	}
	if left := size.Height - used + r.gap; left > 0 && r.grows >= 0 && r.grows < len(objects) {
		heights[r.grows] += left
	}
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		put(o, 0, y, size.Width, heights[i])
		y += heights[i] + r.gap
	}
}

// MinSize is that of the widest, and all heights together.
func (r rows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var all fyne.Size
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		least := o.MinSize()
		all.Width = max(all.Width, least.Width)
		if all.Height > 0 {
			all.Height += r.gap
		}
		all.Height += least.Height
	}
	return all
}

// Columns lays objects out side by side with a gap in pixels at scale 1 between
// them: equally wide, or, with a weight for each, in proportion.
func Columns(gap float32, weights ...float32) fyne.Layout { return columns{gap, weights} }

type columns struct {
	gap     float32
	weights []float32
}

// Layout gives every object its share of the width and the whole height.
func (c columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	shown, total := c.shares(objects)
	if total == 0 {
		return
	}
	room := size.Width - c.gap*float32(len(shown)-1)
	x, end := float32(0), float32(0)
	for _, s := range shown {
		end += room * s.weight / total
		put(s.object, round(x), 0, round(end)-round(x), size.Height)
		x, end = end+c.gap, end+c.gap
	}
}

// MinSize is as wide as it takes for every share to be wide enough.
func (c columns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	shown, total := c.shares(objects)
	var least fyne.Size
	for _, s := range shown {
		size := s.object.MinSize()
		least.Width = max(least.Width, size.Width*total/s.weight)
		least.Height = max(least.Height, size.Height)
	}
	least.Width += c.gap * float32(max(len(shown)-1, 0))
	return least
}

type share struct {
	object fyne.CanvasObject
	weight float32
}

func (c columns) shares(objects []fyne.CanvasObject) (shown []share, total float32) {
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		weight := float32(1)
		if i < len(c.weights) && c.weights[i] > 0 {
			weight = c.weights[i]
		}
		shown = append(shown, share{o, weight})
		total += weight
	}
	return shown, total
}

// LineUp lays objects out on one line, each in the middle of its height: the ones
// before the index from the left, that one as wide as there is room left, the
// others at the right-hand end. A gap in pixels at scale 1 stands between them.
func LineUp(gap float32, filling int) fyne.Layout { return lineUp{gap, filling} }

type lineUp struct {
	gap     float32
	filling int
}

// Layout places the objects.
func (l lineUp) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := size.Width - l.MinSize(objects).Width
	x := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		least := o.MinSize()
		if i == l.filling {
			least.Width = max(least.Width+left, 0)
			o.Resize(least)
			least.Height = o.MinSize().Height
		}
		put(o, x, middle(size.Height, least.Height), least.Width, least.Height)
		x += least.Width + l.gap
	}
}

// MinSize is all widths together, and that of the highest.
func (l lineUp) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var all fyne.Size
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		least := o.MinSize()
		if all.Width > 0 {
			all.Width += l.gap
		}
		all.Width += least.Width
		all.Height = max(all.Height, least.Height)
	}
	return all
}

// Space is empty room, as high as it says.
func Space(height float32) fyne.CanvasObject { return Room(1, height) }

// Room is empty room, at least as wide and as high as it says.
func Room(width, height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(width, height))
	return r
}
