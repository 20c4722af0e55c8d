package rfc2136

import (
	"context"
	"errors"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

// attempts is how often a lock is looked at again when somebody else moved it
// between reading and writing.
const attempts = 4

// ReadLock returns the zone's lock.
func (h *Host) ReadLock(ctx context.Context, zone string) (*dnshost.Lock, error) {
	s, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	held, _, err := s.lock(ctx, failover.FQDN(zone))
	return held, err
}

// Lock adds the lock record on condition that the records at its name are exactly
// those that were read, or none.
func (h *Host) Lock(ctx context.Context, zone string, l dnshost.Lock, replace *dnshost.Lock) error {
	zone = failover.FQDN(zone)
	return h.moveLock(ctx, zone, func(held *dnshost.Lock) (want []string, change bool, err error) {
		if err := l.MayTake(zone, held, replace); err != nil {
			return nil, false, err
		}
		return []string{dnswire.TXT(l.Text())}, held == nil || held.Text() != l.Text(), nil
	})
}

// Unlock removes the lock record on condition that it is this operation's.
func (h *Host) Unlock(ctx context.Context, zone string, l dnshost.Lock) error {
	return h.moveLock(ctx, failover.FQDN(zone), func(held *dnshost.Lock) (want []string, change bool, err error) {
		return nil, held != nil && l.SameRun(*held), nil
	})
}

// moveLock replaces the lock record by what decide wants in view of the lock held
// (nil: none), and asks it again when somebody was faster.
func (h *Host) moveLock(ctx context.Context, zone string, decide func(*dnshost.Lock) (want []string, change bool, err error)) error {
	s, err := h.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	for range attempts {
		held, before, err := s.lock(ctx, zone)
		if err != nil {
			return err
		}
		want, change, err := decide(held)
		if err != nil || !change {
			return err
		}
		after := failover.NewRRset(before.Name, before.Type, lockTTL, want...)
		if err := s.swap(ctx, zone, before, after); !errors.Is(err, errPrerequisite) {
			return err
		}
	}
	return dnshost.Busy(zone)
}

// lock reads the lock and the record set that it is in.
func (s *session) lock(ctx context.Context, zone string) (*dnshost.Lock, failover.RRset, error) {
	f, err := s.find(ctx, zone, failover.Key{Name: dnshost.LockName(zone), Type: "TXT"})
	if err != nil {
		return nil, failover.RRset{}, err
	}
	texts := make([]string, 0, len(f.set.Values))
	for _, v := range f.set.Values {
		text, err := dnswire.Text(v)
		if err != nil {
			return nil, failover.RRset{}, err
		}
		texts = append(texts, text)
	}
	return dnshost.LockFromTexts(texts), f.set, nil
}
