package plan

import (
	"strings"

	"lifeboat/failover"
)

// prepare publishes, in calm times, what a failover later needs to be nothing
// more than a change of MX.
func (b *builder) prepare() error {
	if err := b.lowerTTL(); err != nil {
		return err
	}
	if err := b.emergency(); err != nil {
		return err
	}
	if err := b.spf(); err != nil {
		return err
	}
	return b.dkim()
}

// lowerTTL brings the TTL of the MX set, its records unchanged, down to what the
// settings ask for: it bounds how long the world holds on to the old route.
func (b *builder) lowerTTL() error {
	d := b.o.Domain
	before, err := b.before(failover.Key{Name: d.Name, Type: "MX"})
	if err != nil || !before.Exists() {
		return err
	}
	after := before
	after.TTL = b.ttl(d.MXTTL)
	if after.TTL >= before.TTL {
		return nil
	}
	b.step(before, after, failover.Say("a shorter TTL ({ttl} seconds) makes a later switch take effect sooner", "ttl", after.TTL))
	return nil
}

// spf adds the secondary to the domain's SPF string (RFC 7208), leaving every
// other string at the name as it is.
func (b *builder) spf() error {
	d := b.o.Domain
	if d.Secondary.SPFInclude == "" {
		return nil
	}
	before, err := b.before(failover.Key{Name: d.Name, Type: "TXT"})
	if err != nil {
		return err
	}
	at := -1
	for i, v := range before.Values {
		if !isSPF(unquote(v)) {
			continue
		}
		if at >= 0 {
			return failover.Fail(failover.ErrBlocked,
				"{domain} has more than one SPF string, which receivers treat as an error (RFC 7208 section 4.5): leave one of them",
				"domain", failover.Display(d.Name))
		}
		at = i
	}
	values := append([]string(nil), before.Values...)
	if at >= 0 {
		values[at] = quote(withInclude(unquote(values[at]), d.Secondary.SPFInclude))
	} else {
		values = append(values, quote(newSPF(d)))
	}
	ttl := before.TTL
	if !before.Exists() {
		ttl = b.ttl(d.MXTTL)
	}
	b.step(before, failover.NewRRset(d.Name, "TXT", ttl, values...),
		failover.Say("receivers accept mail of {domain} that {provider} sends (SPF)",
			"domain", failover.Display(d.Name), "provider", d.Secondary.Name))
	return nil
}

func (b *builder) dkim() error {
	d := b.o.Domain
	for _, s := range d.Secondary.DKIM {
		before, err := b.before(failover.Key{Name: dkimName(d, s), Type: s.Type})
		if err != nil {
			return err
		}
		value := quote(s.Value)
		if s.Type == "CNAME" {
			value = failover.FQDN(s.Value)
		}
		ttl := before.TTL
		if !before.Exists() {
			ttl = b.ttl(3600)
		}
		b.step(before, failover.NewRRset(dkimName(d, s), s.Type, ttl, value),
			failover.Say("signatures of {provider} can be checked (DKIM selector {selector})",
				"provider", d.Secondary.Name, "selector", s.Selector))
	}
	return nil
}

func dkimName(d failover.Domain, s failover.DKIMSelector) string {
	return failover.FQDN(s.Selector + "._domainkey." + d.Name)
}

// isSPF reports whether a TXT string is an SPF record (RFC 7208 section 4.5).
func isSPF(s string) bool {
	v := strings.ToLower(s)
	return v == "v=spf1" || strings.HasPrefix(v, "v=spf1 ")
}

// withInclude puts "include:host" in front of the first "all" or "redirect=",
// unless it is there.
func withInclude(spf, host string) string {
	include := "include:" + strings.TrimSuffix(host, ".")
	terms := strings.Fields(spf)
	at := len(terms)
	for i, t := range terms {
		switch bare := strings.TrimLeft(strings.ToLower(t), "+-~?"); {
		case bare == strings.ToLower(include):
			return spf
		case (bare == "all" || strings.HasPrefix(bare, "redirect=")) && i < at:
			at = i
		}
	}
	terms = append(terms[:at:at], append([]string{include}, terms[at:]...)...)
	return strings.Join(terms, " ")
}

func newSPF(d failover.Domain) string {
	spf := "v=spf1"
	for _, p := range []failover.Provider{d.Primary, d.Secondary} {
		if p.SPFInclude != "" {
			spf += " include:" + strings.TrimSuffix(p.SPFInclude, ".")
		}
	}
	return spf + " ~all"
}
