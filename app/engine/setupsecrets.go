package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/mailstore"
	"lifeboat/mailstore/signin"
)

// Methods lists the ways of signing in that a provider's preset knows, the best first.
func (s *Setup) Methods(side Side) []SetupMethod {
	password := SetupMethod{Method: configs.SignInPassword, Title: failover.Say("Password"), Needs: []string{"each", "username", "user", "trial"}}
	switch s.Draft().side(side).Preset {
	case "microsoft365":
		out := []SetupMethod{{
			Method: configs.SignInMicrosoft365, Title: failover.Say("An application of Microsoft 365, for all mailboxes"),
			Needs: []string{"tenant", "client", "secret_expires", "trial"},
		}}
		if side == SidePrimary {
			out = append(out, SetupMethod{
				Method: configs.SignInDevice, Title: failover.Say("A code on another device, for one mailbox"), Needs: []string{"tenant", "client", "trial"},
			})
		}
		return out
	case "google":
		password.Title = failover.Say("App passwords")
		return []SetupMethod{
			{Method: configs.SignInGoogle, Title: failover.Say("A service account of Google, for all mailboxes"), Needs: []string{"trial"}},
			password,
		}
	case "fastmail", "zoho":
		password.Title = failover.Say("App passwords")
	}
	return []SetupMethod{password}
}

// SecretsOf lists the secrets that a step asks for, by what is chosen there.
func (s *Setup) SecretsOf(step SetupStep) []SetupSecret {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.kept()
	one := func(name configs.SecretRef, kind SecretKind) []SetupSecret {
		out := SetupSecret{Name: name.Name(), Kind: kind, Of: 1}
		if kept(out.Name) {
			out.Kept = 1
		}
		return []SetupSecret{out}
	}
	switch step {
	case StepDNS:
		switch dns := s.dnsFor(s.draft); dns.Host {
		case configs.HostRFC2136:
			return one(dns.RFC2136.Secret, SecretTSIG)
		case configs.HostCloudflare:
			return one(dns.Cloudflare.Token, SecretToken)
		}
	case StepPrimary:
		return s.secretsAt(SidePrimary, kept, one)
	case StepSecondary:
		return s.secretsAt(SideSecondary, kept, one)
	case StepDomain, StepEmergency, StepRecipients, StepMirror, StepDrill:
	}
	return nil
}

func (s *Setup) secretsAt(side Side, kept func(string) bool, one func(configs.SecretRef, SecretKind) []SetupSecret) []SetupSecret {
	p, names := s.draft.side(side), s.namesFor(s.draft, side)
	if !p.chosen() {
		return nil
	}
	switch p.Method {
	case configs.SignInMicrosoft365:
		if s.baseOfSide(side).SignIn.Certificate != "" {
			return nil
		}
		return one(names.application, SecretApplication)
	case configs.SignInGoogle:
		return one(names.serviceAccount, SecretServiceAccount)
	case configs.SignInDevice, configs.SignInPKCE:
		return []SetupSecret{s.perMailbox(side, SecretConsent, kept)}
	case configs.SignInPassword:
	default:
		return nil
	}
	var out []SetupSecret
	if !p.Each || p.Username != "" {
		out = one(names.password, SecretPassword)
	}
	if p.Each {
		out = append(out, s.perMailbox(side, SecretPasswords, kept))
	}
	return out
}

// perMailbox counts the mailboxes that have a secret of their own.
func (s *Setup) perMailbox(side Side, kind SecretKind, kept func(string) bool) SetupSecret {
	out := SetupSecret{Kind: kind}
	for _, address := range s.draft.mailboxes(side) {
		out.Of++
		if kept(s.mailboxSecret(s.draft, side, address).Name()) {
			out.Kept++
		}
	}
	return out
}

// mailboxes are those that somebody signs in to; the trial one while there are none.
func (d SetupDraft) mailboxes(side Side) []string {
	var out []string
	for _, r := range d.Recipients {
		if kindOf(r.Kind) != configs.KindGroup {
			out = append(out, r.Address)
		}
	}
	if trial := strings.TrimSpace(d.side(side).Trial); len(out) == 0 && trial != "" {
		out = append(out, trial)
	}
	return out
}

// kept tells which secrets are there, by name; it asks for no passphrase.
func (s *Setup) kept() func(name string) bool {
	names := slices.Clone(s.draft.Secrets)
	if lists, ok := s.opt.Secrets.(interface {
		List() ([]secret.Entry, error)
	}); ok {
		if entries, err := lists.List(); err == nil {
			for _, e := range entries {
				names = append(names, e.Name)
			}
		}
	}
	staged := s.draft.Staged
	return func(name string) bool {
		if is, ok := staged[name]; ok {
			return is
		}
		return slices.Contains(names, name)
	}
}

// SetSecret keeps a secret; the draft says from then on that it is there. An empty
// one is forgotten. The place says where it is kept.
//
// One that the settings name already stays in use as it is until [Setup.Write]: see
// setupstage.go.
func (s *Setup) SetSecret(ctx context.Context, name string, v secret.Value) (secret.Place, error) {
	if v.IsEmpty() {
		return "", s.forget(ctx, name)
	}
	staged := s.staged([]string{name})
	place, err := s.opt.Secrets.Set(ctx, staged[name], v)
	if err != nil {
		return "", err
	}
	return place, s.noteSecrets(staged)
}

// SetPassword keeps the password of one mailbox at a provider.
func (s *Setup) SetPassword(ctx context.Context, side Side, address string, v secret.Value) error {
	address, ok := configs.MailboxAddress(address)
	if !ok {
		return failover.Fail(failover.ErrInvalid, "this is not a mail address in plain half-width letters: write it like info@example.jp")
	}
	_, err := s.SetSecret(ctx, s.mailboxNames(side, address)[address], v)
	return err
}

// ReadPasswords keeps the passwords of a CSV file with the columns address and
// password. It returns how many, and says which rows are none.
func (s *Setup) ReadPasswords(ctx context.Context, side Side, file string) (int, []failover.Sentence, error) {
	list, bad, err := configs.ReadPasswords(file)
	if err != nil {
		return 0, nil, err
	}
	addresses := make([]string, len(list))
	for i, m := range list {
		addresses[i] = m.Address
	}
	names := s.mailboxNames(side, addresses...)
	staged := s.staged(slices.Collect(maps.Values(names)))
	values := map[string]secret.Value{}
	for _, m := range list {
		values[staged[names[m.Address]]] = secret.New(m.Password)
	}
	if all, ok := s.opt.Secrets.(interface {
		SetAll(ctx context.Context, values map[string]secret.Value) (map[string]secret.Place, error)
	}); ok && len(values) > 0 {
		_, err = all.SetAll(ctx, values)
	} else {
		for name, v := range values {
			if _, err = s.opt.Secrets.Set(ctx, name, v); err != nil {
				break
			}
		}
	}
	if err != nil {
		return 0, nil, err
	}
	return len(values), sentencesOf(bad), s.noteSecrets(staged)
}

func sentencesOf(problems []configs.Problem) []failover.Sentence {
	var out []failover.Sentence
	for _, p := range problems {
		template, args := p.Sentence()
		out = append(out, failover.Sentence{Template: template, Args: args})
	}
	return out
}

// Agree asks the person of a mailbox (empty: the trial one, or the first) for their
// consent by a code on another device (RFC 8628). show is told what they have to do; it
// returns when they have agreed or not, or ctx ends.
func (s *Setup) Agree(ctx context.Context, side Side, mailbox string, show func(SetupPrompt)) error {
	d := s.Draft()
	if mailbox == "" {
		if all := d.mailboxes(side); len(all) > 0 {
			mailbox = all[0]
		}
	}
	mailbox, ok := configs.MailboxAddress(mailbox)
	if !ok {
		return failover.Fail(failover.ErrInvalid, "enter the address of the mailbox first")
	}
	t, err := s.trial(d, side)
	if err != nil {
		return err
	}
	mail := t.engine.opt.Mail
	if mail == nil {
		return noMail()
	}
	trust, err := mail.TLS(t.provider(side))
	if err != nil {
		return err
	}
	key := t.provider(side).SignIn.MailboxSecret(string(side), mailbox).Name()
	consent, err := signin.Person{
		Provider: PeopleOf(t.provider(side)), ClientID: t.provider(side).SignIn.Client, Mailbox: mailbox,
		Vault: consentVault{s.opt.Secrets}, Key: key,
	}.New(signin.Network{Dialer: mail.Dialer, TLS: trust, Now: s.opt.Now, Log: t.engine.opt.Logger})
	if err != nil {
		return err
	}
	err = consent.AskDevice(ctx, func(p signin.DevicePrompt) error {
		show(SetupPrompt{Mailbox: mailbox, URL: p.URL, Code: p.Code, Expires: p.Expires})
		return nil
	})
	if err != nil {
		return err
	}
	return s.note(func(d *SetupDraft) {
		if !slices.Contains(d.Secrets, key) {
			d.Secrets = append(d.Secrets, key)
		}
	})
}

// PeopleOf is who signs people in at a provider: the preset's, with what the settings
// say instead.
func PeopleOf(p configs.Provider) signin.Provider {
	out := signin.Provider{Name: p.Name}
	how := p.SignIn
	switch p.Preset {
	case "microsoft365":
		tenant := how.Tenant
		if tenant == "" {
			tenant = "organizations"
		}
		out, _ = signin.MicrosoftPeople(tenant, signin.Cloud(how.Cloud)) // the settings name one of its clouds
	case "google":
		out = signin.GooglePeople()
	}
	for at, own := range map[*string]string{&out.TokenURL: how.TokenURL, &out.DevicesURL: how.DeviceURL, &out.AuthURL: how.AuthorizeURL} {
		if own != "" {
			*at = own
		}
	}
	if how.Scope != "" {
		out.Scopes = strings.Fields(how.Scope)
	}
	return out
}

// consentVault keeps refresh tokens with the other secrets.
type consentVault struct{ of Keeper }

// Get implements [signin.Vault].
func (v consentVault) Get(ctx context.Context, name string) (string, error) {
	got, err := v.of.Get(ctx, name)
	if errors.Is(err, secret.ErrMissing) {
		return "", mailstore.Fail(mailstore.ErrNotFound, "There is no consent to read the mailbox yet.").Because(err)
	}
	return got.Reveal(), err
}

// Set implements [signin.Vault].
func (v consentVault) Set(ctx context.Context, name, value string) error {
	_, err := v.of.Set(ctx, name, secret.New(value))
	return err
}
