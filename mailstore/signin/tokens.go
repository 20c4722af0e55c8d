package signin

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"time"

	"lifeboat/mailstore"
)

// Tokens is where access tokens come from. It is safe for concurrent use.
type Tokens interface {
	// Token returns a token that is good for a while, fetching one when needed.
	Token(ctx context.Context) (Token, error)
	// Refused says that a server refused the token: if it is still the one in use, it
	// is thrown away, unless the last one was thrown away less than a minute ago.
	Refused(Token)
	// Expiries are the ends of what the tokens rest on, where they are known.
	Expiries(ctx context.Context) []mailstore.Expiry
}

// Token is an access token (RFC 6750). However it is printed, logged or encoded, it
// shows as "[token]".
type Token struct {
	// A pointer, because fmt shows the fields of a struct it may not call methods on.
	text *string
	// Expires is when it ends.
	Expires time.Time
}

// NewToken makes a token of what an issuer gave.
func NewToken(text string, expires time.Time) Token { return Token{text: &text, Expires: expires} }

const hidden = "[token]"

func (t Token) reveal() string {
	if t.text == nil {
		return ""
	}
	return *t.text
}

func (t Token) same(other Token) bool {
	return subtle.ConstantTimeCompare([]byte(t.reveal()), []byte(other.reveal())) == 1
}

// String returns "[token]".
func (t Token) String() string { return hidden }

// GoString returns "[token]".
func (t Token) GoString() string { return hidden }

// Format prints "[token]", whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) } // fmt keeps the error

// MarshalText encodes "[token]".
func (t Token) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue logs "[token]".
func (t Token) LogValue() slog.Value { return slog.StringValue(hidden) }
