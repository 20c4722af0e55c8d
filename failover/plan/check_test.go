package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lifeboat/failover"
	"lifeboat/failover/plan"
)

// sample is a plan of each kind with every sort of step that the kind may have.
func sample(t testing.TB, kind failover.Kind) failover.Plan {
	t.Helper()
	s := standard()
	s.SecondaryDKIM, s.SecondaryDKIMT = "s1.dkim.beta.test", "v=DKIM1; p=AAAA"
	s.Submission = []failover.Role{failover.Primary, failover.Secondary}
	d := s.domain(t)
	z := zone{}
	z.put(failover.MXSet(d.Name, 3600, d.Provider(kind.Target().Other()).MX))
	z.put(failover.NewRRset(d.Name, "TXT", 3600, `"v=spf1 ~all"`, `"other"`))
	req := request(kind)
	if kind == failover.Rollback {
		req.Kind = failover.Prepare
	}
	p, err := build(z, []failover.Domain{d}, req)
	if err != nil {
		t.Fatal(err)
	}
	if kind != failover.Rollback {
		return p
	}
	for _, st := range p.Steps {
		z.put(st.After)
	}
	if p, err = plan.Inverse(request(kind), allMade(p, z)); err != nil {
		t.Fatal(err)
	}
	return p
}

// allMade is what a run leaves that made all of its plan.
func allMade(p failover.Plan, live map[failover.Key]failover.RRset) plan.Left {
	left := plan.Left{Plan: p, States: map[string]failover.StepState{}, Live: live}
	for _, s := range p.Steps {
		left.States[s.ID] = failover.Verified
	}
	return left
}

// away is a sound step to the secondary.
func away(id string) failover.RouteStep {
	return failover.RouteStep{ID: id, Domain: "example.test.", Before: failover.Primary, After: failover.Secondary}
}

func kinds() []failover.Kind {
	return []failover.Kind{failover.Failover, failover.Failback, failover.Prepare, failover.Rollback}
}

func TestWriteAndRead(t *testing.T) {
	for _, kind := range kinds() {
		p := sample(t, kind)
		b, err := plan.Write(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := plan.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := plan.Write(back); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s changed in a file (%v):\n%s", kind, err, cmp.Diff(string(b), string(again)))
		}
	}
}

func TestReadRefuses(t *testing.T) {
	good, err := plan.Write(sample(t, failover.Failover))
	if err != nil {
		t.Fatal(err)
	}
	const none = "this is no saved plan: write one with lifeboat plan failover --out FILE"
	for what, c := range map[string]struct{ file, want string }{
		"nothing":         {"", none},
		"no JSON":         {"mx: 10 mail", none},
		"half a file":     {string(good[:len(good)/2]), none},
		"two plans":       {string(good) + string(good), none},
		"unknown fields":  {strings.Replace(string(good), `"id"`, `"command": "rm", "id"`, 1), none},
		"another type":    {strings.Replace(string(good), `"version": 2`, `"version": "2"`, 1), none},
		"newer version":   {`{"version": 3, "something": "new"}`, "the plan has version 3, and this Lifeboat reads version 2: make the plan anew"},
		"edited by hand":  {strings.Replace(string(good), "mx.beta.test", "mx.evil.test", 1), "the plan is not as it was saved (its hash differs): make it anew"},
		"reason reworded": {strings.Replace(string(good), `"provider": "Beta Mail"`, `"provider": "Alpha Mail"`, 1), "the plan is not as it was saved (its hash differs): make it anew"},
	} {
		_, err := plan.Read([]byte(c.file))
		var e *failover.Error
		if !errors.As(err, &e) || !errors.Is(err, failover.ErrInvalid) || e.Say.String() != c.want {
			t.Errorf("%s: got %v, want %s", what, err, c.want)
		}
	}
}

// TestCheckRefusesTamperedPlans edits sound plans and seals them anew, as somebody
// could who knows how.
func TestCheckRefusesTamperedPlans(t *testing.T) {
	set := failover.NewRRset
	replace := func(before, after failover.RRset) func(*failover.Plan) {
		return func(p *failover.Plan) {
			p.Steps = p.Steps[:1] // so that no other step is of the same set
			p.Steps[0].Before, p.Steps[0].After = before, after
		}
	}
	tampered := map[string]func(*failover.Plan){
		"NS":                 replace(set("example.test", "NS", 300, "ns.test."), set("example.test", "NS", 300, "ns.evil.test.")),
		"SOA":                replace(set("example.test", "SOA", 300, "a. b. 1 1 1 1 1"), set("example.test", "SOA", 300, "a. b. 2 1 1 1 1")),
		"DS":                 replace(set("example.test", "DS", 300, "1 8 2 00"), set("example.test", "DS", 300, "1 8 2 01")),
		"A":                  replace(set("example.test", "A", 300, "192.0.2.1"), set("example.test", "A", 300, "192.0.2.2")),
		"SRV":                replace(set("_imaps._tcp.example.test", "SRV", 300), set("_imaps._tcp.example.test", "SRV", 300, "0 0 993 mx.evil.test.")),
		"DMARC":              replace(set("_dmarc.example.test", "TXT", 300, `"v=DMARC1; p=reject"`), set("_dmarc.example.test", "TXT", 300, `"v=DMARC1; p=none"`)),
		"MTA-STS":            replace(set("_mta-sts.example.test", "TXT", 300, `"v=STSv1; id=1"`), set("_mta-sts.example.test", "TXT", 300, `"v=STSv1; id=2"`)),
		"autodiscover":       replace(set("autodiscover.example.test", "CNAME", 300), set("autodiscover.example.test", "CNAME", 300, "evil.test.")),
		"other TXT":          replace(set("example.test", "TXT", 300, `"a"`, `"v=spf1 -all"`), set("example.test", "TXT", 300, `"b"`, `"v=spf1 -all"`)),
		"other TXT gone":     replace(set("example.test", "TXT", 300, `"a"`, `"v=spf1 -all"`), set("example.test", "TXT", 300, `"v=spf1 -all"`)),
		"all TXT gone":       replace(set("example.test", "TXT", 300, `"v=spf1 -all"`), set("example.test", "TXT", 300)),
		"DKIM elsewhere":     replace(set("a._domainkey.evil.test", "CNAME", 300), set("a._domainkey.evil.test", "CNAME", 300, "evil.test.")),
		"_domainkey itself":  replace(set("_domainkey.example.test", "TXT", 300), set("_domainkey.example.test", "TXT", 300, `"t=y"`)),
		"MX gone":            replace(set("example.test", "MX", 300, "10 mx.test."), set("example.test", "MX", 300)),
		"MX elsewhere":       replace(set("other.test", "MX", 300, "10 mx.test."), set("other.test", "MX", 300, "10 mx.evil.test.")),
		"MX of a look-alike": replace(set("anexample.test", "MX", 300, "10 mx.test."), set("anexample.test", "MX", 300, "10 mx.evil.test.")),
		"MX that is none":    replace(set("example.test", "MX", 300, "10 mx.test."), set("example.test", "MX", 300, "mx.evil.test.")),
		"MX not canonical":   replace(set("example.test", "MX", 300, "10 mx.test."), set("example.test", "MX", 300, "10 MX.evil.test")),
		"two sets mixed":     replace(set("example.test", "MX", 300, "10 mx.test."), set("sos.example.test", "MX", 300, "10 mx.test.")),
		"TTL of ages":        replace(set("example.test", "MX", 300, "10 mx.test."), set("example.test", "MX", 1<<31, "10 mx.test.")),
		"unsorted": func(p *failover.Plan) {
			p.Steps[0].Before = failover.RRset{Key: failover.Key{Name: "example.test.", Type: "MX"}, TTL: 300, Values: []string{"20 b.test.", "10 a.test."}}
		},
		"domain of others": func(p *failover.Plan) {
			s := &p.Steps[0]
			s.Domain, s.Zone = "other.test.", "other.test."
			s.Before, s.After = set("other.test", "MX", 300, "10 mx.test."), set("other.test", "MX", 300, "10 mx.evil.test.")
		},
		"no domain":         func(p *failover.Plan) { p.Steps[0].Domain, p.Domains = "", append(p.Domains, "") },
		"domain is the TLD": func(p *failover.Plan) { p.Steps[0].Domain, p.Domains = ".", append(p.Domains, ".") },
		"another zone":      func(p *failover.Plan) { p.Steps[0].Zone = "other.test." },
		"no zone":           func(p *failover.Plan) { p.Steps[0].Zone = "" },
		"no step ID":        func(p *failover.Plan) { p.Steps[0].ID = "" },
		"the same twice":    func(p *failover.Plan) { p.Steps = append(p.Steps, p.Steps[0]) },
		"the same set twice": func(p *failover.Plan) {
			s := p.Steps[0]
			s.ID = "again"
			p.Steps = append(p.Steps, s)
		},
		"two emergency subdomains": func(p *failover.Plan) {
			for i, name := range []string{"one.example.test", "two.example.test"} {
				s := p.Steps[0]
				s.ID, s.Before, s.After = fmt.Sprint("more", i), set(name, "MX", 0), set(name, "MX", 300, "10 mx.evil.test.")
				p.Steps = append(p.Steps, s)
			}
		},
		"a route twice": func(p *failover.Plan) {
			p.Routes = []failover.RouteStep{away("r1"), away("r2")}
		},
		"a route with a record's ID": func(p *failover.Plan) { p.Routes = []failover.RouteStep{away(p.Steps[0].ID)} },
		"a route without ID":         func(p *failover.Plan) { p.Routes = []failover.RouteStep{away("")} },
		"a route of others": func(p *failover.Plan) {
			s := away("r1")
			s.Domain = "other.test."
			p.Routes = []failover.RouteStep{s}
		},
		"a route to nobody": func(p *failover.Plan) {
			s := away("r1")
			s.Before, s.After = failover.Secondary, "tertiary"
			p.Routes = []failover.RouteStep{s}
		},
		"a route that stays": func(p *failover.Plan) {
			s := away("r1")
			s.Before = s.After
			p.Routes = []failover.RouteStep{s}
		},
		"a route the other way": func(p *failover.Plan) {
			s := away("r1")
			if p.Kind == failover.Failover {
				s = s.Inverse()
			}
			if p.Routes = []failover.RouteStep{s}; p.Kind == failover.Rollback {
				p.Kind = "" // there both ways are right
			}
		},
		"a route in an old plan":         func(p *failover.Plan) { p.Version, p.Routes = 1, []failover.RouteStep{away("r1")} },
		"records beside the route alone": func(p *failover.Plan) { p.Kind = failover.SendRoute },
		"version 0":                      func(p *failover.Plan) { p.Version = 0 },
		"no ID":                          func(p *failover.Plan) { p.ID = "" },
		"ID of words":                    func(p *failover.Plan) { p.ID = "two words" },
		"unknown kind":                   func(p *failover.Plan) { p.Kind = "delete" },
		"domain no FQDN":                 func(p *failover.Plan) { p.Domains = append(p.Domains, "Example.test") },
	}
	for what, tamper := range tampered {
		for _, kind := range kinds() {
			p := sample(t, kind)
			tamper(&p)
			if err := p.Seal(); err != nil {
				t.Fatal(err)
			}
			if what == "all TXT gone" && kind == failover.Rollback {
				continue // that is how an SPF string that was made is taken back
			}
			if err := plan.Check(p); !errors.Is(err, failover.ErrInvalid) {
				t.Errorf("%s in a %s: %v", what, kind, err)
			}
		}
	}
}

// What only calm times, or only a rollback, may do.
func TestCheckKeepsKindsApart(t *testing.T) {
	set := failover.NewRRset
	for _, c := range []struct {
		what          string
		before, after failover.RRset
		may           []failover.Kind
	}{
		{"SPF added", set("example.test", "TXT", 300, `"a"`), set("example.test", "TXT", 300, `"a"`, `"v=spf1 -all"`), []failover.Kind{failover.Prepare, failover.Rollback}},
		{"SPF taken away", set("example.test", "TXT", 300, `"a"`, `"v=spf1 -all"`), set("example.test", "TXT", 300, `"a"`), []failover.Kind{failover.Rollback}},
		{"second SPF", set("example.test", "TXT", 300, `"v=spf1 -all"`), set("example.test", "TXT", 300, `"v=spf1 -all"`, `"v=spf1 mx"`), []failover.Kind{failover.Rollback}},
		{"DKIM", set("s._domainkey.example.test", "CNAME", 300), set("s._domainkey.example.test", "CNAME", 300, "s.test."), []failover.Kind{failover.Prepare, failover.Rollback}},
		{"DKIM gone", set("s._domainkey.example.test", "CNAME", 300, "s.test."), set("s._domainkey.example.test", "CNAME", 300), []failover.Kind{failover.Rollback}},
		{"emergency MX gone", set("sos.example.test", "MX", 300, "10 mx.test."), set("sos.example.test", "MX", 300), []failover.Kind{failover.Rollback}},
		{"null MX", set("example.test", "MX", 300, "10 mx.test."), set("example.test", "MX", 300, "0 ."), []failover.Kind{failover.Rollback}},
		{"MX led elsewhere", set("example.test", "MX", 300, "10 mx.test."), set("example.test", "MX", 300, "10 mx2.test."), []failover.Kind{failover.Failover, failover.Failback, failover.Rollback}},
		{"TTL lowered", set("example.test", "MX", 3600, "10 mx.test."), set("example.test", "MX", 300, "10 mx.test."), kinds()},
	} {
		for _, kind := range kinds() {
			p := sample(t, kind)
			p.Steps = p.Steps[:1]
			p.Steps[0].Before, p.Steps[0].After = c.before, c.after
			if err := p.Seal(); err != nil {
				t.Fatal(err)
			}
			may := strings.Contains(fmt.Sprint(c.may), string(kind))
			if err := plan.Check(p); (err == nil) != may {
				t.Errorf("%s in a %s: %v", c.what, kind, err)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, kind := range kinds() {
		b, err := plan.Write(sample(f, kind))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"version":1}`))
	f.Add([]byte(`{"version":1,"steps":[null]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := plan.Read(data)
		// What an attacker would do next: seal it.
		if err != nil && json.Unmarshal(data, &p) == nil && p.Seal() == nil {
			err = plan.Check(p)
		}
		if err != nil {
			return
		}
		for _, s := range p.Steps {
			if s.After.Type == "MX" && s.After.Name == s.Domain && len(s.After.MX()) == 0 {
				t.Fatalf("%s is left without MX", s.Domain)
			}
			if s.After.Type != "MX" && s.After.Type != "TXT" && s.After.Type != "CNAME" {
				t.Fatalf("touches %s", s.After.Key)
			}
			if !strings.HasSuffix("."+s.After.Name, "."+s.Domain) {
				t.Fatalf("%s is outside %s", s.After.Name, s.Domain)
			}
		}
		b, err := plan.Write(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Read(b); err != nil {
			t.Fatalf("written and not read: %v\n%s", err, b)
		}
	})
}
