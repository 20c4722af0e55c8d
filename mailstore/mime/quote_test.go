package mime_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mime"
)

// Each testdata/reading/NAME.txt is cut into paragraphs as its NAME.want says.
func TestReading(t *testing.T) {
	files, err := filepath.Glob("testdata/reading/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := paragraphs(checkReading(t, strings.TrimRight(string(text), "\n")))
		golden := strings.TrimSuffix(file, ".txt") + ".want"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is read as\n%s\nnot as\n%s", file, got, want)
		}
	}
}

func paragraphs(all []mailstore.Paragraph) string {
	var out strings.Builder
	for _, p := range all {
		fmt.Fprintf(&out, "[%s %d", p.Kind, p.Depth)
		if q := p.Quote; q != nil {
			fmt.Fprintf(&out, " | %q %q %d lines fold=%v", q.Who, q.When, q.Lines, q.Fold)
		}
		fmt.Fprintf(&out, "]\n%s\n", p.Text)
	}
	return out.String()
}

// checkReading holds what is promised of every text: nothing of it is lost but marks, and a
// quotation is said to be one.
func checkReading(t testing.TB, text string) []mailstore.Paragraph {
	t.Helper()
	all := mime.Reading(text)
	at, quoted := 0, false
	for _, p := range all {
		if p.From < at || p.To < p.From || p.To > len(text) || !utf8.ValidString(p.Text) && utf8.ValidString(text) {
			t.Fatalf("a paragraph from %d to %d of %d: %q", p.From, p.To, len(text), p.Text)
		}
		for _, between := range strings.Split(text[at:p.From], "\n") {
			if strings.Trim(between, " >\t\n") != "" {
				t.Fatalf("%q is in no paragraph", between)
			}
		}
		for line := range strings.SplitSeq(p.Text, "\n") {
			if !strings.Contains(text[p.From:p.To], line) {
				t.Fatalf("%q is not in the text", line)
			}
		}
		if (p.Depth > 0) != (p.Kind == mailstore.QuoteParagraph) || p.Depth > 0 && !quoted && p.Quote == nil || p.Depth == 0 && p.Quote != nil {
			t.Fatalf("a paragraph %+v", p)
		}
		at, quoted = p.To, p.Depth > 0
	}
	if strings.Trim(text[at:], " >\t\n") != "" {
		t.Fatalf("%q is in no paragraph", text[at:])
	}
	return all
}

func FuzzReading(f *testing.F) {
	files, err := filepath.Glob("testdata/reading/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 64<<10 {
			checkReading(t, text)
		}
	})
}

func FuzzHeaders(f *testing.F) {
	f.Add([]byte("From: a@example.test\r\nSubject: =?utf-8?B?5Lya6K2w?=\r\n =?utf-8?B?44Gu5Lu2?=\r\nX-Odd\r\n\r\nText\r\n"))
	f.Add([]byte("From x Fri Nov 20\nReceived: by x;\n\tsome time\nSubject: \x83\x81\x81[\x83\x8b\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, h := range mime.Headers(bytes.NewReader(raw)) {
			if h.Name == "" || !utf8.ValidString(h.Value) || strings.ContainsAny(h.Value, "\r\n\x00") {
				t.Errorf("%q: %q", h.Name, h.Value)
			}
		}
	})
}

func TestHeaders(t *testing.T) {
	raw := "Received: from a\r\n\tby b\r\nSubject: =?utf-8?B?5Lya6K2w?= =?utf-8?B?44Gu5Lu2?=\r\nX-Plain: 日本\r\nSUBJECT: again\r\n\r\nTo: text\r\n"
	var got []string
	for _, h := range mime.Headers(strings.NewReader(raw)) {
		got = append(got, h.Name+"="+h.Value)
	}
	if want := "Received=from a by b|Subject=会議の件|X-Plain=日本|SUBJECT=again"; strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
}

// BenchmarkOpen is a message of 1 MB made ready to be read.
func BenchmarkOpen(b *testing.B) {
	line := "> 会議の資料をお送りします。ご確認のほど、よろしくお願いいたします。 The minutes of the meeting are below.\r\n"
	own := "Thank you for the minutes, which I have read with care: the budget of the project is as we said.\r\n"
	for name, body := range map[string]string{
		"plain": strings.Repeat(own, 500) + "\r\nOn 2026/11/20 15:04, Hanako <h@example.test> wrote:\r\n" + strings.Repeat(line, 8000),
		"html":  "<html><body>" + strings.Repeat("<p>Thank you for the <b>minutes</b>: <a href=\"https://example.test/x\">here</a></p><blockquote>会議の資料</blockquote>\r\n", 9000) + "</body></html>",
	} {
		raw := []byte("From: a@example.test\r\nSubject: x\r\nContent-Type: text/" + name + "; charset=utf-8\r\n\r\n" + body)
		b.Run(fmt.Sprintf("%s-%dKB", name, len(raw)>>10), func(b *testing.B) {
			for b.Loop() {
				l := mime.Read(bytes.NewReader(raw), mime.Limits{Text: 1 << 20})
				if len(mime.Reading(l.Text)) == 0 || len(mime.Headers(bytes.NewReader(raw))) != 3 {
					b.Fatal("nothing")
				}
			}
		})
	}
}
