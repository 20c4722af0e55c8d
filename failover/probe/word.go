package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
)

// Stage is what was being done when a conversation with a mail server came to its
// end.
type Stage string

// The stages, in their order.
const (
	AtResolve Stage = "resolve" // finding the address
	AtConnect Stage = "connect"
	AtTLS     Stage = "tls"
	AtBanner  Stage = "banner"
	AtEHLO    Stage = "ehlo"
	AtMail    Stage = "mail"
	AtRCPT    Stage = "rcpt"
	AtSignIn  Stage = "signin"
)

// Ending is how it ended.
type Ending string

// The endings.
const (
	Well    Ending = "well"      // all that was asked was granted
	Later   Ending = "later"     // the server says: later (4xx)
	Never   Ending = "never"     // the server says: no (5xx), or its certificate is wrong
	Refused Ending = "refused"   // the connection was refused
	Reset   Ending = "reset"     // the connection was reset, or ended without a word
	Nothing Ending = "nothing"   // nothing came in time
	Ours    Ending = "ours"      // it says something about us, or nobody could try
	Late    Ending = "late"      // replies came, each of them late, and our time ran out
	Unnamed Ending = "not found" // the DNS knows no address of that name
)

// Word is the end of one conversation, or what was said of one recipient in it.
type Word struct {
	Stage  Stage
	Ending Ending
	// Answer is the server's exact reply in one line, or what the system says of the
	// connection. There is no secret in it. It is empty after a good end.
	Answer string
	// Where is the host with the address that answered, if any did.
	Where string
}

// said makes the word that a reply is.
func said(at Stage, where string, r reply) Word {
	w := Word{Stage: at, Where: where, Ending: Well}
	if r.ok() {
		return w
	}
	w.Answer, w.Ending = r.String(), Never
	switch {
	case r.mentions(aboutUs):
		w.Ending = Ours
	case r.later():
		w.Ending = Later
	case at != AtRCPT && at != AtSignIn && (strings.HasPrefix(r.enhanced(), "5.7.") || r.enhanced() == "" && r.code == 554):
		w.Ending = Ours // nobody had been named, so it is about who calls
	}
	return w
}

// word makes the word that a fault is. Its context is the look's own.
func (f *fault) word(ctx context.Context) Word {
	w := Word{Stage: stageOf(f.stage), Where: f.where}
	if len(f.reply.lines) > 0 {
		return said(w.Stage, f.where, f.reply)
	}
	w.Ending, w.Answer = EndingOf(f.err), string(f.kind)
	if f.err != nil {
		w.Answer = inOneLine(f.err)
	}
	switch f.kind {
	case noWord:
		w.Stage = AtResolve
		if w.Ending != Nothing {
			w.Ending = Later // a resolver says that it failed
		}
	case noAddress:
		w.Stage, w.Ending = AtResolve, Unnamed
	case silent, tooMuch:
		w.Ending = Nothing
		if errors.Is(f.err, errCutShort) {
			w.Ending = Late // the reply had begun
		}
	case garbled:
		w.Ending = Never
	case stopped:
		w.Ending = Ours
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			w.Ending = Nothing
			if w.Stage != AtConnect && w.Stage != AtBanner {
				w.Ending = Late // it did answer before
			}
		}
	default:
	}
	return w
}

func inOneLine(err error) string {
	return clean(strings.ReplaceAll(err.Error(), "\n", ": "), 300)
}

// stageOf names a stage as others know it.
func stageOf(stage string) Stage {
	switch stage {
	case "connect":
		return AtConnect
	case "banner":
		return AtBanner
	case "EHLO":
		return AtEHLO
	case "MAIL":
		return AtMail
	case "RCPT", "RSET":
		return AtRCPT
	case "AUTH":
		return AtSignIn
	default:
		return AtTLS
	}
}

// HandshakeStage tells what an error of a TLS handshake is an error of. Where TLS begins
// with the first byte, a connection that is reset or silent is a server that does not
// greet; it says nothing about TLS.
func HandshakeStage(err error, fromTheStart bool) Stage {
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var refused *net.OpError
	switch ending := EndingOf(err); {
	case !fromTheStart, ending != Reset && ending != Nothing, errors.As(err, &alert), errors.As(err, &record):
		return AtTLS
	case errors.As(err, &refused) && (refused.Op == "remote error" || refused.Op == "local error"):
		return AtTLS // an alert, before there is a connection
	default:
		return AtBanner
	}
}

// NoRoute reports whether an error of a connection says that this machine knows no way
// to the address at all, as for IPv6 on a line that has none.
func NoRoute(err error) bool { return isUnroutable(err) }

// EndingOf tells what an error of a connection means for whoever watches the server:
// refused, reset, nothing in time, a server that says no (a wrong certificate), or
// nothing about the server at all, since this machine knows no way to it.
func EndingOf(err error) Ending {
	var late net.Error
	switch {
	case err == nil:
		return Nothing
	case errors.Is(err, context.Canceled):
		return Ours
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return Nothing
	case isRefused(err):
		return Refused
	case isReset(err), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, errCutShort):
		return Reset
	case isUnroutable(err):
		return Nothing // our line or theirs: whoever compares with controls knows
	case isCertificate(err):
		return Never
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return Nothing
	}
	return Reset // a handshake that is broken off
}
