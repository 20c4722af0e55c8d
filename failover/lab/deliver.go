package lab

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/miekg/dns"

	"lifeboat/failover"
)

// failure is why a try failed.
type failure struct {
	say failover.Sentence
	// forGood: another try would be in vain, and the message goes back.
	forGood bool
	// host: it is the host that failed and not the message, so the next may do.
	host bool
	// away is set when no host was tried, as all had failed shortly before: to
	// when they are left alone.
	away time.Time
}

// attempt looks up the recipient domain's hosts and offers the message to one after the
// other. It returns the host that took it, or the last one that did not.
func (s *mta) attempt(ctx context.Context, l *letter) (host string, fail *failure) {
	hosts, fail := s.exchangers(ctx, l)
	if fail != nil {
		return "", fail
	}
	var away time.Time
	for _, mx := range hosts {
		addrs := s.addresses(ctx, mx.Host)
		if len(addrs) == 0 && fail == nil {
			host, fail = mx.Host, &failure{host: true, say: failover.Say("Message {number} waits: {mx} has no address.", "number", l.number, "mx", failover.Display(mx.Host))}
		}
		for _, a := range addrs {
			if until, is := s.absent(a); is {
				if away.IsZero() || until.Before(away) {
					away = until
				}
				continue
			}
			host, fail = mx.Host, s.deliver(ctx, mx.Host, a, l)
			if ctx.Err() == nil {
				s.noteHost(a, fail == nil || !fail.host)
			}
			if fail == nil || !fail.host {
				return host, fail
			}
		}
	}
	if fail == nil {
		_, domain := splitAddress(l.to)
		return "", &failure{away: away, say: failover.Say("Message {number} waits: the mail hosts of {domain} failed shortly before.",
			"number", l.number, "domain", failover.Display(domain))}
	}
	return host, fail
}

// exchangers is the recipient domain's MX set as the resolver tells it now, in
// the order of preference; the domain itself when there is none (RFC 5321 section
// 5.1).
func (s *mta) exchangers(ctx context.Context, l *letter) ([]failover.MX, *failure) {
	_, domain := splitAddress(l.to)
	name := failover.Display(domain)
	reply, err := lookupAt(ctx, s.line, s.resolver, domain, dns.TypeMX)
	if err != nil {
		return nil, &failure{say: failover.Say("Message {number} waits: the MX records of {domain} could not be looked up.", "number", l.number, "domain", name)}
	}
	if reply.Rcode == dns.RcodeNameError {
		return nil, &failure{forGood: true, say: failover.Say("Message {number} went back to its sender: there is no domain {domain}.", "number", l.number, "domain", name)}
	}
	var out []failover.MX
	for _, rr := range reply.Answer {
		if mx, ok := rr.(*dns.MX); ok {
			out = append(out, failover.MX{Preference: mx.Preference, Host: failover.FQDN(mx.Mx)})
		}
	}
	switch {
	case len(out) == 0:
		return []failover.MX{{Host: domain}}, nil
	case len(out) == 1 && out[0].Host == ".": // RFC 7505
		return nil, &failure{forGood: true, say: failover.Say("Message {number} went back to its sender: {domain} says that it takes no mail.", "number", l.number, "domain", name)}
	}
	slices.SortStableFunc(out, func(a, b failover.MX) int { return cmp.Compare(a.Preference, b.Preference) })
	return out, nil
}

func (s *mta) addresses(ctx context.Context, host string) []netip.Addr {
	var out []netip.Addr
	reply, err := lookupAt(ctx, s.line, s.resolver, host, dns.TypeA)
	if err != nil {
		return nil
	}
	for _, rr := range reply.Answer {
		if a, ok := addressIn(rr); ok {
			out = append(out, a)
		}
	}
	return out
}

// absent reports whether a host failed so shortly before that it is left alone.
func (s *mta) absent(a netip.Addr) (until time.Time, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hosts[a]
	if h == nil || !s.clock.flow().Before(h.until) {
		return time.Time{}, false
	}
	return h.until, true
}

func (s *mta) noteHost(a netip.Addr, works bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if works {
		delete(s.hosts, a)
		return
	}
	h := s.hosts[a]
	if h == nil {
		h = &absence{}
		s.hosts[a] = h
	}
	// Those who tried side by side have met with one failure, not with many.
	if s.clock.flow().Before(h.until) {
		return
	}
	h.failures++
	h.until = s.clock.flow().Add(s.backoff(h.failures, 0))
}

// deliver offers a message to one host.
func (s *mta) deliver(ctx context.Context, host string, addr netip.Addr, l *letter) *failure {
	data := l.data
	if data == nil {
		data = s.books.marker.compose(l.paper)
	}
	unsure, err := handover{
		dialer: s.line, address: netip.AddrPortFrom(addr, 25).String(), host: hostOf(host), tls: s.tls,
		patience: s.retry.Patience, name: s.name, from: l.from, to: l.to, data: data,
	}.run(ctx)
	if err == nil {
		return nil
	}
	f := explain(host, l.number, err)
	f.host = f.host && !unsure // it may have the message: nobody else is tried with it now
	return f
}

// handover is one message offered to one host, by SMTP with STARTTLS.
type handover struct {
	dialer   failover.Dialer
	address  string // with the port
	host     string // as its certificate must name it
	tls      *tls.Config
	patience time.Duration // of life, with each step
	name     string        // of the one who offers
	auth     sasl.Client   // nil where nobody signs in
	from, to string
	data     []byte
}

// storeLimit is how long one waits to hear that a message is stored (RFC 5321
// section 4.5.3.2.6 wants ten minutes): giving up here doubles messages.
const storeLimit = time.Minute

// run offers the message. unsure: the host may have it although there is an error.
func (h handover) run(ctx context.Context) (unsure bool, err error) {
	dialCtx, cancel := context.WithTimeout(ctx, h.patience)
	raw, err := h.dialer.DialContext(dialCtx, "tcp", h.address)
	cancel()
	if err != nil {
		return false, err
	}
	conn := &impatient{Conn: raw, limit: h.patience}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()

	config := h.tls.Clone()
	config.ServerName = h.host
	c, err := smtp.NewClientStartTLS(conn, config)
	if err != nil {
		return false, err
	}
	c.CommandTimeout, c.SubmissionTimeout = h.patience, storeLimit
	if err := h.begin(c); err != nil {
		return false, err
	}
	w, err := c.Data()
	if err != nil {
		return false, err
	}
	if _, err := w.Write(h.data); err != nil {
		return false, err
	}
	conn.limit = storeLimit
	if err := w.Close(); err != nil {
		return true, err
	}
	_ = c.Quit() // it has said that it has the message; nothing more matters
	return false, nil
}

// begin is all that comes before the message itself.
func (h handover) begin(c *smtp.Client) error {
	if err := c.Hello(h.name); err != nil { // the handshake happens here
		return err
	}
	if h.auth != nil {
		if err := c.Auth(h.auth); err != nil {
			return err
		}
	}
	if err := c.Mail(h.from, nil); err != nil {
		return err
	}
	return c.Rcpt(h.to, nil)
}

// impatient caps the deadlines of mail clients, whose waits for the greeting
// cannot be set.
type impatient struct {
	net.Conn
	limit time.Duration
}

// SetDeadline sets a deadline, but none beyond the limit.
func (c *impatient) SetDeadline(t time.Time) error { return c.Conn.SetDeadline(c.capped(t)) }

// SetReadDeadline sets a deadline, but none beyond the limit.
func (c *impatient) SetReadDeadline(t time.Time) error { return c.Conn.SetReadDeadline(c.capped(t)) }

// SetWriteDeadline sets a deadline, but none beyond the limit.
func (c *impatient) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.capped(t)) }

func (c *impatient) capped(t time.Time) time.Time {
	if latest := time.Now().Add(c.limit); t.IsZero() || t.After(latest) {
		return latest
	}
	return t
}

// explain says what a host's failure means for a message.
func explain(host string, n int, err error) *failure {
	mx := failover.Display(host)
	var answer *smtp.SMTPError
	var network net.Error
	switch {
	case errors.As(err, &answer) && answer.Code >= 500:
		return &failure{forGood: true, say: failover.Say(`Message {number} went back to its sender: {mx} answered "{answer}".`, "number", n, "mx", mx, "answer", replyText(answer))}
	case errors.As(err, &answer):
		return &failure{host: answer.Code == 421, say: putOffBy(host, n, answer)}
	case errors.Is(err, errRefused):
		return &failure{host: true, say: failover.Say("Message {number} waits: {mx} refuses the connection.", "number", n, "mx", mx)}
	case isTLS(err):
		return &failure{host: true, say: failover.Say("Message {number} waits: {mx} fails to begin TLS.", "number", n, "mx", mx)}
	case errors.As(err, &network) && network.Timeout():
		return &failure{host: true, say: failover.Say("Message {number} waits: {mx} does not answer.", "number", n, "mx", mx)}
	default:
		return &failure{host: true, say: failover.Say("Message {number} waits: {mx} broke off the connection.", "number", n, "mx", mx)}
	}
}

// putOffBy says that a message waits because of an answer.
func putOffBy(host string, n int, answer *smtp.SMTPError) failover.Sentence {
	return failover.Say(`Message {number} waits: {mx} answered "{answer}".`, "number", n, "mx", failover.Display(host), "answer", replyText(answer))
}

// isTLS reports whether it is TLS that failed, here or (as an alert) there.
func isTLS(err error) bool {
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var op *net.OpError
	return errors.As(err, &cert) || errors.As(err, &record) ||
		errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error")
}

func replyText(e *smtp.SMTPError) string {
	text := strings.Join(strings.Fields(e.Message), " ")
	if e.EnhancedCode[0] <= 0 {
		return fmt.Sprintf("%d %s", e.Code, text)
	}
	return fmt.Sprintf("%d %d.%d.%d %s", e.Code, e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2], text)
}
