package servers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// A Key is a TSIG key (RFC 8945).
type Key struct {
	// Name and Algorithm are domain names in lower case with a final dot, such as "hmac-sha256.".
	Name, Algorithm string
	// Secret is in base64.
	Secret string
}

// NewKey makes a key with a random secret. A second key of the same name is a wrong credential.
func NewKey(name string) Key {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails, says crypto/rand
	return Key{Name: dns.CanonicalName(name), Algorithm: dns.HmacSHA256, Secret: base64.StdEncoding.EncodeToString(secret)}
}

// A Zone is one zone on a server.
type Zone struct {
	// Name is the zone's, such as "example.test.".
	Name string
	// Text is its content as a master file (RFC 1035 section 5), with SOA and NS. Empty for a secondary.
	Text string
	// Primaries are the addresses ("127.0.53.1:53") that a secondary takes the zone from. BIND only.
	Primaries []string
	// Notify are the secondaries that are told of changes. BIND only.
	Notify []string
	// Closed takes the zone out of what Writer may change: it belongs to somebody else.
	Closed bool
}

// DNSConfig describes an authoritative server.
type DNSConfig struct {
	// Name is what messages call the server; its program's name by default.
	Name string
	// Listen are addresses with port, IPv4 or IPv6; one free address by default.
	Listen []string
	// Zones are what it serves.
	Zones []Zone
	// Writer may change the zones and transfer them, Reader may transfer them. Each is made when it is zero. A BIND
	// secondary asks its primary with Reader, so give it the primary's.
	Writer, Reader Key
	// UpdateTypes are the only record types that Writer may change, such as MX and TXT; none: all types.
	UpdateTypes []string
}

// complete fills in what the test left open.
func (c DNSConfig) complete(t testing.TB, program string) DNSConfig {
	t.Helper()
	if c.Name == "" {
		c.Name = program
	}
	if len(c.Listen) == 0 {
		c.Listen = []string{FreeAddress(t)}
	}
	for _, address := range c.Listen {
		host, _ := hostPort(t, address)
		claim(t, host)
	}
	if c.Writer == (Key{}) {
		c.Writer = NewKey("writer.lifeboat.")
	}
	if c.Reader == (Key{}) {
		c.Reader = NewKey("reader.lifeboat.")
	}
	zones := make([]Zone, len(c.Zones))
	for i, z := range c.Zones {
		z.Name = dns.CanonicalName(z.Name)
		zones[i] = z
	}
	c.Zones = zones
	return c
}

// refuseTransfers fails the test when the server cannot do what the configuration asks for.
func (c DNSConfig) refuseTransfers(t testing.TB) {
	t.Helper()
	for _, z := range c.Zones {
		if len(z.Primaries)+len(z.Notify) > 0 {
			t.Fatalf("%s cannot be a secondary or have any here; BIND can", c.Name)
		}
	}
}

// DNS is a running authoritative server.
type DNS struct {
	*Process
	// Addr is the first address that it listens on, "127.0.53.1:53".
	Addr string
	// Writer and Reader are its keys.
	Writer, Reader Key
}

// ready asks for every zone's SOA with authority, by TCP: a secondary answers when it has transferred the zone.
func ready(listen []string, zones []Zone) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, addr := range listen {
			for _, z := range zones {
				m := new(dns.Msg).SetQuestion(z.Name, dns.TypeSOA)
				r, err := exchange(ctx, "tcp", addr, m, nil)
				if err != nil {
					return err
				}
				if r.Rcode != dns.RcodeSuccess || !r.Authoritative || len(r.Answer) == 0 {
					return fmt.Errorf("%s answers for %s: %s", addr, z.Name, dns.RcodeToString[r.Rcode])
				}
			}
		}
		return nil
	}
}

// exchange sends one message, signed when there is a key.
func exchange(ctx context.Context, network, addr string, m *dns.Msg, key *Key) (*dns.Msg, error) {
	c := &dns.Client{Net: network, Timeout: 10 * time.Second}
	if key != nil {
		c.TsigSecret = map[string]string{key.Name: key.Secret}
		m.SetTsig(key.Name, key.Algorithm, 300, time.Now().Unix())
	}
	r, _, err := c.ExchangeContext(ctx, m, addr)
	return r, err
}

// Ask sends a question to an address by UDP and, if the answer is cut, by TCP, and returns the answer. A resolver is
// asked to recurse.
func Ask(t testing.TB, addr, name string, qtype uint16) *dns.Msg {
	t.Helper()
	m := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
	r, err := exchange(t.Context(), "udp", addr, m, nil)
	if err == nil && r.Truncated {
		r, err = exchange(t.Context(), "tcp", addr, m, nil)
	}
	if err != nil {
		t.Fatalf("%s does not answer for %s %s: %v", addr, name, dns.TypeToString[qtype], err)
	}
	return r
}

// Answers returns the data of the records that an address gives for a name and type, sorted, such as "10 mx.a.test.".
// A failure to get an answer is an error, and so is any response code but NOERROR and NXDOMAIN.
func Answers(ctx context.Context, addr, name string, qtype uint16) ([]string, error) {
	m := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
	r, err := exchange(ctx, "tcp", addr, m, nil)
	if err != nil {
		return nil, err
	}
	if r.Rcode != dns.RcodeSuccess && r.Rcode != dns.RcodeNameError {
		return nil, fmt.Errorf("%s answers %s", addr, dns.RcodeToString[r.Rcode])
	}
	var data []string
	for _, rr := range r.Answer {
		if rr.Header().Rrtype == qtype {
			data = append(data, strings.TrimPrefix(rr.String(), rr.Header().String()))
		}
	}
	slices.Sort(data)
	return data, nil
}

// Update sends an RFC 2136 message signed by Writer and returns the response code. It is how a test plays the
// colleague who changes the zone at the same time. Knot says NOTAUTH where others say REFUSED.
func (d *DNS) Update(t testing.TB, m *dns.Msg) (rcode int) {
	t.Helper()
	r, err := exchange(t.Context(), "tcp", d.Addr, m, &d.Writer)
	if r == nil { // a refusal comes unsigned, so with an error as well
		t.Fatalf("the update of %s gets no answer: %v", d.Addr, err)
	}
	return r.Rcode
}

// Transfer returns every record of a zone as a line of master file text, sorted, by AXFR (RFC 5936).
func (d *DNS) Transfer(t testing.TB, zone string) []string {
	t.Helper()
	return d.transfer(t, zone, func(dns.RR) bool { return true })
}

// Others returns what [DNS.Transfer] does but for the SOA record, whose serial number every change moves, and the
// record sets named as "NAME TYPE", such as "example.test. MX". Compare before and after to see that a change touched
// nothing else.
func (d *DNS) Others(t testing.TB, zone string, except ...string) []string {
	t.Helper()
	return d.transfer(t, zone, func(rr dns.RR) bool {
		h := rr.Header()
		set := h.Name + " " + dns.TypeToString[h.Rrtype]
		same := func(e string) bool { return strings.EqualFold(e, set) }
		return h.Rrtype != dns.TypeSOA && !slices.ContainsFunc(except, same)
	})
}

func (d *DNS) transfer(t testing.TB, zone string, want func(dns.RR) bool) []string {
	t.Helper()
	records, err := axfr(t.Context(), d.Addr, zone, d.Reader)
	if err != nil {
		t.Fatalf("%s does not give the zone %s: %v", d.Addr, zone, err)
	}
	var lines []string
	for _, rr := range records[1:] { // the SOA record comes first and last
		if want(rr) {
			lines = append(lines, rr.String())
		}
	}
	slices.Sort(lines)
	return lines
}

func axfr(ctx context.Context, addr, zone string, key Key) ([]dns.RR, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	tr := &dns.Transfer{
		Conn:       &dns.Conn{Conn: conn},
		TsigSecret: map[string]string{key.Name: key.Secret},
	}
	defer func() { _ = tr.Close() }()
	m := new(dns.Msg).SetAxfr(dns.Fqdn(zone))
	m.SetTsig(key.Name, key.Algorithm, 300, time.Now().Unix())
	envelopes, err := tr.In(m, addr)
	if err != nil {
		return nil, err
	}
	var records []dns.RR
	for e := range envelopes {
		if e.Error != nil {
			err = e.Error
			continue // drain, or the sender hangs
		}
		records = append(records, e.RR...)
	}
	if err == nil && len(records) < 2 {
		err = errors.New("the transfer is empty")
	}
	return records, err
}
