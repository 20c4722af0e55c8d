package lab_test

import (
	"bytes"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// A partner's mail server breaks: the staff's mail to it waits at the provider,
// whose notice says so, and everything of the domain's own works.
func TestRemoteDomainBreaks(t *testing.T) {
	t.Parallel()
	retry := quick()
	retry.Notice = time.Second
	w, events := atWork(t, lab.Options{Retry: retry})
	if err := w.BreakRemote(lab.Defer); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, lab.EventBroken); !strings.Contains(e.Say.String(), "mail.remote.test puts off every recipient") {
		t.Errorf("%q", e.Say)
	}
	far := writeAs(t, w, hanako, "jean.martin@remote.test")
	notices, _ := w.Subscribe(1000)
	near := writeAs(t, w, hanako, "maria.weber@partners.test")
	if _, err := w.Send(hanako); err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 2 && n.Read == 1 })
	if e := entry(t, w, near); e.Fate != lab.Delivered {
		t.Errorf("%+v", e)
	}
	e := next(t, notices, lab.EventNotice)
	if e.Message != far || e.Role != failover.Primary || !strings.Contains(e.Say.String(), `Harbormail tells Hanako Sato that message 1 for jean.martin@remote.test is late: "400 4.4.7 Message delayed".`) {
		t.Errorf("%+v", e)
	}
	if e := entry(t, w, far); e.Fate != lab.Waiting || !strings.Contains(e.Last.String(), `mail.remote.test answered "451 4.3.2`) || e.Tries < 2 {
		t.Errorf("%+v", e)
	}
	notice(t, w, hanako, "delayed", "4.4.7", "400 4.4.7 Message delayed", "jean.martin@remote.test")
	if w.Picture().Remote != lab.Defer || w.Picture().Primary.Held != 1 || w.Fault(failover.Primary) != lab.None {
		t.Errorf("%+v", w.Picture())
	}
	if err := w.BreakRemote(lab.None); err != nil {
		t.Fatal(err)
	}
	n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
	if n.Sent != 3 || n.Delivered != 3 || n.Doubled != 0 {
		t.Errorf("the notice is counted as a message: %+v", n)
	}
	if again := notices; len(again) > 0 {
		for len(again) > 0 {
			if e := <-again; e.Kind == lab.EventNotice {
				t.Errorf("told twice: %q", e.Say)
			}
		}
	}
}

// notice looks for a delivery status notification in a mailbox and reads it.
func notice(t *testing.T, w *lab.World, to string, want ...string) {
	t.Helper()
	for _, m := range w.Mailbox(failover.Primary, to) {
		if m.From != "" || !bytes.Contains(m.Data, []byte("report-type=delivery-status")) {
			continue
		}
		msg, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil || !strings.HasPrefix(msg.Header.Get("Auto-Submitted"), "auto-") || !strings.Contains(msg.Header.Get("To"), to) {
			t.Errorf("%v: %q", err, m.Data)
		}
		if bytes.Contains(m.Data, []byte("Action: "+want[0])) && !slices.ContainsFunc(want, func(s string) bool { return !bytes.Contains(m.Data, []byte(s)) }) {
			return
		}
	}
	t.Errorf("no notice with %q in %q", want, w.Mailbox(failover.Primary, to))
}

func TestRemoteFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range lab.RemoteFaults() {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			retry := quick()
			if fault == lab.Silent || fault == lab.Hang {
				retry.Patience = 200 * time.Millisecond
			}
			w, events := atWork(t, lab.Options{Retry: retry})
			if err := errors.Join(w.BreakRemote(fault), w.BreakRemote(fault)); err != nil {
				t.Fatal(err)
			}
			writeAs(t, w, taro, "jean.martin@remote.test")
			if fault == lab.Reject {
				n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
				if n.Bounced != 1 || n.Outbound.Bounced != 1 {
					t.Errorf("%+v", n)
				}
				notice(t, w, taro, "failed", "5.4.7", "jean.martin@remote.test", "550 5.4.1")
				return
			}
			// On a busy machine the staff may have lost patience with their own provider first.
			e := next(t, events, lab.EventDeferred)
			for !strings.Contains(e.Say.String(), "mail.remote.test") {
				e = next(t, events, lab.EventDeferred)
			}
			if e.Role != failover.Primary {
				t.Errorf("%+v", e)
			}
			if err := w.BreakRemote(lab.None); err != nil {
				t.Fatal(err)
			}
			if n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 }); n.Delivered != 1 || n.Doubled != 0 {
				t.Errorf("%+v", n)
			}
		})
	}
	w := start(t, lab.Options{})
	if err := w.BreakRemote(lab.Lame); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), `"lame"`) {
		t.Errorf("%v", err)
	}
}

// A provider that is down whole carries nothing to others either; one that is
// only in part does.
func TestProviderCarriesNothingWhileDown(t *testing.T) {
	t.Parallel()
	w, events := atWork(t, lab.Options{})
	if err := w.BreakRemote(lab.Refuse); err != nil {
		t.Fatal(err)
	}
	n := writeAs(t, w, hanako, "jean.martin@remote.test")
	next(t, events, lab.EventDeferred)
	if err := w.Break(failover.Primary, lab.Refuse); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return lab.Trying(w, failover.Primary) == 0 })
	if err := w.BreakRemote(lab.None); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	// What is handed in elsewhere meanwhile arrives long before.
	w.SetSendRoute(failover.Secondary)
	for range 5 {
		writeAs(t, w, taro, "jean.martin@remote.test")
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 5 })
	if e := entry(t, w, n); e.Fate != lab.Waiting {
		t.Errorf("%+v", e)
	}
	if err := w.BreakPart(failover.Primary, lab.Trouble{Fault: lab.Refuse, Hosts: []string{"mx1.harbormail.test"}}); err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 6 })
}

// What the staff hand in with an attachment is kept back too while attachments are.
func TestAttachmentsOfStaffAreKeptBack(t *testing.T) {
	t.Parallel()
	w, events := atWork(t, lab.Options{})
	if err := w.Break(failover.Primary, lab.DelayAttachments); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		writeAs(t, w, hanako, "aoi.mori@customers.test")
	}
	held := writeAs(t, w, hanako, taro) // each fifth has one
	eventually(t, func() bool { return w.Totals().Delivered == 8 && w.Picture().Primary.Held == 2 })
	n := w.Totals()
	if n.Waiting != 2 || entry(t, w, 5).Fate != lab.Waiting || entry(t, w, held).Fate != lab.Waiting {
		t.Errorf("%+v", n)
	}
	w.Mend(failover.Primary)
	n = until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 && n.Read == 1 })
	if n.Delivered != 10 || n.Lost+n.Doubled != 0 {
		t.Errorf("%+v", n)
	}
	for _, m := range w.OutsideMailbox("aoi.mori@customers.test") {
		if m.From != hanako {
			t.Errorf("%+v", m)
		}
	}
}

// A provider carries what an admin's program hands in too, which is in no ledger.
func TestProvidersCarryForeignMail(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	user, password := w.Login(failover.Secondary)
	c := signedIn(t, w, failover.Secondary, user, password)
	if err := post(c, user, "aoi.mori@customers.test", "Subject: seed\r\n\r\nx\r\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(w.OutsideMailbox("aoi.mori@customers.test")) > 0 })
	if got := w.OutsideMailbox("aoi.mori@customers.test")[0]; string(got.Data) != "Subject: seed\r\n\r\nx\r\n" || got.From != user {
		t.Errorf("%+v", got)
	}
	if n := w.Totals(); n != (lab.Totals{}) {
		t.Errorf("%+v", n)
	}
	// Who has an account of their own cannot write in another's name.
	user, password = w.StaffLogin(failover.Secondary, hanako)
	c = signedIn(t, w, failover.Secondary, user, password)
	if err := post(c, taro, "aoi.mori@customers.test", "x"); code(err) != 550 || !strings.Contains(err.Error(), "send as this sender") {
		t.Errorf("in another's name: %v", err)
	}
}

// Whoever wrote is told, also of messages that were never tried because the host had
// failed with others shortly before.
func TestEveryLateMessageIsTold(t *testing.T) {
	t.Parallel()
	retry := quick()
	retry.Notice = 100 * time.Millisecond
	w, events := atWork(t, lab.Options{Retry: retry, Factor: 1})
	if err := w.BreakRemote(lab.Refuse); err != nil {
		t.Fatal(err)
	}
	const all = 12
	for range all {
		writeAs(t, w, hanako, "jean.martin@remote.test")
	}
	told := map[int]bool{}
	for len(told) < all {
		e := next(t, events, lab.EventNotice)
		if told[e.Message] {
			t.Errorf("told twice: %q", e.Say)
		}
		told[e.Message] = true
	}
	notices := map[string]bool{}
	for _, m := range w.Mailbox(failover.Primary, hanako) {
		msg, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			t.Fatal(err)
		}
		notices[msg.Header.Get("Message-ID")] = true
	}
	if n := w.Totals(); len(notices) != all || n.Sent != all || n.Waiting != all {
		t.Errorf("%d notices: %+v", len(notices), n)
	}
	if err := w.BreakRemote(lab.None); err != nil {
		t.Fatal(err)
	}
	if n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 }); n.Delivered != all || len(w.OutsideMailbox("jean.martin@remote.test")) != all {
		t.Errorf("%+v", n)
	}
	eventually(t, func() bool { return w.Counters(failover.Primary).Relayed == all })
}
