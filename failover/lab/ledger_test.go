package lab

import (
	"fmt"
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
		copies, fate := map[int]int{}, map[int]Fate{}
		now := time.Unix(0, 0)
		for range rapid.IntRange(0, 80).Draw(t, "steps") {
			n := rapid.IntRange(1, max(1, l.totals.Sent)).Draw(t, "message")
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				fate[l.sent(Customers, Inbound, "b@customers.test", "a@example.test", now)] = Waiting
			case 1:
				if l.totals.Sent > 0 {
					copies[n]++
					if again := l.arrived(n, Arrival{Where: failover.Primary}); again != (copies[n] > 1) && fate[n] == Waiting {
						t.Fatalf("message %d, copy %d: once more: %v", n, copies[n], again)
					}
				}
			case 2:
				l.tried(n, failover.Say("x"))
			case 3:
				if fate[n] == Waiting {
					fate[n] = Delivered
					if copies[n] == 0 {
						fate[n] = Lost
					}
					l.handed(n, now)
				}
			default:
				if fate[n] == Waiting {
					fate[n] = Bounced
					l.bounced(n, now)
				}
			}
		}
		count := map[Fate]int{}
		for _, f := range fate {
			count[f]++
		}
		got := l.tell()
		if got.Sent != len(fate) || got.Waiting != count[Waiting] || got.Delivered != count[Delivered] || got.Bounced != count[Bounced] || got.Lost != count[Lost] {
			t.Fatalf("%+v, want %v", got.Totals, count)
		}
		if len(got.Messages) > count[Waiting]+keep {
			t.Fatalf("%d messages kept", len(got.Messages))
		}
		for i := 1; i < len(got.Messages); i++ {
			if got.Messages[i-1].Number >= got.Messages[i].Number {
				t.Fatalf("not in order: %v", got.Messages)
			}
		}
	})
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
	p := &provider{ledger: newLedger(1), marker: marker{".x"}, domains: []string{"example.test."}}
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
