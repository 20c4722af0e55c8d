package mime_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mime"
)

// monster is a message of a beginning and of what follows it again and again.
type monster struct{ head, body string }

// monsters are messages that were made to be too much.
func monsters() map[string]monster {
	head := "Subject: monster\r\nFrom: a@example.test\r\n"
	mixed := head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	html := head + "Content-Type: text/html\r\n\r\n"
	calendar := head + "Content-Type: text/calendar\r\n\r\n"
	return map[string]monster{
		"a line without an end":   {head + "\r\n", "x"},
		"a header without an end": {head + "X-Long: ", "x"},
		"fields without an end":   {head, "X-Field: value\r\n"},
		"kept fields":             {head, "References: <a@example.test>\r\n"},
		"a header of colons":      {head, ":"},
		"recipients":              {head + "To: ", "a@example.test,\r\n "},
		"quotes in recipients":    {head + "To: ", `"a <(`},
		"encoded words":           {head + "X: y\r\nSubject: ", "=?utf-8?q?a?= "},
		"bare CR":                 {head + "\r\n", "text\r"},
		"CR only":                 {head + "\r\n", "\r"},
		"LF only":                 {head + "\r\n", "\n"},
		"NUL":                     {"", "\x00"},
		"dashes":                  {mixed, "--\r\n"},
		"parts":                   {mixed, "--b\r\n\r\nx\r\n"},
		"parts with names":        {mixed, "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n"},
		"guessed boundaries":      {head + "Content-Type: multipart/mixed\r\n\r\n", "--b\r\nContent-Type: multipart/mixed\r\n\r\n"},
		"attached messages":       {head, "Content-Type: message/rfc822\r\n\r\n"},
		"parameters":              {head + "Content-Type: text/plain", "; a*0*=b"},
		"base64":                  {head + "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", strings.Repeat("QUJD", 19) + "\r\n"},
		"base64 text":             {head + "Content-Transfer-Encoding: base64\r\n\r\n", strings.Repeat("QUJD", 19) + "\r\n"},
		"soft lines":              {head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "a=\r\n"},
		"html divs":               {html, "<div>"},
		"html lists":              {html, "<ul><li>x"},
		"html quotes":             {html, "<blockquote>x"},
		"html links":              {html, `<a href="https://example.test/">x`},
		"html hidden":             {html, `<p style="display:none">x`},
		"html attributes":         {html + "<p ", `a="b" `},
		"html open tag":           {html, "<"},
		"html comment":            {html + "<!--", "-"},
		"html tables":             {html, "<table><tr><td>x"},
		"html entities":           {html, "&amp;&#x1F600;&nope"},
		"calendar":                {calendar, "BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\n"},
		"calendar folded":         {calendar + "BEGIN:VEVENT\r\nSUMMARY:x", "\r\n x"},
		"report":                  {head + "Content-Type: message/delivery-status\r\n\r\n", "Final-Recipient: rfc822;a@example.test\r\nAction: failed\r\n\r\n"},
		"flowed":                  {head + "Content-Type: text/plain; format=flowed\r\n\r\n", ">x \r\n"},
		"escapes":                 {head + "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", "\x1b$B"},
		"utf-7":                   {head + "Content-Type: text/plain; charset=utf-7\r\n\r\n", "+"},
		"uuencode":                {head + "\r\n", "begin 644 a\r\n#86)C\r\n"},
		"eight bits":              {head + "\r\n", "\xa4\xa2\x83\x41\xe9"},
	}
}

// endless gives octets again and again, and looks now and then how much memory is in
// use.
type endless struct {
	text             []byte
	at               int
	left, step, look int
	most             uint64
}

// Read implements io.Reader.
func (r *endless) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	if r.left < r.look {
		r.look -= r.step
		r.most = max(r.most, inUse())
	}
	n := 0
	for n < min(len(p), r.left) {
		c := copy(p[n:min(len(p), r.left)], r.text[r.at:])
		n += c
		r.at = (r.at + c) % len(r.text)
	}
	r.left -= n
	return n, nil
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Messages that were made to be too much are read in the memory of an ordinary one.
func TestMonsters(t *testing.T) { fight(t, 1<<20) }

// The same, much longer: the memory stays.
func TestMonstersLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	fight(t, 8<<20)
}

func fight(t *testing.T, size int) {
	t.Helper()
	for name, m := range monsters() {
		t.Run(name, func(t *testing.T) {
			before := inUse()
			body := &endless{text: []byte(m.body), left: size, step: size / 2, look: size}
			l := mime.Read(io.MultiReader(strings.NewReader(m.head), body), mime.Limits{})
			if body.left > 0 {
				t.Errorf("%d octets were not read", body.left)
			}
			if l.Subject == "" && l.Text == "" && len(l.Notes) == 0 {
				t.Error("there is nothing to show")
			}
			if len(l.Text) > 256<<10 || len(l.Subject) > 4<<10 || len(l.Attachments) > 2000 || len(l.Notes) > 100 {
				t.Errorf("%d octets of text, %d of the subject, %d attachments, %d notes", len(l.Text), len(l.Subject), len(l.Attachments), len(l.Notes))
			}
			if body.most > before+10<<20 {
				t.Errorf("%d KB were in use", (body.most-before)>>10)
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
