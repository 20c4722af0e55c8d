package dnsview

import (
	"context"
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// Line53 says what this line does to DNS on port 53.
type Line53 string

// What a line does to DNS. Intercepted: some box answers in the servers' stead, so
// that every authoritative server looks as if it did not answer for its zone.
// Down: nothing comes back, over HTTPS neither, so that nothing can be said.
const (
	LineOpen        Line53 = "open"
	LineBlocked     Line53 = "blocked"
	LineIntercepted Line53 = "intercepted"
	LineDown        Line53 = "down"
)

// rootServers returns the addresses of four root servers, run by four
// different bodies: b, f, k and m (https://www.iana.org/domains/root/servers).
func rootServers() []netip.Addr {
	return []netip.Addr{
		netip.AddrFrom4([4]byte{170, 247, 170, 2}), netip.AddrFrom4([4]byte{192, 5, 5, 241}),
		netip.AddrFrom4([4]byte{193, 0, 14, 129}), netip.AddrFrom4([4]byte{202, 12, 27, 33}),
	}
}

// Controls returns the servers that Line asks.
func (r *Reader) Controls() []netip.Addr { return slices.Clone(r.opt.Controls) }

// Line finds out whether this line lets DNS out on port 53, by asking servers that
// have nothing to do with any domain in question (Options.Controls). It takes one
// time-out at most.
func (r *Reader) Line(ctx context.Context) Line53 {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	root := failover.Key{Name: ".", Type: "NS"}
	doh := make(chan bool, 1)
	go func() {
		for _, a := range r.DoH(ctx, root) {
			if a.Err == nil {
				doh <- true
				return
			}
		}
		doh <- false
	}()

	controls := make(chan Line53, len(r.opt.Controls))
	for _, c := range r.opt.Controls {
		go func() {
			m, _, err := r.ask(ctx, netip.AddrPortFrom(c, r.opt.Port).String(), query{name: root.Name, qtype: dns.TypeNS})
			switch {
			case err != nil:
				controls <- LineDown
			case m.Authoritative:
				controls <- LineOpen
			default:
				controls <- LineIntercepted
			}
		}()
	}
	line := LineDown
	for range r.opt.Controls {
		if said := <-controls; said == LineOpen {
			return LineOpen
		} else if said == LineIntercepted {
			line = LineIntercepted
		}
	}
	if line == LineDown && <-doh {
		return LineBlocked
	}
	return line
}
