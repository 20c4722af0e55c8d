//go:build !windows && !darwin

package secret

import (
	"context"
	"net"
	"path/filepath"
	"testing"
)

// On a server there is no session bus: the vault is used, and nothing waits.
func TestNoSessionBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "no-bus"))
	o := options(t.TempDir())
	o.Keychain = SystemKeychain(o.Dir)
	s := Open(o)
	mustSet(t, s, "token", hunter, InVault)
	mustGet(t, s, "token", hunter)
	_, err := s.Get(t.Context(), "other")
	fails(t, err, ErrMissing, "other")
}

// A bus that takes the connection and then says nothing is given up.
func TestSilentSessionBus(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "bus")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+socket)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error)
	go func() {
		_, err := SystemKeychain(t.TempDir()).Get(ctx, "token")
		failed <- err
	}()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	cancel()
	if err := <-failed; err == nil {
		t.Error("got a secret from a bus that says nothing")
	}
}
