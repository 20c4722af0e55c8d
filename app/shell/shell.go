// Package shell is the window around the screens. It owns the application, and
// the one doorway to the UI thread: workers call [Doorway.Knock], and however
// often they do, the screen is drawn at most some thirty times a second, always
// with the newest state. [Frame] is what surrounds every page: the navigation, and
// margins. What pages ask of a window (to go elsewhere, to work in the background, to
// pick a file) are the deeds, see [Deeds].
//
// What is shown belongs to a world: the settings' own mail, or the practice world.
// [Window.Open] puts a world into the window; the one before ends.
package shell

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/desktop"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/widgets"
)

const (
	appID = "org.lifeboat.desktop"
	frame = 33 * time.Millisecond
	// appSide is the side of the program's sign on its windows, in pixels.
	appSide = 128
)

// Options are what a window is made with.
type Options struct {
	Title string
	// Tongue is spoken until a language is chosen in the window.
	Tongue *i18n.Tongue
	Log    *slog.Logger
	// Hidden: the window is not shown at first, where there is a tray to open it from.
	Hidden bool
}

// Window is the program's window.
type Window struct {
	app     fyne.App
	window  fyne.Window
	frame   *Frame
	tongue  atomic.Pointer[i18n.Tongue]
	log     *slog.Logger
	ctx     context.Context //nolint:containedctx // the window's life: workers that it starts end with it
	cancel  context.CancelFunc
	do      func(func()) // to the UI thread, later
	dog     *Watchdog
	host    Host
	desk    *desk       // what is shown; nil while nothing is
	real    *desk       // the settings' world; nil while there is none
	isReal  atomic.Bool // there is one
	tray    *tray       // nil where there is none
	toasts  *toasts
	scratch scratch
	notices *notices
	works   sync.WaitGroup                      // all that must come to its end before the program does
	opens   func(context.Context, string) error // opens files and pages; nil: the system
	shy     bool                                // not shown at first
	trouble string                              // why no world can be shown; empty: one can
	early   *shortcut                           // pressed before there were pages; nil: none
	leading bool                                // a practice world is being made
	leaving bool                                // it is being asked whether to quit
	stamp   func(what string)                   // takes down when something was painted; nil: nobody measures
}

// New opens nothing yet; it prepares the application.
func New(ctx context.Context, o Options) *Window {
	w := newWindow(ctx, app.NewWithID(appID), o, fyne.Do)
	w.window.CenterOnScreen()
	w.app.Lifecycle().SetOnStarted(func() { fyne.Do(w.fitScreen) })
	return w
}

// newWindow is a window of an application, with a way to its UI thread.
func newWindow(ctx context.Context, a fyne.App, o Options, do func(func())) *Window {
	w := &Window{app: a, frame: NewFrame(), log: o.Log, do: do, shy: o.Hidden}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	w.dog = watchdog(w.log)
	w.frame.timed = w.dog.Time
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.tongue.Store(o.Tongue)
	if l := w.Language(o.Tongue.Language); l != o.Tongue.Language {
		if t, err := i18n.New(l); err == nil { // the catalogues are part of the program
			w.tongue.Store(t)
		}
	}
	if icon, err := widgets.Sign(widgets.NoShape, appSide); err == nil {
		w.app.SetIcon(icon) // the tray of Windows, which is given it at first, knows no SVG
	} else {
		w.app.SetIcon(look.Lifebuoy())
	}
	w.app.Settings().SetTheme(w.theme())
	w.window = w.app.NewWindow(o.Title)
	w.window.SetPadded(false)
	w.window.SetMaster()
	w.window.Resize(w.kept())
	w.toasts, w.notices = newToasts(w), newNotices(w)
	w.startupStamp()
	return w
}

// Frame is what surrounds the pages. Hand pages to it, then call [Window.ShowFrame].
func (w *Window) Frame() *Frame { return w.frame }

// ShowFrame fills the window with the frame.
func (w *Window) ShowFrame() {
	content := w.frame.Object()
	if w.stamp != nil {
		content = container.NewStack(painted(func() { w.stamped("pages") }), content)
	}
	w.window.SetContent(content)
	w.keys()
}

// Context ends with the window: workers that a page starts end with it.
func (w *Window) Context() context.Context { return w.ctx }

// Door returns a doorway to the UI thread: after a [Doorway.Knock] update is
// called there, once a frame at most, until the context ends.
func (w *Window) Door(ctx context.Context, update func()) *Doorway {
	d := newDoorway(w.do, update)
	go d.run(ctx)
	return d
}

// ui has something done on the UI thread, and measures it under its name.
func (w *Window) ui(name string, do func()) { w.do(func() { w.dog.Time(name, do) }) }

// Keep does something until the window's context ends; the program waits for its end.
func (w *Window) Keep(do func(ctx context.Context)) { w.work(func() { do(w.ctx) }) }

// Tongue is the language that is spoken now. It may be called from any goroutine.
func (w *Window) Tongue() *i18n.Tongue { return w.tongue.Load() }

// TongueFor is the language that was chosen in the window, or else the one that the
// settings name.
func (w *Window) TongueFor(setting string) (*i18n.Tongue, error) {
	now := w.Tongue()
	l := w.Language(i18n.Choose(setting, os.Getenv))
	if l == now.Language {
		return now, nil
	}
	return i18n.New(l)
}

// work runs something that must come to its end before the program does.
func (w *Window) work(do func()) { w.works.Go(do) }

// farewell is how long work that goes on when the window closes may take to put away
// what it has: the record of a drill, the report of a run that was stopped.
const farewell = 15 * time.Second

// Run shows the window and returns when it is closed and what it was doing has come
// to its end.
func (w *Window) Run() {
	stop := context.AfterFunc(w.ctx, func() { w.do(w.app.Quit) })
	defer stop()
	w.expose()
	w.watchClose()
	w.startTray(func() bool { return desktop.Tray(w.ctx) })
	if !w.shy || w.tray == nil {
		w.window.Show()
	}
	w.Keep(w.makeAhead)
	w.app.Run()
	w.cancel()
	ended := make(chan struct{})
	go func() { w.works.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(farewell):
		w.log.Warn("something did not come to its end with the window")
	}
	w.scratch.remove()
}

// Front brings the window to the front, from wherever it is, and shows a page if one
// is named. It may be called from any goroutine.
func (w *Window) Front(page string) {
	w.ui("front", func() {
		w.window.Show()
		w.window.RequestFocus()
		if page != "" {
			w.frame.Go(page)
		}
	})
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
			if ctx.Err() == nil { // the world may have ended meanwhile
				d.update()
			}
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
