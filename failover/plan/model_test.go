package plan_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/plan"
)

// zone is a model of what a DNS host holds.
type zone map[failover.Key]failover.RRset

func (z zone) put(s failover.RRset) {
	if s.Exists() {
		z[s.Key] = s
		return
	}
	delete(z, s.Key)
}

func (z zone) get(k failover.Key) failover.RRset {
	s := z[k]
	s.Key = k
	return s
}

// apply does what a run does, and fails where a DNS host would refuse.
func (z zone) apply(t *rapid.T, p failover.Plan) {
	for _, s := range p.Steps {
		if live := z.get(s.Before.Key); !live.Equal(s.Before) {
			t.Fatalf("step %s expects %v, and there is %v", s.ID, s.Before, live)
		}
		z.put(s.After)
		for _, d := range p.Domains {
			if mx := (failover.Key{Name: d, Type: "MX"}); s.After.Key == mx && !z.get(mx).Exists() {
				t.Fatalf("step %s leaves %s without MX", s.ID, d)
			}
		}
	}
}

func (z zone) observe(kind failover.Kind, d failover.Domain) plan.Observed {
	o := plan.Observed{Domain: d, Zone: "test.", Host: "model"}
	if d.HasSendRoute() {
		o.Route = kind.Target().Other()
	}
	for _, k := range plan.Keys(kind, d) {
		s := z.get(k)
		o.Live = append(o.Live, s)
		o.Views = append(o.Views, failover.View{Key: k, Zone: o.Zone, Answers: []failover.Answer{{State: failover.Answered, Set: s}}})
	}
	return o
}

var (
	ttls  = rapid.SampledFrom([]uint32{60, 300, 3600, 86400})
	hosts = []string{"mx.alpha.test.", "mx.beta.test.", "mx2.beta.test.", "mx.gamma.test."}
	texts = rapid.SampledFrom([]string{
		"v=spf1 -all", "v=spf1 mx redirect=_spf.alpha.test", "v=spf1 include:spf.beta.test ~all", "v=spf1",
		"v=DMARC1; p=none", "site-verification=1", "\xff\x00", `"quoted"`, "", strings.Repeat("long ", 60),
	})
)

func drawMX(t *rapid.T, name string, from []string) failover.RRset {
	var mx []failover.MX
	for _, h := range rapid.SliceOfDistinct(rapid.SampledFrom(from), rapid.ID).Draw(t, "hosts of "+name) {
		mx = append(mx, failover.MX{Preference: rapid.Uint16Max(2).Draw(t, "preference"), Host: h})
	}
	return failover.MXSet(name, ttls.Draw(t, "ttl"), mx)
}

// drawWorld makes a zone with some domains, their settings, and much that is
// nobody's business.
func drawWorld(t *rapid.T) (zone, []failover.Domain) {
	z := zone{}
	var domains []failover.Domain
	for i := range rapid.IntRange(1, 3).Draw(t, "domains") {
		d := failover.Domain{
			Name: fmt.Sprintf("d%d.test.", i), MXTTL: ttls.Draw(t, "mx ttl"),
			Primary: failover.Provider{Role: failover.Primary, Name: "Alpha", MX: []failover.MX{{Preference: 10, Host: "mx.alpha.test."}}, SPFInclude: "spf.alpha.test"},
			Secondary: failover.Provider{
				Role: failover.Secondary, Name: "Beta", SPFInclude: "spf.beta.test",
				MX:   []failover.MX{{Preference: 10, Host: "mx.beta.test."}, {Preference: 20, Host: "mx2.beta.test."}},
				DKIM: []failover.DKIMSelector{{Selector: "a", Type: "CNAME", Value: "a.dkim.beta.test"}, {Selector: "b", Type: "txt", Value: strings.Repeat("k", 300)}},
			},
		}
		if rapid.Bool().Draw(t, "emergency") {
			d.Emergency = "sos." + d.Name
			z.put(drawMX(t, d.Emergency, hosts))
		}
		if rapid.Bool().Draw(t, "old selector") {
			z.put(failover.NewRRset("a._domainkey."+d.Name, "CNAME", 60, "old.dkim.beta.test."))
		}
		z.put(drawMX(t, d.Name, hosts))
		var values []string
		for _, text := range rapid.SliceOfNDistinct(texts, 0, 5, rapid.ID).Draw(t, "texts") {
			values = append(values, dnswire.TXT(text))
		}
		z.put(failover.NewRRset(d.Name, "TXT", ttls.Draw(t, "txt ttl"), values...))
		for _, other := range []failover.RRset{
			failover.NewRRset(d.Name, "NS", 300, "ns.test."), failover.NewRRset(d.Name, "DS", 300, "1 8 2 00"),
			failover.NewRRset("_dmarc."+d.Name, "TXT", 300, `"v=DMARC1; p=none"`), failover.NewRRset("sub."+d.Name, "MX", 300, "10 mx.gamma.test."),
			failover.NewRRset("old._domainkey."+d.Name, "TXT", 300, `"v=DKIM1; p="`),
		} {
			z.put(other)
		}
		domains = append(domains, d)
	}
	return z, domains
}

func build(z zone, domains []failover.Domain, req plan.Request) (failover.Plan, error) {
	var observed []plan.Observed
	for _, d := range domains {
		observed = append(observed, z.observe(req.Kind, d))
	}
	return plan.Build(req, observed)
}

func TestPlansOverAModelZone(t *testing.T) {
	kinds := rapid.SampledFrom([]failover.Kind{failover.Failover, failover.Failback, failover.Prepare})
	rapid.Check(t, func(t *rapid.T) {
		z, domains := drawWorld(t)
		req := request(kinds.Draw(t, "kind"))
		req.ReplaceMX = rapid.Bool().Draw(t, "replace")
		p, err := build(z, domains, req)
		if errors.Is(err, failover.ErrBlocked) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Check(p); err != nil {
			t.Fatalf("a plan of ours is not taken: %v", err)
		}
		touchesOnly(t, p, domains)

		after := maps.Clone(z)
		after.apply(t, p)
		for _, d := range domains {
			if want := (failover.MXSet(d.Name, d.MXTTL, d.Provider(req.Kind.Target()).MX)); req.Kind != failover.Prepare && !after.get(want.Key).SameValues(want) {
				t.Fatalf("wanted %v, got %v", want, after.get(want.Key))
			}
		}
		if again, err := build(after, domains, req); err != nil || len(again.Steps) > 0 {
			t.Fatalf("a second plan has steps: %v, %v", again.Steps, err)
		}

		back, err := plan.Inverse(plan.Request{ID: "run-2", Now: req.Now}, allMade(p, after))
		if err != nil {
			t.Fatal(err)
		}
		restored := maps.Clone(after)
		restored.apply(t, back)
		for _, n := range back.Notes { // a domain that had no MX keeps the new one
			delete(restored, failover.Key{Name: n.Domain, Type: "MX"})
		}
		if d := cmp.Diff(z, restored); d != "" {
			t.Fatalf("the inverse does not restore the zone (-before +restored):\n%s", d)
		}
	})
}

// touchesOnly holds a plan to the list of records that may be in one.
func touchesOnly(t *rapid.T, p failover.Plan, domains []failover.Domain) {
	may := map[failover.Key]bool{}
	for _, d := range domains {
		may[failover.Key{Name: d.Name, Type: "MX"}] = true
		may[failover.Key{Name: d.Emergency, Type: "MX"}] = p.Kind != failover.Failback
		for _, k := range []failover.Key{{Name: d.Name, Type: "TXT"}, {Name: "a._domainkey." + d.Name, Type: "CNAME"}, {Name: "b._domainkey." + d.Name, Type: "TXT"}} {
			may[k] = p.Kind == failover.Prepare
		}
	}
	for _, s := range p.Steps {
		if !may[s.After.Key] || s.Before.Key != s.After.Key {
			t.Fatalf("a %s touches %v", p.Kind, s.After.Key)
		}
		if s.After.Type != "TXT" {
			continue
		}
		spf := func(v string) bool {
			text, _ := dnswire.Text(v)
			return strings.HasPrefix(strings.ToLower(text), "v=spf1")
		}
		if strings.HasPrefix(s.After.Name, "b._domainkey.") {
			continue
		}
		before, after := slices.DeleteFunc(slices.Clone(s.Before.Values), spf), slices.DeleteFunc(slices.Clone(s.After.Values), spf)
		if !slices.Equal(before, after) {
			t.Fatalf("other TXT changed from %q to %q", before, after)
		}
	}
}

// A run may have stopped anywhere: each set is as before or as after.
func TestInverseFromAnyPointOfARun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, domains := drawWorld(t)
		req := request(failover.Prepare)
		p, err := build(z, domains, req)
		if errors.Is(err, failover.ErrBlocked) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		live := maps.Clone(z)
		for _, s := range p.Steps {
			if rapid.Bool().Draw(t, "made "+s.ID) {
				live.put(s.After)
			}
		}
		changed := maps.Clone(live)
		back, err := plan.Inverse(plan.Request{ID: "run-2", Now: req.Now}, allMade(p, live))
		if err != nil {
			t.Fatal(err)
		}
		if back.Kind != failover.Rollback || back.Reverts != p.ID {
			t.Fatalf("%s reverts %s", back.Kind, back.Reverts)
		}
		live.apply(t, back)
		if d := cmp.Diff(z, live); d != "" {
			t.Fatalf("not restored (-before +restored):\n%s", d)
		}
		if len(p.Steps) == 0 {
			return
		}
		// Somebody else's change to any of the sets that the run changed stops all of it.
		s := rapid.SampledFrom(p.Steps).Draw(t, "changed by somebody else")
		foreign := failover.NewRRset(s.After.Name, s.After.Type, s.After.TTL+7, `"v=spf1 -all"`, `"v=spf1 mx"`)
		if !s.AnyTTL() {
			foreign.Values = s.After.Values
		}
		changed.put(foreign)
		_, err = plan.Inverse(plan.Request{ID: "run-3", Now: req.Now}, allMade(p, changed))
		var surprise *plan.SurpriseError
		if !errors.Is(err, failover.ErrSurprise) || !errors.As(err, &surprise) || !surprise.Live.Equal(foreign) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestInverseKeepsTheOnlyMX(t *testing.T) {
	z := zone{}
	d := standard().domain(t)
	p, err := build(z, []failover.Domain{d}, request(failover.Failover))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Steps {
		z.put(s.After)
	}
	back, err := plan.Inverse(plan.Request{ID: "run-2"}, allMade(p, z))
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Steps) != 1 || back.Steps[0].After.Name != d.Emergency || back.Steps[0].After.Exists() {
		t.Errorf("steps back: %v", back.Steps)
	}
	if len(back.Notes) != 1 || back.Notes[0].Say.String() != "example.test had no MX before this run; the new one stays" {
		t.Errorf("notes: %v", back.Notes)
	}
}

// Where the host chooses TTLs, a set whose TTL alone is another is nobody's change.
func TestInverseWhereTTLsAreTheHosts(t *testing.T) {
	d := standard().domain(t)
	z := zone{}
	z.put(failover.MXSet(d.Name, 3600, d.Primary.MX))
	o := z.observe(failover.Failover, d)
	o.OwnTTL = true
	p, err := plan.Build(request(failover.Failover), []plan.Observed{o})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Steps {
		s.After.TTL = 7200
		z.put(s.After)
	}
	back, err := plan.Inverse(plan.Request{ID: "run-2"}, allMade(p, z))
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Steps) != 2 || !back.Steps[0].OwnTTL || back.Steps[1].Before.TTL != 7200 || !back.Steps[1].After.Equal(p.Steps[0].Before) {
		t.Errorf("%+v", back.Steps)
	}
}
