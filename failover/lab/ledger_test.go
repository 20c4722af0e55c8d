package lab

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeboat/failover"
)

// However messages go, every one is counted once, and what is kept is bounded.
func TestLedgerBalances(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const keep = 3
		l := newLedger(keep)
		l.late = time.Minute
		now := time.Unix(0, 0)
		var all []*shadow
		for range rapid.IntRange(0, 120).Draw(t, "steps") {
			if len(all) == 0 || rapid.IntRange(0, 3).Draw(t, "new") == 0 {
				s := &shadow{way: rapid.SampledFrom([]Direction{Inbound, Outbound, Internal}).Draw(t, "way"), holders: 1, sent: now}
				s.by = Staff
				if s.way == Inbound {
					s.by = rapid.SampledFrom([]Group{Customers, Suppliers, Partners}).Draw(t, "group")
				}
				all = append(all, s)
				if n := l.sent(s.by, s.way, "a@x.test", "b@x.test", now); n != len(all) {
					t.Fatalf("number %d, want %d", n, len(all))
				}
				continue
			}
			n := rapid.IntRange(1, len(all)).Draw(t, "message")
			all[n-1].happens(t, l, n, now)
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour}).Draw(t, "time"))
		}
		got := l.tell()
		if want := sum(all); got.Totals != want {
			t.Fatalf("%+v, want %+v", got.Totals, want)
		}
		balances(t, got.Totals)
		if len(got.Messages) > got.Waiting+keep {
			t.Fatalf("%d messages kept", len(got.Messages))
		}
		for i := 1; i < len(got.Messages); i++ {
			if got.Messages[i-1].Number >= got.Messages[i].Number {
				t.Fatalf("not in order: %v", got.Messages)
			}
		}
	})
}

// shadow is what a message should be counted as, reckoned apart.
type shadow struct {
	by           Group
	way          Direction
	sent, came   time.Time
	holders      int
	copies       int
	first        failover.Role
	seen, gaveUp bool
	tries        int
}

// happens has one of all the things happen that can happen to a message.
func (s *shadow) happens(t *rapid.T, l *ledger, n int, now time.Time) {
	switch what := rapid.IntRange(0, 5).Draw(t, "what"); {
	case what == 0:
		l.tried(n, failover.Say("x"))
		s.tries++
	case what == 1:
		first := l.seen(n, now)
		if first == s.seen {
			t.Fatalf("message %d read for the first time: %v", n, first)
		}
		s.seen = true
	case s.holders == 0: // nobody has it, so nothing more can happen
	case what == 2:
		l.taken(n)
		s.holders++
	case what == 3:
		s.copies++
		at := rapid.SampledFrom([]failover.Role{failover.Primary, failover.Secondary}).Draw(t, "where")
		if again := l.arrived(n, Arrival{Where: at, At: now}); again != (s.copies > 1) {
			t.Fatalf("message %d, copy %d: once more: %v", n, s.copies, again)
		}
		if s.copies == 1 {
			s.first, s.came = at, now
		}
	default:
		leave := l.handed
		if what == 5 {
			leave, s.gaveUp = l.bounced, true
		}
		e, settled := leave(n, now)
		s.holders--
		if settled != (s.holders == 0) || settled != (e.Fate != Waiting) {
			t.Fatalf("message %d settled: %v, %+v", n, settled, e)
		}
	}
}

// sum counts the shadows.
func sum(all []*shadow) (want Totals) {
	for _, s := range all {
		part := want.part(s.way)
		add := func(here, there *int) { *here++; *there++ }
		add(&want.Sent, &part.Sent)
		switch {
		case s.holders > 0:
			add(&want.Waiting, &part.Waiting)
		case s.gaveUp:
			add(&want.Bounced, &part.Bounced)
		case s.copies == 0:
			add(&want.Lost, &part.Lost)
		default:
			add(&want.Delivered, &part.Delivered)
			if s.came.Sub(s.sent) > time.Minute {
				want.Delayed++
			}
		}
		if s.copies > 1 {
			want.Doubled++
		}
		if s.way == Inbound && s.first == failover.Primary {
			want.Primary++
		}
		if s.way == Inbound && s.first == failover.Secondary {
			want.Secondary++
		}
		if s.seen {
			want.Read++
		}
		if s.by == Staff {
			want.Wrote++
		}
		want.Tries += s.tries
	}
	return want
}

// balances holds the sums against each other.
func balances(t interface {
	Helper()
	Fatalf(string, ...any)
}, n Totals) {
	t.Helper()
	if n.Sent != n.Waiting+n.Delivered+n.Bounced+n.Lost {
		t.Fatalf("the fates do not add up: %+v", n)
	}
	all := Subtotal{}
	for _, p := range []Subtotal{n.Inbound, n.Outbound, n.Internal} {
		if p.Sent != p.Waiting+p.Delivered+p.Bounced+p.Lost {
			t.Fatalf("a direction does not add up: %+v", n)
		}
		all.Sent, all.Waiting, all.Delivered = all.Sent+p.Sent, all.Waiting+p.Waiting, all.Delivered+p.Delivered
		all.Bounced, all.Lost = all.Bounced+p.Bounced, all.Lost+p.Lost
	}
	if all != (Subtotal{n.Sent, n.Waiting, n.Delivered, n.Bounced, n.Lost}) || n.Wrote != n.Outbound.Sent+n.Internal.Sent {
		t.Fatalf("the directions do not add up: %+v", n)
	}
	if n.Delayed > n.Delivered || n.Read > n.Sent || n.Primary+n.Secondary > n.Inbound.Sent {
		t.Fatalf("more than there are: %+v", n)
	}
}

// What is kept of 100,000 messages is what is kept of 5,000, but for two bits each.
func TestLedgerOfManyMessages(t *testing.T) {
	// Not parallel: it measures memory.
	l := newLedger(keepSettled)
	now := time.Unix(0, 0)
	pass := func(count int) {
		for range count {
			now = now.Add(time.Second)
			n := l.sent(Partners, Inbound, "maria.weber@partners.test", "office@example.test", now)
			l.tried(n, failover.Say("Message {number} waits: {mx} does not answer.", "number", n, "mx", "mx1.harbormail.test"))
			l.arrived(n, Arrival{Where: failover.Primary, Host: "mx1.harbormail.test", At: now})
			l.handed(n, now)
			l.seen(n, now)
		}
	}
	pass(5000)
	before := inUse()
	pass(95000)
	if after := inUse(); after > before+(1<<20) {
		t.Errorf("%d KB in use after 5,000 messages, %d KB after 100,000", before>>10, after>>10)
	}
	n := l.sums()
	balances(t, n)
	if n.Sent != 100000 || n.Delivered != 100000 || n.Read != 100000 || len(l.tell().Messages) != keepSettled {
		t.Errorf("%+v, %d kept", n, len(l.tell().Messages))
	}
	if !l.arrived(7, Arrival{Where: failover.Primary}) || l.seen(7, now) || l.sums().Doubled != 1 || l.sums().Read != 100000 {
		t.Errorf("a message long settled: %+v", l.sums())
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestLedgerKnowsLateCopies(t *testing.T) {
	t.Parallel()
	l := newLedger(1)
	now := time.Unix(0, 0)
	for range 3 {
		n := l.sent(Customers, Inbound, "b@customers.test", "a@example.test", now)
		l.arrived(n, Arrival{Where: failover.Secondary})
		l.handed(n, now)
	}
	if again := l.arrived(1, Arrival{Where: failover.Secondary}); !again || l.totals.Doubled != 1 {
		t.Errorf("a copy of a message that is no longer kept: %v, %+v", again, l.totals)
	}
	if again := l.arrived(99, Arrival{Where: failover.Secondary}); again || l.totals.Doubled != 1 {
		t.Errorf("a number never given out: %v, %+v", again, l.totals)
	}
	if e, settled := l.handed(2, now); e.Fate != "" || settled || l.totals.Delivered != 3 {
		t.Errorf("settled twice: %+v", l.totals)
	}
}

// Hours of practice take no more memory than minutes.
func TestWhatAProviderKeepsIsBounded(t *testing.T) {
	t.Parallel()
	p := &provider{ledger: newLedger(1), marker: marker{tail: ".x"}, domains: []string{"example.test."}, most: keepMails}
	small := Mail{To: []string{"a@example.test"}, Data: []byte("x")}
	for range keepMails + 10 {
		p.store(small)
	}
	if len(p.mail) != keepMails || p.bytes != keepMails || p.counters.Stored != keepMails+10 {
		t.Errorf("%d messages, %d octets, %+v", len(p.mail), p.bytes, p.counters)
	}
	for range 6 {
		p.store(Mail{To: small.To, Data: make([]byte, keepMailBytes/5)})
	}
	if p.bytes > keepMailBytes {
		t.Errorf("%d octets", p.bytes)
	}
}

func TestMarkerKnowsItsOwn(t *testing.T) {
	t.Parallel()
	m, err := newMarker()
	if err != nil {
		t.Fatal(err)
	}
	other, err := newMarker()
	if err != nil {
		t.Fatal(err)
	}
	page := paper{number: 42, by: Customers, way: Inbound, from: "b@customers.test", to: "a@example.test", at: time.Unix(0, 0)}
	mail := m.compose(page)
	if n, ok := m.find(mail); n != 42 || !ok {
		t.Errorf("found %d, %v", n, ok)
	}
	for name, data := range map[string][]byte{
		"another world": other.compose(page),
		"in the body":   []byte(fmt.Sprintf("Subject: x\r\n\r\n%s42%s\r\n", markerHead, m.tail)),
		"no number":     []byte(markerHead + "x" + m.tail + "\r\n\r\n"),
		"nothing":       nil,
	} {
		if n, ok := m.find(data); ok {
			t.Errorf("%s: found %d", name, n)
		}
	}
}
