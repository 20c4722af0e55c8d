package manual

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// scene is a moment at a console.
type scene struct {
	name       string
	live, want failover.RRset
}

func scenes() []scene {
	emergency := failover.NewRRset("emergency."+zoneName, "MX", 300, "10 in1.secondary.example.")
	dkim := failover.NewRRset("s1._domainkey."+zoneName, "CNAME", 300, "s1.dkim.secondary.example.")
	other := dnswire.TXT("site-verification=aB3")
	none := func(s failover.RRset) failover.RRset { return failover.NewRRset(s.Name, s.Type, 0) }
	return []scene{
		{"the MX set of the domain is switched", oldMX, newMX},
		{"half of it is done", mxSet(300, "10 in1.secondary.example.", "20 mx2.primary.example."), newMX},
		{"only the old records are left to delete", mxSet(300, append(oldMX.Values, newMX.Values...)...), newMX},
		{"only the TTL is changed", mxSet(3600, newMX.Values...), newMX},
		{"the emergency subdomain is made", none(emergency), emergency},
		{"the emergency subdomain is taken away", emergency, none(emergency)},
		{"one of the domain's TXT records is replaced",
			failover.NewRRset(zoneName, "TXT", 300, dnswire.TXT("v=spf1 include:spf.primary.example -all"), other),
			failover.NewRRset(zoneName, "TXT", 300, dnswire.TXT("v=spf1 include:spf.primary.example include:spf.secondary.example -all"), other)},
		{"a DKIM selector is made", none(dkim), dkim},
	}
}

// The guides of every console, as people read them, in both languages.
func TestGuides(t *testing.T) {
	t.Parallel()
	words := map[string]string{}
	data, err := os.ReadFile(filepath.FromSlash("../../../assets/translations/ja/manual.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &words); err != nil {
		t.Fatal(err)
	}
	for _, id := range Consoles() {
		c, err := loadConsole(id)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, id+".en", page(c, func(s failover.Sentence) string { return s.String() }))
		golden(t, id+".ja", page(c, func(s failover.Sentence) string {
			ja, ok := words[s.Template]
			if !ok {
				t.Errorf("no Japanese for %q", s.Template)
			}
			return failover.Fill(ja, s.Args)
		}))
	}
}

func page(c *console, tell func(failover.Sentence) string) string {
	var b strings.Builder
	for _, s := range scenes() {
		want := s.want
		if c.TTL != nil {
			want.TTL = c.makes(s.want)
		}
		g := c.guide(zoneName, s.live, want)
		fmt.Fprintf(&b, "# %s: %s\n\n", g.Console, s.name)
		for i, step := range g.Steps {
			fmt.Fprintf(&b, "%d. %s\n", i+1, tell(step))
		}
		entries(&b, "Add", g.Add, tell)
		entries(&b, "Remove", g.Remove, tell)
		fmt.Fprintln(&b)
	}
	return b.String()
}

func entries(b *strings.Builder, title string, list []dnshost.Entry, tell func(failover.Sentence) string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for _, e := range list {
		var fields []string
		for _, f := range e.Fields {
			fields = append(fields, fmt.Sprintf("[%s] %s", tell(f.Label), f.Value))
		}
		fmt.Fprintln(b, "  "+strings.Join(fields, "   "))
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed; look at it, and if it is right write it anew with -update:\n%s", path, got)
	}
}
