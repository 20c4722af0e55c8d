package manual

import (
	"slices"
	"strings"

	"lifeboat/failover"
)

// diagnosis names what is wrong with a live set that a person has been changing,
// each mistake with its remedy, the most urgent first. It says at least one thing
// of any set that is not as wanted, unless nobody has begun.
type diagnosis struct {
	console      *console
	zone         string
	before, want failover.RRset
	live         failover.RRset

	// missing are wanted records that are not there and that no mistyped one
	// stands for; the others are the live records beyond the wanted ones.
	missing, old, foreign []string
	said                  []failover.Sentence
	off                   []preferred
}

// preferred is a wanted mail server that is there with another preference.
type preferred struct {
	host      string
	got, want uint16
}

// diagnose looks at one live set.
func (c *console) diagnose(zone string, before, want, live failover.RRset) []failover.Sentence {
	d := &diagnosis{console: c, zone: zone, before: before, want: want, live: live}
	switch {
	case c.accepts(live, want):
		return nil
	case live.SameValues(before):
		return nil // not begun, or all taken back: nothing is wrong with it
	case live.SameValues(want):
		shown, _ := c.TTL.ttl(want.TTL)
		d.note(failover.Say("The records are right and mail goes the new way; only their TTL is {got} seconds: set it to {want}", "got", live.TTL, "want", shown))
		return d.said
	}
	d.sort()
	d.preferences()
	d.leftovers()
	if len(d.said) == 0 {
		d.note(failover.Say("The records are {live}; they must become {want}", "live", d.shown(live.Values), "want", d.shown(want.Values)))
	}
	return d.said
}

func (d *diagnosis) note(s failover.Sentence) { d.said = append(d.said, s) }

func (d *diagnosis) shown(values []string) string { return shown(d.want.Type, values) }

// sort puts each live record down to the wanted one it is, or was meant to be.
func (d *diagnosis) sort() {
	d.missing = slices.DeleteFunc(inOrder(d.want), func(v string) bool { return slices.Contains(d.live.Values, v) })
	for _, v := range inOrder(d.live) {
		switch {
		case slices.Contains(d.want.Values, v):
		case slices.Contains(d.before.Values, v):
			d.old = append(d.old, v)
		case !d.meant(v):
			d.foreign = append(d.foreign, v)
		}
	}
}

// meant finds the missing record that a live one was meant to be, and names the
// mistake. It is false for a record that has nothing to do with any.
func (d *diagnosis) meant(v string) bool {
	i, say := d.console.garbled(d.zone, d.want.Type, v, d.missing)
	if i < 0 {
		return false
	}
	right := d.missing[i]
	d.missing = slices.Delete(d.missing, i, i+1)
	if say.IsZero() { // the right server with another preference
		got, _ := failover.ParseMX(v)
		want, _ := failover.ParseMX(right)
		d.off = append(d.off, preferred{host: want.Host, got: got.Preference, want: want.Preference})
		return true
	}
	d.said = append(d.said, say)
	return true
}

// garbled finds which of the wanted records a live one was meant to be, and what
// happened to it; -1 when it looks like none. The zero Sentence is a preference
// that is not as wanted.
func (c *console) garbled(zone, typ, live string, wanted []string) (int, failover.Sentence) {
	for _, try := range []func(zone, typ, live, want string) (failover.Sentence, bool){otherPreference, c.doubled, cutShort, quoted, c.typo} {
		for i, w := range wanted {
			if say, ok := try(zone, typ, live, w); ok {
				return i, say
			}
		}
	}
	return -1, failover.Sentence{}
}

// hostOf is the host name in a record's data; empty where there is none.
func hostOf(typ, value string) string {
	switch typ {
	case "MX":
		mx, err := failover.ParseMX(value)
		if err != nil {
			return ""
		}
		return mx.Host
	case "CNAME", "NS":
		return failover.FQDN(value)
	default:
		return ""
	}
}

func otherPreference(_, typ, live, want string) (failover.Sentence, bool) {
	return failover.Sentence{}, typ == "MX" && hostOf(typ, live) != "" && hostOf(typ, live) == hostOf(typ, want)
}

// doubled: the zone's name was appended to a full host name.
func (c *console) doubled(zone, typ, live, want string) (failover.Sentence, bool) {
	w := hostOf(typ, want)
	if w == "" || hostOf(typ, live) != w+zone {
		return failover.Sentence{}, false
	}
	l, z := undotted(hostOf(typ, live)), failover.Display(zone)
	if *c.TargetDot {
		return failover.Say(`The target became {live}: the console appended {zone}. Edit it and end it with a dot: "{want}"`,
			"live", l, "zone", z, "want", w), true
	}
	return failover.Say(`The target became {live}: {zone} was appended. Edit it, type just "{want}", and if that does not help, end it with a dot`,
		"live", l, "zone", z, "want", undotted(w)), true
}

// cutShort: only the first part of the host name was typed.
func cutShort(zone, typ, live, want string) (failover.Sentence, bool) {
	w, l := hostOf(typ, want), hostOf(typ, live)
	first, _, _ := strings.Cut(w, ".")
	if w == "" || first == "" || l != first+"."+zone {
		return failover.Sentence{}, false
	}
	return failover.Say(`The target became {live}: type the whole name, "{want}"`, "live", undotted(l), "want", undotted(w)), true
}

// quoted: the quotes of a text were typed where the console adds its own.
func quoted(_, typ, live, want string) (failover.Sentence, bool) {
	if typ != "TXT" || text(live) == text(want) || strings.Trim(strings.TrimSpace(text(live)), `"'“”`) != text(want) {
		return failover.Sentence{}, false
	}
	return failover.Say("The text of the TXT record has quotes or blanks around it: type it without, beginning with {start}", "start", firstWord(text(want))), true
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}

// typo: the data differs from what was wanted in a few letters.
func (c *console) typo(_, typ, live, want string) (failover.Sentence, bool) {
	l, w := hostOf(typ, live), hostOf(typ, want)
	if typ == "TXT" {
		l, w = text(live), text(want)
	}
	if l == "" || w == "" || l == w || !near(l, w) {
		return failover.Sentence{}, false
	}
	if typ == "TXT" {
		return failover.Say(`The text "{live}" is almost right: it must be "{want}"; copy it rather than type it`, "live", l, "want", w), true
	}
	return failover.Say("The target {live} has a typing error: it must be {want}; copy it rather than type it", "live", undotted(l), "want", undotted(c.dotted(w))), true
}

// preferences tells what is wrong with the preferences of the right servers.
func (d *diagnosis) preferences() {
	if len(d.off) == 0 {
		return
	}
	list := d.shown(inOrder(d.want))
	var got, want []uint16
	equal := len(d.want.Values) > 1
	for _, o := range d.off {
		got, want = append(got, o.got), append(want, o.want)
		equal = equal && o.got == d.off[0].got
	}
	for _, v := range d.want.Values {
		if mx, err := failover.ParseMX(v); err == nil && slices.Contains(d.live.Values, v) {
			equal = equal && mx.Preference == d.off[0].got
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	switch {
	case len(got) > 1 && slices.Equal(got, want):
		d.note(failover.Say("The preferences are exchanged: set them to {records}", "records", list))
	case equal && d.unset(d.off[0].got):
		d.note(failover.Say("No preference was entered, so that all servers have {got}: set them to {records}", "got", d.off[0].got, "records", list))
	case equal:
		d.note(failover.Say("All servers have the preference {got}: set them to {records}", "got", d.off[0].got, "records", list))
	default:
		for _, o := range d.off {
			d.note(d.wrongPreference(o))
		}
	}
}

func (d *diagnosis) wrongPreference(o preferred) failover.Sentence {
	if d.unset(o.got) {
		return failover.Say("{host} has no preference (the console put {got}): enter {want}", "host", undotted(o.host), "got", o.got, "want", o.want)
	}
	return failover.Say("{host} has the preference {got}: it must be {want}", "host", undotted(o.host), "got", o.got, "want", o.want)
}

// unset reports whether a preference is what the console puts for an empty box.
func (d *diagnosis) unset(got uint16) bool { return got == 0 || got == d.console.DefaultPreference }

// leftovers tells what is there too much or not at all.
func (d *diagnosis) leftovers() {
	if !d.live.Exists() && d.want.Exists() {
		urgent := failover.Say("No {type} record of {name} is left: add the new ones at once", "type", d.want.Type, "name", failover.Display(d.want.Name))
		d.said = append([]failover.Sentence{urgent}, d.said...)
		return
	}
	if len(d.foreign) > 0 {
		d.note(failover.Say("{records} belongs neither to the old records nor to the new ones: delete it, or, if somebody put it there on purpose, stop here and make a new plan", "records", d.shown(d.foreign)))
	}
	switch {
	case len(d.missing) > 0 && len(d.missing) < len(d.want.Values):
		d.note(failover.Say("Still to be added: {records}", "records", d.shown(d.missing)))
	case len(d.missing) > 0 && len(d.old) < len(d.before.Values):
		d.note(failover.Say("An old record is gone and no new one is there yet: add {records} first", "records", d.shown(d.missing)))
	case len(d.missing) == 0 && len(d.old) > 0 && d.want.Exists() && len(d.said) == 0:
		d.note(failover.Say("The new records are there, and the old ones too, which still get mail: delete {records}", "records", d.shown(d.old)))
	case len(d.missing) == 0 && len(d.old) > 0:
		d.note(failover.Say("Still to be deleted: {records}", "records", d.shown(d.old)))
	}
}

// near reports whether two texts differ by a slip of the fingers: few letters
// left out, doubled, exchanged or wrong, for their length.
func near(a, b string) bool {
	if len(a) > 1024 || len(b) > 1024 {
		return false
	}
	return distance(a, b) <= max(2, len(b)/8)
}

// distance counts the letters to insert, delete, replace or exchange with their
// neighbour (optimal string alignment).
func distance(a, b string) int {
	two, one, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		two, one, row = one, row, two
	}
	return one[len(b)]
}

// begun reports whether a live set shows that somebody is at work on this very
// change: a new record is there, or one that was meant to be it.
func (c *console) begun(zone string, before, want, live failover.RRset) bool {
	fresh := slices.DeleteFunc(slices.Clone(want.Values), func(v string) bool { return slices.Contains(before.Values, v) })
	return slices.ContainsFunc(live.Values, func(v string) bool {
		if slices.Contains(before.Values, v) {
			return false
		}
		i, _ := c.garbled(zone, want.Type, v, fresh)
		return slices.Contains(fresh, v) || i >= 0
	})
}
