package failover

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Sentence is something a person may read: an English template such as
// "{address} is refused by {mx}" and the values of its named parts. The
// template is the key under which translations are filed, so a sentence can be
// told in another language long after it was made, for example out of a
// journal.
type Sentence struct {
	Template string
	// Args are the parts, as name, value, name, value.
	Args []string
}

// Say makes a sentence. The parts are given as name, value pairs; values are
// formatted with fmt.Sprint. Octets that are no UTF-8, as servers may send them,
// are shown as U+FFFD, so that the sentence is the same after a trip through a file.
func Say(template string, parts ...any) Sentence {
	s := Sentence{Template: template}
	for _, p := range parts {
		s.Args = append(s.Args, strings.ToValidUTF8(fmt.Sprint(p), "\uFFFD"))
	}
	return s
}

// Sentence returns the template and the parts. Types of other rooms offer the
// same method, so that a translator needs no common type.
func (s Sentence) Sentence() (template string, args []string) { return s.Template, s.Args }

// IsZero reports whether nothing is said.
func (s Sentence) IsZero() bool { return s.Template == "" }

// String tells the sentence in English.
func (s Sentence) String() string { return Fill(s.Template, s.Args) }

// Fill puts the parts (name, value, name, value) into the template's braces. A
// brace without a part of its name stays as it is, and what a part brings in is
// never filled again.
func Fill(template string, args []string) string {
	if len(args) < 2 {
		return template
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+args[i]+"}", args[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

type sentenceJSON struct {
	Text     string            `json:"text"`
	Template string            `json:"template,omitempty"`
	Args     map[string]string `json:"args,omitempty"`
}

// MarshalJSON writes the English text beside the template and its parts, so
// that a file is readable as it is and can still be told in another language.
func (s Sentence) MarshalJSON() ([]byte, error) {
	j := sentenceJSON{Text: s.String()}
	if len(s.Args) > 1 {
		j.Template = s.Template
		j.Args = map[string]string{}
		for i := 0; i+1 < len(s.Args); i += 2 {
			j.Args[s.Args[i]] = s.Args[i+1]
		}
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Sentence) UnmarshalJSON(b []byte) error {
	var j sentenceJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	s.Template, s.Args = j.Template, nil
	if s.Template == "" {
		s.Template = j.Text
	}
	for _, name := range sortedKeys(j.Args) {
		s.Args = append(s.Args, name, j.Args[name])
	}
	return nil
}
