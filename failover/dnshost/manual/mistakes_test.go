package manual

import (
	"slices"
	"strings"
	"testing"

	"lifeboat/failover/dnshost"
	"lifeboat/failover/failovertest/fakedns"
)

// slip is a mistake at a console, and what must be said of it.
type slip struct {
	name    string
	console string
	do      func(*world)
	says    string
	remedy  string
}

func slips() []slip {
	add := func(records ...string) func(*world) { return func(w *world) { w.zone.Add(records...) } }
	replace := func(values ...string) func(*world) { return func(w *world) { w.put(mxSet(300, values...)) } }
	return []slip{
		{"old records left", "", add("@ 300 MX 10 in1.secondary.example.", "@ 300 MX 20 in2.secondary.example."), "the old ones too", "delete 10 mx1.primary.example, 20 mx2.primary.example"},
		{"one old record left", "", replace("10 in1.secondary.example.", "20 in2.secondary.example.", "20 mx2.primary.example."), "the old ones too", "delete 20 mx2.primary.example"},
		{"one new record forgotten", "", replace("10 in1.secondary.example."), "Still to be added", "20 in2.secondary.example"},
		{"no preference", "muumuu", replace("50 in1.secondary.example.", "50 in2.secondary.example."), "No preference was entered", "set them to 10 in1.secondary.example, 20 in2.secondary.example"},
		{"no preference for one", "muumuu", replace("10 in1.secondary.example.", "50 in2.secondary.example."), "in2.secondary.example has no preference", "enter 20"},
		{"no preference, put as 0", "", replace("0 in1.secondary.example.", "0 in2.secondary.example."), "No preference was entered", "set them to"},
		{"one wrong preference", "", replace("10 in1.secondary.example.", "30 in2.secondary.example."), "in2.secondary.example has the preference 30", "it must be 20"},
		{"equal preferences", "", replace("10 in1.secondary.example.", "10 in2.secondary.example."), "All servers have the preference 10", "20 in2.secondary.example"},
		{"exchanged preferences", "", replace("20 in1.secondary.example.", "10 in2.secondary.example."), "exchanged", "set them to 10 in1.secondary.example"},
		{"domain doubled", "sakura", replace("10 in1.secondary.example.example.test.", "20 in2.secondary.example.example.test."), "the console appended example.test", `end it with a dot: "in1.secondary.example."`},
		{"domain doubled where no dot is wanted", "", replace("10 in1.secondary.example.example.test.", "20 in2.secondary.example."), "example.test was appended", `type just "in1.secondary.example"`},
		{"only the first part", "", replace("10 in1.example.test.", "20 in2.secondary.example."), "became in1.example.test", `type the whole name, "in1.secondary.example"`},
		{"typing error", "", replace("10 in1.secondray.example.", "20 in2.secondary.example."), "in1.secondray.example has a typing error", "must be in1.secondary.example"},
		{"typed as TXT", "", add(`@ 300 TXT "10 in1.secondary.example."`), "there as TXT and not as MX", "enter it with the type MX"},
		{"typed at www", "", add("www 300 MX 10 in1.secondary.example."), "at www.example.test instead of example.test", "enter it at example.test"},
		{"typed at the emergency subdomain", "", func(w *world) {
			w.zone.Delete("emergency", "MX")
			w.zone.Add("emergency 300 MX 10 in1.secondary.example.", "emergency 300 MX 20 in2.secondary.example.")
		}, "at emergency.example.test instead", "take it back there"},
		{"domain typed as subdomain", "onamae", add("example.test 300 MX 10 in1.secondary.example."), "at example.test.example.test instead of example.test", `leave "ホスト名" empty`},
		{"at sign where empty is wanted", "muumuu", add(`\@ 300 MX 10 in1.secondary.example.`), `instead of example.test`, `leave "サブドメイン" empty`},
		{"all deleted", "", replace(), "No MX record of example.test is left", "add the new ones at once"},
		{"an old one deleted first", "", replace("20 mx2.primary.example."), "no new one is there yet", "add 10 in1.secondary.example, 20 in2.secondary.example first"},
		{"something else", "", replace("10 mail.elsewhere.example."), "10 mail.elsewhere.example belongs neither", "delete it"},
		{"an alias instead", "", func(w *world) { w.put(mxSet(300)); w.zone.Add("@ 300 CNAME mail.secondary.example.") }, "alias (CNAME) of mail.secondary.example", "remove the alias first"},
		{"wrong TTL only", "", func(w *world) { w.put(mxSet(86400, newMX.Values...)) }, "only their TTL is 86400 seconds", "set it to 300"},
	}
}

// Each mistake is named with its remedy, once, and when it is mended the change is
// done.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, s := range slips() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "emergency 300 MX 10 in9.elsewhere.example.")
			w.put(oldMX)
			zone := w.zone.Text()
			c := &clock{}
			h := w.host(t, c, func(o *Options) { o.Console, o.Nearby = s.console, []string{"emergency." + zoneName} })
			c.during = func(n int) error {
				switch n {
				case 0:
					s.do(w)
				case 3:
					restore(w.zone, zone)
					w.put(mxSet(h.console.makes(newMX), newMX.Values...))
				}
				return nil
			}
			k := &talk{}
			if err := h.Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX, Tell: k.tell}); err != nil {
				t.Fatal(err)
			}
			if k.count(s.says) == 0 {
				t.Errorf("%q is not said in\n%s", s.says, strings.Join(k.said, "\n"))
			}
			if once := slices.Compact(slices.Sorted(slices.Values(k.said))); len(once) != len(k.said) {
				t.Errorf("something is said twice in\n%s", strings.Join(k.said, "\n"))
			}
			if k.count(s.remedy) == 0 {
				t.Errorf("the remedy %q is not in\n%s", s.remedy, strings.Join(k.said, "\n"))
			}
			if last := k.said[len(k.said)-1]; last != "All name servers give the new records" {
				t.Errorf("the last word is %q", last)
			}
			if c.waits != 4 {
				t.Errorf("done after %d looks, want 4", c.waits)
			}
		})
	}
}

func restore(z *fakedns.Zone, records []string) {
	for _, now := range z.Text() {
		f := strings.Fields(now)
		z.Delete(f[0], f[3])
	}
	z.Add(records...)
}
