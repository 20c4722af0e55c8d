package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/plan"
)

// PlanRequest asks for a plan.
type PlanRequest struct {
	Kind    failover.Kind
	Domains []string // none is all of the settings
	// TrustHost: where the name servers answer something else than the DNS host holds,
	// the DNS host is right.
	TrustHost bool
	ReplaceMX bool
	// KeepRoute leaves the send route as it is.
	KeepRoute bool
	// To is where a plan of kind failover.SendRoute leads, and Why the reason that the
	// admin gave, if any.
	To  failover.Role
	Why string
}

// domainsAtOnce bounds how many domains are looked at side by side.
const domainsAtOnce = 16

// Plan looks at what is there and writes the plan; it changes nothing.
func (e *Engine) Plan(ctx context.Context, req PlanRequest) (failover.Plan, error) {
	domains, err := e.Domains(req.Domains)
	if err != nil {
		return failover.Plan{}, err
	}
	if req.Kind == failover.SendRoute {
		return e.planRoute(req, domains)
	}
	if req.Kind != failover.Failback {
		if err := e.needSecondary(domains); err != nil {
			return failover.Plan{}, err
		}
	}
	observed := make([]plan.Observed, len(domains))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(domainsAtOnce)
	for i, d := range domains {
		g.Go(func() error {
			o, err := e.observe(gctx, req.Kind, d)
			if !req.KeepRoute {
				o.Route = mover{e.routeBook()}.Route(d.Name)
			}
			observed[i] = o
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return failover.Plan{}, err
	}
	return plan.Build(e.wanted(req), observed)
}

// wanted puts a request into the words of package plan.
func (e *Engine) wanted(req PlanRequest) plan.Request {
	return plan.Request{
		Kind: req.Kind, ID: e.newID(), Author: e.opt.Owner, Now: e.opt.Now(), TrustHost: req.TrustHost, ReplaceMX: req.ReplaceMX, To: req.To, Why: req.Why,
	}
}

// planRoute plans the move of the send route alone, for which nothing is looked at but
// what is written here: it works while nothing on the network does.
func (e *Engine) planRoute(req PlanRequest, domains []failover.Domain) (failover.Plan, error) {
	book := mover{e.routeBook()}
	if len(req.Domains) == 0 { // all of those that have one, or whose mail is still away
		domains = slices.DeleteFunc(domains, func(d failover.Domain) bool {
			return !d.HasSendRoute() && (d.Provider(req.To).Submission.Host == "" || book.Route(d.Name) == req.To)
		})
	}
	if len(domains) == 0 {
		return failover.Plan{}, failover.Fail(failover.ErrInvalid,
			"no domain in {file} has a send route to move: enter the submission servers of both providers, under providers", "file", e.opt.Settings.File())
	}
	observed := make([]plan.Observed, len(domains))
	for i, d := range domains {
		observed[i] = plan.Observed{Domain: d, Route: book.Route(d.Name)}
	}
	return plan.Build(e.wanted(req), observed)
}

// observe reads one domain's records: what the host holds and what the servers
// answer.
func (e *Engine) observe(ctx context.Context, kind failover.Kind, d failover.Domain) (plan.Observed, error) {
	if kind == failover.Prepare {
		d = e.withSigning(ctx, d)
	}
	host, err := e.hostOf(ctx, d.Name)
	if err != nil {
		return plan.Observed{}, err
	}
	zone, err := host.Zone(ctx, d.Name)
	if err != nil {
		return plan.Observed{}, err
	}
	settings, _ := e.opt.Settings.Domain(d.Name)
	caps := host.Capabilities()
	o := plan.Observed{Domain: d, Zone: zone, Host: settings.DNS.Host, MinTTL: caps.MinTTL, MaxTTL: caps.MaxTTL, OwnTTL: caps.OwnTTL}
	keys := plan.Keys(kind, d)
	var g errgroup.Group
	g.Go(func() (err error) {
		o.Live, o.Unread, err = read(ctx, host, zone, keys)
		return err
	})
	g.Go(func() error {
		views, err := e.opt.Reader.Look(ctx, zone, keys...)
		if err != nil {
			// Servers that cannot be found do not keep us from changing records at a
			// host that can be reached; verification says it later.
			e.opt.Logger.Warn("authoritative servers", "zone", zone, "error", err)
		}
		o.Views = views
		return nil
	})
	return o, g.Wait()
}

// read reads the sets at the host, all at once or else one by one: a domain's own MX,
// the first, must be had; why another one could not be read is returned with the rest,
// for the plan to weigh. A subdomain may be delegated away.
func read(ctx context.Context, host dnshost.Host, zone string, keys []failover.Key) (live []failover.RRset, unread map[failover.Key]error, err error) {
	if live, err = host.Read(ctx, zone, keys); err == nil || len(keys) == 1 {
		return live, nil, err
	}
	unread = map[failover.Key]error{}
	live = nil
	for i, k := range keys {
		sets, err := host.Read(ctx, zone, []failover.Key{k})
		switch {
		case err == nil:
			live = append(live, sets...)
		case i == 0 || ctx.Err() != nil:
			return nil, nil, err
		default:
			unread[k] = err
		}
	}
	return live, unread, nil
}

// newID is a run's name: when it was planned, and enough chance to be the only
// one.
func (e *Engine) newID() string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return fmt.Sprintf("%s-%x", e.opt.Now().UTC().Format("20060102T150405"), b)
}

// Domains returns the named domains, or all, in the words of package failover.
func (e *Engine) Domains(names []string) ([]failover.Domain, error) {
	s := e.opt.Settings
	if len(names) == 0 {
		for _, d := range s.Domains {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return nil, failover.Fail(failover.ErrInvalid, "{file} names no domain: add one under domains, or give lifeboat init DOMAIN", "file", s.File())
	}
	var out []failover.Domain
	for _, n := range names {
		d, ok := s.Domain(n)
		if !ok {
			return nil, unknownDomain(n, s)
		}
		fd := domainOf(s, d)
		if !slices.ContainsFunc(out, func(o failover.Domain) bool { return o.Name == fd.Name }) {
			out = append(out, fd)
		}
	}
	return out, nil
}

// needSecondary refuses domains that have no secondary provider.
func (e *Engine) needSecondary(domains []failover.Domain) error {
	for _, d := range domains {
		if err := e.opt.Settings.NeedSecondary(failover.Display(d.Name)); err != nil {
			return err
		}
	}
	return nil
}

func unknownDomain(name string, s *configs.Settings) error {
	return failover.Fail(failover.ErrInvalid, "{domain} is not in {file}: write it under domains, or give the name of one that is there",
		"domain", failover.Display(failover.FQDN(name)), "file", s.File())
}
