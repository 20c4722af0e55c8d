package rfc2136

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func testKey(algorithm string) key {
	return key{name: "writer.lifeboat.", algorithm: algorithm, secret: func() []byte { return []byte("0123456789abcdef0123456789abcdef") }}
}

// answerTo signs an answer as a server does, by the library.
func answerTo(t testing.TB, k key, requestMAC string, edit func(*dns.Msg)) []byte {
	t.Helper()
	m := new(dns.Msg).SetQuestion("Example.Test.", dns.TypeMX)
	m.Response = true
	rr, err := dns.NewRR("example.test. 300 IN MX 10 mx.example.test.")
	if err != nil {
		t.Fatal(err)
	}
	m.Answer, m.Compress = []dns.RR{rr}, true
	m.SetTsig(k.name, k.algorithm, fudge, time.Now().Unix())
	if edit != nil {
		edit(m)
	}
	wire, _, err := dns.TsigGenerate(m, base64.StdEncoding.EncodeToString(k.secret()), requestMAC, false)
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

func TestVerify(t *testing.T) {
	for algorithm := range newHash {
		k := testKey(algorithm)
		_, mac, err := k.sign(new(dns.Msg).SetQuestion("example.test.", dns.TypeMX), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		wire := answerTo(t, k, mac, nil)
		if _, err := k.verify(wire, mac); err != nil {
			t.Errorf("%s: a good signature: %v", algorithm, err)
		}
		other := "00" + mac[2:]
		if other == mac { // as one in 256 begins
			other = "01" + mac[2:]
		}
		if _, err := k.verify(wire, other); !errors.Is(err, errForged) {
			t.Errorf("%s: an answer to another request: %v", algorithm, err)
		}
		for i := range wire {
			bad := append([]byte(nil), wire...)
			bad[i] ^= 1
			if _, err := k.verify(bad, mac); err == nil && i >= 2 { // the ID is covered by what TSIG keeps of it
				t.Errorf("%s: octet %d changed and nobody saw it", algorithm, i)
			}
		}
	}
}

// TestVerifyBADTIME: the library refuses to check these; they carry the server's
// clock.
func TestVerifyBADTIME(t *testing.T) {
	k := testKey(dns.HmacSHA256)
	at := time.Unix(1_900_000_000, 0)
	_, mac, err := k.sign(new(dns.Msg).SetQuestion("example.test.", dns.TypeMX), at)
	if err != nil {
		t.Fatal(err)
	}
	wire := answerTo(t, k, mac, func(m *dns.Msg) {
		m.Rcode, m.Answer = dns.RcodeNotAuth, nil
		ts := m.IsTsig()
		ts.Error, ts.OtherLen, ts.OtherData = dns.RcodeBadTime, 6, "0000713fb300"
	})
	got, err := k.verify(wire, mac)
	if err != nil {
		t.Fatalf("a signed BADTIME answer: %v", err)
	}
	if server, ok := serverTime(got); !ok || server.Unix() != 0x713fb300 {
		t.Errorf("the server's time is %v, %v", server, ok)
	}
}

func FuzzAnswer(f *testing.F) {
	k := testKey(dns.HmacSHA256)
	_, mac, err := k.sign(new(dns.Msg).SetQuestion("example.test.", dns.TypeMX), time.Now())
	if err != nil {
		f.Fatal(err)
	}
	whole := answerTo(f, k, mac, nil)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(whole[:12])
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		a, err := k.read(append([]byte(nil), wire...), mac)
		if err != nil {
			return
		}
		if a.signed == nil && (len(wire) != len(whole) || string(wire[2:]) != string(whole[2:])) {
			t.Fatalf("%x is taken for signed", wire)
		}
		h := &Host{key: k, name: "ns1"}
		_ = h.judge(a, "example.test.")
		_, _ = apex(a, "a.example.test.")
	})
}
