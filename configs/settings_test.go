package configs

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func loadText(t *testing.T, text string, env ...string) (*Settings, []Problem, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(file, Options{Env: env})
}

func mustLoad(t *testing.T, text string, env ...string) *Settings {
	t.Helper()
	s, _, err := loadText(t, text, env...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const twoDomains = `
domains:
  - name: 日本語.jp
    emergency_subdomain: em
    dns: {host: manual}
    primary: {mx: ["0 nihongo.mail.protection.outlook.com"]}
    secondary:
      dkim_selectors: [{selector: own, type: txt, value: "v=DKIM1; p=AAAA"}]
  - name: Example.COM.
    dns: {host: rfc2136, parameters: {server: ns1.example.com, key_name: Key., secret: secret:tsig}}
    primary: {mx: ["20 Second.{domain}.", "10 first-{domain-dashes}.example.net"]}
  - name: example.org
    dns: {host: cloudflare, parameters: {token: secret:cf, api: "http://localhost:8080/"}}
providers:
  primary: microsoft365
  secondary:
    preset: fastmail
    name: The other
    imap: {host: "imap.{domain}"}
    submission: {port: 587, username: lifeboat, password: secret:mail}
    sending_limits: {recipients_per_day: 7}
`

func TestDomain(t *testing.T) {
	s := mustLoad(t, twoDomains)
	for _, name := range []string{"日本語.jp", "xn--wgv71a119e.jp", "XN--WGV71A119E.JP."} {
		d, ok := s.Domain(name)
		if !ok || d.Name != "xn--wgv71a119e.jp" || d.EmergencySubdomain != "em.xn--wgv71a119e.jp" || d.MXTTL != 300 {
			t.Errorf("%s: %v %+v", name, ok, d)
		}
	}
	d, _ := s.Domain("example.com")
	want := &RFC2136{Server: "ns1.example.com:53", KeyName: "key", Algorithm: "hmac-sha256", Secret: "tsig"}
	if !reflect.DeepEqual(d.DNS.RFC2136, want) || d.DNS.Cloudflare != nil || d.DNS.Manual != nil {
		t.Errorf("got %+v", d.DNS)
	}
	if d, _ := s.Domain("example.org"); d.DNS.Cloudflare.API != "http://localhost:8080" || d.DNS.Cloudflare.Token.Name() != "cf" {
		t.Errorf("got %+v", d.DNS.Cloudflare)
	}
	for _, name := range []string{"", "example.net", "not a domain"} {
		if _, ok := s.Domain(name); ok {
			t.Errorf("%q is a domain", name)
		}
	}
}

func TestProvidersOf(t *testing.T) {
	s := mustLoad(t, twoDomains)
	selector := func(n string, domain string) Selector {
		return Selector{"fm" + n, "CNAME", "fm" + n + "." + domain + ".dkim.fmhosted.com"}
	}
	secondary := Provider{
		Preset: "fastmail", Name: "The other",
		MX:   []MX{{10, "in1-smtp.messagingengine.com"}, {20, "in2-smtp.messagingengine.com"}},
		IMAP: Endpoint{"imap.example.com", 993, TLSImplicit},
		Submission: Submission{
			// The preset's host and protection with the port of the settings.
			Endpoint: Endpoint{"smtp.fastmail.com", 587, TLSImplicit}, Username: "lifeboat", Password: "mail",
		},
		SPFInclude:    "spf.messagingengine.com",
		DKIMSelectors: []Selector{selector("1", "example.com"), selector("2", "example.com"), selector("3", "example.com")},
		SendingLimits: Limits{RecipientsPerDay: 7},
	}
	primary := Provider{
		Preset: "microsoft365", Name: "Microsoft 365",
		MX:            []MX{{10, "first-example-com.example.net"}, {20, "second.example.com"}},
		IMAP:          Endpoint{"outlook.office365.com", 993, TLSImplicit},
		Submission:    Submission{Endpoint: Endpoint{"smtp.office365.com", 587, TLSStart}},
		SPFInclude:    "spf.protection.outlook.com",
		DKIMSelectors: nil, // only the tenant knows their values
		SendingLimits: Limits{MessagesPerMinute: 30, RecipientsPerDay: 10000, Connections: 3},
	}
	got, ok := s.ProvidersOf("Example.com")
	if diff := cmp.Diff(Providers{primary, secondary}, got); !ok || diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	got, _ = s.ProvidersOf("日本語.jp")
	if want := []MX{{0, "nihongo.mail.protection.outlook.com"}}; !slices.Equal(got.Primary.MX, want) {
		t.Errorf("got %v, want %v", got.Primary.MX, want)
	}
	if want := []Selector{{"own", "TXT", "v=DKIM1; p=AAAA"}}; !slices.Equal(got.Secondary.DKIMSelectors, want) {
		t.Errorf("got %v, want %v", got.Secondary.DKIMSelectors, want)
	}
	if _, ok := s.ProvidersOf("example.net"); ok {
		t.Error("providers of an unknown domain")
	}
	// Answers are the caller's own.
	got.Secondary.DKIMSelectors[0].Value = "changed"
	if again, _ := s.ProvidersOf("日本語.jp"); again.Secondary.DKIMSelectors[0].Value == "changed" {
		t.Error("a caller changed the settings")
	}
}

func TestEndpoints(t *testing.T) {
	for text, want := range map[string][2]Endpoint{
		"imap: {host: a.jp}, submission: {host: b.jp}":                                          {{"a.jp", 993, TLSImplicit}, {"b.jp", 587, TLSStart}},
		"imap: {host: a.jp, port: 143}, submission: {host: b.jp, port: 465}":                    {{"a.jp", 143, TLSStart}, {"b.jp", 465, TLSImplicit}},
		"imap: {host: a.jp, tls: starttls}, submission: {host: b.jp, tls: implicit}":            {{"a.jp", 143, TLSStart}, {"b.jp", 465, TLSImplicit}},
		"imap: {host: 127.0.0.1, port: 10143}, submission: {host: '::1', port: 25}":             {{"127.0.0.1", 10143, TLSImplicit}, {"::1", 25, TLSStart}},
		"imap: {host: A.JP., port: 993, tls: StartTLS}, submission: {host: localhost, port: 1}": {{"a.jp", 993, TLSStart}, {"localhost", 1, TLSStart}},
		"imap: {}": {},
	} {
		s := mustLoad(t, "domains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: {mx: [10 mx.example.net], "+text+"}}\n")
		got, _ := s.ProvidersOf("example.jp")
		if got := [2]Endpoint{got.Primary.IMAP, got.Primary.Submission.Endpoint}; got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestNeedSecondary(t *testing.T) {
	s := mustLoad(t, `
domains:
  - {name: a.jp, dns: {host: manual}}
  - {name: b.jp, dns: {host: manual}, secondary: {mx: [10 mx.example.net]}}
providers: {primary: google}
`)
	if err := s.NeedSecondary("b.jp"); err != nil {
		t.Error(err)
	}
	for domain, want := range map[string]string{
		"a.jp": "lifeboat.yaml:5: a.jp has no secondary provider, and failover needs one. Add providers.secondary, as in lifeboat.example.yaml.",
		"c.jp": "lifeboat.yaml:2: c.jp is not among the domains.",
	} {
		problems := ProblemsIn(s.NeedSecondary(domain))
		if len(problems) != 1 || !strings.HasSuffix(problems[0].Text(), want) {
			t.Errorf("got %v, want %s", problems, want)
		}
	}
	if pair, _ := s.ProvidersOf("a.jp"); pair.Secondary.Configured() || !pair.Primary.Configured() {
		t.Errorf("got %+v", pair)
	}
}

func TestRecipientsOf(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lifeboat.yaml": `
domains:
  - {name: example.jp, dns: {host: manual}}
  - {name: example.com, dns: {host: manual}, recipients: {groups: [all@example.com], csv: com.csv}}
providers: {primary: google}
recipients:
  accounts:
    - {address: Hanako@Example.JP, secondary_user: hanako, aliases: [h@example.jp, hanako@example.com]}
    - taro@example.jp
  groups: [{address: sales@example.jp, aliases: [eigyo@example.jp]}]
  shared_mailboxes: [info@example.jp]
`,
		"com.csv": "address,kind,primary_user,aliases\njiro@example.com,,jiro.s,j@example.com\nml@example.com,group,x,\nold@example.com,alias,,\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, warnings, err := Load(filepath.Join(dir, "lifeboat.yaml"), Options{})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	const hanako = "Hanako@example.jp"
	want := []Recipient{
		{Address: hanako, Kind: KindAccount, PrimaryUser: hanako, SecondaryUser: "hanako"},
		{Address: "h@example.jp", Kind: KindAlias, Of: hanako},
		{Address: "taro@example.jp", Kind: KindAccount, PrimaryUser: "taro@example.jp", SecondaryUser: "taro@example.jp"},
		{Address: "sales@example.jp", Kind: KindGroup},
		{Address: "eigyo@example.jp", Kind: KindAlias, Of: "sales@example.jp"},
		{Address: "info@example.jp", Kind: KindShared, PrimaryUser: "info@example.jp", SecondaryUser: "info@example.jp"},
	}
	if diff := cmp.Diff(want, s.RecipientsOf("EXAMPLE.jp.")); diff != "" {
		t.Errorf("example.jp (-want +got)\n%s", diff)
	}
	want = []Recipient{
		{Address: "hanako@example.com", Kind: KindAlias, Of: hanako},
		{Address: "all@example.com", Kind: KindGroup},
		{Address: "jiro@example.com", Kind: KindAccount, PrimaryUser: "jiro.s", SecondaryUser: "jiro@example.com"},
		{Address: "j@example.com", Kind: KindAlias, Of: "jiro@example.com"},
		{Address: "ml@example.com", Kind: KindGroup},
		{Address: "old@example.com", Kind: KindAlias},
	}
	if diff := cmp.Diff(want, s.RecipientsOf("example.com")); diff != "" {
		t.Errorf("example.com (-want +got)\n%s", diff)
	}
	if got := s.RecipientsOf("not a domain"); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestPreflightTimes(t *testing.T) {
	s := mustLoad(t, "domains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: google}\npreflight: {max_age: 6, rcpt_per_second: 0.5}\n")
	if s.Preflight.MaxAge.Duration() != 6*time.Hour || s.Preflight.RcptPerSecond != 0.5 {
		t.Errorf("got %+v", s.Preflight)
	}
}
