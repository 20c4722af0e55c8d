package cli_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/app/cli"
	"lifeboat/app/engine"
	"lifeboat/app/service"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/failover/probe"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/signin"
)

// desk is a place to type commands at, in the office of a practice world in which
// nobody writes.
type desk struct {
	ctx   context.Context
	world *lab.World
	parts engine.Options
	dir   string // settings, data and plans
	env   map[string]string
	// typed is what the person at the terminal types for the next command; without
	// it nobody is there.
	typed    string
	terminal bool
	secrets  []string // what must never be printed
	clock    *turned  // of those who watch
	pile     *pile    // nil: the send route is the engine's
	services *services
	last     said
}

// newDesk makes a world and puts its settings into a folder.
func newDesk(t testing.TB, dir string) *desk {
	t.Helper()
	p, err := engine.StartPracticeIn(t.Context(), lab.Options{Interval: -1}, "auto", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	d := &desk{ctx: t.Context(), world: p.World, parts: p.Parts(), dir: dir, env: map[string]string{"LANG": "C.UTF-8"}, clock: &turned{}, services: &services{kind: service.Systemd}}
	text, err := os.ReadFile(p.Engine.Settings().File())
	if err == nil {
		err = os.WriteFile(d.config(), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, password := p.World.Login(failover.Secondary)
	d.secrets = []string{p.World.TSIG().Secret, password, passphrase}
	return d
}

const passphrase = "correct horse battery staple"

func (d *desk) config() string { return filepath.Join(d.dir, "lifeboat.yaml") }

func (d *desk) place(p cli.Place) cli.Place {
	if p.Config == "" {
		p.Config = d.config()
	}
	if p.Data == "" {
		p.Data = filepath.Join(d.dir, "data")
	}
	return p
}

// open puts an engine of the desk's world over the settings of a place.
func (d *desk) open(p cli.Place) (*engine.Engine, []configs.Problem, error) {
	p = d.place(p)
	s, warnings, err := configs.Load(p.Config, configs.Options{Env: d.environ()})
	if err != nil {
		return nil, warnings, err
	}
	parts := d.parts
	parts.Settings, parts.DataDir = s, p.Data
	parts.Mail, parts.Password = d.mail(), d.password(p)
	parts.Relay = &engine.RelayParts{Dialer: d.world.Dialer(), TLS: func(configs.Provider) (*tls.Config, error) { return d.world.TLSConfig(), nil }}
	parts.MakeProber = func(_ configs.Provider, tell func(failover.Finding)) (*probe.Prober, error) {
		return probe.New(probe.Options{
			Dialer: d.world.Dialer(), Reader: parts.Reader, Controls: d.world.Controls(), TLS: d.world.TLSConfig(), Tell: tell,
			RCPTPerSecond: 1000, SteadyAfter: time.Millisecond, RetryAfter: time.Millisecond, Patience: time.Second,
		}), nil
	}
	return engine.New(parts), warnings, nil
}

// mail is what the mirror needs, on a machine without a keychain; its servers are
// those of nobody.
func (d *desk) mail() *engine.MailParts {
	return &engine.MailParts{
		Dialer: d.world.Dialer(),
		TLS:    func(configs.Provider) (*tls.Config, error) { return d.world.TLSConfig(), nil },
		SignIn: func(_ context.Context, a configs.MirrorAccount) (signin.Source, error) {
			return signin.Password(a.User, func(context.Context) (string, error) { return passphrase, nil }), nil
		},
		Keys: engine.KeyMeans{
			Machine: keys.MachineOpener{
				Dir: filepath.Join(d.dir, "machine"),
				ID:  func(context.Context) (string, error) { return "a machine of a test", nil },
			},
			Passphrase: d.env[engine.PassphraseVariable], Recovery: d.env[engine.RecoveryVariable],
		},
	}
}

// environ is the environment as os.Environ returns it.
func (d *desk) environ() []string {
	var env []string
	for k, v := range d.env {
		env = append(env, k+"="+v)
	}
	return env
}

func (d *desk) store(p cli.Place) cli.Secrets { return d.vault(p) }

func (d *desk) vault(p cli.Place) *secret.Store {
	return secret.Open(secret.Options{
		Dir: d.place(p).Data, Env: d.environ(), WorkFactor: 2,
		Ask: func(context.Context, secret.Question) (secret.Value, error) { return secret.New(passphrase), nil },
	})
}

// password gives what is stored, else what the world knows.
func (d *desk) password(p cli.Place) func(context.Context, configs.SecretRef) (string, error) {
	return func(ctx context.Context, ref configs.SecretRef) (string, error) {
		if v, err := d.vault(p).Get(ctx, ref.Name()); err == nil {
			return v.Reveal(), nil
		}
		return d.parts.Password(ctx, ref)
	}
}

// said is what one command printed, and its exit status.
type said struct {
	out, err string
	status   int
}

// run gives one command.
func (d *desk) run(args ...string) said {
	var out, errs bytes.Buffer
	in := d.typed
	status := cli.Run(d.ctx, d.app(cli.Streams{
		In: strings.NewReader(in), Out: &out, Err: &errs, Terminal: d.terminal,
		ReadSecret: func(context.Context) (string, error) { return strings.TrimSuffix(in, "\n"), nil },
	}), args)
	d.typed, d.terminal = "", false
	d.last = said{out.String(), errs.String(), status}
	return d.last
}

// app is the program around the command line, with these streams.
func (d *desk) app(s cli.Streams) cli.App {
	now, atDesk := time.Now, func(ctx context.Context, e *engine.Engine) (engine.Desk, error) { return e.Desk(ctx) }
	if d.pile != nil {
		now = func() time.Time { return noon }
		atDesk = func(context.Context, *engine.Engine) (engine.Desk, error) { return d.pile, nil }
	}
	return cli.App{
		Streams: s, Version: "1.2.3", Getenv: func(name string) string { return d.env[name] }, Now: now,
		Desk: atDesk, Services: d.services, Program: "/opt/lifeboat",
		Open:     d.open,
		Files:    func(p cli.Place) (config, data string) { p = d.place(p); return p.Config, p.Data },
		Secrets:  d.store,
		Discover: func() *engine.Discoverer { return &engine.Discoverer{Reader: d.parts.Reader} },
		TakeOver: func(p cli.Place) engine.TakeOverOptions {
			p = d.place(p)
			return engine.TakeOverOptions{File: p.Config, DataDir: p.Data, Secrets: d.vault(p), Keys: d.mail().Keys, Now: now}
		},
		Practice: d.practice,
		Drill: func(ctx context.Context, req engine.DrillRequest) (*engine.Drill, error) {
			return engine.NewDrill(ctx, req, "en", slog.New(slog.DiscardHandler))
		},
	}
}

// practice stands in for the story, which package engine plays out.
func (d *desk) practice(_ context.Context, tell func(engine.PracticeEvent)) (engine.PracticeResult, error) {
	domain, now := d.world.Domain(), time.Now()
	say := failover.Say("An outage: {provider} resets every connection", "provider", domain.Primary.Name)
	red := failover.Finding{Verdict: failover.Red, Say: say}
	for _, e := range []engine.PracticeEvent{
		{Chapter: say}, {Message: &lab.Event{Kind: lab.EventBroken, Say: say}}, {Finding: &red}, {Say: say},
	} {
		e.At, e.Domain = now, domain
		tell(e)
	}
	if d.env["PRACTICE_FAILS"] != "" {
		return engine.PracticeResult{}, errors.New("the world has come to its end")
	}
	r := engine.PracticeResult{Totals: lab.Totals{Sent: 3, Primary: 2, Secondary: 1, Delivered: 3}, SwitchTook: 0.4, FirstArrived: 5.5, OldTTL: 5}
	if d.env["PRACTICE_LOSES"] != "" {
		r.Totals.Lost = 1
	}
	return r, nil
}
