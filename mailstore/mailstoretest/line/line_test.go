package line_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore/mailstoretest/imapscript"
	"lifeboat/mailstore/mailstoretest/line"
)

type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func connect(t *testing.T, l *line.Line) *client {
	t.Helper()
	conn, err := l.DialContext(t.Context(), "tcp", "mail.example.test:143")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{t, conn, bufio.NewReader(conn)}
}

func (c *client) say(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) hear(want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c.in, got); string(got[:n]) != want {
		c.t.Fatalf("got %q (%v), want %q", got[:n], err, want)
	}
}

// ends reads to the end and returns what came and why it ended.
func (c *client) ends() (string, error) {
	got, err := io.ReadAll(c.in)
	return string(got), err
}

// answering says hello and answers every line with an echo.
func answering(c *imapscript.Conn) {
	c.Say("* OK hello")
	for {
		tag, rest, ok := c.Line()
		if !ok {
			return
		}
		c.Say(tag + " OK " + rest)
	}
}

func TestCarriesAndCounts(t *testing.T) {
	server := imapscript.Start(t, imapscript.Options{}, answering)
	l := line.Start(t, server.Addr(), line.Options{})
	c := connect(t, l)
	c.hear("* OK hello\r\n")
	c.say("a one\r\n")
	c.hear("a OK one\r\n")
	c.say("b two\r\nc three\r\n")
	c.hear("b OK two\r\nc OK three\r\n")
	want := line.Traffic{Up: 23, Down: 12 + 10 + 22, RoundTrips: 2, Connections: 1}
	if got := l.Traffic(); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	l.ResetTraffic()
	if got := l.Traffic(); got != (line.Traffic{}) {
		t.Errorf("counted %+v from zero", got)
	}
}

func TestIsFarAway(t *testing.T) {
	const trip = 50 * time.Millisecond
	server := imapscript.Start(t, imapscript.Options{}, answering)
	l := line.Start(t, server.Addr(), line.Options{RoundTrip: trip})
	began := time.Now()
	c := connect(t, l)
	c.hear("* OK hello\r\n")
	if took := time.Since(began); took < trip*3/2 {
		t.Errorf("the greeting came after %v, sooner than a connection can be made", took)
	}
	began = time.Now()
	want := ""
	for i := range 100 {
		c.say(fmt.Sprintf("t%d x\r\n", i))
		want += fmt.Sprintf("t%d OK x\r\n", i)
	}
	c.hear(want)
	if took := time.Since(began); took < trip {
		t.Errorf("an answer came after %v, sooner than a round trip", took)
	}
}

func TestFaults(t *testing.T) {
	literal := strings.Repeat("m", 5000)
	server := imapscript.Start(t, imapscript.Options{}, func(c *imapscript.Conn) {
		c.Expect("go")
		c.Say("* 1 FETCH (BODY[HEADER] {5}", "short)")
		c.Raw("* 2 FETCH (BODY[] {5000}\r\n" + literal + ")\r\n")
		c.ExpectClose()
	})
	before := "* 1 FETCH (BODY[HEADER] {5}\r\nshort)\r\n* 2 FETCH (BODY[] {5000}\r\n"
	for name, test := range map[string]struct {
		fault line.Fault
		want  string
		err   error
	}{
		"reset in a literal":     {line.Fault{Do: line.Reset, InLiteral: 100, After: 1234}, before + literal[:1234], syscall.ECONNRESET},
		"end in a literal":       {line.Fault{Do: line.Hangup, InLiteral: 100}, before, nil},
		"end after some bytes":   {line.Fault{Do: line.Hangup, After: 7}, before[:7], nil},
		"end in a short literal": {line.Fault{Do: line.Hangup, InLiteral: 1, After: 2}, before[:31], nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := line.Start(t, server.Addr(), line.Options{})
			test.fault.Times = 1
			l.Break(test.fault)
			c := connect(t, l)
			c.say("go\r\n")
			got, err := c.ends()
			// A reset may overtake what was sent before it.
			if !strings.HasPrefix(test.want, got) || test.err == nil && got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %d bytes, %v; want %d and %v", len(got), err, len(test.want), test.err)
			}
			if l.Met() != 1 {
				t.Errorf("%d connections met the fault, want 1", l.Met())
			}
			c = connect(t, l) // the fault happens once
			c.say("go\r\n")
			c.hear(before + literal + ")\r\n")
		})
	}
}

func TestStallsTricklesAndLetsTheClientLeave(t *testing.T) {
	server := imapscript.Start(t, imapscript.Options{}, func(c *imapscript.Conn) {
		c.Raw(strings.Repeat("x", 100_000))
		c.ExpectClose()
	})
	l := line.Start(t, server.Addr(), line.Options{RoundTrip: time.Millisecond})
	l.Break(line.Fault{Do: line.Stall, After: 10})
	c := connect(t, l)
	c.hear(strings.Repeat("x", 10))
	_ = c.conn.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	if got, err := c.ends(); got != "" || !errors.Is(err, syscall.ETIMEDOUT) && !isTimeout(err) {
		t.Errorf("after the stall came %q, %v", got, err)
	}
	c.conn.Close()
	l.Break(line.Fault{Do: line.Trickle, After: 10, Pause: 5 * time.Millisecond})
	c = connect(t, l)
	c.hear(strings.Repeat("x", 10))
	began := time.Now()
	c.hear("xxxx")
	if took := time.Since(began); took < 4*5*time.Millisecond/2 {
		t.Errorf("four trickled bytes took %v", took)
	}
	c.conn.Close()
	if n := l.Met(); n != 2 {
		t.Errorf("%d connections met a fault, want 2", n)
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func TestCutDropAndMend(t *testing.T) {
	server := imapscript.Start(t, imapscript.Options{}, answering)
	l := line.Start(t, server.Addr(), line.Options{})
	c := connect(t, l)
	c.hear("* OK hello\r\n")
	l.Drop()
	if _, err := c.ends(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a dropped connection ends with %v", err)
	}
	c = connect(t, l)
	c.hear("* OK hello\r\n")
	l.Cut()
	if _, err := c.ends(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a cut connection ends with %v", err)
	}
	conn, err := l.DialContext(t.Context(), "tcp", "")
	if err == nil {
		_, err = conn.Read(make([]byte, 1))
		conn.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("over a cut line one reads %v", err)
	}
	l.Mend()
	connect(t, l).hear("* OK hello\r\n")
}

func TestEndsTLSToReadIt(t *testing.T) {
	authority := servers.NewAuthority(t)
	certificate := authority.Issue(t, "mail.example.test")
	config := &tls.Config{Certificates: []tls.Certificate{certificate.TLS}}
	trust := &tls.Config{RootCAs: authority.Pool(), ServerName: "mail.example.test"}
	server := imapscript.Start(t, imapscript.Options{TLS: config, Implicit: true}, func(c *imapscript.Conn) {
		c.Say("* OK [CAPABILITY IMAP4rev1 ENABLE CONDSTORE AUTH=XOAUTH2] hello")
		c.ExpectClose()
	})
	l := line.Start(t, server.Addr(), line.Options{Serve: config, Dial: trust, Filter: line.Microsoft365})
	plain := connect(t, l)
	secure := tls.Client(plain.conn, trust)
	c := &client{t, secure, bufio.NewReader(secure)}
	c.hear("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] hello\r\n")
	if got := l.Traffic().Down; got < 500 {
		t.Errorf("%d bytes were counted: those of TLS are missing", got)
	}
}

func TestRefusesWhatMicrosoft365DoesNotHave(t *testing.T) {
	reached := make(chan string, 100)
	server := imapscript.Start(t, imapscript.Options{}, func(c *imapscript.Conn) {
		for {
			tag, rest, ok := c.Line()
			if !ok {
				return
			}
			reached <- rest
			if tag == "" { // after a literal
				continue
			}
			if rest == "SELECT INBOX" {
				c.Say("* OK [HIGHESTMODSEQ 7] highest", `* LIST (\HasNoChildren \Sent) "/" Sent`)
			}
			c.Say(tag + " OK")
		}
	})
	l := line.Start(t, server.Addr(), line.Options{Filter: line.Microsoft365})
	c := connect(t, l)
	for _, command := range []string{
		"ENABLE QRESYNC", "COMPRESS DEFLATE", "SELECT INBOX (CONDSTORE)", "STATUS INBOX (MESSAGES HIGHESTMODSEQ)",
		`LIST "" "*" RETURN (STATUS (MESSAGES))`, `LIST (SPECIAL-USE) "" "*"`, "UID FETCH 1 (FLAGS MODSEQ)",
		"UID FETCH 1:* (FLAGS) (CHANGEDSINCE 4)", "UID SEARCH RETURN (ALL) SINCE 1-Jan-2026", "uid fetch 1 (x-gm-msgid)",
	} {
		c.say("a " + command + "\r\n")
		if got, err := c.in.ReadString('\n'); err != nil || !strings.HasPrefix(got, "a BAD Command ") {
			t.Errorf("%s is answered %q, %v", command, got, err)
		}
	}
	if len(reached) != 0 {
		t.Errorf("the server was told %q", <-reached)
	}
	var through []string
	for _, command := range []string{`SELECT "(CONDSTORE)"`, "STATUS INBOX (MESSAGES UIDNEXT)", `LIST "" "*"`, "UID FETCH 1 (UID BODY.PEEK[])", "UID SEARCH SINCE 1-Jan-2026", "SELECT INBOX"} {
		c.say("b " + command + "\r\n")
		if command == "SELECT INBOX" {
			c.hear("* LIST (\\HasNoChildren) \"/\" Sent\r\n")
		}
		c.hear("b OK\r\n")
		through = append(through, <-reached)
	}
	if len(through) != 6 {
		t.Errorf("got through: %q", through)
	}
	c.say("c SELECT {12}\r\n")
	if got := <-reached; got != "SELECT {12}" {
		t.Errorf("the server was told %q", got)
	}
	c.hear("c OK\r\n")
	c.say("(CONDSTORE))\r\n")
	c.say("d ENABLE {3+}\r\nabc x {2}\r\n") // a refused command is read to where its client waits
	c.hear("d BAD Command Error. 10\r\n")
}

func TestHidesOneCapability(t *testing.T) {
	server := imapscript.Start(t, imapscript.Options{}, func(c *imapscript.Conn) {
		c.Say("* OK hello")
		c.Expect("<tag> CAPABILITY")
		c.Say("* CAPABILITY IMAP4rev1 CONDSTORE QRESYNC", "<tag> OK")
		c.Expect("<tag> SELECT x (CONDSTORE)")
		c.Say("* OK [HIGHESTMODSEQ 3] highest", "<tag> OK")
		c.ExpectClose()
	})
	l := line.Start(t, server.Addr(), line.Options{Filter: line.Without("QRESYNC")})
	c := connect(t, l)
	c.hear("* OK hello\r\n")
	c.say("a CAPABILITY\r\nb SELECT x (QRESYNC (1 2))\r\n")
	lines := []string{}
	for range 3 {
		got, err := c.in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, got)
	}
	slices.Sort(lines)
	if got := strings.Join(lines, ""); got != "* CAPABILITY IMAP4rev1 CONDSTORE\r\na OK\r\nb BAD This is not known here\r\n" {
		t.Errorf("got %q", got)
	}
	c.say("c SELECT x (CONDSTORE)\r\n")
	c.hear("* OK [HIGHESTMODSEQ 3] highest\r\nc OK\r\n")
}

func TestPlaysGmail(t *testing.T) {
	server := imapscript.Start(t, imapscript.Options{}, func(c *imapscript.Conn) {
		c.Say("* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE QRESYNC CONDSTORE] hello")
		c.Expect("<tag> UID FETCH 1:3 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER])")
		for i, header := range []string{"Subject: a\r\n\r\n", "Subject: b\r\n\r\n", "Subject: a\r\n\r\n"} {
			c.Raw(fmt.Sprintf("* %d FETCH (UID %d RFC822.SIZE 500 BODY[HEADER] {%d}\r\n%s FLAGS ())\r\n", i+1, i+1, len(header), header))
		}
		c.Say("<tag> OK")
		c.Expect("<tag> UID FETCH 1 (RFC822.SIZE BODY.PEEK[HEADER] BODY.PEEK[])")
		c.Say("* 1 FETCH (RFC822.SIZE 500 BODY[HEADER] {14}")
		c.Raw("Subject: a\r\n\r\n BODY[] {3}\r\nabc UID 1)\r\n")
		c.Say("<tag> OK")
		c.ExpectClose()
	})
	l := line.Start(t, server.Addr(), line.Options{Filter: line.Gmail(func(uint64) []string { return []string{`\Inbox`, "Work"} })})
	c := connect(t, l)
	c.hear("* OK [CAPABILITY IMAP4rev1 CONDSTORE X-GM-EXT-1] hello\r\n")
	c.say("a UID FETCH 1:3 (UID FLAGS RFC822.SIZE X-GM-MSGID X-GM-LABELS)\r\n")
	id := func(subject string) uint64 {
		return line.GmailID("RFC822.SIZE 500", []byte("Subject: "+subject+"\r\n\r\n"))
	}
	for i, subject := range []string{"a", "b", "a"} {
		c.hear(fmt.Sprintf("* %d FETCH (UID %d RFC822.SIZE 500 X-GM-MSGID %d X-GM-LABELS (\\Inbox Work) FLAGS ())\r\n", i+1, i+1, id(subject)))
	}
	c.hear("a OK\r\n")
	if id("a") == id("b") {
		t.Error("two messages have one number")
	}
	c.say("b UID FETCH 1 (X-GM-MSGID BODY.PEEK[])\r\n")
	c.hear(fmt.Sprintf("* 1 FETCH (RFC822.SIZE 500 X-GM-MSGID %d BODY[] {3}\r\nabc UID 1)\r\nb OK\r\n", id("a")))
}
