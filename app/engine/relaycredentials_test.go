package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/mailstore"
	"lifeboat/mailstore/signin"
)

// source is a credential that counts.
type source struct {
	made, rejected int
	err            error
	offered        []string
}

func (s *source) Client(_ context.Context, mechs []string, encrypted bool) (sasl.Client, error) {
	s.made++
	s.offered = mechs
	if !encrypted {
		return nil, errors.New("in the clear")
	}
	return sasl.NewPlainClient("", "u", "p"), s.err
}
func (*source) Expiries(context.Context) []mailstore.Expiry { return nil }
func (s *source) Rejected()                                 { s.rejected++ }

func TestCredentials(t *testing.T) {
	t.Parallel()
	e := sendingHere(t)
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	e.opt.Now = func() time.Time { return now }
	src := &source{}
	asked := []configs.Sending{}
	e.opt.Relay.SignIn = func(_ context.Context, _ failover.Role, s configs.Sending) (signin.Source, error) {
		if s.Address == "locked@example.test" {
			return nil, mailstore.Fail(mailstore.ErrSignIn, "{who} is locked", "who", s.Address)
		}
		asked = append(asked, s)
		return src, nil
	}
	c := e.credentials()
	ctx := t.Context()
	// The mailbox's own, for its alias too, and made once.
	for _, sender := range []string{"anna@example.test", "a.sato@example.test", "anna@example.test"} {
		got, err := c.Credential(ctx, failover.Primary, sender)
		if err != nil || got.Login != "anna@example.test" {
			t.Fatalf("%s: %+v, %v", sender, got, err)
		}
		if client, err := got.SignIn(ctx, []string{"PLAIN"}); err != nil || client == nil || src.offered[0] != "PLAIN" {
			t.Error(err)
		}
		if got.Refused(errors.New("535")) {
			t.Error("a password that was refused is tried again")
		}
	}
	if len(asked) != 1 || src.made != 3 || src.rejected != 3 {
		t.Errorf("%d sources, %+v", len(asked), src)
	}
	for sender, kind := range map[string]error{
		"locked@example.test": failover.ErrCredential, "x@elsewhere.test": failover.ErrInvalid, "": failover.ErrInvalid,
	} {
		if _, err := c.Credential(ctx, failover.Primary, sender); !errors.Is(err, kind) {
			t.Errorf("%q: %v", sender, err)
		}
	}
	if _, err := c.Credential(ctx, failover.Secondary, "anna@example.test"); !errors.Is(err, failover.ErrInvalid) {
		t.Error("there is no secondary:", err)
	}
	// A token is replaced once, and not again at once.
	h := &heldCredential{source: src, tokens: true, now: e.opt.Now}
	for i, want := range []bool{true, false, false, true} {
		if got := h.wasRefused(nil); got != want {
			t.Errorf("refusal %d: %v", i, got)
		}
		now = now.Add(25 * time.Second)
	}
	now = now.Add(-time.Hour) // the clock was set back
	if !h.wasRefused(nil) {
		t.Error("a clock that was set back keeps a token for an hour")
	}
	src.err = mailstore.Fail(mailstore.ErrUnreachable, "nobody gives tokens")
	if _, err := h.signIn(ctx, nil); !errors.Is(err, failover.ErrUnreachable) || failover.SentenceOf(err).String() != "nobody gives tokens" {
		t.Error(err)
	}
}
