package engine

import (
	"fmt"
	"slices"
	"strings"

	"lifeboat/configs"
)

// Entries of the settings file, in the order in which people read them.
type (
	domainEntry struct {
		Name               string        `yaml:"name"`
		EmergencySubdomain string        `yaml:"emergency_subdomain,omitempty"`
		DNS                dnsEntry      `yaml:"dns"`
		Signing            *signingEntry `yaml:"signing,omitempty"`
	}
	signingEntry struct {
		Selector string `yaml:"selector"`
		Key      string `yaml:"key"`
	}
	dnsEntry struct {
		Host       string            `yaml:"host"`
		Zone       string            `yaml:"zone,omitempty"`
		Parameters map[string]string `yaml:"parameters,omitempty"`
	}
	providerEntry struct {
		Preset string   `yaml:"preset"`
		MX     []string `yaml:"mx,omitempty"`
	}
)

// Amend brings a domain and the choices made into settings that exist, and leaves
// everything else in the file, comments and order, as it is. It returns the keys
// that it set: none when all is there already.
func (d Discovery) Amend(file string, c Choices) ([]string, error) {
	draft, err := d.Draft(c)
	if err != nil {
		return nil, err
	}
	now, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		return nil, err
	}
	e := configs.Edit(file)
	var set []string
	put := func(key string, value any) {
		e.Set(key, value)
		set = append(set, key)
	}
	domain := draft.Domains[0].Domain
	i := slices.IndexFunc(now.Domains, func(o configs.Domain) bool { return o.Name == domain.Name })
	switch {
	case i < 0:
		put(fmt.Sprintf("domains[%d]", len(now.Domains)), domainEntry{domain.Name, domain.EmergencySubdomain, entryOf(domain.DNS), signingOf(domain.Signing)})
	case c.Emergency != "" && now.Domains[i].EmergencySubdomain != domain.EmergencySubdomain:
		put(fmt.Sprintf("domains[%d].emergency_subdomain", i), domain.EmergencySubdomain)
	}
	if i >= 0 && c.DNS != "" && now.Domains[i].DNS.Host != c.DNS {
		put(fmt.Sprintf("domains[%d].dns", i), entryOf(domain.DNS))
	}
	if i >= 0 && domain.Signing.On() && !now.Domains[i].Signing.On() {
		put(fmt.Sprintf("domains[%d].signing", i), signingOf(domain.Signing))
	}
	if p := draft.Secondary; p.Configured() && !sameProvider(p, now.Providers.Secondary) {
		entry := providerEntry{Preset: p.Preset}
		for _, m := range p.MX {
			entry.MX = append(entry.MX, m.String())
		}
		put("providers.secondary", entry)
	}
	if c.CSV != "" && now.Recipients.CSV != c.CSV {
		put("recipients.csv", c.CSV)
	}
	return set, e.Save()
}

func sameProvider(a, b configs.Provider) bool {
	return a.Preset == b.Preset && (len(a.MX) == 0 || slices.Equal(a.MX, b.MX))
}

func signingOf(s configs.Signing) *signingEntry {
	if !s.On() {
		return nil
	}
	return &signingEntry{s.Selector, s.Key.String()}
}

func entryOf(d configs.DNS) dnsEntry {
	out := dnsEntry{Host: d.Host, Zone: d.Zone}
	switch {
	case d.RFC2136 != nil:
		out.Parameters = map[string]string{
			"server": d.RFC2136.Server, "key_name": d.RFC2136.KeyName, "secret": d.RFC2136.Secret.String(),
		}
	case d.Cloudflare != nil:
		out.Parameters = map[string]string{"token": d.Cloudflare.Token.String()}
	case d.Manual != nil && d.Manual.Console != "":
		out.Parameters = map[string]string{"console": strings.TrimSpace(d.Manual.Console)}
	}
	return out
}
