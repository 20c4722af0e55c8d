package probe

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
)

const (
	seedUser     = "admin@example.test"
	seedPassword = "s3cret \x7f word"
)

// submission makes the first host the provider's submission server.
func (w *world) submission() SeedOptions {
	w.mx1.ehlo = append(w.mx1.ehlo, "AUTH LOGIN PLAIN")
	w.Route(mx1Addr+":587", w.listen(w.mx1.serve))
	w.target.Provider.Submission = failover.Endpoint{Host: "mx1.second.test", Port: 587, Security: failover.StartTLS}
	w.mx1.command = func(line string, _ net.Conn) string {
		if !strings.HasPrefix(line, "AUTH ") {
			return ""
		}
		if line == "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+seedUser+"\x00"+seedPassword)) {
			return "235 2.7.0 Welcome"
		}
		return "535 5.7.8 wrong: " + line[len("AUTH PLAIN "):]
	}
	return SeedOptions{Username: seedUser, From: seedUser, Password: func(context.Context) (string, error) { return seedPassword, nil }}
}

func TestSeedAtAServerThatKnowsItsRecipients(t *testing.T) {
	w := newWorld(t)
	opt := w.submission()
	w.mx1.rcpt = knowing("info@example.test", "taro@example.test")
	w.block() // port 25 is none of its business
	findings, err := w.prober().Seed(t.Context(), w.target, opt)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass, "Second", "info@example.test")
	expect(t, find(t, findings, "rcpt", "sales@example.test"), failover.Red, "sales@example.test", "550 5.1.1")
	if findings[0].Source != failover.FromSeed {
		t.Errorf("source %q", findings[0].Source)
	}
	if len(w.mx1.sent()) != 1 {
		t.Fatalf("%d messages, want one for both", len(w.mx1.sent()))
	}
	m := w.mx1.sent()[0]
	for _, line := range []string{"Auto-Submitted: auto-generated\r\n", "X-Lifeboat-Seed: ", "From: <admin@example.test>\r\n", "Message-ID: <lifeboat-"} {
		if !strings.Contains(m, line) {
			t.Errorf("the message lacks %q:\n%s", line, m)
		}
	}
	// The stranger is asked for, and never written to.
	heard := w.mx1.commands("")
	stranger := slices.IndexFunc(heard, func(l string) bool { return strings.Contains(l, "lifeboat-nobody-") })
	if stranger < 0 || heard[stranger+1] != "RSET" || slices.Contains(heard[:stranger], "DATA") {
		t.Errorf("said %q", heard)
	}

	// With port 25 blocked this is the other way to know.
	w.mx1.rcpt = knowing("info@example.test", "taro@example.test", "sales@example.test")
	seeded, err := w.prober().Seed(t.Context(), w.target, opt)
	if err != nil {
		t.Fatal(err)
	}
	ev := &Evidence{}
	ev.Merge(w.target, w.look())
	if Judge(ev.Findings(w.target), w.target, w.clock.now(), 0).Allowed {
		t.Error("allowed with port 25 blocked and no other proof")
	}
	ev.Merge(w.target, seeded)
	if j := Judge(ev.Findings(w.target), w.target, w.clock.now(), 0); !j.Allowed || len(j.Warnings) == 0 {
		t.Errorf("the seed does not help: %+v", j)
	}
}

func TestSeedAtAServerThatTakesEverything(t *testing.T) {
	w := newWorld(t)
	opt := w.submission()
	w.mx1.rcpt = func(string, string) string { return "250 Ok" }
	findings, err := w.prober().Seed(t.Context(), w.target, opt)
	if err != nil {
		t.Fatal(err)
	}
	f := find(t, findings, "rcpt", "info@example.test")
	expect(t, f, failover.Unknown, "takes every address")
	if !strings.Contains(f.Remedy.String(), "arrives") || !strings.Contains(f.Remedy.String(), seedUser) {
		t.Errorf("remedy %q", f.Remedy)
	}
	id := part(f.Say, "id")
	if id == "" || !strings.Contains(w.mx1.sent()[0], "X-Lifeboat-Seed: "+id+"\r\n") {
		t.Errorf("the message does not bear the id %q", id)
	}
	// Somebody sees it arrive.
	ev := &Evidence{}
	ev.Merge(w.target, findings)
	arrived, err := ev.Arrived(w.target, []string{"Info@example.test"})
	if err != nil {
		t.Fatal(err)
	}
	ev.Merge(w.target, arrived)
	if slices.Contains(ev.Stale(w.target, w.clock.now(), 0), Need{"rcpt", "info@example.test"}) {
		t.Error("a message that arrived proves nothing")
	}
}

func TestSeedSendsManyInSeveralMessages(t *testing.T) {
	w := newWorld(t)
	opt := w.submission()
	w.mx1.rcpt = func(to, _ string) string {
		if strings.HasPrefix(to, "user") {
			return "250 Ok"
		}
		return "550 5.1.1 no"
	}
	for i := range 120 {
		opt.Recipients = append(opt.Recipients, "user"+strings.Repeat("x", i)+"@example.test")
	}
	opt.Recipients = opt.Recipients[:60]
	findings, err := w.prober().Seed(t.Context(), w.target, opt)
	if err != nil || len(findings) != 60 || len(w.mx1.sent()) != 2 {
		t.Errorf("%d findings, %d messages, %v", len(findings), len(w.mx1.sent()), err)
	}
}

func TestSeedFailures(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*world, *SeedOptions)
		kind    error
		words   string
	}{
		{"no submission server", func(w *world, _ *SeedOptions) { w.target.Provider.Submission.Host = "" }, failover.ErrInvalid, "no submission server"},
		{"no sender", func(_ *world, o *SeedOptions) { o.From = "me" }, failover.ErrInvalid, "me"},
		{"a stranger's address", func(_ *world, o *SeedOptions) { o.Recipients = []string{"x@elsewhere.test"} }, failover.ErrInvalid, "x@elsewhere.test"},
		{"a command in an address", func(_ *world, o *SeedOptions) { o.Recipients = []string{"x\r\nDATA@example.test"} }, failover.ErrInvalid, "example.test"},
		{"wrong password", func(_ *world, o *SeedOptions) {
			o.Password = func(context.Context) (string, error) { return "wr0ng", nil }
		}, failover.ErrCredential, seedUser},
		{"no password to be had", func(_ *world, o *SeedOptions) {
			o.Password = func(context.Context) (string, error) {
				return "", failover.Fail(failover.ErrCredential, "locked")
			}
		}, failover.ErrCredential, "locked"},
		{"certificate of another name", func(w *world, _ *SeedOptions) { w.mx1.cert = &w.ca.Issue(w.t, "mx.other.test").TLS }, failover.ErrUnreachable, "password was not sent"},
		{"STARTTLS stripped", func(w *world, _ *SeedOptions) { w.mx1.cert = nil }, failover.ErrUnreachable, "password was not sent"},
		{"nobody there", func(w *world, _ *SeedOptions) { w.refuse(mx1Addr + ":587") }, failover.ErrUnreachable, "587"},
		{"no such host", func(w *world, _ *SeedOptions) { w.target.Provider.Submission.Host = "nothing.second.test" }, failover.ErrUnreachable, "nothing.second.test"},
		{"only Kerberos", func(w *world, _ *SeedOptions) { w.mx1.ehlo = []string{"AUTH GSSAPI"} }, failover.ErrUnsupported, "GSSAPI"},
		{"not allowed to send as", func(w *world, _ *SeedOptions) {
			w.mx1.mail = func(string) string { return "553 5.7.1 not owned by you" }
		}, failover.ErrInvalid, "553 5.7.1"},
		{"breaks off at DATA", func(w *world, _ *SeedOptions) {
			known := w.mx1.command
			w.mx1.command = func(line string, c net.Conn) string {
				if line == "DATA" {
					_, _ = c.Write([]byte("x"))
					c.Close()
					return "gone"
				}
				return known(line, c)
			}
		}, failover.ErrUnreachable, "broke off"},
		{"hangs after the banner", func(w *world, _ *SeedOptions) {
			w.opt.Patience = 300 * time.Millisecond
			w.mx1.connected = func(c net.Conn) bool {
				_, _ = io.WriteString(c, "220 hello\r\n")
				_, _ = io.Copy(io.Discard, c)
				return true
			}
		}, failover.ErrUnreachable, "cannot be reached"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			opt := w.submission()
			c.prepare(w, &opt)
			var log strings.Builder
			w.opt.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			_, err := w.prober().Seed(t.Context(), w.target, opt)
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) {
				t.Fatalf("%v", err)
			}
			for _, secret := range []string{seedPassword, "wr0ng", base64.StdEncoding.EncodeToString([]byte("\x00" + seedUser + "\x00wr0ng"))} {
				if strings.Contains(err.Error()+log.String(), secret) {
					t.Errorf("the secret is told: %v %s", err, log.String())
				}
			}
			if len(w.mx1.sent()) > 0 {
				t.Error("a message was sent")
			}
		})
	}
}

// A message whose acceptance was not heard may have been sent, and is not sent
// again.
func TestSeedReplyLost(t *testing.T) {
	w := newWorld(t)
	opt := w.submission()
	w.mx1.lastWord = func(c net.Conn) { c.Close() }
	_, err := w.prober().Seed(t.Context(), w.target, opt)
	var said *failover.Error
	if !errors.Is(err, failover.ErrUncertain) || !errors.As(err, &said) || !strings.Contains(w.mx1.sent()[0], part(said.Say, "id")) {
		t.Errorf("%v", err)
	}
	if len(w.mx1.sent()) != 1 {
		t.Errorf("%d messages", len(w.mx1.sent()))
	}
}

func TestSeedOverImplicitTLSWithLOGIN(t *testing.T) {
	w := newWorld(t)
	opt := w.submission()
	w.mx1.implicit, w.mx1.ehlo = true, []string{"AUTH LOGIN"}
	w.target.Provider.Submission = failover.Endpoint{Host: "mx1.second.test", Port: 587, Security: failover.ImplicitTLS}
	step := 0
	w.mx1.command = func(line string, _ net.Conn) string {
		switch {
		case line == "AUTH LOGIN":
			step = 1
			return "334 " + base64.StdEncoding.EncodeToString([]byte("Username:"))
		case step == 1 && line == base64.StdEncoding.EncodeToString([]byte(seedUser)):
			step = 2
			return "334 " + base64.StdEncoding.EncodeToString([]byte("Password:"))
		case step == 2 && line == base64.StdEncoding.EncodeToString([]byte(seedPassword)):
			step = 3
			return "235 Ok"
		}
		return ""
	}
	findings, err := w.prober().Seed(t.Context(), w.target, opt)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass)
}
