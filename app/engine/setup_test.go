package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

func configsEndpoint(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// testField tests a field, and holds the answer to its form: within its time limit, in
// words, kept, and with something to do where something is wrong.
func testField(t *testing.T, s *engine.Setup, f engine.SetupField) engine.SetupAnswer {
	t.Helper()
	a := s.Test(t.Context(), f, func(a engine.SetupAnswer) {
		if !a.Working || a.Word.IsZero() || a.Field != f {
			t.Errorf("%s tells %+v on its way", f, a)
		}
	})
	if a.Word.IsZero() || a.Field != f || a.At.IsZero() || a.Verdict == "" {
		t.Errorf("%s is answered by %+v", f, a)
	}
	if a.Took > s.Limit(f)+time.Second {
		t.Errorf("%s took %s, beyond its limit of %s", f, a.Took, s.Limit(f))
	}
	if a.Verdict == failover.Red && a.Detail.IsZero() {
		t.Errorf("%s says %q and not what is wrong", f, a.Word)
	}
	if kept := s.Draft().Answers[f]; kept.Word.String() != a.Word.String() || kept.Verdict != a.Verdict {
		t.Errorf("%s: %+v was kept of %+v", f, kept, a)
	}
	return a
}

// From a domain name to settings that were tested, in the lab's world.
func TestSetupLeadsFromANameToTestedSettings(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	if a := n.tests(engine.FieldDomain); a.Verdict != failover.Unknown {
		t.Errorf("without a domain it says %+v", a)
	}
	n.fillsIn()
	for _, step := range engine.SetupSteps() {
		for _, f := range n.setup.Fields(step) {
			a := n.tests(f)
			if a.Verdict != failover.Pass {
				t.Errorf("%s: %s, %s, %s (%q)", f, a.Verdict, a.Word, a.Detail, a.Exact)
			}
		}
	}
	if p := n.setup.Problems(); len(p) > 0 {
		t.Fatalf("it cannot be written: %v", p)
	}
	if open := n.setup.Draft().Open; len(open) != 0 {
		t.Errorf("there is something left to do: %v", open)
	}
	w, err := n.setup.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if w.Code == "" || w.Engine == nil {
		t.Errorf("written: %+v; want an engine and a recovery code", w)
	}
	if err := engine.RecoveryPage(&bytes.Buffer{}, speakEnglish(t), engine.RecoverySheet{Domain: "example.test", Code: w.Code}); err != nil {
		t.Error(err)
	}
	report, err := w.Engine.Mirror(t.Context(), engine.MirrorRequest{Code: func(string) { t.Error("the recovery code was shown twice") }})
	if err != nil || report.Failed > 0 || len(report.Accounts) == 0 {
		t.Errorf("the first mirror: %+v, %v", report, err)
	}
	check, err := w.Engine.Check(t.Context(), engine.CheckRequest{})
	if err != nil || !check.Ready {
		t.Errorf("the first check: %+v, %v", check, err)
	}
	text, err := os.ReadFile(w.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range n.secrets.names() {
		if v, _ := n.secrets.Get(t.Context(), name); bytes.Contains(text, []byte(v.Reveal())) {
			t.Errorf("the settings show the secret %s", name)
		}
	}
	n.setupIsSettings(w)
}

// setupIsSettings holds that what was written is what the pages show from now on, and
// that writing it again changes nothing.
func (n *newcomer) setupIsSettings(w engine.Written) {
	n.t.Helper()
	before := n.setup.Draft()
	text, err := os.ReadFile(w.File)
	if err != nil {
		n.t.Fatal(err)
	}
	n.reopen()
	if !n.setup.Existing() {
		n.t.Error("the settings are not found again")
	}
	after := n.setup.Draft()
	before.Changed, after.Changed = time.Time{}, time.Time{}
	a, _ := json.Marshal(before)
	b, _ := json.Marshal(after)
	if d := cmp.Diff(string(a), string(b)); d != "" {
		n.t.Errorf("the settings say something else than what was entered (-entered +read):\n%s", d)
	}
	again, err := n.setup.Write(n.t.Context())
	if err != nil || len(again.Set) > 0 || again.Code != "" {
		n.t.Errorf("writing it again: %+v, %v", again, err)
	}
	if now, err := os.ReadFile(w.File); err != nil || !bytes.Equal(text, now) {
		n.t.Errorf("writing it again changed the file: %v", err)
	}
}

// Each fault is told by the field that it belongs to, in time, with what to do.
func TestSetupTellsFaults(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.fillsIn()
	anna := n.world.Domain().Recipients[0].Address
	expect := func(f engine.SetupField, v failover.Verdict, word, detail string) {
		t.Helper()
		a := n.tests(f)
		if a.Verdict != v || !strings.Contains(a.Word.String(), word) || !strings.Contains(a.Detail.String(), detail) {
			t.Errorf("%s: %s, %q, %q (%q); want %s, %q, %q", f, a.Verdict, a.Word, a.Detail, a.Exact, v, word, detail)
		}
		if a.Remedy.IsZero() && f != engine.FieldRecipients && f != engine.FieldDomain {
			t.Errorf("%s says nothing of what to do: %+v", f, a)
		}
	}
	good := n.setup.Draft()
	back := func() { n.change(func(d *engine.SetupDraft) { *d = good }) }

	n.world.SetRecipient(failover.Secondary, anna, false)
	expect(engine.FieldSecondaryMX, failover.Warn, strconv.Itoa(len(good.Recipients)-1)+" of "+strconv.Itoa(len(good.Recipients)), anna)
	expect(engine.FieldRecipients, failover.Warn, " of ", anna)
	n.world.SetRecipient(failover.Secondary, anna, true)

	if err := n.setup.SetPassword(t.Context(), engine.SidePrimary, anna, secret.New("wrong")); err != nil {
		t.Fatal(err)
	}
	expect(engine.FieldPrimarySignIn, failover.Red, "Sign-in refused", anna)
	expect(engine.FieldPrimaryIMAP, failover.Warn, " of ", anna)
	expect(engine.FieldPrimarySubmission, failover.Red, "refused", "")

	if _, err := n.setup.SetSecret(t.Context(), "dns-key", secret.New("d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3I=")); err != nil {
		t.Fatal(err)
	}
	expect(engine.FieldDNSCredential, failover.Red, "Sign-in refused", "")

	n.change(func(d *engine.SetupDraft) { d.Secondary.Submission = "smtp.secondary.tset:587" })
	expect(engine.FieldSecondarySubmission, failover.Red, "No such name", "smtp.secondary.tset")
	back()
	n.change(func(d *engine.SetupDraft) { d.Secondary.IMAP = strings.Replace(d.Secondary.IMAP, ":993", ":994", 1) })
	expect(engine.FieldSecondaryIMAP, failover.Red, "No answer", "")
	back()
	n.change(func(d *engine.SetupDraft) { d.Domain = "exampel.test" })
	expect(engine.FieldDomain, failover.Red, "No such domain", "exampel.test")
	back()
	n.change(func(d *engine.SetupDraft) { d.Emergency = "www.elsewhere.test" })
	expect(engine.FieldEmergencyName, failover.Red, "Not below the domain", "")
	back()
	n.change(func(d *engine.SetupDraft) { d.Recipients = append(d.Recipients, d.Recipients[0]) })
	expect(engine.FieldRecipients, failover.Red, "Listed twice", anna)
	back()
	n.change(func(d *engine.SetupDraft) { d.Secondary.MX = d.Primary.MX })
	expect(engine.FieldSecondaryApart, failover.Red, "Not independent", "")
	back()
	if err := n.world.Break(failover.Secondary, lab.BadCertificate); err != nil {
		t.Fatal(err)
	}
	expect(engine.FieldSecondarySubmission, failover.Red, "No safe connection", "")
	expect(engine.FieldSecondaryIMAP, failover.Red, "Certificate not right", "")
	if open := n.setup.Draft().Open; len(open) == 0 {
		t.Error("nothing of all that is left to do")
	}
}

// What was entered is there again after the window was closed, and nobody else can read it.
func TestSetupIsKeptHalfFinished(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.change(func(d *engine.SetupDraft) {
		d.Domain, d.Step, d.Emergency = "example.test", engine.StepSecondary, "sos"
		d.Recipients = []engine.SetupRecipient{{Address: "anna@example.test", Kind: "account"}}
	})
	file := filepath.Join(n.opt.DataDir, "setup.json")
	b, err := os.ReadFile(file)
	if err != nil || bytes.Contains(b, []byte("anna")) || bytes.Contains(b, []byte("example.test")) {
		t.Errorf("the file can be read by anybody: %q, %v", b, err)
	}
	n.reopen()
	if d := n.setup.Draft(); d.Step != engine.StepSecondary || d.Emergency != "sos" || len(d.Recipients) != 1 || !n.setup.Began().IsZero() {
		t.Errorf("it goes on with %+v (%s)", d, n.setup.Began())
	}

	b[len(b)-1] ^= 1
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	n.reopen()
	if d := n.setup.Draft(); d.Domain != "" || !strings.Contains(n.setup.Began().String(), "begins anew") {
		t.Errorf("a damaged file is taken for %+v (%s)", d, n.setup.Began())
	}
	n.change(func(d *engine.SetupDraft) { d.Domain = "example.test" })
	n.reopen()
	if n.setup.Draft().Domain != "example.test" || !n.setup.Began().IsZero() {
		t.Errorf("after that it is kept no more: %s", n.setup.Began())
	}
	if err := n.setup.Discard(); err != nil || n.setup.Draft().Domain != "" {
		t.Errorf("it is not forgotten: %v", err)
	}
}

// A draft is no way round somebody who edits the file by hand meanwhile.
func TestSetupLeavesAFileThatWasChangedMeanwhile(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.existing("domains: [{name: example.test, dns: {host: manual}}]\nproviders: {primary: {preset: generic, mx: [10 mx.primary.test]}}\n")
	n.change(func(d *engine.SetupDraft) { d.Organization = "Typed here" })
	more := "organization: Typed there\ndomains: [{name: example.test, dns: {host: manual}}]\nproviders: {primary: {preset: generic, mx: [10 mx.primary.test]}}\n"
	if err := os.WriteFile(n.opt.File, []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := n.setup.Write(t.Context()); !errors.Is(err, failover.ErrStale) {
		t.Errorf("writing over it: %v", err)
	}
	n.reopen()
	if d := n.setup.Draft(); d.Organization != "Typed there" || n.setup.Began().IsZero() {
		t.Errorf("it goes on with %q (%s)", d.Organization, n.setup.Began())
	}
	if err := os.WriteFile(n.opt.File, []byte("domains: nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.OpenSetup(t.Context(), n.opt); len(configs.ProblemsIn(err)) == 0 {
		t.Errorf("settings that cannot be read: %v", err)
	}
}

// existing puts a settings file there.
func (n *newcomer) existing(text string) {
	n.t.Helper()
	if err := os.MkdirAll(filepath.Dir(n.opt.File), 0o700); err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(n.opt.File, []byte(text), 0o600); err != nil {
		n.t.Fatal(err)
	}
	n.reopen()
}

// With settings that are there, only what was changed is changed.
func TestSetupAmendsSettings(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.existing(`# ours, do not lose this
organization: Example
domains:
  - name: other.test
    dns: {host: manual}
  - name: example.test # the one
    emergency_subdomain: sos
    mx_ttl: 60
    dns: {host: manual, parameters: {console: sakura}}
providers:
  primary: google
  secondary:
    preset: generic # for now
    mx: [10 mx.secondary.test]
    submission: {host: mx.secondary.test, port: 587, username: relay, password: secret:smarthost}
recipients:
  accounts:
    # the office
    - anna@example.test
    - address: ben@example.test # on leave
      mirror_days: 7
    - eve@example.test
    - zoe@other.test
  groups: [all@example.test]
relay: {hostname: relay.example.test}
`)
	n.opt.Domain = "example.test"
	n.reopen()
	if d := n.setup.Draft(); d.Domain != "example.test" || d.Emergency != "sos" || len(d.Recipients) != 4 || d.Secondary.Username != "relay" {
		t.Errorf("the settings read as %+v", d)
	}
	n.change(func(d *engine.SetupDraft) {
		d.Organization, d.MirrorDays = "Example Ltd.", 14
		d.Emergency = "emergency"
		d.DNS.Console = "onamae"
		d.Primary.Method = configs.SignInGoogle
		d.Secondary.Name = "Spare"
		d.Recipients[1].Aliases = []string{"b@example.test"}
		d.Recipients[2].Kind = string(configs.KindShared)
		d.Recipients = append(d.Recipients[1:], engine.SetupRecipient{Address: "new@example.test", Kind: "account"})
	})
	w, err := n.setup.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(w.File)
	if err != nil {
		t.Fatal(err)
	}
	const want = `# ours, do not lose this
organization: Example Ltd.
domains:
  - name: other.test
    dns: {host: manual}
  - name: example.test # the one
    emergency_subdomain: emergency
    mx_ttl: 60
    dns: {host: manual, parameters: {console: onamae}}
providers:
  primary:
    preset: google
    sign_in:
      method: google
      service_account: secret:primary-google
  secondary:
    preset: generic # for now
    mx: [10 mx.secondary.test]
    submission: {host: mx.secondary.test, port: 587, username: relay, password: secret:smarthost}
    name: Spare
recipients:
  accounts:
    # the office
    - address: ben@example.test
      aliases:
        - b@example.test
      mirror_days: 7
    - zoe@other.test
    - address: new@example.test
  groups: [all@example.test]
  shared_mailboxes:
    - address: eve@example.test
relay: {hostname: relay.example.test}
mirror:
  days: 14
`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("the file is otherwise (-want +got):\n%s\nset: %v", d, w.Set)
	}
	n.setupIsSettings(w)
}

// Half a draft is no settings, and says so by name.
func TestSetupProblems(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	n.change(func(d *engine.SetupDraft) {
		d.Domain = "example.test"
		d.Primary = engine.SetupProvider{Preset: "microsoft365", Method: configs.SignInMicrosoft365, SecretExpires: "soon"}
	})
	if p := n.setup.Problems(); len(p) != 1 || p[0].Key != "providers.primary.sign_in.secret_expires" {
		t.Errorf("a day that is none: %v", p)
	}
	n.change(func(d *engine.SetupDraft) {
		d.Primary.SecretExpires = ""
		d.Secondary = engine.SetupProvider{Preset: "iij", IMAP: "mail.example.net:port"}
	})
	var keys []string
	for _, p := range n.setup.Problems() {
		keys = append(keys, p.Key)
	}
	for _, want := range []string{"providers.primary.sign_in.tenant", "providers.secondary.mx", "providers.secondary.imap.host"} {
		if !strings.Contains(strings.Join(keys, "\n"), want) {
			t.Errorf("%v does not name %s", keys, want)
		}
	}
	if _, err := n.setup.Write(t.Context()); len(configs.ProblemsIn(err)) == 0 {
		t.Errorf("it was written: %v", err)
	}
	if _, err := os.Stat(n.opt.File); err == nil {
		t.Error("there is a settings file")
	}
}
