//go:build linux || windows

// All of 127.0.0.0/8 is this machine there.

package submit_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay/submit"
	"lifeboat/failover/relay/users"
)

// patience ends a wait for what will never come; it measures nothing.
const patience = 2 * time.Minute

// world is a server with one user who signs in, and one device at 127.0.0.3.
type world struct {
	t        testing.TB
	queue    *memory
	book     *users.Book
	password string
	plain    string // the STARTTLS listener
	tls      string // the implicit TLS listener
	pool     *x509.CertPool
	der      []byte // the certificate
	stop     context.CancelFunc
	done     chan error
	log      *syncBuffer

	mu     sync.Mutex
	now    time.Time
	waited []time.Duration
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) waits() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]time.Duration(nil), w.waited...)
}

const (
	tanaka  = "tanaka@example.test"
	copier  = "copier@example.test"
	info    = "info@example.test"
	someone = "someone@elsewhere.test"
)

// serve starts a world; change, if not nil, alters its options.
func serve(t testing.TB, change func(*submit.Options)) *world {
	t.Helper()
	w := &world{t: t, queue: &memory{}, log: &syncBuffer{}, now: time.Date(2026, 1, 22, 9, 0, 0, 0, time.FixedZone("JST", 9*3600)), done: make(chan error, 1)}
	dir := t.TempDir()
	var err error
	w.book, err = users.Open(filepath.Join(dir, "users"), [32]byte{1}, users.Options{Now: w.time})
	if err == nil {
		w.password, err = w.book.Add(t.Context(), users.New{Address: tanaka, SendAs: []string{info, "@sales.example.test"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	cert, err := submit.SelfSigned(filepath.Join(dir, "tls"), [32]byte{2}, []string{"localhost", "127.0.0.1"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	w.der, w.pool = cert.Certificate[0], x509.NewCertPool()
	w.pool.AddCert(cert.Leaf)
	opt := submit.Options{
		Queue: w.queue, Users: w.book, Hostname: "relay.example.test",
		Listen:      []submit.Listen{{Address: "127.0.0.1:0", TLS: failover.StartTLS}, {Address: "127.0.0.1:0", TLS: failover.ImplicitTLS}},
		Devices:     []submit.Device{{Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.3/32")}, User: copier}},
		Certificate: func() (*tls.Certificate, error) { return &cert, nil },
		Now:         w.time,
		Log:         slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Wait: func(_ context.Context, d time.Duration) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.waited = append(w.waited, d)
			return nil
		},
	}
	if change != nil {
		change(&opt)
	}
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	ready := make(chan []net.Addr, 1)
	go func() { w.done <- submit.New(opt).Run(ctx, func(a []net.Addr) { ready <- a }) }()
	select {
	case a := <-ready:
		w.plain, w.tls = a[0].String(), a[len(a)-1].String()
	case err := <-w.done:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if w.done == nil {
			return
		}
		select {
		case err := <-w.done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the server does not stop")
		}
		if strings.Contains(w.log.String(), w.password) {
			t.Error("the log contains a password")
		}
	})
	return w
}

// everyone lets all of loopback be a device.
func everyone(user string) submit.Device {
	return submit.Device{Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, User: user}
}

// client is a raw SMTP client.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

// dial connects from an address of loopback and reads the greeting.
func (w *world) dial(from string) *client {
	w.t.Helper()
	c := w.connect(from)
	c.want("220 ")
	return c
}

func (w *world) connect(from string) *client {
	w.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.DialContext(w.t.Context(), "tcp", w.plain)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		w.t.Fatal(err)
	}
	return &client{w.t, conn, bufio.NewReader(conn)}
}

// device connects as the copier and says EHLO.
func (w *world) device() *client {
	w.t.Helper()
	c := w.dial("127.0.0.3")
	c.do("EHLO copier", "250 ")
	return c
}

// secure connects and makes it TLS.
func (w *world) secure(from string) *client {
	w.t.Helper()
	c := w.dial(from)
	c.do("EHLO laptop", "250 ")
	c.do("STARTTLS", "220 ")
	c.startTLS(w.pool)
	c.do("EHLO laptop", "250 ")
	return c
}

func (c *client) startTLS(pool *x509.CertPool) {
	c.t.Helper()
	s := tls.Client(c.conn, &tls.Config{RootCAs: pool, ServerName: "localhost"})
	if err := s.HandshakeContext(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.r = s, bufio.NewReader(s)
}

// user connects as tanaka.
func (w *world) user() *client {
	w.t.Helper()
	c := w.secure("127.0.0.1")
	c.do("AUTH PLAIN "+plainAuth(tanaka, w.password), "235 ")
	return c
}

func plainAuth(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(s)); err != nil {
		c.t.Fatalf("%v, sending %.60q", err, s)
	}
}

// reply reads a whole reply.
func (c *client) reply() string {
	c.t.Helper()
	var all strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			c.t.Fatalf("%v, after %q", err, all.String())
		}
		if len(line) < 4 || line[3] != '-' {
			return all.String()
		}
	}
}

func (c *client) want(prefix string) string {
	c.t.Helper()
	got := c.reply()
	i := strings.LastIndex(strings.TrimSuffix(got, "\n"), "\n") + 1
	if !strings.HasPrefix(got[i:], prefix) {
		c.t.Fatalf("got %q, want %q", got, prefix)
	}
	if last := got[i:]; len(last) > 514 {
		c.t.Errorf("a reply of %d bytes", len(last))
	}
	return got
}

func (c *client) do(command, prefix string) string {
	c.t.Helper()
	c.send(command + "\r\n")
	return c.want(prefix)
}

// mail goes as far as the reply to DATA.
func (c *client) mail(from string, to ...string) {
	c.t.Helper()
	c.do("MAIL FROM:<"+from+">", "250 ")
	for _, to := range to {
		c.do("RCPT TO:<"+to+">", "250 ")
	}
	c.do("DATA", "354 ")
}

// alive shows that the session goes on.
func (c *client) alive() {
	c.t.Helper()
	c.do("NOOP", "250 ")
}

// gone shows that the server has closed the connection.
func (c *client) gone() {
	c.t.Helper()
	if b, err := c.r.ReadByte(); err == nil {
		c.t.Fatalf("the server did not close the connection but sent %q...", b)
	}
}

func header(from string) string {
	return "From: <" + from + ">\r\nDate: Thu, 22 Jan 2026 09:00:00 +0900\r\nMessage-ID: <1@example.test>\r\nSubject: test\r\n\r\n"
}

func TestDeviceHandsIn(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.device()
	c.mail(copier, someone)
	c.send(header(copier) + "scanned\r\n..two dots\r\n.\r\n")
	if got := c.want("250 2.0.0 "); !strings.Contains(got, "0000000000000001") {
		t.Errorf("the reply does not name the message: %s", got)
	}
	all := w.queue.all()
	if len(all) != 1 || string(all[0].body) != header(copier)+"scanned\r\n.two dots\r\n" {
		t.Fatalf("got %d messages: %+v", len(all), all)
	}
	k := all[0]
	if k.env.User != copier || k.env.From != copier || fmt.Sprint(k.env.To) != "["+someone+"]" || k.env.Client != "127.0.0.3" {
		t.Errorf("envelope %+v", k.env)
	}
	if k.head.MessageID != "1@example.test" || k.head.Subject != "test" {
		t.Errorf("header %+v", k.head)
	}
	want := "Received: by relay.example.test (Lifeboat) with ESMTP;\r\n\tThu, 22 Jan 2026 09:00:00 +0900\r\n"
	if string(k.head.Prepend) != want {
		t.Errorf("prepended %q, want %q", k.head.Prepend, want)
	}
	c.do("QUIT", "221 ")
	c.gone()
}

func TestUserHandsIn(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.user()
	c.mail(info, someone, someone, "Someone@elsewhere.test", "other@ELSEWHERE.test", "other@elsewhere.test")
	c.send("From: Info <info@example.test>\r\nTo: x\r\n\r\nhello\r\n.\r\n")
	c.want("250 ")
	k := w.queue.all()[0]
	if k.env.User != tanaka || k.env.From != info || len(k.env.To) != 3 {
		t.Errorf("envelope %+v", k.env)
	}
	text := k.text()
	if !strings.HasPrefix(text, "Received: by relay.example.test (Lifeboat) with ESMTPSA;\r\n") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("the trace line is not right: %q", text)
	}
	if !strings.Contains(text, "\r\nDate: Thu, 22 Jan 2026 09:00:00 +0900\r\n") || !strings.Contains(text, "\r\nMessage-ID: <"+k.head.MessageID+">\r\n") || !strings.HasSuffix(k.head.MessageID, "@example.test") {
		t.Errorf("what was missing was not added: %q", text)
	}
	// A second one in the same session, over implicit TLS another.
	c.mail(tanaka, someone)
	c.send(header(tanaka) + "again\r\n.\r\n")
	c.want("250 ")
	s, err := (&tls.Dialer{Config: &tls.Config{RootCAs: w.pool, ServerName: "localhost"}}).DialContext(t.Context(), "tcp", w.tls)
	if err != nil {
		t.Fatal(err)
	}
	c = &client{t, s, bufio.NewReader(s)}
	c.want("220 ")
	if got := c.do("EHLO x", "250 "); strings.Contains(got, "STARTTLS") || !strings.Contains(got, "AUTH PLAIN LOGIN") {
		t.Errorf("offered under TLS: %q", got)
	}
	c.do("AUTH PLAIN "+plainAuth(tanaka, w.password), "235 ")
	c.mail(tanaka, someone)
	c.send(header(tanaka) + "third\r\n.\r\n")
	c.want("250 ")
	c.do("QUIT", "221 ")
	if n := len(w.queue.all()); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
}
