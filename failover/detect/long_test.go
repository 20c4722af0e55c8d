package detect_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lifeboat/failover/detect"
)

func long(t *testing.T) {
	t.Helper()
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
}

// Ten thousand days of other noise than TestFiveHundredDays has. The seed of a
// failing one is in the message.
func TestLongTenThousandDays(t *testing.T) {
	long(t)
	o := observeAll(t, seeds(1000, 40), 250, 1, settings(), everything())
	t.Log("\n" + o.table())
	o.check(t)
}

func TestLongSingle(t *testing.T) {
	long(t)
	o := observeAll(t, seeds(2000, 40), 250, 1, settings(), singleMX())
	t.Log("\n" + o.table())
	o.check(t)
}

// What the defaults are weighed against: the same days with other thresholds. The
// figures in the package comment are from here.
func TestLongThresholds(t *testing.T) {
	long(t)
	var b strings.Builder
	try := func(name string, noise float64, change func(*detect.Pace)) watch {
		set := settings()
		set.Probes = detect.Default(0).Probes
		change(&set.Probes)
		o := observeAll(t, seeds(5000, 10), 100, noise, set, everything())
		middle := func(kinds ...string) string {
			var all []int
			for _, k := range kinds {
				all = append(all, o.times[k]...)
			}
			slices.Sort(all)
			if len(all) == 0 {
				return "-"
			}
			return fmt.Sprint(all[len(all)/2])
		}
		fmt.Fprintf(&b, "%-18s %4.0f %10d %14d %15d %9d %9s %9s %9s\n", name, noise, len(o.falseDown), len(o.falseDegraded), len(o.falseRecovery), len(o.missed),
			middle("resets (as on 19 Nov 2019)", "refuses", "no answer"), middle("451 after RCPT (22 Jan 2026)", "421 as greeting"), middle("half of connections reset"))
		return o
	}
	fmt.Fprintf(&b, "%-18s %4s %10s %14s %15s %9s %9s %9s %9s\n", "in 1,000 days", "noise", "false down", "false degraded", "false recovery", "not found", "dead", "4xx", "half")
	for _, n := range []int{2, 3, 4, 5, 6, 8} {
		try(fmt.Sprintf("fail after %d", n), 1, func(p *detect.Pace) { p.FailAfter = n })
	}
	for _, n := range []int{5, 8, 10, 12, 15, 20} {
		try(fmt.Sprintf("defer after %d", n), 1, func(p *detect.Pace) { p.DeferAfter, p.FailAfter = n, min(n, p.FailAfter) })
	}
	for _, n := range []int{4, 5, 6, 7, 8, 10} {
		try(fmt.Sprintf("unsteady after %d", n), 1, func(p *detect.Pace) { p.UnsteadyAfter = n })
	}
	for _, n := range []int{5, 10, 15, 20, 30} {
		try(fmt.Sprintf("recover after %d", n), 1, func(p *detect.Pace) {
			p.RecoverAfter = n
			p.FailAfter, p.DeferAfter, p.UnsteadyAfter = min(n, p.FailAfter), min(n, p.DeferAfter), min(n, p.UnsteadyAfter)
		})
	}
	for _, noise := range []float64{1, 2, 3, 5} {
		o := try("defaults", noise, func(*detect.Pace) {})
		if noise <= 2 && (len(o.falseDown) > 1 || len(o.falseRecovery)+len(o.missed)+len(o.wrong) > 0) {
			t.Errorf("noise %g: the defaults are worse than they were: %v", noise, slices.Concat(o.falseDown, o.falseRecovery, o.missed, o.wrong))
		}
	}
	t.Log("\n" + b.String())
}
