package watch_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/watch"
)

// Postfix and Dovecot as they come: RCPT for somebody they know and for somebody they
// do not, sign-ins right and wrong, over TLS from the first byte and by STARTTLS.
// Nothing is left in a mailbox.
func TestPostfixAndDovecot(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	const host, other = "127.0.25.1", "127.0.0.1"
	ca := servers.NewAuthority(t)
	dovecot := servers.StartDovecot(t, servers.DovecotConfig{Certificate: ca.Issue(t, other)})
	servers.StartPostfix(t, servers.PostfixConfig{
		Hostname: "mx.primary.test", Listen: host + ":25", Submission: host + ":587", SignIn: dovecot.SignIn, Deliver: dovecot.LMTP,
		Certificate: ca.Issue(t, host), Domains: []string{"example.test"}, Recipients: []string{"anna@example.test"},
	})
	endpoint := func(addr string, how failover.Security) failover.Endpoint {
		a := netip.MustParseAddrPort(addr)
		return failover.Endpoint{Host: a.Addr().String(), Port: a.Port(), Security: how}
	}
	password, dialer := dovecot.Password, &net.Dialer{}
	look := func(imap failover.Endpoint, recipient string) map[detect.Service]detect.Observation {
		d := failover.Domain{
			Name:       "example.test.",
			Recipients: []failover.Recipient{{Address: recipient, Kind: failover.Account}},
			Primary: failover.Provider{
				Role: failover.Primary, Name: "First", MX: []failover.MX{{Preference: 10, Host: host}}, IMAP: imap,
				Submission: endpoint(host+":587", failover.StartTLS),
			},
		}
		w := watch.New(watch.Options{
			Domain: d, Dialer: dialer, Patience: 20 * time.Second, Memory: watch.Memory{Proved: detect.Watch(d)},
			Reader: dnsview.New(dnsview.Options{Dialer: dialer, Resolvers: []string{"127.0.0.1:1"}, DoH: []string{}, Timeout: time.Second}),
			Access: map[failover.Role]watch.Access{failover.Primary: {
				User: "anna@example.test", Password: func(context.Context) (string, error) { return password, nil },
				TLS: &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12},
			}},
		})
		out := map[detect.Service]detect.Observation{}
		for _, o := range w.Round(t.Context()).Observations {
			out[o.Service] = o
		}
		return out
	}
	for _, c := range []struct {
		imap      failover.Endpoint
		password  string
		recipient string
		service   detect.Service
		stage     detect.Stage
		outcome   detect.Outcome
		answer    string
	}{
		{endpoint(dovecot.IMAPS, failover.ImplicitTLS), dovecot.Password, "anna@example.test", detect.MX, detect.AtRCPT, detect.OK, ""},
		{endpoint(dovecot.IMAPS, failover.ImplicitTLS), dovecot.Password, "anna@example.test", detect.Submission, detect.AtSignIn, detect.OK, ""},
		{endpoint(dovecot.IMAPS, failover.ImplicitTLS), dovecot.Password, "anna@example.test", detect.IMAP, detect.AtSignIn, detect.OK, ""},
		{endpoint(dovecot.IMAP, failover.StartTLS), dovecot.Password, "nobody@example.test", detect.IMAP, detect.AtSignIn, detect.OK, ""},
		{endpoint(dovecot.IMAP, failover.StartTLS), dovecot.Password, "nobody@example.test", detect.MX, detect.AtRCPT, detect.Permanent, "550 5.1.1"},
		{endpoint(dovecot.IMAP, failover.StartTLS), "wrong", "anna@example.test", detect.IMAP, detect.AtSignIn, detect.Permanent, "NO [AUTHENTICATIONFAILED]"},
		{endpoint(dovecot.IMAPS, failover.ImplicitTLS), "wrong", "anna@example.test", detect.Submission, detect.AtSignIn, detect.Permanent, "535 5.7.8"},
		{endpoint(dovecot.IMAP, failover.ImplicitTLS), dovecot.Password, "anna@example.test", detect.IMAP, detect.AtTLS, detect.Reset, ""},
	} {
		password = c.password
		o := look(c.imap, c.recipient)[c.service]
		if o.Stage != c.stage || o.Outcome != c.outcome || !strings.Contains(o.Answer, c.answer) {
			t.Errorf("%s with %q for %s: %s at %s, %q", c.service, c.password, c.recipient, o.Outcome, o.Stage, o.Answer)
		}
	}
	if left := dovecot.Messages(t); len(left) > 0 {
		t.Errorf("%d messages were left behind", len(left))
	}
	if strings.Contains(dovecot.Log(), dovecot.Password) {
		t.Error("a log shows the password")
	}
}
