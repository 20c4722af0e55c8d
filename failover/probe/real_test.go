package probe

import (
	"context"
	"fmt"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/lab"
)

// Postfix, as it comes: a recipient it knows, one it does not know, its STARTTLS,
// and what it says once it takes us for a spammer.
func TestPreflightOfPostfix(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	w := newWorld(t)
	w.target.Provider.MX = w.target.Provider.MX[:1]
	postfix := servers.StartPostfix(t, servers.PostfixConfig{
		Hostname: "mx1.second.test", Certificate: w.ca.Issue(t, "mx1.second.test"),
		Domains: []string{"example.test"}, Recipients: []string{"info@example.test", "taro@example.test"},
	})
	w.Route(mx1Addr+":25", postfix.Addr)
	findings := w.look()
	for check, subject := range map[string]string{"mx-answers": firstHost, "starttls": firstHost, "line": "", "rcpt": "info@example.test"} {
		expect(t, find(t, findings, check, subject), failover.Pass)
	}
	expect(t, find(t, findings, "rcpt", "sales@example.test"), failover.Red, "sales@example.test", "550 5.1.1")

	w.target.Domain.Name = "other.test." // which is none of its domains
	w.target.Domain.Recipients = people("info@other.test")
	expect(t, w.one("rcpt", "info@other.test"), failover.Red, "does not take mail for other.test at all", "Relay access denied")
}

func TestPreflightOfPostfixThatRefusesThisLine(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	w := newWorld(t)
	w.target.Provider.MX = w.target.Provider.MX[:1]
	postfix := servers.StartPostfix(t, servers.PostfixConfig{
		Hostname: "mx1.second.test", Certificate: w.ca.Issue(t, "mx1.second.test"),
		Domains: []string{"example.test"}, Recipients: []string{"info@example.test"},
		Parameters: map[string]string{
			"mynetworks": "192.0.2.1/32", "smtpd_recipient_restrictions": "check_client_access static:{554 5.7.1 blocked}, reject_unauth_destination",
		},
	})
	w.Route(mx1Addr+":25", postfix.Addr)
	f := w.one("rcpt", "info@example.test")
	expect(t, f, failover.Unknown, "554 5.7.1")
	if !f.OwnLine {
		t.Error("not owed to our line")
	}
}

// The practice world is one in which everything is ready, and each of its faults is
// noticed.
func TestPreflightInTheLab(t *testing.T) {
	w, err := lab.New(lab.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	reader := dnsview.New(dnsview.Options{
		Dialer: w.Dialer(), Resolvers: []string{w.Resolver()}, DoH: []string{w.DoHURL()}, TLS: w.TLSConfig(), Timeout: 2 * time.Second,
		Controls: w.DNSControls(),
	})
	p := New(Options{
		Dialer: w.Dialer(), Reader: reader, Controls: w.Controls(), TLS: w.TLSConfig(), RCPTPerSecond: 1000, Patience: 2 * time.Second,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	domain := w.Domain()
	judge := func(role failover.Role) Judgement {
		target := Target{Domain: domain, Provider: domain.Provider(role)}
		return Judge(p.Preflight(t.Context(), target), target, time.Now(), 0)
	}
	for _, role := range []failover.Role{failover.Secondary, failover.Primary} {
		if j := judge(role); !j.Allowed || len(j.Warnings) > 0 {
			t.Errorf("%s: %s", role, told(j))
		}
	}

	missing := domain.Recipients[0].Address
	w.SetRecipient(failover.Secondary, missing, false)
	if j := judge(failover.Secondary); len(j.Blocking) != 1 || j.Blocking[0].Subject != missing {
		t.Errorf("a recipient is missing: %s", told(j))
	}
	w.SetRecipient(failover.Secondary, missing, true)

	for _, fault := range []lab.Fault{lab.Refuse, lab.Reset, lab.Busy, lab.Defer, lab.Reject, lab.NoTLS, lab.BadCertificate} {
		if err := w.Break(failover.Secondary, fault); err != nil {
			t.Fatal(err)
		}
		if judge(failover.Secondary).Allowed {
			t.Errorf("%s is not noticed", fault)
		}
		w.Mend(failover.Secondary)
	}

	w.SetLine(lab.Line{Blocked: []uint16{25}})
	j := judge(failover.Secondary)
	if j.Allowed || len(j.Blocking) > 0 {
		t.Errorf("port 25 blocked: %s", told(j))
	}
	for _, f := range j.Unknown {
		if !f.OwnLine {
			t.Errorf("port 25 blocked: %s", told(j))
		}
	}
}

func told(j Judgement) string {
	out := ""
	for _, list := range [][]failover.Finding{j.Blocking, j.Unknown, j.Warnings} {
		for _, f := range list {
			out += fmt.Sprintf("\n%s %s %s: %s %q", f.Check, f.Subject, f.Verdict, f.Say, f.Evidence)
		}
	}
	return out
}
