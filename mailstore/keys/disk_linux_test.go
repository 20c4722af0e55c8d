package keys_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
)

// On a full disk the file stays as it was, and nothing is left behind.
func TestFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	dir := servers.SmallDisk(t, "64k")
	path, ballast := filepath.Join(dir, "keys.json"), filepath.Join(dir, "ballast")
	key, code := create(t, path)
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk does not fill up: %v", err)
	}
	c := newChain()
	s := open(t, path)
	_, _, err := s.Add(t.Context(), key, clock, keychain(c), "")
	fails(t, err, mailstore.ErrDisk, path, "Make room")
	if len(c.items) != 0 {
		t.Error("the keychain has a key of no use")
	}
	_, _, err = s.Add(t.Context(), key, clock, machine(dir, "m1"), "")
	fails(t, err, mailstore.ErrDisk, dir)
	_, _, err = keys.Create(t.Context(), filepath.Join(dir, "other.json"), clock, keychain(c))
	fails(t, err, mailstore.ErrDisk, "other.json")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 || len(c.items) != 0 {
		t.Errorf("%v are left, %v", left, err)
	}
	opens(t, path, key, keys.Recovery, keys.RecoveryOpener{Code: code})
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Add(t.Context(), key, clock, keychain(c), ""); err != nil {
		t.Fatal(err)
	}
	opens(t, path, key, keys.InKeychain, keychain(c))
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	fails(t, s.Revoke(t.Context(), key, s.List()[1].ID, keys.Revocation{}), mailstore.ErrDisk, path)
	opens(t, path, key, keys.InKeychain, keychain(c))
}
