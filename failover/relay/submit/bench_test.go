//go:build linux || windows

// All of 127.0.0.0/8 is this machine there.

package submit_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"lifeboat/failover/relay"
	"lifeboat/failover/relay/queue"
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
// message an iteration: to a queue that keeps nothing, and to the real one. A good half of
// the machine's time is smtp-source's own.
func BenchmarkSource(b *testing.B) {
	for _, kept := range []bool{false, true} {
		for _, sessions := range []int{1, 10, 50} {
			b.Run(fmt.Sprintf("durable=%v/sessions=%d", kept, sessions), func(b *testing.B) { benchmarkSource(b, kept, sessions) })
		}
	}
}

func benchmarkSource(b *testing.B, kept bool, sessions int) {
	var q relay.Queue = &null{}
	if kept {
		q = durable(b)
	}
	w := serve(b, func(o *submit.Options) {
		o.Queue, o.Log = q, nil
		o.Devices = []submit.Device{everyone(copier)}
	})
	b.SetBytes(10 << 10)
	b.ResetTimer()
	out, err := exec.CommandContext(b.Context(), "smtp-source", "-s", strconv.Itoa(sessions), "-m", strconv.Itoa(b.N), "-l", "10240", "-d",
		"-f", copier, "-t", someone, w.plain).CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// durable opens a real queue.
func durable(t testing.TB) *queue.Queue {
	t.Helper()
	q, err := queue.Open(context.WithoutCancel(t.Context()), queue.Options{Dir: filepath.Join(t.TempDir(), "queue"), Key: [32]byte{3}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	return q
}
