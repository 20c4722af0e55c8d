//go:build !linux && !darwin && !windows

package door

import "net"

// CheckPeer has nothing to ask here: the socket's folder lets only its owner in.
func CheckPeer(net.Conn) error { return nil }
