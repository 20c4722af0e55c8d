//go:build linux || windows

// All of 127.0.0.0/8 is this machine there.

package submit_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"lifeboat/failover/relay"
	"lifeboat/failover/relay/submit"
)

// TestOddEnds: what go-smtp alone would wait for ever for, or lose a byte of.
func TestOddEnds(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.device()
	bodies := []string{
		"a\r\r\n", "\r\r\n", "a\r\n\r\n\r\n", "a\rb\r\n", "a\nb\nc\r\n", "\r\n", "", "..\r\n", "..x\r\n..\r\n...\r\n", "a\r\n..\n\r\n", "a\n..b\r\n", "a\r\n\r\r\r\n",
		strings.Repeat("x", 100_000) + "\r\n",      // a line of 100 KB is kept
		strings.Repeat("x.", 100_000) + "\r\r\r\n", // and what meets the ends of buffers in all ways
	}
	for n := 1; n < 40; n++ {
		bodies = append(bodies, strings.Repeat("y", 16<<10-n)+"\r\n..\r\n..z\r\n")
	}
	for _, body := range bodies {
		c.mail(copier, someone)
		c.send(header(copier) + body + ".\r\n")
		c.want("250 ")
	}
	all := w.queue.all()
	if len(all) != len(bodies) {
		t.Fatalf("%d messages, want %d", len(all), len(bodies))
	}
	for i, body := range bodies {
		want := header(copier) + body
		want = strings.ReplaceAll(want, "\r\n..", "\r\n.")
		if got := string(all[i].body); got != want {
			t.Errorf("body %.40q (%d bytes) comes as %.40q (%d bytes)", body, len(want), got[len(header(copier)):], len(got))
		}
	}
	c.alive()
}

// TestSmuggling: only CRLF.CRLF ends a message, and one with what others could take for
// the end is refused whole (SEC Consult, "SMTP Smuggling", 2023).
func TestSmuggling(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.device()
	second := "MAIL FROM:<" + copier + ">\r\nRCPT TO:<victim@elsewhere.test>\r\nDATA\r\nsmuggled\r\n"
	ends := []string{
		"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r.\n", "\n.\r", "\r\n.\r", "\r\n\n.\n", "\r\r\n.\n", "\r\n.\r\r\n",
		"\r\n\x00.\r\n", "\r\n.\x00\r\n", "\x00\n.\n", "\r\n\r.\r\n", "\n\n.\n\n",
	}
	for _, end := range ends {
		c.mail(copier, someone)
		c.send(header(copier) + "hello" + end + second + "\r\n.\r\n")
		if got := c.want("550 5.6.0 "); strings.Contains(got, "\x00") {
			t.Errorf("%q: %q", end, got)
		}
		c.alive() // and not an answer to a second message
	}
	if n := len(w.queue.all()); n != 0 {
		t.Fatalf("%d messages were taken", n)
	}
	// The same by BDAT, where CRLF before the dot is harmless: it is stuffed on the way out.
	for _, end := range ends {
		body := header(copier) + "hello" + end + second
		c.do("MAIL FROM:<"+copier+">", "250 ")
		c.do("RCPT TO:<"+someone+">", "250 ")
		c.send(fmt.Sprintf("BDAT %d LAST\r\n%s", len(body), body))
		if strings.Contains(end, "\r\n.") && !strings.Contains(end, "\x00") {
			c.want("250 ")
			continue
		}
		c.want("550 5.6.0 ")
	}
	refused := 0
	for _, e := range w.queue.filed() {
		if e.Kind != relay.Refused || e.User != copier || e.Host != "127.0.0.3" || e.Code != 550 || e.Say.IsZero() || e.From != copier {
			t.Errorf("filed: %+v", e)
		}
		refused++
	}
	if refused < len(ends) {
		t.Errorf("%d refusals are filed, want at least %d", refused, len(ends))
	}
	c.alive()
}

func TestBDAT(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *submit.Options) { o.MaxSize = 1 << 20 })
	c := w.device()
	begin := "MAIL FROM:<" + copier + ">\r\nRCPT TO:<" + someone + ">\r\n"
	h := header(copier)

	// All in one write: commands, chunks and what follows them (RFC 3030 section 4.2).
	body := "one\r\n.\r\nQUIT\r\n.two"
	c.send(begin + fmt.Sprintf("BDAT %d\r\n%s", len(h), h) + fmt.Sprintf("BDAT 4\r\n%s", body[:4]) + "BDAT 0\r\n" + fmt.Sprintf("bdat %d\r\n%s", len(body)-4, body[4:]) + "BDAT 0 LAST\r\nNOOP\r\n")
	for range 8 {
		c.want("250 ")
	}
	if all := w.queue.all(); len(all) != 1 || string(all[0].body) != h+body {
		t.Fatalf("got %+v", all)
	}
	// Without a transaction, the chunk is read and not obeyed.
	c.send("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
	c.want("503 ")
	c.want("250 ")
	// In the middle of it, nothing else is possible but RSET.
	c.send(begin + fmt.Sprintf("BDAT %d\r\n%s", len(h), h) + "RCPT TO:<late@elsewhere.test>\r\nDATA\r\nMAIL FROM:<>\r\nRSET\r\nBDAT 2 LAST\r\nxx")
	for _, want := range []string{"250 ", "250 ", "250 ", "503 ", "503 ", "503 ", "250 ", "503 "} {
		c.want(want)
	}
	// Too large: said at the chunk that is; the rest is read.
	c.send(begin + fmt.Sprintf("BDAT %d\r\n%s", len(h), h) + fmt.Sprintf("BDAT %d\r\n", 1<<20))
	c.send(strings.Repeat("x", 1<<20))
	for _, want := range []string{"250 ", "250 ", "250 ", "552 5.3.4 "} {
		c.want(want)
	}
	c.send("BDAT 3 LAST\r\nabc")
	c.want("503 ")
	// After all that, a message still comes through, by DATA too.
	c.mail(copier, someone)
	c.send(h + ".\r\n")
	c.want("250 ")
	if n := len(w.queue.all()); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
	// A size that is none: nobody knows where the next command begins.
	for _, bad := range []string{"", " x", " -1", " 5 LAST now", " 5 FIRST", " 99999999999999999999"} {
		c := w.device()
		c.send(begin)
		c.want("250 ")
		c.want("250 ")
		c.do("BDAT"+bad, "501 ")
		c.gone()
	}
}

// TestBrokenOff: a message of which a part comes is none.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	for _, rest := range []string{
		"DATA\r\n" + header(copier) + "half a", "DATA\r\n" + header(copier) + "half\r\n.\r", "DATA\r\n" + header(copier) + "half\r\n.",
		"BDAT 10000 LAST\r\n" + header(copier) + "half", "BDAT 3\r\nabc", "BDAT 3\r\nabcBDAT 10 LAST\r\nx",
	} {
		c := w.device()
		c.send("MAIL FROM:<" + copier + ">\r\nRCPT TO:<" + someone + ">\r\n")
		c.want("250 ")
		c.want("250 ")
		c.send(rest)
		if err := c.conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		for { // whatever it says, it is no 250 to the message
			line, err := c.r.ReadString('\n')
			if err != nil {
				break
			}
			if strings.Contains(line, "queued") {
				t.Errorf("%.30q: %s", rest, line)
			}
		}
	}
	w.stop()
	if err := <-w.done; err != nil {
		t.Error(err)
	}
	w.done = nil
	if n := len(w.queue.all()); n != 0 {
		t.Errorf("%d messages were taken", n)
	}
}

func TestOverlongAndStrangeCommands(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.device()
	long := strings.Repeat("x", 100_000)
	c.send(long + "\r\nNOOP\r\n")
	c.want("500 5.5.2 ")
	c.want("250 ")
	c.send("MAIL FROM:<" + long + "@example.test>\r\nNOOP\r\n")
	c.want("500 5.5.2 ")
	c.want("250 ")
	for _, command := range []string{"NO\x00OP", "MAIL FROM:<a\rb@example.test>", "NOOP \x1b[2J"} {
		c.do(command, "500 5.5.2 ")
	}
	c.do("EHLO "+strings.Repeat("x", 300), "501 ")
	c.do("VRFY "+tanaka, "252 ")
	c.do("EXPN staff", "502 ")
	c.do("MAIL FROM:<"+copier+"> RET=HDRS", "504 ") // DSN is not offered
	c.do("MAIL FROM:<"+copier+"> BODY=BINARYMIME", "504 ")
	c.do("RCPT TO:<"+someone+">", "502 ")
	c.do("DATA", "502 ")
	c.do("MAIL FROM:<"+copier+">", "250 ")
	c.do("MAIL FROM:<"+copier+">", "503 ")
	c.do("RCPT TO:<"+someone+"> NOTIFY=NEVER", "504 ")
	c.do("RCPT TO:<>", "50")
	c.do("RCPT TO:<postmaster>", "501 ")
	c.do("DATA", "502 ")
	c.do("RSET", "250 ")
	c.alive()
	got := c.do("EHLO again", "250 ")
	for _, offered := range []string{"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "CHUNKING", "SMTPUTF8", "STARTTLS", "SIZE 52428800", "LIMITS RCPTMAX=500"} {
		if !strings.Contains(got, offered) {
			t.Errorf("%s is not offered: %q", offered, got)
		}
	}
	for _, not := range []string{"AUTH", "DSN", "BINARYMIME", "VRFY"} {
		if strings.Contains(got, not) {
			t.Errorf("%s is offered in the clear: %q", not, got)
		}
	}
	// Nonsense without end does not last.
	c.send(strings.Repeat("WHAT IS THIS\r\n", 3))
	for range 3 {
		c.want("500 ")
	}
	c.do("GET / HTTP/1.1", "501 ")
	c.want("500 ")
	c.gone()
	c = w.device()
	c.send(strings.Repeat("\x00\r\n", 21))
	for range 21 {
		c.want("500 ")
	}
	c.want("421 ")
	c.gone()
}

func TestEndlessLine(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.device()
	go func() {
		piece := bytes.Repeat([]byte("x"), 1<<16)
		for range 1 << 10 {
			if _, err := c.conn.Write(piece); err != nil {
				return // the server had enough
			}
		}
	}()
	for { // the reply may be lost with the connection, which is reset while much is on its way
		if _, err := c.r.ReadByte(); err != nil {
			break
		}
	}
	w.device().alive()
}

// TestStartTLSInjection: what was said in the clear is forgotten (CVE-2011-0411).
func TestStartTLSInjection(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.dial("127.0.0.3")
	c.do("EHLO x", "250 ")
	c.do("MAIL FROM:<"+copier+">", "250 ")
	c.send("STARTTLS\r\nRCPT TO:<injected@elsewhere.test>\r\nDATA\r\nFrom: <" + copier + ">\r\n\r\ninjected\r\n.\r\n")
	c.want("220 ")
	c.startTLS(w.pool)
	c.do("RCPT TO:<"+someone+">", "503 ") // EHLO first, and the transaction is gone
	c.do("AUTH PLAIN "+plainAuth(tanaka, w.password), "503 ")
	c.do("NOOP", "250 ")
	c.do("EHLO x", "250 ")
	c.do("RCPT TO:<"+someone+">", "502 ")
	c.do("STARTTLS", "503 ")
	c.do("STARTTLS now", "501 ")
	c.mail(copier, someone)
	c.send(header(copier) + "true\r\n.\r\n")
	c.want("250 ")
	all := w.queue.all()
	if len(all) != 1 || strings.Contains(all[0].text(), "injected") {
		t.Errorf("got %+v", all)
	}
	if len(all) == 1 && !strings.Contains(all[0].text(), "with ESMTPS;") {
		t.Errorf("a device over TLS: %q", all[0].head.Prepend)
	}
}
