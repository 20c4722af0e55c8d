package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const mirrored = `domains: [{name: example.jp, dns: {host: manual}}, {name: example.com, dns: {host: manual}}]
providers:
  primary: {preset: generic, mx: [10 mx.example.net], imap: {host: "imap.{domain}"}, sign_in: {method: password, user: "{user}*admin"}}
recipients:
  accounts:
    - {address: Hanako@example.jp, primary_user: hanako, primary_password: secret:hanako, mirror_days: 90, aliases: [h@example.jp]}
    - taro@example.com
    - {address: jiro@example.jp, skip_mirror: true}
  groups: [all@example.jp]
  shared_mailboxes: [info@example.jp]
mirror: {days: 14}
`

func TestMirrorAccounts(t *testing.T) {
	s := mustLoad(t, mirrored)
	imap := func(domain string) Endpoint { return Endpoint{"imap." + domain, 993, TLSImplicit} }
	want := []MirrorAccount{
		{"hanako@example.jp", false, "hanako*admin", "hanako", 90, imap("example.jp")},
		{"info@example.jp", true, "info@example.jp*admin", MailboxSecret("info@example.jp"), 14, imap("example.jp")},
		{"taro@example.com", false, "taro@example.com*admin", MailboxSecret("taro@example.com"), 14, imap("example.com")},
	}
	if diff := cmp.Diff(want, s.MirrorAccounts()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := s.NeedMirror(); err != nil {
		t.Error(err)
	}
	if got := s.MirrorLimits(); got != (MirrorLimits{Connections: usualConnections}) {
		t.Errorf("limits %+v", got)
	}
}

func TestMirrorNeeds(t *testing.T) {
	const bare = "domains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: {preset: google%s}}\n"
	for more, want := range map[string]string{
		"": "there is no providers.primary.sign_in",
		", sign_in: {service_account: secret:google}": "no mailbox is listed under recipients",
	} {
		s := mustLoad(t, strings.Replace(bare, "%s", more, 1))
		if err := s.NeedMirror(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", more, err)
		}
	}
	s := mustLoad(t, strings.Replace(bare, "%s", ", sign_in: {service_account: secret:google}", 1))
	if got := s.MirrorLimits(); got != (MirrorLimits{10, 2e9}) || s.Providers.Primary.SignIn.Method != SignInGoogle {
		t.Errorf("of the preset: %+v, %s", got, s.Providers.Primary.SignIn.Method)
	}
}

// The name of a mailbox's secret is that of no other, is one that a secret may have,
// and does not give the address away.
func TestMailboxSecret(t *testing.T) {
	a, b := MailboxSecret("Hanako@example.jp"), MailboxSecret("taro@example.jp")
	if a != MailboxSecret("hanako@EXAMPLE.jp") || a == b || !ValidSecretName(a.Name()) || strings.Contains(a.Name(), "hanako") {
		t.Errorf("%s, %s", a, b)
	}
}

func TestSizesAndShares(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "500 MB": 5e8, "2.5gb": 25e8, "1 KB": 1000, "1.001 GB": 1.001e9} {
		var got, again Size
		if p, ok := got.setShort(text); !ok || got != want {
			t.Errorf("%s: %d %s", text, got, p.Text())
		}
		if _, ok := again.setShort(got.String()); !ok || again != got {
			t.Errorf("%s becomes %s and then %d", text, got, again)
		}
	}
	for _, text := range []string{"", "12", "-1 MB", "1 PB", "999999999 TB", "１ MB", "1e9 MB"} {
		if _, ok := new(Size).setShort(text); ok {
			t.Errorf("%q is taken for an amount of data", text)
		}
	}
	for text, want := range map[string]string{"30%": "30%", "12.5 %": "12.5%", "100%": "100%"} {
		var got Share
		if p, ok := got.setShort(text); !ok || got.String() != want {
			t.Errorf("%s: %s %s", text, got, p.Text())
		}
	}
	for _, text := range []string{"", "0.3", "0%", "101%", "NaN%", "-1%"} {
		if _, ok := new(Share).setShort(text); ok {
			t.Errorf("%q is taken for a share", text)
		}
	}
}

func TestDates(t *testing.T) {
	var d Date
	if p, ok := d.setShort("2027-03-31"); !ok || d.String() != "2027-03-31" {
		t.Errorf("got %s %s", d, p.Text())
	}
	for _, text := range []string{"31.3.2027", "2027-02-30", "soon"} {
		if _, ok := d.setShort(text); ok {
			t.Errorf("%q is taken for a day", text)
		}
	}
}

// A row that cannot be read is remembered, since whoever stands there would not be
// tried at the secondary; one that is only there twice loses nobody.
func TestRowsLeftOut(t *testing.T) {
	dir := t.TempDir()
	settings, table := filepath.Join(dir, "lifeboat.yaml"), filepath.Join(dir, "r.csv")
	err := os.WriteFile(settings, []byte("domains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: google}\nrecipients: {csv: r.csv}\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(table, []byte("address,kind\na@example.jp,\na@example.jp,\nb at example.jp,\nc@example.jp,robot\n\"d@example.jp,\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	s, warnings, err := Load(settings, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, p := range s.LeftOut() {
		lines = append(lines, p.Line)
	}
	if diff := cmp.Diff([]int{4, 5, 6}, lines); diff != "" || len(warnings) != 4 {
		t.Errorf("left out %v of %v", lines, warnings)
	}
}
