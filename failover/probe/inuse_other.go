//go:build !windows

package probe

// inUse: a file that is open somewhere can be replaced all the same.
func inUse(error) bool { return false }
