package probe

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lifeboat/failover"
)

// stsPolicy is an MTA-STS policy (RFC 8461 section 3.2).
type stsPolicy struct {
	Mode   string // "enforce", "testing" or "none"
	MX     []string
	MaxAge time.Duration // how long senders keep it
}

const (
	maxPolicy    = 64 << 10   // octets; RFC 8461 section 3.3 suggests this bound
	maxPolicyAge = 31_557_600 // seconds; RFC 8461 section 3.2
)

// parseSTSRecord reads the text of a TXT record at _mta-sts (RFC 8461 section
// 3.1) and returns the policy's id. Text that is not of this kind is no record
// (ok is false); one that is but is broken is an error.
func parseSTSRecord(text string) (id string, ok bool, err error) {
	fields := strings.Split(text, ";")
	if strings.TrimRight(fields[0], " \t") != "v=STSv1" || len(fields) < 2 {
		return "", false, nil
	}
	for _, f := range fields[1:] {
		f = strings.Trim(f, " \t")
		name, value, found := strings.Cut(f, "=")
		switch {
		case f == "":
		case !found:
			return "", true, fmt.Errorf("%q is no field", clean(f, 80))
		case name == "id" && id == "":
			id = value
		}
	}
	if id == "" || len(id) > 32 || strings.Trim(strings.ToLower(id), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return "", true, errors.New("the record has no id of up to 32 letters and digits")
	}
	return id, true, nil
}

// parseSTSPolicy reads a policy. Lines end in CRLF or LF; of a field given twice
// the first counts, mx excepted; unknown fields are passed over.
func parseSTSPolicy(body string) (stsPolicy, error) {
	var p stsPolicy
	seen := map[string]bool{}
	for _, line := range strings.Split(body, "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		name, value = strings.TrimRight(name, " \t"), strings.Trim(value, " \t")
		switch {
		case !found:
			return p, fmt.Errorf("%q is no field", clean(line, 80))
		case name == "mx":
			pattern, err := stsPattern(value)
			if err != nil {
				return p, err
			}
			p.MX = append(p.MX, pattern)
			continue
		case seen[name]:
			continue
		}
		seen[name] = true
		if err := p.field(name, value); err != nil {
			return p, err
		}
	}
	switch {
	case !seen["version"], !seen["mode"], !seen["max_age"]:
		return p, errors.New("the policy lacks its version, mode or max_age")
	case p.Mode != "none" && len(p.MX) == 0:
		return p, errors.New("the policy names no mx")
	}
	return p, nil
}

func (p *stsPolicy) field(name, value string) error {
	switch name {
	case "version":
		if value != "STSv1" {
			return fmt.Errorf("the version is %q, not STSv1", clean(value, 80))
		}
	case "mode":
		if value != "enforce" && value != "testing" && value != "none" {
			return fmt.Errorf("the mode is %q, not enforce, testing or none", clean(value, 80))
		}
		p.Mode = value
	case "max_age":
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil || len(value) > 10 || n > maxPolicyAge {
			return fmt.Errorf("the max_age is %q, not a number of seconds up to %d", clean(value, 80), maxPolicyAge)
		}
		p.MaxAge = time.Duration(n) * time.Second
	}
	return nil
}

// stsPattern reads a host name, or one whose leftmost label is "*".
func stsPattern(value string) (string, error) {
	host := strings.TrimPrefix(value, "*.")
	if host == "" || strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" || strings.HasPrefix(host, ".") {
		return "", fmt.Errorf("%q is no pattern for MX hosts", clean(value, 80))
	}
	if host != value {
		return "*." + failover.FQDN(host), nil
	}
	return failover.FQDN(host), nil
}

// allows reports whether a host may be an MX under the policy (RFC 8461 section
// 4.1): the wildcard stands for exactly one label.
func (p stsPolicy) allows(host string) bool {
	host = failover.FQDN(host)
	for _, pattern := range p.MX {
		if pattern == host {
			return true
		}
		if suffix, wild := strings.CutPrefix(pattern, "*."); wild {
			if label, rest, ok := strings.Cut(host, "."); ok && label != "" && rest == suffix {
				return true
			}
		}
	}
	return false
}
