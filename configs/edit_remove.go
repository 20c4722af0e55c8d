package configs

import (
	"errors"
	"strings"

	"gopkg.in/yaml.v3"
)

// Remove takes a setting, or an entry of a list, out of the file, together with the
// comments inside it; those above it stay. What is not there needs no removing. The
// entries of a list that follow move up.
func (e *Editor) Remove(path string) *Editor {
	if e.err != nil {
		return e
	}
	steps, ok := splitPath(path)
	if !ok {
		e.err = Say("{at}: there is no setting {key}.").at(place{file: e.file}, path)
		return e
	}
	text, err := removeText(e.text, steps)
	if err != nil {
		e.err = cannotEdit(e.file, path).Because(err)
		return e
	}
	e.text = text
	return e
}

// removeText removes in the text itself and, should that come out wrong, in the nodes,
// as [setText] does.
func removeText(text string, steps []step) (string, error) {
	document := yaml.Node{Kind: yaml.DocumentNode}
	if err := yaml.Unmarshal([]byte(text), &document); err != nil || len(document.Content) == 0 {
		return text, err
	}
	root := document.Content[0]
	last := len(steps) - 1
	parent := at(root, steps[:last])
	if parent == nil {
		return text, nil
	}
	found, wrong := find(parent, steps[last])
	switch {
	case parent.Kind == yaml.AliasNode:
		return "", errors.New("the value is shared by an alias")
	case wrong && parent.Kind == yaml.SequenceNode, found < 0 && !wrong:
		return text, nil
	case wrong:
		return "", errors.New("there is a value of another form on the way")
	}
	from, size := found, 1
	if parent.Kind == yaml.MappingNode {
		from, size = found-1, 2
	}
	if len(parent.Content) == size && last > 0 {
		return setText(text, steps[:last], &yaml.Node{Kind: parent.Kind, Tag: parent.Tag, Style: yaml.FlowStyle})
	}
	cut, cutOK := cutEntry(text, steps)
	parent.Content = append(parent.Content[:from:from], parent.Content[from+size:]...)
	if cutOK {
		if got, err := parseAny(cut); err == nil && sameNode(got, root) {
			return cut, nil
		}
	}
	changed, err := encode(&document)
	if strings.Contains(text, "\r\n") {
		changed = strings.ReplaceAll(changed, "\n", "\r\n")
	}
	return changed, err
}

// cutEntry removes the lines of an entry that has lines of its own.
func cutEntry(text string, steps []step) (string, bool) {
	alone := strings.ReplaceAll(text, "\r\n", "")
	if strings.ContainsAny(alone, "\r\u0085\u2028\u2029") {
		return "", false
	}
	s := newSurgery(text)
	parent := at(s.root, steps[:len(steps)-1])
	if parent == nil || parent.Style&yaml.FlowStyle != 0 {
		return "", false
	}
	found, wrong := find(parent, steps[len(steps)-1])
	if wrong || found < 0 {
		return "", false
	}
	first := parent.Content[found]
	if parent.Kind == yaml.MappingNode {
		first = parent.Content[found-1]
	}
	start := s.starts[first.Line-1]
	before := strings.TrimLeft(text[start:s.offset(first)], " ")
	if before != "" && (parent.Kind != yaml.SequenceNode || strings.Trim(before, "- ") != "" || strings.Count(before, "-") > 1) {
		return "", false // something else begins on this line
	}
	end := s.entryEnd(parent.Content[found], first.Line, parent.Column-1)
	return text[:start] + text[end:], true
}
