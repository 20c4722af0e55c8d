//go:build unix

package service

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// IsMe reports whether an account, as OwnerOf tells it, is the one that this program
// runs as.
func IsMe(account string) bool {
	if account == "" {
		return os.Geteuid() == 0
	}
	u, err := user.Current()
	return err == nil && u.Username == account
}

// OwnerOf returns the name of the account that owns a file or folder, so that a
// service can run as it; empty for root, and where that cannot be told.
func OwnerOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 {
		return ""
	}
	u, err := user.LookupId(strconv.FormatUint(uint64(stat.Uid), 10))
	if err != nil {
		return ""
	}
	return u.Username
}
