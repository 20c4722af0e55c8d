package configs

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// surgery changes a value in YAML text. It knows where nodes begin from the
// parser, and finds out itself where they end. Where it is not sure it gives up;
// what it made is compared afterwards (see setText).
type surgery struct {
	text   string
	root   *yaml.Node
	starts []int        // offset of each line
	order  []*yaml.Node // all nodes as they stand in the text
	eol    string
}

// operate makes the change by surgery, unless the text has line breaks that only
// YAML knows (a carriage return alone, NEL, LS, PS): its lines are counted otherwise.
func operate(text string, steps []step, fresh *yaml.Node) (string, bool) {
	alone := strings.ReplaceAll(text, "\r\n", "")
	if strings.ContainsAny(alone, "\r\u0085\u2028\u2029") {
		return "", false
	}
	return newSurgery(text).set(steps, fresh)
}

func newSurgery(text string) *surgery {
	s := &surgery{text: text, eol: "\n"}
	if strings.Contains(text, "\r\n") {
		s.eol = "\r\n"
	}
	s.root, _ = parseAny(text) // parsed before
	s.collect(s.root)
	offset := 0
	for line := range strings.Lines(text) {
		s.starts = append(s.starts, offset)
		offset += len(line)
	}
	return s
}

func (s *surgery) collect(n *yaml.Node) {
	if n == nil {
		return
	}
	s.order = append(s.order, n)
	for _, c := range n.Content {
		s.collect(c)
	}
}

// set changes or adds the value that the steps lead to.
func (s *surgery) set(steps []step, fresh *yaml.Node) (string, bool) {
	if s.root == nil || isNull(s.root) {
		return s.append(len(s.text), 0, wrap(steps, fresh)), true
	}
	var key *yaml.Node
	at, parent := s.root, (*yaml.Node)(nil)
	for i, st := range steps {
		if isNull(at) {
			return s.fill(key, wrap(steps[i:], fresh))
		}
		found, wrong := find(at, st)
		if wrong || at.Kind == yaml.AliasNode {
			return "", false
		}
		if found < 0 {
			return s.add(at, wrap(steps[i:], fresh))
		}
		key, parent = nil, at
		if st.key != "" {
			key = at.Content[found-1]
		}
		at = at.Content[found]
	}
	return s.replace(parent, key, at, fresh)
}

// wrap puts a value below the steps that lead to it.
func wrap(steps []step, value *yaml.Node) *yaml.Node {
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].key == "" {
			value = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{value}}
			continue
		}
		name := &yaml.Node{Kind: yaml.ScalarNode, Value: steps[i].key}
		value = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{name, value}}
	}
	return value
}

// offset returns where a node begins; its column counts characters.
func (s *surgery) offset(n *yaml.Node) int {
	at := s.starts[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRuneInString(s.text[at:])
		at += size
	}
	return at
}

// replace puts a new value in the place of an old one.
func (s *surgery) replace(parent, key, old, fresh *yaml.Node) (string, bool) {
	if isNull(old) && old.Value == "" {
		return s.fill(key, fresh)
	}
	start := s.offset(old)
	if end, ok := s.inlineEnd(old, start); ok {
		if key != nil && parent.Style&yaml.FlowStyle == 0 && old.Kind == yaml.ScalarNode && !isSimple(fresh) {
			return s.unfold(key, start, end, fresh)
		}
		write := inBlock
		if parent.Style&yaml.FlowStyle != 0 {
			write = inline
		}
		text, err := write(fresh)
		return s.text[:start] + text + s.text[end:], err == nil
	}
	if parent.Style&yaml.FlowStyle != 0 {
		return "", false
	}
	// A block: it goes on to the end of its entry.
	indent := parent.Column - 1
	from, end := start, s.entryEnd(old, old.Line, indent)
	if key != nil {
		after, ok := s.afterColon(key)
		if !ok {
			return "", false
		}
		if old.Line > key.Line {
			return s.fillBlock(after, s.starts[key.Line], end, indent, fresh)
		}
		from = after
	}
	text, ok := s.value(fresh, indent, key == nil)
	return s.text[:from] + text + s.eol + s.text[end:], ok
}

// unfold puts settings below a key in the place of the one word that said them all. A
// comment behind the word stays.
func (s *surgery) unfold(key *yaml.Node, start, end int, fresh *yaml.Node) (string, bool) {
	lineEnd := len(s.text)
	if at := strings.IndexByte(s.text[end:], '\n'); at >= 0 {
		lineEnd = end + at + 1
	}
	rest := strings.TrimRight(s.text[end:lineEnd], "\r\n") + s.eol
	block, ok := s.block(fresh, key.Column-1+2)
	return strings.TrimRight(s.text[:start], " ") + rest + block + s.text[lineEnd:], ok
}

// fill gives a value to a key that has none.
func (s *surgery) fill(key, fresh *yaml.Node) (string, bool) {
	if key == nil {
		return "", false
	}
	after, ok := s.afterColon(key)
	if !ok {
		return "", false
	}
	lineEnd := len(s.text)
	if key.Line < len(s.starts) {
		lineEnd = s.starts[key.Line]
	}
	return s.fillBlock(after, lineEnd, lineEnd, key.Column-1, fresh)
}

// fillBlock puts a value behind a key's colon, keeps the rest of that line (a
// comment), and drops what is between the line's end and end.
func (s *surgery) fillBlock(after, lineEnd, end, indent int, fresh *yaml.Node) (string, bool) {
	line := s.text[after:lineEnd]
	if !strings.HasSuffix(line, "\n") {
		line += s.eol
	}
	if text, err := inBlock(fresh); err == nil && isSimple(fresh) {
		return s.text[:after] + " " + text + line + s.text[end:], true
	}
	block, ok := s.block(fresh, indent+2)
	return s.text[:after] + line + block + s.text[end:], ok
}

// add puts a new entry behind the last one of a collection.
func (s *surgery) add(at, entry *yaml.Node) (string, bool) {
	if at.Style&yaml.FlowStyle != 0 {
		return s.addInline(at, entry)
	}
	if len(at.Content) == 0 {
		return "", false
	}
	last := at.Content[len(at.Content)-1]
	if at.Kind == yaml.MappingNode {
		last = at.Content[len(at.Content)-2]
	}
	return s.append(s.entryEnd(at.Content[len(at.Content)-1], last.Line, at.Column-1), at.Column-1, entry), true
}

// addInline does the same between brackets.
func (s *surgery) addInline(at, entry *yaml.Node) (string, bool) {
	end, ok := s.inlineEnd(at, s.offset(at))
	if !ok {
		return "", false
	}
	text, err := inline(entry)
	if err != nil || len(text) < 2 {
		return "", false
	}
	text = text[1 : len(text)-1] // its own brackets
	inner := strings.TrimRight(s.text[:end-1], " \t\r\n")
	if len(at.Content) > 0 && !strings.HasSuffix(inner, ",") {
		text = ", " + text
	}
	return inner + text + s.text[len(inner):], true
}

// append puts an entry on lines of its own.
func (s *surgery) append(offset, indent int, entry *yaml.Node) string {
	before := s.text[:offset]
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += s.eol
	}
	block, _ := s.block(entry, indent) // compared afterwards
	return before + block + s.text[offset:]
}

// afterColon returns the offset behind the colon of a key.
func (s *surgery) afterColon(key *yaml.Node) (int, bool) {
	end, ok := s.inlineEnd(key, s.offset(key))
	if !ok {
		return 0, false
	}
	rest := strings.TrimLeft(s.text[end:], " \t")
	if !strings.HasPrefix(rest, ":") {
		return 0, false
	}
	return len(s.text) - len(rest) + 1, true
}

// entryEnd returns the offset of the line after an entry that begins on a line
// and is indented by so many columns. Comments and blank lines that follow belong
// to what comes next, unless they are indented deeper.
func (s *surgery) entryEnd(last *yaml.Node, line, indent int) int {
	bound := len(s.starts) + 1 // number of the first line that is certainly not part of it
	if next := s.following(last); next != nil {
		bound = next.Line
	}
	item := indented(s.line(line)) == indent && strings.HasPrefix(strings.TrimSpace(s.line(line)), "-")
	end := line + 1
	for number := line + 1; number < bound; number++ {
		text := s.line(number)
		depth, trimmed := indented(text), strings.TrimSpace(text)
		comment := strings.HasPrefix(trimmed, "#")
		if trimmed == "" || comment && depth <= indent {
			continue
		}
		next := depth < indent || item && depth == indent && strings.HasPrefix(trimmed, "-")
		if strings.HasPrefix(text, "...") || next && !comment {
			break
		}
		end = number + 1
	}
	if end > len(s.starts) {
		return len(s.text)
	}
	return s.starts[end-1]
}

func indented(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// following returns the node that stands behind a node and all below it.
func (s *surgery) following(n *yaml.Node) *yaml.Node {
	for len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	for i, o := range s.order {
		if o == n && i+1 < len(s.order) {
			return s.order[i+1]
		}
	}
	return nil
}

func (s *surgery) line(number int) string {
	end := len(s.text)
	if number < len(s.starts) {
		end = s.starts[number]
	}
	return s.text[s.starts[number-1]:end]
}
