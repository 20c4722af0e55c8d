package dnsview

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// udpSize is the largest answer asked for over UDP (RFC 6891 section 6.2.3):
// what passes every network without fragments, as agreed on DNS flag day 2020.
const udpSize = 1232

// errForeign is why a message is no answer to what was asked: someone else's, a
// late one, or a forgery. Over UDP it is passed over and waiting goes on.
var errForeign = errors.New("a message that answers another question")

// query is one question on its way.
type query struct {
	name    string // as failover.FQDN makes it
	qtype   uint16
	recurse bool // ask a resolver to find the answer (RD bit)
}

// message makes the question. Without EDNS it is what the oldest servers and
// middle boxes still let through.
func (q query) message(id uint16, edns bool) *dns.Msg {
	m := &dns.Msg{}
	m.SetQuestion(q.name, q.qtype)
	m.Id, m.RecursionDesired = id, q.recurse
	if edns {
		m.SetEdns0(udpSize, false)
	}
	return m
}

// parse reads bytes from a server as the answer to the question with this ID.
// What is no answer to it is errForeign; what cannot be read is another error.
func (q query) parse(wire []byte, id uint16) (*dns.Msg, error) {
	m := &dns.Msg{}
	if err := m.Unpack(wire); err != nil {
		// A truncated answer may end in the middle of a record: its header
		// still says that TCP has more.
		if len(wire) >= 12 && m.Truncated && m.Response && m.Id == id {
			return m, nil
		}
		return nil, fmt.Errorf("an answer that cannot be read: %w", err)
	}
	switch {
	case !m.Response || m.Id != id:
		return nil, errForeign
	case len(m.Question) == 0 && (m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented || m.Rcode == dns.RcodeRefused || m.Rcode == dns.RcodeServerFailure):
		return m, nil // a server that could not even read the question
	case len(m.Question) != 1, m.Question[0].Qtype != q.qtype, m.Question[0].Qclass != dns.ClassINET,
		!strings.EqualFold(m.Question[0].Name, q.name):
		return nil, errForeign
	}
	return m, nil
}

// ask puts one question to one address ("host:port"): over UDP with EDNS, once
// more without when nothing comes, and over TCP when the answer is truncated.
// All of it ends within the time-out.
func (r *Reader) ask(ctx context.Context, addr string, q query) (*dns.Msg, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, r.opt.Timeout)
	defer cancel()
	start := time.Now()
	m, err := r.askUDP(ctx, addr, q)
	if err == nil && m.Truncated {
		m, err = r.askTCP(ctx, addr, q)
	}
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		err = ctx.Err() // and not the deadline that woke the connection
	}
	return m, time.Since(start), err
}

func (r *Reader) askUDP(ctx context.Context, addr string, q query) (*dns.Msg, error) {
	conn, err := r.dial(ctx, "udp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.close()
	id := dns.Id()
	deadline, _ := ctx.Deadline()
	half := time.Now().Add(time.Until(deadline) / 2)

	m, err := q.attemptUDP(ctx, conn, id, true, half)
	again := errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil
	if err == nil && (m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented || m.Rcode == dns.RcodeBadVers) {
		again = true // it does not know EDNS (RFC 6891 section 7)
	}
	if !again {
		return m, err
	}
	return q.attemptUDP(ctx, conn, id, false, deadline)
}

// attemptUDP sends the question and reads until its answer comes or the time is
// up. Foreign messages are passed over, but if nothing else comes the error
// tells of them.
func (q query) attemptUDP(ctx context.Context, conn *link, id uint16, edns bool, until time.Time) (*dns.Msg, error) {
	out, err := q.message(id, edns).Pack()
	if err != nil {
		return nil, fmt.Errorf("no DNS question can be made of %q: %w", q.name, err)
	}
	conn.until(ctx, until)
	if _, err := conn.Write(out); err != nil {
		return nil, err
	}
	buf := make([]byte, 4*udpSize) // room for a server that knows no limit
	var odd error
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, errors.Join(err, odd)
		}
		m, err := q.parse(buf[:n], id)
		if err == nil {
			return m, nil
		}
		odd = err
	}
}

func (r *Reader) askTCP(ctx context.Context, addr string, q query) (*dns.Msg, error) {
	conn, err := r.dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.close()
	id := dns.Id()
	out, err := q.message(id, true).Pack()
	if err != nil {
		return nil, fmt.Errorf("no DNS question can be made of %q: %w", q.name, err)
	}
	deadline, _ := ctx.Deadline()
	conn.until(ctx, deadline)
	framed := &dns.Conn{Conn: conn} // each message with its length before it (RFC 1035 section 4.2.2)
	if _, err := framed.Write(out); err != nil {
		return nil, err
	}
	wire, err := framed.ReadMsgHeader(nil)
	if err != nil {
		return nil, err
	}
	return q.parse(wire, id)
}

// link is a connection that a cancelled context wakes.
type link struct {
	net.Conn
	release func() bool
}

func (r *Reader) dial(ctx context.Context, network, addr string) (*link, error) {
	conn, err := r.opt.Dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, dialError{err}
	}
	l := &link{Conn: conn}
	l.release = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return l, nil
}

// until bounds reading and writing by the time given, unless ctx has ended.
func (l *link) until(ctx context.Context, t time.Time) {
	_ = l.SetDeadline(t)
	if ctx.Err() != nil {
		_ = l.SetDeadline(time.Unix(1, 0))
	}
}

func (l *link) close() {
	l.release()
	_ = l.Close()
}

// dialError marks an error met before anything was sent: only such a one can
// say that this line has no way to the address at all.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

// noRoute reports whether err says that this machine has no way to an address of
// that family.
func noRoute(err error) bool {
	var d dialError
	return errors.As(err, &d) && isNoRoute(err)
}

// why tells a failure to get any answer.
func why(server, addr string, err error) failover.Sentence {
	var refused net.Error
	switch {
	case errors.Is(err, errForeign):
		return failover.Say("{server} ({address}) gave no answer to our question, only messages that belong to another; something between here and there may be altering DNS traffic", "server", server, "address", addr)
	case isConnRefused(err):
		return failover.Say("{server} ({address}) refuses connections: no name server is running there", "server", server, "address", addr)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &refused) && refused.Timeout():
		return failover.Say("{server} ({address}) gave no answer in time", "server", server, "address", addr)
	case errors.Is(err, context.Canceled):
		return failover.Say("{server} ({address}) was not waited for", "server", server, "address", addr)
	default:
		return failover.Say("{server} ({address}) gave no usable answer: {error}", "server", server, "address", addr, "error", err)
	}
}
