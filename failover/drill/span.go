package drill

import (
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"lifeboat/failover"
)

// String writes a span as Go does, without the parts that are zero: "1m30s", "10h".
func (s Span) String() string {
	text := time.Duration(s).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText writes the span as String does.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what time.ParseDuration reads; anything else is
// failover.ErrInvalid.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return failover.Fail(failover.ErrInvalid, `"{value}" is no length of time; write it like 1m30s.`, "value", clip(string(text)))
	}
	*s = Span(d)
	return nil
}

// MarshalYAML writes the span as String does.
func (s Span) MarshalYAML() (any, error) { return s.String(), nil }

// UnmarshalYAML is UnmarshalText for scenario files. What it cannot read it leaves
// to the one who knows the file: the error names the line alone.
func (s *Span) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && s.UnmarshalText([]byte(n.Value)) == nil {
		return nil
	}
	return &spanError{line: n.Line, value: clip(n.Value)}
}

// spanError is a span that cannot be read, and where it stands.
type spanError struct {
	line  int
	value string
}

func (e *spanError) Error() string { return "no length of time: " + e.value }

// clip shortens what a file says for a sentence.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
