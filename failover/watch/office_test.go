package watch_test

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/lab"
	"lifeboat/failover/watch"
)

// clock goes on by itself and can be turned forward.
type clock struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.off)
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

// office is a machine in the office of a practice world's domain that watches its
// providers once a minute, by a clock that is turned.
type office struct {
	t       *testing.T
	world   *lab.World
	clock   *clock
	options watch.Options
	set     detect.Settings

	watcher  *watch.Watcher
	detector *detect.Detector
	targets  []detect.Target
	rounds   []detect.Round
}

const every = time.Minute

// newOffice makes a world in which nobody writes. Looks are given enough time that a
// busy machine does not look like an outage.
func newOffice(t *testing.T, patience time.Duration, world lab.Options) *office {
	t.Helper()
	o := &office{t: t, clock: &clock{}, set: detect.Default(every)}
	o.set.SlowAfter = time.Hour
	world.Interval, world.Now = -1, o.clock.now
	w, err := lab.New(world)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	o.world = w
	o.options = watch.Options{
		Domain: w.Domain(), Dialer: brisk{w.Dialer()}, Controls: w.Controls(), DNSControls: w.DNSControls(), Patience: patience, Now: o.clock.now,
		Reader: dnsview.New(dnsview.Options{
			Dialer: brisk{w.Dialer()}, Resolvers: []string{w.Resolver()}, DoH: []string{w.DoHURL()}, TLS: w.TLSConfig(),
			Controls: w.DNSControls(), Timeout: patience / 4,
		}),
		Access: map[failover.Role]watch.Access{},
	}
	conf := w.TLSConfig()
	conf.CurvePreferences = []tls.CurveID{tls.CurveP256} // written in assembly: the race detector makes the others slow
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		user, password := w.Login(r)
		o.options.Access[r] = watch.Access{
			User: user, Password: func(context.Context) (string, error) { return password, nil }, TLS: conf, StatusPage: w.StatusURL(r),
		}
	}
	return o
}

// onlyMX leaves submission and IMAP servers out, where nothing is asked of them.
func (o *office) onlyMX() {
	d := &o.options.Domain
	d.Primary.Submission, d.Primary.IMAP = failover.Endpoint{}, failover.Endpoint{}
	d.Secondary.Submission, d.Secondary.IMAP = failover.Endpoint{}, failover.Endpoint{}
}

// look makes so many rounds, and returns the state after the last.
func (o *office) look(rounds int) detect.State {
	o.t.Helper()
	if o.watcher == nil {
		o.watcher = watch.New(o.options)
	}
	for range rounds {
		o.clock.pass(every)
		r := o.watcher.Round(o.t.Context())
		if targets := o.watcher.Targets(); !slices.Equal(targets, o.targets) {
			d, err := detect.New(o.set, targets)
			if err != nil {
				o.t.Fatal(err)
			}
			for _, before := range o.rounds {
				d.Take(before)
			}
			o.detector, o.targets = d, targets
		}
		o.rounds = append(o.rounds, r)
		if !o.detector.Take(r) {
			o.t.Fatalf("round %d does not count", r.Number)
		}
	}
	return o.detector.State(o.clock.now())
}

// seen are the observations of the last round on a service of a provider.
func (o *office) seen(r failover.Role, s detect.Service) []detect.Observation {
	var out []detect.Observation
	for _, x := range o.rounds[len(o.rounds)-1].Observations {
		if x.Role == r && x.Service == s {
			out = append(out, x)
		}
	}
	return out
}

// until makes rounds until the state is as wanted. It takes many more than it should
// before it gives up: on a busy machine a look may fail that should not.
func (o *office) until(what string, is func(detect.State) bool) detect.State {
	o.t.Helper()
	for range 120 {
		if s := o.look(1); is(s) {
			return s
		}
	}
	s := o.detector.State(o.clock.now())
	o.t.Fatalf("never %s: primary %s, %s, a switch is %s, %s; secondary %s; line %s; records %s, %s: %+v", what, s.Primary.Health, s.Primary.Fault,
		s.Primary.Switch, s.Primary.Say, s.Secondary.Health, s.Line.Health, s.Records.Health, s.Records.Fault, o.rounds[len(o.rounds)-1].Observations)
	return s
}

// calm makes the rounds of a few quiet minutes.
func (o *office) calm() {
	o.t.Helper()
	o.until("calm", func(s detect.State) bool {
		return len(o.rounds) > 2 && s.Primary.Health == detect.Healthy && s.Secondary.Health == detect.Healthy &&
			s.Line.Health == detect.Healthy && s.Records.Health == detect.Healthy
	})
}

// brisk gives up early on connections that do not come about. On loopback they come
// about at once, or never.
type brisk struct{ failover.Dialer }

func (b brisk) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 250*time.Millisecond)
	defer cancel()
	return b.Dialer.DialContext(ctx, network, address)
}
