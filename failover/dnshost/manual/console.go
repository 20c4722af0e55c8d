package manual

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"lifeboat/failover"
)

//go:embed consoles/*.yaml
var consoleFiles embed.FS

// console is what is known of one web console: a file of consoles/. Menus, buttons
// and labels are in the words that the screen shows, whatever the reader's
// language; the sentences around them are Lifeboat's and in code.
type console struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"` // empty for the generic one
	// SignIn is the page to sign in at.
	SignIn string `yaml:"sign_in"`
	// NameServers are the domains that the operator's name servers are in: records
	// entered here count only if the zone's servers are among them.
	NameServers []string `yaml:"name_servers"`
	// Menu is the way from there to the records, item by item.
	Menu []string `yaml:"menu"`
	// Sections are parts of that page, by record type; "*" is any other type.
	Sections map[string]string `yaml:"sections"`
	Saving   saving            `yaml:"saving"`
	// Box is the label of the one text box, for consoles that have just that.
	Box     string  `yaml:"box"`
	Buttons buttons `yaml:"buttons"`
	// Delete is "empty" where a record is deleted by emptying its boxes.
	Delete string `yaml:"delete"`
	// Apex is what stands for the zone itself in the box for the name: "@" or empty.
	Apex string `yaml:"apex"`
	// TargetDot: a host name in the data needs its last dot, or the zone's name is
	// appended. Otherwise the console wants none.
	TargetDot *bool `yaml:"target_dot"`
	// SamePreference: a name may have two MX records with one preference.
	SamePreference *bool `yaml:"same_preference"`
	// DefaultPreference is what the console puts for an MX record whose preference
	// was left empty.
	DefaultPreference uint16 `yaml:"default_preference"`
	// TTL is nil where the console lets nobody choose TTLs record by record.
	TTL *ttlBox `yaml:"ttl"`
	// Types are the record types as the list shows them, where that is not "MX".
	Types  map[string]string `yaml:"types"`
	Fields []fieldOf         `yaml:"fields"` // in the form's order
	// Lines are the forms of a line in the box, by record type; "MX below" is for an
	// MX record of a name below the zone's apex.
	Lines map[string]string `yaml:"lines"`
	Notes []note            `yaml:"notes"`
}

// saving says when what was typed counts.
type saving string

const (
	savedEach     saving = "each"     // record by record, at once
	savedTogether saving = "together" // all changes with one button at the end
	savedBox      saving = "box"      // all records are one text
)

type buttons struct {
	Add    string   `yaml:"add"`
	Save   []string `yaml:"save"` // one after the other
	Edit   string   `yaml:"edit"`
	Delete string   `yaml:"delete"`
}

// ttlBox is the box for the TTL: seconds within bounds (0 is none), or a choice.
type ttlBox struct {
	Min     uint32            `yaml:"min"`
	Max     uint32            `yaml:"max"`
	Choices map[uint32]string `yaml:"choices"` // seconds to the words of the list
	// Custom is the choice that lets any other number be typed, with the part
	// {seconds}; empty where there is none.
	Custom string `yaml:"custom"`
}

// fieldOf is a box of the form, by what belongs into it.
type fieldOf struct {
	Is    fieldKind `yaml:"is"`
	Label string    `yaml:"label"` // empty in the generic console only
}

type fieldKind string

const (
	nameField     fieldKind = "name"
	typeField     fieldKind = "type"
	valueField    fieldKind = "value"
	priorityField fieldKind = "priority"
	ttlField      fieldKind = "ttl"
	// A value with the preference of an MX record before it: "10 mx.example.net.".
	priorityValueField fieldKind = "priority_value"
)

// note is something to mind at one console; see noteSentence for the words.
type note struct {
	Note noteKind `yaml:"note"`
	Word string   `yaml:"word"` // a word on the screen that the note is about
	Only string   `yaml:"only"` // the record type that it is about; empty is any
}

// UnmarshalYAML reads a note, or its bare name.
func (n *note) UnmarshalYAML(v *yaml.Node) error {
	if v.Kind == yaml.ScalarNode {
		return v.Decode(&n.Note)
	}
	type plain note
	return v.Decode((*plain)(n))
}

// Consoles returns the names by which New knows consoles, in alphabetical order.
func Consoles() []string {
	var out []string
	files, err := consoleFiles.ReadDir("consoles")
	if err != nil {
		return nil // the folder is part of the program
	}
	for _, f := range files {
		out = append(out, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	slices.Sort(out)
	return out
}

func loadConsole(id string) (*console, error) {
	if !slices.Contains(Consoles(), id) {
		return nil, failover.Fail(failover.ErrInvalid,
			`Lifeboat knows no DNS console "{console}"; write one of {known}`, "console", id, "known", strings.Join(Consoles(), ", "))
	}
	data, err := consoleFiles.ReadFile(path.Join("consoles", id+".yaml"))
	if err != nil {
		return nil, err
	}
	c := &console{}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(c); err != nil {
		return nil, fmt.Errorf("consoles/%s.yaml: %w", id, err)
	}
	if problems := c.check(id); len(problems) > 0 {
		return nil, fmt.Errorf("consoles/%s.yaml: %s", id, strings.Join(problems, "; "))
	}
	return c, nil
}

// check finds what a console file lacks or contradicts.
func (c *console) check(id string) []string {
	var out []string
	must := func(ok bool, problem string) {
		if !ok {
			out = append(out, problem)
		}
	}
	known := c.Name != ""
	must(c.ID == id, "the id is not the file's name")
	must(known || id == "generic", "no name")
	must(!known || c.SignIn != "" && len(c.NameServers) > 0 && len(c.Menu) > 0 && len(c.Buttons.Save) > 0, "no sign_in, name_servers, menu or save button")
	must(slices.Contains([]saving{savedEach, savedTogether, savedBox}, c.Saving), "saving is none of each, together, box")
	must(c.Apex == "" || c.Apex == "@", `apex is neither "@" nor empty`)
	must(c.TargetDot != nil && c.SamePreference != nil, "target_dot or same_preference is not said")
	must(c.Delete == "" || c.Delete == "empty", `delete is neither "empty" nor left out`)
	for _, n := range c.Notes {
		must(!noteSentence(n, c).IsZero(), fmt.Sprintf("the note %q is not known", n.Note))
	}
	if c.Saving == savedBox {
		must(c.Box != "" && len(c.Fields) == 0 && c.TTL == nil, "a text box has a label, no fields and no TTL")
		for _, typ := range []string{"MX", "MX below", "TXT", "CNAME"} {
			must(c.Lines[typ] != "", "no line for "+typ)
		}
		return out
	}
	return append(out, c.checkFields()...)
}

func (c *console) checkFields() []string {
	var out []string
	count := map[fieldKind]int{}
	for _, f := range c.Fields {
		count[f.Is]++
		if f.Label == "" && c.Name != "" {
			out = append(out, fmt.Sprintf("the field %s has no label", f.Is))
		}
	}
	want := map[fieldKind]int{nameField: 1, typeField: 1, valueField: 1, priorityField: 1}
	if count[priorityValueField] > 0 {
		want = map[fieldKind]int{nameField: 1, typeField: 1, priorityValueField: 1}
	}
	if c.TTL != nil {
		want[ttlField] = 1
	}
	if !maps.Equal(count, want) {
		out = append(out, fmt.Sprintf("the fields are %v, and should be %v", count, want))
	}
	return out
}

// ttl returns what to enter for a TTL, and which TTL (seconds) that makes: the
// nearest one that the console offers, a shorter one if it can be.
func (b *ttlBox) ttl(want uint32) (shown string, made uint32) {
	if b.Min > 0 {
		want = max(want, b.Min)
	}
	if b.Max > 0 {
		want = min(want, b.Max)
	}
	if len(b.Choices) == 0 {
		return fmt.Sprint(want), want
	}
	if word, ok := b.Choices[want]; ok {
		return word, want
	}
	if b.Custom != "" {
		return failover.Fill(b.Custom, []string{"seconds", fmt.Sprint(want)}), want
	}
	offered := slices.Sorted(maps.Keys(b.Choices))
	made = offered[0]
	for _, o := range offered {
		if o <= want {
			made = o
		}
	}
	return b.Choices[made], made
}

// makes returns the TTL that following the guide for a set makes.
func (c *console) makes(set failover.RRset) uint32 {
	if c.TTL == nil {
		return set.TTL
	}
	_, made := c.TTL.ttl(set.TTL)
	return made
}

// accepts reports whether a live set is as good as the one wanted: the same
// records, with the TTL wanted, or the nearest one that can be chosen.
func (c *console) accepts(live, want failover.RRset) bool {
	return live.SameValues(want) && (!want.Exists() || c.TTL == nil || live.TTL == want.TTL || live.TTL == c.makes(want))
}

// serves reports whether any of the zone's name servers is the operator's. It is
// true when nothing is known of either.
func (c *console) serves(names []string) bool {
	if len(c.NameServers) == 0 || len(names) == 0 {
		return true
	}
	return slices.ContainsFunc(names, func(n string) bool {
		return slices.ContainsFunc(c.NameServers, func(d string) bool { return strings.HasSuffix("."+n, "."+d+".") })
	})
}
