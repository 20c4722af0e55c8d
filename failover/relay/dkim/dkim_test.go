package dkim_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay/dkim"
)

// One key serves all tests: making one takes long.
var key = sync.OnceValues(func() (private, record string) {
	private, record, err := dkim.Generate()
	if err != nil {
		return "", err.Error()
	}
	return private, record
})

func signer() *dkim.Signer {
	return dkim.New(map[string]dkim.Key{"example.test": {
		Selector: "lifeboat",
		Private:  func(context.Context) (string, error) { private, _ := key(); return private, nil },
	}}, func() time.Time { return time.Unix(1_700_000_000, 0) })
}

// sign returns the message with its signature before it.
func sign(t *testing.T, message string) string {
	t.Helper()
	field, err := signer().Sign(t.Context(), "taro@example.test", strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	if len(field) == 0 {
		t.Fatalf("%.80q is not signed", message)
	}
	return string(field) + message
}

const head = "From: Taro <taro@example.test>\r\nTo: hanako@example.org\r\nSubject: =?UTF-8?B?5LyaW4==?=\r\n" +
	"Date: Mon, 1 Jun 2026 10:00:00 +0900\r\nMessage-ID: <1@example.test>\r\nMIME-Version: 1.0\r\n"

// odd are messages of every shape that a relay is handed.
var odd = map[string]string{
	"plain":                 head + "\r\nHello\r\n",
	"no body":               head + "\r\n",
	"no empty line":         head,
	"no end of line":        head + "\r\nHello",
	"empty lines at end":    head + "\r\nHello\r\n\r\n\r\n\r\n",
	"only empty lines":      head + "\r\n\r\n\r\n\r\n",
	"only white space":      head + "\r\n  \r\n\t\r\n",
	"white space":           head + "\r\n  a \t b  \r\n\t\r\n \tc\r\n \r\n",
	"folded":                "From: Taro\r\n <taro@example.test>\r\nSubject:  a\r\n\t b \r\n  c\r\nTo:\r\n x@example.org\r\n\r\nx\r\n",
	"space before colon":    "From : taro@example.test\r\nSUBJECT\t: x\r\n\r\nx\r\n",
	"fields twice":          head + "Subject: again\r\nTo: other@example.org\r\n\r\nx\r\n",
	"no subject":            "From: taro@example.test\r\n\r\nx\r\n",
	"8 bit":                 head + "\r\n会議 \xff\xfe\r\n",
	"8 bit header":          "From: \xe5\xb1\xb1 <taro@example.test>\r\nSubject: \xff\xfe x\r\n\r\nx\r\n",
	"dots":                  head + "\r\n.\r\n..\r\n.x\r\n",
	"long line":             head + "\r\n" + strings.Repeat("x", 100_000) + " \r\n" + strings.Repeat(" ", 3_000) + "y\r\n",
	"long field":            head + "References: " + strings.Repeat("<0123456789@example.test>\r\n ", 3000) + "<x@y>\r\n\r\nx\r\n",
	"many empty lines":      head + "\r\na\r\n" + strings.Repeat("\r\n", 70_000) + "b\r\n",
	"form feed":             head + "\r\na \f b\v\r\n",
	"bare LF":               head + "\r\none\ntwo \n\nthree\r\n\n\n",
	"bare LF in header":     strings.ReplaceAll(head, "\r\n", "\n") + "X: y\n z\n\nbody\n",
	"mixed line ends":       head + "\r\none\r\ntwo\nthree \nfour",
	"bare LF at the end":    head + "\r\none\n",
	"CR within a line":      head + "\r\none\rtwo \rthree\r four\r\n",
	"CR at the end":         head + "\r\none\r\r\ntwo\r\r\r\n\r\r\n",
	"CR at the very end":    head + "\r\none\r\n\r",
	"CR in a field":         "From: taro@example.test\r\nSubject: a\rb \r\r\n\r\nx\r\n",
	"CR after a bare LF":    head + "\r\none\n\rtwo\n\r\n",
	"only CRs":              head + "\r\n\r\r\r\r",
	"somebody's signature":  "DKIM-Signature: v=1; a=rsa-sha256; d=app.example; s=x;\r\n h=from:to; bh=x; b=y\r\n" + head + "\r\nHello\r\n",
	"signatures signed too": "DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=x; h=From:dkim-signature; bh=x; b=y\r\nDKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=x; h=from; bh=x; b=y\r\n" + head + "\r\nHello\r\n",
}

// cannot names what a verifier does not read at all.
var cannot = map[string]string{
	"go-msgauth": "no empty line",      // wants one
	"dkimpy":     "space before colon", // obsolete syntax (RFC 5322 section 4.5)
}

// onTheWay is what servers make of odd line ends: a bare LF ends a line, and a bare CR
// is white space. TestTripThroughPostfix shows that one really does.
func onTheWay(message string) string {
	lines := strings.Split(message, "\n")
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(strings.TrimRight(l, "\r"), "\r", " ")
	}
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

// What is signed verifies at the other end, whatever the line ends were.
func TestSignaturesVerify(t *testing.T) {
	t.Parallel()
	var names, messages []string
	for name, m := range odd {
		names, messages = append(names, name), append(messages, onTheWay(sign(t, m)))
	}
	_, record := key()
	for who, verify := range verifiers {
		t.Run(who, func(t *testing.T) {
			for i, ok := range verify(t, record, messages) {
				if !ok && names[i] != cannot[who] {
					t.Errorf("%s: the signature is not valid", names[i])
				}
			}
		})
	}
}

// Where nobody on the way touches a message, what is hashed is the same but for a bare CR.
func TestSignaturesVerifyUntouched(t *testing.T) {
	t.Parallel()
	var names, messages []string
	for name, m := range odd {
		if !strings.Contains(name, "CR") {
			names, messages = append(names, name), append(messages, sign(t, m))
		}
	}
	_, record := key()
	for who, verify := range verifiers {
		if who == "Mail::DKIM" {
			continue // wants lines that end with CRLF
		}
		t.Run(who, func(t *testing.T) {
			for i, ok := range verify(t, record, messages) {
				if !ok && names[i] != cannot[who] {
					t.Errorf("%s: the signature is not valid", names[i])
				}
			}
		})
	}
}

// A signature ends when anything that a person sees is changed or added, and holds when
// servers do what they may.
func TestWhatBreaksASignature(t *testing.T) {
	t.Parallel()
	signed := sign(t, head+"Cc: x@example.org\r\n\r\nHello\r\n")
	replace := func(old, with string) string {
		if !strings.Contains(signed, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(signed, old, with, 1)
	}
	broken := map[string]string{
		"text":            replace("Hello", "Hallo"),
		"from":            replace("From: Taro", "From: Hanako"),
		"second from":     "From: boss@example.test\r\n" + signed,
		"second subject":  "Subject: other\r\n" + signed,
		"reply-to":        replace("From:", "Reply-To: thief@example.net\r\nFrom:"),
		"second cc":       "Cc: y@example.org\r\n" + signed,
		"content type":    replace("MIME-Version: 1.0", "MIME-Version: 1.1"),
		"an earlier body": replace("\r\n\r\n", "\r\n\r\nx\r\n"),
	}
	holds := map[string]string{
		"trace":        "Received: from a by b; Mon, 1 Jun 2026 10:00:00 +0900\r\nReturn-Path: <taro@example.test>\r\n" + signed,
		"refolded":     replace("To: hanako", "To:\r\n\thanako"),
		"another date": replace("Mon, 1 Jun 2026 10:00:00 +0900", "Mon, 1 Jun 2026 01:00:00 +0000"),
		"another id":   replace("<1@example.test>", "<0100018@email.amazonses.com>"),
		"type added":   replace("\r\nMIME-Version", "\r\nContent-Type: text/plain\r\nMIME-Version"),
		"list fields":  "List-Id: <x.example.org>\r\nSender: y@example.org\r\n" + signed,
	}
	_, record := key()
	for name, m := range broken {
		if byGoMsgauth(t, record, []string{m})[0] {
			t.Errorf("%s: still valid", name)
		}
	}
	for name, m := range holds {
		if !byGoMsgauth(t, record, []string{m})[0] {
			t.Errorf("%s: no longer valid", name)
		}
	}
}

func TestTheField(t *testing.T) {
	t.Parallel()
	field, err := signer().Sign(t.Context(), "taro@EXAMPLE.test", strings.NewReader(odd["fields twice"]))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(field), "\r\n"), "\r\n") {
		if len(line) > 78 {
			t.Errorf("%d octets: %s", len(line), line)
		}
	}
	flat := regexp.MustCompile(`\s+`).ReplaceAllString(string(field), "")
	want := "DKIM-Signature:v=1;a=rsa-sha256;c=relaxed/relaxed;d=example.test;s=lifeboat;t=1700000000;" +
		"h=From:From:Reply-To:To:To:To:Subject:Subject:Subject:MIME-Version:MIME-Version;bh="
	if !strings.HasPrefix(flat, want) || strings.Contains(flat, "l=") {
		t.Errorf("got %s\nwant %s", flat, want)
	}
	again, err := signer().Sign(t.Context(), "taro@example.test", strings.NewReader(odd["fields twice"]))
	if err != nil || string(again) != string(field) {
		t.Errorf("signed once more, it is another signature: %v", err)
	}
}

func TestWhoseMailIsSigned(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]bool{
		"taro@example.test": true, "taro@EXAMPLE.TEST": true, "taro@emergency.example.test": true,
		"taro@example.org": false, "taro@notexample.test": false, "taro@test": false, "": false, "taro": false,
	} {
		field, err := signer().Sign(t.Context(), from, strings.NewReader(odd["plain"]))
		if err != nil || (len(field) > 0) != want {
			t.Errorf("%q: %d octets, %v", from, len(field), err)
		}
	}
	// A signature that says "none but these" would be broken by one more.
	closed := "DKIM-Signature: v=1; d=a.example; h=from:\r\n DKIM-Signature; b=\r\n" + head + "\r\n"
	for _, m := range []string{closed, "To: x@example.org\r\n\r\nFrom: taro@example.test\r\n", ""} {
		field, err := signer().Sign(t.Context(), "taro@example.test", strings.NewReader(m))
		if err != nil || len(field) != 0 {
			t.Errorf("%q: got %q, %v", m, field, err)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	private, record := key()
	if !strings.HasPrefix(private, "-----BEGIN PRIVATE KEY-----") || !strings.HasPrefix(record, "v=DKIM1; k=rsa; p=MIIBIjAN") {
		t.Errorf("the record is %s", record)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(small)})
	if _, err := dkim.Record("\n " + string(pkcs1)); err != nil {
		t.Errorf("PKCS #1 is not read: %v", err)
	}
	for _, bad := range []string{"", "hello", private[:200], "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		_, err := dkim.Record(bad)
		if !errors.Is(err, failover.ErrCredential) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// A key that cannot be opened is asked for again with the next message.
func TestKeyThatComesLater(t *testing.T) {
	t.Parallel()
	asked := 0
	s := dkim.New(map[string]dkim.Key{"Example.TEST.": {Selector: "x", Private: func(context.Context) (string, error) {
		if asked++; asked == 1 {
			return "", errors.New("locked")
		}
		private, _ := key()
		return private, nil
	}}}, time.Now)
	for i := range 3 {
		field, err := s.Sign(t.Context(), "taro@example.test", strings.NewReader(odd["plain"]))
		if i == 0 && !errors.Is(err, failover.ErrCredential) || i > 0 && (err != nil || len(field) == 0) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

func TestBrokenReader(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, before := range []string{"", "From: x\r\n", head + "\r\nHel"} {
		in := io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken))
		if _, err := signer().Sign(t.Context(), "taro@example.test", in); !errors.Is(err, broken) {
			t.Errorf("after %q: %v", before, err)
		}
	}
}

// endless gives the same text again and again.
type endless struct {
	text string
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n+len(e.text) <= len(p) && n < e.left {
		n += copy(p[n:], e.text)
	}
	e.left -= n
	return n, nil
}

// Memory does not grow with the message, whatever it is made of.
func TestLargeMessages(t *testing.T) {
	_, _ = key()
	for name, text := range map[string]string{"text": "Hello, World!\r\n", "one line": "x", "empty lines": "\r\n", "blanks": " ", "CRs": "\r"} {
		for _, start := range []string{head + "\r\n", "X-Large: "} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			in := io.MultiReader(strings.NewReader(start), &endless{text, 2 << 20}, strings.NewReader("end\r\n"))
			if _, err := signer().Sign(t.Context(), "taro@example.test", in); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 512<<10 {
				t.Errorf("%s after %.9q: %d octets were allocated for 2 MB", name, start, used)
			}
		}
	}
	for name, large := range map[string]string{"of 2 MB": "Subject: " + strings.Repeat("x", 2<<20), "of many fields": strings.Repeat("To: x\r\n", 1000)} {
		large = "From: a@example.test\r\n" + large + "\r\n\r\n"
		if field, err := signer().Sign(t.Context(), "a@example.test", strings.NewReader(large)); err != nil || len(field) > 0 {
			t.Errorf("a header %s: %q, %v", name, field, err)
		}
	}
}

func FuzzSign(f *testing.F) {
	for _, m := range odd {
		if len(m) < 10_000 {
			f.Add(m)
		}
	}
	_, record := key()
	f.Fuzz(func(t *testing.T, message string) {
		field, err := signer().Sign(t.Context(), "taro@example.test", strings.NewReader(message))
		if err != nil {
			t.Fatal(err)
		}
		if len(field) == 0 || !slices.Contains(strings.Split(onTheWay(message), "\r\n"), "") || !regexp.MustCompile(`(?i)^from:`).MatchString(message) {
			return
		}
		arrived := onTheWay(string(field) + message)
		if header, _, _ := strings.Cut(arrived, "\r\n\r\n"); !wellFormed(header) {
			return // verifiers differ about what is no header
		}
		if !byGoMsgauth(t, record, []string{arrived})[0] {
			t.Errorf("the signature of %q is not valid", message)
		}
	})
}

// wellFormed reports whether each line of a header is a field or goes on with one.
func wellFormed(header string) bool {
	for line := range strings.SplitSeq(header, "\r\n") {
		if !regexp.MustCompile(`^([!-9;-~]+[ \t]*:|[ \t])`).MatchString(line) || strings.TrimSpace(line) == "" {
			return false
		}
	}
	return true
}
