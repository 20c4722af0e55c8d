package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"lifeboat/failover"
)

// expiresSoon is how long before its end a certificate is told about.
const expiresSoon = 14 * 24 * time.Hour

// A certificate that is not right is a failure whether or not the domain has
// asked senders to check it: most senders that check nothing deliver all the same,
// but those that insist on TLS for themselves bounce, and who they are nobody
// knows. The exception is a certificate pinned with DANE-EE, of which neither the
// name nor the dates count (RFC 7672 section 3.1.1).
func checkStartTLS() Check {
	return Check{
		ID:       "starttls",
		Reason:   failover.Say("Many senders hand mail over only to a server that shows a valid certificate for its own name: always where MTA-STS or DANE ask for it, and some for every domain."),
		Remedy:   failover.Say("Ask the provider for a valid certificate on the MX host, or use the host name that its certificate bears."),
		subjects: eachHost, asked: onNothing, portable: true,
		run: func(ctx context.Context, v *visit, hosts []string) {
			for _, h := range hosts {
				if s := v.judgeTLS(ctx, h); s.verdict != "" {
					v.note(h, s)
				}
			}
		},
	}
}

func (s *survey) judgeTLS(ctx context.Context, host string) say {
	mx := failover.Display(host)
	g := s.greeting(ctx, host)
	if ctx.Err() != nil {
		return say{}
	}
	if line := s.lineState(ctx); g.fault != nil || line.kind == lineAltered {
		return s.tlsUnseen(ctx, host, g.fault)
	}
	c := g.session
	out := say{verdict: failover.Red, evidence: append([]string{c.where}, describeTLS(c)...)}
	switch {
	case !c.offered:
		out.text = failover.Say("{mx} offers no STARTTLS; senders that insist on encryption will not deliver there.", "mx", mx)
		out.remedy = failover.Say("Ask the provider to offer STARTTLS on the host.")
		return out
	case c.secure == nil:
		out.text = failover.Say("{mx} offers STARTTLS, but no encrypted connection could be made: {error}", "mx", mx, "error", clean(c.tlsErr.Error(), 200))
		out.remedy = failover.Say("Ask the provider to mend TLS on the host.")
		return out
	}
	pins := s.tlsa(ctx, host)
	return judgeCertificate(mx, c, pins.pinsLeaf(c.secure.PeerCertificates), s.prober.now(), out)
}

// judgeCertificate looks at what the server showed.
func judgeCertificate(mx string, c *session, pinned bool, now time.Time, out say) say {
	leaf := c.secure.PeerCertificates[0]
	left := leaf.NotAfter.Sub(now)
	switch {
	case pinned:
		return say{verdict: failover.Pass, evidence: out.evidence,
			text: failover.Say("{mx} shows the certificate that its TLSA record pins.", "mx", mx)}
	case c.chainErr != nil:
		out.text = wrongCertificate(mx, leaf, c.chainErr, now)
		out.remedy = failover.Say("Ask the provider for a valid certificate on {mx}, or use the host name that the certificate bears.", "mx", mx)
	case c.secure.Version < tls.VersionTLS12:
		out.verdict = failover.Warn
		out.text = failover.Say("{mx} speaks only {version}; many senders want TLS 1.2 or newer.", "mx", mx, "version", tls.VersionName(c.secure.Version))
		out.remedy = failover.Say("Ask the provider to offer TLS 1.2 or newer.")
	case left < expiresSoon:
		out.verdict = failover.Warn
		out.text = failover.Say("The certificate of {mx} is valid for {days} more days only.", "mx", mx, "days", int(left.Hours()/24))
		out.remedy = failover.Say("Ask the provider whether the certificate will be renewed in time.")
	default:
		return say{verdict: failover.Pass, evidence: out.evidence,
			text: failover.Say("{mx} offers STARTTLS with a valid certificate for its name.", "mx", mx)}
	}
	return out
}

// wrongCertificate tells what is wrong with a certificate.
func wrongCertificate(mx string, leaf *x509.Certificate, err error, now time.Time) failover.Sentence {
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	switch {
	case now.After(leaf.NotAfter):
		return failover.Say("The certificate of {mx} expired on {date}.", "mx", mx, "date", leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		return failover.Say("The certificate of {mx} is not valid before {date}; see whether this machine's clock is right.", "mx", mx, "date", leaf.NotBefore.UTC().Format(time.DateOnly))
	case errors.As(err, &name):
		return failover.Say("The certificate of {mx} is for another name: {names}.", "mx", mx, "names", clean(strings.Join(certificateNames(leaf), ", "), 200))
	case errors.As(err, &unknown):
		return failover.Say("The certificate of {mx} is not signed by an authority that senders trust.", "mx", mx)
	}
	return failover.Say("The certificate of {mx} is not valid: {error}", "mx", mx, "error", clean(err.Error(), 200))
}

func certificateNames(c *x509.Certificate) []string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		names = append(names, c.Subject.String())
	}
	return names
}

// describeTLS tells what was seen, a line each.
func describeTLS(c *session) []string {
	if c.secure == nil {
		return c.ehlo.exact()
	}
	out := []string{tls.VersionName(c.secure.Version) + " " + tls.CipherSuiteName(c.secure.CipherSuite)}
	for i, cert := range c.secure.PeerCertificates {
		out = append(out, clean(fmt.Sprintf("certificate %d: %s; names %s; issued by %s; valid %s to %s", i, cert.Subject,
			strings.Join(certificateNames(cert), ", "), cert.Issuer,
			cert.NotBefore.UTC().Format(time.DateOnly), cert.NotAfter.UTC().Format(time.DateOnly)), 500))
	}
	if c.chainErr != nil {
		out = append(out, clean(c.chainErr.Error(), 300))
	}
	return out
}

// tlsUnseen tells that the certificate could not be looked at. Where the domain
// asks senders to check it, nobody may take it on trust; otherwise the
// recipients are what counts, and it is a warning.
func (s *survey) tlsUnseen(ctx context.Context, host string, f *fault) say {
	mx := failover.Display(host)
	out := say{verdict: failover.Warn, unseen: true}
	if f != nil {
		if why := s.noConversation(ctx, host, f, true); why.verdict == "" {
			return say{}
		}
		out.evidence = f.evidence()
	}
	line := s.lineState(ctx)
	out.ownLine = line.kind != lineOpen || f != nil && f.kind == turnedAway
	if out.ownLine {
		out.remedy = otherWays()
	} else {
		out.remedy = failover.Say("Check again when the host answers.")
	}
	policy := s.mtaSTS(ctx)
	if policy.insists() || s.tlsa(ctx, host).insists() {
		out.verdict = failover.Unknown
		out.text = failover.Say("The certificate of {mx} could not be looked at, and {domain} asks senders to insist on it (MTA-STS or DANE).", "mx", mx, "domain", failover.Display(s.target.Domain.Name))
		return out
	}
	out.text = failover.Say("The certificate of {mx} could not be looked at. {domain} does not ask senders to check it, so most deliver whatever it is.", "mx", mx, "domain", failover.Display(s.target.Domain.Name))
	return out
}
