package engine_test

import "os"

// killMyself ends this process at once, as the task manager does.
func killMyself() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
}
