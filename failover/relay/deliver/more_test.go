package deliver_test

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Bytes arrive as they were handed in, by DATA or, where line ends are odd, by BDAT.
func TestExactBytes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	for name, c := range map[string]struct{ text, by string }{
		"plain":        {letter, "DATA"},
		"dots":         {"\r\n.\r\n..\r\n...\r\n.x\r\n", "DATA"},
		"long line":    {"Subject: x\r\n\r\n" + long + "\r\n", "DATA"},
		"large":        {"Subject: x\r\n\r\n" + strings.Repeat(".line\r\n", 100_000), "DATA"},
		"bare LF":      {"Subject: x\n\n\n.\n.\r\n\r\nend\r\n", "BDAT"},
		"bare CR":      {"Subject: x\r\n\r\na\rb\r\r\n.\r\n", "BDAT"},
		"no end":       {"Subject: x\r\n\r\nno end", "BDAT"},
		"large and LF": {"Subject: x\r\n\r\n" + strings.Repeat("line\n", 200_000), "BDAT"},
		"NUL":          {"Subject: x\r\n\r\na\x00b\xff\r\n", "DATA"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := startProvider(t, nil)
			w.p[failover.Primary] = p
			add(t, w.queue, relay.Envelope{From: anna, To: []string{boss}}, c.text)
			w.start()
			w.awaitEmpty()
			if got := p.messages(); len(got) != 1 || got[0].text != c.text || got[0].by != c.by {
				t.Errorf("%d messages, by %s, of %d octets (not %d)", len(got), got[0].by, len(got[0].text), len(c.text))
			}
		})
	}
}

// Where CHUNKING is missing, harmless bare LFs go as they are, and what would be taken
// for an end is refused. What the server cannot take at all is not tried.
func TestWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		e      relay.Envelope
		text   string
		bounce string
	}{
		"bare LF":  {relay.Envelope{}, "Subject: x\r\n\r\na\nb\r\n", ""},
		"smuggler": {relay.Envelope{}, "Subject: x\r\n\r\na\n.\r\nMAIL FROM:<x@y>\r\n", "554 5.6.0"},
		"8-bit":    {relay.Envelope{EightBit: true}, letter, "554 5.6.3"},
		"UTF-8":    {relay.Envelope{UTF8: true}, letter, "550 5.6.7"},
		"size":     {relay.Envelope{}, "Subject: x\r\n\r\n" + strings.Repeat("123456\r\n", 1000), "552 5.3.4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := startProvider(t, func(p *provider) { p.extensions = []string{"SIZE 5000"} })
			w.p[failover.Primary] = p
			c.e.From, c.e.To = anna, []string{boss}
			i := add(t, w.queue, c.e, c.text)
			w.start()
			w.awaitEmpty()
			if c.bounce == "" {
				if got := p.messages(); len(got) != 1 || got[0].text != c.text {
					t.Errorf("%+v", got)
				}
				return
			}
			if got := w.q.of(relay.Bounce); len(got) != 1 || !strings.HasPrefix(got[0].Answer, c.bounce) {
				t.Errorf("%+v", got)
			}
			if kinds := w.q.kinds(i.ID); !slices.Contains(kinds, relay.Reported) || strings.Contains(p.commands(), "MAIL FROM:<"+anna) {
				t.Errorf("%v, %s", kinds, p.commands())
			}
		})
	}
}

// Some recipients are taken, some refused, some put off, some too many: each goes its way.
func TestEachRecipient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := startProvider(t, func(p *provider) {
		grey := once("RCPT", "grey", 1)
		p.script = func(s *session, verb, line string) string {
			switch {
			case verb != "RCPT":
			case strings.Contains(line, "no@"):
				return "550 5.1.1 unknown"
			case strings.Contains(line, "grey@") && grey(s, verb, line) != "":
				return "450 4.2.0 greylisted"
			case len(s.to) >= 100:
				return "452 4.5.3 too many recipients"
			}
			return ""
		}
	})
	w.p[failover.Primary] = p
	to := []string{"no@customer.test", "grey@customer.test"}
	for n := range 248 {
		to = append(to, fmt.Sprintf("r%d@customer.test", n))
	}
	i := w.send(anna, to...)
	w.start()
	w.awaitEmpty()
	places := map[string]int{}
	for _, m := range p.messages() {
		if m.from == "" {
			continue // the report
		}
		for _, to := range m.to {
			places[to]++
		}
	}
	if len(places) != 249 || places["no@customer.test"] != 0 {
		t.Errorf("%d recipients", len(places))
	}
	for to, n := range places {
		if n != 1 {
			t.Errorf("%s has it %d times", to, n)
		}
	}
	if kinds := w.q.kinds(i.ID); slices.Contains(kinds, relay.Doubtful) || kinds[len(kinds)-1] != relay.Sent {
		t.Errorf("%v", kinds)
	}
}

// One user's heap of mail does not stand before another's one message.
func TestFairness(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{true, false} {
		t.Run(fmt.Sprintf("shared login %v", shared), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.limits = relay.Limits{Connections: 2, PerLogin: 2}
			if shared {
				w.login = func(string) string { return "application" }
			}
			p := startProvider(t, nil)
			w.p[failover.Primary] = p
			for range 500 {
				w.send(anna, boss)
			}
			w.send("bert@example.test", boss)
			w.start()
			w.awaitEmpty()
			got := p.messages()
			at := slices.IndexFunc(got, func(m taken) bool { return m.from == "bert@example.test" })
			if len(got) != 501 || at > 250 {
				t.Errorf("Bert's was number %d of %d", at, len(got))
			}
			if _, most := p.connections(); most > 3 { // one may be saying good-bye
				t.Errorf("%d connections at once", most)
			}
		})
	}
}

// A connection that the provider closed in the meantime is nobody's fault.
func TestStaleConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.o.Retry.First, w.o.Timeouts.Idle = time.Hour, time.Hour
	p := startProvider(t, func(p *provider) {
		p.script = func(s *session, verb, _ string) string {
			if verb == "MAIL" && s.from != "" && s.n == 1 {
				return "421 4.4.2 idle too long"
			}
			return ""
		}
	})
	w.p[failover.Primary] = p
	for range 2 {
		w.send(anna, boss)
		if w.d == nil {
			w.start()
		}
		w.awaitEmpty()
	}
	if n := len(w.q.of(relay.Deferred)); n != 0 {
		t.Errorf("put off %d times", n)
	}
	if n := len(w.q.of(relay.Attempt)); n != 2 {
		t.Errorf("%d tries", n)
	}
}

// The wall clock may step: nothing expires, nothing waits for years, nothing spins.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-3 * 365 * 24 * time.Hour, 3 * 365 * 24 * time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.o.Retry.First = 50 * time.Millisecond
			p := startProvider(t, func(p *provider) { p.script = once("end", "451 4.3.0 later", 3) })
			w.p[failover.Primary] = p
			w.send(anna, boss)
			w.start()
			w.await("a deferral", func() bool { return len(w.q.of(relay.Deferred)) == 1 })
			w.clock.move(step, 0)
			w.d.Poke()
			w.awaitEmpty()
			if len(p.messages()) != 1 || len(w.q.of(relay.Attempt)) != 4 {
				t.Errorf("%d messages, %d tries", len(p.messages()), len(w.q.of(relay.Attempt)))
			}
			// After a start, too, nothing old expires before it has been tried for a while.
			w.end()
			p.setScript(once("end", "451 4.3.0 later", 2))
			w.send(anna, boss)
			w.clock.move(100*24*time.Hour, 0)
			w.start()
			w.awaitEmpty()
			if n := len(w.q.of(relay.Expiry)); n > 0 {
				t.Errorf("%d expired", n)
			}
		})
	}
}

// What nobody takes is given up in the end; before, the sender hears that it is late.
func TestWarningAndExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.o.Retry.Expire, w.o.Retry.Warn = 100*time.Hour, 4*time.Hour
	w.o.Words = func(s failover.Sentence) string {
		if s.Template == "Your message could not be delivered" {
			return "メールを届けられませんでした"
		}
		return s.String()
	}
	p := startProvider(t, func(p *provider) {
		p.script = func(_ *session, verb, line string) string {
			if verb == "RCPT" && strings.Contains(line, boss) {
				return "450 4.2.1 the mailbox is locked"
			}
			return ""
		}
	})
	w.p[failover.Primary] = p
	i := w.send(anna, boss)
	w.start()
	w.await("a try", func() bool { return len(w.q.of(relay.Deferred)) > 0 })
	w.clock.move(5*time.Hour, 5*time.Hour)
	w.d.Poke()
	w.await("the warning", func() bool { return len(w.q.of(relay.Warning)) == 1 && len(p.messages()) == 1 })
	w.clock.move(5*time.Hour, 5*time.Hour)
	w.d.Poke()
	w.clock.move(95*time.Hour, 95*time.Hour)
	w.d.Poke()
	w.awaitEmpty()
	if n := len(w.q.of(relay.Warning)); n != 1 {
		t.Errorf("warned %d times", n)
	}
	kinds := w.q.kinds(i.ID)
	if !slices.Equal(kinds[len(kinds)-2:], []relay.EventKind{relay.Expiry, relay.Reported}) {
		t.Errorf("%v", kinds)
	}
	got := p.messages()
	if len(got) != 2 || !strings.Contains(got[0].text, "Action: delayed") {
		t.Fatalf("%d reports", len(got))
	}
	m, err := mail.ReadMessage(strings.NewReader(got[1].text))
	if err != nil {
		t.Fatal(err)
	}
	if subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); subject != "メールを届けられませんでした" {
		t.Errorf("subject %q", subject)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";")
		types = append(types, kind)
		text, _ := io.ReadAll(part)
		if kind == "message/delivery-status" && (!strings.Contains(string(text), "Action: failed\r\nStatus: 5.4.7") || !strings.Contains(string(text), "Diagnostic-Code: smtp; 450 4.2.1 the mailbox is locked")) {
			t.Errorf("%s", text)
		}
	}
	if !slices.Equal(types, []string{"text/plain", "message/delivery-status", "text/rfc822-headers"}) {
		t.Errorf("parts %v", types)
	}
}

// A message that was being handed over when the program was killed is in doubt.
func TestFoundAtStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := startProvider(t, nil)
	w.p[failover.Primary] = p
	i := w.send(anna, boss)
	_, err := w.q.Update(t.Context(), i.ID, true, func(i *relay.Item) ([]relay.Event, error) {
		i.Handed = failover.Primary
		return []relay.Event{{ID: i.ID, Kind: relay.Handing, To: []string{boss}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.start()
	w.await("doubt", func() bool { return len(w.q.of(relay.Doubtful)) == 1 })
	if now, _ := w.q.Get(i.ID); now.State != relay.Uncertain || len(p.messages()) != 0 {
		t.Errorf("%+v", now)
	}
	w.clock.move(2*time.Hour, 2*time.Hour)
	w.d.Poke()
	w.awaitEmpty()
	if len(p.messages()) != 1 || len(w.q.of(relay.SentAgain)) != 1 {
		t.Error("not sent again, or not counted")
	}
}

// A queue that tells no changes is gone over, and followed all the same.
func TestQueueWithoutFeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queue = w.q
	p := startProvider(t, nil)
	w.p[failover.Primary] = p
	w.start()
	for range 50 {
		w.send(anna, boss)
	}
	w.awaitEmpty()
	if len(p.messages()) != 50 {
		t.Errorf("%d messages", len(p.messages()))
	}
}

// A restart does not forget what the provider has counted.
func TestPaceSurvivesARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits = relay.Limits{MessagesPerMinute: 5, RecipientsPerDay: 8}
	p := startProvider(t, nil)
	w.p[failover.Primary] = p
	for range 3 {
		w.send(anna, boss)
	}
	w.start()
	w.awaitEmpty()
	w.end()
	for range 10 {
		w.send(anna, boss)
	}
	w.start()
	w.await("one, and word of the limit", func() bool { return len(p.messages()) == 4 && len(w.q.of(relay.Pace)) > 0 })
	w.clock.move(15*time.Second, 15*time.Second)
	w.d.Poke()
	w.await("the rest of the minute", func() bool { return len(p.messages()) == 5 })
	w.await("the day's", func() bool {
		w.clock.move(time.Minute, time.Minute)
		w.d.Poke()
		return len(p.messages()) == 8
	})
	w.end()
	w.start()
	for range 10 {
		w.clock.move(time.Minute, time.Minute)
		w.d.Poke()
	}
	if len(p.messages()) != 8 {
		t.Errorf("%d recipients in a day", len(p.messages()))
	}
	w.await("the next day", func() bool {
		w.clock.move(time.Hour, time.Hour)
		w.d.Poke()
		return len(w.q.all()) == 0
	})
	if say := w.q.of(relay.Pace)[0].Say.String(); !strings.Contains(say, "takes 5 messages a minute from "+anna) {
		t.Errorf("%s", say)
	}
	if !slices.ContainsFunc(w.q.of(relay.Pace), func(e relay.Event) bool { return strings.Contains(e.Say.String(), "8 recipients a day") }) {
		t.Errorf("nothing of the day: %v", w.q.of(relay.Pace))
	}
}
