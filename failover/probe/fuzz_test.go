package probe

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"lifeboat/failover"
)

// showable reports whether text may be shown in a terminal.
func showable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

func FuzzReply(f *testing.F) {
	for _, s := range []string{
		"220 mx.example ESMTP\r\n", "250-a\r\n250-b\r\n250 c\r\n", "550 5.1.1 <x@y>: no\r\n", "250\r\n", "250-a\r\n550 b\r\n", "99 x\r\n", "2500 x\r\n", "\r\n",
		"220 " + strings.Repeat("*", 600) + "\r\n", "250-" + strings.Repeat("x\r\n250-", 300), "421 \x1b[31m\u202e\xff\x00\r\n", "354 Go\n", "SSH-2.0-x\r\n", "250 x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := readReply(bufio.NewReaderSize(strings.NewReader(s), maxReplyLine))
		if err != nil {
			return
		}
		if r.code < 200 || r.code > 599 || len(r.lines) == 0 || len(r.lines) > maxReplyLines {
			t.Fatalf("read %+v", r)
		}
		for _, line := range append(r.exact(), r.String(), r.enhanced()) {
			if !showable(line) {
				t.Fatalf("not fit to be shown: %q", line)
			}
		}
		if k := judgeRCPT(r); (k == taken) != r.ok() || (k == deferred) != r.later() && r.code/100 != 3 {
			t.Fatalf("%d is judged %s", r.code, k)
		}
		// What is shown reads back as the same reply.
		again, err := readReply(bufio.NewReaderSize(strings.NewReader(strings.Join(r.exact(), "\r\n")+"\r\n"), 1<<20))
		if err != nil || again.code != r.code || len(again.lines) != len(r.lines) {
			t.Fatalf("%q reads back as %+v, %v", r.exact(), again, err)
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{"a@b.example", "太郎@例え.jp", "a b@c", "a@b\r\nDATA", "<a@b>", "a@[192.0.2.1]", `"q"@b`, "@", "a@", "x@y@z.example", "a@-", "postmaster@EXAMPLE.com.", "0@ ", "a@.b", "a@b..c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		path, smtputf8, err := envelope(s)
		if err != nil {
			return
		}
		if strings.ContainsAny(path, " \r\n\t<>\x00") || strings.Count(path, "@") == 0 || !utf8.ValidString(path) {
			t.Fatalf("%q becomes %q", s, path)
		}
		if ascii := strings.IndexFunc(path, func(r rune) bool { return r >= 0x80 }) < 0; ascii == smtputf8 {
			t.Fatalf("%q becomes %q, SMTPUTF8 %v", s, path, smtputf8)
		}
		if again, _, err := envelope(path); err != nil || again != path {
			t.Fatalf("%q becomes %q, and that %q, %v", s, path, again, err)
		}
	})
}

func FuzzSTSRecord(f *testing.F) {
	for _, s := range []string{"v=STSv1; id=20160831085700Z;", "v=STSv1;id=1", "v=STSv1", "v=STSv1; id=", "v=STSv1; x; id=1", "v=spf1 -all", "v=STSv1 ; a=b ; id=z9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok, err := parseSTSRecord(s)
		if (err == nil && ok) != (id != "") || !ok && err != nil {
			t.Fatalf("%q: %q %v %v", s, id, ok, err)
		}
		if id != "" && (len(id) > 32 || !showable(id)) {
			t.Fatalf("id %q", id)
		}
		if err != nil && !showable(err.Error()) {
			t.Fatalf("error %q", err)
		}
	})
}

func FuzzSTSPolicy(f *testing.F) {
	f.Add("version: STSv1\r\nmode: enforce\r\nmx: *.example.net\r\nmx: a.example\r\nmax_age: 604800\r\n", "mx1.example.net")
	f.Add("version: STSv1\nmode: none\nmax_age: 0", "x")
	f.Add("mx: *\nmx:\n::\n", "")
	f.Add("version:STSv1\nmode:testing\nmax_age:9999999999\nmx:a", "a")
	f.Fuzz(func(t *testing.T, s, host string) {
		p, err := parseSTSPolicy(s)
		if err != nil {
			if !showable(err.Error()) {
				t.Fatalf("error %q", err)
			}
			return
		}
		if p.MaxAge < 0 || p.MaxAge > maxPolicyAge*time.Second || p.Mode != "enforce" && p.Mode != "testing" && p.Mode != "none" || p.Mode != "none" && len(p.MX) == 0 {
			t.Fatalf("read %+v", p)
		}
		if p.allows(host) {
			name := failover.FQDN(host)
			for _, pattern := range p.MX {
				if pattern == name || strings.HasPrefix(pattern, "*.") && strings.HasSuffix(name, pattern[1:]) {
					return
				}
			}
			t.Fatalf("%q is allowed by %q", host, p.MX)
		}
	})
}

func FuzzSPF(f *testing.F) {
	for _, s := range []string{
		"v=spf1 include:a.example ~all", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", "v=spf1 a mx/24 a:b.example//64 ptr ?exists:%{i}.x -all", "v=spf1 redirect=_spf.example",
		"V=SPF1 +ALL", "v=spf1", "v=spf1 foo", "v=spf1 a=b exp=c", "v=spf1 ip4:::1", "v=spf1 -", "v=spf1 include:%{d2}.x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseSPF(s)
		if err != nil {
			if !showable(err.Error()) {
				t.Fatalf("error %q", err)
			}
			return
		}
		for _, term := range r.terms {
			if !strings.ContainsRune("+-~?", rune(term.qualifier)) || term.name == "" {
				t.Fatalf("%q: term %+v", s, term)
			}
			if ip := term.name == "ip4" || term.name == "ip6"; ip != term.network.IsValid() || ip && term.network.Addr().Is4() != (term.name == "ip4") {
				t.Fatalf("%q: network %v", s, term.network)
			}
			if target, ok := term.target("here.example"); ok && (target == "" || !strings.HasSuffix(target, ".")) {
				t.Fatalf("%q: target %q", s, target)
			}
		}
	})
}

func FuzzTLSA(f *testing.F) {
	for _, s := range []string{"3 1 1 abcd", "2 0 2 AB CD", "0 0 0 00", "3 1 1", "256 1 1 ab", "3 1 1 xyz", "3 1 1 abc", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseTLSA(s)
		if err == nil && len(p.data) == 0 || err != nil && !showable(err.Error()) {
			t.Fatalf("%q: %+v %v", s, p, err)
		}
	})
}

func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(sixteen(string(text)))
	}
	doc, err := json.Marshal(map[string]any{"findings": good(targetOf(failover.Secondary, "a@example.test"), noon)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Add([]byte("220 x.y\nRCPT TO:<a@b.example>\n250-x\n250 y\n354\n.\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		findings, err := Import(strings.NewReader(string(b)), ImportOptions{At: noon, Now: noon})
		if err != nil {
			return
		}
		target := targetOf(failover.Secondary, "a@example.test")
		for _, f := range findings {
			c, known := checkOf(f.Check)
			if !known || !c.portable || f.Source != failover.FromImported || f.OwnLine || f.At.After(noon.Add(ahead)) {
				t.Fatalf("taken over: %+v", f)
			}
			for _, line := range append(f.Evidence, f.Say.String(), f.Remedy.String(), f.Subject) {
				if !showable(line) {
					t.Fatalf("not fit to be shown: %q", line)
				}
			}
		}
		(&Evidence{}).Merge(target, findings)
		if Judge(findings, target, noon, 0).Allowed {
			t.Fatal("something imported allows a plan by itself")
		}
	})
}

func FuzzEvidenceFile(f *testing.F) {
	target := targetOf(failover.Secondary, "a@example.test")
	ev := &Evidence{}
	ev.Merge(target, good(target, noon))
	dir := f.TempDir()
	path := filepath.Join(dir, "evidence.json")
	if err := ev.Save(path); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(`{"version":1,"entries":[{"destination":"secondary","finding":{"check":"rcpt","say":5}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "evidence.json")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		ev, err := LoadEvidence(path)
		if ev == nil || err != nil && len(ev.Findings(target)) > 0 {
			t.Fatalf("%v, %v", ev, err)
		}
		Judge(ev.Findings(target), target, noon, 0)
		ev.Stale(target, noon, 0)
		if err := ev.Save(path); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever stands in an SOA record, a serial number is read off it or not.
func FuzzSerial(f *testing.F) {
	for _, seed := range []string{"ns.test. host.test. 7 3600 600 86400 60", "ns.test. host.test. 4294967296 1 1 1 1", "", "1 2 3 4 5 6 7 8"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		n, ok := serial(failover.NewRRset("a.test.", "SOA", 1, value))
		if ok && !strings.Contains(value, strconv.FormatUint(uint64(n), 10)) {
			t.Errorf("%d was read off %q", n, value)
		}
	})
}
