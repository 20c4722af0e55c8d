package probe

import (
	"encoding/hex"
	"testing"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/fakedns"
)

// vouching makes a resolver say of these names, and of no others, that DNSSEC proves
// its answers.
func vouching(h fakedns.Handler, names ...string) fakedns.Handler {
	return func(network string, wire []byte) [][]byte {
		q := new(dns.Msg)
		if q.Unpack(wire) != nil || !q.AuthenticatedData {
			return h(network, wire) // whoever does not ask for the bit does not get it
		}
		var out [][]byte
		for _, b := range h(network, wire) {
			m := new(dns.Msg)
			if m.Unpack(b) == nil {
				for _, n := range names {
					m.AuthenticatedData = m.AuthenticatedData || n == q.Question[0].Name
				}
				b, _ = m.Pack()
			}
			out = append(out, b)
		}
		return out
	}
}

// TLSA records in a zone that is not signed must not be used, so a certificate that
// does not fit them stops nobody.
func TestTLSAInAnUnsignedZoneIsNoFailure(t *testing.T) {
	const pins = "_25._tcp.mx1.second.test."
	for _, c := range []struct {
		name     string
		vouches  []string // nil: no resolver over HTTPS at all
		verdict  failover.Verdict
		starttls failover.Verdict // of a host on which nobody can see the certificate
	}{
		{"signed", []string{".", pins}, failover.Red, failover.Unknown},
		{"not signed", []string{"."}, failover.Warn, failover.Warn},
		{"a resolver that checks nothing", []string{}, failover.Red, failover.Unknown},
		{"nobody to ask", nil, failover.Red, failover.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.second.Add("_25._tcp.mx1 300 TLSA 3 1 1 " + "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
			root := fakedns.NewZone(".", ". 3600 SOA ns.test. admin.test. 1 2 3 4 5")
			if c.vouches != nil {
				w.doh(vouching(fakedns.Resolver(root, w.example, w.second), c.vouches...), 0)
			}
			f := w.one("dane", firstHost)
			expect(t, f, c.verdict)
			if len(f.Evidence) == 0 {
				t.Error("no evidence")
			}
			w.block()
			expect(t, w.one("starttls", firstHost), c.starttls)
		})
	}
}

// Nor does such a record make a certificate good that nobody signed.
func TestTLSAInAnUnsignedZoneExcusesNoCertificate(t *testing.T) {
	w := newWorld(t)
	cert := selfSigned(t, w.mx1.name)
	w.mx1.cert = &cert
	w.second.Add("_25._tcp.mx1 300 TLSA 3 0 0 " + hex.EncodeToString(cert.Certificate[0]))
	expect(t, w.one("starttls", firstHost), failover.Pass)
	root := fakedns.NewZone(".", ". 3600 SOA ns.test. admin.test. 1 2 3 4 5")
	w.doh(vouching(fakedns.Resolver(root, w.example, w.second), "."), 0)
	expect(t, w.one("starttls", firstHost), failover.Red, "authority")
	expect(t, w.one("dane", firstHost), failover.Warn, "DNSSEC")
}
