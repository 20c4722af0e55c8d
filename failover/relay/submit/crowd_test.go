//go:build linux || windows

// All of 127.0.0.0/8 is this machine there.

package submit_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay/submit"
)

// TestStop: a message that is on its way when the server stops is finished.
func TestStop(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	idle, busy, chunked := w.device(), w.user(), w.device()
	busy.mail(tanaka, someone)
	busy.send(header(tanaka) + "first half\r\n")
	chunked.send("MAIL FROM:<" + copier + ">\r\nRCPT TO:<" + someone + ">\r\n")
	chunked.want("250 ")
	chunked.want("250 ")
	w.stop()
	idle.want("421 4.3.2 ")
	idle.gone()
	busy.send("second half\r\n.\r\n")
	busy.want("250 2.0.0 ")
	busy.want("421 4.3.2 ")
	busy.gone()
	body := header(copier)
	chunked.send(fmt.Sprintf("BDAT %d\r\n%sBDAT 0 LAST\r\n", len(body), body))
	chunked.want("250 ")
	chunked.want("250 ")
	chunked.want("421 4.3.2 ")
	if err := <-w.done; err != nil {
		t.Error(err)
	}
	w.done = nil
	if n := len(w.queue.all()); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
	if _, err := new(net.Dialer).DialContext(t.Context(), "tcp", w.plain); err == nil {
		t.Error("the server still listens")
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	s := submit.New(submit.Options{Queue: w.queue, Users: w.book, Listen: []submit.Listen{{Address: "127.0.0.1:0"}, {Address: w.plain}}})
	err := s.Run(t.Context(), nil)
	if !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), w.plain) {
		t.Errorf("%v, want a sentence that names the address", err)
	}
	s = submit.New(submit.Options{Queue: w.queue, Users: w.book, Listen: []submit.Listen{{Address: "127.0.0.1:0", TLS: failover.ImplicitTLS}}})
	if err := s.Run(t.Context(), nil); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("TLS without a certificate: %v", err)
	}
}

// TestIdleConnections: a thousand connections that say nothing get no more than their
// share, and disturb nobody.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *submit.Options) { o.Sessions, o.PerAddress = 150, 60 })
	working := w.user()
	var open, refused int
	for i := range 1000 {
		c := w.connect("127.0.0.7")
		switch got := c.reply(); {
		case strings.HasPrefix(got, "220 "):
			open++
		case strings.HasPrefix(got, "421 4.7.0 "):
			refused++
			_ = c.conn.Close()
		default:
			t.Fatalf("connection %d: %s", i, got)
		}
	}
	if open != 60 || refused != 940 {
		t.Errorf("%d were let in and %d refused, want 60 and 940", open, refused)
	}
	// Who is in goes on, others come in, and over TLS too.
	working.mail(tanaka, someone)
	working.send(header(tanaka) + "hello\r\n.\r\n")
	working.want("250 ")
	w.user().mail(tanaka, someone)
	w.device().mail(copier, someone)
	// From many addresses the limit of all holds, and its end is felt at once.
	last := ""
	var idle []*client
	for i := range 20 {
		for range 10 {
			c := w.connect(fmt.Sprintf("127.0.1.%d", i+1))
			last = c.reply()
			idle = append(idle, c)
		}
	}
	if !strings.HasPrefix(last, "421 4.3.2 ") {
		t.Errorf("more than all: %s", last)
	}
	working.alive()
	for _, c := range idle {
		_ = c.conn.Close()
	}
	for deadline := time.Now().Add(patience); ; { // until the server has seen that they are gone
		c := w.connect("127.0.0.3")
		if strings.HasPrefix(c.reply(), "220 ") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("places that were given up are not free again")
		}
	}
}

func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	s := submit.New(submit.Options{Queue: w.queue, Users: w.book, Listen: []submit.Listen{{Address: "127.0.0.1:0", TLS: failover.StartTLS}}})
	s.SetPatience(time.Millisecond, time.Millisecond, time.Millisecond)
	ctx, stop := context.WithCancel(t.Context())
	ready, done := make(chan []net.Addr, 1), make(chan error, 1)
	go func() { done <- s.Run(ctx, func(a []net.Addr) { ready <- a }) }()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", (<-ready)[0].String())
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t, conn, bufio.NewReader(conn)}
	c.want("220 ")
	c.want("421 4.4.2 ")
	c.gone()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
