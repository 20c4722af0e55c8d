package configs

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRelayAsWritten(t *testing.T) {
	s := mustLoad(t, `domains: [{name: example.jp, dns: {host: manual}}]
providers: {primary: google}
relay:
  listen: [LOCALHOST:587, "192.168.1.10:465", {address: "[fd00::1]:2525", tls: Implicit}]
  devices: [{addresses: [192.168.1.20, 192.168.1.37/28, "fd00::20"], user: Printer@EXAMPLE.jp}]
  certificate: {file: relay.pem, key: relay.key}
  uncertain_then: Hold
`)
	r := s.Relay
	want := []RelayListen{{"127.0.0.1:587", TLSStart}, {"192.168.1.10:465", TLSImplicit}, {"[fd00::1]:2525", TLSImplicit}}
	if diff := cmp.Diff(want, r.Listen); diff != "" {
		t.Errorf("listen (-want +got)\n%s", diff)
	}
	prefixes := []netip.Prefix{
		netip.MustParsePrefix("192.168.1.20/32"), netip.MustParsePrefix("192.168.1.32/28"), netip.MustParsePrefix("fd00::20/128"),
	}
	if diff := cmp.Diff(prefixes, r.Devices[0].Prefixes(), cmpopts.EquateComparable(netip.Prefix{})); diff != "" || r.Devices[0].User != "printer@example.jp" {
		t.Errorf("devices of %s (-want +got)\n%s", r.Devices[0].User, diff)
	}
	beside := filepath.Dir(s.File())
	if r.Certificate.File != filepath.Join(beside, "relay.pem") || r.Certificate.Key != filepath.Join(beside, "relay.key") || r.UncertainThen != UncertainHold {
		t.Errorf("got %+v", r)
	}
}

const sending = `domains:
  - {name: example.jp, dns: {host: manual}, emergency_subdomain: emergency}
  - {name: example.com, dns: {host: manual}}
providers:
  primary: {preset: generic, mx: [10 mx.example.net], imap: {host: imap.example.net}, submission: {host: "smtp.{domain}"}, sign_in: {method: password, user: "{user}*admin", password: secret:master}}
  secondary: {preset: fastmail}
recipients:
  accounts:
    - {address: Hanako@example.jp, primary_user: hanako, primary_password: secret:p, secondary_user: h2, secondary_password: secret:s, aliases: [h@example.jp, hanako@example.com]}
    - taro@example.com
  groups: [all@example.jp]
  shared_mailboxes: [info@example.jp]
`

func TestSubmissionFor(t *testing.T) {
	s := mustLoad(t, sending)
	for _, c := range []struct {
		role, from string
		want       Sending
	}{
		{"primary", "hanako@EXAMPLE.jp", Sending{Address: "hanako@example.jp", User: "hanako*admin", Password: "p"}},
		{"secondary", "h@example.jp", Sending{Address: "hanako@example.jp", User: "h2", Password: "s"}},
		{"secondary", "hanako@example.com", Sending{Address: "hanako@example.jp", User: "h2", Password: "s"}},
		{"primary", "taro@example.com", Sending{Address: "taro@example.com", User: "taro@example.com*admin", Password: "master"}},
		{"secondary", "info@example.jp", Sending{Address: "info@example.jp", User: "info@example.jp", Password: MailboxSecretAt("secondary", "info@example.jp")}},
		{"secondary", "noreply@example.jp", Sending{Address: "noreply@example.jp", User: "noreply@example.jp", Password: MailboxSecretAt("secondary", "noreply@example.jp")}},
		{"primary", "hanako@emergency.example.jp", Sending{Address: "hanako@example.jp", User: "hanako*admin", Password: "p"}},
		{"secondary", "x@emergency.example.jp", Sending{Address: "x@example.jp", User: "x@example.jp", Password: MailboxSecretAt("secondary", "x@example.jp")}},
	} {
		got, err := s.SubmissionFor(c.role, c.from)
		c.want.Method = SignInPassword
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Sending{}, "Provider")); err != nil || diff != "" {
			t.Errorf("%s at the %s: %v (-want +got)\n%s", c.from, c.role, err, diff)
		}
	}
	primary, _ := s.SubmissionFor("primary", "taro@example.com")
	secondary, _ := s.SubmissionAt("secondary", "emergency.example.jp")
	if primary.Provider.Submission.Endpoint != (Endpoint{"smtp.example.com", 587, TLSStart}) || secondary.Submission.Host != "smtp.fastmail.com" {
		t.Errorf("servers %+v, %+v", primary.Provider.Submission, secondary.Submission)
	}
	for from, want := range map[string]string{
		"all@example.jp":   "lifeboat.yaml:7: nobody signs in as all@example.jp, which is a group",
		"a@example.org":    "lifeboat.yaml:1: example.org is not among the domains",
		"":                 "belongs to no domain",
		"nobody":           "belongs to no domain",
		"a@sub.example.jp": "lifeboat.yaml:1: sub.example.jp is not among the domains",
	} {
		if _, err := s.SubmissionFor("primary", from); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", from, err)
		}
	}
}

// One credential for all stands before the senders' own, and may sign in with a token.
// Whoever only sends through the secondary need not name a server for its mailboxes.
func TestSignInForSendingAlone(t *testing.T) {
	s := mustLoad(t, "domains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: google, secondary: "+
		"{preset: generic, mx: [10 mx.example.net], sign_in: {method: password, password: secret:all}, submission: {host: smtp.example.net}}}\nrecipients: {accounts: [taro@example.jp]}\n")
	got, err := s.SubmissionFor("secondary", "taro@example.jp")
	if err != nil || got.Password != "all" || got.User != "taro@example.jp" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSubmissionForAll(t *testing.T) {
	s := mustLoad(t, `domains: [{name: example.jp, dns: {host: manual}}]
providers:
  primary: {preset: microsoft365, submission: {username: relay@example.jp}, sign_in: {tenant: t, client: c, certificate: secret:app}}
  secondary: {preset: fastmail, submission: {username: relay, password: secret:relay}}
`)
	for role, want := range map[string]Sending{
		"primary":   {Address: "relay@example.jp", User: "relay@example.jp", Method: SignInMicrosoft365},
		"secondary": {User: "relay", Method: SignInPassword, Password: "relay"},
	} {
		got, err := s.SubmissionFor(role, "hanako@example.jp")
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Sending{}, "Provider")); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", role, err, diff)
		}
	}
	s = mustLoad(t, "domains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: {preset: generic, mx: [10 mx.example.net]}}\n")
	for role, want := range map[string]string{
		"primary":   "lifeboat.yaml:2: there is no providers.primary.submission, so no mail of example.jp can be sent through this provider.",
		"secondary": "lifeboat.yaml:2: there is no providers.secondary.submission, so",
	} {
		if _, err := s.SubmissionFor(role, "hanako@example.jp"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

func TestSubmissionFromATable(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lifeboat.yaml": "domains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: google, secondary: fastmail}\nrecipients: {csv: r.csv}\n",
		"r.csv":         "address,secondary_user,secondary_password\nhanako@example.jp,h2,secret:s\ntaro@example.jp,,\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, warnings, err := Load(filepath.Join(dir, "lifeboat.yaml"), Options{})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	hanako, _ := s.SubmissionFor("secondary", "hanako@example.jp")
	taro, _ := s.SubmissionFor("secondary", "taro@example.jp")
	if hanako.User != "h2" || hanako.Password != "s" || taro.Password != MailboxSecretAt("secondary", "taro@example.jp") {
		t.Errorf("got %+v, %+v", hanako, taro)
	}
}

// The two passwords of a mailbox have names of their own, which do not give the
// address away.
func TestMailboxSecretAt(t *testing.T) {
	a, b := MailboxSecretAt("secondary", "Hanako@example.jp"), MailboxSecret("hanako@example.jp")
	if a != MailboxSecretAt("secondary", "hanako@EXAMPLE.jp") || a == b || !ValidSecretName(a.Name()) || strings.Contains(a.Name(), "hanako") {
		t.Errorf("%s, %s", a, b)
	}
	if strings.TrimPrefix(a.Name(), "secondary-") == strings.TrimPrefix(b.Name(), "mailbox-") || MailboxSecretAt("primary", "hanako@example.jp") != b {
		t.Error("one name tells the other")
	}
}
