package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

var testKey = [32]byte{7}

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// small is a tuning under which files change often.
func small() tuning {
	t := defaults()
	t.segment, t.reserve, t.spill, t.past = 20_000, 10_000, 2_000, 8_000
	return t
}

// unflushed is a file that is never flushed: for what has no power cut in it.
type unflushed struct{ *os.File }

func (unflushed) Sync() error { return nil }

func try(t testing.TB, o Options, tune tuning) *Queue {
	t.Helper()
	o.Key = testKey
	q, err := open(context.Background(), o, tune)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

func shut(t testing.TB, q *Queue) {
	t.Helper()
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
}

func envelope(to ...string) relay.Envelope {
	return relay.Envelope{User: "hanako@example.jp", From: "hanako@example.jp", To: to, Client: "192.0.2.7"}
}

func accept(t testing.TB, q *Queue, env relay.Envelope, body string) relay.Item {
	t.Helper()
	m := q.New(env)
	if _, err := io.WriteString(m, body); err != nil {
		t.Fatal(err)
	}
	i, err := m.Commit(t.Context(), relay.Header{MessageID: "1@example.jp", Subject: "見積書", Prepend: []byte("Received: by us\r\n")})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func text(t testing.TB, q *Queue, id relay.ID) string {
	t.Helper()
	r, err := q.Body(id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func update(t testing.TB, q *Queue, id relay.ID, change func(*relay.Item) []relay.Event) relay.Item {
	t.Helper()
	i, err := q.Update(t.Context(), id, true, func(i *relay.Item) ([]relay.Event, error) { return change(i), nil })
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// deliver ends a message as delivered.
func deliver(t testing.TB, q *Queue, id relay.ID) {
	t.Helper()
	update(t, q, id, func(i *relay.Item) []relay.Event {
		i.State = relay.Ended
		for n := range i.To {
			i.To[n].Fate = relay.Delivered
		}
		return []relay.Event{{Kind: relay.Sent, Role: failover.Primary, To: i.Envelope.To, Code: 250, Answer: "2.0.0 Ok: queued as " + string(i.ID)}}
	})
}

func ids(q *Queue) (all []relay.ID) {
	for i := range q.Items() {
		all = append(all, i.ID)
	}
	return all
}

func events(t testing.TB, q *Queue, query relay.LogQuery) []relay.Event {
	t.Helper()
	all, err := q.Events(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// fails checks an error's kind and what its sentence has.
func fails(t testing.TB, err, kind error, parts ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("not %v, but %v", kind, err)
		return
	}
	for _, p := range parts {
		if !strings.Contains(failover.SentenceOf(err).String(), p) {
			t.Errorf("%q does not say %q", failover.SentenceOf(err), p)
		}
	}
}

func TestAcceptedIsThereAfterwards(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := Options{Dir: filepath.Join(t.TempDir(), "queue"), Now: c.now, Log: slog.New(slog.DiscardHandler)}
	q := try(t, o, defaults())
	changed := q.Changed()
	long := strings.Repeat("0123456789 long lines are long\r\n", 20_000)
	first := accept(t, q, envelope("a@example.com", "b@example.org"), "Subject: x\r\n\r\nfirst\r\n")
	select {
	case <-changed:
	default:
		t.Error("nobody was told")
	}
	c.pass(time.Second)
	second := accept(t, q, envelope("c@example.net"), long)
	if second.ID <= first.ID || len(first.ID) != 16 {
		t.Errorf("%s, then %s", first.ID, second.ID)
	}
	for range 2 {
		i, ok := q.Get(first.ID)
		if got, want := fmt.Sprintf("%+v", i), fmt.Sprintf("%+v", first); !ok || got != want {
			t.Errorf("%s\nnot %s", got, want)
		}
		if fmt.Sprint(i.Envelope.To) != "[a@example.com b@example.org]" || i.State != relay.Waiting || i.Subject != "見積書" ||
			!i.Arrived.Equal(c.now().Add(-time.Second)) {
			t.Errorf("%+v", i)
		}
		if got := text(t, q, first.ID); got != "Received: by us\r\nSubject: x\r\n\r\nfirst\r\n" || int64(len(got)) != i.Size {
			t.Errorf("%q of %d", got, i.Size)
		}
		if got := text(t, q, second.ID); got != "Received: by us\r\n"+long {
			t.Errorf("%d bytes", len(got))
		}
		if got := fmt.Sprint(ids(q)); got != fmt.Sprint([]relay.ID{first.ID, second.ID}) {
			t.Error(got)
		}
		shut(t, q)
		q = try(t, o, defaults())
	}
	deliver(t, q, first.ID)
	if _, ok := q.Get(first.ID); ok {
		t.Error("it is still there")
	}
	if _, err := q.Body(first.ID); !errors.Is(err, failover.ErrInvalid) {
		t.Error(err)
	}
	shut(t, q)
	q = try(t, o, defaults())
	if got := ids(q); len(got) != 1 || got[0] != second.ID {
		t.Error(got)
	}
	got := ""
	for _, e := range events(t, q, relay.LogQuery{ID: first.ID}) {
		got += fmt.Sprintln(e.Kind, e.From, e.To, e.MessageID, e.Subject, e.Size, e.Domain, e.Role, e.Host, e.Code)
	}
	if want := "submitted hanako@example.jp [a@example.com b@example.org] 1@example.jp 見積書 38 example.jp  192.0.2.7 0\n" +
		"delivered hanako@example.jp [a@example.com b@example.org]   0 example.jp primary  250\n"; got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	// The folder tells nothing to who has no key.
	names, err := os.ReadDir(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(o.Dir, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"hanako", "example", "見積書", "first", "long lines", "queued as"} {
			if strings.Contains(string(b), word) {
				t.Errorf("%s tells %q", n.Name(), word)
			}
		}
	}
}
