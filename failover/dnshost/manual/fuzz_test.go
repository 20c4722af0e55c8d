package manual

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

var part = regexp.MustCompile(`\{([a-z_]+)\}`)

// FuzzDiagnose shows any set to any console: no panic, something to say of
// whatever is not as wanted, every sentence with all its parts, and a guide that
// leads from there to the wanted set and nowhere else.
func FuzzDiagnose(f *testing.F) {
	f.Add(uint8(0), uint8(0), uint32(300), "10 in1.secondary.example.\n20 mx2.primary.example.")
	f.Add(uint8(1), uint8(0), uint32(60), "0 .")
	f.Add(uint8(2), uint8(0), uint32(300), "50 in1.secondary.example.example.test.\n50 in2.example.test.")
	f.Add(uint8(3), uint8(1), uint32(300), `"\"v=spf1 include:spf.primary.example -all\""`)
	f.Add(uint8(4), uint8(2), uint32(1), "s1.dkim.secondary.example.example.test.")
	f.Add(uint8(5), uint8(0), uint32(0), "")
	f.Add(uint8(6), uint8(0), uint32(300), "x\n10\n10 {host} {got}")
	f.Add(uint8(7), uint8(1), uint32(1<<31), "\xff\x00\\999\"")
	names := Consoles()
	changes := journey(300)[:4]
	f.Fuzz(func(t *testing.T, which, what uint8, ttl uint32, records string) {
		c, err := loadConsole(names[int(which)%len(names)])
		if err != nil {
			t.Fatal(err)
		}
		ch := changes[int(what)%len(changes)]
		var values []string
		if records != "" {
			values = strings.Split(records, "\n")
		}
		live := failover.NewRRset(ch.After.Name, ch.After.Type, ttl, values...)
		if canonical, err := dnswire.Canonical(live.Name, live.Type, ttl, values...); err == nil {
			live = canonical
		}
		said := c.diagnose(zoneName, ch.Before, ch.After, live)
		quiet := c.accepts(live, ch.After) || live.SameValues(ch.Before)
		if quiet != (len(said) == 0) {
			t.Errorf("of %v it says %v", live, said)
		}
		g := c.guide(zoneName, live, ch.After)
		for _, s := range slices.Concat(said, g.Steps) {
			for _, m := range part.FindAllStringSubmatch(s.Template, -1) {
				if !slices.Contains(s.Args, m[1]) {
					t.Errorf("the sentence %q has no part %s", s.Template, m[1])
				}
			}
		}
		if !quiet && len(g.Add)+len(g.Remove) == 0 {
			t.Errorf("nothing to do at %v", live)
		}
		d := c.difference(live, ch.After)
		after := slices.Concat(slices.DeleteFunc(slices.Clone(live.Values), func(v string) bool { return slices.Contains(d.remove, v) }), d.add)
		slices.Sort(after)
		if !slices.Equal(after, ch.After.Values) {
			t.Errorf("the guide leads from %v to %v, not to %v", live, after, ch.After)
		}
	})
}
