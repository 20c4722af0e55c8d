package shell

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// Host is what the program makes for the window.
type Host struct {
	// Real makes the world of the settings. errors.Is(err, fs.ErrNotExist): there are
	// no settings yet.
	Real func(context.Context, *i18n.Tongue) (Parts, error)
	// Practice makes the practice world.
	Practice func(context.Context, *i18n.Tongue) (Parts, error)
}

// Begin shows the world of the settings, or without settings the practice world. The
// window is there at once, and says what it waits for.
func (w *Window) Begin(h Host) {
	w.host = h
	w.wait(w.Tongue().T("Lifeboat is starting …"))
	w.work(func() {
		parts, err := h.Real(w.ctx, w.Tongue())
		if errors.Is(err, fs.ErrNotExist) {
			w.Rehearse()
			return
		}
		w.ui("begin", func() { w.arrive(parts, err) })
	})
}

// arrive shows the world of the settings, or says why it cannot be shown.
func (w *Window) arrive(parts Parts, err error) {
	if w.ctx.Err() != nil {
		if err == nil && parts.Close != nil {
			w.work(parts.Close)
		}
		return
	}
	if err != nil {
		w.stuck(err)
		return
	}
	w.trouble = ""
	t := w.Tongue()
	if parts.Tongue != nil {
		t = parts.Tongue
	}
	w.Open(t, parts)
}

// Rehearse shows the practice world. What goes on in the real one goes on. It may be
// called from any goroutine.
func (w *Window) Rehearse() {
	w.ui("rehearse", func() {
		if w.leading || w.desk != nil && w.desk.parts.Practice != nil {
			return
		}
		w.leading = true
		w.wait(w.Tongue().T("A small mail world starts inside this program …"))
		w.work(func() {
			parts, err := w.host.Practice(w.ctx, w.Tongue())
			w.ui("begin practice", func() {
				w.leading = false
				w.arrive(parts, err)
			})
		})
	})
}

// Home leaves the practice world for the real one that is behind it. It may be called
// from any goroutine.
func (w *Window) Home() {
	w.ui("leave practice", func() {
		if w.real == nil {
			return
		}
		w.leavePractice()
		w.present(w.real)
	})
}

// HasReal says whether there is a world of the settings. It may be called from any
// goroutine.
func (w *Window) HasReal() bool { return w.isReal.Load() }

// Renew opens the settings anew, after they were written or changed, and shows a page;
// "" is Home. A switch that is under way is left to end first: it would stop with its
// world. It may be called from any goroutine.
func (w *Window) Renew(page string) {
	w.work(func() {
		if !w.letSwitchEnd() {
			return
		}
		parts, err := w.host.Real(w.ctx, w.Tongue())
		w.ui("renew", func() {
			if err != nil && w.desk != nil { // what is shown goes on
				w.desk.Failed(err)
				return
			}
			if err == nil {
				w.leavePractice()
			}
			w.arrive(parts, err)
			if page == "" {
				page = pageHome
			}
			w.frame.Go(page)
		})
	})
}

// switchAgain is how often it is looked whether a switch has ended.
const switchAgain = time.Second

// letSwitchEnd waits until no switch of the real world is under way; false: the window is
// closing. Whoever waits for it is told.
func (w *Window) letSwitchEnd() bool {
	told := false
	for w.ctx.Err() == nil {
		under := make(chan bool, 1)
		w.ui("look for a switch", func() {
			on := w.real != nil && w.real.parts.Switch != nil && w.real.parts.Switch.Phase() == presenter.PhaseRunning
			if on && !told {
				t := w.Tongue()
				w.problem(t.T("The settings are saved. They count as soon as the switch that is under way has ended."), "")
			}
			under <- on
		})
		select {
		case on := <-under:
			if !on {
				return true
			}
		case <-w.ctx.Done():
			return false
		}
		told = true
		_ = engine.Sleep(w.ctx, switchAgain)
	}
	return false
}

// Open fills the window with a world and starts what goes on in it. A practice world
// is shown in front of the real one; a real one takes the place of that before.
func (w *Window) Open(t *i18n.Tongue, p Parts) {
	w.tongue.Store(t)
	d := newDesk(w, t, p)
	if p.Practice == nil {
		if w.real != nil {
			w.real.end()
		}
		w.real = d
		w.isReal.Store(true)
	}
	w.present(d)
	d.begin()
}

// present shows a world.
func (w *Window) present(d *desk) {
	if w.desk != nil && w.desk != d {
		w.desk.shown(false)
	}
	if d.tongue.Language != w.Tongue().Language {
		d.translate(w.Tongue())
	}
	first := w.desk == nil && w.frame.Here() == ""
	w.desk = d
	d.install()
	if first {
		w.frame.Go(w.keptPage())
	}
	w.ShowFrame()
	d.update()
	d.knock()
	w.catchUp()
}

// leavePractice ends the practice world that is shown.
func (w *Window) leavePractice() {
	if w.desk != nil && w.desk != w.real {
		w.desk.end()
		w.desk = nil
	}
}

// wait says what is being waited for, in place of everything.
func (w *Window) wait(doing string) {
	if w.desk != nil {
		w.desk.shown(false)
	}
	w.says(widgets.Working, doing)
}

// says fills the window with a sentence.
func (w *Window) says(shape widgets.Shape, sentence string, more ...fyne.CanvasObject) {
	light := widgets.NewLight(30, shape)
	text := container.NewGridWrap(fyne.NewSize(min(720, max(w.window.Canvas().Size().Width-160, 300)), 72), widgets.NewParagraph(look.Title, sentence))
	all := container.New(widgets.Rows(gapAt), container.New(widgets.LineUp(gapAt, -1), light, text))
	for _, o := range more {
		all.Add(o)
	}
	w.window.SetContent(container.NewStack(painted(w.firstPaint), container.NewCenter(all)))
	w.keys()
}

// firstPaint is called when the window was painted: what is painted first is little, and
// the faces that the pages want are read while their world is made.
func (w *Window) firstPaint() {
	w.stamped("first_paint")
	for _, k := range []look.Type{look.Body, look.Strong, look.Record} {
		w.ui("face", func() { look.Measure("A", look.NewTheme().Size(k.Size()), k.Style()) })
	}
	w.work(look.ReadAhead)
}

// stuck says why a world cannot be shown, and what can be done. What goes on in the real
// one, where it is the practice world, goes on.
func (w *Window) stuck(err error) {
	w.early = nil // nobody waits for it any more
	t := w.Tongue()
	again, other := func() { w.Begin(w.host) }, widgets.NewButton(widgets.Outlined, t.T("Practice"), w.Rehearse)
	if w.real != nil {
		again, other = w.Rehearse, widgets.NewButton(widgets.Outlined, t.T("Leave practice"), w.Home)
	}
	buttons := container.New(widgets.LineUp(12, -1),
		widgets.NewButton(widgets.Filled, t.T("Try again"), again),
		widgets.NewButton(widgets.Outlined, t.T("Details"), func() { w.problem(presenter.Problem(t, err), details(t.Errors(err), err)) }),
		other,
	)
	w.says(widgets.Octagon, presenter.Problem(t, err), buttons)
	if w.real == nil {
		w.trouble = presenter.Problem(t, err)
		w.window.Show() // nobody watches: whoever started it in the background has to know
		w.tell()
	}
}

// gapAt is the room beside the light while the window is not filled yet, in pixels
// at scale 1.
const gapAt = 16

// calmSteps is how many seconds pass between two steps of the ages while nothing goes
// on: a window that is only looked at should cost next to nothing.
const calmSteps = 5

// begin starts what goes on in a world.
func (d *desk) begin() {
	d.door = d.window.Door(d.ctx, d.redraw)
	d.window.work(func() {
		if d.parts.Work != nil {
			d.parts.Work(d.ctx, d.knock)
		}
		<-d.ctx.Done()
		if d.parts.Drills != nil {
			_ = d.parts.Drills.Close() // there is nobody left to tell
		}
		if d.parts.Close != nil {
			d.parts.Close()
		}
	})
	d.window.work(d.tick)
	d.knock()
}

// end ends a world: its workers first, then what they worked on.
func (d *desk) end() {
	d.shown(false)
	if d.audience != nil {
		d.audience.window.Close() // there is nothing to follow any more
	}
	d.cancel()
}

// tick has clocks and ages step: once a second while something goes on, and seldom
// while nothing does.
func (d *desk) tick() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-d.ctx.Done():
			return
		case <-t.C:
			if d.busy() || n%calmSteps == 0 {
				d.knock()
			}
		}
	}
}

// knock has the newest state shown. It may be called from any goroutine.
func (d *desk) knock() { d.door.Knock() }

// Where the item stands that leads out of the practice world.
const leaveKey = "leave practice"

// footItems puts the way out of the practice world at the foot of the navigation.
func (d *desk) footItems() {
	f := d.window.frame
	if d.parts.Practice == nil || d.window.real == nil {
		f.dropItem(leaveKey)
		return
	}
	f.addItem(widgets.NavEntry{Key: leaveKey, Icon: look.IconBack, Title: d.tongue.T("Leave practice")}, d.window.Home)
}
