package lab

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Where the system has no UDP that Go can use (wine 8 refuses an option that Go
// sets on every such socket), the world's own network carries datagrams over
// loopback TCP, each with its length in two octets before it. Who dials cannot tell
// the difference: a connection is a net.PacketConn, it gives one datagram at a
// time, and a port where nobody listens refuses.

const (
	// maxDatagram is what UDP over IPv4 carries, in octets.
	maxDatagram = 65507
	// refusedMark in the place of a length says that nobody listens.
	refusedMark = 0xFFFF
	// proofLimit is how long a datagram to oneself may take where UDP works.
	proofLimit = 2 * time.Second
)

// frame puts the length before a datagram.
func frame(p []byte) ([]byte, error) {
	if len(p) > maxDatagram {
		return nil, errTooLong
	}
	return append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(p)), uint16(len(p))), p...), nil //nolint:gosec // at most 65,507
}

// unframe takes the first datagram off what has come of a stream. ok is false when
// it has not come whole yet; refused stands for the mark, or for a length that no
// datagram has.
func unframe(stream []byte) (datagram, rest []byte, refused, ok bool) {
	if len(stream) < 2 {
		return nil, stream, false, false
	}
	size := int(binary.BigEndian.Uint16(stream))
	if size > maxDatagram {
		return nil, stream[2:], true, true
	}
	if len(stream) < 2+size {
		return nil, stream, false, false
	}
	return stream[2 : 2+size], stream[2+size:], false, true
}

// framed is the near end of what passes for a UDP socket connected to one far end.
type framed struct {
	net.Conn
	local, remote net.Addr

	mu      sync.Mutex
	pending []byte // what has come, from the length of a datagram on
}

// Read gives one datagram, cut to what p holds, as a UDP socket does.
func (c *framed) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	buf := make([]byte, 4096)
	for {
		datagram, rest, refused, ok := unframe(c.pending)
		if refused {
			c.pending = rest
			return 0, c.failed("read", errRefused)
		}
		if ok {
			n := copy(p, datagram)
			c.pending = rest
			return n, nil
		}
		n, err := c.Conn.Read(buf)
		c.pending = append(c.pending, buf[:n]...)
		switch {
		case n > 0 || err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
			return 0, err
		default: // the far end has gone
			return 0, c.failed("read", errRefused)
		}
	}
}

// Write sends one datagram.
func (c *framed) Write(p []byte) (int, error) {
	out, err := frame(p)
	if err != nil {
		return 0, c.failed("write", err)
	}
	if _, err := c.Conn.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (c *framed) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: c.local, Addr: c.remote, Err: os.NewSyscallError(op, err)}
}

// LocalAddr is a UDP address, by which DNS libraries know what this is.
func (c *framed) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the virtual address.
func (c *framed) RemoteAddr() net.Addr { return c.remote }

// ReadFrom reads a datagram of the far end, from which alone any come.
func (c *framed) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := c.Read(p)
	return n, c.remote, err
}

// WriteTo is no way to write to a connected socket.
func (c *framed) WriteTo([]byte, net.Addr) (int, error) {
	return 0, &net.OpError{Op: "write", Net: "udp", Source: c.local, Addr: c.remote, Err: net.ErrWriteToConnected}
}

// serveFramed answers the datagrams of all who connect, until ctx ends. answer
// gives nil for silence; wg counts what runs.
func serveFramed(ctx context.Context, wg *sync.WaitGroup, l net.Listener, answer func(ctx context.Context, query []byte) []byte) {
	context.AfterFunc(ctx, func() { _ = l.Close() })
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			wg.Go(func() { answerFramed(ctx, c, answer) })
		}
	})
}

// answerFramed answers one who has connected, several datagrams side by side and
// as they are ready, for that is how UDP is.
func answerFramed(ctx context.Context, c net.Conn, answer func(ctx context.Context, query []byte) []byte) {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, atOnce)
	var head [2]byte
	for {
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(head[:]))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if reply := answer(ctx, query); reply != nil {
				_, _ = c.Write(reply) // one who has gone needs no answer
			}
		})
	}
}

// listenFramed opens a port for datagrams over TCP and gives where it is.
func listenFramed(ctx context.Context, wg *sync.WaitGroup, answer func(ctx context.Context, query []byte) []byte) (netip.AddrPort, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	serveFramed(ctx, wg, l, answer)
	return loopback(l.Addr()), nil
}

// loopback is the address of a local socket.
func loopback(a net.Addr) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), portOf(a))
}

// framed answers datagrams that come over a stream.
func (answer responder) framed(ctx context.Context, query []byte) []byte {
	reply := answer(ctx, query, false)
	if reply == nil {
		return nil
	}
	out, err := frame(reply)
	if err != nil {
		return nil
	}
	return out
}

// nobody answers as a port does where nobody listens, void as an address does
// where nothing is.
func nobody(context.Context, []byte) []byte {
	return binary.BigEndian.AppendUint16(nil, refusedMark)
}

func void(context.Context, []byte) []byte { return nil }

// proveUDP sends a datagram to itself: what a system says about a socket is one
// thing, what it does another.
func proveUDP(to *net.UDPConn) error {
	addr, ok := to.LocalAddr().(*net.UDPAddr)
	if !ok {
		return net.UnknownNetworkError("udp")
	}
	c, err := net.DialUDP("udp4", nil, addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte{1}); err != nil {
		return err
	}
	if err := to.SetReadDeadline(time.Now().Add(proofLimit)); err != nil {
		return err
	}
	_, err = to.Read(make([]byte, 2))
	return err
}
