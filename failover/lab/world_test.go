package lab_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/lab"
)

// quick is a sender that does not make tests wait.
func quick() lab.Retry {
	return lab.Retry{First: 20 * time.Millisecond, Most: 100 * time.Millisecond, Patience: 20 * time.Second}
}

// world makes one that may have to do without UDP.
func world(opt lab.Options) (*lab.World, error) {
	if *withoutUDP {
		opt = lab.WithoutUDP(opt)
	}
	return lab.New(opt)
}

// start runs a world without a stream of messages until the test ends.
func start(t *testing.T, opt lab.Options) *lab.World {
	t.Helper()
	if opt.Interval == 0 {
		opt.Interval = -1
	}
	if opt.Retry == (lab.Retry{}) {
		opt.Retry = quick()
	}
	w, err := world(opt)
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
	return w
}

// until waits, from event to event, for the account to be as wanted. It must be
// given a subscription from before what it waits for.
func until(t *testing.T, w *lab.World, events <-chan lab.Event, is func(lab.Totals) bool) lab.Totals {
	t.Helper()
	for {
		if now := w.Totals(); is(now) {
			return now
		}
		// A message that goes back before its writer's client has heard that it was handed in
		// is settled by that hearing, which is no event of its own.
		again := time.NewTimer(50 * time.Millisecond)
		select {
		case <-events:
		case <-again.C:
		case <-t.Context().Done():
			t.Fatalf("the world ended first: %+v", w.Totals())
		}
		again.Stop()
	}
}

// next waits for an event of a kind.
func next(t *testing.T, events <-chan lab.Event, kind lab.EventKind) lab.Event {
	t.Helper()
	for {
		select {
		case e, open := <-events:
			if !open {
				t.Fatalf("the world closed before a %q event", kind)
			}
			if e.Kind == kind {
				return e
			}
		case <-t.Context().Done():
			t.Fatalf("no %q event", kind)
		}
	}
}

// clock is a clock that the test turns.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opt  lab.Options
		says string
	}{
		"one label":          {lab.Options{Domain: "test"}, `"test" cannot be the practice domain`},
		"a provider's zone":  {lab.Options{Domain: "mx1.harbormail.test"}, "cannot be the practice domain"},
		"blank":              {lab.Options{Domain: "exa mple.test"}, "cannot be the practice domain"},
		"foreign recipient":  {lab.Options{Recipients: []failover.Recipient{{Address: "a@b.test"}}}, "a@b.test is no address of example.test"},
		"no recipient":       {lab.Options{Recipients: []failover.Recipient{{Address: "nobody"}}}, "nobody is no address"},
		"secondaries":        {lab.Options{Secondaries: 9}, "give a number from 1 to 8"},
		"lag":                {lab.Options{Lag: -1}, "The lag -1ns is negative"},
		"secondaries, minus": {lab.Options{Secondaries: -1}, "give a number from 1 to 8"},
	} {
		_, err := lab.New(c.opt)
		if !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

func TestWrongNamesAreSaid(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	for name, err := range map[string]error{
		"provider":       w.Break("tertiary", lab.Reset),
		"provider fault": w.Break(failover.Primary, lab.Lame),
		"server":         w.BreakDNS("ns9.example.test", lab.Silent),
		"server fault":   w.BreakDNS("ns1.example.test", lab.Defer),
		"lag of primary": w.SetLag("ns1.example.test", time.Second),
		"record outside": w.Put(failover.NewRRset("other.test", "MX", 60, "10 a.test.")),
		"record broken":  w.Put(failover.NewRRset("example.test", "MX", 60, "many words here")),
		"second start":   w.Start(t.Context()),
	} {
		if !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Send("someone@elsewhere.test"); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("Send elsewhere: %v", err)
	}
}

func TestDomainSaysWhatTheDNSSays(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{Domain: "exämple.jp", TTL: 77})
	d := w.Domain()
	if d.Name != "xn--exmple-cua.jp." || len(d.Recipients) != 5 || d.MXTTL != 77 {
		t.Errorf("domain %q with %d recipients, TTL %d", d.Name, len(d.Recipients), d.MXTTL)
	}
	if got := ask(t, w, w.Resolver(), d.Name, "MX"); d.RouteOf(got) != failover.RoutePrimary || got.TTL != 77 {
		t.Errorf("the resolver gives %v", got)
	}
	if got := ask(t, w, w.Resolver(), d.Emergency, "MX"); d.RouteOf(got) != failover.RouteSecondary {
		t.Errorf("the emergency subdomain has %v", got)
	}
	for _, p := range []failover.Provider{d.Primary, d.Secondary} {
		sel := p.DKIM[0]
		value := sel.Value
		if sel.Type == "TXT" {
			value = dnswire.TXT(value)
		}
		if got := ask(t, w, w.Resolver(), sel.Selector+"._domainkey."+d.Name, sel.Type); len(got.Values) != 1 || got.Values[0] != value {
			t.Errorf("%s: selector %v", p.Name, got)
		}
		spf := w.Truth(d.Name, "TXT")
		if !strings.Contains(strings.Join(spf.Values, " "), "include:"+failover.Display(p.SPFInclude)) {
			t.Errorf("%s is not in SPF: %v", p.Name, spf)
		}
		if got := ask(t, w, w.Resolver(), p.SPFInclude, "TXT"); !got.Exists() {
			t.Errorf("%s does not exist", p.SPFInclude)
		}
	}
}

func TestUnprepared(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{Unprepared: true})
	d := w.Domain()
	if d.Emergency != "" || w.Truth("emergency."+d.Name, "MX").Exists() {
		t.Error("there is an emergency subdomain")
	}
	sel := d.Secondary.DKIM[0]
	name := sel.Selector + "._domainkey." + d.Name
	if w.Truth(name, sel.Type).Exists() {
		t.Error("the secondary's DKIM selector is there")
	}
	if txt := w.Truth(d.Name, "TXT").String(); strings.Contains(txt, "lighthouse") || !strings.Contains(txt, "harbormail") {
		t.Errorf("TXT: %s", txt)
	}
	// The key suffices to prepare what is missing.
	r, err := send(t, w, w.TSIG(), update(func(m *dns.Msg) {
		m.Insert(rrs(t, failover.NewRRset(name, sel.Type, 60, dnswire.TXT(sel.Value)), failover.MXSet("emergency."+d.Name, 60, d.Secondary.MX)))
	}))
	if err != nil || r.Rcode != dns.RcodeSuccess || !w.Truth(name, sel.Type).Exists() {
		t.Errorf("preparing: %v, %v", r, err)
	}
}

func TestSubscribersNeverHoldUpTheWorld(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	slow, _ := w.Subscribe(1)
	quick, cancel := w.Subscribe(100)
	for range 5 {
		if err := w.Break(failover.Primary, lab.Slow); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		if e := <-quick; e.Missed != 0 {
			t.Errorf("the quick one missed %d", e.Missed)
		}
	}
	cancel()
	cancel()
	if _, open := <-quick; open {
		t.Error("a cancelled subscription gives events")
	}
	<-slow
	w.Mend(failover.Primary)
	if e := <-slow; e.Missed != 4 || e.Kind != lab.EventMended {
		t.Errorf("the slow one: missed %d before %q", e.Missed, e.Kind)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, open := <-slow; open {
		t.Error("a subscription outlives the world")
	}
	late, _ := w.Subscribe(1)
	if _, open := <-late; open {
		t.Error("a closed world takes subscriptions")
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	key := w.TSIG()
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "key", key)
	for _, shown := range []string{key.String(), key.GoString(), log.String()} {
		if strings.Contains(shown, key.Secret) || !strings.Contains(shown, key.Name) {
			t.Errorf("shown as %q", shown)
		}
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	// Not parallel: it counts goroutines.
	before := runtime.NumGoroutine()
	w, err := world(lab.Options{Interval: 5 * time.Millisecond, Retry: quick(), IPv6: true, Staff: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	events, _ := w.Subscribe(1000)
	until(t, w, events, func(n lab.Totals) bool { return n.Inbound.Delivered > 3 && n.Outbound.Delivered > 1 && n.Read > 1 })
	reading := inbox(t, w, failover.Secondary, hanako, nil)
	if _, err := reading.Idle(); err != nil {
		t.Fatal(err)
	}
	// Caught in every way of waiting there is.
	if err := w.Break(failover.Primary, lab.Hang); err != nil {
		t.Fatal(err)
	}
	if err := w.BreakDNS("ns1.example.test", lab.Silent); err != nil {
		t.Fatal(err)
	}
	until(t, w, events, func(n lab.Totals) bool { return n.Waiting > 3 })
	d := w.Dialer()
	waiting := make(chan error, 1)
	go func() {
		_, err := d.DialContext(context.Background(), "tcp", w.UpdateServer())
		waiting <- err
	}()
	var open []net.Conn
	for _, to := range []string{w.Resolver(), "mx1.harbormail.test:25", "mx1.lighthouse.test:25", "smtp.lighthouse.test:587", "imap.lighthouse.test:993", "mail.remote.test:25", w.Controls()[0], "dns.lab.test:443"} {
		c, err := d.DialContext(t.Context(), "tcp", to)
		if err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		open = append(open, c)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, net.ErrClosed) {
		t.Errorf("whoever waited for a silent host got %v", err)
	}
	<-reading.Closed()
	for _, c := range open {
		if _, err := io.Copy(io.Discard, c); err == nil {
			continue // an end is as good as a reset
		}
		c.Close()
	}
	if c, err := d.DialContext(t.Context(), "tcp", w.UpdateServer()); err == nil {
		c.Close()
		t.Error("a listener is left")
	}
	if err := w.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	for runtime.NumGoroutine() > before {
		select {
		case <-t.Context().Done():
			buf := make([]byte, 1<<20)
			t.Fatalf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
		default:
			runtime.Gosched()
		}
	}
}

func TestContextEndsTheWorld(t *testing.T) {
	t.Parallel()
	w, err := world(lab.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	d := w.Dialer()
	if _, err := d.DialContext(t.Context(), "tcp", w.Resolver()); !errors.Is(err, lab.CodeRefused) {
		t.Errorf("before Start: %v", err)
	}
	events, _ := w.Subscribe(1)
	ctx, cancel := context.WithCancel(t.Context())
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	c, err := d.DialContext(t.Context(), "tcp", w.Resolver())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cancel()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the resolver goes on talking")
	}
	for range events {
		continue
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	still, err := lab.New(lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(still.Close(), still.Close()); err != nil {
		t.Errorf("closing a world that was never started: %v", err)
	}
	if err := still.Start(t.Context()); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("starting a closed world: %v", err)
	}
}
