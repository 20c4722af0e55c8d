// Package i18n tells Lifeboat's sentences in the reader's language.
//
// The English template of a sentence is the key of its translation, so a
// sentence without one is told in English rather than as a code. A test holds the
// source and the catalogues against each other: every template in the source has
// a translation in every language with the same parts, and no catalogue has
// anything else.
package i18n

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jeandeaual/go-locale"
	"gopkg.in/yaml.v3"

	"lifeboat/assets"
	"lifeboat/failover"
)

// Language is a language that Lifeboat speaks, by its ISO 639-1 code.
type Language string

// The languages.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// Languages lists them all, English first.
func Languages() []Language { return []Language{English, Japanese} }

// Choose decides on the language: what the settings say, or for "auto" and ""
// what the environment (LC_ALL, LC_MESSAGES, LANG) or else the operating system
// says; English where that is neither of ours.
func Choose(setting string, getenv func(string) string) Language {
	if l, ok := known(setting); ok {
		return l
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			l, _ := known(v)
			return l
		}
	}
	system, err := locale.GetLanguage()
	if err != nil {
		return English
	}
	l, _ := known(system)
	return l
}

func known(tag string) (Language, bool) {
	t := strings.ToLower(tag)
	for _, l := range Languages() {
		if t == string(l) || strings.HasPrefix(t, string(l)+"_") || strings.HasPrefix(t, string(l)+"-") || strings.HasPrefix(t, string(l)+".") {
			return l, true
		}
	}
	return English, false
}

// Speaker is whatever can be told: a failover.Sentence, or an error with one.
type Speaker interface {
	Sentence() (template string, args []string)
}

// Tongue tells sentences in one language.
type Tongue struct {
	Language Language
	words    map[string]string
}

// New returns the tongue of a language. The catalogues are part of the program;
// an error means that one of them is malformed.
func New(l Language) (*Tongue, error) {
	words, err := Catalogue(l)
	return &Tongue{Language: l, words: words}, err
}

// Catalogue reads the translations of a language, by English template.
func Catalogue(l Language) (map[string]string, error) {
	words := map[string]string{}
	dir := path.Join("translations", string(l))
	files, err := fs.Glob(assets.Translations, dir+"/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		data, err := assets.Translations.ReadFile(f)
		if err != nil {
			return nil, err
		}
		if err := yaml.Unmarshal(data, &words); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
	}
	return words, nil
}

// T tells a template with its parts (name, value pairs; a part that is itself a
// Speaker is told in the same language).
func (t *Tongue) T(template string, parts ...any) string {
	args := make([]string, 0, len(parts))
	for i, p := range parts {
		if s, ok := p.(Speaker); ok && i%2 == 1 {
			args = append(args, t.Say(s))
			continue
		}
		args = append(args, fmt.Sprint(p))
	}
	return failover.Fill(t.word(template), args)
}

// Say tells a sentence.
func (t *Tongue) Say(s Speaker) string {
	template, args := s.Sentence()
	return failover.Fill(t.word(template), args)
}

func (t *Tongue) word(template string) string {
	if w, ok := t.words[template]; ok {
		return w
	}
	return template
}

// Whole makes a whole sentence of one: with a capital and a full stop. One that
// begins with a name, an address or a setting stays small.
func (t *Tongue) Whole(text string) string {
	if text == "" {
		return text
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	if t.Language == Japanese {
		if !strings.ContainsRune("。？！）」.", last) {
			text += "。"
		}
		return text
	}
	if !strings.ContainsRune(".?!:)”", last) {
		text += "."
	}
	first, size := utf8.DecodeRuneInString(text)
	word, _, _ := strings.Cut(text, " ")
	if strings.ContainsAny(word, "./:_@-") && !strings.HasSuffix(word, ":") {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// Errors tells an error to a person: a sentence for each of the errors joined in
// it, each once, without their technical causes; errors without a sentence in their
// own words.
func (t *Tongue) Errors(err error) []string {
	if err == nil {
		return nil
	}
	if s, ok := err.(Speaker); ok {
		return []string{t.Say(s)}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []string
		for _, e := range joined.Unwrap() {
			for _, line := range t.Errors(e) {
				if !slices.Contains(out, line) {
					out = append(out, line)
				}
			}
		}
		return out
	}
	// What was wrapped around a sentence says where the program was, not the person.
	if s := (Speaker)(nil); errors.As(err, &s) {
		return t.Errors(errors.Unwrap(err))
	}
	return []string{err.Error()}
}

// Clock tells a time of day: with seconds when it is near, with the date when it
// is another day.
func (t *Tongue) Clock(at, now time.Time) string {
	at, now = at.Local(), now.Local()
	switch {
	case at.Sub(now).Abs() < 10*time.Minute:
		return at.Format(time.TimeOnly)
	case at.Format(time.DateOnly) == now.Format(time.DateOnly):
		return at.Format("15:04")
	default:
		return at.Format("2006-01-02 15:04")
	}
}

// Span tells a length of time to the second, minute or hour, as it matters.
func (t *Tongue) Span(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return t.T("{n} s", "n", int(d.Seconds()))
	case d < 2*time.Hour:
		return t.T("{n} min", "n", int(d.Round(time.Minute).Minutes()))
	case d < 48*time.Hour:
		return t.T("{n} h", "n", int(d.Round(time.Hour).Hours()))
	default:
		return t.T("{n} days", "n", int(d.Round(time.Hour).Hours()/24))
	}
}
