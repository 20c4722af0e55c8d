package engine

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeboat/failover"
	"lifeboat/failover/journal"
	"lifeboat/failover/probe"
	"lifeboat/failover/relay"
)

// Status is how things are.
type Status struct {
	At      time.Time      `json:"at"`
	Domains []DomainStatus `json:"domains"`
	Open    *RunSummary    `json:"open_run,omitempty"`
	Runs    []RunSummary   `json:"runs"` // newest first, at most the last ten
	Mirror  MirrorStatus   `json:"mirror"`
	// Serve is the Lifeboat that serves this data folder, if one does.
	Serve ServeStatus `json:"serve"`
}

// DomainStatus is how one domain is.
type DomainStatus struct {
	Domain    string         `json:"domain"`
	Route     failover.Route `json:"route"`
	Provider  string         `json:"provider,omitempty"` // that mail goes to
	Secondary string         `json:"secondary,omitempty"`
	MX        failover.View  `json:"mx"`
	Emergency *failover.View `json:"emergency,omitempty"`
	// Send is the route of what the domain's users send, and SendsThrough the provider's
	// name; nil where no provider takes submissions.
	Send         *relay.Routing    `json:"send_route,omitempty"`
	SendsThrough string            `json:"sends_through,omitempty"`
	SendProblem  failover.Sentence `json:"send_route_problem,omitzero"`
	// Disagree is set when the servers that answer do not all say the same.
	Disagree bool `json:"disagree"`
	// SwitchTakes is how long a switch would need to reach every sender: the TTL of
	// the MX set as it is served.
	SwitchTakes time.Duration `json:"-"`
	SwitchSecs  int           `json:"switch_takes_seconds"`
	// Ready is what the evidence kept says of a switch to the other provider,
	// without anything being tried anew.
	Ready probe.Judgement `json:"ready"`
	// Countdown is until when caches may hold the route of before the last run.
	Countdown     time.Time         `json:"old_answers_until,omitzero"`
	CountdownOpen bool              `json:"old_answers_open,omitempty"`
	Problem       failover.Sentence `json:"problem,omitzero"`
	// LastWatch is what was found when the domain was watched last, nil when it was
	// never.
	LastWatch *LastWatch `json:"last_watch,omitempty"`
}

// RunSummary is one run of the journal.
type RunSummary struct {
	ID      string            `json:"id"`
	Kind    failover.Kind     `json:"kind"`
	Who     string            `json:"who"`
	Started time.Time         `json:"started"`
	Ended   time.Time         `json:"ended,omitzero"`
	Result  journal.Result    `json:"result,omitempty"`
	Domains []string          `json:"domains"`
	Trouble failover.Sentence `json:"trouble,omitzero"`
	// Plan and States tell of a run that is not finished what it wants, and how far each
	// of its steps has come, by the step's ID; nil of runs that have ended.
	Plan   *failover.Plan                `json:"-"`
	States map[string]failover.StepState `json:"-"`
}

const runsShown = 10

// Status looks at the domains and reads the journal; it changes nothing and
// tries no mail server.
func (e *Engine) Status(ctx context.Context, names []string) (Status, error) {
	domains, err := e.Domains(names)
	if err != nil {
		return Status{}, err
	}
	ops, err := e.operations()
	if err != nil {
		return Status{}, err
	}
	evidence := e.evidence(ctx)
	routes, unread := e.Routes(ctx)
	s := Status{At: e.opt.Now().UTC(), Domains: make([]DomainStatus, len(domains)), Runs: []RunSummary{}}
	for i := len(ops) - 1; i >= 0; i-- {
		sum := summary(ops[i])
		if ops[i].Open() {
			open := sum
			open.Plan, open.States = &ops[i].Plan, ops[i].Steps
			s.Open = &open
		}
		if len(s.Runs) < runsShown {
			s.Runs = append(s.Runs, sum)
		}
	}
	var g errgroup.Group
	g.SetLimit(domainsAtOnce + 2) // the mirror and what serves, beside the domains
	g.Go(func() error {
		s.Mirror = e.MirrorStatus(ctx)
		return nil
	})
	g.Go(func() error {
		s.Serve = e.Serving(ctx)
		return nil
	})
	for i, d := range domains {
		g.Go(func() error {
			s.Domains[i] = e.domainStatus(ctx, d)
			sendStatus(&s.Domains[i], d, routes, unread)
			e.readiness(&s.Domains[i], d, evidence, ops)
			countdown(&s.Domains[i], d, ops)
			if last, ok := e.LastWatch(ctx, d.Name); ok {
				s.Domains[i].LastWatch = &last
			}
			return nil
		})
	}
	return s, g.Wait()
}

// domainStatus asks the authoritative servers.
func (e *Engine) domainStatus(ctx context.Context, d failover.Domain) DomainStatus {
	st := DomainStatus{Domain: d.Name, Route: failover.RouteUnknown, Secondary: d.Secondary.Name}
	key := failover.Key{Name: d.Name, Type: "MX"}
	zone, err := e.opt.Reader.Zone(ctx, d.Name)
	if err != nil {
		st.Problem = failover.SentenceOf(err)
		return st
	}
	keys := []failover.Key{key}
	if d.Emergency != "" {
		keys = append(keys, failover.Key{Name: d.Emergency, Type: "MX"})
	}
	views, err := e.opt.Reader.Look(ctx, zone, keys...)
	if err != nil {
		st.Problem = failover.SentenceOf(err)
		return st
	}
	st.MX = views[0]
	if len(views) > 1 {
		st.Emergency = &views[1]
	}
	sets := st.MX.Distinct()
	if len(sets) == 0 {
		st.Problem = failover.Say("no name server of {zone} answers", "zone", failover.Display(zone))
		return st
	}
	st.Disagree = len(sets) > 1
	st.Route = d.RouteOf(sets[0])
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		if st.Route == failover.Route(r) {
			st.Provider = d.Provider(r).Name
		}
	}
	st.SwitchTakes = time.Duration(sets[0].TTL) * time.Second
	st.SwitchSecs = int(sets[0].TTL)
	return st
}

// sendStatus fills in where the domain's mail leaves.
func sendStatus(st *DomainStatus, d failover.Domain, routes []relay.Routing, unread error) {
	for _, r := range routes {
		if failover.FQDN(r.Domain) == d.Name {
			st.Send, st.SendsThrough = &r, d.Provider(r.Role).Name
		}
	}
	if unread != nil && st.Send != nil {
		st.SendProblem = failover.SentenceOf(unread)
	}
}

// readiness judges the evidence kept for a switch to the provider that mail does
// not go to now.
func (e *Engine) readiness(st *DomainStatus, d failover.Domain, ev *probe.Evidence, ops []journal.Operation) {
	to := failover.Secondary
	if st.Route == failover.RouteSecondary {
		to = failover.Primary
	}
	t := probe.Target{Domain: d, Provider: d.Provider(to)}
	now := e.opt.Now()
	st.Ready = e.withLeftOut(probe.Judge(ev.Findings(t), t, now, e.ageFor(d, to, ops, now)), t, now)
}

// countdown finds until when caches may hold what the last run that changed the
// domain's MX replaced.
func countdown(st *DomainStatus, d failover.Domain, ops []journal.Operation) {
	for _, op := range slices.Backward(ops) {
		for _, s := range op.Plan.Steps {
			if s.After.Key != (failover.Key{Name: d.Name, Type: "MX"}) || !made(op.Steps[s.ID]) {
				continue
			}
			st.Countdown, st.CountdownOpen = oldUntil(op, s)
			return
		}
	}
}

func summary(op journal.Operation) RunSummary {
	return RunSummary{
		ID: op.ID, Kind: op.Plan.Kind, Who: op.Who, Started: op.Started, Ended: op.Ended, Result: op.Result,
		Domains: op.Plan.Domains, Trouble: op.Trouble,
	}
}
