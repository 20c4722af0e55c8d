package door

import (
	"net"

	"golang.org/x/sys/unix"
)

// peerUser returns the user that the process at the other end runs as (unix(7),
// SO_PEERCRED).
func peerUser(c *net.UnixConn) (uid uint32, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Control(func(fd uintptr) {
		var cred *unix.Ucred
		if cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			uid = cred.Uid
		}
	})
	if failed != nil {
		return 0, failed
	}
	return uid, err
}
