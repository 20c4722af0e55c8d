package lab_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// The main job: mail flows, the primary resets every connection, an update
// switches the MX, and all that waited arrives at the secondary.
func TestOutageSwitchAndBack(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, lab.Options{TTL: 300, Now: c.now, Interval: 15 * time.Millisecond})
	events, _ := w.Subscribe(10000)
	d := w.Domain()
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered >= 20 && n.Primary >= 20 })

	if err := w.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	e := next(t, events, lab.EventDeferred)
	if e.Role != failover.Primary || !strings.Contains(e.Say.String(), "harbormail.test broke off the connection") {
		t.Errorf("deferred: %q by %q", e.Say, e.Role)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Waiting >= 30 })
	switchMX(t, w, d.Primary, d.Secondary)
	// Outside, the old set is known until its TTL has run out.
	before := w.Totals()
	until(t, w, events, func(n lab.Totals) bool { return n.Sent >= before.Sent+10 })
	if n := w.Totals(); n.Secondary != 0 {
		t.Errorf("%d messages at the secondary before the TTL has run out", n.Secondary)
	}
	c.pass(300 * time.Second)
	until(t, w, events, func(n lab.Totals) bool {
		for _, m := range w.Ledger().Messages {
			if m.Number <= before.Sent && m.Fate == lab.Waiting {
				return false
			}
		}
		return n.Secondary >= 30
	})

	w.Mend(failover.Primary)
	switchMX(t, w, d.Secondary, d.Primary)
	c.pass(300 * time.Second)
	before = w.Totals()
	until(t, w, events, func(n lab.Totals) bool { return n.Primary >= before.Primary+20 })
	w.SetInterval(0)
	n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
	if n.Bounced != 0 || n.Lost != 0 || n.Doubled != 0 || n.Delivered != n.Sent || n.Primary+n.Secondary != n.Sent {
		t.Errorf("%+v", n)
	}
	for _, e := range w.Ledger().Messages {
		if e.Fate != lab.Delivered || e.Copies != 1 || e.At == "" || e.Settled.Before(e.Sent) {
			t.Errorf("%+v", e)
		}
	}
	stored := w.Counters(failover.Primary).Stored + w.Counters(failover.Secondary).Stored
	if stored != n.Sent {
		t.Errorf("%d messages stored, %d sent", stored, n.Sent)
	}
}

// switchMX changes the MX set by compare-and-swap, as a DNS host would be asked.
func switchMX(t *testing.T, w *lab.World, from, to failover.Provider) {
	t.Helper()
	old, fresh := failover.MXSet("example.test", 300, from.MX), failover.MXSet("example.test", 300, to.MX)
	r, err := send(t, w, w.TSIG(), update(func(m *dns.Msg) {
		m.Used(rrs(t, old))
		m.RemoveRRset(rrs(t, old))
		m.Insert(rrs(t, fresh))
	}))
	if err != nil || r.Rcode != dns.RcodeSuccess {
		t.Fatalf("the switch: %v, %v", r, err)
	}
}

// A provider that dies again and again, at any moment, never makes a message
// arrive twice or get lost, unless it is told to.
func TestBreakingOftenDoublesNothing(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{Interval: 10 * time.Millisecond})
	events, _ := w.Subscribe(10000)
	for round := range 40 {
		until(t, w, events, func(n lab.Totals) bool { return n.Delivered >= round*3 })
		fault := []lab.Fault{lab.Reset, lab.Refuse, lab.Defer, lab.Busy, lab.NoTLS}[round%5]
		if err := w.Break(failover.Primary, fault); err != nil {
			t.Fatal(err)
		}
		next(t, events, lab.EventDeferred)
		w.Mend(failover.Primary)
		w.Flush()
	}
	w.SetInterval(-1)
	n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
	if n.Bounced != 0 || n.Lost != 0 || n.Doubled != 0 || n.Delivered != n.Sent {
		t.Errorf("%+v", n)
	}
}

func TestFaultsThatSpoilMessagesAreCounted(t *testing.T) {
	t.Parallel()
	to := "office@example.test"
	for fault, c := range map[lab.Fault]struct {
		kind lab.EventKind
		want lab.Totals
		says string
	}{
		lab.LoseReply: {lab.EventDoubled, lab.Totals{Sent: 1, Delivered: 1, Doubled: 1, Primary: 1, Inbound: lab.Subtotal{Sent: 1, Delivered: 1}}, "Message 1 arrived at Harbormail once more."},
		lab.Swallow:   {lab.EventLost, lab.Totals{Sent: 1, Lost: 1, Inbound: lab.Subtotal{Sent: 1, Lost: 1}}, "Message 1 is lost: Harbormail said that it had stored it, and has not."},
		lab.Reject: {lab.EventBounced, lab.Totals{Sent: 1, Bounced: 1, Inbound: lab.Subtotal{Sent: 1, Bounced: 1}},
			`Message 1 went back to its sender: mx1.harbormail.test answered "550 5.4.1 Recipient address rejected: Access denied".`},
	} {
		w := start(t, lab.Options{})
		events, _ := w.Subscribe(1000)
		if err := w.Break(failover.Primary, fault); err != nil {
			t.Fatal(err)
		}
		n, err := w.Send(to)
		if err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if e := next(t, events, c.kind); e.Message != 1 || e.Say.String() != c.says {
			t.Errorf("%q: message %d, %q", fault, e.Message, e.Say)
		}
		w.Mend(failover.Primary)
		got := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
		if got.Tries = 0; got != c.want {
			t.Errorf("%q: %+v, want %+v", fault, got, c.want)
		}
	}
}

func TestSenderFollowsTheDNS(t *testing.T) {
	t.Parallel()
	null := failover.NewRRset("example.test", "MX", 1, "0 .")
	for name, c := range map[string]struct {
		set  failover.RRset
		kind lab.EventKind
		says string
	}{
		"a domain that takes no mail":   {null, lab.EventBounced, "example.test says that it takes no mail"},
		"no MX: the address stands in":  {failover.NewRRset("example.test", "MX", 1), lab.EventDeferred, "example.test refuses the connection"},
		"a host that does not exist":    {failover.NewRRset("example.test", "MX", 1, "10 no.example.test."), lab.EventDeferred, "no.example.test has no address"},
		"a host of somebody else":       {failover.NewRRset("example.test", "MX", 1, "10 mx.alder.test."), lab.EventDeferred, "mx.alder.test broke off the connection"},
		"the second when the first may": {failover.NewRRset("example.test", "MX", 1, "10 no.example.test.", "20 mx1.lighthouse.test."), lab.EventDelivered, "arrived at Lighthouse"},
	} {
		w := start(t, lab.Options{})
		events, _ := w.Subscribe(100)
		if err := w.Put(c.set); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Send("office@example.test"); err != nil {
			t.Fatal(err)
		}
		if e := next(t, events, c.kind); !strings.Contains(e.Say.String(), c.says) {
			t.Errorf("%s: %q", name, e.Say)
		}
	}
}

func TestSenderWaitsForTheDNS(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	events, _ := w.Subscribe(100)
	if err := w.BreakDNS("resolver.suppliers.test", lab.Failing); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SendFrom(lab.Suppliers, "office@example.test"); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, lab.EventDeferred); !strings.Contains(e.Say.String(), "could not be looked up") {
		t.Errorf("%q", e.Say)
	}
	if err := w.BreakDNS("resolver.suppliers.test", lab.None); err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 1 })
}

func TestSenderGivesUp(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{Retry: lab.Retry{First: time.Millisecond, Expire: 30 * time.Millisecond}})
	events, _ := w.Subscribe(1000)
	if err := w.Break(failover.Primary, lab.Refuse); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Send("office@example.test"); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, lab.EventBounced); !strings.Contains(e.Say.String(), "nobody took it within 30ms") {
		t.Errorf("%q", e.Say)
	}
	m := w.Ledger().Messages[0]
	if m.Fate != lab.Bounced || m.Tries == 0 || m.Last.String() == "" || m.Copies != 0 {
		t.Errorf("%+v", m)
	}
}

func TestEachFaultMakesTheSenderWait(t *testing.T) {
	t.Parallel()
	for fault, says := range map[lab.Fault]string{
		lab.Reset:          "broke off the connection",
		lab.Refuse:         "refuses the connection",
		lab.Silent:         "does not answer",
		lab.Hang:           "does not answer",
		lab.Busy:           `answered "421 4.3.2`,
		lab.Defer:          `answered "451 4.3.2`,
		lab.NoTLS:          "fails to begin TLS",
		lab.BadCertificate: "fails to begin TLS",
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			retry := quick()
			if says == "does not answer" {
				retry.Patience = 200 * time.Millisecond
			}
			w := start(t, lab.Options{Retry: retry})
			events, _ := w.Subscribe(1000)
			if err := w.Break(failover.Primary, fault); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Send("office@example.test"); err != nil {
				t.Fatal(err)
			}
			if e := next(t, events, lab.EventDeferred); !strings.Contains(e.Say.String(), says) {
				t.Errorf("%q", e.Say)
			}
			w.Mend(failover.Primary)
			n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
			if n.Delivered != 1 || n.Doubled != 0 || n.Tries < 2 {
				t.Errorf("%+v", n)
			}
		})
	}
}

func TestMessagesArriveAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	events, _ := w.Subscribe(100)
	to := "hanako.sato@example.test"
	if _, err := w.Send(to); err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 1 })
	box := w.Mailbox(failover.Primary, to)
	if len(box) != 1 {
		t.Fatalf("%d messages", len(box))
	}
	for _, part := range []string{"Subject: Order 1\r\n", fmt.Sprintf("To: <%s>\r\n", to), "注文書 1 を", "\r\n.\r\n..and two lines"} {
		if !bytes.Contains(box[0].Data, []byte(part)) {
			t.Errorf("no %q in\n%s", part, box[0].Data)
		}
	}
}
