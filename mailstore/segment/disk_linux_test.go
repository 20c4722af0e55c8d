package segment_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/segment"
)

// A full disk is said, costs nothing that was there, and once there is room all goes on.
func TestFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	disk := servers.SmallDisk(t, "4m")
	dir := filepath.Join(disk, "segments")
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	f := open(t, dir, segment.Options{MaxSize: frame})
	var refs []segment.Ref
	var err error
	for i := uint64(0); err == nil && i < 1000; i++ {
		w := f.NewWriter()
		_, err = w.Write(random(i, 40_000))
		var ref segment.Ref
		if err == nil {
			ref, err = w.Close()
		}
		if err == nil {
			refs = append(refs, ref)
		}
	}
	fails(t, err, mailstore.ErrDisk, "The disk is full", dir, "Make room")
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("the cause is not told: %v", err)
	}
	// A long message fails in its midst.
	w := f.NewWriter()
	_, err = w.Write(random(1, 3*frame))
	fails(t, err, mailstore.ErrDisk, "The disk is full")
	_, err = w.Close()
	fails(t, err, mailstore.ErrDisk, "The disk is full")
	if err := f.Sync(t.Context()); err != nil { // what fitted is durable
		t.Error(err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	refs = append(refs, put(t, f, random(uint64(len(refs)), 40_000)))
	for _, f := range []*segment.Files{f, open(t, dir, segment.Options{})} {
		for i, ref := range refs {
			if !bytes.Equal(get(t, f, ref), random(uint64(i), 40_000)) {
				t.Errorf("body %d is not as it was", i)
			}
		}
	}
}

func TestReadOnlyDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	disk := servers.SmallDisk(t, "4m")
	f := open(t, filepath.Join(disk, "segments"), segment.Options{})
	ref := put(t, f, []byte("here"))
	if err := errors.Join(f.Sync(t.Context()), f.Close(), unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, "")); err != nil {
		t.Fatal(err)
	}
	f = open(t, filepath.Join(disk, "segments"), segment.Options{})
	if got := get(t, f, ref); string(got) != "here" {
		t.Errorf("%q", got)
	}
	_, err := f.NewWriter().Close()
	fails(t, err, mailstore.ErrDisk, disk, "cannot be written")
	_, err = segment.Open(filepath.Join(disk, "another"), key, segment.Options{})
	fails(t, err, mailstore.ErrDisk, disk, "cannot be written")
}
