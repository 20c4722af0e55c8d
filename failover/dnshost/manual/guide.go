package manual

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

// Guide is what a person has to do at the console so that a live set becomes the
// wanted one: whatever is there already is left out, so it is the whole way at
// first and the rest of it later. New records come before old ones go, unless the
// console saves everything at once.
func (h *Host) Guide(zone string, live, want failover.RRset) dnshost.Guide {
	return h.console.guide(failover.FQDN(zone), live, want)
}

func (c *console) guide(zone string, live, want failover.RRset) dnshost.Guide {
	d := c.difference(live, want)
	g := dnshost.Guide{Console: c.name()}
	for _, v := range d.add {
		g.Add = append(g.Add, c.entry(zone, want.Key, v, want.TTL))
	}
	for _, v := range d.deleted() {
		g.Remove = append(g.Remove, c.entry(zone, live.Key, v, live.TTL))
	}
	if len(d.add)+len(d.remove) == 0 {
		return g
	}
	g.Steps = slices.Concat(c.wayThere(zone, want.Type), c.mind(zone, want, len(d.add) > 0), c.acts(d, want))
	return g
}

// name is the console's name as its operator writes it.
func (c *console) name() string {
	if c.Name == "" {
		return "DNS"
	}
	return c.Name
}

// difference is what separates a live set from the wanted one, each part in the
// order it is worked off.
type difference struct {
	add, remove []string
	// retime: the records that are there already and need another TTL; they are in
	// both lists.
	retime []string
	// over: new records to be typed over old ones, new to old, at a console that
	// does not take both beside each other; those too are in both lists.
	over map[string]string
}

// deleted are the records that are really to be deleted, and not edited.
func (d difference) deleted() []string {
	return slices.DeleteFunc(slices.Clone(d.remove), func(v string) bool {
		return slices.Contains(d.retime, v) || slices.Contains(slices.Collect(maps.Values(d.over)), v)
	})
}

func (c *console) difference(live, want failover.RRset) difference {
	d := difference{over: map[string]string{}}
	sameTTL := c.TTL == nil || live.TTL == want.TTL || live.TTL == c.makes(want)
	for _, v := range inOrder(want) {
		stays := slices.Contains(live.Values, v)
		if stays && !sameTTL {
			d.retime = append(d.retime, v)
		}
		if !stays || !sameTTL {
			d.add = append(d.add, v)
		}
	}
	for _, v := range inOrder(live) {
		if !slices.Contains(want.Values, v) || !sameTTL && slices.Contains(want.Values, v) {
			d.remove = append(d.remove, v)
		}
	}
	if *c.SamePreference || want.Type != "MX" {
		return d
	}
	for _, v := range d.add {
		n, err := failover.ParseMX(v)
		for _, o := range d.remove {
			old, oldErr := failover.ParseMX(o)
			if err == nil && oldErr == nil && v != o && n.Preference == old.Preference {
				d.over[v] = o
			}
		}
	}
	return d
}

// inOrder returns a set's values as people read them: MX records by preference.
func inOrder(set failover.RRset) []string {
	out := slices.Clone(set.Values)
	slices.SortStableFunc(out, func(a, b string) int {
		x, errX := failover.ParseMX(a)
		y, errY := failover.ParseMX(b)
		if set.Type != "MX" || errX != nil || errY != nil || x.Preference == y.Preference {
			return strings.Compare(a, b)
		}
		return int(x.Preference) - int(y.Preference)
	})
	return out
}

// wayThere leads to the page.
func (c *console) wayThere(zone, typ string) []failover.Sentence {
	if c.Name == "" {
		return []failover.Sentence{failover.Say("Sign in where the DNS records of {zone} are kept and open its list of records", "zone", failover.Display(zone))}
	}
	way := slices.Clone(c.Menu)
	if s := c.Sections[typ]; s != "" {
		way = append(way, s)
	} else if s := c.Sections["*"]; s != "" {
		way = append(way, s)
	}
	out := []failover.Sentence{
		failover.Say("Sign in to {console} at {url}", "console", c.Name, "url", c.SignIn),
		failover.Say("Open {way} for {zone}", "way", strings.Join(way, " > "), "zone", failover.Display(zone)),
	}
	return append(out, c.notes(typ, chooseFirst, similarPage)...)
}

// notes are the console's notes of some kinds that are about a record type.
func (c *console) notes(typ string, kinds ...noteKind) []failover.Sentence {
	var out []failover.Sentence
	for _, n := range c.Notes {
		if slices.Contains(kinds, n.Note) && (n.Only == "" || n.Only == typ) {
			out = append(out, noteSentence(n, c))
		}
	}
	return out
}

// acts are the changes themselves, in an order that never leaves the set empty.
func (c *console) acts(d difference, want failover.RRset) []failover.Sentence {
	var out []failover.Sentence
	save := strings.Join(c.Buttons.Save, " > ")
	if len(d.retime) > 0 {
		ttl, _ := c.TTL.ttl(want.TTL)
		out = append(out, failover.Say("There already, but with another TTL: {records}. Open each for editing and set the TTL to {ttl}",
			"records", shown(want.Type, d.retime), "ttl", ttl))
	}
	for _, n := range d.add {
		if old, ok := d.over[n]; ok {
			out = append(out, failover.Say(`Open the record "{old}" for editing ({button}) and type "{new}" over it; {console} takes no second MX record with the same preference`,
				"old", undotted(old), "new", undotted(n), "button", c.Buttons.Edit, "console", c.name()))
		}
	}
	fresh, gone := len(d.add)-len(d.retime)-len(d.over), len(d.deleted())
	switch {
	case c.Saving == savedBox && gone == 0:
		out = append(out, failover.Say(`In the box "{box}", add the new lines and leave every other line as it is`, "box", c.Box))
	case c.Saving == savedBox && fresh == 0:
		out = append(out, failover.Say(`In the box "{box}", delete the old lines and leave every other line as it is`, "box", c.Box))
	case c.Saving == savedBox:
		out = append(out, failover.Say(`In the box "{box}", put the new lines in the place of the old ones and leave every other line as it is`, "box", c.Box))
	case c.Saving == savedTogether && fresh > 0 && gone > 0 && c.Delete == "empty":
		out = append(out, failover.Say("Type the new records over the old ones; empty the boxes of an old one that is left over; nothing counts before it is saved"))
	case c.Saving == savedTogether && c.Delete == "empty" && gone > 0:
		out = append(out, failover.Say("Empty the boxes of the old records; nothing counts before it is saved"))
	case c.Saving == savedTogether:
		out = append(out, c.enterAndDelete(fresh, gone, "")...)
	default:
		return append(out, c.enterAndDelete(fresh, gone, save)...)
	}
	out = append(out, c.notes(want.Type, untick, decline)...)
	return append(out, failover.Say("Then save everything at once: {button}", "button", save))
}

// enterAndDelete adds first and deletes then; with a button each record is saved by
// itself.
func (c *console) enterAndDelete(fresh, gone int, save string) []failover.Sentence {
	var out []failover.Sentence
	switch {
	case fresh > 0 && c.Name == "":
		out = append(out, failover.Say("Add the new records, each with all the values listed, and save them"))
	case fresh > 0 && save == "":
		out = append(out, failover.Say("Add the new records with {add}", "add", c.Buttons.Add))
	case fresh > 0:
		out = append(out, failover.Say("Add the new records with {add}, and save each with {save}", "add", c.Buttons.Add, "save", save))
	}
	switch {
	case gone > 0 && fresh > 0 && save == "" && c.Name != "":
		out = append(out, failover.Say("Mark the old records for deletion; nothing counts before it is saved"))
	case gone > 0 && fresh > 0:
		out = append(out, failover.Say("Only then delete the old records, so that mail always has somewhere to go"))
	case gone > 0:
		out = append(out, failover.Say("Delete the old records"))
	}
	return out
}

// mind is what easily goes wrong there.
func (c *console) mind(zone string, want failover.RRset, typing bool) []failover.Sentence {
	var out []failover.Sentence
	host := want.Type == "MX" || want.Type == "CNAME"
	switch {
	case !typing || !host:
	case *c.TargetDot:
		out = append(out, failover.Say("Type the dot at the end of host names: without it {console} appends {zone}", "console", c.name(), "zone", failover.Display(zone)))
	case c.Name != "":
		out = append(out, failover.Say("Type host names without a dot at the end"))
	}
	if label := c.label(nameField); typing && c.Apex == "" && want.Name == zone {
		out = append(out, failover.Say(`Leave "{field}" empty: empty stands for {zone} itself`, "field", label, "zone", failover.Display(zone)))
	}
	out = append(out, c.notes(want.Type, keepMailboxes)...)
	if typing {
		out = append(out, c.notes(want.Type, priorityBox, otherLabels)...)
	}
	return append(out, failover.Say("Leave all other records and the name servers as they are"))
}

func (c *console) label(kind fieldKind) string {
	for _, f := range c.Fields {
		if f.Is == kind {
			return f.Label
		}
	}
	return ""
}

// entry is a record as the console's form wants it.
func (c *console) entry(zone string, key failover.Key, value string, ttl uint32) dnshost.Entry {
	if c.Saving == savedBox {
		return dnshost.Entry{Fields: []dnshost.Field{{Label: failover.Say("{label}", "label", c.Box), Value: c.line(zone, key, value)}}}
	}
	var e dnshost.Entry
	for _, f := range c.Fields {
		var v string
		switch f.Is {
		case nameField:
			v = c.owner(zone, key.Name)
		case typeField:
			v = key.Type
			if word := c.Types[key.Type]; word != "" {
				v = word
			}
		case valueField:
			v = c.data(key.Type, value)
		case priorityValueField:
			if v = c.data(key.Type, value); key.Type == "MX" {
				v = preference(value) + " " + v
			}
		case priorityField:
			if key.Type != "MX" {
				continue
			}
			v = preference(value)
		case ttlField:
			v, _ = c.TTL.ttl(ttl)
		}
		e.Fields = append(e.Fields, dnshost.Field{Label: labelSentence(f), Value: v})
	}
	return e
}

// line is a record as a line of the box.
func (c *console) line(zone string, key failover.Key, value string) string {
	form := c.Lines[key.Type]
	if below := c.Lines[key.Type+" below"]; below != "" && key.Name != zone {
		form = below
	}
	if form == "" {
		form = strings.ToLower(key.Type) + " {name} {text}"
	}
	return failover.Fill(form, []string{
		"name", c.owner(zone, key.Name), "owner", key.Name, "host", c.data(key.Type, value),
		"text", c.data(key.Type, value), "preference", preference(value),
	})
}

// owner is a record's name as the form wants it: without the zone.
func (c *console) owner(zone, name string) string {
	if name == zone {
		return c.Apex
	}
	return strings.TrimSuffix(name, "."+zone)
}

// data is a record's data without a preference, as the form wants it.
func (c *console) data(typ, value string) string {
	switch typ {
	case "MX":
		mx, err := failover.ParseMX(value)
		if err != nil {
			return value
		}
		return c.dotted(mx.Host)
	case "CNAME":
		return c.dotted(value)
	case "TXT":
		return text(value)
	default:
		return value
	}
}

func (c *console) dotted(host string) string {
	if *c.TargetDot {
		return host
	}
	return strings.TrimSuffix(host, ".")
}

func preference(value string) string {
	mx, err := failover.ParseMX(value)
	if err != nil {
		return ""
	}
	return strconv.Itoa(int(mx.Preference))
}

// text is what a TXT value in presentation format says, to be typed: its strings
// joined, without quotes and escapes. Consoles cut and quote by themselves.
func text(value string) string {
	t, err := dnswire.Text(value)
	if err != nil {
		return value
	}
	return t
}

// undotted shows a record without the last dot of its host name.
func undotted(value string) string { return strings.TrimSuffix(value, ".") }

// shown lists records for a sentence.
func shown(typ string, values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		if out[i] = undotted(v); typ == "TXT" {
			out[i] = fmt.Sprintf("%q", text(v))
		}
	}
	return strings.Join(out, ", ")
}
