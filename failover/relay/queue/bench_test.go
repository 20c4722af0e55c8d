package queue

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// countingFile counts flushes, and makes each last so long at least, as on a disk that
// takes its time.
type countingFile struct {
	*os.File
	syncs *atomic.Int64
	takes time.Duration
}

func (f *countingFile) Sync() error {
	f.syncs.Add(1)
	if f.takes > 0 {
		done := time.NewTimer(f.takes)
		defer done.Stop()
		err := f.File.Sync()
		<-done.C
		return err
	}
	return f.File.Sync()
}

// Messages of 10 KB are accepted, each durable before its committer goes on.
func BenchmarkQueueAccept(b *testing.B) {
	for _, disk := range []time.Duration{0, 4 * time.Millisecond} {
		for _, committers := range []int{1, 10, 50} {
			b.Run(fmt.Sprintf("fsync=%v/committers=%d", disk, committers), func(b *testing.B) { benchmarkAccept(b, disk, committers) })
		}
	}
}

func benchmarkAccept(b *testing.B, disk time.Duration, committers int) {
	var syncs atomic.Int64
	tune := defaults()
	tune.wrap = func(f *os.File) file { return &countingFile{f, &syncs, disk} }
	q := try(b, Options{Dir: b.TempDir()}, tune)
	body := make([]byte, 10_000)
	var left atomic.Int64
	left.Store(int64(b.N))
	syncs.Store(0)
	b.ResetTimer()
	b.SetBytes(int64(len(body)))
	var wg sync.WaitGroup
	for range committers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				m := q.New(envelope("someone@example.com"))
				_, _ = m.Write(body)
				if _, err := m.Commit(context.Background(), relay.Header{MessageID: "1@example.jp"}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(float64(syncs.Load())/float64(b.N), "fsyncs/msg")
}

// A hundred thousand messages wait before a broken provider.
func BenchmarkQueue100000(b *testing.B) {
	const count = 100_000
	for b.Loop() {
		dir := b.TempDir()
		q := try(b, Options{Dir: dir}, defaults())
		pile(b, q, count, 10)
		shut(b, q)
		measureOpen(b, dir)
	}
}

func measureOpen(b *testing.B, dir string) {
	b.Helper()
	const count = 100_000
	before, start := heap(), time.Now()
	q := try(b, Options{Dir: dir}, defaults())
	b.ReportMetric(time.Since(start).Seconds(), "s/open")
	b.ReportMetric(float64(heap()-before)/count, "B/message")
	start = time.Now()
	n := 0
	for i := range q.Items() {
		n += len(i.To)
	}
	b.ReportMetric(time.Since(start).Seconds(), "s/list")
	start = time.Now()
	if err := q.Sample(b.Context(), func(relay.Item) failover.Role { return failover.Primary }); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(start).Seconds(), "s/sample")
	shut(b, q)
	if n != 2*count {
		b.Fatal(n)
	}
}

// pile accepts messages and has each put off once, many at a time.
func pile(t testing.TB, q *Queue, count, size int) {
	t.Helper()
	body := make([]byte, size)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			for n := next.Add(1); n <= int64(count); n = next.Add(1) {
				user := fmt.Sprintf("person%d@example.jp", n%200)
				m := q.New(relay.Envelope{User: user, From: user, Client: "192.0.2.1",
					To: []string{fmt.Sprintf("customer%d@example.com", n), fmt.Sprintf("other%d@example.org", n)}})
				_, _ = m.Write(body)
				i, err := m.Commit(context.Background(), relay.Header{
					MessageID: fmt.Sprintf("%016x.%d@mail.example.jp", n*7919, n), Subject: fmt.Sprintf("お見積りの件 (%d)", n)})
				if err == nil {
					_, err = q.Update(context.Background(), i.ID, false, func(i *relay.Item) ([]relay.Event, error) {
						i.Tries, i.Next = 1, i.Arrived.Add(time.Hour)
						i.Why = failover.Say("{provider} puts it off: {answer}", "provider", "Microsoft 365", "answer", "451 4.3.2 Temporary server error. Please try again later")
						for n := range i.To {
							i.To[n].Answer = "451 4.3.2 Temporary server error. Please try again later"
						}
						return []relay.Event{{Kind: relay.Deferred, Role: failover.Primary, To: i.Envelope.To, Code: 451,
							Answer: i.To[0].Answer, Host: "smtp.office365.com", Try: 1}}, nil
					})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
