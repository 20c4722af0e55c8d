package local_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeboat/app/engine"
	"lifeboat/app/local"
	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/mailstore"
)

// desk is an engine that remembers what it was asked.
type desk struct {
	mu    sync.Mutex
	asked []any
	fail  error
	hang  chan struct{} // not nil: Send waits for it, or for its context
}

func (d *desk) ask(what ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, what...)
	return d.fail
}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 123_000_000, time.UTC)

func line() relay.Line {
	return relay.Line{
		Item: relay.Item{
			ID: "01ABCDEFGHJKMNPQ", Envelope: relay.Envelope{User: "a@example.test", From: "a@example.test", To: []string{"b@example.test"}, EightBit: true},
			To: []relay.Recipient{{Address: "b@example.test", Fate: relay.Pending, Answer: "451 4.3.2 later"}}, Size: 10_000, Subject: "会議",
			Arrived: noon, State: relay.Held, Since: noon, Next: noon.Add(time.Minute),
			Why: failover.Say("held by {by}", "by", "me"),
		},
		Role: failover.Secondary,
	}
}

func (d *desk) Queue(_ context.Context, f relay.Filter, limit int) (relay.Listing, error) {
	return relay.Listing{At: noon, Messages: []relay.Line{line()}, Total: 1, Totals: []relay.Sample{{At: noon, Domain: "example.test", Waiting: 1}}}, d.ask(f, limit)
}

func (d *desk) Log(_ context.Context, q relay.LogQuery) ([]relay.Event, error) {
	return []relay.Event{{At: noon, Kind: relay.Sent, TLS: &relay.TLS{Version: "TLS 1.3"}, Answer: "250 OK\n250 really"}}, d.ask(q)
}

func (d *desk) Samples(_ context.Context, since, until time.Time, most int) ([]relay.Sample, error) {
	return []relay.Sample{{At: noon, Accepted: 7}}, d.ask(since, until, most)
}

func (d *desk) Act(_ context.Context, a relay.Act) ([]relay.Line, error) {
	return []relay.Line{line()}, d.ask(a)
}

func (d *desk) Send(ctx context.Context, o engine.Outgoing) (engine.SentMail, error) {
	if d.hang != nil {
		select {
		case <-d.hang:
		case <-ctx.Done():
		}
	}
	return engine.SentMail{ID: "01ABCDEFGHJKMNPQ", State: relay.Waiting, Copy: engine.CopyFiled}, d.ask(o)
}

func (*desk) Running() bool { return true }
func (*desk) Close() error  { return nil }

func (d *desk) Status(context.Context) (engine.ServeStatus, error) {
	return engine.ServeStatus{Running: true, PID: 7, Version: "v1", Started: noon, Parts: []engine.PartStatus{{Part: engine.PartRelay, Up: true, Since: noon}}}, d.ask("status")
}

func api(version string) *local.API {
	return &local.API{Version: version, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

// serving serves a folder until the test ends, and returns when it answers.
func serving(t *testing.T, dir string, s engine.Served) engine.Remote {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- api("v1").Serve(ctx, dir, s, func() {}) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "serve.json")); !errors.Is(err, os.ErrNotExist) {
			t.Error("serve.json is still there:", err)
		}
	})
	return reached(t, dir)
}

// reached dials until somebody answers.
func reached(t *testing.T, dir string) engine.Remote {
	t.Helper()
	for t.Context().Err() == nil {
		r, err := api("v1").Dial(t.Context(), dir)
		if err == nil {
			t.Cleanup(func() { _ = r.Close() })
			return r
		}
		if !errors.Is(err, failover.ErrUnreachable) {
			t.Fatal(err)
		}
	}
	t.Fatal("nobody answers")
	return nil
}

func TestCallsArriveAsTheyWere(t *testing.T) {
	t.Parallel()
	d := &desk{}
	r := serving(t, t.TempDir(), d)
	ctx := t.Context()
	f := relay.Filter{IDs: []relay.ID{"01AB"}, State: relay.Held, Domain: "example.test", Role: failover.Primary, Address: "b@"}
	q := relay.LogQuery{ID: "01AB", Address: "x", Text: "会議", Kinds: []relay.EventKind{relay.Sent}, Role: failover.Secondary, Since: noon, Until: noon.Add(1), Limit: 3}
	act := relay.Act{Kind: relay.ActDrop, Of: f, Reason: "理由", By: "me@here", Report: true}
	out := engine.Outgoing{Envelope: relay.Envelope{From: "a@example.test", To: []string{"b@example.test"}}, Message: []byte("Subject: x\r\n\r\n\x00\xff\nbare\r\n"), Wait: 3 * time.Second}
	calls := []struct {
		want func(*desk) (any, error)
		got  func() (any, error)
		as   []any
	}{
		{func(d *desk) (any, error) { return d.Queue(ctx, f, 5) }, func() (any, error) { return r.Queue(ctx, f, 5) }, []any{f, 5}},
		{func(d *desk) (any, error) { return d.Log(ctx, q) }, func() (any, error) { return r.Log(ctx, q) }, []any{q}},
		{func(d *desk) (any, error) { return d.Samples(ctx, noon, noon, 9) }, func() (any, error) { return r.Samples(ctx, noon, noon, 9) }, []any{noon, noon, 9}},
		{func(d *desk) (any, error) { return d.Act(ctx, act) }, func() (any, error) { return r.Act(ctx, act) }, []any{act}},
		{func(d *desk) (any, error) { return d.Send(ctx, out) }, func() (any, error) { return r.Send(ctx, out) }, []any{out}},
		{func(d *desk) (any, error) { return d.Status(ctx) }, func() (any, error) { return r.Status(ctx) }, []any{"status"}},
	}
	for _, c := range calls {
		want, err1 := c.want(&desk{})
		d.asked = nil
		got, err2 := c.got()
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error("answer:", diff)
		}
		if diff := cmp.Diff(c.as, d.asked); diff != "" {
			t.Error("call:", diff)
		}
	}
}

func TestErrorsKeepKindAndSentence(t *testing.T) {
	t.Parallel()
	d := &desk{}
	r := serving(t, t.TempDir(), d)
	for _, c := range []struct {
		err  error
		kind error
		text string
	}{
		{failover.Fail(failover.ErrLocked, "{who} holds it", "who", "somebody").Because(errors.New("EAGAIN")), failover.ErrLocked, "somebody holds it (EAGAIN)"},
		{failover.Fail(failover.ErrDisk, "the disk is full"), failover.ErrDisk, "the disk is full"},
		{mailstore.Fail(mailstore.ErrKey, "{what} is locked", "what", "the key"), mailstore.ErrKey, "the key is locked"},
		{errors.New("plain"), nil, "plain"},
		{context.DeadlineExceeded, context.Canceled, "context canceled"},
	} {
		d.fail = c.err
		_, err := r.Queue(t.Context(), relay.Filter{}, 0)
		if err == nil || err.Error() != c.text || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%v arrives as %v", c.err, err)
		}
	}
}

func TestNobodyRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := api("v1").Dial(t.Context(), dir); !errors.Is(err, failover.ErrUnreachable) {
		t.Error(err)
	}
	for _, text := range []string{"", "{}", "null", `{"pid":1}`, `{"pid":1,"version":"v1","address":"/nowhere/serve/socket","started":"2026-01-02T03:04:05Z"}`} {
		if err := os.WriteFile(filepath.Join(dir, "serve.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := api("v1").Dial(t.Context(), dir); !errors.Is(err, failover.ErrUnreachable) {
			t.Errorf("%q: %v", text, err)
		}
	}
	// What was left by a killed one is no obstacle.
	if _, err := serving(t, dir, &desk{}).Status(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAnotherVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serving(t, dir, &desk{})
	_, err := api("v2").Dial(t.Context(), dir)
	if !errors.Is(err, failover.ErrUnsupported) || !strings.Contains(err.Error(), "version v1, and this is version v2") {
		t.Error(err)
	}
}

func TestOverlongPaths(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := serving(t, dir, &desk{}).Status(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheEndCutsWaitsShort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := &desk{hang: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- api("v1").Serve(ctx, dir, d, func() {}) }()
	r := reached(t, dir)
	sent := make(chan error, 1)
	go func() {
		_, err := r.Send(t.Context(), engine.Outgoing{Message: []byte("x"), Wait: time.Hour})
		sent <- err
	}()
	if _, err := r.Status(t.Context()); err != nil { // over a connection of its own, meanwhile
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	<-sent // answered or cut off, as it comes; but not hanging
	if _, err := r.Status(t.Context()); !errors.Is(err, failover.ErrUncertain) {
		t.Error("after the end:", err)
	}
}
