package configs

import (
	"strings"
	"testing"
)

func TestSigning(t *testing.T) {
	const rest = `
providers: {primary: google, secondary: {preset: generic, mx: ["10 mx.example.net"], dkim_selectors: [{selector: Light1, type: CNAME, value: light1.example.net}]}}
`
	load := func(signing string) (*Settings, error) {
		s, _, err := loadText(t, `domains: [{name: example.jp, dns: {host: manual}`+signing+`}]`+rest)
		return s, err
	}
	for signing, want := range map[string]Signing{
		"":                              {},
		", signing: {key: secret:dkim}": {DefaultSelector, "dkim"},
		", signing: {selector: OUR1.x, key: secret:dkim}": {"our1.x", "dkim"},
	} {
		s, err := load(signing)
		if err != nil {
			t.Errorf("%q: %v", signing, err)
			continue
		}
		if got := s.Domains[0].Signing; got != want || got.On() != (want.Key != "") {
			t.Errorf("%q: got %+v", signing, got)
		}
	}
	for signing, want := range map[string]string{
		", signing: {selector: x}":                     "domains[0].signing.key is missing",
		", signing: {key: secret:k, selector: light1}": "a provider's own key is published",
		", signing: {key: secret:k, selector: 'a b'}":  "the name left of ._domainkey",
		", signing: {key: 'BEGIN PRIVATE KEY'}":        "looks like a password written out",
	} {
		if _, err := load(signing); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", signing, err, want)
		}
	}
}
