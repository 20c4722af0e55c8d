package configs

import (
	"reflect"
	"slices"
	"strings"
)

// field is a key of a mapping and the struct field that holds it.
type field struct {
	key       string
	index     []int
	typ       reflect.Type
	whenKey   string // the field is meant only where this key has whenValue
	whenValue string
	short     bool // the mapping may be written as the text of this field alone
}

// fieldsOf lists the keys of a settings struct in the order of the source.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if option == "inline" {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
			continue
		}
		if key == "" {
			continue
		}
		whenKey, whenValue, _ := strings.Cut(f.Tag.Get("when"), "=")
		_, short := f.Tag.Lookup("short")
		fields = append(fields, field{key, []int{i}, f.Type, whenKey, whenValue, short})
	}
	return fields
}

func shortField(fields []field) (field, bool) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.short })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

func keysOf(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return slices.Compact(keys) // fields that share a key stand together
}

// keyPaths lists the paths of all settings below a type, with [] for the
// entries of a list: "domains[].dns.host".
func keyPaths(t reflect.Type, path string) []string {
	switch t.Kind() {
	case reflect.Pointer:
		return keyPaths(t.Elem(), path)
	case reflect.Slice:
		return keyPaths(t.Elem(), path+"[]")
	case reflect.Struct:
		var paths []string
		for _, f := range fieldsOf(t) {
			at := childPath(path, f.key)
			paths = append(paths, at)
			paths = append(paths, keyPaths(f.typ, at)...)
		}
		return paths
	default:
		return nil
	}
}

// leaf is a setting that one text can hold: a single value, or a list of such,
// at a fixed path (not inside a list).
type leaf struct {
	path  string
	index []int
	list  bool
}

func leavesOf(t reflect.Type, path string, index []int) []leaf {
	var leaves []leaf
	for _, f := range fieldsOf(t) {
		at, where := childPath(path, f.key), append(slices.Clone(index), f.index...)
		switch {
		case f.typ.Kind() == reflect.Struct:
			leaves = append(leaves, leavesOf(f.typ, at, where)...)
		case f.typ.Kind() != reflect.Slice:
			leaves = append(leaves, leaf{at, where, false})
		case isText(f.typ.Elem()):
			leaves = append(leaves, leaf{at, where, true})
		}
	}
	return leaves
}

// isText reports whether one text can hold a value of the type.
func isText(t reflect.Type) bool {
	if t.Kind() == reflect.String || reflect.PointerTo(t).Implements(reflect.TypeFor[shorthand]()) {
		return true
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	_, short := shortField(fieldsOf(t))
	return short
}
