package engine_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/journal"
	"lifeboat/failover/lab"
	"lifeboat/failover/probe"
)

// The way home is open only when the primary is seen to accept again.
func TestFailbackGate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	// Looked at in good time, and minutes before the outage too.
	if r, err := o.Check(t.Context(), engine.CheckRequest{To: failover.Primary}); err != nil || !r.Ready {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := o.world.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	o.done(o.failover())

	before, asked := o.zone(), o.rcpts()
	_, err := o.failback()
	if o.rcpts() == asked {
		t.Error("evidence from before the outage was good enough")
	}
	var refusal *engine.RefusedError
	if !errors.As(err, &refusal) || len(refusal.Blocking)+len(refusal.Unknown) == 0 || refusal.Domain != mx.Name {
		t.Fatalf("refused with %v", err)
	}
	o.refused(before, err, failover.ErrBlocked, "harbormail.test")

	o.world.Mend(failover.Primary)
	o.done(o.failback())
	o.is(failover.RoutePrimary)
}

// Evidence that mail would be refused is not forgotten over the wish to go home.
func TestFailbackToAProviderThatRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.done(o.failover())
	o.world.SetRecipient(failover.Primary, "sales@example.test", false)
	before := o.zone()
	_, err := o.failback()
	o.refused(before, err, failover.ErrBlocked, "sales@example.test")
}

// Evidence counts for a day, and is bound to what was asked.
func TestEvidenceIsKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if r, err := o.Check(t.Context(), engine.CheckRequest{}); err != nil || !r.Ready {
		t.Fatalf("%+v, %v", r, err)
	}
	declined := func(e *engine.Engine) error {
		_, err := e.Switch(t.Context(), engine.SwitchRequest{
			PlanRequest: engine.PlanRequest{Kind: failover.Failover},
			Confirm:     func(engine.Preview) (bool, error) { return false, nil },
		})
		return err
	}
	// The secondary refuses everybody from now on, which nobody has seen yet.
	if err := o.world.Break(failover.Secondary, lab.Reject); err != nil {
		t.Fatal(err)
	}
	asked := o.rcpts()
	o.age(time.Hour - time.Minute) // the shortest age that any of it counts for
	if err := declined(o.Engine); !errors.Is(err, engine.ErrDeclined) || o.rcpts() != asked {
		t.Errorf("evidence of today was not good enough: %v", err)
	}
	s := o.settings("    - address: office@example.test\n", "    - address: office@example.test\n    - address: new@example.test\n")
	if err := declined(o.another(func(p *engine.Options) { p.Settings = s })); !errors.Is(err, failover.ErrBlocked) || o.rcpts() == asked {
		t.Errorf("nobody has asked for the new recipient: %v", err)
	}
	o.age(probe.MaxAge - time.Hour)
	asked = o.rcpts()
	if err := declined(o.Engine); !errors.Is(err, engine.ErrDeclined) || o.rcpts() != asked {
		t.Errorf("recipients were asked for again within a day: %v", err)
	}
	o.age(2 * time.Minute)
	if err := declined(o.Engine); !errors.Is(err, failover.ErrBlocked) || o.rcpts() < asked+len(o.world.Domain().Recipients) {
		t.Errorf("evidence of yesterday was good enough: %v", err)
	}
	// What was refused is asked for anew, since somebody may have mended it.
	o.world.Mend(failover.Secondary)
	if err := declined(o.Engine); !errors.Is(err, engine.ErrDeclined) {
		t.Errorf("mended, and refused with %v", err)
	}
}

func TestDamagedEvidenceIsTakenAnew(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{"cut short": `{"version":1,"entries":[{"dest`, "another's": "hello", "empty": "", "of the future": `{"version":99}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			if _, err := o.Check(t.Context(), engine.CheckRequest{}); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(o.evidence(), []byte(damage), 0o600); err != nil {
				t.Fatal(err)
			}
			asked := o.rcpts()
			o.done(o.failover())
			o.is(failover.RouteSecondary)
			if o.rcpts() == asked {
				t.Error("nothing was looked at")
			}
			if ev, err := probe.LoadEvidence(o.evidence()); err != nil || len(ev.Findings(probe.Target{Domain: o.world.Domain(), Provider: o.world.Domain().Secondary})) == 0 {
				t.Errorf("the evidence is not whole again: %v", err)
			}
		})
	}
}

// One domain that would lose mail holds up all that were asked for together; the
// others can be named.
func TestSeveralDomainsOneRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	team := o.world.Truth(mx.Name, mx.Type)
	team.Name = "team.example.test."
	if err := o.world.Put(team); err != nil {
		t.Fatal(err)
	}
	// The providers know nothing of the second domain, so they refuse its mail.
	s := o.settings("domains:\n", `domains:
  - name: team.example.test
    dns: {host: rfc2136, parameters: {server: 198.51.100.11:53, key_name: lifeboat, secret: secret:practice}}
    recipients: {accounts: [{address: ben@team.example.test}]}
`)
	e := o.another(func(p *engine.Options) { p.Settings = s })
	before := o.zone()
	req := engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failover}}
	_, err := e.Switch(t.Context(), req)
	o.refused(before, err, failover.ErrBlocked, "ben@team.example.test")
	if strings.Contains(err.Error(), "hanako") {
		t.Errorf("the refusal blames the innocent: %v", err)
	}
	req.Domains = []string{"Example.TEST"}
	o.done(e.Switch(t.Context(), req))
	o.is(failover.RouteSecondary)
	if got := o.world.Truth(team.Name, "MX"); !got.Equal(team) {
		t.Errorf("a domain that was not named was switched: %v", got)
	}
}

// The reason for overruling the preflight goes on record, and only then.
func TestOverride(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	why := func(r *engine.SwitchRequest) { r.Override = "the list is old" }
	o.done(o.failover(why))
	if strings.Contains(o.events(), string(journal.Override)) {
		t.Errorf("nothing was overruled, and the journal says so: %s", o.events())
	}
	o.done(o.failback())

	o.age(probe.MaxAge + time.Minute)
	o.world.SetRecipient(failover.Secondary, "sales@example.test", false)
	before := o.zone()
	_, err := o.failover()
	o.refused(before, err, failover.ErrBlocked, "sales@example.test")
	out := o.done(o.failover(why))
	o.is(failover.RouteSecondary)
	if got := o.overrides(); !slices.Equal(got, []string{out.Operation + " practice@lab the list is old"}) {
		t.Errorf("the journal has %q", got)
	}
}

// overrides are the reasons that the journal keeps, with run and author.
func (o *office) overrides() []string {
	o.t.Helper()
	var out []string
	for _, e := range o.entries() {
		if e.Event == journal.Override {
			out = append(out, e.Op+" "+e.Who+" "+e.Reason)
		}
	}
	return out
}

// A secondary that cannot be looked at is no secondary that takes mail.
func TestBlockedLineIsUnknown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.world.SetLine(lab.Line{Blocked: []uint16{25}})
	before := o.zone()
	_, err := o.failover()
	o.refused(before, err, failover.ErrBlocked, "port 25")
	var refusal *engine.RefusedError
	if !errors.As(err, &refusal) || len(refusal.Blocking) > 0 || !slices.ContainsFunc(refusal.Unknown, func(f failover.Finding) bool { return f.OwnLine }) {
		t.Errorf("%+v", refusal)
	}
	if _, err := o.Check(t.Context(), engine.CheckRequest{Seed: true}); err != nil {
		t.Fatal(err)
	}
	o.done(o.failover())
}

func TestNoSecondary(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	text, err := os.ReadFile(o.Settings().File())
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), "  secondary:")
	_, recipients, _ := strings.Cut(rest, "recipients:")
	if err := os.WriteFile(o.Settings().File(), []byte(head+"recipients:"+recipients), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, err := configs.Load(o.Settings().File(), configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := o.another(func(p *engine.Options) { p.Settings = s })
	before := o.zone()
	_, err = e.Switch(t.Context(), engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failover}})
	if len(configs.ProblemsIn(err)) != 1 || !strings.Contains(err.Error(), "lifeboat.yaml") || !strings.Contains(err.Error(), "secondary") {
		t.Errorf("no secondary is told as %v", err)
	}
	if !slices.Equal(before, o.zone()) {
		t.Error("the zone was changed")
	}
	// Where mail goes can be seen all the same.
	if st, err := e.Status(t.Context(), nil); err != nil || st.Domains[0].Route != failover.RoutePrimary || st.Domains[0].Secondary != "" {
		t.Errorf("%+v, %v", st, err)
	}
}
