package engine_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/probe"
	"lifeboat/mailstore/signin"
)

// settler is an admin who sets Lifeboat up in a town of real servers, with nothing but
// the domain's name and the passwords.
type settler struct {
	*newcomer
	town *town
}

func newSettler(w *town) *settler {
	w.t.Helper()
	n := &newcomer{t: w.t, secrets: &drawer{}}
	s := &settler{newcomer: n, town: w}
	dir := w.t.TempDir()
	dialer := &net.Dialer{Timeout: 4 * time.Second}
	n.opt = engine.SetupOptions{
		File: filepath.Join(dir, "lifeboat.yaml"), DataDir: filepath.Join(dir, "data"), Secrets: n.secrets, Now: time.Now,
		Discoverer: &engine.Discoverer{Reader: dnsview.New(dnsview.Options{Dialer: dialer, DoH: []string{}})},
		Keys:       &engine.KeyMeans{Machine: onThisMachine(filepath.Join(dir, "state"))}, Open: s.open,
	}
	s.reopen()
	return s
}

// open puts an engine over settings as the program does: everything by what they say.
func (s *settler) open(settings *configs.Settings) (*engine.Engine, error) {
	dialer, log := &net.Dialer{Timeout: 4 * time.Second}, slog.New(slog.DiscardHandler)
	trust := func(configs.Provider) (*tls.Config, error) {
		return &tls.Config{RootCAs: s.town.ca.Pool(), MinVersion: tls.VersionTLS12}, nil
	}
	settings.Resolver.Controls, settings.Preflight.RcptPerSecond = []string{controlAddr + ":25"}, 50
	reader := dnsview.New(dnsview.Options{Dialer: dialer, DoH: []string{}})
	source := func(ctx context.Context, user string, ref configs.SecretRef) (signin.Source, error) {
		return s.source(ctx, user, ref)
	}
	return engine.New(engine.Options{
		Settings: settings, DataDir: s.opt.DataDir, Reader: reader, Owner: "test@town", Now: time.Now, Sleep: engine.Sleep, Logger: log, Password: s.secrets.reveal,
		MakeHost: func(ctx context.Context, d configs.Domain) (dnshost.Host, error) {
			key, err := s.secrets.reveal(ctx, d.DNS.RFC2136.Secret)
			if err != nil {
				return nil, err
			}
			return rfc2136.New(rfc2136.Options{
				Server: d.DNS.RFC2136.Server, Dialer: dialer, Key: d.DNS.RFC2136.KeyName, Algorithm: d.DNS.RFC2136.Algorithm, Secret: dnshost.Secret(key),
			})
		},
		MakeProber: func(_ configs.Provider, tell func(failover.Finding)) (*probe.Prober, error) {
			roots, _ := trust(configs.Provider{})
			return probe.New(probe.Options{
				Dialer: dialer, Reader: reader, Controls: settings.Resolver.Controls, RCPTPerSecond: settings.Preflight.RcptPerSecond, TLS: roots, Log: log, Tell: tell,
			}), nil
		},
		Mail: &engine.MailParts{
			Dialer: dialer, TLS: trust, Keys: *s.opt.Keys,
			SignIn: func(ctx context.Context, a configs.MirrorAccount) (signin.Source, error) {
				return source(ctx, a.User, a.Password)
			},
		},
		Relay: &engine.RelayParts{
			Dialer: dialer, TLS: trust,
			SignIn: func(ctx context.Context, _ failover.Role, to configs.Sending) (signin.Source, error) {
				return source(ctx, to.User, to.Password)
			},
		},
	}), nil
}

// entersAll is what a person enters from the first page to the last.
func (s *settler) entersAll() {
	t := s.t
	t.Helper()
	s.change(func(d *engine.SetupDraft) { d.Domain = "example.test" })
	if _, err := s.setup.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.change(func(d *engine.SetupDraft) {
		// The MX was discovered; the rest is on the providers' papers.
		d.Primary.IMAP, d.Primary.Submission, d.Primary.SubmitTLS = "mx.primary.test:993", "mx.primary.test:587", configs.TLSStart
		d.Primary.Method, d.Primary.SPFInclude, d.Primary.Name = configs.SignInPassword, "spf.primary.test", "First"
		d.Secondary = engine.SetupProvider{
			Preset: "generic", Name: "Second", MX: []string{"mx.secondary.test"}, IMAP: "mx.secondary.test:993", Submission: "mx.secondary.test:587",
			SubmitTLS: configs.TLSStart, Method: configs.SignInPassword, SPFInclude: "spf.secondary.test",
		}
		d.Emergency = "sos"
		d.DNS = engine.SetupDNS{Host: configs.HostRFC2136, Server: "127.0.53.1:53", KeyName: "lifeboat"}
	})
	list, bad := s.setup.Paste("Name\tE-Mail\n" + "\t" + strings.Join(people("example.test"), "\n\t") + "\n")
	if added, err := s.setup.AddRecipients(list); err != nil || added != len(people("example.test")) || len(bad) > 0 {
		t.Fatalf("%d people were read: %v, %v", added, bad, err)
	}
	for _, step := range []engine.SetupStep{engine.StepPrimary, engine.StepSecondary, engine.StepDNS} {
		for _, wanted := range s.setup.SecretsOf(step) {
			value := signInPassword
			if wanted.Kind == engine.SecretTSIG {
				value = s.town.key.Secret
			}
			if _, err := s.setup.SetSecret(t.Context(), wanted.Name, secret.New(value)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// From a domain's name to settings that were tested against real servers, every field,
// and each field with its fault.
func TestSetupInTheRealWorld(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{ResolvConf: "nameserver 127.0.0.53\n"}) {
		return
	}
	s := newSettler(newTown(t))
	s.entersAll()
	for _, step := range engine.SetupSteps() {
		for _, f := range s.setup.Fields(step) {
			if a := s.tests(f); a.Verdict != failover.Pass {
				t.Errorf("%s: %s, %s, %s (%q)", f, a.Verdict, a.Word, a.Detail, a.Exact)
			}
		}
	}
	if a := s.setup.Draft().Answers[engine.FieldSecondaryMX]; a.Word.String() != "20 of 20" {
		t.Errorf("the recipients: %s", a.Word)
	}
	s.faults()
	if open := s.setup.Draft().Open; len(open) > 0 {
		t.Logf("left to do: %v", open)
	}
	w, err := s.setup.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settings, warnings, err := configs.Load(w.File, configs.Options{})
	if err != nil || len(warnings) > 0 || len(settings.RecipientsOf("example.test")) != len(people("example.test")) {
		t.Errorf("what was written: %v, %v", warnings, err)
	}
	if w.Code == "" {
		t.Error("there is no recovery code")
	}
	report, err := w.Engine.Mirror(t.Context(), engine.MirrorRequest{})
	if err != nil || report.Failed > 0 || len(report.Accounts) != len(people("example.test")) {
		t.Errorf("the first mirror: %d accounts, %d failed, %v", len(report.Accounts), report.Failed, err)
	}
	s.setupIsSettings(w)
}

// faults makes one thing wrong after the other and tests the field that has to tell.
func (s *settler) faults() {
	t := s.t
	good := s.setup.Draft()
	keep := func(name, value string) {
		if _, err := s.setup.SetSecret(t.Context(), name, secret.New(value)); err != nil {
			t.Fatal(err)
		}
	}
	edit := func(change func(*engine.SetupDraft)) func() { return func() { s.change(change) } }
	last := len(good.Recipients) - 1
	for _, c := range []struct {
		name    string
		breaks  func()
		field   engine.SetupField
		verdict failover.Verdict
		word    string
		detail  string
	}{
		{"wrong password", func() { keep("secondary-password", "not the password") }, engine.FieldSecondarySubmission, failover.Red, "Sign-in refused", ""},
		{"wrong password to read", func() { keep("primary-password", "not the password") }, engine.FieldPrimarySignIn, failover.Red, "Sign-in refused", "refuses the password"},
		{
			"unknown recipient", edit(func(d *engine.SetupDraft) {
				d.Recipients = append(d.Recipients, engine.SetupRecipient{Address: "nobody@example.test", Kind: "account"})
			}),
			engine.FieldSecondaryMX, failover.Warn, "20 of 21", "nobody@example.test",
		},
		{"wrong key", func() { keep("dns-key", servers.NewKey("lifeboat.").Secret) }, engine.FieldDNSCredential, failover.Red, "Sign-in refused", ""},
		{"wrong key name", edit(func(d *engine.SetupDraft) { d.DNS.KeyName = "lifebuoy" }), engine.FieldDNSCredential, failover.Red, "Sign-in refused", ""},
		{"dead port to read", edit(func(d *engine.SetupDraft) { d.Secondary.IMAP = "mx.secondary.test:994" }), engine.FieldSecondaryIMAP, failover.Red, "No answer", ""},
		{"dead port to send", edit(func(d *engine.SetupDraft) { d.Primary.Submission = "mx.primary.test:588" }), engine.FieldPrimarySubmission, failover.Red, "No answer", "588"},
		{"typo", edit(func(d *engine.SetupDraft) { d.Secondary.Submission = "mx.secondary.tset:587" }), engine.FieldSecondarySubmission, failover.Red, "No such name", "Did you mean mx.secondary.test"},
		{"another's certificate", edit(func(d *engine.SetupDraft) { d.Secondary.IMAP = secondAddr + ":993" }), engine.FieldSecondaryIMAP, failover.Red, "Certificate not right", ""},
		{"dead host", edit(func(d *engine.SetupDraft) { d.Primary.MX = []string{"10 ns1.example.test"} }), engine.FieldPrimaryMX, failover.Red, "No answer", "ns1.example.test"},
		{"no such domain", edit(func(d *engine.SetupDraft) { d.Domain = "exampel.test" }), engine.FieldDomain, failover.Red, "No such domain", "exampel.test"},
		{"name in use", edit(func(d *engine.SetupDraft) { d.Emergency = "ns1" }), engine.FieldEmergencyName, failover.Warn, "In use", "ns1.example.test"},
		{"no MX yet", edit(func(d *engine.SetupDraft) { d.Emergency = "later" }), engine.FieldEmergencySeed, failover.Unknown, "Not tested", "has no MX yet"},
		{"listed twice", edit(func(d *engine.SetupDraft) { d.Recipients = append(d.Recipients, d.Recipients[last]) }), engine.FieldRecipients, failover.Red, "Listed twice", ""},
		{"the same provider", edit(func(d *engine.SetupDraft) { d.Secondary.MX = d.Primary.MX }), engine.FieldSecondaryApart, failover.Red, "Not independent", "same hosts"},
	} {
		c.breaks()
		a := s.tests(c.field)
		if a.Verdict != c.verdict || !strings.Contains(a.Word.String(), c.word) || !strings.Contains(a.Detail.String(), c.detail) {
			t.Errorf("%s: %s, %q, %q (%q)", c.name, a.Verdict, a.Word, a.Detail, a.Exact)
		}
		s.change(func(d *engine.SetupDraft) { *d = good })
		keep("secondary-password", signInPassword)
		keep("primary-password", signInPassword)
		keep("dns-key", s.town.key.Secret)
		if a := s.tests(c.field); a.Verdict != failover.Pass {
			t.Errorf("%s, mended: %s, %q, %q (%q)", c.name, a.Verdict, a.Word, a.Detail, a.Exact)
		}
	}
	// A black hole ends at the field's limit at the latest, or when somebody stops it.
	undo := servers.Firewall(t, servers.Block{Host: secondAddr, Port: 993})
	if a := s.tests(engine.FieldSecondaryIMAP); a.Verdict != failover.Red || a.Word.String() != "No answer" {
		t.Errorf("a black hole: %+v", a)
	}
	undo()
	ctx, stop := context.WithCancelCause(t.Context())
	stop(errors.New("changed my mind"))
	if a := s.setup.Test(ctx, engine.FieldSecondaryIMAP, nil); a.Word.String() != "Stopped" {
		t.Errorf("stopped: %+v", a)
	}
	if a := s.tests(engine.FieldSecondaryIMAP); a.Verdict != failover.Pass {
		t.Errorf("after all that: %+v", a)
	}
}
