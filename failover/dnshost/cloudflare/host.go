package cloudflare

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

// hostName is what sentences call the host.
const hostName = "Cloudflare"

// zone is a zone as the API gives it
// (https://developers.cloudflare.com/api/resources/zones/methods/list/). Several
// accounts may have one of the same name; at most one is served.
type zone struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"` // "active", "pending", "initializing", "moved"
	Type   string `json:"type"`   // "full", "partial", "secondary", "internal"
}

// Zone asks for a zone of each name from the full one upwards.
func (h *Host) Zone(ctx context.Context, name string) (string, error) {
	name = failover.FQDN(name)
	var found string
	err := h.patiently(ctx, func() error {
		var unfit error
		for at := name; strings.Count(at, ".") > 1; _, at, _ = strings.Cut(at, ".") {
			id, problem, err := h.look(ctx, at)
			if err != nil {
				return err
			}
			if id != "" {
				found = at
				return nil
			}
			if unfit == nil {
				unfit = problem
			}
		}
		if unfit != nil {
			return unfit
		}
		return noZone(name)
	})
	return found, err
}

func noZone(name string) error {
	return failover.Fail(failover.ErrZone,
		"Cloudflare has no zone for {name} that this API token may see; check that the domain is in this account and that the token covers it",
		"name", failover.Display(name))
}

// zoneID finds the identifier of a zone by its name.
func (h *Host) zoneID(ctx context.Context, name string) (string, error) {
	h.mu.Lock()
	id := h.ids[name]
	h.mu.Unlock()
	if id != "" {
		return id, nil
	}
	id, problem, err := h.look(ctx, name)
	switch {
	case err != nil:
		return "", err
	case problem != nil:
		return "", problem
	case id == "":
		return "", noZone(name)
	}
	return id, nil
}

// look asks for the zones of exactly this name. The identifier is that of the one
// that Cloudflare serves; problem is what is wrong with those that it does not.
func (h *Host) look(ctx context.Context, name string) (id string, problem, err error) {
	zones, err := list[zone](ctx, h, []string{"zones"}, url.Values{"name": {strings.TrimSuffix(name, ".")}})
	if err != nil {
		return "", nil, err
	}
	for _, z := range zones {
		if failover.FQDN(z.Name) != name {
			continue
		}
		unfit := z.unfit()
		switch {
		case unfit != nil:
			if problem == nil {
				problem = unfit
			}
		case id != "" && id != z.ID:
			return "", failover.Fail(failover.ErrZone,
				"this API token sees several active zones {zone} at Cloudflare; use a token that covers only the right one",
				"zone", failover.Display(name)), nil
		default:
			id = z.ID
		}
	}
	if id != "" {
		h.mu.Lock()
		h.ids[name] = id
		h.mu.Unlock()
		return id, nil, nil
	}
	return "", problem, nil
}

// unfit says why changing a zone would change nothing in the DNS, nil if it would.
func (z zone) unfit() error {
	name := failover.Display(z.Name)
	switch {
	case z.Type == "partial":
		return failover.Fail(failover.ErrZone,
			"{zone} is at Cloudflare in a partial (CNAME) set-up: its DNS is at another host; name that host in the settings", "zone", name)
	case z.Type == "secondary":
		return failover.Fail(failover.ErrZone,
			"{zone} is at Cloudflare as a secondary zone, a copy of another server's; name the primary server in the settings", "zone", name)
	case z.Type == "internal":
		return failover.Fail(failover.ErrZone,
			"{zone} is an internal zone at Cloudflare, which the world does not see; name the host of the public zone in the settings", "zone", name)
	case z.Status != "active":
		return failover.Fail(failover.ErrZone,
			"{zone} is at Cloudflare, but not active there (its status is {status}): the world's DNS does not lead to Cloudflare; check the name servers at the registrar",
			"zone", name, "status", z.Status)
	}
	return nil
}

// Read gets each set.
func (h *Host) Read(ctx context.Context, zone string, keys []failover.Key) ([]failover.RRset, error) {
	zone = failover.FQDN(zone)
	if err := dnshost.CheckKeys(zone, keys); err != nil {
		return nil, err
	}
	var sets []failover.RRset
	err := h.patiently(ctx, func() error {
		sets = make([]failover.RRset, 0, len(keys))
		id, err := h.zoneID(ctx, zone)
		if err != nil {
			return err
		}
		for _, k := range keys {
			_, set, err := h.readSet(ctx, id, k)
			if err != nil {
				return err
			}
			sets = append(sets, set)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sets, nil
}

// Apply reads the set and the lock, sends one batch, and reads the set back.
func (h *Host) Apply(ctx context.Context, c dnshost.Change) error {
	zone := failover.FQDN(c.Zone)
	if err := c.Check(); err != nil {
		return err
	}
	if ttl := c.After.TTL; c.After.Exists() && (ttl < leastTTL || ttl > maxTTL) {
		return failover.Fail(failover.ErrInvalid,
			"Cloudflare takes a TTL between 60 and 86400 seconds (30 for Enterprise zones), not {ttl}", "ttl", ttl)
	}
	return h.patiently(ctx, func() error {
		id, err := h.zoneID(ctx, zone)
		if err != nil {
			return err
		}
		live, done, err := h.inspect(ctx, id, c)
		if done || err != nil {
			return err
		}
		b, err := live.toward(c.After)
		if err != nil {
			return err
		}
		_, err = h.send(ctx, id, b)
		if errors.Is(err, errGone) || errors.Is(err, errExists) {
			return h.overtaken(ctx, id, c)
		}
		if err != nil {
			return err
		}
		return h.confirm(ctx, id, c.After)
	})
}

// inspect reads what a change depends on. It is done when After is there already;
// otherwise the error says what stands against the change.
func (h *Host) inspect(ctx context.Context, zoneID string, c dnshost.Change) (live records, done bool, err error) {
	live, set, err := h.readSet(ctx, zoneID, c.After.Key)
	if err != nil {
		return nil, false, err
	}
	if done, err = live.settled(c.After); done || err != nil {
		return nil, done, err
	}
	held, err := h.held(ctx, zoneID, failover.FQDN(c.Zone))
	if err != nil {
		return nil, false, err
	}
	c.Lock = asHeld(c.Lock)
	if err := c.CheckLock(held.lock); err != nil {
		return nil, false, err
	}
	if !set.Equal(c.Before) {
		return nil, false, dnshost.Stale(c.Before, set)
	}
	return live, false, nil
}

// overtaken tells what somebody else has done to the records between reading and
// changing them.
func (h *Host) overtaken(ctx context.Context, zoneID string, c dnshost.Change) error {
	_, done, err := h.inspect(ctx, zoneID, c)
	if done || err != nil {
		return err
	}
	return failover.Fail(failover.ErrStale,
		"somebody else is changing {record} at Cloudflare at this moment; nothing was changed. Look at the records and try again",
		"record", c.After.Key)
}

// confirm reads a set back after a change.
func (h *Host) confirm(ctx context.Context, zoneID string, after failover.RRset) error {
	live, set, err := h.readSet(ctx, zoneID, after.Key)
	if err != nil {
		return failover.Fail(failover.ErrUncertain,
			"Cloudflare accepted the change of {record}, but could not be read again; read again before anything else",
			"record", after.Key).Because(err)
	}
	if done, err := live.settled(after); err != nil || !done {
		return dnshost.Unsettled(hostName, after, set)
	}
	return nil
}

// send makes a batch of changes, all or none, and returns the identifiers of the
// records created.
func (h *Host) send(ctx context.Context, zoneID string, b batch) (created []string, err error) {
	if b.empty() {
		return nil, nil
	}
	var result struct {
		Posts []record `json:"posts"`
	}
	r := request{method: http.MethodPost, path: []string{"zones", zoneID, "dns_records", "batch"}, body: b, change: true}
	if _, err := h.call(ctx, r, &result); err != nil {
		return nil, err
	}
	for _, p := range result.Posts {
		created = append(created, p.ID)
	}
	if len(created) != len(b.Posts) {
		return nil, h.garbled(r, fmt.Errorf("%d records were to be created, and the answer names %d", len(b.Posts), len(created)))
	}
	return created, nil
}
