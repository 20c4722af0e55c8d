package imaplink_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/imapscript"
)

// Nothing that comes before the connection is encrypted is trusted, and nothing is
// said on one that is not.
func TestSTARTTLS(t *testing.T) {
	for name, tc := range map[string]struct {
		script imapscript.Script
		kind   error
		words  string
	}{
		"good": {func(c *imapscript.Conn) {
			c.Say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready")
			c.Expect("<tag> STARTTLS")
			c.Say("<tag> OK go")
			c.StartTLS()
			c.Expect("<tag> CAPABILITY") // what was said before counts for nothing
			c.Say("* CAPABILITY IMAP4rev1 AUTH=PLAIN", "<tag> OK done")
			c.Expect("<tag> AUTHENTICATE PLAIN") // no SASL-IR
			c.Say("+ ")
			c.Expect(base64.StdEncoding.EncodeToString([]byte("\x00" + anna + "\x00" + pass)))
			c.Say("<tag> OK in")
			c.Expect("<tag> CAPABILITY")
			c.Say("* CAPABILITY IMAP4rev1 IDLE", "<tag> OK done")
			goodbye(c)
		}, nil, ""},
		"words put in before": {func(c *imapscript.Conn) {
			c.Say("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready")
			c.Expect("<tag> STARTTLS")
			c.Say("<tag> OK go", "* PREAUTH [CAPABILITY IMAP4rev1] come in")
			c.ExpectClose()
		}, mailstore.ErrServer, "before it was encrypted"},
		"no STARTTLS": {func(c *imapscript.Conn) {
			c.Say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready")
			c.ExpectClose()
		}, mailstore.ErrUnsupported, "does not offer STARTTLS"},
		"STARTTLS refused": {func(c *imapscript.Conn) {
			c.Say("* OK ready")
			c.Expect("<tag> STARTTLS")
			c.Say("<tag> NO not today")
			c.ExpectClose()
		}, mailstore.ErrUnsupported, "not today"},
		"everybody may come in": {func(c *imapscript.Conn) {
			c.Say("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] come in")
			c.ExpectClose()
		}, mailstore.ErrServer, "before the connection is encrypted"},
		"no greeting": {func(c *imapscript.Conn) {
			c.Say("220 mx.example.test ESMTP")
			c.ExpectClose()
		}, mailstore.ErrServer, "no IMAP"},
	} {
		t.Run(name, func(t *testing.T) {
			d := listening(t, imaplink.StartTLS, tc.script)
			c, err := imaplink.Dial(t.Context(), d.options)
			if tc.kind != nil {
				says(t, err, tc.kind, "imap.example.test", tc.words)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if caps := c.Caps(); !caps.Idle {
				t.Errorf("%+v", caps)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A server that cannot prove who it is gets nothing, and the person is told what is
// wrong.
func TestCertificates(t *testing.T) {
	authority := servers.NewAuthority(t)
	for name, tc := range map[string]struct {
		certificate *servers.Certificate
		pool        *servers.Authority
		words       string
	}{
		"of nobody known": {authority.Issue(t, "imap.example.test"), servers.NewAuthority(t), "Nobody whom this computer trusts"},
		"of another name": {authority.Issue(t, "other.example.test"), authority, "another name"},
		"expired":         {authority.IssueExpired(t, "imap.example.test"), authority, "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			pair, err := tls.LoadX509KeyPair(tc.certificate.File, tc.certificate.KeyFile)
			if err != nil {
				t.Fatal(err)
			}
			server := imapscript.Start(t, imapscript.Options{TLS: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, Implicit: true},
				func(c *imapscript.Conn) { c.ExpectClose() })
			_, err = imaplink.Dial(t.Context(), imaplink.Options{
				Server: imaplink.Endpoint{Host: "imap.example.test"}, Dialer: server, SignIn: password(anna, pass),
				TLS: &tls.Config{RootCAs: tc.pool.Pool(), MinVersion: tls.VersionTLS12},
			})
			says(t, err, mailstore.ErrCertificate, "imap.example.test", tc.words)
		})
	}
}

// Every way in that there is, and what is said when there is none.
func TestSignIn(t *testing.T) {
	for name, tc := range map[string]struct {
		script imapscript.Script
		kind   error
		words  string
	}{
		"the command LOGIN": {func(c *imapscript.Conn) {
			c.Say("* OK [CAPABILITY IMAP4rev1] ready")
			c.Expect(`<tag> LOGIN "anna@example.test" "` + pass + `"`)
			c.Say("* CAPABILITY IMAP4rev1 IDLE", "<tag> OK in")
			goodbye(c)
		}, nil, ""},
		"already in": {func(c *imapscript.Conn) {
			c.Say("* PREAUTH [CAPABILITY IMAP4rev1] welcome")
			goodbye(c)
		}, nil, ""},
		"a wrong password": {func(c *imapscript.Conn) {
			c.Say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready")
			c.Expect("<tag> AUTHENTICATE PLAIN <word>")
			c.Say("<tag> NO [AUTHENTICATIONFAILED] wrong")
			c.ExpectClose()
		}, mailstore.ErrSignIn, ""},
		"not now": {func(c *imapscript.Conn) {
			c.Say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready")
			c.Expect("<tag> AUTHENTICATE PLAIN <word>")
			c.Say("<tag> NO [UNAVAILABLE] the backend is away")
			c.ExpectClose()
		}, mailstore.ErrServer, "cannot check"},
		"no way in": {func(c *imapscript.Conn) {
			c.Say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=GSSAPI] ready")
			c.ExpectClose()
		}, mailstore.ErrUnsupported, ""},
		"capabilities without end": {func(c *imapscript.Conn) {
			c.Say("* OK ready")
			c.Expect("<tag> CAPABILITY")
			flood("* CAPABILITY IMAP4rev1", " X")(c)
		}, mailstore.ErrServer, "no IMAP"},
		"silence": {func(c *imapscript.Conn) { c.Stall() }, mailstore.ErrUnreachable, "too slow"},
		"signed in and not connected": {func(c *imapscript.Conn) {
			signIn(c, "")
			c.Expect("<tag> NOOP")
			c.Say("<tag> BAD User is authenticated but not connected.")
			goodbye(c)
		}, mailstore.ErrSignIn, "refused the mailbox"},
	} {
		t.Run(name, func(t *testing.T) {
			d := listening(t, imaplink.Implicit, tc.script)
			if name == "silence" {
				impatient(&d.options)
			}
			c, err := imaplink.Dial(t.Context(), d.options)
			if err == nil && tc.kind != nil {
				err = c.Noop(t.Context())
			}
			if c != nil {
				defer func() { _ = c.Close() }()
			}
			if tc.kind == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			says(t, err, tc.kind, tc.words)
		})
	}
}

// Nobody listens; somebody listens who speaks no TLS.
func TestNobodyThere(t *testing.T) {
	d := listening(t, imaplink.StartTLS, func(c *imapscript.Conn) {
		c.Say("* OK ready")
		c.ExpectClose()
	})
	d.options.Server.TLS = imaplink.Implicit
	_, err := imaplink.Dial(t.Context(), d.options)
	says(t, err, mailstore.ErrServer, "does not speak TLS")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	d.options.Dialer = straight(listener.Addr().String())
	_, err = imaplink.Dial(t.Context(), d.options)
	says(t, err, mailstore.ErrUnreachable, "imap.example.test:993")
	_, err = imaplink.Dial(t.Context(), imaplink.Options{})
	says(t, err, mailstore.ErrInvalid)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = imaplink.Dial(ctx, d.options)
	says(t, err, mailstore.ErrUnreachable)
}

// A provider's connections are waited for, and its daily octets are not exceeded,
// whatever the number of accounts and however often the program was started anew.
func TestBudget(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 30, 0, 0, time.UTC)
	kept := &ledger{spent: []imaplink.Spent{{Hour: now.Add(-25 * time.Hour).Truncate(time.Hour), Bytes: 1 << 40}, {Hour: now.Add(-3 * time.Hour).Truncate(time.Hour), Bytes: 900}}}
	budget := &imaplink.Budget{Connections: 1, BytesPerDay: 1 << 20, Ledger: kept, Now: func() time.Time { return now }}
	if left, err := budget.Left(t.Context()); err != nil || left != 1<<20-900 {
		t.Fatalf("%d left, %v", left, err)
	}
	d := scripted(t, "", func(c *imapscript.Conn) {
		open(c, 2)
		c.Expect("<tag> UID FETCH 1 <any>")
		c.Say(message(1, strings.Repeat("x", 600_000)), "<tag> OK done")
		goodbye(c)
	})
	d.options.Budget = budget
	c, _, err := d.fetch(t, imaplink.Want{UID: 1, Size: 600_000})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = imaplink.Dial(ctx, d.options)
	says(t, err, mailstore.ErrThrottled, "All 1 connections")
	err = c.Bodies(t.Context(), []imaplink.Want{{UID: 2, Size: 600_000}}, (&inbox{}).take)
	says(t, err, mailstore.ErrThrottled, "1 MB", "used up")
	var e *mailstore.Error
	// When what was received just now is a day old, there is room again.
	if want := 23*time.Hour + 30*time.Minute; !errors.As(err, &e) || e.After != want {
		t.Errorf("after %v, not %v", e.After, want)
	}
	if err := budget.Save(t.Context()); err != nil || len(kept.spent) != 2 || kept.spent[1].Bytes < 600_000 {
		t.Errorf("saved %+v, %v", kept.spent, err)
	}
	now = now.Add(24 * time.Hour)
	if left, err := budget.Left(t.Context()); err != nil || left != 1<<20 {
		t.Errorf("%d left a day later, %v", left, err)
	}
	broken := &imaplink.Budget{BytesPerDay: 1, Ledger: &ledger{err: errors.New("no disk")}}
	if _, err := broken.Left(t.Context()); !errors.Is(err, mailstore.ErrDisk) {
		t.Errorf("%v", err)
	}
}

type ledger struct {
	spent []imaplink.Spent
	err   error
}

func (l *ledger) Load(context.Context) ([]imaplink.Spent, error) { return l.spent, l.err }
func (l *ledger) Save(_ context.Context, spent []imaplink.Spent) error {
	l.spent = append([]imaplink.Spent(nil), spent...)
	return l.err
}
