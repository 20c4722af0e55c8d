package mime_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mime"
)

// endless gives the same octets again and again, up to n in all.
func endless(head, body string, n int64) io.Reader {
	return io.MultiReader(strings.NewReader(head), io.LimitReader(&repeat{text: []byte(body)}, n))
}

type repeat struct {
	text []byte
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n += c
		r.at = (r.at + c) % len(r.text)
	}
	return n, nil
}

// Messages that were made to be too much are read with little memory: far less than
// they are long.
func TestMonsters(t *testing.T) {
	const long = 4 << 20
	head := "Subject: monster\r\nFrom: a@example.test\r\n"
	html := head + "Content-Type: text/html\r\n\r\n"
	for name, r := range map[string]io.Reader{
		"a line without an end":   endless(head+"\r\n", "x", long),
		"a header without an end": endless(head+"X-Long: ", "x", long),
		"fields without an end":   endless(head, "X-Field: value\r\n", long),
		"kept fields":             endless(head, "References: <a@example.test>\r\n", long),
		"a header of colons":      endless(head, ":", long),
		"recipients":              endless(head+"To: ", "a@example.test,\r\n ", long),
		"quotes in recipients":    endless(head+"To: ", `"a <(`, long),
		"encoded words":           endless(head+"X: y\r\nSubject: ", "=?utf-8?q?a?= ", long),
		"bare CR":                 endless(head+"\r\n", "text\r", long),
		"CR only":                 endless(head+"\r\n", "\r", long),
		"LF only":                 endless(head+"\r\n", "\n", long),
		"NUL":                     endless("", "\x00", long),
		"dashes":                  endless(head+"Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--\r\n", long),
		"parts":                   endless(head+"Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n", long),
		"parts with names":        endless(head+"Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n", long),
		"guessed boundaries":      endless(head+"Content-Type: multipart/mixed\r\n\r\n", "--b\r\nContent-Type: multipart/mixed\r\n\r\n", long),
		"attached messages":       endless(head, "Content-Type: message/rfc822\r\n\r\n", long),
		"parameters":              endless(head+"Content-Type: text/plain", "; a*0*=b", long),
		"base64":                  endless(head+"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", strings.Repeat("QUJD", 19)+"\r\n", long),
		"base64 text":             endless(head+"Content-Transfer-Encoding: base64\r\n\r\n", strings.Repeat("QUJD", 19)+"\r\n", long),
		"soft lines":              endless(head+"Content-Transfer-Encoding: quoted-printable\r\n\r\n", "a=\r\n", long),
		"html divs":               endless(html, "<div>", long),
		"html lists":              endless(html, "<ul><li>x", long),
		"html quotes":             endless(html, "<blockquote>x", long),
		"html links":              endless(html, `<a href="https://example.test/">x`, long),
		"html hidden":             endless(html, `<p style="display:none">x`, long),
		"html attributes":         endless(html+"<p ", `a="b" `, long),
		"html open tag":           endless(html, "<", long),
		"html comment":            endless(html+"<!--", "-", long),
		"html tables":             endless(html, "<table><tr><td>x", long),
		"html entities":           endless(html, "&amp;&#x1F600;&nope", long),
		"calendar":                endless(head+"Content-Type: text/calendar\r\n\r\n", "BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\n", long),
		"calendar folded":         endless(head+"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nSUMMARY:x", "\r\n x", long),
		"report":                  endless(head+"Content-Type: message/delivery-status\r\n\r\n", "Final-Recipient: rfc822;a@example.test\r\nAction: failed\r\n\r\n", long),
		"flowed":                  endless(head+"Content-Type: text/plain; format=flowed\r\n\r\n", ">x \r\n", long),
		"escapes":                 endless(head+"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", "\x1b$B", long),
		"utf-7":                   endless(head+"Content-Type: text/plain; charset=utf-7\r\n\r\n", "+", long),
		"uuencode":                endless(head+"\r\n", "begin 644 a\r\n#86)C\r\n", long),
		"eight bits":              endless(head+"\r\n", "\xa4\xa2\x83\x41\xe9", long),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			l := mime.Read(r, mime.Limits{})
			runtime.ReadMemStats(&after)
			if l.Subject == "" && l.Text == "" && len(l.Notes) == 0 {
				t.Error("there is nothing to show")
			}
			if len(l.Text) > 256<<10 || len(l.Subject) > 4<<10 || len(l.Attachments) > 5000 || len(l.Notes) > 100 {
				t.Errorf("%d octets of text, %d of the subject, %d attachments, %d notes", len(l.Text), len(l.Subject), len(l.Attachments), len(l.Notes))
			}
			allocated := after.TotalAlloc - before.TotalAlloc
			t.Logf("%s: %d MB", name, allocated>>20)
			if allocated > 200<<20 {
				t.Errorf("%d MB were allocated in all", allocated>>20)
			}
		})
	}
}

// Ten thousand multiparts in each other: the text at the bottom is found.
func TestNestedParts(t *testing.T) {
	for _, unique := range []bool{true, false} {
		var b bytes.Buffer
		b.WriteString("Subject: nested\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n")
		name := func(i int) string {
			if unique {
				return fmt.Sprintf("b%d", i)
			}
			return "b0"
		}
		for i := range 10000 {
			fmt.Fprintf(&b, "--%s\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n", name(i), name(i+1))
		}
		fmt.Fprintf(&b, "--%s\r\n\r\nDeep down.\r\n", name(10000))
		for i := 10000; i >= 0; i-- {
			fmt.Fprintf(&b, "--%s--\r\n", name(i))
		}
		if l := mime.Read(&b, mime.Limits{}); l.Text != "Deep down." {
			t.Errorf("unique %v: the text is %q", unique, l.Text)
		}
	}
}

// A line that breaks is the end of the message; what came is read.
func TestBrokenReader(t *testing.T) {
	l := mime.Read(io.MultiReader(strings.NewReader("Subject: broken\r\n\r\nFirst line\r\nSec"), &failing{}), mime.Limits{})
	if l.Subject != "broken" || l.Text != "First line\nSec" {
		t.Errorf("read as %+v", l)
	}
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errors.New("the line broke") }

// Text beyond the limit is cut at a character, and said to be.
func TestLimit(t *testing.T) {
	l := mime.Read(strings.NewReader("Subject: x\r\n\r\n"+strings.Repeat("日本", 1000)), mime.Limits{Text: 100})
	if !l.Cut || l.Text != strings.Repeat("日本", 16)+"日" {
		t.Errorf("cut %v to %q", l.Cut, l.Text)
	}
	l = mime.Read(strings.NewReader("Subject: x\r\n\r\nshort"), mime.Limits{Text: 100})
	if l.Cut {
		t.Error("a short text is said to be cut")
	}
}

// Attachments are saved decoded; a number that is none is said so.
func TestPart(t *testing.T) {
	message := "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf; name=\"../a.pdf\"\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3D=\r\nb\r\nc\r\n--b\r\n" +
		"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c--\r\n--b\r\n" +
		"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogdHdvCgpib2R5\r\n--b--\r\n"
	for number, want := range map[string]string{
		"1": "text", "2": "hello", "3": "a=b\r\nc", "4.1": "one", "5": "Subject: two\n\nbody", "5.1": "body",
		"4": "Subject: inner\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c--",
	} {
		r, a, err := mime.Part(strings.NewReader(message), number)
		if err != nil {
			t.Errorf("part %s: %v", number, err)
			continue
		}
		got, err := io.ReadAll(r)
		if err != nil || string(got) != want {
			t.Errorf("part %s (%s) is %q, not %q: %v", number, a.Name, got, want, err)
		}
	}
	for number, want := range map[string]string{"2": "a.pdf", "4": "inner.eml", "5": "two.eml"} {
		if _, a, err := mime.Part(strings.NewReader(message), number); err != nil || a.Name != want {
			t.Errorf("part %s is called %q, not %q: %v", number, a.Name, want, err)
		}
	}
	for _, number := range []string{"", "0", "6", "1.1", "x", "4.2"} {
		if _, _, err := mime.Part(strings.NewReader(message), number); !errors.Is(err, mailstore.ErrNotFound) {
			t.Errorf("part %q: %v", number, err)
		}
	}
}
