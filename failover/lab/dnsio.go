package lab

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// responder answers one DNS message in wire form. stream tells TCP or HTTPS from
// UDP, whose answers must fit. nil is silence. It must not panic, whatever comes.
type responder func(ctx context.Context, query []byte, stream bool) []byte

// atOnce bounds how many questions one socket works on side by side.
const atOnce = 64

// datagrams serves DNS over UDP (RFC 1035 section 4.2.1) until c is closed.
func (answer responder) datagrams(ctx context.Context, c net.PacketConn) {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, atOnce)
	buf := make([]byte, dns.MaxMsgSize)
	for ctx.Err() == nil {
		n, from, err := c.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // Windows reports here that an earlier answer found nobody
		}
		query := append([]byte(nil), buf[:n]...)
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if reply := answer(ctx, query, false); reply != nil {
				_, _ = c.WriteTo(reply, from)
			}
		})
	}
}

// tcpIdle is how long a TCP connection may stay without a question (RFC 7766
// section 6.2.3 leaves it to the server).
const tcpIdle = 30 * time.Second

// stream serves DNS over TCP (RFC 7766), where a length of two octets goes
// before each message.
func (answer responder) stream(ctx context.Context, l net.Listener) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
			return
		}
		if err != nil {
			continue
		}
		wg.Go(func() {
			defer c.Close()
			for answer.once(ctx, c) == nil {
				continue
			}
		})
	}
}

// once answers one message of a stream.
func (answer responder) once(ctx context.Context, c net.Conn) error {
	_ = c.SetDeadline(time.Now().Add(tcpIdle))
	var size uint16
	if err := binary.Read(c, binary.BigEndian, &size); err != nil {
		return err
	}
	query := make([]byte, size)
	if _, err := io.ReadFull(c, query); err != nil {
		return err
	}
	reply := answer(ctx, query, true)
	if reply == nil {
		return nil
	}
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(reply)), uint16(len(reply))) //nolint:gosec // fit and the library keep messages to 65,535 octets
	_, err := c.Write(append(framed, reply...))
	return err
}

// maxUDP is the largest answer sent over UDP: what passes everywhere without
// being cut into fragments, by the agreement of DNS Flag Day 2020.
const maxUDP = 1232

// parse reads a query. A non-nil reply is what to send instead of an answer, or
// nothing at all if it is empty.
func parse(raw []byte) (m *dns.Msg, reply []byte) {
	const header = 12
	// A response is never answered, or two servers could talk for ever.
	if len(raw) < header || raw[2]&0x80 != 0 {
		return nil, []byte{}
	}
	m = new(dns.Msg)
	if err := m.Unpack(raw); err != nil {
		bad := new(dns.Msg)
		bad.Id = binary.BigEndian.Uint16(raw)
		bad.Response, bad.Opcode, bad.Rcode = true, int(raw[2]>>3&0xF), dns.RcodeFormatError
		return nil, packed(bad)
	}
	return m, nil
}

// replyTo begins the answer to a query; the rcode is extended where EDNS says so.
// done: there is nothing to add.
func replyTo(q *dns.Msg) (r *dns.Msg, done bool) {
	r = new(dns.Msg)
	r.SetReply(q)
	r.Opcode = q.Opcode
	r.Question = q.Question
	opts := 0
	for _, rr := range q.Extra {
		if rr.Header().Rrtype == dns.TypeOPT {
			opts++
		}
	}
	opt := q.IsEdns0()
	switch {
	case opts > 1: // RFC 6891 section 6.1.1
		r.Rcode = dns.RcodeFormatError
		return r, true
	case opt == nil:
		return r, false
	}
	r.SetEdns0(maxUDP, opt.Do())
	if opt.Version() != 0 { // RFC 6891 section 6.1.3
		r.Rcode = dns.RcodeBadVers
		return r, true
	}
	return r, false
}

// fit cuts an answer to what the way back takes; room is kept for a signature.
func fit(q, r *dns.Msg, stream bool, room int) {
	size := dns.MinMsgSize
	if opt := q.IsEdns0(); opt != nil {
		size = min(max(int(opt.UDPSize()), dns.MinMsgSize), maxUDP)
	}
	if stream {
		size = dns.MaxMsgSize
	}
	r.Truncate(size - room)
}

// packed is a message in wire form; SERVFAIL if it has none.
func packed(r *dns.Msg) []byte {
	if wire, err := r.Pack(); err == nil {
		return wire
	}
	bad := new(dns.Msg)
	bad.Id, bad.Response, bad.Opcode, bad.Rcode = r.Id, true, r.Opcode, dns.RcodeServerFailure
	wire, err := bad.Pack()
	if err != nil {
		return nil
	}
	return wire
}
