package watch_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/watch"
)

// only lets nothing out but to one port of this machine.
type only struct {
	port string
	net.Dialer
}

func (o *only) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if host, port, _ := net.SplitHostPort(address); network != "tcp" || host != "127.0.0.1" || port != o.port {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	return o.Dialer.DialContext(ctx, network, address)
}

const secretWord = `pass "w\ord`

// imapServer serves each connection by a script and returns what the watcher makes
// of it. The script is under TLS from the beginning, unless it is for STARTTLS.
func imapServer(t *testing.T, start bool, script func(*imapConn)) detect.Observation {
	t.Helper()
	ca := servers.NewAuthority(t)
	conf := &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "127.0.0.1").TLS}, MinVersion: tls.VersionTLS12}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				c := &imapConn{Conn: conn, conf: conf}
				if !start {
					c.Conn = tls.Server(conn, conf)
				}
				c.in = bufio.NewReader(c.Conn)
				script(c)
			}()
		}
	}()
	at := l.Addr().(*net.TCPAddr)
	end := failover.Endpoint{Host: "127.0.0.1", Port: uint16(at.Port), Security: failover.ImplicitTLS}
	if start {
		end.Security = failover.StartTLS
	}
	d := failover.Domain{Name: "example.test.", Primary: failover.Provider{Role: failover.Primary, Name: "First", IMAP: end}}
	dialer := &only{port: fmt.Sprint(at.Port)}
	target := detect.Watch(d)[0]
	w := watch.New(watch.Options{
		Domain: d, Dialer: dialer, Patience: 2 * time.Second, Memory: watch.Memory{Proved: []detect.Target{target}},
		Reader: dnsview.New(dnsview.Options{Dialer: dialer, Resolvers: []string{"127.0.0.1:1"}, DoH: []string{}, Timeout: 100 * time.Millisecond}),
		Access: map[failover.Role]watch.Access{failover.Primary: {
			User: "taro", Password: func(context.Context) (string, error) { return secretWord, nil },
			TLS: &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12},
		}},
	})
	for _, o := range w.Round(t.Context()).Observations {
		if o.Target == target {
			return o
		}
	}
	t.Fatal("nothing was seen")
	return detect.Observation{}
}

// imapConn is the server's end.
type imapConn struct {
	net.Conn
	conf *tls.Config
	in   *bufio.Reader
}

func (c *imapConn) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Conn, format+"\r\n", args...)
}

// hear returns the next line without its tag, and the tag.
func (c *imapConn) hear() (tag, line string) {
	text, _ := c.in.ReadString('\n')
	tag, line, _ = strings.Cut(strings.TrimRight(text, "\r\n"), " ")
	return tag, line
}

// greet greets and tells the capabilities.
func (c *imapConn) greet(offers string) {
	c.say("* OK [CAPABILITY IMAP4rev1] ready")
	tag, _ := c.hear()
	c.say("* CAPABILITY IMAP4rev1 %s", offers)
	c.say("%s OK done", tag)
}

func TestIMAP(t *testing.T) {
	plain := base64.StdEncoding.EncodeToString([]byte("\x00taro\x00" + secretWord))
	refusing := func(answer string) func(*imapConn) {
		return func(c *imapConn) {
			c.greet("AUTH=PLAIN SASL-IR")
			tag, _ := c.hear()
			c.say(answer, tag)
		}
	}
	for name, c := range map[string]struct {
		start   bool
		script  func(*imapConn)
		stage   detect.Stage
		outcome detect.Outcome
		answer  string
	}{
		"AUTHENTICATE at once": {false, func(c *imapConn) {
			c.greet("AUTH=PLAIN SASL-IR")
			if tag, line := c.hear(); line == "AUTHENTICATE PLAIN "+plain {
				c.say("%s OK [CAPABILITY IMAP4rev1 IDLE] welcome", tag)
			}
			c.hear()
		}, detect.AtSignIn, detect.OK, ""},
		"AUTHENTICATE step by step": {false, func(c *imapConn) {
			c.greet("AUTH=PLAIN")
			tag, _ := c.hear()
			c.say("+ ")
			if line, _ := c.hear(); line == plain {
				c.say("* OK something else")
				c.say("%s OK welcome", tag)
			}
		}, detect.AtSignIn, detect.OK, ""},
		"LOGIN": {false, func(c *imapConn) {
			c.greet("IDLE")
			if tag, line := c.hear(); line == `LOGIN "taro" "pass \"w\\ord"` {
				c.say("%s OK welcome", tag)
			}
		}, detect.AtSignIn, detect.OK, ""},
		"a literal on the way": {false, func(c *imapConn) {
			c.say("* OK ready")
			tag, _ := c.hear()
			c.say("* ID (\"name\" {12}\r\na9 OK not it)")
			c.say("* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR")
			c.say("%s OK done", tag)
			tag, _ = c.hear()
			c.say("%s OK welcome", tag)
		}, detect.AtSignIn, detect.OK, ""},
		"STARTTLS": {true, func(c *imapConn) {
			c.say("* OK ready")
			tag, line := c.hear()
			if line != "STARTTLS" {
				return
			}
			c.say("%s OK go on", tag)
			c.Conn = tls.Server(c.Conn, c.conf)
			c.in = bufio.NewReader(c.Conn)
			tag, _ = c.hear()
			c.say("* CAPABILITY AUTH=PLAIN SASL-IR")
			c.say("%s OK done", tag)
			tag, _ = c.hear()
			c.say("%s OK welcome", tag)
		}, detect.AtSignIn, detect.OK, ""},
		"STARTTLS with something before TLS": {true, func(c *imapConn) {
			c.say("* OK ready")
			tag, _ := c.hear()
			c.say("%s OK go on\r\n* OK injected", tag)
			c.hear()
		}, detect.AtTLS, detect.Reset, "plain text"},
		"no STARTTLS": {true, func(c *imapConn) {
			c.say("* OK ready")
			tag, _ := c.hear()
			c.say("%s BAD unknown command", tag)
		}, detect.AtTLS, detect.Permanent, "BAD unknown command"},
		"wrong password":  {false, refusing("%s NO [AUTHENTICATIONFAILED] Authentication failed."), detect.AtSignIn, detect.Permanent, "NO [AUTHENTICATIONFAILED] Authentication failed."},
		"sign-in is down": {false, refusing("%s NO [UNAVAILABLE] Temporary authentication failure."), detect.AtSignIn, detect.Temporary, "NO [UNAVAILABLE]"},
		"a farewell":      {false, refusing("* BYE server shutting down%.0s"), detect.AtSignIn, detect.Temporary, "BYE server shutting down"},
		"too many":        {false, refusing("%s NO [LIMIT] Too many simultaneous connections."), detect.AtSignIn, detect.Unable, "LIMIT"},
		"an echo":         {false, refusing("%s NO I do not like " + plain + " nor " + secretWord), detect.AtSignIn, detect.Permanent, "NO I do not like *** nor ***"},
		"no sign-in with a password": {false, func(c *imapConn) {
			c.greet("LOGINDISABLED AUTH=XOAUTH2")
			c.hear()
		}, detect.AtSignIn, detect.Permanent, "AUTH=XOAUTH2"},
		"BYE as greeting": {false, func(c *imapConn) { c.say("* BYE too busy") }, detect.AtBanner, detect.Temporary, "BYE too busy"},
		"no IMAP":         {false, func(c *imapConn) { c.say("220 mail.test ESMTP") }, detect.AtBanner, detect.Permanent, "no IMAP response"},
		"a reset":         {false, func(*imapConn) {}, detect.AtBanner, detect.Reset, ""},
		"an end":          {false, func(c *imapConn) { c.say("* OK ready"); c.hear() }, detect.AtEHLO, detect.Reset, ""},
		"no word":         {false, func(c *imapConn) { c.say("* OK ready"); c.hear(); c.hear() }, detect.AtEHLO, detect.Timeout, ""},
		"a line without end": {false, func(c *imapConn) {
			c.say("* OK %s", strings.Repeat("x", 1<<20))
		}, detect.AtBanner, detect.Timeout, "without end"},
		"lines without end": {false, func(c *imapConn) {
			c.say("* OK ready")
			c.hear()
			for range 10000 {
				c.say("* OK still here")
			}
		}, detect.AtEHLO, detect.Timeout, "without end"},
		"a literal without end": {false, func(c *imapConn) { c.say("* OK {2000000000}") }, detect.AtBanner, detect.Timeout, "without end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := imapServer(t, c.start, c.script)
			if o.Stage != c.stage || o.Outcome != c.outcome || !strings.Contains(o.Answer, c.answer) {
				t.Errorf("%s at %s: %q", o.Outcome, o.Stage, o.Answer)
			}
			for _, secret := range []string{secretWord, plain} {
				if strings.Contains(o.Answer, secret) {
					t.Error("the password stands in the answer")
				}
			}
		})
	}
}
