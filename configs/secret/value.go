package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Value is a secret. However it is printed, logged or encoded, alone or inside
// something else, it shows as "[secret]" or as an address. The zero Value is the
// empty secret.
type Value struct {
	// A pointer, because fmt shows the fields of a struct it may not call methods
	// on, which happens to a Value in an unexported field.
	text *string
}

const hidden = "[secret]"

// New makes a secret of a text.
func New(text string) Value { return Value{&text} }

// Reveal returns the text, for the one place that needs it.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// IsEmpty reports whether there is no text.
func (v Value) IsEmpty() bool { return v.Reveal() == "" }

// Equal compares two secrets in a time that tells nothing about them but their
// lengths.
func (v Value) Equal(other Value) bool {
	return subtle.ConstantTimeCompare([]byte(v.Reveal()), []byte(other.Reveal())) == 1
}

// String returns "[secret]".
func (v Value) String() string { return hidden }

// GoString returns "[secret]".
func (v Value) GoString() string { return hidden }

// Format prints "[secret]", whatever the verb.
func (v Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) } // fmt keeps the error

// MarshalText encodes "[secret]"; JSON, XML and others use it.
func (v Value) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON encodes "[secret]".
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalYAML encodes "[secret]".
func (v Value) MarshalYAML() (any, error) { return hidden, nil }

// LogValue logs "[secret]".
func (v Value) LogValue() slog.Value { return slog.StringValue(hidden) }
