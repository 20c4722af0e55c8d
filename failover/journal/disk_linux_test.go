package journal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/journal"
)

func TestFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	dir := servers.SmallDisk(t, "64k")
	path := filepath.Join(dir, "journal")
	j := open(t, path)
	add(t, j, aRun(t)...)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk does not fill up: %v", err)
	}
	// The last page of the journal has room yet; then the disk is full.
	note := journal.Entry{Event: journal.Note, Reason: strings.Repeat("x", 700)}
	var err error
	for range 20 {
		if err = j.Append(note); err != nil {
			break
		}
	}
	var e *failover.Error
	want := "the journal " + path + " cannot be written, so nothing is changed: make room on the disk and see that the folder is yours"
	if !errors.Is(err, failover.ErrDisk) || !errors.Is(err, unix.ENOSPC) || !errors.As(err, &e) || e.Say.String() != want {
		t.Fatalf("a full disk says %v", err)
	}
	content, n := read(t, path), len(j.Entries())
	if err := j.Append(note); !errors.Is(err, failover.ErrDisk) {
		t.Errorf("the second try says %v", err)
	}
	if entries, err := journal.Read(path); err != nil || len(entries) != n || !bytes.Equal(read(t, path), content) {
		t.Errorf("the file is not as it was: %d entries, not %d; %v", len(entries), n, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(note); err != nil {
		t.Errorf("with room made: %v", err)
	}
	if entries, err := journal.Read(path); err != nil || len(entries) != n+1 {
		t.Errorf("%d entries, not %d: %v", len(entries), n+1, err)
	}
}

// A torn line stays in the journal as long as there is no room to keep it elsewhere.
func TestTornOnAFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	dir := servers.SmallDisk(t, "64k")
	path := filepath.Join(dir, "journal")
	j := open(t, path)
	add(t, j, aRun(t)...)
	write(t, path, append(read(t, path), "torn"...))
	content := read(t, path)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk does not fill up: %v", err)
	}
	if _, err := journal.Open(path, clock); !errors.Is(err, failover.ErrDisk) {
		t.Errorf("got %v", err)
	}
	if !bytes.Equal(read(t, path), content) {
		t.Errorf("the torn line is gone")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if n := len(open(t, path).Entries()); n != len(aRun(t)) {
		t.Errorf("%d entries", n)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	dir := servers.SmallDisk(t, "64k")
	path := filepath.Join(dir, "journal")
	j := open(t, path)
	add(t, j, aRun(t)...)
	if err := errors.Join(j.Close(), unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, "")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, filepath.Join(dir, "new"), filepath.Join(dir, "folder", "journal")} {
		j, err := journal.Open(p, clock)
		if !errors.Is(err, failover.ErrDisk) || !errors.Is(err, unix.EROFS) || j != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	if entries, err := journal.Read(path); err != nil || len(entries) != len(aRun(t)) {
		t.Errorf("what is there cannot be read: %d entries, %v", len(entries), err)
	}
}
