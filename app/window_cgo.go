//go:build cgo

package main

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"lifeboat/app/cli"
	"lifeboat/app/desktop"
	"lifeboat/app/i18n"
	"lifeboat/app/shell"
	"lifeboat/configs"
)

// hasWindow says whether this program has the window.
const hasWindow = true

// openWindow shows the window: the domains of the settings, or without settings
// the practice world. Without a display it opens nothing. Where the window of the data
// folder is open already, that one comes to the front.
func openWindow(ctx context.Context, w *wiring, m mode) (status int, opened bool) {
	if !display() {
		return 0, false
	}
	tongue, err := i18n.New(i18n.Choose("auto", os.Getenv))
	if err != nil {
		return complain(err), true
	}
	if m == openComponents {
		shell.ShowComponents(ctx)
		return 0, true
	}
	_, data := w.files(cli.Place{})
	place, first, err := desktop.FirstWindow(data)
	if err == nil && !first {
		if err := desktop.ShowWindow(ctx, data, ""); err != nil {
			return complain(err), true
		}
		_, _ = fmt.Fprintln(os.Stdout, tongue.T("Lifeboat's window is open already; it has been brought to the front."))
		return 0, true
	}
	win := shell.New(ctx, shell.Options{Title: "Lifeboat", Tongue: tongue, Log: w.logger, Hidden: m == openBackground})
	if err != nil {
		w.logger.Warn("one window", "error", err) // practice needs no data folder
	} else {
		defer func() { _ = place.Close() }() // it ends with the process anyway
		win.Keep(func(ctx context.Context) {
			if err := place.Listen(ctx, win.Front); err != nil {
				w.logger.Warn("one window", "error", err)
			}
		})
	}
	w.person = newPerson(win.Tongue, func(ctx context.Context, q question) (string, error) {
		return win.AskSecret(ctx, shell.Question{Title: q.title, Text: q.text, Label: q.label, Again: q.again})
	})
	b := &worlds{w: w, win: win, serving: &serving{w: w}}
	defer b.close()
	win.Keep(b.serving.run)
	win.Begin(shell.Host{Real: b.realDesk, Practice: b.practiceDesk}) //nolint:contextcheck // the window has a context of its own, which ends with ctx or with the window
	win.Run()
	return 0, true
}

// display reports whether there is a screen to open a window on.
func display() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	default:
		return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
	}
}

// complain tells why there is no window.
func complain(err error) int {
	t, terr := i18n.New(i18n.Choose("auto", os.Getenv))
	if terr != nil {
		t = &i18n.Tongue{Language: i18n.English}
	}
	for _, l := range t.Errors(err) {
		_, _ = fmt.Fprintln(os.Stderr, "lifeboat:", l)
	}
	if len(configs.ProblemsIn(err)) > 0 {
		return 2
	}
	return 1
}
