package failovertest

import (
	"context"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

// Lock implements dnshost.Host.
func (h *Host) Lock(ctx context.Context, zone string, l dnshost.Lock, replace *dnshost.Lock) error {
	return h.locking(ctx, Lock, zone, func(a *Authority) error {
		held := a.lock(zone)
		if err := l.MayTake(zone, held, replace); err != nil {
			return err
		}
		set := failover.NewRRset(dnshost.LockName(zone), "TXT", 60, `"`+l.Text()+`"`)
		if !a.get(set.Key).Equal(set) {
			a.put(set)
		}
		return nil
	})
}

// ReadLock implements dnshost.Host.
func (h *Host) ReadLock(ctx context.Context, zone string) (held *dnshost.Lock, err error) {
	err = h.locking(ctx, ReadLock, zone, func(a *Authority) error {
		held = a.lock(zone)
		return nil
	})
	return held, err
}

// Unlock implements dnshost.Host.
func (h *Host) Unlock(ctx context.Context, zone string, l dnshost.Lock) error {
	return h.locking(ctx, Unlock, zone, func(a *Authority) error {
		if held := a.lock(zone); held != nil && l.SameRun(*held) {
			a.put(failover.RRset{Key: lockKey(zone)})
		}
		return nil
	})
}

func (h *Host) locking(ctx context.Context, op Op, zone string, work func(*Authority) error) error {
	if !h.caps.LockRecord {
		return nil
	}
	return h.call(ctx, op, func() error {
		if err := h.mine(zone); err != nil {
			return err
		}
		h.authority.mu.Lock()
		defer h.authority.mu.Unlock()
		return work(h.authority)
	})
}
