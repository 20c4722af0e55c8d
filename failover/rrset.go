package failover

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// FQDN returns a DNS name as Lifeboat holds it: lower case, A-labels, trailing
// dot. Full-width letters and dots, as Japanese keyboards give them, become plain
// ones. A label that IDNA refuses is only lower-cased: records seen on the wire
// may bear any name.
func FQDN(name string) string {
	n := fullStops.Replace(strings.TrimSpace(name))
	n = strings.TrimRightFunc(n, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
	labels := strings.Split(n, ".")
	for i, l := range labels {
		labels[i] = aLabel(l)
	}
	return strings.Join(labels, ".") + "."
}

// fullStops are what may stand for the dot between labels (RFC 3490 section 3.1).
var fullStops = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".")

// aLabel does one label by itself, because IDNA would refuse a whole name for the
// underscore in "_domainkey".
func aLabel(label string) string {
	if isASCII(label) {
		return strings.ToLower(label)
	}
	// Of a few letters IDNA refuses the capital and takes the small one.
	lower := strings.ToLower(label)
	for _, l := range []string{label, lower} {
		if a, err := idna.Lookup.ToASCII(l); err == nil && a != "" && !strings.Contains(a, ".") {
			return a
		}
	}
	return lower
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// Display returns a name as people write it: no trailing dot, U-labels. It shows
// no label in a form that [FQDN] would not take back to the same name.
func Display(name string) string {
	labels := strings.Split(strings.TrimRight(name, "."), ".")
	for i, l := range labels {
		if u, err := idna.Display.ToUnicode(l); err == nil && u != "" && aLabel(u) == l {
			labels[i] = u
		}
	}
	return strings.Join(labels, ".")
}

// Within reports whether a name is a zone's apex or below it. Both are as [FQDN]
// makes them; every name is within the root.
func Within(name, zone string) bool {
	return name == zone || zone == "." || strings.HasSuffix(name, "."+zone)
}

// Key names a record set: owner name (as [FQDN] makes it) and type.
type Key struct {
	Name string `json:"name"`
	Type string `json:"type"` // upper case, as in "MX"
}

func (k Key) String() string { return Display(k.Name) + " " + k.Type }

// RRset is all records of one name and type. No values means that the set does
// not exist (an empty set is no thing in DNS).
type RRset struct {
	Key
	TTL    uint32   `json:"ttl"`    // seconds
	Values []string `json:"values"` // presentation format, canonical, sorted
}

// NewRRset makes a set with its values sorted and repeated ones dropped. The
// values must be in canonical presentation format already.
func NewRRset(name, typ string, ttl uint32, values ...string) RRset {
	v := slices.Clone(values)
	slices.Sort(v)
	return RRset{Key: Key{FQDN(name), strings.ToUpper(typ)}, TTL: ttl, Values: slices.Compact(v)}
}

// Exists reports whether the set has any record.
func (r RRset) Exists() bool { return len(r.Values) > 0 }

// SameValues reports whether both sets hold the same records, whatever their
// TTLs.
func (r RRset) SameValues(o RRset) bool { return r.Key == o.Key && slices.Equal(r.Values, o.Values) }

// Equal reports whether both sets are the same, TTL included. Sets that do not
// exist have no TTL.
func (r RRset) Equal(o RRset) bool {
	return r.SameValues(o) && (r.TTL == o.TTL || !r.Exists())
}

// String shows the set on one line: "example.test 300 MX 10 mx1.example.net".
func (r RRset) String() string {
	if !r.Exists() {
		return fmt.Sprintf("%s (none)", r.Key)
	}
	return fmt.Sprintf("%s %d %s %s", Display(r.Name), r.TTL, r.Type, strings.Join(r.Values, ", "))
}

// MX is one mail exchanger (RFC 5321 section 5.1; the lower preference is tried
// first).
type MX struct {
	Preference uint16 `json:"preference"`
	Host       string `json:"host"` // as FQDN makes it
}

// String is the record's data in presentation format: "10 mx1.example.net.".
func (m MX) String() string { return fmt.Sprintf("%d %s", m.Preference, m.Host) }

// ParseMX reads "10 mx1.example.net", with or without the trailing dot.
func ParseMX(s string) (MX, error) {
	fields := strings.Fields(s)
	if len(fields) == 2 {
		if n, err := strconv.ParseUint(fields[0], 10, 16); err == nil {
			return MX{Preference: uint16(n), Host: FQDN(fields[1])}, nil
		}
	}
	return MX{}, Fail(ErrInvalid, `"{value}" is no MX record; write a preference and a host, as in "10 mx1.example.net"`, "value", s)
}

// MXSet makes the MX record set of a name.
func MXSet(name string, ttl uint32, mx []MX) RRset {
	values := make([]string, len(mx))
	for i, m := range mx {
		values[i] = MX{m.Preference, FQDN(m.Host)}.String()
	}
	return NewRRset(name, "MX", ttl, values...)
}

// MX returns the set's mail exchangers in the order senders try them. Values
// that are no MX data are left out.
func (r RRset) MX() []MX {
	var out []MX
	for _, v := range r.Values {
		if m, err := ParseMX(v); err == nil {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b MX) int {
		if a.Preference != b.Preference {
			return int(a.Preference) - int(b.Preference)
		}
		return strings.Compare(a.Host, b.Host)
	})
	return out
}
