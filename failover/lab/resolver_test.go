package lab_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/lab"
)

func TestResolverKeepsAnswersForTheirTTL(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, lab.Options{TTL: 100, Now: c.now})
	old := w.Truth("example.test", "MX")
	if got := ask(t, w, w.Resolver(), "example.test", "MX"); !got.Equal(old) {
		t.Fatalf("at first %v", got)
	}
	fresh := failover.MXSet("example.test", 60, w.Domain().Secondary.MX)
	if err := w.Put(fresh); err != nil {
		t.Fatal(err)
	}
	c.pass(70 * time.Second)
	if got := ask(t, w, w.Resolver(), "example.test", "MX"); !got.SameValues(old) || got.TTL != 30 {
		t.Errorf("after 70 s: %v, want the old set with 30 s left", got)
	}
	c.pass(29 * time.Second)
	if got := ask(t, w, w.Resolver(), "example.test", "MX"); !got.SameValues(old) || got.TTL != 1 {
		t.Errorf("after 99 s: %v, want the old set with 1 s left", got)
	}
	c.pass(time.Second)
	if got := ask(t, w, w.Resolver(), "example.test", "MX"); !got.Equal(fresh) {
		t.Errorf("after 100 s: %v, want %v", got, fresh)
	}
}

func TestResolverKeepsThatThereIsNothing(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, lab.Options{TTL: 100, Now: c.now})
	for name, rcode := range map[string]int{"new.example.test": dns.RcodeNameError, "www.example.test": dns.RcodeSuccess} {
		r, err := query(t, w, "udp", w.Resolver(), name, "TXT")
		if err != nil || r.Rcode != rcode || len(r.Answer) > 0 || len(r.Ns) != 1 || r.Authoritative || !r.RecursionAvailable {
			t.Errorf("%s: %v, %v", name, r, err)
		}
		if err := w.Put(failover.NewRRset(name, "TXT", 60, `"here"`)); err != nil {
			t.Fatal(err)
		}
		if ask(t, w, w.Resolver(), name, "TXT").Exists() {
			t.Errorf("%s is there at once", name)
		}
	}
	c.pass(100 * time.Second)
	for _, name := range []string{"new.example.test", "www.example.test"} {
		if !ask(t, w, w.Resolver(), name, "TXT").Exists() {
			t.Errorf("%s is not there after the negative TTL", name)
		}
	}
}

func TestResolverFollowsAliases(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	if err := w.Put(
		failover.NewRRset("loop1.example.test", "CNAME", 60, "loop2.example.test."),
		failover.NewRRset("loop2.example.test", "CNAME", 60, "loop1.example.test."),
	); err != nil {
		t.Fatal(err)
	}
	r, err := query(t, w, "udp", w.Resolver(), "harbor1._domainkey.example.test", "TXT")
	if err != nil || len(r.Answer) != 2 || r.Answer[0].Header().Rrtype != dns.TypeCNAME || r.Answer[1].Header().Rrtype != dns.TypeTXT {
		t.Errorf("an alias into another zone: %v, %v", r, err)
	}
	if r, err = query(t, w, "udp", w.Resolver(), "loop1.example.test", "TXT"); err != nil || r.Rcode != dns.RcodeServerFailure {
		t.Errorf("aliases in a circle: %v, %v", r, err)
	}
}

func TestResolverGetsByWithOneServer(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{Secondaries: 2})
	servers := w.Nameservers()
	for server, fault := range map[string]lab.Fault{servers[0]: lab.Refuse, servers[1]: lab.Lame} {
		if err := w.BreakDNS(server, fault); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask(t, w, w.Resolver(), "example.test", "MX"); !got.Equal(w.Truth("example.test", "MX")) {
		t.Errorf("with one server left: %v", got)
	}
	if err := w.BreakDNS(servers[2], lab.Failing); err != nil {
		t.Fatal(err)
	}
	if r, err := query(t, w, "udp", w.Resolver(), "www.example.test", "A"); err != nil || r.Rcode != dns.RcodeServerFailure {
		t.Errorf("with none left: %v, %v", r, err)
	}
}

func TestDNSOverHTTPS(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{TTL: 90})
	client := &http.Client{Transport: &http.Transport{DialContext: w.Dialer().DialContext, TLSClientConfig: w.TLSConfig(), ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	q := new(dns.Msg)
	q.SetQuestion("example.test.", dns.TypeMX)
	wire, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	do := func(method, url, kind string, body []byte) (int, http.Header, []byte) {
		req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, resp.Header, got
	}
	const kind = "application/dns-message"
	get := w.DoHURL() + "?dns=" + base64.RawURLEncoding.EncodeToString(wire)
	for method, url := range map[string]string{http.MethodPost: w.DoHURL(), http.MethodGet: get} {
		status, header, body := do(method, url, kind, wire)
		var r dns.Msg
		if err := r.Unpack(body); err != nil || status != http.StatusOK || header.Get("Content-Type") != kind || header.Get("Cache-Control") != "max-age=90" {
			t.Fatalf("%s: %d, %v, %v", method, status, header, err)
		}
		if got := dnswire.Set(r.Answer); !got.Equal(w.Truth("example.test", "MX")) {
			t.Errorf("%s: %v", method, got)
		}
	}
	for name, c := range map[string]struct {
		method, url, kind string
		body              []byte
		want              int
	}{
		"no message":   {http.MethodGet, w.DoHURL(), "", nil, http.StatusBadRequest},
		"no base64":    {http.MethodGet, w.DoHURL() + "?dns=%25", "", nil, http.StatusBadRequest},
		"another type": {http.MethodPost, w.DoHURL(), "text/plain", wire, http.StatusUnsupportedMediaType},
		"DELETE":       {http.MethodDelete, w.DoHURL(), kind, wire, http.StatusMethodNotAllowed},
		"too long":     {http.MethodPost, w.DoHURL(), kind, make([]byte, dns.MaxMsgSize+1), http.StatusBadRequest},
	} {
		if status, _, _ := do(c.method, c.url, c.kind, c.body); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	// The two doors break apart from each other.
	if err := w.BreakDNS("resolver.lab.test", lab.Failing); err != nil {
		t.Fatal(err)
	}
	if status, _, body := do(http.MethodPost, w.DoHURL(), kind, wire); status != http.StatusOK || body[3]&0xF != dns.RcodeSuccess {
		t.Errorf("over HTTPS: %d, code %d", status, body[3]&0xF)
	}
	if r, err := query(t, w, "udp", w.Resolver(), "example.test", "MX"); err != nil || r.Rcode != dns.RcodeServerFailure {
		t.Errorf("over UDP: %v, %v", r, err)
	}
}
