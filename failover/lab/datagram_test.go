package lab_test

import (
	"errors"
	"flag"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// withoutUDP is set where TestAllOfItWithoutUDP runs this program again.
var withoutUDP = flag.Bool("without-udp", false, "carry datagrams over TCP")

// Everything that is true of the world is true of it where there is no UDP.
func TestAllOfItWithoutUDP(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program, "-without-udp", "-test.timeout=4m", "-test.run=^Test",
		"-test.skip=^TestAllOfItWithoutUDP$|^TestLong|^TestRandom").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// What a program sees of a datagram socket, of either kind.
func TestDatagramsAreDatagrams(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]lab.Options{"UDP": {}, "TCP": lab.WithoutUDP(lab.Options{})} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, opt)
			dial := func(to string) net.Conn {
				c, err := w.Dialer().DialContext(t.Context(), "udp", to)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				if _, is := c.LocalAddr().(*net.UDPAddr); !is || c.LocalAddr().Network() != "udp" {
					t.Errorf("the local address is %v", c.LocalAddr())
				}
				return c
			}
			c := dial(w.Resolver())
			if got := c.RemoteAddr().String(); got != w.Resolver() {
				t.Errorf("the far end is %s", got)
			}
			p, is := c.(net.PacketConn)
			if !is {
				t.Fatal("no net.PacketConn")
			}
			q := new(dns.Msg)
			q.SetQuestion("example.test.", dns.TypeMX)
			wire, err := q.Pack()
			if err != nil {
				t.Fatal(err)
			}
			// Two before one is read: each answer is a datagram of its own, and one that is
			// read into too little is cut, not kept.
			for range 2 {
				if _, err := c.Write(wire); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := c.Read(make([]byte, 5)); n != 5 || err != nil {
				t.Errorf("read into 5 octets: %d, %v", n, err)
			}
			buf := make([]byte, 2000)
			n, from, err := p.ReadFrom(buf)
			var r dns.Msg
			if err != nil || from.String() != w.Resolver() || r.Unpack(buf[:n]) != nil || len(r.Answer) != 2 {
				t.Errorf("the second answer: %d octets of %v, %v", n, from, err)
			}
			if _, err := p.WriteTo(wire, c.RemoteAddr()); !errors.Is(err, net.ErrWriteToConnected) {
				t.Errorf("WriteTo: %v", err)
			}
			if _, err := c.Write(make([]byte, 65508)); !errors.Is(err, lab.CodeTooLong) {
				t.Errorf("more than a datagram holds: %v", err)
			}
			if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			var late net.Error
			if _, err := c.Read(buf); !errors.As(err, &late) || !late.Timeout() {
				t.Errorf("with nothing to read: %v", err)
			}
			c.Close()
			if _, err := c.Read(buf); !errors.Is(err, net.ErrClosed) {
				t.Errorf("closed: %v", err)
			}
			nobody := dial("192.0.2.99:53")
			if _, err := nobody.Write(wire); err != nil {
				t.Fatal(err)
			}
			var op *net.OpError
			if _, err := nobody.Read(buf); !errors.Is(err, lab.CodeRefused) || !errors.As(err, &op) || op.Net != "udp" {
				t.Errorf("where nobody listens: %v", err)
			}
		})
	}
}

// A world that has closed refuses datagrams in one way or the other, and nobody
// is left waiting.
func TestDatagramsWhenTheWorldCloses(t *testing.T) {
	t.Parallel()
	w := start(t, lab.WithoutUDP(lab.Options{}))
	if err := w.BreakDNS("ns1.example.test", lab.Silent); err != nil {
		t.Fatal(err)
	}
	c, err := w.Dialer().DialContext(t.Context(), "udp", w.UpdateServer())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(strings.Repeat("x", 40))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 10)); !errors.Is(err, lab.CodeRefused) {
		t.Errorf("the world closes: %v", err)
	}
	if _, err := w.Dialer().DialContext(t.Context(), "udp", w.Resolver()); err == nil {
		t.Error("a closed world takes connections")
	}
	if err := w.Break(failover.Primary, lab.Reset); err != nil {
		t.Errorf("breaking what is closed: %v", err)
	}
}
