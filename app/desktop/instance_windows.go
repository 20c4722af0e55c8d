package desktop

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// pipePrefix begins the names of our pipes. The rest is random, so that nobody can wait
// under the name beforehand.
const pipePrefix = `\\.\pipe\lifeboat-window-`

// listenAt opens a pipe that this user alone may use.
func listenAt(string) (net.Listener, string, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, "", err
	}
	name := make([]byte, 16)
	_, _ = rand.Read(name) // never fails (crypto/rand)
	path := pipePrefix + hex.EncodeToString(name)
	l, err := winio.ListenPipe(path, &winio.PipeConfig{
		SecurityDescriptor: "D:P(A;;GA;;;" + user.User.Sid.String() + ")(A;;GA;;;SY)",
	})
	return l, path, err
}

func dialAt(ctx context.Context, address string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, address)
}

// removeAt has nothing to do: a pipe ends with its process.
func removeAt(string) {}
