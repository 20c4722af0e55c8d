package export_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
)

// A disk that fills up is said, and nothing is left on it.
func TestFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	dir := servers.SmallDisk(t, "2m")
	target := filepath.Join(dir, "mail")
	text := make([]byte, 300_000)
	for i := range text {
		text[i] = byte(i*i>>7) ^ byte(i*7919>>3)
	}
	var many []export.Message
	for i := range 40 {
		many = append(many, message("INBOX", mailstore.UID(i+1), text))
	}
	long := message("INBOX", 1, make([]byte, 5<<20)) // is too long already while it is looked at
	for _, format := range formats {
		for _, all := range [][]export.Message{many, {long}} {
			_, err := export.Write(t.Context(), target, sequence(all), export.Options{Format: format})
			fails(t, err, mailstore.ErrDisk, "The disk is full", dir, "Make room")
			if !errors.Is(err, unix.ENOSPC) {
				t.Errorf("%s: the cause is not told: %v", format, err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("%s: %v are left, %v", format, left, err)
			}
		}
		write(t, filepath.Join(dir, string(format)), format, many[:1])
		if all, _, errs := read(t, filepath.Join(dir, string(format))); len(all) != 1 || len(errs) != 0 {
			t.Errorf("%s: %d, %v", format, len(all), errs)
		}
		if err := os.RemoveAll(filepath.Join(dir, string(format))); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	_, err := export.Write(t.Context(), target, sequence(many), export.Options{Format: export.Zip})
	fails(t, err, mailstore.ErrDisk, target, "cannot be written")
}
