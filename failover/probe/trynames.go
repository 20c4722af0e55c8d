package probe

import (
	"context"
	"slices"
	"time"

	"lifeboat/failover"
)

func testNames() Test {
	c := checkMXNames()
	return Test{
		ID: "mx-names", Title: failover.Say("MX names resolve"), Reason: c.Reason, Remedy: c.Remedy,
		Limit: 30 * time.Second, Usual: time.Second,
		used: hasHosts,
		run: func(ctx context.Context, t *attempt) {
			found := t.preflight(ctx, c.ID)
			t.take(shown(found)...)
			t.say(wordOnNames(t.site.hosts(), found))
		},
	}
}

func hasHosts(s Site) bool { return len(s.hosts()) > 0 }

func wordOnNames(hosts []string, found []failover.Finding) failover.Sentence {
	bad := func(v failover.Verdict) int {
		n := 0
		for _, f := range found {
			if f.Verdict == v {
				n++
			}
		}
		return n
	}
	switch {
	case bad(failover.Red) > 0 && len(hosts) == 1:
		return failover.Say("name is not right")
	case bad(failover.Red) > 0:
		return failover.Say("{count} of {all} names", "count", len(hosts)-bad(failover.Red)-bad(failover.Unknown), "all", len(hosts))
	case bad(failover.Unknown) > 0:
		return failover.Say("no answer")
	case len(hosts) == 1:
		return failover.Say("1 name, no alias")
	}
	return failover.Say("{count} names, no alias", "count", len(hosts))
}

// anyHost reports whether some host of the site is so.
func (t *attempt) anyHost(is func(host string) bool) bool {
	return slices.ContainsFunc(t.site.hosts(), is)
}
