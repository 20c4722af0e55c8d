package users

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
)

// alphabet is Crockford's base 32, in lower case: no i, l, o, u.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const (
	groups      = 5
	groupLength = 5 // characters of 5 bits
	saltLength  = 16
	// What is longer than this was never made here, hyphens and blanks included.
	longestTyped = 100
)

// random returns n characters of the alphabet, each 5 random bits.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	for i, c := range b {
		b[i] = alphabet[c%32]
	}
	return string(b)
}

// newPassword returns a password as it is shown.
func newPassword() string {
	parts := make([]string, groups)
	for i := range parts {
		parts[i] = random(groupLength)
	}
	return strings.Join(parts, "-")
}

// typed returns the password that a person meant, or nothing if it can be none.
func typed(password string) string {
	if len(password) > longestTyped {
		return ""
	}
	var b strings.Builder
	for _, c := range strings.ToLower(password) {
		switch c {
		case '-', ' ':
			continue
		case 'o':
			c = '0'
		case 'i', 'l':
			c = '1'
		}
		if !strings.ContainsRune(alphabet, c) {
			return ""
		}
		b.WriteRune(c)
	}
	if b.Len() != groups*groupLength {
		return ""
	}
	return b.String()
}

// hash is what is kept of a password; see the package comment for why it is a fast one.
func hash(salt []byte, canonical string) [sha256.Size]byte {
	return sha256.Sum256(append(salt[:len(salt):len(salt)], canonical...))
}

// matches compares in a time that tells nothing of how much of it is right.
func (k kept) matches(canonical string) bool {
	h := hash(k.Salt, canonical)
	return subtle.ConstantTimeCompare(h[:], k.Hash) == 1
}
