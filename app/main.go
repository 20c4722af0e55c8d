// Command lifeboat keeps a small organisation's mail working while its mail
// provider is down.
//
// Two programs are built from this package: lifeboat, the command line, without
// cgo, and lifeboat-desktop, the same with the window. What they share is put
// together in wire.go.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"lifeboat/app/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever presses Ctrl-C twice need not wait for an orderly end
	status := start(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// start opens the window when that is what was asked for and there is one, and
// otherwise runs the command line.
func start(ctx context.Context, args []string) int {
	w := newWiring(os.Environ())
	if mode, ok := windowMode(args); ok {
		if status, opened := openWindow(ctx, w, mode); opened {
			return status
		}
		args = nil
	}
	if len(args) == 0 && hasWindow {
		args = []string{"practice"} // no display: the same in the terminal
	}
	return cli.Run(ctx, w.app(), args)
}

// mode is how the window is opened.
type mode string

// The modes, by the argument that asks for them.
const (
	openUsual      mode = ""
	openBackground mode = "--background" // to the tray, as at the start of the computer
	openComponents mode = "--components" // every piece of the window in every state
)

// windowMode says how the window is to be opened: lifeboat-desktop alone opens it, or
// with an argument that is one of the modes.
func windowMode(args []string) (mode, bool) {
	switch {
	case !hasWindow || len(args) > 1:
		return "", false
	case len(args) == 0:
		return openUsual, true
	case mode(args[0]) == openBackground, mode(args[0]) == openComponents:
		return mode(args[0]), true
	}
	return "", false
}
