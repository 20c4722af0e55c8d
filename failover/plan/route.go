package plan

import (
	"strconv"

	"lifeboat/failover"
)

// sendRoute moves the send route alone.
func (b *builder) sendRoute() error {
	d := b.o.Domain
	switch {
	case b.req.To != failover.Primary && b.req.To != failover.Secondary:
		return failover.Fail(failover.ErrInvalid, "a send route leads to primary or to secondary, not to {value}", "value", b.req.To)
	case d.Provider(b.req.To).Submission.Host == "":
		return failover.Fail(failover.ErrInvalid,
			"mail from {domain} cannot leave through {provider}, whose submission server is not known: enter it in the settings, under providers.{role}.submission",
			"domain", failover.Display(d.Name), "provider", d.Provider(b.req.To).Name, "role", b.req.To)
	}
	b.moveRoute()
	return nil
}

// moveRoute leads what the domain's users send to the plan's target.
func (b *builder) moveRoute() {
	d, to := b.o.Domain, b.req.target()
	if b.o.Route == "" || b.o.Route == to {
		return
	}
	say := failover.Say("mail from {domain} leaves through {provider}", "domain", failover.Display(d.Name), "provider", d.Provider(to).Name)
	if b.req.Why != "" {
		say = failover.Say("mail from {domain} leaves through {provider}: {reason}",
			"domain", failover.Display(d.Name), "provider", d.Provider(to).Name, "reason", b.req.Why)
	}
	b.plan.Routes = append(b.plan.Routes, failover.RouteStep{
		ID: routeID(len(b.plan.Routes)), Domain: d.Name, Before: b.o.Route, After: to, Reason: say,
	})
}

// routeID names the route step of a plan that has n of them already.
func routeID(n int) string { return "r" + strconv.Itoa(n+1) }
