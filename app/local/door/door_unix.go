//go:build !windows

package door

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// The socket lies in a folder of its own that nobody else may enter; where the data
// folder's path is too long for a socket (sockaddr_un has room for 104 octets on macOS,
// 108 on Linux), in a new one among the temporary files.
const (
	socketName = "socket"
	socketMost = 100 // octets
)

func tempPattern(purpose string) string { return "lifeboat-" + purpose + "-*" }

// Open listens at the door that a data folder has for a purpose, which is a word of
// letters. The address is what [Dial] takes: the path of a socket, or the name of a pipe.
// A socket that a killed predecessor left there is replaced; the caller holds a lock that
// keeps out a living one.
func Open(dataDir, purpose string) (l net.Listener, address string, err error) {
	dir, err := filepath.Abs(filepath.Join(dataDir, purpose)) // whoever asks may be in another folder
	if err != nil {
		return nil, "", err
	}
	if path := filepath.Join(dir, socketName); len(path) > socketMost {
		dir, err = os.MkdirTemp("", tempPattern(purpose))
	} else {
		err = errors.Join(os.MkdirAll(dir, 0o700), os.Chmod(dir, 0o700)) //nolint:gosec // a folder must be entered by its owner
	}
	if err != nil {
		return nil, "", err
	}
	path := filepath.Join(dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, "", err
	}
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, "", err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, "", errors.Join(err, socket.Close())
	}
	return socket, path, nil
}

// Dial goes to a door.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", address)
}

// Remove removes a socket that nobody listens at any more, and its folder where that was
// made for it alone. Both are taken for ours only under the names that [Open] gives.
func Remove(address, purpose string) {
	dir := filepath.Dir(address)
	if filepath.Base(address) != socketName {
		return
	}
	ours, _ := filepath.Match(tempPattern(purpose), filepath.Base(dir)) // the pattern is well formed
	temporary := ours && filepath.Dir(dir) == strings.TrimSuffix(os.TempDir(), "/")
	if !temporary && filepath.Base(dir) != purpose {
		return
	}
	_ = os.Remove(address) // it may be gone
	if temporary {
		_ = os.Remove(dir)
	}
}
