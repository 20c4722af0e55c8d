package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover/lab"
)

// inUse are settings where everybody signs in with a password of their own, one of them
// with one that the settings name.
const inUse = `domains: [{name: example.test, dns: {host: rfc2136, parameters: {server: "192.0.2.53:53", key_name: old., secret: secret:dns-key}}}]
providers:
  primary: {preset: generic, mx: [10 mx.primary.test], imap: {host: imap.primary.test}, sign_in: password}
  secondary: {preset: generic, mx: [10 mx.secondary.test], imap: {host: imap.secondary.test}, submission: {host: mx.secondary.test, port: 587}, sign_in: password}
recipients: {accounts: [{address: anna@example.test, secondary_password: secret:anna}, ben@example.test]}
`

// usedBy are the passwords that an engine over the settings in use signs in with at the
// secondary, and the DNS key.
func usedBy(t *testing.T, n *newcomer) map[string]string {
	t.Helper()
	s, _, err := configs.Load(n.opt.File, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	refs := map[string]configs.SecretRef{"dns": s.Domains[0].DNS.RFC2136.Secret}
	for _, who := range []string{"anna", "ben"} {
		to, err := s.SubmissionFor("secondary", who+"@example.test")
		if err != nil {
			t.Fatal(err)
		}
		refs[who] = to.Password
	}
	for who, ref := range refs {
		v, err := n.secrets.Get(t.Context(), ref.Name())
		if err != nil {
			v = secret.New("none")
		}
		out[who] = v.Reveal()
	}
	return out
}

func used(dns, anna, ben string) string {
	return fmt.Sprint(map[string]string{"dns": dns, "anna": anna, "ben": ben})
}

// stagedWorld is an office with passwords in use, and ways to enter others.
func stagedWorld(t *testing.T) *newcomer {
	t.Helper()
	n := newNewcomer(t, lab.Options{})
	n.existing(inUse)
	for name, v := range map[string]string{"dns-key": "b2xk", "anna": "old-anna", configs.MailboxSecretAt("secondary", "ben@example.test").Name(): "old-ben"} {
		if _, err := n.secrets.Set(t.Context(), name, secret.New(v)); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(usedBy(t, n)); got != used("b2xk", "old-anna", "old-ben") {
		t.Fatalf("in use are %s", got)
	}
	return n
}

func (n *newcomer) enters(dns, anna, ben string) {
	n.t.Helper()
	if dns != "" {
		if _, err := n.setup.SetSecret(n.t.Context(), n.setup.SecretsOf(engine.StepDNS)[0].Name, secret.New(dns)); err != nil {
			n.t.Fatal(err)
		}
	}
	table := "address,password\n"
	for who, password := range map[string]string{"anna": anna, "ben": ben} {
		if password != "" {
			table += who + "@example.test," + password + "\n"
		}
	}
	file := filepath.Join(n.t.TempDir(), "passwords.csv")
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		n.t.Fatal(err)
	}
	if _, bad, err := n.setup.ReadPasswords(n.t.Context(), engine.SideSecondary, file); err != nil || len(bad) > 0 {
		n.t.Fatalf("%v, %v", bad, err)
	}
}

func (n *newcomer) movesTo(host string) {
	n.t.Helper()
	n.change(func(d *engine.SetupDraft) {
		d.Secondary = engine.SetupProvider{
			Preset: "generic", MX: []string{"10 mx." + host}, IMAP: "imap." + host, Submission: "smtp." + host, Method: configs.SignInPassword, Each: true,
		}
	})
}

func (n *newcomer) keptAt() int {
	n.t.Helper()
	got := n.setup.SecretsOf(engine.StepSecondary)
	if len(got) != 1 || got[0].Kind != engine.SecretPasswords || got[0].Of != 2 {
		n.t.Fatalf("asked for are %+v", got)
	}
	return got[0].Kept
}

// Mailboxes' passwords that were typed for another provider replaced those in use before
// "Save". They are kept apart, each provider's own, and count when the settings do.
func TestSetupLeavesMailboxPasswordsInUse(t *testing.T) {
	t.Parallel()
	n := stagedWorld(t)
	same := func(when string) {
		t.Helper()
		if got := fmt.Sprint(usedBy(t, n)); got != used("b2xk", "old-anna", "old-ben") {
			t.Errorf("%s, in use are %s", when, got)
		}
	}
	n.movesTo("third.test")
	if n.keptAt() != 0 {
		t.Error("passwords of the provider before count for the new one")
	}
	n.enters("", "third-anna", "third-ben")
	same("typed")
	if n.keptAt() != 2 {
		t.Error("what was typed is not kept")
	}
	n.movesTo("fourth.test")
	if n.keptAt() != 0 {
		t.Error("what was typed for one provider would go to another")
	}
	n.reopen()
	if err := n.setup.Discard(); err != nil {
		t.Fatal(err)
	}
	same("discarded")
	n.movesTo("third.test")
	n.enters("", "third-anna", "third-ben")
	w, err := n.setup.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(usedBy(t, n)); got != used("b2xk", "third-anna", "third-ben") {
		t.Errorf("saved (%v), in use are %s", w.Set, got)
	}
	for _, old := range []configs.SecretRef{"anna", configs.MailboxSecretAt("secondary", "ben@example.test")} {
		if v, err := n.secrets.Get(t.Context(), old.Name()); err != nil || !strings.HasPrefix(v.Reveal(), "old-") {
			t.Errorf("whoever runs with the settings before lost %s: %v", old, err)
		}
	}
}

// A new password of the same mailbox waits for "Save", too: alone with others, and is
// forgotten with them.
func TestSetupKeepsNewPasswordsApart(t *testing.T) {
	t.Parallel()
	n := stagedWorld(t)
	n.enters("bmV3", "new-anna", "")
	if got := fmt.Sprint(usedBy(t, n)); got != used("b2xk", "old-anna", "old-ben") {
		t.Errorf("typed, in use are %s", got)
	}
	if !n.setup.Draft().Unsaved {
		t.Error("there is nothing to save")
	}
	n.reopen()
	if !n.setup.Draft().Unsaved {
		t.Error("after the window was closed there is nothing to save")
	}
	if err := n.setup.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := n.setup.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(usedBy(t, n)); got != used("b2xk", "old-anna", "old-ben") {
		t.Errorf("discarded, in use are %s", got)
	}
	n.enters("bmV3", "new-anna", "new-ben")
	if _, err := n.setup.SetSecret(t.Context(), "dns-key", secret.New("")); err != nil {
		t.Fatal(err)
	}
	if got := n.setup.SecretsOf(engine.StepDNS)[0].Kept; got != 0 {
		t.Error("what was taken away is said to be there")
	}
	if got := fmt.Sprint(usedBy(t, n)); got != used("b2xk", "old-anna", "old-ben") {
		t.Errorf("taken away, in use are %s", got)
	}
	if _, err := n.setup.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(usedBy(t, n)); got != used("none", "new-anna", "new-ben") {
		t.Errorf("saved, in use are %s", got)
	}
	for _, name := range n.secrets.names() {
		if strings.HasPrefix(name, "draft-") {
			t.Errorf("%s is left over", name)
		}
	}
	if n.setup.Draft().Unsaved {
		t.Error("there is something to save again")
	}
}

// A new password is what tests of the set-up sign in with, before it is saved.
func TestSetupTestsWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.fillsIn()
	if _, err := n.setup.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := n.tests(engine.FieldSecondarySignIn); a.Word.String() != "Signed in" {
		t.Fatalf("%+v", a)
	}
	first := n.setup.Draft().Recipients[0].Address
	if err := n.setup.SetPassword(t.Context(), engine.SideSecondary, first, secret.New("wrong")); err != nil {
		t.Fatal(err)
	}
	if a := n.tests(engine.FieldSecondarySignIn); a.Word.String() != "Sign-in refused" {
		t.Errorf("with a wrong password: %+v", a)
	}
	key := n.setup.SecretsOf(engine.StepDNS)[0].Name
	if _, err := n.setup.SetSecret(t.Context(), key, secret.New("d3Jvbmc=")); err != nil {
		t.Fatal(err)
	}
	if a := n.tests(engine.FieldDNSCredential); a.Verdict == "pass" {
		t.Errorf("with a wrong key: %+v", a)
	}
	if err := n.setup.Discard(); err != nil {
		t.Fatal(err)
	}
	if a := n.tests(engine.FieldSecondarySignIn); a.Word.String() != "Signed in" {
		t.Errorf("discarded: %+v", a)
	}
}

// doomed is a keychain at which the process is killed, before or after it has replaced.
type doomed struct {
	*drawer
	after bool
}

func (m doomed) Replace(ctx context.Context, by map[string]string) error {
	if m.after {
		_ = m.drawer.Replace(ctx, by)
	}
	runtime.Goexit()
	return nil
}

// Killed while it saves, a set-up leaves the old passwords or the new ones whole, and
// saving again goes on.
func TestSetupKilledWhileItSaves(t *testing.T) {
	t.Parallel()
	for after, want := range map[bool]string{false: used("b2xk", "old-anna", "old-ben"), true: used("bmV3", "new-anna", "new-ben")} {
		n := stagedWorld(t)
		n.opt.Secrets = doomed{n.secrets, after}
		n.reopen()
		n.enters("bmV3", "new-anna", "new-ben")
		n.change(func(d *engine.SetupDraft) { d.Organization = "Example" })
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, err := n.setup.Write(t.Context())
			t.Errorf("it was not killed: %v", err)
		}()
		<-done
		if got := fmt.Sprint(usedBy(t, n)); got != want {
			t.Errorf("killed (%t), in use are %s", after, got)
		}
		n.opt.Secrets = n.secrets
		n.reopen()
		if d := n.setup.Draft(); !d.Unsaved || d.Organization != "Example" {
			t.Errorf("killed (%t), there is nothing to save: %+v", after, d)
		}
		if _, err := n.setup.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(usedBy(t, n)); got != used("bmV3", "new-anna", "new-ben") {
			t.Errorf("saved again, in use are %s", got)
		}
	}
}
