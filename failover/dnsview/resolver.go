package dnsview

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// System asks the resolvers of the options, or else those of this machine: what a
// program here would see, old answers from caches included. A set that is not
// there comes back without values. The error is failover.ErrUnreachable when no
// resolver gives an answer.
func (r *Reader) System(ctx context.Context, key failover.Key) (failover.RRset, error) {
	key.Name = failover.FQDN(key.Name)
	m, err := r.viaResolvers(ctx, key)
	if err != nil {
		return failover.RRset{}, err
	}
	return setOf(m, key), nil
}

// Addresses finds the IPv4 and IPv6 addresses of a host, IPv4 first, and, when
// the name is an alias, what it is an alias of. A host without any address has
// none, and no error: that is failover.ErrUnreachable, for when nobody could
// tell.
func (r *Reader) Addresses(ctx context.Context, host string) (addrs []netip.Addr, cname string, err error) {
	host = failover.FQDN(host)
	type result struct {
		m   *dns.Msg
		err error
	}
	six := make(chan result, 1)
	go func() {
		m, err := r.resolve(ctx, failover.Key{Name: host, Type: "AAAA"})
		six <- result{m, err}
	}()
	m4, err4 := r.resolve(ctx, failover.Key{Name: host, Type: "A"})
	got6 := <-six
	if err4 != nil && got6.err != nil {
		return nil, "", err4
	}
	for _, m := range []*dns.Msg{m4, got6.m} {
		if m == nil {
			continue
		}
		if cname == "" {
			cname = alias(m, host)
		}
		addrs = append(addrs, addressesIn(m.Answer, "")...)
	}
	if len(addrs) == 0 && (err4 != nil || got6.err != nil) {
		return nil, cname, errors.Join(err4, got6.err)
	}
	return tidy(addrs), cname, nil
}

// addressesIn takes the addresses out of records; of one owner if it is named.
// The answer section of a resolver holds only the name asked and its aliases.
func addressesIn(rrs []dns.RR, owner string) []netip.Addr {
	var out []netip.Addr
	for _, rr := range inet(rrs) {
		if owner != "" && failover.FQDN(rr.Header().Name) != owner {
			continue
		}
		var ip []byte
		switch v := rr.(type) {
		case *dns.A:
			ip = v.A.To4()
		case *dns.AAAA:
			ip = v.AAAA.To16()
		}
		if a, ok := netip.AddrFromSlice(ip); ok {
			out = append(out, a.Unmap())
		}
	}
	return out
}

// tidy sorts addresses, IPv4 first, and drops repeated ones.
func tidy(addrs []netip.Addr) []netip.Addr {
	slices.SortFunc(addrs, netip.Addr.Compare)
	return slices.Compact(addrs)
}

// resolve asks the resolvers and, when they are slow, silent or fail, those over
// HTTPS too.
func (r *Reader) resolve(ctx context.Context, key failover.Key) (*dns.Msg, error) {
	return r.firstResolver(ctx, key, r.opt.DoH)
}

// viaResolvers asks the resolvers on port 53 only.
func (r *Reader) viaResolvers(ctx context.Context, key failover.Key) (*dns.Msg, error) {
	return r.firstResolver(ctx, key, nil)
}

// firstResolver asks the resolvers on port 53 and then those over HTTPS, one soon
// after the other; the first that finds out wins.
func (r *Reader) firstResolver(ctx context.Context, key failover.Key, doh []string) (*dns.Msg, error) {
	code, known := typeOf(key.Type)
	if !known {
		return nil, noType(key.Type)
	}
	resolvers := r.opt.Resolvers
	if len(resolvers) == 0 {
		resolvers = r.system()
	}
	m, err := hedge(ctx, slices.Concat(resolvers, doh), r.opt.Timeout/4, func(ctx context.Context, way string) (*dns.Msg, error) {
		if slices.Contains(doh, way) {
			m, _, err := r.overHTTPS(ctx, way, key)
			return m, err
		}
		m, _, err := r.ask(ctx, way, query{name: key.Name, qtype: code, recurse: true})
		return found(m, err)
	})
	if err != nil {
		return nil, failover.Fail(failover.ErrUnreachable,
			"no resolver could find the {type} records of {name}; see whether this machine is on the network and which resolver it uses",
			"type", key.Type, "name", display(key.Name)).Because(err)
	}
	return m, nil
}

func noType(typ string) error {
	return failover.Fail(failover.ErrInvalid, `"{type}" is no DNS record type; nothing was asked`, "type", typ)
}

// found makes an error of a message in which a resolver says that it failed.
func found(m *dns.Msg, err error) (*dns.Msg, error) {
	if err != nil {
		return nil, err
	}
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return nil, errors.New("the resolver answers with the error " + rcode(m.Rcode))
	}
	return m, nil
}

// hedge tries several ways to the same thing. Each next one is started when the
// ones before it have failed or have taken longer than the patience given; the
// first success wins and the others are dropped. The error is that of all.
func hedge[T any](ctx context.Context, ways []string, patience time.Duration, try func(context.Context, string) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	var none T
	results := make(chan result, len(ways))
	timer := time.NewTimer(0)
	defer timer.Stop()
	errs := []error{}
	for next := 0; len(errs) < len(ways); {
		select {
		case <-timer.C:
			if next < len(ways) {
				way := ways[next]
				next++
				go func() {
					v, err := try(ctx, way)
					results <- result{v, err}
				}()
				timer.Reset(patience)
			}
		case got := <-results:
			if got.err == nil {
				return got.value, nil
			}
			errs = append(errs, got.err)
			timer.Reset(0)
		}
	}
	if len(errs) == 0 {
		return none, errors.New("there is nobody to ask")
	}
	return none, errors.Join(errs...)
}
