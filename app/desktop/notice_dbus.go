//go:build !windows && !darwin

package desktop

import (
	"context"
	"os"
	"path/filepath"

	"github.com/godbus/dbus/v5"

	"lifeboat/failover"
)

// What is spoken to on the session's bus: the freedesktop.org's notices, and KDE's
// trays, which the other desktops took over.
const (
	noticesName = "org.freedesktop.Notifications"
	noticesPath = "/org/freedesktop/Notifications"
	trayName    = "org.kde.StatusNotifierWatcher"
	trayPath    = "/StatusNotifierWatcher"
)

// bus connects to the session's bus. Where there is none, none is started.
func bus(ctx context.Context) (*dbus.Conn, error) {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		if _, err := os.Stat(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")); err != nil || os.Getenv("XDG_RUNTIME_DIR") == "" {
			return nil, failover.Fail(failover.ErrUnsupported, "{error}", "error", "no session bus").Because(err)
		}
	}
	return dbus.ConnectSessionBus(dbus.WithContext(ctx))
}

// Tray says whether there is a tray to put a sign into.
func Tray(ctx context.Context) bool {
	c, err := bus(ctx)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }() // it was only asked
	v, err := c.Object(trayName, trayPath).GetProperty(trayName + ".IsStatusNotifierHostRegistered")
	if err != nil {
		return false
	}
	there, _ := v.Value().(bool)
	return there
}

// Notify shows a notice, and listens, until ctx ends or the notice is closed, for its
// being pressed.
func Notify(ctx context.Context, n Notice) error {
	c, err := bus(ctx)
	if err != nil {
		return err
	}
	if err := c.AddMatchSignalContext(ctx, dbus.WithMatchInterface(noticesName), dbus.WithMatchObjectPath(noticesPath)); err != nil {
		_ = c.Close()
		return err
	}
	signals := make(chan *dbus.Signal, 16)
	c.Signal(signals)
	var id uint32
	hints := map[string]dbus.Variant{"desktop-entry": dbus.MakeVariant("org.lifeboat.desktop")}
	err = c.Object(noticesName, noticesPath).CallWithContext(ctx, noticesName+".Notify", 0,
		n.App, uint32(0), "", n.Title, n.Text, []string{"default", n.App}, hints, int32(-1)).Store(&id)
	if err != nil {
		_ = c.Close()
		return failover.Fail(failover.ErrUnsupported, "{error}", "error", "no notices here").Because(err)
	}
	go func() {
		defer func() { _ = c.Close() }() // nothing is lost
		listen(ctx, signals, id, n.Open)
	}()
	return nil
}

// listen waits for what becomes of a notice.
func listen(ctx context.Context, signals <-chan *dbus.Signal, id uint32, open func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case s, ok := <-signals:
			if !ok {
				return
			}
			if len(s.Body) == 0 || s.Body[0] != any(id) {
				continue // about another notice
			}
			switch s.Name {
			case noticesName + ".ActionInvoked":
				if open != nil {
					open()
				}
			case noticesName + ".NotificationClosed":
				return
			}
		}
	}
}
