package configs

import (
	"net/url"
	"strconv"
	"strings"
)

func (c *checker) checkGeneral() {
	c.oneOf("language", &c.s.Language, []string{"auto", "en", "ja"})
}

// oneOf checks a value that must be one of a few words; case does not matter.
func (c *checker) oneOf(path string, value *string, known []string) {
	lower := strings.ToLower(*value)
	for _, k := range known {
		if lower == k {
			*value = k
			return
		}
	}
	if meant := nearest(lower, known); meant != "" {
		c.fail(path, Say("{at}: {key} is {value}. Did you mean {meant}?", "value", show(*value), "meant", meant))
		return
	}
	c.fail(path, Say("{at}: {key} is \"{value}\", but must be one of {known}.",
		"value", show(*value), "known", strings.Join(known, ", ")))
}

func (c *checker) between(path string, value, least, most float64) {
	if value >= least && value <= most { // false for NaN
		return
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	c.fail(path, Say("{at}: {key} must be from {least} to {most}, not {value}.",
		"least", number(least), "most", number(most), "value", number(value)))
}

func (c *checker) checkResolver() {
	r := &c.s.Resolver
	for i, server := range r.Servers {
		normal, ok := hostPort(server, 53, true)
		if !ok {
			c.fail(itemPath("resolver.servers", i), Say("{at}: {key} is {value}, but must be an address with or without a port, as in 192.0.2.53:53.",
				"value", show(server)))
			continue
		}
		r.Servers[i] = normal
	}
	for i := range r.DoH {
		c.secureURL(itemPath("resolver.doh", i), &r.DoH[i])
	}
	c.controls("resolver.controls", r.Controls)
	c.between("resolver.authority_port", float64(r.AuthorityPort), 1, 65535)
}

// controls checks and normalises a list of control hosts.
func (c *checker) controls(path string, list []string) {
	for i, control := range list {
		normal, ok := hostPort(control, 25, false)
		if !ok {
			c.fail(itemPath(path, i), Say("{at}: {key} is {value}, but must be a host with or without a port, as in mx.example.net:25.",
				"value", show(control)))
			continue
		}
		list[i] = normal
	}
}

// secureURL demands https, except to this machine, and drops a final slash.
func (c *checker) secureURL(path string, value *string) {
	u, err := url.Parse(*value)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		// The text is not repeated: a URL can carry a password.
		c.fail(path, Say("{at}: {key} must be a web address like https://example.net/path, without a user name."))
		return
	}
	if u.Scheme != "https" && !isLoopback(u.Hostname()) {
		c.fail(path, Say("{at}: {key} must begin with https://, since anybody on the way could read and change the rest."))
		return
	}
	*value = strings.TrimSuffix(*value, "/")
}

func (c *checker) checkPreflight() {
	p := c.s.Preflight
	c.between("preflight.rcpt_per_second", p.RcptPerSecond, 0.1, 100)
	c.between("preflight.max_age", float64(p.MaxAge), 1, maxAgeHours)
}
