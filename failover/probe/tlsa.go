package probe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lifeboat/failover"
)

// pin is one TLSA record (RFC 6698 section 2.1).
type pin struct {
	usage, selector, matching uint8
	data                      []byte
}

// parseTLSA reads TLSA data in presentation format: "3 1 1 abcd...".
func parseTLSA(value string) (pin, error) {
	fields := strings.Fields(value)
	if len(fields) < 4 {
		return pin{}, fmt.Errorf("%q is no TLSA record", clean(value, 80))
	}
	var n [3]uint8
	for i := range n {
		v, err := strconv.ParseUint(fields[i], 10, 8)
		if err != nil {
			return pin{}, fmt.Errorf("%q is no TLSA record", clean(value, 80))
		}
		n[i] = uint8(v)
	}
	data, err := hex.DecodeString(strings.Join(fields[3:], ""))
	if err != nil || len(data) == 0 {
		return pin{}, fmt.Errorf("%q is no TLSA record", clean(value, 80))
	}
	return pin{n[0], n[1], n[2], data}, nil
}

// usable reports whether a mail sender can use the record: usages 2 (DANE-TA)
// and 3 (DANE-EE) only (RFC 7672 section 3.1.3), with a selector and matching
// type that exist.
func (p pin) usable() bool {
	return (p.usage == 2 || p.usage == 3) && p.selector <= 1 && p.matching <= 2
}

// fits reports whether the record is about the certificate.
func (p pin) fits(c *x509.Certificate) bool {
	data := c.Raw
	if p.selector == 1 {
		data = c.RawSubjectPublicKeyInfo
	}
	switch p.matching {
	case 1:
		sum := sha256.Sum256(data)
		data = sum[:]
	case 2:
		sum := sha512.Sum512(data)
		data = sum[:]
	}
	return bytes.Equal(p.data, data)
}

// tlsaResult is what a host's TLSA records say.
type tlsaResult struct {
	values   []string
	pins     []pin // those that senders use
	unproven bool  // DNSSEC does not prove them, so that senders use none
	err      error // nobody could tell
}

// insists reports whether senders that know DANE may refuse the host.
func (r tlsaResult) insists() bool { return len(r.pins) > 0 }

// tlsa finds the TLSA records of a host's port 25 (RFC 7672 section 2.2). Those
// that DNSSEC does not prove must not be used (section 2.1).
func (s *survey) tlsa(ctx context.Context, host string) tlsaResult {
	return s.pinned.get(host, func() tlsaResult {
		name := fmt.Sprintf("_25._tcp.%s", host)
		sets := s.lookup(ctx, name, "TLSA")
		r := tlsaResult{err: sets.err, values: sets.set.Values}
		if len(r.values) > 0 && s.unproven(ctx, failover.Key{Name: name, Type: "TLSA"}) {
			r.unproven = true
			return r
		}
		for _, v := range r.values {
			if p, err := parseTLSA(v); err == nil && p.usable() {
				r.pins = append(r.pins, p)
			}
		}
		return r
	})
}

// pinsLeaf reports whether a DANE-EE record fits the certificate; neither its
// name nor its dates count then (RFC 7672 section 3.1.1).
func (r tlsaResult) pinsLeaf(chain []*x509.Certificate) bool {
	for _, p := range r.pins {
		if p.usage == 3 && len(chain) > 0 && p.fits(chain[0]) {
			return true
		}
	}
	return false
}

// match holds a chain against the records: nil when one of them allows it. A
// DANE-TA record has to fit a certificate in the chain that signs the leaf, which
// has to be in date and bear the host's name (RFC 7672 section 3.1.2).
func (r tlsaResult) match(chain []*x509.Certificate, name string, now time.Time) error {
	if r.pinsLeaf(chain) {
		return nil
	}
	err := errors.New("no record fits the certificate or its issuers")
	for _, p := range r.pins {
		for i := range chain {
			if p.usage != 2 || !p.fits(chain[i]) {
				continue
			}
			anchor := x509.NewCertPool()
			anchor.AddCert(chain[i])
			if err = verify(chain, anchor, name, now); err == nil {
				return nil
			}
		}
	}
	return err
}
