package imapscript_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore/mailstoretest/imapscript"
)

// witness is a test that remembers why it would have failed.
type witness struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	failed   chan struct{} // gets one for each failure
	cleanups []func()
}

func newWitness(t *testing.T) *witness { return &witness{TB: t, failed: make(chan struct{}, 10)} }

func (w *witness) Helper() {}

func (w *witness) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }

func (w *witness) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Sprintf(format, args...))
	w.failed <- struct{}{}
}

func (w *witness) end() {
	for _, f := range slices.Backward(w.cleanups) {
		f()
	}
}

func connect(t *testing.T, s *imapscript.Server) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := s.DialContext(t.Context(), "tcp", "mail.example.test:993")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, bufio.NewReader(conn)
}

func say(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, in *bufio.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(in, got); string(got[:n]) != want {
		t.Fatalf("got %q (%v), want %q", got[:n], err, want)
	}
}

func TestSaysWhatTheScriptSaysToARealClient(t *testing.T) {
	authority := servers.NewAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{authority.Issue(t, "mail.example.test").TLS}, MinVersion: tls.VersionTLS12}
	script := func(c *imapscript.Conn) {
		c.Say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready")
		c.Expect("<tag> LOGIN <any>")
		c.Say("<tag> OK [CAPABILITY IMAP4rev1] in")
		name := c.Until("<tag> EXAMINE <word>", map[string][]string{"<tag> NOOP": {"<tag> OK nothing"}})
		c.Say("* 3 EXISTS", "* OK [UIDVALIDITY 9] stays", "* OK [UIDNEXT 12] next", "* FLAGS ()", "<tag> OK [READ-ONLY] "+name[0])
		c.ExpectClose()
	}
	for name, options := range map[string]imapscript.Options{"plain": {}, "TLS": {TLS: config, Implicit: true}} {
		server := imapscript.Start(t, options, script)
		conn, _ := connect(t, server)
		if options.Implicit {
			conn = tls.Client(conn, &tls.Config{RootCAs: authority.Pool(), ServerName: "mail.example.test"})
		}
		client := imapclient.New(conn, nil)
		if err := client.Login("u", "p").Wait(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := client.Noop().Wait(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		selected, err := client.Select("Notes", &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil || selected.NumMessages != 3 || selected.UIDNext != 12 || selected.UIDValidity != 9 {
			t.Errorf("%s: the client understood %+v, %v", name, selected, err)
		}
		client.Close()
	}
}

func TestStartTLSResetAndCapture(t *testing.T) {
	authority := servers.NewAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{authority.Issue(t, "mail.example.test").TLS}, MinVersion: tls.VersionTLS12}
	got := make(chan []string, 1)
	server := imapscript.Start(t, imapscript.Options{TLS: config}, func(c *imapscript.Conn) {
		c.Say("* OK hello")
		c.Expect("<tag> starttls")
		c.Say("<tag> OK begin")
		c.StartTLS()
		got <- append(c.Expect("<tag> UID FETCH <word> (<any>)"), c.ExpectBytes(5))
		c.Reset()
	}, func(c *imapscript.Conn) {
		c.Raw("* BYE number ")
		c.Raw(fmt.Sprint(c.Number()))
		c.Close()
	})
	conn, in := connect(t, server)
	hear(t, in, "* OK hello\r\n")
	say(t, conn, "a1 STARTTLS\r\n")
	hear(t, in, "a1 OK begin\r\n")
	secure := tls.Client(conn, &tls.Config{RootCAs: authority.Pool(), ServerName: "mail.example.test"})
	say(t, secure, "a2 UID FETCH 1:* (UID FLAGS)\r\nhello")
	if g := <-got; !slices.Equal(g, []string{"1:*", "UID FLAGS", "hello"}) {
		t.Errorf("captured %q", g)
	}
	if _, err := secure.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a reset is read as %v", err)
	}
	for number := 1; number <= 2; number++ { // the last script serves all that come after
		_, in := connect(t, server)
		hear(t, in, fmt.Sprintf("* BYE number %d", number))
		if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("an orderly end is read as %v", err)
		}
	}
	if n := server.Connections(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}

func TestTrickleAndStallEndWithTheClient(t *testing.T) {
	written := make(chan int, 1)
	server := imapscript.Start(t, imapscript.Options{}, func(c *imapscript.Conn) {
		written <- c.Trickle("abc"+strings.Repeat("x", 1000), time.Millisecond)
	}, func(c *imapscript.Conn) {
		c.Stall()
		written <- -1
	})
	conn, in := connect(t, server)
	hear(t, in, "abc")
	conn.Close()
	if n := <-written; n < 3 || n == 1003 {
		t.Errorf("%d bytes were trickled to a client that left after 3", n)
	}
	conn, _ = connect(t, server)
	conn.Close()
	if n := <-written; n != -1 {
		t.Errorf("the stall said %d", n)
	}
}

func TestFailsWithATranscript(t *testing.T) {
	for name, test := range map[string]struct {
		script imapscript.Script
		client func(net.Conn, *bufio.Reader)
		want   []string
	}{
		"another line": {
			func(c *imapscript.Conn) { c.Say("* OK hello"); c.Expect("<tag> NOOP") },
			func(conn net.Conn, in *bufio.Reader) { say(t, conn, "a LOGOUT\r\n"); _, _ = io.Copy(io.Discard, in) },
			[]string{`connection 0: expected "<tag> NOOP", but the client said "a LOGOUT"`, "S: * OK hello\nC: a LOGOUT\n"},
		},
		"an unknown command meanwhile": {
			func(c *imapscript.Conn) { c.Until("DONE", map[string][]string{"<tag> NOOP": {"<tag> OK"}}) },
			func(conn net.Conn, in *bufio.Reader) {
				say(t, conn, "a NOOP\r\nb X\r\n")
				_, _ = io.Copy(io.Discard, in)
			},
			[]string{`or one of the patterns`, "S: a OK\nC: b X\n"},
		},
		"a client that leaves": {
			func(c *imapscript.Conn) { c.ExpectBytes(3) },
			func(conn net.Conn, _ *bufio.Reader) { conn.Close() },
			[]string{"expected 3 bytes, but after 0 the client closed the connection"},
		},
		"a client that says nothing": {
			func(c *imapscript.Conn) { c.Expect("x") },
			func(_ net.Conn, in *bufio.Reader) { _, _ = io.Copy(io.Discard, in) },
			[]string{"the client said nothing for 50ms"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWitness(t)
			server := imapscript.Start(w, imapscript.Options{Patience: 50 * time.Millisecond}, test.script)
			conn, in := connect(t, server)
			test.client(conn, in)
			<-w.failed
			w.end()
			all := strings.Join(w.failures, "\n")
			for _, want := range test.want {
				if !strings.Contains(all, want) {
					t.Errorf("the failure does not say %q:\n%s", want, all)
				}
			}
		})
	}
}

func TestFailsWhenScriptsDidNotRunOrEnd(t *testing.T) {
	w := newWitness(t)
	server := imapscript.Start(w, imapscript.Options{}, func(c *imapscript.Conn) {
		c.Expect("<tag> NOOP")
		c.Say("<tag> OK")
		c.Expect("<tag> LOGOUT")
	}, func(*imapscript.Conn) {})
	conn, in := connect(t, server)
	say(t, conn, "a NOOP\r\n")
	hear(t, in, "a OK\r\n")
	w.end()
	all := strings.Join(w.failures, "\n")
	for _, want := range []string{`expected "<tag> LOGOUT", but the test ended first`, "1 of 2 scripts were not run: the client made 1 connections"} {
		if !strings.Contains(all, want) {
			t.Errorf("the failure does not say %q:\n%s", want, all)
		}
	}
}
