package configs

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

const plainSettings = `organization: From the file
language: en
resolver:
  servers: [192.0.2.1]
domains: [{name: example.jp, dns: {host: manual}}]
providers: {primary: google, secondary: {preset: zoho, submission: {username: me, password: secret:file}}}
`

func TestEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		get  func(*Settings) any
		want any
	}{
		"none":         {nil, func(s *Settings) any { return s.Organization }, "From the file"},
		"text":         {[]string{"LIFEBOAT_ORGANIZATION=From Outside = ours"}, func(s *Settings) any { return s.Organization }, "From Outside = ours"},
		"word":         {[]string{"LIFEBOAT_LANGUAGE=JA"}, func(s *Settings) any { return s.Language }, "ja"},
		"empty text":   {[]string{"LIFEBOAT_LANGUAGE="}, func(s *Settings) any { return s.Language }, "en"},
		"list":         {[]string{"LIFEBOAT_RESOLVER_SERVERS=127.0.0.1:5353, [::1]:53"}, func(s *Settings) any { return s.Resolver.Servers }, []string{"127.0.0.1:5353", "[::1]:53"}},
		"empty list":   {[]string{"LIFEBOAT_RESOLVER_DOH="}, func(s *Settings) any { return len(s.Resolver.DoH) }, 0},
		"number":       {[]string{"LIFEBOAT_RESOLVER_AUTHORITY_PORT=5353"}, func(s *Settings) any { return s.Resolver.AuthorityPort }, uint16(5353)},
		"fraction":     {[]string{"LIFEBOAT_PREFLIGHT_RCPT_PER_SECOND=0.5"}, func(s *Settings) any { return s.Preflight.RcptPerSecond }, 0.5},
		"mx":           {[]string{"LIFEBOAT_PROVIDERS_SECONDARY_MX=10 mx1.example.net,20 mx2.example.net"}, func(s *Settings) any { return s.Providers.Secondary.MX }, []MX{{10, "mx1.example.net"}, {20, "mx2.example.net"}}},
		"reference":    {[]string{"LIFEBOAT_PROVIDERS_SECONDARY_SUBMISSION_PASSWORD=secret:env"}, func(s *Settings) any { return s.Providers.Secondary.Submission.Password }, SecretRef("env")},
		"recipients":   {[]string{"LIFEBOAT_RECIPIENTS_ACCOUNTS=a@example.jp,b@example.jp"}, func(s *Settings) any { return len(s.RecipientsOf("example.jp")) }, 2},
		"others'":      {[]string{"ORGANIZATION=x", "lifeboat_organization=x", "LIFEBOAT_SECRET_LANGUAGE=x", "LIFEBOAT_VAULT_PASSPHRASE=y", "NONSENSE"}, func(s *Settings) any { return s.Organization }, "From the file"},
		"last of many": {[]string{"LIFEBOAT_ORGANIZATION=a", "LIFEBOAT_ORGANIZATION=b"}, func(s *Settings) any { return s.Organization }, "b"},
	} {
		t.Run(name, func(t *testing.T) {
			s, warnings, err := loadText(t, plainSettings, c.env...)
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			if got := c.get(s); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Mistakes in the environment are found like those in the file, at the variable.
func TestEnvironmentMistakes(t *testing.T) {
	for variable, want := range map[string]string{
		"LIFEBOAT_LANGUAGE=jp":                                              "LIFEBOAT_LANGUAGE: language is jp. Did you mean ja?",
		"LIFEBOAT_RESOLVER_AUTHORITY_PORT=http":                             "LIFEBOAT_RESOLVER_AUTHORITY_PORT: resolver.authority_port must be a whole number, not http.",
		"LIFEBOAT_RESOLVER_SERVERS=192.0.2.1,dns":                           "LIFEBOAT_RESOLVER_SERVERS: resolver.servers[1] is dns, but must be an address with or without a port, as in 192.0.2.53:53.",
		"LIFEBOAT_PROVIDERS_SECONDARY_SUBMISSION_PASSWORD=hunter2":          `LIFEBOAT_PROVIDERS_SECONDARY_SUBMISSION_PASSWORD: providers.secondary.submission.password looks like a password written out. Store it with "lifeboat secret set NAME" and write secret:NAME here.`,
		"LIFEBOAT_PROVIDERS_SECONDARY_MX=mx.example.net":                    `LIFEBOAT_PROVIDERS_SECONDARY_MX: providers.secondary.mx[0] has no preference. Write a number before the host, as in "10 mx.example.net".`,
		"LIFEBOAT_PROVIDERS_SECONDARY_SENDING_LIMITS_MESSAGES_PER_MINUTE=x": "LIFEBOAT_PROVIDERS_SECONDARY_SENDING_LIMITS_MESSAGES_PER_MINUTE: providers.secondary.sending_limits.messages_per_minute must be a whole number, not x.",
	} {
		_, _, err := loadText(t, plainSettings, variable)
		if got := ProblemsIn(err); len(got) != 1 || got[0].Text() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", variable, err, want)
		}
	}
	_, warnings, err := loadText(t, plainSettings, "LIFEBOAT_LANGUAGES=ja")
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Text(), "Did you mean LIFEBOAT_LANGUAGE?") {
		t.Errorf("got %v %v", warnings, err)
	}
}

func TestEnvironmentNamesAreDistinct(t *testing.T) {
	var names []string
	for _, l := range leavesOf(reflect.TypeFor[Settings](), "", nil) {
		names = append(names, EnvName(l.path))
	}
	slices.Sort(names)
	if len(names) < 20 || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("two settings share a variable: %v", names)
	}
}
