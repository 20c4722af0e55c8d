package signin

import (
	"context"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore"
)

type bearerSource struct {
	user   string
	tokens Tokens
}

// Bearer is a source that signs in with an access token: OAUTHBEARER (RFC 7628) and
// XOAUTH2 (the form of Google and Microsoft), over TLS alone.
func Bearer(user string, tokens Tokens) Source { return &bearerSource{user: user, tokens: tokens} }

func (s *bearerSource) Client(context.Context, []string, bool) (sasl.Client, error) {
	return nil, mailstore.Fail(mailstore.ErrUnsupported, "The server offers no way to sign in with a token.")
}

func (s *bearerSource) Expiries(ctx context.Context) []mailstore.Expiry {
	return s.tokens.Expiries(ctx)
}

func (s *bearerSource) Rejected() {}
