package mime_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mailstoretest/corpus"
	"lifeboat/mailstore/mime"
)

var update = flag.Bool("update", false, "write what is read now into testdata")

// Each testdata/NAME.eml is read as its NAME.txt says.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := dump(mime.Read(bytes.NewReader(raw), mime.Limits{}))
			golden := strings.TrimSuffix(file, ".eml") + ".txt"
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
				t.Errorf("read as\n%s\nnot as\n%s", got, want)
			}
			check(t, raw)
		})
	}
}

// dump writes a letter down, field by field.
func dump(l mailstore.Letter) string {
	var out strings.Builder
	list := func(name string, people []mailstore.Address) {
		for _, a := range people {
			fmt.Fprintf(&out, "%s: %s | %s\n", name, a.Name, a.Address)
		}
	}
	fmt.Fprintf(&out, "Subject: %s\n", l.Subject)
	list("From", l.From)
	list("To", l.To)
	list("Cc", l.Cc)
	list("Bcc", l.Bcc)
	list("Reply-To", l.ReplyTo)
	if !l.Date.IsZero() {
		fmt.Fprintf(&out, "Date: %s\n", l.Date.Format(time.RFC3339))
	}
	fmt.Fprintf(&out, "Message-ID: %s\n", l.MessageID)
	if len(l.InReplyTo)+len(l.References) > 0 {
		fmt.Fprintf(&out, "In-Reply-To: %q References: %q\n", l.InReplyTo, l.References)
	}
	for _, n := range l.Notes {
		fmt.Fprintf(&out, "Note: %s\n", n)
	}
	for _, a := range l.Attachments {
		fmt.Fprintf(&out, "Attachment: %s %q %s %d inline=%v\n", a.Part, a.Name, a.Type, a.Size, a.Inline)
	}
	for _, i := range l.Invitations {
		fmt.Fprintf(&out, "Invitation: %s %q at %q, %s to %s day=%v floating=%v repeats=%v by %q %v\n", i.Kind, i.What, i.Where,
			i.Begin.Format(time.RFC3339), i.End.Format(time.RFC3339), i.AllDay, i.Floating, i.Repeats, i.Organizer, i.Attendees)
	}
	for _, d := range l.Deliveries {
		fmt.Fprintf(&out, "Delivery: %s %s %s: %s %v\n", d.To, d.Fate, d.Status, d.Say, d.Why)
	}
	if l.Cut {
		out.WriteString("Cut\n")
	}
	fmt.Fprintf(&out, "\n%s\n", l.Text)
	return out.String()
}

// check holds what is promised of every message, whatever its bytes are.
func check(t testing.TB, raw []byte) mailstore.Letter {
	t.Helper()
	limits := mime.Limits{Text: 64 << 10}
	l := mime.Read(bytes.NewReader(raw), limits)
	if l.Text == "" && l.Subject == "" && len(l.Notes) == 0 && len(l.Attachments) == 0 && len(l.From) == 0 {
		t.Error("there is nothing to show")
	}
	if len(l.Text) > limits.Text {
		t.Errorf("the text has %d octets", len(l.Text))
	}
	for what, text := range texts(l) {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r\x1b") {
			t.Errorf("%s is %q", what, text)
		}
	}
	if strings.Contains(l.Text, "\n\n\n") || strings.Trim(l.Text, "\n") != l.Text {
		t.Errorf("the text has empty lines: %q", l.Text)
	}
	for _, p := range mime.Paragraphs(l.Text) {
		if strings.Trim(p, "\n") == "" || strings.Contains(p, "\n\n") || len(p) > 2100 {
			t.Errorf("a paragraph is %q", p)
		}
	}
	for i, a := range l.Attachments {
		if a.Name == "" || len(a.Name) > 255 || strings.ContainsAny(a.Name, "/\\\x00:\u202e") || a.Name[0] == '.' {
			t.Errorf("an attachment is called %q", a.Name)
		}
		if i >= 20 {
			continue
		}
		r, same, err := mime.Part(bytes.NewReader(raw), a.Part)
		if err != nil {
			t.Fatalf("attachment %s (%s): %v", a.Part, a.Name, err)
		}
		n, err := io.Copy(io.Discard, r)
		if err != nil || n != a.Size {
			t.Errorf("attachment %s (%s, %s) has %d octets, not %d: %v", a.Part, a.Name, a.Type, n, a.Size, err)
		}
		if same.Name != a.Name {
			t.Errorf("attachment %s is called %q and %q", a.Part, a.Name, same.Name)
		}
	}
	head := mime.Header(raw)
	if head.Subject != l.Subject || head.MessageID != l.MessageID {
		t.Errorf("the header alone says %q, %q, not %q, %q", head.Subject, head.MessageID, l.Subject, l.MessageID)
	}
	return l
}

func texts(l mailstore.Letter) map[string]string {
	out := map[string]string{"the subject": l.Subject, "the text": l.Text, "the Message-ID": l.MessageID}
	for i, a := range append(append(l.From, l.To...), l.Cc...) {
		out[fmt.Sprintf("person %d", i)] = a.String()
	}
	for i, n := range l.Notes {
		out[fmt.Sprintf("note %d", i)] = n.String()
	}
	for i, a := range l.Attachments {
		out[fmt.Sprintf("attachment %d", i)] = a.Name + a.Type
	}
	return out
}

// Of every odd message there is something to show.
func TestCorpus(t *testing.T) {
	for m := range corpus.Messages(corpus.Options{Count: 400, Seed: 3, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Small: true}) {
		l := check(t, m.Bytes)
		if t.Failed() {
			t.Fatalf("message %d is of the kind %q:\n%.2000s", m.Number, m.Kind, m.Bytes)
		}
		if testing.Verbose() && os.Getenv("DUMP") != "" {
			fmt.Printf("######## %s\n%.1500s\n", m.Kind, dump(l))
		}
	}
}

// Dates as standards and as programs write them; what is none stays away.
func TestDates(t *testing.T) {
	for text, want := range map[string]string{
		"Thu, 19 Nov 2026 10:15:00 +0900":            "2026-11-19T10:15:00+09:00",
		"19 Nov 2026 10:15 GMT":                      "2026-11-19T10:15:00Z",
		"Thu, 19 Nov 2026 10:15:00 +0900 (JST)":      "2026-11-19T10:15:00+09:00",
		"Thu, 19 Nov 26 10:15:00 -0500":              "2026-11-19T10:15:00-05:00",
		"Thu,19 Nov 2026 10:15:00 +09:00":            "2026-11-19T10:15:00+09:00",
		"Thursday, 19-Nov-26 10.15 +0900":            "2026-11-19T10:15:00+09:00",
		"2026-11-19T10:15:00+09:00":                  "2026-11-19T10:15:00+09:00",
		"Thu Nov 19 10:15:00 2026":                   "2026-11-19T10:15:00Z",
		"Sanday 40 Foo 26":                           "",
		"40 Nov 2026 10:15:00 +0000":                 "",
		"19 Nov 2026 25:15:00 +0000":                 "",
		"Mon, 1 Jan 0001 00:00:00 +0000":             "",
		"":                                           "",
		strings.Repeat("19 Nov 2026 10:15:00 ", 100): "",
	} {
		got := ""
		if d := mime.Header([]byte("Date: " + text + "\r\n\r\n")).Date; !d.IsZero() {
			got = d.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is read as %q, not %q", text, got, want)
		}
	}
}

// Paragraphs are what stands between empty lines; a long one is cut, and nothing of
// it is lost but white space.
func TestParagraphs(t *testing.T) {
	if got := mime.Paragraphs("one\ntwo\n\nthree"); len(got) != 2 || got[0] != "one\ntwo" || got[1] != "three" {
		t.Errorf("paragraphs are %q", got)
	}
	if got := mime.Paragraphs(""); len(got) != 0 {
		t.Errorf("an empty text has the paragraphs %q", got)
	}
	for _, piece := range []string{"日本語", "word ", "a line\n", "\xff"} {
		long := strings.Repeat(piece, 3000)
		got := mime.Paragraphs(long)
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if bare(strings.Join(got, "")) != bare(long) || len(got) < 2 {
			t.Errorf("%q is cut into %d pieces, and is not the same", piece, len(got))
		}
	}
}

func BenchmarkRead(b *testing.B) {
	var all [][]byte
	total := 0
	for m := range corpus.Messages(corpus.Options{Count: 2000, Seed: 1, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}) {
		all = append(all, m.Bytes)
		total += len(m.Bytes)
	}
	b.SetBytes(int64(total))
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range all {
			mime.Read(bytes.NewReader(raw), mime.Limits{})
		}
	}
}
