package smtpout

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func parse(text string) (Reply, error) {
	return readReply(bufio.NewReaderSize(strings.NewReader(text), 16))
}

func TestReplies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"250 2.1.0 ok\r\n":                   "250 2.1.0 ok|2.1.0|250 2.1.0 ok",
		"250\r\n":                            "250||250",
		"250 ok\n":                           "250 ok||250 ok",
		"250-a\r\n250-b\r\n250 c\r\nmore":    "250 a b c||250-a\n250-b\n250 c",
		"550 5.1.10 a\x00b\x1b[31m \xff\r\n": "550 5.1.10 ab[31m \uFFFD|5.1.10|550 5.1.10 ab[31m \uFFFD",
		"550 4.1.1 x\r\n":                    "550 4.1.1 x||550 4.1.1 x", // the classes differ
		"450 4.7.1.2 x\r\n":                  "450 4.7.1.2 x||450 4.7.1.2 x",
	} {
		r, err := parse(text)
		if got := r.String() + "|" + r.Enhanced() + "|" + r.Full(); err != nil || got != want {
			t.Errorf("%q gives %q (%v), not %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "2", "HTTP/1.1 400 Bad Request\r\n", "250-a\r\n251 b\r\n", "150 x\r\n", "650 x\r\n", "250_x\r\n", "25x y\r\n", "\r\n", "+OK\r\n"} {
		if r, err := parse(text); err == nil {
			t.Errorf("%q passes for %v", text, r)
		}
	}
	for what, endless := range map[string]string{"a line": strings.Repeat("2", 1<<16), "lines": strings.Repeat("250-x\r\n", 1<<14), "long lines": strings.Repeat("250-"+strings.Repeat("x", 4000)+"\r\n", 100)} {
		if _, err := parse(endless); !errors.Is(err, ErrGarbage) {
			t.Errorf("%s without end: %v", what, err)
		}
	}
}

func FuzzReply(f *testing.F) {
	for _, s := range []string{"250 ok\r\n", "250-a\r\n250 b\r\n", "550 5.1.1 x\n", "354", "\x00\xff", "250-\r\n250-\r\n250\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parse(text)
		again, err2 := readReply(bufio.NewReader(iotest.OneByteReader(strings.NewReader(text))))
		if (err == nil) != (err2 == nil) || r.Full() != again.Full() {
			t.Fatalf("read by octets it is %v (%v), else %v (%v)", again, err2, r, err)
		}
		if err != nil {
			return
		}
		if r.Code < 200 || r.Code > 599 || len(r.Lines) == 0 || len(r.Lines) > mostLines {
			t.Fatalf("%+v", r)
		}
		if !utf8.ValidString(r.Full()) || strings.ContainsAny(r.String(), "\r\n\x00\x1b") {
			t.Fatalf("unfit to show: %q", r.Full())
		}
		if e := r.Enhanced(); e != "" && e[0] != byte('0'+r.Code/100) {
			t.Fatalf("enhanced %q of %d", e, r.Code)
		}
	})
}

// unstuff is RFC 5321's receiving side, written anew: the message up to CRLF.CRLF, lines
// end with CRLF alone.
func unstuff(wire []byte) (message []byte, rest []byte, ok bool) {
	for start := 0; ; {
		end := bytes.Index(wire[start:], []byte("\r\n"))
		if end < 0 {
			return nil, nil, false
		}
		line := wire[start : start+end]
		start += end + 2
		if string(line) == "." {
			return message, wire[start:], true
		}
		message = append(append(message, bytes.TrimPrefix(line, []byte("."))...), "\r\n"...)
	}
}

// lenientEnd finds where a server that takes a bare CR or LF for a line end would see the
// end of the data.
func lenientEnd(wire []byte) int {
	lines := strings.NewReplacer("\r\n", "\n\n", "\r", "\n").Replace("\r\n" + string(wire)) // of the same length but for the start
	text := lines
	for at := 0; at+2 < len(text); at++ {
		if text[at] == '\n' && text[at+1] == '.' && text[at+2] == '\n' {
			return at
		}
	}
	return -1
}

func stuffed(t testing.TB, message []byte, cut int) []byte {
	var out bytes.Buffer
	s := &stuffer{to: &out}
	for i := 0; i < len(message); i += cut {
		n, err := s.Write(message[i:min(i+cut, len(message))])
		if err != nil || n != min(cut, len(message)-i) {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	out.WriteString(s.end())
	return out.Bytes()
}

func shapeOf(message []byte, cut int) Shape {
	var s Shape
	for i := 0; i < len(message); i += cut {
		_, _ = s.Write(message[i:min(i+cut, len(message))])
	}
	s.Close()
	return s
}

func FuzzStuffing(f *testing.F) {
	for _, s := range []string{"", ".", "..", ".\r\n", "a\r\n.\r\nb", "\n.\r\n", "\r.\r", "a\n.\nMAIL", "a\r\r\n.\r\n", "\r\n.\n", "x\r\n.\r.\r\n", "\r\n.\r\n.\r\n", "a.b\r\n..c\r\n"} {
		f.Add([]byte(s), 1)
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, message []byte, cut int) {
		cut = max(1, cut%100+1)
		wire := stuffed(t, message, cut)
		got, rest, ok := unstuff(append(bytes.Clone(wire), "QUIT\r\n"...))
		want := message
		if !bytes.HasSuffix(message, []byte("\r\n")) && len(message) > 0 {
			want = append(bytes.Clone(message), "\r\n"...)
		}
		if !ok || !bytes.Equal(got, want) || string(rest) != "QUIT\r\n" {
			t.Fatalf("%q became %q, and after it %q", want, got, rest)
		}
		s := shapeOf(message, cut)
		if whole := shapeOf(message, len(message)+1); whole != s {
			t.Fatalf("the shape of %q in parts of %d is %+v, whole %+v", message, cut, s, whole)
		}
		lines := strings.ReplaceAll(string(message), "\r\n", "")
		if bare := strings.ContainsAny(lines, "\r\n") || len(message) > 0 && !bytes.HasSuffix(message, []byte("\r\n")); s.Bare != bare {
			t.Fatalf("%q: bare is %v", message, s.Bare)
		}
		// What is sent by DATA shows nobody an end before its end.
		if end := lenientEnd(wire); !s.Smuggles && end >= 0 && end < len(wire)-4 {
			t.Fatalf("%q smuggles at %d of %q", message, end, wire)
		}
	})
}

func TestSmuggling(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]Shape{
		"a\r\nb\r\n":        {},
		"a\r\n.\r\nb\r\n":   {}, // gets its second dot
		".\r\n":             {},
		"a\n.\nMAIL\r\n":    {Bare: true, Smuggles: true},
		"a\n.\r\nMAIL\r\n":  {Bare: true, Smuggles: true},
		"a\r.\r\nMAIL\r\n":  {Bare: true, Smuggles: true},
		"a\r.\rMAIL\r\n":    {Bare: true, Smuggles: true},
		"a\n.":              {Bare: true, Smuggles: true},
		"a\r\n.\nb\r\n":     {Bare: true}, // "..", whatever follows
		"a\nb\r\n":          {Bare: true},
		"a\n.b\r\n":         {Bare: true},
		"a\r\r\n.\r\nb\r\n": {Bare: true},
		"no end":            {Bare: true},
	} {
		got := shapeOf([]byte(message), 1)
		if got.Bare != want.Bare || got.Smuggles != want.Smuggles {
			t.Errorf("%q: %+v", message, got)
		}
	}
}

func TestProperAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"": true, "a@b": true, `"a b"@c`: true, `"a>b"@c`: true, `"a\"b"@c`: true, "山@例.test": true,
		"a b@c": false, "a>@c": false, "a@c\r\nRCPT TO:<x@y>": false, "a\x00@b": false, `"a@b`: false, `"a\`: false, "a<b@c": false,
	} {
		if proper(address) != want {
			t.Errorf("%q", address)
		}
	}
}

func BenchmarkLookAndStuff(b *testing.B) {
	message := []byte(strings.Repeat(strings.Repeat("x", 70)+"\r\n", 140))
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		shapeOf(message, len(message))
		s := &stuffer{to: io.Discard}
		if _, err := s.Write(message); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleReply() {
	r, _ := parse("550-5.1.1 nobody\r\n550 5.1.1 here\r\n")
	fmt.Println(r.Code, r.Enhanced(), r.Permanent())
	fmt.Println(r)
	// Output:
	// 550 5.1.1 true
	// 550 5.1.1 nobody 5.1.1 here
}
