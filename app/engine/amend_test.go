package engine_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
)

const settled = `# Aoba Trading's own remarks
organization: Aoba # since 1987
domains:
  - name: example.test # the shop
    dns: {host: manual}
providers:
  primary:
    preset: generic
    mx: [10 mx.primary.test]
# nobody yet
recipients:
  accounts:
    - address: anna@example.test   # the boss
`

// Amending keeps every remark, adds what is new, and does nothing the second
// time.
func TestAmendKeepsTheAdminsWords(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(settled), 0o600); err != nil {
		t.Fatal(err)
	}
	d := engine.Discovery{
		Domain: "second.test.", Zone: "second.test.", DNSHost: configs.HostCloudflare,
		MX: []failover.MX{{Preference: 10, Host: "mx.primary.test."}},
	}
	c := engine.Choices{Secondary: "generic", SecondaryMX: []string{"10 mx.secondary.test"}, Emergency: "emergency"}
	set, err := d.Amend(file, c)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"domains[1]", "providers.secondary"}; !slices.Equal(set, want) {
		t.Errorf("set %v, not %v", set, want)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rest := string(b)
	for line := range strings.Lines(settled) {
		at := strings.Index(rest, line)
		if at < 0 {
			t.Fatalf("the line %q is gone or moved:\n%s", line, b)
		}
		rest = rest[at+len(line):]
	}
	s, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if got, ok := s.Domain("second.test"); !ok || got.EmergencySubdomain != "emergency.second.test" || got.DNS.Cloudflare == nil {
		t.Errorf("the new domain is %+v", got)
	}
	if err := s.NeedSecondary("example.test"); err != nil {
		t.Error(err)
	}
	again, err := d.Amend(file, c)
	after, rerr := os.ReadFile(file)
	if err != nil || rerr != nil || len(again) != 0 || string(after) != string(b) {
		t.Errorf("the second time sets %v: %v %v", again, err, rerr)
	}
}
