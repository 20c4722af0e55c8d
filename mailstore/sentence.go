package mailstore

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Sentence is something a person may read: an English template such as
// "{folder} cannot be read" and the values of its named parts. The template is the
// key under which its translations are filed. It is this room's own type, as the
// rooms do not import each other; translators know all of them by their method
// Sentence.
type Sentence struct {
	Template string            `json:"template"`
	Parts    map[string]string `json:"parts,omitempty"`
}

// Say makes a sentence of a template and its parts, as name, value pairs. Values
// are formatted with fmt.Sprint; octets that are no UTF-8 are shown as U+FFFD.
func Say(template string, parts ...any) Sentence {
	s := Sentence{Template: template}
	for i := 0; i+1 < len(parts); i += 2 {
		if s.Parts == nil {
			s.Parts = map[string]string{}
		}
		s.Parts[fmt.Sprint(parts[i])] = strings.ToValidUTF8(fmt.Sprint(parts[i+1]), "\uFFFD")
	}
	return s
}

// Sentence returns the template and its parts as name, value pairs, by name.
func (s Sentence) Sentence() (template string, args []string) {
	for _, name := range slices.Sorted(maps.Keys(s.Parts)) {
		args = append(args, name, s.Parts[name])
	}
	return s.Template, args
}

// IsZero reports whether nothing is said.
func (s Sentence) IsZero() bool { return s.Template == "" }

// String tells the sentence in English.
func (s Sentence) String() string {
	_, args := s.Sentence()
	for i := 0; i < len(args); i += 2 {
		args[i] = "{" + args[i] + "}"
	}
	return strings.NewReplacer(args...).Replace(s.Template)
}

// MarshalJSON writes the English text beside the template and its parts.
func (s Sentence) MarshalJSON() ([]byte, error) {
	type plain Sentence
	return json.Marshal(struct {
		Text string `json:"text"`
		plain
	}{s.String(), plain(s)})
}
