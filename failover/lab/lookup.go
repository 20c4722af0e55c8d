package lab

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// exchange puts one question to one server, over TCP when UDP cuts the answer.
func exchange(ctx context.Context, d failover.Dialer, to string, q *dns.Msg, limit time.Duration) (*dns.Msg, error) {
	q.SetEdns0(maxUDP, false)
	reply, err := exchangeOver(ctx, d, "udp", to, q, limit)
	if err == nil && reply.Truncated {
		return exchangeOver(ctx, d, "tcp", to, q, limit)
	}
	return reply, err
}

func exchangeOver(ctx context.Context, d failover.Dialer, proto, to string, q *dns.Msg, limit time.Duration) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := d.DialContext(ctx, proto, to)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	client := dns.Client{Net: proto, Timeout: limit}
	reply, _, err := client.ExchangeWithConnContext(ctx, q, &dns.Conn{Conn: c})
	return reply, err
}

// lookupLimit is for one question to the resolver, which may have to ask several
// silent servers first.
const lookupLimit = 10 * time.Second

// lookup asks the office's resolver. An error code other than NXDOMAIN is an error.
func lookup(ctx context.Context, d failover.Dialer, name string, typ uint16) (*dns.Msg, error) {
	return lookupAt(ctx, d, resolverAddr+":53", name, typ)
}

// lookupAt is lookup at any resolver.
func lookupAt(ctx context.Context, d failover.Dialer, server, name string, typ uint16) (*dns.Msg, error) {
	q := new(dns.Msg)
	q.SetQuestion(failover.FQDN(name), typ)
	reply, err := exchange(ctx, d, server, q, lookupLimit)
	if err != nil {
		return nil, err
	}
	if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
		return nil, &net.DNSError{
			Err: dns.RcodeToString[reply.Rcode], Name: failover.Display(name), Server: server, IsTemporary: true,
		}
	}
	return reply, nil
}

// findHost looks up a host's address, IPv4 if it has one. It is how a line finds
// the names that it is asked to dial.
func findHost(ctx context.Context, l *line, name string) (netip.Addr, error) {
	for _, typ := range []uint16{dns.TypeA, dns.TypeAAAA} {
		reply, err := lookup(ctx, l, name, typ)
		if err != nil {
			return netip.Addr{}, err
		}
		for _, rr := range reply.Answer {
			if a, ok := addressIn(rr); ok {
				return a, nil
			}
		}
	}
	return netip.Addr{}, &net.DNSError{Err: "no such host", Name: name, Server: resolverAddr, IsNotFound: true}
}
