package dnsview

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"lifeboat/failover"
)

// abreast is how many addresses are asked at one moment. All servers of almost
// every zone fit; what does not waits for a place within the same total time.
const abreast = 64

// Authoritative asks every address of every server for one record set, side by
// side. It takes two time-outs at most, whatever the number of servers, and one
// more to find out why when all are silent. It never fails: the state of each
// answer says what became of it.
//
// An answer counts only with authority (AA bit): the set without values then
// means that there is none. A name that is an alias has no other sets; the
// answer is such a set too, and its Detail names the alias.
func (r *Reader) Authoritative(ctx context.Context, zone string, servers []Server, key failover.Key) failover.View {
	zone, key.Name = failover.FQDN(zone), failover.FQDN(key.Name)
	v := failover.View{Key: key, Zone: zone}
	for _, s := range servers {
		if len(s.Addrs) == 0 {
			v.Answers = append(v.Answers, r.unresolved(zone, s, key))
		}
		for _, a := range s.Addrs {
			v.Answers = append(v.Answers, failover.Answer{Server: failover.FQDN(s.Name), Addr: a.Unmap()})
		}
	}
	slices.SortStableFunc(v.Answers, func(a, b failover.Answer) int {
		if c := strings.Compare(a.Server, b.Server); c != 0 {
			return c
		}
		return a.Addr.Compare(b.Addr)
	})

	all, cancel := context.WithTimeout(ctx, 2*r.opt.Timeout)
	defer cancel()
	places := make(chan struct{}, abreast)
	var wg sync.WaitGroup
	for i := range v.Answers {
		if a := &v.Answers[i]; a.State == "" {
			wg.Go(func() {
				select {
				case places <- struct{}{}:
					defer func() { <-places }()
				case <-all.Done():
				}
				*a = r.word(all, zone, *a, key)
			})
		}
	}
	wg.Wait()
	r.blameLine(ctx, &v)
	return v
}

// word asks one address.
func (r *Reader) word(ctx context.Context, zone string, a failover.Answer, key failover.Key) failover.Answer {
	a.Set = failover.NewRRset(key.Name, key.Type, 0)
	server, addr := display(a.Server), a.Addr.String()
	code, known := typeOf(key.Type)
	if !known {
		a.State, a.At = failover.Refused, r.opt.Now()
		a.Detail = failover.Say(`"{type}" is no DNS record type; nothing was asked`, "type", key.Type)
		return a
	}
	m, rtt, err := r.ask(ctx, netip.AddrPortFrom(a.Addr, r.opt.Port).String(), query{name: key.Name, qtype: code})
	a.RTT, a.At = rtt, r.opt.Now()
	switch {
	case err == nil:
		a.State, a.Set, a.Detail = judge(m, zone, key, a.Server, addr)
	case a.Addr.Is6() && noRoute(err):
		a.State = failover.NoIPv6
		a.Detail = failover.Say("{server} ({address}) was not asked: this line has no IPv6", "server", server, "address", addr)
	default:
		a.State, a.Detail = failover.Silent, why(server, addr, err)
	}
	return a
}

func (r *Reader) unresolved(zone string, s Server, key failover.Key) failover.Answer {
	detail := failover.Say("{server} is named as a server of {zone} but its name has no address; have it corrected or taken out of the NS records",
		"server", display(s.Name), "zone", display(zone))
	if s.Problem != nil {
		detail = failover.Say("the address of {server}, a server of {zone}, could not be found out, so it was not asked; try again, or from another line",
			"server", display(s.Name), "zone", display(zone))
	}
	return failover.Answer{
		Server: failover.FQDN(s.Name), State: failover.Unresolved, At: r.opt.Now(),
		Set: failover.NewRRset(key.Name, key.Type, 0), Detail: detail,
	}
}

// blameLine looks, when every server that could be asked is silent, or none
// answers for the zone, whether it is this line that lets no DNS through, and
// says so in their place.
func (r *Reader) blameLine(ctx context.Context, v *failover.View) {
	suspect := false
	for _, a := range v.Answers {
		switch a.State {
		case failover.Silent, failover.Lame:
			suspect = true
		case failover.NoIPv6, failover.Unresolved:
		default:
			return
		}
	}
	if !suspect || ctx.Err() != nil {
		return
	}
	line := r.Line(ctx)
	for i := range v.Answers {
		a := &v.Answers[i]
		switch {
		case a.State == failover.Silent && line == LineBlocked:
			a.Detail = failover.Say("{server} ({address}) could not be asked: this line lets no DNS out on port {port}; ask from another line",
				"server", display(a.Server), "address", a.Addr, "port", r.opt.Port)
		case a.State == failover.Lame && line == LineIntercepted:
			a.Detail = failover.Say("{server} ({address}) could not be asked: something on this line answers DNS in its place; ask from another line",
				"server", display(a.Server), "address", a.Addr)
		default:
			continue
		}
		a.State = failover.BlockedLine
	}
}

// Look finds the servers of a zone and asks them for several record sets. The
// views are in the order of the keys.
func (r *Reader) Look(ctx context.Context, zone string, keys ...failover.Key) ([]failover.View, error) {
	servers, err := r.Servers(ctx, zone)
	if err != nil {
		return nil, err
	}
	views := make([]failover.View, len(keys))
	var wg sync.WaitGroup
	for i, k := range keys {
		wg.Go(func() { views[i] = r.Authoritative(ctx, zone, servers, k) })
	}
	wg.Wait()
	return views, nil
}
