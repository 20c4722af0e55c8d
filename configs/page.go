package configs

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
	"gopkg.in/yaml.v3"
)

// page is a YAML file being written, with its comments in the admin's language.
type page struct {
	strings.Builder
	translate func(template string, parts ...any) string
	err       error
}

const pageWidth = 80 // columns

func (p *page) line(indent int, text string) {
	p.WriteString(strings.Repeat("  ", indent) + text + "\n")
}

func (p *page) gap() { p.WriteString("\n") }

// comment writes a sentence as lines that begin with #.
func (p *page) comment(indent int, sentence Problem) {
	text := sentence.Text()
	if p.translate != nil {
		template, args := sentence.template, make([]any, len(sentence.args))
		for i, a := range sentence.args {
			args[i] = a
		}
		text = p.translate(template, args...)
	}
	for _, line := range wrapText(text, pageWidth-2*indent-2) {
		p.line(indent, "# "+line)
	}
}

// value writes a setting on one line.
func (p *page) value(indent int, key string, value any) {
	p.entry(indent, key+": ", value)
}

// text is value for text that is only written when there is any.
func (p *page) text(indent int, key, value string) {
	if value != "" {
		p.value(indent, key, value)
	}
}

// item begins an entry of a list with its first setting.
func (p *page) item(indent int, key string, value any) {
	p.entry(indent, "- "+key+": ", value)
}

func (p *page) entry(indent int, before string, value any) {
	var n yaml.Node
	if err := n.Encode(value); err != nil {
		p.err = err
		return
	}
	text, err := inBlock(&n)
	if err != nil {
		p.err = err
		return
	}
	p.line(indent, before+text)
}

func (p *page) mx(indent int, list []MX) {
	if len(list) == 0 {
		return
	}
	p.comment(indent, Say("The hosts that take mail, each with its preference: the lower number is tried first."))
	p.line(indent, "mx:")
	for _, mx := range list {
		p.entry(indent+1, "- ", mx)
	}
}

func (p *page) endpoint(indent int, key string, e Endpoint) {
	if e.Host == "" {
		return
	}
	p.line(indent, key+":")
	p.value(indent+1, "host", e.Host)
	if e.Port != 0 {
		p.value(indent+1, "port", e.Port)
	}
	p.text(indent+1, "tls", e.TLS)
}

func (p *page) selectors(indent int, list []Selector) {
	if len(list) == 0 {
		return
	}
	p.comment(indent, Say("The DKIM records that the provider asks for."))
	p.line(indent, "dkim_selectors:")
	for _, s := range list {
		p.item(indent+1, "selector", s.Selector)
		p.value(indent+2, "type", s.Type)
		p.value(indent+2, "value", s.Value)
	}
}

// wrapText breaks text into lines of at most so many columns, at spaces and,
// where letters are wide, anywhere but before closing marks.
func wrapText(text string, columns int) []string {
	var lines []string
	var line, word strings.Builder
	lineWidth, wordWidth := 0, 0
	flush := func() {
		if lineWidth > 0 && lineWidth+wordWidth > columns {
			lines = append(lines, strings.TrimRight(line.String(), " "))
			line.Reset()
			lineWidth = 0
		}
		line.WriteString(word.String())
		lineWidth += wordWidth
		word.Reset()
		wordWidth = 0
	}
	for _, r := range text {
		w := 1
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			w = 2
		}
		if w == 2 && !strings.ContainsRune("、。」』）・", r) {
			flush()
		}
		word.WriteRune(r)
		wordWidth += w
		if unicode.IsSpace(r) {
			flush()
		}
	}
	flush()
	return append(lines, strings.TrimRight(line.String(), " "))
}
