package lab

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

// network is the world's internet: who has which address, and where on loopback
// their services really are.
type network struct {
	mu     sync.RWMutex
	hosts  []*host
	byAddr map[netip.Addr]*host
	// refuser and nowhere are where datagrams go that are refused, or come to nothing.
	refuser, nowhere netip.AddrPort
	// framed: there is no UDP here, and datagrams go over TCP.
	framed  bool
	sockets []*net.UDPConn
	once    sync.Once
	gone    chan struct{}
}

// host is one machine of the world.
type host struct {
	name     string // as FQDN makes it
	addrs    []netip.Addr
	cond     *condition
	services []*service
}

func newNetwork() *network {
	return &network{byAddr: map[netip.Addr]*host{}, gone: make(chan struct{})}
}

// add puts a host on the network. Only before open.
func (n *network) add(h *host) {
	n.hosts = append(n.hosts, h)
	for _, a := range h.addrs {
		n.byAddr[a] = h
	}
}

func (n *network) all() []*host { return n.hosts }

// open finds out how datagrams travel here, and opens what refuses them and what
// swallows them. framed leaves the system's UDP alone.
func (n *network) open(ctx context.Context, wg *sync.WaitGroup, framed bool, log *slog.Logger) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.framed = framed; !framed {
		err := n.openUDP(ctx)
		if err == nil {
			return nil
		}
		log.DebugContext(ctx, "the system's UDP is of no use; datagrams go over TCP", "cause", err)
		n.framed = true
	}
	var err error
	if n.refuser, err = listenFramed(ctx, wg, nobody); err != nil {
		return err
	}
	n.nowhere, err = listenFramed(ctx, wg, void)
	return err
}

// openUDP makes the two odd sockets. One is connected to the other: the system
// answers any other sender with "port unreachable", as it does for a port where
// nobody listens, and the port cannot fall to another program meanwhile. The other
// is read by nobody.
func (n *network) openUDP(ctx context.Context) error {
	void, err := listenUDP(ctx)
	if err != nil {
		return err
	}
	peer, ok := void.LocalAddr().(*net.UDPAddr)
	if !ok {
		return errors.Join(net.UnknownNetworkError("udp"), void.Close())
	}
	if err := proveUDP(void); err != nil {
		return errors.Join(err, void.Close())
	}
	refuser, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, peer)
	if err != nil {
		return errors.Join(err, void.Close())
	}
	n.sockets = []*net.UDPConn{void, refuser}
	n.nowhere, n.refuser = loopback(void.LocalAddr()), loopback(refuser.LocalAddr())
	return nil
}

// close wakes all who wait for a silent host and shuts the odd sockets.
func (n *network) close() {
	n.once.Do(func() {
		close(n.gone)
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, c := range n.sockets {
			_ = c.Close()
		}
	})
}

// Line is the state of the office's line to the rest of the world.
type Line struct {
	// Blocked are ports that the line lets nothing through to, as most office lines
	// do with 25 and some with 53. The line's own resolver stays within reach.
	Blocked []uint16
	// Down: nothing goes through at all.
	Down bool
	// NoIPv6: the line has IPv4 only.
	NoIPv6 bool
}

// line is a way onto the network; it is a failover.Dialer.
type line struct {
	inet  *network
	local netip.Addr // the address the far end would see
	// inside is the address that blocked ports do not concern.
	inside netip.Addr
	// find looks a host name up.
	find func(ctx context.Context, l *line, name string) (netip.Addr, error)

	mu    sync.Mutex
	state Line
}

func (l *line) set(s Line) {
	s.Blocked = slices.Clone(s.Blocked)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = s
}

func (l *line) now() Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// DialContext connects to a virtual address and port, or to a host name of the
// world, as (*net.Dialer).DialContext does.
func (l *line) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	proto, err := protocol(network)
	if err != nil {
		return nil, err
	}
	to, err := l.resolve(ctx, network, address)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: addrOf(proto, to), Err: err}
	}
	state := l.now()
	shut := state.Down || slices.Contains(state.Blocked, to.Port()) && to.Addr() != l.inside
	switch {
	case state.NoIPv6 && to.Addr().Is6():
		return fail(os.NewSyscallError("connect", errUnreachable))
	case shut && proto == "tcp":
		return fail(l.inet.wait(ctx))
	case shut:
		return l.inet.swallow(ctx, to)
	}
	s, fault := l.inet.find(proto, to)
	switch {
	case fault == Silent && proto == "tcp":
		return fail(l.inet.wait(ctx))
	case fault == Silent:
		return l.inet.swallow(ctx, to)
	case s == nil && proto == "tcp":
		return fail(os.NewSyscallError("connect", errRefused))
	case s == nil:
		return l.inet.refuse(ctx, to)
	}
	c, err := l.connect(ctx, proto, s.at(proto), to)
	if err != nil {
		s.cond.failed(s)
	}
	return c, err
}

// connect reaches the real socket behind a virtual address.
func (l *line) connect(ctx context.Context, proto string, there, to netip.AddrPort) (net.Conn, error) {
	if proto == "udp" {
		return l.inet.datagrams(ctx, there, to)
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, proto, there.String())
	if err != nil {
		return nil, err
	}
	return &far{Conn: c, local: addrOf(proto, netip.AddrPortFrom(l.local, portOf(c.LocalAddr()))), remote: addrOf(proto, to)}, nil
}

// resolve reads "address:port" or "name:port".
func (l *line) resolve(ctx context.Context, network, address string) (netip.AddrPort, error) {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	p, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "unknown port", Addr: address}}
	}
	a, err := netip.ParseAddr(name)
	if err != nil {
		if a, err = l.find(ctx, l, name); err != nil {
			return netip.AddrPort{}, &net.OpError{Op: "dial", Net: network, Err: err}
		}
	}
	a = a.Unmap()
	if network[len(network)-1] == '4' && !a.Is4() || network[len(network)-1] == '6' && a.Is4() {
		return netip.AddrPort{}, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "no suitable address", Addr: address}}
	}
	return netip.AddrPortFrom(a, uint16(p)), nil
}

// find gives the service at an address, nil where nobody listens, and what a
// connection to it meets with on its way.
func (n *network) find(proto string, to netip.AddrPort) (*service, Fault) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	h, ok := n.byAddr[to.Addr()]
	if !ok {
		return nil, None
	}
	for _, s := range h.services {
		if s.port != to.Port() || !s.speaks(proto) || !s.at(proto).IsValid() {
			continue
		}
		fault := s.cond.dialed(s)
		if fault == Refuse {
			return nil, None
		}
		return s, fault
	}
	return nil, h.cond.now()
}

// connectLimit is when a system gives up connecting, where nobody else does.
const connectLimit = 2 * time.Minute

// wait is what happens to a connection whose first packet gets no answer.
func (n *network) wait(ctx context.Context) error {
	t := time.NewTimer(connectLimit)
	defer t.Stop()
	select {
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return ctx.Err()
		}
		return timeout{}
	case <-t.C:
		return os.NewSyscallError("connect", errTimedOut)
	case <-n.gone:
		return net.ErrClosed
	}
}

// refuse connects to where datagrams are refused.
func (n *network) refuse(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	n.mu.RLock()
	there := n.refuser
	n.mu.RUnlock()
	return n.datagrams(ctx, there, to)
}

// swallow connects to where datagrams come to nothing.
func (n *network) swallow(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	n.mu.RLock()
	there := n.nowhere
	n.mu.RUnlock()
	return n.datagrams(ctx, there, to)
}

// datagrams connects to a socket for datagrams.
func (n *network) datagrams(ctx context.Context, there, to netip.AddrPort) (net.Conn, error) {
	if !there.IsValid() {
		return nil, &net.OpError{Op: "dial", Net: "udp", Addr: addrOf("udp", to), Err: errNotRunning}
	}
	n.mu.RLock()
	proto, overTCP := "udp", n.framed
	n.mu.RUnlock()
	if overTCP {
		proto = "tcp"
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, proto, there.String())
	if err != nil {
		return nil, err
	}
	if overTCP {
		return &framed{Conn: c, local: addrOf("udp", loopback(c.LocalAddr())), remote: addrOf("udp", to)}, nil
	}
	u, ok := c.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(net.UnknownNetworkError("udp"), c.Close())
	}
	return &farUDP{UDPConn: u, remote: addrOf("udp", to)}, nil
}

// timeout is the error of net when a deadline passes.
type timeout struct{}

func (timeout) Error() string { return "i/o timeout" }

// Timeout is for net.Error.
func (timeout) Timeout() bool { return true }

// Temporary is for net.Error.
func (timeout) Temporary() bool { return true }

// Is makes it the deadline error of packages context and os, as net's is.
func (timeout) Is(target error) bool {
	return target == context.DeadlineExceeded || target == os.ErrDeadlineExceeded
}

// far is a connection that tells virtual addresses.
type far struct {
	net.Conn
	local, remote net.Addr
}

// LocalAddr is the address that the far end would see.
func (c *far) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the virtual address.
func (c *far) RemoteAddr() net.Addr { return c.remote }

// farUDP stays a net.PacketConn, by which DNS libraries know that no length goes
// before a message.
type farUDP struct {
	*net.UDPConn
	remote net.Addr
}

// RemoteAddr is the virtual address.
func (c *farUDP) RemoteAddr() net.Addr { return c.remote }

// ReadFrom reads a message of the far end, from which alone any come.
func (c *farUDP) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := c.Read(p)
	return n, c.remote, err
}

func protocol(network string) (string, error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return "tcp", nil
	case "udp", "udp4", "udp6":
		return "udp", nil
	}
	return "", net.UnknownNetworkError(network)
}

func addrOf(proto string, a netip.AddrPort) net.Addr {
	if proto == "udp" {
		return net.UDPAddrFromAddrPort(a)
	}
	return net.TCPAddrFromAddrPort(a)
}

func portOf(a net.Addr) uint16 {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return 0
	}
	return p.Port()
}
