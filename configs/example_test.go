package configs

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const exampleFile = "lifeboat.example.yaml"

func exampleRoot(t *testing.T) *yaml.Node {
	t.Helper()
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	root, problems := parseYAML(exampleFile, data)
	if len(problems) > 0 {
		t.Fatal(Problems(problems))
	}
	return root
}

// walk calls f for each key below a node, with its path in the form of keyPaths.
func walk(n *yaml.Node, path string, f func(path string, key, value *yaml.Node)) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			walk(item, path+"[]", f)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := childPath(path, n.Content[i].Value)
			f(at, n.Content[i], n.Content[i+1])
			walk(n.Content[i+1], at, f)
		}
	}
}

func TestExampleHasEveryKeyAndNoOther(t *testing.T) {
	shown := map[string]bool{}
	walk(exampleRoot(t), "", func(path string, _, _ *yaml.Node) { shown[path] = true })
	// Settings that are written like others are shown there.
	same := regexp.MustCompile(`^(domains\[\]\.recipients\.|providers\.primary\.|providers\.secondary\.sign_in\.|domains\[\]\.(?:primary|secondary)\.)`)
	known := map[string]bool{}
	for _, path := range keyPaths(reflect.TypeFor[Settings](), "") {
		known[path] = true
		if !shown[path] && !same.MatchString(path) {
			t.Errorf("%s does not show %s", exampleFile, path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(shown)) {
		if !known[path] {
			t.Errorf("%s shows %s, which is no setting", exampleFile, path)
		}
	}
}

func TestExampleExplainsEveryKey(t *testing.T) {
	lines, explained := []string{""}, map[string]bool{}
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	lines = append(lines, strings.Split(string(data), "\n")...)
	walk(exampleRoot(t), "", func(path string, key, _ *yaml.Node) {
		above := strings.TrimSpace(lines[key.Line-1])
		if !explained[path] && !strings.HasPrefix(above, "#") {
			t.Errorf("%s:%d: no comment above the first %s", exampleFile, key.Line, path)
		}
		explained[path] = true
	})
}

func TestExampleLoads(t *testing.T) {
	s, warnings, err := Load(exampleFile, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Errorf("warning: %v", w)
	}
	if got := len(s.RecipientsOf("example.jp")); got != 5 {
		t.Errorf("the example lists %d recipients, want 5: two accounts, an alias, a group, a shared mailbox", got)
	}
}

func TestExampleShowsTheDefaults(t *testing.T) {
	s, _, err := Load(exampleFile, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defaults := Defaults()
	for _, l := range leavesOf(reflect.TypeFor[Settings](), "", nil) {
		usual := l.in(&defaults)
		if !usual.IsZero() && !reflect.DeepEqual(usual.Interface(), l.in(s).Interface()) {
			t.Errorf("%s shows %v, the default is %v", l.path, l.in(s), usual)
		}
	}
	d, r, c, m := Domain{}, RFC2136{}, Cloudflare{}, Manual{}
	d.setDefaults()
	r.setDefaults()
	c.setDefaults()
	m.setDefaults()
	for what, pair := range map[string][2]any{
		"mx_ttl":    {s.Domains[0].MXTTL, d.MXTTL},
		"algorithm": {s.Domains[1].DNS.RFC2136.Algorithm, r.Algorithm},
		"api":       {s.Domains[0].DNS.Cloudflare.API, c.API},
		"console":   {s.Domains[2].DNS.Manual.Console, m.Console},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s shows %v, the default is %v", what, pair[0], pair[1])
		}
	}
}
