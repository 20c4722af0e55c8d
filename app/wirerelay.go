package main

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/local"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/mailstore"
	"lifeboat/mailstore/signin"
)

// relay puts together what the send route needs.
func (w *wiring) relay(secrets *secret.Store) *engine.RelayParts {
	s := &senders{w: w, secrets: secrets, at: map[failover.Role]*signIns{}}
	return &engine.RelayParts{
		Dialer: w.dialer,
		TLS:    func(p configs.Provider) (*tls.Config, error) { return roots(p.CAFile) },
		SignIn: s.source,
		Local:  &local.API{Version: version, Now: time.Now, Log: w.logger},
		Getenv: os.Getenv,
	}
}

// senders makes who signs in to hand mail in at both providers.
type senders struct {
	w       *wiring
	secrets *secret.Store

	mu sync.Mutex
	at map[failover.Role]*signIns
}

// signIns is how a provider is signed in to: one for all senders, so that they share
// what can be shared. One application's tokens are good for reading and for sending
// (scope .default at Microsoft, https://mail.google.com/ at Google).
func (s *senders) signIns(role failover.Role, p configs.Provider) *signIns {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at[role] == nil {
		s.at[role] = &signIns{w: s.w, how: p.SignIn, provider: p, secrets: s.secrets}
	}
	return s.at[role]
}

func (s *senders) source(ctx context.Context, role failover.Role, to configs.Sending) (signin.Source, error) {
	in := s.signIns(role, to.Provider)
	switch to.Method {
	case configs.SignInMicrosoft365:
		t, err := in.microsoft()
		if err != nil {
			return nil, err
		}
		return signin.Bearer(to.User, t), nil
	case configs.SignInGoogle:
		d, err := in.google(ctx)
		if err != nil {
			return nil, err
		}
		return signin.Bearer(to.User, d.Tokens(to.User)), nil
	case configs.SignInDevice, configs.SignInPKCE:
		t, err := in.sender(ctx, role, to)
		if err != nil {
			return nil, err
		}
		return signin.Bearer(to.User, t), nil
	}
	password := func(ctx context.Context) (string, error) { return s.password(ctx, role, to) }
	if _, err := password(ctx); err != nil {
		return nil, err // before anybody is dialled
	}
	return signin.Password(to.User, password), nil
}

// password is a sender's password. Where it is missing and the settings name none, the
// sentence says how to store it.
func (s *senders) password(ctx context.Context, role failover.Role, to configs.Sending) (string, error) {
	v, err := s.secrets.Get(ctx, to.Password.Name())
	if !errors.Is(err, secret.ErrMissing) || to.Password != to.Provider.SignIn.MailboxSecret(string(role), to.Address) {
		return v.Reveal(), err
	}
	if role == failover.Secondary {
		return "", failover.Fail(failover.ErrCredential,
			"no password of {address} at {provider} is stored, so its mail waits: store it with \"lifeboat secret set {address} --provider secondary\"",
			"address", to.Address, "provider", to.Provider.Name).Because(err)
	}
	return "", failover.Fail(failover.ErrCredential,
		"no password of {address} at {provider} is stored, so its mail waits: store it with \"lifeboat secret set {address}\"",
		"address", to.Address, "provider", to.Provider.Name).Because(err)
}

// sender is somebody's consent to mail being sent in their name. It is another one than
// that to their mailbox being read: who allowed that was not asked for more.
func (s *signIns) sender(ctx context.Context, role failover.Role, to configs.Sending) (signin.Tokens, error) {
	n, err := s.network()
	if err != nil {
		return nil, err
	}
	t, err := i18n.New(i18n.Choose("auto", os.Getenv))
	if err != nil {
		return nil, err
	}
	key := s.how.MailboxSecret(string(role), to.Address).Name() + "-send"
	people := s.people()
	if people.SendScopes != nil && s.how.Scope == "" {
		people.Scopes = people.SendScopes
	}
	consent, err := signin.Person{
		Provider: people, ClientID: s.how.Client, ClientSecret: s.reveal(s.how.Secret), Mailbox: to.Address,
		Vault: vault{s.secrets}, Key: key, Translate: func(say mailstore.Sentence) string { return t.Say(say) },
	}.New(n)
	if err != nil {
		return nil, err
	}
	if _, err := s.secrets.Get(ctx, key); !errors.Is(err, secret.ErrMissing) {
		return consent, err
	}
	if !atTerminal() {
		return nil, failover.Fail(failover.ErrCredential,
			"{address} has not allowed Lifeboat to send mail at {provider} yet: stop \"lifeboat serve\", give \"lifeboat mail send\" from this address in a terminal once, and follow what it says",
			"address", to.Address, "provider", to.Provider.Name)
	}
	return consent, s.agree(ctx, consent, agreement{
		device:  t.T("To let Lifeboat send mail as {address}, open this page on any device and enter the code below:", "address", to.Address),
		browser: t.T("To let Lifeboat send mail as {address}, open this page in the browser of this computer:", "address", to.Address),
	})
}

// agreement is what a person is told who is to agree.
type agreement struct{ device, browser string }

// agree asks at the terminal, one after the other: two questions at once would confuse.
func (s *signIns) agree(ctx context.Context, c *signin.Consent, say agreement) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.how.Method == configs.SignInDevice {
		return c.AskDevice(ctx, func(p signin.DevicePrompt) error {
			tell(say.device, "", "    "+p.URL, "    "+p.Code, "")
			return nil
		})
	}
	return c.AskBrowser(ctx, func(url string) error {
		tell(say.browser, "", "    "+url, "")
		return nil
	})
}
