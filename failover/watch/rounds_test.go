package watch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
	"lifeboat/failover/watch"
)

// deaf is a dialer that hears of no deadline when it calls certain ports.
type deaf struct {
	failover.Dialer
	port string
	hold chan struct{}
	mu   sync.Mutex
	held int
}

func (d *deaf) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if _, port, _ := net.SplitHostPort(address); port == d.port {
		d.mu.Lock()
		d.held++
		d.mu.Unlock()
		<-d.hold
		return nil, errors.New("at last")
	}
	return d.Dialer.DialContext(ctx, network, address)
}

func (d *deaf) calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.held
}

// A look that obeys no deadline holds nobody up: the round ends without it, and it
// is not begun again until it has come back.
func TestNothingHoldsARoundUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 500*time.Millisecond, lab.Options{})
	stubborn := &deaf{Dialer: o.options.Dialer, port: "25", hold: make(chan struct{})}
	o.options.Dialer = stubborn
	secrets := make(chan struct{})
	a := o.options.Access[failover.Primary]
	var asked atomic.Int32
	a.Password = func(context.Context) (string, error) {
		asked.Add(1)
		<-secrets // a keychain that waits for somebody to type
		return "", errors.New("nobody did")
	}
	o.options.Access[failover.Primary] = a
	o.until("held up", func(detect.State) bool { // its name must be found first, which can take a busy machine too long
		seen := o.seen(failover.Primary, detect.MX)
		return len(seen) > 0 && !slices.ContainsFunc(seen, func(x detect.Observation) bool { return x.Outcome != detect.Unable })
	})
	s := o.look(2)
	if n := stubborn.calls(); n == 0 || n > len(o.world.Controls())+4 {
		t.Errorf("%d connections were begun to hosts that hold them", n)
	}
	if s.Primary.Health != detect.Unknown {
		t.Errorf("nothing was seen, and the primary is %s", s.Primary.Health)
	}
	for _, x := range o.seen(failover.Primary, detect.MX) {
		if x.Outcome != detect.Unable {
			t.Errorf("%+v", x)
		}
	}
	close(stubborn.hold)
	close(secrets)
	for range 200 { // until those who were left behind are back
		if o.look(1); slices.ContainsFunc(o.seen(failover.Primary, detect.MX), func(x detect.Observation) bool { return x.Outcome != detect.Unable }) {
			return
		}
	}
	t.Errorf("never looked at again: %+v; asked for the password %d times", o.rounds[len(o.rounds)-1].Observations, asked.Load())
}

func TestRoundsDoNotOverlap(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 2*time.Second, lab.Options{})
	w := watch.New(o.options)
	var mu sync.Mutex
	var numbers []uint64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 3 {
				r := w.Round(t.Context())
				mu.Lock()
				numbers = append(numbers, r.Number)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(numbers)
	if len(slices.Compact(slices.Clone(numbers))) != 12 || numbers[11] != 12 {
		t.Errorf("the rounds are numbered %v", numbers)
	}
}

func TestARoundEndsWithItsContext(t *testing.T) {
	t.Parallel()
	o := newOffice(t, time.Minute, lab.Options{})
	if err := o.world.Break(failover.Primary, lab.Silent); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	w := watch.New(o.options)
	go func() { w.Round(ctx); close(done) }()
	waiting, leave := context.WithCancel(t.Context())
	leave()
	if r := w.Round(waiting); r.Number == 0 && len(r.Observations) > 0 {
		t.Errorf("nobody looked, and it saw %+v", r.Observations)
	}
	cancel()
	<-done // or the test never ends
}

// What never worked is no outage: a wrong password, a recipient that nobody knows.
// It is said, and tried less and less.
func TestWhatNeverWorked(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{})
	var asked atomic.Int32
	a := o.options.Access[failover.Primary]
	a.Password = func(context.Context) (string, error) { return "wrong " + fmt.Sprint(asked.Add(1)), nil }
	o.options.Access[failover.Primary] = a
	for _, r := range o.options.Domain.Recipients {
		o.world.SetRecipient(failover.Secondary, r.Address, false)
	}
	s := o.look(12)
	if s.Primary.Health != detect.Healthy || s.Primary.Blame != "" {
		t.Errorf("the primary is %s: %s", s.Primary.Health, s.Primary.Say)
	}
	if s.Secondary.Part(detect.Inbound).Health != detect.Unknown {
		t.Errorf("mail at the secondary: %s", s.Secondary.Part(detect.Inbound).Health)
	}
	if n := asked.Load(); n > 2*3 { // at the submission server and, where there is one, the IMAP server
		t.Errorf("a password that is always refused was tried %d times", n)
	}
	said := ""
	for _, b := range o.watcher.Blind() {
		said += b.String() + "\n"
	}
	if !strings.Contains(said, "The sign-in at smtp.harbormail.test has not worked yet (535") || strings.Contains(said, "wrong") {
		t.Errorf("said to be blind to: %s", said)
	}
}

// A password that worked and is refused from now on is looked at often enough to stay
// known, and seldom enough to lock nobody out.
func TestRefusedSignInsArePoliteAndStayKnown(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{})
	if o.options.Domain.Primary.Submission.Host == "" {
		t.Fatal("the world has no submission server")
	}
	o.options.Domain.Primary.IMAP = failover.Endpoint{}
	var asked atomic.Int32
	var wrong atomic.Bool
	a := o.options.Access[failover.Primary]
	password := a.Password
	a.Password = func(ctx context.Context) (string, error) {
		asked.Add(1)
		if !wrong.Load() {
			return password(ctx)
		}
		return "changed", nil
	}
	o.options.Access[failover.Primary] = a
	o.calm()
	wrong.Store(true)
	asked.Store(0)
	for range 30 {
		s := o.look(1)
		if out := s.Primary.Part(detect.Outbound); asked.Load() > 7 && (out.Health != detect.Down || out.Fault != detect.FaultSignIn || out.Blame != detect.BlameUnclear) {
			t.Fatalf("after %d tries: %s, %s, blame %s", asked.Load(), out.Health, out.Fault, out.Blame)
		}
	}
	if n := asked.Load(); n > 10+20/4+1 {
		t.Errorf("%d tries in 30 rounds", n)
	}
}

// A watcher that begins again knows what the one before it knew.
func TestMemory(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{})
	o.calm()
	m := o.watcher.Memory()
	if m.Number != 3 || len(m.Proved) < 6 || len(m.Secure) != 4 {
		t.Fatalf("%+v", m)
	}
	if err := o.world.Break(failover.Primary, lab.Reject); err != nil {
		t.Fatal(err)
	}
	o.options.Memory = m
	o.watcher = watch.New(o.options)
	if s := o.look(7); s.Primary.Health != detect.Down || s.Primary.Fault != detect.FaultRejects {
		t.Errorf("with its memory: %s, %s", s.Primary.Health, s.Primary.Fault)
	}
	o.options.Memory = watch.Memory{Number: m.Number + 7}
	o.watcher, o.detector, o.rounds, o.targets = watch.New(o.options), nil, nil, nil
	if s := o.look(7); s.Primary.Health != detect.Unknown {
		t.Errorf("without: %s, %s", s.Primary.Health, s.Primary.Say)
	}
}

func TestBlind(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{})
	d := o.options.Domain
	d.Recipients, d.Primary.Submission, d.Primary.IMAP = nil, failover.Endpoint{}, failover.Endpoint{}
	d.Secondary.Submission, d.Secondary.IMAP = failover.Endpoint{Host: "smtp.lighthouse.test", Port: 587}, failover.Endpoint{}
	o.options.Domain, o.options.Controls, o.options.Access = d, nil, nil
	said := ""
	for _, b := range watch.New(o.options).Blind() {
		said += b.String() + "\n"
	}
	for _, want := range []string{
		"No recipients of example.test are in the settings", "no control hosts",
		"send through " + d.Primary.Name + " is not watched", "read at " + d.Primary.Name + " is not watched",
		"Nobody signs in at " + d.Secondary.Name,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("lacks %q:\n%s", want, said)
		}
	}
	if strings.Contains(said, "Nobody signs in at "+d.Primary.Name) {
		t.Errorf("speaks of a sign-in where there is no server:\n%s", said)
	}
	// And without recipients the MX hosts are still talked to.
	o.options.Controls = o.world.Controls()
	if s := o.look(2); s.Primary.Part(detect.Inbound).Health != detect.Healthy {
		t.Errorf("mail arrives: %s", s.Primary.Part(detect.Inbound).Say)
	}
	if x := o.seen(failover.Primary, detect.MX); len(x) == 0 || x[0].Stage != detect.AtMail {
		t.Errorf("%+v", x)
	}
}

// One bad mailbox is no outage: others are asked for.
func TestOneMailboxOfMany(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{})
	o.calm()
	var accounts []string
	for _, r := range o.options.Domain.Recipients {
		if r.Kind == failover.Account {
			accounts = append(accounts, r.Address)
		}
	}
	if len(accounts) < 2 {
		t.Fatalf("the world has the accounts %v", accounts)
	}
	o.world.SetRecipient(failover.Primary, accounts[0], false)
	if s := o.look(10); s.Primary.Health == detect.Down {
		t.Errorf("%s: %s", s.Primary.Health, s.Primary.Say)
	}
	if n := o.world.Counters(failover.Primary).Submitted + o.world.Counters(failover.Primary).Stored; n != 0 {
		t.Errorf("%d messages were handed in", n)
	}
}

// Nothing that a round shows has a password in it.
func TestNoSecretInARound(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 8*time.Second, lab.Options{})
	o.calm()
	for _, f := range []lab.Fault{lab.NoSignIn, lab.NoTLS, lab.Reset} {
		if err := o.world.Break(failover.Primary, f); err != nil {
			t.Fatal(err)
		}
		o.look(1)
	}
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		_, password := o.world.Login(r)
		if text := fmt.Sprintf("%+v", o.rounds); strings.Contains(text, password) {
			t.Error("a password stands in the observations")
		}
	}
}
