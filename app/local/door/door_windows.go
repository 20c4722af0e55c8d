package door

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// Open opens a pipe that this user alone may use: the security descriptor grants all
// to the user and to the system itself, and lets nothing be inherited. Half of its name
// is random, so that nobody can wait under it beforehand.
func Open(_, purpose string) (l net.Listener, address string, err error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, "", err
	}
	name := make([]byte, 16)
	_, _ = rand.Read(name) // never fails (crypto/rand)
	path := `\\.\pipe\lifeboat-` + purpose + "-" + hex.EncodeToString(name)
	l, err = winio.ListenPipe(path, &winio.PipeConfig{
		SecurityDescriptor: "D:P(A;;GA;;;" + user.User.Sid.String() + ")(A;;GA;;;SY)",
	})
	return l, path, err
}

// Dial goes to a door.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, address)
}

// Remove has nothing to do: a pipe ends with its process.
func Remove(string, string) {}

// CheckPeer has nothing to do: the pipe's security descriptor says who may open it.
func CheckPeer(net.Conn) error { return nil }
