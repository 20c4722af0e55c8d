package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/lab"
	"lifeboat/failover/probe"
	"lifeboat/failover/watch"
)

// Practice is the built-in mail world with an engine of its own in it: the same
// engine that an admin uses, over real sockets, with settings, journal and
// evidence in a folder that is thrown away at the end.
type Practice struct {
	World  *lab.World
	Engine *Engine
	dir    string
	parts  Options
	office *practiceOffice // nil: its staff hand their mail to the providers themselves
}

// practiceTTL, in seconds, is short, so that a rehearsal shows caches running out
// within a coffee; practiceInterval is the time between two messages from outside.
const (
	practiceTTL      = 5
	practiceInterval = 300 * time.Millisecond
)

// StartPractice makes a world and starts it. The language is of what is written
// into its settings ("auto", "en", "ja").
func StartPractice(ctx context.Context, language string, logger *slog.Logger) (*Practice, error) {
	return StartPracticeIn(ctx, lab.Options{TTL: practiceTTL, Interval: practiceInterval, Staff: true, Log: logger}, language, logger)
}

// StartPracticeIn is StartPractice in a world of the caller's choice.
func StartPracticeIn(ctx context.Context, world lab.Options, language string, logger *slog.Logger) (*Practice, error) {
	return startPractice(ctx, world, nil, language, logger)
}

func startPractice(ctx context.Context, world lab.Options, office *practiceOffice, language string, logger *slog.Logger) (*Practice, error) {
	w, err := lab.New(world)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "lifeboat-practice-")
	if err != nil {
		return nil, failover.Fail(failover.ErrDisk, "practice needs a temporary folder, and none could be made: make room on the disk").Because(err)
	}
	p := &Practice{World: w, dir: dir, office: office}
	err = p.wire(language, logger)
	if err == nil && office != nil {
		err = office.samples.stock(w, w.Now())
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	if err := w.Start(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close ends the world and removes its folder.
func (p *Practice) Close() {
	_ = p.World.Close()     // its servers end with the process anyway
	_ = os.RemoveAll(p.dir) // a temporary folder
}

// Parts are what the engine is made of: for another engine in the same world, with
// some of them exchanged.
func (p *Practice) Parts() Options { return p.parts }

// wire puts an engine into the world's office.
func (p *Practice) wire(language string, logger *slog.Logger) error {
	w := p.World
	file := filepath.Join(p.dir, "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(p.settings(language)), 0o600); err != nil {
		return failover.Fail(failover.ErrDisk, "practice needs a temporary folder, and none could be made: make room on the disk").Because(err)
	}
	settings, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		return err
	}
	reader := dnsview.New(dnsview.Options{
		Dialer: w.Dialer(), Resolvers: []string{w.Resolver()}, DoH: []string{w.DoHURL()}, TLS: w.TLSConfig(), Timeout: time.Second,
		Controls: w.DNSControls(),
	})
	key := w.TSIG()
	p.parts = Options{
		Settings: settings, DataDir: p.dir, Reader: reader, Owner: "practice@lab", Now: w.Now, Sleep: w.Sleep, Logger: logger,
		RouteMoved: func(_ string, to failover.Role) { w.SetSendRoute(to) },
		MakeHost: func(context.Context, configs.Domain) (dnshost.Host, error) {
			return rfc2136.New(rfc2136.Options{
				Server: w.UpdateServer(), Dialer: w.Dialer(), Key: key.Name, Algorithm: key.Algorithm, Secret: dnshost.Secret(key.Secret),
			})
		},
		MakeWatcher: func(providers configs.Providers, o watch.Options) (*watch.Watcher, error) {
			o.Mailboxes = mailboxes(w)
			return watchIn(w)(providers, o)
		},
		MakeProber: func(_ configs.Provider, tell func(failover.Finding)) (*probe.Prober, error) {
			return probe.New(probe.Options{
				Dialer: w.Dialer(), Reader: reader, Controls: w.Controls(), TLS: w.TLSConfig(), Log: logger, Tell: tell,
				RCPTPerSecond: settings.Preflight.RcptPerSecond, SteadyAfter: 2 * time.Second, Patience: 5 * time.Second,
				Now: w.Now, Sleep: w.Sleep,
			}), nil
		},
		Password: func(_ context.Context, ref configs.SecretRef) (string, error) {
			_, password := w.Login(failover.Role(strings.TrimPrefix(ref.Name(), practiceSecret)))
			return password, nil
		},
	}
	if p.office != nil {
		p.office.furnish(p)
	}
	p.Engine = New(p.parts)
	return nil
}

// mailboxes are those of the world's staff, which its admin may open.
func mailboxes(w *lab.World) (out []watch.Mailbox) {
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		for _, r := range w.Domain().Recipients {
			if user, password := w.StaffLogin(role, r.Address); user != "" {
				out = append(out, watch.Mailbox{Role: role, User: user, Password: func(context.Context) (string, error) { return password, nil }})
			}
		}
	}
	return out
}

// practiceSecret and a role name what signs in at a provider.
const practiceSecret = "practice-"

// settings writes the settings file of the world's admin.
func (p *Practice) settings(language string) string {
	d := p.World.Domain()
	var b strings.Builder
	fmt.Fprintf(&b, "organization: Practice\nlanguage: %s\ndomains:\n  - name: %s\n", language, failover.Display(d.Name))
	if d.Emergency != "" {
		fmt.Fprintf(&b, "    emergency_subdomain: %s\n", failover.Display(d.Emergency))
	}
	fmt.Fprintf(&b, "    mx_ttl: %d\n    dns:\n      host: rfc2136\n      parameters:\n", d.MXTTL)
	fmt.Fprintf(&b, "        server: %s\n        key_name: %s\n        secret: secret:practice\n", p.World.UpdateServer(), p.World.TSIG().Name)
	b.WriteString("providers:\n")
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		provider := d.Provider(role)
		user, _ := p.World.Login(role)
		fmt.Fprintf(&b, "  %s:\n    preset: generic\n    name: %s\n    mx:\n", role, provider.Name)
		for _, m := range provider.MX {
			fmt.Fprintf(&b, "      - %d %s\n", m.Preference, failover.Display(m.Host))
		}
		if p.office != nil && role == failover.Primary {
			b.WriteString("    sign_in: password\n")
		}
		fmt.Fprintf(&b, "    submission:\n      host: %s\n      port: %d\n      tls: %s\n      username: %s\n      password: secret:%s%s\n",
			provider.Submission.Host, provider.Submission.Port, provider.Submission.Security, user, practiceSecret, role)
		if imap := provider.IMAP; imap.Host != "" {
			fmt.Fprintf(&b, "    imap:\n      host: %s\n      port: %d\n      tls: %s\n", failover.Display(imap.Host), imap.Port, imap.Security)
		}
		if provider.SPFInclude != "" {
			fmt.Fprintf(&b, "    spf_include: %s\n", provider.SPFInclude)
		}
		fmt.Fprintf(&b, "    status_page: %s\n", p.World.StatusURL(role))
	}
	b.WriteString("recipients:\n  accounts:\n")
	for _, r := range d.Recipients {
		if r.Kind == failover.Account {
			fmt.Fprintf(&b, "    - address: %s\n", r.Address)
		}
	}
	b.WriteString("  groups:\n")
	for _, r := range d.Recipients {
		if r.Kind != failover.Account {
			fmt.Fprintf(&b, "    - address: %s\n", r.Address)
		}
	}
	b.WriteString("preflight:\n  rcpt_per_second: 50\n")
	if p.office != nil {
		b.WriteString(officeSettings)
	}
	return b.String()
}

// Sleep waits for d, or until the context ends.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
