package presentertest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// Setup is an engine's set-up that asks nobody: it finds aoba.example at Microsoft 365,
// and comes to the answers that it is given.
type Setup struct {
	// Comes are the answers of tests, by field; a field without one passes.
	Comes map[engine.SetupField]engine.SetupAnswer
	// Hold, where it is set, keeps tests from ending until it is closed; Told hears of
	// each that has begun.
	Hold chan struct{}
	Told chan engine.SetupField
	// Prompt is what a sign-in by a code shows.
	Prompt engine.SetupPrompt
	// Fails is what Change and Write come to.
	Fails error
	// There are settings already.
	There bool
	Left  []configs.Problem

	mu      sync.Mutex
	draft   engine.SetupDraft
	secrets map[string]string
	written int
}

// NewSetup begins with a draft.
func NewSetup(d engine.SetupDraft) *Setup {
	return &Setup{draft: d, secrets: map[string]string{}, Comes: map[engine.SetupField]engine.SetupAnswer{}}
}

// Found is what is public about aoba.example.
func Found() *engine.Discovery {
	return &engine.Discovery{
		Domain: "aoba.example.", Zone: "aoba.example.", NameServers: []string{"01.dnsv.jp.", "02.dnsv.jp."},
		MX: []failover.MX{{Preference: 0, Host: "aoba-example.mail.protection.outlook.com."}}, MXTTL: 3600,
		SPF: "v=spf1 include:spf.protection.outlook.com include:spf.messagingengine.com ~all", Preset: "microsoft365", ProviderName: "Microsoft 365",
		DNSHost: configs.HostManual, Console: "onamae", DNSHostName: "Onamae.com",
	}
}

// People are so many recipients.
func People(n int) []engine.SetupRecipient {
	names := []string{"keiri", "saiyo", "info", "sato", "suzuki", "takahashi", "tanaka", "eigyo"}
	var out []engine.SetupRecipient
	for i := range n {
		name := names[i%len(names)]
		if i >= len(names) {
			name += strconv.Itoa(i / len(names))
		}
		r := engine.SetupRecipient{Address: name + "@aoba.example", Kind: "account"}
		switch i % 8 {
		case 2:
			r.Kind = "shared"
		case 7:
			r.Kind, r.Aliases = "group", []string{"sales@aoba.example"}
		}
		out = append(out, r)
	}
	return out
}

// Existing reports whether there are settings.
func (s *Setup) Existing() bool { return s.There }

// Began says nothing.
func (s *Setup) Began() failover.Sentence { return failover.Sentence{} }

// Draft is a copy of the draft.
func (s *Setup) Draft() engine.SetupDraft {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.draft
	d.Done, d.Answers, d.Recipients = maps.Clone(d.Done), maps.Clone(d.Answers), slices.Clone(d.Recipients)
	return d
}

// Secret is a secret that was kept.
func (s *Setup) Secret(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secrets[name]
}

// Writings is how often the settings were written.
func (s *Setup) Writings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written
}

// Change changes the draft.
func (s *Setup) Change(change func(*engine.SetupDraft)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Fails != nil {
		return s.Fails
	}
	change(&s.draft)
	return nil
}

// Discover finds what Found is.
func (s *Setup) Discover(context.Context) (engine.Discovery, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Fails != nil {
		return engine.Discovery{}, s.Fails
	}
	s.draft.Found = Found()
	if s.draft.Primary.Preset == "" {
		s.draft.Primary.Preset, s.draft.Primary.Method = "microsoft365", configs.SignInMicrosoft365
		s.draft.DNS.Host, s.draft.DNS.Console = configs.HostManual, "onamae"
	}
	return *s.draft.Found, nil
}

func (s *Setup) side(side engine.Side) engine.SetupProvider {
	s.mu.Lock()
	defer s.mu.Unlock()
	if side == engine.SideSecondary {
		return s.draft.Secondary
	}
	return s.draft.Primary
}

// Provider lays what was entered over its preset.
func (s *Setup) Provider(side engine.Side) engine.SetupProvider {
	p := s.side(side)
	preset, ok := configs.PresetNamed(p.Preset)
	if !ok {
		return p
	}
	if len(p.MX) == 0 {
		for _, m := range preset.MX {
			p.MX = append(p.MX, fmt.Sprintf("%d %s", m.Preference, strings.ReplaceAll(m.Host, "{domain-dashes}", "aoba-example")))
		}
	}
	if p.IMAP == "" && preset.IMAP.Host != "" {
		p.IMAP, p.IMAPTLS = preset.IMAP.Host, preset.IMAP.TLS
	}
	if p.Submission == "" && preset.Submission.Host != "" {
		p.Submission, p.SubmitTLS = preset.Submission.Host, preset.Submission.TLS
	}
	return p
}

// Methods lists two ways of signing in to Microsoft 365, and one elsewhere.
func (s *Setup) Methods(side engine.Side) []engine.SetupMethod {
	if s.side(side).Preset == "microsoft365" {
		return []engine.SetupMethod{
			{Method: configs.SignInMicrosoft365, Title: failover.Say("An application of Microsoft 365, for all mailboxes"), Needs: []string{"tenant", "client", "secret_expires", "trial"}},
			{Method: configs.SignInDevice, Title: failover.Say("A code on another device, for one mailbox"), Needs: []string{"tenant", "client", "trial"}},
		}
	}
	return []engine.SetupMethod{{Method: configs.SignInPassword, Title: failover.Say("Password"), Needs: []string{"each", "username", "user", "trial"}}}
}

// SecretsOf lists one secret a step.
func (s *Setup) SecretsOf(step engine.SetupStep) []engine.SetupSecret {
	kind, p := engine.SecretPassword, s.side(engine.SidePrimary)
	switch step {
	case engine.StepSecondary:
		p = s.side(engine.SideSecondary)
	case engine.StepPrimary:
	case engine.StepDNS:
		host := s.Draft().DNS.Host
		if host == configs.HostManual || host == "" {
			return nil
		}
		return []engine.SetupSecret{s.secretOf("dns", map[string]engine.SecretKind{configs.HostRFC2136: engine.SecretTSIG, configs.HostCloudflare: engine.SecretToken}[host])}
	default:
		return nil
	}
	switch {
	case p.Preset == "" || p.Preset == engine.NoneYet:
		return nil
	case p.Method == configs.SignInMicrosoft365:
		kind = engine.SecretApplication
	case p.Method == configs.SignInDevice:
		return []engine.SetupSecret{{Kind: engine.SecretConsent, Of: 1}}
	case p.Method == configs.SignInGoogle:
		kind = engine.SecretServiceAccount
	}
	out := []engine.SetupSecret{s.secretOf(string(step), kind)}
	if p.Each {
		out = append(out, engine.SetupSecret{Kind: engine.SecretPasswords, Kept: 0, Of: len(s.Draft().Recipients)})
	}
	return out
}

func (s *Setup) secretOf(name string, kind engine.SecretKind) engine.SetupSecret {
	one := engine.SetupSecret{Name: name, Kind: kind, Of: 1}
	if s.Secret(name) != "" {
		one.Kept = 1
	}
	return one
}

// SetSecret keeps a secret.
func (s *Setup) SetSecret(_ context.Context, name string, v secret.Value) (secret.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = v.Reveal()
	return secret.InKeychain, nil
}

// ReadPasswords reads none.
func (s *Setup) ReadPasswords(context.Context, engine.Side, string) (int, []failover.Sentence, error) {
	return 0, nil, s.Fails
}

// Agree shows the prompt, and waits for Hold.
func (s *Setup) Agree(ctx context.Context, _ engine.Side, _ string, show func(engine.SetupPrompt)) error {
	show(s.Prompt)
	select {
	case <-s.Hold:
		return s.Fails
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Guide lists a few steps at a console.
func (s *Setup) Guide(side engine.Side) []engine.GuideStep {
	if p := s.side(side); side == engine.SidePrimary || p.Preset == "" || p.Preset == engine.NoneYet {
		return nil
	}
	return []engine.GuideStep{
		{Index: 0, Say: failover.Say("Add {domain} under Settings, Domains, and choose to keep the mail where it is for now.", "domain", "aoba.example"), Copy: []string{"aoba.example"}, Page: "https://app.fastmail.com/"},
		{Index: 1, Say: failover.Say("Make a user for each account ({count}).", "count", 29), Copy: []string{"keiri@aoba.example", "saiyo@aoba.example"}},
		{Index: 2, Say: failover.Say("Under Settings, Privacy & Security, make an app password for mail (IMAP and SMTP).")},
	}
}

// Fields are the engine's own.
func (s *Setup) Fields(step engine.SetupStep) []engine.SetupField {
	d := s.Draft()
	switch step {
	case engine.StepDomain:
		return []engine.SetupField{engine.FieldDomain}
	case engine.StepPrimary:
		return []engine.SetupField{engine.FieldPrimarySignIn, engine.FieldPrimaryMX, engine.FieldPrimarySubmission, engine.FieldPrimaryIMAP}
	case engine.StepSecondary:
		if d.Secondary.Preset == "" || d.Secondary.Preset == engine.NoneYet {
			return nil
		}
		return []engine.SetupField{engine.FieldSecondaryApart, engine.FieldSecondarySignIn, engine.FieldSecondaryMX, engine.FieldSecondarySubmission, engine.FieldSecondaryIMAP}
	case engine.StepEmergency:
		if d.Emergency == "" {
			return nil
		}
		return []engine.SetupField{engine.FieldEmergencyName, engine.FieldEmergencySeed}
	case engine.StepDNS:
		return []engine.SetupField{engine.FieldDNSCredential}
	case engine.StepRecipients:
		return []engine.SetupField{engine.FieldRecipients}
	case engine.StepMirror:
		return []engine.SetupField{engine.FieldMirror}
	default:
		return nil
	}
}

// Test comes to what it was given.
func (s *Setup) Test(ctx context.Context, f engine.SetupField, tell func(engine.SetupAnswer)) engine.SetupAnswer {
	tell(engine.SetupAnswer{Field: f, Working: true, Word: failover.Say("{count} of {of}", "count", 26, "of", 40)})
	if s.Told != nil {
		s.Told <- f
	}
	if s.Hold != nil {
		select {
		case <-s.Hold:
		case <-ctx.Done():
			return engine.SetupAnswer{Field: f, Verdict: failover.Unknown, Word: failover.Say("Stopped")}
		}
	}
	a, ok := s.Comes[f]
	if !ok {
		a = engine.SetupAnswer{Verdict: failover.Pass, Word: failover.Say("Independent"), At: Noon}
	}
	a.Field = f
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draft.Answers == nil {
		s.draft.Answers = map[engine.SetupField]engine.SetupAnswer{}
	}
	s.draft.Answers[f] = a
	return a
}

// Paste reads addresses, one a line.
func (s *Setup) Paste(text string) (out []engine.SetupRecipient, unread []failover.Sentence) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.Contains(line, "@"):
			out = append(out, engine.SetupRecipient{Address: line, Kind: "account"})
		default:
			unread = append(unread, failover.Say("Testing"))
		}
	}
	return out, unread
}

// PasteFile reads three addresses.
func (s *Setup) PasteFile(string) ([]engine.SetupRecipient, []failover.Sentence, error) {
	return People(3), nil, s.Fails
}

// AddRecipients adds those that are new.
func (s *Setup) AddRecipients(list []engine.SetupRecipient) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range list {
		if !slices.ContainsFunc(s.draft.Recipients, func(o engine.SetupRecipient) bool { return o.Address == r.Address }) {
			s.draft.Recipients = append(s.draft.Recipients, r)
			n++
		}
	}
	return n, nil
}

// Problems are those that are left.
func (s *Setup) Problems() []configs.Problem { return s.Left }

// Code is the recovery code that writing comes to.
const Code = "7KQ2-9FXM-41TD-8WCH-ZB5N-3RPE"

// Write counts.
func (s *Setup) Write(context.Context) (engine.Written, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Fails != nil {
		return engine.Written{}, s.Fails
	}
	s.written++
	w := engine.Written{File: "lifeboat.yaml"}
	if s.written == 1 {
		w.Code = Code
	}
	return w, nil
}
