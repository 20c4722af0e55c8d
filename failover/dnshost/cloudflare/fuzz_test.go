package cloudflare

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

// FuzzAnswer: whatever comes back, reading it ends in records that make a set, or
// in an error of a known kind.
func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		var fixture struct {
			Status int             `json:"status"`
			Answer json.RawMessage `json:"answer"`
		}
		if err := json.Unmarshal(b, &fixture); err != nil {
			f.Fatal(err)
		}
		f.Add(fixture.Status, []byte(fixture.Answer), true)
	}
	f.Add(200, []byte(`{"success":true,"result":[{"type":"MX","content":"x"}]}`), false)
	f.Add(200, []byte(`{"success":true,"result":[{"type":"TXT","content":"\"\\300\""},{"type":"SRV","priority":1,"content":"1 2 x"}]}`), false)
	f.Add(502, []byte("<html>"), true)
	f.Fuzz(func(t *testing.T, status int, body []byte, change bool) {
		h := &Host{token: func() string { return "token" }, base: &url.URL{}, now: time.Now, ids: map[string]string{}}
		rep, err := decode(status, http.Header{}, body)
		if err != nil {
			return
		}
		if err := h.refuse(rep, request{change: change}); err != nil {
			var fe *failover.Error
			var wait *throttled
			if !errors.As(err, &fe) && !errors.As(err, &wait) && !errors.Is(err, errGone) && !errors.Is(err, errExists) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		var rs records
		if json.Unmarshal(rep.Result, &rs) != nil {
			return
		}
		for _, r := range rs {
			if v, err := r.value(); err == nil && r.Type == "MX" {
				if _, err := toWrite(r.key(), 300, v); err != nil {
					t.Fatalf("%+v reads as %q, which cannot be written: %v", r, v, err)
				}
			}
		}
	})
}

// FuzzTXT: a TXT record's content, in quotes or not, has one canonical value, which
// sent back to the API reads as the same.
func FuzzTXT(f *testing.F) {
	f.Add(`"v=spf1 -all"`)
	f.Add(`v=spf1 -all`)
	f.Add(`"a" "b"`)
	f.Add(`"\"\\\255"`)
	f.Add("日本語")
	f.Add(`"`)
	f.Fuzz(func(t *testing.T, content string) {
		r := record{ID: "1", Name: "example.test", Type: "TXT", Content: content, TTL: 300}
		v, err := r.value()
		if err != nil {
			return
		}
		again := r
		again.Content = v
		if v2, err := again.value(); err != nil || v2 != v {
			t.Fatalf("%q reads as %q, and that as %q, %v", content, v, v2, err)
		}
		if _, err := dnswire.Text(v); err != nil && len(content) < 10000 {
			t.Fatalf("%q reads as %q: %v", content, v, err)
		}
	})
}

func FuzzComment(f *testing.F) {
	f.Add("run-1", "ann@desk", int64(1_900_000_000), "lifeboat-lock1 20310203T040506Z run-1 ann@desk")
	f.Add("", "", int64(0), "")
	f.Add("a b\"c", "日本", int64(-1), "lifeboat-lock1 x y z")
	f.Fuzz(func(t *testing.T, op, owner string, at int64, text string) {
		l := dnshost.Lock{Operation: op, Owner: owner, Expires: time.Unix(at%(1<<37), 0).UTC()}
		c := comment(l)
		if len(c) > maxComment {
			t.Fatalf("a comment of %d characters: %q", len(c), c)
		}
		held, ok := parseComment(c)
		if op != "" && l.Expires.Year() >= 0 && l.Expires.Year() < 10000 {
			if !ok || !held.SameRun(asHeld(l)) || !held.Expires.Equal(l.Expires) {
				t.Fatalf("%+v became %q, then %+v, %v", l, c, held, ok)
			}
			if comment(held) != c {
				t.Fatalf("%q is written again as %q", c, comment(held))
			}
		}
		_, _ = parseComment(text)
	})
}
