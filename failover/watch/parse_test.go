package watch

import (
	"bufio"
	"errors"
	"strings"
	"testing"
)

func FuzzReadResponse(f *testing.F) {
	for _, seed := range []string{
		"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n", "a1 NO [AUTHENTICATIONFAILED] no\r\n", "* BYE\r\n", "+ \r\n", "+\r\n",
		"* ID (\"name\" {4}\r\nabcd)\r\n", "* OK {99999999999}\r\n", "* OK {3}\r\nab", "220 mail.test\r\n", "* \r\n", "* OK []\r\n", "\x00\xff\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bufio.NewReaderSize(strings.NewReader(string(data)), maxLine)
		for range maxLines {
			r, err := readResponse(in)
			if err != nil {
				return
			}
			if r.tag == "" || strings.ContainsAny(r.text, "\r\n\x00\x1b") || len(r.text) > 310 {
				t.Fatalf("%+v", r)
			}
			switch r.status {
			case "", "OK", "NO", "BAD", "BYE", "PREAUTH":
			default:
				t.Fatalf("the status is %q", r.status)
			}
		}
	})
}

func FuzzStatusPage(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"begin":"2026-01-22T19:37:00+00:00","external_desc":"Mail is delayed","affected_products":[{"title":"Gmail"}]}]`,
		`[{"BEGIN":"x","End":null,"External_Desc":"a\u0000b"}]`, `{"incidents":[]}`, `[{"end":"2026-01-22T19:37:00+00:00"}] `, `[1]`, `[`, `null`, ``,
		`[{"affected_products":["Gmail"]}]`, strings.Repeat("[", 1000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		words, err := readPage(strings.NewReader(string(data)))
		if err != nil && (!errors.Is(err, errPage) || words != "") {
			t.Fatalf("%q, %v", words, err)
		}
		if strings.ContainsAny(words, "\r\n\x00\x1b") || len(words) > 400 {
			t.Fatalf("%q", words)
		}
	})
}

func TestReadStatusPage(t *testing.T) {
	const open, done = `"begin":"2026-01-22T19:37:00+00:00"`, `"end":"2026-01-22T23:00:00+00:00"`
	for name, c := range map[string]struct{ page, words string }{
		"nothing at all":     {`[]`, ""},
		"over":               {`[{` + open + `,` + done + `,"external_desc":"Mail was delayed"}]`, ""},
		"open":               {`[{` + open + `,"external_desc":"Mail is\n  delayed"}]`, "Mail is delayed (2026-01-22T19:37:00Z)"},
		"open, end is null":  {`[{` + open + `,"end":null,"external_desc":"Mail is delayed"}]`, "Mail is delayed (2026-01-22T19:37:00Z)"},
		"other capitals":     {`[{"Begin":"2026-01-22T19:37:00+00:00","End":"","EXTERNAL_DESC":"Mail is delayed"}]`, "Mail is delayed (2026-01-22T19:37:00Z)"},
		"another product":    {`[{` + open + `,"external_desc":"No video","affected_products":[{"title":"Google Meet"}]}]`, ""},
		"mail among several": {`[{` + open + `,"external_desc":"Slow","affected_products":[{"title":"Google Meet"},{"title":"Gmail"}]}]`, "Slow (2026-01-22T19:37:00Z)"},
		"the latest of two":  {`[{"begin":"2026-01-01T00:00:00+00:00","external_desc":"old"},{` + open + `,"external_desc":"new"},{"begin":"2026-01-02T00:00:00+00:00","external_desc":"older"}]`, "new (2026-01-22T19:37:00Z)"},
		"without words":      {`[{}]`, "an open incident"},
	} {
		words, err := readPage(strings.NewReader(c.page))
		if err != nil || words != c.words {
			t.Errorf("%s: %q, %v", name, words, err)
		}
	}
	for name, page := range map[string]string{
		"a web page": `<html>`, "an object": `{"incidents": []}`, "cut off": `[{"begin":"2026"}`, "nothing": ``, "not incidents": `[1, 2]`,
		"too long": `["` + strings.Repeat("x", maxPage) + `"]`,
	} {
		if words, err := readPage(strings.NewReader(page)); !errors.Is(err, errPage) || words != "" {
			t.Errorf("%s: %q, %v", name, words, err)
		}
	}
}
