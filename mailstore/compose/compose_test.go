package compose_test

import (
	"bytes"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/compose"
	"lifeboat/mailstore/mime"
)

var update = flag.Bool("update", false, "write what comes out into the golden files, to be read over")

var tokyo = time.FixedZone("JST", 9*60*60)

// fixed gives the same clock and chance each time.
func fixed() compose.Options {
	return compose.Options{
		Now:    func() time.Time { return time.Date(2026, 11, 22, 9, 30, 0, 0, tokyo) },
		Random: rand.NewChaCha8([32]byte{1, 2, 3}),
	}
}

func person(name, address string) mailstore.Address {
	return mailstore.Address{Name: name, Address: address}
}

// draft is one that can be sent.
func draft(change func(*compose.Draft)) compose.Draft {
	d := compose.Draft{From: person("山田 太郎", "taro@example.jp"), To: []mailstore.Address{person("", "hanako@example.org")}, Subject: "Hello", Text: "Hello, Hanako!\n"}
	if change != nil {
		change(&d)
	}
	return d
}

func write(t testing.TB, d compose.Draft) compose.Message {
	t.Helper()
	m, err := d.Message(fixed())
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, m)
	return m
}

// wellFormed holds a message against what every server takes: CRLF line ends, short
// lines, a header in US-ASCII.
func wellFormed(t testing.TB, m compose.Message) {
	t.Helper()
	lines := strings.Split(string(m.Bytes), "\r\n")
	if lines[len(lines)-1] != "" {
		t.Error("the message does not end with a line end")
	}
	inHeader := true
	for i, line := range lines {
		inHeader = inHeader && line != ""
		if strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("line %d has a bare CR or LF, or a NUL: %q", i+1, line)
		}
		if len(line) > 998 {
			t.Errorf("line %d is %d octets long", i+1, len(line))
		}
		for _, c := range []byte(line) {
			if c >= 0x80 && (inHeader || !m.EightBit) {
				t.Errorf("line %d is not US-ASCII: %q", i+1, line)
				break
			}
		}
		if inHeader && len(line) > 78 && strings.Contains(strings.TrimLeft(line, " "), " ") && !strings.Contains(line, "@") && !strings.HasPrefix(line, "Content-Type:") {
			t.Errorf("line %d could be folded: %q", i+1, line)
		}
		if inHeader && line != "" && strings.TrimSpace(line) == "" {
			t.Errorf("line %d is of blanks alone", i+1)
		}
	}
}

func read(t testing.TB, m compose.Message) mailstore.Letter {
	t.Helper()
	return mime.Read(bytes.NewReader(m.Bytes), mime.Limits{Text: 8 << 20})
}

// The messages as they are, to be looked at.
func TestGolden(t *testing.T) {
	t.Parallel()
	original := golden(t, "original.eml", nil)
	for name, d := range map[string]compose.Draft{
		"plain.eml": draft(func(d *compose.Draft) {
			d.Text = "Dear Hanako,\n\nthis is a paragraph that is longer than a line on a small screen, so that it flows where others read it.\n\n > not a quotation\nFrom here on\n> quoted\n>> deeper\n.\n-- \nTaro\n"
			d.Cc = []mailstore.Address{person("Doe, John", "john@example.org"), person("", `"a b"@example.org`), person("例え", "info@例え.jp")}
			d.Bcc = []mailstore.Address{person("", "secret@example.org")}
			d.ReplyTo = []mailstore.Address{person("", "taro@emergency.example.jp")}
		}),
		"japanese.eml": draft(func(d *compose.Draft) {
			d.Subject = "Re: 【至急】令和八年十一月度の全体会議の日程変更と、会場（本社三階の大会議室）についてのお知らせ 😀👨‍👩‍👧"
			d.Text = "山田様\n\nお世話になっております。\n会議は来週です。\n"
			d.To = []mailstore.Address{person("株式会社見本商事 東日本営業本部 第一営業部 係長 鈴木 花子", "hanako@example.org")}
		}),
		"attached.eml": draft(func(d *compose.Draft) {
			d.Text = "Voilà, see the files.\n"
			d.Attachments = []compose.Attachment{
				{Name: "plan.pdf", Content: []byte("%PDF-1.7\n")},
				{Name: "令和八年度 予算計画書（最終版）＿営業部確認済み.xlsx", Content: bytes.Repeat([]byte("x"), 100)},
				{Name: "会議.txt", Content: []byte("会議\n")},
				{Name: `C:\Users\taro\a "b".bin`, Content: nil},
			}
		}),
		"forward.eml": func() compose.Draft {
			d := compose.Forward(compose.ReadOriginal(original))
			d.From, d.To, d.Text = person("", "taro@example.jp"), []mailstore.Address{person("", "x@example.org")}, "FYI\n"
			return d
		}(),
		"inline.eml": func() compose.Draft {
			o, err := compose.ReadOriginal(original).ReadFiles()
			if err != nil {
				t.Fatal(err)
			}
			d := compose.ForwardInline(o, nil)
			d.From, d.To = person("", "taro@example.jp"), []mailstore.Address{person("", "x@example.org")}
			return d
		}(),
		"reply.eml": func() compose.Draft {
			d := compose.Reply(compose.ReadOriginal(original), true, []string{"taro@example.jp"}, nil)
			d.From = person("", "taro@example.jp")
			return d
		}(),
	} {
		m := write(t, d)
		if want := golden(t, name, m.Bytes); !bytes.Equal(m.Bytes, want) {
			t.Errorf("%s is not as it was; see with go test -update:\n%s", name, m.Bytes)
		}
	}
}

func golden(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update && got != nil {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	m := write(t, draft(func(d *compose.Draft) {
		d.From = person("", "Taro@例え.JP")
		d.To = []mailstore.Address{person("", "a@Example.org"), person("A", "A@example.ORG")}
		d.Bcc = []mailstore.Address{person("", "b@example.org"), person("", `"b"@example.org`), person("", "c@[192.0.2.1]")}
	}))
	if m.From != "Taro@xn--r8jz45g.jp" || strings.Join(m.Recipients, " ") != "a@example.org b@example.org c@[192.0.2.1]" {
		t.Errorf("from %s to %v", m.From, m.Recipients)
	}
	if bytes.Contains(m.Bytes, []byte("b@example.org")) || bytes.Contains(m.Bytes, []byte("Bcc")) {
		t.Errorf("the header tells of Bcc:\n%s", m.Bytes)
	}
	if !strings.HasSuffix(m.MessageID, "@xn--r8jz45g.jp") || !bytes.Contains(m.Bytes, []byte("Message-ID: <"+m.MessageID+">\r\n")) {
		t.Errorf("the message-id is %s", m.MessageID)
	}
	m = write(t, draft(func(d *compose.Draft) { d.Bcc, d.To = d.To, nil }))
	if !bytes.Contains(m.Bytes, []byte("\r\nTo: undisclosed-recipients:;\r\n")) {
		t.Errorf("copies alone:\n%s", m.Bytes)
	}
}

// The same clock and chance give the same bytes, another chance another message-id and boundary.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	d := draft(func(d *compose.Draft) { d.Attachments = []compose.Attachment{{Name: "a"}} })
	one, two := write(t, d), write(t, d)
	if !bytes.Equal(one.Bytes, two.Bytes) {
		t.Error("the same draft gives another message")
	}
	o := fixed()
	o.Random = rand.NewChaCha8([32]byte{9})
	other, err := d.Message(o)
	if err != nil || other.MessageID == one.MessageID || bytes.Equal(other.Bytes, one.Bytes) {
		t.Errorf("another chance gives the same message-id %s, %v", other.MessageID, err)
	}
	o.Random = strings.NewReader("short")
	if _, err := d.Message(o); err == nil {
		t.Error("a message without chance")
	}
}

// Nothing that is typed becomes a header field.
func TestInjection(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"x\r\nBcc: thief@example.net", "x\nBcc: thief@example.net", "x\rBcc: thief@example.net", "x\x00y", "x\x7f"} {
		for field, change := range map[string]func(*compose.Draft){
			"subject":   func(d *compose.Draft) { d.Subject = evil },
			"name":      func(d *compose.Draft) { d.To[0].Name = evil },
			"from":      func(d *compose.Draft) { d.From.Name = evil },
			"address":   func(d *compose.Draft) { d.To[0].Address = evil + "@example.org" },
			"quoted":    func(d *compose.Draft) { d.To[0].Address = `"` + evil + `"@example.org` },
			"domain":    func(d *compose.Draft) { d.To[0].Address = "x@example.org" + evil },
			"cc":        func(d *compose.Draft) { d.Cc = []mailstore.Address{person(evil, "x@example.org")} },
			"bcc":       func(d *compose.Draft) { d.Bcc = []mailstore.Address{person("", evil)} },
			"reply-to":  func(d *compose.Draft) { d.ReplyTo = []mailstore.Address{person(evil, "x@example.org")} },
			"file name": func(d *compose.Draft) { d.Attachments = []compose.Attachment{{Name: evil}} },
		} {
			_, err := draft(change).Message(fixed())
			if !errors.Is(err, mailstore.ErrInvalid) {
				t.Errorf("%q as %s: %v", evil, field, err)
			} else if strings.ContainsAny(err.Error(), "\r\n\x00\x7f") {
				t.Errorf("%q as %s: the sentence has it too: %q", evil, field, err)
			}
		}
		// These come from messages, and are left out or made harmless.
		m := write(t, draft(func(d *compose.Draft) {
			d.InReplyTo, d.References, d.MessageID = evil, []string{evil, "a@b"}, evil
			d.Attachments = []compose.Attachment{{Name: "x", Type: "text/" + evil}}
		}))
		if bytes.Contains(m.Bytes, []byte("thief")) || !bytes.Contains(m.Bytes, []byte("References: <a@b>\r\n")) {
			t.Errorf("%q as an id or a type:\n%s", evil, m.Bytes)
		}
	}
}

func TestParseAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                "",
		"taro@example.jp":                 "|taro@example.jp",
		" Taro Yamada <taro@example.jp> ": "Taro Yamada|taro@example.jp",
		"山田 太郎 <taro@例え.jp>":              "山田 太郎|taro@例え.jp",
		`"Doe, John" <j@example.org>, k@example.org`: "Doe, John|j@example.org; |k@example.org",
		`"a b"@example.org`:                          `|"a b"@example.org`,
		`"a\"b"@example.org`:                         `|"a\"b"@example.org`,
		`"ab"@example.org`:                           "|ab@example.org",
		"営業部(東京) <sales@example.jp>":                 "営業部(東京)|sales@example.jp",
		"=?UTF-8?B?5bGx?= <x@example.jp>":            "山|x@example.jp",
		"a+b@example.jp":                             "|a+b@example.jp",
	} {
		list, err := compose.ParseAddresses(text)
		var got []string
		for _, a := range list {
			got = append(got, a.Name+"|"+a.Address)
		}
		if err != nil || strings.Join(got, "; ") != want {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for _, bad := range []string{
		"taro", "taro@", "@example.jp", "taro@example", "taro@exam ple.jp", "a b@example.jp", "taro@example.jp>", "<taro@example.jp", "a@b@example.jp",
		"taro@-example.jp", "taro@example..jp", ".taro@example.jp", "taro@[1.2.3]", strings.Repeat("x", 65) + "@example.jp", "太郎@example.jp", "taro＠example.jp",
		"a@example.jp\r\nBcc: b@example.jp", "taro@example.jp, hanako", "taro@" + strings.Repeat("x", 64) + ".jp",
	} {
		if list, err := compose.ParseAddresses(bad); !errors.Is(err, mailstore.ErrInvalid) {
			t.Errorf("%q: got %v, %v", bad, list, err)
		}
	}
}

func TestNobodyToSendTo(t *testing.T) {
	t.Parallel()
	d := draft(func(d *compose.Draft) { d.To = nil })
	if _, err := d.Message(fixed()); !errors.Is(err, mailstore.ErrInvalid) || !strings.Contains(err.Error(), "at least one address") {
		t.Errorf("got %v", err)
	}
}
