package shell

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"lifeboat/app/desktop"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
	"lifeboat/failover"
)

// Deeds are what the pages ask of the window. Each may be called from any goroutine,
// and returns at once.

// Go shows a page, by its key.
func (d *desk) Go(page string) {
	d.window.ui("go "+page, func() { d.window.frame.Go(page) })
}

// Background does something away from the UI thread, until the world ends. changed
// has the newest state shown.
func (d *desk) Background(do func(ctx context.Context, changed func())) {
	d.window.work(func() { do(d.ctx, d.knock) })
}

// Work does something that takes long: it stands in the strip below every page, with
// how far it is, and can be cancelled there. What fails is told.
func (d *desk) Work(title string, do func(ctx context.Context, tell func(doing string, share float64)) error) {
	ctx, cancel := context.WithCancel(d.ctx)
	job := d.works.add(title, cancel)
	d.knock()
	d.window.work(func() {
		defer cancel()
		err := do(ctx, func(doing string, share float64) {
			job.tell(doing, share)
			d.knock()
		})
		cancelled := ctx.Err() != nil
		d.works.remove(job)
		d.knock()
		if err != nil && !cancelled {
			d.Failed(err)
		}
	})
}

// Toast says something in passing.
func (d *desk) Toast(text string) { d.window.toast(widgets.ToastData{Shape: widgets.Disc, Text: text}) }

// Problem says what went wrong, with details that can be copied.
func (d *desk) Problem(sentence, details string) {
	d.window.ui("problem", func() { d.window.problem(sentence, details) })
}

// Failed tells an error as a problem.
func (d *desk) Failed(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	t := d.window.Tongue() // that of the world belongs to the UI thread
	d.Problem(presenter.Problem(t, err), details(t.Errors(err), err))
}

// OpenFile opens a file in the program that belongs to it.
func (d *desk) OpenFile(path string) { d.open(path) }

// OpenPage opens a page of the web in the browser.
func (d *desk) OpenPage(address string) { d.open(address) }

func (d *desk) open(what string) {
	d.Background(func(ctx context.Context, _ func()) { d.Failed(d.window.opener(ctx, what)) })
}

// Copy puts text on the clipboard.
func (d *desk) Copy(text string) {
	d.window.ui("copy", func() {
		d.window.app.Clipboard().SetContent(text)
		d.Toast(d.tongue.T("Copied"))
	})
}

// Ask shows a dialog. done is called on the UI thread.
func (d *desk) Ask(q widgets.DialogData, done func(yes bool, texts []string)) {
	d.window.ui("ask", func() { widgets.ShowDialog(d.window.window.Canvas(), q, done) })
}

// ChooseFile asks for a file that is there. done is called, away from the UI thread,
// with its path when one was chosen.
func (d *desk) ChooseFile(title string, done func(path string)) {
	d.window.ui("choose file", func() {
		ask := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
			if r == nil && err == nil {
				return // nobody chose a file
			}
			d.Background(func(context.Context, func()) {
				if err != nil {
					d.Failed(err)
					return
				}
				_ = r.Close() // whoever asked opens it as it suits
				done(d.chosen(r.URI()))
			})
		}, d.window.window)
		d.show(ask, title, d.tongue.T("Open"))
	})
}

// ChooseFolder asks for a folder.
func (d *desk) ChooseFolder(title string, done func(path string)) {
	d.window.ui("choose folder", func() {
		ask := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
			if u == nil && err == nil {
				return
			}
			d.Background(func(context.Context, func()) {
				if err != nil {
					d.Failed(err)
					return
				}
				done(d.chosen(u))
			})
		}, d.window.window)
		d.show(ask, title, d.tongue.T("Choose"))
	})
}

// SaveFile asks where something is to be written, under a name that is offered. The
// file is there, and empty, when done is called.
func (d *desk) SaveFile(title, name string, done func(path string)) {
	d.window.ui("save file", func() {
		ask := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
			if w == nil && err == nil {
				return
			}
			d.Background(func(context.Context, func()) {
				if err != nil {
					d.Failed(failover.Fail(failover.ErrDisk, "{file} could not be written: choose a folder that is yours and has room", "file", name).Because(err))
					return
				}
				_ = w.Close() // whoever asked writes it as it suits
				done(d.chosen(w.URI()))
			})
		}, d.window.window)
		ask.SetFileName(name)
		d.show(ask, title, d.tongue.T("Save"))
	})
}

// picker is one of Fyne's dialogs for files.
type picker interface {
	SetTitleText(string)
	SetConfirmText(string)
	SetDismissText(string)
	SetLocation(fyne.ListableURI)
	Resize(fyne.Size)
	Show()
}

// show shows a dialog for files, in words of ours, large enough to see something, and
// in the folder that was chosen last.
func (d *desk) show(p picker, title, confirm string) {
	p.SetTitleText(title)
	p.SetConfirmText(confirm)
	p.SetDismissText(d.tongue.T("Cancel"))
	if dir := d.window.app.Preferences().String(keyFolder); dir != "" {
		if u, err := storage.ListerForURI(storage.NewFileURI(dir)); err == nil {
			p.SetLocation(u)
		}
	}
	size := d.window.window.Canvas().Size()
	p.Resize(fyne.NewSize(min(size.Width-60, 900), min(size.Height-60, 620)))
	p.Show()
}

// chosen is the path of what was chosen. Its folder is where the next choice begins.
func (d *desk) chosen(u fyne.URI) string {
	file := filepath.FromSlash(u.Path())
	d.window.ui("keep folder", func() { d.window.app.Preferences().SetString(keyFolder, filepath.Dir(file)) })
	return file
}

// problem shows what went wrong.
func (w *Window) problem(sentence, more string) {
	t := w.Tongue()
	widgets.ShowDialog(w.window.Canvas(), widgets.DialogData{
		Shape: widgets.Triangle, Title: t.T("That did not work"), Text: sentence, Details: more,
		ShowDetails: t.T("Details"), CopyWords: t.T("Copy details"), No: t.T("Close"),
	}, nil)
}

// details are all sentences of an error, and its technical causes.
func details(sentences []string, err error) string {
	all := slices.Clone(sentences)
	if text := err.Error(); !slices.Contains(all, text) {
		all = append(all, text)
	}
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
		if text := cause.Error(); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	out := ""
	for _, line := range all {
		out += line + "\n"
	}
	return out
}

// opener opens files and pages: the system, or what a test puts in its place.
func (w *Window) opener(ctx context.Context, what string) error {
	if w.opens != nil {
		return w.opens(ctx, what)
	}
	return desktop.Open(ctx, what)
}
