package submit

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lifeboat/failover/relay"
)

// decoded1 is what the decoder makes of a stream that comes in pieces of n bytes.
func decoded1(stream string, n int) (text string, used int, end, refused bool) {
	queue := &textQueue{}
	r := &receiver{inBody: true, queued: queue, s: &session{c: &conn{}, server: New(Options{Queue: queue, MaxSize: 1 << 30})}}
	var d decoder
	d.begin()
	var held []byte
	for at := 0; at < len(stream) && !end; at += n {
		held = append(held, stream[at:min(at+n, len(stream))]...)
		var k int
		k, end = d.decode(held, r)
		used += k
		held = held[k:]
	}
	return queue.String(), used, end, r.refused != nil
}

// textQueue is a message that is only text.
type textQueue struct {
	bytes.Buffer
	relay.Queue
}

func (*textQueue) Abort()                                     {}
func (*textQueue) File(context.Context, ...relay.Event) error { return nil }
func (*textQueue) Commit(context.Context, relay.Header) (relay.Item, error) {
	return relay.Item{}, nil
}

// reference is DATA read the slow way: RFC 5321 section 4.5.2, a byte at a time.
func reference(stream string) (text string, used int, end, bad bool) {
	var out strings.Builder
	for i := 0; i < len(stream); i++ {
		before := "\r\n" + stream[:i]
		crlf := strings.HasSuffix(before, "\r\n")
		bare := !crlf && (strings.HasSuffix(before, "\n") || strings.HasSuffix(before, "\r"))
		if stream[i] == '.' && (crlf || bare) {
			rest := stream[i+1:]
			if crlf && strings.HasPrefix(rest, "\r\n") {
				return out.String(), i + 3, true, bad
			}
			if rest == "" || rest == "\r" {
				return out.String(), i, false, bad // to be decided by what follows
			}
			if rest[0] == '\r' || rest[0] == '\n' {
				bad = true
			}
			if crlf {
				continue
			}
		}
		out.WriteByte(stream[i])
	}
	return out.String(), len(stream), false, bad
}

var streams = []string{
	"", ".", ".\r", ".\r\n", "..\r\n.\r\n", "a\r\n.\r\nQUIT\r\n", "a\r\r\n.\r\n", "a\r\n\r\n.\r\n", "a\n.\n", "a\n.\r\n.\r\n", "a\r\n.\n.\r\n", "a\r.\r\r\n.\r\n", "a\r.\r\n", "a\r\n.\rb\r\n.\r\n",
	"a\r\n.b\r\n..\r\n...\r\n.\r\n", "a.b.c\n.d\r.e\r\n.\r\n", "\r\n.\r\n", "\n.\r\n", "\r.\r\n", "\r\r\n.\r\n", "a\r\n..\n.\r\n", "a\n..\n\r\n.\r\n",
}

func agree(t *testing.T, stream string, n int) {
	t.Helper()
	text, used, end, bad := reference(stream)
	got, gotUsed, gotEnd, refused := decoded1(stream, n)
	if bad != refused || end != gotEnd || used != gotUsed {
		t.Errorf("%q in pieces of %d: end %v at %d, refused %v; want %v at %d, %v", stream, n, gotEnd, gotUsed, refused, end, used, bad)
	}
	if !bad && got != text {
		t.Errorf("%q in pieces of %d: %q, want %q", stream, n, got, text)
	}
}

func TestDecoder(t *testing.T) {
	t.Parallel()
	for _, stream := range streams {
		for n := 1; n <= len(stream)+1; n++ {
			agree(t, stream, n)
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for _, stream := range streams {
		f.Add(stream, 1)
		f.Add(stream, 100)
	}
	f.Fuzz(func(t *testing.T, stream string, n int) {
		if n < 1 || len(stream) > 1<<12 || strings.Contains(stream, "\x00") {
			return
		}
		agree(t, stream, n)
	})
}

func TestDotsInChunks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"a\n.\n": true, "a\r.\r": true, "a\n.\r\nb": true, "a\r.\nb": true, "a\n.": true, "a\r\n\r.": true,
		"a\r\n.\r\n": false, "a\r\n.\n": false, "a\n.b": false, "a.\n": false, ".\r\n": false, "a\r\n.": false, "": false,
	} {
		for n := 1; n <= len(text)+1; n++ {
			var d dots
			d.begin()
			found := false
			for at := 0; at < len(text); at += n {
				found = d.found([]byte(text[at:min(at+n, len(text))])) || found
			}
			if found = found || d.open; found != want {
				t.Errorf("%q in pieces of %d: %v, want %v", text, n, found, want)
			}
		}
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 22, 9, 0, 0, 0, time.UTC)
	r := newRates(Rate{MessagesPerHour: 3, RecipientsPerDay: 10}, func() time.Time { return now })
	for range 3 {
		if over := r.take("Tanaka@example.test", 1); over != nil {
			t.Fatal("refused before the limit")
		}
		now = now.Add(10 * time.Minute)
	}
	over := r.take("tanaka@EXAMPLE.test", 1)
	if over == nil || over.day {
		t.Fatal("the fourth message within an hour is taken")
	}
	if r.take("suzuki@example.test", 1) != nil {
		t.Error("another user is refused")
	}
	now = over.free.Add(-time.Second)
	if r.take("tanaka@example.test", 1) == nil {
		t.Error("taken before the time that was said")
	}
	now = over.free
	if r.take("tanaka@example.test", 1) != nil {
		t.Error("refused at the time that was said")
	}
	r.giveBack("tanaka@example.test", 1)
	if r.take("tanaka@example.test", 1) != nil {
		t.Error("what was given back is counted")
	}
	now = now.Add(time.Hour)
	over = r.check("tanaka@example.test", 7)
	if over == nil || !over.day {
		t.Fatal("11 recipients within a day are taken")
	}
	now = over.free
	if r.take("tanaka@example.test", 7) != nil {
		t.Error("refused at the time that was said")
	}
	now = now.Add(-48 * time.Hour) // the clock is set back
	if r.take("tanaka@example.test", 7) != nil {
		t.Error("a clock that was set back shuts the user out")
	}
	now = now.Add(-time.Minute)
	if r.take("tanaka@example.test", 4) == nil {
		t.Error("a clock that was set back a little forgives everything")
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 22, 9, 0, 0, 0, time.UTC)
	g := newGuard(func() time.Time { return now })
	office, attacker := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	g.right(attacker, "yamada") // one more person behind that address
	var pauses []time.Duration
	for range freeGuesses {
		if !g.shut(attacker, "tanaka").IsZero() {
			t.Fatal("shut too early")
		}
		pauses = append(pauses, g.wrong(attacker, "tanaka"))
	}
	if pauses[0] != 0 || pauses[len(pauses)-1] <= pauses[2] {
		t.Errorf("the answers are not slowed more and more: %v", pauses)
	}
	until := g.shut(attacker, "tanaka")
	if !until.Equal(now.Add(shutFor)) {
		t.Errorf("shut until %v", until)
	}
	if g.shut(netip.MustParseAddr("2001:db8::2"), "tanaka").IsZero() {
		t.Error("another address of the same network is not shut (RFC 8981)")
	}
	if !g.shut(office, "tanaka").IsZero() {
		t.Error("the true user is shut out elsewhere")
	}
	if !g.shut(attacker, "suzuki").IsZero() {
		t.Error("another user is shut out there")
	}
	now = until
	if !g.shut(attacker, "tanaka").IsZero() {
		t.Error("still shut at the time that was said")
	}
	g.wrong(attacker, "tanaka")
	if again := g.shut(attacker, "tanaka").Sub(now); again != 2*shutFor {
		t.Errorf("shut for %v the second time", again)
	}
	for i := range 5000 { // whatever is tried, memory is bounded
		g.wrong(attacker, "name"+string(rune('a'+i%26))+strings.Repeat("x", i%50))
	}
	if g.shut(attacker, "new").IsZero() {
		t.Error("an address that tries many names is not shut")
	}
	if !g.shut(attacker, "yamada").IsZero() {
		t.Error("who signed in there before is shut out")
	}
	if n := len(g.clients[network(attacker)].names); n > guardNames {
		t.Errorf("%d names are remembered", n)
	}
	for i := range guardClients + 50 {
		g.wrong(netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}), "x")
	}
	if len(g.clients) > guardClients {
		t.Errorf("%d addresses are remembered", len(g.clients))
	}
}

// deadlines is a connection that counts how often its read deadline was moved.
type deadlines struct {
	net.Conn
	reads, moved int
	until        time.Time
}

func (d *deadlines) SetReadDeadline(until time.Time) error {
	d.moved++
	d.until = until
	return nil
}

func (d *deadlines) Read(p []byte) (int, error) {
	if d.reads++; d.reads > 100 {
		return 0, errors.New("enough")
	}
	return copy(p, "some text\r\n"), nil
}

func TestDeadlineMovesWithTheData(t *testing.T) {
	t.Parallel()
	d := &deadlines{}
	s := New(Options{Queue: &textQueue{}})
	c := &conn{Conn: d, wire: d, server: s}
	if err := c.body(&receiver{s: &session{c: c, server: s}, inBody: true, queued: &textQueue{}}); err == nil {
		t.Error("no error at the end")
	}
	if d.moved != d.reads {
		t.Errorf("the deadline was moved %d times in %d reads", d.moved, d.reads)
	}
	// But a message as a whole has its time too.
	c.began = time.Now().Add(-2 * standardTimes.message)
	if err := c.fill(time.Minute); err == nil || d.until.After(time.Now()) {
		t.Errorf("after two hours a message may go on until %v", d.until)
	}
}

func TestNotesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 22, 9, 0, 0, 0, time.UTC)
	n := newNotes(Options{Now: func() time.Time { return now }})
	client := netip.MustParseAddr("192.0.2.1")
	filed := 0
	for range 10_000 {
		if ok, _ := n.spend(client); ok {
			filed++
		}
	}
	if filed != notesAtOnce {
		t.Errorf("%d are filed, want %d", filed, notesAtOnce)
	}
	now = now.Add(notesEvery)
	if ok, lost := n.spend(client); !ok || lost != 10_000-notesAtOnce {
		t.Errorf("a minute later: %v, %d lost", ok, lost)
	}
	for i := range notesClients + 50 {
		n.spend(netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}))
	}
	if len(n.from) > notesClients {
		t.Errorf("%d addresses are remembered", len(n.from))
	}
}
