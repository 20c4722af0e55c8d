package probe

import (
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
)

func TestPlannedSPFRecordThatReceiversTakeForBroken(t *testing.T) {
	for _, c := range []struct {
		name, planned string
		verdict       failover.Verdict
		words         string
	}{
		{"works", "v=spf1 include:spf.first.test include:spf.second.test -all", failover.Pass, "2 of 10"},
		{"ten look-ups", "v=spf1 " + strings.Repeat("include:spf.second.test ", 10) + "-all", failover.Pass, "10 of 10"},
		{"eleven look-ups", "v=spf1 " + strings.Repeat("include:spf.second.test ", 11) + "-all", failover.Red, "11 DNS look-ups"},
		{"the eleventh in an include", "v=spf1 " + strings.Repeat("include:spf.second.test ", 9) + "include:outer.second.test -all", failover.Red, "11 DNS look-ups"},
		{"what follows all is not looked at", "v=spf1 include:spf.second.test -all " + strings.Repeat("a:mx1.second.test ", 11), failover.Pass, "1 of 10"},
		{"an include without a record", "v=spf1 include:nothing.second.test -all", failover.Red, "nothing.second.test has 0 SPF records"},
		{"an include of a broken record", "v=spf1 include:broken.second.test -all", failover.Red, "foo:bar"},
		{"two void look-ups", "v=spf1 a:v1.second.test mx:v2.second.test -all", failover.Pass, ""},
		{"three void look-ups", "v=spf1 a:v1.second.test mx:v2.second.test a:v3.second.test -all", failover.Red, "3 hosts that do not exist"},
		{"a mistyped term", "v=spf1 inclde:spf.second.test -all", failover.Red, "inclde"},
		{"an address out of range", "v=spf1 ip4:192.0.2.0/33 -all", failover.Red, "192.0.2.0/33"},
		{"no SPF record at all", "spf.second.test", failover.Red, "no SPF record"},
		{"nobody knows", "v=spf1 include:spf.unknown.invalid -all", failover.Unknown, "no answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.dns.Timeout = 500 * time.Millisecond
			w.second.Add(`outer 300 TXT "v=spf1 include:spf.second.test -all"`, `broken 300 TXT "v=spf1 foo:bar -all"`)
			w.opt.Tell = func(f failover.Finding) { t.Errorf("told: %s", f.Say) }
			f := w.prober().SPFWorks(t.Context(), "Example.test", c.planned)
			expect(t, f, c.verdict, c.words)
			if len(f.Evidence) == 0 || f.Domain != "example.test." {
				t.Errorf("finding %+v", f)
			}
			if n := (&Evidence{}).Merge(w.target, []failover.Finding{f}); n != 0 {
				t.Error("a record that is not published is kept as evidence")
			}
		})
	}
}
