package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/plan"
)

// many makes n domains, each at the primary, each with all that a plan looks at.
func many(t testing.TB, n int, kind failover.Kind) []plan.Observed {
	t.Helper()
	var observed []plan.Observed
	for i := range n {
		s := standard()
		s.Name, s.Emergency = fmt.Sprintf("d%03d.test", i), fmt.Sprintf("sos.d%03d.test", i)
		s.SecondaryDKIM = "s1.dkim.beta.test"
		d := s.domain(t)
		z := zone{}
		z.put(failover.MXSet(d.Name, 3600, d.Primary.MX))
		z.put(failover.NewRRset(d.Name, "TXT", 3600, dnswire.TXT("v=spf1 include:spf.alpha.test ~all"), dnswire.TXT("verification")))
		observed = append(observed, z.observe(kind, d))
	}
	return observed
}

func TestTwoHundredDomains(t *testing.T) {
	p, err := plan.Build(request(failover.Failover), many(t, 200, failover.Failover))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Domains) != 200 || len(p.Steps) != 400 {
		t.Fatalf("%d domains, %d steps", len(p.Domains), len(p.Steps))
	}
	for i, s := range p.Steps {
		if s.ID != fmt.Sprint(i+1) || s.Domain != p.Domains[i/2] {
			t.Fatalf("step %d is %s of %s", i, s.ID, s.Domain)
		}
	}
	if again, err := plan.Build(request(failover.Failover), many(t, 200, failover.Failover)); err != nil || again.Hash != p.Hash {
		t.Errorf("the same input gives another plan: %v", err)
	}
}

// One domain that is refused stops the whole plan, and is named.
func TestOneOfManyRefused(t *testing.T) {
	observed := many(t, 3, failover.Failover)
	for _, o := range observed[1:2] {
		o.Live[0] = failover.NewRRset(o.Domain.Name, "MX", 300, "10 mx.gamma.test.")
		o.Views[0].Answers[0].Set = o.Live[0]
	}
	p, err := plan.Build(request(failover.Failover), observed)
	if !errors.Is(err, failover.ErrBlocked) || !strings.Contains(err.Error(), "d001.test") || len(p.Steps) > 0 {
		t.Errorf("%v, %v", p.Steps, err)
	}
}

// A domain that is another one's emergency subdomain would have its MX changed
// twice.
func TestOverlappingDomainsAreRefused(t *testing.T) {
	observed := many(t, 1, failover.Failover)
	d := observed[0].Domain
	d.Name, d.Emergency = d.Emergency, ""
	d.Secondary.MX = []failover.MX{{Preference: 5, Host: "mx.beta.test."}}
	observed = append(observed, zone{}.observe(failover.Failover, d))
	if p, err := plan.Build(request(failover.Failover), observed); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("%v, %v", p.Steps, err)
	}
}

func TestKeys(t *testing.T) {
	s := standard()
	s.SecondaryDKIM, s.SecondaryDKIMT = "a.test", "v=DKIM1"
	d := s.domain(t)
	for kind, want := range map[failover.Kind]string{
		failover.Failover: "example.test MX, sos.example.test MX",
		failover.Failback: "example.test MX",
		failover.Prepare:  "example.test MX, sos.example.test MX, example.test TXT, s1._domainkey.example.test CNAME, s2._domainkey.example.test TXT",
	} {
		var got []string
		for _, k := range plan.Keys(kind, d) {
			got = append(got, k.String())
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %s", kind, strings.Join(got, ", "))
		}
	}
}

// BenchmarkBuild200 is planning a failover and a preparation of 200 domains.
func BenchmarkBuild200(b *testing.B) {
	for _, kind := range []failover.Kind{failover.Failover, failover.Prepare} {
		b.Run(string(kind), func(b *testing.B) {
			observed := many(b, 200, kind)
			var p failover.Plan
			for b.Loop() {
				var err error
				if p, err = plan.Build(request(kind), observed); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(p.Steps)), "steps")
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/plan")
		})
	}
}

// FuzzSPF plans the SPF string of a domain that publishes any TXT at all.
func FuzzSPF(f *testing.F) {
	for _, s := range []string{"v=spf1 ~all", "v=spf1", "V=SPF1 +ALL", "v=spf1  redirect=x", "v=spf1 include:spf.beta.test.", "\x00", "v=spf1 \xff all", "v=spf1 ~all ~all"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		d := standard().domain(t)
		z := zone{}
		z.put(failover.NewRRset(d.Name, "TXT", 300, dnswire.TXT(text), dnswire.TXT("other")))
		req := request(failover.Prepare)
		p, err := build(z, []failover.Domain{d}, req)
		if errors.Is(err, failover.ErrBlocked) {
			return // "other" makes no difference, so this is a second SPF string by dint of the text itself
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Steps {
			z.put(s.After)
		}
		if again, err := build(z, []failover.Domain{d}, req); err != nil || len(again.Steps) > 0 {
			t.Fatalf("a second plan has steps: %v, %v", again.Steps, err)
		}
	})
}
