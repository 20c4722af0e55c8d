package deliver_test

import (
	"crypto/tls"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay"
)

// once makes a script that does something the first times that a command comes.
func once(verb, what string, times int) func(*session, string, string) string {
	var mu sync.Mutex
	return func(_ *session, v, _ string) string {
		mu.Lock()
		defer mu.Unlock()
		if v == verb && times > 0 {
			times--
			return what
		}
		return ""
	}
}

// Whatever a provider does before the end of the data, the message waits and leaves
// later, once; the reason is told.
func TestFaultsBeforeTheEnd(t *testing.T) {
	t.Parallel()
	for verb, faults := range map[string][]string{
		"connect": {"reset", "close", "hang", "421 4.3.2 not now", "554 5.3.2 no", "garbage", "endless line", "endless reply", "trickle"},
		"EHLO":    {"reset", "hang", "421 4.3.2 not now", "550 no", "451 4.3.0 later", "endless reply"},
		"MAIL":    {"reset", "hang", "451 4.3.0 later", "421 4.3.2 bye", "452 4.3.1 disk", "550 5.7.1 account blocked", "garbage", "354 eh"},
		"RCPT":    {"reset", "hang", "451 4.3.2 The server is not accepting messages", "450 4.2.0 greylisted", "452 4.5.3 too many recipients", "550 5.7.60 Client does not have permissions to send as this sender", "trickle"},
		"DATA":    {"reset", "hang", "451 4.3.0 later", "421 4.3.2 bye", "250 sure"},
		"body":    {"reset", "hang"},
		"end":     {"451 4.3.0 later", "421 4.3.2 bye", "550 5.7.60 SMTP; Client does not have permissions to send as this sender", "451 4.7.500 Server busy"},
	} {
		for _, fault := range faults {
			t.Run(verb+" "+strings.Fields(fault)[0], func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				if slices.Contains([]string{"hang", "trickle"}, fault) {
					w.o.Timeouts.Greeting, w.o.Timeouts.Command, w.o.Timeouts.Data = 500*time.Millisecond, 500*time.Millisecond, 500*time.Millisecond
				}
				p := startProvider(t, func(p *provider) { p.script = once(verb, fault, 1) })
				w.p[failover.Primary] = p
				i := w.send(anna, boss)
				if verb == "body" {
					// Small messages are in the network's buffers: a silence in the data is one after the end.
					w.o.Timeouts.End = time.Second
				}
				w.start()
				if verb == "body" {
					w.await("doubt or another try", func() bool {
						return len(w.q.of(relay.Doubtful)) == 1 || len(w.q.of(relay.Sent)) == 1
					})
					return
				}
				w.awaitEmpty()
				if n := len(p.messages()); n != 1 {
					t.Errorf("the provider has it %d times", n)
				}
				kinds := w.q.kinds(i.ID)
				if !slices.Contains(kinds, relay.Deferred) || slices.Contains(kinds, relay.Doubtful) || slices.Contains(kinds, relay.Bounce) {
					t.Errorf("events: %v", kinds)
				}
				if e := w.q.of(relay.Deferred)[0]; e.Say.IsZero() || len(e.To) != 1 || e.Role != failover.Primary {
					t.Errorf("put off without a reason: %+v", e)
				}
			})
		}
	}
}

// A reply that is lost makes the message uncertain; by rule it is sent once more, and counted.
func TestLostReply(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"reset", "close", "hang", "garbage", "take and reset", "take and close", "354 what"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if fault == "hang" {
				w.o.Timeouts.End = time.Second
			}
			p := startProvider(t, func(p *provider) { p.script = once("end", fault, 1) })
			w.p[failover.Primary] = p
			i := w.send(anna, boss)
			w.start()
			w.await("doubt", func() bool {
				now, _ := w.q.Get(i.ID)
				return now.State == relay.Uncertain
			})
			now, _ := w.q.Get(i.ID)
			if now.Handed != failover.Primary || now.Why.IsZero() || now.Next.Before(w.clock.now().Add(50*time.Minute)) {
				t.Errorf("uncertain: %+v", now)
			}
			before := len(p.messages())
			w.clock.move(time.Hour+time.Minute, time.Hour+time.Minute)
			w.d.Poke()
			w.awaitEmpty()
			if n := len(p.messages()); n != before+1 {
				t.Errorf("the provider has it %d times", n)
			}
			want := []relay.EventKind{relay.Submitted, relay.Attempt, relay.Handing, relay.Doubtful, relay.SentAgain, relay.Attempt, relay.Handing, relay.Sent}
			if kinds := w.q.kinds(i.ID); !slices.Equal(kinds, want) {
				t.Errorf("events: %v", kinds)
			}
		})
	}
}

func TestDoubtIsKeptForAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.o.Doubt.Resend = false
	p := startProvider(t, func(p *provider) { p.script = once("end", "take and close", 1) })
	w.p[failover.Primary] = p
	i := w.send(anna, boss)
	w.start()
	w.await("doubt", func() bool { return len(w.q.of(relay.Doubtful)) == 1 })
	w.clock.move(48*time.Hour, 48*time.Hour)
	w.d.Poke()
	w.send("bert@example.test", boss)
	w.await("the other", func() bool { return len(p.messages()) == 2 })
	if now, _ := w.q.Get(i.ID); now.State != relay.Uncertain {
		t.Fatalf("it is %s", now.State)
	}
	if _, err := w.d.Act(t.Context(), relay.Act{Kind: relay.ActSettle, Of: relay.Filter{IDs: []relay.ID{i.ID}}, By: "eva"}); err != nil {
		t.Fatal(err)
	}
	w.awaitEmpty()
	if got := w.q.of(relay.Settled); len(got) != 1 || got[0].By != "eva" || len(got[0].To) != 1 {
		t.Errorf("settled: %+v", got)
	}
	if len(p.messages()) != 2 {
		t.Error("a settled message was sent again")
	}
}

func TestPermanentRefusalIsReported(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"RCPT", "end"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := startProvider(t, func(p *provider) {
				p.script = func(s *session, verb, line string) string {
					if verb == at && (strings.Contains(line, "nobody@") || verb == "end" && s.from != "") {
						return "550-5.1.1 no such user\n550 5.1.1 at all"
					}
					return ""
				}
			})
			w.p[failover.Primary] = p
			i := w.send(anna, boss, "nobody@customer.test")
			w.start()
			w.awaitEmpty()
			bounce := w.q.of(relay.Bounce)
			if len(bounce) != 1 || bounce[0].Answer != "550-5.1.1 no such user\n550 5.1.1 at all" || bounce[0].Code != 550 {
				t.Fatalf("bounced: %+v", bounce)
			}
			if want := map[string]int{"RCPT": 1, "end": 2}[at]; len(bounce[0].To) != want {
				t.Errorf("bounced for %v", bounce[0].To)
			}
			reported := w.q.of(relay.Reported)
			if len(reported) != 1 || reported[0].ID != i.ID || reported[0].Other == "" {
				t.Fatalf("reported: %+v", reported)
			}
			got := p.messages()
			report := got[len(got)-1]
			if report.from != "" || !slices.Equal(report.to, []string{anna}) {
				t.Errorf("the report went from %q to %v", report.from, report.to)
			}
			for _, want := range []string{"From: <" + anna + ">", "Auto-Submitted: auto-replied", "report-type=delivery-status", "Final-Recipient: rfc822; nobody@customer.test", "Status: 5.1.1"} {
				if !strings.Contains(report.text, want) {
					t.Errorf("the report has no %q:\n%s", want, report.text)
				}
			}
		})
	}
}

// Nobody is told about a report, and one that is refused from nobody goes as a letter.
func TestReportsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := startProvider(t, func(p *provider) {
		p.script = func(_ *session, verb, line string) string {
			switch {
			case verb == "MAIL" && strings.HasPrefix(line, "MAIL FROM:<>"):
				return "553 5.7.1 a sender is wanted"
			case verb == "RCPT":
				return "550 5.1.1 no such user"
			}
			return ""
		}
	})
	w.p[failover.Primary] = p
	w.send(anna, "nobody@customer.test")
	w.start()
	w.awaitEmpty()
	if n := len(w.q.of(relay.Bounce)); n != 2 {
		t.Errorf("%d bounces, not those of the message and its report", n)
	}
	if n := len(w.q.of(relay.Reported)); n != 1 {
		t.Errorf("%d reports", n)
	}
	if !strings.Contains(p.commands(), "MAIL FROM:<"+anna+">") || strings.Count(p.commands(), "RCPT TO:<"+anna+">") == 0 {
		t.Errorf("the report was not tried from its reader:\n%s", p.commands())
	}
}

// What the account or the credential is to blame for bounces nothing, and stops that
// login alone.
func TestRefusedCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ca := servers.NewAuthority(t)
	p := startProvider(t, func(p *provider) {
		p.cert = &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "127.0.0.1").TLS}, RootCAs: ca.Pool()}
		p.passwords = map[string]string{anna: "open sesame, please", "bert@example.test": "another secret"}
	})
	w.p[failover.Primary], w.security = p, failover.StartTLS
	var mu sync.Mutex
	wrong := "mistyped password"
	w.password = func(login string) string {
		mu.Lock()
		defer mu.Unlock()
		if login == anna {
			return wrong
		}
		return "another secret"
	}
	var first relay.Item
	for range 5 {
		first = w.send(anna, boss)
	}
	w.send("bert@example.test", boss)
	w.start()
	w.await("Bert's", func() bool { return len(p.messages()) == 1 && len(w.q.of(relay.Deferred)) > 0 })
	if n := len(w.q.of(relay.Bounce)); n > 0 {
		t.Fatalf("%d bounced", n)
	}
	e := w.q.of(relay.Deferred)[0]
	if !strings.Contains(e.Say.String(), "refuses the sign-in of "+anna) || e.Code != 535 {
		t.Errorf("the reason: %s", e.Say)
	}
	for _, e := range w.q.of(relay.Deferred) {
		if text := e.Answer + e.Say.String(); strings.Contains(text, wrong) || strings.Contains(text, "AGFubm") {
			t.Errorf("it tells the password: %s", text)
		}
	}
	mu.Lock()
	wrong = "open sesame, please"
	mu.Unlock()
	if _, err := w.d.Act(t.Context(), relay.Act{Kind: relay.ActRetry, Of: relay.Filter{IDs: []relay.ID{first.ID}}, By: "eva"}); err != nil {
		t.Fatal(err)
	}
	w.awaitEmpty()
	if got := p.messages(); len(got) != 6 || got[5].login != anna {
		t.Errorf("got %d", len(got))
	}
	sent := w.q.of(relay.Sent)[0]
	if sent.TLS == nil || sent.TLS.Version != "TLS 1.3" || sent.TLS.Name != "127.0.0.1" || sent.TLS.Cipher == "" {
		t.Errorf("TLS: %+v", sent.TLS)
	}
}

// A token that has expired is thrown away and had anew, without a pause.
func TestExpiredToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.o.Retry.First, w.o.Retry.Most = time.Hour, time.Hour
	p := startProvider(t, func(p *provider) { p.passwords = map[string]string{anna: "fresh token"} })
	w.p[failover.Primary] = p
	var mu sync.Mutex
	token := "old token"
	w.password = func(string) string {
		mu.Lock()
		defer mu.Unlock()
		return token
	}
	w.refused = func(error) bool {
		mu.Lock()
		defer mu.Unlock()
		again := token == "old token"
		token = "fresh token"
		return again
	}
	w.send(anna, boss)
	w.start()
	w.awaitEmpty()
	if n := len(w.q.of(relay.Deferred)); n > 0 {
		t.Errorf("put off %d times", n)
	}
}

func TestMissingCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.p[failover.Primary] = startProvider(t, nil)
	w.login = func(sender string) string {
		if sender == anna {
			return ""
		}
		return sender
	}
	i := w.send(anna, boss)
	w.send("bert@example.test", boss)
	w.start()
	w.await("the other", func() bool { return len(w.q.of(relay.Sent)) == 1 && len(w.q.of(relay.Deferred)) > 0 })
	now, _ := w.q.Get(i.ID)
	if now.State != relay.Waiting || !strings.Contains(now.Why.String(), "No password is stored for "+anna) {
		t.Errorf("%+v", now)
	}
}

func TestTLSIsChecked(t *testing.T) {
	t.Parallel()
	ca, other := servers.NewAuthority(t), servers.NewAuthority(t)
	good := ca.Issue(t, "127.0.0.1")
	for name, c := range map[string]struct {
		cert     *servers.Certificate
		implicit bool
		hide     bool
		want     string
	}{
		"wrong name":         {ca.Issue(t, "smtp.elsewhere.test"), false, false, "cannot be trusted"},
		"expired":            {ca.IssueExpired(t, "127.0.0.1"), false, false, "cannot be trusted"},
		"unknown":            {other.Issue(t, "127.0.0.1"), true, false, "cannot be trusted"},
		"no STARTTLS":        {good, false, true, "does not offer encryption"},
		"good and implicit":  {good, true, false, ""},
		"good with STARTTLS": {good, false, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.security = failover.StartTLS
			if c.implicit {
				w.security = failover.ImplicitTLS
			}
			p := startProvider(t, func(p *provider) {
				p.implicit = c.implicit
				p.cert = &tls.Config{Certificates: []tls.Certificate{c.cert.TLS}, RootCAs: ca.Pool()}
				if c.hide {
					p.script = func(_ *session, verb, _ string) string {
						if verb == "EHLO" {
							return "250-provider.test\n250 SIZE 1000000"
						}
						return ""
					}
				}
			})
			w.p[failover.Primary] = p
			w.send(anna, boss)
			w.start()
			if c.want == "" {
				w.awaitEmpty()
				return
			}
			w.await("a refusal", func() bool { return len(w.q.of(relay.Deferred)) > 0 })
			if say := w.q.of(relay.Deferred)[0].Say.String(); !strings.Contains(say, c.want) {
				t.Errorf("the reason: %s", say)
			}
			if strings.Contains(p.commands(), "MAIL") {
				t.Error("a message was begun all the same")
			}
		})
	}
}
