package imaplink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"lifeboat/mailstore"
)

// backoff is how Microsoft 365 says when to come again.
var backoff = regexp.MustCompile(`(?i)suggested backoff time:?\s*(\d{1,12})\s*milliseconds`)

// throttled reports whether a refusal asks for patience rather than for something
// else: by its code (RFC 5530; THROTTLED is Gmail's) or, where servers have none, by
// what it says. after is 0 where no time is named.
func throttled(a answer) (after time.Duration, ok bool) {
	if found := backoff.FindStringSubmatch(a.text); found != nil {
		ms, err := strconv.ParseInt(found[1], 10, 64)
		if err == nil {
			return min(time.Duration(ms)*time.Millisecond, 24*time.Hour), true
		}
	}
	switch a.code {
	case "THROTTLED", "LIMIT", "OVERQUOTA", "UNAVAILABLE", "INUSE":
		return 0, true
	}
	text := strings.ToLower(a.text)
	for _, phrase := range []string{
		"request is throttled", "account exceeded command or bandwidth limits", "too many simultaneous connections",
		"too many connections", "maximum number of connections", "server is busy", "server unavailable", "try again later",
		"temporarily unavailable", "temporary failure", "rate limit",
	} {
		if strings.Contains(text, phrase) {
			return 0, true
		}
	}
	return 0, false
}

// refusal makes an error of a NO or BAD to the command whose purpose is told in
// doing: "list the folders".
func (c *Conn) refusal(a answer) error {
	if a.err != nil {
		return c.broken(a.err)
	}
	if after, ok := throttled(a); ok {
		e := tooMuch(c.host, a.line())
		if e.After = after; after > 0 {
			c.until = c.now().Add(after)
			c.last = e
		}
		return e
	}
	text := strings.ToLower(a.text)
	switch {
	case strings.Contains(text, "authenticated but not connected"):
		return mailstore.Fail(mailstore.ErrSignIn, "{server} signed in and then refused the mailbox: {answer}. Check that the account may read it, and that IMAP is switched on for it.", "server", c.host, "answer", a.line())
	case a.code == "AUTHENTICATIONFAILED" || a.code == "EXPIRED" || a.code == "AUTHORIZATIONFAILED" || strings.Contains(text, "access token"):
		return mailstore.Fail(mailstore.ErrSignIn, "{server} no longer accepts the sign-in: {answer}", "server", c.host, "answer", a.line())
	case a.code == "NONEXISTENT" || a.code == "TRYCREATE":
		return mailstore.Fail(mailstore.ErrNotFound, "{server} does not have the folder any more: {answer}", "server", c.host, "answer", a.line())
	}
	return mailstore.Fail(mailstore.ErrServer, "{server} refuses a request: {answer}", "server", c.host, "answer", a.line())
}

func tooMuch(host, answer string) *mailstore.Error {
	return mailstore.Fail(mailstore.ErrThrottled, "{server} asks for patience, and is asked again later: {answer}", "server", host, "answer", answer)
}

// line is the answer as the server gave it.
func (a answer) line() string {
	out := a.status
	if a.code != "" {
		out += " [" + a.code + "]"
	}
	return out + " " + a.text
}

// of makes an answer of the library's error, which has what the server said.
func (c *Conn) of(err error) error {
	var said *imap.Error
	if dead, _ := c.link.death(); dead == nil && errors.As(err, &said) {
		return c.refusal(answer{status: string(said.Type), code: string(said.Code), text: said.Text})
	}
	return c.broken(err)
}

// broken makes an error of a line that broke.
func (c *Conn) broken(err error) error {
	var ours *mailstore.Error
	if errors.As(err, &ours) {
		return err
	}
	bye := ""
	if c.link != nil {
		var dead error
		switch dead, bye = c.link.death(); {
		case errors.Is(dead, errUnread):
			err = errors.Join(dead, err)
		case dead != nil:
			err = dead
		default:
			c.link.end(err)
		}
	}
	return broken(c.host, err, bye)
}

func broken(host string, err error, bye string) error {
	var (
		ours     *mailstore.Error
		unknown  x509.UnknownAuthorityError
		name     x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		notATLS  tls.RecordHeaderError
		tlsAlert tls.AlertError
	)
	switch {
	case errors.As(err, &ours):
		return err
	case errors.Is(err, errGivenUp) && errors.Is(err, context.Canceled):
		return mailstore.Fail(mailstore.ErrUnreachable, "The connection to {server} was given up.", "server", host).Because(err)
	case bye != "":
		a := answer{status: "BYE", text: strings.TrimPrefix(bye, "BYE ")}
		if strings.HasPrefix(a.text, "[") {
			a.code, a.text, _ = strings.Cut(a.text[1:], "] ")
		}
		if after, ok := throttled(a); ok {
			e := tooMuch(host, a.line()).Because(err)
			e.After = after
			return e
		}
		return mailstore.Fail(mailstore.ErrUnreachable, "{server} hung up: {answer}", "server", host, "answer", bye).Because(err)
	case errors.As(err, &unknown):
		return mailstore.Fail(mailstore.ErrCertificate, "Nobody whom this computer trusts vouches for the certificate of {server}. If the server has an authority of its own, name its file in the settings.", "server", host).Because(err)
	case errors.As(err, &name):
		return mailstore.Fail(mailstore.ErrCertificate, "The certificate of {server} is for another name. Check the server's name in the settings.", "server", host).Because(err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return mailstore.Fail(mailstore.ErrCertificate, "The certificate of {server} has expired, or is not valid yet. Check the clock of this computer, and ask the provider.", "server", host).Because(err)
	case errors.As(err, &verify), errors.As(err, &invalid):
		return mailstore.Fail(mailstore.ErrCertificate, "The certificate of {server} proves nothing. Ask the provider, or look for something on this line that changes connections.", "server", host).Because(err)
	case errors.As(err, &notATLS):
		return mailstore.Fail(mailstore.ErrServer, "{server} does not speak TLS at this port. Check the port, and whether it wants STARTTLS.", "server", host).Because(err)
	case errors.As(err, &tlsAlert):
		return mailstore.Fail(mailstore.ErrServer, "{server} refuses to speak TLS with this program. Ask the provider for TLS 1.2 or newer.", "server", host).Because(err)
	case errors.Is(err, errProtocol):
		return mailstore.Fail(mailstore.ErrServer, "{server} answered what is no IMAP, so the connection was ended. If that goes on, see whether something on this line answers in its place.", "server", host).Because(err)
	case errors.Is(err, errStalled), errors.Is(err, context.DeadlineExceeded):
		return mailstore.Fail(mailstore.ErrUnreachable, "{server} was too slow to answer, so the connection was ended. It is tried again by itself.", "server", host).Because(err)
	}
	return mailstore.Fail(mailstore.ErrUnreachable, "The connection to {server} broke. It is tried again by itself.", "server", host).Because(err)
}
