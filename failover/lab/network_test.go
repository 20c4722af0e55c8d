package lab_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// brief is a context for what will be silent.
func brief(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestDialerTellsVirtualAddresses(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{IPv6: true})
	for proto, to := range map[string]string{"tcp": "203.0.113.11:25", "tcp6": "[2001:db8::cb00:710b]:25", "udp": w.UpdateServer()} {
		c, err := w.Dialer().DialContext(t.Context(), proto, to)
		if err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		if c.RemoteAddr().String() != to || c.RemoteAddr().Network() != strings.TrimSuffix(proto, "6") {
			t.Errorf("%s has the remote address %v", to, c.RemoteAddr())
		}
		c.Close()
	}
	c, err := w.Dialer().DialContext(t.Context(), "tcp", "mx1.harbormail.test:25")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.RemoteAddr().String() != "203.0.113.11:25" || !strings.HasPrefix(c.LocalAddr().String(), "192.0.2.200:") {
		t.Errorf("a host's name leads from %v to %v", c.LocalAddr(), c.RemoteAddr())
	}
}

func TestDialerRefuses(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	dial := func(proto, to string) error {
		c, err := w.Dialer().DialContext(t.Context(), proto, to)
		if err == nil {
			c.Close()
		}
		return err
	}
	for _, to := range []string{"203.0.113.200:25", "203.0.113.11:26", "127.0.0.1:25", "[2001:db8::1]:53", "198.51.100.80:25"} {
		if err := dial("tcp", to); !errors.Is(err, lab.CodeRefused) {
			t.Errorf("tcp %s: %v", to, err)
		}
	}
	if _, err := query(t, w, "udp", "203.0.113.11:53", "example.test", "MX"); !errors.Is(err, lab.CodeRefused) {
		t.Errorf("udp to a host without DNS: %v", err)
	}
	var noHost *net.DNSError
	if err := dial("tcp", "nobody.example.test:25"); !errors.As(err, &noHost) || !noHost.IsNotFound {
		t.Errorf("a name that is not: %v", err)
	}
	var opErr *net.OpError
	for proto, to := range map[string]string{"tcp": "203.0.113.11", "tcp4": "203.0.113.11:smtp", "tcp6": "203.0.113.11:25", "udp4": "[2001:db8::1]:53"} {
		if err := dial(proto, to); !errors.As(err, &opErr) || errors.Is(err, lab.CodeRefused) {
			t.Errorf("%s %s: %v", proto, to, err)
		}
	}
	if err := dial("ip4:icmp", "203.0.113.11"); !errors.As(err, new(net.UnknownNetworkError)) {
		t.Errorf("icmp: %v", err)
	}
}

func TestLineBlocksPorts(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	w.SetLine(lab.Line{Blocked: []uint16{25, 53}})
	for _, to := range append(w.Controls(), "mx1.harbormail.test:25", w.UpdateServer()) {
		_, err := w.Dialer().DialContext(brief(t), "tcp", to)
		var e net.Error
		if !errors.As(err, &e) || !e.Timeout() || !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", to, err)
		}
	}
	q := new(dns.Msg)
	q.SetQuestion("example.test.", dns.TypeMX)
	if r, err := patientExchange(t, w, "udp", w.UpdateServer(), q, 200*time.Millisecond); !timesOut(r, err) {
		t.Errorf("udp to ns1: %v, %v", r, err)
	}
	if got := ask(t, w, w.Resolver(), "example.test", "MX"); !got.Exists() {
		t.Error("the line's own resolver is out of reach")
	}
	for _, to := range []string{"smtp.lighthouse.test:587", "dns.lab.test:443"} {
		c, err := w.Dialer().DialContext(t.Context(), "tcp", to)
		if err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		c.Close()
	}
	// It is the office's line: outside, mail flows on.
	events, _ := w.Subscribe(100)
	if _, err := w.Send(w.Domain().Recipients[0].Address); err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Delivered == 1 })
	w.SetLine(lab.Line{})
	if got := ask(t, w, w.UpdateServer(), "example.test", "MX"); !got.Exists() {
		t.Error("the line stays blocked")
	}
}

func TestLineDownAndWithoutIPv6(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{IPv6: true})
	w.SetLine(lab.Line{NoIPv6: true})
	if _, err := w.Dialer().DialContext(t.Context(), "tcp", "[2001:db8::cb00:710b]:25"); !errors.Is(err, lab.CodeUnreachable) {
		t.Errorf("IPv6: %v", err)
	}
	w.SetLine(lab.Line{Down: true})
	if _, err := w.Dialer().DialContext(brief(t), "tcp", w.Resolver()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the resolver: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Dialer().DialContext(ctx, "tcp", w.Resolver()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestControlsGreet(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	if err := errors.Join(w.Break(failover.Primary, lab.Silent), w.Break(failover.Secondary, lab.Reset)); err != nil {
		t.Fatal(err)
	}
	if len(w.Controls()) < 3 {
		t.Errorf("controls: %v", w.Controls())
	}
	for _, to := range w.Controls() {
		c, err := w.Dialer().DialContext(t.Context(), "tcp", to)
		if err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		host, _, _ := strings.Cut(to, ":")
		buf := make([]byte, 200)
		n, err := c.Read(buf)
		if !strings.HasPrefix(string(buf[:n]), "220 "+host) {
			t.Errorf("%s says %q, %v", to, buf[:n], err)
		}
		c.Close()
	}
	for _, a := range w.DNSControls() {
		if r, err := query(t, w, "udp", net.JoinHostPort(a.String(), "53"), ".", "NS"); err != nil || !r.Authoritative || len(r.Answer) != 2 {
			t.Errorf("%s: %v, %v", a, r, err)
		}
	}
}
