package configs

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/viper"
	"gopkg.in/yaml.v3"
)

const envPrefix = "LIFEBOAT_"

// EnvName returns the environment variable that replaces a setting:
// "resolver.servers" is LIFEBOAT_RESOLVER_SERVERS.
func EnvName(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// environment lays the environment over what the file says. Entries of a list
// are separated by commas. An empty variable empties a list; for a single value
// it counts as not set.
func (c *checker) environment(env []string) {
	set := map[string]string{}
	for _, variable := range env {
		if name, value, ok := strings.Cut(variable, "="); ok && strings.HasPrefix(name, envPrefix) {
			set[name] = value
		}
	}
	layers := viper.New()
	leaves := leavesOf(reflect.TypeFor[Settings](), "", nil)
	for _, l := range leaves {
		layers.SetDefault(l.path, l.in(c.s).Interface())
		if text, ok := set[EnvName(l.path)]; ok && (l.list || text != "") {
			layers.Set(l.path, override{EnvName(l.path), text})
		}
	}
	for _, l := range leaves {
		if o, ok := layers.Get(l.path).(override); ok {
			c.override(l, o)
		}
	}
	c.misspelt(leaves, set)
}

// override is what a variable says about a setting.
type override struct{ variable, text string }

func (l leaf) in(s *Settings) reflect.Value { return reflect.ValueOf(s).Elem().FieldByIndex(l.index) }

// override reads a variable as if its text stood in the file, so that the same
// mistakes are found; their place is the variable.
func (c *checker) override(l leaf, o override) {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: o.text}
	if l.list {
		node = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for entry := range strings.SplitSeq(o.text, ",") {
			if entry = strings.TrimSpace(entry); entry != "" {
				node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: entry})
			}
		}
	}
	c.s.places.forget(l.path)
	c.s.places[l.path] = place{file: o.variable}
	d := newDecoder(o.variable, c.s.places)
	d.decode(node, l.in(c.s), l.path)
	c.add(d.problems)
}

// misspelt warns of variables that are almost one of ours. Others may serve
// other parts of Lifeboat, or nobody.
func (c *checker) misspelt(leaves []leaf, set map[string]string) {
	known := make([]string, len(leaves))
	for i, l := range leaves {
		known[i] = EnvName(l.path)
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if meant := nearest(name, known); meant != "" && meant != name {
			c.warnings = append(c.warnings,
				Say("{at} is set in the environment but is no setting. Did you mean {meant}?", "meant", meant).
					at(place{file: name}, ""))
		}
	}
}
