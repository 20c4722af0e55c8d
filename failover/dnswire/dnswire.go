// Package dnswire turns the records of the DNS library into failover.RRset and
// back.
//
// One record can be written in many ways: names in any case, a TXT string in
// quotes or without, "\065" for "A". Sets are compared by their values as text,
// so there has to be one text for each record, and only this package makes it:
//
//   - names are lower case with their trailing dot (RFC 4034 section 6.2 names
//     the same types for the DNSSEC canonical form);
//   - TXT data is one quoted string for each character-string (RFC 1035 sections
//     3.3.14 and 5.1): what is printable stands as it is, with a backslash before
//     a quote or a backslash, any other octet as \DDD. Where the strings are cut
//     is part of the record: "ab" is not the same data as "a" "b";
//   - a type the library does not know has the form of RFC 3597 section 5.
package dnswire

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// Set makes the record set of records that have one name and type; the first
// says which, and others are left out. Its TTL (seconds) is the lowest one: TTLs
// within a set should not differ, and where they do the lowest is what holds (RFC
// 2181 section 5.2). No records give the zero RRset: see [Pick] for the set of a
// known key.
func Set(rrs []dns.RR) failover.RRset {
	if len(rrs) == 0 {
		return failover.RRset{}
	}
	return Pick(KeyOf(rrs[0]), rrs)
}

// Pick makes the set of one key out of a section of a message; without values
// when no record has that key.
func Pick(key failover.Key, rrs []dns.RR) failover.RRset {
	var values []string
	var ttl uint32
	for _, rr := range rrs {
		if KeyOf(rr) != key {
			continue
		}
		if h := rr.Header(); len(values) == 0 || h.Ttl < ttl {
			ttl = h.Ttl
		}
		values = append(values, Value(rr))
	}
	return failover.NewRRset(key.Name, key.Type, ttl, values...)
}

// KeyOf returns the name and type of the set that a record belongs to.
func KeyOf(rr dns.RR) failover.Key {
	h := rr.Header()
	return failover.Key{Name: failover.FQDN(h.Name), Type: dns.Type(h.Rrtype).String()}
}

// Value returns a record's data in canonical presentation format.
func Value(rr dns.RR) string {
	switch v := rr.(type) {
	case *dns.MX:
		return failover.MX{Preference: v.Preference, Host: failover.FQDN(v.Mx)}.String()
	case *dns.CNAME:
		return failover.FQDN(v.Target)
	case *dns.DNAME:
		return failover.FQDN(v.Target)
	case *dns.NS:
		return failover.FQDN(v.Ns)
	case *dns.PTR:
		return failover.FQDN(v.Ptr)
	case *dns.SRV:
		return fmt.Sprintf("%d %d %d %s", v.Priority, v.Weight, v.Port, failover.FQDN(v.Target))
	case *dns.SOA:
		return fmt.Sprintf("%s %s %d %d %d %d %d", failover.FQDN(v.Ns), failover.FQDN(v.Mbox),
			v.Serial, v.Refresh, v.Retry, v.Expire, v.Minttl)
	case *dns.RFC3597:
		return fmt.Sprintf(`\# %d %s`, len(v.Rdata)/2, strings.ToLower(v.Rdata))
	default:
		return strings.TrimPrefix(rr.String(), rr.Header().String())
	}
}

// Records makes the records of a set, for a message. The caller owns them: the
// library's dynamic update calls write into the records they are given. A value
// that is no data of the set's type is failover.ErrInvalid.
func Records(set failover.RRset) ([]dns.RR, error) {
	out := make([]dns.RR, 0, len(set.Values))
	for _, v := range set.Values {
		rr, err := parse(set.Key, set.TTL, v)
		if err != nil {
			return nil, err
		}
		out = append(out, rr)
	}
	return out, nil
}

// Canonical makes a set of values in any presentation format. A value that is no
// data of the type is failover.ErrInvalid.
func Canonical(name, typ string, ttl uint32, values ...string) (failover.RRset, error) {
	set := failover.NewRRset(name, typ, ttl, values...)
	rrs, err := Records(set)
	if err != nil {
		return failover.RRset{}, err
	}
	out := Pick(set.Key, rrs)
	// Of a few obsolete types (NXT) the library writes what it does not read.
	if _, err := Records(out); err != nil {
		return failover.RRset{}, err
	}
	return out, nil
}

// parse reads one value by the library's zone file parser, and passes it
// through the wire form, which has no two ways to write anything.
func parse(key failover.Key, ttl uint32, value string) (dns.RR, error) {
	code, known := typeCode(key.Type)
	if !known || isMeta(code) {
		return nil, failover.Fail(failover.ErrInvalid,
			`"{type}" is no type of DNS record; write a type such as MX or TXT`, "type", key.Type)
	}
	bad := failover.Fail(failover.ErrInvalid, `"{value}" is no data of a {type} record`, "value", value, "type", key.Type)
	// A line break would begin another line of a zone file, directives included.
	if strings.TrimSpace(value) == "" || strings.ContainsFunc(value, isControl) {
		return nil, bad
	}
	zp := dns.NewZoneParser(strings.NewReader(fmt.Sprintf(". %d IN %s %s\n", ttl, key.Type, value)), ".", "")
	rr, ok := zp.Next()
	if !ok || rr == nil {
		return nil, bad.Because(zp.Err())
	}
	// An unquoted semicolon begins a comment: "v=DKIM1; p=..." would lose its tail.
	if zp.Comment() != "" {
		return nil, bad
	}
	rr.Header().Name = key.Name
	wire := make([]byte, dns.MaxMsgSize)
	n, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return nil, bad.Because(err)
	}
	back, _, err := dns.UnpackRR(wire[:n], 0)
	if err != nil {
		return nil, bad.Because(err)
	}
	if back.Header().Rdlength == 0 || back.Header().Rrtype != code {
		return nil, bad
	}
	lower(back)
	return back, nil
}

// lower puts the names in a record into the case that Value gives them.
func lower(rr dns.RR) {
	switch v := rr.(type) {
	case *dns.MX:
		v.Mx = failover.FQDN(v.Mx)
	case *dns.CNAME:
		v.Target = failover.FQDN(v.Target)
	case *dns.DNAME:
		v.Target = failover.FQDN(v.Target)
	case *dns.NS:
		v.Ns = failover.FQDN(v.Ns)
	case *dns.PTR:
		v.Ptr = failover.FQDN(v.Ptr)
	case *dns.SRV:
		v.Target = failover.FQDN(v.Target)
	}
}

func typeCode(typ string) (uint16, bool) {
	if code, ok := dns.StringToType[typ]; ok {
		return code, true
	}
	var n uint16
	_, err := fmt.Sscanf(typ, "TYPE%d", &n)
	// A type with a name has no second one by its number.
	return n, err == nil && dns.Type(n).String() == typ
}

// isMeta: types that are no data of a zone (RFC 6895 section 3.1).
func isMeta(code uint16) bool {
	return code == dns.TypeNone || code == dns.TypeOPT || code >= 128 && code <= 255
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
