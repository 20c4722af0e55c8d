package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/journal"
	"lifeboat/failover/lab"
)

func (o *office) routesFile() string { return filepath.Join(o.parts.DataDir, "relay", "routes.json") }

// anyway goes on whatever the preflight says: on a busy machine its probes may find
// nobody in time, and here it is not what is tried.
func anyway(r *engine.SwitchRequest) { r.Override = "this is a test" }

// leaves fails unless mail leaves through a provider: as the file says, as another
// process reads it, and as the world's staff do.
func (o *office) leaves(want failover.Role) {
	o.t.Helper()
	if got := o.sends(); got != want {
		o.t.Errorf("mail leaves through the %s, not the %s", got, want)
	}
	if got := engine.RouteOf(o.another(func(*engine.Options) {}), "example.test"); got != want {
		o.t.Errorf("another process has mail leave through the %s, not the %s", got, want)
	}
	if got := o.world.SendRoute(); got != want {
		o.t.Errorf("the staff hand their mail to the %s, not the %s", got, want)
	}
}

// The route follows the records, in one run, both ways; and back with a rollback.
func TestRouteFollowsTheSwitch(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.leaves(failover.Primary)
	out := o.done(o.failover(anyway))
	o.is(failover.RouteSecondary)
	o.leaves(failover.Secondary)
	if out.Moved != 1 || !strings.Contains(o.events(), "begin intent ack intent sent ack") {
		t.Errorf("%+v\n%s", out, o.events())
	}
	routes, err := o.Routes(t.Context())
	if err != nil || routes[0].Operation != out.Operation || routes[0].By != "practice@lab" || routes[0].Since.IsZero() ||
		routes[0].Reason.String() != "mail from example.test leaves through Lighthouse" {
		t.Errorf("%+v, %v", routes, err)
	}
	st, err := o.Status(t.Context(), nil)
	if err != nil || st.Domains[0].Send == nil || st.Domains[0].Send.Role != failover.Secondary || st.Domains[0].SendsThrough != "Lighthouse" {
		t.Errorf("%+v, %v", st.Domains, err)
	}
	entries := len(o.entries())
	if again := o.done(o.failover(anyway)); again.Moved != 0 || len(o.entries()) != entries {
		t.Errorf("a second run: %+v", again)
	}
	o.done(o.rollback(func(r *engine.RollbackRequest) { r.Override = "this is a test" }))
	o.is(failover.RoutePrimary)
	o.leaves(failover.Primary)

	o.done(o.failover(anyway))
	home := o.done(o.failback(anyway))
	o.is(failover.RoutePrimary)
	o.leaves(failover.Primary)
	if events := o.events(); home.Moved != 1 || !strings.HasSuffix(events, "verified intent ack end") {
		t.Errorf("home: %+v\n%s", home, events)
	}
}

// Moved by itself, the route asks nobody: no DNS host, no name server, no provider.
func TestRouteAlone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	zone := o.zone()
	var asked bool
	e := o.another(func(p *engine.Options) {
		p.MakeHost = func(context.Context, configs.Domain) (dnshost.Host, error) {
			t.Error("the DNS host was asked")
			return nil, errors.New("not for this")
		}
		p.MakeProber = nil
	})
	req := engine.SwitchRequest{
		PlanRequest: engine.PlanRequest{Kind: failover.SendRoute, To: failover.Secondary, Why: "the primary answers 451"},
		Confirm: func(p engine.Preview) (bool, error) {
			asked = len(p.Plan.Routes) == 1 && len(p.Plan.Steps) == 0 && len(p.Judgements) == 0
			return true, nil
		},
	}
	out := o.done(e.Switch(t.Context(), req))
	o.leaves(failover.Secondary)
	if !asked || out.Moved != 1 || o.events() != "begin intent ack end" || !slices.Equal(zone, o.zone()) {
		t.Errorf("%+v, %s", out, o.events())
	}
	if r, _ := o.Routes(t.Context()); r[0].Reason.String() != "mail from example.test leaves through Lighthouse: the primary answers 451" {
		t.Errorf("%+v", r)
	}
	st, err := o.Status(t.Context(), nil)
	if d := st.Domains[0]; err != nil || d.Route != failover.RoutePrimary || d.Send.Role != failover.Secondary {
		t.Errorf("%+v, %v", st.Domains, err)
	}
	req.Confirm = func(engine.Preview) (bool, error) { return false, errors.New("asked about nothing") }
	if again := o.done(e.Switch(t.Context(), req)); again.Moved != 0 || o.events() != "begin intent ack end" {
		t.Errorf("%+v, %s", again, o.events())
	}
	o.done(e.Rollback(t.Context(), engine.RollbackRequest{}))
	o.leaves(failover.Primary)

	for what, c := range map[string]struct {
		change func(*engine.PlanRequest)
		parts  []string
	}{
		"nowhere":   {func(r *engine.PlanRequest) { r.To = "tertiary" }, []string{"tertiary"}},
		"no domain": {func(r *engine.PlanRequest) { r.Domains = []string{"other.test"} }, []string{"other.test"}},
	} {
		req := engine.PlanRequest{Kind: failover.SendRoute, To: failover.Secondary}
		c.change(&req)
		_, err := o.Switch(t.Context(), engine.SwitchRequest{PlanRequest: req})
		t.Log(what)
		oneSentence(t, err, failover.ErrInvalid, c.parts...)
	}
}

// A preflight that refuses the records leaves the route as well; the route alone can be
// moved all the same.
func TestRefusedRoute(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if err := o.world.Break(failover.Secondary, lab.Refuse); err != nil {
		t.Fatal(err)
	}
	if _, err := o.failover(); !errors.Is(err, failover.ErrBlocked) {
		t.Fatal(err)
	}
	o.leaves(failover.Primary)
	if d := o.RouteAlone(nil); len(d) != 1 || d[0].Name != "example.test." {
		t.Errorf("%+v", d)
	}
	o.done(o.sendVia(failover.Secondary))
	o.leaves(failover.Secondary)
	o.is(failover.RoutePrimary)
	if d := o.RouteAlone(nil); len(d) != 0 {
		t.Errorf("%+v", d)
	}
}

// While the DNS host is down the route has moved, the records have not, and the run
// stays open: to be gone on with, or to be taken back although the host is still down.
func TestRouteWhileTheDNSHostIsDown(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{false, true} {
		o := newOffice(t)
		_, err := o.failover(anyway, func(r *engine.SwitchRequest) {
			r.Confirm = func(engine.Preview) (bool, error) { return true, o.world.BreakUpdates(lab.Refuse) }
		})
		if err == nil {
			t.Fatal("the DNS host is not down")
		}
		o.is(failover.RoutePrimary)
		o.leaves(failover.Secondary)
		st, err := o.Status(t.Context(), nil)
		if err != nil || st.Open == nil || st.Open.Trouble.IsZero() || st.Domains[0].Route != failover.RoutePrimary || st.Domains[0].Send.Role != failover.Secondary {
			t.Errorf("%+v, %v", st, err)
		}
		if d := o.RouteAlone(nil); len(d) != 0 {
			t.Errorf("%+v", d)
		}
		_, err = o.sendVia(failover.Primary)
		oneSentence(t, err, failover.ErrBlocked, "not finished", "lifeboat rollback")
		if back {
			if out := o.done(o.rollback()); out.Moved != 1 || out.Changes != 0 {
				t.Errorf("%+v", out)
			}
			o.leaves(failover.Primary)
			o.is(failover.RoutePrimary)
			continue
		}
		if err := o.world.BreakUpdates(lab.None); err != nil {
			t.Fatal(err)
		}
		if out := o.done(o.failover(anyway)); !out.Resumed || out.Moved != 0 {
			t.Errorf("%+v", out)
		}
		o.is(failover.RouteSecondary)
		o.leaves(failover.Secondary)
	}
}

// A failback that the DNS host lets wait has changed nothing at all.
func TestRouteStaysAwayWhileTheDNSHostIsDown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.done(o.failover(anyway))
	_, err := o.failback(anyway, func(r *engine.SwitchRequest) {
		r.Confirm = func(engine.Preview) (bool, error) { return true, o.world.BreakUpdates(lab.Refuse) }
	})
	if err == nil {
		t.Fatal("the DNS host is not down")
	}
	o.leaves(failover.Secondary)
	o.is(failover.RouteSecondary)
	if op, open := journal.Unfinished(o.entries()); open {
		t.Errorf("%+v stays open", op)
	}
}

// A route that cannot be written down does not keep incoming mail at a broken provider.
func TestRouteWithoutAFolder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	inTheWay := filepath.Dir(o.routesFile())
	if err := errors.Join(os.MkdirAll(o.parts.DataDir, 0o700), os.WriteFile(inTheWay, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err := o.failover(anyway)
	oneSentence(t, err, failover.ErrDisk, o.routesFile(), "example.test")
	o.is(failover.RouteSecondary)
	if got := o.world.SendRoute(); got != failover.Primary {
		t.Errorf("the staff hand their mail to the %s", got)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	if out := o.done(o.failover(anyway)); !out.Resumed || out.Moved != 1 || out.Changes != 0 {
		t.Errorf("%+v", out)
	}
	o.leaves(failover.Secondary)
}

// Whatever becomes of the file, mail goes on leaving where it did: whoever has read it
// goes by that, whoever has not by the journal; and the next move writes it anew.
func TestDamagedRoutes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.done(o.sendVia(failover.Secondary))
	whole, err := os.ReadFile(o.routesFile())
	if err != nil {
		t.Fatal(err)
	}
	for what, content := range map[string]string{
		"empty": "", "no JSON": "secondary", "half": string(whole[:len(whole)/2]), "edited": strings.Replace(string(whole), `"secondary"`, `"primary"`, 1),
		"another version": strings.Replace(string(whole), `"version":1`, `"version":2`, 1), "gone": "gone",
	} {
		t.Run(what, func(t *testing.T) {
			err := os.WriteFile(o.routesFile(), []byte(content), 0o600)
			if what == "gone" {
				err = os.Remove(o.routesFile())
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range []*engine.Engine{o.Engine, o.another(func(*engine.Options) {})} {
				routes, err := e.Routes(t.Context())
				if len(routes) != 1 || routes[0].Role != failover.Secondary || engine.RouteOf(e, "example.test") != failover.Secondary {
					t.Errorf("%+v", routes)
				}
				if what == "gone" {
					if err != nil {
						t.Error(err)
					}
					continue
				}
				oneSentence(t, err, failover.ErrDamaged, o.routesFile(), "lifeboat relay route")
				if st, err := e.Status(t.Context(), nil); err != nil || st.Domains[0].SendProblem.IsZero() {
					t.Errorf("%+v, %v", st.Domains, err)
				}
			}
			o.done(o.sendVia(failover.Primary))
			o.done(o.sendVia(failover.Secondary))
			o.leaves(failover.Secondary)
			if kept, err := os.ReadFile(o.routesFile() + ".damaged"); what != "gone" && (err != nil || string(kept) != content) {
				t.Errorf("kept of the damaged file: %q, %v", kept, err)
			}
		})
	}
}

// A damaged file is looked at twice a second, and complained of once.
func TestDamagedRoutesAreLoggedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.done(o.sendVia(failover.Secondary))
	if err := os.WriteFile(o.routesFile(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	book := engine.BookOf(o.another(func(p *engine.Options) { p.Logger = slog.New(slog.NewTextHandler(&log, nil)) }))
	for range 5 {
		book.Poke()
	}
	if n := strings.Count(log.String(), o.routesFile()); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, log.String())
	}
	// Once it is whole again it is believed, and nothing more is wrong.
	o.done(o.sendVia(failover.Primary))
	if book.Poke(); book.Route("example.test") != failover.Primary {
		t.Error("the new file is not read")
	}
}

// Whoever sends mail on in another process is woken by a move.
func TestRouteIsSeenByAnotherProcess(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other := o.another(func(*engine.Options) {})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	book := engine.BookOf(other)
	book.Poke()
	changed := book.Changed()
	go engine.Follow(book, ctx)
	o.done(o.sendVia(failover.Secondary))
	select {
	case <-changed:
	case <-time.After(time.Minute):
		t.Fatal("nobody told the other process")
	}
	if got := book.Route("EXAMPLE.test"); got != failover.Secondary {
		t.Errorf("mail leaves through the %s", got)
	}
	// What is written anew and says the same wakes nobody.
	changed = book.Changed()
	data, err := os.ReadFile(o.routesFile())
	if err == nil {
		err = os.WriteFile(o.routesFile(), append(data, ' '), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	book.Poke()
	select {
	case <-changed:
		t.Error("woken for nothing")
	default:
	}
}

// Whose mail goes where: names below a domain go its way, and what nobody knows goes
// out through the primary. The emergency subdomain is known to the secondary alone.
func TestRouteOfNames(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, c := range []struct {
		at   failover.Role
		want map[string]failover.Role
	}{
		{failover.Primary, map[string]failover.Role{
			"example.test": failover.Primary, "Example.Test.": failover.Primary, "sub.example.test": failover.Primary, "notexample.test": failover.Primary,
			"emergency.example.test": failover.Secondary, "x.emergency.example.test": failover.Secondary, "": failover.Primary,
		}},
		{failover.Secondary, map[string]failover.Role{
			"example.test": failover.Secondary, "EXAMPLE.TEST": failover.Secondary, "sub.example.test": failover.Secondary, "notexample.test": failover.Primary,
			"emergency.example.test": failover.Secondary, "other.test": failover.Primary,
		}},
	} {
		o.done(o.sendVia(c.at))
		for name, want := range c.want {
			if got := engine.RouteOf(o.Engine, name); got != want {
				t.Errorf("at the %s, mail from %q leaves through the %s, not the %s", c.at, name, got, want)
			}
		}
	}
}

// A plan saved before the route was moved by itself is still good; one that knows
// nothing of a route that would move is not.
func TestSavedPlanAndTheRoute(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	saved, err := o.Plan(t.Context(), engine.PlanRequest{Kind: failover.Failover})
	if err != nil {
		t.Fatal(err)
	}
	without := saved
	without.Routes = nil
	if err := without.Seal(); err != nil {
		t.Fatal(err)
	}
	zone := o.zone()
	apply := func(p failover.Plan) (failover.Outcome, error) {
		return o.failover(anyway, func(r *engine.SwitchRequest) { r.Saved = &p })
	}
	_, err = apply(without)
	o.refused(zone, err, failover.ErrStale, "more has to change")
	o.done(o.sendVia(failover.Secondary))
	if out := o.done(apply(saved)); out.Moved != 0 || out.Routes[0].State != failover.Ack {
		t.Errorf("%+v", out)
	}
	o.is(failover.RouteSecondary)
	o.leaves(failover.Secondary)
}

// A provider without submission has no send route: its plans have no such step.
func TestNoSubmissionNoRoute(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	text, err := os.ReadFile(o.Settings().File())
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(string(text), "    submission:\n")
	end := at + strings.Index(string(text)[at:], "    imap:\n")
	if at < 0 || end < at {
		t.Fatalf("no submission in\n%s", text)
	}
	s := o.settings(string(text[at:end]), "")
	e := o.another(func(p *engine.Options) { p.Settings = s })
	p, err := e.Plan(t.Context(), engine.PlanRequest{Kind: failover.Failover})
	if err != nil || len(p.Routes) != 0 || len(p.Steps) == 0 {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = e.Switch(t.Context(), engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.SendRoute, To: failover.Secondary}})
	oneSentence(t, err, failover.ErrInvalid, "no domain in", "providers")
	if d := e.RouteAlone(nil); len(d) != 0 {
		t.Errorf("%+v", d)
	}
}

func FuzzReadRoutes(f *testing.F) {
	f.Add([]byte(`{"version":1,"routes":[],"sum":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"}`))
	f.Add([]byte(`{"version":1,"routes":[{"domain":"a.test","role":"secondary"}],"sum":""}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		routes, err := engine.ReadRoutes(data)
		if err != nil {
			return
		}
		for name, r := range routes {
			if r.Role != failover.Primary && r.Role != failover.Secondary || name != failover.FQDN(r.Domain) {
				t.Errorf("%s: %+v", name, r)
			}
		}
	})
}
