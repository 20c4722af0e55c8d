package engine_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/lab"
	"lifeboat/mailstore/signin"
)

// drawer keeps secrets in memory, as a keychain does.
type drawer struct {
	mu   sync.Mutex
	of   map[string]string
	fail error // what keeping comes to, if not nil
}

func (d *drawer) Get(_ context.Context, name string) (secret.Value, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.of[name]
	if !ok {
		return secret.Value{}, secret.ErrMissing
	}
	return secret.New(v), nil
}

func (d *drawer) Set(_ context.Context, name string, v secret.Value) (secret.Place, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return "", d.fail
	}
	if d.of == nil {
		d.of = map[string]string{}
	}
	d.of[name] = v.Reveal()
	return secret.InKeychain, nil
}

func (d *drawer) Remove(_ context.Context, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.of[name]; !ok {
		return secret.ErrMissing
	}
	delete(d.of, name)
	return nil
}

func (d *drawer) Replace(_ context.Context, by map[string]string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	for name, as := range by {
		d.of[name] = d.of[as]
		delete(d.of, as)
	}
	return nil
}

func (d *drawer) names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for name := range d.of {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// reveal gives the secret that a setting refers to.
func (d *drawer) reveal(ctx context.Context, ref configs.SecretRef) (string, error) {
	v, err := d.Get(ctx, ref.Name())
	return v.Reveal(), err
}

// newcomer is an admin who sets Lifeboat up in the lab's world, on a computer of their
// own.
type newcomer struct {
	t       *testing.T
	world   *lab.World
	parts   engine.Options
	secrets *drawer
	opt     engine.SetupOptions
	setup   *engine.Setup
}

func newNewcomer(t *testing.T, world lab.Options) *newcomer {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	world.Interval = -1
	p, err := engine.OpenPracticeIn(t.Context(), world, i18n.English, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	n := &newcomer{t: t, world: p.World, parts: p.Parts(), secrets: &drawer{}}
	n.withSecrets()
	dir := t.TempDir()
	n.opt = engine.SetupOptions{
		File: filepath.Join(dir, "settings", "lifeboat.yaml"), DataDir: filepath.Join(dir, "data"),
		Discoverer: &engine.Discoverer{Reader: n.parts.Reader}, Secrets: n.secrets,
		Keys: &engine.KeyMeans{Machine: onThisMachine(filepath.Join(dir, "state"))},
		Open: n.engine, Now: time.Now,
	}
	n.reopen()
	return n
}

// withSecrets has everything sign in with what is in the drawer.
func (n *newcomer) withSecrets() {
	mail, relay := *n.parts.Mail, *n.parts.Relay
	mail.Practice = false
	mail.SignIn = func(ctx context.Context, a configs.MirrorAccount) (signin.Source, error) {
		return n.source(ctx, a.User, a.Password)
	}
	relay.SignIn = func(ctx context.Context, _ failover.Role, s configs.Sending) (signin.Source, error) {
		return n.source(ctx, s.User, s.Password)
	}
	n.parts.Mail, n.parts.Relay, n.parts.Password = &mail, &relay, n.secrets.reveal
	n.parts.MakeHost = func(ctx context.Context, d configs.Domain) (dnshost.Host, error) {
		key, err := n.secrets.reveal(ctx, d.DNS.RFC2136.Secret)
		if err != nil {
			return nil, err
		}
		return rfc2136.New(rfc2136.Options{
			Server: d.DNS.RFC2136.Server, Dialer: n.world.Dialer(), Key: d.DNS.RFC2136.KeyName, Algorithm: d.DNS.RFC2136.Algorithm, Secret: dnshost.Secret(key),
		})
	}
}

func (n *newcomer) source(ctx context.Context, user string, ref configs.SecretRef) (signin.Source, error) {
	if _, err := n.secrets.reveal(ctx, ref); err != nil {
		return nil, failover.Fail(failover.ErrCredential, "no password of {address} is stored", "address", user).Because(err)
	}
	return signin.Password(user, func(ctx context.Context) (string, error) { return n.secrets.reveal(ctx, ref) }), nil
}

func (n *newcomer) engine(s *configs.Settings) (*engine.Engine, error) {
	parts := n.parts
	mail := *parts.Mail
	mail.Keys = *n.opt.Keys
	parts.Settings, parts.DataDir, parts.Mail = s, n.opt.DataDir, &mail
	return engine.New(parts), nil
}

// reopen closes the window and opens it again.
func (n *newcomer) reopen() {
	n.t.Helper()
	var err error
	if n.setup, err = engine.OpenSetup(n.t.Context(), n.opt); err != nil {
		n.t.Fatal(err)
	}
}

func (n *newcomer) change(change func(*engine.SetupDraft)) {
	n.t.Helper()
	if err := n.setup.Change(change); err != nil {
		n.t.Fatal(err)
	}
}

// fills in everything that the world needs, from its domain's name on.
func (n *newcomer) fillsIn() {
	t := n.t
	t.Helper()
	d := n.world.Domain()
	n.change(func(s *engine.SetupDraft) { s.Domain, s.Organization = failover.Display(d.Name), "Example" })
	if _, err := n.setup.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.change(func(s *engine.SetupDraft) {
		for side, p := range map[engine.Side]*engine.SetupProvider{engine.SidePrimary: &s.Primary, engine.SideSecondary: &s.Secondary} {
			of := d.Provider(failover.Role(side))
			p.Preset, p.Method, p.Each, p.SPFInclude, p.Name = "generic", configs.SignInPassword, true, of.SPFInclude, of.Name
			p.IMAP, p.IMAPTLS = hostPort(of.IMAP), string(of.IMAP.Security)
			p.Submission, p.SubmitTLS = hostPort(of.Submission), string(of.Submission.Security)
			p.MX = nil
			for _, m := range of.MX {
				p.MX = append(p.MX, configs.MX{Preference: m.Preference, Host: failover.Display(m.Host)}.String())
			}
		}
		s.Emergency = failover.Display(d.Emergency)
		s.DNS = engine.SetupDNS{Host: configs.HostRFC2136, Server: n.world.UpdateServer(), KeyName: n.world.TSIG().Name}
	})
	var list []engine.SetupRecipient
	for _, r := range d.Recipients {
		kind := string(configs.KindGroup)
		if r.Kind == failover.Account {
			kind = string(configs.KindAccount)
		}
		list = append(list, engine.SetupRecipient{Address: r.Address, Kind: kind})
	}
	if added, err := n.setup.AddRecipients(list); err != nil || added != len(list) {
		t.Fatalf("%d of %d recipients were taken: %v", added, len(list), err)
	}
	if _, err := n.setup.SetSecret(t.Context(), n.setup.SecretsOf(engine.StepDNS)[0].Name, secret.New(n.world.TSIG().Secret)); err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		for _, side := range []engine.Side{engine.SidePrimary, engine.SideSecondary} {
			if _, password := n.world.StaffLogin(failover.Role(side), r.Address); password != "" {
				if err := n.setup.SetPassword(t.Context(), side, r.Address, secret.New(password)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func hostPort(e failover.Endpoint) string {
	return configsEndpoint(failover.Display(e.Host), e.Port)
}

// tests tests a field, and holds the answer to its form.
func (n *newcomer) tests(f engine.SetupField) engine.SetupAnswer {
	n.t.Helper()
	return testField(n.t, n.setup, f)
}

func speakEnglish(t *testing.T) *i18n.Tongue {
	t.Helper()
	tongue, err := i18n.New(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	return tongue
}
