package signin_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/xdg-go/scram"

	"lifeboat/mailstore"
	"lifeboat/mailstore/signin"
)

const user = "anna@example.test"

func secret(text string) signin.Secret {
	return func(context.Context) (string, error) { return text, nil }
}

// server plays the server's side of exchanges, as a list of what it does in each.
type server struct {
	t       *testing.T
	mechs   []string // what clients began, in order
	said    []string // what they sent, in order
	answers []func(s *server, client sasl.Client) error
}

func (s *server) authenticate(_ context.Context, client sasl.Client) error {
	mech, ir, err := client.Start()
	if err != nil {
		return err
	}
	s.mechs = append(s.mechs, mech)
	if ir != nil {
		s.said = append(s.said, string(ir))
	}
	if len(s.answers) == 0 {
		s.t.Errorf("an exchange too many, with %s", mech)
		return errors.New("too many")
	}
	answer := s.answers[0]
	s.answers = s.answers[1:]
	return answer(s, client)
}

// ask gives the client a challenge.
func (s *server) ask(client sasl.Client, challenge string) (string, error) {
	response, err := client.Next([]byte(challenge))
	if err == nil {
		s.said = append(s.said, string(response))
	}
	return string(response), err
}

func ok(*server, sasl.Client) error { return nil }

func no(status, code, text string) func(*server, sasl.Client) error {
	return func(*server, sasl.Client) error { return &signin.Refusal{Status: status, Code: code, Text: text} }
}

// asking gives challenges and then an answer.
func asking(end func(*server, sasl.Client) error, challenges ...string) func(*server, sasl.Client) error {
	return func(s *server, c sasl.Client) error {
		for _, challenge := range challenges {
			if _, err := s.ask(c, challenge); err != nil {
				return err
			}
		}
		return end(s, c)
	}
}

// proving is a server that knows a password by SCRAM.
func proving(hash scram.HashGeneratorFcn, password string, iterations int) func(*server, sasl.Client) error {
	return func(s *server, client sasl.Client) error {
		known, err := hash.NewClient(user, password, "")
		if err != nil {
			return err
		}
		stored := known.GetStoredCredentials(scram.KeyFactors{Salt: "salty", Iters: iterations})
		side, err := hash.NewServer(func(string) (scram.StoredCredentials, error) { return stored, nil })
		if err != nil {
			return err
		}
		conversation := side.NewConversation()
		said := s.said[len(s.said)-1]
		for !conversation.Done() {
			challenge, failed := conversation.Step(said)
			if said, err = s.ask(client, challenge); err != nil {
				return err
			}
			if failed != nil {
				return &signin.Refusal{Status: "NO", Code: "AUTHENTICATIONFAILED", Text: "Authentication failed."}
			}
		}
		return nil
	}
}

func offer(mechs ...string) signin.Offer {
	return signin.Offer{Server: "imap.example.test", Mechanisms: mechs, Encrypted: true}
}

func TestChoosesTheStrongestMechanism(t *testing.T) {
	all := []string{"LOGIN", "plain", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "SCRAM-SHA-256-PLUS"}
	for _, test := range []struct {
		mechs     []string
		command   bool
		encrypted bool
		want      string
	}{
		{all, true, true, "SCRAM-SHA-256"},
		{all, true, false, "SCRAM-SHA-256"},
		{[]string{"PLAIN", "scram-sha-1"}, true, true, "SCRAM-SHA-1"},
		{[]string{"LOGIN", "PLAIN"}, true, true, "PLAIN"},
		{[]string{"LOGIN"}, true, true, "LOGIN"},
		{nil, true, true, signin.LoginCommand},
		{nil, false, true, ""},
		{[]string{"PLAIN", "LOGIN"}, true, false, ""}, // the password would be readable
		{[]string{"XOAUTH2"}, false, true, ""},
	} {
		mechs := test.mechs
		if test.command {
			mechs = append(slices.Clone(mechs), signin.LoginCommand)
		}
		client, err := signin.Password(user, secret(canary)).Client(t.Context(), mechs, test.encrypted)
		silentError(t, err)
		if test.want == "" {
			if !errors.Is(err, mailstore.ErrUnsupported) {
				t.Errorf("%v, encrypted %v: %v, %v", test.mechs, test.encrypted, client, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v: %v", test.mechs, err)
			continue
		}
		if mech, _, err := client.Start(); mech != test.want || err != nil {
			t.Errorf("%v, encrypted %v: chose %s, %v; want %s", test.mechs, test.encrypted, mech, err, test.want)
		}
	}
}

func TestSCRAM(t *testing.T) {
	for mech, hash := range map[string]scram.HashGeneratorFcn{"SCRAM-SHA-256": scram.SHA256, "SCRAM-SHA-1": scram.SHA1} {
		s := &server{t: t, answers: []func(*server, sasl.Client) error{proving(hash, canary, 4096)}}
		if err := signin.Do(t.Context(), signin.Password(user, secret(canary)), offer(mech, "PLAIN"), s.authenticate); err != nil {
			t.Errorf("%s: %v", mech, err)
		}
		silent(t, "SCRAM", strings.Join(s.said, "\n"))
		// A wrong password is not tried in another mechanism.
		s = &server{t: t, answers: []func(*server, sasl.Client) error{proving(hash, "another", 4096)}}
		err := signin.Do(t.Context(), signin.Password(user, secret(canary)), offer(mech, "PLAIN", "LOGIN"), s.authenticate)
		if !errors.Is(err, mailstore.ErrSignIn) || len(s.mechs) != 1 {
			t.Errorf("%s: a wrong password is %v after %v", mech, err, s.mechs)
		}
		silentError(t, err)
	}
}

func TestSCRAMTrustsNoServerThatDoesNotProveItself(t *testing.T) {
	for name, answer := range map[string]func(*server, sasl.Client) error{
		"OK at once":             ok,
		"OK after the proof":     func(s *server, c sasl.Client) error { _, err := s.ask(c, first(s, "4096")); return err },
		"a false signature":      func(s *server, c sasl.Client) error { return asking(ok, first(s, "4096"), "v=AAAA")(s, c) },
		"a nonce of its own":     asking(ok, "r=another,s=c2FsdHk=,i=4096"),
		"few rounds":             func(s *server, c sasl.Client) error { return asking(ok, first(s, "1"))(s, c) },
		"rounds without end":     func(s *server, c sasl.Client) error { return asking(ok, first(s, "2147483647"))(s, c) },
		"rounds beyond numbers":  func(s *server, c sasl.Client) error { return asking(ok, first(s, "99999999999999999999"))(s, c) },
		"a challenge too long":   asking(ok, strings.Repeat("x", 1<<20)),
		"nonsense":               asking(ok, "\x00\xff"),
		"one challenge too many": asking(ok, "", "", ""),
	} {
		s := &server{t: t, answers: []func(*server, sasl.Client) error{answer}}
		err := signin.Do(t.Context(), signin.Password(user, secret(canary)), offer("SCRAM-SHA-256", "PLAIN"), s.authenticate)
		if !errors.Is(err, mailstore.ErrServer) {
			t.Errorf("%s: %v", name, err)
		}
		silentError(t, err)
		silent(t, name, strings.Join(s.said, "\n"))
	}
}

// first is a server's first message for the client's.
func first(s *server, iterations string) string {
	_, nonce, _ := strings.Cut(s.said[len(s.said)-1], ",r=")
	return "r=" + nonce + "more,s=c2FsdHk=,i=" + iterations
}

func TestPlainLoginAndCommand(t *testing.T) {
	for name, test := range map[string]struct {
		mech   string
		answer func(*server, sasl.Client) error
		want   []string
	}{
		"PLAIN":                  {"PLAIN", ok, []string{"\x00" + user + "\x00" + canary}},
		"PLAIN asked separately": {"PLAIN", asking(ok, ""), []string{"\x00" + user + "\x00" + canary, "\x00" + user + "\x00" + canary}},
		"LOGIN":                  {"LOGIN", asking(ok, "Username:", "Password:"), []string{user, canary}},
		"LOGIN in other words":   {"LOGIN", asking(ok, "", "kennwort"), []string{user, canary}},
	} {
		s := &server{t: t, answers: []func(*server, sasl.Client) error{test.answer}}
		if err := signin.Do(t.Context(), signin.Password(user, secret(canary)), offer(test.mech), s.authenticate); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(s.said, test.want) {
			t.Errorf("%s: the client said %q", name, s.said)
		}
	}
	with := signin.Offer{Server: "imap.example.test", LoginCommand: true, Encrypted: true}
	err := signin.Do(t.Context(), signin.Password(user, secret(canary)), with, func(_ context.Context, c sasl.Client) error {
		l, ok := c.(*signin.Login)
		if !ok {
			return fmt.Errorf("got a %T", c)
		}
		if u, p := l.Credentials(); u != user || p != canary {
			return errors.New("other credentials")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A mechanism that the server turns out to lack gives way to the next one; a wrong
// password never does, however the server says it.
func TestFallsBackOnlyWhereNothingCanBeLocked(t *testing.T) {
	for name, test := range map[string]struct {
		answers []func(*server, sasl.Client) error
		mechs   []string
		kind    error
	}{
		"unknown to the parser":    {[]func(*server, sasl.Client) error{no("BAD", "", "Unknown command"), proving(scram.SHA1, canary, 4096)}, []string{"SCRAM-SHA-256", "SCRAM-SHA-1"}, nil},
		"unsupported, in words":    {[]func(*server, sasl.Client) error{no("NO", "", "Unsupported authentication mechanism."), no("NO", "CANNOT", "mechanism not enabled"), ok}, []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"}, nil},
		"unsupported, by Dovecot":  {[]func(*server, sasl.Client) error{no("NO", "ALERT", "Unsupported authentication mechanism."), no("NO", "ALERT", "Unsupported authentication mechanism."), ok}, []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"}, nil},
		"PLAIN is unsupported too": {[]func(*server, sasl.Client) error{no("BAD", "", ""), no("BAD", "", ""), no("NO", "", "Authentication mechanism not supported"), asking(ok, "u", "p")}, []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}, nil},
		"all are unsupported":      {[]func(*server, sasl.Client) error{no("BAD", "", ""), no("BAD", "", ""), no("NO", "", "unsupported mechanism"), no("BAD", "", "")}, []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}, mailstore.ErrUnsupported},
		"a wrong password":         {[]func(*server, sasl.Client) error{no("NO", "AUTHENTICATIONFAILED", "Invalid credentials")}, []string{"SCRAM-SHA-256"}, mailstore.ErrSignIn},
		"the same without a code":  {[]func(*server, sasl.Client) error{no("NO", "", "LOGIN failed.")}, []string{"SCRAM-SHA-256"}, mailstore.ErrSignIn},
		"with misleading words":    {[]func(*server, sasl.Client) error{no("NO", "AUTHENTICATIONFAILED", "unsupported mechanism or wrong password")}, []string{"SCRAM-SHA-256"}, mailstore.ErrSignIn},
		"and no code":              {[]func(*server, sasl.Client) error{no("NO", "", "Password invalid for this mechanism")}, []string{"SCRAM-SHA-256"}, mailstore.ErrSignIn},
		"BAD after the proof":      {[]func(*server, sasl.Client) error{func(s *server, c sasl.Client) error { return asking(no("BAD", "", "no"), first(s, "4096"))(s, c) }}, []string{"SCRAM-SHA-256"}, mailstore.ErrServer},
		"the server is disturbed":  {[]func(*server, sasl.Client) error{no("NO", "UNAVAILABLE", "mechanism not available")}, []string{"SCRAM-SHA-256"}, mailstore.ErrServer},
		"too many":                 {[]func(*server, sasl.Client) error{no("NO", "LIMIT", "")}, []string{"SCRAM-SHA-256"}, mailstore.ErrThrottled},
		"a connection that broke":  {[]func(*server, sasl.Client) error{func(*server, sasl.Client) error { return errBroken }}, []string{"SCRAM-SHA-256"}, errBroken},
	} {
		s := &server{t: t, answers: test.answers}
		err := signin.Do(t.Context(), signin.Password(user, secret(canary)), offer("PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"), s.authenticate)
		if !errors.Is(err, test.kind) || !slices.Equal(s.mechs, test.mechs) {
			t.Errorf("%s: %v after %v; want %v after %v", name, err, s.mechs, test.kind, test.mechs)
		}
		silentError(t, err)
	}
}

var errBroken = errors.New("the line broke")

// A refused password is kept from the server for half an hour, or until another one is
// stored.
func TestTriesAWrongPasswordTwiceAnHourAtMost(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	password := "wrong-" + canary
	source := signin.PasswordWithClock(user, func(context.Context) (string, error) { return password, nil }, func() time.Time { return now })
	refusing := func() *server {
		return &server{t: t, answers: []func(*server, sasl.Client) error{no("NO", "AUTHENTICATIONFAILED", "no")}}
	}
	s := refusing()
	first := signin.Do(t.Context(), source, offer("PLAIN"), s.authenticate)
	if !errors.Is(first, mailstore.ErrSignIn) || len(s.said) != 1 {
		t.Fatalf("%v after %d tries", first, len(s.said))
	}
	now = now.Add(29 * time.Minute)
	s = refusing()
	if err := signin.Do(t.Context(), source, offer("PLAIN"), s.authenticate); !errors.Is(err, mailstore.ErrSignIn) || len(s.said) != 0 {
		t.Errorf("%v after showing the password %d times", err, len(s.said))
	}
	now = now.Add(2 * time.Minute)
	s = refusing()
	if err := signin.Do(t.Context(), source, offer("PLAIN"), s.authenticate); !errors.Is(err, mailstore.ErrSignIn) || len(s.said) != 1 {
		t.Errorf("%v after showing the password %d times", err, len(s.said))
	}
	password = canary
	s = &server{t: t, answers: []func(*server, sasl.Client) error{ok}}
	if err := signin.Do(t.Context(), source, offer("PLAIN"), s.authenticate); err != nil {
		t.Errorf("another password: %v", err)
	}
}

// Whatever a server says, its words reach the person only where they hold nothing of
// what was sent.
func TestSaysWhyWithoutSayingWhat(t *testing.T) {
	response := base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + canary))
	for _, test := range []struct {
		status, code, text string
		kind               error
		want               string
	}{
		{"NO", "AUTHENTICATIONFAILED", "Invalid credentials (Failure)", mailstore.ErrSignIn, "refuses the password of anna@example.test"},
		{"NO", "ALERT", "Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)", mailstore.ErrSignIn, "wants an app password"},
		{"NO", "WEBALERT", "https://accounts.google.com/signin/continue?x Web login required.", mailstore.ErrSignIn, "sign in with a browser first"},
		{"NO", "ALERT", "Too many simultaneous connections. (Failure)", mailstore.ErrThrottled, "takes no more sign-ins"},
		{"NO", "", "Your account is not enabled for IMAP use", mailstore.ErrSignIn, "has IMAP turned off"},
		{"NO", "EXPIRED", "Password expired", mailstore.ErrSignIn, "has expired"},
		{"NO", "CONTACTADMIN", "", mailstore.ErrSignIn, "has locked this mailbox"},
		{"NO", "PRIVACYREQUIRED", "", mailstore.ErrUnsupported, "Turn TLS on"},
		{"NO", "AUTHORIZATIONFAILED", "", mailstore.ErrSignIn, "does not open the mailbox"},
		{"NO", "UNAVAILABLE", "Temporary authentication failure.", mailstore.ErrServer, "at the moment"},
		{"BAD", "", "Request is throttled. Suggested Backoff Time: 92415 milliseconds", mailstore.ErrThrottled, "asks for patience"},
		{"BAD", "", "Error in IMAP command AUTHENTICATE: Unknown argument " + response, mailstore.ErrServer, "(BAD)"},
		{"BAD", "", "Error in " + response[:20] + "...", mailstore.ErrServer, "(BAD)"},
		{"BAD", canary, canary, mailstore.ErrServer, "(BAD)"},
		{"BAD", "", "Command syntax error", mailstore.ErrServer, "(BAD Command syntax error)"},
	} {
		s := &server{t: t, answers: []func(*server, sasl.Client) error{no(test.status, test.code, test.text)}}
		err := signin.Do(t.Context(), signin.Password(user, secret(canary)), offer("PLAIN"), s.authenticate)
		if !errors.Is(err, test.kind) || !strings.Contains(sentence(t, err), test.want) {
			t.Errorf("%q: %v, which is not %v and %q", test.text, err, test.kind, test.want)
		}
		silentError(t, err)
		var ours *mailstore.Error
		if errors.As(err, &ours) && strings.Contains(test.text, "92415") && ours.After != 92415*time.Millisecond {
			t.Errorf("after %v", ours.After)
		}
	}
}

func TestRefusesPasswordsThatAreNone(t *testing.T) {
	for _, password := range []string{"", canary + "\n", "\x00" + canary, canary + "\u200b\u0007"} {
		client, err := signin.Password(user, secret(password)).Client(t.Context(), []string{"SCRAM-SHA-256"}, true)
		if !errors.Is(err, mailstore.ErrInvalid) {
			t.Errorf("%q: %v, %v", password, client, err)
		}
		silentError(t, err)
	}
	locked := errors.New("the keychain is locked")
	_, err := signin.Password(user, func(context.Context) (string, error) { return "", locked }).Client(t.Context(), []string{"PLAIN"}, true)
	if !errors.Is(err, locked) {
		t.Errorf("why the password could not be had is lost: %v", err)
	}
}
