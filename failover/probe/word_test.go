package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
)

func TestEndings(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		want  Ending
		stage Stage // of a handshake with TLS from the first byte
	}{
		"a deadline":          {os.ErrDeadlineExceeded, Nothing, AtBanner},
		"a context's":         {fmt.Errorf("read: %w", context.DeadlineExceeded), Nothing, AtBanner},
		"our own end":         {context.Canceled, Ours, AtTLS},
		"an end":              {io.EOF, Reset, AtBanner},
		"an alert":            {tls.AlertError(80), Reset, AtTLS},
		"an alert on the way": {&net.OpError{Op: "remote error", Err: errors.New("tls: internal error")}, Reset, AtTLS},
		"no TLS at all":       {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, Reset, AtTLS},
		"another's name":      {x509.HostnameError{}, Never, AtTLS},
		"a certificate":       {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, Never, AtTLS},
		"nothing":             {nil, Nothing, AtBanner},
	} {
		if got := EndingOf(c.err); got != c.want {
			t.Errorf("%s is %s, not %s", name, got, c.want)
		}
		if got := HandshakeStage(c.err, true); got != c.stage {
			t.Errorf("%s in a handshake is at %s, not %s", name, got, c.stage)
		}
		if got := HandshakeStage(c.err, false); got != AtTLS {
			t.Errorf("%s after STARTTLS is at %s", name, got)
		}
	}
}

// What a reply says, and of whom.
func TestSaid(t *testing.T) {
	for _, c := range []struct {
		at   Stage
		line string
		want Ending
	}{
		{AtRCPT, "250 2.1.5 ok", Well},
		{AtRCPT, "451 4.3.2 Temporary server error. Please try again later ATTR2", Later},
		{AtRCPT, "450 4.2.0 Greylisted", Later},
		{AtRCPT, "550 5.4.1 Recipient address rejected: Access denied", Never},
		{AtRCPT, "550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus", Ours},
		{AtBanner, "554 5.7.1 no", Ours},
		{AtBanner, "554 no", Ours},
		{AtBanner, "421 4.3.2 Service not available", Later},
		{AtBanner, "421 4.7.0 too many connections from your IP", Ours},
		{AtMail, "550 5.7.23 SPF violation", Ours},
		{AtSignIn, "535 5.7.8 Authentication credentials invalid", Never},
		{AtSignIn, "454 4.7.0 Temporary authentication failure", Later},
	} {
		code, _, text, err := parseReplyLine(c.line)
		if err != nil {
			t.Fatal(err)
		}
		w := said(c.at, "mx.test", reply{code: code, lines: []string{text}})
		if w.Ending != c.want || c.want != Well && w.Answer != c.line {
			t.Errorf("%q at %s is %s, not %s: %q", c.line, c.at, w.Ending, c.want, w.Answer)
		}
	}
}

// An MX host is asked for one recipient, for others only when that one is not taken,
// and is handed no message.
func TestAsk(t *testing.T) {
	w := newWorld(t)
	p := w.prober()
	words := p.Ask(t.Context(), "mx1.second.test", []string{"info@example.test", "sales@example.test"})
	if len(words) != 1 || words[0].Stage != AtRCPT || words[0].Ending != Well {
		t.Errorf("a recipient that there is: %+v", words)
	}
	words = p.Ask(t.Context(), "mx1.second.test", []string{"nobody@example.test", "no one", "info@example.test", "sales@example.test"})
	if len(words) != 3 || words[0].Ending != Never || words[1].Ending != Ours || words[2].Ending != Well {
		t.Errorf("one that there is not: %+v", words)
	}
	if words = p.Ask(t.Context(), "mx1.second.test", nil); len(words) != 1 || words[0].Stage != AtMail || words[0].Ending != Well {
		t.Errorf("nobody: %+v", words)
	}
	if words = p.Ask(t.Context(), "nosuch.second.test", nil); words[0].Stage != AtResolve || words[0].Ending != Unnamed {
		t.Errorf("no such host: %+v", words)
	}
	if word := p.Hail(t.Context(), controlOne+":25"); word.Ending != Well || word.Stage != AtBanner {
		t.Errorf("a control: %+v", word)
	}
}
