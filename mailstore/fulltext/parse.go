package fulltext

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lifeboat/mailstore"
)

// What a query may be at most.
const (
	longestQuery = 2000 // characters
	mostParts    = 100
	deepest      = 20 // brackets within brackets
)

// fieldKeys are the fields in which one can look for words, as they are typed.
var fieldKeys = []struct {
	field byte
	names []string
}{
	{inFrom, []string{"from", "差出人", "送信者"}},
	{inTo, []string{"to", "bcc", "宛先"}},
	{inCc, []string{"cc"}},
	{inSubject, []string{"subject", "件名"}},
	{inFile, []string{"file", "filename", "attachment", "添付ファイル"}},
}

// Parse reads a query as a person types it, in the way that mail programs have in
// common:
//
//	meeting tokyo          both words, anywhere: headers, text, names of attachments
//	会議                    any characters that stand so in a row, one alone too
//	invoice                also finds invoices: a word without quotation marks finds what begins with it
//	"invoice"  "exact phrase"  inv*
//	from:tanaka  to:  cc:  subject:  file:    (to: finds Cc and Bcc as well)
//	from:example.jp  from:(tanaka OR suzuki)  ABC-1234
//	has:attachment  is:unread  is:read  is:flagged  is:answered
//	in:sent  folder:projects  account:tanaka
//	on:2026-11-19  since:2026-11  after:  before:yesterday  since:3d  date:2026-11-01..2026-11-19
//	-word  -from:tanaka  a OR b  (a b) OR c
//
// Days are those of now's time zone; a message's day is the one on which it was
// received. Since and after are the same and hold the day named; before does not. OR
// joins its two neighbours only. Width, case and Latin accents make no difference. What
// cannot be understood is an error of kind mailstore.ErrInvalid, with a sentence.
func Parse(text string, now time.Time) (Query, error) {
	if utf8.RuneCountInString(text) > longestQuery {
		return Query{}, mailstore.Fail(mailstore.ErrInvalid, "The search is longer than {limit} characters. Look for fewer words.", "limit", longestQuery)
	}
	text = strings.ToValidUTF8(text, " ")
	p := &parser{now: now, rest: quotes.Replace(norm.NFKC.String(text))}
	e, err := p.list(anywhere)
	if err != nil {
		return Query{}, err
	}
	if e == nil && strings.TrimSpace(text) != "" {
		return Query{}, mailstore.Fail(mailstore.ErrInvalid, "There is no word in {text} to look for. Type letters, digits or characters.", "text", text)
	}
	return Query{e}, nil
}

// quotes are the quotation marks that word processors and telephones make of plain ones.
var quotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "‟", `"`)

// parser reads a query from its beginning.
type parser struct {
	now   time.Time
	rest  string
	parts int
	depth int
}

func (p *parser) space() { p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace) }

// list reads parts until a closing bracket or the end. The field is where words are
// looked for that name none.
func (p *parser) list(field byte) (expr, error) {
	if p.depth++; p.depth > deepest {
		return nil, mailstore.Fail(mailstore.ErrInvalid, "There are more than {limit} brackets within each other. Use fewer.", "limit", deepest)
	}
	defer func() { p.depth-- }()
	var all and
	for {
		p.space()
		if p.rest == "" || p.rest[0] == ')' {
			if p.depth > 1 || p.rest == "" {
				break
			}
			p.rest = p.rest[1:] // nothing was opened
			continue
		}
		e, err := p.either(field)
		if err != nil {
			return nil, err
		}
		switch e := e.(type) {
		case nil:
		case and:
			all = append(all, e...)
		default:
			all = append(all, e)
		}
	}
	p.rest = strings.TrimPrefix(p.rest, ")")
	switch len(all) {
	case 0:
		return nil, nil //nolint:nilnil // nothing is asked for
	case 1:
		return all[0], nil
	}
	return all, nil
}

// either reads parts with OR between them.
func (p *parser) either(field byte) (expr, error) {
	var either or
	for {
		e, err := p.part(field)
		if err != nil {
			return nil, err
		}
		switch e := e.(type) {
		case nil:
		case or:
			either = append(either, e...)
		default:
			either = append(either, e)
		}
		if p.space(); !p.word("OR") && !p.word("|") {
			break
		}
		p.space()
	}
	switch len(either) {
	case 0:
		return nil, nil //nolint:nilnil // nothing is asked for
	case 1:
		return either[0], nil
	}
	return either, nil
}

// word takes an operator, if it is next.
func (p *parser) word(operator string) bool {
	after, ok := strings.CutPrefix(p.rest, operator)
	if r, _ := utf8.DecodeRuneInString(after); !ok || after != "" && !unicode.IsSpace(r) && r != '(' && r != ')' {
		return false
	}
	p.rest = after
	return true
}

func (p *parser) part(field byte) (expr, error) {
	if p.parts++; p.parts > mostParts {
		return nil, mailstore.Fail(mailstore.ErrInvalid, "The search has more than {limit} parts. Look for fewer words.", "limit", mostParts)
	}
	switch {
	case p.rest == "" || p.rest[0] == ')':
		return nil, nil //nolint:nilnil // nothing follows
	case p.rest[0] == '(':
		p.rest = p.rest[1:]
		return p.list(field)
	case p.word("AND"), p.word("OR"), p.word("|"):
		return nil, nil //nolint:nilnil // at the beginning, or AND, which is understood anyway
	case p.word("NOT"):
		p.space()
		return p.negated(field)
	case p.rest[0] == '-':
		p.rest = strings.TrimLeft(p.rest, "-")
		if r, _ := utf8.DecodeRuneInString(p.rest); p.rest == "" || unicode.IsSpace(r) {
			return nil, nil //nolint:nilnil // a dash between words
		}
		return p.negated(field)
	case p.rest[0] == '"':
		text, star := p.quoted()
		return some(field, text, star, false), nil
	}
	bare := p.bare()
	if name, _, isKey := strings.Cut(bare, ":"); isKey && slices.Contains(keys, strings.ToLower(name)) {
		p.rest = p.rest[len(name)+1:]
		return p.keyed(strings.ToLower(name))
	}
	p.rest = p.rest[len(bare):]
	return makeBare(field, bare), nil
}

func (p *parser) negated(field byte) (expr, error) {
	e, err := p.part(field)
	if e == nil || err != nil {
		return nil, err
	}
	if n, twice := e.(not); twice {
		return n.what, nil
	}
	return not{e}, nil
}

// bare looks at what comes up to a space, a bracket or a quotation mark.
func (p *parser) bare() string {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '(' || r == ')' })
	if end < 0 {
		return p.rest
	}
	return p.rest[:end]
}

// quoted takes what stands between quotation marks, or after one to the end, and
// whether a star follows.
func (p *parser) quoted() (text string, star bool) {
	text, p.rest, _ = strings.Cut(p.rest[1:], `"`)
	p.rest, star = strings.CutPrefix(p.rest, "*")
	return text, star
}

// some returns the part for some words, nil if there are none.
func some(field byte, text string, star, bare bool) expr {
	text = Words(text)
	if text == "" {
		return nil
	}
	return words{field, text, endsInLetter(text) && (star || bare && mayGoOn(text))}
}

func makeBare(field byte, text string) expr {
	return some(field, text, strings.HasSuffix(text, "*"), true)
}
