package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Columns lays objects out side by side, equally wide, with a gap in pixels at
// scale 1 between them.
func Columns(gap float32) fyne.Layout { return columns{gap} }

type columns struct{ gap float32 }

// Layout gives every object its share of the width and the whole height.
func (c columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := float32(len(objects))
	width := (size.Width - c.gap*(n-1)) / n
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(width+c.gap), 0))
		o.Resize(fyne.NewSize(width, size.Height))
	}
}

// MinSize is that of as many columns as there are objects, each as wide as the
// widest needs.
func (c columns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var most fyne.Size
	for _, o := range objects {
		most = most.Max(o.MinSize())
	}
	n := float32(len(objects))
	return fyne.NewSize(most.Width*n+c.gap*(n-1), most.Height)
}

// Space is empty room, as high as it says.
func Space(height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(1, height))
	return r
}
