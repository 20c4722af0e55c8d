package servers

import (
	"testing"

	"golang.org/x/sys/unix"
)

// SmallDisk mounts a disk of its own for the test, inside its namespace, and returns the
// folder. The size is tmpfs's (tmpfs(5)): "64k", "4m".
func SmallDisk(t testing.TB, size string) (dir string) {
	t.Helper()
	if !Inside() {
		t.Fatal("a disk that is mounted outside a namespace would be the machine's own: call InNamespace first")
	}
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("no small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}
