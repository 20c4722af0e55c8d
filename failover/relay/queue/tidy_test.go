package queue

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// What is tidy stays as it is: what still counts is not written anew for ever.
func TestTidyComesToAnEnd(t *testing.T) {
	t.Parallel()
	q := try(t, Options{Dir: t.TempDir()}, unsynced())
	var to []string
	for n := range 200 {
		to = append(to, fmt.Sprintf("%d@example.com", n))
	}
	for n := range 20 {
		i := accept(t, q, envelope(to...), "x")
		update(t, q, i.ID, func(i *relay.Item) []relay.Event {
			for r := range i.To {
				i.To[r].Answer = fmt.Sprintf("451 4.3.2 Try again later, %d of %d, because we cannot take it now", r, n)
			}
			return []relay.Event{{Kind: relay.Deferred, Role: failover.Primary, Answer: strings.Repeat("why ", 200)}}
		})
		if n%3 > 0 {
			deliver(t, q, i.ID)
		}
	}
	var first, second string
	for _, s := range []*string{&first, &second} {
		if err := q.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		if *s, err = q.folder(); err != nil {
			t.Fatal(err)
		}
	}
	if first != second {
		t.Errorf("%s\nthen\n%s", first, second)
	}
	if n := len(ids(q)); n != 7 {
		t.Errorf("%d messages", n)
	}
}

// A body that is being read when its file goes is read to its end; one that is being
// handed in keeps what it has written.
func TestTidyWhileInUse(t *testing.T) {
	t.Parallel()
	q := try(t, Options{Dir: t.TempDir()}, unsynced())
	long := strings.Repeat("0123456789", 100_000)
	i := accept(t, q, envelope("a@example.com"), long)
	r, err := q.Body(i.ID)
	if err != nil {
		t.Fatal(err)
	}
	m := q.New(envelope("b@example.com"))
	if _, err := io.WriteString(m, long[:500_000]); err != nil {
		t.Fatal(err)
	}
	deliver(t, q, i.ID)
	for range 10 {
		deliver(t, q, accept(t, q, envelope("c@example.com"), long[:10_000]).ID)
	}
	if err := q.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	_ = r.Close()
	if err != nil || string(b) != "Received: by us\r\n"+long {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := io.WriteString(m, long[500_000:]); err != nil {
		t.Fatal(err)
	}
	i, err = m.Commit(t.Context(), relay.Header{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := q.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if text(t, q, i.ID) != long {
			t.Error("its bytes are not as they were")
		}
		accept(t, q, envelope("c@example.com"), long[:30_000])
	}
}

// A message whose bytes are damaged stays in the queue, where it can be seen and dropped,
// and its file is set aside.
func TestTidyPastDamage(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q := try(t, o, unsynced())
	bad := accept(t, q, envelope("a@example.com"), strings.Repeat("bad", 500))
	good := accept(t, q, envelope("b@example.com"), "good")
	flip(t, segmentPath(o.Dir, 1), int64(q.entry(bad.ID).first.at)+100)
	for range 20 {
		deliver(t, q, accept(t, q, envelope("c@example.com"), strings.Repeat("x", 5000)).ID)
	}
	for range 2 {
		if err := q.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(segmentPath(o.Dir, 1) + ".damaged"); err != nil {
			t.Error(err)
		}
		_, err := q.Body(bad.ID)
		fails(t, err, failover.ErrDamaged, string(bad.ID), "hanako@example.jp", "send it again")
		if got := text(t, q, good.ID); !strings.HasSuffix(got, "good") {
			t.Errorf("%q", got)
		}
		if _, ok := q.Get(bad.ID); !ok {
			t.Error("it is gone")
		}
		shut(t, q)
		q = try(t, o, unsynced())
	}
	update(t, q, bad.ID, func(i *relay.Item) []relay.Event {
		i.State, i.To[0].Fate = relay.Ended, relay.Dropped
		return []relay.Event{{Kind: relay.Drop}}
	})
	if len(ids(q)) != 1 {
		t.Error("it cannot be dropped")
	}
}
