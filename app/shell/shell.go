// Package shell is the window around the screens. It owns the application, and
// the one doorway to the UI thread: workers call [Doorway.Knock], and however
// often they do, the screen is drawn at most some thirty times a second, always
// with the newest state.
package shell

import (
	"context"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/screen"
)

const (
	appID      = "org.lifeboat.desktop"
	margin     = 40
	frame      = 33 * time.Millisecond
	watchEvery = 30 * time.Second
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
	w.app.Settings().SetTheme(look.NewTheme())
	w.window = w.app.NewWindow(title)
	w.window.Resize(fyne.NewSize(1100, 760))
	w.window.CenterOnScreen()
	return w
}

// ShowPractice fills the window with the practice world and plays its story.
func (w *Window) ShowPractice(t *i18n.Tongue, p *presenter.Practice) {
	var s *screen.Practice
	door := newDoorway(fyne.Do, func() { s.Update() })
	play := func() { go p.Play(w.ctx, door.Knock) }
	s = screen.NewPractice(t, p, play)
	w.fill(s.Content())
	go door.run(w.ctx)
	play()
}

// ShowHome fills the window with the state of the domains, looked at again and
// again.
func (w *Window) ShowHome(p *presenter.Home) {
	s := screen.NewHome(p)
	door := newDoorway(fyne.Do, s.Update)
	w.fill(s.Content())
	go door.run(w.ctx)
	go p.Watch(w.ctx, watchEvery, door.Knock)
}

// Frame is what surrounds the pages. Hand pages to it, then call [Window.ShowFrame].
func (w *Window) Frame() *Frame { return w.frame }

// ShowFrame fills the window with the frame.
func (w *Window) ShowFrame() { w.window.SetContent(w.frame.Object()) }

// Context ends with the window: workers that a page starts end with it.
func (w *Window) Context() context.Context { return w.ctx }

// Door returns a doorway to the UI thread: after a [Doorway.Knock] update is
// called there, once a frame at most.
func (w *Window) Door(update func()) *Doorway {
	d := newDoorway(fyne.Do, update)
	go d.run(w.ctx)
	return d
}

func (w *Window) fill(content fyne.CanvasObject) {
	w.window.SetContent(container.New(layout.NewCustomPaddedLayout(margin, margin, margin, margin), content))
}

// Run shows the window and returns when it is closed, or the context ends.
func (w *Window) Run() {
	stop := context.AfterFunc(w.ctx, func() { fyne.Do(w.app.Quit) })
	defer stop()
	defer w.cancel()
	w.window.ShowAndRun()
}

// Doorway leads workers' news to the UI thread, coalesced.
type Doorway struct {
	do     func(func())
	update func()
	news   atomic.Bool
}

func newDoorway(do func(func()), update func()) *Doorway { return &Doorway{do: do, update: update} }

// Knock says that there is something new to show. It never waits.
func (d *Doorway) Knock() { d.news.Store(true) }

// run draws while there is news, once a frame at most, until the context ends.
func (d *Doorway) run(ctx context.Context) {
	tick := time.NewTicker(frame)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if d.news.Swap(false) {
				d.do(d.update)
			}
		}
	}
}
