package drill

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"lifeboat/failover"
)

// maxScenario bounds a scenario's file, in bytes.
const maxScenario = 256 << 10

// Parse reads a scenario from YAML. The name is the file's, for the sentences. What
// is wrong is failover.ErrInvalid, one sentence for each mistake (errors.Join), with
// the file and the line.
func Parse(data []byte, name string) (Scenario, error) {
	p := &parser{file: name}
	if len(data) > maxScenario {
		return Scenario{}, failover.Fail(failover.ErrInvalid, "{file} is too large for a scenario: {size} KB, and {most} KB are the most.",
			"file", name, "size", len(data)>>10, "most", maxScenario>>10)
	}
	var s Scenario
	if err := yaml.Unmarshal(data, &p.root); err != nil {
		p.broken(err)
		return s, p.err()
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		p.broken(err)
		return Scenario{}, p.err()
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		p.fail(1, failover.Fail(failover.ErrInvalid, "{file} holds more than one document; put each scenario in a file of its own.", "file", name))
		return Scenario{}, p.err()
	}
	p.check(&s)
	if err := p.err(); err != nil {
		return Scenario{}, err
	}
	return s, nil
}

// parser reads one file and collects what is wrong in it.
type parser struct {
	file  string
	root  yaml.Node
	wrong []problem
}

type problem struct {
	line int
	err  *failover.Error
}

// maxProblems is how many mistakes are told at once.
const maxProblems = 20

func (p *parser) fail(line int, err *failover.Error) {
	p.wrong = append(p.wrong, problem{line, err})
}

// err joins what is wrong in the order of the lines.
func (p *parser) err() error {
	slices.SortFunc(p.wrong, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.err.Error(), b.err.Error()))
	})
	var all []error
	for _, w := range p.wrong[:min(len(p.wrong), maxProblems)] {
		all = append(all, w.err)
	}
	return errors.Join(all...)
}

var (
	unknownField = regexp.MustCompile(`^line (\d+): field (.*) not found in type `)
	badValue     = regexp.MustCompile("^line (\\d+): cannot unmarshal \\S+(?: `(.*)`)? into ")
	anyLine      = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
)

// broken tells what the YAML library could not read.
func (p *parser) broken(err error) {
	var types *yaml.TypeError
	var span *spanError
	switch {
	case errors.As(err, &span):
		p.fail(span.line, failover.Fail(failover.ErrInvalid, `{file}, line {line}: "{value}" is no length of time; write it like 1m30s.`,
			"file", p.file, "line", span.line, "value", span.value))
	case errors.As(err, &types):
		for _, text := range types.Errors {
			p.mismatch(text)
		}
	default:
		p.mismatch(err.Error())
	}
}

// mismatch puts one of the library's messages into words for people.
func (p *parser) mismatch(text string) {
	line := func(m []string) int { n, _ := strconv.Atoi(m[1]); return n }
	if m := unknownField.FindStringSubmatch(text); m != nil {
		p.fail(line(m), failover.Fail(failover.ErrInvalid, `{file}, line {line}: there is no "{key}" here; see the scenarios that come with Lifeboat for what there is.`,
			"file", p.file, "line", line(m), "key", clip(m[2])))
		return
	}
	if m := badValue.FindStringSubmatch(text); m != nil {
		p.fail(line(m), failover.Fail(failover.ErrInvalid, `{file}, line {line}: "{value}" does not belong here; see the scenarios that come with Lifeboat for what does.`,
			"file", p.file, "line", line(m), "value", clip(m[2])))
		return
	}
	at, what := 1, strings.TrimPrefix(text, "yaml: ")
	if m := anyLine.FindStringSubmatch(text); m != nil {
		at, what = line(m), m[2]
	}
	p.fail(at, failover.Fail(failover.ErrInvalid, "{file}, line {line}: this cannot be read as YAML ({problem}).",
		"file", p.file, "line", at, "problem", clip(what)))
}

// line is where the value at a path (keys and indexes) stands, or else the nearest
// thing above it.
func (p *parser) line(steps ...any) int {
	n := &p.root
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, step := range steps {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	return max(n.Line, 1)
}

func child(n *yaml.Node, step any) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch at := step.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && at < len(n.Content) {
			return n.Content[at]
		}
	case string:
		if n.Kind != yaml.MappingNode {
			return nil
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == at {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

// Builtin reads every scenario below a file system (assets.Drills), sorted by name.
func Builtin(files fs.FS) ([]Scenario, error) {
	var all []Scenario
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		s, err := Parse(data, path.Base(name))
		all = append(all, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Scenario) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(all); i++ {
		if all[i].Name == all[i-1].Name {
			return nil, failover.Fail(failover.ErrInvalid, `Two scenarios are called "{name}"; rename one of them.`, "name", all[i].Name)
		}
	}
	return all, nil
}

// Find returns the scenario of that name, or the only one whose name contains it.
// Otherwise the error (failover.ErrInvalid) names those that there are.
func Find(all []Scenario, name string) (Scenario, error) {
	var like []Scenario
	var names []string
	wanted := strings.ToLower(strings.TrimSpace(name))
	for _, s := range all {
		if s.Name == wanted {
			return s, nil
		}
		if wanted != "" && strings.Contains(s.Name, wanted) {
			like = append(like, s)
		}
		names = append(names, s.Name)
	}
	switch {
	case len(like) == 1:
		return like[0], nil
	case len(like) > 1:
		names = nil
		for _, s := range like {
			names = append(names, s.Name)
		}
		return Scenario{}, failover.Fail(failover.ErrInvalid, `"{name}" may be any of {list}; give more of the name.`, "name", clip(name), "list", strings.Join(names, ", "))
	default:
		return Scenario{}, failover.Fail(failover.ErrInvalid, `There is no scenario "{name}"; there are {list}.`, "name", clip(name), "list", strings.Join(names, ", "))
	}
}

// Texts lists every text of the scenario that a person may read: English templates,
// which are the keys of their translations.
func (s Scenario) Texts() []string {
	out := []string{s.Title, s.Summary, s.Scope, s.Right.Why}
	out = append(out, s.Objectives...)
	out = append(out, s.Expected...)
	out = append(out, s.Questions...)
	for _, a := range s.Script {
		out = append(out, a.Says)
	}
	for _, i := range s.Injects {
		out = append(out, i.From, i.Says)
		out = append(out, i.Expect...)
	}
	return slices.DeleteFunc(out, func(text string) bool { return text == "" })
}
