package rfc2136

import (
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

// Zone asks the server for the SOA record at name: it stands in the answer at the
// zone's apex, and in the authority section below it (RFC 2308 section 3).
func (h *Host) Zone(ctx context.Context, name string) (string, error) {
	name = failover.FQDN(name)
	if h.zone != "" && !failover.Within(name, h.zone) {
		return "", failover.Fail(failover.ErrZone,
			"{name} is not in the zone {zone}, which the settings name for {server}",
			"name", failover.Display(name), "zone", failover.Display(h.zone), "server", h.name)
	}
	s, err := h.open(ctx)
	if err != nil {
		return "", err
	}
	defer s.close()
	at := name
	if h.zone != "" {
		at = h.zone
	}
	for {
		a, err := s.ask(ctx, at, at, dns.TypeSOA)
		if err != nil {
			return "", err
		}
		zone, alias := apex(a, at)
		if zone != "" && a.Authoritative && (h.zone == "" || zone == h.zone) {
			return zone, nil
		}
		if !alias {
			return "", failover.Fail(failover.ErrZone,
				"{server} does not hold the zone of {name}; name the zone's primary server in the settings", "server", h.name, "name", failover.Display(name))
		}
		// An alias leads the question elsewhere: its parent is in the same zone.
		at = parent(at)
	}
}

// apex finds the zone that an answer to a question for the SOA at name speaks of.
func apex(a answer, name string) (zone string, alias bool) {
	for _, rr := range a.Answer {
		switch rr.(type) {
		case *dns.SOA:
			if failover.FQDN(rr.Header().Name) == name {
				return name, false
			}
		case *dns.CNAME, *dns.DNAME:
			alias = true
		}
	}
	if alias {
		return "", name != "."
	}
	for _, rr := range a.Ns {
		if owner := failover.FQDN(rr.Header().Name); rr.Header().Rrtype == dns.TypeSOA && failover.Within(name, owner) {
			return owner, false
		}
	}
	return "", false
}

func parent(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	if rest == "" {
		return "."
	}
	return rest
}

// Read asks for each set.
func (h *Host) Read(ctx context.Context, zone string, keys []failover.Key) ([]failover.RRset, error) {
	zone = failover.FQDN(zone)
	if err := dnshost.CheckKeys(zone, keys); err != nil {
		return nil, err
	}
	s, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	sets := make([]failover.RRset, 0, len(keys))
	for _, k := range keys {
		f, err := s.find(ctx, zone, k)
		if err != nil {
			return nil, err
		}
		sets = append(sets, f.set)
	}
	return sets, nil
}

// found is what the zone holds for a key.
type found struct {
	set failover.RRset
	// alias is where the name leads when it is a CNAME, beside which no other
	// record may stand (RFC 1034 section 3.6.2).
	alias string
}

// find reads one set as the zone holds it, without what wildcards make up.
func (s *session) find(ctx context.Context, zone string, k failover.Key) (found, error) {
	qtype, ok := dns.StringToType[k.Type]
	if !ok {
		return found{}, failover.Fail(failover.ErrInvalid, `"{type}" is no type of DNS record; write a type such as MX or TXT`, "type", k.Type)
	}
	a, err := s.ask(ctx, zone, k.Name, qtype)
	if err != nil {
		return found{}, err
	}
	if !a.Authoritative {
		return found{}, failover.Fail(failover.ErrZone,
			"{server} has no authority for {name}: the zone {zone} is not there, or this part of it is delegated to other servers",
			"server", s.h.name, "name", failover.Display(k.Name), "zone", failover.Display(zone))
	}
	f := pick(k, a)
	if !f.set.Exists() && f.alias == "" || k.Name == zone || strings.HasPrefix(k.Name, "*.") {
		return f, nil
	}
	made, err := s.synthesised(ctx, zone, k, qtype, f)
	if err != nil || made {
		return found{set: failover.NewRRset(k.Name, k.Type, 0)}, err
	}
	return f, nil
}

func pick(k failover.Key, a answer) found {
	f := found{set: dnswire.Pick(k, a.Answer)}
	if alias := dnswire.Pick(failover.Key{Name: k.Name, Type: "CNAME"}, a.Answer); alias.Exists() && k.Type != "CNAME" {
		f.alias = alias.Values[0]
	}
	return f
}

// synthesised reports whether a wildcard made the answer up (RFC 4592): a wildcard
// above gives the same, and the name itself does not exist.
func (s *session) synthesised(ctx context.Context, zone string, k failover.Key, qtype uint16, f found) (bool, error) {
	for up := parent(k.Name); failover.Within(up, zone); up = parent(up) {
		wild := failover.Key{Name: "*." + up, Type: k.Type}
		a, err := s.ask(ctx, zone, wild.Name, qtype)
		if err != nil {
			return false, err
		}
		w := pick(wild, a)
		if (w.set.Exists() || w.alias != "") && w.alias == f.alias && slices.Equal(w.set.Values, f.set.Values) {
			return s.absent(ctx, zone, k.Name)
		}
		if up == zone {
			break
		}
	}
	return false, nil
}

// absent asks by an update that only has a prerequisite, "name is in use" (RFC
// 2136 section 2.4.4), and changes nothing. A key that may not change gets no
// answer to it; then what was read stands, unless it is the lock: nobody writes the
// wildcard's text there.
func (s *session) absent(ctx context.Context, zone, name string) (bool, error) {
	m := new(dns.Msg).SetUpdate(zone)
	m.NameUsed([]dns.RR{&dns.ANY{Hdr: dns.RR_Header{Name: name}}})
	a, _, err := s.exchange(ctx, m)
	switch {
	case err != nil && ctx.Err() != nil:
		return false, s.h.stopped(ctx)
	case err != nil:
		return false, failover.Fail(failover.ErrUnreachable,
			"{server} does not answer a question about {name}; nothing was changed. Try again in a moment",
			"server", s.h.name, "name", failover.Display(name)).Because(err)
	}
	refused := a.Rcode == dns.RcodeRefused || a.Rcode == dns.RcodeNotAuth
	return a.Rcode == dns.RcodeNameError || refused && name == dnshost.LockName(zone), nil
}
