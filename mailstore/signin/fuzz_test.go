package signin

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore"
)

// fuzzSecret is nowhere in what comes in, so wherever it comes out it leaks.
const fuzzSecret = "Zx9Qv7Lm3Kp1"

// FuzzChallenges lets a server say anything, in two challenges and an answer, to each
// mechanism: nothing hangs, and no error shows the secret.
func FuzzChallenges(f *testing.F) {
	f.Add(uint8(0), "r=abc,s=c2FsdHk=,i=4096", "v=AAAA", "NO", "AUTHENTICATIONFAILED", "no")
	f.Add(uint8(1), "r=,s=,i=99999999999", "e=invalid-proof", "BAD", "", "unsupported mechanism")
	f.Add(uint8(2), "", "x", "BAD", "", "Suggested Backoff Time: 92415 milliseconds")
	f.Add(uint8(3), "Username:", "Password:", "NO", "LIMIT", "")
	f.Add(uint8(4), `{"status":"invalid_token","schemes":"bearer"}`, "", "NO", "", "AUTHENTICATE failed.")
	f.Add(uint8(5), `{"status":401}`, "{", "BAD", "", "User is authenticated but not connected.")
	names := []string{scramSHA256, scramSHA1, plain, login, oauthBearer, xoauth2}
	f.Fuzz(func(t *testing.T, which uint8, first, second, status, code, text string) {
		mech := names[int(which)%len(names)]
		secret := func(context.Context) (string, error) { return fuzzSecret, nil }
		source := Password("anna@example.test", secret)
		if mech == oauthBearer || mech == xoauth2 {
			source = Bearer("anna@example.test", fixed{})
		}
		tries := 0
		err := Do(t.Context(), source, Offer{Server: "h", Mechanisms: []string{mech}, Encrypted: true}, func(_ context.Context, client sasl.Client) error {
			if tries++; tries > 3 {
				t.Fatal("it goes on for ever")
			}
			if _, _, err := client.Start(); err != nil {
				return err
			}
			for _, challenge := range []string{first, second} {
				if _, err := client.Next([]byte(challenge)); err != nil {
					return err
				}
			}
			return &Refusal{Status: status, Code: code, Text: text}
		})
		var ours *mailstore.Error
		if err == nil || !errors.As(err, &ours) {
			t.Fatalf("%v is no error with a sentence", err)
		}
		if strings.Contains(err.Error(), fuzzSecret) && !strings.Contains(first+second+status+code+text, fuzzSecret) {
			t.Fatalf("the secret shows: %v", err)
		}
	})
}

// fixed is one token for ever.
type fixed struct{}

func (fixed) Token(context.Context) (Token, error) { return NewToken(fuzzSecret, time.Time{}), nil }

func (fixed) Refused(Token) {}

func (fixed) Expiries(context.Context) []mailstore.Expiry { return nil }

// FuzzAnswers lets an issuer answer anything.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"access_token":"x","token_type":"Bearer","expires_in":3599}`), "120")
	f.Add([]byte(`{"access_token":"x","expires_in":"3599","refresh_token":"r","refresh_token_expires_in":1e308}`), "Wed, 21 Oct 2026 07:28:00 GMT")
	f.Add([]byte(`{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired.","error_codes":[7000222]}`), "-1")
	f.Add([]byte(`{"device_code":"d","user_code":"U","verification_uri":"https://x/","interval":-5,"expires_in":null}`), "")
	f.Add([]byte(`{"error_codes":{"a":1},"expires_in":[1,2]}`), "99999999999999999999")
	network := Network{}.complete()
	i, err := newIssuer(network, "https://issuer.example.test/token")
	if err != nil {
		f.Fatal(err)
	}
	m := &microsoft{config: Microsoft{Tenant: "t", Application: "app"}, issuer: i}
	c := &Consent{person: Person{Mailbox: "anna@example.test"}, network: network, token: i, devices: i}
	d := &delegated{delegation: &Delegation{account: &ServiceAccount{}, issuer: i, network: network}, mailbox: "anna@example.test"}
	f.Fuzz(func(t *testing.T, body []byte, retry string) {
		if after := retryAfter(retry, time.Now()); after < 0 || after > longestBackoff {
			t.Fatalf("to be left alone for %v", after)
		}
		a := readAnswer(body)
		if a == nil {
			return
		}
		if token, life, err := i.token(a); err == nil && (life <= 0 || life > longestLife || strings.ContainsAny(token.reveal(), " \r\n\x00\x01") || token.reveal() == "") {
			t.Fatalf("%q for %v is taken for a token", token.reveal(), life)
		}
		if p, err := c.prompt(a); err == nil && (strings.ContainsAny(p.URL+p.Code+p.Complete, "\x1b\r\n\x00") || !strings.HasPrefix(strings.ToLower(p.URL), "https:")) {
			t.Fatalf("the person is shown %+v", p)
		}
		for _, err := range []error{m.explain(a), c.explain(a), d.explain(a)} {
			if err.Error() == "" || strings.Contains(err.Error(), "{") {
				t.Fatalf("no sentence: %v", err)
			}
		}
		if codes := a.codes(); len(codes) > 500 || strings.ContainsAny(codes, "\r\n\x1b<") {
			t.Fatalf("codes %q", codes)
		}
	})
}

// FuzzServiceAccount lets the file of a key be anything.
func FuzzServiceAccount(f *testing.F) {
	f.Add([]byte(`{"type":"service_account","client_email":"a@b","private_key":"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n","token_uri":"https://oauth2.googleapis.com/token"}`))
	f.Add([]byte(`{"installed":{}}`))
	f.Add([]byte(`{"type":5}`))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, data []byte) {
		account, err := ParseServiceAccount("secret:google", data)
		if (account == nil) == (err == nil) {
			t.Fatalf("%v, %v", account, err)
		}
		var ours *mailstore.Error
		if err != nil && (!errors.As(err, &ours) || !errors.Is(err, mailstore.ErrInvalid)) {
			t.Fatalf("%v is no sentence", err)
		}
		if account != nil && account.key == nil {
			t.Fatal("an account without a key")
		}
	})
}
