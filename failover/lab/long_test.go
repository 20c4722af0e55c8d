package lab_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"lifeboat/failover/lab"
)

// An hour of practice at the usual pace is 7,200 messages; this is almost two
// hours of it, with an outage and a switch every 850 messages or more. Nothing is
// lost or doubled, and what the world holds stops growing.
func TestLongPractice(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	const rounds = 16
	const pace = 8 * time.Millisecond
	c := newClock()
	w := start(t, lab.Options{Now: c.now, Interval: pace, Lag: 10 * time.Second, Staff: true})
	events, _ := w.Subscribe(100000)
	d := w.Domain()
	faults := lab.Faults()[:9] // those that spoil no message
	at, other := d.Primary, d.Secondary
	var half uint64
	for round := range rounds {
		// A slow machine delivers less than is written, until so much waits that nobody
		// writes any more, and an outage would add nothing to it.
		if w.Totals().Waiting > 2000 {
			w.SetInterval(-1)
			until(t, w, events, func(n lab.Totals) bool { return n.Waiting < 200 })
			w.SetInterval(pace)
		}
		from := w.Totals().Delivered
		until(t, w, events, func(n lab.Totals) bool { return n.Delivered >= from+500 })
		fault := faults[round%len(faults)]
		if fault == lab.Reject || fault == lab.Slow {
			fault = lab.Reset
		}
		if err := w.Break(at.Role, fault); err != nil {
			t.Fatal(err)
		}
		from = w.Totals().Waiting
		until(t, w, events, func(n lab.Totals) bool { return n.Waiting >= from+50 })
		switchMX(t, w, at, other)
		w.SetSendRoute(other.Role)
		c.pass(310 * time.Second)
		from = w.Totals().Delivered
		until(t, w, events, func(n lab.Totals) bool { return n.Delivered >= from+300 })
		w.Mend(at.Role)
		at, other = other, at
		if round == rounds*3/5 {
			half = heap()
		}
	}
	w.SetInterval(-1)
	n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
	if n.Bounced != 0 || n.Lost != 0 || n.Doubled != 0 || n.Delivered != n.Sent {
		t.Errorf("%+v", n)
	}
	// Both providers have forgotten their first messages by half-time.
	if now := heap(); now > half+half/4+(4<<20) {
		t.Errorf("%d KB in use at half-time, %d KB at the end", half>>10, now>>10)
	} else {
		t.Logf("%d messages; %d KB in use at half-time, %d KB at the end", n.Sent, half>>10, now>>10)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
