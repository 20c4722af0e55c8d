package shell

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"lifeboat/app/look"
	"lifeboat/app/screen"
	"lifeboat/app/widgets"
)

// tray is the program's sign among those of the system, with the light of the whole,
// and the few things that are done without the window.
type tray struct {
	window *Window
	app    desktop.App
	shape  widgets.Shape
	says   string // what the menu says, to be made anew only when that changes
	icons  map[widgets.Shape]fyne.Resource
}

// startTray puts the sign into the tray, where the system has one. has asks the
// system. The toolkit wants it before the application runs.
func (w *Window) startTray(has func() bool) {
	app, ok := w.app.(desktop.App)
	if !ok || w.tray != nil || !has() {
		return
	}
	w.tray = &tray{window: w, app: app, shape: -1, icons: map[widgets.Shape]fyne.Resource{}}
	app.SetSystemTrayMenu(w.tray.menu(nil, w.Tongue().T("Lifeboat is starting …"), noMail))
	app.SetSystemTrayIcon(w.tray.icon(widgets.NoShape))
}

// update shows how things are.
func (t *tray) update() {
	w := t.window
	d := w.real
	if d == nil {
		d = w.desk
	}
	if d == nil {
		if says := w.trouble; says != "" && says != t.says {
			t.says = says
			t.app.SetSystemTrayMenu(t.menu(nil, says, noMail))
			t.app.SetSystemTrayIcon(t.icon(widgets.Question))
			t.shape = widgets.Question
		}
		return
	}
	s := d.parts.Home.State()
	shape := screen.ShapeOf(s.Light)
	if d.parts.Practice != nil {
		shape = widgets.NoShape // nothing real
	}
	mail := noMail
	if d.parts.Outgoing != nil {
		mail = outgoingOf(d.parts.Outgoing())
	}
	says := s.Headline + "\n" + string(w.Tongue().Language) + "\n" + string(mail)
	if says != t.says {
		t.says = says
		t.app.SetSystemTrayMenu(t.menu(d, s.Headline, mail))
	}
	if shape != t.shape {
		t.shape = shape
		t.app.SetSystemTrayIcon(t.icon(shape))
	}
}

// outgoing is what can be done with mail that is to be sent.
type outgoing string

const (
	noMail   outgoing = ""
	waiting  outgoing = "waiting" // some waits
	heldBack outgoing = "held"    // some is held
)

func outgoingOf(held, waits int) outgoing {
	switch {
	case held > 0:
		return heldBack
	case waits > 0:
		return waiting
	default:
		return noMail
	}
}

// menu is what the sign offers; of a world that is not there yet, little. The first
// line says how things are.
func (t *tray) menu(d *desk, headline string, mail outgoing) *fyne.Menu {
	w, word := t.window, t.window.Tongue()
	state := fyne.NewMenuItem(headline, nil)
	state.Disabled = true
	items := []*fyne.MenuItem{
		state, fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(word.T("Open Lifeboat"), func() { w.Front("") }),
	}
	if d != nil {
		items = append(items,
			fyne.NewMenuItem(word.T("Check now"), d.check),
			fyne.NewMenuItem(word.T("Switch …"), func() { w.Front(pageSwitch) }))
	}
	if d != nil && d.parts.Hold != nil && mail != noMail {
		held, text := mail == heldBack, word.T("Hold the mail that waits now") // what is handed in later is sent as usual
		if held {
			text = word.T("Let held mail go on")
		}
		items = append(items, fyne.NewMenuItem(text, func() {
			d.Background(func(ctx context.Context, changed func()) {
				d.Failed(d.parts.Hold(ctx, !held))
				changed()
			})
		}))
	}
	quit := fyne.NewMenuItem(word.T("Quit"), w.leave)
	quit.IsQuit = true
	return fyne.NewMenu("Lifeboat", append(items, fyne.NewMenuItemSeparator(), quit)...)
}

// traySide is the side of the sign, in pixels: the system makes it smaller.
const traySide = 64

// icon is the sign with a light in its corner.
func (t *tray) icon(shape widgets.Shape) fyne.Resource {
	if r, ok := t.icons[shape]; ok {
		return r
	}
	r, err := widgets.Sign(shape, traySide)
	if err != nil {
		t.window.log.Warn("tray", "error", err)
		r = look.Lifebuoy()
	}
	t.icons[shape] = r
	return r
}
