package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"lifeboat/failover"
)

// maxAsked is how many recipients [Prober.Ask] names at most in one conversation.
const maxAsked = 3

// Ask talks to a mail exchanger as a sender would, as far as RCPT, and never hands a
// message in: it greets, takes up TLS where it is offered, names the first of the
// recipients, and takes leave. Only when that one is not taken does it name others,
// three in all, since a mailbox may be full where the server is well. Without
// recipients it goes as far as MAIL. The sender is the null one (RFC 5321 section
// 4.5.5), or postmaster of the first recipient's domain for servers that will not have that.
//
// The words are what became of TLS, where that was not right and the server goes on
// without, and then one for each recipient named, or one for why it came to none.
// Ask ends soon after its context, whose deadline is the patience for all of it.
func (p *Prober) Ask(ctx context.Context, host string, recipients []string) []Word {
	s, f := p.reach(ctx, host)
	if f != nil {
		return []Word{f.word(ctx)}
	}
	var out []Word
	switch {
	case s.tlsErr != nil:
		out = append(out, Word{Stage: AtTLS, Where: s.where, Ending: EndingOf(s.tlsErr), Answer: inOneLine(s.tlsErr)})
	case s.chainErr != nil:
		out = append(out, Word{Stage: AtTLS, Where: s.where, Ending: Never, Answer: inOneLine(s.chainErr)})
	}
	words, done := s.name(ctx, recipients)
	out = append(out, words...)
	if done {
		s.quit()
	}
	if s.tlsErr != nil && words[len(words)-1].Ending == Never && words[len(words)-1].Stage != AtRCPT {
		return out[:1] // it insists on TLS, which is what is broken
	}
	return out
}

// reach dials a host. One that has IPv6 addresses only, on a line without IPv6, could
// not be tried.
func (p *Prober) reach(ctx context.Context, host string) (*session, *fault) {
	at := p.place(ctx, host)
	s, f := p.dial(ctx, host, at, p.opt.Port25)
	if f != nil && f.kind == unreachable && isUnroutable(f.err) && at.addrs[0].Is6() {
		return nil, &fault{kind: stopped, stage: "connect", where: f.where, err: errNoIPv6}
	}
	return s, f
}

var errNoIPv6 = errors.New("the host has IPv6 addresses only, and this line has no IPv6")

// name has the transaction. Not done is a connection that is closed already.
func (s *session) name(ctx context.Context, recipients []string) (words []Word, done bool) {
	r, err := s.command("MAIL FROM:<>")
	if err == nil && !r.ok() && r.code != 421 && len(recipients) > 0 {
		r, err = s.command("MAIL FROM:<postmaster@" + strings.TrimSuffix(domainOf(recipients[0]), ".") + ">")
	}
	if err != nil || !r.ok() || len(recipients) == 0 {
		if err == nil && r.ok() {
			return []Word{{Stage: AtMail, Where: s.where, Ending: Well}}, true
		}
		return []Word{s.giveUp(ctx, "MAIL", r, err).word(ctx)}, false
	}
	for _, address := range recipients[:min(maxAsked, len(recipients))] {
		path, _, err := envelope(address)
		if err != nil {
			words = append(words, Word{Stage: AtRCPT, Where: s.where, Ending: Ours, Answer: err.Error()})
			continue
		}
		r, err := s.command("RCPT TO:<" + path + ">")
		if err != nil || r.code == 421 {
			return append(words, s.giveUp(ctx, "RCPT", r, err).word(ctx)), false
		}
		words = append(words, said(AtRCPT, s.where, r))
		if r.ok() {
			break
		}
	}
	if _, err := s.command("RSET"); err != nil {
		s.close()
		return words, false
	}
	return words, true
}

// Hail looks whether a mail server ("host:port") greets, whatever it says. It is for
// control hosts: any reply is a good end.
func (p *Prober) Hail(ctx context.Context, control string) Word {
	seen := p.sight(ctx, control)
	if seen.fault == nil {
		return Word{Stage: AtBanner, Ending: Well, Where: seen.host}
	}
	w := seen.fault.word(ctx)
	if len(seen.fault.reply.lines) > 0 {
		w.Ending = Well
	}
	return w
}

// SignIn signs in at a submission server with checked TLS, and takes leave again
// (RFC 4954). Without a user name it goes as far as EHLO. The password is asked for
// when the server is ready for it, and stands in no answer.
func (p *Prober) SignIn(ctx context.Context, end failover.Endpoint, user string, password func(context.Context) (string, error)) Word {
	sd := &seeder{p: p, target: Target{Provider: failover.Provider{Submission: end}}, opt: SeedOptions{Username: user, Password: password}}
	if w, ok := sd.approach(ctx); !ok {
		return w
	}
	if user == "" {
		sd.session.quit()
		return Word{Stage: AtEHLO, Ending: Well, Where: sd.session.where}
	}
	return sd.enter(ctx)
}

// enter authenticates and takes leave.
func (sd *seeder) enter(ctx context.Context) Word {
	w := Word{Stage: AtSignIn, Where: sd.session.where, Ending: Well}
	client, offered, err := sd.credential(ctx)
	switch {
	case err != nil:
		sd.session.quit()
		w.Ending, w.Answer = Ours, inOneLine(err)
		return w
	case client == nil:
		sd.session.quit()
		w.Ending, w.Answer = Never, clean("offers no sign-in with a password: "+strings.Join(offered, " "), 300)
		return w
	}
	r, err := sd.exchange(client)
	if err != nil {
		w = sd.session.giveUp(ctx, "AUTH", r, sd.hushed(err)).word(ctx)
		w.Answer = sd.redact(w.Answer)
		return w
	}
	sd.session.quit()
	if !r.ok() {
		w = said(AtSignIn, w.Where, r)
		w.Answer = sd.redact(w.Answer)
	}
	return w
}

// hushed keeps what kind of error it is, and takes the secrets out of its text.
func (sd *seeder) hushed(err error) error {
	if text := err.Error(); text != sd.redact(text) {
		return fmt.Errorf("%s", sd.redact(text))
	}
	return err
}

// isCertificate reports whether a handshake failed for the certificate's sake.
func isCertificate(err error) bool {
	var wrong *tls.CertificateVerificationError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &wrong) || errors.As(err, &name) || errors.As(err, &invalid) || errors.As(err, &unknown)
}

// SplitControl reads a control as the settings write it, "host:port"; without a port
// it is 25.
func SplitControl(control string) (host string, port uint16) {
	host, text, err := net.SplitHostPort(control)
	n, portErr := strconv.ParseUint(text, 10, 16)
	if err != nil || portErr != nil {
		return control, 25
	}
	return host, uint16(n)
}
