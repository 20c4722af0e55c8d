package probe

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"time"

	"lifeboat/failover"
)

var errAddress = errors.New("no e-mail address")

// envelope makes the form of an address that goes between angle brackets: the
// domain in A-labels, the local part as it is. smtputf8 says that the local part
// needs the extension of that name (RFC 6531). Nothing that could end the
// command or begin another gets through.
func envelope(address string) (path string, smtputf8 bool, err error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at == len(address)-1 || len(address) > 254 {
		return "", false, errAddress
	}
	local, domain := address[:at], strings.TrimSuffix(failover.FQDN(address[at+1:]), ".")
	for _, r := range local {
		switch {
		case r >= 0x80:
			smtputf8 = true
		case r <= ' ' || r == 0x7f || strings.ContainsRune(`<>()[]\,;:@"`, r):
			return "", false, errAddress
		}
	}
	if domain == "" || strings.HasPrefix(domain, ".") || strings.Contains(domain, "..") || strings.Trim(domain, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" || clean(local, 64) != local {
		return "", false, errAddress
	}
	return local + "@" + domain, smtputf8, nil
}

// domainOf returns the domain of an address as failover.FQDN makes it.
func domainOf(address string) string {
	return failover.FQDN(address[strings.LastIndexByte(address, '@')+1:])
}

// stranger makes up an address of the domain that nobody has. It is the same for
// all of a day (UTC): a server that puts off whom it has not met (greylisting) says
// what it really thinks of an address only when that address comes again, which a
// new one in each check would never do.
func stranger(domain string, now time.Time) string {
	domain = strings.TrimSuffix(failover.FQDN(domain), ".")
	sum := sha256.Sum256([]byte("an address that nobody has at " + domain + " on " + now.UTC().Format(time.DateOnly)))
	return "lifeboat-nobody-" + hex.EncodeToString(sum[:8]) + "@" + domain
}

// literal reads an IP address that stands where a host name should: "192.0.2.1",
// "[2001:db8::1]", with or without the trailing dot of a name.
func literal(host string) (netip.Addr, bool) {
	host = strings.TrimSuffix(host, ".")
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	a, err := netip.ParseAddr(host)
	return a.Unmap(), err == nil
}

// lowerAddress is the form in which addresses are subjects.
func lowerAddress(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
