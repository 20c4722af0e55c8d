package configs

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Editor changes single settings of a file and leaves everything else, comments,
// order and blank lines, byte for byte as it was:
//
//	err := configs.Edit(file).Set("domains[0].mx_ttl", 300).Save()
//
// The first error is kept, and Save returns it.
type Editor struct {
	file     string
	original []byte
	text     string // without a byte order mark
	err      error
}

// Edit reads a settings file for changing.
func Edit(file string) *Editor {
	e := &Editor{file: file}
	data, problem, ok := readFile(file)
	if !ok {
		e.err = problem.at(place{file: file}, "")
		return e
	}
	e.original, e.text = data, strings.TrimPrefix(string(data), bom)
	if _, problems := parseYAML(file, data); len(problems) > 0 {
		e.err = Problems(problems)
	}
	return e
}

// Set gives a setting a value: text, a number, a boolean, [MX], [SecretRef], or
// a list or map of such. What leads to the setting is made as needed; an entry
// is added to a list under the index after its last. What a value replaces goes
// with the comments inside it.
func (e *Editor) Set(path string, value any) *Editor {
	if e.err != nil {
		return e
	}
	steps, ok := splitPath(path)
	if !ok {
		e.err = Say("{at}: there is no setting {key}.").at(place{file: e.file}, path)
		return e
	}
	fresh, err := nodeOf(value)
	if err != nil {
		e.err = cannotEdit(e.file, path).Because(err)
		return e
	}
	text, err := setText(e.text, steps, fresh)
	if err != nil {
		e.err = cannotEdit(e.file, path).Because(err)
		return e
	}
	e.text = text
	return e
}

// Text returns the file as Save would write it.
func (e *Editor) Text() string {
	if bytes.HasPrefix(e.original, []byte(bom)) {
		return bom + e.text
	}
	return e.text
}

// Save writes the file, whole or not at all. It refuses what would make a good
// file bad, with the [Problems] that there would be, and a file that somebody
// else has changed meanwhile.
func (e *Editor) Save() error {
	if e.err != nil {
		return e.err
	}
	data := []byte(e.Text())
	if bytes.Equal(data, e.original) {
		return nil
	}
	if problems := e.newProblems(data); len(problems) > 0 {
		return problems
	}
	now, _, ok := readFile(e.file)
	if !ok || !bytes.Equal(now, e.original) {
		return Say("{at} was changed by somebody else meanwhile, so nothing was written. Try again.").at(place{file: e.file}, "")
	}
	info, err := os.Stat(e.file)
	if err != nil {
		return notWritten(e.file, err)
	}
	if err := WriteFile(e.file, data, info.Mode().Perm()); err != nil {
		return err
	}
	e.original = data
	return nil
}

// newProblems returns what the changed file has wrong and the old one had not.
func (e *Editor) newProblems(data []byte) Problems {
	before, after := Problems{}, Problems{}
	if _, _, err := load(e.file, e.original, Options{}); err != nil {
		before = ProblemsIn(err)
	}
	if _, _, err := load(e.file, data, Options{}); err != nil {
		after = ProblemsIn(err)
	}
	return slices.DeleteFunc(after, func(p Problem) bool {
		return slices.ContainsFunc(before, func(q Problem) bool {
			return q.Key == p.Key && q.template == p.template
		})
	})
}

// nodeOf turns a value into a node. Text is taken as it is: the encoder would
// lose line ends at its beginning.
func nodeOf(value any) (*yaml.Node, error) {
	if text, ok := value.(string); ok {
		return plain(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}), nil
	}
	var n yaml.Node
	if err := n.Encode(value); err != nil {
		return nil, err
	}
	return plain(&n), nil
}

func cannotEdit(file, path string) Problem {
	return Say("{at}: {key} cannot be changed here without disturbing the rest. Change it with a text editor.").
		at(place{file: file}, path)
}

// step is one move down the tree: a key, or an index where key is empty.
type step struct {
	key   string
	index int
}

// splitPath reads "domains[0].dns.host"; it must be the path of a setting.
func splitPath(path string) ([]step, bool) {
	general := regexp.MustCompile(`\[\d+\]`).ReplaceAllString(path, "[]")
	known := keyPaths(reflect.TypeFor[Settings](), "")
	if !slices.Contains(known, general) && !slices.Contains(known, strings.TrimSuffix(general, "[]")) {
		return nil, false
	}
	var steps []step
	for part := range strings.SplitSeq(path, ".") {
		key, rest, _ := strings.Cut(part, "[")
		steps = append(steps, step{key: key})
		if rest != "" {
			index, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
			if err != nil {
				return nil, false
			}
			steps = append(steps, step{index: index})
		}
	}
	return steps, true
}

// setText makes the change in the text itself. Should the text turn out to mean
// anything but the old settings with this one changed, the whole file is written
// anew from its nodes, which keeps the comments though not the spacing.
func setText(text string, steps []step, fresh *yaml.Node) (string, error) {
	document := yaml.Node{Kind: yaml.DocumentNode}
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return "", err
	}
	var root *yaml.Node
	if len(document.Content) > 0 {
		root = document.Content[0]
	}
	if sameNode(at(root, steps), fresh) {
		return text, nil
	}
	want, err := setNode(root, steps, fresh)
	if err != nil {
		return "", err
	}
	if changed, ok := operate(text, steps, fresh); ok {
		if got, err := parseAny(changed); err == nil && sameNode(got, want) {
			return changed, nil
		}
	}
	document.Content = []*yaml.Node{want}
	changed, err := encode(&document)
	if err != nil {
		return "", err
	}
	if strings.Contains(text, "\r\n") {
		changed = strings.ReplaceAll(changed, "\n", "\r\n")
	}
	got, err := parseAny(changed)
	if err != nil {
		return "", err
	}
	if !sameNode(got, want) {
		return "", errors.New("the file does not survive being written anew")
	}
	return changed, nil
}

// parseAny reads text into its root node; nil when there is none.
func parseAny(text string) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil || len(document.Content) == 0 {
		return nil, err
	}
	return document.Content[0], nil
}
