package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/fakedns"
	"lifeboat/failover/failovertest/servers"
)

// Addresses of the world.
const (
	resolverAddr = "192.0.2.53"
	serverAddr   = "192.0.2.54"
	dohAddr      = "192.0.2.55"
	policyAddr   = "192.0.2.60"
	mx1Addr      = "192.0.2.11"
	mx2Addr      = "192.0.2.12"
	controlOne   = "198.51.100.25"
	controlTwo   = "203.0.113.25"
)

// world is a small Internet in which example.test is to be taken over by
// second.test, whose two mail exchangers do as they are told.
type world struct {
	*fakedns.World
	t        *testing.T
	example  *fakedns.Zone
	second   *fakedns.Zone
	ca       *servers.Authority
	clock    *clock
	mx1, mx2 *mailHost
	opt      Options
	dns      dnsview.Options
	target   Target
	hosts    []*mailHost
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: fakedns.New(t), t: t, ca: servers.NewAuthority(t), clock: newClock(time.Now())}
	tld := fakedns.NewZone("test.", "@ 3600 NS ns.test.", "ns 3600 A "+serverAddr,
		"example 3600 NS ns.test.", "second 3600 NS ns.test.", "first 3600 NS ns.test.")
	w.example = fakedns.NewZone("example.test.", "@ 3600 NS ns.test.", "@ 300 MX 10 mx1.first.test.",
		`@ 300 TXT "v=spf1 include:spf.first.test include:spf.second.test -all"`)
	w.second = fakedns.NewZone("second.test.", "@ 3600 NS ns.test.", "mx1 300 A "+mx1Addr, "mx2 300 A "+mx2Addr,
		`spf 300 TXT "v=spf1 ip4:192.0.2.0/24 -all"`)
	first := fakedns.NewZone("first.test.", "@ 3600 NS ns.test.", "mx1 300 A 192.0.2.10", `spf 300 TXT "v=spf1 ip4:198.51.100.0/24 -all"`)
	w.Serve(resolverAddr, fakedns.Resolver(tld, w.example, w.second, first))
	w.Serve(serverAddr, fakedns.Authority(tld, w.example, w.second, first))
	w.mx1 = w.mailHost("mx1.second.test", mx1Addr+":25")
	w.mx2 = w.mailHost("mx2.second.test", mx2Addr+":25")
	w.mailHost("mx.one.example", controlOne+":25")
	w.mailHost("mx.two.example", controlTwo+":25")
	w.dns = dnsview.Options{Dialer: w, Resolvers: []string{resolverAddr + ":53"}, Timeout: 2 * time.Second}
	w.opt = Options{
		Dialer: w, Controls: []string{controlOne + ":25", controlTwo + ":25"}, RCPTPerSecond: 1000, Hello: "lifeboat.example.test",
		TLS: &tls.Config{RootCAs: w.ca.Pool(), MinVersion: tls.VersionTLS12}, Patience: 10 * time.Second, Now: w.clock.now, Sleep: w.clock.sleep,
	}
	w.target = Target{
		Domain: failover.Domain{
			Name: "example.test.", MXTTL: 300, Recipients: people("info@example.test", "sales@example.test", "taro@example.test"),
			Primary: failover.Provider{Role: failover.Primary, Name: "First", MX: []failover.MX{{Preference: 10, Host: "mx1.first.test."}}, SPFInclude: "spf.first.test"},
		},
		Provider: failover.Provider{
			Role: failover.Secondary, Name: "Second", SPFInclude: "spf.second.test",
			MX: []failover.MX{{Preference: 10, Host: "mx1.second.test."}, {Preference: 20, Host: "mx2.second.test."}},
		},
	}
	w.target.Domain.Secondary = w.target.Provider
	return w
}

func people(addresses ...string) []failover.Recipient {
	var out []failover.Recipient
	for _, a := range addresses {
		out = append(out, failover.Recipient{Address: a, Kind: failover.Account})
	}
	return out
}

// prober makes a Prober out of the options as they are now.
func (w *world) prober() *Prober {
	for _, h := range w.hosts {
		h.ready()
	}
	w.opt.Reader = dnsview.New(w.dns)
	return New(w.opt)
}

// look runs some checks, all when none are named.
func (w *world) look(checks ...string) []failover.Finding {
	w.t.Helper()
	var needs []Need
	for _, n := range w.target.Needs() {
		if len(checks) == 0 {
			needs = append(needs, n)
		}
		for _, c := range checks {
			if n.Check == c {
				needs = append(needs, n)
			}
		}
	}
	return w.prober().Look(w.t.Context(), w.target, needs)
}

// one runs one check and returns its finding on a subject.
func (w *world) one(check, subject string) failover.Finding {
	w.t.Helper()
	return find(w.t, w.look(check), check, subject)
}

func find(t *testing.T, findings []failover.Finding, check, subject string) failover.Finding {
	t.Helper()
	for _, f := range findings {
		if f.Check == check && f.Subject == subject {
			return f
		}
	}
	t.Fatalf("there is no finding of %s on %q among %v", check, subject, findings)
	return failover.Finding{}
}

// expect holds a finding's verdict and words against what they should be.
func expect(t *testing.T, f failover.Finding, verdict failover.Verdict, words ...string) {
	t.Helper()
	if f.Verdict != verdict {
		t.Errorf("%s %s: verdict %s, want %s\n%s\n%s", f.Check, f.Subject, f.Verdict, verdict, f.Say, strings.Join(f.Evidence, "\n"))
	}
	for _, word := range words {
		if !strings.Contains(f.Say.String(), word) {
			t.Errorf("%s %s says %q, which lacks %q", f.Check, f.Subject, f.Say, word)
		}
	}
	if f.Verdict != failover.Pass && f.Remedy.IsZero() {
		t.Errorf("%s %s: %q comes without a remedy", f.Check, f.Subject, f.Say)
	}
	if strings.Contains(f.Say.String(), "{") || strings.Contains(f.Remedy.String(), "{") {
		t.Errorf("a part was not filled in: %q %q", f.Say, f.Remedy)
	}
}

// clock is a clock that only sleeping turns forward.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
}

func newClock(at time.Time) *clock { return &clock{at: at} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d > 0 {
		c.at, c.slept = c.at.Add(d), append(c.slept, d)
	}
	return ctx.Err()
}

// mailHost is an SMTP server that does as it is told. Its fields are set before
// it is asked anything.
type mailHost struct {
	name   string
	world  *world
	banner string
	ehlo   []string // beside STARTTLS
	cert   *tls.Certificate
	maxTLS uint16
	// connected takes a connection over before the banner; true means that it is dealt with.
	connected func(net.Conn) bool
	mail      func(from string) string
	rcpt      func(to, from string) string
	// command answers, or does to the connection what it likes; "" is the usual answer.
	command func(line string, conn net.Conn) string
	// lastWord, if set, takes the place of the answer to a message.
	lastWord func(net.Conn)
	implicit bool // TLS from the first byte

	turn     sync.Mutex // held by the functions above
	mu       sync.Mutex
	set      bool
	heard    []string // all commands
	at       []time.Time
	messages []string
	conns    int
}

// mailHost starts a server that knows the target's recipients and nobody else.
func (w *world) mailHost(name, addr string) *mailHost {
	w.t.Helper()
	cert := w.ca.Issue(w.t, name).TLS
	h := &mailHost{name: name, world: w, banner: "220 " + name + " ESMTP", ehlo: []string{"PIPELINING", "SIZE 1000000"}, cert: &cert}
	h.mail = func(string) string { return "250 2.1.0 Ok" }
	h.rcpt = func(to, _ string) string {
		for _, r := range w.target.Domain.Recipients {
			if strings.EqualFold(r.Address, to) {
				return "250 2.1.5 Ok"
			}
		}
		return "550 5.1.1 <" + to + ">: Recipient address rejected: User unknown"
	}
	w.hosts = append(w.hosts, h)
	w.Route(addr, w.listen(h.serve))
	return h
}

// listen serves a port of loopback until the test ends.
func (w *world) listen(serve func(net.Conn)) string {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	w.t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// refuse makes an address one where nobody listens.
func (w *world) refuse(addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.Route(addr, l.Addr().String())
	l.Close()
}

func (h *mailHost) serve(conn net.Conn) {
	h.mu.Lock()
	h.conns++
	h.mu.Unlock() // what the test set before is seen from here on
	if h.connected != nil && h.connected(conn) {
		return
	}
	from, secure := "", h.implicit
	if h.implicit {
		conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*h.cert}, MinVersion: tls.VersionTLS12})
	}
	in := bufio.NewReader(conn)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say(h.banner)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		h.mu.Lock()
		h.heard, h.at = append(h.heard, line), append(h.at, h.world.clock.now())
		h.mu.Unlock()
		if h.command != nil {
			h.turn.Lock()
			answer := h.command(line, conn)
			h.turn.Unlock()
			if answer != "" {
				say(answer)
				continue
			}
		}
		verb, rest, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case verb == "EHLO":
			lines := append([]string{h.name}, h.ehlo...)
			if h.cert != nil && !secure {
				lines = append(lines, "STARTTLS")
			}
			for _, l := range lines[:len(lines)-1] {
				say("250-" + l)
			}
			say("250 " + lines[len(lines)-1])
		case verb == "STARTTLS" && h.cert != nil:
			say("220 2.0.0 Ready")
			t := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*h.cert}, MaxVersion: h.maxTLS, MinVersion: tls.VersionTLS10})
			if t.Handshake() != nil {
				return
			}
			conn, in, secure = t, bufio.NewReader(t), true
		case strings.HasPrefix(rest, "FROM:"):
			from = inside(line)
			h.turn.Lock()
			answer := h.mail(from)
			h.turn.Unlock()
			say(answer)
		case strings.HasPrefix(rest, "TO:"):
			h.turn.Lock()
			answer := h.rcpt(inside(line), from)
			h.turn.Unlock()
			say(answer)
		case verb == "DATA":
			say("354 Go ahead")
			var message strings.Builder
			for line, err := in.ReadString('\n'); err == nil && line != ".\r\n"; line, err = in.ReadString('\n') {
				message.WriteString(line)
			}
			h.mu.Lock()
			h.messages = append(h.messages, message.String())
			h.mu.Unlock()
			if h.lastWord != nil {
				h.lastWord(conn)
				return
			}
			say("250 2.0.0 Queued")
		case verb == "QUIT":
			say("221 2.0.0 Bye")
			return
		default:
			say("250 2.0.0 Ok")
		}
	}
}

// inside returns what stands between angle brackets.
func inside(line string) string {
	_, rest, _ := strings.Cut(line, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}

// commands returns what was said to the host that begins with a verb.
func (h *mailHost) commands(verb string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for _, line := range h.heard {
		if strings.HasPrefix(strings.ToUpper(line), verb) {
			out = append(out, line)
		}
	}
	return out
}

// ready makes what was set in the host seen by the connections to come.
func (h *mailHost) ready() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.set = true
}

// sent returns the messages that the host was given.
func (h *mailHost) sent() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.messages)
}

// doh adds a resolver over HTTPS whose clock is off by some time.
func (w *world) doh(h fakedns.Handler, off time.Duration) {
	w.serveHTTPS(dohAddr, dohAddr, func(rw http.ResponseWriter, r *http.Request) {
		wire, _ := io.ReadAll(r.Body)
		answers := h("tcp", wire)
		if len(answers) == 0 {
			http.Error(rw, "no", http.StatusBadGateway)
			return
		}
		rw.Header().Set("Content-Type", "application/dns-message")
		rw.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
		_, _ = rw.Write(answers[0])
	})
	w.dns.DoH = []string{"https://" + dohAddr + "/dns-query"}
	w.dns.TLS = &tls.Config{RootCAs: w.ca.Pool(), MinVersion: tls.VersionTLS12}
}

// serveHTTPS serves HTTPS at an address, with a certificate for a name.
func (w *world) serveHTTPS(addr, name string, h http.HandlerFunc) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	srv := &http.Server{
		Handler: h, TLSConfig: &tls.Config{Certificates: []tls.Certificate{w.ca.Issue(w.t, name).TLS}},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	go srv.ServeTLS(l, "", "")
	w.t.Cleanup(func() { srv.Close() })
	w.Route(addr+":443", l.Addr().String())
}

// policy publishes an MTA-STS policy.
func (w *world) policy(text string) {
	w.example.Add(`_mta-sts 300 TXT "v=STSv1; id=20250101;"`, "mta-sts 300 A "+policyAddr)
	w.serveHTTPS(policyAddr, "mta-sts.example.test", func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/mta-sts.txt" {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(rw, text)
	})
}

func leafOf(t *testing.T, c tls.Certificate) *x509.Certificate {
	t.Helper()
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}
