package probe

import (
	"errors"

	"golang.org/x/sys/windows"
)

// inUse reports whether a file could not be replaced because somebody has it open.
// MoveFileEx says "access denied" for that as well.
func inUse(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}
