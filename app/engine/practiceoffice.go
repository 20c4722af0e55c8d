package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
	"lifeboat/failover/relay/queue"
	"lifeboat/failover/relay/users"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/signin"
)

// practiceOffice is what makes the practice world a place to work in: mailboxes with
// mail that a business has, a mirror of them, and a send route that the staff hand
// their mail to.
type practiceOffice struct {
	samples *samples

	mu    sync.Mutex
	queue *noticing // while the send route is at work
}

// officeBusy is the mailbox that orders come to, one after the other.
const officeBusy = "orders@example.test"

// officeInterval is the time between two messages from outside while there is
// something to see, calmInterval when nothing was done for calmAfter: a window that is
// left open must not fill the computer.
const (
	officeInterval = 1500 * time.Millisecond
	calmInterval   = 30 * time.Second
	calmAfter      = 5 * time.Minute
)

// officeSettings is what its settings have beside those of every practice world. The
// waits are short: its providers answer within a moment or not at all.
const officeSettings = `mirror:
  every: 1m
relay:
  listen: [127.0.0.1:2587]
  hostname: relay.office.test
  retry: {first: 2s, most: 15s}
  uncertain_after: 10s
`

// OpenPractice makes a world in which everything works that Lifeboat does, and starts
// it: beside what [StartPractice] has, mailboxes with sample mail in the language, and
// all that [Practice.Serve] does.
func OpenPractice(ctx context.Context, language i18n.Language, logger *slog.Logger) (*Practice, error) {
	return OpenPracticeIn(ctx, lab.Options{TTL: practiceTTL, Interval: officeInterval}, language, logger)
}

// OpenPracticeIn is OpenPractice in a world of the caller's choice; what people write
// is completed.
func OpenPracticeIn(ctx context.Context, world lab.Options, language i18n.Language, logger *slog.Logger) (*Practice, error) {
	s, err := loadSamples(language)
	if err != nil {
		return nil, err // it is part of the program: a test reads them all
	}
	world.Staff, world.Letter, world.Log = true, s.letter, logger
	world.Recipients = []failover.Recipient{
		{Address: "hanako.sato@example.test", Kind: failover.Account}, {Address: "taro.tanaka@example.test", Kind: failover.Account},
		{Address: officeBusy, Kind: failover.Account}, {Address: "office@example.test", Kind: failover.Alias},
		{Address: "sales@example.test", Kind: failover.Group},
	}
	world.Busy = []string{officeBusy} // so that people's own mail stays readable
	return startPractice(ctx, world, &practiceOffice{samples: s}, string(language), logger)
}

// furnish gives an engine what a mirror and a send route need of the world.
func (o *practiceOffice) furnish(p *Practice) {
	w := p.World
	trust := func(configs.Provider) (*tls.Config, error) { return w.TLSConfig(), nil }
	for i := range p.parts.Settings.Relay.Listen {
		p.parts.Settings.Relay.Listen[i].Address = "127.0.0.1:0" // whichever is free
	}
	p.parts.Mail = &MailParts{
		Practice: true,
		Dialer:   w.Dialer(), TLS: trust,
		SignIn: func(_ context.Context, a configs.MirrorAccount) (signin.Source, error) {
			user, password := w.StaffLogin(failover.Primary, a.Address)
			return signin.Password(user, constant(password)), nil
		},
		// The key is thrown away with the mail that it opens; it is nobody's but the folder's.
		Keys: KeyMeans{Machine: keys.MachineOpener{Dir: filepath.Join(p.dir, "keys"), ID: constant("the practice world")}},
	}
	p.parts.Relay = &RelayParts{
		Dialer: w.Dialer(), TLS: trust,
		SignIn: func(_ context.Context, role failover.Role, s configs.Sending) (signin.Source, error) {
			user, password := w.Login(role)
			if s.User != user {
				user, password = w.StaffLogin(role, s.Address)
			}
			return signin.Password(user, constant(password)), nil
		},
		Around: func(q *queue.Queue) relay.Queue { return o.notice(w, q) },
		Timeouts: deliver.Timeouts{
			Connect: drillPatience, Greeting: drillPatience, Command: drillPatience, Data: drillPatience, Block: drillPatience, End: drillEnd,
		},
		Getenv: func(string) string { return "" },
	}
	p.parts.Stirs = func() (<-chan struct{}, func()) { return stirs(w) }
}

// stirs tells when something breaks, is mended or is led elsewhere.
func stirs(w *lab.World) (<-chan struct{}, func()) {
	events, stop := w.Subscribe(paceEvents)
	out := make(chan struct{}, 1)
	go func() {
		for e := range events {
			if e.Missed == 0 && e.Kind != lab.EventBroken && e.Kind != lab.EventMended && e.Kind != lab.EventSwitched {
				continue
			}
			select {
			case out <- struct{}{}:
			default: // it is told already
			}
		}
	}()
	return out, stop
}

func constant(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

// notice has the world told what becomes of the mail in a queue.
func (o *practiceOffice) notice(w *lab.World, q *queue.Queue) relay.Queue {
	n := noticing{Queue: q, world: w, numbers: &numbers{of: map[relay.ID]int{}}}
	o.mu.Lock()
	o.queue = &n
	o.mu.Unlock()
	return n
}

// Serve does what Lifeboat does in the background, until ctx ends, which is no error:
// it mirrors the mailboxes, and takes and sends on what the staff write. Watching the
// providers is left to the window.
func (p *Practice) Serve(ctx context.Context) error {
	if p.office == nil {
		return noRelay()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	logins, err := p.staffUsers(ctx)
	if err != nil {
		return err
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	beside.Go(func() { p.office.sample(ctx, p) })
	beside.Go(func() { p.pace(ctx) })
	defer p.World.SetOffice(nil)
	return p.Engine.Serve(ctx, ServeRequest{NoWatch: true, Tell: func(ev ServeEvent) {
		if ev.Part != PartSubmit {
			return
		}
		if ev.Kind != PartStarted {
			p.World.SetOffice(nil)
			return
		}
		trust, err := p.officeTrust(ctx)
		if err != nil {
			p.parts.Logger.Warn("the practice world's own certificate", "error", err)
			return
		}
		p.World.SetOffice(&lab.Office{
			Address: ev.Listen[0], Host: "localhost", TLS: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12},
			Login: func(address string) (user, password string) { return address, logins[address] },
		})
	}})
}

// staffUsers makes everybody in the office known to the send route; it returns their
// passwords by address.
func (p *Practice) staffUsers(ctx context.Context) (map[string]string, error) {
	book, err := p.Engine.Users(ctx)
	if err != nil {
		return nil, err
	}
	logins := map[string]string{}
	for _, r := range p.World.Domain().Recipients {
		if user, _ := p.World.StaffLogin(failover.Primary, r.Address); user == "" {
			continue
		}
		password, err := book.Add(ctx, users.New{Address: r.Address, Label: "practice"})
		if err != nil {
			return nil, err
		}
		logins[r.Address] = password
	}
	return logins, nil
}

// officeTrust has the certificate that the send route made for itself.
func (p *Practice) officeTrust(ctx context.Context) (*x509.CertPool, error) {
	key, err := p.Engine.unlocked(ctx, false)
	if err != nil {
		return nil, err
	}
	own, err := (&sendRoute{e: p.Engine, key: key}).certificate()
	if err != nil {
		return nil, err
	}
	if len(own.Certificate) == 0 {
		return nil, errors.New("it is empty")
	}
	leaf, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return pool, nil
}

// officeSample is how often it is filed how many messages wait: an outage is over in
// minutes here, and its pile-up is to be seen.
const officeSample = 2 * time.Second

// sample files how many messages wait, until ctx ends.
func (o *practiceOffice) sample(ctx context.Context, p *Practice) {
	book := p.Engine.routeBook()
	for p.parts.Sleep(ctx, officeSample) == nil {
		o.mu.Lock()
		q := o.queue
		o.mu.Unlock()
		if q == nil {
			continue
		}
		err := q.Sample(ctx, func(i relay.Item) failover.Role { return relay.RoleOf(book, i) })
		if err != nil && ctx.Err() == nil {
			p.parts.Logger.Debug("the practice world's queue", "error", err)
		}
	}
}

// pace has people write seldom while nothing is going on, until ctx ends.
func (p *Practice) pace(ctx context.Context) {
	events, cancel := p.World.Subscribe(paceEvents)
	defer cancel()
	calm := time.NewTimer(calmAfter)
	defer calm.Stop()
	slow := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-calm.C:
			slow = true
			p.World.SetInterval(calmInterval)
		case e, open := <-events:
			if !open {
				return
			}
			switch e.Kind {
			case lab.EventBroken, lab.EventMended, lab.EventSwitched:
				calm.Reset(calmAfter)
				if slow {
					slow = false
					p.World.SetInterval(officeInterval)
				}
			default:
			}
		}
	}
}

// paceEvents is how many events of the world may wait to be looked at.
const paceEvents = 256
