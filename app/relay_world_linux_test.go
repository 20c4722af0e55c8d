package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay"
)

// A relayWorld is a world whose staff write through Lifeboat's relay. Both providers are
// smart hosts, a Postfix that asks its Dovecot who signs in and lets nobody write as
// somebody else. Whatever a provider takes, for whomever, it puts into its own Dovecot:
// so it is seen through which of the two a message left.
type relayWorld struct {
	*world
	secrets []string // NAME=value, for the program's environment
	serving *exec.Cmd
	told    *syncBuffer // what the serving program wrote
	held    map[string]string
	written atomic.Int64 // by the staff
}

const (
	submitAt  = "127.0.0.1:2587" // STARTTLS
	submitTLS = "127.0.0.1:2465" // TLS from the first byte
	// Whoever connects to an address of the loopback interface's own does so from it.
	deviceHost = "127.0.40.1"
	deviceAt   = deviceHost + ":2525"

	ben    = "ben@example.test"
	copier = "copier@example.test"
	boss   = "boss@customer.test"
)

// relayPlan says how a relayWorld differs from the usual.
type relayPlan struct {
	relay     string // more settings of the relay
	data      string // the data folder, if not the usual one
	noPrimary bool   // the test is the primary itself
	imap      bool   // the primary's mailboxes can be read
	records   string // of the domain's zone, beside the usual ones
}

func newRelayWorld(t *testing.T, plan relayPlan) *relayWorld {
	t.Helper()
	w := &relayWorld{world: newWorld(t, worldPlan{withoutMail: true, records: plan.records}), told: &syncBuffer{}, held: map[string]string{}}
	w.recipients = append(w.recipients, copier)
	if out, err := exec.CommandContext(t.Context(), "ip", "address", "replace", deviceHost+"/32", "dev", "lo").CombinedOutput(); err != nil {
		t.Fatalf("ip (listed in .ci/packages): %v: %s", err, out)
	}
	if !plan.noPrimary {
		w.primary = w.smartHost("mx.primary.test", primaryMX, plan.imap)
	}
	w.secondary = w.smartHost("mx.secondary.test", secondaryMX, false)
	w.edit("    - address: ben@", "    - address: copier@example.test\n    - address: ben@")
	const submission = "    spf_include: spf.%[1]s.test\n    sign_in: {method: password, password: secret:anna}\n    submission: {host: mx.%[1]s.test, port: 587, tls: starttls}\n"
	w.edit("      username: anna@example.test\n      password: secret:anna\n", "    sign_in: {method: password, password: secret:anna}\n")
	w.edit("    spf_include: spf.primary.test\n", fmt.Sprintf(submission, "primary")+"    imap: {host: mx.primary.test, port: 993}\n")
	own := w.ca.Issue(t, "relay.example.test", "localhost", "127.0.0.1", deviceHost)
	w.append(fmt.Sprintf(`relay:
  hostname: relay.example.test
  listen:
    - {address: %q, tls: starttls}
    - {address: %q, tls: implicit}
    - {address: %q, tls: starttls}
  devices: [{addresses: [%s], user: %s}]
  certificate: {file: %s, key: %s}
  messages_per_hour: 0
  recipients_per_day: 0
  retry: {first: 1s, most: 2s}
  uncertain_after: 2s
%s`, submitAt, submitTLS, deviceAt, deviceHost, copier, own.File, own.KeyFile, plan.relay))
	if plan.data != "" {
		w.secrets = append(w.secrets, "LIFEBOAT_DATA="+plan.data)
	}
	return w
}

// append adds to the settings.
func (w *relayWorld) append(text string) {
	w.t.Helper()
	b, err := os.ReadFile(w.settings)
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(string(b) + text)
}

// smartHost starts a provider that takes mail from its own users for everywhere.
func (w *relayWorld) smartHost(host, addr string, imap bool) provider {
	w.t.Helper()
	config := servers.DovecotConfig{Name: "dovecot " + host, Password: password}
	if imap {
		config.Certificate, config.Listen, config.ListenTLS = w.ca.Issue(w.t, host), addr+":143", addr+":993"
	}
	store := servers.StartDovecot(w.t, config)
	var logins strings.Builder
	for _, address := range w.recipients {
		fmt.Fprintf(&logins, "{ %s = %s }, ", address, strings.Replace(address, "info@", "ben@", 1))
	}
	return provider{store: store, mx: servers.StartPostfix(w.t, servers.PostfixConfig{
		Hostname: host, Listen: addr + ":25", Certificate: w.ca.Issue(w.t, host), Deliver: store.LMTP,
		Submission: addr + ":587", SignIn: store.SignIn,
		Domains: []string{"example.test"}, Recipients: w.recipients,
		Parameters: map[string]string{
			"default_transport":         "lmtp:unix:" + store.LMTP,
			"smtpd_sender_login_maps":   "inline:{ " + logins.String() + " }",
			"smtpd_sender_restrictions": "reject_authenticated_sender_login_mismatch",
		},
	})}
}

// command is a program with this world's secrets.
func (w *relayWorld) command(args ...string) *exec.Cmd {
	c := w.world.command(args...)
	c.Env = append(c.Env, "XDG_CACHE_HOME="+cacheOfTests())
	c.Env = append(c.Env, w.secrets...)
	return c
}

// run runs the program to its end; it must succeed.
func (w *relayWorld) run(args ...string) said {
	w.t.Helper()
	s := w.try(args...)
	if s.status != 0 {
		w.t.Fatalf("lifeboat %s: %v", strings.Join(args, " "), s)
	}
	return s
}

// try runs the program to its end.
func (w *relayWorld) try(args ...string) said {
	w.t.Helper()
	var out, errs bytes.Buffer
	c := w.command(args...)
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return said{out.String(), errs.String(), c.ProcessState.ExitCode()}
}

// read runs the program with --json and reads its document.
func read[T any](w *relayWorld, args ...string) (v T) {
	w.t.Helper()
	s := w.run(append(args, "--json")...)
	if err := json.Unmarshal([]byte(s.out), &v); err != nil {
		w.t.Fatalf("lifeboat %s: %v: %s", strings.Join(args, " "), err, s.out)
	}
	return v
}

func decode(text string, v any) error { return json.Unmarshal([]byte(text), v) }

func (w *relayWorld) queue(args ...string) relay.Listing {
	w.t.Helper()
	return read[relay.Listing](w, append([]string{"relay", "queue", "--limit", "100000"}, args...)...)
}

func (w *relayWorld) log(args ...string) []relay.Event {
	w.t.Helper()
	return read[[]relay.Event](w, append([]string{"relay", "log", "--limit", "1000000"}, args...)...)
}

// serve starts lifeboat serve, and returns when it takes mail in.
func (w *relayWorld) serve(args ...string) {
	w.t.Helper()
	c := w.command(append([]string{"serve"}, args...)...)
	c.Stdout, c.Stderr = w.told, w.told
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.serving = c
	w.await("mail to be taken in", func() bool {
		c, err := net.Dial("tcp", submitTLS)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// stop ends lifeboat serve as systemd does.
func (w *relayWorld) stop() {
	w.t.Helper()
	if err := w.serving.Process.Signal(syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
	if err := w.serving.Wait(); err != nil {
		w.t.Errorf("serving ends with %v:\n%s", err, w.told)
	}
}

// kill ends it as a power cut does.
func (w *relayWorld) kill() {
	w.t.Helper()
	if err := w.serving.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	_ = w.serving.Wait() // it was killed
}

// user lets somebody send, and returns the app password.
func (w *relayWorld) user(address string, more ...string) string {
	w.t.Helper()
	added := read[struct{ Password string }](w, append([]string{"user", "add", address}, more...)...)
	if added.Password == "" {
		w.t.Fatal("no password was shown")
	}
	w.held[address] = added.Password
	return added.Password
}

// messages are what a provider has, by Message-ID without <>, each copy on its own.
func (w *relayWorld) messages(p provider) map[string][][]byte {
	w.t.Helper()
	out := map[string][][]byte{}
	if p.store == nil {
		return out
	}
	for _, m := range p.store.Messages(w.t) {
		id := strings.Trim(m.ID(), "<>")
		out[id] = append(out[id], m.Raw)
	}
	return out
}

// at counts the copies of each message at a provider.
func (w *relayWorld) at(p provider) map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for id, copies := range w.messages(p) {
		out[id] = len(copies)
	}
	return out
}

// awaitEmpty waits until nothing waits in the relay, and until the providers have put
// what they took into mailboxes.
func (w *relayWorld) awaitEmpty() {
	w.t.Helper()
	servers.Await(w.t, "the relay's queue to be empty", func(context.Context) error {
		if q := w.queue(); q.Total > 0 {
			return fmt.Errorf("%d wait, first %+v", q.Total, q.Messages[0])
		}
		return nil
	})
	w.awaitProviders()
}

func (w *relayWorld) awaitProviders() {
	w.t.Helper()
	for _, p := range []provider{w.primary, w.secondary} {
		if p.mx == nil {
			continue
		}
		servers.Await(w.t, "mailboxes of "+p.mx.Addr, func(context.Context) error {
			if q := p.mx.Queue(w.t); len(q) > 0 {
				return fmt.Errorf("%d messages wait: %+v", len(q), q[0])
			}
			return nil
		})
	}
}

// syncBuffer keeps what several write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// inFolder writes a file into the world's folder.
func (w *relayWorld) inFolder(name, text string) string {
	w.t.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return file
}
