package lab

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// nameserver answers for zones with authority. The domain's primary takes
// dynamic updates; secondaries serve the zone as it was some time ago.
type nameserver struct {
	name  string     // as FQDN makes it
	addr  netip.Addr // its IPv4 address
	zones []*zone
	cond  *condition
	now   func() time.Time
	// key is what updates are signed with; nil where none are taken.
	key *TSIG
	// door is how the door for updates is, which can break while questions are
	// answered.
	door *condition

	mu   sync.Mutex
	lag  time.Duration
	seen map[*zone]*version // what a secondary has, so that it never goes back
}

// Nameservers are the domain's authoritative servers, the one that takes changes
// first, as failover.FQDN makes names.
func (w *World) Nameservers() []string {
	var names []string
	for _, s := range w.servers {
		names = append(names, s.name)
	}
	return names
}

// SetLag sets how long after a change a secondary name server has it. A server
// that is no secondary of the domain is failover.ErrInvalid.
func (w *World) SetLag(server string, lag time.Duration) error {
	i := slices.Index(w.Nameservers(), failover.FQDN(server))
	if i < 1 || lag < 0 {
		return failover.Fail(failover.ErrInvalid, "{server} is no secondary name server of the practice world, or the lag {lag} is negative", "server", server, "lag", lag)
	}
	s := w.servers[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = lag
	return nil
}

// Truth is a record set as the domain's primary name server holds it; without
// values when there is none.
func (w *World) Truth(name, typ string) failover.RRset {
	return w.zone.latest().set(failover.Key{Name: failover.FQDN(name), Type: typ})
}

// Put replaces record sets in the domain's zone, as somebody at its console
// would, without asking anybody; a set without values is removed. A set outside
// the zone, or with values that are none of its type, is failover.ErrInvalid, and
// then nothing changes.
func (w *World) Put(sets ...failover.RRset) error { return w.zone.put(sets) }

// view is a zone as this server has it.
func (s *nameserver) view(z *zone) *version {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lag == 0 {
		s.seen[z] = z.latest()
		return s.seen[z]
	}
	v := z.by(s.now().Add(-s.lag))
	if old := s.seen[z]; old == nil || v.number > old.number {
		s.seen[z] = v
	}
	return s.seen[z]
}

// behind is how long after a change a secondary has it.
func (s *nameserver) behind() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lag
}

// zoneOf is the longest zone of the server that a name is in, or nil.
func (s *nameserver) zoneOf(name string) *zone {
	var best *zone
	for _, z := range s.zones {
		if dns.IsSubDomain(z.name, name) && (best == nil || dns.CountLabel(z.name) > dns.CountLabel(best.name)) {
			best = z
		}
	}
	return best
}

// respond is a responder.
func (s *nameserver) respond(_ context.Context, raw []byte, stream bool) []byte {
	q, reply := parse(raw)
	if q == nil {
		return reply
	}
	fault := s.cond.now()
	if fault == Silent || fault == Refuse {
		return nil
	}
	r, done := replyTo(q)
	var sig *signature
	if s.key != nil {
		var malformed bool
		if sig, malformed = s.key.verify(q, raw); malformed {
			r.Rcode, done = dns.RcodeFormatError, true
		}
	}
	switch {
	case done:
	case fault == Failing:
		r.Rcode = dns.RcodeServerFailure
	case fault == Lame: // nothing, without authority
	case sig != nil && sig.fault != 0:
		r.Rcode = dns.RcodeNotAuth
	case q.Opcode == dns.OpcodeQuery:
		s.query(q, r)
	case q.Opcode == dns.OpcodeUpdate:
		switch s.door.now() {
		case Silent:
			return nil
		case Refuse:
			r.Rcode = dns.RcodeRefused
		case Failing:
			r.Rcode = dns.RcodeServerFailure
		default:
			r.Rcode = s.update(q, sig != nil)
		}
	default:
		r.Rcode = dns.RcodeNotImplemented
	}
	if sig == nil {
		fit(q, r, stream, 0)
		return packed(r)
	}
	fit(q, r, stream, tsigRoom)
	return sig.sign(r)
}

func (s *nameserver) query(q, r *dns.Msg) {
	if len(q.Question) != 1 {
		r.Rcode = dns.RcodeFormatError
		return
	}
	question := q.Question[0]
	z := s.zoneOf(question.Name)
	switch {
	case z == nil, question.Qclass != dns.ClassINET, question.Qtype == dns.TypeAXFR, question.Qtype == dns.TypeIXFR:
		r.Rcode = dns.RcodeRefused
	default:
		s.view(z).answer(z.name, question, r)
	}
}

// update is RFC 2136 section 3 up to the zone: who may change what. Everybody
// else is refused before learning anything from the prerequisites.
func (s *nameserver) update(q *dns.Msg, signed bool) int {
	if len(q.Question) != 1 || q.Question[0].Qtype != dns.TypeSOA {
		return dns.RcodeFormatError
	}
	if s.key == nil || !signed {
		return dns.RcodeRefused
	}
	name := dns.CanonicalName(q.Question[0].Name)
	for _, z := range s.zones {
		if z.name == name && q.Question[0].Qclass == dns.ClassINET {
			return z.update(q, mayChange)
		}
	}
	return dns.RcodeNotAuth
}

// mayChange is the update policy: the key changes MX and TXT sets, of any name
// in the zone.
func mayChange(typ uint16) bool { return typ == dns.TypeMX || typ == dns.TypeTXT }
