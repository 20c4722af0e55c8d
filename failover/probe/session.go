package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"lifeboat/failover"
)

// session is one SMTP connection (RFC 5321), kept small on purpose: no library
// gives every reply as it came, which is the evidence here. Each command has its
// own deadline, and the end of the context cuts the connection.
type session struct {
	host     string // as failover.FQDN makes it
	addr     netip.AddrPort
	conn     net.Conn
	in       *bufio.Reader
	patience time.Duration
	release  func() bool

	banner   reply
	ehlo     reply
	features map[string]string // EHLO keyword to its parameters (RFC 5321 section 4.1.1.1)
	offered  bool              // STARTTLS was among them
	secure   *tls.ConnectionState
	chainErr error // why the certificate is not right for the host, when secure
	tlsErr   error // why TLS could not be had although offered
	where    string
	took     time.Duration // until it was connected
}

// fault is why a conversation could not be had, or not to its end.
type fault struct {
	kind  faultKind
	stage string // what was being done: "connect", "banner", "EHLO", "MAIL", "RCPT", ...
	reply reply  // for later and refused
	where string // the host with its address
	err   error
	took  time.Duration // until it was connected; 0 when it never was
}

type faultKind string

const (
	noWord      faultKind = "no word"     // nobody could say where the host is
	noAddress   faultKind = "no address"  // it has no address
	unreachable faultKind = "unreachable" // no connection
	silent      faultKind = "silent"      // connected, and no reply in time
	cut         faultKind = "cut"         // the connection ended
	garbled     faultKind = "garbled"     // what comes is no SMTP
	tooMuch     faultKind = "without end" // a reply that does not end
	putOff      faultKind = "put off"     // "come back later" (4xx)
	turnedAway  faultKind = "turned away" // refused before any recipient was named (5xx)
	badTLS      faultKind = "TLS"         // no TLS connection, or not with the right host
	stopped     faultKind = "stopped"     // by our own context
)

// evidence tells the fault in exact words.
func (f *fault) evidence() []string {
	var out []string
	if f.where != "" {
		out = append(out, f.where)
	}
	if len(f.reply.lines) > 0 {
		return append(out, f.reply.exact()...)
	}
	if f.err != nil {
		return append(out, f.stage+": "+clean(f.err.Error(), 300))
	}
	return append(out, f.stage+": "+string(f.kind))
}

// dial connects to the first address that accepts, greets, and takes up TLS where
// it is offered, as senders do: without checking whose certificate it is, which
// is noted. Where the TLS handshake fails it goes on without, as they do. The
// fault is that of the address that got furthest.
func (p *Prober) dial(ctx context.Context, host string, at place, port uint16) (*session, *fault) {
	switch {
	case at.err != nil:
		return nil, &fault{kind: noWord, stage: "connect", err: at.err}
	case len(at.addrs) == 0:
		return nil, &fault{kind: noAddress, stage: "connect"}
	}
	var worst *fault
	addrs := at.addrs[:min(len(at.addrs), maxAddresses)]
	patience, talked := p.share(len(addrs)), 0
	for _, a := range addrs {
		s, f := p.greet(ctx, host, netip.AddrPortFrom(a, port), patience, true)
		if f == nil && s.tlsErr != nil {
			plain, again := p.greet(ctx, host, netip.AddrPortFrom(a, port), patience, false)
			if again == nil {
				plain.offered, plain.tlsErr = true, s.tlsErr
			}
			s.close()
			s, f = plain, again
		}
		if f == nil {
			return s, nil
		}
		if worst == nil || worst.kind == unreachable && !isUnroutable(f.err) {
			worst = f
		}
		if f.kind != unreachable {
			talked++
		}
		if f.kind == stopped || talked == 2 {
			break
		}
	}
	return nil, worst
}

// maxAddresses is how many addresses of one host are tried; senders give up too.
const maxAddresses = 6

// share divides the patience for a host among its addresses, but leaves each the
// time that a handshake takes over a bad line.
func (p *Prober) share(addresses int) time.Duration {
	return min(p.opt.Patience, max(p.opt.Patience/time.Duration(addresses), 5*time.Second))
}

// greet opens one connection: banner, EHLO, and STARTTLS if wanted and offered.
func (p *Prober) greet(ctx context.Context, host string, at netip.AddrPort, patience time.Duration, withTLS bool) (*session, *fault) {
	s, f := p.connect(ctx, host, at, patience)
	if f != nil {
		return nil, f
	}
	var err error
	if s.banner, err = s.read(); err != nil || !s.banner.ok() {
		return nil, s.giveUp(ctx, "banner", s.banner, err)
	}
	if f := s.hello(ctx, p.helloName(s.conn)); f != nil {
		return nil, f
	}
	if _, s.offered = s.features["STARTTLS"]; !s.offered || !withTLS {
		return s, nil
	}
	if err := s.upgrade(ctx, p.opt.TLS, p.now()); err != nil {
		if ctx.Err() != nil {
			return nil, s.giveUp(ctx, "STARTTLS", reply{}, err)
		}
		s.tlsErr = err
		return s, nil
	}
	if f := s.hello(ctx, p.helloName(s.conn)); f != nil {
		return nil, f
	}
	return s, nil
}

// connect makes the connection within the patience given.
func (p *Prober) connect(ctx context.Context, host string, at netip.AddrPort, patience time.Duration) (*session, *fault) {
	where := fmt.Sprintf("%s (%s)", failover.Display(host), at)
	if p.dialing > 0 {
		patience = min(patience, p.dialing)
	}
	dialing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	conn, err := p.opt.Dialer.DialContext(dialing, "tcp", at.String())
	if err != nil {
		kind := unreachable
		switch {
		case ctx.Err() != nil:
			kind = stopped
		case isReset(err): // by a server that had taken the connection: others are refused
			kind = cut
		}
		return nil, &fault{kind: kind, stage: "connect", where: where, err: err}
	}
	return &session{
		host: failover.FQDN(host), addr: at, conn: conn, where: where, patience: p.opt.Patience,
		in: bufio.NewReaderSize(conn, maxReplyLine), took: time.Since(began),
		release: context.AfterFunc(ctx, func() { _ = conn.Close() }),
	}, nil
}

// helloName is what we call ourselves.
func (p *Prober) helloName(conn net.Conn) string {
	if name, _, err := envelope("x@" + p.opt.Hello); err == nil {
		return strings.TrimPrefix(name, "x@")
	}
	a, err := netip.ParseAddrPort(conn.LocalAddr().String())
	switch {
	case err != nil:
		return "localhost"
	case a.Addr().Unmap().Is6():
		return "[IPv6:" + a.Addr().WithZone("").String() + "]"
	}
	return "[" + a.Addr().Unmap().String() + "]"
}

// hello says EHLO, or HELO to a server that does not know it (RFC 5321 section
// 3.2), and notes what is offered.
func (s *session) hello(ctx context.Context, name string) *fault {
	r, err := s.command("EHLO " + name)
	if err == nil && (r.code == 500 || r.code == 502 || r.code == 504) {
		if second, err2 := s.command("HELO " + name); err2 == nil && second.ok() {
			r = second
		}
	}
	if err != nil || !r.ok() {
		return s.giveUp(ctx, "EHLO", r, err)
	}
	s.ehlo, s.features = r, map[string]string{}
	for i, line := range r.lines {
		if word, rest, _ := strings.Cut(line, " "); i > 0 {
			s.features[strings.ToUpper(word)] = rest
		}
	}
	return nil
}

// upgrade takes up TLS (RFC 3207) and judges the certificate for the host.
func (s *session) upgrade(ctx context.Context, conf *tls.Config, now time.Time) error {
	r, err := s.command("STARTTLS")
	switch {
	case err != nil:
		return err
	case !r.ok():
		return errors.New(r.String())
	case s.in.Buffered() > 0:
		return errors.New("the server sends plain text after it agreed to TLS")
	}
	return s.wrap(ctx, conf, now)
}

// wrap makes the connection a TLS one. Any version and certificate is let
// through, to be told about.
func (s *session) wrap(ctx context.Context, conf *tls.Config, now time.Time) error {
	name := strings.TrimSuffix(s.host, ".")
	c := conf.Clone()
	c.ServerName, c.MinVersion = name, tls.VersionTLS10
	c.InsecureSkipVerify = true // the chain is checked below, so that a wrong one can be described
	conn := tls.Client(s.conn, c)
	handshake, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if err := conn.HandshakeContext(handshake); err != nil {
		return err
	}
	state := conn.ConnectionState()
	s.conn, s.in, s.secure = conn, bufio.NewReaderSize(conn, maxReplyLine), &state
	s.chainErr = verify(state.PeerCertificates, conf.RootCAs, name, now)
	return nil
}

// verify checks a chain as RFC 8461 section 4.1 asks: trusted roots, in date, and
// naming the host. A nil pool is the system's.
func verify(chain []*x509.Certificate, roots *x509.CertPool, name string, now time.Time) error {
	if len(chain) == 0 {
		return errors.New("no certificate")
	}
	others := x509.NewCertPool()
	for _, c := range chain[1:] {
		others.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: others, DNSName: name, CurrentTime: now})
	return err
}

// command sends one line and reads its reply.
func (s *session) command(line string) (reply, error) {
	if strings.ContainsAny(line, "\r\n") {
		return reply{}, errAddress
	}
	_ = s.conn.SetDeadline(time.Now().Add(s.patience))
	if _, err := s.conn.Write([]byte(line + "\r\n")); err != nil {
		return reply{}, err
	}
	return s.read()
}

// read reads one reply; all of it has to come within the patience.
func (s *session) read() (reply, error) {
	_ = s.conn.SetDeadline(time.Now().Add(s.patience))
	return readReply(s.in)
}

// giveUp closes the connection and makes the fault of what came in place of the
// reply hoped for.
func (s *session) giveUp(ctx context.Context, stage string, r reply, err error) *fault {
	f := faultOf(ctx, stage, r, err)
	f.where, f.took = s.where, s.took
	s.close()
	return f
}

// faultOf names what went wrong.
func faultOf(ctx context.Context, stage string, r reply, err error) *fault {
	f := &fault{stage: stage, err: err, kind: cut}
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		f.kind, f.err = stopped, ctx.Err()
	case errors.Is(err, errNoReply):
		f.kind = garbled
	case errors.Is(err, errTooLong):
		f.kind = tooMuch
	case errors.As(err, &timeout) && timeout.Timeout():
		f.kind = silent
	case err == nil && r.later():
		f.kind, f.reply = putOff, r
	case err == nil:
		f.kind, f.reply = turnedAway, r
	}
	return f
}

// quit takes leave (RFC 5321 section 4.1.1.10) without waiting long for the answer.
func (s *session) quit() {
	s.patience = min(s.patience, 2*time.Second)
	_, _ = s.command("QUIT") // whatever the answer is, we are going
	s.close()
}

func (s *session) close() {
	s.release()
	_ = s.conn.Close()
}
