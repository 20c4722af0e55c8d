package submit_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"

	"lifeboat/failover/relay"
	"lifeboat/failover/relay/submit"
)

// null is a queue that keeps nothing: what is left is the cost of this package.
type null struct{ n atomic.Int64 }

type nullIncoming struct{ q *null }

func (q *null) New(relay.Envelope) relay.Incoming          { return nullIncoming{q} }
func (nullIncoming) Write(b []byte) (int, error)           { return len(b), nil }
func (nullIncoming) Abort()                                {}
func (q *null) Get(relay.ID) (relay.Item, bool)            { return relay.Item{}, false }
func (q *null) Items() iter.Seq[relay.Item]                { return func(func(relay.Item) bool) {} }
func (q *null) Body(relay.ID) (io.ReadCloser, error)       { return nil, io.EOF }
func (q *null) Changed() <-chan struct{}                   { return nil }
func (q *null) File(context.Context, ...relay.Event) error { return nil }
func (i nullIncoming) Commit(context.Context, relay.Header) (relay.Item, error) {
	return relay.Item{ID: relay.ID(strconv.FormatInt(i.q.n.Add(1), 10))}, nil
}

func (q *null) Update(context.Context, relay.ID, bool, func(*relay.Item) ([]relay.Event, error)) (relay.Item, error) {
	return relay.Item{}, io.EOF
}

// BenchmarkSource is how many messages of 10 KB Postfix's smtp-source gets rid of, a
// message an iteration. Half of the time is smtp-source's own.
func BenchmarkSource(b *testing.B) {
	for _, sessions := range []int{1, 10, 50} {
		b.Run(fmt.Sprintf("sessions=%d", sessions), func(b *testing.B) {
			q := &null{}
			w := serve(b, func(o *submit.Options) {
				o.Queue, o.Log = q, nil
				o.Devices = []submit.Device{{Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, User: copier}}
			})
			b.SetBytes(10 << 10)
			b.ResetTimer()
			out, err := exec.CommandContext(b.Context(), "smtp-source", "-s", strconv.Itoa(sessions), "-m", strconv.Itoa(b.N), "-l", "10240", "-d",
				"-f", copier, "-t", someone, w.plain).CombinedOutput()
			if err != nil || q.n.Load() != int64(b.N) {
				b.Fatalf("%v: %s; %d messages, want %d", err, out, q.n.Load(), b.N)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}
