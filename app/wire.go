package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"sync"
	"time"

	"github.com/adrg/xdg"
	"golang.org/x/term"

	"lifeboat/app/cli"
	"lifeboat/app/engine"
	"lifeboat/app/service"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/cloudflare"
	"lifeboat/failover/dnshost/manual"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/probe"
	"lifeboat/failover/watch"
)

// wiring puts the program's parts together: here, and nowhere else, is decided
// which DNS hosts there are, where files lie, and what network everything uses.
type wiring struct {
	env    []string
	dialer failover.Dialer
	logger *slog.Logger
	// person answers in a window; nil at the command line, where a terminal does.
	person *person

	mu     sync.Mutex
	stores map[string]*secret.Store // by data folder: nobody types a passphrase twice
}

// connectFor is how long a connection may take to come about. Where a line drops
// packets an admin waits that long in an outage, and more than once.
const connectFor = 10 * time.Second

func newWiring(env []string) *wiring {
	level := slog.LevelError
	if os.Getenv("LIFEBOAT_DEBUG") != "" {
		level = slog.LevelDebug
	}
	return &wiring{
		env:    env,
		dialer: &net.Dialer{Timeout: connectFor},
		logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	}
}

// app is what the command line needs.
func (w *wiring) app() cli.App {
	return cli.App{
		Streams: cli.Streams{
			In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
			Terminal:   term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
			ReadSecret: unseen,
		},
		Version: version, Getenv: os.Getenv, Now: time.Now,
		Open: w.open, Files: w.files,
		Secrets: func(p cli.Place) cli.Secrets { return w.secrets(p) },
		Discover: func() *engine.Discoverer {
			s := configs.Defaults()
			return &engine.Discoverer{Reader: w.reader(&s)}
		},
		TakeOver: w.takeOver,
		Practice: w.practice, Services: service.Host{}, Variables: forService(),
		Drill: func(ctx context.Context, req engine.DrillRequest) (*engine.Drill, error) {
			return engine.NewDrill(ctx, req, "auto", w.logger)
		},
	}
}

// forService is what a service has to find in its environment: where the machine's own
// key is, and a home, which services have none of.
func forService() map[string]string {
	out := map[string]string{"XDG_STATE_HOME": xdg.StateHome}
	if home, err := os.UserHomeDir(); err == nil {
		out["HOME"] = home
	}
	return out
}

// practice plays the story in a world of its own.
func (w *wiring) practice(ctx context.Context, tell func(engine.PracticeEvent)) (engine.PracticeResult, error) {
	p, err := engine.StartPractice(ctx, "auto", w.logger)
	if err != nil {
		return engine.PracticeResult{}, err
	}
	defer p.Close()
	return p.Story(ctx, tell)
}

// files says where settings and data are: as told, else by LIFEBOAT_CONFIG and
// LIFEBOAT_DATA, else lifeboat.yaml in this folder, else the user's own places.
func (w *wiring) files(p cli.Place) (config, data string) {
	config, data = p.Config, p.Data
	if config == "" {
		config = os.Getenv("LIFEBOAT_CONFIG")
	}
	if config == "" {
		config = "lifeboat.yaml"
		if _, err := os.Stat(config); errors.Is(err, fs.ErrNotExist) {
			config = filepath.Join(xdg.ConfigHome, "lifeboat", "lifeboat.yaml")
		}
	}
	if data == "" {
		data = os.Getenv("LIFEBOAT_DATA")
	}
	if data == "" {
		data = filepath.Join(xdg.DataHome, "lifeboat")
	}
	return config, data
}

// open loads the settings and puts an engine over them.
func (w *wiring) open(p cli.Place) (*engine.Engine, []configs.Problem, error) {
	file, data := w.files(p)
	settings, warnings, err := configs.Load(file, configs.Options{Env: w.env})
	if err != nil {
		return nil, warnings, err
	}
	return w.over(p, settings, data), warnings, nil
}

// over puts an engine over settings.
func (w *wiring) over(p cli.Place, settings *configs.Settings, data string) *engine.Engine {
	reader := w.reader(settings)
	secrets := w.secrets(p)
	reveal := func(ctx context.Context, ref configs.SecretRef) (string, error) {
		v, err := secrets.Get(ctx, ref.Name())
		return v.Reveal(), err
	}
	return engine.New(engine.Options{
		Settings: settings, DataDir: data, Reader: reader, Owner: owner(), Now: time.Now, Sleep: engine.Sleep, Logger: w.logger,
		MakeHost: func(ctx context.Context, d configs.Domain) (dnshost.Host, error) {
			return w.host(ctx, d, reader, reveal)
		},
		MakeProber: func(p configs.Provider, tell func(failover.Finding)) (*probe.Prober, error) {
			return w.prober(settings, p, reader, tell)
		},
		MakeWatcher: func(p configs.Providers, o watch.Options) (*watch.Watcher, error) { return w.watcher(p, o) },
		Password:    reveal,
		Mail:        w.mail(p, settings, secrets),
		Relay:       w.relay(secrets),
	})
}

func (w *wiring) reader(s *configs.Settings) *dnsview.Reader {
	return dnsview.New(dnsview.Options{
		Dialer: w.dialer, Resolvers: s.Resolver.Servers, DoH: s.Resolver.DoH, Port: s.Resolver.AuthorityPort,
	})
}

// revealer gives the secret that a setting refers to.
type revealer = func(context.Context, configs.SecretRef) (string, error)

// host connects a domain to its DNS host.
func (w *wiring) host(ctx context.Context, d configs.Domain, reader *dnsview.Reader, reveal revealer) (dnshost.Host, error) {
	switch {
	case d.DNS.RFC2136 != nil:
		o := d.DNS.RFC2136
		key, err := reveal(ctx, o.Secret)
		if err != nil {
			return nil, err
		}
		return rfc2136.New(rfc2136.Options{
			Server: o.Server, Dialer: w.dialer, Key: o.KeyName, Algorithm: o.Algorithm, Secret: dnshost.Secret(key), Zone: d.DNS.Zone,
		})
	case d.DNS.Cloudflare != nil:
		token, err := reveal(ctx, d.DNS.Cloudflare.Token)
		if err != nil {
			return nil, err
		}
		return cloudflare.New(cloudflare.Options{Token: dnshost.Secret(token), BaseURL: d.DNS.Cloudflare.API, Dialer: w.dialer})
	default:
		console := "generic"
		if d.DNS.Manual != nil {
			console = d.DNS.Manual.Console
		}
		nearby := []string{}
		if d.EmergencySubdomain != "" {
			nearby = append(nearby, d.EmergencySubdomain)
		}
		return manual.New(manual.Options{Console: console, Reader: reader, Zone: d.DNS.Zone, Nearby: nearby})
	}
}

// prober makes what tries a provider's servers.
func (w *wiring) prober(s *configs.Settings, p configs.Provider, reader *dnsview.Reader, tell func(failover.Finding)) (*probe.Prober, error) {
	trust, err := roots(p.CAFile)
	if err != nil {
		return nil, err
	}
	return probe.New(probe.Options{
		Dialer: w.dialer, Reader: reader, Controls: s.Resolver.Controls, RCPTPerSecond: s.Preflight.RcptPerSecond,
		TLS: trust, Log: w.logger, Tell: tell,
	}), nil
}

// lookFor is how long a look may take at least: some servers let strangers wait for
// their greeting, up to half a minute.
const lookFor = 45 * time.Second

// watcher makes what looks at both providers again and again.
func (w *wiring) watcher(p configs.Providers, o watch.Options) (*watch.Watcher, error) {
	o.Dialer, o.Patience = w.dialer, max(o.Patience, lookFor)
	for role, file := range map[failover.Role]string{failover.Primary: p.Primary.CAFile, failover.Secondary: p.Secondary.CAFile} {
		trust, err := roots(file)
		if err != nil {
			return nil, err
		}
		access := o.Access[role]
		access.TLS = trust
		o.Access[role] = access
	}
	return watch.New(o), nil
}

// roots trusts the system's authorities and those in a file.
func roots(file string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return c, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, failover.Fail(failover.ErrInvalid, "the certificates in {file} (ca_file) cannot be read", "file", file).Because(err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(bytes.TrimSpace(pem)) {
		return nil, failover.Fail(failover.ErrInvalid, "{file} (ca_file) holds no certificate in PEM form", "file", file)
	}
	c.RootCAs = pool
	return c, nil
}

// owner is who works here: user@machine.
func owner() string {
	name := "someone"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	machine, err := os.Hostname()
	if err != nil {
		machine = "unknown"
	}
	return fmt.Sprintf("%s@%s", name, machine)
}

// version is set when the program is built.
var version = "unknown"
