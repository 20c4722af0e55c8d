package rfc2136

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// session is one TCP connection to the server, for one call of a Host's method:
// read, change, read again, one after the other.
type session struct {
	h    *Host
	conn net.Conn
}

// open connects. That nobody can be reached is failover.ErrUnreachable.
func (h *Host) open(ctx context.Context) (*session, error) {
	dctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	conn, err := h.dialer.DialContext(dctx, "tcp", h.server)
	if err != nil {
		if ctx.Err() != nil {
			return nil, h.stopped(ctx)
		}
		return nil, failover.Fail(failover.ErrUnreachable,
			"{server} cannot be reached; nothing was changed. Check its address in the settings, this line, and whether a firewall lets DNS over TCP through",
			"server", h.name).Because(err)
	}
	return &session{h: h, conn: conn}, nil
}

func (s *session) close() { _ = s.conn.Close() }

// answer is what the server said to one message.
type answer struct {
	*dns.Msg
	tsig   *dns.TSIG // nil when there is none
	signed error     // nil when the signature is right
}

// badKey is the TSIG error code (RFC 8945 section 3), 0 for none.
func (a answer) badKey() uint16 {
	if a.tsig == nil {
		return 0
	}
	return a.tsig.Error
}

// exchange sends a signed message and reads the answer. When err is not nil, sent
// tells whether the server may have got the message.
func (s *session) exchange(ctx context.Context, m *dns.Msg) (a answer, sent bool, err error) {
	wire, mac, err := s.h.key.sign(m, s.h.now())
	if err != nil {
		return answer{}, false, err
	}
	// Deadlines are for the machine's clock, whatever clock signatures bear.
	if err := s.conn.SetDeadline(time.Now().Add(s.h.timeout)); err != nil {
		return answer{}, false, err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	packet := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(wire)), uint16(len(wire))) //nolint:gosec // the library packs at most 65,535
	packet = append(packet, wire...)
	// A message that went out in part only cannot be carried out.
	if n, err := s.conn.Write(packet); err != nil {
		return answer{}, n == len(packet), err
	}
	var length [2]byte
	if _, err := io.ReadFull(s.conn, length[:]); err != nil {
		return answer{}, true, err
	}
	reply := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(s.conn, reply); err != nil {
		return answer{}, true, err
	}
	a, err = s.h.key.read(reply, mac)
	if err == nil && (a.Id != m.Id || !a.Response || a.Opcode != m.Opcode) {
		err = errors.New("the answer is to another question")
	}
	return a, true, err
}

// read takes an answer apart and checks its signature.
func (k key) read(wire []byte, requestMAC string) (answer, error) {
	m := new(dns.Msg)
	if err := m.Unpack(wire); err != nil {
		return answer{}, err
	}
	t, err := k.verify(wire, requestMAC)
	return answer{Msg: m, tsig: t, signed: err}, nil
}

// ask sends a query. The answer is NOERROR or NXDOMAIN and rightly signed;
// anything else is an error, and nothing was changed.
func (s *session) ask(ctx context.Context, zone, name string, qtype uint16) (answer, error) {
	m := new(dns.Msg).SetQuestion(name, qtype)
	m.RecursionDesired = false
	a, _, err := s.exchange(ctx, m)
	switch {
	case err != nil && ctx.Err() != nil:
		return answer{}, s.h.stopped(ctx)
	case err != nil:
		return answer{}, failover.Fail(failover.ErrUnreachable,
			"{server} does not answer a question about {name}; nothing was changed. Try again in a moment",
			"server", s.h.name, "name", failover.Display(name)).Because(err)
	}
	return a, s.h.judge(a, zone)
}
