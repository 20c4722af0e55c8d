package configs

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// shorthand is a setting that reads its text itself. (A mapping with a field that
// is tagged "short" may be written as just that field's text.)
type shorthand interface {
	setShort(text string) (Problem, bool)
}

// defaulter fills in defaults before a setting is read.
type defaulter interface{ setDefaults() }

// decoder reads nodes into settings. Unlike a plain unmarshaller it refuses
// what it does not know, goes on after a mistake, and remembers where each
// setting is written.
type decoder struct {
	file     string
	places   places
	problems Problems
	aliases  int // how many aliases are being read into
	budget   int // values still to read through aliases, which make a small file enormous
}

const aliasBudget = 200_000

func newDecoder(file string, known places) *decoder {
	return &decoder{file: file, places: known, budget: aliasBudget}
}

func (d *decoder) fail(n *yaml.Node, path string, p Problem) {
	d.problems = append(d.problems, p.at(place{d.file, n.Line}, path))
}

// decode reads a node into v, which is what the settings hold at path.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		d.aliases++
		defer func() { d.aliases-- }()
		n = n.Alias
	}
	if d.aliases > 0 && d.spent(n, path) {
		return
	}
	if n.ShortTag() == "!!null" {
		return
	}
	if short, ok := v.Addr().Interface().(shorthand); ok && n.Kind == yaml.ScalarNode {
		if problem, ok := short.setShort(n.Value); !ok {
			d.fail(n, path, problem)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		fresh := newValue(v.Type().Elem())
		v.Set(fresh.Addr())
		d.decode(n, fresh, path)
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// spent reports whether too much has been read through aliases.
func (d *decoder) spent(n *yaml.Node, path string) bool {
	if d.budget--; d.budget == -1 {
		d.fail(n, path, Say("{at}: the settings become too large here. Use fewer aliases (*name)."))
	}
	return d.budget < 0
}

// newValue makes a settable value with its defaults.
func newValue(t reflect.Type) reflect.Value {
	v := reflect.New(t)
	if d, ok := v.Interface().(defaulter); ok {
		d.setDefaults()
	}
	return v.Elem()
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	known := fieldsOf(v.Type())
	if short, ok := shortField(known); ok && n.Kind == yaml.ScalarNode {
		at := childPath(path, short.key)
		d.places[at] = place{d.file, n.Line}
		d.decode(n, v.FieldByIndex(short.index), at)
		return
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, path, Say("{at}: {key} must hold settings of its own, indented below it: {known}.",
			"known", strings.Join(keysOf(known), ", ")))
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := childPath(path, show(key.Value))
		if line, twice := first[key.Value]; twice {
			d.fail(key, at, Say("{at}: {key} is written twice; it is already on line {first}. Remove one of them.",
				"first", strconv.Itoa(line)))
			continue
		}
		first[key.Value] = key.Line
		field, there, meant := pick(known, key, n)
		if !there {
			d.fail(key, at, unknownKey(key.Value, keysOf(known)))
			continue
		}
		if meant && !isNull(value) {
			d.places[at] = place{d.file, key.Line}
			d.decode(value, v.FieldByIndex(field.index), at)
		}
	}
}

// pick finds the field of a key. Where several share the key, the one meant is
// chosen by what stands beside it ("when" tags); none may be meant.
func pick(known []field, key, around *yaml.Node) (f field, there, meant bool) {
	for _, f := range known {
		if f.key != key.Value || key.Kind != yaml.ScalarNode {
			continue
		}
		there = true
		if f.whenKey == "" || siblingValue(around, f.whenKey) == f.whenValue {
			return f, true, true
		}
	}
	return field{}, there, false
}

func siblingValue(mapping *yaml.Node, key string) string {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1].Value
		}
	}
	return ""
}

func unknownKey(key string, known []string) Problem {
	if meant := nearest(key, known); meant != "" {
		return Say("{at}: {key} is not a setting. Did you mean {meant}?", "meant", meant)
	}
	if section := sectionOf(key); section != "" {
		return Say("{at}: {key} is not a setting; {name} belongs under {section}. Check the indentation.",
			"name", show(key), "section", strings.ReplaceAll(section, "[]", ""))
	}
	return Say("{at}: {key} is not a setting. The settings here are {known}.", "known", strings.Join(known, ", "))
}

// sectionOf returns where a key belongs, if it belongs in exactly one place.
func sectionOf(key string) string {
	var found []string
	for _, path := range keyPaths(reflect.TypeFor[Settings](), "") {
		if path == key || strings.HasSuffix(path, "."+key) {
			found = append(found, parentPath(path))
		}
	}
	if found = slices.Compact(found); len(found) != 1 {
		return ""
	}
	return found[0]
}

func (d *decoder) sequence(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, path, Say("{at}: {key} must be a list: put each entry on a line of its own that begins with a dash."))
		return
	}
	list := reflect.MakeSlice(v.Type(), 0, len(n.Content))
	for i, item := range n.Content {
		at := itemPath(path, i)
		d.places[at] = place{d.file, item.Line}
		entry := newValue(v.Type().Elem())
		d.decode(item, entry, at)
		list = reflect.Append(list, entry)
	}
	v.Set(list)
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, path, Say("{at}: {key} must be a single value, not a list or settings of its own."))
		return
	}
	text := strings.TrimSpace(n.Value)
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		yes, ok := yesOrNo(text)
		if !ok {
			d.fail(n, path, Say("{at}: {key} must be true or false, not {value}.", "value", show(text)))
			return
		}
		v.SetBool(yes)
	case v.CanInt():
		if number, ok := d.wholeNumber(n, path, v.Type().Bits()-1); ok {
			v.SetInt(int64(number)) //nolint:gosec // it fits into one bit less
		}
	case v.CanUint():
		if number, ok := d.wholeNumber(n, path, v.Type().Bits()); ok {
			v.SetUint(number)
		}
	case v.CanFloat():
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			d.fail(n, path, Say("{at}: {key} must be a number, not {value}.", "value", show(text)))
			return
		}
		v.SetFloat(number)
	}
}

// yesOrNo reads the ways in which YAML has written a truth value.
func yesOrNo(text string) (yes, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

// wholeNumber reads a number that is not negative and fits into so many bits.
func (d *decoder) wholeNumber(n *yaml.Node, path string, bits int) (uint64, bool) {
	text := strings.TrimSpace(n.Value)
	number, err := strconv.ParseUint(text, 10, bits)
	if err == nil {
		return number, true
	}
	if _, negative := strconv.ParseInt(text, 10, 64); negative == nil || errors.Is(err, strconv.ErrRange) {
		d.fail(n, path, Say("{at}: {key} is {value}, which is too small or too large.", "value", show(text)))
		return 0, false
	}
	d.fail(n, path, Say("{at}: {key} must be a whole number, not {value}.", "value", show(text)))
	return 0, false
}
