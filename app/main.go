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
	if wantsWindow(args) {
		if status, opened := openWindow(ctx, w); opened {
			return status
		}
	}
	if len(args) == 0 && desktop {
		args = []string{"practice"} // no display: the same in the terminal
	}
	return cli.Run(ctx, w.app(), args)
}

// wantsWindow: lifeboat-desktop alone opens the window.
func wantsWindow(args []string) bool { return desktop && len(args) == 0 }
