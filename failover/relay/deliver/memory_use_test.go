package deliver

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

type primary struct{}

func (primary) Route(string) failover.Role { return failover.Primary }
func (primary) Changed() <-chan struct{}   { return nil }

// The schedule of 100,000 messages takes little memory beside the queue's own.
func TestScheduleIsSmall(t *testing.T) {
	d := New(Options{Routes: primary{}})
	const messages = 100_000
	var before, after runtime.MemStats
	ids := make([]relay.ID, messages) // the queue's
	for n := range ids {
		ids[n] = relay.ID(fmt.Sprintf("%016d", n))
	}
	runtime.GC()
	runtime.ReadMemStats(&before)
	for n, id := range ids {
		from := fmt.Sprintf("user%d@example.test", n%300)
		d.note(relay.Item{ID: id, State: relay.Waiting, Arrived: time.Now(), Envelope: relay.Envelope{From: from}, To: []relay.Recipient{{Address: "x@y", Fate: relay.Pending}}})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / messages; each > 300 {
		t.Errorf("%d octets a message", each)
	} else {
		t.Logf("%d octets a message", each)
	}
	if len(d.book) != messages || len(d.lanes) != 300 {
		t.Errorf("%d messages in %d lanes", len(d.book), len(d.lanes))
	}
}
