package submit

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestAddress is longer than any that exists (RFC 5321 section 4.5.3.1: 64 + 1 + 255).
const longestAddress = 320

var errAddress = errors.New("not an address")

// pathOf reads the argument of MAIL FROM: or RCPT TO: up to its parameters (RFC 5321
// section 4.1.2), and returns the mailbox as it is to be written between < and >: quoted
// where it must be. The null path is "". Local parts with dots where RFC 5321 has
// none, which a Japanese operator gave out for years, and a missing <> are let pass.
func pathOf(arg []byte) (string, error) {
	s := scanner{b: bytes.TrimLeft(arg, " \t")}
	bracket := s.accept('<')
	if bracket && s.accept('>') {
		return "", nil
	}
	if bracket && s.peek() == '@' { // a source route, to be ignored (RFC 5321 appendix C)
		i := bytes.IndexByte(s.b[s.i:], ':')
		if i < 0 {
			return "", errAddress
		}
		s.i += i + 1
	}
	local, err := s.local(false)
	if err != nil {
		return "", err
	}
	if !s.accept('@') {
		return "", errAddress
	}
	domain, err := s.domain(false)
	if err != nil {
		return "", err
	}
	if bracket && !s.accept('>') {
		return "", errAddress
	}
	if c := s.peek(); c != 0 && c != ' ' && c != '\t' {
		return "", errAddress
	}
	return join(local, domain)
}

// join puts an address together in the one form in which it is compared and kept.
func join(local, domain string) (string, error) {
	if local == "" || domain == "" || !utf8.ValidString(local) || !utf8.ValidString(domain) || strings.ContainsFunc(local, unicode.IsControl) {
		return "", errAddress
	}
	if slices.ContainsFunc([]byte(local), func(c byte) bool { return !isAtom(c) && c != '.' }) {
		local = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`
	}
	if len(local)+1+len(domain) > longestAddress {
		return "", errAddress
	}
	return local + "@" + domain, nil
}

// addressesIn reads the value of From or Sender (RFC 5322 section 3.4, with the obsolete
// forms of section 4.4 and the groups of RFC 6854) and returns every address in it. It is
// generous with names, since devices write what they like there, and never with
// addresses: what some reader could take for one is returned or is an error.
func addressesIn(value []byte) ([]string, error) {
	s := scanner{b: value}
	var all []string
	var words []word // of the name, or of the local part that turns out to be one
	named := false   // this element has an address already
	for {
		if err := s.space(); err != nil {
			return nil, err
		}
		switch c := s.peek(); {
		case s.i >= len(s.b) || c == ',' || c == ';':
			if len(words) > 0 && !named {
				return nil, errAddress
			}
			if s.i >= len(s.b) {
				return all, nil
			}
			s.i++
			words, named = nil, false
		case c == ':' && !named: // the words were a group's name
			s.i++
			words = nil
		case c == '<':
			s.i++
			a, err := s.angle()
			if err != nil {
				return nil, err
			}
			all, words, named = append(all, a), nil, true
		case c == '@' && !named:
			s.i++
			a, err := s.bare(words)
			if err != nil {
				return nil, err
			}
			all, words, named = append(all, a), nil, true
		default:
			w, err := s.word()
			if err != nil || named && !w.harmless() {
				return nil, errAddress
			}
			words = append(words, w)
		}
	}
}

// word is a piece of a name or of a local part.
type word struct {
	text   string
	quoted bool
	odd    bool // no atom, quoted string or dot: such is found in names only
}

// harmless words may follow an address: they cannot be part of another one.
func (w word) harmless() bool { return !w.quoted && !strings.ContainsAny(w.text, `@<>"`) }

// scanner goes over a structured field body.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) accept(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// space goes over blanks, line breaks and comments (RFC 5322 section 3.2.2).
func (s *scanner) space() error {
	depth := 0
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '\\' && depth > 0:
			s.i++
		case depth > 0 || c == ' ' || c == '\t' || c == '\r' || c == '\n':
		default:
			return nil
		}
	}
	if depth > 0 {
		return errAddress
	}
	return nil
}

// word reads an atom, an encoded word, a quoted string, a dot, or one odd character.
func (s *scanner) word() (word, error) {
	switch c := s.peek(); {
	case c == '"':
		q, err := s.quoted()
		return word{text: q, quoted: true}, err
	case c == '.':
		s.i++
		return word{text: "."}, nil
	case isAtom(c):
		if n := encodedWord(s.b[s.i:]); n > 0 {
			s.i += n
			return word{text: "=", odd: true}, nil
		}
		return word{text: s.atom()}, nil
	case c == '>' || c == '@':
		return word{}, errAddress
	default:
		s.i++
		return word{text: string(c), odd: true}, nil
	}
}

// encodedWord returns the length of the encoded word (RFC 2047 section 2) that b begins
// with, or 0. One with a character that addresses are made of is none.
func encodedWord(b []byte) int {
	if !bytes.HasPrefix(b, []byte("=?")) {
		return 0
	}
	marks := 0
	for i := 2; i < len(b); i++ {
		switch c := b[i]; {
		case c <= ' ' || c >= 0x7f || strings.IndexByte(`<>@"()`, c) >= 0:
			return 0
		case c == '?':
			if marks++; marks == 3 && i+1 < len(b) && b[i+1] == '=' {
				return i + 2
			}
		}
	}
	return 0
}

func (s *scanner) atom() string {
	from := s.i
	for s.i < len(s.b) && isAtom(s.b[s.i]) {
		s.i++
	}
	return string(s.b[from:s.i])
}

// quoted reads a quoted string (RFC 5322 section 3.2.4) and returns what it stands for.
func (s *scanner) quoted() (string, error) {
	var out []byte
	for s.i++; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case '"':
			s.i++
			return string(out), nil
		case '\\':
			if s.i++; s.i < len(s.b) {
				out = append(out, s.b[s.i])
			}
		case '\r', '\n': // folding is no part of it
		default:
			out = append(out, c)
		}
	}
	return "", errAddress
}

// angle reads what stands after <, and the >.
func (s *scanner) angle() (string, error) {
	if err := s.space(); err != nil {
		return "", err
	}
	if s.peek() == '@' { // an obsolete route
		i := bytes.IndexByte(s.b[s.i:], ':')
		if i < 0 {
			return "", errAddress
		}
		s.i += i + 1
	}
	local, err := s.local(true)
	if err != nil {
		return "", err
	}
	if !s.accept('@') {
		return "", errAddress
	}
	domain, err := s.domain(true)
	if err != nil {
		return "", err
	}
	if !s.accept('>') {
		return "", errAddress
	}
	return join(local, domain)
}

// bare reads the domain of an address without <>, whose local part was read as words.
func (s *scanner) bare(words []word) (string, error) {
	var local strings.Builder
	joined := true // by a dot, or at the beginning
	for _, w := range words {
		if w.odd || w.text != "." && !joined {
			return "", errAddress
		}
		joined = w.text == "." && !w.quoted
		local.WriteString(w.text)
	}
	domain, err := s.domain(true)
	if err != nil {
		return "", err
	}
	return join(local.String(), domain)
}

// local reads a local part and returns what it stands for, without quotes. With space,
// comments and blanks may stand between its words (RFC 5322 section 4.4).
func (s *scanner) local(space bool) (string, error) {
	var out strings.Builder
	for dot := true; ; {
		if space {
			if err := s.space(); err != nil {
				return "", err
			}
		}
		switch c := s.peek(); {
		case c == '.':
			s.i++
			out.WriteByte('.')
			dot = true
		case c == '"' && dot:
			q, err := s.quoted()
			if err != nil {
				return "", err
			}
			out.WriteString(q)
			dot = false
		case isAtom(c) && dot:
			out.WriteString(s.atom())
			dot = false
		default:
			return out.String(), nil
		}
	}
}

// domain reads a domain, or an address literal such as [192.0.2.1].
func (s *scanner) domain(space bool) (string, error) {
	var out strings.Builder
	for dot := true; ; {
		if space {
			if err := s.space(); err != nil {
				return "", err
			}
		}
		switch c := s.peek(); {
		case c == '[' && out.Len() == 0:
			i := bytes.IndexByte(s.b[s.i:], ']')
			if i < 0 || bytes.ContainsAny(s.b[s.i:s.i+i], " \t\r\n<>@\"\\") {
				return "", errAddress
			}
			out.Write(s.b[s.i : s.i+i+1])
			s.i += i + 1
			if space {
				return out.String(), s.space()
			}
			return out.String(), nil
		case c == '.' && !dot:
			s.i++
			out.WriteByte('.')
			dot = true
		case isAtom(c) && dot:
			a := s.atom()
			if slices.ContainsFunc([]byte(a), func(c byte) bool { return c < 0x80 && !isHost(c) }) {
				return "", errAddress
			}
			out.WriteString(a)
			dot = false
		case dot:
			return "", errAddress
		default:
			return out.String(), nil
		}
	}
}

// isAtom reports whether a byte may be in an atom (RFC 5322 section 3.2.3, RFC 6532
// section 3.2).
func isAtom(c byte) bool {
	return isHost(c) || c >= 0x80 || c != 0 && strings.IndexByte("!#$%&'*+/=?^`{|}~", c) >= 0
}

func isHost(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
