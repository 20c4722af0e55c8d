package failover_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lifeboat/failover"
)

func TestFQDN(t *testing.T) {
	for _, c := range []struct{ in, want, shown string }{
		{"example.test", "example.test.", "example.test"},
		{" Example.TEST. ", "example.test.", "example.test"},
		{"日本語.jp", "xn--wgv71a119e.jp.", "日本語.jp"},
		{"ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", "example.co.jp.", "example.co.jp"},
		{"日本語。jp", "xn--wgv71a119e.jp.", "日本語.jp"},
		{"_domainkey.日本語.jp", "_domainkey.xn--wgv71a119e.jp.", "_domainkey.日本語.jp"},
		{"Bücher.test", "xn--bcher-kva.test.", "bücher.test"},
		{"_DMARC.Example.test", "_dmarc.example.test.", "_dmarc.example.test"},
		{"*.example.test", "*.example.test.", "*.example.test"},
		{`a\.b.example.test`, `a\.b.example.test.`, `a\.b.example.test`},
		{".", ".", ""},
		{"", ".", ""},
		{"xn--0.test", "xn--0.test.", "xn--0.test"},     // no A-label although it looks like one
		{"\u04c0.test", "xn--s5a.test.", "\u04cf.test"}, // a capital that IDNA refuses, and whose small form it takes
	} {
		if got := failover.FQDN(c.in); got != c.want {
			t.Errorf("FQDN(%q) = %q, want %q", c.in, got, c.want)
		}
		if got := failover.Display(c.want); got != c.shown {
			t.Errorf("Display(%q) = %q, want %q", c.want, got, c.shown)
		}
	}
}

// checkName holds what must be true of every name.
func checkName(t interface{ Errorf(string, ...any) }, in string) {
	name := failover.FQDN(in)
	if !strings.HasSuffix(name, ".") {
		t.Errorf("FQDN(%q) = %q has no trailing dot", in, name)
	}
	if again := failover.FQDN(name); again != name {
		t.Errorf("FQDN is not stable: %q, %q, %q", in, name, again)
	}
	if back := failover.FQDN(failover.Display(name)); back != name {
		t.Errorf("%q is shown as %q, which is the name %q", name, failover.Display(name), back)
	}
}

func FuzzFQDN(f *testing.F) {
	for _, s := range []string{"example.test", "日本語。jp", "ＭＸ．example", "_x.ß.test", "xn--a", "..", "a..b", "\xff.test", `\046.a`, "İ.test", "a .b ", "\u04c0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) { checkName(t, in) })
}

func TestFQDNProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkName(t, rapid.String().Draw(t, "name")) })
}

func TestParseMX(t *testing.T) {
	for in, want := range map[string]failover.MX{
		"10 mx1.example.net":         {Preference: 10, Host: "mx1.example.net."},
		"0 .":                        {Preference: 0, Host: "."},
		"\t65535   MX.Example.NET. ": {Preference: 65535, Host: "mx.example.net."},
		"5\tメール.jp":                  {Preference: 5, Host: "xn--4dkua4c.jp."},
	} {
		if got, err := failover.ParseMX(in); err != nil || got != want {
			t.Errorf("ParseMX(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "10", "mx.example.net", "mx.example.net 10", "-1 mx.test", "+1 mx.test", "65536 mx.test", "10 mx.test extra", "1_0 mx.test"} {
		got, err := failover.ParseMX(in)
		if !errors.Is(err, failover.ErrInvalid) || got != (failover.MX{}) {
			t.Errorf("ParseMX(%q) = %v, %v", in, got, err)
		} else if !strings.Contains(err.Error(), `"`+in+`"`) {
			t.Errorf("%q does not say what was written", err)
		}
	}
}

func FuzzParseMX(f *testing.F) {
	for _, s := range []string{"10 mx1.example.net", "0 .", "65536 a", "1 日本語。jp", "1 \xff", "1 a b", "٣ a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		m, err := failover.ParseMX(in)
		if err != nil {
			if !errors.Is(err, failover.ErrInvalid) {
				t.Fatalf("%q: %v", in, err)
			}
			return
		}
		if again, err := failover.ParseMX(m.String()); err != nil || again != m {
			t.Fatalf("%q is %v, which is read as %v, %v", in, m, again, err)
		}
	})
}

func TestMXSetKeepsTheOrderOfSenders(t *testing.T) {
	set := failover.MXSet("Example.test", 300, []failover.MX{{20, "b.test"}, {5, "Z.test."}, {20, "a.test"}, {5, "z.test"}})
	want := []failover.MX{{5, "z.test."}, {20, "a.test."}, {20, "b.test."}}
	if got := set.MX(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// Sorted as text, which is how sets are compared, "20 ..." comes before "5 ...".
	if set.Values[0] != "20 a.test." {
		t.Errorf("values are not sorted: %q", set.Values)
	}
	if set.String() != "example.test 300 MX 20 a.test., 20 b.test., 5 z.test." {
		t.Errorf("shown as %q", set)
	}
}

func drawSet(t *rapid.T, label string) failover.RRset {
	value := rapid.SampledFrom([]string{"10 a.test.", "10 b.test.", "20 a.test."})
	return failover.NewRRset(
		rapid.SampledFrom([]string{"x.test", "X.test.", "y.test"}).Draw(t, label+" name"),
		rapid.SampledFrom([]string{"MX", "mx", "TXT"}).Draw(t, label+" type"),
		rapid.SampledFrom([]uint32{0, 300, 3600}).Draw(t, label+" ttl"),
		rapid.SliceOfN(value, 0, 3).Draw(t, label+" values")...)
}

func TestRRsetEquality(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawSet(t, "a"), drawSet(t, "b"), drawSet(t, "c")
		if !a.Equal(a) || a.Equal(b) != b.Equal(a) || (a.Equal(b) && b.Equal(c) && !a.Equal(c)) {
			t.Fatalf("not an equivalence: %v, %v, %v", a, b, c)
		}
		if a.Equal(b) && !a.SameValues(b) {
			t.Fatalf("equal sets with different records: %v, %v", a, b)
		}
		// The order in which records arrive, and records that come twice, make no difference.
		mixed := append(slices.Clone(a.Values), a.Values...)
		rand.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if d := failover.NewRRset(a.Name, a.Type, a.TTL, mixed...); !d.Equal(a) {
			t.Fatalf("%v is not %v", d, a)
		}
		if a.Exists() {
			longer := a
			longer.TTL++
			if longer.Equal(a) || !longer.SameValues(a) {
				t.Fatalf("the TTL of %v does not count", a)
			}
		}
	})
}

func TestASetThatDoesNotExistHasNoTTL(t *testing.T) {
	a, b := failover.NewRRset("x.test", "MX", 300), failover.RRset{Key: failover.Key{Name: "x.test.", Type: "MX"}}
	if !a.Equal(b) || a.Exists() {
		t.Errorf("%v and %v differ", a, b)
	}
	if a.String() != "x.test MX (none)" {
		t.Errorf("shown as %q", a)
	}
	if other := failover.NewRRset("y.test", "MX", 300); a.Equal(other) {
		t.Errorf("%v is %v", a, other)
	}
}

func TestNewRRsetLeavesTheCallersValues(t *testing.T) {
	values := []string{"b", "a", "b"}
	failover.NewRRset("x.test", "TXT", 1, values...)
	if !slices.Equal(values, []string{"b", "a", "b"}) {
		t.Errorf("the caller's slice is now %q", values)
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		name, zone string
		want       bool
	}{
		{"example.test.", "example.test.", true},
		{"a.b.example.test.", "example.test.", true},
		{"notexample.test.", "example.test.", false},
		{"test.", "example.test.", false},
		{"anything.", ".", true},
	} {
		if got := failover.Within(c.name, c.zone); got != c.want {
			t.Errorf("Within(%q, %q) is %v", c.name, c.zone, got)
		}
	}
}
