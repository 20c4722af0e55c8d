package engine_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/probe"
	"lifeboat/mailstore/signin"
)

// A town is a domain with 20 people and real servers around it, in a network namespace:
// BIND (the last of three does not follow the first), a root and a resolver, and two
// providers, each a Postfix and a Dovecot. The secondary's Postfix has doors with faults.
type town struct {
	t                  *testing.T
	ns                 []*servers.DNS
	key                servers.Key
	ca                 *servers.Authority
	primary, secondary *servers.Dovecot
	mx                 [2]*servers.Postfix
	dir                string

	// What a test changes: the secondary's MX host, the key's secret, passwords by user.
	mxHost, secret string
	password       map[string]string
	// patience is how long a connection may take: it is what a black hole costs.
	patience time.Duration
	trip     time.Duration // to every server and back; 0: it is near
}

const (
	firstAddr, secondAddr = "127.0.25.1", "127.0.25.2"
	controlAddr           = "127.0.25.9"
	signInPassword        = "hunter2-of-the-town"
)

func people(domain string) []string {
	var out []string
	for i := range 20 {
		out = append(out, fmt.Sprintf("person%02d@%s", i, domain))
	}
	return out
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{
		t: t, ca: servers.NewAuthority(t), key: servers.NewKey("lifeboat."), dir: t.TempDir(),
		mxHost: "mx.secondary.test", password: map[string]string{}, patience: 2 * time.Second,
	}
	w.secret = w.key.Secret
	w.startDNS()
	w.primary = servers.StartDovecot(t, servers.DovecotConfig{
		Name: "dovecot (primary)", Password: signInPassword, Listen: firstAddr + ":143", ListenTLS: firstAddr + ":993", Certificate: w.ca.Issue(t, "mx.primary.test"),
	})
	w.secondary = servers.StartDovecot(t, servers.DovecotConfig{
		Name: "dovecot (secondary)", Password: signInPassword, Listen: secondAddr + ":143", ListenTLS: secondAddr + ":993", Certificate: w.ca.Issue(t, "mx.secondary.test"),
	})
	w.mx[0] = servers.StartPostfix(t, servers.PostfixConfig{
		Hostname: "mx.primary.test", Listen: firstAddr + ":25", Submission: firstAddr + ":587", SignIn: w.primary.SignIn, Deliver: w.primary.LMTP,
		Certificate: w.ca.Issue(t, "mx.primary.test"), Domains: []string{"example.test"}, Recipients: people("example.test"),
		Doors: []servers.Door{{Listen: controlAddr + ":25", Parameters: map[string]string{"myhostname": "mx.others.test"}}},
	})
	w.mx[1] = w.startSecondary()
	return w
}

// startSecondary starts the secondary's Postfix, at which people at the emergency
// subdomain are who they are at the domain. Each door but the first has one fault.
func (w *town) startSecondary() *servers.Postfix {
	var same []string
	for i, a := range people("sos.example.test") {
		same = append(same, fmt.Sprintf("{ %s = %s }", a, people("example.test")[i]))
	}
	door := func(number int, c *servers.Certificate, set map[string]string) servers.Door {
		return servers.Door{Listen: fmt.Sprintf("127.0.25.%d:25", number), Certificate: c, Parameters: set}
	}
	return servers.StartPostfix(w.t, servers.PostfixConfig{
		Hostname: "mx.secondary.test", Listen: secondAddr + ":25", Submission: secondAddr + ":587", SignIn: w.secondary.SignIn, Deliver: w.secondary.LMTP,
		Certificate: w.ca.Issue(w.t, "mx.secondary.test"), Domains: []string{"example.test", "sos.example.test"}, Recipients: people("example.test"),
		Parameters: map[string]string{"virtual_alias_maps": "inline:{ " + strings.Join(same, ", ") + " }"},
		Doors: []servers.Door{
			door(3, w.ca.IssueExpired(w.t, "expired.secondary.test"), nil),
			door(4, w.ca.Issue(w.t, "somebody.else.test"), nil),
			door(5, servers.IssueItself(w.t, "self.secondary.test"), nil),
			door(6, w.ca.Issue(w.t, "everybody.secondary.test"), map[string]string{
				"virtual_mailbox_maps": "static:all", "local_recipient_maps": "", "smtpd_reject_unlisted_recipient": "no",
			}),
		},
	})
}

const townZone = "$ORIGIN example.test.\n$TTL 5\n@ SOA ns1 hostmaster 1 3600 600 86400 1\n@ NS ns1\n@ NS ns2\n@ NS ns3\n" +
	"ns1 A 127.0.53.1\nns2 A 127.0.53.2\nns3 A 127.0.53.3\n@ MX 10 mx.primary.test.\n" +
	"@ TXT \"v=spf1 include:spf.primary.test include:spf.secondary.test -all\"\n" +
	"sel1._domainkey CNAME sel1.dkim.secondary.test.\nsos TXT \"v=spf1 include:spf.secondary.test -all\"\n"

func (w *town) startDNS() {
	w.t.Helper()
	text := townZone + "sos MX 10 mx.secondary.test.\n"
	addrs := []string{"127.0.53.1:53", "127.0.53.2:53", "127.0.53.3:53"}
	first := servers.StartBIND(w.t, servers.DNSConfig{
		Name: "ns1", Listen: addrs[:1], Writer: w.key, UpdateTypes: []string{"MX", "TXT"},
		Zones: []servers.Zone{{Name: "example.test.", Text: text, Notify: addrs[1:2]}},
	})
	w.ns = []*servers.DNS{first,
		servers.StartBIND(w.t, servers.DNSConfig{
			Name: "ns2", Listen: addrs[1:2], Reader: first.Reader, Zones: []servers.Zone{{Name: "example.test.", Primaries: addrs[:1]}},
		}),
		servers.StartBIND(w.t, servers.DNSConfig{Name: "ns3", Listen: addrs[2:], Zones: []servers.Zone{{Name: "example.test.", Text: text, Closed: true}}}),
	}
	mail := func(name, addr, more string) servers.Zone {
		return servers.Zone{Name: name, Text: "$ORIGIN " + name + "\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS a.root-server.\nmx A " + addr +
			"\nspf TXT \"v=spf1 ip4:" + addr + " -all\"\n" + more}
	}
	servers.StartRoot(w.t, servers.RootConfig{
		Listen: "127.0.53.10:53",
		Delegations: []servers.Delegation{{Zone: "example.test.", Servers: map[string][]string{
			"ns1.example.test.": {"127.0.53.1"}, "ns2.example.test.": {"127.0.53.2"}, "ns3.example.test.": {"127.0.53.3"},
		}}},
		Zones: []servers.Zone{
			mail("primary.test.", firstAddr, ""),
			mail("secondary.test.", secondAddr, "expired A 127.0.25.3\nname A 127.0.25.4\nself A 127.0.25.5\neverybody A 127.0.25.6\n"),
		},
	})
	servers.StartResolver(w.t, servers.ResolverConfig{Listen: "127.0.0.53:53", Root: "127.0.53.10"})
}

// settings are those of the town's admin.
func (w *town) settings() *configs.Settings {
	w.t.Helper()
	file := filepath.Join(w.dir, "lifeboat.yaml")
	text := fmt.Sprintf(`organization: Example
language: en
resolver: {doh: [], controls: ["%[1]s:25"]}
domains:
  - name: example.test
    emergency_subdomain: sos.example.test
    mx_ttl: 5
    dns: {host: rfc2136, parameters: {server: "127.0.53.1:53", key_name: lifeboat, secret: "secret:dns-key"}}
providers:
  primary:
    preset: generic
    name: First
    mx: [10 mx.primary.test]
    spf_include: spf.primary.test
    imap: {host: mx.primary.test, port: 993}
    submission: {host: mx.primary.test, port: 587, tls: starttls}
    sign_in: password
  secondary:
    preset: generic
    name: Second
    mx: [10 %[2]s]
    spf_include: spf.secondary.test
    dkim_selectors: [{selector: sel1, type: CNAME, value: sel1.dkim.secondary.test}]
    imap: {host: mx.secondary.test, port: 993}
    submission: {host: mx.secondary.test, port: 587, tls: starttls}
recipients: {accounts: [%[3]s]}
`, controlAddr, w.mxHost, strings.Join(people("example.test"), ", "))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	s, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// engine is the town's engine with the settings as they are now, and a data folder of
// its own.
func (w *town) engine() *engine.Engine {
	w.t.Helper()
	settings := w.settings()
	var dialer failover.Dialer = &net.Dialer{Timeout: w.patience}
	if w.trip > 0 {
		dialer = &farDialer{net.Dialer{Timeout: w.patience}, w.trip}
	}
	log := slog.New(slog.DiscardHandler)
	trust := func() *tls.Config { return &tls.Config{RootCAs: w.ca.Pool(), MinVersion: tls.VersionTLS12} }
	reader := dnsview.New(dnsview.Options{Dialer: dialer, DoH: []string{}})
	source := func(user string) (signin.Source, error) {
		return signin.Password(user, func(context.Context) (string, error) {
			if p, wrong := w.password[user]; wrong {
				return p, nil
			}
			return signInPassword, nil
		}), nil
	}
	return engine.New(engine.Options{
		Settings: settings, DataDir: filepath.Join(w.t.TempDir(), "data"), Reader: reader, Owner: "test@town", Now: time.Now, Sleep: engine.Sleep, Logger: log,
		MakeHost: func(context.Context, configs.Domain) (dnshost.Host, error) {
			return rfc2136.New(rfc2136.Options{Server: "127.0.53.1:53", Dialer: dialer, Key: "lifeboat", Secret: dnshost.Secret(w.secret)})
		},
		MakeProber: func(_ configs.Provider, tell func(failover.Finding)) (*probe.Prober, error) {
			return probe.New(probe.Options{
				Dialer: dialer, Reader: reader, Controls: settings.Resolver.Controls, RCPTPerSecond: settings.Preflight.RcptPerSecond,
				TLS: trust(), Log: log, Tell: tell,
			}), nil
		},
		Mail: &engine.MailParts{
			Dialer: dialer, TLS: func(configs.Provider) (*tls.Config, error) { return trust(), nil },
			SignIn: func(_ context.Context, a configs.MirrorAccount) (signin.Source, error) { return source(a.User) },
			Keys:   engine.KeyMeans{Machine: onThisMachine(w.t.TempDir())},
		},
		Relay: &engine.RelayParts{
			Dialer: dialer, TLS: func(configs.Provider) (*tls.Config, error) { return trust(), nil },
			SignIn: func(_ context.Context, _ failover.Role, s configs.Sending) (signin.Source, error) {
				return source(s.User)
			},
		},
	})
}

// follows is nil once the second name server has what the first was told.
func (w *town) follows(ctx context.Context) error {
	mx, err := servers.Answers(ctx, w.ns[1].Addr, "example.test.", dns.TypeMX)
	if err == nil && len(mx) != 2 {
		err = fmt.Errorf("it has %q", mx)
	}
	return err
}
