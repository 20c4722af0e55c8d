//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"lifeboat/app/cli"
	"lifeboat/app/i18n"
	"lifeboat/app/shell"
	"lifeboat/configs"
)

// desktop says whether this program has the window.
const desktop = true

// openWindow shows the window: the domains of the settings, or without settings
// the practice world. Without a display it opens nothing.
func openWindow(ctx context.Context, w *wiring) (status int, opened bool) {
	if !display() {
		return 0, false
	}
	setting := "auto"
	e, _, err := w.open(cli.Place{})
	if err == nil {
		setting = e.Settings().Language
	} else if !errors.Is(err, fs.ErrNotExist) {
		return complain(err), true
	}
	tongue, terr := i18n.New(i18n.Choose(setting, os.Getenv))
	if terr != nil {
		return complain(terr), true
	}
	win := shell.New(ctx, "Lifeboat")
	if chosen := win.Language(tongue.Language); chosen != tongue.Language {
		if tongue, terr = i18n.New(chosen); terr != nil {
			return complain(terr), true
		}
	}
	if err == nil {
		parts, err := w.realDesk(tongue, e)
		if err != nil {
			return complain(err), true
		}
		win.Open(tongue, parts) //nolint:contextcheck // the window has a context of its own, which ends with ctx or with the window
	} else {
		//nolint:contextcheck // as above
		win.Later(tongue, tongue.T("A small mail world starts inside this program …"), func(ctx context.Context) (shell.Parts, error) {
			return w.practiceDesk(ctx, tongue)
		})
	}
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
