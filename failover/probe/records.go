package probe

import (
	"context"
	"errors"
	"slices"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/dnswire"
)

// zone is the zone that holds the domain's records.
type zone struct {
	name    string
	servers []dnsview.Server
	err     error
}

// zone finds the domain's zone and its servers.
func (s *survey) zone(ctx context.Context) zone {
	return s.zones.get("", func() zone {
		name, err := s.prober.opt.Reader.Zone(ctx, s.target.Domain.Name)
		if err != nil {
			return zone{err: err}
		}
		servers, err := s.prober.opt.Reader.Servers(ctx, name)
		return zone{name, servers, err}
	})
}

// records is a record set as found; a set that is not there has no values.
type records struct {
	set  failover.RRset
	from string // who said so
	err  error  // nobody could tell
}

// published finds a set of the domain itself as the world sees it: from its
// authoritative servers, else over HTTPS, and only then from the system's
// resolver, which in an office often gives the office's own version of the
// domain. Aliases are followed.
func (s *survey) published(ctx context.Context, name, typ string) records {
	return s.follow(name, typ, func(key failover.Key) records {
		if r := s.authoritative(ctx, key); r.err == nil {
			return r
		}
		if r := s.overHTTPS(ctx, key); r.err == nil {
			return r
		}
		return s.resolved(ctx, key)
	})
}

// lookup finds a set of somebody else's domain.
func (s *survey) lookup(ctx context.Context, name, typ string) records {
	return s.follow(name, typ, func(key failover.Key) records { return s.resolved(ctx, key) })
}

// follow asks for a set and, when there is none, whether the name is an alias
// (RFC 1034 section 3.6.2).
func (s *survey) follow(name, typ string, ask func(failover.Key) records) records {
	seen := map[string]bool{}
	for name = failover.FQDN(name); !seen[name] && len(seen) < 8; {
		seen[name] = true
		r := s.sets.get(failover.Key{Name: name, Type: typ}, func() records { return ask(failover.Key{Name: name, Type: typ}) })
		if r.err != nil || r.set.Exists() || typ == "CNAME" {
			return r
		}
		alias := s.sets.get(failover.Key{Name: name, Type: "CNAME"}, func() records { return ask(failover.Key{Name: name, Type: "CNAME"}) })
		if alias.err != nil || !alias.set.Exists() {
			return r
		}
		name = alias.set.Values[0]
	}
	return records{err: errors.New("the aliases go in a circle")}
}

// authoritative asks the servers of the zone that the domain is in.
func (s *survey) authoritative(ctx context.Context, key failover.Key) records {
	zone := s.zone(ctx)
	if zone.err != nil {
		return records{err: zone.err}
	}
	view := s.prober.opt.Reader.Authoritative(ctx, zone.name, zone.servers, key)
	if sets := view.Distinct(); len(sets) > 0 {
		return records{set: sets[0], from: "authoritative"}
	}
	return records{err: errors.New("no authoritative server answers")}
}

// overHTTPS takes the first resolver over HTTPS that answers.
func (s *survey) overHTTPS(ctx context.Context, key failover.Key) records {
	answers := s.prober.opt.Reader.DoH(ctx, key)
	for _, a := range answers {
		if a.Err == nil {
			return records{set: a.Set, from: a.Resolver}
		}
	}
	return records{err: errors.New("no resolver over HTTPS answers")}
}

// unproven reports whether DNSSEC is known not to prove a set: a resolver over
// HTTPS that checks signatures, as its answer about the root shows, does not vouch
// for it, and no other does. Without such a resolver nobody can tell, and the
// answer is false.
func (s *survey) unproven(ctx context.Context, key failover.Key) bool {
	doubted := map[string]bool{} // the resolvers that give the set and do not vouch for it
	for _, a := range s.prober.opt.Reader.DoH(ctx, key) {
		switch {
		case a.Err != nil:
		case a.Authenticated:
			return false
		default:
			doubted[a.Resolver] = true
		}
	}
	if len(doubted) == 0 {
		return false
	}
	root := s.prober.opt.Reader.DoH(ctx, failover.Key{Name: ".", Type: "SOA"})
	return slices.ContainsFunc(root, func(a dnsview.ResolverAnswer) bool {
		return a.Err == nil && a.Authenticated && doubted[a.Resolver]
	})
}

// resolved asks the system's resolvers, else those over HTTPS.
func (s *survey) resolved(ctx context.Context, key failover.Key) records {
	set, err := s.prober.opt.Reader.System(ctx, key)
	if err == nil {
		return records{set: set, from: "system"}
	}
	if r := s.overHTTPS(ctx, key); r.err == nil {
		return r
	}
	return records{err: err}
}

// texts returns the texts of a TXT set, in order.
func (r records) texts() []string {
	var out []string
	for _, v := range r.set.Values {
		if text, err := dnswire.Text(v); err == nil {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}
