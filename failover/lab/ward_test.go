package lab

import (
	"bytes"
	"fmt"
	"testing"

	"lifeboat/failover"
)

// What a provider keeps back is on its way, and neither lost nor delivered, until
// it lies in the mailbox; then it is delivered, late and once.
func TestWhatIsKeptBackIsNotLost(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	p := w.provider[failover.Primary]
	events, _ := w.Subscribe(10)
	to := w.opt.Recipients[0].Address
	written := w.Now()
	take := func() int {
		n := w.ledger.sent(Customers, Inbound, "a@customers.test", to, written)
		p.hold(Mail{At: written, To: []string{to}, Data: fmt.Appendf(nil, "%s%d%s\r\n\r\n", markerHead, n, p.marker.tail)})
		return n
	}
	if err := w.Break(failover.Primary, DelayAttachments); err != nil {
		t.Fatal(err)
	}
	<-events
	first, second := take(), take()
	if _, settled := w.ledger.handed(first, w.Now()); settled {
		t.Error("settled when its sender had its 250")
	}
	if n := w.Totals(); n.Waiting != 2 || n.Delivered != 0 || len(w.Mailbox(failover.Primary, to)) != 0 {
		t.Errorf("kept back: %+v", n)
	}
	w.Mend(failover.Primary)
	if e := <-events; e.Kind != EventDelivered || e.Message != first || e.Role != failover.Primary {
		t.Errorf("mended: %+v", e)
	}
	// The second one's sender has yet to hear of it.
	if n := w.Totals(); n.Waiting != 1 || n.Delivered != 1 || len(w.Mailbox(failover.Primary, to)) != 2 {
		t.Errorf("mended: %+v", n)
	}
	if e, settled := w.ledger.handed(second, w.Now()); !settled || e.Fate != Delivered {
		t.Errorf("%+v", e)
	}
	// Nothing waits for what works.
	third := take()
	if e, settled := w.ledger.handed(third, w.Now()); !settled || e.Fate != Delivered {
		t.Errorf("%+v", e)
	}
	if n := w.Totals(); n.Doubled != 0 || n.Lost != 0 || n.Sent != n.Delivered {
		t.Errorf("%+v", n)
	}
}

func TestWhatIsKeptBackIsBounded(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	p := w.provider[failover.Primary]
	p.suffer(Trouble{Fault: DelayAttachments})
	for p.room(maxMail) {
		p.hold(Mail{Data: bytes.Repeat([]byte{'x'}, maxMail)})
	}
	if n := len(p.held); n != maxHeld/maxMail || p.heldBytes != maxHeld || p.room(1) {
		t.Errorf("%d messages of %d octets", n, p.heldBytes)
	}
	p.suffer(Trouble{})
	if !p.room(maxHeld) || len(p.held) != 0 {
		t.Error("no room after it is mended")
	}
	for range 3 * keepEpisodes {
		p.suffer(Trouble{Fault: Reset})
		for range 2 * keepChanges {
			p.suffer(Trouble{Fault: Slow})
		}
		p.suffer(Trouble{})
	}
	if n := len(p.page.episodes); n != keepEpisodes || len(p.page.episodes[0].changes) != keepChanges {
		t.Errorf("the status page remembers %d times of trouble, of %d changes", n, len(p.page.episodes[0].changes))
	}
}

// Reading breaks where mail is read, and only there.
func TestNoReadingConcernsReading(t *testing.T) {
	t.Parallel()
	c := newCondition()
	c.set(Trouble{Fault: NoReading})
	for fault, s := range map[Fault]*service{Reset: {port: 993, reads: true}, None: {port: 25}} {
		conn := &serverConn{from: &listener{service: s}, cond: c}
		if f := c.admit(conn); f != fault {
			t.Errorf("port %d suffers from %q", s.port, f)
		}
	}
}

// Of any number from the first, it is the share, give or take three.
func TestSpreadIsEven(t *testing.T) {
	t.Parallel()
	for percent := 1; percent < 100; percent++ {
		share := float64(percent) / 100
		var s spread
		for n, failed := 1, 0; n <= 1000; n++ {
			if s.next(share) {
				failed++
			}
			if off := float64(failed) - share*float64(n); off < -3 || off > 3 {
				t.Fatalf("%d %%: %d of %d", percent, failed, n)
			}
		}
	}
	var s spread
	if !s.next(0) || !s.next(1) {
		t.Error("all is not all")
	}
}
