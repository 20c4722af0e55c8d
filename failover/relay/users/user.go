package users

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// User is a person or a device that hands mail in.
type User struct {
	// Address is what the user signs in with, and may send as.
	Address string `json:"address"`
	// SendAs are further senders: addresses, and "@example.test" for a whole domain.
	SendAs    []string   `json:"send_as,omitempty"`
	Passwords []Password `json:"passwords"`
	// Used is the ID of the password that Check found right; else empty.
	Used string `json:"-"`
}

// Has reports whether a password, by its ID, is one of the user's still.
func (u User) Has(id string) bool {
	return slices.ContainsFunc(u.Passwords, func(p Password) bool { return p.ID == id })
}

// Password is an app password, without what would let anybody sign in with it.
type Password struct {
	// ID names it among all passwords of the user: four characters.
	ID string `json:"id"`
	// Label says what uses it, such as "Canon 2F".
	Label string    `json:"label"`
	Made  time.Time `json:"made"`
}

// MaySendAs reports whether a message may name this address as its sender, in the
// envelope or in From or Sender. Case makes no difference, in the local part
// neither: providers take it so, though RFC 5321 section 2.4 leaves it to them.
func (u User) MaySendAs(address string) bool {
	address = normal(address)
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return false
	}
	if address == normal(u.Address) {
		return true
	}
	domain := address[at:]
	return slices.ContainsFunc(u.SendAs, func(s string) bool {
		s = normal(s)
		return s != "" && (s == address || s == domain)
	})
}

// normal returns an address, or "@" and a domain, in the one form in which they are
// compared: lower case, and the domain as DNS has it (RFC 5891). Nothing comes of
// what has no domain.
func normal(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || at == len(address)-1 {
		return ""
	}
	local, domain := strings.ToLower(address[:at]), strings.ToLower(address[at+1:])
	if !ascii(domain) {
		if d, err := idna.Lookup.ToASCII(domain); err == nil {
			domain = d
		}
	}
	return local + "@" + domain
}

// ascii reports whether every byte is.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
