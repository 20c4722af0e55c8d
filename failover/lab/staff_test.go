package lab_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

const hanako, taro = "hanako.sato@example.test", "taro.tanaka@example.test"

// atWork is a world whose staff read and write as fast as tests want to have it.
func atWork(t *testing.T, opt lab.Options) (*lab.World, <-chan lab.Event) {
	t.Helper()
	opt.Staff = true
	if opt.Factor == 0 {
		opt.Factor = 20
	}
	w := start(t, opt)
	events, _ := w.Subscribe(10000)
	return w, events
}

// entry is a message as the ledger has it.
func entry(t *testing.T, w *lab.World, number int) lab.Entry {
	t.Helper()
	for _, e := range w.Ledger().Messages {
		if e.Number == number {
			return e
		}
	}
	t.Fatalf("no message %d in the ledger", number)
	return lab.Entry{}
}

func writeAs(t *testing.T, w *lab.World, from, to string) int {
	t.Helper()
	n, err := w.WriteAs(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Mail of each direction goes all its way: from somebody's mail program to where
// somebody reads it.
func TestMailGoesAllItsWay(t *testing.T) {
	t.Parallel()
	w, events := atWork(t, lab.Options{})
	in, err := w.SendFrom(lab.Partners, "sales@example.test")
	if err != nil {
		t.Fatal(err)
	}
	out := writeAs(t, w, hanako, "aoi.mori@customers.test")
	within := writeAs(t, w, taro, hanako)
	n := until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 3 && n.Read == 2 })
	one := lab.Subtotal{Sent: 1, Delivered: 1}
	n.Tries = 0
	if n != (lab.Totals{Sent: 3, Delivered: 3, Primary: 1, Inbound: one, Outbound: one, Internal: one, Read: 2, Wrote: 2}) {
		t.Errorf("%+v", n)
	}
	for _, c := range []struct {
		number   int
		from, to string
		sender   lab.Group
		way      lab.Direction
		at       failover.Role
		host     string
		read     bool
	}{
		{in, "maria.weber@partners.test", "sales@example.test", lab.Partners, lab.Inbound, failover.Primary, "mx1.harbormail.test", true},
		{out, hanako, "aoi.mori@customers.test", lab.Staff, lab.Outbound, "", "mail.customers.test", false},
		{within, taro, hanako, lab.Staff, lab.Internal, failover.Primary, "smtp.harbormail.test", true},
	} {
		e := entry(t, w, c.number)
		if e.From != c.from || e.To != c.to || e.Sender != c.sender || e.Direction != c.way || e.Fate != lab.Delivered || e.At != c.at || e.ReadAt.IsZero() == c.read {
			t.Errorf("%+v", e)
		}
		if e.Copies != 1 || len(e.Arrivals) != 1 || e.Arrivals[0].Where != c.at || e.Arrivals[0].Host != c.host || e.Arrivals[0].At.Before(e.Sent) {
			t.Errorf("%d arrived %+v", c.number, e.Arrivals)
		}
	}
	box := w.OutsideMailbox("AOI.MORI@customers.test")
	if len(box) != 1 || box[0].From != hanako || !bytes.Contains(box[0].Data, []byte(fmt.Sprintf("Subject: Re: Order %d\r\n", out))) ||
		!bytes.HasSuffix(box[0].Data, []byte("\r\n.\r\n..and two lines that begin with a dot, which SMTP doubles on its way.\r\n")) {
		t.Errorf("outside there are %d messages: %q", len(box), box)
	}
	if w.OutsideMailbox("x@nowhere.test") != nil || len(w.OutsideMailbox("x@customers.test")) != 0 {
		t.Error("others have it too")
	}
}

func TestWhoCannotWriteIsTold(t *testing.T) {
	t.Parallel()
	w, events := atWork(t, lab.Options{})
	for from, to := range map[string]string{"office@example.test": hanako, "x@elsewhere.test": hanako, hanako: "nobody"} {
		if _, err := w.WriteAs(from, to); !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%s to %s: %v", from, to, err)
		}
	}
	if _, err := w.SendFrom(lab.Staff, hanako); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("staff from outside: %v", err)
	}
	for address, says := range map[string]string{
		"nobody.at.all@example.test": `smtp.harbormail.test answered "550 5.1.1 No such user here"`,
		"x@nowhere.test":             "there is no domain nowhere.test",
		"x@lab.test":                 "", // a domain without MX records, nor a host of its name
	} {
		n := writeAs(t, w, hanako, address)
		if says == "" {
			if e := next(t, events, lab.EventDeferred); e.Message != n || !strings.Contains(e.Say.String(), "lab.test has no address") {
				t.Errorf("%q", e.Say)
			}
			continue
		}
		if e := next(t, events, lab.EventBounced); e.Message != n || !strings.Contains(e.Say.String(), says) || e.Sender != lab.Staff {
			t.Errorf("to %s: %q", address, e.Say)
		}
	}
	still := start(t, lab.Options{})
	if _, err := still.WriteAs(hanako, taro); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("where no staff work: %v", err)
	}
}

// Signing in breaks: nobody reads or sends, and mail from outside goes on arriving.
func TestSignInOutage(t *testing.T) {
	t.Parallel()
	w, events := atWork(t, lab.Options{})
	if err := w.Break(failover.Primary, lab.NoSignIn); err != nil {
		t.Fatal(err)
	}
	out, within := writeAs(t, w, hanako, "kenji.abe@suppliers.test"), writeAs(t, w, taro, hanako)
	if _, err := w.Send("office@example.test"); err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for len(said) < 4 {
		said[next(t, events, lab.EventTrouble).Say.String()] = true
	}
	for _, says := range []string{
		"Hanako Sato cannot sign in at Harbormail to read mail.", "Taro Tanaka cannot sign in at Harbormail to read mail.",
		"Hanako Sato cannot send mail through Harbormail; it waits in the outbox.", "Taro Tanaka cannot send mail through Harbormail; it waits in the outbox.",
	} {
		if !said[says] {
			t.Errorf("nobody says %q: %v", says, said)
		}
	}
	n := until(t, w, events, func(n lab.Totals) bool { return n.Inbound.Delivered == 1 })
	if n.Read != 0 || n.Waiting != 2 || n.Outbound.Waiting != 1 || n.Internal.Waiting != 1 {
		t.Errorf("%+v", n)
	}
	if s := w.Picture().Staff; s.Outbox != 2 || s.Waiting != 2 || s.CannotRead != 2 || s.CannotSend != 2 {
		t.Errorf("%+v", s)
	}
	if e := entry(t, w, out); !strings.Contains(e.Last.String(), `smtp.harbormail.test answered "454 4.7.0`) {
		t.Errorf("%d: %q", out, e.Last)
	}
	again, _ := w.Subscribe(1000)
	w.Mend(failover.Primary)
	n = until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 && n.Read == 2 })
	if n.Delivered != 3 || n.Doubled != 0 || entry(t, w, within).ReadAt.IsZero() {
		t.Errorf("%+v", n)
	}
	relief := map[string]bool{}
	for len(relief) < 4 {
		relief[next(t, again, lab.EventRelief).Say.String()] = true
	}
	if !relief["Hanako Sato can send mail again."] || !relief["Taro Tanaka can read mail at Harbormail again."] {
		t.Errorf("%v", relief)
	}
	if s := w.Picture().Staff; s.Outbox+s.CannotRead+s.CannotSend != 0 {
		t.Errorf("%+v", s)
	}
}

func TestNobodyReadsAndMailFlows(t *testing.T) {
	t.Parallel()
	w, events := atWork(t, lab.Options{})
	if err := w.Break(failover.Primary, lab.NoReading); err != nil {
		t.Fatal(err)
	}
	writeAs(t, w, hanako, taro)
	writeAs(t, w, hanako, "maria.weber@partners.test")
	if e := next(t, events, lab.EventTrouble); !strings.Contains(e.Say.String(), "cannot reach Harbormail to read mail") || e.Role != failover.Primary {
		t.Errorf("%q", e.Say)
	}
	if n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 }); n.Delivered != 2 || n.Read != 0 {
		t.Errorf("%+v", n)
	}
	w.Mend(failover.Primary)
	until(t, w, events, func(n lab.Totals) bool { return n.Read == 1 })
}

// In an outage the staff's mail waits in their outboxes and at the dead provider;
// when the send route is switched the outboxes empty themselves, and people read
// what comes to the secondary.
func TestStaffMoveToTheSecondary(t *testing.T) {
	t.Parallel()
	w, events := atWork(t, lab.Options{})
	d := w.Domain()
	if err := w.BreakRemote(lab.Refuse); err != nil {
		t.Fatal(err)
	}
	stuck := writeAs(t, w, hanako, "jean.martin@remote.test")
	next(t, events, lab.EventDeferred)
	if err := w.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return lab.Trying(w, failover.Primary) == 0 })
	if err := w.BreakRemote(lab.None); err != nil {
		t.Fatal(err)
	}
	out := writeAs(t, w, hanako, "aoi.mori@customers.test")
	within := writeAs(t, w, hanako, taro)
	next(t, events, lab.EventTrouble)
	if w.SendRoute() != failover.Primary || w.Totals().Delivered != 0 {
		t.Errorf("%s, %+v", w.SendRoute(), w.Totals())
	}
	w.SetSendRoute("nowhere")
	w.SetSendRoute(failover.Secondary)
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 2 && n.Read == 1 })
	if e := entry(t, w, within); e.At != failover.Secondary || e.Arrivals[0].Host != "smtp.lighthouse.test" || e.ReadAt.IsZero() {
		t.Errorf("%+v", e)
	}
	if e := entry(t, w, out); e.Fate != lab.Delivered {
		t.Errorf("%+v", e)
	}
	// What the primary took before it died stays there, and is not lost.
	if e := entry(t, w, stuck); e.Fate != lab.Waiting || w.Picture().Primary.Held != 1 || w.Picture().Staff.Outbox != 0 {
		t.Errorf("%+v, %+v", e, w.Picture())
	}
	switchMX(t, w, d.Primary, d.Secondary)
	in, err := w.Send(hanako)
	if err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Read == 2 })
	if e := entry(t, w, in); e.At != failover.Secondary || e.ReadAt.IsZero() {
		t.Errorf("%+v", e)
	}
	w.Mend(failover.Primary)
	w.SetSendRoute(failover.Primary)
	n := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
	if n.Delivered != 4 || n.Doubled+n.Lost+n.Bounced != 0 {
		t.Errorf("%+v", n)
	}
}

// The staff sit in the office: without its line they neither read nor send.
func TestStaffNeedTheLine(t *testing.T) {
	t.Parallel()
	retry := quick()
	retry.Patience = 100 * time.Millisecond
	w, events := atWork(t, lab.Options{Retry: retry})
	w.SetLine(lab.Line{Down: true})
	writeAs(t, w, taro, "aoi.mori@customers.test")
	if _, err := w.Send(taro); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, lab.EventTrouble); e.Sender != lab.Staff {
		t.Errorf("%+v", e)
	}
	n := until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 1 })
	if n.Outbound.Waiting != 1 || n.Read != 0 {
		t.Errorf("%+v", n)
	}
	w.SetLine(lab.Line{})
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 2 && n.Read == 1 })
}

// A reply that gets lost makes the staff's mail program hand a message in twice,
// and both copies are followed to the end.
func TestLostReplyToStaffDoubles(t *testing.T) {
	t.Parallel()
	w, events := atWork(t, lab.Options{})
	if err := w.Break(failover.Primary, lab.LoseReply); err != nil {
		t.Fatal(err)
	}
	n := writeAs(t, w, hanako, "aoi.mori@customers.test")
	next(t, events, lab.EventDeferred)
	w.Mend(failover.Primary)
	got := until(t, w, events, func(n lab.Totals) bool { return n.Waiting == 0 })
	if e := entry(t, w, n); got.Doubled != 1 || got.Delivered != 1 || e.Copies < 2 || len(w.OutsideMailbox("aoi.mori@customers.test")) != e.Copies {
		t.Errorf("%+v, %+v", got, e)
	}
}

func TestEveryoneHasAnAccountOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	seen := map[string]bool{}
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		for _, address := range []string{hanako, taro} {
			user, password := w.StaffLogin(role, strings.ToUpper(address))
			if user != address || password == "" || seen[password] {
				t.Errorf("%s at %s: %q", address, role, user)
			}
			seen[password] = true
		}
		for _, address := range []string{"office@example.test", "nobody@example.test", "hanako.sato@elsewhere.test", ""} {
			if user, password := w.StaffLogin(role, address); user+password != "" {
				t.Errorf("%q has an account at %s", address, role)
			}
		}
	}
	if user, _ := w.StaffLogin("nowhere", hanako); user != "" {
		t.Error("an account at no provider")
	}
}

// What lies in a mailbox when the world begins is the user's to read: the staff's mail
// programs read what the world sends, and leave that as it is.
func TestStaffLeaveTheStockUnread(t *testing.T) {
	t.Parallel()
	w, err := world(lab.Options{Interval: -1, Retry: quick(), Staff: true, Factor: 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	stock := lab.Stock{Mail: []lab.Stocked{{At: w.Now(), From: "eve@outside.test", To: []string{hanako}, Data: []byte("Subject: stock\r\n\r\nx\r\n")}}}
	if err := w.Stock(failover.Primary, hanako, stock); err != nil {
		t.Fatal(err)
	}
	events, stop := w.Subscribe(100)
	t.Cleanup(stop)
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Send(hanako); err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Read == 1 })
	c := inbox(t, w, failover.Primary, hanako, nil)
	eventually(t, func() bool {
		all, err := c.Fetch(imap.SeqSet{{Start: 1}}, &imap.FetchOptions{Flags: true}).Collect()
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
		if slices.Contains(all[0].Flags, imap.FlagSeen) {
			t.Fatal("the stock is marked as read")
		}
		return slices.Contains(all[1].Flags, imap.FlagSeen)
	})
}
