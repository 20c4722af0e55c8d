package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/mailstore"
	"lifeboat/mailstore/signin"
)

// person is somebody's consent to their mailbox being read. Where there is none yet
// and somebody is at the terminal, it is asked for.
func (s *signIns) person(ctx context.Context, a configs.MirrorAccount) (signin.Tokens, error) {
	n, err := s.network()
	if err != nil {
		return nil, err
	}
	t, err := i18n.New(i18n.Choose("auto", os.Getenv))
	if err != nil {
		return nil, err
	}
	key := s.how.MailboxSecret(string(failover.Primary), a.Address).Name()
	consent, err := signin.Person{
		Provider: s.people(), ClientID: s.how.Client, ClientSecret: s.reveal(s.how.Secret), Mailbox: a.Address,
		Vault: vault{s.secrets}, Key: key, Translate: func(say mailstore.Sentence) string { return t.Say(say) },
	}.New(n)
	if err != nil {
		return nil, err
	}
	if _, err := s.secrets.Get(ctx, key); !errors.Is(err, secret.ErrMissing) {
		return consent, err
	}
	if !atTerminal() {
		return nil, mailstore.Fail(mailstore.ErrSignIn,
			"{address} has not allowed Lifeboat to read the mailbox yet. Run \"lifeboat mirror\" in a terminal once, and follow what it says.", "address", a.Address)
	}
	// One after the other: two questions at once would confuse.
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.how.Method == configs.SignInDevice {
		return consent, consent.AskDevice(ctx, func(p signin.DevicePrompt) error {
			tell(t.T("To let Lifeboat read {address}, open {url} on any device and enter this code within {time}:",
				"address", a.Address, "url", p.URL, "time", t.Span(time.Until(p.Expires))), "", "    "+p.Code, "")
			return nil
		})
	}
	return consent, consent.AskBrowser(ctx, func(url string) error {
		tell(t.T("To let Lifeboat read {address}, open this page in the browser of this computer:", "address", a.Address), "", "    "+url, "")
		return nil
	})
}

// tell writes lines for the person at the terminal.
func tell(lines ...string) { _, _ = fmt.Fprintln(os.Stderr, strings.Join(lines, "\n")) }

// people is who signs people in: the preset's provider, with what the settings say
// instead.
func (s *signIns) people() signin.Provider {
	p := signin.Provider{Name: s.provider.Name}
	switch s.provider.Preset {
	case "microsoft365":
		tenant := s.how.Tenant
		if tenant == "" {
			tenant = "organizations"
		}
		p, _ = signin.MicrosoftPeople(tenant, signin.Cloud(s.how.Cloud)) // the settings name one of its clouds
	case "google":
		p = signin.GooglePeople()
	}
	for at, own := range map[*string]string{&p.TokenURL: s.how.TokenURL, &p.DevicesURL: s.how.DeviceURL, &p.AuthURL: s.how.AuthorizeURL} {
		if own != "" {
			*at = own
		}
	}
	if s.how.Scope != "" {
		p.Scopes = strings.Fields(s.how.Scope)
	}
	return p
}

// vault keeps refresh tokens with the other secrets.
type vault struct{ of *secret.Store }

// Get implements [signin.Vault].
func (v vault) Get(ctx context.Context, name string) (string, error) {
	got, err := v.of.Get(ctx, name)
	if errors.Is(err, secret.ErrMissing) {
		return "", mailstore.Fail(mailstore.ErrNotFound, "There is no consent to read the mailbox yet.").Because(err)
	}
	return got.Reveal(), err
}

// Set implements [signin.Vault].
func (v vault) Set(ctx context.Context, name, value string) error {
	_, err := v.of.Set(ctx, name, secret.New(value))
	return err
}
