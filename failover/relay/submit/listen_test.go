package submit

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"lifeboat/failover"
)

// Whoever may not open a port is told so, and not that it is taken.
func TestWhyNobodyListens(t *testing.T) {
	t.Parallel()
	for want, cause := range map[string]syscall.Errno{"administrator": syscall.EACCES, "another program": syscall.EADDRINUSE} {
		err := cannotListen("192.0.2.1:587", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", cause)})
		if !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "192.0.2.1:587") {
			t.Errorf("%v: %v", cause, err)
		}
	}
}
