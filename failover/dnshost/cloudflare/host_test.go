package cloudflare_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/cloudflare"
	"lifeboat/failover/dnshost/cloudflare/cftest"
	"lifeboat/failover/dnshost/hosttest"
)

// world is an API with the suite's zone, seeded as years of use leave it.
func world(t testing.TB) (*cftest.Server, *cftest.Zone) {
	t.Helper()
	server := cftest.New(t)
	z := server.AddZone(zone)
	z.Seed(hosttest.Records(zone))
	return server, z
}

func lines(t testing.TB, z *cftest.Zone) []string {
	t.Helper()
	l, err := z.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func switching() dnshost.Change {
	return dnshost.Change{
		Zone: zone, Before: mxSet("10 mx1.primary.example.", "20 mx2.primary.example."),
		After: mxSet("10 in1.secondary.example.", "20 in2.secondary.example."),
	}
}

// kind fails unless the error is of the kind and its sentence has the parts.
func kind(t testing.TB, err, kind error, parts ...string) {
	t.Helper()
	var fe *failover.Error
	if !errors.Is(err, kind) || !errors.As(err, &fe) {
		t.Errorf("the error is %v, not of the kind %q", err, kind)
		return
	}
	for _, p := range parts {
		if !strings.Contains(fe.Say.String(), p) {
			t.Errorf("the sentence does not say %q: %s", p, fe.Say)
		}
	}
}

// TestBrokenAnswers: what comes in place of an answer, to a question and to a
// change. Nothing is known after a change; nothing was changed after a question.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	html := func(status int) cftest.Fault { return cftest.Fault{Status: status, Body: cftest.Page500} }
	for name, fault := range map[string]cftest.Fault{
		"HTML page 500":           html(500),
		"HTML page 502":           html(502),
		"HTML page 524":           html(524),
		"HTML page 200":           html(200),
		"JSON error 503":          {Status: 503, Body: `{"success":false,"errors":[{"code":10002,"message":"unavailable"}]}`},
		"dropped":                 {Drop: true},
		"half a JSON document":    {Cut: true},
		"connection torn":         {Torn: true},
		"nothing":                 {Status: 200},
		"JSON of something else":  {Status: 200, Body: `{"ok":true}`},
		"result of another shape": {Status: 200, Body: `{"success":true,"errors":[],"result":"none"}`},
		"a number":                {Status: 200, Body: `42`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, z := world(t)
			before := lines(t, z)
			reading, writing := fault, fault
			reading.Reads, writing.Writes = true, true

			h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit, reading))
			kind(t, h.Apply(t.Context(), switching()), failover.ErrUnreachable)
			kind(t, h.Lock(t.Context(), zone, aLock("run-1"), nil), failover.ErrUnreachable)
			if now := lines(t, z); strings.Join(now, "\n") != strings.Join(before, "\n") {
				t.Errorf("the zone changed:\n%s", strings.Join(now, "\n"))
			}

			writing.Commit = true
			h = open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit, writing))
			kind(t, h.Apply(t.Context(), switching()), failover.ErrUncertain)
			if n := server.Changes(); n != 1 {
				t.Errorf("%d changes were made", n)
			}
			// Reading tells the truth, and the same again is nothing.
			if err := h.Apply(t.Context(), switching()); err != nil || server.Changes() != 1 {
				t.Errorf("the same again: %v, %d changes", err, server.Changes())
			}
		})
	}
}

// TestTimeout: a server that never answers does not hold anybody longer than the
// timeout.
func TestTimeout(t *testing.T) {
	t.Parallel()
	server, _ := world(t)
	h := open(t, cloudflare.Options{BaseURL: server.URL, Timeout: 50 * time.Millisecond}, server.Token(cftest.Edit, cftest.Fault{Hang: true}))
	kind(t, h.Apply(t.Context(), switching()), failover.ErrUnreachable, "127.0.0.1")
	// Called off while the change is under way.
	ctx, cancel := context.WithCancel(t.Context())
	server.BeforeBatch = cancel
	h = open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit, cftest.Fault{Hang: true, Writes: true, Commit: true}))
	kind(t, h.Apply(ctx, switching()), failover.ErrUncertain)
}

// TestThrottling: short waits are waited, up to a limit, and long ones told.
func TestThrottling(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		retryAfter string
		times      int
		waits      []time.Duration
		says       string // empty: it succeeds
	}{
		{"2", 3, []time.Duration{2 * time.Second, 2 * time.Second, 2 * time.Second}, ""},
		{"Sun, 01 Mar 2026 12:00:05 GMT", 1, []time.Duration{5 * time.Second}, ""},
		{"4", 0, []time.Duration{4 * time.Second, 4 * time.Second}, "12:00:04 UTC"},
		{"0", 0, make([]time.Duration, 11), "12:00:00 UTC"},
		{"120", 1, nil, "12:02:00 UTC"},
		{"", 1, nil, "12:05:00 UTC"},
		{"soon", 1, nil, "12:05:00 UTC"},
	} {
		server, _ := world(t)
		var waits []time.Duration
		h := open(t, cloudflare.Options{
			BaseURL: server.URL, Now: func() time.Time { return now },
			Wait: func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil },
		}, server.Token(cftest.Edit, cftest.TooMany(c.retryAfter, c.times)))
		err := h.Apply(t.Context(), switching())
		if c.says == "" && err != nil {
			t.Errorf("Retry-After %q: %v", c.retryAfter, err)
		}
		if c.says != "" {
			kind(t, err, failover.ErrThrottled, c.says)
		}
		if len(waits) > 10 { // "0": as often as patience allows
			waits = waits[:min(len(waits), len(c.waits))]
		}
		if fmt.Sprint(waits) != fmt.Sprint(c.waits[:min(len(c.waits), len(waits))]) || len(waits) == 0 && len(c.waits) > 0 {
			t.Errorf("Retry-After %q: waited %v, not %v", c.retryAfter, waits, c.waits)
		}
	}
}

// TestWaitIsCalledOff: whoever gives up while waiting has changed nothing.
func TestWaitIsCalledOff(t *testing.T) {
	server, _ := world(t)
	ctx, cancel := context.WithCancel(t.Context())
	h := open(t, cloudflare.Options{
		BaseURL: server.URL,
		Wait:    func(context.Context, time.Duration) error { cancel(); return context.Canceled },
	}, server.Token(cftest.Edit, cftest.TooMany("1", 1)))
	err := h.Apply(ctx, switching())
	kind(t, err, failover.ErrUnreachable, "stopped")
	if !errors.Is(err, context.Canceled) || server.Changes() != 0 {
		t.Errorf("%v, %d changes", err, server.Changes())
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	server := cftest.New(t)
	add := func(name, status, typ string) {
		z := server.AddZone(name)
		z.Status, z.Type = status, typ
	}
	add("example.test", "active", "full")
	add("deep.example.test", "active", "full")
	add("twice.test", "moved", "full")
	add("twice.test", "active", "full")
	add("twice.test", "pending", "full")
	add("both.test", "active", "full")
	add("both.test", "active", "full")
	add("pending.test", "pending", "full")
	add("partial.test", "active", "partial")
	add("copy.test", "active", "secondary")
	add("inside.test", "active", "internal")
	add("new.example.test", "initializing", "full")
	add("xn--wgv71a.test", "active", "full")
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Read))
	for name, want := range map[string]string{
		"a.b.example.test": "example.test.", "x.deep.example.test": "deep.example.test.", "mail.twice.test": "twice.test.",
		// A zone that is not served does not stand before the one that is.
		"new.example.test": "example.test.", "メール.日本.test": "xn--wgv71a.test.",
	} {
		if got, err := h.Zone(t.Context(), name); err != nil || got != want {
			t.Errorf("the zone of %s is %q, %v", name, got, err)
		}
	}
	for name, says := range map[string]string{
		"mail.both.test": "several", "pending.test": "pending", "partial.test": "partial", "copy.test": "secondary",
		"inside.test": "internal", "nowhere.test": "nowhere.test", "test": "no zone",
	} {
		_, err := h.Zone(t.Context(), name)
		kind(t, err, failover.ErrZone, says)
	}
	_, err := h.Read(t.Context(), "pending.test", nil)
	kind(t, err, failover.ErrZone, "pending")
}

// TestTokenWithoutPermission: a token that may do nothing is no read-only one.
func TestTokenWithoutPermission(t *testing.T) {
	server, _ := world(t)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Nothing))
	kind(t, h.Apply(t.Context(), switching()), failover.ErrCredential, "Zone:Read")
}

// TestTokenStaysHome: no redirection carries it away, and no text shows it.
func TestTokenStaysHome(t *testing.T) {
	var leaked string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked = r.Header.Get("Authorization") }))
	defer thief.Close()
	token := strings.Repeat("s3cr3t", 7)[:40]
	for _, answer := range []http.HandlerFunc{
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL+r.URL.Path, http.StatusTemporaryRedirect)
		},
		func(w http.ResponseWriter, r *http.Request) { // an echo
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"success":false,"errors":[{"code":1,"message":"bad header %s"}]}`, r.Header.Get("Authorization"))
		},
		func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, "<html>%s", r.Header.Get("Authorization"))
		},
	} {
		api := httptest.NewServer(answer)
		h := open(t, cloudflare.Options{BaseURL: api.URL}, token)
		err := h.Apply(t.Context(), switching())
		if err == nil || strings.Contains(err.Error(), token) || strings.Contains(fmt.Sprintf("%+v %#v", err, err), token) {
			t.Errorf("the token shows: %v", err)
		}
		if said := fmt.Sprintf("%v %+v", h, cloudflare.Options{Token: dnshost.Secret(token)}); strings.Contains(said, token) {
			t.Errorf("the token shows: %s", said)
		}
		api.Close()
	}
	if leaked != "" {
		t.Errorf("a redirection was given %q", leaked)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []cloudflare.Options{
		{},
		{Token: "two words"},
		{Token: "línea"},
		{Token: "ok", BaseURL: "http://api.example/client/v4"},
		{Token: "ok", BaseURL: "https://user:pass@api.example"},
		{Token: "ok", BaseURL: "ftp://api.example"},
		{Token: "ok", BaseURL: "::"},
	} {
		_, err := cloudflare.New(o)
		kind(t, err, failover.ErrInvalid)
		if token := o.Token.Reveal(); len(token) > 2 && strings.Contains(fmt.Sprint(err), token) {
			t.Errorf("the token shows: %v", err)
		}
	}
	for _, url := range []string{"", "https://api.example/v4/", "http://127.0.0.1:1", "http://localhost", "http://[::1]:5"} {
		if _, err := cloudflare.New(cloudflare.Options{Token: " pasted\n", BaseURL: url}); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
}
