//go:build !windows

package door_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/app/local/door"
)

// A door lets its own user through, in folders of any length, takes a dead one's place,
// and leaves nothing behind.
func TestDoor(t *testing.T) {
	for name, dir := range map[string]string{
		"short": t.TempDir(),
		"long":  filepath.Join(t.TempDir(), strings.Repeat("long/", 30)),
	} {
		for range 2 { // the second finds what the first, killed, left behind
			l, address, err := door.Open(dir, "test")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			passes(t, l, address)
			if socket, ok := l.(*net.UnixListener); ok {
				socket.SetUnlinkOnClose(false)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if name == "long" {
				door.Remove(address, "test")
				if _, err := os.Stat(filepath.Dir(address)); !os.IsNotExist(err) {
					t.Errorf("%s: the folder among the temporary files stays: %v", name, err)
				}
			}
		}
	}
}

func passes(t *testing.T, l net.Listener, address string) {
	t.Helper()
	c, err := door.Dial(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	there, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = there.Close() }()
	for _, side := range []net.Conn{c, there} {
		if err := door.CheckPeer(side); err != nil {
			t.Error(err)
		}
	}
	if m, err := os.Stat(filepath.Dir(address)); err != nil || m.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the socket: %v, %v", m, err)
	}
}

// What is removed is a door's, and of the same purpose.
func TestRemoveTakesOnlyDoors(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"test/other", "elsewhere/socket", "lifeboat-test-1/socket"} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		door.Remove(path, "test")
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s is gone: %v", path, err)
		}
	}
}
