// Package outline tells what is seen in a window as data: every text and every widget
// with its place. Tests hold it against what should be there, find by it what is cut
// off or lies upon something else, and a program that drives the window as a person
// would finds by it where to click. No program that is shipped contains it.
package outline

import (
	"fmt"
	"image/color"
	"reflect"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// Text is the kind of items that are texts; those of widgets are their types' names.
const Text = "text"

// Item is something that is seen. Places and sizes are in Fyne's units, from the
// upper left-hand corner of the window.
type Item struct {
	Kind string `json:"kind"`
	// Text is what a text shows; of a widget, all that is written within it.
	Text string `json:"text"`
	// In are the widgets around it, the outermost first.
	In         []string `json:"in,omitempty"`
	X, Y, W, H float32
	// Seen is the part of it that is seen: left, top, right, bottom.
	Seen     [4]float32
	Focused  bool `json:"focused,omitempty"`
	Disabled bool `json:"disabled,omitempty"`
	// Over: it lies above the page, in a dialog or a menu.
	Over bool `json:"over,omitempty"`

	// Size and Color are of texts.
	Size  float32     `json:"size,omitempty"`
	Color color.Color `json:"-"`

	need     fyne.Size // what the text takes
	scrolled bool      // something around it can be scrolled
	typed    bool      // it stands in an entry
}

// Of returns what is seen on a canvas, in the order in which it is drawn.
func Of(c fyne.Canvas) []Item {
	w := &walk{focused: c.Focused(), clip: rect{0, 0, c.Size().Width, c.Size().Height}}
	w.visit(c.Content(), fyne.Position{})
	for _, o := range c.Overlays().List() {
		w.over = true
		w.visit(o, fyne.Position{})
	}
	return w.items
}

// rect is left, top, right, bottom.
type rect [4]float32

func (r rect) within(o rect) rect {
	return rect{max(r[0], o[0]), max(r[1], o[1]), min(r[2], o[2]), min(r[3], o[3])}
}
func (r rect) empty() bool { return r[2]-r[0] < 0.5 || r[3]-r[1] < 0.5 }

// walk goes through a tree of objects.
type walk struct {
	items    []Item
	focused  fyne.Focusable
	clip     rect
	in       []string
	over     bool
	scrolled bool
	typed    bool
}

func (w *walk) visit(o fyne.CanvasObject, from fyne.Position) {
	if o == nil || !o.Visible() {
		return
	}
	at := from.Add(o.Position())
	switch o := o.(type) {
	case *canvas.Text:
		w.text(o, at)
	case *fyne.Container:
		for _, child := range o.Objects {
			w.visit(child, at)
		}
	case fyne.Widget:
		w.widget(o, at)
	}
}

func (w *walk) text(t *canvas.Text, at fyne.Position) {
	if t.Text == "" {
		return
	}
	need := t.MinSize()
	x := at.X
	switch t.Alignment {
	case fyne.TextAlignLeading:
	case fyne.TextAlignCenter:
		x += (t.Size().Width - need.Width) / 2
	case fyne.TextAlignTrailing:
		x += t.Size().Width - need.Width
	}
	i := Item{
		Kind: Text, Text: t.Text, X: x, Y: at.Y, W: t.Size().Width, H: t.Size().Height, Size: t.TextSize, Color: t.Color,
		need: need, scrolled: w.scrolled, typed: w.typed,
	}
	w.add(i, rect{x, at.Y, x + need.Width, at.Y + need.Height})
}

// add takes an item down if any of it is seen.
func (w *walk) add(i Item, whole rect) {
	seen := whole.within(w.clip)
	if seen.empty() {
		return
	}
	i.Seen, i.Over = seen, w.over
	i.In = append([]string(nil), w.in...)
	w.items = append(w.items, i)
}

func (w *walk) widget(o fyne.Widget, at fyne.Position) {
	outer := *w
	whole := rect{at.X, at.Y, at.X + o.Size().Width, at.Y + o.Size().Height}
	kind := name(o)
	i := Item{Kind: kind, X: at.X, Y: at.Y, W: o.Size().Width, H: o.Size().Height}
	if f, ok := o.(fyne.Focusable); ok && w.focused != nil {
		i.Focused = f == w.focused
	}
	if d, ok := o.(fyne.Disableable); ok {
		i.Disabled = d.Disabled()
	}
	before := len(w.items)
	w.add(i, whole)
	added := len(w.items) > before
	w.in = append(append([]string(nil), w.in...), kind)
	switch o.(type) {
	case *container.Scroll:
		w.clip, w.scrolled = w.clip.within(whole), true
	case *container.Clip: // a list and a long text scroll what they clip
		w.clip = w.clip.within(whole)
		w.scrolled = w.scrolled || slices.Contains(w.in, "RowList") || slices.Contains(w.in, "Reading")
	case interface{ SelectedText() string }: // an entry, or what is made of one
		w.typed = true
	}
	for _, child := range test.WidgetRenderer(o).Objects() {
		w.visit(child, at)
	}
	if added {
		w.items[before].Text = w.written(before)
	}
	w.clip, w.scrolled, w.typed, w.in = outer.clip, outer.scrolled, outer.typed, outer.in
}

// written is all texts after an item, which are within it.
func (w *walk) written(after int) string {
	var all []string
	for _, i := range w.items[after+1:] {
		if i.Kind == Text {
			all = append(all, i.Text)
		}
	}
	return strings.Join(all, "\n")
}

// name is the name of a widget's type.
func name(o fyne.Widget) string {
	t := reflect.TypeOf(o)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// String is an item on one line, with the name of its colour as names gives it.
func (i Item) String(names func(color.Color) string) string {
	s := fmt.Sprintf("%4.0f %4.0f  %s", i.X, i.Y, i.Kind)
	if i.Kind == Text {
		s = fmt.Sprintf("%4.0f %4.0f  %2.0f %-10s %s", i.X, i.Y, i.Size, names(i.Color), i.Text)
	}
	return s
}
