package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
)

// A world is a domain with real servers around it, in a network namespace: BIND
// with two secondaries, two mail providers (Postfix and Dovecot), a Postfix
// outside that writes to it, and Lifeboat's own program with its settings.
type world struct {
	t          *testing.T
	dir        string
	program    string
	ca         *servers.Authority
	key        servers.Key
	ns         []*servers.DNS
	primary    provider
	secondary  provider
	outside    *servers.Postfix
	recipients []string
	settings   string // the settings file
}

type provider struct {
	mx    *servers.Postfix
	store *servers.Dovecot
}

const (
	zoneName    = "example.test."
	primaryMX   = "127.0.25.1"
	secondaryMX = "127.0.25.2"
	secretEnv   = "LIFEBOAT_SECRET_DNS_KEY"
	password    = "secret"
)

// plan of a world: what differs from the usual.
type worldPlan struct {
	// missing are recipients that the secondary does not know.
	missing []string
	// records are added to the domain's zone.
	records string
	// mx replaces the domain's MX lines.
	mx string
	// secondaryMX replaces the secondary's MX in the settings.
	secondaryMX string
	// withoutMail starts no mail servers: only DNS is looked at.
	withoutMail bool
}

// newWorld starts everything; call it inside a namespace.
func newWorld(t *testing.T, plan worldPlan) *world {
	t.Helper()
	w := &world{
		t: t, dir: t.TempDir(), ca: servers.NewAuthority(t), key: servers.NewKey("lifeboat."),
		recipients: []string{"anna@example.test", "ben@example.test", "info@example.test", "team@example.test"},
	}
	w.program = program(t)
	w.startDNS(plan)
	if !plan.withoutMail {
		there := slices.DeleteFunc(slices.Clone(w.recipients), func(r string) bool { return slices.Contains(plan.missing, r) })
		w.primary = w.startProvider("mx.primary.test", primaryMX, w.recipients)
		w.secondary = w.startProvider("mx.secondary.test", secondaryMX, there)
		w.outside = servers.StartPostfix(t, servers.PostfixConfig{Hostname: "outside.test", Listen: "127.0.25.9:25"})
	}
	w.writeSettings(plan)
	return w
}

func (w *world) startDNS(plan worldPlan) {
	w.t.Helper()
	mx := plan.mx
	if mx == "" {
		mx = "@ MX 10 mx.primary.test.\n"
	}
	text := "$ORIGIN example.test.\n$TTL 5\n@ SOA ns1 hostmaster 1 3600 600 86400 1\n@ NS ns1\n@ NS ns2\n@ NS ns3\n" +
		"ns1 A 127.0.53.1\nns2 A 127.0.53.2\nns3 A 127.0.53.3\n" + mx +
		"@ TXT \"v=spf1 include:spf.primary.test include:spf.secondary.test -all\"\n" +
		"@ TXT \"somebody-elses-verification=1\"\n_dmarc TXT \"v=DMARC1; p=none\"\nwww A 127.0.80.1\nsub MX 5 mx.primary.test.\n" + plan.records
	addrs := []string{"127.0.53.1:53", "127.0.53.2:53", "127.0.53.3:53"}
	first := servers.StartBIND(w.t, servers.DNSConfig{
		Name: "ns1", Listen: addrs[:1], Writer: w.key, UpdateTypes: []string{"MX", "TXT"},
		Zones: []servers.Zone{{Name: zoneName, Text: text, Notify: addrs[1:]}},
	})
	w.ns = []*servers.DNS{first}
	for i, addr := range addrs[1:] {
		w.ns = append(w.ns, servers.StartBIND(w.t, servers.DNSConfig{
			Name: fmt.Sprintf("ns%d", i+2), Listen: []string{addr}, Reader: first.Reader,
			Zones: []servers.Zone{{Name: zoneName, Primaries: addrs[:1]}},
		}))
	}
	servers.StartRoot(w.t, servers.RootConfig{
		Listen: "127.0.53.10:53",
		Delegations: []servers.Delegation{{Zone: zoneName, Servers: map[string][]string{
			"ns1.example.test.": {"127.0.53.1"}, "ns2.example.test.": {"127.0.53.2"}, "ns3.example.test.": {"127.0.53.3"},
		}}},
		Zones: []servers.Zone{
			{Name: "primary.test.", Text: mailZone("primary.test.", primaryMX)},
			{Name: "secondary.test.", Text: mailZone("secondary.test.", secondaryMX) + "alias CNAME mx\nnowhere TXT \"no address here\"\n"},
			{Name: "outside.test.", Text: mailZone("outside.test.", "127.0.25.9")},
		},
	})
	servers.StartResolver(w.t, servers.ResolverConfig{Listen: "127.0.0.53:53", Root: "127.0.53.10"})
}

func mailZone(name, mx string) string {
	return "$ORIGIN " + name + "\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS a.root-server.\nmx A " + mx +
		"\nspf TXT \"v=spf1 ip4:" + mx + " -all\"\n"
}

func (w *world) startProvider(host, addr string, recipients []string) provider {
	w.t.Helper()
	store := servers.StartDovecot(w.t, servers.DovecotConfig{Name: "dovecot " + host, Password: password})
	return provider{store: store, mx: servers.StartPostfix(w.t, servers.PostfixConfig{
		Hostname: host, Listen: addr + ":25", Certificate: w.ca.Issue(w.t, host), Deliver: store.LMTP,
		Submission: addr + ":587", SignIn: store.SignIn,
		Domains: []string{"example.test"}, Recipients: recipients,
	})}
}

func (w *world) writeSettings(plan worldPlan) {
	w.t.Helper()
	mx := plan.secondaryMX
	if mx == "" {
		mx = "10 mx.secondary.test"
	}
	w.settings = filepath.Join(w.dir, "lifeboat.yaml")
	w.write(fmt.Sprintf(`organization: Example
language: en
resolver:
  doh: []
  controls: [127.0.25.9:25, 127.0.25.10:25]
domains:
  - name: example.test
    mx_ttl: 5
    dns:
      host: rfc2136
      parameters:
        server: 127.0.53.1:53
        key_name: lifeboat
        secret: secret:dns-key
providers:
  primary:
    preset: generic
    name: Primary
    mx: [10 mx.primary.test]
    spf_include: spf.primary.test
  secondary:
    preset: generic
    name: Secondary
    mx: [%s]
    spf_include: spf.secondary.test
    submission:
      host: mx.secondary.test
      port: 587
      tls: starttls
      username: anna@example.test
      password: secret:anna
recipients:
  accounts:
    - address: anna@example.test
    - address: ben@example.test
      aliases: [info@example.test]
  groups:
    - address: team@example.test
preflight:
  rcpt_per_second: 20
`, mx))
}

func (w *world) write(settings string) {
	w.t.Helper()
	if err := os.WriteFile(w.settings, []byte(settings), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// edit replaces text in the settings.
func (w *world) edit(old, now string) {
	w.t.Helper()
	b, err := os.ReadFile(w.settings)
	if err != nil || !bytes.Contains(b, []byte(old)) {
		w.t.Fatalf("no %q in the settings: %v", old, err)
	}
	w.write(strings.Replace(string(b), old, now, 1))
}

// said is what one run of the program printed, and its exit status.
type said struct {
	out, err string
	status   int
}

func (s said) String() string { return fmt.Sprintf("exit %d\n%s%s", s.status, s.err, s.out) }

// command prepares the program; it trusts the world's authority and has the
// world's secrets.
func (w *world) command(args ...string) *exec.Cmd {
	c := exec.CommandContext(w.t.Context(), w.program, args...)
	c.Dir = w.dir
	c.Env = append(os.Environ(), "LIFEBOAT_CONFIG="+w.settings, "LIFEBOAT_DATA="+filepath.Join(w.dir, "data"),
		secretEnv+"="+w.key.Secret, "LIFEBOAT_SECRET_ANNA="+password, "LIFEBOAT_LANGUAGE=en", "HOME="+w.dir)
	c.Env = append(c.Env, w.ca.Env()...)
	return c
}

// lifeboat runs the program to its end.
func (w *world) lifeboat(args ...string) said {
	w.t.Helper()
	var out, errs bytes.Buffer
	c := w.command(args...)
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	s := said{out.String(), errs.String(), c.ProcessState.ExitCode()}
	w.t.Logf("$ lifeboat %s\n%v", strings.Join(args, " "), s)
	if strings.Contains(s.String(), w.key.Secret) {
		w.t.Error("a secret was printed")
	}
	return s
}

// stream sends letters from outside, one every pause, until stop is called; stop
// returns all their Message-IDs.
func (w *world) stream(pause time.Duration, most int) (stop func() []string) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	var ids []string
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for n := 1; n <= most; n++ {
			letter := servers.Letter{
				From: "eve@outside.test", To: []string{w.recipients[n%len(w.recipients)]},
				ID: fmt.Sprintf("<n%d@outside.test>", n), Subject: fmt.Sprint("Order ", n), Body: "Hello.",
			}
			if err := servers.Send(ctx, w.outside.Addr, letter); err != nil {
				if ctx.Err() == nil {
					w.t.Errorf("the outside server does not take a letter: %v", err)
				}
				return
			}
			ids = append(ids, letter.ID)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return func() []string {
		cancel()
		wg.Wait()
		return ids
	}
}

// drained waits until nothing waits outside, and then until the providers have put what
// they took into mailboxes.
func (w *world) drained() {
	w.t.Helper()
	for _, mx := range []*servers.Postfix{w.outside, w.primary.mx, w.secondary.mx} {
		servers.Await(w.t, "the queue to drain at "+mx.Addr, func(context.Context) error {
			if q := mx.Queue(w.t); len(q) > 0 {
				return fmt.Errorf("%d messages wait: %+v", len(q), q)
			}
			return nil
		})
	}
}

// held counts the copies of each message at a provider, by Message-ID.
func (w *world) held(p provider) map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for _, m := range p.store.Messages(w.t) {
		out[m.ID()]++
	}
	return out
}

// served asks a name server for the domain's MX.
func (w *world) served(i int) []string {
	w.t.Helper()
	got, err := servers.Answers(w.t.Context(), w.ns[i].Addr, zoneName, dnsTypeMX)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

const dnsTypeMX = 15 // RFC 1035 section 3.2.2
