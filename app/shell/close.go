package shell

import (
	"context"
	"time"

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
	w.leaving = true
	widgets.ShowDialog(w.window.Canvas(), widgets.DialogData{
		Shape: widgets.Triangle, Title: t.T("Quit Lifeboat?"), Text: why, Yes: t.T("Quit"), No: t.T("Stay"), Risky: true,
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
	desks := []*desk{w.desk, w.real}
	w.work(func() {
		ctx, stop := context.WithTimeout(w.ctx, settling)
		defer stop()
		for _, d := range desks {
			if d == nil || d.parts.Settle == nil {
				continue
			}
			if err := d.parts.Settle(ctx); err != nil {
				w.log.Warn("what was entered", "error", err)
			}
		}
		w.do(w.app.Quit)
	})
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
	return ""
}
