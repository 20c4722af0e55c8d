package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// relayRouteCommand shows the send routes, or moves them by themselves.
func (s *session) relayRouteCommand() *cobra.Command {
	t := s.tongue
	var yes bool
	var why string
	c := &cobra.Command{
		Use:       "route [primary|secondary [DOMAIN...]]",
		Short:     t.T("Show which provider mail leaves through, or lead it through the other one and leave the DNS alone"),
		ValidArgs: []string{string(failover.Primary), string(failover.Secondary)},
		RunE: func(c *cobra.Command, a []string) error {
			if len(a) == 0 {
				return s.showRoutes(c)
			}
			to := failover.Role(a[0])
			if to != failover.Primary && to != failover.Secondary {
				return failover.Fail(failover.ErrInvalid, "mail leaves through primary or through secondary, not through {value}", "value", a[0])
			}
			return s.carryOut(c, engine.SwitchRequest{
				PlanRequest: engine.PlanRequest{Kind: failover.SendRoute, To: to, Domains: a[1:], Why: why},
			}, yes)
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, t.T("do it without asking"))
	c.Flags().StringVar(&why, "reason", "", t.T("why, as it is to stand in the journal: `REASON`"))
	return c
}

// routesDocument is what lifeboat relay route prints with --json.
type routesDocument struct {
	Routes  []relay.Routing   `json:"routes"`
	Problem failover.Sentence `json:"problem,omitzero"`
}

func (s *session) showRoutes(c *cobra.Command) error {
	e, err := s.open()
	if err != nil {
		return err
	}
	routes, unread := e.Routes(c.Context())
	doc := routesDocument{Routes: routes}
	if unread != nil {
		doc.Problem = failover.SentenceOf(unread)
	}
	if err := s.document(doc); err != nil {
		return err
	}
	domains, err := e.Domains(nil)
	if err != nil {
		return err
	}
	for _, r := range routes {
		s.showRoute(r, domains)
	}
	if len(routes) == 0 {
		s.printT("No domain in the settings has a submission server at either provider.")
	}
	if unread != nil {
		s.print("  ! " + s.say(doc.Problem))
	}
	return nil
}

func (s *session) showRoute(r relay.Routing, domains []failover.Domain) {
	t, provider := s.tongue, ""
	if i := slices.IndexFunc(domains, func(d failover.Domain) bool { return d.Name == failover.FQDN(r.Domain) }); i >= 0 {
		provider = domains[i].Provider(r.Role).Name
	}
	parts := []any{"domain", failover.Display(r.Domain), "role", s.roleWord(r.Role), "provider", provider}
	if r.Since.IsZero() {
		s.printT("{domain}: mail leaves through {role}, {provider}.", parts...)
		return
	}
	parts = append(parts, "when", t.Clock(r.Since, s.Now()), "who", r.By)
	s.printT("{domain}: mail leaves through {role}, {provider}, since {when} ({who}).", parts...)
	s.print("  " + s.say(r.Reason))
}
