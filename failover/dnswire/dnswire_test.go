package dnswire_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

func TestCanonicalValues(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		name, typ string
		in, want  []string
	}{
		{"MX by case, blanks and dot", "MX", []string{"20  MX2.Example.NET.", "10 mx1.example.net"}, []string{"10 mx1.example.net.", "20 mx2.example.net."}},
		{"the null MX of RFC 7505", "MX", []string{"0 ."}, []string{"0 ."}},
		{"one record written twice", "MX", []string{"10 A.example.", "10 a.example."}, []string{"10 a.example."}},
		{"a name with an escaped letter", "CNAME", []string{`\109x.Example.`}, []string{"mx.example."}},
		{"TXT without quotes is a string a word", "TXT", []string{"v=spf1 -all"}, []string{`"v=spf1" "-all"`}},
		{"TXT in quotes", "TXT", []string{`"v=spf1 -all"`}, []string{`"v=spf1 -all"`}},
		{"where strings are cut is kept", "TXT", []string{`"a" "b"`, `"ab"`}, []string{`"a" "b"`, `"ab"`}},
		{"escapes have one form", "TXT", []string{`"\065 \" \\ \; \227\129\130"`}, []string{`"A \" \\ ; \227\129\130"`}},
		{"raw UTF-8 becomes octets", "TXT", []string{`"あ"`}, []string{`"\227\129\130"`}},
		{"upper case in TXT stays", "TXT", []string{`"Hello"`}, []string{`"Hello"`}},
		{"an empty string is a string", "TXT", []string{`""`}, []string{`""`}},
		{"a string too long is cut", "TXT", []string{`"` + long + `"`}, []string{`"` + long[:255] + `" "` + long[:45] + `"`}},
		{"SRV", "SRV", []string{"0 1 993 IMAP.Example."}, []string{"0 1 993 imap.example."}},
		{"AAAA", "AAAA", []string{"2001:DB8:0::1"}, []string{"2001:db8::1"}},
		{"TLSA in either case", "TLSA", []string{"3 1 1 ABCD"}, []string{"3 1 1 abcd"}},
		{"CAA", "CAA", []string{`0 issue "ca.example"`}, []string{`0 issue "ca.example"`}},
		{"a type nobody knows", "TYPE65280", []string{`\# 2 ABcd`}, []string{`\# 2 abcd`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := dnswire.Canonical("Example.TEST", c.typ, 300, c.in...)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, set.Values); d != "" {
				t.Errorf("values (-want +got):\n%s", d)
			}
			if set.Name != "example.test." || set.TTL != 300 || set.Type != c.typ {
				t.Errorf("set is %v", set)
			}
			roundTrip(t, set)
		})
	}
}

// roundTrip: a canonical set survives records and the wire.
func roundTrip(t *testing.T, set failover.RRset) {
	t.Helper()
	rrs, err := dnswire.Records(set)
	if err != nil {
		t.Fatalf("canonical %v is refused: %v", set, err)
	}
	m := &dns.Msg{Answer: rrs}
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	var back dns.Msg
	if err := back.Unpack(wire); err != nil {
		t.Fatal(err)
	}
	if got := dnswire.Set(back.Answer); !got.Equal(set) {
		t.Errorf("over the wire %v became %v", set, got)
	}
}

func TestBadValuesAreRefused(t *testing.T) {
	for _, c := range []struct{ typ, value string }{
		{"MX", "mx1.example.net"},
		{"MX", "70000 mx1.example.net."},
		{"MX", ""},
		{"MX", "10 a.example.\n$INCLUDE /etc/passwd"},
		{"MX", "10 a.example. 20 b.example."},
		{"TXT", `"open`},
		{"TXT", `v=DKIM1; p=abc`},
		{"TXT", "\"a\x00b\""},
		{"ANY", "x"},
		{"TSIG", "x"},
		{"NOSUCH", "x"},
		{"TYPE1x", "x"},
		{"A", "1.2.3"},
	} {
		set, err := dnswire.Canonical("example.test.", c.typ, 300, c.value)
		if !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%s %q gave %v, %v", c.typ, c.value, set, err)
		}
	}
}

func TestSetAndPick(t *testing.T) {
	section := []dns.RR{
		&dns.MX{Hdr: dns.RR_Header{Name: "Example.Test.", Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 300}, Preference: 20, Mx: "B.example."},
		&dns.MX{Hdr: dns.RR_Header{Name: "example.test.", Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 60}, Preference: 10, Mx: "a.example."},
		&dns.A{Hdr: dns.RR_Header{Name: "a.example.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 5}, A: []byte{127, 0, 0, 1}},
	}
	want := failover.NewRRset("example.test.", "MX", 60, "10 a.example.", "20 b.example.")
	if got := dnswire.Set(section); !got.Equal(want) {
		t.Errorf("Set gives %v, want %v", got, want)
	}
	if got := dnswire.Pick(failover.Key{Name: "example.test.", Type: "TXT"}, section); got.Exists() || got.Type != "TXT" {
		t.Errorf("Pick of what is not there gives %v", got)
	}
	if got := dnswire.Set(nil); got.Exists() {
		t.Errorf("Set of nothing gives %v", got)
	}
}

func TestText(t *testing.T) {
	for _, text := range []string{"", "v=spf1 -all", `with "quotes" and \back\slash`, "日本語", strings.Repeat("あ", 200), "\x00\xff"} {
		value := dnswire.TXT(text)
		got, err := dnswire.Text(value)
		if err != nil || got != text {
			t.Errorf("%q became %q: %v", text, got, err)
		}
		parts, err := dnswire.Strings(value)
		if err != nil || dnswire.TXTStrings(parts...) != value {
			t.Errorf("%q: strings %q: %v", text, parts, err)
		}
		for _, p := range parts {
			if len(p) > 255 {
				t.Errorf("a string of %d octets", len(p))
			}
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add("MX", "10 mx1.example.net.")
	f.Add("MX", `10 a\.b\032c.example.`)
	f.Add("TXT", `"v=spf1 include:x -all" "\255\\\""`)
	f.Add("TXT", `unquoted words`)
	f.Add("CNAME", "Ünï.example")
	f.Add("TYPE65280", `\# 1 ff`)
	f.Add("SOA", "a. b. 1 2 3 4 5")
	f.Fuzz(func(t *testing.T, typ, value string) {
		set, err := dnswire.Canonical("example.test.", typ, 300, value)
		if err != nil {
			if !errors.Is(err, failover.ErrInvalid) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		again, err := dnswire.Canonical("example.test.", typ, 300, set.Values...)
		if err != nil || !slices.Equal(again.Values, set.Values) {
			t.Fatalf("%s %q became %q, then %q: %v", typ, value, set.Values, again.Values, err)
		}
		rrs, err := dnswire.Records(set)
		if err != nil {
			t.Fatal(err)
		}
		if got := dnswire.Set(rrs); !got.Equal(set) {
			t.Fatalf("%v became %v", set, got)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("v=spf1 -all")
	f.Add(`"\` + "\x00\x7f\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := dnswire.Text(dnswire.TXT(text))
		if err != nil && len(text) < 60000 || err == nil && got != text {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
	})
}
