package rfc2136

import (
	"context"
	"errors"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

var _ dnshost.Trier = (*Host)(nil)

// TryWriting implements dnshost.Trier. It deletes one record that is not there from
// the MX set and one from the lock's, on condition that the MX set is as it was read.
// A server checks whether the key may do so (RFC 2136 section 3.3) as it would for
// any other change of these sets; a record that is not there is then ignored (section
// 3.4.2.4), and as nothing was changed the serial number stays (section 3.6).
//
// Prerequisites alone would not do: servers that go by record types and names, as
// BIND's update-policy does, look at the updates, and without any there is nothing to refuse.
func (h *Host) TryWriting(ctx context.Context, zone, name string) error {
	zone, key := failover.FQDN(zone), failover.Key{Name: failover.FQDN(name), Type: "MX"}
	if err := dnshost.CheckKeys(zone, []failover.Key{key}); err != nil {
		return err
	}
	s, err := h.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	live, err := s.find(ctx, zone, key)
	if err != nil {
		return err
	}
	m := new(dns.Msg).SetUpdate(zone)
	if live.alias == "" {
		if err := require(m, live.set); err != nil {
			return err
		}
	}
	// Nobody's records: the host name is in a domain that never exists (RFC 6761 section 6.4).
	for _, absent := range []failover.RRset{
		failover.NewRRset(key.Name, "MX", lockTTL, "65535 lifeboat-tries-writing.invalid."),
		failover.NewRRset(dnshost.LockName(zone), "TXT", lockTTL, `"lifeboat tries writing"`),
	} {
		rrs, err := dnswire.Records(absent)
		if err != nil {
			return err
		}
		m.Remove(rrs)
	}
	a, _, err := s.exchange(ctx, m) // whether it came or not, nothing is changed by it
	switch {
	case err != nil && ctx.Err() != nil:
		return s.h.stopped(ctx)
	case err != nil:
		return failover.Fail(failover.ErrUnreachable,
			"{server} does not answer a change of {record}; nothing was changed. Try again in a moment",
			"server", h.name, "record", key).Because(err)
	}
	if err := h.judgeUpdate(a, zone, key); err != nil {
		if errors.Is(err, errPrerequisite) {
			return failover.Fail(failover.ErrStale, "{record} was changed at {server} at this moment; try again", "record", key, "server", h.name)
		}
		return err
	}
	return nil
}
