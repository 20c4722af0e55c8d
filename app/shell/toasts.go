package shell

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"lifeboat/app/widgets"
)

// toastFor is how long something said in passing stays, and mostToasts how many of
// them there are at once.
const (
	toastFor   = 4 * time.Second
	mostToasts = 3
)

// toasts is what is said in passing, in the window's corner.
type toasts struct {
	window *Window
	after  func(time.Duration, func()) // calls later, on any goroutine
	all    []*widgets.Toast
}

func newToasts(w *Window) *toasts {
	return &toasts{window: w, after: func(d time.Duration, f func()) { time.AfterFunc(d, f) }}
}

// toast says something in passing. It may be called from any goroutine.
func (w *Window) toast(d widgets.ToastData) {
	w.ui("toast", func() { w.toasts.add(d) })
}

func (t *toasts) add(d widgets.ToastData) {
	for _, old := range t.all {
		if old.Data() == d {
			return // it is being said
		}
	}
	var fresh *widgets.Toast
	drop := func() {
		t.all = slices.DeleteFunc(t.all, func(o *widgets.Toast) bool { return o == fresh })
		t.show()
	}
	fresh = widgets.NewToast(drop)
	fresh.Set(d)
	t.all = append(t.all, fresh)
	if len(t.all) > mostToasts {
		t.all = t.all[1:]
	}
	t.show()
	t.after(toastFor, func() { t.window.ui("toast ends", drop) })
}

func (t *toasts) show() {
	var all []fyne.CanvasObject
	for _, o := range t.all {
		all = append(all, o)
	}
	t.window.frame.say(all)
}
