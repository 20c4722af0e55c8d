//go:build windows || darwin

package desktop

import (
	"context"

	"lifeboat/failover"
)

// Tray says whether there is a tray to put a sign into.
func Tray(context.Context) bool { return true }

// Notify shows a notice whose press is told. This system has none that can be shown
// from here: show a plain one.
func Notify(context.Context, Notice) error {
	return failover.Fail(failover.ErrUnsupported, "{error}", "error", "notices that can be pressed")
}
