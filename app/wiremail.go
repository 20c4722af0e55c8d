package main

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/adrg/xdg"
	"golang.org/x/term"

	"lifeboat/app/cli"
	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/signin"
)

// mail puts together what the mirror needs.
func (w *wiring) mail(p cli.Place, settings *configs.Settings, secrets *secret.Store) *engine.MailParts {
	_, data := w.files(p)
	s := &signIns{w: w, how: settings.Providers.Primary.SignIn, provider: settings.Providers.Primary, secrets: secrets}
	return &engine.MailParts{
		Dialer: w.dialer,
		TLS:    func(p configs.Provider) (*tls.Config, error) { return roots(p.CAFile) },
		SignIn: s.source,
		Keys:   w.keyMeans(data),
	}
}

// keyMeans are the means to open the data key of a folder.
func (w *wiring) keyMeans(data string) engine.KeyMeans {
	m := engine.KeyMeans{
		Keychain: keychain{secret.SystemKeychain(data)},
		// Not in the data folder: whoever copies that must not have the key with it.
		Machine:    keys.MachineOpener{Dir: filepath.Join(xdg.StateHome, "lifeboat-keys")},
		Passphrase: os.Getenv(engine.PassphraseVariable),
		Recovery:   os.Getenv(engine.RecoveryVariable),
	}
	switch {
	case w.person != nil:
		m.Ask = w.person.keyPassphrase
	case atTerminal():
		m.Ask = askKeyPassphrase
	}
	return m
}

func atTerminal() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd()))
}

// askKeyPassphrase reads the passphrase of the mirrored mail unseen; a new one twice.
func askKeyPassphrase(ctx context.Context, fresh bool) (string, error) {
	t, err := i18n.New(i18n.Choose("auto", os.Getenv))
	if err != nil {
		return "", err
	}
	question := t.T("Passphrase of the mirrored mail: ")
	if fresh {
		question = t.T("Choose a passphrase for the mirrored mail: ")
	}
	first, err := readUnseen(ctx, question)
	if err != nil || !fresh {
		return first, err
	}
	second, err := readUnseen(ctx, t.T("The same passphrase again: "))
	if err == nil && second != first {
		err = failover.Fail(failover.ErrInvalid, "the two passphrases differ; nothing was stored")
	}
	return first, err
}

// keychain lets the data key's slot lie in the keychain of the secrets.
type keychain struct{ of secret.Keychain }

// Get implements [keys.Keychain].
func (k keychain) Get(ctx context.Context, name string) (string, error) {
	v, err := k.of.Get(ctx, name)
	return v.Reveal(), err
}

// Set implements [keys.Keychain].
func (k keychain) Set(ctx context.Context, name, value string) error {
	return k.of.Set(ctx, name, secret.New(value))
}

// Remove implements [keys.Keychain].
func (k keychain) Remove(ctx context.Context, name string) error { return k.of.Remove(ctx, name) }

// signIns makes who signs in to the primary's mailboxes.
type signIns struct {
	w        *wiring
	how      configs.SignIn
	provider configs.Provider
	secrets  *secret.Store

	mu         sync.Mutex
	tokens     signin.Tokens // one for all mailboxes of Microsoft 365
	delegation *signin.Delegation
}

func (s *signIns) source(ctx context.Context, a configs.MirrorAccount) (signin.Source, error) {
	switch s.how.Method {
	case configs.SignInMicrosoft365:
		t, err := s.microsoft()
		if err != nil {
			return nil, err
		}
		return signin.Bearer(a.User, t), nil
	case configs.SignInGoogle:
		d, err := s.google(ctx)
		if err != nil {
			return nil, err
		}
		return signin.Bearer(a.User, d.Tokens(a.User)), nil
	case configs.SignInDevice, configs.SignInPKCE:
		t, err := s.person(ctx, a)
		if err != nil {
			return nil, err
		}
		return signin.Bearer(a.User, t), nil
	}
	if _, err := s.password(ctx, a); err != nil {
		return nil, err // before anybody is dialled
	}
	return signin.Password(a.User, func(ctx context.Context) (string, error) { return s.password(ctx, a) }), nil
}

// password is an account's password. Where it is missing and the settings name none,
// the sentence says how to store it.
func (s *signIns) password(ctx context.Context, a configs.MirrorAccount) (string, error) {
	v, err := s.secrets.Get(ctx, a.Password.Name())
	if errors.Is(err, secret.ErrMissing) && a.Password == s.how.MailboxSecret(string(failover.Primary), a.Address) {
		return "", mailstore.Fail(mailstore.ErrSignIn,
			"No password is stored for {address}. Store it with \"lifeboat secret set {address}\", or a list of them with \"lifeboat secret set --csv FILE\".",
			"address", a.Address).Because(err)
	}
	return v.Reveal(), err
}

// reveal is a secret of the settings, when it is needed.
func (s *signIns) reveal(ref configs.SecretRef) signin.Secret {
	if ref == "" {
		return nil
	}
	return func(ctx context.Context) (string, error) {
		v, err := s.secrets.Get(ctx, ref.Name())
		return v.Reveal(), err
	}
}

func (s *signIns) network() (signin.Network, error) {
	trust, err := roots(s.provider.CAFile)
	return signin.Network{Dialer: s.w.dialer, TLS: trust, Log: s.w.logger}, err
}

func (s *signIns) microsoft() (signin.Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens != nil {
		return s.tokens, nil
	}
	n, err := s.network()
	if err != nil {
		return nil, err
	}
	m := signin.Microsoft{
		Tenant: s.how.Tenant, Application: s.how.Client, Cloud: signin.Cloud(s.how.Cloud), TokenURL: s.how.TokenURL,
		Secret: s.reveal(s.how.Secret), Certificate: s.reveal(s.how.Certificate), SecretEnds: s.how.SecretExpires.Time,
	}
	s.tokens, err = m.Tokens(n)
	return s.tokens, err
}

func (s *signIns) google(ctx context.Context) (*signin.Delegation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.delegation != nil {
		return s.delegation, nil
	}
	n, err := s.network()
	if err != nil {
		return nil, err
	}
	key, err := s.reveal(s.how.ServiceAccount)(ctx)
	if err != nil {
		return nil, err
	}
	account, err := signin.ParseServiceAccount(s.how.ServiceAccount.String(), []byte(key))
	if err != nil {
		return nil, err
	}
	s.delegation, err = account.Delegate(n, s.how.TokenURL)
	return s.delegation, err
}
