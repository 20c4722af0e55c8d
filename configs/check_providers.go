package configs

import (
	"crypto/x509"
	"slices"
	"strings"
)

func (c *checker) checkProviders() {
	p := &c.s.Providers
	if !p.Primary.Configured() && !slices.ContainsFunc(c.s.Domains, func(d Domain) bool { return len(d.Primary.MX) > 0 }) {
		c.fail("providers.primary", Say("{at}: {key} is missing. Name your present provider's preset or its MX hosts."))
	}
	c.checkProvider("providers.primary", &p.Primary)
	c.checkProvider("providers.secondary", &p.Secondary)
	for i, d := range c.s.Domains {
		if d.Name == "" {
			continue
		}
		primary := c.checkAt(i, rolePrimary)
		secondary := c.checkAt(i, roleSecondary)
		c.apart(primary, secondary, d.Name)
	}
}

// checkProvider checks what does not depend on the domain.
func (c *checker) checkProvider(path string, p *Provider) {
	if p.Preset != "" {
		var known []string
		for _, preset := range c.s.presets {
			known = append(known, preset.Name)
		}
		c.oneOf(path+".preset", &p.Preset, known)
	}
	preset, _ := presetNamed(c.s.presets, p.Preset)
	c.checkEndpoint(path+".imap", &p.IMAP, preset.IMAP)
	c.checkSignIn(path+".sign_in", &p.SignIn, preset)
	// The secondary's may be for handing mail in alone: its mailboxes are not read.
	sends := path == "providers."+roleSecondary && (p.Submission.Host != "" || preset.Submission.Host != "")
	if p.SignIn.Configured() && p.IMAP.Host == "" && preset.IMAP.Host == "" && !sends {
		c.fail(path+".imap.host", Say("{at}: {key} is missing, and without it no mailbox can be signed in to. Write the server's name, as in mail.example.net."))
	}
	c.checkEndpoint(path+".submission", &p.Submission.Endpoint, preset.Submission)
	c.between(path+".sending_limits.connections", float64(p.SendingLimits.Connections), 0, mostRelayConnections)
	if method := p.SignIn.Method; p.Submission.Username != "" && (method == "" || method == SignInPassword) {
		c.reference(path+".submission.password", p.Submission.Password)
	}
	if p.SPFInclude != "" {
		name, ok := recordName(strings.TrimPrefix(p.SPFInclude, "include:"))
		if !ok || !strings.Contains(name, ".") {
			c.fail(path+".spf_include", Say("{at}: {key} is {value}, but must be the name after \"include:\", as in spf.example.net.",
				"value", show(p.SPFInclude)))
		}
		p.SPFInclude = name
	}
	if p.StatusPage != "" {
		c.secureURL(path+".status_page", &p.StatusPage)
	}
	if p.CAFile != "" {
		p.CAFile = c.s.beside(p.CAFile)
		pem, _, ok := readFile(p.CAFile)
		if !ok || !x509.NewCertPool().AppendCertsFromPEM(pem) {
			c.fail(path+".ca_file", Say("{at}: {key} names {file}, which holds no certificate in PEM form. Check the path.",
				"file", show(p.CAFile)))
		}
	}
}

func (c *checker) checkEndpoint(path string, e *Endpoint, preset Endpoint) {
	if e.TLS != "" {
		c.oneOf(path+".tls", &e.TLS, []string{TLSImplicit, TLSStart})
	}
	if e.Host == "" {
		if (e.Port != 0 || e.TLS != "") && preset.Host == "" {
			c.fail(path+".host", Say("{at}: {key} is missing. Write the server's name, as in mail.example.net."))
		}
		return
	}
	if _, ok := serverName(fillPlaceholders(e.Host, "example.jp")); !ok {
		c.fail(path+".host", Say("{at}: {key} is {value}, which is not a host name. Write it like mail.example.net, and the port on a line of its own.",
			"value", show(e.Host)))
	}
}

// located is an MX of a domain and the path of the setting that says so.
type located struct {
	MX
	path string
}

// checkAt checks a provider as it serves the domain at an index, and returns its
// MX.
func (c *checker) checkAt(index int, role string) []located {
	list, path := c.s.mxOf(index, role)
	if len(list) == 0 {
		// Without a primary it was said already that there must be one; without a
		// secondary there is nothing to say.
		if c.s.places.has("providers."+role) && !c.wrong["providers."+role+".preset"] {
			c.fail(path, Say("{at}: {key} is missing. Write the MX hosts as the provider's console shows them, each as in \"10 mx1.example.net\"."))
		}
		return nil
	}
	selectors, dkim := c.s.selectorsOf(index, role)
	domain := c.s.Domains[index].Name
	for i, d := range selectors {
		d.Value = fillPlaceholders(d.Value, domain)
		c.checkSelector(d, itemPath(dkim, i))
	}
	if !c.checkGuess(index, role) {
		return nil
	}
	return c.checkMX(list, path, domain)
}

// checkMX sees that each host is one, and is there once.
func (c *checker) checkMX(list []MX, path, domain string) []located {
	var found []located
	for i, mx := range list {
		at := itemPath(path, i)
		if strings.HasSuffix(path, ".preset") {
			at = path
		}
		if c.mxIncomplete(mx, at) {
			continue
		}
		host, problem, ok := mxHost(fillPlaceholders(mx.Host, domain))
		if !ok {
			c.fail(at, problem)
			continue
		}
		if slices.ContainsFunc(found, func(l located) bool { return l.Host == host }) {
			c.fail(at, Say("{at}: {key} names {host} a second time. Remove one of them.", "host", host))
			continue
		}
		found = append(found, located{MX{mx.Preference, host}, at})
	}
	return found
}

// mxIncomplete finds what an MX written as a mapping lacks.
func (c *checker) mxIncomplete(mx MX, path string) bool {
	if mx.Host == "" {
		c.fail(path+".host", Say("{at}: {key} is missing. Write the full name of the host, as in mx1.example.net."))
		return true
	}
	if c.s.places.has(path+".host") && !c.s.places.has(path+".preference") {
		c.fail(path+".preference", Say("{at}: {key} is missing. Write a number; the lowest is tried first."))
		return true
	}
	return false
}

// checkGuess tells of domains for which Microsoft's host cannot be guessed: dots
// become dashes there, so that a dash would be ambiguous. In a name with A-labels
// the guess is not even a host name.
func (c *checker) checkGuess(index int, role string) bool {
	domain := c.s.Domains[index].Name
	list, path := c.s.mxOf(index, role)
	if !strings.HasSuffix(path, ".preset") || !strings.Contains(domain, "-") ||
		!slices.ContainsFunc(list, func(m MX) bool { return strings.Contains(m.Host, "{domain-dashes}") }) {
		return true
	}
	_, preset := c.s.written(role)
	problem := Say("{at}: {domain} contains a hyphen, and {provider} gives such domains MX hosts that follow no rule. Look yours up in its console and write it as {key}.",
		"domain", domain, "provider", preset.Title)
	own := itemPath("domains", index) + "." + role + ".mx"
	if strings.Contains(domain, "xn--") {
		c.fail(own, problem)
		return false
	}
	c.warn(own, problem)
	return true
}

func (c *checker) checkSelector(d Selector, path string) {
	if _, ok := recordName(d.Selector); !ok {
		c.fail(path+".selector", Say("{at}: {key} must be the name left of ._domainkey, as in selector1."))
	}
	switch strings.ToUpper(d.Type) {
	case "CNAME":
		if name, ok := recordName(d.Value); !ok || !strings.Contains(name, ".") {
			c.fail(path+".value", Say("{at}: {key} must be the host name that the CNAME leads to."))
		}
	case "TXT":
		if !dkimKey(d.Value) {
			c.fail(path+".value", Say("{at}: {key} must be the DKIM key record as the provider shows it, as in \"v=DKIM1; k=rsa; p=MIIB...\"."))
		}
	default:
		c.fail(path+".type", Say("{at}: {key} is \"{value}\", but must be one of {known}.", "value", show(d.Type), "known", "CNAME, TXT"))
	}
}

// apart sees that no host serves both: a switch to it would lead nowhere new.
func (c *checker) apart(primary, secondary []located, domain string) {
	for _, s := range secondary {
		for _, p := range primary {
			if s.Host == p.Host {
				c.fail(s.path, Say("{at}: {key} names {host}, which is an MX host of the primary for {domain}, too. The secondary must be another provider.",
					"host", s.Host, "domain", domain))
			}
		}
	}
}
