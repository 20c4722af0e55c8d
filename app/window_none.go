//go:build !cgo

package main

import "context"

// desktop says whether this program has the window.
const desktop = false

func openWindow(context.Context, *wiring) (status int, opened bool) { return 0, false }
