package drill_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/failovertest/servers"
)

// A disk that is full keeps what it has, and says so in a sentence.
func TestHistoryOnAFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	dir := servers.SmallDisk(t, "64k")
	h := drill.NewHistory(dir)
	save(t, h, held(ten, "outage"))
	if err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk does not fill up: %v", err)
	}
	later := held(ten.Add(time.Hour), "outage")
	var e *failover.Error
	err := h.Save(later)
	want := "The result of the drill could not be written to " + filepath.Join(dir, later.ID) + ".json: make room on the disk and see that the folder is yours."
	if !errors.Is(err, failover.ErrDisk) || !errors.Is(err, unix.ENOSPC) || !errors.As(err, &e) || e.Say.String() != want {
		t.Errorf("a full disk says %v", err)
	}
	// In the place of the old one neither: that is still whole.
	if err := h.Save(held(ten, "outage", func(r *drill.Result) { r.Facilitator = "Mori" })); !errors.Is(err, failover.ErrDisk) {
		t.Errorf("the same once more: %v", err)
	}
	if all, err := h.List(); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("%d files beside each other: %v", len(files), err)
	}
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	save(t, h, later)
	if all, err := h.List(); err != nil || len(all) != 2 {
		t.Errorf("with room made: %v, %v", all, err)
	}
}
