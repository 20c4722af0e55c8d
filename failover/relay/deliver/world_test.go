package deliver_test

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
)

// world is a queue, two providers and routes between them.
type world struct {
	t        testing.TB
	q        *memory
	queue    relay.Queue
	p        map[failover.Role]*provider
	routes   *routes
	o        deliver.Options
	d        *deliver.Deliverer
	stop     context.CancelFunc
	done     chan struct{}
	clock    *clock
	security failover.Security
	limits   relay.Limits
	login    func(sender string) string // nil: the sender
	password func(login string) string  // nil: no sign-in
	refused  func(error) bool
}

type routes struct {
	mu      sync.Mutex
	role    map[string]failover.Role
	changed chan struct{}
}

func (r *routes) Route(domain string) failover.Role {
	r.mu.Lock()
	defer r.mu.Unlock()
	if role := r.role[domain]; role != "" {
		return role
	}
	return failover.Primary
}

func (r *routes) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

func (r *routes) set(domain string, role failover.Role) {
	r.move(domain, role)
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
}

// move changes a route of which nobody has told the deliverer yet.
func (r *routes) move(domain string, role failover.Role) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.role[domain] = role
}

// clock is a wall clock and a steady one, which run on real time and can be moved.
type clock struct {
	mu           sync.Mutex
	start        time.Time
	wall, steady time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.wall)
}

func (c *clock) steadily() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.start) + c.steady
}

func (c *clock) move(wall, steady time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall += wall
	c.steady += steady
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{start: time.Now()}, p: map[failover.Role]*provider{}, routes: &routes{role: map[string]failover.Role{}, changed: make(chan struct{})}}
	w.q = newMemory(w.clock.now)
	w.queue = with{w.q}
	w.o = deliver.Options{
		Routes: w.routes, Credentials: w, Target: w.target, Dialer: &net.Dialer{}, Hostname: "lifeboat.test",
		Retry:    deliver.Retry{First: 300 * time.Millisecond, Most: time.Second, Expire: 100 * time.Hour, Warn: 50 * time.Hour},
		Doubt:    deliver.Doubt{Wait: time.Hour, Resend: true},
		Timeouts: deliver.Timeouts{Connect: time.Minute, Greeting: time.Minute, Command: time.Minute, Data: time.Minute, Block: time.Minute, End: time.Minute, Idle: 200 * time.Millisecond},
		Now:      w.clock.now, Steady: w.clock.steadily,
	}
	return w
}

func (w *world) target(_ string, role failover.Role) (deliver.Target, error) {
	p := w.p[role]
	if p == nil {
		return deliver.Target{}, failover.Fail(failover.ErrInvalid, "there is no {role} provider", "role", role)
	}
	t := deliver.Target{Name: string(role), Endpoint: p.endpoint(w.security), Limits: w.limits}
	if p.cert != nil {
		t.TLS = &tls.Config{RootCAs: p.cert.RootCAs}
	}
	return t, nil
}

// Credential implements relay.Credentials.
func (w *world) Credential(_ context.Context, _ failover.Role, sender string) (relay.Credential, error) {
	login := sender
	if w.login != nil {
		login = w.login(sender)
	}
	if login == "" {
		return relay.Credential{}, failover.Fail(failover.ErrCredential, "No password is stored for {address}.", "address", sender)
	}
	c := relay.Credential{Login: login, Refused: w.refused}
	if w.password != nil {
		c.SignIn = func(context.Context, []string) (sasl.Client, error) {
			return sasl.NewPlainClient("", login, w.password(login)), nil
		}
	}
	return c, nil
}

func (w *world) start() {
	w.t.Helper()
	w.o.Queue = w.queue
	w.d = deliver.New(w.o)
	w.run()
}

func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	w.stop, w.done = cancel, done
	d := w.d
	go func() {
		defer close(done)
		if err := d.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	w.t.Cleanup(func() { cancel(); <-done })
}

func (w *world) end() {
	w.stop()
	<-w.done
}

// await waits until something holds; the queue and the providers have no channel for all of it.
func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	patience := time.NewTimer(2 * time.Minute)
	defer patience.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-patience.C:
			for _, i := range w.q.all()[:min(5, len(w.q.all()))] {
				w.t.Logf("%s %s next %v why %s: %v", i.ID, i.State, i.Next, i.Why, w.q.kinds(i.ID))
			}
			w.t.Fatalf("waited in vain for %s (%d in the queue)", what, len(w.q.all()))
		}
	}
}

func (w *world) awaitEmpty() {
	w.t.Helper()
	w.await("an empty queue", func() bool { return len(w.q.all()) == 0 })
}

func (w *world) send(from string, to ...string) relay.Item {
	w.t.Helper()
	return add(w.t, w.queue, relay.Envelope{User: from, From: from, To: to}, letter)
}

const anna, boss = "anna@example.test", "boss@customer.test"

func newDeliverer(w *world) *deliver.Deliverer { return deliver.New(w.o) }
