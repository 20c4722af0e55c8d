package configs

import (
	"strings"
	"testing"
)

func TestMXEntry(t *testing.T) {
	for text, want := range map[string]MX{
		"10 mx1.example.net":          {10, "mx1.example.net"},
		"  0\tMX1.Example.NET.  ":     {0, "mx1.example.net"},
		"65535 メール.jp":                {65535, "xn--4dkua4c.jp"},
		"10 {domain-dashes}.mx.a.net": {10, "example-co-jp.mx.a.net"},
		"10 mx.{domain}":              {10, "mx.example.co.jp"},
	} {
		var mx MX
		if problem, ok := mx.setShort(text); !ok {
			t.Errorf("%q: %v", text, problem)
			continue
		}
		host, problem, ok := mxHost(fillPlaceholders(mx.Host, "example.co.jp"))
		if got := (MX{mx.Preference, host}); !ok || got != want {
			t.Errorf("%q: got %v %v, want %v", text, got, problem, want)
		}
	}
}

// An entry that is taken is written as it was read, and its host is one that DNS
// can hold.
func FuzzMXEntry(f *testing.F) {
	for _, text := range []string{
		"10 mx1.example.net", "0 .", "10", "mx", "-1 mx.a", "65536 mx.a.b", "10 [::1]", "1 _a.b", "1 ｍｘ．example。jp",
		"10 {domain}", "10 {", "5 xn--.jp", "5 " + strings.Repeat("a.", 130), "1 a..b", "1 1.2.3.4", "1 a.b:25",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var mx MX
		problem, ok := mx.setShort(text)
		if !ok {
			checkSentence(t, problem)
			return
		}
		host, problem, ok := mxHost(fillPlaceholders(mx.Host, "example.jp"))
		if !ok {
			checkSentence(t, problem)
			return
		}
		if len(host) > 253 || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			t.Errorf("host %q", host)
		}
		for label := range strings.SplitSeq(host, ".") {
			if label == "" || len(label) > 63 {
				t.Errorf("label %q of %q", label, host)
			}
		}
		var back MX
		if _, ok := back.setShort(MX{mx.Preference, host}.String()); !ok || back != (MX{mx.Preference, host}) {
			t.Errorf("%q is read back as %v", host, back)
		}
		if again, _, ok := mxHost(host); !ok || again != host {
			t.Errorf("%q normalised again is %q", host, again)
		}
	})
}
