package failover_test

import (
	"testing"
	"time"

	"lifeboat/failover"
)

func TestTook(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "0 s", 0: "0 s", 999 * time.Microsecond: "0 s", time.Millisecond: "1 ms", 40 * time.Millisecond: "40 ms",
		99999 * time.Microsecond: "99 ms", 100 * time.Millisecond: "0.1 s", 449 * time.Millisecond: "0.4 s", 9940 * time.Millisecond: "9.9 s",
		9960 * time.Millisecond: "10 s", 12 * time.Second: "12 s", 59400 * time.Millisecond: "59 s", 59600 * time.Millisecond: "1 min 00 s",
		125 * time.Second: "2 min 05 s", 3599600 * time.Millisecond: "1 h 00 min", 80 * time.Minute: "1 h 20 min", 30 * time.Hour: "30 h 00 min",
	} {
		if got := failover.Took(d).String(); got != want {
			t.Errorf("%d ns: %q, not %q", d, got, want)
		}
	}
}
