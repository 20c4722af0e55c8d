package configs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one thing wrong with the settings: where it is, and a sentence
// that says what it is and what to do.
type Problem struct {
	File string // as it was given, or the name of an environment variable
	Line int    // counted from 1; 0 where there is none
	Key  string // the setting, as in "domains[0].dns.host"; may be empty

	template string
	args     []string
	cause    error
	loses    bool // a recipient that somebody meant is not among the recipients
}

// Say makes a problem from an English template and its named parts (name,
// value, name, value). The template is the key of its translation. The parts
// {at} and {key} are filled from the problem's place.
func Say(template string, args ...string) Problem {
	return Problem{template: template, args: args}
}

// Because returns the problem with its technical cause, for errors.Is and the
// log.
func (p Problem) Because(cause error) Problem {
	p.cause = cause
	return p
}

// losing marks a problem by which a recipient is lost.
func (p Problem) losing() Problem {
	p.loses = true
	return p
}

func (p Problem) at(where place, key string) Problem {
	p.File, p.Line, p.Key = where.file, where.line, key
	return p
}

// Sentence returns the template and its parts, {at} and {key} included.
func (p Problem) Sentence() (template string, args []string) {
	at := place{p.File, p.Line}
	return p.template, append([]string{"at", at.String(), "key", p.Key}, p.args...)
}

// Text is the sentence in English, without the cause.
func (p Problem) Text() string {
	template, args := p.Sentence()
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+args[i]+"}", args[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// Error is the sentence in English, followed by the cause.
func (p Problem) Error() string {
	if p.cause != nil {
		return p.Text() + " (" + p.cause.Error() + ")"
	}
	return p.Text()
}

// Unwrap returns the cause.
func (p Problem) Unwrap() error { return p.cause }

// Problems are all that is wrong, in the order of the file.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems one by one.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// ProblemsIn returns the problems that an error is made of, so that each can be
// told; none when the error is of another kind.
func ProblemsIn(err error) Problems {
	if several, ok := errors.AsType[Problems](err); ok {
		return several
	}
	if one, ok := errors.AsType[Problem](err); ok {
		return Problems{one}
	}
	return nil
}

// place is where something is written.
type place struct {
	file string
	line int
}

// String is the place as sentences write it, the same in every language.
func (p place) String() string {
	if p.line == 0 {
		return p.file
	}
	return p.file + ":" + strconv.Itoa(p.line)
}

// places knows where each setting is written, by its path.
type places map[string]place

// of returns where a setting is written or, if it is not, the nearest setting
// around it that is.
func (ps places) of(path string) place {
	for {
		if at, ok := ps[path]; ok || path == "" {
			return at
		}
		path = parentPath(path)
	}
}

func (ps places) has(path string) bool {
	_, ok := ps[path]
	return ok
}

// forget drops what is known of a setting and of all below it.
func (ps places) forget(path string) {
	for known := range ps {
		if known == path || strings.HasPrefix(known, path+".") || strings.HasPrefix(known, path+"[") {
			delete(ps, known)
		}
	}
}

func parentPath(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

func childPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func itemPath(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// show prepares text from outside for a sentence: on one line, printable, and
// not longer than a glance.
func show(text string) string {
	const glance = 60
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, text)
	if utf8.RuneCountInString(text) > glance {
		text = string([]rune(text)[:glance]) + "…"
	}
	return text
}
