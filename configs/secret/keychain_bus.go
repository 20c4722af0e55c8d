//go:build !windows && !darwin

package secret

import (
	"context"
	"errors"
	"slices"

	"github.com/godbus/dbus/v5"
)

// reachable reports at once where there is no Secret Service to talk to, such as
// on a server without a session bus. Without it, the first call would start a bus
// or wait for an answer that never comes.
func reachable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachablePatience)
	defer cancel()
	bus, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return err
	}
	defer func() { _ = bus.Close() }() // only asked
	if err := errors.Join(bus.Auth(nil), bus.Hello()); err != nil {
		return err
	}
	for _, list := range []string{"org.freedesktop.DBus.ListNames", "org.freedesktop.DBus.ListActivatableNames"} {
		var names []string
		if err := bus.BusObject().CallWithContext(ctx, list, 0).Store(&names); err != nil {
			return err
		}
		if slices.Contains(names, "org.freedesktop.secrets") {
			return nil
		}
	}
	return errors.New("nobody offers org.freedesktop.secrets on the session bus")
}
