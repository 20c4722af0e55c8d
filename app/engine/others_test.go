package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

// A person stopped half-way through the first set; somebody else changed the second,
// which the run never came to. The first is taken back, the second let be.
func TestByHandForeignStepLeavesAWayBack(t *testing.T) {
	t.Parallel()
	o, p := byHand(t, "generic")
	o.unprepared()
	home := o.mail()[0]
	p.switchUntil(2)
	foreign := failover.NewRRset(emergency.Name, "MX", 60, "10 mx.colleague.test.")
	if err := o.world.Put(foreign); err != nil {
		t.Fatal(err)
	}
	out := o.done(o.rollback(func(r *engine.RollbackRequest) { r.Tell = p.tell }))
	if now := o.mail(); now[0] != home || now[1] != foreign.String() || len(out.Plan.Steps) != 1 || len(out.Plan.Notes) != 1 {
		t.Errorf("%v\n%+v", now, out)
	}
}

// elsewhere is a DNS host that cannot read a set, as that of a delegated subdomain.
type elsewhere struct {
	dnshost.Host
	key failover.Key
}

func (h elsewhere) Read(ctx context.Context, zone string, keys []failover.Key) ([]failover.RRset, error) {
	if slices.Contains(keys, h.key) {
		return nil, failover.Fail(failover.ErrZone, "the test's subdomain is in another zone")
	}
	return h.Host.Read(ctx, zone, keys)
}

func TestDelegatedEmergencyDoesNotStopAFailover(t *testing.T) {
	t.Parallel()
	unreadable := func(key failover.Key) func(*engine.Options) {
		return func(p *engine.Options) {
			open := p.MakeHost
			p.MakeHost = func(ctx context.Context, d configs.Domain) (dnshost.Host, error) {
				h, err := open(ctx, d)
				return elsewhere{h, key}, err
			}
		}
	}
	o := newOffice(t, unreadable(emergency))
	out := o.done(o.failover())
	o.is(failover.RouteSecondary)
	var notes []string
	for _, n := range out.Plan.Notes {
		notes = append(notes, n.Say.String())
	}
	if got := strings.Join(notes, "\n"); len(out.Plan.Steps) != 1 || !strings.Contains(got, "the test's subdomain is in another zone") {
		t.Errorf("%d steps, notes: %s", len(out.Plan.Steps), got)
	}
	before := o.zone()
	_, err := o.change(failover.Prepare)
	o.refused(before, err, failover.ErrZone, "the test's subdomain is in another zone")

	o = newOffice(t, unreadable(mx))
	before = o.zone()
	_, err = o.failover()
	o.refused(before, err, failover.ErrZone, "the test's subdomain is in another zone")
}
