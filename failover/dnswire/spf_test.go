package dnswire_test

import (
	"strings"
	"testing"

	"lifeboat/failover/dnswire"
)

func TestSPF(t *testing.T) {
	long := "v=spf1 " + strings.Repeat("ip4:192.0.2.1 ", 30) + "-all"
	for name, c := range map[string]struct {
		values  []string
		text    string
		index   int
		several bool
	}{
		"none at all":             {nil, "", -1, false},
		"others only":             {[]string{`"site-verification=1"`, `"v=DMARC1; p=none"`}, "", -1, false},
		"one":                     {[]string{`"a"`, `"v=spf1 -all"`}, "v=spf1 -all", 1, false},
		"in strings":              {[]string{`"v=spf1 include:a.te" "st -all"`}, "v=spf1 include:a.test -all", 0, false},
		"cut inside the version":  {[]string{`"v=sp" "f1 -all"`}, "v=spf1 -all", 0, false},
		"longer than one string":  {[]string{dnswire.TXT(long)}, long, 0, false},
		"upper case":              {[]string{`"V=SPF1 -ALL"`}, "V=SPF1 -ALL", 0, false},
		"the version alone":       {[]string{`"v=spf1"`}, "v=spf1", 0, false},
		"version 10":              {[]string{`"v=spf10 -all"`}, "", -1, false},
		"a tab is no blank":       {[]string{"\"v=spf1\t-all\""}, "", -1, false},
		"a quote inside":          {[]string{`"v=spf1 exp=\"x\" -all"`}, `v=spf1 exp="x" -all`, 0, false},
		"two":                     {[]string{`"v=spf1 -all"`, `"v=spf1 mx"`}, "v=spf1 -all", 0, true},
		"what is no TXT data":     {[]string{`"open`, `"v=spf1 -all"`}, "v=spf1 -all", 1, false},
		"the version in the rest": {[]string{`"about v=spf1"`}, "", -1, false},
	} {
		text, index, several := dnswire.SPF(c.values)
		if text != c.text || index != c.index || several != c.several {
			t.Errorf("%s: %q, %d, %v", name, text, index, several)
		}
	}
}
