package configs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/width"
)

func drafts() map[string]Draft {
	cloudflare := &Cloudflare{Token: "cloudflare"}
	tsig := &RFC2136{Server: "ns1.example.com:53", KeyName: "lifeboat-key", Algorithm: "hmac-sha512", Secret: "tsig"}
	return map[string]Draft{
		"smallest": {
			Domains: []DraftDomain{{Domain: Domain{Name: "example.jp", DNS: DNS{Host: HostManual}}}},
			Primary: Provider{Preset: "google"},
		},
		"full": {
			Organization: "Example: \"Trading\" Co., Ltd. # 1",
			Language:     "ja",
			Domains: []DraftDomain{
				{
					Domain: Domain{
						Name: "example.jp", EmergencySubdomain: "emergency", MXTTL: 120,
						DNS: DNS{Host: HostCloudflare, Zone: "example.jp", Cloudflare: cloudflare},
					},
					NameServers: []string{"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"}, DNSTitle: "Cloudflare",
				},
				{
					Domain: Domain{
						Name: "example.com", DNS: DNS{Host: HostRFC2136, RFC2136: tsig},
						Primary: Override{MX: []MX{{0, "example-com.mail.protection.outlook.com"}}},
					},
					NameServers: []string{"ns1.example.com"},
				},
				{Domain: Domain{
					Name: "example.org", DNS: DNS{Host: HostManual, Manual: &Manual{Console: "onamae"}},
					Secondary: Override{DKIMSelectors: []Selector{{"s1", "CNAME", "s1.dkim.example.net"}}},
				}},
			},
			Primary: Provider{Preset: "microsoft365"},
			Secondary: Provider{
				Name: "Example Mail", MX: []MX{{10, "mx1.example.net"}, {20, "mx2.example.net"}},
				IMAP:       Endpoint{Host: "imap.example.net", Port: 993, TLS: TLSImplicit},
				Submission: Submission{Endpoint: Endpoint{Host: "smtp.example.net"}, Username: "lifeboat", Password: "mail"},
				SPFInclude: "spf.example.net",
			},
			Recipients: []Recipient{
				{Address: "hanako@example.jp", Kind: KindAccount, SecondaryUser: "hanako"},
				{Address: "h@example.jp", Kind: KindAlias, Of: "hanako@example.jp"},
				{Address: "taro@example.jp", Kind: KindAccount},
				{Address: "info@example.jp", Kind: KindShared},
			},
		},
	}
}

func TestWriteNew(t *testing.T) {
	for name, d := range drafts() {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "lifeboat.yaml")
			if err := WriteNew(file, d); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "draft", name+".yaml")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("differs from %s:\n%s", golden, got)
			}
			s, warnings, err := Load(file, Options{})
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			if s.Organization != d.Organization || len(s.Domains) != len(d.Domains) || len(s.RecipientsOf("example.jp")) != len(d.Recipients) {
				t.Errorf("loads as something else: %+v", s)
			}
			if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v %v", info.Mode(), err)
			}
			for line := range strings.Lines(string(got)) {
				if columns := displayWidth(strings.TrimSuffix(line, "\n")); strings.Contains(line, "# ") && columns > pageWidth {
					t.Errorf("%d columns: %s", columns, line)
				}
			}
		})
	}
}

func displayWidth(text string) int {
	columns := 0
	for _, r := range text {
		columns++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			columns++
		}
	}
	return columns
}

// The comments are told in the admin's language, wrapped by the width of its
// letters.
func TestWriteNewTranslated(t *testing.T) {
	d := drafts()["full"]
	const sentence = "これは設定ファイルの注釈です。長い文でも、読みやすい幅で折り返され、句読点が行の先頭に来ることはありません。"
	told := 0
	d.Translate = func(template string, parts ...any) string {
		if told++; strings.Contains(template, "{") && len(parts) == 0 {
			t.Errorf("no parts for %q", template)
		}
		return sentence
	}
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := WriteNew(file, d); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	joined := regexp.MustCompile(`\n *# `).ReplaceAllString(string(got), "")
	if n := strings.Count(joined, sentence); n != told || n < 10 {
		t.Errorf("%d comments of %d are whole:\n%s", n, told, got)
	}
	for line := range strings.Lines(string(got)) {
		comment := strings.TrimPrefix(strings.TrimSpace(line), "# ")
		if columns := displayWidth(strings.TrimSuffix(line, "\n")); strings.Contains(line, "# ") && columns > pageWidth || strings.ContainsAny(comment[:min(3, len(comment))], "、。") {
			t.Errorf("%d columns: %s", columns, line)
		}
	}
}

func TestWriteNewNeverOverwrites(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := WriteNew(file, drafts()["smallest"])
	if problems := ProblemsIn(err); !errors.Is(err, fs.ErrExist) || len(problems) != 1 || !strings.Contains(problems[0].Text(), "exists already") {
		t.Errorf("got %v", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "mine" {
		t.Errorf("got %q %v", got, err)
	}
}

func TestWriteNewRefusesWhatWouldNotLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	d := drafts()["smallest"]
	d.Domains[0].Name = "not a domain"
	if err := WriteNew(file, d); err == nil || !strings.Contains(err.Error(), "not a domain name") {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}
