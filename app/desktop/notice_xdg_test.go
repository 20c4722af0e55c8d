//go:build !windows && !darwin

package desktop_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"

	"lifeboat/app/desktop"
)

// sessionBus starts a session bus of the test's own, and connects to it.
func sessionBus(t *testing.T) *dbus.Conn {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("no dbus-daemon here to try notices and the tray over")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "bus.conf")
	text := `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=` + filepath.Join(dir, "bus") + `</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "dbus-daemon", "--config-file="+config, "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	c, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// notices is a desktop's server of notices.
type notices struct {
	bus   *dbus.Conn
	mu    sync.Mutex
	shown []string
	came  chan uint32
}

// Notify implements org.freedesktop.Notifications.
func (n *notices) Notify(_ string, _ uint32, _, title, text string, actions []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shown = append(n.shown, title+"|"+text+"|"+strings.Join(actions, ","))
	id := uint32(len(n.shown))
	n.came <- id
	return id, nil
}

func (n *notices) emit(t *testing.T, name string, args ...any) {
	t.Helper()
	if err := n.bus.Emit("/org/freedesktop/Notifications", "org.freedesktop.Notifications."+name, args...); err != nil {
		t.Fatal(err)
	}
}

// A notice is shown, and pressing it opens what it is about; pressing another does not.
func TestNotify(t *testing.T) {
	bus := sessionBus(t)
	n := &notices{bus: bus, came: make(chan uint32, 4)}
	if err := bus.Export(n, "/org/freedesktop/Notifications", "org.freedesktop.Notifications"); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.RequestName("org.freedesktop.Notifications", 0); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	opened := make(chan string, 4)
	for _, title := range []string{"MX が停止", "drill"} {
		err := desktop.Notify(ctx, desktop.Notice{App: "Lifeboat", Title: title, Text: "text", Open: func() { opened <- title }})
		if err != nil {
			t.Fatal(err)
		}
	}
	first, second := <-n.came, <-n.came
	n.emit(t, "ActionInvoked", second, "default")
	if got := <-opened; got != "drill" {
		t.Errorf("pressing the second opened %q", got)
	}
	n.emit(t, "NotificationClosed", second, uint32(2))
	n.emit(t, "ActionInvoked", first, "default")
	if got := <-opened; got != "MX が停止" {
		t.Errorf("pressing the first opened %q", got)
	}
	if got := n.shown[0]; got != "MX が停止|text|default,Lifeboat" {
		t.Errorf("shown: %q", got)
	}
}

// Without a bus, or without anybody who shows notices, that is an error and no wait.
func TestNoNotices(t *testing.T) {
	if err := desktop.Notify(t.Context(), desktop.Notice{Title: "x"}); err == nil {
		t.Error("without a bus a notice was shown")
	}
	sessionBus(t)
	if err := desktop.Notify(t.Context(), desktop.Notice{Title: "x"}); err == nil {
		t.Error("nobody shows notices, and one was shown")
	}
}

// There is a tray when the desktop says that somebody shows its signs.
func TestTray(t *testing.T) {
	if desktop.Tray(t.Context()) {
		t.Error("without a bus there is a tray")
	}
	bus := sessionBus(t)
	if desktop.Tray(t.Context()) {
		t.Error("on an empty bus there is a tray")
	}
	const name, path = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
	for _, hosted := range []bool{false, true} {
		if _, err := prop.Export(bus, path, prop.Map{name: {"IsStatusNotifierHostRegistered": {Value: hosted}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := bus.RequestName(name, 0); err != nil {
			t.Fatal(err)
		}
		if got := desktop.Tray(t.Context()); got != hosted {
			t.Errorf("with a host %v there is a tray: %v", hosted, got)
		}
	}
}
