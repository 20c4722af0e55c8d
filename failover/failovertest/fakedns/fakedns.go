// Package fakedns is a small Internet of name servers inside a test: each has
// an address of its own, such as 192.0.2.1, and a Go function that answers.
//
// Real servers (package servers) show whether Lifeboat is right about the
// world; this one shows what it does when the world is wrong: servers that are
// silent, lame, garbled, that forge or contradict each other, at a moment the
// test chooses. A [World] is a failover.Dialer: nothing it connects leaves
// loopback, and an address that nobody serves is silent.
package fakedns

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"

	"github.com/miekg/dns"
)

// Handler answers one DNS message, as bytes; no bytes are silence. The network
// is "udp" or "tcp".
type Handler func(network string, wire []byte) [][]byte

// World is the name servers of a test, by address. It is safe for use by several
// goroutines.
type World struct {
	t testing.TB

	mu     sync.Mutex
	routes map[netip.AddrPort]string // to a listener on loopback
	noIPv6 bool
	hole   string // a listener that never answers
	asked  map[netip.AddrPort]int
}

// New returns a world in which every address is silent. All its servers end with
// the test.
func New(t testing.TB) *World {
	w := &World{t: t, routes: map[netip.AddrPort]string{}, asked: map[netip.AddrPort]int{}}
	w.hole = w.listen(func(string, []byte) [][]byte { return nil })
	return w
}

// Serve puts a server at an address and port 53.
func (w *World) Serve(addr string, h Handler) {
	w.t.Helper()
	w.Route(netip.AddrPortFrom(netip.MustParseAddr(addr), 53).String(), w.listen(h))
}

// Route leads an "address:port" of the world to one on loopback.
func (w *World) Route(addr, loopback string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.routes[netip.MustParseAddrPort(addr)] = loopback
}

// Silence takes the server at an address away: what is sent there is lost.
func (w *World) Silence(addr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.routes, netip.AddrPortFrom(netip.MustParseAddr(addr), 53))
}

// WithoutIPv6 makes the world one where this machine has no IPv6.
func (w *World) WithoutIPv6() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noIPv6 = true
}

// Asked returns how many connections were made to port 53 of an address.
func (w *World) Asked(addr string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[netip.AddrPortFrom(netip.MustParseAddr(addr), 53)]
}

// DialContext connects to the server at an address of the world.
func (w *World) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "this world has only addresses", Name: address}}
	}
	w.mu.Lock()
	w.asked[to]++
	target, served := w.routes[to]
	noIPv6 := w.noIPv6
	w.mu.Unlock()
	switch {
	case to.Addr().Is6() && noIPv6:
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
	case !served && network == "tcp":
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: network, Err: ctx.Err()}
	case !served:
		target = w.hole
	}
	return (&net.Dialer{}).DialContext(ctx, network, target)
}

// listen serves UDP and TCP on one port of loopback.
func (w *World) listen(h Handler) string {
	w.t.Helper()
	for range 50 {
		tcp, err := (&net.ListenConfig{}).Listen(w.t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			w.t.Fatal(err)
		}
		udp, err := (&net.ListenConfig{}).ListenPacket(w.t.Context(), "udp", tcp.Addr().String())
		if err != nil { // another process has that port for UDP
			_ = tcp.Close()
			continue
		}
		w.t.Cleanup(func() { _, _ = tcp.Close(), udp.Close() })
		go serveUDP(udp, h)
		go serveTCP(tcp, h)
		return tcp.Addr().String()
	}
	w.t.Fatal("no port of loopback is free for both TCP and UDP")
	return ""
}

func serveUDP(conn net.PacketConn, h Handler) {
	buf := make([]byte, dns.MaxMsgSize)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		for _, out := range h("udp", append([]byte(nil), buf[:n]...)) {
			_, _ = conn.WriteTo(out, from)
		}
	}
}

func serveTCP(l net.Listener, h Handler) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			var size [2]byte
			if _, err := io.ReadFull(conn, size[:]); err != nil {
				return
			}
			wire := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(conn, wire); err != nil {
				return
			}
			for _, out := range h("tcp", wire) {
				_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)) //nolint:gosec // a test's message fits
			}
		}()
	}
}
