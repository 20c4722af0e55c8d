package engine

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"lifeboat/configs"
	"lifeboat/failover"
)

// Choices are what a first settings file needs and no look-up tells.
type Choices struct {
	// Secondary is a preset's name; SecondaryMX its hosts ("10 mx1.example.net")
	// where the preset has none. Both empty: there is no secondary yet.
	Secondary   string
	SecondaryMX []string
	Emergency   string // emergency subdomain: a label or a full name; empty is none
	// DNS is the DNS host's key in the settings; empty takes what was discovered.
	// Server and Key are for rfc2136, with usual values when empty.
	DNS, Server, Key string
	CSV              string // file of recipients
	Language         string
	// SigningKey is the secret with the domain's own DKIM key; empty: what leaves is
	// not signed.
	SigningKey configs.SecretRef
}

// The names under which the first settings file refers to secrets.
const (
	tsigSecret       = "dns-key"
	cloudflareSecret = "cloudflare"
)

// Draft puts what was discovered and what was chosen together. What cannot work
// is failover.ErrInvalid; the rest is checked when the file is written.
func (d Discovery) Draft(c Choices) (configs.Draft, error) {
	primary, err := d.primary()
	if err != nil {
		return configs.Draft{}, err
	}
	secondary, err := c.secondary()
	if err != nil {
		return configs.Draft{}, err
	}
	dns, err := d.dns(c)
	if err != nil {
		return configs.Draft{}, err
	}
	out := configs.Draft{Language: c.Language, Primary: primary, Secondary: secondary, CSV: c.CSV}
	domain := configs.Domain{Name: strings.TrimSuffix(d.Domain, "."), DNS: dns}
	if c.SigningKey != "" {
		domain.Signing = configs.Signing{Selector: configs.DefaultSelector, Key: c.SigningKey}
	}
	if c.Emergency != "" {
		domain.EmergencySubdomain = strings.TrimSuffix(c.Emergency, ".")
		if !strings.Contains(domain.EmergencySubdomain, ".") {
			domain.EmergencySubdomain += "." + domain.Name
		}
	}
	dd := configs.DraftDomain{Domain: domain, DNSTitle: d.DNSHostName}
	for _, n := range d.NameServers {
		dd.NameServers = append(dd.NameServers, failover.Display(n))
	}
	out.Domains = []configs.DraftDomain{dd}
	return out, nil
}

// primary is the provider that the domain's MX leads to now. What a preset says
// already is not repeated.
func (d Discovery) primary() (configs.Provider, error) {
	if len(d.MX) == 0 {
		return configs.Provider{}, failover.Fail(failover.ErrInvalid,
			"{domain} has no MX record, so there is no primary provider to protect: see that the name is right", "domain", failover.Display(d.Domain))
	}
	p := configs.Provider{Preset: "generic"}
	if d.Preset != "" {
		p.Preset = d.Preset
	}
	for _, m := range d.MX {
		p.MX = append(p.MX, configs.MX{Preference: m.Preference, Host: strings.TrimSuffix(m.Host, ".")})
	}
	return p, nil
}

func (c Choices) secondary() (configs.Provider, error) {
	if c.Secondary == "" && len(c.SecondaryMX) == 0 {
		return configs.Provider{}, nil
	}
	p := configs.Provider{Preset: c.Secondary}
	if p.Preset == "" {
		p.Preset = "generic"
	}
	preset, ok := configs.PresetNamed(p.Preset)
	if !ok {
		return p, failover.Fail(failover.ErrInvalid, "{value} is no provider known by name: give generic and its MX hosts", "value", c.Secondary)
	}
	if slices.Contains(preset.Needs, "mx") && len(c.SecondaryMX) == 0 {
		return p, failover.Fail(failover.ErrInvalid,
			`the MX hosts of {provider} are needed: find them in its console and give --secondary-mx "10 mx1.example.net"`, "provider", preset.Title)
	}
	for _, text := range c.SecondaryMX {
		m, err := failover.ParseMX(text)
		if err != nil {
			return p, err
		}
		p.MX = append(p.MX, configs.MX{Preference: m.Preference, Host: strings.TrimSuffix(m.Host, ".")})
	}
	return p, nil
}

func (d Discovery) dns(c Choices) (configs.DNS, error) {
	kind := c.DNS
	if kind == "" {
		kind = d.DNSHost
	}
	out := configs.DNS{Host: kind}
	if d.Zone != d.Domain {
		out.Zone = strings.TrimSuffix(d.Zone, ".")
	}
	switch kind {
	case configs.HostRFC2136:
		out.RFC2136 = &configs.RFC2136{Server: c.Server, KeyName: c.Key, Secret: tsigSecret}
		if c.Server == "" && len(d.NameServers) > 0 {
			out.RFC2136.Server = net.JoinHostPort(failover.Display(d.NameServers[0]), strconv.Itoa(53))
		}
		if c.Key == "" {
			out.RFC2136.KeyName = "lifeboat"
		}
	case configs.HostCloudflare:
		out.Cloudflare = &configs.Cloudflare{Token: cloudflareSecret}
	case configs.HostManual:
		out.Manual = &configs.Manual{Console: d.Console}
	default:
		return out, failover.Fail(failover.ErrInvalid, "{value} is no DNS host: give rfc2136, cloudflare or manual", "value", kind)
	}
	return out, nil
}
