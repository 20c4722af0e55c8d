package signin

import (
	"context"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore"
)

type passwordSource struct {
	user   string
	secret Secret
}

// Password is a source that knows a user and a password: SCRAM-SHA-256, SCRAM-SHA-1,
// and with TLS alone PLAIN, LOGIN and the command LOGIN, in this order.
func Password(user string, password Secret) Source {
	return &passwordSource{user: user, secret: password}
}

func (s *passwordSource) Client(ctx context.Context, mechs []string, encrypted bool) (sasl.Client, error) {
	password, err := s.secret(ctx)
	if err != nil {
		return nil, err
	}
	return sasl.NewPlainClient("", s.user, password), nil
}

func (s *passwordSource) Expiries(context.Context) []mailstore.Expiry { return nil }

func (s *passwordSource) Rejected() {}

// Login is the client for [LoginCommand].
type Login struct{ user, password string }

// Credentials are what the command LOGIN carries.
func (l *Login) Credentials() (user, password string) { return l.user, l.password }

// Start names the pseudo-mechanism.
func (l *Login) Start() (mech string, ir []byte, err error) { return LoginCommand, nil, nil }

// Next fails: the command has no challenges.
func (l *Login) Next([]byte) ([]byte, error) { return nil, sasl.ErrUnexpectedServerChallenge }
