package signin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore"
	"lifeboat/mailstore/signin"
)

// numbered gives a new token after each one that was refused.
type numbered struct {
	mu      sync.Mutex
	number  int
	refused []string
	stuck   bool // there is only one
	err     error
}

func (n *numbered) Token(context.Context) (signin.Token, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return signin.NewToken(fmt.Sprintf("%s-%d", canary, n.number), time.Time{}), n.err
}

func (n *numbered) Refused(t signin.Token) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused = append(n.refused, signin.Reveal(t))
	if !n.stuck {
		n.number++
	}
}

func (n *numbered) Expiries(context.Context) []mailstore.Expiry {
	return []mailstore.Expiry{{What: mailstore.Say("x"), At: time.Unix(7, 0)}}
}

func TestBearerSaysWhatTheStandardsSay(t *testing.T) {
	for _, test := range []struct {
		user  string
		mechs []string
		mech  string
		want  string
	}{
		{user, []string{"XOAUTH2", "OAUTHBEARER"}, "OAUTHBEARER", "n,a=anna@example.test,\x01auth=Bearer " + canary + "-0\x01\x01"},
		{"a=b,c@example.test", []string{"oauthbearer"}, "OAUTHBEARER", "n,a=a=3Db=2Cc@example.test,\x01auth=Bearer " + canary + "-0\x01\x01"},
		{user, []string{"PLAIN", "XOAUTH2"}, "XOAUTH2", "user=anna@example.test\x01auth=Bearer " + canary + "-0\x01\x01"},
	} {
		s := &server{t: t, answers: []func(*server, sasl.Client) error{asking(ok, "")}}
		source := signin.Bearer(test.user, &numbered{})
		if err := signin.Do(t.Context(), source, offer(test.mechs...), s.authenticate); err != nil {
			t.Error(err)
		}
		if !slices.Equal(s.mechs, []string{test.mech}) || !slices.Equal(s.said, []string{test.want, test.want}) {
			t.Errorf("%s: said %q", s.mechs, s.said)
		}
		if e := source.Expiries(t.Context()); len(e) != 1 || e[0].At != time.Unix(7, 0) {
			t.Errorf("the expiries of the tokens are lost: %v", e)
		}
	}
}

func TestBearerIsNotShownToJustAnybody(t *testing.T) {
	for name, test := range map[string]struct {
		user      string
		mechs     []string
		encrypted bool
		kind      error
	}{
		"no TLS":         {user, []string{"XOAUTH2"}, false, mailstore.ErrUnsupported},
		"passwords only": {user, []string{"PLAIN", "SCRAM-SHA-256"}, true, mailstore.ErrUnsupported},
		"no user":        {"", []string{"XOAUTH2"}, true, mailstore.ErrInvalid},
		"an odd user":    {"a\x01auth=b", []string{"XOAUTH2"}, true, mailstore.ErrInvalid},
	} {
		if client, err := signin.Bearer(test.user, &numbered{}).Client(t.Context(), test.mechs, test.encrypted); !errors.Is(err, test.kind) {
			t.Errorf("%s: %v, %v", name, client, err)
		}
	}
	locked := mailstore.Fail(mailstore.ErrSignIn, "locked")
	if _, err := signin.Bearer(user, &numbered{err: locked}).Client(t.Context(), []string{"XOAUTH2"}, true); !errors.Is(err, locked) {
		t.Errorf("why there is no token is lost: %v", err)
	}
}

// A server's error is a challenge: it is answered as the mechanism wants, and then a
// fresh token is tried, once.
func TestAnOldTokenIsReplacedOnce(t *testing.T) {
	refusal := no("NO", "AUTHENTICATIONFAILED", "Authentication failed.")
	for _, test := range []struct {
		name, mech, challenge, dummy string
		answers                      []func(*server, sasl.Client) error
		refused                      int
		kind                         error
		say                          string
	}{
		{"RFC 7628", "OAUTHBEARER", `{"status":"invalid_token","schemes":"bearer","scope":"https://mail.google.com/"}`, "\x01", []func(*server, sasl.Client) error{ok}, 1, nil, ""},
		{"Google", "XOAUTH2", `{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`, "", []func(*server, sasl.Client) error{ok}, 1, nil, ""},
		{"a number", "XOAUTH2", `{"status":401}`, "", []func(*server, sasl.Client) error{ok}, 1, nil, ""},
		{"nonsense", "XOAUTH2", "\xff{", "", []func(*server, sasl.Client) error{ok}, 1, nil, ""},
		{"refused again", "XOAUTH2", `{"status":"401"}`, "", []func(*server, sasl.Client) error{refusal}, 1, mailstore.ErrSignIn, "even a fresh one"},
		{"no permission", "OAUTHBEARER", `{"status":"insufficient_scope"}`, "\x01", nil, 0, mailstore.ErrSignIn, "IMAP.AccessAsApp"},
	} {
		tokens := &numbered{}
		s := &server{t: t, answers: append([]func(*server, sasl.Client) error{asking(refusal, test.challenge)}, test.answers...)}
		err := signin.Do(t.Context(), signin.Bearer(user, tokens), offer(test.mech), s.authenticate)
		if !errors.Is(err, test.kind) || len(tokens.refused) != test.refused {
			t.Errorf("%s: %v, with %d tokens thrown away", test.name, err, len(tokens.refused))
		}
		if err != nil && !strings.Contains(sentence(t, err), test.say) {
			t.Errorf("%s: said %q", test.name, err)
		}
		if s.said[1] != test.dummy {
			t.Errorf("%s: the challenge was answered %q", test.name, s.said[1])
		}
		if test.refused == 1 && !strings.Contains(s.said[2], canary+"-1") {
			t.Errorf("%s: the second try is no fresh token: %q", test.name, s.said[2])
		}
		silentError(t, err)
	}
}

func TestTokensThatNoFreshOneCanMend(t *testing.T) {
	for _, test := range []struct {
		status, code, text string
		kind               error
		say                string
	}{
		{"BAD", "", "User is authenticated but not connected.", mailstore.ErrSignIn, "Add-MailboxPermission"},
		{"NO", "AUTHORIZATIONFAILED", "", mailstore.ErrSignIn, "Check the permissions"},
		{"NO", "UNAVAILABLE", "", mailstore.ErrServer, "at the moment"},
		{"NO", "", "Server busy. Suggested Backoff Time: 1000 milliseconds", mailstore.ErrThrottled, "patience"},
		{"BAD", "", "Invalid SASL argument. " + canary, mailstore.ErrServer, "(BAD)"},
	} {
		tokens := &numbered{}
		s := &server{t: t, answers: []func(*server, sasl.Client) error{no(test.status, test.code, test.text)}}
		err := signin.Do(t.Context(), signin.Bearer(user, tokens), offer("XOAUTH2"), s.authenticate)
		if !errors.Is(err, test.kind) || len(tokens.refused) != 0 || !strings.Contains(sentence(t, err), test.say) {
			t.Errorf("%s: %v, with %d tokens thrown away", test.text, err, len(tokens.refused))
		}
		silentError(t, err)
	}
	// Where there is no other token, the same one is not shown again.
	s := &server{t: t, answers: []func(*server, sasl.Client) error{no("NO", "", "AUTHENTICATE failed.")}}
	err := signin.Do(t.Context(), signin.Bearer(user, &numbered{stuck: true}), offer("XOAUTH2"), s.authenticate)
	if !errors.Is(err, mailstore.ErrSignIn) || len(s.mechs) != 1 || !strings.Contains(sentence(t, err), "New-ServicePrincipal") {
		t.Errorf("%v after %d tries", err, len(s.mechs))
	}
	silentError(t, err)
	// OAUTHBEARER gives way to XOAUTH2 where it is not known, with the same token.
	tokens := &numbered{}
	s = &server{t: t, answers: []func(*server, sasl.Client) error{no("NO", "", "Unsupported authentication mechanism."), ok}}
	if err := signin.Do(t.Context(), signin.Bearer(user, tokens), offer("XOAUTH2", "OAUTHBEARER"), s.authenticate); err != nil || len(tokens.refused) != 0 {
		t.Errorf("%v after %v, %d tokens thrown away", err, s.mechs, len(tokens.refused))
	}
}

func TestTokensDoNotShow(t *testing.T) {
	token := signin.NewToken(canary, time.Now())
	text, err := token.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var log record
	log.logger().Info("token", "token", token, "within", struct{ T signin.Token }{token})
	type outer struct{ inner signin.Token }
	silent(t, "a token", fmt.Sprintf("%v %+v %#v %s %q %x %v %+v", token, token, token, token, token, token, outer{token}, &outer{token})+string(text)+log.String())
	if signin.Reveal(token) != canary {
		t.Error("the token is lost")
	}
}
