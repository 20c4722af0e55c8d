package main_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A program of the staff's that hands mail in, over one connection.
type mailProgram struct {
	*smtp.Client
	from string
}

// signIn connects as somebody's mail program does: STARTTLS, AUTH PLAIN.
func (w *relayWorld) signIn(from string) (*mailProgram, error) {
	conn, err := net.Dial("tcp", submitAt)
	if err != nil {
		return nil, err
	}
	c, err := smtp.NewClient(conn, "127.0.0.1")
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	trust := x509.NewCertPool()
	pem, err := os.ReadFile(w.ca.File)
	if err == nil && !trust.AppendCertsFromPEM(pem) {
		err = errors.New("no authority")
	}
	if err == nil {
		err = c.StartTLS(&tls.Config{RootCAs: trust, ServerName: "127.0.0.1"})
	}
	if err == nil {
		err = c.Auth(smtp.PlainAuth("", from, w.held[from], "127.0.0.1"))
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &mailProgram{c, from}, nil
}

// send hands one message in.
func (m *mailProgram) send(to, text string) error {
	if err := m.Mail(m.from); err != nil {
		return err
	}
	if err := m.Rcpt(to); err != nil {
		return err
	}
	data, err := m.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(data, text); err != nil {
		return err
	}
	return data.Close()
}

// note is a message with a Message-ID of its own.
func note(id, from, to, body string) string {
	return fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: Wed, 04 Mar 2026 12:00:00 +0900\r\nMessage-ID: <%s>\r\n\r\n%s\r\n",
		from, to, strings.ReplaceAll(id, "@example.test", ""), id, body)
}

// hand hands one message in over a connection of its own.
func (w *relayWorld) hand(from, to, id string) {
	w.t.Helper()
	m, err := w.signIn(from)
	if err == nil {
		err = errors.Join(m.send(to, note(id, from, to, "Hello.")), m.Quit())
	}
	if err != nil {
		w.t.Fatalf("%s is not taken: %v", id, err)
	}
}

// staff write until stop is called, each over one connection, and hand in again what was
// not taken, as people do.
type staff struct {
	w    *relayWorld
	stop context.CancelFunc
	work sync.WaitGroup
	n    atomic.Int64

	mu       sync.Mutex
	accepted []string // Message-IDs without <>
	unsure   []string // handed in, and the reply did not come
}

// write lets so many people write at most so many messages, pause after each.
func (w *relayWorld) writers(people, most int, pause time.Duration) *staff {
	ctx, cancel := context.WithCancel(w.t.Context())
	s := &staff{w: w, stop: cancel}
	for n := range people {
		from := []string{anna, ben}[n%2]
		s.work.Go(func() { s.write(ctx, from, int64(most), pause) })
	}
	return s
}

func (s *staff) write(ctx context.Context, from string, most int64, pause time.Duration) {
	tick := time.NewTicker(max(pause, time.Microsecond))
	defer tick.Stop()
	var program *mailProgram
	defer func() {
		if program != nil {
			_ = program.Close()
		}
	}()
	for ctx.Err() == nil {
		if program == nil {
			program, _ = s.w.signIn(from) // when it is killed, nobody is there for a while
		}
		if program != nil {
			n := s.n.Add(1)
			if n > most {
				return
			}
			id := fmt.Sprintf("n%d@example.test", s.w.written.Add(1))
			err := program.send(fmt.Sprintf("c%d@customer.test", n%50), note(id, from, boss, "Hello."))
			s.mu.Lock()
			if err == nil {
				s.accepted = append(s.accepted, id)
			} else {
				s.unsure = append(s.unsure, id)
			}
			s.mu.Unlock()
			if err != nil {
				_ = program.Close()
				program = nil
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// taken is how many messages were accepted.
func (s *staff) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.accepted)
}

// end stops them and returns what was accepted.
func (s *staff) end() []string {
	s.stop()
	s.work.Wait()
	return s.accepted
}
