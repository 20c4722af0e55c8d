package configs

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The lists that are part of the program are read without a word.
func TestEmbeddedListsAreRight(t *testing.T) {
	for file, list := range map[string]struct {
		data []byte
		into any
	}{
		"presets.yaml":  {presetsYAML, &[]Preset{}},
		"dnshosts.yaml": {dnsHostsYAML, &[]DNSHost{}},
	} {
		root, problems := parseYAML(file, list.data)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		d := newDecoder(file, places{})
		d.decode(root, reflect.ValueOf(list.into).Elem(), "")
		for _, p := range d.problems {
			t.Error(p)
		}
	}
}

func TestPresets(t *testing.T) {
	want := []string{"microsoft365", "google", "zoho", "fastmail", "iij", "sakura", "xserver", "generic"}
	if got := presetNames(); !slices.Equal(got, want) {
		t.Errorf("presets %v, want %v", got, want)
	}
	for _, p := range Presets() {
		if p.Title == "" {
			t.Errorf("%s has no title", p.Name)
		}
		for key, missing := range map[string]bool{"mx": len(p.MX) == 0, "imap": p.IMAP.Host == "", "submission": p.Submission.Host == ""} {
			if missing != slices.Contains(p.Needs, key) {
				t.Errorf("%s: missing %s is %v, which its needs do not say", p.Name, key, missing)
			}
		}
		// What a preset gives must pass the checks that settings must.
		if len(p.MX) > 0 {
			s, _, err := loadText(t, "domains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: "+p.Name+"}\n")
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
				continue
			}
			pair, _ := s.ProvidersOf("example.jp")
			var hosts []string
			for _, mx := range pair.Primary.MX {
				hosts = append(hosts, mx.Host)
			}
			if back, ok := Recognise(hosts); !ok || back.Name != p.Name {
				t.Errorf("%s is recognised as %q by its own MX %v", p.Name, back.Name, hosts)
			}
		}
	}
}

func TestRecognise(t *testing.T) {
	for hosts, want := range map[string]string{
		"example-jp.mail.protection.outlook.com":             "microsoft365",
		"EXAMPLE-JP.MAIL.PROTECTION.OUTLOOK.COM.":            "microsoft365",
		"example-jp.r-v1.mx.microsoft":                       "microsoft365",
		"aspmx.l.google.com alt1.aspmx.l.google.com":         "google",
		"aspmx2.googlemail.com":                              "google",
		"smtp.google.com":                                    "google",
		"mx.zoho.eu mx2.zoho.eu mx3.zoho.eu":                 "zoho",
		"mx.zoho.jp":                                         "zoho",
		"in1-smtp.messagingengine.com":                       "fastmail",
		"mx01.securemx.jp":                                   "iij",
		"example.sakura.ne.jp":                               "sakura",
		"sv1234.xserver.jp":                                  "xserver",
		"mx.example.net smtp.google.com":                     "google",
		"sv1.xserver.jp smtp.google.com":                     "xserver",
		"sv1.xserver.jp smtp.google.com aspmx.l.google.com.": "google",
		"mail.example.jp":                                    "",
		"xserver.jp.example.com":                             "",
		"notsmtp.google.com":                                 "",
		"":                                                   "",
	} {
		got, ok := Recognise(strings.Fields(hosts))
		if got.Name != want || ok != (want != "") {
			t.Errorf("%q is recognised as %q, want %q", hosts, got.Name, want)
		}
	}
}

func TestRecogniseDNSHost(t *testing.T) {
	known := map[string]bool{}
	for _, h := range DNSHosts() {
		known[h.Name] = true
	}
	for _, h := range DNSHosts() {
		if !slices.Contains(dnsHosts(), h.Host) || h.Host == HostManual && !slices.Contains(Consoles(), h.Console) {
			t.Errorf("%s is worked with as %s %s, which settings do not know", h.Name, h.Host, h.Console)
		}
		for _, or := range h.Or {
			if !known[or] {
				t.Errorf("%s may be %s, which is not in the list", h.Name, or)
			}
		}
	}
	for servers, want := range map[string]string{
		"ada.ns.cloudflare.com bob.ns.cloudflare.com":                           "cloudflare",
		"01.dnsv.jp 02.dnsv.jp 03.dnsv.jp 04.dnsv.jp":                           "onamae",
		"dns01.muumuu-domain.com dns02.muumuu-domain.com":                       "muumuu",
		"ns1.xserver.jp. ns2.xserver.jp.":                                       "xserver",
		"ns1.dns.ne.jp ns2.dns.ne.jp":                                           "sakura",
		"ns1.value-domain.com":                                                  "value-domain",
		"NS51.DOMAINCONTROL.COM":                                                "godaddy",
		"dns1.registrar-servers.com":                                            "namecheap",
		"ns-1.awsdns-01.org ns-2.awsdns-02.co.uk":                               "route53",
		"ns1-01.azure-dns.com ns2-01.azure-dns.net":                             "azure",
		"ns-cloud-a1.googledomains.com":                                         "google-cloud",
		"ns1.example.jp":                                                        "",
		"ns1.example.jp ada.ns.cloudflare.com":                                  "cloudflare",
		"01.dnsv.jp ada.ns.cloudflare.com bob.ns.cloudflare.com 02.example.net": "cloudflare",
	} {
		got, ok := RecogniseDNSHost(strings.Fields(servers))
		if got.Name != want || ok != (want != "") {
			t.Errorf("%q is recognised as %q, want %q", servers, got.Name, want)
		}
	}
}

func TestPresetNamed(t *testing.T) {
	if p, ok := PresetNamed("xserver"); !ok || p.Title != "Xserver" {
		t.Errorf("got %+v", p)
	}
	if p, ok := PresetNamed("nobody"); ok {
		t.Errorf("got %+v", p)
	}
}

// Every preset says what to do at its console, beginning with the domain.
func TestConsoleSteps(t *testing.T) {
	for _, p := range Presets() {
		if len(p.Console) == 0 || p.Console[0].Copy != "domain" {
			t.Errorf("%s does not begin with the domain: %v", p.Name, p.Console)
		}
		if p.ConsolePage != "" && !strings.HasPrefix(p.ConsolePage, "https://") {
			t.Errorf("%s: %s is no page", p.Name, p.ConsolePage)
		}
		var copied []string
		for _, step := range p.Console {
			if !slices.Contains([]string{"", "domain", "accounts", "aliases", "groups", "shared"}, step.Copy) {
				t.Errorf("%s: %q is nothing to copy", p.Name, step.Copy)
			}
			if strings.Contains(step.Say, "{count}") == (step.Copy == "" || step.Copy == "domain") {
				t.Errorf("%s: %q counts what is not to be copied, or the other way round", p.Name, step.Say)
			}
			copied = append(copied, step.Copy)
		}
		for _, kind := range []string{"accounts", "aliases", "groups", "shared"} {
			if !slices.Contains(copied, kind) {
				t.Errorf("%s does not say what to do with the %s", p.Name, kind)
			}
		}
	}
}
