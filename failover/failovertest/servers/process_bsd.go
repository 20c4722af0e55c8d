//go:build unix && !linux

package servers

import (
	"context"
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func pauseGroup(_ context.Context, p *os.Process) error { return signalGroup(p, syscall.SIGSTOP) }
