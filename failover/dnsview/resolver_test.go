package dnsview_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/fakedns"
)

const dohURL = "https://192.0.2.8/dns-query"

// serveHTTPS puts a resolver over HTTPS at 192.0.2.8, and returns the change of
// options that has it asked.
func (w *world) serveHTTPS(t *testing.T, h http.HandlerFunc) func(*dnsview.Options) {
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	w.Route("192.0.2.8:443", server.Listener.Addr().String())
	return func(o *dnsview.Options) {
		o.DoH = []string{dohURL}
		o.TLS = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		o.TLS.ServerName = "example.com" // what httptest's certificate is for
	}
}

// overHTTPS answers as RFC 8484 says, out of the zones.
func overHTTPS(t *testing.T, zones ...*fakedns.Zone) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		wire, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/dns-message" {
			t.Errorf("%s with %q: %v", r.Method, r.Header.Get("Content-Type"), err)
		}
		if wire[0] != 0 || wire[1] != 0 {
			t.Error("the ID is not 0 (RFC 8484 section 4.1)")
		}
		w.Header().Set("Content-Type", "application/dns-message")
		for _, out := range fakedns.Resolver(zones...)("tcp", wire) {
			_, _ = w.Write(out)
		}
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set, err := w.reader().System(t.Context(), mx)
	if want := failover.NewRRset("example.test", "MX", 300, "10 mx1.example.net.", "20 mx2.example.net."); err != nil || !set.Equal(want) {
		t.Errorf("%v, %v; want %v", set, err, want)
	}
	none := failover.Key{Name: "nothing.example.test.", Type: "MX"}
	if set, err := w.reader().System(t.Context(), none); err != nil || set.Exists() || set.Key != none {
		t.Errorf("a set that is not there: %v, %v", set, err)
	}
	if _, err := w.reader().System(t.Context(), failover.Key{Name: "a.invalid.", Type: "MX"}); !errors.Is(err, failover.ErrUnreachable) || !strings.Contains(err.Error(), "SERVFAIL") {
		t.Errorf("a resolver that fails: %v", err)
	}
}

func TestNextResolver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Serve("192.0.2.54", fakedns.Error(dns.RcodeServerFailure))
	r := w.reader(func(o *dnsview.Options) {
		o.Resolvers = []string{"192.0.2.55:53", "192.0.2.54:53", resolver + ":53"} // silent, failing, right
	})
	if set, err := r.System(t.Context(), mx); err != nil || !set.Exists() {
		t.Errorf("%v, %v", set, err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct{ host, addrs, cname string }{
		{"mail.example.test", "[192.0.2.80]", ""},
		{"web.example.net.", "[192.0.2.81 2001:db8::81]", ""},
		{"WWW.example.test", "[192.0.2.81 2001:db8::81]", "web.example.net."},
		{"nothing.example.test", "[]", ""},
	} {
		addrs, cname, err := w.reader().Addresses(t.Context(), c.host)
		if got := fmt.Sprint(addrs); got != c.addrs || cname != c.cname || err != nil {
			t.Errorf("%s: %s, %q, %v; want %s, %q", c.host, got, cname, err, c.addrs, c.cname)
		}
	}
}

func TestDoH(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(h http.HandlerFunc, more ...func(*dnsview.Options)) dnsview.ResolverAnswer {
		opts := append([]func(*dnsview.Options){w.serveHTTPS(t, h)}, more...)
		return w.reader(opts...).DoH(t.Context(), mx)[0]
	}
	right := overHTTPS(t, w.test, w.example)
	a := ask(right)
	if a.Err != nil || len(a.Set.Values) != 2 || a.Resolver != dohURL || a.ServerTime.IsZero() {
		t.Errorf("%+v", a)
	}
	as := func(typ string, status int, body func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", typ)
			w.WriteHeader(status)
			body(w, r)
		}
	}
	junk := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<html>sign in to the hotel network</html>"))
	}
	for name, h := range map[string]http.HandlerFunc{
		"a sign-in page": as("text/html", http.StatusOK, junk),
		"garbage":        as("application/dns-message", http.StatusOK, junk),
		"too long":       as("application/dns-message", http.StatusOK, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 70_000)) }),
		"an error":       as("application/dns-message", http.StatusBadGateway, junk),
		"sent somewhere else": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://192.0.2.9/", http.StatusFound)
		},
	} {
		if a := ask(h); !errors.Is(a.Err, failover.ErrUnreachable) || a.Set.Exists() {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a := ask(right, func(o *dnsview.Options) { o.TLS = &tls.Config{ServerName: "example.com"} }); !errors.Is(a.Err, failover.ErrUnreachable) {
		t.Errorf("a certificate that nobody vouches for: %v", a.Err)
	}
	for _, url := range []string{"http://192.0.2.8/dns-query", "192.0.2.8", "ftp://192.0.2.8/", ":", ""} {
		if a := ask(right, func(o *dnsview.Options) { o.DoH = []string{url} }); !errors.Is(a.Err, failover.ErrInvalid) {
			t.Errorf("%q: %v", url, a.Err)
		}
	}
}

// Plain HTTP is let through on loopback only, where the lab and tests have it.
func TestPlainHTTPOnLoopback(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := httptest.NewServer(overHTTPS(t, w.test, w.example))
	t.Cleanup(server.Close)
	w.Route(server.Listener.Addr().String(), server.Listener.Addr().String())
	a := w.reader(func(o *dnsview.Options) { o.DoH = []string{server.URL} }).DoH(t.Context(), mx)
	if a[0].Err != nil || !a[0].Set.Exists() {
		t.Errorf("%+v", a[0])
	}
}

// With port 53 filtered away, all that needs a resolver goes on over HTTPS, and
// the servers' silence is put down to the line.
func TestBlockedLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, a := range []string{resolver, parentNS, first, firstSix, second, third} {
		w.Silence(a)
	}
	r := w.reader(hurried, w.serveHTTPS(t, overHTTPS(t, w.test, w.example, w.net, fakedns.NewZone("."))))
	if zone, err := r.Zone(t.Context(), "mail.example.test"); err != nil || zone != "example.test." {
		t.Errorf("Zone: %q, %v", zone, err)
	}
	if addrs, _, err := r.Addresses(t.Context(), "mail.example.test"); err != nil || len(addrs) != 1 {
		t.Errorf("Addresses: %v, %v", addrs, err)
	}
	views, err := r.Look(t.Context(), "example.test", mx)
	if err != nil {
		t.Fatal(err)
	}
	if len(views[0].Answers) != 4 {
		t.Fatalf("answers: %+v", views[0].Answers)
	}
	for _, a := range views[0].Answers {
		if a.State != failover.BlockedLine || !strings.Contains(a.Detail.String(), "lets no DNS out on port 53") {
			t.Errorf("%s: %s, %q", a.Server, a.State, a.Detail)
		}
	}
	if line := r.Line(t.Context()); line != dnsview.LineBlocked {
		t.Errorf("the line is %s", line)
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	root := fakedns.NewZone(".", ". 3600 NS a.root-servers.test.")
	w := newWorld(t)
	if line := w.reader(hurried).Line(t.Context()); line != dnsview.LineDown {
		t.Errorf("nobody answers: %s", line)
	}
	box := fakedns.Resolver(root, w.test, w.example, w.net)
	for _, a := range []string{"170.247.170.2", first, firstSix, second, third} {
		w.Serve(a, box)
	}
	if line := w.reader(hurried).Line(t.Context()); line != dnsview.LineIntercepted {
		t.Errorf("a box answers for the root servers: %s", line)
	}
	views, err := w.reader(hurried).Look(t.Context(), "example.test", mx)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range views[0].Answers {
		if a.State != failover.BlockedLine || !strings.Contains(a.Detail.String(), "answers DNS in its place") {
			t.Errorf("%s: %s, %q", a.Server, a.State, a.Detail)
		}
	}
	w.Serve("202.12.27.33", fakedns.Authority(root))
	if line := w.reader(hurried).Line(t.Context()); line != dnsview.LineOpen {
		t.Errorf("a root server answers: %s", line)
	}
}

// The countdown of an old TTL and the clock check want the time of the answer.
func TestAnswersCarryTheirTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	w := newWorld(t)
	views, err := w.reader(func(o *dnsview.Options) { o.Now = func() time.Time { return at } }).Look(t.Context(), "example.test", mx)
	if err != nil {
		t.Fatal(err)
	}
	if a := views[0].Answers[0]; !a.At.Equal(at) || a.RTT <= 0 {
		t.Errorf("at %v after %v, want %v and a round trip", a.At, a.RTT, at)
	}
}
