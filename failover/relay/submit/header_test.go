package submit

import (
	"bytes"
	"strings"
	"testing"

	"lifeboat/failover/relay"
	"lifeboat/failover/relay/users"
)

func TestPathOf(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"<>": "", "<a@b.test>": "a@b.test", " <a@b.test>": "a@b.test", "<a@b.test> SIZE=1": "a@b.test", "a@b.test": "a@b.test",
		`<"a b"@c.test>`: `"a b"@c.test`, `<"a@b"@c.test>`: `"a@b"@c.test`, `<"a"@c.test>`: "a@c.test", `<"a\"b"@c.test>`: `"a\"b"@c.test`,
		"<@x.test,@y.test:a@b.test>": "a@b.test", "<abc..def.@docomo.test>": "abc..def.@docomo.test", "<a@[192.0.2.1]>": "a@[192.0.2.1]", "<田中@例え.test>": "田中@例え.test",
		"<a@b.test": "!", "a": "!", "<a>": "!", "<@b.test>": "!", "<a@>": "!", "<a@b..test>": "!", "<a@b@c.test>": "!", "<a b@c.test>": "!", "": "!",
		"<a@b.test>x": "!", "<a@b.test\x00>": "!", "<\xff@b.test>": "!", `<"a` + "\x01" + `"@b.test>`: "!", "<a@-->": "a@--", "<a@b.test,c@d.test>": "!", "<<a@b.test>>": "!",
		"<" + strings.Repeat("a", 400) + "@b.test>": "!", "<a(b)@c.test>": "!", "<a@b.test(x)>": "!", "<a\r@b.test>": "!",
	} {
		got, err := pathOf([]byte(arg))
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("pathOf(%q) = %q, want %q", arg, got, want)
		}
	}
}

var fromValues = map[string]string{
	" tanaka@example.test":                                     "tanaka@example.test",
	" Tanaka <tanaka@example.test>\r\n":                        "tanaka@example.test",
	" =?utf-8?B?55Sw5Lit?=\r\n <tanaka@example.test>":          "tanaka@example.test",
	" \"Tanaka, Taro\" <tanaka@example.test>":                  "tanaka@example.test",
	" =?utf-8?Q?Tanaka,_Taro?= <tanaka@example.test>":          "tanaka@example.test",
	" (evil@x.test) tanaka@example.test (comment (nested\\)))": "tanaka@example.test",
	" tanaka\r\n @ (here) example . test":                      "tanaka@example.test",
	" <@route.test:tanaka@example.test>":                       "tanaka@example.test",
	" \"evil@x.test\" <tanaka@example.test>":                   "tanaka@example.test",
	" \"a@b\"@c.test":                                          `"a@b"@c.test`,
	" \"a b\"@c.test":                                          `"a b"@c.test`,
	" \"tanaka\"@example.test":                                 "tanaka@example.test",
	" a@b.test, c@d.test":                                      "a@b.test c@d.test",
	" a@b.test; c@d.test":                                      "a@b.test c@d.test",
	" Group: a@b.test, C <c@d.test>;":                          "a@b.test c@d.test",
	" Scan: Canon <a@b.test>":                                  "a@b.test",
	" evil@x.test <tanaka@example.test>":                       "evil@x.test tanaka@example.test",
	" <a@b.test> <c@d.test>":                                   "a@b.test c@d.test",
	" J. R. Tanaka [2F] <a@b.test>":                            "a@b.test",
	" a@b.test (Tanaka) Taro":                                  "a@b.test",
	" \x93c\x92\x86 <a@b.test>":                                "a@b.test", // Shift_JIS in the clear
	" 田中 <田中@例え.test>":                                         "田中@例え.test",
	" Undisclosed:;":                                           "",
	"":                                                         "",
	" Tanaka":                                                  "!",
	" <>":                                                      "!",
	" Tanaka <>":                                               "!",
	" a@b@c.test":                                              "!",
	" <a@b.test":                                               "!",
	" a@b.test>":                                               "!",
	" a@b.test @c.test":                                        "!",
	" <a@b.test> evil@x.test":                                  "!",
	" <a@b.test> \"evil\"@x.test":                              "!",
	" \"unended <a@b.test>":                                    "!",
	" (unended <a@b.test>":                                     "!",
	" a b@c.test":                                              "!",
	" [a]@c.test":                                              "!",
	" =?utf-8?Q?evil@x.test?= <a@b.test>":                      "!",
	" a@b.test\x00":                                            "a@b.test", // a NUL never comes so far
	" <a@b.test,c@d.test>":                                     "!",
	" <a@b.test\r\n evil>":                                     "!",
	" a@\xff.test":                                             "!",
}

func TestAddressesIn(t *testing.T) {
	t.Parallel()
	for value, want := range fromValues {
		all, err := addressesIn([]byte(value))
		got := strings.Join(all, " ")
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("addressesIn(%q) = %q, want %q", value, got, want)
		}
	}
}

func FuzzAddressesIn(f *testing.F) {
	for value := range fromValues {
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		all, err := addressesIn(value)
		if err != nil {
			return
		}
		for _, a := range all {
			// What comes out is an address, and the same when it is written out and read again.
			again, err := addressesIn([]byte("<" + a + ">"))
			if err != nil || len(again) != 1 || again[0] != a {
				t.Errorf("%q gives %q, and that gives %q, %v", value, a, again, err)
			}
			if path, err := pathOf([]byte("<" + a + ">")); err == nil && path != a {
				t.Errorf("%q gives %q, which as a path is %q", value, a, path)
			}
			if relay.DomainOf(a) == "" {
				t.Errorf("%q gives %q, which has no domain", value, a)
			}
		}
		// Nobody reads an address where this finds none: text in <> with an @ is one.
		if len(all) == 0 && bytes.ContainsRune(value, '<') && !bytes.ContainsAny(value, "\"(=") {
			t.Errorf("%q has no address", value)
		}
	})
}

func TestParseFields(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"From: a\r\n\r\n":                        "from 1",
		"from : a\r\nFROM: b\r\n\r\n":            "from 2",
		"Subject: x\nFrom: a\n\n":                "from 1",
		"Subject: x\r\n y\r\n\tz\r\nFrom: a":     "from 1",
		"Subject: x\r\nFrom: a\r\n b\r\n\r\n":    "from 1",
		"hello\r\nFrom: a\r\n\r\n":               "headless",
		" From: a\r\n\r\n":                       "headless",
		"From tanaka Thu Jan 22 09:00:00 2026\n": "headless",
		"\r\n":                                   "from 0",
		"":                                       "from 0",
		"Subject: x\rFrom: evil\r\n\r\n":         "refused",
		"From: a\r\n\nFrom: evil\r\n\r\n":        "refused", // where CRLF alone counts there are two
		"From: a\r\nTo: b\nX: c\r\n\r\n":         "refused",
		"From: a\n\r\nFrom: evil\n\n":            "refused",
		"Subject: x\r\nhello\r\n\r\n":            "refused",
		"Subject: x\r\n: y\r\n\r\n":              "refused",
		"Subject: x\r\nSub ject: y\r\n\r\n":      "refused",
		"Subject: x\r\r\nFrom: a\r\n\r\n":        "from 1",
	} {
		f, bad := parseFields([]byte(head))
		got := "from " + string(rune('0'+len(f.from)))
		if f.headless {
			got = "headless"
		}
		if bad != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
	f, _ := parseFields([]byte("Subject: =?iso-2022-jp?B?GyRCRURDZhsoQg==?=\r\n =?utf-8?Q?_=E6=A7=98?=\r\nMessage-Id:\r\n <x@y>\r\n\r\n"))
	if f.subject != "田中 様" || f.messageID != "x@y" {
		t.Errorf("subject %q, Message-ID %q", f.subject, f.messageID)
	}
}

func FuzzHeader(f *testing.F) {
	for value := range fromValues {
		f.Add([]byte("Subject: x\r\nFrom:" + value + "\r\n\r\n"))
	}
	f.Add([]byte("hello"))
	f.Add([]byte("Subject: =?iso-2022-jp?B?GyRCRURDZhsoQg==?=\nMessage-ID: <\r\n"))
	s := New(Options{})
	f.Fuzz(func(t *testing.T, head []byte) {
		session := &session{server: s, user: users.User{Address: "tanaka@example.test"}, from: "tanaka@example.test"}
		r := &receiver{s: session}
		from, bad := r.judge(head)
		if bad == nil && !session.user.MaySendAs(from) {
			t.Errorf("%q is let pass as from %q", head, from)
		}
		if n := len([]rune(r.fields.subject)); n > 200 {
			t.Errorf("a subject of %d characters", n)
		}
		if bytes.Count(r.added, []byte("\n")) != bytes.Count(r.added, []byte("\r\n")) {
			t.Errorf("%q adds %q", head, r.added)
		}
	})
}
