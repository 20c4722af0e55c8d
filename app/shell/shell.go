// Package shell is the window around the screens. It owns the application, and
// the one doorway to the UI thread: workers call [Doorway.Knock], and however
// often they do, the screen is drawn at most some thirty times a second, always
// with the newest state. [Frame] is what surrounds every page: the navigation, and
// margins.
package shell

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"lifeboat/app/look"
)

const (
	appID = "org.lifeboat.desktop"
	frame = 33 * time.Millisecond
)

// Window is the program's window.
type Window struct {
	app    fyne.App
	window fyne.Window
	frame  *Frame
	ctx    context.Context //nolint:containedctx // the window's life: workers that it starts end with it
	cancel context.CancelFunc
}

// New opens nothing yet; it prepares the application.
func New(ctx context.Context, title string) *Window {
	w := &Window{app: app.NewWithID(appID), frame: NewFrame()}
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.app.SetIcon(look.Lifebuoy())
	w.app.Settings().SetTheme(look.NewThemeIn(w.brightness()))
	w.window = w.app.NewWindow(title)
	w.window.Resize(fyne.NewSize(1200, 720))
	w.window.CenterOnScreen()
	return w
}

// Frame is what surrounds the pages. Hand pages to it, then call [Window.ShowFrame].
func (w *Window) Frame() *Frame { return w.frame }

// ShowFrame fills the window with the frame.
func (w *Window) ShowFrame() {
	w.window.SetPadded(false)
	w.window.SetContent(w.frame.Object())
}

// Context ends with the window: workers that a page starts end with it.
func (w *Window) Context() context.Context { return w.ctx }

// Door returns a doorway to the UI thread: after a [Doorway.Knock] update is
// called there, once a frame at most, until the context ends.
func (w *Window) Door(ctx context.Context, update func()) *Doorway {
	d := newDoorway(fyne.Do, update)
	go d.run(ctx)
	return d
}

// Run shows the window and returns when it is closed, or the context ends.
func (w *Window) Run() {
	stop := context.AfterFunc(w.ctx, func() { fyne.Do(w.app.Quit) })
	defer stop()
	defer w.cancel()
	w.expose()
	w.window.ShowAndRun()
}

// Doorway leads workers' news to the UI thread, coalesced. While there is no news it
// does nothing at all.
type Doorway struct {
	do     func(func())
	update func()
	news   chan struct{}
}

func newDoorway(do func(func()), update func()) *Doorway {
	return &Doorway{do: do, update: update, news: make(chan struct{}, 1)}
}

// Knock says that there is something new to show. It never waits.
func (d *Doorway) Knock() {
	select {
	case d.news <- struct{}{}:
	default: // it was said already
	}
}

// run draws when there is news, once a frame at most and never before the last
// drawing is done, until the context ends.
func (d *Doorway) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.news:
		}
		drawn := make(chan struct{})
		d.do(func() {
			defer close(drawn)
			d.update()
		})
		select {
		case <-ctx.Done():
			return
		case <-drawn:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(frame):
		}
	}
}
