package lab

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/miekg/dns"
)

// TSIG is a key for signing DNS messages (RFC 8945). Printed or logged it shows
// its name only.
type TSIG struct {
	Name      string // the key's name, with the trailing dot
	Algorithm string // "hmac-sha256."
	Secret    string // base64
}

// String is the key's name and algorithm.
func (k TSIG) String() string { return k.Name + " (" + k.Algorithm + ")" }

// GoString is String, so that %#v shows no secret either.
func (k TSIG) GoString() string { return k.String() }

// LogValue is String.
func (k TSIG) LogValue() slog.Value { return slog.StringValue(k.String()) }

func newTSIG() (TSIG, error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return TSIG{}, err
	}
	return TSIG{"lifeboat.", dns.HmacSHA256, base64.StdEncoding.EncodeToString(secret)}, nil
}

// tsigRoom is what a signature adds to a message, generously.
const tsigRoom = 256

// signature is what a query was signed with, and what its answer is to be.
type signature struct {
	key   TSIG
	query *dns.TSIG
	// fault is the extended code of a signature that does not hold (RFC 8945
	// section 5.2), or NOERROR.
	fault uint16
}

// verify looks at a message's signature: nil when there is none. malformed is
// one in the wrong place or form (RFC 8945 section 5.1).
func (k TSIG) verify(m *dns.Msg, raw []byte) (sig *signature, malformed bool) {
	at := -1
	for _, section := range [][]dns.RR{m.Answer, m.Ns} {
		for _, rr := range section {
			malformed = malformed || rr.Header().Rrtype == dns.TypeTSIG
		}
	}
	for i, rr := range m.Extra {
		if rr.Header().Rrtype == dns.TypeTSIG && at < 0 {
			at = i
		}
	}
	if malformed || at >= 0 && at != len(m.Extra)-1 {
		return nil, true
	}
	t := m.IsTsig()
	if t == nil {
		return nil, false
	}
	if t.Hdr.Class != dns.ClassANY || t.Hdr.Ttl != 0 || t.Hdr.Rdlength == 0 { // section 4.2
		return nil, true
	}
	sig = &signature{key: k, query: t}
	if dns.CanonicalName(t.Hdr.Name) != k.Name || dns.CanonicalName(t.Algorithm) != k.Algorithm {
		sig.fault = dns.RcodeBadKey
		return sig, false
	}
	// The library writes into what it verifies.
	err := dns.TsigVerify(bytes.Clone(raw), k.Secret, "", false)
	switch {
	case errors.Is(err, dns.ErrTime):
		sig.fault = dns.RcodeBadTime
	case err != nil:
		sig.fault = dns.RcodeBadSig
	}
	return sig, false
}

// sign puts the answer into wire form with the signature that RFC 8945 section
// 5.3 wants: none over the errors that say that the key is not shared, and the
// server's clock beside BADTIME.
func (s *signature) sign(r *dns.Msg) []byte {
	r.SetTsig(s.query.Hdr.Name, s.query.Algorithm, 300, time.Now().Unix())
	t := r.IsTsig()
	// The query's own number, whatever original one its signature names: the
	// library gives the answer the number that stands here.
	t.OrigId, t.Error = r.Id, s.fault
	if s.fault == dns.RcodeBadTime {
		// The client's own time is signed, so that it can tell the answer is to its query.
		t.TimeSigned = s.query.TimeSigned
		var clock [8]byte
		binary.BigEndian.PutUint64(clock[:], uint64(time.Now().Unix())) //nolint:gosec // a clock before 1970 is not ours
		t.OtherLen, t.OtherData = 6, hex.EncodeToString(clock[2:])
	}
	wire, _, err := dns.TsigGenerate(r, s.key.Secret, s.query.MAC, false)
	if err != nil {
		return nil
	}
	return wire
}
