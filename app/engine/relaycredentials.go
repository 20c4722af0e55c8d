package engine

import (
	"context"
	"sync"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/mailstore/signin"
)

// credentials finds whose credential a message leaves with: the one for all where the
// settings have such, else the sender's own, since most providers refuse another's
// address; an alias and a shared mailbox are sent with the credential of the mailbox
// that they are. [configs.Settings.SubmissionFor] has these rules.
type credentials struct {
	e *Engine

	mu   sync.Mutex
	held map[credentialKey]*heldCredential
}

// credentialKey tells credentials apart.
type credentialKey struct {
	role          failover.Role
	address, user string
	password      configs.SecretRef
}

// heldCredential is a credential while the relay runs, so that tokens are shared by
// all messages of one sender.
type heldCredential struct {
	source signin.Source
	tokens bool // rather than a password
	now    func() time.Time

	mu      sync.Mutex
	refused time.Time // when a token was thrown away last
}

func (e *Engine) credentials() *credentials {
	return &credentials{e: e, held: map[credentialKey]*heldCredential{}}
}

// Credential implements [relay.Credentials].
func (c *credentials) Credential(ctx context.Context, role failover.Role, sender string) (relay.Credential, error) {
	s, err := c.e.opt.Settings.SubmissionFor(string(role), sender)
	if err != nil {
		return relay.Credential{}, inFailover(failover.ErrInvalid, err)
	}
	h, err := c.hold(ctx, role, s)
	if err != nil {
		return relay.Credential{}, inFailover(failover.ErrCredential, err)
	}
	return relay.Credential{Login: s.User, SignIn: h.signIn, Refused: h.wasRefused}, nil
}

func (c *credentials) hold(ctx context.Context, role failover.Role, s configs.Sending) (*heldCredential, error) {
	k := credentialKey{role, s.Address, s.User, s.Password}
	c.mu.Lock()
	h, ok := c.held[k]
	c.mu.Unlock()
	if ok {
		return h, nil
	}
	source, err := c.e.opt.Relay.SignIn(ctx, role, s) // may ask a person, so not under the lock
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if other, ok := c.held[k]; ok {
		return other, nil
	}
	h = &heldCredential{source: source, tokens: s.Method != configs.SignInPassword, now: c.e.opt.Now}
	c.held[k] = h
	return h, nil
}

// signIn gives what signs in. The connection always has TLS by then: the settings know
// no way without.
func (h *heldCredential) signIn(ctx context.Context, offered []string) (sasl.Client, error) {
	client, err := h.source.Client(ctx, offered, true)
	return client, inFailover(failover.ErrCredential, err)
}

// onceIn is how often a refused token is replaced by a fresh one at most: a server that
// refuses that too has another reason.
const onceIn = time.Minute

// wasRefused throws a refused token away. A password that was refused stays refused.
func (h *heldCredential) wasRefused(error) (again bool) {
	h.source.Rejected()
	if !h.tokens {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	if since := now.Sub(h.refused); !h.refused.IsZero() && since >= 0 && since < onceIn {
		return false
	}
	h.refused = now
	return true
}
