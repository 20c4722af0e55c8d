package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Who looks at a queue beside its owner sees what the owner does, whatever files come and
// go meanwhile, and changes nothing.
func TestReadOnlyBesideOwner(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	none := try(t, Options{Dir: o.Dir + "/none", ReadOnly: true}, small())
	if len(ids(none)) != 0 || len(events(t, none, relay.LogQuery{})) != 0 {
		t.Error("something is where nothing is")
	}
	q := try(t, o, unsynced())
	beside := try(t, Options{Dir: o.Dir, ReadOnly: true}, unsynced())
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			for i := range beside.Items() {
				r, err := beside.Body(i.ID)
				if errors.Is(err, failover.ErrInvalid) {
					continue // it has left
				}
				if err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(r)
				_ = r.Close()
				if err != nil || int64(len(b)) != i.Size {
					t.Errorf("%d bytes of %d: %v", len(b), i.Size, err)
				}
			}
			if _, err := beside.Events(context.Background(), relay.LogQuery{Text: "queued as"}); err != nil {
				t.Error(err)
			}
		}
	})
	var kept []relay.ID
	for n := range 150 {
		i := accept(t, q, envelope("a@example.com"), strings.Repeat("x", 3000))
		if n%20 == 0 {
			kept = append(kept, i.ID)
		} else {
			deliver(t, q, i.ID)
		}
		if n%10 == 9 {
			if err := q.Tidy(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	close(stop)
	wg.Wait()
	if got := fmt.Sprint(ids(beside)); got != fmt.Sprint(kept) {
		t.Errorf("%s, not %v", got, kept)
	}
	if got := len(events(t, beside, relay.LogQuery{Limit: 10_000, Kinds: []relay.EventKind{relay.Submitted}})); got != 150 {
		t.Errorf("%d events", got)
	}
	m := beside.New(envelope("a@example.com"))
	_, err := m.Commit(t.Context(), relay.Header{})
	fails(t, err, failover.ErrReadOnly, "for reading only")
	fails(t, settle(beside, kept[0]), failover.ErrReadOnly, "for reading only")
	fails(t, beside.File(t.Context(), relay.Event{}), failover.ErrReadOnly, "for reading only")
	fails(t, beside.Tidy(t.Context()), failover.ErrReadOnly, "for reading only")
	shut(t, beside)
}

// Memory does not grow with the message: 50 MB are handed in and read with a few frames'
// worth.
func TestMessageOfFiftyMegabytes(t *testing.T) { // alone, so that nobody else's memory is measured
	const size, bound = 50 << 20, 12 << 20
	tune := defaults()
	tune.wrap = unsynced().wrap
	q := try(t, Options{Dir: t.TempDir()}, tune)
	chunk := []byte(strings.Repeat("0123456789abcde\n", 4096))
	var id relay.ID
	got := peak(func(look func()) {
		m := q.New(envelope("a@example.com"))
		for range size / len(chunk) {
			if _, err := m.Write(chunk); err != nil {
				t.Fatal(err)
			}
			look()
		}
		i, err := m.Commit(t.Context(), relay.Header{Prepend: []byte("X: y\r\n")})
		if err != nil {
			t.Fatal(err)
		}
		look()
		id = i.ID
	})
	if got > bound {
		t.Errorf("%d bytes to write", got)
	}
	n := int64(0)
	got = peak(func(look func()) {
		r, err := q.Body(id)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := io.ReadFull(r, make([]byte, 6)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, len(chunk))
		for {
			m, err := io.ReadFull(r, buf)
			n += int64(m)
			look()
			if err != nil {
				break
			}
			if string(buf) != string(chunk) {
				t.Fatal("not as it was written")
			}
		}
	})
	if got > bound || n != size {
		t.Errorf("%d bytes to read %d", got, n)
	}
	// What it takes on disk comes back.
	deliver(t, q, id)
	if err := q.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if q.writer.used > 1<<20 {
		t.Errorf("%d bytes are still taken", q.writer.used)
	}
}

// peak measures how much the heap grows at most while something is done, in steps that
// call look.
func peak(do func(look func())) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, uint64(0)
	n := 0
	do(func() {
		if n++; n%16 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc-min(before, m.HeapAlloc))
		}
	})
	return most
}

// Updates of one message follow each other, each seeing what the one before did.
func TestUpdatesFollowEachOther(t *testing.T) {
	t.Parallel()
	q := try(t, Options{Dir: t.TempDir()}, unsynced())
	i := accept(t, q, envelope("a@example.com"), "x")
	const each = 20
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			for range each {
				_, err := q.Update(context.Background(), i.ID, rand.IntN(2) == 0, func(i *relay.Item) ([]relay.Event, error) {
					i.Tries++
					return []relay.Event{{Kind: relay.Attempt, Try: i.Tries}}, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, _ := q.Get(i.ID); got.Tries != 5*each {
		t.Errorf("%d tries", got.Tries)
	}
	for n, e := range events(t, q, relay.LogQuery{Kinds: []relay.EventKind{relay.Attempt}}) {
		if e.Try != n+1 {
			t.Errorf("try %d is told of as the %d.", e.Try, n+1)
		}
	}
	// One waits for another only as long as its context lets it.
	ctx, cancel := context.WithCancel(t.Context())
	_, err := q.Update(t.Context(), i.ID, false, func(*relay.Item) ([]relay.Event, error) {
		cancel()
		_, err := q.Update(ctx, i.ID, false, func(*relay.Item) ([]relay.Event, error) { return nil, nil })
		return nil, err
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	stop := errors.New("no")
	if _, err := q.Update(t.Context(), i.ID, false, func(i *relay.Item) ([]relay.Event, error) { i.Tries = 0; return nil, stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	if got, _ := q.Get(i.ID); got.Tries != 5*each {
		t.Errorf("%d tries", got.Tries)
	}
	_, err = q.Update(t.Context(), "0000000000000000", false, nil)
	fails(t, err, failover.ErrInvalid, "0000000000000000")
	_, err = q.Update(t.Context(), i.ID, false, func(i *relay.Item) ([]relay.Event, error) { i.State = "gone"; return nil, nil })
	fails(t, err, failover.ErrInvalid, "gone")
}

// A clock that is set back makes no ID smaller than the one before, and one that leapt
// ahead and came back does no harm either.
func TestClockStepsBack(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := Options{Dir: t.TempDir(), Now: c.now}
	q := try(t, o, unsynced())
	var last relay.ID
	var order []relay.ID
	for n, step := range []time.Duration{0, -time.Hour, -1000 * time.Hour, 90_000 * time.Hour, -90_000 * time.Hour, time.Second} {
		c.pass(step)
		for range 3 {
			i := accept(t, q, envelope("a@example.com"), "x")
			if i.ID <= last {
				t.Errorf("%s after %s", i.ID, last)
			}
			last = i.ID
			order = append(order, i.ID)
		}
		if n == 3 {
			shut(t, q)
			q = try(t, o, unsynced())
		}
	}
	if fmt.Sprint(ids(q)) != fmt.Sprint(order) {
		t.Error("the order is another")
	}
	for n, e := range events(t, q, relay.LogQuery{Kinds: []relay.EventKind{relay.Submitted}}) {
		if e.ID != order[n] {
			t.Errorf("event %d is about %s", n, e.ID)
		}
	}
	for _, id := range order {
		deliver(t, q, id)
	}
	// When nothing is left of them but the past, a new one still comes after.
	if err := q.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	shut(t, q)
	q = try(t, o, unsynced())
	if i := accept(t, q, envelope("a@example.com"), "x"); i.ID <= last {
		t.Errorf("%s after %s", i.ID, last)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	var k key
	seen := map[relay.ID]bool{}
	last := relay.ID("")
	now := newClock().now()
	for range 10_000 {
		k = k.next(now)
		id := k.id()
		back, ok := keyOf(id)
		if id <= last || len(id) != 16 || !ok || back != k || seen[id] || id.Normal() != id {
			t.Fatalf("%s after %s: %v %v", id, last, back, k)
		}
		seen[id], last = true, id
	}
	if n := (key{5, 1<<35 - 1}).next(time.UnixMilli(5)); n != (key{6, 0}) {
		t.Errorf("%v", n)
	}
	for _, bad := range []relay.ID{"", "short", "0123456789ABCDEI", "0123456789abcdef", "0123456789ABCDEF0"} {
		if _, ok := keyOf(bad); ok {
			t.Errorf("%q is an ID", bad)
		}
	}
}

// Who follows the queue is told what changed, or to look at all of it.
func TestFeed(t *testing.T) {
	t.Parallel()
	q := try(t, Options{Dir: t.TempDir()}, unsynced())
	_, mark, complete := q.Latest(0)
	if complete {
		t.Error("mark 0 is no mark")
	}
	if got, now, complete := q.Latest(mark); len(got) != 0 || now != mark || !complete {
		t.Error(got, now, complete)
	}
	changed := q.Changed()
	one := accept(t, q, envelope("a@example.com"), "x").ID
	<-changed
	two := accept(t, q, envelope("a@example.com"), "x").ID
	changed = q.Changed()
	deliver(t, q, one)
	<-changed
	got, now, complete := q.Latest(mark)
	if fmt.Sprint(got) != fmt.Sprint([]relay.ID{one, two}) || !complete {
		t.Error(got, complete)
	}
	for range feedLen {
		update(t, q, two, func(i *relay.Item) []relay.Event { i.Tries++; return nil })
	}
	if got, _, complete := q.Latest(now); len(got) != 1 || got[0] != two || !complete {
		t.Error(got, complete)
	}
	if _, _, complete := q.Latest(mark); complete {
		t.Error("it cannot remember that")
	}
}

// What the header said last counts: the message needs 8BITMIME.
func TestEightBit(t *testing.T) {
	t.Parallel()
	q := try(t, Options{Dir: t.TempDir()}, unsynced())
	for _, said := range []bool{false, true} {
		env := envelope("a@example.com")
		env.EightBit = said
		for _, found := range []bool{false, true} {
			m := q.New(env)
			i, err := m.Commit(t.Context(), relay.Header{EightBit: found})
			if err != nil || i.Envelope.EightBit != (said || found) {
				t.Error(said, found, i.Envelope.EightBit, err)
			}
		}
	}
}

// The queue takes no more than it may.
func TestMost(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir(), Most: 100_000}
	q := try(t, o, unsynced())
	var err error
	n := 0
	for ; err == nil; n++ {
		_, err = commit(q, strings.Repeat("x", 5000))
	}
	fails(t, err, failover.ErrDisk, o.Dir, "100.0 KB")
	if n < 15 || n > 20 {
		t.Errorf("%d messages", n)
	}
	_, err = commit(q, strings.Repeat("x", 50_000))
	fails(t, err, failover.ErrDisk, "100.0 KB")
	// What its senders must be told is no new mail: without it nothing could end, and nothing get free.
	for _, size := range []int{3000, 100_000} {
		accept(t, q, relay.Envelope{Report: true, As: "hanako@example.jp", To: []string{"hanako@example.jp"}}, strings.Repeat("x", size))
	}
	for i := range q.Items() {
		deliver(t, q, i.ID)
	}
	if err := q.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := commit(q, strings.Repeat("x", 5000)); err != nil {
		t.Error(err)
	}
}

// What is given up leaves nothing behind, and a context that has ended before accepts
// nothing.
func TestAbort(t *testing.T) {
	t.Parallel()
	q := try(t, Options{Dir: t.TempDir()}, unsynced())
	for _, body := range []string{"", "short", strings.Repeat("long", 20_000)} {
		m := q.New(envelope("a@example.com"))
		if _, err := io.WriteString(m, body); err != nil {
			t.Fatal(err)
		}
		m.Abort()
		m.Abort()
		_, err := m.Commit(t.Context(), relay.Header{})
		fails(t, err, failover.ErrInvalid, "already")
		if _, err := m.Write([]byte("x")); !errors.Is(err, failover.ErrInvalid) {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		m = q.New(envelope("a@example.com"))
		if _, err := m.Commit(ctx, relay.Header{}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if len(q.writer.incoming) != 0 || len(ids(q)) != 0 {
		t.Error("something is left")
	}
	for range 30 {
		accept(t, q, envelope("a@example.com"), "x")
	}
	for i := range q.Items() {
		deliver(t, q, i.ID)
	}
	if err := q.Tidy(t.Context()); err != nil || q.writer.used > 30_000 {
		t.Error(err, q.writer.used)
	}
}
