package signin

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore"
)

// The mechanisms of this package, and the order in which passwords try them: those
// first that do not show the password to the server (RFC 5802, RFC 7677), then PLAIN
// (RFC 4616) and LOGIN (an expired draft of Microsoft's, still the only one of some
// servers), which need TLS.
const (
	scramSHA256 = "SCRAM-SHA-256"
	scramSHA1   = "SCRAM-SHA-1"
	plain       = "PLAIN"
	login       = "LOGIN"
)

type passwordSource struct {
	user   string
	secret Secret
	now    func() time.Time

	mu    sync.Mutex
	wrong string // a password that was refused
	why   error
	until time.Time // how long it is not tried
}

// betweenWrong is how long a refused password is not tried again: servers lock an
// account out after some five in a quarter of an hour, and a refusal is sometimes the
// server's own fault.
const betweenWrong = 30 * time.Minute

// Password is a source that knows a user and a password: SCRAM-SHA-256, SCRAM-SHA-1,
// and with TLS alone PLAIN, LOGIN and the command LOGIN, in this order.
func Password(user string, password Secret) Source {
	return &passwordSource{user: user, secret: password, now: time.Now}
}

// Client implements [Source].
func (s *passwordSource) Client(ctx context.Context, mechs []string, encrypted bool) (sasl.Client, error) {
	offered := func(name string) bool {
		return slices.ContainsFunc(mechs, func(m string) bool { return strings.EqualFold(m, name) })
	}
	mech := ""
	for _, name := range []string{scramSHA256, scramSHA1, plain, login, LoginCommand} {
		shows := !strings.HasPrefix(name, "SCRAM-")
		if offered(name) && (encrypted || !shows) {
			mech = name
			break
		}
	}
	if mech == "" {
		return nil, s.none(mechs, encrypted)
	}
	password, err := s.secret(ctx)
	if err != nil {
		return nil, err
	}
	if password == "" || s.user == "" {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"The user or the password of the mailbox {user} is empty. Store the password with lifeboat secret set.", "user", s.user)
	}
	if strings.ContainsAny(s.user+password, "\x00\r\n") {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"The user or the password of the mailbox {user} has a character that none can have. Store the password again, without line ends.", "user", s.user)
	}
	if err := s.known(password); err != nil {
		return nil, err
	}
	knows := knows{user: s.user, password: password, source: s}
	switch mech {
	case scramSHA256, scramSHA1:
		return newSCRAM(mech, knows)
	case plain:
		return &plainClient{knows: knows}, nil
	case login:
		return &loginClient{knows: knows}, nil
	}
	return &Login{knows}, nil
}

// none says why no mechanism fits.
func (s *passwordSource) none(mechs []string, encrypted bool) error {
	if !encrypted {
		return mailstore.Fail(mailstore.ErrUnsupported,
			"The password of {user} is not sent, since the connection is not encrypted. Turn TLS on in the settings of the provider's imap.", "user", s.user)
	}
	for _, m := range mechs {
		if strings.EqualFold(m, xoauth2) || strings.EqualFold(m, oauthBearer) {
			return mailstore.Fail(mailstore.ErrUnsupported,
				"The server takes no passwords, so {user} is not signed in. Use a sign_in with tokens: microsoft365, google, device or pkce.", "user", s.user)
		}
	}
	return mailstore.Fail(mailstore.ErrUnsupported,
		"The server offers no way to sign in with a password that is known here, so {user} is not signed in. Ask the provider how mail programs sign in.", "user", s.user)
}

// known is why a password was refused not long ago; nil: it was not.
func (s *passwordSource) known(password string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong == password && s.now().Before(s.until) {
		return s.why
	}
	return nil
}

// remember keeps a password from being tried again soon.
func (s *passwordSource) remember(password string, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong, s.why, s.until = password, why, s.now().Add(betweenWrong)
}

// Expiries implements [Source]: nobody knows when a password ends.
func (s *passwordSource) Expiries(context.Context) []mailstore.Expiry { return nil }

// Rejected implements [Source]: there is no other password.
func (s *passwordSource) Rejected() {}

// knows is the user and the password of an exchange, and whether they went out.
type knows struct {
	user, password string
	out            bool
	source         *passwordSource
}

// rejected keeps a password that was refused from being tried again soon.
func (k *knows) rejected(why error) { k.source.remember(k.password, why) }

func (k *knows) credential() bool { return k.out }

func (k *knows) finish() error { return nil }

func (k *knows) leaks(text string) bool {
	response := "\x00" + k.user + "\x00" + k.password
	return echoes(text, k.password, response,
		base64.StdEncoding.EncodeToString([]byte(response)), base64.StdEncoding.EncodeToString([]byte(k.password)))
}

// explain says what a refusal means for a password. Any NO that says nothing else
// means a wrong one: it is not tried again.
func (k *knows) explain(server string, r *Refusal) *mailstore.Error {
	text := strings.ToLower(r.Text)
	switch {
	case strings.Contains(text, "application-specific password"):
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} wants an app password for {user}. Make one in the account's security settings, or use a sign_in with tokens.", "server", server, "user", k.user)
	case r.Code == "WEBALERT", strings.Contains(text, "web browser"), strings.Contains(text, "web login"):
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} wants {user} to sign in with a browser first. Do that, or use a sign_in with tokens.", "server", server, "user", k.user)
	case r.Code == "AUTHORIZATIONFAILED":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} takes the password, but does not open the mailbox {user} to it. Check the permissions there.", "server", server, "user", k.user)
	case r.Code == "AUTHENTICATIONFAILED", r.Status == "NO":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} refuses the password of {user}. Store the right one with lifeboat secret set; the wrong one is tried at most twice an hour, so that nothing is locked.", "server", server, "user", k.user)
	}
	return nil
}

// plainClient is PLAIN.
type plainClient struct{ knows }

func (c *plainClient) mechanism() string { return plain }

// Start implements sasl.Client.
func (c *plainClient) Start() (mech string, ir []byte, err error) {
	c.out = true // an initial response goes with the command
	return plain, []byte("\x00" + c.user + "\x00" + c.password), nil
}

// Next implements sasl.Client. A server that did not take the initial response asks
// for it with an empty challenge.
func (c *plainClient) Next(challenge []byte) ([]byte, error) {
	if len(challenge) > 0 {
		return nil, unexpected(plain)
	}
	return []byte("\x00" + c.user + "\x00" + c.password), nil
}

// loginClient is LOGIN: the server asks for the user and then for the password, in
// words of its own.
type loginClient struct {
	knows
	asked int
}

func (c *loginClient) mechanism() string { return login }

// Start implements sasl.Client.
func (c *loginClient) Start() (mech string, ir []byte, err error) {
	c.asked = 0
	return login, nil, nil
}

// Next implements sasl.Client.
func (c *loginClient) Next([]byte) ([]byte, error) {
	c.asked++
	switch c.asked {
	case 1:
		return []byte(c.user), nil
	case 2:
		c.out = true
		return []byte(c.password), nil
	}
	return nil, unexpected(login)
}

// Login is the client for [LoginCommand].
type Login struct{ knows }

// Credentials are what the command LOGIN carries.
func (l *Login) Credentials() (user, password string) {
	l.out = true
	return l.user, l.password
}

func (l *Login) mechanism() string { return LoginCommand }

// Start implements sasl.Client: it names the pseudo-mechanism.
func (l *Login) Start() (mech string, ir []byte, err error) { return LoginCommand, nil, nil }

// Next implements sasl.Client: the command has no challenges.
func (l *Login) Next([]byte) ([]byte, error) { return nil, unexpected(LoginCommand) }

// unexpected is for a server that does not keep to a mechanism.
func unexpected(mech string) error {
	return mailstore.Fail(mailstore.ErrServer,
		"The server does not keep to the rules of {mechanism} as somebody signs in. See whether something between changes the connection.", "mechanism", mech)
}
