package shell

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/widgets"
)

// watchClose has the window go to the tray when it is closed, where there is one and
// something goes on there, and else asks before anything ends that somebody counts on.
func (w *Window) watchClose() {
	w.window.SetCloseIntercept(w.closed)
}

// closed is what closing the window does.
func (w *Window) closed() {
	if w.tray == nil || w.real == nil { // practice alone needs no background
		w.leave()
		return
	}
	w.keepView()
	w.window.Hide()
	w.notices.hidden()
}

// leave ends the program, after asking where something would end with it.
func (w *Window) leave() {
	why := w.wouldEnd()
	if why == "" {
		w.quit()
		return
	}
	t := w.Tongue()
	w.window.Show()
	if w.leaving {
		return // it is being asked
	}
	if menu, ok := w.window.Canvas().Overlays().Top().(*widget.PopUpMenu); ok {
		menu.Hide() // it lies over everything, and is nothing to come back to
	}
	w.leaving = true
	widgets.ShowDialog(w.window.Canvas(), widgets.DialogData{
		Shape: widgets.Triangle, Title: t.T("Quit Lifeboat?"), Text: why, Yes: t.T("Quit"), No: t.T("Keep it open"), Risky: true,
	}, func(yes bool, _ []string) {
		w.leaving = false
		if yes {
			w.quit()
		}
	})
}

// settling is how long what was typed last may take to be on the disk.
const settling = 5 * time.Second

// quit ends the program once what was entered is kept.
func (w *Window) quit() {
	w.keepView()
	settles := w.settles()
	w.work(func() {
		ctx, stop := context.WithTimeout(w.ctx, settling)
		defer stop()
		for _, settle := range settles {
			if err := settle(ctx); err != nil {
				w.log.Warn("what was entered", "error", err)
			}
		}
		w.do(w.app.Quit)
	})
}

// settles are what to wait for: of each world where something can have been entered. In
// practice that is nowhere before the set-up was looked at, and nobody would answer.
func (w *Window) settles() []func(context.Context) error {
	var all []func(context.Context) error
	desks := []*desk{w.desk, w.real}
	if w.desk == w.real {
		desks = desks[:1]
	}
	for _, d := range desks {
		if d != nil && d.parts.Settle != nil && (d.parts.Practice == nil || d.setup) {
			all = append(all, d.parts.Settle)
		}
	}
	return all
}

// wouldEnd says what would end with the program; empty where nothing would.
func (w *Window) wouldEnd() string {
	t := w.Tongue()
	for _, d := range []*desk{w.desk, w.real} {
		switch {
		case d == nil:
			continue
		case d.parts.Switch != nil && d.parts.Practice == nil && !d.parts.Switch.Phase().Ended():
			return t.T("A switch is under way. It stops where it is, and the next start says what is done and what is not.")
		case d.parts.Drills != nil && d.parts.Drills.Held():
			return t.T("A drill is being held. It ends here, and its record is kept.")
		}
	}
	if w.real != nil && w.real.parts.Serving != nil && w.real.parts.Serving() {
		return t.T("While Lifeboat is closed, nobody watches the providers, the mirror grows old and mail in the queue waits. “lifeboat serve --install” keeps all that going without a window.")
	}
	if w.typing() {
		return t.T("What was typed into the open dialog is not kept.")
	}
	return ""
}

// typing is whether something was typed into a dialog that is open.
func (w *Window) typing() bool {
	return slices.ContainsFunc(w.window.Canvas().Overlays().List(), func(o fyne.CanvasObject) bool {
		d, ok := o.(*widgets.Dialog)
		return ok && d.Typed()
	})
}
