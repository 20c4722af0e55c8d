package plan_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"gopkg.in/yaml.v3"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/plan"
)

var update = flag.Bool("update", false, "write what is planned into the cases, to be read over")

// settings is one domain as a case writes it. What a case leaves out is as in
// standard.
type settings struct {
	Name           string   `yaml:"name"`
	Emergency      string   `yaml:"emergency"`
	TTL            uint32   `yaml:"ttl"`
	MinTTL         uint32   `yaml:"min_ttl"`
	MaxTTL         uint32   `yaml:"max_ttl"`
	OwnTTL         bool     `yaml:"own_ttl"`
	PrimaryMX      []string `yaml:"primary_mx"`
	PrimarySPF     string   `yaml:"primary_spf"`
	SecondaryMX    []string `yaml:"secondary_mx"`
	SecondarySPF   string   `yaml:"secondary_spf"`
	SecondaryDKIM  string   `yaml:"secondary_dkim"` // CNAME target of selector "s1"
	SecondaryDKIMT string   `yaml:"secondary_dkim_txt"`
	// Submission names the providers that take submissions: "primary", "secondary".
	Submission []failover.Role `yaml:"submission"`
	Signing    string          `yaml:"signing"` // our own key, of the selector "lifeboat"; "-": not at hand
}

func standard() settings {
	return settings{
		Name: "example.test", Emergency: "sos.example.test", TTL: 300,
		PrimaryMX: []string{"10 mx1.alpha.test", "20 mx2.alpha.test"}, PrimarySPF: "spf.alpha.test",
		SecondaryMX: []string{"10 mx.beta.test"}, SecondarySPF: "spf.beta.test",
	}
}

func (s settings) domain(t testing.TB) failover.Domain {
	t.Helper()
	mx := func(lines []string) []failover.MX {
		var out []failover.MX
		for _, l := range lines {
			m, err := failover.ParseMX(l)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, m)
		}
		return out
	}
	d := failover.Domain{
		Name: failover.FQDN(s.Name), MXTTL: s.TTL,
		Primary:   failover.Provider{Role: failover.Primary, Name: "Alpha Mail", MX: mx(s.PrimaryMX), SPFInclude: s.PrimarySPF},
		Secondary: failover.Provider{Role: failover.Secondary, Name: "Beta Mail", MX: mx(s.SecondaryMX), SPFInclude: s.SecondarySPF},
	}
	if s.Emergency != "" {
		d.Emergency = failover.FQDN(s.Emergency)
	}
	for _, r := range s.Submission {
		e := failover.Endpoint{Host: "smtp." + string(r) + ".test", Port: 587, Security: failover.StartTLS}
		if r == failover.Primary {
			d.Primary.Submission = e
		} else {
			d.Secondary.Submission = e
		}
	}
	if s.SecondaryDKIM != "" {
		d.Secondary.DKIM = append(d.Secondary.DKIM, failover.DKIMSelector{Selector: "s1", Type: "CNAME", Value: s.SecondaryDKIM})
	}
	if s.SecondaryDKIMT != "" {
		d.Secondary.DKIM = append(d.Secondary.DKIM, failover.DKIMSelector{Selector: "s2", Type: "TXT", Value: s.SecondaryDKIMT})
	}
	if s.Signing != "" {
		d.Signing = failover.DKIMSelector{Selector: "lifeboat", Type: "TXT", Value: strings.TrimPrefix(s.Signing, "-")}
	}
	return d
}

// records reads lines of the form "NAME TTL TYPE DATA".
func records(t testing.TB, text string) map[failover.Key]failover.RRset {
	t.Helper()
	out := map[failover.Key]failover.RRset{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.SplitN(line, " ", 4)
		if len(f) != 4 {
			t.Fatalf("%q is no record; write NAME TTL TYPE DATA", line)
		}
		ttl, err := strconv.ParseUint(f[1], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		key := failover.Key{Name: failover.FQDN(f[0]), Type: f[2]}
		out[key], err = dnswire.Canonical(key.Name, key.Type, uint32(ttl), append(out[key].Values, f[3])...)
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// observe makes what Build is given out of a case's files. Without a "server"
// file the servers answer what the host holds.
func observe(t testing.TB, kind failover.Kind, s settings, files []txtar.File) plan.Observed {
	t.Helper()
	o := plan.Observed{Domain: s.domain(t), Zone: failover.FQDN(s.Name), Host: "console", MinTTL: s.MinTTL, MaxTTL: s.MaxTTL, OwnTTL: s.OwnTTL}
	held := map[failover.Key]failover.RRset{}
	servers := map[string]string{}
	for _, f := range files {
		if f.Name == "host" {
			held = records(t, string(f.Data))
		}
		if name, ok := strings.CutPrefix(f.Name, "server "); ok {
			servers[name] = string(f.Data)
		}
	}
	for _, key := range plan.Keys(kind, o.Domain) {
		set := held[key]
		set.Key = key
		o.Live = append(o.Live, set)
		view := failover.View{Key: key, Zone: o.Zone}
		if len(servers) == 0 {
			view.Answers = []failover.Answer{{State: failover.Answered, Set: set}, {State: failover.Answered, Set: set}}
		}
		for _, f := range files {
			text, ok := servers[strings.TrimPrefix(f.Name, "server ")]
			if !ok {
				continue
			}
			a := failover.Answer{State: failover.Silent}
			if strings.TrimSpace(text) != "silent" {
				a = failover.Answer{State: failover.Answered, Set: records(t, text)[key]}
				a.Set.Key = key
			}
			view.Answers = append(view.Answers, a)
		}
		o.Views = append(o.Views, view)
	}
	return o
}

// show writes what came of a case as a person reads it.
func show(p failover.Plan, err error) string {
	var out strings.Builder
	if err != nil {
		kind := "blocked"
		if errors.Is(err, failover.ErrInvalid) {
			kind = "invalid"
		}
		fmt.Fprintf(&out, "%s: %v\n", kind, err)
		return out.String()
	}
	if p.Empty() {
		out.WriteString("nothing to do\n")
	}
	for _, s := range p.Routes {
		fmt.Fprintf(&out, "%s. %s: %s to %s: %s\n", s.ID, failover.Display(s.Domain), s.Before, s.After, s.Reason)
	}
	for _, s := range p.Steps {
		fmt.Fprintf(&out, "%s. %s: %s\n", s.ID, s.After.Key, s.Reason)
		for _, v := range s.Before.Values {
			fmt.Fprintf(&out, "  - %d %s\n", s.Before.TTL, v)
		}
		for _, v := range s.After.Values {
			fmt.Fprintf(&out, "  + %d %s\n", s.After.TTL, v)
		}
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&out, "note: %s\n", n.Say)
	}
	return out.String()
}

// TestCases plans each case of testdata/cases: what it is about in the comment,
// then the request, settings that differ from the standard ones, what the host
// holds and the servers answer, and what comes of it.
func TestCases(t *testing.T) {
	names, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d cases found: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := show(planCase(t, a))
			last := &a.Files[len(a.Files)-1]
			if last.Name != "want" {
				t.Fatal("a case ends with what is wanted")
			}
			if *update {
				last.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(last.Data), got); d != "" {
				t.Errorf("%s(-want +got):\n%s", a.Comment, d)
			}
		})
	}
}

func planCase(t testing.TB, a *txtar.Archive) (failover.Plan, error) {
	t.Helper()
	var r struct {
		Kind      failover.Kind `yaml:"kind"`
		TrustHost bool          `yaml:"trust_host"`
		ReplaceMX bool          `yaml:"replace_mx"`
		// Route is where mail leaves now, To and Why are of a request of kind route.
		Route failover.Role `yaml:"route"`
		To    failover.Role `yaml:"to"`
		Why   string        `yaml:"why"`
	}
	s := standard()
	for _, f := range a.Files {
		var into any
		switch f.Name {
		case "request":
			into = &r
		case "settings":
			into = &s
		default:
			continue
		}
		if err := yaml.Unmarshal(f.Data, into); err != nil {
			t.Fatal(err)
		}
	}
	req := request(r.Kind)
	req.TrustHost, req.ReplaceMX, req.To, req.Why = r.TrustHost, r.ReplaceMX, r.To, r.Why
	o := observe(t, r.Kind, s, a.Files)
	o.Route = r.Route
	p, err := plan.Build(req, []plan.Observed{o})
	if err != nil && p.ID != "" {
		t.Errorf("a plan comes with the error %v", err)
	}
	return p, err
}

func request(kind failover.Kind) plan.Request {
	return plan.Request{Kind: kind, ID: "run-1", Author: "admin@office", Now: time.Date(2026, 7, 30, 12, 0, 0, 0, time.UTC)}
}
