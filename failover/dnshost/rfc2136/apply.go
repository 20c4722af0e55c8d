package rfc2136

import (
	"context"
	"errors"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

// Apply reads the set and the lock, sends one update that holds only if both are
// still as they were read, and reads the set back.
func (h *Host) Apply(ctx context.Context, c dnshost.Change) error {
	zone := failover.FQDN(c.Zone)
	if err := c.Check(); err != nil {
		return err
	}
	s, err := h.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()

	done, lock, err := s.inspect(ctx, zone, c)
	if done || err != nil {
		return err
	}
	switch err := s.swap(ctx, zone, c.Before, c.After, lock); {
	case errors.Is(err, errPrerequisite):
		// Somebody was faster: what is there now says at what.
		if done, _, err := s.inspect(ctx, zone, c); done || err != nil {
			return err
		}
		return failover.Fail(failover.ErrStale,
			"{record} or the lock of {zone} changed and changed back while {server} was asked; nothing was changed. Look at the records and try again",
			"record", c.After.Key, "zone", failover.Display(zone), "server", h.name)
	case err != nil:
		return err
	}
	return s.confirm(ctx, zone, c.After)
}

// inspect reads what a change depends on. It is done when After is there already;
// otherwise the error says what stands against the change, and lock is the lock's
// record set, to be made a condition.
func (s *session) inspect(ctx context.Context, zone string, c dnshost.Change) (done bool, lock failover.RRset, err error) {
	live, err := s.find(ctx, zone, c.After.Key)
	if err != nil {
		return false, lock, err
	}
	if live.alias == "" && live.set.Equal(c.After) {
		return true, lock, nil
	}
	held, lock, err := s.lock(ctx, zone)
	if err != nil {
		return false, lock, err
	}
	if err := c.CheckLock(held); err != nil {
		return false, lock, err
	}
	if live.alias != "" && c.After.Exists() {
		return false, lock, failover.Fail(failover.ErrInvalid,
			"{name} is an alias (CNAME) of {target}, and no {type} record may stand beside an alias; remove the alias first, or use another name",
			"name", failover.Display(c.After.Name), "target", failover.Display(live.alias), "type", c.After.Type)
	}
	if !live.set.Equal(c.Before) {
		return false, lock, dnshost.Stale(c.Before, live.set)
	}
	return false, lock, nil
}

// swap sends the update that puts after in the place of before, on condition that
// before and the other sets are exactly what the zone holds.
func (s *session) swap(ctx context.Context, zone string, before, after failover.RRset, conditions ...failover.RRset) error {
	m := new(dns.Msg).SetUpdate(zone)
	for _, set := range append([]failover.RRset{before}, conditions...) {
		if err := require(m, set); err != nil {
			return err
		}
	}
	if before.Exists() {
		m.RemoveRRset(bare(before.Key))
	}
	rrs, err := dnswire.Records(after)
	if err != nil {
		return err
	}
	m.Insert(rrs)

	if err := ctx.Err(); err != nil {
		return s.h.stopped(ctx)
	}
	a, sent, err := s.exchange(ctx, m)
	switch {
	case err != nil && sent:
		return failover.Fail(failover.ErrUncertain,
			"the change of {record} was sent to {server} and its answer was lost; it may or may not be carried out. Read again before anything else",
			"record", after.Key, "server", s.h.name).Because(err)
	case err != nil && ctx.Err() != nil:
		return s.h.stopped(ctx)
	case err != nil:
		return failover.Fail(failover.ErrUnreachable,
			"the connection to {server} broke before the change of {record} was sent; nothing was changed. Try again",
			"server", s.h.name, "record", after.Key).Because(err)
	}
	return s.h.judgeUpdate(a, zone, after.Key)
}

// require makes a set, or that there is none, a prerequisite of the update. The
// library's calls write into the records, which are therefore made anew.
func require(m *dns.Msg, set failover.RRset) error {
	if !set.Exists() {
		m.RRsetNotUsed(bare(set.Key))
		return nil
	}
	rrs, err := dnswire.Records(set)
	if err != nil {
		return err
	}
	m.Used(rrs)
	return nil
}

// bare is a record that only names a set.
func bare(k failover.Key) []dns.RR {
	return []dns.RR{&dns.ANY{Hdr: dns.RR_Header{Name: k.Name, Rrtype: dns.StringToType[k.Type]}}}
}

// confirm reads the set back. A server may accept a record and leave it out, for
// instance beside an alias (RFC 2136 section 3.4.2.2), or pass the update on.
func (s *session) confirm(ctx context.Context, zone string, after failover.RRset) error {
	live, err := s.find(ctx, zone, after.Key)
	if err != nil {
		return failover.Fail(failover.ErrUncertain,
			"{server} accepted the change of {record}, but could not be read again; read again before anything else",
			"server", s.h.name, "record", after.Key).Because(err)
	}
	if !live.set.Equal(after) {
		return dnshost.Unsettled(s.h.name, after, live.set)
	}
	return nil
}
