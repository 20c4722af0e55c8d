//go:build !linux && !darwin && !windows

package local

import "net"

// checkPeer has nothing to ask here: the socket's folder lets only its owner in.
func checkPeer(net.Conn) error { return nil }
