// Package engine is what Lifeboat can do, without a screen: the use cases that
// the command line and the window call. It reads no flags and prints nothing; it
// takes requests, asks through callbacks, and returns data.
//
// One engine at a time works in a data folder: whoever needs to write there takes
// its lease, an operating system lock that is free again the moment its holder
// dies. Looking ([Engine.Status], [Engine.Plan], [Engine.Verify]) needs none.
package engine

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/journal"
	"lifeboat/failover/probe"
	"lifeboat/failover/run"
	"lifeboat/failover/watch"
)

// Options are an engine's parts. All but Mail and Relay must be set.
type Options struct {
	Settings *configs.Settings
	DataDir  string // made when it is first written to
	Reader   *dnsview.Reader
	// MakeHost connects a domain to its DNS host.
	MakeHost func(context.Context, configs.Domain) (dnshost.Host, error)
	// MakeProber returns what tries a provider's servers.
	MakeProber func(configs.Provider, func(failover.Finding)) (*probe.Prober, error)
	// MakeWatcher returns what looks at both providers again and again. The options
	// come with all but what connects: dialer, certificates to trust, controls of another world.
	MakeWatcher func(configs.Providers, watch.Options) (*watch.Watcher, error)
	// Password returns the secret that a setting refers to.
	Password func(context.Context, configs.SecretRef) (string, error)
	// Mail is what the mirror needs, nil in a world of practice: nothing is mirrored
	// there, and nothing that the files say is anybody's business.
	Mail *MailParts
	// Relay is what the send route needs, nil where there is none.
	Relay *RelayParts
	// RouteMoved, when set, is told of each send route that this engine has moved.
	RouteMoved func(domain string, to failover.Role)
	Owner      string // user@machine, for plans, journal and lock
	Now        func() time.Time
	Sleep      func(context.Context, time.Duration) error
	// Stirs tells, in a world of practice, that something has happened to it, until stop
	// is called: while nothing has, its providers are looked at less often. Nil elsewhere.
	Stirs  func() (stirred <-chan struct{}, stop func())
	Logger *slog.Logger
}

// Engine is the use cases over one settings file and one data folder.
type Engine struct {
	opt Options

	mu    sync.Mutex
	hosts map[string]dnshost.Host // by domain
	book  *routeBook

	ring keyring

	filing sync.Mutex // held by whoever files copies of sent mail

	paces paces // at which connectivity tests ask for addresses

	serves atomic.Pointer[serving] // while this engine serves
}

// New returns an engine. It touches neither network nor disk.
func New(opt Options) *Engine {
	return &Engine{opt: opt, hosts: map[string]dnshost.Host{}}
}

// Settings returns the settings that the engine works with.
func (e *Engine) Settings() *configs.Settings { return e.opt.Settings }

// hostOf returns a domain's DNS host, the same one each time.
func (e *Engine) hostOf(ctx context.Context, domain string) (dnshost.Host, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if h, ok := e.hosts[domain]; ok {
		return h, nil
	}
	d, ok := e.opt.Settings.Domain(domain)
	if !ok {
		return nil, unknownDomain(domain, e.opt.Settings)
	}
	h, err := e.opt.MakeHost(ctx, d)
	if err == nil {
		e.hosts[domain] = h
	}
	return h, err
}

func (e *Engine) path(name string) string { return filepath.Join(e.opt.DataDir, name) }

const (
	journalFile  = "journal.jsonl"
	evidenceFile = "evidence.json"
	leaseFile    = "lease"
)

// lease takes the data folder for writing. Give it back with the returned func.
func (e *Engine) lease() (release func(), err error) {
	if err := makeDir(e.opt.DataDir); err != nil {
		return nil, err
	}
	// Opened for writing, so that a folder where nothing could be kept is found out
	// before anything is looked at.
	l := flock.New(e.path(leaseFile), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, failover.Fail(failover.ErrDisk,
			"the data folder {folder} cannot be written to or locked: see that it is yours, not read-only, and on a local disk", "folder", e.opt.DataDir).Because(err)
	}
	if !ok {
		return nil, failover.Fail(failover.ErrLocked,
			"another Lifeboat is at work in {folder}: wait until it is done, or close it", "folder", e.opt.DataDir)
	}
	return func() { _ = l.Unlock() }, nil // the file stays; the lock ends with the process anyway
}

// operations reads the journal as it is, without the lease.
func (e *Engine) operations() ([]journal.Operation, error) {
	entries, err := journal.Read(e.path(journalFile))
	return journal.Operations(entries), err
}

// runner opens the journal and returns what carries plans out.
func (e *Engine) runner(ctx context.Context, tell func(run.Event)) (*run.Runner, *journal.Journal, error) {
	j, err := journal.Open(e.path(journalFile), e.opt.Now)
	if err != nil {
		return nil, nil, err
	}
	return &run.Runner{
		Journal: j, View: e.opt.Reader, Routes: mover{e.routeBook()}, Now: e.opt.Now, Sleep: e.opt.Sleep,
		Owner: e.opt.Owner, Tell: tell, Logger: e.opt.Logger,
		HostOf: func(domain string) (dnshost.Host, error) { return e.hostOf(ctx, domain) },
	}, j, nil
}
