package configs

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRemove(t *testing.T) {
	const text = `# ours
domains:
  - name: example.test # the one
    emergency_subdomain: emergency
    mx_ttl: 300 # short
    dns: {host: manual, zone: example.test}
providers:
  primary:
    preset: google
  # the spare one
  secondary:
    preset: fastmail
recipients:
  accounts:
    # those of the office
    - anna@example.test
    - address: ben@example.test # on leave
      aliases: [b@example.test]
    # outside
    - eve@example.test
  groups: [all@example.test]
`
	for name, c := range map[string]struct{ path, gone, want string }{
		"a setting":            {"domains[0].mx_ttl", "    mx_ttl: 300 # short\n", ""},
		"one between brackets": {"domains[0].dns.zone", ", zone: example.test", ""},
		"a block":              {"providers.secondary", "  secondary:\n    preset: fastmail\n", ""},
		"an entry":             {"recipients.accounts[1]", "    - address: ben@example.test # on leave\n      aliases: [b@example.test]\n", ""},
		"a short entry":        {"recipients.accounts[0]", "    - anna@example.test\n", ""},
		"the last entry":       {"recipients.accounts[2]", "    - eve@example.test\n", ""},
		"the only entry":       {"recipients.groups[0]", "[all@example.test]", "[]"},
		"what is not there":    {"recipients.shared_mailboxes[0]", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "lifeboat.yaml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			want := text
			if c.gone != "" {
				before, after, ok := cutOnce(text, c.gone)
				if !ok {
					t.Fatal("the test looks for what is not in its text")
				}
				want = before + c.want + after
			}
			if err := Edit(file).Remove(c.path).Save(); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != want {
				t.Errorf("the file is now\n%s\nwant\n%s", got, want)
			}
		})
	}
	if err := Edit("nowhere.yaml").Remove("domains[0]").Save(); err == nil {
		t.Error("a file that is not there was edited")
	}
}

func cutOnce(text, part string) (before, after string, ok bool) {
	i := len(text) - len(part)
	for ; i >= 0; i-- {
		if text[i:i+len(part)] == part {
			return text[:i], text[i+len(part):], true
		}
	}
	return "", "", false
}
