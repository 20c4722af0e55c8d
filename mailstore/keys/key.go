package keys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Size is the length of a data key in bytes.
const Size = 32

// Key is the data key. However it is printed, logged or encoded, alone or inside
// something else, it shows as "[key]" or as an address. The zero Key is none.
type Key struct {
	// A pointer, because fmt shows the fields of a struct it may not call methods
	// on, which happens to a Key in an unexported field; and to a string, because it
	// follows a pointer to an array.
	secret *string
}

func newKey(secret []byte) Key {
	text := string(secret)
	return Key{&text}
}

const hidden = "[key]"

// Derive returns a key for one purpose, such as "segments" (HKDF-SHA256, RFC 5869,
// with the purpose as its info): whoever learns one learns nothing of the others.
// That of a zero Key is all zeros, and must not be used.
func (k Key) Derive(purpose string) [Size]byte {
	if k.secret == nil {
		return [Size]byte{}
	}
	return derive([]byte(*k.secret), nil, "lifeboat mail "+purpose)
}

// derive is HKDF-SHA256.
func derive(secret, salt []byte, info string) (out [Size]byte) {
	// Fails only for outputs longer than 255 hashes, and for short secrets in FIPS mode.
	b, err := hkdf.Key(sha256.New, secret, salt, info, Size)
	if err == nil {
		copy(out[:], b)
	}
	return out
}

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.secret == nil }

// Equal compares two keys in a time that tells nothing about them.
func (k Key) Equal(other Key) bool {
	if k.secret == nil || other.secret == nil {
		return k.secret == other.secret
	}
	return subtle.ConstantTimeCompare([]byte(*k.secret), []byte(*other.secret)) == 1
}

// String returns "[key]".
func (k Key) String() string { return hidden }

// GoString returns "[key]".
func (k Key) GoString() string { return hidden }

// Format prints "[key]", whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) } // fmt keeps the error

// MarshalText encodes "[key]"; JSON, XML and others use it.
func (k Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON encodes "[key]".
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalYAML encodes "[key]".
func (k Key) MarshalYAML() (any, error) { return hidden, nil }

// LogValue logs "[key]".
func (k Key) LogValue() slog.Value { return slog.StringValue(hidden) }
