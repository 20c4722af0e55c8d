//go:build !windowtest

package shell

// expose tells a program that drives the window what is seen; only what is built for
// that does (tag windowtest).
func (w *Window) expose() {}
