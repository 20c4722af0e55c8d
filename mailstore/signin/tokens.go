package signin

import (
	"context"
	"time"

	"lifeboat/mailstore"
)

// Tokens is where access tokens come from. It is safe for concurrent use.
type Tokens interface {
	// Token returns a token that is good for a while, fetching one when needed.
	Token(ctx context.Context) (Token, error)
	// Refused says that a server refused the token: if it is still the one in use, it
	// is thrown away.
	Refused(Token)
	// Expiries are the ends of what the tokens rest on, where they are known.
	Expiries(ctx context.Context) []mailstore.Expiry
}

// Token is an access token (RFC 6750). It is never printed.
type Token struct {
	text *string
	// Expires is when it ends; zero where the issuer did not say.
	Expires time.Time
}
