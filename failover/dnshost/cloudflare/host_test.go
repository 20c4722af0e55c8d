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
	"lifeboat/failover/dnswire"
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
	h = open(t, cloudflare.Options{BaseURL: server.URL, Timeout: 200 * time.Millisecond},
		server.Token(cftest.Edit, cftest.Fault{Hang: true, Writes: true, Commit: true}))
	kind(t, h.Apply(t.Context(), switching()), failover.ErrUncertain)
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

// TestManyRecords: sets longer than a page, and results that a filter let through.
func TestManyRecords(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	var values []string
	for i := range 250 {
		values = append(values, dnswire.TXT(fmt.Sprintf("v=%03d", i)))
	}
	many := failover.NewRRset("many."+zone, "TXT", 300, values...)
	z.Put(many)
	z.Put(failover.NewRRset("too.many."+zone, "TXT", 300, values[0]))
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	sets, err := h.Read(t.Context(), zone, []failover.Key{many.Key})
	if err != nil || !sets[0].Equal(many) {
		t.Fatalf("read %d of %d values: %v", len(sets[0].Values), len(values), err)
	}
	// One of them changes; a batch of one.
	after := failover.NewRRset(many.Name, "TXT", 300, append(values[1:], dnswire.TXT("v=new"))...)
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: many, After: after}); err != nil || server.Changes() != 1 {
		t.Errorf("%v, %d changes", err, server.Changes())
	}
}

// TestChangesPatchInPlace: records keep their identifiers, comments and automatic
// TTLs; only the surplus comes or goes.
func TestChangesPatchInPlace(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	id := func(content string) (string, string) {
		for _, l := range lines(t, z) {
			data, rest, _ := strings.Cut(l, "\t")
			if strings.HasPrefix(data, zone) && strings.HasSuffix(data, content) {
				id, more, _ := strings.Cut(rest, " ")
				_, more, _ = strings.Cut(more, "ttl=")
				return id, more
			}
		}
		t.Fatalf("no record %s in\n%s", content, strings.Join(lines(t, z), "\n"))
		return "", ""
	}
	one, oneMore := id(" mx1.primary.example.")
	two, twoMore := id(" mx2.primary.example.")
	if oneMore == twoMore {
		t.Fatal("the seeded records do not differ in what is kept beside them")
	}
	c := switching()
	if err := h.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	newOne, newOneMore := id(" in1.secondary.example.")
	newTwo, newTwoMore := id(" in2.secondary.example.")
	if one != newOne || two != newTwo || oneMore != newOneMore || twoMore != newTwoMore {
		t.Errorf("%s (%s) became %s (%s), %s (%s) became %s (%s)", one, oneMore, newOne, newOneMore, two, twoMore, newTwo, newTwoMore)
	}
	fewer := mxSet("10 in1.secondary.example.")
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: c.After, After: fewer}); err != nil {
		t.Fatal(err)
	}
	if kept, _ := id(" in1.secondary.example."); kept != one {
		t.Error("a record that stays was made anew")
	}
}

// TestOneTextTwice: two records that are one to the DNS, as quoted and unquoted
// content of one text can be.
func TestOneTextTwice(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	before := failover.NewRRset("twice."+zone, "TXT", 300, dnswire.TXT("one text"))
	plain := cftest.Of(before, "one text")
	z.Add(plain)
	z.Add(cftest.Of(before, before.Values[0]))
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	sets, err := h.Read(t.Context(), zone, []failover.Key{before.Key})
	if err != nil || !sets[0].Equal(before) {
		t.Fatalf("it reads %v, %v", sets, err)
	}
	longer := before
	longer.TTL = 600
	other := failover.NewRRset(before.Name, "TXT", 600, dnswire.TXT("another"))
	gone := failover.NewRRset(before.Name, "TXT", 0)
	for _, c := range []dnshost.Change{{Before: before, After: longer}, {Before: longer, After: other}, {Before: other, After: gone}} {
		c.Zone = zone
		if err := h.Apply(t.Context(), c); err != nil {
			t.Fatalf("%v to %v: %v", c.Before, c.After, err)
		}
		if sets, err = h.Read(t.Context(), zone, []failover.Key{before.Key}); err != nil || !sets[0].Equal(c.After) {
			t.Fatalf("after the change to %v it reads %v, %v", c.After, sets, err)
		}
	}
}

// TestProxiedAlias: a CNAME behind the proxy gives no alias to the world, so it is
// not settled, whatever its content.
func TestProxiedAlias(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	want := failover.NewRRset("s1._domainkey."+zone, "CNAME", 300, "s1.dkim.secondary.example.")
	r := cftest.Of(want, want.Values[0])
	r.Proxied = true
	z.Add(r)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: want, After: want}); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(lines(t, z), "\n"); strings.Contains(text, "proxied=true") {
		t.Errorf("it is still behind the proxy:\n%s", text)
	}
}

// TestOvertaken: somebody else changes records between reading and writing, so that
// a record of the batch is gone or there already.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	two := mxSet("10 mx1.primary.example.", "20 mx2.primary.example.")
	for _, c := range []struct {
		name   string
		theirs failover.RRset
		after  failover.RRset
		want   error
	}{
		{"another set", mxSet("10 third.example."), switching().After, failover.ErrStale},
		{"the very set wanted", switching().After, switching().After, nil},
		{"the same set made anew", two, switching().After, failover.ErrStale},
		{"a record added that was to be created", failover.NewRRset("backup."+zone, "MX", 600, "10 in1.secondary.example."),
			failover.NewRRset("backup."+zone, "MX", 300, "10 in1.secondary.example."), failover.ErrStale},
	} {
		server, z := world(t)
		before := two
		if c.after.Key != two.Key {
			before = failover.NewRRset(c.after.Name, "MX", 0)
		}
		server.BeforeBatch = func() { z.Put(c.theirs) }
		h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
		err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: before, After: c.after})
		if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if n := server.Changes(); n != 0 {
			t.Errorf("%s: %d changes were made", c.name, n)
		}
	}
}

func TestWhatCloudflareRefuses(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	z.Put(failover.NewRRset("alias."+zone, "CNAME", 300, "www."+zone))
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	apply := func(after failover.RRset) error {
		return h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: failover.NewRRset(after.Name, after.Type, 0), After: after})
	}
	kind(t, apply(failover.NewRRset("alias."+zone, "MX", 300, "10 a.example.")), failover.ErrInvalid, "CNAME")
	kind(t, apply(failover.NewRRset("www."+zone, "CNAME", 300, "a.example.")), failover.ErrInvalid, "CNAME")
	kind(t, apply(failover.NewRRset("new."+zone, "MX", 29, "10 a.example.")), failover.ErrInvalid, "29")
	kind(t, apply(failover.NewRRset("new."+zone, "MX", 1, "10 a.example.")), failover.ErrInvalid, "60")
	kind(t, apply(failover.NewRRset("new."+zone, "MX", 86401, "10 a.example.")), failover.ErrInvalid, "86401")
	kind(t, apply(failover.NewRRset("new."+zone, "MX", 30, "10 a.example.")), failover.ErrInvalid, "Invalid TTL")
	kind(t, apply(failover.NewRRset("new."+zone, "A", 300, "192.0.2.7")), failover.ErrUnsupported, "A records")
	if n := server.Changes(); n != 0 {
		t.Errorf("%d changes were made", n)
	}
}

func TestNullMX(t *testing.T) {
	t.Parallel()
	server, _ := world(t)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	null := failover.NewRRset("quiet."+zone, "MX", 300, "0 .")
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: failover.NewRRset(null.Name, "MX", 0), After: null}); err != nil {
		t.Fatal(err)
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
			http.Redirect(w, r, strings.Replace(thief.URL, "127.0.0.1", "localhost", 1), http.StatusTemporaryRedirect)
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
