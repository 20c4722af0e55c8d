package plan

import (
	"slices"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
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
	before, err := b.before(failover.Key{Name: d.Name, Type: "MX"}, failover.RRset{})
	if err != nil || !before.Exists() {
		return err
	}
	if b.o.OwnTTL {
		if before.TTL > d.MXTTL {
			b.note(failover.Say("the TTL of {set} stays at {ttl} seconds, which the DNS host chooses itself",
				"set", before.Key.String(), "ttl", before.TTL))
		}
		return nil
	}
	after := before
	after.TTL = b.ttl(d.MXTTL)
	if after.TTL >= before.TTL {
		return nil
	}
	b.change(before, after, failover.Say("a shorter TTL ({ttl} seconds) makes a later switch take effect sooner", "ttl", after.TTL))
	return nil
}

// spf adds the secondary to the domain's SPF string (RFC 7208), leaving every
// other string at the name as it is.
func (b *builder) spf() error {
	d := b.o.Domain
	if d.Secondary.SPFInclude == "" {
		return nil
	}
	before, err := b.before(failover.Key{Name: d.Name, Type: "TXT"}, failover.RRset{})
	if err != nil {
		return err
	}
	old, at, several := dnswire.SPF(before.Values)
	if several {
		return failover.Fail(failover.ErrBlocked,
			"{domain} has more than one SPF string, which receivers treat as an error (RFC 7208 section 4.5): leave one of them",
			"domain", failover.Display(d.Name))
	}
	values := slices.Clone(before.Values)
	if at >= 0 {
		if spf, changed := withInclude(old, d.Secondary.SPFInclude); changed {
			values[at] = dnswire.TXT(spf)
		}
	} else if d.Primary.SPFInclude != "" {
		values = append(values, dnswire.TXT(newSPF(d)))
	} else {
		// One that names the secondary alone would put the primary's mail in the wrong.
		b.note(failover.Say("{domain} has no SPF record, and the settings do not say what {primary} needs in one: none is written",
			"domain", failover.Display(d.Name), "primary", d.Primary.Name))
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

// dkim publishes the secondary's selectors and the domain's own, so that what the
// provider or our relay signs is signed with a key that receivers find.
func (b *builder) dkim() error {
	d := b.o.Domain
	for _, s := range selectors(d) {
		after := failover.NewRRset(dkimName(d, s), s.Type, 0, failover.FQDN(s.Value))
		if after.Type == "TXT" {
			after.Values = []string{dnswire.TXT(s.Value)}
		}
		before, err := b.before(after.Key, failover.RRset{})
		if err != nil {
			return err
		}
		if after.Type == "TXT" && len(before.Values) == 1 && text(before.Values[0]) == s.Value {
			continue // however it is cut into strings
		}
		after.TTL = before.TTL
		if !before.Exists() {
			after.TTL = b.ttl(3600)
		}
		reason := failover.Say("signatures of {provider} can be checked (DKIM selector {selector})",
			"provider", d.Secondary.Name, "selector", s.Selector)
		if s == d.Signing {
			reason = failover.Say("signatures of {domain} itself can be checked, whichever provider its mail leaves through (DKIM selector {selector})",
				"domain", failover.Display(d.Name), "selector", s.Selector)
		}
		b.step(before, after, reason)
	}
	if d.Signing.Selector != "" && d.Signing.Value == "" {
		b.note(failover.Say("the DKIM key of {domain} cannot be opened here, so its record is not published: store the key with \"lifeboat secret set\", or run \"lifeboat init {domain}\"",
			"domain", failover.Display(d.Name)))
	}
	return nil
}

// selectors are the DKIM records that a domain has to have beside the primary's.
func selectors(d failover.Domain) []failover.DKIMSelector {
	if d.Signing.Value == "" {
		return d.Secondary.DKIM
	}
	return append(slices.Clone(d.Secondary.DKIM), d.Signing)
}

func dkimName(d failover.Domain, s failover.DKIMSelector) string {
	return failover.FQDN(s.Selector + "._domainkey." + d.Name)
}

// withInclude puts "include:host" where it takes effect: in front of the first
// "all", after which nothing is looked at (RFC 7208 section 5.1), of the first
// "redirect=", for readers' sake, and of the same include with another verdict
// than pass. A string that has it there is not touched at all.
func withInclude(spf, host string) (_ string, changed bool) {
	include := "include:" + strings.TrimSuffix(host, ".")
	at, pos := len(spf), 0
	for term := range strings.SplitSeq(spf, " ") {
		t := strings.ToLower(term)
		bare := strings.TrimLeft(t, "+-~?")
		same := strings.TrimSuffix(bare, ".") == strings.ToLower(include)
		if same && strings.TrimPrefix(t, "+") == bare {
			return spf, false
		}
		if bare == "all" || same || strings.HasPrefix(bare, "redirect=") {
			at = min(at, pos)
		}
		if bare == "all" {
			break
		}
		pos += len(term) + 1
	}
	if at == len(spf) {
		return strings.TrimRight(spf, " ") + " " + include, true
	}
	return spf[:at] + include + " " + spf[at:], true
}

// text is the text of a TXT value; empty for what is none.
func text(value string) string {
	t, err := dnswire.Text(value)
	if err != nil {
		return ""
	}
	return t
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
