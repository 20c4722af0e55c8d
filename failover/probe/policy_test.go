package probe

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
)

func TestMTASTS(t *testing.T) {
	const head = "version: STSv1\r\nmax_age: 604800\r\n"
	for _, c := range []struct {
		name, policy string
		verdict      failover.Verdict
		words        string
	}{
		{"lists only the primary", head + "mode: enforce\r\nmx: mx1.first.test\r\n", failover.Red, "mx1.second.test, mx2.second.test"},
		{"lists both", head + "mode: enforce\r\nmx: mx1.first.test\r\nmx: mx1.second.test\r\nmx: mx2.second.test\r\n", failover.Pass, "enforce"},
		{"lists one host of two", head + "mode: enforce\r\nmx: mx1.second.test\r\n", failover.Warn, "mx2.second.test"},
		{"a wildcard", head + "mode: enforce\r\nmx: *.second.test\r\n", failover.Pass, ""},
		{"a wildcard one level too high", head + "mode: enforce\r\nmx: *.test\r\n", failover.Red, ""},
		{"testing", head + "mode: testing\r\nmx: mx1.first.test\r\n", failover.Warn, "testing"},
		{"none", head + "mode: none\r\n", failover.Pass, "none"},
		{"no policy", "hello", failover.Warn, "no MTA-STS policy"},
		{"too long", head + "mode: enforce\r\nmx: *.second.test\r\n" + strings.Repeat("x: y\r\n", 12_000), failover.Warn, "no MTA-STS policy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.policy(c.policy)
			expect(t, w.one("mta-sts", ""), c.verdict, c.words)
		})
	}
}

func TestMTASTSRecordsAndServer(t *testing.T) {
	good := "version: STSv1\nmode: enforce\nmx: mx1.first.test\nmax_age: 604800\n"
	for _, c := range []struct {
		name    string
		prepare func(*world)
		verdict failover.Verdict
		words   string
	}{
		{"none", func(*world) {}, failover.Pass, "publishes no"},
		{"a text of another kind", func(w *world) { w.example.Add(`_mta-sts 300 TXT "hello"`) }, failover.Pass, "publishes no"},
		{"two records", func(w *world) {
			w.policy(good)
			w.example.Add(`_mta-sts 300 TXT "v=STSv1; id=2;"`)
		}, failover.Warn, "broken"},
		{"no id", func(w *world) { w.example.Add(`_mta-sts 300 TXT "v=STSv1;"`) }, failover.Warn, "broken"},
		{"a record and no server", func(w *world) {
			w.example.Add(`_mta-sts 300 TXT "v=STSv1; id=1"`, "mta-sts 300 A "+policyAddr)
			w.refuse(policyAddr + ":443")
		}, failover.Unknown, "could not be fetched"},
		{"a record and no host", func(w *world) { w.example.Add(`_mta-sts 300 TXT "v=STSv1; id=1"`) }, failover.Unknown, "could not be fetched"},
		{"a certificate of another name", func(w *world) {
			w.policy(good)
			w.serveHTTPS(policyAddr, "www.example.test", func(http.ResponseWriter, *http.Request) {})
		}, failover.Unknown, "could not be fetched"},
		{"a server in trouble", func(w *world) { w.answer(good, http.StatusServiceUnavailable, "text/plain", "") }, failover.Unknown, "could not be fetched"},
		{"not found", func(w *world) { w.answer(good, http.StatusNotFound, "text/plain", "") }, failover.Warn, "no MTA-STS policy"},
		{"a redirect is not followed", func(w *world) { w.answer("", http.StatusFound, "text/plain", "https://mta-sts.example.test/elsewhere") }, failover.Warn, "no MTA-STS policy"},
		{"a web page", func(w *world) { w.answer(good, http.StatusOK, "text/html", "") }, failover.Warn, "no MTA-STS policy"},
		{"a host that hangs", func(w *world) {
			w.opt.Patience = 300 * time.Millisecond
			w.example.Add(`_mta-sts 300 TXT "v=STSv1; id=1"`, "mta-sts 300 A "+policyAddr)
		}, failover.Unknown, "could not be fetched"},
		{"hosted elsewhere by way of aliases", func(w *world) {
			w.policy(good)
			w.example.Delete("_mta-sts", "TXT")
			w.example.Add("_mta-sts 300 CNAME sts.second.test.")
			w.second.Add(`sts 300 TXT "v=STSv1; id=9;"`)
		}, failover.Red, "mx1.second.test"},
		{"an office's own version of the domain hides it", func(w *world) {
			w.policy(good)
			w.internal("mta-sts 300 A " + policyAddr)
		}, failover.Red, "mx1.second.test"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.prepare(w)
			expect(t, w.one("mta-sts", ""), c.verdict, c.words)
		})
	}
}

// answer publishes a policy that is served in a wrong way.
func (w *world) answer(text string, status int, kind, location string) {
	w.policy(text)
	w.serveHTTPS(policyAddr, "mta-sts.example.test", func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			w.t.Error("the redirect was followed")
		}
		rw.Header().Set("Content-Type", kind)
		if location != "" {
			rw.Header().Set("Location", location)
		}
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, text)
	})
}

func TestSTSPolicyParser(t *testing.T) {
	good := "version: STSv1\nmode: enforce\nmx: a.example\nmx: *.b.example\nmax_age: 86400\n"
	p, err := parseSTSPolicy(good + "mode: none\nfuture: x\n") // of fields given twice the first counts
	if err != nil || p.Mode != "enforce" || p.MaxAge != 24*time.Hour || len(p.MX) != 2 {
		t.Errorf("read %+v, %v", p, err)
	}
	for host, want := range map[string]bool{
		"a.example.": true, "A.EXAMPLE": true, "x.b.example.": true, "b.example.": false, "x.y.b.example.": false, "xa.example.": false, ".b.example": false,
	} {
		if p.allows(host) != want {
			t.Errorf("%s allowed: %v", host, !want)
		}
	}
	for _, bad := range []string{
		"", "mode: enforce\nmx: a\nmax_age: 1", "version: STSv2\nmode: none\nmax_age: 1", "version: STSv1\nmode: strict\nmax_age: 1\nmx: a",
		"version: STSv1\nmode: enforce\nmax_age: 1", "version: STSv1\nmode: none\nmax_age: -1", "version: STSv1\nmode: none\nmax_age: 31557601",
		"version: STSv1\nmode: none\nmax_age: 1e3", "version: STSv1\nmode: enforce\nmx: *.*.x\nmax_age: 1", "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1",
		"version: STSv1\nmode enforce\nmax_age: 1", "version: STSv1\nmode: none\nmax_age: 00000000001",
	} {
		if p, err := parseSTSPolicy(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, p)
		}
	}
}

func TestSPF(t *testing.T) {
	many := `v=spf1 a:a1.second.test a:a2.second.test a:a3.second.test a:a4.second.test a:a5.second.test a:a6.second.test a:a7.second.test a:a8.second.test a:a9.second.test include:spf.second.test mx -all`
	for _, c := range []struct {
		name    string
		records []string // in example.test
		other   []string // in second.test
		verdict failover.Verdict
		words   string
	}{
		{"included", []string{"v=spf1 include:spf.second.test -all"}, nil, failover.Pass, "1 of 10"},
		{"included in capitals", []string{"V=SPF1 Include:SPF.Second.TEST -ALL"}, nil, failover.Pass, ""},
		{"included within another", []string{"v=spf1 include:outer.second.test -all"}, []string{`outer 300 TXT "v=spf1 include:spf.second.test ?all"`}, failover.Pass, "2 of 10"},
		{"by redirect", []string{"v=spf1 redirect=outer.second.test"}, []string{`outer 300 TXT "v=spf1 include:spf.second.test -all"`}, failover.Pass, ""},
		{"its networks written out", []string{"v=spf1 ip4:192.0.2.0/23 ip6:2001:db8::/32 -all"}, nil, failover.Pass, ""},
		{"half its networks written out", []string{"v=spf1 ip4:192.0.2.0/25 -all"}, nil, failover.Red, "does not cover Second"},
		{"excluded on purpose", []string{"v=spf1 -include:spf.second.test ~all"}, nil, failover.Warn, "does not cover"},
		{"only the primary, hard", []string{"v=spf1 include:spf.first.test -all"}, nil, failover.Red, "-all"},
		{"only the primary, soft", []string{"v=spf1 include:spf.first.test ~all"}, nil, failover.Warn, "spam"},
		{"only the primary, open", []string{"v=spf1 include:spf.first.test"}, nil, failover.Warn, "spam"},
		{"hard by redirect", []string{"v=spf1 redirect=outer.second.test"}, []string{`outer 300 TXT "v=spf1 include:spf.first.test -all"`}, failover.Red, "-all"},
		{"everybody may", []string{"v=spf1 +all"}, nil, failover.Warn, "+all"},
		{"none", nil, nil, failover.Warn, "no SPF record"},
		{"two", []string{"v=spf1 include:spf.second.test -all", "v=spf1 -all"}, nil, failover.Red, "2 SPF records"},
		{"no term", []string{"v=spf1 include:spf.second.test foo:bar -all"}, nil, failover.Red, "foo:bar"},
		{"an include without a record", []string{"v=spf1 include:nothing.second.test include:spf.second.test -all"}, nil, failover.Red, "nothing.second.test"},
		{"eleven look-ups", []string{many}, nil, failover.Red, "11 DNS look-ups"},
		{"a circle", []string{"v=spf1 include:loop.second.test -all"}, []string{`loop 300 TXT "v=spf1 include:loop.second.test -all"`}, failover.Red, "look-ups"},
		{"three void look-ups", []string{"v=spf1 a:v1.second.test a:v2.second.test mx:v3.second.test include:spf.second.test -all"}, nil, failover.Warn, "3 hosts that do not exist"},
		{"macros", []string{"v=spf1 exists:%{i}.x.second.test include:%{d}.y.second.test include:spf.second.test -all"}, nil, failover.Pass, "3 of 10"},
		{"in two strings", []string{`v=spf1 include:spf.sec" "ond.test -all`}, nil, failover.Pass, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.example.Delete("@", "TXT")
			w.example.Add(`@ 300 TXT "some-verification=1"`)
			for _, text := range c.records {
				w.example.Add(`@ 300 TXT "` + text + `"`)
			}
			for _, n := range []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"} {
				w.second.Add(n + " 300 A 198.51.100.1")
			}
			w.second.Add(c.other...)
			f := w.one("spf", "")
			expect(t, f, c.verdict, c.words)
			if len(c.records) > 0 && len(f.Evidence) == 0 {
				t.Error("no evidence")
			}
		})
	}
	t.Run("a provider that asks for nothing", func(t *testing.T) {
		w := newWorld(t)
		w.target.Provider.SPFInclude = ""
		expect(t, w.one("spf", ""), failover.Pass)
	})
	t.Run("nobody answers for a part of it", func(t *testing.T) {
		w := newWorld(t)
		w.example.Delete("@", "TXT")
		w.example.Add(`@ 300 TXT "v=spf1 include:spf.second.test include:spf.unknown.invalid -all"`)
		expect(t, w.one("spf", ""), failover.Warn, "no answer for part of it")
	})
}

func TestSPFTerms(t *testing.T) {
	for _, bad := range []string{
		"v=spf1 all:x", "v=spf1 include", "v=spf1 include:", "v=spf1 ip4:", "v=spf1 ip4:2001:db8::1", "v=spf1 ip6:192.0.2.1", "v=spf1 ip4:192.0.2.0/33",
		"v=spf1 a:", "v=spf1 redirect=", "v=spf1 redirect=a redirect=b", "v=spf1 +", "v=spf10 -all", "v=spf1 exists", "v=spf1 ip4:192.0.2.1/x",
	} {
		if r, err := parseSPF(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, r)
		}
	}
	r, err := parseSPF("v=spf1  a/24 mx//64 a:x.test/24 ?ip4:192.0.2.1 exp=why.%{d} unknown-mod=1 ptr -all")
	if err != nil || len(r.terms) != 6 || r.all() != '-' || r.terms[2].domain != "x.test" || r.terms[0].domain != "" {
		t.Errorf("read %+v, %v", r, err)
	}
}
