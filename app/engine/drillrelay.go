package engine

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
	"lifeboat/failover/relay/queue"
	"lifeboat/failover/relay/submit"
	"lifeboat/failover/relay/users"
)

// drillRelay is the send route of a world's office: the same submission server, queue
// and deliverer as in life, in the drill's own folder. What the staff write goes
// through it, and the world is told what became of each message.
type drillRelay struct {
	world *lab.World
	dir   string
	log   *slog.Logger

	queue  noticing
	server *submit.Server
	routes *worldRoutes
	book   *users.Book
	logins map[string]string // passwords by address
	trust  *x509.CertPool    // of the staff's mail programs
}

func newDrillRelay(w *lab.World, dir string, logger *slog.Logger) *drillRelay {
	return &drillRelay{world: w, dir: filepath.Join(dir, relayDir), log: logger, routes: newWorldRoutes(w), logins: map[string]string{}}
}

// Waits of a drill's send route, of life: its providers answer within a moment or not
// at all, and a drill is over in minutes.
const (
	drillFirstTry = 3 * time.Second
	drillMostTry  = 10 * time.Second
	drillDoubt    = 2 * time.Second
	drillPatience = 5 * time.Second
	// drillEnd is more than the world's providers may take before they give a message up
	// themselves; after it none of them can still store it.
	drillEnd = 35 * time.Second
)

// Begin opens the queue and has everybody in the office known to the server.
func (d *drillRelay) Begin(ctx context.Context) error {
	if err := makeDir(d.dir); err != nil {
		return err
	}
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil { // it ends with the drill
		return err
	}
	q, err := queue.Open(ctx, queue.Options{Dir: filepath.Join(d.dir, "queue"), Key: key, Now: d.world.Now, Log: d.log})
	if err != nil {
		return err
	}
	d.queue = noticing{Queue: q, world: d.world, numbers: &numbers{of: map[relay.ID]int{}}}
	if d.book, err = users.Open(filepath.Join(d.dir, "users"), key, users.Options{Now: d.world.Now, Log: d.log}); err != nil {
		return err
	}
	for _, r := range d.world.Domain().Recipients {
		if user, _ := d.world.StaffLogin(failover.Primary, r.Address); user == "" {
			continue
		}
		if d.logins[r.Address], err = d.book.Add(ctx, users.New{Address: r.Address}); err != nil {
			return err
		}
	}
	own, err := submit.SelfSigned(filepath.Join(d.dir, "tls"), key, []string{"localhost"}, time.Now)
	if err != nil {
		return err
	}
	d.server = submit.New(submit.Options{
		Queue: d.queue, Users: d.book, Listen: []submit.Listen{{Address: "127.0.0.1:0", TLS: failover.StartTLS}},
		Certificate: func() (*tls.Certificate, error) { return &own, nil }, Now: d.world.Now, Log: d.log,
	})
	leaf, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		return err
	}
	d.trust = x509.NewCertPool()
	d.trust.AddCert(leaf)
	return nil
}

// Keep implements [drill.Relay].
func (d *drillRelay) Keep(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts sync.WaitGroup
	defer parts.Wait()
	defer d.world.SetOffice(nil)
	parts.Go(func() { d.routes.follow(ctx) })
	parts.Go(func() { d.sample(ctx) })
	parts.Go(func() { _ = d.deliverer().Run(ctx) }) // it ends with ctx alone
	return d.server.Run(ctx, func(at []net.Addr) {
		d.world.SetOffice(&lab.Office{
			Address: at[0].String(), Host: "localhost", TLS: &tls.Config{RootCAs: d.trust, MinVersion: tls.VersionTLS12},
			Login: func(address string) (user, password string) { return address, d.logins[address] },
		})
	})
}

func (d *drillRelay) deliverer() *deliver.Deliverer {
	w := d.world
	return deliver.New(deliver.Options{
		Queue: d.queue, Sampler: d.queue, Routes: d.routes, Credentials: staffLogins{w}, Dialer: w.Dialer(), Hostname: "office.test",
		Target: func(_ string, role failover.Role) (deliver.Target, error) {
			p := w.Domain().Provider(role)
			return deliver.Target{Name: p.Name, Endpoint: p.Submission, TLS: w.TLSConfig()}, nil
		},
		Retry: deliver.Retry{First: drillFirstTry, Most: drillMostTry},
		Doubt: deliver.Doubt{Wait: drillDoubt, Resend: true},
		Timeouts: deliver.Timeouts{
			Connect: drillPatience, Greeting: drillPatience, Command: drillPatience, Data: drillPatience, Block: drillPatience, End: drillEnd,
		},
		Now: w.Now, Log: d.log,
	})
}

// sample files how many messages wait, each second of the world and at most four times
// in one of life.
func (d *drillRelay) sample(ctx context.Context) {
	every := time.NewTicker(max(time.Duration(float64(time.Second)/d.world.Factor()), 250*time.Millisecond))
	defer every.Stop()
	for {
		if err := d.queue.Sample(ctx, func(i relay.Item) failover.Role { return relay.RoleOf(d.routes, i) }); err != nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "the drill's queue", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// samplesKept is how many points a drill's record has of each provider at most.
const samplesKept = 360

// Relayed implements [drill.Relay].
func (d *drillRelay) Relayed(ctx context.Context) (drill.Relayed, error) {
	var r drill.Relayed
	// What went out since the last second's look belongs to the account, too.
	if err := d.queue.Sample(ctx, func(i relay.Item) failover.Role { return relay.RoleOf(d.routes, i) }); err != nil {
		return r, err
	}
	events, err := d.queue.Events(ctx, relay.LogQuery{Limit: 1 << 20})
	if err != nil {
		return r, err
	}
	took := map[relay.ID]failover.Role{}
	for _, e := range events {
		switch e.Kind {
		case relay.Submitted:
			r.Accepted++
		case relay.Sent:
			took[e.ID] = e.Role
		case relay.Bounce, relay.Expiry, relay.Drop:
			r.Bounced++
		case relay.Doubtful:
			r.Uncertain++
		case relay.SentAgain:
			r.Again++
		default:
		}
	}
	for _, role := range took {
		if role == failover.Primary {
			r.Primary++
		} else {
			r.Secondary++
		}
	}
	for range d.queue.Items() {
		r.Waiting++
	}
	if r.Samples, err = d.queue.Samples(ctx, time.Time{}, time.Time{}, samplesKept); err != nil {
		return r, err
	}
	most, longest := drill.PileUp(r.Samples)
	r.Most, r.Longest = most, drill.Span(longest.Round(time.Millisecond))
	r.Routes = d.routes.all()
	return r, nil
}

// Close ends the queue; its folder is the world's to remove.
func (d *drillRelay) Close() {
	if d.queue.Queue != nil {
		_ = d.queue.Close() // it is thrown away
	}
}

// staffLogins are the credentials of the staff at the world's providers.
type staffLogins struct{ world *lab.World }

// Credential implements [relay.Credentials].
func (s staffLogins) Credential(_ context.Context, role failover.Role, sender string) (relay.Credential, error) {
	user, password := s.world.StaffLogin(role, sender)
	return relay.Credential{
		Login: user,
		SignIn: func(context.Context, []string) (sasl.Client, error) {
			return sasl.NewPlainClient("", user, password), nil
		},
		Refused: func(error) bool { return false },
	}, nil
}

// worldRoutes is the world's send route as the relay follows it.
type worldRoutes struct {
	world *lab.World

	mu      sync.Mutex
	now     failover.Role
	changed chan struct{}
	events  []relay.Event
}

func newWorldRoutes(w *lab.World) *worldRoutes {
	return &worldRoutes{world: w, now: w.SendRoute(), changed: make(chan struct{})}
}

// Route implements [relay.Routes].
func (r *worldRoutes) Route(string) failover.Role {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// Changed implements [relay.Routes].
func (r *worldRoutes) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

func (r *worldRoutes) all() []relay.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]relay.Event(nil), r.events...)
}

// follow looks where the world's staff are to send.
func (r *worldRoutes) follow(ctx context.Context) {
	const often = 50 * time.Millisecond
	every := time.NewTicker(often)
	defer every.Stop()
	for {
		r.look()
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

func (r *worldRoutes) look() {
	to := r.world.SendRoute()
	r.mu.Lock()
	defer r.mu.Unlock()
	if to == r.now {
		return
	}
	r.now = to
	r.events = append(r.events, relay.Event{At: r.world.Now(), Kind: relay.RouteChange, Domain: failover.Display(r.world.Domain().Name), Role: to})
	close(r.changed)
	r.changed = make(chan struct{})
}
