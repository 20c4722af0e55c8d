package queue

import (
	"fmt"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

func readOnly(dir string) error {
	return failover.Fail(failover.ErrReadOnly, "The mail queue in {folder} was opened for reading only.", "folder", dir)
}

func noSuch(id relay.ID) error {
	return failover.Fail(failover.ErrInvalid, "There is no message {id} in the mail queue.", "id", id)
}

// full refuses what would need room that there is not.
func full(dir string, cause error) error {
	return failover.Fail(failover.ErrDisk,
		"The disk is full, so the mail queue in {folder} accepts nothing more: make room. What it has accepted before is kept.",
		"folder", dir).Because(cause)
}

func notWritten(path string, cause error) error {
	return failover.Fail(failover.ErrDisk,
		"{file} cannot be written: see that the disk works and has room, and that the folder is yours. What the mail queue has accepted before is kept.",
		"file", path).Because(cause)
}

func notRead(path string, cause error) error {
	return failover.Fail(failover.ErrDisk,
		"{file} cannot be read: see that the disk works, and that the file is yours.", "file", path).Because(cause)
}

// distrusted is after a flush that failed: the kernel tells of such a failure once, and
// takes for written what it could not write.
func distrusted(dir string, cause error) error {
	return failover.Fail(failover.ErrDisk,
		"The disk may not have kept what was written to {folder}, so the mail queue accepts and changes nothing more: see to the disk, then start Lifeboat again.",
		"folder", dir).Because(cause)
}

// size tells bytes as people read them.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}
