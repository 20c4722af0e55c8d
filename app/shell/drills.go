package shell

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"lifeboat/app/presenter"
	"lifeboat/app/screen"
)

// drillDeeds are what the drills page asks for. Whatever reads or writes a file, or
// takes a moment, is done away from the UI thread.
func (d *desk) drillDeeds() screen.DrillsDeeds {
	p, ctx, knock := d.parts.Drills, d.ctx, d.knock
	away := func(do func()) func() {
		return func() {
			d.window.work(func() {
				do()
				knock()
			})
		}
	}
	return screen.DrillsDeeds{
		Play: func(name string, unattended bool) {
			d.window.work(func() { p.Play(ctx, name, unattended, knock) })
		},
		Talk: func(name string) {
			p.Talk(name)
			if t := p.Table(); t != nil {
				d.window.work(func() { t.Watch(ctx, knock) })
			}
			knock()
		},
		Open:   func(id string) { away(func() { p.Open(id) })() },
		People: p.SetPeople,
		Resume: func() { p.Resume(); knock() },
		Back:   func() { p.Back(); knock() },
		EndDrill: func() {
			if live := p.Live(); live != nil {
				live.End()
			}
			knock()
		},
		EndTalk: away(p.EndTalk), CloseTalk: away(p.CloseTalk),
		Audience: d.openAudience,
		Save:     d.save,
		Browse:   d.browse,
		Table:    p.Table, Report: p.Report, Live: p.Live,
		Rehearsed: p.Rehearsal,
		Rehearsal: screen.RehearsalDeeds{
			Prepare: func(name string) { p.Prepare(name); knock() }, Name: p.NameRehearsal, Stop: func() { p.StopRehearsal(); knock() },
			Begin:  func() { d.window.work(func() { p.Rehearse(ctx, knock) }) },
			Answer: func(yes bool, typed string) string { defer knock(); return p.AnswerRehearsal(yes, typed) },
		},
	}
}

// browse opens the report that is read in the browser, out of a file that is its owner's
// alone.
func (d *desk) browse() {
	r := d.parts.Drills.Report()
	if r == nil {
		return
	}
	d.Background(func(context.Context, func()) {
		data, name, err := r.Write("html")
		if err == nil {
			name, err = d.window.scratch.keep(name, data)
		}
		if err != nil {
			d.Failed(err)
			return
		}
		d.OpenFile(name)
	})
}

// scratch is a folder among the temporary ones for what the browser shows. It is removed
// at the end.
type scratch struct {
	mu  sync.Mutex
	dir string // empty: none yet
}

// keep writes a file that is its owner's alone.
func (s *scratch) keep(name string, data []byte) (path string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		s.dir, err = os.MkdirTemp("", "lifeboat-report-")
	}
	if err == nil {
		path = filepath.Join(s.dir, name)
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		return "", presenter.NotSaved(path, err)
	}
	return path, nil
}

// remove removes the folder with all that is in it.
func (s *scratch) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir != "" {
		_ = os.RemoveAll(s.dir) // on some systems not while it is open elsewhere
	}
}

// save asks where a report is to go, and writes it there.
func (d *desk) save(format string) {
	r := d.parts.Drills.Report()
	if r == nil {
		return
	}
	d.Background(func(context.Context, func()) {
		data, name, err := r.Write(format)
		if err != nil {
			r.Wrote("", err)
			d.knock()
			return
		}
		d.window.ui("save a report", func() { d.askWhere(r, data, name) })
	})
}

// askWhere asks where a report is to go that was made.
func (d *desk) askWhere(r *presenter.Report, data []byte, name string) {
	t := d.tongue
	ask := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if w == nil && err == nil {
			return // nobody chose a place
		}
		d.window.work(func() {
			r.Wrote(write(w, data, err))
			d.knock()
		})
	}, d.window.window)
	ask.SetFileName(name)
	d.show(ask, t.T("Save the report"), t.T("Save"))
}

// write writes a file whole, or says why not.
func write(w fyne.URIWriteCloser, data []byte, err error) (where string, _ error) {
	if err == nil {
		where = w.URI().Path()
		_, err = w.Write(data)
		if cerr := w.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		return "", presenter.NotSaved(where, err)
	}
	return where, nil
}

// audience is the window for the participants of a tabletop.
type audience struct {
	window fyne.Window
	view   *screen.Audience
}

// openAudience opens the window for the participants, or brings it to the front.
func (d *desk) openAudience() {
	if d.audience != nil {
		d.audience.window.RequestFocus()
		return
	}
	a := &audience{window: d.window.app.NewWindow(d.tongue.T("Drill")), view: screen.NewAudience()}
	a.window.SetPadded(false)
	a.window.SetContent(a.view.Content())
	a.window.Resize(fyne.NewSize(1100, 680))
	a.window.SetOnClosed(func() { d.audience = nil })
	a.window.Canvas().SetOnTypedKey(func(k *fyne.KeyEvent) {
		if k.Name == fyne.KeyEscape {
			a.window.Close()
		}
	})
	d.audience = a
	a.update(d.parts.Drills)
	a.window.Show()
}

// update shows the newest state, when the window is open.
func (a *audience) update(p *presenter.Drills) {
	if a == nil {
		return
	}
	if t := p.Table(); t != nil {
		a.view.Show(t.Audience())
	}
}
