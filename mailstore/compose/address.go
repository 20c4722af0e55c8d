package compose

import (
	"net/mail"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"lifeboat/mailstore"
)

// ParseAddresses reads what a person types for one or more recipients: addresses
// with or without names, separated by commas (RFC 5322 section 3.4). Domains may be in any
// script. The error names the first text that is no address.
func ParseAddresses(texts ...string) ([]mailstore.Address, error) {
	var out []mailstore.Address
	for _, text := range texts {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := oneLine(text); err != nil {
			return nil, err
		}
		list, err := mail.ParseAddressList(text)
		if a, ok := loose(text); ok && (err != nil || strings.Contains(text, "(")) {
			list, err = []*mail.Address{a}, nil
		}
		if err != nil {
			return nil, noAddress(text, err)
		}
		for _, p := range list {
			a := mailstore.Address{Name: strings.TrimSpace(p.Name), Address: requoted(p.Address)}
			if _, err := addrSpec(a); err != nil {
				return nil, err
			}
			out = append(out, a)
		}
	}
	return out, nil
}

// loose reads NAME <ADDRESS> with a name that would have to be quoted, or that has what
// the standard takes for a comment, and people for a part of the name.
func loose(text string) (*mail.Address, bool) {
	name, rest, ok := strings.Cut(text, "<")
	address, ok2 := strings.CutSuffix(rest, ">")
	if !ok || !ok2 || strings.ContainsAny(address, "<>, ") || strings.ContainsAny(name, `@,"`) {
		return nil, false
	}
	return &mail.Address{Name: strings.TrimSpace(name), Address: address}, true
}

func noAddress(text string, cause error) error {
	e := mailstore.Fail(mailstore.ErrInvalid,
		`"{address}" is no mail address: write it like taro@example.jp, or Taro Yamada <taro@example.jp>`, "address", shorten(text))
	if cause != nil {
		e = e.Because(cause)
	}
	return e
}

// shorten cuts what would fill the screen.
func shorten(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// requoted puts a local part that needs it back into quotes, which net/mail takes off.
func requoted(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	local, domain := address[:at], address[at:]
	if isDotAtom(local) || strings.HasPrefix(local, `"`) || !isASCII(local) {
		return address
	}
	return quoted(local) + domain
}

// addrSpec returns an address as it is sent: its domain in A-labels, its local part
// as it was written, in quotes where it needs them.
func addrSpec(a mailstore.Address) (string, error) {
	at := strings.LastIndexByte(a.Address, '@')
	if at <= 0 {
		return "", noAddress(a.Address, nil)
	}
	local, domain := a.Address[:at], a.Address[at+1:]
	if inner, ok := unquoted(local); ok {
		if local = inner; !isDotAtom(local) {
			local = quoted(inner)
		}
	} else if !isASCII(local) {
		return "", mailstore.Fail(mailstore.ErrInvalid,
			`"{address}" cannot be written to: before the @ there must be plain half-width letters`, "address", shorten(a.Address))
	} else if !isDotAtom(local) {
		return "", noAddress(a.Address, nil)
	}
	ascii, ok := asciiDomain(domain)
	if !ok || len(local) > 64 { // RFC 5321 section 4.5.3.1.1
		return "", noAddress(a.Address, nil)
	}
	return local + "@" + ascii, nil
}

// asciiDomain returns a domain in A-labels (RFC 5891), or an address literal
// (RFC 5321 section 4.1.3) as it is. A name needs two labels: others are typing mistakes.
func asciiDomain(domain string) (string, bool) {
	if literal, ok := strings.CutPrefix(domain, "["); ok {
		literal, closed := strings.CutSuffix(literal, "]")
		v6, is6 := strings.CutPrefix(literal, "IPv6:")
		ip, err := netip.ParseAddr(v6)
		return domain, closed && err == nil && ip.Is6() == is6 && ip.Zone() == ""
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(ascii) > 253 || !strings.Contains(ascii, ".") {
		return "", false
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	return ascii, true
}

// unquoted returns what a quoted local part says; ok is false for what is none.
func unquoted(local string) (string, bool) {
	if len(local) < 2 || local[0] != '"' || local[len(local)-1] != '"' {
		return "", false
	}
	var out strings.Builder
	for i := 1; i < len(local)-1; i++ {
		c := local[i]
		if c == '\\' && i+1 < len(local)-1 {
			i++
			c = local[i]
		} else if c == '"' || c == '\\' {
			return "", false
		}
		if c < ' ' || c > '~' {
			return "", false
		}
		out.WriteByte(c)
	}
	return out.String(), true
}

// quoted is a text as a quoted string (RFC 5322 section 3.2.4).
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

const atext = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"

// isDotAtom reports whether a local part needs no quotes (RFC 5322 section 3.2.3).
func isDotAtom(text string) bool {
	for atom := range strings.SplitSeq(text, ".") {
		if atom == "" || strings.Trim(atom, atext) != "" {
			return false
		}
	}
	return true
}

func isASCII(text string) bool {
	return !slices.ContainsFunc([]byte(text), func(b byte) bool { return b >= 0x80 })
}

// oneLine refuses what could end a header field.
func oneLine(text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return mailstore.Fail(mailstore.ErrInvalid,
			`"{text}" has a line end or a control character in it: names, addresses, subjects and file names are one line`, "text", shorten(text))
	}
	return nil
}

// sameAddress reports whether two addresses lead to one mailbox, as people see it:
// servers that tell capital letters apart before the @ are not met any more.
func sameAddress(a, b string) bool {
	x, err := addrSpec(mailstore.Address{Address: a})
	y, err2 := addrSpec(mailstore.Address{Address: b})
	if err != nil || err2 != nil {
		return strings.EqualFold(a, b)
	}
	return strings.EqualFold(x, y)
}
