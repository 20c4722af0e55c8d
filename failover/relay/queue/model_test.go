package queue

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// model is what a queue should be: messages, bytes and events in memory.
type model struct {
	t      *rapid.T
	dir    string
	clock  *clock
	q      *Queue
	items  map[relay.ID]relay.Item
	bodies map[relay.ID][]byte
	events []relay.Event // but for those of opening
	last   relay.ID
	open   []relay.Incoming // being handed in
	half   [][]byte         // their bytes
	envs   []relay.Envelope
	counts map[string]int
}

func (m *model) options() Options {
	return Options{Dir: m.dir, Key: testKey, Now: m.clock.now}
}

func (m *model) reopen() {
	q, err := open(context.Background(), m.options(), unsynced())
	if err != nil {
		m.t.Fatal(err)
	}
	m.q = q
	m.open, m.half, m.envs = nil, nil, nil
}

func (m *model) pick(label string) (relay.ID, bool) {
	if len(m.items) == 0 {
		return "", false
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(m.items))).Draw(m.t, label), true
}

func (m *model) begin() {
	env := relay.Envelope{
		User: rapid.SampledFrom([]string{"a@example.jp", "b@example.jp", "c@sub.example.jp", ""}).Draw(m.t, "user"),
		To:   make([]string, rapid.IntRange(1, 4).Draw(m.t, "recipients")), UTF8: rapid.Bool().Draw(m.t, "utf8"),
		EightBit: rapid.Bool().Draw(m.t, "8bit"), Report: rapid.Bool().Draw(m.t, "report"),
	}
	env.From = rapid.SampledFrom([]string{env.User, "d@EXAMPLE.jp"}).Draw(m.t, "from")
	if env.From == "" {
		env.As = "e@example.jp"
	}
	for i := range env.To {
		env.To[i] = fmt.Sprintf("to%d@example.com", i)
	}
	m.open, m.half, m.envs = append(m.open, m.q.New(env)), append(m.half, nil), append(m.envs, env)
}

func (m *model) write() {
	if len(m.open) == 0 {
		m.begin()
	}
	i := rapid.IntRange(0, len(m.open)-1).Draw(m.t, "incoming")
	n := rapid.SampledFrom([]int{0, 10, 1900, 9000}).Draw(m.t, "size")
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(uint64(len(m.half[i])), uint64(n)))
	for j := range b {
		b[j] = byte(r.Uint32())
	}
	if _, err := m.open[i].Write(b); err != nil {
		m.t.Fatal(err)
	}
	m.half[i] = append(m.half[i], b...)
}

func (m *model) drop(i int) {
	m.open, m.half, m.envs = slices.Delete(m.open, i, i+1), slices.Delete(m.half, i, i+1), slices.Delete(m.envs, i, i+1)
}

func (m *model) commit() {
	if len(m.open) == 0 {
		m.begin()
	}
	n := rapid.IntRange(0, len(m.open)-1).Draw(m.t, "incoming")
	in, body, env := m.open[n], m.half[n], m.envs[n]
	m.drop(n)
	if rapid.IntRange(0, 5).Draw(m.t, "abort") == 0 {
		in.Abort()
		return
	}
	h := relay.Header{MessageID: fmt.Sprintf("%d@x", len(m.events)), Subject: "件名", Prepend: []byte("Received: x\r\n")}
	got, err := in.Commit(context.Background(), h)
	if err != nil {
		m.t.Fatal(err)
	}
	in.Abort()
	now := moment(nanos(m.clock.now()))
	want := relay.Item{
		ID: got.ID, Envelope: env, Size: int64(len(body) + len(h.Prepend)), MessageID: h.MessageID, Subject: h.Subject,
		Arrived: now, State: relay.Waiting, Since: now,
	}
	for _, to := range env.To {
		want.To = append(want.To, relay.Recipient{Address: to, Fate: relay.Pending})
	}
	if got.ID <= m.last {
		m.t.Fatalf("%s after %s", got.ID, m.last)
	}
	m.same(got, want)
	m.last = got.ID
	m.items[got.ID], m.bodies[got.ID] = want, append(slices.Clone(h.Prepend), body...)
	m.counts[want.Domain()]++
	m.events = append(m.events, relay.Event{
		At: now, ID: got.ID, Kind: relay.Submitted, User: env.User, From: env.From, To: env.To, MessageID: h.MessageID,
		Subject: h.Subject, Size: want.Size, Domain: want.Domain(), Host: env.Client,
	})
}

func (m *model) same(got, want any) {
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		m.t.Fatalf("\n%s\nnot\n%s", g, w)
	}
}

func (m *model) update() {
	id, ok := m.pick("message")
	if !ok {
		return
	}
	want := m.items[id]
	want.To = slices.Clone(want.To)
	want.State = rapid.SampledFrom([]relay.State{relay.Waiting, relay.Held, relay.Uncertain, relay.Ended}).Draw(m.t, "state")
	want.Tries++
	want.Since, want.Next = moment(nanos(m.clock.now())+int64(want.Tries)), moment(nanos(m.clock.now().Add(time.Hour)))
	want.Why = failover.Say("{a} because {b}", "a", want.Tries, "b", "です")
	want.Via = rapid.SampledFrom([]failover.Role{"", failover.Primary, failover.Secondary}).Draw(m.t, "via")
	want.Handed = rapid.SampledFrom([]failover.Role{"", failover.Primary, failover.Secondary}).Draw(m.t, "handed")
	want.Warned = rapid.Bool().Draw(m.t, "warned")
	for i := range want.To {
		want.To[i].Fate = rapid.SampledFrom(fates).Draw(m.t, "fate")
		want.To[i].Answer = strings.Repeat("x", i)
	}
	event := relay.Event{At: want.Since, ID: id, Kind: relay.Attempt, From: want.Envelope.From, Domain: want.Domain(),
		Role: failover.Primary, Host: "mx", Answer: "250 ok", Code: 250, TLS: &relay.TLS{Version: "TLS 1.3", Cipher: "c", Name: "n"},
		Try: want.Tries, By: "me", Other: m.last, Say: want.Why}
	filed := event
	filed.ID, filed.From, filed.Domain = "", "", ""
	got, err := m.q.Update(context.Background(), id, rapid.Bool().Draw(m.t, "durable"), func(i *relay.Item) ([]relay.Event, error) {
		m.same(*i, m.items[id])
		*i = want
		i.Size, i.Arrived = 5, time.Time{}
		return []relay.Event{filed}, nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.same(got, want)
	m.events = append(m.events, event)
	m.items[id] = want
	if want.State == relay.Ended {
		delete(m.items, id)
		delete(m.bodies, id)
	}
}

func (m *model) file() {
	e := relay.Event{At: moment(nanos(m.clock.now())), Kind: relay.Refused, User: "a@example.jp", Say: failover.Say("no")}
	if err := m.q.File(context.Background(), e, e); err != nil {
		m.t.Fatal(err)
	}
	m.events = append(m.events, e, e)
}

// again closes the queue, or leaves it as a killed process does, and opens it.
func (m *model) again() {
	if rapid.Bool().Draw(m.t, "killed") {
		m.q.giveUp()
	} else if err := m.q.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.reopen()
}

func (m *model) tidy() {
	if err := m.q.Tidy(context.Background()); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) tick() {
	m.clock.pass(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Hour, -50 * time.Hour, 9000 * time.Hour}).Draw(m.t, "time"))
	if err := m.q.Sample(context.Background(), func(relay.Item) failover.Role { return failover.Secondary }); err != nil {
		m.t.Fatal(err)
	}
}

// check compares all there is, also as somebody beside the owner sees it.
func (m *model) check() {
	o := m.options()
	o.ReadOnly = true
	beside, err := open(context.Background(), o, small())
	if err != nil {
		m.t.Fatal(err)
	}
	for _, q := range []*Queue{m.q, beside} {
		var last relay.ID
		n := 0
		for i := range q.Items() {
			if i.ID <= last {
				m.t.Fatalf("%s after %s", i.ID, last)
			}
			m.same(i, m.items[i.ID])
			last = i.ID
			n++
			r, err := q.Body(i.ID)
			if err != nil {
				m.t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := b.ReadFrom(r); err != nil || !bytes.Equal(b.Bytes(), m.bodies[i.ID]) {
				m.t.Fatalf("the bytes of %s are not as they were: %v", i.ID, err)
			}
			_ = r.Close()
		}
		if n != len(m.items) {
			m.t.Fatalf("%d messages, not %d", n, len(m.items))
		}
		got, err := q.Events(context.Background(), relay.LogQuery{Limit: 100_000})
		if err != nil {
			m.t.Fatal(err)
		}
		got = slices.DeleteFunc(got, func(e relay.Event) bool { return e.Kind == relay.Found })
		if len(got) != len(m.events) {
			m.t.Fatalf("%d events, not %d", len(got), len(m.events))
		}
		for i := range got {
			if e := m.events[i]; e.TLS == nil {
				m.same(got[i], e)
			} else {
				m.same(*got[i].TLS, *e.TLS)
				e.TLS = got[i].TLS
				m.same(got[i], e)
			}
		}
	}
	for domain, n := range m.counts {
		if got := m.q.tallies[at{domain: domain}].accepted; got != uint64(n) {
			m.t.Fatalf("%d accepted of %s, not %d", got, domain, n)
		}
	}
	want := map[uint32]int64{}
	m.q.live, want = want, m.q.live
	for e := range m.q.entries() {
		m.q.account(e, 1)
	}
	m.q.live, want = want, m.q.live
	for id, n := range m.q.live {
		if n != want[id] {
			m.t.Fatalf("segment %d: %d bytes are wanted, not %d", id, n, want[id])
		}
	}
}

// Whatever is done, in whatever order, with kills between, the queue is as one in memory.
func TestModel(t *testing.T) { checkModel(t) }

// Rapid's usual number of checks, several times; TestMain lowers it otherwise.
func TestModelLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	for range 5 {
		checkModel(t)
	}
}

func checkModel(t *testing.T) {
	t.Helper()
	base, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		dir := filepath.Join(base, fmt.Sprint(n))
		m := &model{t: t, dir: dir, clock: newClock(), items: map[relay.ID]relay.Item{}, bodies: map[relay.ID][]byte{}, counts: map[string]int{}}
		m.reopen()
		defer func() { _ = m.q.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"begin": func(*rapid.T) { m.begin() }, "write": func(*rapid.T) { m.write() }, "commit": func(*rapid.T) { m.commit() },
			"commit2": func(*rapid.T) { m.commit() }, "update": func(*rapid.T) { m.update() }, "update2": func(*rapid.T) { m.update() },
			"file": func(*rapid.T) { m.file() }, "again": func(*rapid.T) { m.again() }, "tidy": func(*rapid.T) { m.tidy() },
			"tick": func(*rapid.T) { m.tick() }, "check": func(*rapid.T) { m.check() },
		})
		m.check()
		m.again()
		m.check()
	})
}

func unsynced() tuning {
	t := small()
	t.wrap = func(f *os.File) file { return unflushed{f} }
	return t
}
