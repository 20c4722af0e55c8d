//go:build linux || windows

// All of 127.0.0.0/8 is this machine there.

package submit_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"lifeboat/failover/relay"
	"lifeboat/failover/relay/submit"
	"lifeboat/failover/relay/users"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	c := w.dial("127.0.0.1")
	c.do("MAIL FROM:<"+tanaka+">", "502 ")
	if got := c.do("EHLO x", "250 "); strings.Contains(got, "AUTH") {
		t.Errorf("AUTH is offered without TLS: %q", got)
	}
	c.do("AUTH PLAIN "+plainAuth(tanaka, w.password), "538 5.7.11 ")
	c.do("AUTH LOGIN", "538 5.7.11 ")
	if got := c.do("MAIL FROM:<"+tanaka+">", "530 5.7.0 "); !strings.Contains(got, "STARTTLS") {
		t.Error(got)
	}
	signIn := map[string]func(c *client){
		"PLAIN": func(c *client) { c.do("AUTH PLAIN "+plainAuth(tanaka, w.password), "235 ") },
		"PLAIN in two": func(c *client) {
			c.do("AUTH PLAIN", "334 ")
			c.do(plainAuth(tanaka, w.password), "235 ")
		},
		"PLAIN with identity": func(c *client) {
			c.do("AUTH PLAIN "+b64(tanaka+"\x00"+tanaka+"\x00"+w.password), "235 ")
		},
		"LOGIN": func(c *client) {
			if got := c.do("AUTH LOGIN", "334 "); !strings.Contains(got, b64("Username:")) {
				t.Error(got)
			}
			if got := c.do(b64(tanaka), "334 "); !strings.Contains(got, b64("Password:")) {
				t.Error(got)
			}
			c.do(b64(w.password), "235 ")
		},
		"LOGIN with name": func(c *client) {
			c.do("auth login "+b64("TANAKA@example.test"), "334 ")
			c.do(b64(strings.ToUpper(w.password)), "235 ")
		},
	}
	for name, in := range signIn {
		c := w.secure("127.0.0.1")
		if got := c.do("MAIL FROM:<"+tanaka+">", "530 5.7.0 "); strings.Contains(got, "STARTTLS") {
			t.Errorf("%s: %s", name, got)
		}
		in(c)
		c.do("AUTH PLAIN "+plainAuth(tanaka, w.password), "503 ")
		c.do("MAIL FROM:<"+tanaka+">", "250 ")
	}
	c = w.secure("127.0.0.1")
	c.do("AUTH LOGIN", "334 ")
	c.do("*", "501 ")
	c.do("AUTH LOGIN", "334 ")
	c.do("DATA", "334 ") // an answer, not a command: three bytes of base64
	c.do("!!!", "454 ")
	c.do("AUTH PLAIN "+b64("x"), "454 ")
	c.do("AUTH PLAIN "+b64("boss@example.test\x00"+tanaka+"\x00"+w.password), "535 5.7.8 ")
	c.do("AUTH CRAM-MD5", "504 ")
	c.do("MAIL FROM:<"+tanaka+">", "530 ")
}

func TestGuessedPasswords(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.secure("127.0.0.9")
	for range 5 {
		c.do("AUTH PLAIN "+plainAuth(tanaka, "00000-00000-00000-00000-00000"), "535 5.7.8 ")
	}
	if got := c.do("AUTH PLAIN "+plainAuth(tanaka, w.password), "454 4.7.0 "); !strings.Contains(got, "2026-01-22 09:01:00 +0900") {
		t.Errorf("the time is not said, or another: %s", got)
	}
	// The same from a new connection, but not for others there, nor for the user elsewhere.
	c = w.secure("127.0.0.9")
	c.do("AUTH PLAIN "+plainAuth(tanaka, w.password), "454 4.7.0 ")
	c.do("AUTH PLAIN "+plainAuth("suzuki@example.test", w.password), "535 ")
	w.user().do("MAIL FROM:<"+tanaka+">", "250 ")
	w.pass(time.Minute)
	c.do("AUTH PLAIN "+plainAuth(tanaka, w.password), "235 ")
	if waits := w.waits(); len(waits) != 6 || waits[0] != 0 || waits[4] <= waits[2] {
		t.Errorf("the answers were slowed by %v", waits)
	}
	wrong := 0
	for _, e := range w.queue.filed() {
		if e.Kind == relay.Refused && e.User == tanaka && e.Host == "127.0.0.9" && e.Code == 535 {
			wrong++
		}
	}
	if wrong != 5 {
		t.Errorf("%d wrong passwords are filed, want 5", wrong)
	}
}

func TestSendAs(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.user()
	boss := "boss@example.test"
	if got := c.do("MAIL FROM:<"+boss+">", "550 5.7.1 "); !strings.Contains(got, tanaka+" may not send as "+boss) || !strings.Contains(got, "lifeboat user add "+tanaka+" --send-as "+boss) {
		t.Error(got)
	}
	for head, want := range map[string]string{
		"From: <tanaka@example.test>\r\n":                                                  "250 ",
		"From: Tanaka\r\n <TANAKA@Example.test>\r\n":                                       "250 ",
		"From: a@sales.example.test, info@example.test\r\nSender: tanaka@example.test\r\n": "250 ",
		"From: \"boss@example.test\" <tanaka@example.test>\r\n":                            "250 ", // a name, though an odd one
		"Subject: no sender\r\n":                                                           "250 ",
		"":                                                                                 "250 ",
		"From: <boss@example.test>\r\n":                                                    "550 5.7.1 ",
		"From: tanaka@example.test, boss@example.test\r\n":                                 "550 5.7.1 ",
		"From: tanaka@example.test\r\nSender: boss@example.test\r\n":                       "550 5.7.1 ",
		"From: tanaka@example.test\r\nFrom: boss@example.test\r\n":                         "550 5.6.0 ",
		"From: tanaka@example.test\r\nfrom : boss@example.test\r\n":                        "550 5.6.0 ",
		"From: tanaka@example.test\r\nX: y\nFrom: boss@example.test\r\n":                   "550 5.6.0 ",
		"From: tanaka@example.test\r\nX: y\rFrom: boss@example.test\r\n":                   "550 5.6.0 ",
		"From: Boss: boss@example.test;\r\n":                                               "550 5.7.1 ",
		"From: boss@example.test <tanaka@example.test>\r\n":                                "550 5.7.1 ",
		"From: (tanaka@example.test) boss@example.test\r\n":                                "550 5.7.1 ",
		"From: \"tanaka@example.test\" <\r\n boss@example.test>\r\n":                       "550 5.7.1 ",
		"From: \"tanaka@example.test,\"@evil.test\r\n":                                     "550 5.7.1 ",
		"From: tanaka@example.test@evil.test\r\n":                                          "550 5.6.0 ",
		"From: =?utf-8?Q?tanaka=40example.test?=\r\n":                                      "550 5.6.0 ",
		"From: tanaka\r\n":                                                                 "550 5.6.0 ",
		"From:\r\n":                                                                        "550 5.6.0 ",
		"From: tanaka@example.test\r\nSender: tanaka@example.test, info@example.test\r\n":  "550 5.6.0 ",
		"From: tanaka@example.test\r\nno field\r\n":                                        "550 5.6.0 ",
	} {
		c.mail(tanaka, someone)
		c.send(head + "\r\nbody\r\n.\r\n")
		if got := c.reply(); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", head, strings.TrimSpace(got), want)
		}
	}
	named := 0
	for _, k := range w.queue.all() {
		if strings.Contains(string(k.head.Prepend), "From: <"+tanaka+">\r\n") {
			named++
		}
	}
	if named != 2 {
		t.Errorf("%d messages without From got one, want 2", named)
	}
	// What the book says changes at once, in a session too.
	another, err := w.book.Add(t.Context(), users.New{Address: tanaka, SendAs: []string{boss}, Label: "another"})
	if err != nil {
		t.Fatal(err)
	}
	c.mail(boss, someone)
	c.send(header(boss) + ".\r\n")
	c.want("250 ")
	if err := w.book.Revoke(t.Context(), tanaka, "mail"); err != nil {
		t.Fatal(err)
	}
	c.do("MAIL FROM:<"+tanaka+">", "530 5.7.0 ")
	w.secure("127.0.0.1").do("AUTH PLAIN "+plainAuth(tanaka, w.password), "535 ")
	w.secure("127.0.0.1").do("AUTH PLAIN "+plainAuth(tanaka, another), "235 ")
}

func TestNullSender(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.user()
	c.mail("", someone) // a read receipt (RFC 8098 section 3)
	c.send(header(info) + "read\r\n.\r\n")
	c.want("250 ")
	k := w.queue.all()[0]
	if k.env.From != "" || k.env.As != info || k.env.Sender() != info {
		t.Errorf("%+v", k.env)
	}
	c.mail("", someone)
	c.send("Subject: nobody's\r\n\r\n.\r\n")
	c.want("550 5.6.0 ")
	c.mail("", someone)
	c.send(header("boss@example.test") + ".\r\n")
	c.want("550 5.7.1 ")
}

func TestHeadless(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.device()
	c.mail(copier, someone)
	c.send("paper jam\r\nFrom: <boss@example.test>\r\n\r\n.\r\n")
	c.want("250 ")
	k := w.queue.all()[0]
	head, body, _ := strings.Cut(k.text(), "\r\n\r\n")
	if !strings.Contains(head, "\r\nFrom: <"+copier+">") || strings.Contains(head, "boss") || body != "paper jam\r\nFrom: <boss@example.test>\r\n\r\n" {
		t.Errorf("%q", k.text())
	}
}

func TestInternational(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.user()
	c.do("MAIL FROM:<"+tanaka+"> BODY=8BITMIME", "250 ")
	c.do("RCPT TO:<田中@例え.test>", "550 5.6.7 ")
	c.do("RSET", "250 ")
	c.do("MAIL FROM:<"+tanaka+"> SMTPUTF8", "250 ")
	c.do("RCPT TO:<田中@例え.test>", "250 ")
	c.do("DATA", "354 ")
	c.send(header(tanaka) + "ascii\r\n.\r\n")
	c.want("250 ")
	// What was asked for and is not needed asks the provider for nothing.
	c.do("MAIL FROM:<"+tanaka+"> SMTPUTF8 BODY=8BITMIME", "250 ")
	c.do(`RCPT TO:<"a@b c"@elsewhere.test>`, "250 ")
	c.do("DATA", "354 ")
	c.send(header(tanaka) + "ascii\r\n.\r\n")
	c.want("250 ")
	c.do("MAIL FROM:<"+tanaka+"> SMTPUTF8", "250 ")
	c.do("RCPT TO:<"+someone+">", "250 ")
	c.do("DATA", "354 ")
	c.send("From: 田中 <" + tanaka + ">\r\n\r\n" + strings.Repeat("text\r\n", 10_000) + ".\r\n")
	c.want("250 ")
	c.mail(tanaka, someone)
	c.send(header(tanaka) + strings.Repeat("text\r\n", 10_000) + "会議\r\n.\r\n")
	c.want("250 ")
	want := []struct{ utf8, eight bool }{{true, false}, {false, false}, {true, true}, {false, true}}
	for i, k := range w.queue.all() {
		if got := (struct{ utf8, eight bool }{k.env.UTF8, k.env.EightBit || k.head.EightBit}); got != want[i] {
			t.Errorf("message %d: %+v, want %+v", i, got, want[i])
		}
	}
	if to := w.queue.all()[1].env.To[0]; to != `"a@b c"@elsewhere.test` {
		t.Errorf("a quoted local part comes as %q", to)
	}
}

// signer signs with what it read.
type signer struct {
	read bool
	err  error
}

func (s signer) Sign(_ context.Context, from string, message io.Reader) ([]byte, error) {
	if !s.read {
		return nil, s.err
	}
	b, err := io.ReadAll(message)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "DKIM-Signature: %s %d %q\r\n", from, len(b), b[:10]), nil
}

func TestSigning(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("some text\r\n", 20_000)
	for name, s := range map[string]signer{"reads": {read: true}, "has no key": {}, "fails": {err: errors.New("the key is locked")}} {
		w := serve(t, func(o *submit.Options) { o.Signer = s })
		c := w.user()
		c.mail(tanaka, someone)
		c.send("From: <info@example.test>\r\n\r\n" + long + ".\r\n")
		c.want("250 ")
		c.mail(tanaka, someone)
		c.send("From: <info@example.test>\r\n\r\nsmuggle\n.\n" + long + ".\r\n")
		c.want("550 ")
		all := w.queue.all()
		if len(all) != 1 || len(all[0].body) != len("From: <info@example.test>\r\n\r\n"+long) {
			t.Fatalf("%s: %d messages", name, len(all))
		}
		prepend := string(all[0].head.Prepend)
		added := prepend[strings.LastIndex(prepend, "\r\nDate: ")+2:]
		want := fmt.Sprintf("DKIM-Signature: info@example.test %d %q\r\n", len(added)+len(all[0].body), added[:10])
		if strings.Contains(prepend, want) != s.read {
			t.Errorf("%s: prepended %q", name, prepend)
		}
		if strings.Contains(w.log.String(), "could not be signed") != (s.err != nil) {
			t.Errorf("%s: the log is not right", name)
		}
	}
}
