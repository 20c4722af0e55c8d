package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ownGroup gives a child a process group of its own, and lets the kernel kill it when the test program is killed and
// has no time to clean up.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// pauseGroup stops a process group and waits until every thread has stopped: the kernel delivers the signal to each in
// its own time, and one that still runs can answer.
func pauseGroup(ctx context.Context, p *os.Process) error {
	if err := signalGroup(p, syscall.SIGSTOP); err != nil {
		return err
	}
	return poll(ctx, func(context.Context) error { return allStopped(p.Pid) })
}

// allStopped reads proc_pid_stat(5) of every thread: "pid (name) state ppid pgrp ...", where the name may hold anything.
func allStopped(group int) error {
	files, err := filepath.Glob("/proc/[0-9]*/task/[0-9]*/stat")
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended since
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 3 || fields[2] != strconv.Itoa(group) {
			continue
		}
		switch fields[0] {
		case "T", "t", "Z", "X":
		default:
			return fmt.Errorf("%s still runs", filepath.Dir(file))
		}
	}
	return nil
}
