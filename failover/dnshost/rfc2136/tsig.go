package rfc2136

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 8945 section 6 asks for HMAC-SHA1, which SHA-1's collisions do not touch
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"time"

	"github.com/miekg/dns"
)

// fudge is how far clocks may be apart, in seconds (RFC 8945 section 10).
const fudge = 300

// The algorithms of RFC 8945 section 6. HMAC-MD5 is left out: it is there for
// implementations older than any that takes these.
var newHash = map[string]func() hash.Hash{
	dns.HmacSHA1:   sha1.New,
	dns.HmacSHA224: sha256.New224,
	dns.HmacSHA256: sha256.New,
	dns.HmacSHA384: sha512.New384,
	dns.HmacSHA512: sha512.New,
}

type key struct {
	name, algorithm string // as failover.FQDN makes them
	// secret is a function, as whatever prints the key would print octets.
	secret func() []byte
}

// sign packs a message and signs it. The MAC, in hexadecimal, is needed to check
// the answer.
func (k key) sign(m *dns.Msg, at time.Time) (wire []byte, mac string, err error) {
	m.SetTsig(k.name, k.algorithm, fudge, at.Unix())
	return dns.TsigGenerate(m, base64.StdEncoding.EncodeToString(k.secret()), "", false)
}

var (
	errUnsigned = errors.New("the answer bears no TSIG record")
	errForged   = errors.New("the answer's TSIG signature is wrong")
	errGarbled  = errors.New("the answer is no DNS message")
)

// verify checks the signature of an answer against the request's MAC (RFC 8945
// section 5.3) and returns its TSIG record, also when the signature is wrong.
//
// The library's own check refuses to look at NOTAUTH answers, which are signed
// when the clock is what is wrong (section 5.2.3), and goes by the machine's clock.
// The time in the answer is not checked here: the request's MAC is part of what is
// signed, so an old answer cannot be played again.
func (k key) verify(wire []byte, requestMAC string) (*dns.TSIG, error) {
	end, t, err := splitTSIG(wire)
	if err != nil {
		return t, err
	}
	mac, err := hex.DecodeString(t.MAC)
	request, err2 := hex.DecodeString(requestMAC)
	if err != nil || err2 != nil || len(mac) == 0 || t.Hdr.Class != dns.ClassANY || t.Hdr.Ttl != 0 ||
		dns.CanonicalName(t.Hdr.Name) != k.name || dns.CanonicalName(t.Algorithm) != k.algorithm {
		return t, errForged
	}
	h := hmac.New(newHash[k.algorithm], k.secret())
	prefix := binary.BigEndian.AppendUint16(nil, uint16(len(request))) //nolint:gosec // a MAC of ours: at most 64 octets
	h.Write(append(prefix, request...))
	// The message as it was before it was signed: its own ID, and no TSIG record.
	header := append([]byte(nil), wire[:12]...)
	binary.BigEndian.PutUint16(header[0:], t.OrigId)
	binary.BigEndian.PutUint16(header[10:], binary.BigEndian.Uint16(header[10:])-1)
	h.Write(header)
	h.Write(wire[12:end])
	variables, err := tsigVariables(t)
	if err != nil {
		return t, errForged
	}
	h.Write(variables)
	if !hmac.Equal(h.Sum(nil), mac) {
		return t, errForged
	}
	return t, nil
}

// splitTSIG finds the TSIG record, which is the last one of a message, and where
// it begins.
func splitTSIG(wire []byte) (start int, t *dns.TSIG, err error) {
	if len(wire) < 12 {
		return 0, nil, errGarbled
	}
	count := func(i int) int { return int(binary.BigEndian.Uint16(wire[i:])) }
	off := 12
	for range count(4) {
		if _, off, err = dns.UnpackDomainName(wire, off); err != nil || off+4 > len(wire) {
			return 0, nil, errGarbled
		}
		off += 4
	}
	var last dns.RR
	for range count(6) + count(8) + count(10) {
		start = off
		if last, off, err = dns.UnpackRR(wire, off); err != nil {
			return 0, nil, errGarbled
		}
	}
	t, ok := last.(*dns.TSIG)
	if !ok || count(10) == 0 || off != len(wire) {
		return 0, nil, errUnsigned
	}
	return start, t, nil
}

// tsigVariables are the parts of the TSIG record that are signed (RFC 8945 section
// 4.3.3).
func tsigVariables(t *dns.TSIG) ([]byte, error) {
	buf := make([]byte, 512)
	off, err := dns.PackDomainName(dns.CanonicalName(t.Hdr.Name), buf, 0, nil, false)
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint16(buf[off:], dns.ClassANY)
	binary.BigEndian.PutUint32(buf[off+2:], 0) // TTL
	off, err = dns.PackDomainName(dns.CanonicalName(t.Algorithm), buf, off+6, nil, false)
	if err != nil {
		return nil, err
	}
	other, err := hex.DecodeString(t.OtherData)
	if err != nil {
		return nil, err
	}
	out := buf[:off]
	out = binary.BigEndian.AppendUint16(out, uint16(t.TimeSigned>>32)) //nolint:gosec // 48 bits
	out = binary.BigEndian.AppendUint32(out, uint32(t.TimeSigned))     //nolint:gosec // the lower half
	out = binary.BigEndian.AppendUint16(out, t.Fudge)
	out = binary.BigEndian.AppendUint16(out, t.Error)
	out = binary.BigEndian.AppendUint16(out, t.OtherLen)
	return append(out, other...), nil
}

// serverTime is the server's clock in a BADTIME answer: 48 bits of Unix time in
// Other Data (RFC 8945 section 5.2.3).
func serverTime(t *dns.TSIG) (time.Time, bool) {
	b, err := hex.DecodeString(t.OtherData)
	if err != nil || len(b) != 6 {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint16(b))<<32|int64(binary.BigEndian.Uint32(b[2:])), 0), true
}
