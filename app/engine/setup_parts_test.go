package engine_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/lab"
)

// What is pasted comes into the draft once, and aliases stay with whose they are.
func TestSetupTakesRecipients(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	sjis, err := japanese.ShiftJIS.NewEncoder().String("メールアドレス,種別,エイリアス\r\nanna@example.test,,a@example.test\r\n経理 <keiri@example.test>,共有,\r\n")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte(sjis), 0o600); err != nil {
		t.Fatal(err)
	}
	list, bad, err := n.setup.PasteFile(file)
	if err != nil || len(bad) > 0 {
		t.Fatalf("%v, %v", bad, err)
	}
	if added, err := n.setup.AddRecipients(list); err != nil || added != 2 {
		t.Errorf("%d were added: %v", added, err)
	}
	list, bad = n.setup.Paste("a@example.test\nanna@example.test\tgroup\nkeiri@example.test\nnew@example.test\nnobody\n")
	if len(bad) != 1 || !strings.Contains(bad[0].String(), "nobody") {
		t.Errorf("what was told: %v", bad)
	}
	if added, err := n.setup.AddRecipients(list); err != nil || added != 1 {
		t.Errorf("%d were added: %v", added, err)
	}
	want := []engine.SetupRecipient{
		{Address: "anna@example.test", Kind: "group", Aliases: []string{"a@example.test"}},
		{Address: "keiri@example.test", Kind: "shared"},
		{Address: "new@example.test", Kind: "account"},
	}
	if d := cmp.Diff(want, n.setup.Draft().Recipients); d != "" {
		t.Errorf("the recipients are otherwise (-want +got):\n%s", d)
	}
	for name, file := range map[string]string{"a folder": t.TempDir(), "nothing": filepath.Join(t.TempDir(), "nothing.csv")} {
		if _, _, err := n.setup.PasteFile(file); err == nil || failover.SentenceOf(err).IsZero() {
			t.Errorf("%s is read: %v", name, err)
		}
	}
}

// What to do at a console is said with what is to be entered there, and ticked off.
func TestSetupGuides(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.change(func(d *engine.SetupDraft) {
		d.Domain, d.Secondary.Preset, d.Secondary.Told = "example.test", "fastmail", map[int]bool{0: true}
		d.Recipients = []engine.SetupRecipient{{Address: "anna@example.test", Kind: "account", Aliases: []string{"a@example.test"}}}
	})
	var copied [][]string
	for i, step := range n.setup.Guide(engine.SideSecondary) {
		if strings.ContainsAny(step.Say.String(), "{}") || step.Page == "" || step.Done != (step.Index == 0) {
			t.Errorf("step %d: %+v", i, step)
		}
		if step.Copy != nil {
			copied = append(copied, step.Copy)
		}
	}
	want := [][]string{{"example.test"}, {"anna@example.test"}, {"a@example.test"}, {"example.test"}}
	if d := cmp.Diff(want, copied); d != "" {
		t.Errorf("what is to be copied (-want +got):\n%s", d)
	}
	if p := n.setup.Provider(engine.SideSecondary); p.Name != "Fastmail" || p.IMAP != "imap.fastmail.com:993" || len(p.MX) != 2 || p.SPFInclude == "" {
		t.Errorf("with its preset it is %+v", p)
	}
	n.change(func(d *engine.SetupDraft) { d.Secondary = engine.SetupProvider{Preset: engine.NoneYet} })
	if steps, fields := n.setup.Guide(engine.SideSecondary), n.setup.Fields(engine.StepSecondary); len(steps)+len(fields) > 0 {
		t.Errorf("without a secondary there is something to do: %v, %v", steps, fields)
	}
}

// Each way of signing in asks for its own secrets, which are counted and never kept in
// the draft.
func TestSetupSecrets(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.change(func(d *engine.SetupDraft) {
		d.Domain = "example.test"
		d.Recipients = []engine.SetupRecipient{{Address: "anna@example.test", Kind: "account"}, {Address: "all@example.test", Kind: "group"}, {Address: "info@example.test", Kind: "shared"}}
	})
	for name, c := range map[string]struct {
		provider engine.SetupProvider
		want     []engine.SetupSecret
	}{
		"one password":           {engine.SetupProvider{Preset: "generic", Method: "password"}, []engine.SetupSecret{{Name: "secondary-password", Kind: engine.SecretPassword, Of: 1}}},
		"a password each":        {engine.SetupProvider{Preset: "generic", Method: "password", Each: true}, []engine.SetupSecret{{Kind: engine.SecretPasswords, Of: 2}}},
		"an application":         {engine.SetupProvider{Preset: "microsoft365", Method: "microsoft365"}, []engine.SetupSecret{{Name: "secondary-microsoft365", Kind: engine.SecretApplication, Of: 1}}},
		"a service account":      {engine.SetupProvider{Preset: "google", Method: "google"}, []engine.SetupSecret{{Name: "secondary-google", Kind: engine.SecretServiceAccount, Of: 1}}},
		"a person":               {engine.SetupProvider{Preset: "microsoft365", Method: "device"}, []engine.SetupSecret{{Kind: engine.SecretConsent, Of: 2}}},
		"nothing chosen":         {engine.SetupProvider{Preset: "generic"}, nil},
		"no provider":            {engine.SetupProvider{Method: "password"}, nil},
		"everybody's and each's": {engine.SetupProvider{Preset: "generic", Method: "password", Each: true, Username: "relay"}, []engine.SetupSecret{{Name: "secondary-password", Kind: engine.SecretPassword, Of: 1}, {Kind: engine.SecretPasswords, Of: 2}}},
	} {
		n.change(func(d *engine.SetupDraft) { d.Secondary = c.provider })
		if d := cmp.Diff(c.want, n.setup.SecretsOf(engine.StepSecondary)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	n.change(func(d *engine.SetupDraft) {
		d.Secondary = engine.SetupProvider{Preset: "generic", Method: "password", Each: true}
	})
	table := filepath.Join(t.TempDir(), "passwords.csv")
	if err := os.WriteFile(table, []byte("address,password\nanna@example.test,hunter2\nnobody,x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if count, bad, err := n.setup.ReadPasswords(t.Context(), engine.SideSecondary, table); count != 1 || len(bad) != 1 || err != nil {
		t.Errorf("%d passwords were read: %v, %v", count, bad, err)
	}
	if got := n.setup.SecretsOf(engine.StepSecondary); len(got) != 1 || got[0].Kept != 1 {
		t.Errorf("one of two passwords is kept: %+v", got)
	}
	if err := n.setup.SetPassword(t.Context(), engine.SideSecondary, "no address", secret.New("x")); err == nil {
		t.Error("a password of nobody was kept")
	}
	if draft, err := json.Marshal(n.setup.Draft()); err != nil || strings.Contains(string(draft), "hunter2") {
		t.Errorf("the draft shows a password: %v", err)
	}
	if _, err := n.setup.SetSecret(t.Context(), n.setup.Draft().Secrets[0], secret.New("")); err != nil || len(n.secrets.names()) != 0 {
		t.Errorf("an emptied secret is kept: %v, %v", n.secrets.names(), err)
	}
	for preset, methods := range map[string]int{"microsoft365": 2, "google": 2, "fastmail": 1, "generic": 1} {
		n.change(func(d *engine.SetupDraft) { d.Primary.Preset = preset })
		if got := n.setup.Methods(engine.SidePrimary); len(got) != methods || got[0].Title.IsZero() {
			t.Errorf("%s can be signed in to by %+v", preset, got)
		}
	}
}

// Two providers that would fail together are told apart from two that would not.
func TestSetupJudgesIndependence(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.fillsIn()
	good := n.setup.Draft()
	for name, c := range map[string]struct {
		change func(*engine.SetupDraft)
		want   failover.Verdict
		say    string
	}{
		"the same company": {func(d *engine.SetupDraft) {
			d.Primary, d.Secondary = engine.SetupProvider{Preset: "google"}, engine.SetupProvider{Preset: "google"}
		}, failover.Red, "what stops one"},
		"the same servers": {func(d *engine.SetupDraft) { d.Secondary.IMAP = d.Primary.IMAP }, failover.Red, "same servers"},
		"the same domain":  {func(d *engine.SetupDraft) { d.Secondary.MX = []string{"other.harbormail.test"} }, failover.Warn, "below harbormail.test"},
		"the DNS at the primary": {func(d *engine.SetupDraft) {
			d.Found.DNSHostName, d.Primary.Name = "Xserver", "Xserver"
		}, failover.Warn, "The DNS of example.test is at Xserver"},
		"different ones": {func(*engine.SetupDraft) {}, failover.Pass, "Neither company"},
		"only one":       {func(d *engine.SetupDraft) { d.Secondary = engine.SetupProvider{} }, failover.Unknown, "both providers"},
	} {
		n.change(func(d *engine.SetupDraft) { *d = good; found := *good.Found; d.Found = &found; c.change(d) })
		if a := n.tests(engine.FieldSecondaryApart); a.Verdict != c.want || !strings.Contains(a.Detail.String(), c.say) {
			t.Errorf("%s: %s, %s, %s", name, a.Verdict, a.Word, a.Detail)
		}
	}
}

// toIssuer leads every connection to one server.
type toIssuer struct{ addr string }

func (d toIssuer) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, d.addr)
}

// A person agrees on another device, and their consent is kept as a secret.
func TestSetupAsksForConsent(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	ca := servers.NewAuthority(t)
	issuer := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer := map[string]any{"device_code": "d", "user_code": "WXYZ-1234", "verification_uri": "https://microsoft.com/devicelogin", "expires_in": 900, "interval": 1}
		if strings.HasSuffix(r.URL.Path, "/token") {
			answer = map[string]any{"access_token": "a", "refresh_token": "hunter2", "token_type": "Bearer", "expires_in": 3600}
		}
		_ = json.NewEncoder(w).Encode(answer) // the other side tells
	}))
	issuer.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "login.microsoftonline.com").TLS}, MinVersion: tls.VersionTLS12}
	issuer.StartTLS()
	t.Cleanup(issuer.Close)
	mail := *n.parts.Mail
	mail.Dialer = toIssuer{issuer.Listener.Addr().String()}
	mail.TLS = func(configs.Provider) (*tls.Config, error) {
		return &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12}, nil
	}
	n.parts.Mail = &mail

	if err := n.setup.Agree(t.Context(), engine.SidePrimary, "", func(engine.SetupPrompt) {}); err == nil {
		t.Error("nobody agreed to nothing")
	}
	n.change(func(d *engine.SetupDraft) {
		d.Domain = "example.test"
		d.Primary = engine.SetupProvider{Preset: "microsoft365", Method: configs.SignInDevice, Client: "an application", Trial: "anna@example.test"}
	})
	if a := n.tests(engine.FieldPrimarySignIn); !strings.Contains(a.Detail.String(), "has not agreed yet") {
		t.Errorf("before anybody agreed: %+v", a)
	}
	var shown engine.SetupPrompt
	if err := n.setup.Agree(t.Context(), engine.SidePrimary, "", func(p engine.SetupPrompt) { shown = p }); err != nil {
		t.Fatal(err)
	}
	if shown.Mailbox != "anna@example.test" || shown.Code != "WXYZ-1234" || shown.URL == "" || shown.Expires.IsZero() {
		t.Errorf("the person is shown %+v", shown)
	}
	if got := n.setup.SecretsOf(engine.StepPrimary); len(got) != 1 || got[0].Kind != engine.SecretConsent || got[0].Kept != 1 {
		t.Errorf("the consent is not kept: %+v, %v", got, n.secrets.names())
	}
}

// During a failover the MX leads to the secondary. Whoever opens the settings then and
// looks the domain up has the same primary as before.
func TestSetupKeepsThePrimaryDuringAFailover(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{TTL: 5, Factor: 50})
	n.fillsIn()
	if _, err := n.setup.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := n.setup.Draft()
	d := n.world.Domain()
	if err := n.world.Put(failover.MXSet(d.Name, d.MXTTL, d.Secondary.MX)); err != nil {
		t.Fatal(err)
	}
	for seen := ""; seen != failover.Display(d.Secondary.MX[0].Host); _ = n.world.Sleep(t.Context(), time.Second) { // until caches have run out
		found, err := n.setup.Discover(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen = failover.Display(found.MX[0].Host)
	}
	after := n.setup.Draft()
	if diff := cmp.Diff([]any{before.Primary, before.DNS}, []any{after.Primary, after.DNS}); diff != "" {
		t.Errorf("what was decided is otherwise (-before +after):\n%s", diff)
	}
}

// What is entered for another provider or another key does not take the place of what the
// settings go on with until they are written, and they may never be.
func TestSetupLeavesCredentialsInUse(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.existing(`domains: [{name: example.test, dns: {host: rfc2136, parameters: {server: "192.0.2.53:53", key_name: old., secret: secret:dns-key}}}]
providers:
  primary: {preset: generic, mx: [10 mx.primary.test]}
  secondary: {preset: generic, mx: [10 mx.secondary.test], submission: {host: mx.secondary.test, port: 587, username: relay, password: secret:smarthost}}
recipients: {accounts: [anna@example.test]}
`)
	names := func() (secondary, dns string) {
		t.Helper()
		return n.setup.SecretsOf(engine.StepSecondary)[0].Name, n.setup.SecretsOf(engine.StepDNS)[0].Name
	}
	enter := func(value string) {
		t.Helper()
		secondary, dns := names()
		for _, name := range []string{secondary, dns} {
			if _, err := n.setup.SetSecret(t.Context(), name, secret.New(value)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if secondary, dns := names(); secondary != "smarthost" || dns != "dns-key" {
		t.Fatalf("%s, %s", secondary, dns)
	}
	enter("b2xk")
	if _, err := n.setup.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	move := func() {
		n.change(func(d *engine.SetupDraft) {
			d.Secondary = engine.SetupProvider{Preset: "generic", MX: []string{"10 mx.third.test"}, Submission: "smtp.third.test", Username: "relay", Method: configs.SignInPassword}
			d.DNS.KeyName = "new."
		})
	}
	inUse := func() {
		t.Helper()
		for _, name := range []string{"smarthost", "dns-key"} {
			if v, err := n.secrets.Get(t.Context(), name); err != nil || v.Reveal() != "b2xk" {
				t.Errorf("%s, which is in use, was written over: %v", name, err)
			}
		}
	}
	move()
	enter("bmV3")
	inUse()
	if err := n.setup.Discard(); err != nil {
		t.Fatal(err)
	}
	inUse()
	move()
	w, err := n.setup.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := configs.Load(w.File, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []configs.SecretRef{s.Providers.Secondary.Submission.Password, s.Domains[0].DNS.RFC2136.Secret} {
		if v, err := n.secrets.Get(t.Context(), ref.Name()); err != nil || v.Reveal() != "bmV3" {
			t.Errorf("the settings name %s, which is not what was entered: %v", ref, err)
		}
	}
	if secondary, dns := names(); secondary != s.Providers.Secondary.Submission.Password.Name() || dns != s.Domains[0].DNS.RFC2136.Secret.Name() {
		t.Errorf("afterwards they are asked for as %s, %s", secondary, dns)
	}
	inUse()
}

// Of each address it is said what the secondary makes of it, in its own words.
func TestSetupSaysWhatEachAddressIs(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.fillsIn()
	const missing = "sales@example.test"
	n.world.SetRecipient(failover.Secondary, missing, false)
	each := n.tests(engine.FieldSecondaryMX).Each
	for _, r := range n.setup.Draft().Recipients {
		verdict, code := failover.Pass, "250"
		if r.Address == missing {
			verdict, code = failover.Red, "550"
		}
		if got := each[r.Address]; got.Verdict != verdict || !strings.HasPrefix(got.Answer, code) || got.Say.IsZero() {
			t.Errorf("%s: %+v", r.Address, got)
		}
	}
}
