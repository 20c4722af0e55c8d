//go:build !unix

package servers

import (
	"context"
	"errors"
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return nil }

func terminate(p *os.Process) error { return p.Kill() }
func killGroup(p *os.Process) error { return p.Kill() }

func pauseGroup(context.Context, *os.Process) error { return errors.ErrUnsupported }
func resumeGroup(*os.Process) error                 { return errors.ErrUnsupported }
