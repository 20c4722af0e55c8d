package engine_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/drill/report"
)

const cardSettings = `
organization: Aoba Trading
domains:
  - {name: aoba.example, emergency_subdomain: em, mx_ttl: 600, dns: {host: manual, parameters: {console: onamae}}}
  - {name: aoba.test, dns: {host: cloudflare, parameters: {token: secret:cf}}}
providers:
  primary: {preset: google, name: Harbormail}
  secondary: {preset: generic, name: Lighthouse, mx: [10 mx1.lighthouse.example]}
recipients:
  accounts: [{address: taro@aoba.example, aliases: [t@aoba.example]}]
  groups: [sales@aoba.example]
  shared_mailboxes: [info@aoba.example]
people:
  - {name: Jiro, phone: 03-0000-0001}
  - {name: Taro, phone: 090-0000-0002, decides: true}
runcard: {credentials: In the safe, support: [{name: Lighthouse, phone: 03-0000-0003}], notes: [Mind the step]}
`

// deskless is an engine that has settings and a data folder, and no network: whatever
// would ask somebody has nobody to ask.
func deskless(t *testing.T, settings string) (e *engine.Engine, data string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	data = filepath.Join(dir, "data")
	return engine.New(engine.Options{Settings: s, DataDir: data, Owner: "taro@desk", Now: time.Now, Logger: slog.New(slog.DiscardHandler)}), data
}

func TestRuncardNeedsNoNetwork(t *testing.T) {
	t.Parallel()
	e, data := deskless(t, cardSettings)
	for i, first := range []time.Duration{20 * time.Second, 12 * time.Second} {
		saveDrill(t, data, time.Date(2026, 11, 1+i, 10, 0, 0, 0, time.UTC), drill.Functional, first)
	}
	saveDrill(t, data, time.Date(2026, 11, 9, 10, 0, 0, 0, time.UTC), drill.Tabletop, 0)
	c, err := e.Runcard(t.Context(), engine.RuncardRequest{Flags: "--config x"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"aoba.example", "aoba.test"}; !slices.Equal(c.Domains, want) || c.Organization != "Aoba Trading" || c.Primary != "Harbormail" || c.Secondary != "Lighthouse" {
		t.Errorf("got %+v", c)
	}
	if want := []string{"info@em.aoba.example", "sales@em.aoba.example", "taro@em.aoba.example"}; !slices.Equal(slices.Sorted(slices.Values(c.Emergency)), want) || c.Emergency[2] != "taro@em.aoba.example" {
		t.Errorf("emergency addresses: %v", c.Emergency)
	}
	if len(c.People) != 2 || c.People[0].Name != "Taro" || !c.People[0].Decides || c.People[1].Phone != "03-0000-0001" {
		t.Errorf("people: %+v", c.People)
	}
	if len(c.DNS) != 2 || c.DNS[0].Name != "お名前.com" || !strings.HasPrefix(c.DNS[0].Page, "https://") || c.DNS[1].Name != "Cloudflare" || c.DNS[1].Domains[0] != "aoba.test" {
		t.Errorf("DNS: %+v", c.DNS)
	}
	if c.OldTTL != drill.Span(10*time.Minute) || c.Machine != "taro@desk" || c.Flags != "--config x" || c.Credentials != "In the safe" || len(c.Notes) != 1 || len(c.Support) != 1 {
		t.Errorf("got %+v", c)
	}
	if c.Last == nil || c.Last.Started.Day() != 2 {
		t.Errorf("the last drill that was measured: %+v", c.Last)
	}
	if c.Ready || !strings.HasPrefix(c.Readiness.String(), "not known, ") {
		t.Errorf("readiness: %s", c.Readiness)
	}
	tongue, err := i18n.New(i18n.Japanese)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := report.Runcard(&page, c, tongue, report.FormatText); err != nil || !strings.Contains(page.String(), "lifeboat failover") || !strings.Contains(page.String(), "090-0000-0002") {
		t.Errorf("%v\n%s", err, page.String())
	}
	if _, err := e.Runcard(t.Context(), engine.RuncardRequest{Domains: []string{"other.example"}}); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("a domain that is not ours: %v", err)
	}
}

// Where nothing is known, the card has blanks and no guesses.
func TestRuncardOfBareSettings(t *testing.T) {
	t.Parallel()
	e, _ := deskless(t, "domains: [{name: aoba.example, dns: {host: rfc2136, parameters: {server: ns.aoba.example, key_name: k, secret: secret:k}}}]\nproviders: {primary: google}\nruncard: {dns_sign_in: \"https://dns.example\"}\n")
	c, err := e.Runcard(t.Context(), engine.RuncardRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Secondary != "" || len(c.People) != 0 || len(c.Emergency) != 0 || c.Last != nil || c.DNS[0].Name != "ns.aoba.example:53" || c.DNS[0].Page != "https://dns.example" {
		t.Errorf("got %+v", c)
	}
	if got := c.Readiness.String(); c.Ready || got != "not ready, aoba.example has no secondary provider" {
		t.Errorf("readiness: %s", got)
	}
}

// The card tells what the evidence kept says of a switch.
func TestRuncardTellsReadiness(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, err := o.Check(t.Context(), engine.CheckRequest{}); err != nil {
		t.Fatal(err)
	}
	if c, err := o.Runcard(t.Context(), engine.RuncardRequest{}); err != nil || !c.Ready {
		t.Errorf("%v %s", err, c.Readiness)
	}
	o.world.SetRecipient(failover.Secondary, "sales@example.test", false)
	if _, err := o.Check(t.Context(), engine.CheckRequest{Fresh: true}); err != nil {
		t.Fatal(err)
	}
	if c, err := o.Runcard(t.Context(), engine.RuncardRequest{}); err != nil || c.Ready || !strings.HasPrefix(c.Readiness.String(), "not ready, 1 checks fail") {
		t.Errorf("%v %s", err, c.Readiness)
	}
}
