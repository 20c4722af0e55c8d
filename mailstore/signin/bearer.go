package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore"
)

// The mechanisms for tokens: RFC 7628, and the form that came before it, of Google
// and Microsoft ("SASL XOAUTH2").
const (
	oauthBearer = "OAUTHBEARER"
	xoauth2     = "XOAUTH2"
)

type bearerSource struct {
	user   string
	tokens Tokens

	mu   sync.Mutex
	last Token // given to a client last
}

// Bearer is a source that signs in with an access token: OAUTHBEARER (RFC 7628) and
// XOAUTH2 (the form of Google and Microsoft), over TLS alone.
func Bearer(user string, tokens Tokens) Source { return &bearerSource{user: user, tokens: tokens} }

// Client implements [Source].
func (s *bearerSource) Client(ctx context.Context, mechs []string, encrypted bool) (sasl.Client, error) {
	if !encrypted {
		return nil, mailstore.Fail(mailstore.ErrUnsupported,
			"The token of {user} is not sent, since the connection is not encrypted. Turn TLS on in the settings of the provider's imap.", "user", s.user)
	}
	at := slices.IndexFunc([]string{oauthBearer, xoauth2}, func(name string) bool {
		return slices.ContainsFunc(mechs, func(m string) bool { return strings.EqualFold(m, name) })
	})
	if at < 0 {
		return nil, mailstore.Fail(mailstore.ErrUnsupported,
			"The server takes no tokens, so {user} is not signed in. Use sign_in: password, or check the server's name in the settings.", "user", s.user)
	}
	if s.user == "" || strings.ContainsAny(s.user, "\x00\x01\r\n") {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"{user} is no name of a mailbox. Correct it in the settings.", "user", s.user)
	}
	token, err := s.tokens.Token(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.last = token
	s.mu.Unlock()
	return &bearer{user: s.user, token: token, mech: []string{oauthBearer, xoauth2}[at]}, nil
}

// Expiries implements [Source].
func (s *bearerSource) Expiries(ctx context.Context) []mailstore.Expiry {
	return s.tokens.Expiries(ctx)
}

// Rejected implements [Source].
func (s *bearerSource) Rejected() {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	s.tokens.Refused(last)
}

// bearer is one exchange with a token.
type bearer struct {
	user    string
	token   Token
	mech    string
	status  string // of the server's error challenge
	failed  bool   // there was one
	refusal *Refusal
}

func (b *bearer) mechanism() string { return b.mech }

// Start implements sasl.Client.
func (b *bearer) Start() (mech string, ir []byte, err error) { return b.mech, b.response(), nil }

// response is the client's only word: RFC 7628 section 3.1, with the mailbox as
// authorization identity; or XOAUTH2's.
func (b *bearer) response() []byte {
	if b.mech == xoauth2 {
		return []byte("user=" + b.user + "\x01auth=Bearer " + b.token.reveal() + "\x01\x01")
	}
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(b.user) // RFC 5801 section 4
	return []byte("n,a=" + name + ",\x01auth=Bearer " + b.token.reveal() + "\x01\x01")
}

// Next implements sasl.Client. The server's error is a challenge, which is answered
// with a dummy: one octet 0x01 in OAUTHBEARER (RFC 7628 section 3.2.3), nothing in
// XOAUTH2. Then comes the tagged NO.
func (b *bearer) Next(challenge []byte) ([]byte, error) {
	switch {
	case len(challenge) == 0 && !b.failed: // it did not take the initial response
		return b.response(), nil
	case b.failed || len(challenge) > longestChallenge:
		return nil, unexpected(b.mech)
	}
	b.failed = true
	b.status = errorStatus(challenge)
	if b.mech == xoauth2 {
		return []byte{}, nil
	}
	return []byte{0x01}, nil
}

// errorStatus reads {"status":"invalid_token","scope":"...","schemes":"bearer"}, whose
// status is a number in XOAUTH2, sometimes without quotes. What is no status of those
// documented becomes empty: a server may quote the token.
func errorStatus(challenge []byte) string {
	var answer struct {
		Status any `json:"status"`
	}
	if json.Unmarshal(challenge, &answer) != nil {
		return ""
	}
	status := ""
	switch s := answer.Status.(type) {
	case string:
		status = strings.ToLower(s)
	case float64:
		if s == 400 || s == 401 || s == 403 {
			status = map[float64]string{400: "400", 401: "401", 403: "403"}[s]
		}
	}
	if slices.Contains([]string{"invalid_token", "invalid_request", "insufficient_scope", "400", "401", "403"}, status) {
		return status
	}
	return ""
}

func (b *bearer) credential() bool { return true } // it goes with the command

func (b *bearer) finish() error { return nil }

func (b *bearer) leaks(text string) bool {
	return echoes(text, b.token.reveal(), string(b.response()), base64.StdEncoding.EncodeToString(b.response()))
}

// perhapsOld reports whether a fresh token can help.
func (b *bearer) perhapsOld(r *Refusal) bool {
	return r.Status == "NO" && b.status != "insufficient_scope" && b.status != "403" && general("", r) == nil &&
		r.Code != "AUTHORIZATIONFAILED" && !notConnected(r)
}

// notConnected is Microsoft 365's way to say that the token is good, and the mailbox
// is not this application's to open, or does not exist.
func notConnected(r *Refusal) bool {
	return strings.Contains(strings.ToLower(r.Text), "authenticated but not connected")
}

// explain says what a refusal means for a token.
func (b *bearer) explain(server string, r *Refusal) *mailstore.Error {
	switch {
	case notConnected(r):
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} takes the token, but does not open the mailbox {user}. See that the mailbox exists and has IMAP turned on, and give the application's service principal full access to it (Add-MailboxPermission); that can take an hour to work.",
			"server", server, "user", b.user)
	case r.Code == "AUTHORIZATIONFAILED":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} takes the token, but does not open the mailbox {user} to it. Check the permissions there.", "server", server, "user", b.user)
	case b.status == "insufficient_scope", b.status == "403":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} says that the token for {user} does not allow reading mail over IMAP. Give the application that permission (IMAP.AccessAsApp at Microsoft, https://mail.google.com/ at Google), with an administrator's consent.",
			"server", server, "user", b.user)
	case r.Status == "NO":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{server} refuses the token for {user}, even a fresh one. See that the mailbox exists and has IMAP turned on, and that the application may read it: at Microsoft 365 its service principal must be registered in Exchange Online (New-ServicePrincipal).",
			"server", server, "user", b.user)
	}
	return nil
}
