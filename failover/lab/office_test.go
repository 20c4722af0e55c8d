package lab_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// desk is an office's server: it takes what is signed in for, and keeps it.
type desk struct {
	mu   sync.Mutex
	took []taken
}

type taken struct {
	user, from string
	data       []byte
}

type deskSession struct {
	d  *desk
	as taken
}

func (s *deskSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *deskSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "pass of "+user {
			return errors.New("wrong")
		}
		s.as.user = user
		return nil
	}), nil
}
func (s *deskSession) Mail(from string, _ *smtp.MailOptions) error { s.as.from = from; return nil }
func (s *deskSession) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (s *deskSession) Reset()                                      {}
func (s *deskSession) Logout() error                               { return nil }
func (s *deskSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.as.data = bytes.Clone(b)
	s.d.took = append(s.d.took, s.as)
	return err
}

func (d *desk) all() []taken {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]taken(nil), d.took...)
}

// open serves the office's server, and has the staff use it.
func (d *desk) open(t *testing.T, w *lab.World) {
	t.Helper()
	tlsServer := httptest.NewTLSServer(nil) // for its certificate, of example.com
	t.Cleanup(tlsServer.Close)
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &deskSession{d: d}, nil }))
	srv.TLSConfig = &tls.Config{Certificates: tlsServer.TLS.Certificates, MinVersion: tls.VersionTLS12}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }() // ends with the listener
	t.Cleanup(func() { _ = l.Close() })
	roots := x509.NewCertPool()
	roots.AddCert(tlsServer.Certificate())
	w.SetOffice(&lab.Office{
		Address: l.Addr().String(), Host: "example.com", TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		Login: func(a string) (user, password string) { return a, "pass of " + a },
	})
}

// With a server of its own the office writes on whatever the providers do. What that
// server has taken is neither delivered nor lost until it says what became of it.
func TestOfficeHoldsWhatItTook(t *testing.T) {
	t.Parallel()
	w, events := atWork(t, lab.Options{})
	var d desk
	d.open(t, w)
	if err := w.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	sent, back := writeAs(t, w, hanako, "aoi.mori@customers.test"), writeAs(t, w, taro, "kenji.abe@suppliers.test")
	eventually(t, func() bool { return len(d.all()) == 2 })
	eventually(t, func() bool { return w.Picture().Staff.Outbox == 0 })
	for _, m := range d.all() {
		n, ok := w.Number(m.data)
		if !ok || m.user != m.from || n != sent && n != back {
			t.Errorf("%s handed in message %d as %s", m.user, n, m.from)
		}
	}
	if n := w.Totals(); n.Waiting != 2 || n.Delivered+n.Lost+n.Bounced != 0 {
		t.Errorf("%+v", n)
	}

	w.GaveBack(back, failover.Say("nobody takes it"))
	if e := entry(t, w, back); e.Fate != lab.Bounced {
		t.Errorf("%+v", e)
	}
	// Said to be handed on, and nobody has it: that is what lost means.
	w.PassedOn(sent, failover.Secondary)
	if e := entry(t, w, sent); e.Fate != lab.Lost {
		t.Errorf("%+v", e)
	}

	w.SetOffice(nil)
	w.SetSendRoute(failover.Secondary)
	writeAs(t, w, hanako, "aoi.mori@customers.test")
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 1 })
	if n := len(d.all()); n != 2 {
		t.Errorf("the office's server took %d messages", n)
	}
}
