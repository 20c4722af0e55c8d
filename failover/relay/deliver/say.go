package deliver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/relay/smtpout"
)

// place names a provider for people: "Microsoft 365 (smtp.office365.com)".
func place(t Target) string {
	if t.Name == "" || t.Name == t.Endpoint.Host {
		return t.Endpoint.Host
	}
	return t.Name + " (" + t.Endpoint.Host + ")"
}

func address(t Target) string {
	return net.JoinHostPort(t.Endpoint.Host, strconv.Itoa(int(t.Endpoint.Port)))
}

// quoted is a reply as a part of a sentence, which puts the final stop itself.
func quoted(r smtpout.Reply) string { return strings.TrimRight(r.String(), ". ") }

// sayFault tells an admin why a connection to a provider came to nothing.
func sayFault(f *smtpout.Fault, t Target, login string) failover.Sentence {
	host := place(t)
	if f.Reply.Code != 0 {
		if f.Phase == smtpout.SigningIn {
			return failover.Say("{host} refuses the sign-in of {login}: {answer}. The mail waits; store the right password, or allow the account to send.",
				"host", host, "login", login, "answer", quoted(f.Reply))
		}
		return failover.Say("{host} answered: {answer}. The mail waits and is tried again.", "host", host, "answer", quoted(f.Reply))
	}
	switch {
	case f.Phase == smtpout.Securing:
		return sayTLS(f, host)
	case errors.Is(f.Err, smtpout.ErrNoAuth):
		return failover.Say("{host} offers no way to sign in, so the mail waits. Check that {address} is the provider's server for sending.",
			"host", host, "address", address(t))
	case errors.Is(f.Err, smtpout.ErrUnprotected):
		return failover.Say("The connection to {host} is not encrypted, so no password was sent and the mail waits. Set the security of its submission server.", "host", host)
	case f.Ours:
		return failover.SentenceOf(f.Err)
	case f.Phase == smtpout.Dialing:
		return failover.Say("{host} cannot be reached at {address} ({error}). The mail waits and leaves as soon as it answers.",
			"host", host, "address", address(t), "error", f.Err)
	case errors.Is(f.Err, smtpout.ErrGarbage):
		return failover.Say("What answers at {address} does not speak SMTP ({error}). The mail waits and is tried again.", "address", address(t), "error", f.Err)
	case errors.Is(f.Err, os.ErrDeadlineExceeded):
		return failover.Say("{host} takes connections, but stops answering. The mail waits and is tried again.", "host", host)
	}
	return failover.Say("{host} broke the connection off ({error}). The mail waits and is tried again.", "host", host, "error", f.Err)
}

func sayTLS(f *smtpout.Fault, host string) failover.Sentence {
	var (
		bad  *tls.CertificateVerificationError
		name x509.HostnameError
		who  x509.UnknownAuthorityError
		old  x509.CertificateInvalidError
	)
	switch {
	case errors.Is(f.Err, smtpout.ErrNoTLS), errors.Is(f.Err, smtpout.ErrInjected):
		return failover.Say("{host} does not offer encryption (STARTTLS), or somebody on the way takes it out. Nothing was sent; the mail waits.", "host", host)
	case errors.As(f.Err, &bad), errors.As(f.Err, &name), errors.As(f.Err, &who), errors.As(f.Err, &old):
		return failover.Say("The certificate of {host} cannot be trusted ({error}). Nothing was sent; the mail waits.", "host", host, "error", f.Err)
	case errors.Is(f.Err, os.ErrDeadlineExceeded):
		return failover.Say("{host} takes connections, but stops answering. The mail waits and is tried again.", "host", host)
	}
	return failover.Say("No encrypted connection to {host} comes about ({error}). Nothing was sent; the mail waits.", "host", host, "error", f.Err)
}

// sayAnswer tells an admin why the provider did not take a message, for now.
func sayAnswer(v verdict, r smtpout.Reply, t Target, login, sender string) failover.Sentence {
	host := place(t)
	switch {
	case v.throttled:
		return failover.Say("{host} asks {login} to send more slowly: {answer}. The mail waits for a while.", "host", host, "login", login, "answer", quoted(r))
	case v.whose == theSender:
		return failover.Say("{host} does not let {login} send as {sender}: {answer}. The mail waits; allow it there, or store a credential of {sender}'s own.",
			"host", host, "login", login, "sender", sender, "answer", quoted(r))
	case v.whose == theLogin:
		return failover.Say("{host} does not let {login} send: {answer}. The mail waits; look at the account there.", "host", host, "login", login, "answer", quoted(r))
	}
	return failover.Say("{host} put it off: {answer}", "host", host, "answer", quoted(r))
}

func sayDoubt(t Target) failover.Sentence {
	return failover.Say("The answer of {host} after the message was lost: it may or may not have it.", "host", place(t))
}
