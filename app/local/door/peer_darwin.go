package door

import (
	"net"

	"golang.org/x/sys/unix"
)

// peerUser returns the user that the process at the other end runs as (unix(4),
// LOCAL_PEERCRED).
func peerUser(c *net.UnixConn) (uid uint32, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Control(func(fd uintptr) {
		var cred *unix.Xucred
		if cred, err = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); err == nil {
			uid = cred.Uid
		}
	})
	if failed != nil {
		return 0, failed
	}
	return uid, err
}
