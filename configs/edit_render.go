package configs

import (
	"bytes"
	"errors"
	"strings"

	"gopkg.in/yaml.v3"
)

// inlineEnd returns where a value ends that is written without lines of its own:
// a plain or quoted scalar, an alias, or a collection in brackets.
func (s *surgery) inlineEnd(n *yaml.Node, start int) (end int, ok bool) {
	rest := s.text[start:]
	switch {
	case rest == "":
		return 0, false
	case rest[0] == '"' || rest[0] == '\'':
		size := quotedSize(rest)
		return start + size, size > 0
	case rest[0] == '[' || rest[0] == '{':
		size := bracketSize(rest)
		return start + size, size > 0
	case n.Kind == yaml.AliasNode:
		return start + 1 + len(n.Value), strings.HasPrefix(rest, "*"+n.Value)
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		return start + len(n.Value), strings.HasPrefix(rest, n.Value)
	}
	return 0, false
}

// quotedSize returns the length of the quoted scalar at the beginning of text.
func quotedSize(text string) int {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] != quote:
		case quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return 0
}

// bracketSize returns the length of the collection in brackets at the beginning
// of text.
func bracketSize(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case (c == '"' || c == '\'') && strings.IndexByte(" \t\n[{,:", text[i-1]) >= 0:
			size := quotedSize(text[i:])
			if size == 0 {
				return 0
			}
			i += size - 1
		case c == '#' && strings.IndexByte(" \t\n", text[i-1]) >= 0:
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return 0
			}
			i += end
		}
	}
	return 0
}

// isSimple reports whether a value reads well on the line of its key.
func isSimple(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode || len(n.Content) == 0 }

// inline writes a value on one line, such that it may stand between brackets.
func inline(n *yaml.Node) (string, error) {
	list := &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{flow(n)}, Style: yaml.FlowStyle}
	text, err := encode(list)
	if err != nil {
		return "", err
	}
	text = strings.TrimSuffix(text, "\n")
	if strings.Contains(text, "\n") || len(text) < 2 {
		return "", errors.New("the value does not fit on one line")
	}
	return text[1 : len(text)-1], nil
}

// inBlock writes a value on one line, to stand in a block: fewer quotation marks
// are needed there.
func inBlock(n *yaml.Node) (string, error) {
	if n.Kind == yaml.ScalarNode {
		text, err := encode(plain(n))
		if text = strings.TrimSuffix(text, "\n"); err == nil && text != "" && !strings.Contains(text, "\n") {
			return text, nil
		}
	}
	return inline(n)
}

// plain copies a value without comments and ways of writing; text of several
// lines is quoted, so that it stays on one.
func plain(n *yaml.Node) *yaml.Node {
	c := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value}
	if n.Kind == yaml.ScalarNode && strings.ContainsAny(n.Value, "\n\r") {
		c.Style = yaml.DoubleQuotedStyle
	}
	for _, inner := range n.Content {
		c.Content = append(c.Content, plain(inner))
	}
	return c
}

// flow does the same with collections in brackets.
func flow(n *yaml.Node) *yaml.Node {
	c := plain(n)
	if n.Kind != yaml.ScalarNode {
		c.Style = yaml.FlowStyle
	}
	return c
}

// value writes a value to stand behind a colon or, as an item, behind a dash.
func (s *surgery) value(n *yaml.Node, indent int, item bool) (string, bool) {
	if isSimple(n) {
		text, err := inBlock(n)
		if !item {
			text = " " + text
		}
		return text, err == nil
	}
	text, ok := s.block(n, indent+2)
	text = strings.TrimSuffix(text, s.eol)
	if item {
		return strings.TrimLeft(text, " "), ok
	}
	return s.eol + text, ok
}

// block writes a value on lines of its own, indented by so many columns.
func (s *surgery) block(n *yaml.Node, indent int) (string, bool) {
	text, err := encode(n)
	if err != nil {
		return "", false
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			out.WriteString(strings.Repeat(" ", indent))
		}
		out.WriteString(strings.TrimSuffix(line, "\n") + s.eol)
	}
	return out.String(), true
}

func encode(n *yaml.Node) (string, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := errors.Join(encoder.Encode(n), encoder.Close())
	return out.String(), err
}
