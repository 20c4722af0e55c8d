package dnshost

import (
	"fmt"
	"log/slog"
)

// Secret is a credential's secret part: a TSIG key's, an API token. Whatever
// prints, logs or encodes it gets a placeholder; only [Secret.Reveal] gives it
// away.
type Secret string

const hidden = "[secret]"

// Reveal returns the secret itself, for the one place that signs or sends it.
func (s Secret) Reveal() string { return string(s) }

// Format writes the placeholder, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// String returns the placeholder.
func (s Secret) String() string { return hidden }

// MarshalText encodes the placeholder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue logs the placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
