package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/plan"
)

// What a plan makes of a zone in which others are at work too.

// twoDomains is a failover of two domains, and the zone it was planned from.
func twoDomains(t *testing.T) (zone, failover.Plan) {
	t.Helper()
	z := zone{}
	var domains []failover.Domain
	for _, name := range []string{"a.test", "b.test"} {
		s := standard()
		s.Name, s.Emergency = name, ""
		d := s.domain(t)
		z.put(failover.MXSet(d.Name, 3600, d.Primary.MX))
		domains = append(domains, d)
	}
	p, err := build(z, domains, request(failover.Failover))
	if err != nil || len(p.Steps) != 2 {
		t.Fatalf("%d steps, %v", len(p.Steps), err)
	}
	return z, p
}

func notes(p failover.Plan) string {
	var out []string
	for _, n := range p.Notes {
		out = append(out, n.Say.String())
	}
	return strings.Join(out, "\n")
}

// One domain was switched. Another, which the run never came to, was changed by
// somebody else: the first one's way back must be open.
func TestForeignStepDoesNotTakeTheWayBackFromOthers(t *testing.T) {
	foreign := failover.NewRRset("b.test", "MX", 60, "10 mx.colleague.test.")
	for state, refused := range map[failover.StepState]bool{
		failover.Pending: false, failover.Intent: false, "": false,
		failover.Sent: true, failover.Ack: true, failover.Verified: true,
	} {
		z, p := twoDomains(t)
		z.put(p.Steps[0].After)
		z.put(foreign)
		left := plan.Left{Plan: p, States: map[string]failover.StepState{"1": failover.Verified, "2": state}, Live: z}
		back, err := plan.Inverse(plan.Request{ID: "run-2"}, left)
		if refused {
			if !errors.Is(err, failover.ErrSurprise) {
				t.Errorf("%q: %v", state, err)
			}
			continue
		}
		if err != nil || len(back.Steps) != 1 || back.Steps[0].After.Name != "a.test." {
			t.Errorf("%q: %v, %v", state, back.Steps, err)
		}
		if want := "b.test MX is 10 mx.colleague.test., which is somebody else's doing: the run never changed it, so it stays"; notes(back) != want {
			t.Errorf("%q: notes: %s", state, notes(back))
		}
	}
}

// Of TXT at the domain a preparation's rollback takes its own string back, whatever
// others have added or removed since.
func TestStrangersTXTDoesNotStopARollback(t *testing.T) {
	const ours, old = `"v=spf1 include:spf.alpha.test include:spf.beta.test ~all"`, `"v=spf1 include:spf.alpha.test ~all"`
	const mine, theirs = `"mine"`, `"google-site-verification=x"`
	for name, c := range map[string]struct {
		before, live, want []string // want is nil where nothing is to be done
		err                error
	}{
		"nobody else":       {[]string{mine, old}, []string{mine, ours}, []string{mine, old}, nil},
		"one added":         {[]string{mine, old}, []string{theirs, mine, ours}, []string{theirs, mine, old}, nil},
		"one removed":       {[]string{mine, old}, []string{ours}, []string{old}, nil},
		"one exchanged":     {[]string{mine, old}, []string{theirs, ours}, []string{theirs, old}, nil},
		"SPF was new":       {nil, []string{theirs, ours}, []string{theirs}, nil},
		"back already":      {[]string{mine, old}, []string{theirs, mine, old}, nil, nil},
		"gone, as it was":   {nil, []string{theirs}, nil, nil},
		"our string edited": {[]string{mine, old}, []string{mine, `"v=spf1 -all"`}, nil, failover.ErrSurprise},
		"a second SPF":      {[]string{mine, old}, []string{mine, ours, `"v=spf1 mx"`}, nil, failover.ErrSurprise},
		"our string gone":   {[]string{mine, old}, []string{mine}, nil, failover.ErrSurprise},
	} {
		t.Run(name, func(t *testing.T) {
			s := standard()
			s.Emergency = ""
			d := s.domain(t)
			z := zone{}
			z.put(failover.NewRRset(d.Name, "TXT", 600, c.before...))
			p, err := build(z, []failover.Domain{d}, request(failover.Prepare))
			if err != nil || len(p.Steps) != 1 || !slices.Contains(p.Steps[0].After.Values, ours) {
				t.Fatalf("%v, %v", p.Steps, err)
			}
			live := failover.NewRRset(d.Name, "TXT", 900, c.live...)
			z.put(live)
			back, err := plan.Inverse(plan.Request{ID: "run-2"}, allMade(p, z))
			if !errors.Is(err, c.err) {
				t.Fatal(err)
			}
			if c.want == nil {
				if len(back.Steps) != 0 {
					t.Errorf("%v", back.Steps)
				}
				return
			}
			want := failover.NewRRset(d.Name, "TXT", 0, c.want...)
			if len(back.Steps) != 1 || !back.Steps[0].Before.Equal(live) || !back.Steps[0].After.SameValues(want) {
				t.Errorf("%v", back.Steps)
			}
		})
	}
}

// A host that bends TTLs: the right records with another TTL are what the run made,
// and, once they are taken back, what it found.
func TestBentTTLIsNobodysChange(t *testing.T) {
	z, p := twoDomains(t)
	for _, s := range p.Steps {
		s.After.TTL = 60
		z.put(s.After)
	}
	back, err := plan.Inverse(plan.Request{ID: "run-2"}, allMade(p, z))
	if err != nil || len(back.Steps) != 2 || back.Steps[0].Before.TTL != 60 {
		t.Fatalf("%v, %v", back.Steps, err)
	}
	for _, s := range back.Steps {
		s.After.TTL = 60
		z.put(s.After)
	}
	if again, err := plan.Inverse(plan.Request{ID: "run-3"}, allMade(p, z)); err != nil || len(again.Steps) != 0 {
		t.Errorf("%v, %v", again.Steps, err)
	}
	// Nor does a further switch want to change anything.
	d := standard().domain(t)
	d.Emergency = ""
	z.put(failover.MXSet(d.Name, 60, d.Secondary.MX))
	if p, err := build(z, []failover.Domain{d}, request(failover.Failover)); err != nil || len(p.Steps) != 0 {
		t.Errorf("%v, %v", p.Steps, err)
	}
}

// A request whose answer was lost may come late where nothing at the host stops it.
func TestLateRequestIsKeptInTheWayBack(t *testing.T) {
	const warning = "a.test MX: the answer to an earlier request was lost, and it may still be carried out; give lifeboat verify in a minute"
	for name, c := range map[string]struct {
		state            failover.StepState
		unguarded, moved bool
		steps            int
		late             bool
	}{
		"lost":                    {failover.Sent, true, false, 1, true},
		"lost, at a careful host": {failover.Sent, false, false, 0, false},
		"never sent":              {failover.Intent, true, false, 0, false},
		"arrived meanwhile":       {failover.Sent, true, true, 1, false},
		"made and put back since": {failover.Ack, true, false, 0, false},
	} {
		z, p := twoDomains(t)
		if c.moved {
			z.put(p.Steps[0].After)
		}
		back, err := plan.Inverse(plan.Request{ID: "run-2"}, plan.Left{
			Plan: p, States: map[string]failover.StepState{"1": c.state, "2": failover.Pending}, Live: z, Unguarded: map[string]bool{"1": c.unguarded},
		})
		if err != nil || len(back.Steps) != c.steps {
			t.Errorf("%s: %v, %v", name, back.Steps, err)
			continue
		}
		if c.steps > 0 && (back.Steps[0].Late != c.late || !back.Steps[0].After.Equal(p.Steps[0].Before)) {
			t.Errorf("%s: %+v", name, back.Steps[0])
		}
		if (notes(back) == warning) != c.late {
			t.Errorf("%s: notes: %s", name, notes(back))
		}
	}
}

// An emergency subdomain that is delegated elsewhere cannot be read at the host. That
// keeps a preparation from being planned, and a failover from nothing.
func TestUnreadableEmergencyDoesNotStopAFailover(t *testing.T) {
	d := standard().domain(t)
	z := zone{}
	z.put(failover.MXSet(d.Name, 300, d.Primary.MX))
	why := failover.Fail(failover.ErrZone, "sos.example.test belongs to another zone")
	observe := func(kind failover.Kind, key failover.Key) plan.Observed {
		o := z.observe(kind, d)
		o.Live = slices.DeleteFunc(o.Live, func(s failover.RRset) bool { return s.Key == key })
		o.Unread = map[failover.Key]error{key: why}
		return o
	}
	emergency := failover.Key{Name: d.Emergency, Type: "MX"}
	p, err := plan.Build(request(failover.Failover), []plan.Observed{observe(failover.Failover, emergency)})
	if err != nil || len(p.Steps) != 1 || p.Steps[0].After.Name != d.Name {
		t.Fatalf("%v, %v", p.Steps, err)
	}
	if want := "the emergency subdomain sos.example.test stays as it is, which does not keep example.test from being switched\nsos.example.test belongs to another zone"; notes(p) != want {
		t.Errorf("notes: %s", notes(p))
	}
	if _, err := plan.Build(request(failover.Prepare), []plan.Observed{observe(failover.Prepare, emergency)}); !errors.Is(err, failover.ErrZone) {
		t.Errorf("a preparation: %v", err)
	}
	if _, err := plan.Build(request(failover.Failover), []plan.Observed{observe(failover.Failover, failover.Key{Name: d.Name, Type: "MX"})}); !errors.Is(err, failover.ErrZone) {
		t.Errorf("the domain's own MX: %v", err)
	}
}

func TestStillWanted(t *testing.T) {
	s := standard()
	s.SecondaryDKIMT = "v=DKIM1; p=AAAA"
	d := s.domain(t)
	other := d
	other.Secondary.MX = []failover.MX{{Preference: 10, Host: "mx.gamma.test."}}
	home := d
	home.Primary.MX = home.Primary.MX[:1]
	moved := d
	moved.Emergency = "help.example.test."
	slower := d
	slower.MXTTL = 7200
	made := map[string]failover.StepState{"1": failover.Ack, "2": failover.Verified}
	half := map[string]failover.StepState{"1": failover.Ack, "2": failover.Sent}
	for name, c := range map[string]struct {
		kind   failover.Kind
		states map[string]failover.StepState
		now    []failover.Domain
		want   string // empty: as wanted
	}{
		"nothing changed":           {failover.Failover, nil, []failover.Domain{d}, ""},
		"another TTL":               {failover.Failover, nil, []failover.Domain{slower}, ""},
		"another secondary":         {failover.Failover, nil, []failover.Domain{other}, "example.test MX 10 mx.beta.test., and they now want 10 mx.gamma.test."},
		"another one, all made":     {failover.Failover, made, []failover.Domain{other}, ""},
		"another one, half made":    {failover.Failover, half, []failover.Domain{other}, "sos.example.test MX 10 mx.beta.test., and they now want 10 mx.gamma.test."},
		"another primary":           {failover.Failover, nil, []failover.Domain{home}, ""},
		"another emergency name":    {failover.Failover, nil, []failover.Domain{moved}, "sos.example.test MX 10 mx.beta.test., and they now want —"},
		"no such domain any more":   {failover.Failover, nil, nil, "example.test MX 10 mx.beta.test., and they now want —"},
		"failback":                  {failover.Failback, nil, []failover.Domain{other}, ""},
		"failback, another primary": {failover.Failback, nil, []failover.Domain{home}, "example.test MX 10 mx1.alpha.test., 20 mx2.alpha.test., and they now want 10 mx1.alpha.test."},
		"preparation":               {failover.Prepare, nil, []failover.Domain{home}, ""},
		"preparation, another one":  {failover.Prepare, nil, []failover.Domain{other}, "sos.example.test MX 10 mx.beta.test., and they now want 10 mx.gamma.test."},
		"rollback":                  {failover.Rollback, nil, nil, ""},
	} {
		p := sample(t, c.kind)
		p.Routes = nil // see TestRouteStillWanted
		err := plan.StillWanted(p, c.states, c.now)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.Is(err, failover.ErrStale) || !strings.Contains(err.Error(), c.want+"; take it back with lifeboat rollback, or leave") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Half of a long SPF string is no string of its own.
func TestSPFInPartsIsOneString(t *testing.T) {
	long := "v=spf1 " + strings.Repeat("ip4:192.0.2.1 ", 30) + "-all"
	d := standard().domain(t)
	z := zone{}
	z.put(failover.NewRRset(d.Name, "TXT", 300, dnswire.TXT(long)))
	p, err := build(z, []failover.Domain{d}, request(failover.Prepare))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Steps {
		z.put(s.After)
	}
	back, err := plan.Inverse(plan.Request{ID: "run-2"}, allMade(p, z))
	if err != nil || !slices.ContainsFunc(back.Steps, func(s failover.Step) bool { return slices.Equal(s.After.Values, []string{dnswire.TXT(long)}) }) {
		t.Errorf("%v, %v", back.Steps, err)
	}
}
