package lab_test

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// What is said of each fault is what comes of it.
func TestFaultsDoWhatIsSaidOfThem(t *testing.T) {
	t.Parallel()
	for _, fault := range lab.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			// Fast, as what NoName leaves in caches lasts for a minute.
			retry := lab.Retry{First: 10 * time.Second, Most: time.Minute, Patience: 20 * time.Second}
			if fault == lab.Silent || fault == lab.Hang {
				retry.Patience = 200 * time.Millisecond
			}
			w := start(t, lab.Options{Retry: retry, Delay: 10 * time.Millisecond, Factor: 600})
			events, _ := w.Subscribe(1000)
			if err := w.Break(failover.Primary, fault); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Send("office@example.test"); err != nil {
				t.Fatal(err)
			}
			switch {
			case lab.StopsMail(fault):
				next(t, events, lab.EventDeferred)
			case lab.LosesOrDoubles(fault):
				until(t, w, events, func(n lab.Totals) bool { return n.Lost+n.Doubled == 1 })
			default:
				until(t, w, events, func(n lab.Totals) bool { return n.Tries == 1 })
			}
			w.Mend(failover.Primary)
			n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
			if n.Bounced == 1 != lab.Bounces(fault) || n.Lost+n.Doubled > 0 != lab.LosesOrDoubles(fault) {
				t.Errorf("%+v", n)
			}
			if first := w.Ledger().Messages[0]; !lab.StopsMail(fault) && fault != lab.LoseReply && first.Tries != 1 {
				t.Errorf("%+v", first)
			}
		})
	}
}

// The names are gone for who asks anew, and the resolver keeps either answer as
// long as it was told.
func TestNoName(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, lab.Options{Now: c.now, IPv6: true})
	known := func(server, host, typ string) bool {
		r, err := query(t, w, "udp", server, host, typ)
		if err != nil {
			t.Fatal(err)
		}
		if exists := len(r.Answer) > 0; exists == (r.Rcode == dns.RcodeNameError) {
			t.Errorf("%s %s: %v", host, typ, r)
		}
		return len(r.Answer) > 0
	}
	const hosting = "192.0.2.3:53"
	if !known(w.Resolver(), "mx1.harbormail.test", "A") {
		t.Fatal("mx1 has no address")
	}
	if err := w.Break(failover.Primary, lab.NoName); err != nil {
		t.Fatal(err)
	}
	for host, there := range map[string]bool{
		"mx1.harbormail.test": false, "mx2.harbormail.test": false, "smtp.harbormail.test": true,
		"status.harbormail.test": true, "mx1.lighthouse.test": true,
	} {
		for _, typ := range []string{"A", "AAAA"} {
			if known(hosting, host, typ) != there {
				t.Errorf("%s %s: %v", host, typ, !there)
			}
		}
	}
	if !known(w.Resolver(), "mx1.harbormail.test", "A") {
		t.Error("the resolver has forgotten at once")
	}
	if err := greets(t.Context(), w, "mx1.harbormail.test"); err != nil {
		t.Errorf("who knows the address: %v", err)
	}
	c.pass(61 * time.Second)
	var noHost *net.DNSError
	if err := greets(t.Context(), w, "mx1.harbormail.test"); !errors.As(err, &noHost) || !noHost.IsNotFound {
		t.Errorf("who asks: %v", err)
	}
	w.Mend(failover.Primary)
	if !known(hosting, "mx1.harbormail.test", "AAAA") || known(w.Resolver(), "mx1.harbormail.test", "A") {
		t.Error("mended: the zone has no name, or the resolver asked again at once")
	}
	c.pass(61 * time.Second)
	if err := greets(t.Context(), w, "mx1.harbormail.test"); err != nil {
		t.Errorf("when that has passed, too: %v", err)
	}
	for _, part := range []lab.Trouble{{Fault: lab.NoName, Share: 0.5}, {Fault: lab.NoName, Hosts: []string{"mx1.harbormail.test"}}} {
		if err := w.BreakPart(failover.Primary, part); err != nil {
			t.Fatal(err)
		}
		if known(hosting, "mx1.harbormail.test", "A") || !known(hosting, "mx2.harbormail.test", "A") {
			t.Errorf("%+v: mx1 is there, or mx2 is not", part)
		}
	}
	// Another trouble brings the names back, as there is one at a time.
	if err := w.Break(failover.Primary, lab.Slow); err != nil {
		t.Fatal(err)
	}
	if !known(hosting, "mx1.harbormail.test", "A") {
		t.Error("the names stay away")
	}
}

const withAttachment = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nsee there\r\n" +
	"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"order.pdf\"\r\n\r\nPDF\r\n--b--\r\n"

func TestDelayAttachments(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	to := w.Domain().Recipients[0].Address
	c, err := hello(t, w, "mx1.harbormail.test", "25")
	if err != nil {
		t.Fatal(err)
	}
	have := func() (subjects []string) {
		for _, m := range w.Mailbox(failover.Primary, to) {
			subject, _, _ := strings.Cut(string(m.Data), "\r\n")
			subjects = append(subjects, strings.TrimPrefix(subject, "Subject: "))
		}
		return subjects
	}
	all := func(t *testing.T, messages ...string) {
		t.Helper()
		for _, m := range messages {
			if err := post(c, "a@b.test", to, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Break(failover.Primary, lab.DelayAttachments); err != nil {
		t.Fatal(err)
	}
	pdf := func(subject string) string { return strings.Replace(withAttachment, "x", subject, 1) }
	all(t, pdf("a"), "Subject: b\r\n\r\nplain\r\n", pdf("c"))
	if got := have(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("delayed: %v", got)
	}
	w.Mend(failover.Primary)
	if got := have(); !slices.Equal(got, []string{"b", "a", "c"}) {
		t.Errorf("mended: %v", got)
	}
	if err := w.BreakPart(failover.Primary, lab.Trouble{Fault: lab.DelayAttachments, Share: 0.5}); err != nil {
		t.Fatal(err)
	}
	all(t, pdf("1"), pdf("2"), pdf("3"), pdf("4"))
	if got := have(); len(got) != 5 {
		t.Errorf("of 4 messages %v came", got[3:])
	}
	if err := w.Break(failover.Primary, lab.Busy); err != nil {
		t.Fatal(err)
	}
	if got := have(); len(got) != 7 {
		t.Errorf("after another trouble: %v", got)
	}
}

// The door for changes breaks, and nothing else.
func TestBreakUpdates(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	events, _ := w.Subscribe(100)
	d, key := w.Domain(), w.TSIG()
	for _, c := range []struct {
		fault lab.Fault
		says  string
		sees  func(*dns.Msg, error) bool
	}{
		{lab.Refuse, "The DNS host refuses every change at ns1.example.test; it answers questions.", hasRcode(dns.RcodeRefused)},
		{lab.Silent, "The DNS host does not react to changes at ns1.example.test; it answers questions.", timesOut},
		{lab.Failing, "The DNS host answers every change at ns1.example.test with an error; it answers questions.", hasRcode(dns.RcodeServerFailure)},
		{lab.None, "The DNS host takes changes at ns1.example.test again.", hasRcode(dns.RcodeSuccess)},
	} {
		before := w.Truth(d.Name, "TXT")
		if err := w.BreakUpdates(c.fault); err != nil {
			t.Fatal(err)
		}
		if e := <-events; e.Say.String() != c.says || (e.Kind == lab.EventMended) != (c.fault == lab.None) {
			t.Errorf("%q: %v", c.fault, e)
		}
		for _, proto := range []string{"udp", "tcp"} {
			patience := 5 * time.Second
			if c.fault == lab.Silent {
				patience = 200 * time.Millisecond
			}
			m := update(func(m *dns.Msg) { m.Insert(rrs(t, failover.NewRRset(d.Name, "TXT", 60, `"`+proto+`"`))) })
			m.SetTsig(key.Name, key.Algorithm, 300, time.Now().Unix())
			r, err := exchange(t, w, proto, w.UpdateServer(), m, dns.Client{Timeout: patience, TsigSecret: map[string]string{key.Name: key.Secret}})
			if !c.sees(r, err) {
				t.Errorf("%q over %s: %v, %v", c.fault, proto, r, err)
			}
			if got := ask(t, w, w.UpdateServer(), d.Name, "MX"); !got.Exists() {
				t.Errorf("%q: no answer to a question", c.fault)
			}
		}
		if changed := !w.Truth(d.Name, "TXT").SameValues(before); changed != (c.fault == lab.None) {
			t.Errorf("%q: the zone changed: %v", c.fault, changed)
		}
	}
	if err := w.BreakUpdates(lab.None); err != nil || len(events) > 0 {
		t.Errorf("mending what works: %v, %d events", err, len(events))
	}
}
