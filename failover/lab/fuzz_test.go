package lab

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// fixed is a zone for fuzzing, and records to make seeds of.
func fixed(f interface{ Fatal(...any) }) (fresh func() *zone, mx, txt []dns.RR) {
	sets := []failover.RRset{
		failover.NewRRset("example.test", "SOA", 60, "ns1.example.test. hostmaster.lab.test. 1 7200 900 1209600 60"),
		failover.NewRRset("example.test", "NS", 60, "ns1.example.test."),
		failover.NewRRset("ns1.example.test", "A", 60, "198.51.100.11"),
		failover.NewRRset("www.example.test", "CNAME", 60, "example.test."),
		failover.NewRRset("example.test", "MX", 60, "10 mx1.harbormail.test.", "20 mx2.harbormail.test."),
		failover.NewRRset("example.test", "TXT", 60, `"v=spf1 -all"`),
	}
	records := func(sets ...failover.RRset) (out []dns.RR) {
		for _, s := range sets {
			r, err := dnswire.Records(s)
			if err != nil {
				f.Fatal(err)
			}
			out = append(out, r...)
		}
		return out
	}
	all := records(sets...)
	fresh = func() *zone { return newZone("example.test.", func() time.Time { return time.Unix(0, 0) }, all) }
	return fresh, records(sets[4]), records(sets[5])
}

// Whatever an update says, only MX and TXT sets of the zone change, and nothing
// when it is not granted.
func FuzzUpdate(f *testing.F) {
	fresh, mx, txt := fixed(f)
	seed := func(fill func(m *dns.Msg)) {
		m := new(dns.Msg)
		m.SetUpdate("example.test.")
		fill(m)
		wire, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	copies := func(rrs []dns.RR) (out []dns.RR) {
		for _, rr := range rrs {
			out = append(out, dns.Copy(rr))
		}
		return out
	}
	seed(func(m *dns.Msg) { m.Used(copies(mx)); m.RemoveRRset(copies(mx)); m.Insert(copies(mx)[:1]) })
	seed(func(m *dns.Msg) { m.RRsetNotUsed(copies(txt)); m.Insert(copies(txt)) })
	seed(func(m *dns.Msg) { m.NameUsed(copies(txt)); m.Remove(copies(mx)) })
	seed(func(m *dns.Msg) { m.NameNotUsed(copies(txt)); m.RemoveName(copies(mx)) })
	seed(func(m *dns.Msg) { m.RRsetUsed(copies(txt)); m.SetEdns0(1232, true) })
	f.Fuzz(func(t *testing.T, wire []byte) {
		q, _ := parse(wire)
		if q == nil {
			return
		}
		z := fresh()
		before := z.latest()
		s := &nameserver{zones: []*zone{z}, cond: newCondition(), door: newCondition(), key: &TSIG{}, seen: map[*zone]*version{}}
		rcode := s.update(q, true)
		after := z.latest()
		if rcode != dns.RcodeSuccess && after != before {
			t.Fatalf("%s, and the zone has changed", dns.RcodeToString[rcode])
		}
		for key, set := range before.sets {
			if !mayChange(key.typ) && key.typ != dns.TypeSOA && !reflect.DeepEqual(set, after.sets[key]) {
				t.Fatalf("%v has changed", key)
			}
		}
		for key, set := range after.sets {
			if _, old := before.sets[key]; !old && !mayChange(key.typ) || !dns.IsSubDomain(z.name, key.name) || len(set) == 0 {
				t.Fatalf("%v has come, with %d records", key, len(set))
			}
			r := new(dns.Msg)
			r.SetQuestion(key.name, key.typ)
			after.answer(z.name, r.Question[0], r)
			if _, err := r.Pack(); err != nil {
				t.Fatalf("%v cannot be served: %v", key, err)
			}
		}
	})
}

// Whatever comes, a server answers it or keeps silent.
func FuzzServers(f *testing.F) {
	fresh, mx, _ := fixed(f)
	key, err := newTSIG()
	if err != nil {
		f.Fatal(err)
	}
	q := new(dns.Msg)
	q.SetQuestion("www.example.test.", dns.TypeMX)
	q.SetEdns0(4096, true)
	u := new(dns.Msg)
	u.SetUpdate("example.test.")
	u.Insert(mx)
	u.SetTsig(key.Name, key.Algorithm, 300, time.Now().Unix())
	signed, _, err := dns.TsigGenerate(u, key.Secret, "", false)
	if err != nil {
		f.Fatal(err)
	}
	plain, err := q.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain, false)
	f.Add(signed, true)
	f.Add([]byte{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, false)
	f.Fuzz(func(t *testing.T, wire []byte, stream bool) {
		z := fresh()
		s := &nameserver{zones: []*zone{z}, cond: newCondition(), door: newCondition(), key: &key, seen: map[*zone]*version{}}
		reply := s.respond(t.Context(), wire, stream)
		if len(reply) == 0 {
			return
		}
		var r dns.Msg
		if err := r.Unpack(reply); err != nil {
			t.Fatalf("an answer that cannot be read: %v", err)
		}
		if !r.Response || r.Id != uint16(wire[0])<<8|uint16(wire[1]) {
			t.Fatalf("no answer to this: %v", r.MsgHdr)
		}
		if !stream && len(reply) > maxUDP {
			t.Fatalf("%d octets over UDP", len(reply))
		}
	})
}

// Whatever a stream brings, datagrams come off it whole, in order, and it ends.
func FuzzUnframe(f *testing.F) {
	two, err := frame([]byte("one"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(two, 0, 0, 0, 5, 'h', 'a', 'l'))
	f.Add([]byte{0xFF, 0xFF, 0, 1, 'x'})
	f.Add([]byte{0xFF, 0xE4})
	f.Fuzz(func(t *testing.T, stream []byte) {
		var again []byte
		for rest := stream; ; {
			datagram, left, refused, ok := unframe(rest)
			if !ok {
				if again = append(again, left...); !bytes.Equal(again, stream) {
					t.Fatalf("%x became %x", stream, again)
				}
				return
			}
			if len(left) >= len(rest) {
				t.Fatal("nothing comes off, for ever")
			}
			whole, err := frame(datagram)
			if refused {
				whole = rest[:2]
			}
			if err != nil {
				t.Fatal(err)
			}
			again, rest = append(again, whole...), left
		}
	})
}

// Whatever a message is, looking for an attachment ends, and adding one to a
// message that can be read is noticed.
func FuzzHasAttachment(f *testing.F) {
	const part = "--x\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nx\r\n--x--\r\n"
	f.Add([]byte("Subject: x\r\n\r\nx\r\n"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=x\r\n\r\n" + part))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\nContent-Type: multipart/related; boundary=x\r\n\r\n" + part + "--y--\r\n"))
	f.Add([]byte("Content-Type: application/pdf; name=\"a.pdf\"\r\n\r\nx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		hasAttachment(data)
		with := append([]byte("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n"), bytes.ReplaceAll(data, []byte("--"), nil)...)
		if !hasAttachment(append(with, "\r\n"+part...)) {
			t.Fatalf("not noticed in %q", with)
		}
	})
}

// Whatever a message holds, the marker finds its own number in the header or none.
func FuzzMarker(f *testing.F) {
	m := marker{tail: ".4f3a"}
	f.Add(m.compose(paper{number: 5, by: Customers, way: Inbound, from: "a@customers.test", to: "b@example.test"}))
	f.Add(m.compose(paper{number: 7, by: Staff, way: Internal, from: "é..x@exämple.jp", to: ""}))
	f.Add([]byte(markerHead + "-1.4f3a\r\n\r\n"))
	f.Add([]byte(markerHead + "99999999999999999999.4f3a\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, ok := m.find(data)
		if ok != (n > 0) {
			t.Fatalf("found %d, %v", n, ok)
		}
		if ok && !bytes.Contains(data, []byte(markerHead)) {
			t.Fatalf("found %d without the field", n)
		}
	})
}

// Whatever addresses a message has, it is known again and can be read.
func FuzzCompose(f *testing.F) {
	f.Add(5, "hanako.sato@example.test", "aoi.mori@customers.test")
	f.Add(1, "..-_@x", "@")
	f.Add(3, "あおい@example.test", "\"a b\"@c")
	f.Fuzz(func(t *testing.T, number int, from, to string) {
		if number < 1 || strings.ContainsAny(from+to, "\r\n") {
			return // no such address comes out of the settings
		}
		m := marker{tail: ".4f3a"}
		p := paper{number: number, by: Staff, way: Outbound, from: from, to: to, at: time.Unix(0, 0)}
		data := m.compose(p)
		if n, ok := m.find(data); n != number || !ok {
			t.Fatalf("found %d, %v in %q", n, ok, data)
		}
		if !bytes.Equal(data, m.compose(p)) {
			t.Fatal("written again it is another")
		}
		if hasAttachment(data) != (number%attachEvery == 0) {
			t.Fatalf("attachment: %v in %q", hasAttachment(data), data)
		}
	})
}

// Whatever lies in a mailbox, a client can have it described, and gets it to the
// last octet.
func FuzzReading(f *testing.F) {
	f.Add(marker{tail: ".4f3a"}.compose(paper{number: 5, by: Customers, way: Inbound, from: "a@customers.test", to: "b@example.test"}), int64(3), int64(9))
	f.Add([]byte("Subject: x"), int64(-1), int64(1<<40))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n--a--\r\n"), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, data []byte, from, size int64) {
		envelope(data)
		imapserver.ExtractBodyStructure(bytes.NewReader(data))
		for _, s := range []imap.PartSpecifier{imap.PartSpecifierHeader, imap.PartSpecifierText, imap.PartSpecifierMIME} {
			section(data, &imap.FetchItemBodySection{Specifier: s, Part: []int{1}})
		}
		if got := section(data, &imap.FetchItemBodySection{}); !bytes.Equal(got, data) {
			t.Fatalf("%q became %q", data, got)
		}
		if got := section(data, &imap.FetchItemBodySection{Partial: &imap.SectionPartial{Offset: from, Size: size}}); int64(len(got)) > max(size, 0) || !bytes.Contains(data, got) {
			t.Fatalf("%d octets from %d of %q became %q", size, from, data, got)
		}
		m := found{mail: Mail{Data: data}}
		m.says(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Subject"}}, Body: []string{"x"}, SentSince: time.Unix(0, 0)})
	})
}
