package deliver_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
)

// smartHost is a real Postfix that takes mail from those who sign in, each as themselves.
func smartHost(t *testing.T, w *world, users int, parameters map[string]string) *servers.Postfix {
	t.Helper()
	ca := servers.NewAuthority(t)
	signIn := servers.StartDovecot(t, servers.DovecotConfig{})
	var logins strings.Builder
	for n := range users {
		fmt.Fprintf(&logins, "{ user%d@example.test = user%d@example.test }, ", n, n)
	}
	all := map[string]string{
		"default_transport":         "discard:",
		"smtpd_sender_login_maps":   "inline:{ " + logins.String() + " }",
		"smtpd_sender_restrictions": "reject_sender_login_mismatch",
	}
	for name, value := range parameters {
		all[name] = value
	}
	host := servers.StartPostfix(t, servers.PostfixConfig{
		Hostname: "smtp.primary.test", Listen: "127.0.25.1:25", Submission: "127.0.25.1:587", SignIn: signIn.SignIn,
		Certificate: ca.Issue(t, "smtp.primary.test"), Domains: []string{"known.test"}, Recipients: []string{"somebody@known.test"}, Parameters: all,
	})
	w.password = func(string) string { return signIn.Password }
	w.o.Target = func(string, failover.Role) (deliver.Target, error) {
		return deliver.Target{
			Name: "Postfix", Endpoint: failover.Endpoint{Host: "127.0.25.1", Port: 587, Security: failover.StartTLS},
			TLS: &tls.Config{RootCAs: ca.Pool(), ServerName: "smtp.primary.test"}, Limits: w.limits,
		}, nil
	}
	return host
}

// sentBy counts what Postfix delivered, by recipient.
func sentBy(t *testing.T, host *servers.Postfix) map[string]int {
	to := map[string]int{}
	for _, f := range host.Fates(t) {
		if f.Status == "sent" {
			to[f.To]++
		}
	}
	return to
}

// Each message leaves with its own sender's credential, so that a host that enforces it
// refuses nothing; and its refusal of a recipient comes back as a report.
func TestSenderMustBeLogin(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	w := newWorld(t)
	w.limits = relay.Limits{PerLogin: 3}
	host := smartHost(t, w, 20, nil)
	const messages = 200
	for n := range messages {
		add(t, w.queue, relay.Envelope{From: fmt.Sprintf("user%d@example.test", n%20), To: []string{fmt.Sprintf("m%d@elsewhere.test", n)}}, letter)
	}
	w.send("user3@example.test", "nobody@known.test")
	foreign := w.send("user99@example.test", boss) // who may not
	w.start()
	w.await("all but the foreign one", func() bool { return len(w.q.all()) == 1 && len(w.q.of(relay.Deferred)) > 0 })
	servers.Await(t, "Postfix's log", func(_ context.Context) error {
		got := sentBy(t, host)
		for n := range messages {
			if to := fmt.Sprintf("m%d@elsewhere.test", n); got[to] != 1 {
				return fmt.Errorf("%s was delivered %d times", to, got[to])
			}
		}
		if got["user3@example.test"] != 1 {
			return fmt.Errorf("%d reports", got["user3@example.test"])
		}
		return nil
	})
	now, _ := w.q.Get(foreign.ID)
	if !strings.Contains(now.Why.String(), "does not let user99@example.test send") {
		t.Errorf("the foreign one: %s", now.Why)
	}
	if bounces := w.q.of(relay.Bounce); len(bounces) != 1 || bounces[0].To[0] != "nobody@known.test" {
		t.Errorf("bounced: %+v", bounces)
	}
	if sent := w.q.of(relay.Sent); sent[0].TLS == nil || sent[0].TLS.Name != "smtp.primary.test" {
		t.Errorf("%+v", sent[0])
	}
}

// paced sends through a Postfix that takes 30 messages in its minute, and counts its refusals.
func paced(t *testing.T, messages int, minute time.Duration) {
	w := newWorld(t)
	w.limits = relay.Limits{MessagesPerMinute: 30, Connections: 3}
	w.login = func(string) string { return "user0@example.test" } // one for all
	host := smartHost(t, w, 1, map[string]string{
		"smtpd_sender_restrictions": "", "smtpd_client_message_rate_limit": "30", "anvil_rate_time_unit": minute.String(), "smtpd_client_event_limit_exceptions": "",
	})
	for n := range messages {
		add(t, w.queue, relay.Envelope{From: fmt.Sprintf("user%d@example.test", n%20), To: []string{fmt.Sprintf("m%d@elsewhere.test", n)}}, letter)
	}
	w.o.Queue = w.queue
	w.d = deliver.New(w.o)
	w.d.SetMinute(minute + 2*time.Second) // as in life; see minuteSpan
	w.run()
	w.awaitEmpty()
	if n := len(w.q.of(relay.Deferred)); n > 0 {
		t.Errorf("refused %d times, with %s", n, w.q.of(relay.Deferred)[0].Answer)
	}
	if n := len(w.q.of(relay.Pace)); n == 0 {
		t.Error("nobody was told that messages wait")
	}
	servers.Await(t, "Postfix's log", func(_ context.Context) error {
		if n := len(sentBy(t, host)); n != messages {
			return fmt.Errorf("%d delivered", n)
		}
		return nil
	})
}

func TestThirtyAMinute(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	paced(t, 60, time.Second)
}

func TestLongThirtyAMinute(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	paced(t, 500, time.Second)
}

// Postfix's own sink, with the faults that it has.
func TestSinks(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	for name, options := range map[string][]string{
		"well": nil, "451 at DATA": {"-r", "data"}, "451 at the end": {"-r", "."}, "500 at RCPT": {"-f", "rcpt"}, "hangs up at DATA": {"-q", "data"},
		"hangs up at the end": {"-q", "."}, "slow": {"-w", "1"}, "no ESMTP": {"-e"}, "no PIPELINING": {"-p"}, "no 8BITMIME": {"-8"},
	} {
		t.Run(name, func(t *testing.T) {
			sink := servers.StartSink(t, servers.SinkConfig{Options: options})
			w := newWorld(t)
			w.o.Timeouts.Command = 20 * time.Second
			w.o.Target = func(string, failover.Role) (deliver.Target, error) {
				var port uint16
				_, err := fmt.Sscanf(sink.Addr, "127.0.0.1:%d", &port)
				return deliver.Target{Endpoint: failover.Endpoint{Host: "127.0.0.1", Port: port}}, err
			}
			for range 3 {
				w.send(anna, boss)
			}
			w.start()
			kind := relay.Sent
			switch name {
			case "451 at DATA", "451 at the end", "hangs up at DATA":
				kind = relay.Deferred
			case "500 at RCPT":
				kind = relay.Bounce
			case "hangs up at the end":
				kind = relay.Doubtful
			}
			w.await(string(kind), func() bool { return len(w.q.of(kind)) >= 3 })
			if kept := sink.Messages(t); kind == relay.Sent && (len(kept) != 3 || !strings.Contains(kept[0], strings.ReplaceAll(letter, "\r\n", "\n"))) {
				t.Errorf("%d kept: %q", len(kept), kept)
			}
			if others := []relay.EventKind{relay.Sent, relay.Bounce, relay.Doubtful}; slices.ContainsFunc(others, func(k relay.EventKind) bool { return k != kind && len(w.q.of(k)) > 0 }) && kind != relay.Bounce {
				t.Errorf("also %v", w.q.events)
			}
		})
	}
}
