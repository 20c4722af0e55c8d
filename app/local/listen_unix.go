//go:build !windows

package local

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
	socketDir   = "serve"
	socketName  = "api"
	socketMost  = 100 // octets
	tempPattern = "lifeboat-api-*"
)

func listen(dataDir string) (net.Listener, string, error) {
	dir := filepath.Join(dataDir, socketDir)
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs // whoever asks may be in another folder
	}
	var err error
	if path := filepath.Join(dir, socketName); len(path) > socketMost {
		dir, err = os.MkdirTemp("", tempPattern)
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
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, "", err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, "", errors.Join(err, l.Close())
	}
	return l, path, nil
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", address)
}

// removeStale removes a socket, and its folder where that was made for it alone. Both
// are only taken for ours under the names that listen gives.
func removeStale(address string) {
	dir := filepath.Dir(address)
	if filepath.Base(address) != socketName {
		return
	}
	ours, _ := filepath.Match(tempPattern, filepath.Base(dir)) // the pattern is well formed
	temporary := ours && filepath.Dir(dir) == strings.TrimSuffix(os.TempDir(), "/")
	if !temporary && filepath.Base(dir) != socketDir {
		return
	}
	_ = os.Remove(address) // it may be gone
	if temporary {
		_ = os.Remove(dir)
	}
}
