package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// spfRecord is an SPF record (RFC 7208 section 4.6).
type spfRecord struct {
	terms    []spfTerm
	redirect string
}

// spfTerm is one mechanism with its qualifier.
type spfTerm struct {
	qualifier byte   // '+', '-', '~' or '?'
	name      string // lower case: "include", "ip4", ...
	domain    string // what follows the colon, without a prefix length; empty is the current domain
	network   netip.Prefix
}

// parseSPF reads an SPF record. An error means that receivers answer permerror
// (RFC 7208 section 4.6).
func parseSPF(text string) (spfRecord, error) {
	var r spfRecord
	if !dnswire.IsSPF(text) {
		return r, errors.New("no SPF record")
	}
	for _, word := range strings.Fields(text)[1:] {
		if name, value, ok := spfModifier(word); ok {
			if name == "redirect" {
				if r.redirect != "" || value == "" {
					return r, errors.New("redirect is given twice or without a domain")
				}
				r.redirect = value
			}
			continue
		}
		term, err := parseSPFTerm(word)
		if err != nil {
			return r, err
		}
		r.terms = append(r.terms, term)
	}
	return r, nil
}

// spfModifier reads "name=value" (RFC 7208 section 4.6.1). Unknown ones are
// ignored.
func spfModifier(word string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(word, "=")
	if !ok || name == "" || strings.ContainsAny(name, ":/%") {
		return "", "", false
	}
	first := name[0] | 0x20
	return strings.ToLower(name), value, 'a' <= first && first <= 'z'
}

func parseSPFTerm(word string) (spfTerm, error) {
	t := spfTerm{qualifier: '+'}
	bad := fmt.Errorf("%q is no SPF term", clean(word, 80))
	rest := word
	if strings.ContainsRune("+-~?", rune(rest[0])) {
		t.qualifier, rest = rest[0], rest[1:]
	}
	end := strings.IndexAny(rest, ":/")
	if end < 0 {
		end = len(rest)
	}
	t.name, rest = strings.ToLower(rest[:end]), rest[end:]
	value, hasValue := strings.CutPrefix(rest, ":")
	switch t.name {
	case "all":
		if rest != "" {
			return t, bad
		}
	case "include", "exists":
		if !hasValue || value == "" {
			return t, bad
		}
		t.domain = value
	case "a", "mx", "ptr":
		if hasValue && value == "" {
			return t, bad
		}
		t.domain, _, _ = strings.Cut(value, "/")
		if !hasValue {
			t.domain = ""
		}
	case "ip4", "ip6":
		network, err := spfNetwork(value)
		if err != nil || network.Addr().Is4() != (t.name == "ip4") {
			return t, bad
		}
		t.network = network
	default:
		return t, bad
	}
	return t, nil
}

func spfNetwork(value string) (netip.Prefix, error) {
	if strings.Contains(value, "/") {
		p, err := netip.ParsePrefix(value)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(value)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}

// looksUp reports whether the term counts towards the limit of ten (RFC 7208
// section 4.6.4).
func (t spfTerm) looksUp() bool {
	switch t.name {
	case "include", "a", "mx", "ptr", "exists":
		return true
	}
	return false
}

// target returns the domain that a term names, given the one it stands in.
// Macros (RFC 7208 section 7) depend on the message, so there is none then.
func (t spfTerm) target(current string) (string, bool) {
	switch {
	case t.domain == "":
		return failover.FQDN(current), true
	case strings.Contains(t.domain, "%"):
		return "", false
	}
	return failover.FQDN(t.domain), true
}

// all returns the qualifier of the record's "all", 0 where there is none.
func (r spfRecord) all() byte {
	for _, t := range r.terms {
		if t.name == "all" {
			return t.qualifier
		}
	}
	return 0
}
