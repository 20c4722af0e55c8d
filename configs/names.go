package configs

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// hostName returns a name as settings hold it: A-labels (RFC 5890), lower case,
// no trailing dot. It must be what a host may be called (RFC 1123 section 2.1)
// and fully qualified, so an IP address is none.
func hostName(text string) (ascii string, ok bool) {
	// What a person types: full-width letters and dots are mapped (UTS 46).
	profile := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))
	ascii, err := profile.ToASCII(strings.TrimSuffix(strings.TrimSpace(text), "."))
	if err != nil || !strings.Contains(ascii, ".") {
		return "", false
	}
	// Some odd letters become A-labels that are none when looked at again.
	if again, err := profile.ToASCII(ascii); err != nil || again != ascii {
		return "", false
	}
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if strings.Trim(last, "0123456789") == "" {
		return "", false
	}
	return ascii, true
}

// domainName is hostName: a mail domain must be one too (RFC 5321 section
// 4.1.2).
func domainName(text string) (ascii string, ok bool) { return hostName(text) }

// recordName accepts the names that only records have, with labels such as
// "_spf" and "selector1._domainkey" (RFC 8552), and single labels.
func recordName(text string) (ascii string, ok bool) {
	ascii = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(text), "."))
	if ascii == "" || len(ascii) > 253 {
		return "", false
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	return ascii, true
}

// isBelow reports whether a name lies under a domain (both normalised).
func isBelow(name, domain string) bool { return strings.HasSuffix(name, "."+domain) }

// hostPort normalises "host", "host:port", an address or "[v6]:port"; a missing
// port is the usual one. Where only addresses make sense, names are refused.
func hostPort(text string, usual uint16, onlyAddress bool) (normal string, ok bool) {
	text = strings.TrimSpace(text)
	host, port := text, strconv.Itoa(int(usual))
	if _, err := netip.ParseAddr(text); err != nil {
		if h, p, err := net.SplitHostPort(text); err == nil {
			host, port = h, p
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", false
	}
	port = strconv.FormatUint(n, 10)
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return net.JoinHostPort(addr.String(), port), true
	}
	name, ok := serverName(host)
	if onlyAddress || !ok {
		return "", false
	}
	return net.JoinHostPort(name, port), true
}

// serverName accepts what one may connect to: a host name, an address, or
// localhost.
func serverName(text string) (name string, ok bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.String(), true
	}
	if strings.EqualFold(text, "localhost") {
		return "localhost", true
	}
	return hostName(text)
}

// isLoopback reports whether a URL's host can only be this machine.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// mailAddress normalises the domain of an address and leaves its local part as
// it is written (RFC 5321 section 2.4). The local part must be in ASCII without
// quoting; dots may stand anywhere, since Japanese carriers gave out such
// addresses.
func mailAddress(text string) (address, domain string, ok bool) {
	text = strings.TrimSpace(text)
	i := strings.LastIndexByte(text, '@')
	if i < 1 || i > 64 {
		return "", "", false
	}
	for _, r := range text[:i] {
		if r <= ' ' || r > '~' || strings.ContainsRune(`"(),:;<>@[\]`, r) {
			return "", "", false
		}
	}
	domain, ok = domainName(text[i+1:])
	if !ok || i+1+len(domain) > 254 { // RFC 5321 section 4.5.3.1.3
		return "", "", false
	}
	return text[:i] + "@" + domain, domain, true
}

// sameAddress is the key under which addresses are compared. Local parts may be
// case-sensitive in theory; at no provider they are.
func sameAddress(address string) string { return strings.ToLower(address) }
