package configs

import (
	"cmp"
	"slices"
	"strings"
)

// ProvidersOf returns the providers as they serve a domain: preset, settings and
// the domain's overrides in one, and placeholders filled. MX are sorted as
// senders try them. A domain without a secondary has one that is not
// [Provider.Configured].
//
// The placeholders of MX hosts, servers and DKIM values are {domain}, the mail
// domain, and {domain-dashes}, the same with a dash for each dot.
func (s *Settings) ProvidersOf(domain string) (Providers, bool) {
	i := s.domainIndex(domain)
	if i < 0 {
		return Providers{}, false
	}
	return Providers{Primary: s.provider(i, rolePrimary), Secondary: s.provider(i, roleSecondary)}, true
}

// NeedSecondary returns a sentence saying that failover needs a secondary
// provider when the domain has none, and otherwise nil.
func (s *Settings) NeedSecondary(domain string) error {
	providers, ok := s.ProvidersOf(domain)
	if !ok {
		return Say("{at}: {domain} is not among the domains.", "domain", show(domain)).at(s.places.of("domains"), "domains")
	}
	if providers.Secondary.Configured() {
		return nil
	}
	const path = "providers.secondary"
	return Say("{at}: {domain} has no secondary provider, and failover needs one. Add {key}, as in lifeboat.example.yaml.",
		"domain", show(domain)).at(s.places.of(path), path)
}

const (
	rolePrimary   = "primary"
	roleSecondary = "secondary"
)

func placeholders() []string { return []string{"{domain}", "{domain-dashes}"} }

func fillPlaceholders(text, domain string) string {
	return strings.NewReplacer("{domain}", domain, "{domain-dashes}", strings.ReplaceAll(domain, ".", "-")).Replace(text)
}

// provider puts a provider together for the domain at an index.
func (s *Settings) provider(index int, role string) Provider {
	p, preset := s.written(role)
	p = preset.under(p)
	mx, _ := s.mxOf(index, role)
	selectors, _ := s.selectorsOf(index, role)
	p.MX, p.DKIMSelectors = slices.Clone(mx), slices.Clone(selectors)
	p.fill(s.Domains[index].Name)
	return p
}

// written returns what the settings say of a provider, and its preset, which is
// empty when there is none.
func (s *Settings) written(role string) (Provider, Preset) {
	p := s.Providers.Primary
	if role == roleSecondary {
		p = s.Providers.Secondary
	}
	preset, _ := presetNamed(s.presets, p.Preset)
	return p, preset
}

func (s *Settings) override(index int, role string) Override {
	if role == roleSecondary {
		return s.Domains[index].Secondary
	}
	return s.Domains[index].Primary
}

// mxOf returns a provider's MX for a domain, with their placeholders, and the
// path of the setting that they come from.
func (s *Settings) mxOf(index int, role string) (list []MX, path string) {
	p, preset := s.written(role)
	if own := s.override(index, role).MX; len(own) > 0 {
		return own, itemPath("domains", index) + "." + role + ".mx"
	}
	if len(p.MX) > 0 || len(preset.MX) == 0 {
		return p.MX, "providers." + role + ".mx"
	}
	return preset.MX, "providers." + role + ".preset"
}

// selectorsOf does the same for the DKIM records. Those of a preset whose values
// only the provider knows are left out.
func (s *Settings) selectorsOf(index int, role string) (list []Selector, path string) {
	p, preset := s.written(role)
	if own := s.override(index, role).DKIMSelectors; len(own) > 0 {
		return own, itemPath("domains", index) + "." + role + ".dkim_selectors"
	}
	if len(p.DKIMSelectors) > 0 {
		return p.DKIMSelectors, "providers." + role + ".dkim_selectors"
	}
	for _, d := range preset.DKIMSelectors {
		if !strings.Contains(fillPlaceholders(d.Value, ""), "{") {
			list = append(list, d)
		}
	}
	return list, "providers." + role + ".preset"
}

// fill fills placeholders and what follows from the rest.
func (p *Provider) fill(domain string) {
	for i, mx := range p.MX {
		p.MX[i].Host = fillPlaceholders(mx.Host, domain)
		if host, _, ok := mxHost(p.MX[i].Host); ok {
			p.MX[i].Host = host
		}
	}
	slices.SortStableFunc(p.MX, func(a, b MX) int { return cmp.Compare(a.Preference, b.Preference) })
	for i, d := range p.DKIMSelectors {
		p.DKIMSelectors[i].Type = strings.ToUpper(d.Type)
		p.DKIMSelectors[i].Value = fillPlaceholders(d.Value, domain)
	}
	p.IMAP.fill(domain, 993, 143, TLSImplicit)
	p.Submission.fill(domain, 465, 587, TLSStart)
	if p.Name == "" && len(p.MX) > 0 {
		p.Name = p.MX[0].Host
	}
}

// fill completes an endpoint: port and protection follow from each other.
func (e *Endpoint) fill(domain string, implicit, start uint16, usual string) {
	if e.Host == "" {
		*e = Endpoint{}
		return
	}
	e.Host = fillPlaceholders(e.Host, domain)
	if name, ok := serverName(e.Host); ok {
		e.Host = name
	}
	switch {
	case e.TLS == "" && e.Port == implicit:
		e.TLS = TLSImplicit
	case e.TLS == "" && e.Port == start:
		e.TLS = TLSStart
	case e.TLS == "":
		e.TLS = usual
	}
	if e.Port == 0 {
		e.Port = start
		if e.TLS == TLSImplicit {
			e.Port = implicit
		}
	}
}

// under lays a provider's own settings over the preset; for MX and DKIM see
// mxOf and selectorsOf.
func (preset Preset) under(p Provider) Provider {
	if preset.Name != "generic" { // whose title is no name: it is called by its MX host
		p.Name = cmp.Or(p.Name, preset.Title)
	}
	p.SPFInclude = cmp.Or(p.SPFInclude, preset.SPFInclude)
	p.StatusPage = cmp.Or(p.StatusPage, preset.StatusPage)
	p.IMAP = preset.IMAP.under(p.IMAP)
	p.Submission.Endpoint = preset.Submission.under(p.Submission.Endpoint)
	own, usual := &p.SendingLimits, preset.SendingLimits
	own.MessagesPerMinute = cmp.Or(own.MessagesPerMinute, usual.MessagesPerMinute)
	own.RecipientsPerDay = cmp.Or(own.RecipientsPerDay, usual.RecipientsPerDay)
	own.Connections = cmp.Or(own.Connections, usual.Connections)
	return p
}

// under lays an endpoint of the settings over the preset's; another host has
// ports of its own.
func (e Endpoint) under(own Endpoint) Endpoint {
	if own.Host != "" {
		return own
	}
	return Endpoint{Host: e.Host, Port: cmp.Or(own.Port, e.Port), TLS: cmp.Or(own.TLS, e.TLS)}
}
