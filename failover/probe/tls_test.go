package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
)

const firstHost = "mx1.second.test."

func TestSTARTTLS(t *testing.T) {
	for _, c := range []struct {
		name    string
		host    func(*world, *mailHost)
		verdict failover.Verdict
		words   string
	}{
		{"right", func(*world, *mailHost) {}, failover.Pass, "valid certificate"},
		{"another name", func(w *world, h *mailHost) { h.cert = &w.ca.Issue(w.t, "mx.other.test").TLS }, failover.Red, "mx.other.test"},
		{"expired", func(w *world, h *mailHost) { h.cert = &w.ca.IssueExpired(w.t, h.name).TLS }, failover.Red, "expired on"},
		{"soon to expire", func(w *world, h *mailHost) {
			w.clock.at = leafOf(w.t, *h.cert).NotAfter.Add(-13*24*time.Hour - 12*time.Hour)
		}, failover.Warn, "13 more days"},
		{"not yet valid", func(w *world, h *mailHost) { w.clock.at = leafOf(w.t, *h.cert).NotBefore.Add(-time.Hour) }, failover.Red, "clock"},
		{"nobody's authority", func(w *world, h *mailHost) { c := selfSigned(w.t, h.name); h.cert = &c }, failover.Red, "authority"},
		{"only an old version", func(_ *world, h *mailHost) { h.maxTLS = tls.VersionTLS11 }, failover.Warn, "TLS 1.1"},
		{"not offered", func(_ *world, h *mailHost) { h.cert = nil }, failover.Red, "no STARTTLS"},
		{"offered and refused", func(_ *world, h *mailHost) {
			h.command = func(line string, _ net.Conn) string {
				if line == "STARTTLS" {
					return "454 4.7.0 TLS not available due to local problem"
				}
				return ""
			}
		}, failover.Red, "454 4.7.0"},
		{"breaks off in the handshake", func(_ *world, h *mailHost) {
			h.command = func(line string, c net.Conn) string {
				if line == "STARTTLS" {
					_, _ = c.Write([]byte("220 Ready\r\n"))
					c.Close()
				}
				return ""
			}
		}, failover.Red, "no encrypted connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.host(w, w.mx1)
			findings := w.look("starttls", "rcpt")
			f := find(t, findings, "starttls", firstHost)
			expect(t, f, c.verdict, c.words)
			if len(f.Evidence) < 2 {
				t.Errorf("evidence %q", f.Evidence)
			}
			// Senders deliver all the same, so the recipients can be asked for.
			expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass)
		})
	}
}

// selfSigned makes a certificate that nobody signed.
func selfSigned(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestDANE(t *testing.T) {
	sum := func(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }
	for _, c := range []struct {
		name    string
		prepare func(*world, *mailHost) []string // the TLSA data
		verdict failover.Verdict
		words   string
		tls     failover.Verdict
	}{
		{"no records", func(*world, *mailHost) []string { return nil }, failover.Pass, "no TLSA", failover.Pass},
		{"the key pinned", func(w *world, h *mailHost) []string {
			return []string{"3 1 1 " + sum(leafOf(w.t, *h.cert).RawSubjectPublicKeyInfo)}
		}, failover.Pass, "fits", failover.Pass},
		{"the certificate pinned by SHA-512", func(_ *world, h *mailHost) []string {
			s := sha512.Sum512(h.cert.Certificate[0])
			return []string{"3 0 2 " + hex.EncodeToString(s[:])}
		}, failover.Pass, "fits", failover.Pass},
		{"the whole certificate pinned, self-signed and of another name", func(w *world, h *mailHost) []string {
			c := selfSigned(w.t, "whatever")
			h.cert = &c
			return []string{"3 0 0 " + hex.EncodeToString(c.Certificate[0])}
		}, failover.Pass, "fits", failover.Pass},
		{"the authority pinned", func(_ *world, h *mailHost) []string { return []string{"2 0 1 " + sum(h.cert.Certificate[1])} }, failover.Pass, "fits", failover.Pass},
		{"the authority pinned, another name", func(w *world, h *mailHost) []string {
			h.cert = &w.ca.Issue(w.t, "mx.other.test").TLS
			return []string{"2 0 1 " + sum(h.cert.Certificate[1])}
		}, failover.Red, "does not fit", failover.Red},
		{"an old key pinned", func(*world, *mailHost) []string { return []string{"3 1 1 " + sum([]byte("old"))} }, failover.Red, "does not fit", failover.Pass},
		{"an old key and the present one", func(w *world, h *mailHost) []string {
			return []string{"3 1 1 " + sum([]byte("old")), "3 1 1 " + sum(leafOf(w.t, *h.cert).RawSubjectPublicKeyInfo)}
		}, failover.Pass, "fits", failover.Pass},
		{"usages that mail does not know", func(*world, *mailHost) []string {
			return []string{"1 1 1 " + sum([]byte("x")), "0 0 1 " + sum([]byte("x"))}
		},
			failover.Warn, "None of the TLSA records", failover.Pass},
		{"no TLS to be had", func(w *world, h *mailHost) []string {
			pin := "3 1 1 " + sum(leafOf(w.t, *h.cert).RawSubjectPublicKeyInfo)
			h.cert = nil
			return []string{pin}
		}, failover.Red, "no encrypted connection", failover.Red},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for _, data := range c.prepare(w, w.mx1) {
				w.second.Add("_25._tcp.mx1 300 TLSA " + data)
			}
			findings := w.look("dane", "starttls")
			expect(t, find(t, findings, "dane", firstHost), c.verdict, c.words)
			expect(t, find(t, findings, "starttls", firstHost), c.tls)
		})
	}
	t.Run("records by way of an alias", func(t *testing.T) {
		w := newWorld(t)
		w.second.Add("_25._tcp.mx1 300 CNAME pins.second.test.", "pins 300 TLSA 3 1 1 "+sum([]byte("old")))
		expect(t, w.one("dane", firstHost), failover.Red)
	})
	t.Run("unseen", func(t *testing.T) {
		w := newWorld(t)
		w.second.Add("_25._tcp.mx1 300 TLSA 3 1 1 " + sum([]byte("x")))
		w.block()
		f := w.one("dane", firstHost)
		expect(t, f, failover.Unknown, "could not be looked at")
		if !f.OwnLine {
			t.Error("not owed to the line")
		}
		expect(t, w.one("starttls", firstHost), failover.Unknown, "DANE")
	})
}

func TestMXNames(t *testing.T) {
	for _, c := range []struct {
		name, host string
		records    []string
		verdict    failover.Verdict
		words      string
	}{
		{"good", "mx1.second.test.", nil, failover.Pass, "mx1.second.test"},
		{"an alias", "alias.second.test.", []string{"alias 300 CNAME mx1.second.test."}, failover.Red, "alias (CNAME) of mx1.second.test"},
		{"no address", "empty.second.test.", []string{`empty 300 TXT "x"`}, failover.Red, "no address"},
		{"not there", "nothing.second.test.", nil, failover.Red, "no address"},
		{"an IP address", "192.0.2.11.", nil, failover.Red, "IP address"},
		{"an IPv6 address", "[2001:db8::1].", nil, failover.Red, "IP address"},
		{"the null MX", ".", nil, failover.Red, "RFC 7505"},
		{"nobody can tell", "mx.unknown.invalid.", nil, failover.Unknown, "no answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.second.Add(c.records...)
			w.target.Provider.MX = []failover.MX{{Preference: 10, Host: c.host}}
			expect(t, w.one("mx-names", failover.FQDN(c.host)), c.verdict, c.words)
		})
	}
}

func TestExpiryIsToldInWholeDays(t *testing.T) {
	w := newWorld(t)
	w.clock.at = leafOf(t, *w.mx1.cert).NotAfter.Add(-30 * time.Hour)
	if f := w.one("starttls", firstHost); !strings.Contains(f.Say.String(), fmt.Sprint(1)+" more days") {
		t.Errorf("says %q", f.Say)
	}
}
