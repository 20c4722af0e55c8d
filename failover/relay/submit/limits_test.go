//go:build linux || windows

// All of 127.0.0.0/8 is this machine there.

package submit_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay/submit"
)

func TestManyRecipients(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	c := w.device()
	c.do("MAIL FROM:<"+copier+">", "250 ")
	go func() {
		var all strings.Builder
		for i := range 10_000 {
			fmt.Fprintf(&all, "RCPT TO:<someone%d@elsewhere.test>\r\n", i)
		}
		_, _ = c.conn.Write([]byte(all.String()))
	}()
	taken := 0
	for range 10_000 {
		switch got := c.reply(); {
		case strings.HasPrefix(got, "250 "):
			taken++
		case !strings.HasPrefix(got, "452 4.5.3 "):
			t.Fatal(got)
		}
	}
	c.do("DATA", "354 ")
	c.send(header(copier) + ".\r\n")
	c.want("250 ")
	all := w.queue.all()
	if taken != 500 || len(all) != 1 || len(all[0].env.To) != 500 {
		t.Errorf("%d recipients were taken, want 500", taken)
	}
	if filed := w.queue.filed(); len(filed) != 1 || len(filed[0].To) > 10 {
		t.Errorf("%d refusals were filed, want 1, a short one", len(filed))
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *submit.Options) { o.MaxSize = 3 << 19 }) // 1.5 MB
	c := w.device()
	if got := c.do("MAIL FROM:<"+copier+"> SIZE=1572865", "552 5.3.4 "); !strings.Contains(got, "1.5 MB") {
		t.Error(got)
	}
	c.do("MAIL FROM:<"+copier+"> SIZE=1572864", "250 ")
	c.do("RCPT TO:<"+someone+">", "250 ")
	c.do("DATA", "354 ")
	h := header(copier)
	line := strings.Repeat("x", 1022) + "\r\n"
	c.send(h + strings.Repeat(line, 1535) + strings.Repeat("x", 1024-len(h)-2) + "\r\n.\r\n")
	c.want("250 ")
	c.mail(copier, someone)
	c.send(h + strings.Repeat(line, 1536) + ".\r\n")
	c.want("552 5.3.4 ")
	c.mail(copier, someone)
	c.send(strings.Repeat("X-Long: "+line, 300) + "\r\n.\r\n")
	if got := c.want("552 5.3.4 "); !strings.Contains(got, "header") {
		t.Error(got)
	}
	c.alive()
	if n := len(w.queue.all()); n != 1 || len(w.queue.all()[0].body) != 3<<19 {
		t.Errorf("%d messages, want the one of exactly the limit", n)
	}
}

func TestQueueThatRefuses(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *submit.Options) { o.PerUser = submit.Rate{MessagesPerHour: 1} })
	c := w.device()
	full := failover.Fail(failover.ErrDisk, "the disk is full").Because(errors.New("no space left on /secret/place"))
	try := func(want string) {
		t.Helper()
		c.mail(copier, someone)
		c.send(header(copier) + strings.Repeat("some text\r\n", 10_000) + ".\r\n")
		if got := c.want(want); strings.Contains(got, "secret") {
			t.Errorf("a path of ours is told: %s", got)
		}
	}
	w.queue.fail(full, nil, 0)
	try("452 4.3.1 ")
	w.queue.fail(full, nil, 50_000) // in the middle of it
	try("452 4.3.1 ")
	w.queue.fail(nil, full, 0)
	try("452 4.3.1 ")
	w.queue.fail(nil, errors.New("broken"), 0)
	try("451 4.3.0 ")
	w.queue.fail(nil, nil, 0)
	try("250 ") // and what was not kept did not count
	c.do("MAIL FROM:<"+copier+">", "451 4.7.1 ")
	if n := len(w.queue.all()); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	if !strings.Contains(w.log.String(), "no space left") {
		t.Error("the log does not say why")
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *submit.Options) { o.PerUser = submit.Rate{MessagesPerHour: 2, RecipientsPerDay: 5} })
	c := w.device()
	send := func(n int) {
		t.Helper()
		var to []string
		for i := range n {
			to = append(to, fmt.Sprintf("s%d@elsewhere.test", i))
		}
		c.mail(copier, to...)
		c.send(header(copier) + ".\r\n")
		c.want("250 ")
	}
	send(1)
	send(1)
	if got := c.do("MAIL FROM:<"+copier+">", "451 4.7.1 "); !strings.Contains(got, "after 2026-01-22 10:00 +0900") {
		t.Errorf("the time is not said, or another: %s", got)
	}
	// Somebody else is not disturbed.
	u := w.user()
	u.mail(tanaka, someone)
	u.send(header(tanaka) + ".\r\n")
	u.want("250 ")
	w.pass(time.Hour)
	send(3)
	w.pass(time.Hour)
	c.do("MAIL FROM:<"+copier+">", "452 4.5.3 ")
	w.pass(22 * time.Hour) // the first two are a day old
	c.do("MAIL FROM:<"+copier+">", "250 ")
	c.do("RCPT TO:<"+someone+">", "250 ")
	c.do("RCPT TO:<another@elsewhere.test>", "250 ")
	c.do("RCPT TO:<third@elsewhere.test>", "452 4.5.3 ")
	c.do("RSET", "250 ")
	// Two sessions begin a message while there is room for one.
	w.pass(48 * time.Hour)
	d := w.device()
	send(1)
	c.mail(copier, someone)
	d.mail(copier, someone)
	c.send(header(copier) + ".\r\n")
	c.want("250 ")
	d.send(header(copier) + ".\r\n")
	d.want("451 4.7.1 ")
}

func TestIPv6DeviceAndLoops(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *submit.Options) {
		o.Devices = append(o.Devices, submit.Device{Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.1.0/24")}, User: tanaka})
	})
	c := w.dial("127.0.1.77")
	c.do("HELO fax", "250 ") // no EHLO
	c.mail(info, someone)    // the book knows what tanaka may send as
	c.send(header(info) + ".\r\n")
	c.want("250 ")
	c.mail(info, someone)
	c.send(strings.Repeat("Received: from x\r\n", 51) + header(info) + ".\r\n")
	c.want("554 5.4.6 ")
	c.alive()
}
