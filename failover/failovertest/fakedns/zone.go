package fakedns

import (
	"fmt"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// Answer makes a handler of a function from question to answer; nil is silence.
// Over UDP what does not fit is truncated as a server would.
func Answer(f func(*dns.Msg) *dns.Msg) Handler {
	return func(network string, wire []byte) [][]byte {
		q := &dns.Msg{}
		if q.Unpack(wire) != nil || len(q.Question) != 1 {
			return nil
		}
		m := f(q)
		if m == nil {
			return nil
		}
		if network == "udp" {
			size := dns.MinMsgSize
			if o := q.IsEdns0(); o != nil {
				size = int(o.UDPSize())
			}
			m.Truncate(size)
		}
		out, err := m.Pack()
		if err != nil {
			return nil
		}
		return [][]byte{out}
	}
}

// Error makes a handler that answers everything with an error code.
func Error(rcode int) Handler {
	return Answer(func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, rcode) })
}

// Zone is the content of one zone, which a test may change while it is served.
type Zone struct {
	apex string

	mu      sync.Mutex
	records []dns.RR
}

// NewZone returns a zone with an SOA record and the records given in the form of a
// zone file, names relative to the apex.
func NewZone(apex string, records ...string) *Zone {
	z := &Zone{apex: dns.CanonicalName(apex)}
	z.Add(append([]string{"@ 3600 SOA ns. hostmaster. 1 3600 600 86400 60"}, records...)...)
	return z
}

// Add enters records, in the form of a zone file. A line that is none ends the test
// by panic: it is a mistake in the test.
func (z *Zone) Add(records ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, text := range records {
		rr, err := z.parse(text)
		if err != nil {
			panic(err) //nolint:forbidigo // only tests call this, with literals
		}
		z.records = append(z.records, rr)
	}
}

// Enter is Add for what a simulated person types: a line that is no record is
// refused, and one that is there already is not entered twice.
func (z *Zone) Enter(record string) error {
	rr, err := z.parse(record)
	if err != nil {
		return err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, old := range z.records {
		if dns.IsDuplicate(old, rr) {
			return nil
		}
	}
	z.records = append(z.records, rr)
	return nil
}

// Delete removes the records of a name (relative to the apex) and type whose data
// is the one given; all of them when no data are given. It returns how many there
// were.
func (z *Zone) Delete(name, typ string, data ...string) int {
	z.mu.Lock()
	defer z.mu.Unlock()
	owner := z.full(name)
	var kept []dns.RR
	for _, rr := range z.records {
		h := rr.Header()
		text := strings.TrimPrefix(rr.String(), h.String())
		if h.Name == owner && dns.Type(h.Rrtype).String() == typ && (len(data) == 0 || contains(data, text)) {
			continue
		}
		kept = append(kept, rr)
	}
	n := len(z.records) - len(kept)
	z.records = kept
	return n
}

func contains(data []string, text string) bool {
	for _, d := range data {
		if strings.EqualFold(strings.TrimSuffix(d, "."), strings.TrimSuffix(text, ".")) {
			return true
		}
	}
	return false
}

// Text returns all records of the zone, a line each.
func (z *Zone) Text() []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	var out []string
	for _, rr := range z.records {
		out = append(out, rr.String())
	}
	return out
}

func (z *Zone) parse(text string) (dns.RR, error) {
	zp := dns.NewZoneParser(strings.NewReader(text+"\n"), z.apex, "")
	zp.SetDefaultTTL(3600)
	rr, ok := zp.Next()
	if !ok || rr == nil {
		return nil, fmt.Errorf("%q is no record: %w", text, zp.Err())
	}
	rr.Header().Name = dns.CanonicalName(rr.Header().Name)
	return rr, nil
}

func (z *Zone) full(name string) string {
	switch {
	case name == "" || name == "@":
		return z.apex
	case dns.IsFqdn(name):
		return dns.CanonicalName(name)
	default:
		return dns.CanonicalName(name + "." + z.apex)
	}
}

// Authority answers for the zones with authority and refuses everything else.
// Below a delegation it refers to the zone's servers, with glue.
func Authority(zones ...*Zone) Handler {
	return Answer(func(q *dns.Msg) *dns.Msg {
		name := dns.CanonicalName(q.Question[0].Name)
		var best *Zone
		for _, z := range zones {
			if dns.IsSubDomain(z.apex, name) && (best == nil || len(z.apex) > len(best.apex)) {
				best = z
			}
		}
		if best == nil {
			return new(dns.Msg).SetRcode(q, dns.RcodeRefused)
		}
		return best.answer(q, name)
	})
}

// Resolver answers for the zones as a recursive resolver would: without
// authority, following aliases and delegations from one zone to another.
func Resolver(zones ...*Zone) Handler {
	return Answer(func(q *dns.Msg) *dns.Msg {
		out := new(dns.Msg).SetReply(q)
		out.RecursionAvailable = true
		name := dns.CanonicalName(q.Question[0].Name)
		for range 8 {
			var best *Zone
			for _, z := range zones {
				if dns.IsSubDomain(z.apex, name) && (best == nil || len(z.apex) > len(best.apex)) {
					best = z
				}
			}
			if best == nil {
				return out.SetRcode(q, dns.RcodeServerFailure)
			}
			m := best.answer(q, name)
			out.Rcode, out.Ns = m.Rcode, m.Ns
			out.Answer = append(out.Answer, m.Answer...)
			if len(m.Answer) != 1 || q.Question[0].Qtype == dns.TypeCNAME {
				return out
			}
			alias, ok := m.Answer[0].(*dns.CNAME)
			if !ok {
				return out
			}
			name = dns.CanonicalName(alias.Target)
		}
		return out
	})
}

// answer follows RFC 1034 section 4.3.2, without wildcards.
func (z *Zone) answer(q *dns.Msg, name string) *dns.Msg {
	z.mu.Lock()
	defer z.mu.Unlock()
	m := new(dns.Msg).SetReply(q)
	m.Authoritative = true
	exists := false
	var cut string
	for _, rr := range z.records {
		h := rr.Header()
		if h.Rrtype == dns.TypeNS && h.Name != z.apex && dns.IsSubDomain(h.Name, name) {
			cut = h.Name
		}
		if dns.IsSubDomain(name, h.Name) {
			exists = true
		}
		if h.Name == name && (h.Rrtype == q.Question[0].Qtype || h.Rrtype == dns.TypeCNAME) {
			m.Answer = append(m.Answer, dns.Copy(rr))
		}
	}
	if cut != "" {
		return z.refer(q, cut)
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
	if len(m.Answer) == 0 {
		m.Ns = append(m.Ns, dns.Copy(z.records[0]))
	}
	return m
}

func (z *Zone) refer(q *dns.Msg, cut string) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	for _, rr := range z.records {
		if ns, ok := rr.(*dns.NS); ok && ns.Hdr.Name == cut {
			m.Ns = append(m.Ns, dns.Copy(rr))
			for _, glue := range z.records {
				if t := glue.Header().Rrtype; glue.Header().Name == dns.CanonicalName(ns.Ns) && (t == dns.TypeA || t == dns.TypeAAAA) {
					m.Extra = append(m.Extra, dns.Copy(glue))
				}
			}
		}
	}
	return m
}
