package lab_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// hello opens a dialogue with a mail host of the world, over TLS.
func hello(t *testing.T, w *lab.World, host, port string) (*smtp.Client, error) {
	t.Helper()
	c, err := w.Dialer().DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.Close() })
	config := w.TLSConfig()
	config.ServerName = strings.TrimSuffix(host, ".")
	client, err := smtp.NewClientStartTLS(c, config)
	if err != nil {
		return nil, err
	}
	return client, client.Hello("probe.example.test")
}

func code(err error) int {
	var answer *smtp.SMTPError
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}

// post hands a message over and returns the answer to it.
func post(c *smtp.Client, from, to, data string) error {
	if err := c.Mail(from, nil); err != nil {
		return err
	}
	if err := c.Rcpt(to, nil); err != nil {
		return err
	}
	wr, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(wr, data); err != nil {
		return err
	}
	return wr.Close()
}

func TestProvidersKnowTheirRecipients(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	d := w.Domain()
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		for _, mx := range d.Provider(role).MX {
			c, err := hello(t, w, mx.Host, "25")
			if err != nil {
				t.Fatalf("%s: %v", mx.Host, err)
			}
			if err := c.Mail("", nil); err != nil {
				t.Fatal(err)
			}
			for _, r := range d.Recipients {
				if err := c.Rcpt(strings.ToUpper(r.Address), nil); err != nil {
					t.Errorf("%s at %s: %v", r.Address, mx.Host, err)
				}
			}
			if err := c.Rcpt("office@emergency.example.test", nil); (err == nil) != (role == failover.Secondary) {
				t.Errorf("the emergency address at %s: %v", mx.Host, err)
			}
			var answer *smtp.SMTPError
			if err := c.Rcpt("nobody.at.all@example.test", nil); !errors.As(err, &answer) || answer.Code != 550 || answer.EnhancedCode != (smtp.EnhancedCode{5, 1, 1}) {
				t.Errorf("an unknown address at %s: %v", mx.Host, err)
			}
			if err := c.Rcpt("someone@example.org", nil); code(err) != 550 {
				t.Errorf("relaying at %s: %v", mx.Host, err)
			}
		}
	}
	w.SetRecipient(failover.Secondary, "sales@example.test", false)
	c, err := hello(t, w, "mx1.lighthouse.test", "25")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Mail("", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("sales@example.test", nil); code(err) != 550 {
		t.Errorf("a removed recipient: %v", err)
	}
	w.SetRecipient(failover.Secondary, "sales@example.test", true)
	if err := c.Rcpt("sales@example.test", nil); err != nil {
		t.Errorf("a recipient added again: %v", err)
	}
	if n := w.Counters(failover.Secondary); n.Refused != 5 || n.Sessions == 0 || n.Stored != 0 {
		t.Errorf("counted %+v", n)
	}
}

func TestMailboxesKeepEveryOctet(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	data := "Subject: =?UTF-8?B?5Lya6K2w?=\r\n\r\n.\r\n..dots\r\n会議は三時\r\n" + strings.Repeat("long ", 5000) + "\r\n\tend \r\n"
	c, err := hello(t, w, "mx2.lighthouse.test", "25")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := post(c, "a@outside.test", "Office@example.test", data); err != nil {
			t.Fatal(err)
		}
	}
	got := w.Mailbox(failover.Secondary, "office@example.test")
	if len(got) != 2 || string(got[0].Data) != data || got[0].From != "a@outside.test" {
		t.Errorf("%d messages, the first: %.80q", len(got), got)
	}
	if len(w.Mailbox(failover.Primary, "office@example.test")) != 0 || w.Mailbox("nobody", "x") != nil {
		t.Error("others have it too")
	}
	if n := w.Totals(); n != (lab.Totals{}) {
		t.Errorf("the account holds messages that are not the sender's: %+v", n)
	}
}

func TestSubmissionNeedsSigningIn(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	d := w.Domain()
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		at := d.Provider(role).Submission
		user, password := w.Login(role)
		sign := func(a sasl.Client) (*smtp.Client, error) {
			c, err := hello(t, w, at.Host, "587")
			if err != nil {
				t.Fatal(err)
			}
			return c, c.Auth(a)
		}
		c, err := hello(t, w, at.Host, "587")
		if err != nil || at.Port != 587 || at.Security != failover.StartTLS {
			t.Fatalf("%+v: %v", at, err)
		}
		if err := post(c, user, d.Recipients[0].Address, "x"); code(err) != 530 {
			t.Errorf("without signing in: %v", err)
		}
		if _, err := sign(sasl.NewPlainClient("", user, "wrong")); code(err) != 535 {
			t.Errorf("wrong password: %v", err)
		}
		if _, err := sign(sasl.NewLoginClient("stranger", password)); code(err) != 535 {
			t.Errorf("wrong user: %v", err)
		}
		for _, a := range []sasl.Client{sasl.NewPlainClient("", user, password), sasl.NewLoginClient(user, password)} {
			c, err := sign(a)
			if err != nil {
				t.Fatalf("%s: %v", role, err)
			}
			if err := post(c, user, d.Recipients[0].Address, "Subject: seed\r\n\r\nx\r\n"); err != nil {
				t.Error(err)
			}
			if err := post(c, user, "friend@elsewhere.test", "Subject: out\r\n\r\nx\r\n"); err != nil {
				t.Errorf("to somebody outside: %v", err)
			}
			if err := post(c, user, "nobody@example.test", "x"); code(err) != 550 {
				t.Errorf("an unknown recipient: %v", err)
			}
		}
		if n := len(w.Mailbox(role, d.Recipients[0].Address)); n != 2 || w.Counters(role).Submitted != 4 {
			t.Errorf("%s has %d messages, counted %+v", role, n, w.Counters(role))
		}
		if err := w.Break(role, lab.NoSignIn); err != nil {
			t.Fatal(err)
		}
		if _, err := sign(sasl.NewPlainClient("", user, password)); code(err) != 454 {
			t.Errorf("while signing in is broken: %v", err)
		}
	}
	if p1, p2 := password(w, failover.Primary), password(w, failover.Secondary); p1 == p2 || p1 == "" {
		t.Error("both providers have one password")
	}
}

func password(w *lab.World, r failover.Role) string {
	_, p := w.Login(r)
	return p
}

// What a client sees of each fault.
func TestFaultsAsClientsSeeThem(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{Delay: 30 * time.Millisecond})
	to := w.Domain().Recipients[0].Address
	try := func(patience time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		c, err := w.Dialer().DialContext(ctx, "tcp", "mx1.harbormail.test:25")
		if err != nil {
			return err
		}
		defer c.Close()
		defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
		config := w.TLSConfig()
		config.ServerName = "mx1.harbormail.test"
		client, err := smtp.NewClientStartTLS(undated{c}, config)
		if err != nil {
			return err
		}
		if err := client.Hello("x.test"); err != nil {
			return err
		}
		return post(client, "a@b.test", to, "Subject: x\r\n\r\nx\r\n")
	}
	timeout := func(err error) bool { var e net.Error; return errors.As(err, &e) && e.Timeout() }
	reset := func(err error) bool { return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) }
	answers := func(want int) func(error) bool { return func(err error) bool { return code(err) == want } }
	stored := 0
	for _, c := range []struct {
		fault  lab.Fault
		sees   func(error) bool
		stores int
	}{
		{lab.None, func(err error) bool { return err == nil }, 1},
		{lab.Refuse, func(err error) bool { return errors.Is(err, lab.CodeRefused) }, 0},
		{lab.Silent, timeout, 0},
		{lab.Reset, reset, 0},
		{lab.Hang, timeout, 0},
		{lab.Busy, answers(421), 0},
		{lab.Defer, answers(451), 0},
		{lab.Reject, answers(550), 0},
		{lab.NoTLS, func(err error) bool { var e *net.OpError; return errors.As(err, &e) && e.Op == "remote error" }, 0},
		{lab.BadCertificate, func(err error) bool {
			var e *tls.CertificateVerificationError
			return errors.As(err, &e) && errors.As(err, new(x509.HostnameError)) || errors.As(err, new(x509.CertificateInvalidError))
		}, 0},
		{lab.NoSignIn, func(err error) bool { return err == nil }, 1},
		{lab.LoseReply, reset, 1},
		{lab.Swallow, func(err error) bool { return err == nil }, 0},
	} {
		if c.fault == lab.None {
			w.Mend(failover.Primary)
		} else if err := w.Break(failover.Primary, c.fault); err != nil {
			t.Fatal(err)
		}
		if w.Fault(failover.Primary) != c.fault {
			t.Errorf("the fault is %q", w.Fault(failover.Primary))
		}
		patience := time.Minute
		if c.fault == lab.Silent || c.fault == lab.Hang {
			patience = 300 * time.Millisecond
		}
		err := try(patience)
		if !c.sees(err) {
			t.Errorf("%q: a client sees %v", c.fault, err)
		}
		stored += c.stores
		if n := len(w.Mailbox(failover.Primary, to)); n != stored {
			t.Errorf("%q: %d messages, want %d", c.fault, n, stored)
		}
	}
	if err := w.Break(failover.Primary, lab.Slow); err != nil {
		t.Fatal(err)
	}
	from := time.Now()
	if err := try(time.Minute); err != nil || time.Since(from) < 4*30*time.Millisecond {
		t.Errorf("slow: %v after %v", err, time.Since(from))
	}
}

// undated lets nobody but the test set deadlines.
type undated struct{ net.Conn }

func (undated) SetDeadline(time.Time) error { return nil }

func TestFaultsComeInTheMiddle(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	open := func() *smtp.Client {
		w.Mend(failover.Primary)
		c, err := hello(t, w, "mx1.harbormail.test", "25")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Mail("a@b.test", nil); err != nil {
			t.Fatal(err)
		}
		return c
	}
	to := w.Domain().Recipients[0].Address
	for fault, want := range map[lab.Fault]int{lab.Defer: 451, lab.Reject: 550, lab.Reset: 0, lab.Refuse: 0} {
		c := open()
		if err := w.Break(failover.Primary, fault); err != nil {
			t.Fatal(err)
		}
		if err := c.Rcpt(to, nil); err == nil || code(err) != want {
			t.Errorf("%q in the middle: %v", fault, err)
		}
	}
	// What hangs goes on where it stood.
	for _, fault := range []lab.Fault{lab.Hang, lab.Silent} {
		c := open()
		if err := w.Break(failover.Primary, fault); err != nil {
			t.Fatal(err)
		}
		answer := make(chan error, 1)
		go func() { answer <- c.Rcpt(to, nil) }()
		select {
		case err := <-answer:
			t.Errorf("%q: answered %v", fault, err)
		case <-time.After(50 * time.Millisecond):
		}
		w.Mend(failover.Primary)
		if err := <-answer; err != nil {
			t.Errorf("%q, mended: %v", fault, err)
		}
	}
}
