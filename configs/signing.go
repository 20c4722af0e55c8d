package configs

import "slices"

// Signing is the key with which the relay signs a domain's mail itself (DKIM,
// RFC 6376), so that it passes DMARC through either provider.
type Signing struct {
	Selector string    `yaml:"selector"` // the name left of "._domainkey.DOMAIN"; empty: DefaultSelector
	Key      SecretRef `yaml:"key"`      // refers to the private key in PEM; empty: nothing is signed
}

// DefaultSelector is the selector of a key of ours where none is named.
const DefaultSelector = "lifeboat"

// On reports whether the domain's mail is signed.
func (s Signing) On() bool { return s.Key != "" }

// checkSigning sees that there is a key under a name of its own.
func (c *checker) checkSigning() {
	for i := range c.s.Domains {
		d, path := &c.s.Domains[i].Signing, itemPath("domains", i)+".signing"
		if *d == (Signing{}) {
			continue
		}
		c.reference(path+".key", d.Key)
		if d.Selector == "" {
			d.Selector = DefaultSelector
		}
		name, ok := recordName(d.Selector)
		if !ok || len(name) > 100 {
			c.fail(path+".selector", Say("{at}: {key} must be the name left of ._domainkey, as in selector1."))
			continue
		}
		d.Selector = name
		for _, role := range []string{rolePrimary, roleSecondary} {
			theirs, _ := c.s.selectorsOf(i, role)
			if slices.ContainsFunc(theirs, func(s Selector) bool { n, _ := recordName(s.Selector); return n == name }) {
				c.fail(path+".selector", Say("{at}: {key} is {value}, under which a provider's own key is published. Choose another name.", "value", show(d.Selector)))
			}
		}
	}
}

// signing writes the domain's own key into a first settings file.
func (p *page) signing(s Signing) {
	if !s.On() {
		return
	}
	p.comment(2, Say("The domain's own DKIM key: the relay signs what staff send, so that it passes DMARC through either provider. \"lifeboat prepare\" publishes its record."))
	p.line(2, "signing:")
	p.value(3, "selector", s.Selector)
	p.value(3, "key", s.Key)
}
