package lab

import (
	"math"

	"github.com/miekg/dns"
)

// update carries out a dynamic update (RFC 2136 section 3) in one step that
// nothing comes between: the prerequisites are looked at and the changes made
// under the zone's lock, so of several that expect the same records one wins. It
// returns the response code; unless that is NOERROR, nothing has changed.
func (z *zone) update(m *dns.Msg, may func(typ uint16) bool) int {
	rcode := dns.RcodeSuccess
	z.change(func(sets map[rrKey][]dns.RR) bool {
		v := &version{sets: sets}
		v.index(z.name)
		if rcode = v.check(z.name, m.Answer); rcode != dns.RcodeSuccess {
			return false
		}
		if rcode = prescan(z.name, m.Ns, may); rcode != dns.RcodeSuccess {
			return false
		}
		changed := false
		for _, rr := range m.Ns {
			if apply(sets, rr) {
				changed = true
			}
		}
		return changed
	})
	return rcode
}

// check is section 3.2: the prerequisites. The sets that have to be exactly as
// told are gathered first and compared at the end.
func (v *version) check(apex string, prerequisites []dns.RR) int {
	exact := map[rrKey][]dns.RR{}
	for _, rr := range prerequisites {
		h, key := rr.Header(), keyOf(rr)
		if h.Ttl != 0 {
			return dns.RcodeFormatError
		}
		if !dns.IsSubDomain(apex, key.name) {
			return dns.RcodeNotZone
		}
		switch h.Class {
		case dns.ClassANY, dns.ClassNONE:
			if h.Rdlength != 0 {
				return dns.RcodeFormatError
			}
			if rcode := v.exists(key, h.Class == dns.ClassANY); rcode != dns.RcodeSuccess {
				return rcode
			}
		case dns.ClassINET:
			if h.Rdlength == 0 || isMeta(key.typ) {
				return dns.RcodeFormatError
			}
			exact[key] = append(exact[key], rr)
		default:
			return dns.RcodeFormatError
		}
	}
	for key, want := range exact {
		if !sameRecords(want, v.sets[key]) {
			return dns.RcodeNXRrset
		}
	}
	return dns.RcodeSuccess
}

// exists is sections 3.2.1 and 3.2.3: a name or a set that must, or must not, be
// in use.
func (v *version) exists(key rrKey, must bool) int {
	there, yes, no := len(v.sets[key]) > 0, dns.RcodeYXRrset, dns.RcodeNXRrset
	if key.typ == dns.TypeANY {
		there, yes, no = v.owns(key.name), dns.RcodeYXDomain, dns.RcodeNameError
	}
	switch {
	case must && !there:
		return no
	case !must && there:
		return yes
	}
	return dns.RcodeSuccess
}

// owns reports whether a name has any record; one that only lies between others
// is not in use.
func (v *version) owns(name string) bool {
	if !v.nodes[name] {
		return false
	}
	for key := range v.sets {
		if key.name == name {
			return true
		}
	}
	return false
}

// prescan is sections 3.3 and 3.4.1: everything is looked at before anything is
// done.
func prescan(apex string, updates []dns.RR, may func(typ uint16) bool) int {
	for _, rr := range updates {
		h := rr.Header()
		if !dns.IsSubDomain(apex, dns.CanonicalName(h.Name)) {
			return dns.RcodeNotZone
		}
		var bad bool
		switch h.Class {
		case dns.ClassINET:
			bad = isMeta(h.Rrtype) || h.Rdlength == 0
		case dns.ClassANY:
			bad = h.Ttl != 0 || h.Rdlength != 0 || isMeta(h.Rrtype) && h.Rrtype != dns.TypeANY
		case dns.ClassNONE:
			bad = h.Ttl != 0 || isMeta(h.Rrtype) || h.Rdlength == 0
		default:
			bad = true
		}
		if bad {
			return dns.RcodeFormatError
		}
	}
	for _, rr := range updates {
		if !may(rr.Header().Rrtype) {
			return dns.RcodeRefused
		}
	}
	return dns.RcodeSuccess
}

// apply is section 3.4.2 for one record, and reports whether the sets changed.
// Only ordinary types come here, as the policy lets nothing else through.
func apply(sets map[rrKey][]dns.RR, rr dns.RR) bool {
	key := keyOf(rr)
	old := sets[key]
	switch rr.Header().Class {
	case dns.ClassANY:
		delete(sets, key)
		return len(old) > 0
	case dns.ClassNONE:
		gone := dns.Copy(rr)
		gone.Header().Class = dns.ClassINET
		var left []dns.RR
		for _, o := range old {
			if !dns.IsDuplicate(o, gone) {
				left = append(left, o)
			}
		}
		if sets[key] = left; len(left) == 0 {
			delete(sets, key)
		}
		return len(left) != len(old)
	}
	return add(sets, key, rr)
}

// add puts one record in. The set takes its TTL, as a set has only one (RFC 2181
// section 5.2), and so do all servers that take updates.
func add(sets map[rrKey][]dns.RR, key rrKey, rr dns.RR) bool {
	if len(sets[rrKey{key.name, dns.TypeCNAME}]) > 0 {
		return false // nothing stands beside an alias; section 3.4.2.2 passes over it
	}
	fresh := dns.Copy(rr)
	fresh.Header().Name = key.name
	if fresh.Header().Ttl > math.MaxInt32 {
		fresh.Header().Ttl = 0 // RFC 2181 section 8
	}
	changed, found := false, false
	var set []dns.RR
	for _, o := range sets[key] {
		o = dns.Copy(o)
		found = found || dns.IsDuplicate(o, fresh)
		changed = changed || o.Header().Ttl != fresh.Header().Ttl
		o.Header().Ttl = fresh.Header().Ttl
		set = append(set, o)
	}
	if !found {
		set, changed = append(set, fresh), true
	}
	sets[key] = set
	return changed
}

// sameRecords compares two sets by their data, whatever the order and TTLs.
func sameRecords(want, have []dns.RR) bool {
	in := func(rr dns.RR, set []dns.RR) bool {
		for _, o := range set {
			if dns.IsDuplicate(o, rr) {
				return true
			}
		}
		return false
	}
	for _, rr := range want {
		if !in(rr, have) {
			return false
		}
	}
	for _, rr := range have {
		if !in(rr, want) {
			return false
		}
	}
	return true
}

// isMeta: types that no zone holds (RFC 6895 section 3.1).
func isMeta(typ uint16) bool {
	return typ == dns.TypeNone || typ == dns.TypeOPT || typ >= 128 && typ <= 255
}
