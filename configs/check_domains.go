package configs

import (
	"encoding/base64"
	"strconv"
	"strings"
)

func (c *checker) checkDomains() {
	if len(c.s.Domains) == 0 {
		c.fail("domains", Say("{at}: {key} names no domain. Add one, as in lifeboat.example.yaml."))
	}
	first := map[string]string{} // name to path
	for i := range c.s.Domains {
		d, path := &c.s.Domains[i], itemPath("domains", i)
		c.domainIdentity(d, path, first)
		if d.MXTTL > 3600 && d.MXTTL <= 86400 {
			c.warn(path+".mx_ttl", Say("{at}: {key} is {seconds} seconds, and a switch takes as long to reach everybody. 300 is usual.",
				"seconds", strconv.Itoa(int(d.MXTTL))))
		}
		c.between(path+".mx_ttl", float64(d.MXTTL), 5, 86400)
		c.checkDNS(d, path+".dns")
	}
}

// domainIdentity normalises the domain's names and sees that each is there
// once.
func (c *checker) domainIdentity(d *Domain, path string, first map[string]string) {
	if d.Name == "" {
		c.fail(path+".name", Say("{at}: {key} is missing. Write the mail domain, as in example.jp."))
		return
	}
	name, ok := domainName(d.Name)
	if !ok {
		c.fail(path+".name", Say("{at}: {key} is {value}, which is not a domain name. Write it like example.jp.",
			"value", show(d.Name)))
		return
	}
	d.Name = name
	c.once(name, path+".name", first)
	if d.EmergencySubdomain == "" {
		return
	}
	emergency := d.EmergencySubdomain
	if !strings.Contains(strings.TrimSuffix(emergency, "."), ".") {
		emergency = strings.TrimSuffix(emergency, ".") + "." + name
	}
	full, ok := domainName(emergency)
	if !ok || !isBelow(full, name) {
		c.fail(path+".emergency_subdomain", Say("{at}: {key} is {value}, but must be a name below {domain}, as in emergency.{domain} or just emergency.",
			"value", show(d.EmergencySubdomain), "domain", name))
		return
	}
	d.EmergencySubdomain = full
	c.once(full, path+".emergency_subdomain", first)
}

func (c *checker) once(name, path string, first map[string]string) {
	if other, twice := first[name]; twice {
		c.fail(path, Say("{at}: {key} is {name}, which is already {other}. Remove one of them.",
			"name", name, "other", other))
		return
	}
	first[name] = path
}

func (c *checker) checkDNS(d *Domain, path string) {
	if d.DNS.Host == "" {
		c.fail(path+".host", Say("{at}: {key} is missing. Say how the domain's records are changed: {known}.",
			"known", strings.Join(dnsHosts(), ", ")))
		return
	}
	// The parameters were read by the word as it is written.
	if host := strings.ToLower(d.DNS.Host); host != d.DNS.Host {
		c.fail(path+".host", Say("{at}: {key} is {value}. Did you mean {meant}?", "value", show(d.DNS.Host), "meant", host))
		return
	}
	c.oneOf(path+".host", &d.DNS.Host, dnsHosts())
	if d.DNS.Zone != "" {
		zone, ok := domainName(d.DNS.Zone)
		if !ok || zone != d.Name && !isBelow(d.Name, zone) {
			c.fail(path+".zone", Say("{at}: {key} is {value}, but must be {domain} or a domain above it.",
				"value", show(d.DNS.Zone), "domain", d.Name))
		}
		d.DNS.Zone = zone
	}
	switch d.DNS.Host {
	case HostRFC2136:
		if d.DNS.RFC2136 == nil {
			d.DNS.RFC2136 = &RFC2136{}
			d.DNS.RFC2136.setDefaults()
		}
		c.checkRFC2136(d.DNS.RFC2136, path+".parameters")
	case HostCloudflare:
		if d.DNS.Cloudflare == nil {
			d.DNS.Cloudflare = &Cloudflare{}
			d.DNS.Cloudflare.setDefaults()
		}
		c.reference(path+".parameters.token", d.DNS.Cloudflare.Token)
		c.secureURL(path+".parameters.api", &d.DNS.Cloudflare.API)
	case HostManual:
		if d.DNS.Manual == nil {
			d.DNS.Manual = &Manual{}
			d.DNS.Manual.setDefaults()
		}
		c.oneOf(path+".parameters.console", &d.DNS.Manual.Console, Consoles())
	}
}

func (c *checker) checkRFC2136(r *RFC2136, path string) {
	if server, ok := hostPort(r.Server, 53, false); ok {
		r.Server = server
	} else {
		c.fail(path+".server", Say("{at}: {key} must name the DNS server that takes updates, as in ns1.example.jp:53."))
	}
	if name, ok := recordName(r.KeyName); ok {
		r.KeyName = name
	} else {
		c.fail(path+".key_name", Say("{at}: {key} must name the TSIG key as the DNS server does, as in lifeboat-key."))
	}
	c.oneOf(path+".algorithm", &r.Algorithm, TSIGAlgorithms())
	c.reference(path+".secret", r.Secret)
}

// reference demands a reference to a secret.
func (c *checker) reference(path string, ref SecretRef) {
	if ref == "" {
		c.fail(path, Say("{at}: {key} is missing. Store it with \"lifeboat secret set NAME\" and write secret:NAME here."))
	}
}

// dkimKey reports whether a TXT value can be a DKIM key record (RFC 6376
// section 3.6.1): tags, with the public key as one of them.
func dkimKey(value string) bool {
	for tag := range strings.SplitSeq(value, ";") {
		name, key, _ := strings.Cut(tag, "=")
		if strings.TrimSpace(name) == "p" {
			_, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(key), ""))
			return err == nil
		}
	}
	return false
}
