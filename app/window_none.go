//go:build !cgo

package main

import "context"

// hasWindow says whether this program has the window.
const hasWindow = false

func openWindow(context.Context, *wiring, mode) (status int, opened bool) { return 0, false }
