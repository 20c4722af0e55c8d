package shell

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadTime is how long the present thread has been at work. The UI thread is one
// and the same as long as the program runs.
func threadTime() time.Duration {
	var at unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at) != nil {
		return 0
	}
	return time.Duration(at.Nano())
}
