package lab

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// rrKey names a record set by the library's numbers; the name is lower case.
type rrKey struct {
	name string
	typ  uint16
}

func keyOf(rr dns.RR) rrKey {
	return rrKey{dns.CanonicalName(rr.Header().Name), rr.Header().Rrtype}
}

// version is a zone at one moment. It never changes, so it is read without a lock.
type version struct {
	at     time.Time
	number uint32 // the SOA's serial
	sets   map[rrKey][]dns.RR
	// nodes are the names that exist, those in between included (empty
	// non-terminals, RFC 8020).
	nodes map[string]bool
}

// zone is a zone as its primary server holds it, with its past, out of which the
// secondaries serve what they have received so far.
type zone struct {
	name string // as FQDN makes it
	now  func() time.Time
	// changed is told of each change, in order, outside the lock.
	changed func(before, after *version)

	telling sync.Mutex // keeps changes in order while they are told
	mu      sync.Mutex
	past    []*version // oldest first; the last is in force
}

// keepVersions bounds the past; a secondary that lags by more changes than that
// has the oldest that is kept.
const keepVersions = 256

func newZone(name string, now func() time.Time, records []dns.RR) *zone {
	v := &version{sets: map[rrKey][]dns.RR{}}
	for _, rr := range records {
		v.sets[keyOf(rr)] = append(v.sets[keyOf(rr)], rr)
		if soa, ok := rr.(*dns.SOA); ok {
			v.number = soa.Serial
		}
	}
	v.index(name)
	return &zone{name: name, now: now, past: []*version{v}}
}

// latest is the zone as it is in force.
func (z *zone) latest() *version {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.past[len(z.past)-1]
}

// by is the zone as it was at a moment.
func (z *zone) by(t time.Time) *version {
	z.mu.Lock()
	defer z.mu.Unlock()
	for i := len(z.past) - 1; i > 0; i-- {
		if !z.past[i].at.After(t) {
			return z.past[i]
		}
	}
	return z.past[0]
}

// change runs edit on a copy of the zone's sets, and puts the copy in force if
// edit says that it differs. Changes happen one after the other.
func (z *zone) change(edit func(sets map[rrKey][]dns.RR) bool) {
	z.telling.Lock()
	defer z.telling.Unlock()
	z.mu.Lock()
	before := z.past[len(z.past)-1]
	sets := maps.Clone(before.sets)
	if !edit(sets) {
		z.mu.Unlock()
		return
	}
	after := &version{at: z.now(), number: before.number + 1, sets: sets}
	if after.at.Before(before.at) {
		after.at = before.at // a clock set back
	}
	for _, rr := range sets[rrKey{z.name, dns.TypeSOA}] {
		if soa, ok := dns.Copy(rr).(*dns.SOA); ok {
			soa.Serial = after.number
			sets[rrKey{z.name, dns.TypeSOA}] = []dns.RR{soa}
		}
	}
	after.index(z.name)
	z.past = append(z.past, after)
	if len(z.past) > keepVersions {
		z.past = slices.Clone(z.past[len(z.past)-keepVersions:])
	}
	z.mu.Unlock()
	if z.changed != nil {
		z.changed(before, after)
	}
}

// put replaces whole record sets; one without values is removed.
func (z *zone) put(sets []failover.RRset) error {
	var keys []rrKey
	var records [][]dns.RR
	for _, set := range sets {
		typ, known := dns.StringToType[set.Type]
		if !known || typ == dns.TypeSOA || !dns.IsSubDomain(z.name, set.Name) {
			return failover.Fail(failover.ErrInvalid, "{record} cannot stand in the practice zone {zone}", "record", set.Key, "zone", failover.Display(z.name))
		}
		rrs, err := dnswire.Records(set)
		if err != nil {
			return err
		}
		keys, records = append(keys, rrKey{dns.CanonicalName(set.Name), typ}), append(records, rrs)
	}
	z.change(func(all map[rrKey][]dns.RR) bool {
		for i, k := range keys {
			if delete(all, k); len(records[i]) > 0 {
				all[k] = records[i]
			}
		}
		return true
	})
	return nil
}

// index notes which names exist.
func (v *version) index(apex string) {
	v.nodes = map[string]bool{}
	for k := range v.sets {
		for name := k.name; !v.nodes[name]; name = parent(name) {
			v.nodes[name] = true
			if name == apex || name == "." {
				break
			}
		}
	}
}

// parent is a name without its first label; the root's is the root.
func parent(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end || i >= len(name) {
		return "."
	}
	return name[i:]
}

// set is the record set of a key, in the form of package failover.
func (v *version) set(key failover.Key) failover.RRset {
	return dnswire.Pick(key, v.sets[rrKey{dns.CanonicalName(key.Name), dns.StringToType[key.Type]}])
}

// answer fills in what the zone says about a question (RFC 1034 section 4.3.2).
func (v *version) answer(apex string, q dns.Question, r *dns.Msg) {
	name := dns.CanonicalName(q.Name)
	if cut := v.cut(apex, name); cut != "" && (cut != name || q.Qtype != dns.TypeDS) {
		r.Ns = append(r.Ns, v.sets[rrKey{cut, dns.TypeNS}]...)
		r.Extra = append(r.Extra, v.addresses(r.Ns)...)
		return
	}
	r.Authoritative = true
	passed := map[string]bool{}
	for !passed[name] && len(passed) < maxChain {
		passed[name] = true
		if set := v.pick(name, q.Qtype); len(set) > 0 {
			r.Answer = append(r.Answer, set...)
			if q.Qtype == dns.TypeNS {
				r.Extra = append(r.Extra, v.addresses(set)...)
			}
			return
		}
		alias := v.sets[rrKey{name, dns.TypeCNAME}]
		if len(alias) == 0 || q.Qtype == dns.TypeCNAME {
			if !v.nodes[name] {
				r.Rcode = dns.RcodeNameError
			}
			r.Ns = append(r.Ns, v.sets[rrKey{apex, dns.TypeSOA}]...)
			return
		}
		r.Answer = append(r.Answer, alias...)
		c, ok := alias[0].(*dns.CNAME)
		if !ok || !dns.IsSubDomain(apex, c.Target) || v.cut(apex, dns.CanonicalName(c.Target)) != "" {
			return // the asker goes on from there
		}
		name = dns.CanonicalName(c.Target)
	}
}

// maxChain bounds aliases that lead to aliases.
const maxChain = 8

// pick gives a set; for ANY some one set of the name (RFC 8482 section 4.1).
func (v *version) pick(name string, typ uint16) []dns.RR {
	if typ != dns.TypeANY {
		return v.sets[rrKey{name, typ}]
	}
	for _, t := range []uint16{dns.TypeSOA, dns.TypeMX, dns.TypeTXT, dns.TypeA, dns.TypeCNAME, dns.TypeNS, dns.TypeAAAA} {
		if set := v.sets[rrKey{name, t}]; len(set) > 0 {
			return set
		}
	}
	return nil
}

// cut is the delegation that a name lies at or under, "" when the zone itself
// answers for it.
func (v *version) cut(apex, name string) string {
	labels := dns.CountLabel(name) - dns.CountLabel(apex)
	found := ""
	for ; labels > 0; labels-- {
		if len(v.sets[rrKey{name, dns.TypeNS}]) > 0 {
			found = name
		}
		name = parent(name)
	}
	return found
}

// addresses are those of the servers in NS records, as far as the zone knows them.
func (v *version) addresses(ns []dns.RR) []dns.RR {
	var out []dns.RR
	for _, rr := range ns {
		if s, ok := rr.(*dns.NS); ok {
			host := dns.CanonicalName(s.Ns)
			out = append(out, v.sets[rrKey{host, dns.TypeA}]...)
			out = append(out, v.sets[rrKey{host, dns.TypeAAAA}]...)
		}
	}
	return out
}

func splitAddress(address string) (local, domain string) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return "", ""
	}
	return strings.ToLower(address[:i]), failover.FQDN(address[i+1:])
}
