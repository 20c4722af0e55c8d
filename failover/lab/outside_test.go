package lab_test

import (
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// signedIn is a dialogue at a provider's submission port.
func signedIn(t *testing.T, w *lab.World, role failover.Role, user, password string) *smtp.Client {
	t.Helper()
	c, err := hello(t, w, w.Domain().Provider(role).Submission.Host, "587")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Auth(sasl.NewPlainClient("", user, password)); err != nil {
		t.Fatal(err)
	}
	return c
}

// eventually waits for what no event tells of.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for !is() {
		select {
		case <-t.Context().Done():
			t.Fatal("it never came")
		case <-time.After(time.Millisecond):
		}
	}
}

// The groups outside have asked at moments of their own, so after a switch the
// old answer runs out for one after the other, and for none later than its TTL.
func TestOldAnswersRunOutOneAfterTheOther(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, lab.Options{TTL: 300, Now: c.now})
	events, _ := w.Subscribe(1000)
	d := w.Domain()
	groups := []lab.Group{lab.Customers, lab.Suppliers, lab.Partners}
	send := func() map[lab.Group]failover.Role {
		from := map[lab.Group]int{}
		for _, g := range groups {
			n, err := w.SendFrom(g, "office@example.test")
			if err != nil {
				t.Fatal(err)
			}
			from[g] = n
		}
		until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
		went := map[lab.Group]failover.Role{}
		for g, n := range from {
			went[g] = entry(t, w, n).At
		}
		return went
	}
	send()
	switched := c.now()
	switchMX(t, w, d.Primary, d.Secondary)
	last := map[lab.Group]time.Duration{}
	for range 31 {
		for g, at := range send() {
			if at == failover.Primary {
				last[g] = c.now().Sub(switched)
			}
		}
		p := w.Picture()
		late := p.Senders[0] // the customers' resolver asked last
		if old := late.Route == failover.Primary; old != (p.DNS.Old == failover.Primary) || p.DNS.PointsTo != failover.Secondary ||
			old && (!p.DNS.OldUntil.Equal(late.RouteUntil) || p.DNS.OldUntil.After(switched.Add(300*time.Second))) || !old && !p.DNS.OldUntil.IsZero() {
			t.Errorf("%+v of %+v", p.DNS, late)
		}
		c.pass(10 * time.Second)
	}
	if last[lab.Customers] != 290*time.Second || last[lab.Suppliers] != 190*time.Second || last[lab.Partners] != 90*time.Second {
		t.Errorf("the old answer served until %v", last)
	}
}

func TestAnnouncedAddressesAreWrittenTo(t *testing.T) {
	t.Parallel()
	retry := quick()
	retry.Patience = 200 * time.Millisecond
	w, events := atWork(t, lab.Options{Interval: 10 * time.Millisecond, Factor: 1, Retry: retry})
	until(t, w, events, func(n lab.Totals) bool { return n.Primary > 3 })
	if err := w.Break(failover.Primary, lab.Silent); err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Inbound.Waiting > 3 })
	w.Announce()
	w.SetSendRoute(failover.Secondary)
	until(t, w, events, func(n lab.Totals) bool { return n.Secondary > 5 && n.Inbound.Waiting > 3 })
	first := 0
	for _, e := range w.Ledger().Messages {
		if e.Direction != lab.Inbound {
			continue
		}
		emergency := strings.HasSuffix(e.To, "@emergency.example.test")
		if emergency && first == 0 {
			first = e.Number
		}
		if (e.At == failover.Secondary) && !emergency || e.At == failover.Primary && emergency || first > 0 && !emergency && e.Number > first {
			t.Errorf("%+v", e)
		}
	}
	// It comes into the same people's mailboxes.
	read := w.Totals().Read
	until(t, w, events, func(n lab.Totals) bool { return n.Read > read+3 })
	w.Recall()
	w.Mend(failover.Primary)
	from := w.Totals().Primary
	until(t, w, events, func(n lab.Totals) bool { return n.Primary > from+5 })
	w.SetInterval(-1)
	n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
	if n.Delivered != n.Sent || n.Doubled != 0 {
		t.Errorf("%+v", n)
	}
	if _, err := w.Send("office@emergency.example.test"); err != nil {
		t.Error(err)
	}
}
