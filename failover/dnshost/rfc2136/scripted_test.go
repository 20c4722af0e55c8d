package rfc2136_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/hosttest"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/failovertest/servers"
)

// What no good server does: a server that answers as the test says.

// scripted answers each message by respond, signed with the key unless respond
// returns wire of its own.
type scripted struct {
	key     servers.Key
	respond func(m *dns.Msg) (reply *dns.Msg, wire []byte)
}

func (s scripted) start(t *testing.T) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return l.Addr().String()
}

func (s scripted) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		wire := make([]byte, binary.BigEndian.Uint16(length[:]))
		m := new(dns.Msg)
		if _, err := io.ReadFull(conn, wire); err != nil || m.Unpack(wire) != nil {
			return
		}
		reply, out := s.respond(m)
		if reply != nil {
			out = s.sign(m, reply)
		}
		if out == nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(out))), out...)); err != nil {
			return
		}
	}
}

func (s scripted) sign(request, reply *dns.Msg) []byte {
	reply.SetTsig(s.key.Name, s.key.Algorithm, 300, time.Now().Unix())
	wire, _, err := dns.TsigGenerate(reply, s.key.Secret, request.IsTsig().MAC, false)
	if err != nil {
		panic(err) // a test's server made a message that cannot be packed
	}
	return wire
}

// good answers queries from the suite's records, and updates with NOERROR.
func good(m *dns.Msg) *dns.Msg {
	reply := new(dns.Msg).SetReply(m)
	reply.Authoritative = true
	if m.Opcode != dns.OpcodeQuery {
		return reply
	}
	for _, set := range hosttest.Records(zone) {
		rrs, err := dnswire.Records(set)
		if err == nil && set.Name == m.Question[0].Name && set.Type == dns.TypeToString[m.Question[0].Qtype] {
			reply.Answer = append(reply.Answer, rrs...)
		}
	}
	return reply
}

func raw(m *dns.Msg) []byte {
	wire, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return wire
}

func TestStrangeAnswers(t *testing.T) {
	key := servers.NewKey("writer.lifeboat.")
	thief := scripted{key: servers.NewKey(key.Name)}
	code := func(rcode int) func(*dns.Msg) (*dns.Msg, []byte) {
		return func(m *dns.Msg) (*dns.Msg, []byte) { return new(dns.Msg).SetRcode(m, rcode), nil }
	}
	type respond = func(*dns.Msg) (*dns.Msg, []byte)
	forged := func(m *dns.Msg) (*dns.Msg, []byte) { return nil, thief.sign(m, good(m)) }
	unsigned := func(m *dns.Msg) (*dns.Msg, []byte) { return nil, raw(good(m)) }
	hangUp := func(*dns.Msg) (*dns.Msg, []byte) { return nil, nil }
	garbage := func(*dns.Msg) (*dns.Msg, []byte) { return nil, []byte("HTTP/1.1 400 Bad Request\r\n\r\n") }
	otherID := func(m *dns.Msg) (*dns.Msg, []byte) { m.Id++; return good(m), nil }

	for _, c := range []struct {
		name          string
		query, update respond // nil: as a good server answers
		want          error
		says          string
	}{
		{"forged answer to a question", forged, nil, failover.ErrCredential, "not signed"},
		{"unsigned answer to a question", unsigned, nil, failover.ErrCredential, "not signed"},
		{"hangs up at a question", hangUp, nil, failover.ErrUnreachable, "nothing was changed"},
		{"garbage for a question", garbage, nil, failover.ErrUnreachable, "nothing was changed"},
		{"another's answer to a question", otherID, nil, failover.ErrUnreachable, "nothing was changed"},
		{"SERVFAIL for a question", code(dns.RcodeServerFailure), nil, failover.ErrUnreachable, "nothing was changed"},
		{"REFUSED for a question", code(dns.RcodeRefused), nil, failover.ErrZone, "refuses"},
		{"FORMERR for a question", code(dns.RcodeFormatError), nil, failover.ErrUnsupported, "TSIG"},
		{"forged answer to a change", nil, forged, failover.ErrUncertain, "cannot be believed"},
		{"unsigned answer to a change", nil, unsigned, failover.ErrUncertain, "cannot be believed"},
		{"hangs up at a change", nil, hangUp, failover.ErrUncertain, "may or may not"},
		{"garbage for a change", nil, garbage, failover.ErrUncertain, "may or may not"},
		{"another's answer to a change", nil, otherID, failover.ErrUncertain, "may or may not"},
		{"SERVFAIL for a change", nil, code(dns.RcodeServerFailure), failover.ErrUncertain, "may or may not"},
		{"NOTIMP for a change", nil, code(dns.RcodeNotImplemented), failover.ErrUnsupported, "dynamic updates"},
		{"FORMERR for a change", nil, code(dns.RcodeFormatError), failover.ErrUnsupported, "does not understand"},
		{"NOTZONE for a change", nil, code(dns.RcodeNotZone), failover.ErrZone, "example.test"},
		{"REFUSED for a change", nil, code(dns.RcodeRefused), failover.ErrReadOnly, "update-policy"},
		{"NXRRSET with nothing changed", nil, code(dns.RcodeNXRrset), failover.ErrStale, "changed back"},
		// The update is accepted, and the old set served.
		{"accepted and not done", nil, nil, failover.ErrUncertain, "does not show it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scripted{key: key, respond: func(m *dns.Msg) (*dns.Msg, []byte) {
				answer := c.query
				if m.Opcode == dns.OpcodeUpdate {
					answer = c.update
				}
				if answer == nil {
					return good(m), nil
				}
				return answer(m)
			}}
			h := open(t, rfc2136.Options{Server: s.start(t)}, key)
			err := switchMX(t, h, zone)
			kind(t, err, c.want, c.says)
			if err != nil && strings.Contains(err.Error(), key.Secret) {
				t.Errorf("the secret shows: %v", err)
			}
		})
	}
}

// TestClockWithoutTheServersTime: BADTIME whose signature is wrong, or without the
// time, is still told as what it is, without figures.
func TestClockWithoutTheServersTime(t *testing.T) {
	key := servers.NewKey("writer.lifeboat.")
	s := scripted{key: key, respond: func(m *dns.Msg) (*dns.Msg, []byte) {
		reply := new(dns.Msg).SetRcode(m, dns.RcodeNotAuth)
		reply.SetTsig(key.Name, key.Algorithm, 300, time.Now().Unix())
		ts := reply.IsTsig()
		ts.Error, ts.OtherLen, ts.OtherData = dns.RcodeBadTime, 6, "000000000001"
		return nil, raw(reply)
	}}
	h := open(t, rfc2136.Options{Server: s.start(t)}, key)
	err := switchMX(t, h, zone)
	kind(t, err, failover.ErrClock, "five minutes")
}

// TestTimeout: a server that never answers does not hold anybody longer than the
// timeout, whatever the context says.
func TestTimeout(t *testing.T) {
	key := servers.NewKey("writer.lifeboat.")
	end := make(chan struct{})
	defer close(end)
	var asked atomic.Int64
	s := scripted{key: key, respond: func(*dns.Msg) (*dns.Msg, []byte) {
		asked.Add(1)
		<-end
		return nil, nil
	}}
	h := open(t, rfc2136.Options{Server: s.start(t), Timeout: 50 * time.Millisecond}, key)
	kind(t, switchMX(t, h, zone), failover.ErrUnreachable, "nothing was changed")
	if n := asked.Load(); n > 1 {
		t.Errorf("it was asked %d times", n)
	}
}

// TestBusyLock: the lock that was read is never the one that is there.
func TestBusyLock(t *testing.T) {
	key := servers.NewKey("writer.lifeboat.")
	var updates atomic.Int64
	s := scripted{key: key, respond: func(m *dns.Msg) (*dns.Msg, []byte) {
		if m.Opcode == dns.OpcodeUpdate {
			updates.Add(1)
			return new(dns.Msg).SetRcode(m, dns.RcodeYXRrset), nil
		}
		return good(m), nil
	}}
	h := open(t, rfc2136.Options{Server: s.start(t)}, key)
	err := h.Lock(t.Context(), zone, dnshost.Lock{Operation: "run-1", Owner: "ann@desk", Expires: time.Now()}, nil)
	kind(t, err, failover.ErrLocked, "example.test")
	if n := updates.Load(); n < 2 || n > 10 {
		t.Errorf("%d attempts", n)
	}
}

// TestOneMessage: the request as RFC 2136 section 2 has it: what must be there, the
// removal and the new set, in one signed message.
func TestOneMessage(t *testing.T) {
	key := servers.NewKey("writer.lifeboat.")
	got := make(chan *dns.Msg, 1)
	s := scripted{key: key, respond: func(m *dns.Msg) (*dns.Msg, []byte) {
		if m.Opcode == dns.OpcodeUpdate {
			got <- m
		}
		return good(m), nil
	}}
	h := open(t, rfc2136.Options{Server: s.start(t)}, key)
	_ = switchMX(t, h, zone) // the server does not do it, which is of no interest here
	m := <-got
	text := func(rrs []dns.RR) string {
		var lines []string
		for _, rr := range rrs {
			h := rr.Header()
			lines = append(lines, fmt.Sprintf("%s %s %s %d/%d", h.Name, dns.Class(h.Class), dns.Type(h.Rrtype), h.Ttl, h.Rdlength))
		}
		return strings.Join(lines, "; ")
	}
	if want := "example.test. IN MX 0/24; example.test. IN MX 0/24; _lifeboat-lock.example.test. NONE TXT 0/0"; shorten(text(m.Answer)) != shorten(want) {
		t.Errorf("prerequisites: %s", text(m.Answer))
	}
	if want := "example.test. CLASS255 MX 0/0; example.test. IN MX 300/26"; shorten(text(m.Ns)) != shorten(want) {
		t.Errorf("updates: %s", text(m.Ns))
	}
}

// shorten drops the data's length, which compression changes, but not that there is
// none.
func shorten(s string) string {
	parts := strings.Fields(s)
	for i, p := range parts {
		if ttl, n, ok := strings.Cut(strings.TrimSuffix(p, ";"), "/"); ok && n != "0" {
			parts[i] = ttl + "/some"
		}
	}
	return strings.ReplaceAll(strings.Join(parts, " "), ";", "")
}

func TestOptions(t *testing.T) {
	secret := base64.StdEncoding.EncodeToString([]byte("a very secret secret"))
	ok := rfc2136.Options{Server: "ns1.example.net", Key: "k", Secret: dnshost.Secret(secret)}
	for _, c := range []struct {
		name string
		edit func(*rfc2136.Options)
		says string
	}{
		{"no server", func(o *rfc2136.Options) { o.Server = " " }, "DNS server"},
		{"no key", func(o *rfc2136.Options) { o.Key = "" }, "key"},
		{"unknown algorithm", func(o *rfc2136.Options) { o.Algorithm = "hmac-md5" }, "hmac-md5"},
		{"no secret", func(o *rfc2136.Options) { o.Secret = "" }, "base64"},
		{"secret that is no base64", func(o *rfc2136.Options) { o.Secret = "pa$$word" }, "base64"},
	} {
		o := ok
		c.edit(&o)
		_, err := rfc2136.New(o)
		kind(t, err, failover.ErrInvalid, c.says)
		if err != nil && strings.Contains(err.Error(), "pa$$word") {
			t.Errorf("%s: the secret shows: %v", c.name, err)
		}
	}
	for _, algorithm := range []string{"", "HMAC-SHA512", "hmac-sha1."} {
		o := ok
		o.Algorithm, o.Secret = algorithm, dnshost.Secret(" \""+secret[:4]+"\n"+secret[4:]+"\";\n")
		if _, err := rfc2136.New(o); err != nil {
			t.Errorf("%q with a pasted secret: %v", algorithm, err)
		}
	}
	h, err := rfc2136.New(ok)
	if err != nil {
		t.Fatal(err)
	}
	octets := fmt.Sprintf("%d", []byte("a very secret secret"))
	if said := fmt.Sprintf("%v %v %+v", ok, h, *h); strings.Contains(said, secret) || strings.Contains(said, octets) || strings.Contains(said, "very secret") {
		t.Errorf("printing shows the secret: %s", said)
	}
}
