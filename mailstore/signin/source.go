package signin

import (
	"context"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore"
)

// Source is one account's credential. It is safe for concurrent use.
type Source interface {
	// Client returns a SASL client for the strongest mechanism of mechs that the
	// source knows. mechs are names as servers write them ("SCRAM-SHA-256", of
	// "AUTH=SCRAM-SHA-256"); [LoginCommand] stands for the command LOGIN. encrypted
	// is whether the connection has TLS. The error is of kind ErrUnsupported where no
	// mechanism fits, and otherwise what kept the credential from being had.
	Client(ctx context.Context, mechs []string, encrypted bool) (sasl.Client, error)
	// Expiries are the ends of what the credential rests on, where they are known.
	Expiries(ctx context.Context) []mailstore.Expiry
	// Rejected says that the server refused the token given last: the next Client has
	// a fresh one. With passwords it does nothing.
	Rejected()
}

// LoginCommand is what a [Source] is offered for the command LOGIN (RFC 3501 section
// 6.2.3) of servers that have no mechanism. The client for it is a [*Login].
const LoginCommand = "LOGIN command"

// Secret gives a password, an application's secret or a key when it is needed. The
// error says in a sentence why it could not be had.
type Secret func(ctx context.Context) (string, error)

// Offer is what a server lets a client sign in with.
type Offer struct {
	// Server is its name, for sentences.
	Server string
	// Mechanisms are the names after AUTH= in its capabilities.
	Mechanisms []string
	// LoginCommand is whether the command LOGIN is allowed: there is no LOGINDISABLED.
	LoginCommand bool
	// Encrypted is whether the connection has TLS.
	Encrypted bool
}

// Refusal is the server's tagged NO or BAD to an AUTHENTICATE or LOGIN.
type Refusal struct {
	Status string // "NO" or "BAD"
	Code   string // the response code without brackets ("AUTHENTICATIONFAILED"), or empty
	Text   string // the rest
}

// Error tells the answer as it was.
func (r *Refusal) Error() string {
	if r.Code != "" {
		return r.Status + " [" + r.Code + "] " + r.Text
	}
	return r.Status + " " + r.Text
}
