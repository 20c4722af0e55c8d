//go:build !windows

package desktop

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// The socket lies in a folder of its own that nobody else may enter; where the data
// folder's path is too long for a socket (sockaddr_un has room for 104 octets on
// macOS), in a new one among the temporary files.
const (
	socketDir   = "window"
	socketName  = "front"
	socketMost  = 100 // octets
	tempPattern = "lifeboat-window-*"
)

func listenAt(dataDir string) (net.Listener, string, error) {
	dir, err := filepath.Abs(filepath.Join(dataDir, socketDir))
	if err != nil {
		return nil, "", err
	}
	if len(filepath.Join(dir, socketName)) > socketMost {
		dir, err = os.MkdirTemp("", tempPattern)
	} else {
		err = errors.Join(os.MkdirAll(dir, 0o700), os.Chmod(dir, 0o700)) //nolint:gosec // a folder must be entered by its owner
	}
	if err != nil {
		return nil, "", err
	}
	at := filepath.Join(dir, socketName)
	if err := os.Remove(at); err != nil && !errors.Is(err, os.ErrNotExist) { // of a killed predecessor
		return nil, "", err
	}
	l, err := net.Listen("unix", at) //nolint:noctx // it ends with the window
	if err != nil {
		return nil, "", err
	}
	return l, at, os.Chmod(at, 0o600)
}

func dialAt(ctx context.Context, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "unix", address)
}

// removeAt removes the socket, and its folder where that was made for it alone.
func removeAt(address string) {
	_ = os.Remove(address) // it is gone with the listener
	dir := filepath.Dir(address)
	if ours, _ := filepath.Match(tempPattern, filepath.Base(dir)); ours && filepath.Dir(dir) == strings.TrimSuffix(os.TempDir(), "/") {
		_ = os.Remove(dir)
	}
}
