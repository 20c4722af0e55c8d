//go:build unix

package servers

import (
	"errors"
	"os"
	"syscall"
)

// terminate asks the main process alone: it knows how to end its children.
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

func killGroup(p *os.Process) error   { return signalGroup(p, syscall.SIGKILL) }
func resumeGroup(p *os.Process) error { return signalGroup(p, syscall.SIGCONT) }

// signalGroup signals the process group that ownGroup made, whose number is the main process's.
func signalGroup(p *os.Process, s syscall.Signal) error {
	err := syscall.Kill(-p.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
