package dnsview

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"lifeboat/failover"
)

// maxServers is how many servers of one zone are looked at. Real zones have up to
// thirteen; a hostile one may name thousands.
const maxServers = 64

// Zone returns the apex of the zone that holds a name, as failover.FQDN makes it,
// whether the name itself exists or not. When there is no such domain at all
// (only its top-level domain) the error is failover.ErrZone.
func (r *Reader) Zone(ctx context.Context, name string) (string, error) {
	name = failover.FQDN(name)
	apex, err := r.apex(ctx, name)
	if err != nil {
		return "", err
	}
	suffix, icann := publicsuffix.PublicSuffix(strings.TrimSuffix(apex, "."))
	if apex == "." || suffix+"." == apex && (icann || parentOf(apex) == ".") {
		return "", noZone(name)
	}
	return apex, nil
}

func noZone(name string) error {
	return failover.Fail(failover.ErrZone,
		"there is no domain {name} in the DNS; look for a typing error, and see at the registrar whether it has expired", "name", display(name))
}

// apex finds the zone that a name is in by the SOA record that comes with every
// answer: of the name itself, or beside a negative answer (RFC 2308 section 3).
func (r *Reader) apex(ctx context.Context, name string) (string, error) {
	for at := name; ; at = parentOf(at) {
		m, err := r.resolve(ctx, failover.Key{Name: at, Type: "SOA"})
		if err != nil {
			return "", err
		}
		if apex := apexOf(m, at); apex != "" {
			return apex, nil
		}
		if at == "." {
			return "", noZone(name)
		}
	}
}

// Servers finds the authoritative servers of a zone and their addresses: those
// that the parent's servers name, with the glue they give, and those of the
// zone's own NS set. Listed says where each is named. Where one of the two lists
// cannot be read the other one serves; without both, what the resolvers know.
// The error is failover.ErrZone when the zone does not exist and
// failover.ErrUnreachable when nobody can tell. It takes eight time-outs at
// most, and that only on a line that lets no DNS through.
func (r *Reader) Servers(ctx context.Context, zone string) ([]Server, error) {
	ctx, cancel := context.WithTimeout(ctx, 8*r.opt.Timeout)
	defer cancel()
	zone = failover.FQDN(zone)

	parent, glue := r.delegation(ctx, zone)
	known := parent
	var cause error
	if len(known) == 0 {
		m, err := r.resolve(ctx, failover.Key{Name: zone, Type: "NS"})
		if err != nil {
			return nil, failover.Fail(failover.ErrUnreachable,
				"the name servers of {zone} cannot be found out; see whether this machine is on the network and which resolver it uses",
				"zone", display(zone)).Because(err)
		}
		known = nsNames(zone, m.Answer)
		cause = errors.New("the NS question is answered with " + rcode(m.Rcode))
	}
	if len(known) == 0 {
		return nil, failover.Fail(failover.ErrZone,
			"{zone} has no name servers in the DNS; look for a typing error, and see at the registrar whether the domain has expired",
			"zone", display(zone)).Because(cause)
	}
	found := r.locate(ctx, known, glue)
	own := r.ownList(ctx, zone, found)
	found = append(found, r.locate(ctx, slices.DeleteFunc(slices.Clone(own), func(n string) bool {
		return slices.ContainsFunc(found, func(s Server) bool { return s.Name == n })
	}), nil)...)
	slices.SortFunc(found, func(a, b Server) int { return strings.Compare(a.Name, b.Name) })
	for i := range found {
		found[i].Listed = listed(found[i].Name, parent, own)
	}
	return found, nil
}

func listed(name string, parent, own []string) Listing {
	switch p, o := slices.Contains(parent, name), slices.Contains(own, name); {
	case len(parent) == 0 || len(own) == 0:
		return ""
	case p && o:
		return ListedBoth
	case p:
		return ListedParent
	default:
		return ListedZone
	}
}

// delegation asks the servers of the parent zone, without recursion, whom they
// name for the zone, and at which addresses. Nobody, when they cannot be asked.
func (r *Reader) delegation(ctx context.Context, zone string) ([]string, map[string][]netip.Addr) {
	if zone == "." {
		return nil, nil
	}
	above, err := r.apex(ctx, parentOf(zone))
	if err != nil {
		return nil, nil
	}
	m, err := r.resolve(ctx, failover.Key{Name: above, Type: "NS"})
	if err != nil {
		return nil, nil
	}
	glue := map[string][]netip.Addr{}
	for _, n := range nsNames(above, m.Answer) {
		glue[n] = addressesIn(m.Extra, n)
	}
	m, err = r.firstOf(ctx, r.locate(ctx, nsNames(above, m.Answer), glue), zone, func(m *dns.Msg) bool {
		return len(nsNames(zone, m.Answer, m.Ns)) > 0
	})
	if err != nil {
		return nil, nil
	}
	names := unique(nsNames(zone, m.Answer, m.Ns))
	given := map[string][]netip.Addr{}
	for _, n := range names {
		if failover.Within(n, above) { // glue for other names is not the parent's to give
			given[n] = addressesIn(m.Extra, n)
		}
	}
	return names, given
}

// ownList asks the zone's servers for the zone's own NS set; nobody when none of
// them answers with authority.
func (r *Reader) ownList(ctx context.Context, zone string, servers []Server) []string {
	m, err := r.firstOf(ctx, servers, zone, func(m *dns.Msg) bool {
		return m.Authoritative && len(nsNames(zone, m.Answer)) > 0
	})
	if err != nil {
		return nil
	}
	return unique(nsNames(zone, m.Answer))
}

// firstOf puts the NS question of a zone to servers, one soon after the other,
// until one gives an answer that will do.
func (r *Reader) firstOf(ctx context.Context, servers []Server, zone string, good func(*dns.Msg) bool) (*dns.Msg, error) {
	var all []netip.Addr
	for _, s := range servers {
		all = append(all, s.Addrs...)
	}
	var ways []string
	for _, a := range tidy(all) {
		ways = append(ways, netip.AddrPortFrom(a, r.opt.Port).String())
	}
	ctx, cancel := context.WithTimeout(ctx, r.opt.Timeout*5/4)
	defer cancel()
	return hedge(ctx, ways, r.opt.Timeout/8, func(ctx context.Context, addr string) (*dns.Msg, error) {
		m, _, err := r.ask(ctx, addr, query{name: zone, qtype: dns.TypeNS})
		if err == nil && !good(m) {
			err = errors.New("no NS set of the zone")
		}
		return m, err
	})
}

// locate finds the addresses of servers, side by side, and joins them to the glue.
func (r *Reader) locate(ctx context.Context, names []string, glue map[string][]netip.Addr) []Server {
	names = unique(names)
	out := make([]Server, len(names))
	var wg sync.WaitGroup
	for i, n := range names {
		wg.Go(func() {
			addrs, _, err := r.Addresses(ctx, n)
			out[i] = Server{Name: n, Addrs: tidy(append(addrs, glue[n]...))}
			if len(out[i].Addrs) == 0 {
				out[i].Problem = err
			}
		})
	}
	wg.Wait()
	return out
}

// unique sorts names, drops repeated ones and keeps to maxServers.
func unique(names []string) []string {
	out := slices.Clone(names)
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxServers)]
}
