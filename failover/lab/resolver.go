package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// resolver is a recursive resolver with a cache (RFC 1034 section 5.3.3). It
// walks down from the root over the world's network, and keeps what it learns,
// also that something does not exist (RFC 2308), for as long as it was told.
type resolver struct {
	line *line
	now  func() time.Time
	log  *slog.Logger
	root *cut
	turn atomic.Uint32 // so that one server after the other is asked first

	// spent is the part, below 1, of the first TTLs that has run out before the world
	// begins: this resolver has asked another one whose cache was so old.
	spent float64

	mu    sync.Mutex
	cache map[rrKey]*cached
	cuts  map[string]*cut
	met   map[rrKey]bool // sets that it has known before
}

// cached is what a zone's servers said of one set. Under type NONE it is of a
// name that does not exist.
type cached struct {
	rcode   int
	records []dns.RR
	soa     []dns.RR // where there are no records
	expires time.Time
}

// cut is a zone and the servers that its parent says it has.
type cut struct {
	zone    string
	addrs   []netip.Addr
	names   []string // servers that came without an address
	expires time.Time
}

const (
	// askLimit is for one question to one server.
	askLimit = time.Second
	// maxHops bounds referrals, maxDepth look-ups within look-ups.
	maxHops, maxDepth = 16, 6
	// maxCached bounds the cache; a world has some dozens of names.
	maxCached = 4096
)

var errNoAnswer = errors.New("no name server of the zone gives an answer")

func newResolver(l *line, now func() time.Time, log *slog.Logger, roots []netip.Addr) *resolver {
	return &resolver{
		line: l, now: now, log: log,
		root:  &cut{zone: ".", addrs: roots},
		cache: map[rrKey]*cached{}, cuts: map[string]*cut{}, met: map[rrKey]bool{},
	}
}

// responder answers at one of the resolver's doors, which can be broken apart
// from the other.
func (r *resolver) responder(door *condition) responder {
	return func(ctx context.Context, raw []byte, stream bool) []byte {
		q, reply := parse(raw)
		if q == nil {
			return reply
		}
		a, done := replyTo(q)
		a.RecursionAvailable = true
		fault := door.now()
		switch {
		case fault == Silent || fault == Refuse:
			return nil
		case done:
		case fault == Failing:
			a.Rcode = dns.RcodeServerFailure
		case fault == Lame: // it does not know, and says nothing more
		case q.Opcode != dns.OpcodeQuery:
			a.Rcode = dns.RcodeNotImplemented
		case len(q.Question) != 1:
			a.Rcode = dns.RcodeFormatError
		case q.Question[0].Qclass != dns.ClassINET, q.Question[0].Qtype == dns.TypeAXFR, q.Question[0].Qtype == dns.TypeIXFR:
			a.Rcode = dns.RcodeRefused
		default:
			r.resolve(ctx, q.Question[0], a)
		}
		fit(q, a, stream, 0)
		return packed(a)
	}
}

// resolve fills in the answer to a question, following aliases.
func (r *resolver) resolve(ctx context.Context, q dns.Question, a *dns.Msg) {
	name := dns.CanonicalName(q.Name)
	for range maxChain {
		c, err := r.get(ctx, rrKey{name, q.Qtype}, 0)
		if err != nil {
			r.log.DebugContext(ctx, "no answer", "name", name, "type", dns.Type(q.Qtype).String(), "cause", err)
			a.Answer, a.Rcode = nil, dns.RcodeServerFailure
			return
		}
		a.Rcode = c.rcode
		a.Answer = append(a.Answer, r.aged(c.records, c)...)
		a.Ns = r.aged(c.soa, c)
		alias, ok := aliasIn(c.records)
		if !ok || q.Qtype == dns.TypeCNAME {
			return
		}
		name = alias
	}
	a.Answer, a.Rcode = nil, dns.RcodeServerFailure
}

func aliasIn(records []dns.RR) (string, bool) {
	if len(records) == 1 {
		if c, ok := records[0].(*dns.CNAME); ok {
			return dns.CanonicalName(c.Target), true
		}
	}
	return "", false
}

// aged copies records with what is left of their TTL.
func (r *resolver) aged(records []dns.RR, c *cached) []dns.RR {
	left := max(c.expires.Sub(r.now()), 0)
	out := make([]dns.RR, len(records))
	for i, rr := range records {
		out[i] = dns.Copy(rr)
		out[i].Header().Ttl = uint32((left + time.Second - 1) / time.Second) //nolint:gosec // never more than the TTL it came with
	}
	return out
}

// get gives one set, or the alias that stands in its place, out of the cache or
// from its zone's servers.
func (r *resolver) get(ctx context.Context, key rrKey, depth int) (*cached, error) {
	if c := r.known(key); c != nil {
		return c, nil
	}
	if depth > maxDepth {
		return nil, errors.New("look-ups lead to look-ups without end")
	}
	at := r.closest(key.name)
	for range maxHops {
		reply, err := r.ask(ctx, at, key, depth)
		if err != nil {
			return nil, err
		}
		if next := r.referral(reply, at, key.name); next != nil {
			at = next
			continue
		}
		return r.keep(key, reply), nil
	}
	return nil, errors.New("referrals without end")
}

// known looks into the cache.
func (r *resolver) known(key rrKey) *cached {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range []rrKey{key, {key.name, dns.TypeCNAME}, {key.name, dns.TypeNone}} {
		c := r.cache[k]
		if c == nil {
			continue
		}
		if !c.expires.After(now) {
			delete(r.cache, k)
			continue
		}
		// That there is no alias says nothing of other types.
		if k == key || k.typ == dns.TypeNone || len(c.records) > 0 {
			return c
		}
	}
	return nil
}

// kept is the MX set of a name as it was last answered, and until when that is
// kept, which may be over. It asks nobody.
func (r *resolver) kept(name string) (set failover.RRset, until time.Time) {
	r.mu.Lock()
	c := r.cache[rrKey{name, dns.TypeMX}]
	r.mu.Unlock()
	if c == nil {
		return failover.RRset{}, time.Time{}
	}
	var values []string
	for _, rr := range c.records {
		if mx, ok := rr.(*dns.MX); ok {
			values = append(values, fmt.Sprintf("%d %s", mx.Preference, mx.Mx))
		}
	}
	return failover.NewRRset(name, "MX", 0, values...), c.expires
}

// keep notes what an authoritative answer says of a key.
func (r *resolver) keep(key rrKey, reply *dns.Msg) *cached {
	c := &cached{rcode: reply.Rcode}
	ttl := uint32(0)
	store := key
	for _, typ := range []uint16{key.typ, dns.TypeCNAME} {
		for _, rr := range reply.Answer {
			if keyOf(rr) == (rrKey{key.name, typ}) {
				if h := rr.Header(); len(c.records) == 0 || h.Ttl < ttl {
					ttl = h.Ttl
				}
				c.records = append(c.records, rr)
			}
		}
		if len(c.records) > 0 {
			store.typ, c.rcode = typ, dns.RcodeSuccess
			break
		}
	}
	if len(c.records) == 0 {
		for _, rr := range reply.Ns {
			if soa, ok := rr.(*dns.SOA); ok {
				c.soa = []dns.RR{soa}
				ttl = min(soa.Hdr.Ttl, soa.Minttl) // RFC 2308 section 5
			}
		}
		if c.rcode == dns.RcodeNameError {
			store.typ = dns.TypeNone
		}
	}
	now := r.now()
	life := time.Duration(ttl) * time.Second
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.cache) >= maxCached {
		clear(r.cache)
		clear(r.met)
	}
	if !r.met[store] {
		r.met[store] = true
		life -= time.Duration(r.spent * float64(life))
	}
	c.expires = now.Add(life)
	if ttl > 0 {
		r.cache[store] = c
	}
	return c
}

// closest is the deepest zone known to hold a name.
func (r *resolver) closest(name string) *cut {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for ; name != "."; name = parent(name) {
		if c := r.cuts[name]; c != nil {
			if c.expires.After(now) {
				return c
			}
			delete(r.cuts, name)
		}
	}
	return r.root
}

// referral is the zone that a reply sends to, nil when it is an answer.
func (r *resolver) referral(reply *dns.Msg, at *cut, name string) *cut {
	if reply.Authoritative {
		return nil
	}
	next, ttl := delegation(reply, at, name)
	if next == nil {
		return nil
	}
	next.expires = r.now().Add(time.Duration(ttl) * time.Second)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.cuts) >= maxCached {
		clear(r.cuts)
	}
	r.cuts[next.zone] = next
	return next
}

// delegation reads a referral downwards, with the addresses that came along for
// servers within the zone that gives it, and its TTL in seconds; nil when there is
// none that leads to the name.
func delegation(reply *dns.Msg, at *cut, name string) (next *cut, ttl uint32) {
	next = &cut{}
	glue := map[string][]netip.Addr{}
	for _, rr := range reply.Extra {
		owner := dns.CanonicalName(rr.Header().Name)
		if a, ok := addressIn(rr); ok && dns.IsSubDomain(at.zone, owner) {
			glue[owner] = append(glue[owner], a)
		}
	}
	for _, rr := range reply.Ns {
		ns, ok := rr.(*dns.NS)
		owner := dns.CanonicalName(rr.Header().Name)
		below := owner != at.zone && dns.IsSubDomain(at.zone, owner) && dns.IsSubDomain(owner, name)
		if !ok || !below || next.zone != "" && next.zone != owner {
			continue
		}
		host := dns.CanonicalName(ns.Ns)
		next.zone = owner
		ttl = ns.Hdr.Ttl
		if addrs := glue[host]; len(addrs) > 0 {
			next.addrs = append(next.addrs, addrs...)
		} else {
			next.names = append(next.names, host)
		}
	}
	if next.zone == "" {
		return nil, 0
	}
	return next, ttl
}

func addressIn(rr dns.RR) (netip.Addr, bool) {
	switch v := rr.(type) {
	case *dns.A:
		a, ok := netip.AddrFromSlice(v.A)
		return a.Unmap(), ok
	case *dns.AAAA:
		return netip.AddrFromSlice(v.AAAA)
	}
	return netip.Addr{}, false
}

// ask puts a question to a zone's servers, until one knows.
func (r *resolver) ask(ctx context.Context, at *cut, key rrKey, depth int) (*dns.Msg, error) {
	addrs := at.addrs
	for _, host := range at.names {
		if len(addrs) > 0 {
			break
		}
		if c, err := r.get(ctx, rrKey{host, dns.TypeA}, depth+1); err == nil {
			for _, rr := range c.records {
				if a, ok := addressIn(rr); ok {
					addrs = append(addrs, a)
				}
			}
		}
	}
	if len(addrs) == 0 {
		return nil, errNoAnswer
	}
	first := int(r.turn.Add(1) % uint32(len(addrs))) //nolint:gosec // a handful of addresses
	last := errNoAnswer
	for i := range addrs {
		q := new(dns.Msg)
		q.SetQuestion(key.name, key.typ)
		q.RecursionDesired = false
		to := netip.AddrPortFrom(addrs[(first+i)%len(addrs)], 53).String()
		reply, err := exchange(ctx, r.line, to, q, askLimit)
		if err != nil {
			last = err
			continue
		}
		if reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError {
			continue
		}
		if next, _ := delegation(reply, at, key.name); reply.Authoritative || next != nil {
			return reply, nil
		}
	}
	return nil, last
}
