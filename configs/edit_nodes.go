package configs

import (
	"errors"

	"gopkg.in/yaml.v3"
)

// setNode returns the tree with one value changed or added.
func setNode(root *yaml.Node, steps []step, fresh *yaml.Node) (*yaml.Node, error) {
	if len(steps) == 0 {
		return fresh, nil
	}
	if root == nil || isNull(root) {
		root = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		if steps[0].key == "" {
			root = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		}
	}
	if root.Kind == yaml.AliasNode {
		return nil, errors.New("the value is shared by an alias")
	}
	at, wrong := find(root, steps[0])
	if wrong {
		return nil, errors.New("there is a value of another form on the way")
	}
	if at >= 0 {
		inner, err := setNode(root.Content[at], steps[1:], fresh)
		if err != nil {
			return nil, err
		}
		root.Content[at] = inner
		return root, nil
	}
	inner, err := setNode(nil, steps[1:], fresh)
	if err != nil {
		return nil, err
	}
	if steps[0].key != "" {
		root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: steps[0].key})
	}
	root.Content = append(root.Content, inner)
	return root, nil
}

// find returns the index in n.Content of the value that a step leads to; -1 when
// it is not there but could be added. wrong means that neither is so.
func find(n *yaml.Node, s step) (at int, wrong bool) {
	if s.key == "" {
		if n.Kind != yaml.SequenceNode || s.index > len(n.Content) {
			return -1, true
		}
		if s.index == len(n.Content) {
			return -1, false
		}
		return s.index, false
	}
	if n.Kind != yaml.MappingNode {
		return -1, true
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == s.key {
			return i + 1, false
		}
	}
	return -1, false
}

// at returns the value that the steps lead to; nil when there is none.
func at(root *yaml.Node, steps []step) *yaml.Node {
	for _, s := range steps {
		if root == nil {
			return nil
		}
		found, wrong := find(root, s)
		if wrong || found < 0 {
			return nil
		}
		root = root.Content[found]
	}
	return root
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// sameNode reports whether two trees mean the same, however they are written.
func sameNode(a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.ShortTag() != b.ShortTag() || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Value != b.Value && !isNull(a) {
		return false
	}
	for i := range a.Content {
		if !sameNode(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}
