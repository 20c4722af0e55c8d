package engine_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"lifeboat/app/engine"
	"lifeboat/app/local"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/relay"
	"lifeboat/mailstore/signin"
)

// serveVariable tells the test program that it is to serve, in the world of the test
// that started it.
const serveVariable = "LIFEBOAT_TEST_SERVE"

// serveOrder is what a serving child is told.
type serveOrder struct {
	Gate, Settings, Data, Machine string
	Passwords                     map[failover.Role]map[string]string // of the staff, by address
	Certificates                  [][]byte                            // of the providers, to be trusted as they are
}

// beServe serves until it is killed. It prints where mail is taken in.
func beServe(order string) int {
	var o serveOrder
	err := json.Unmarshal([]byte(order), &o)
	var s *configs.Settings
	if err == nil {
		s, _, err = configs.Load(o.Settings, configs.Options{})
	}
	if err != nil {
		fmt.Println(err)
		return 2
	}
	s.Relay.Listen[0].Address = "127.0.0.1:0"
	trust := x509.NewCertPool()
	for _, der := range o.Certificates {
		if c, err := x509.ParseCertificate(der); err == nil {
			trust.AddCert(c)
		}
	}
	log := slog.New(slog.DiscardHandler)
	e := engine.New(engine.Options{
		Settings: s, DataDir: o.Data, Owner: "child@lab", Now: time.Now, Sleep: engine.Sleep, Logger: log,
		Reader: dnsview.New(dnsview.Options{Dialer: gateDialer(o.Gate), Timeout: 5 * time.Second}),
		Mail:   &engine.MailParts{Keys: engine.KeyMeans{Machine: onThisMachine(o.Machine)}},
		Relay: &engine.RelayParts{
			Dialer: gateDialer(o.Gate), Local: &local.API{Version: "test", Now: time.Now, Log: log},
			TLS: func(configs.Provider) (*tls.Config, error) { return &tls.Config{RootCAs: trust}, nil },
			SignIn: func(_ context.Context, role failover.Role, s configs.Sending) (signin.Source, error) {
				return signin.Password(s.User, func(context.Context) (string, error) { return o.Passwords[role][s.Address], nil }), nil
			},
		},
	})
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Minute) // the test kills it
	defer stop()
	tell := func(ev engine.ServeEvent) {
		if len(ev.Listen) > 0 {
			fmt.Println(ev.Listen[0])
		}
	}
	if err := e.Serve(ctx, engine.ServeRequest{NoMirror: true, NoWatch: true, Tell: tell}); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// serveChild starts a process that serves, and returns it when it takes mail in.
func (p *post) serveChild(gate string) (child *exec.Cmd, at string) {
	p.t.Helper()
	o := serveOrder{Gate: gate, Settings: p.Settings().File(), Data: p.parts.DataDir, Machine: p.machine, Passwords: map[failover.Role]map[string]string{}}
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		o.Passwords[role] = map[string]string{}
		o.Certificates = append(o.Certificates, p.certificate(role))
		for _, r := range p.world.Domain().Recipients {
			if user, password := p.world.StaffLogin(role, r.Address); user != "" {
				o.Passwords[role][user] = password
			}
		}
	}
	order, err := json.Marshal(o)
	if err != nil {
		p.t.Fatal(err)
	}
	c := exec.CommandContext(p.t.Context(), os.Args[0])
	c.Env = append(os.Environ(), serveVariable+"="+string(order), "GORACE=atexit_sleep_ms=0")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "127.0.0.1:") {
		_ = c.Wait()
		p.t.Fatalf("the child says %q, %v", line, err)
	}
	return c, strings.TrimSpace(line)
}

// certificate is that of a provider's submission server.
func (p *post) certificate(role failover.Role) []byte {
	p.t.Helper()
	at := p.world.Domain().Provider(role).Submission
	conn, err := p.world.Dialer().DialContext(p.t.Context(), "tcp", net.JoinHostPort(at.Host, strconv.Itoa(int(at.Port))))
	if err != nil {
		p.t.Fatal(err)
	}
	trust := p.world.TLSConfig()
	trust.ServerName = at.Host
	var c *smtp.Client
	if at.Security == failover.ImplicitTLS {
		c = smtp.NewClient(tls.Client(conn, trust))
	} else {
		c, err = smtp.NewClientStartTLS(conn, trust)
	}
	if err == nil {
		err = c.Noop()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	state, _ := c.TLSConnectionState()
	return state.PeerCertificates[0].Raw
}

// A serving process that is killed under load loses nothing that it accepted, and sends
// nothing twice but what it says so of.
func TestServeKilledUnderLoad(t *testing.T) {
	t.Parallel()
	killAndServe(t, 3)
}

func TestServeKilledUnderLoadLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("set LIFEBOAT_LONG for it")
	}
	t.Parallel()
	killAndServe(t, 40)
}

func killAndServe(t *testing.T, kills int) {
	p := newPost(t, false)
	anna, ben := p.staff()
	p.user(anna)
	gate := p.openGate()
	l := &load{p: p, from: anna, to: ben}
	for round := range kills {
		child, at := p.serveChild(gate)
		l.run(at, 20+rand.IntN(20), func() {
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
		})
		_ = child.Wait() // it was killed
		t.Logf("round %d: %d accepted so far", round, len(l.accepted))
	}
	child, _ := p.serveChild(gate)
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	d := p.desk(p.face())
	if !d.Running() {
		t.Fatal("the desk is not that of the child")
	}
	p.await("an empty queue", func() bool { return p.queue(d).Total == 0 })
	l.account(d)
}

// load hands in as fast as it can, over a few connections.
type load struct {
	p        *post
	from, to string

	mu       sync.Mutex
	n        int
	accepted []string // subjects
}

const loaders = 4

// run hands in until so many were accepted, then calls kill, and returns when nobody
// hands in any more.
func (l *load) run(at string, enough int, kill func()) {
	ctx, stop := context.WithCancel(l.p.t.Context())
	defer stop()
	once := sync.OnceFunc(kill)
	var all sync.WaitGroup
	before := len(l.accepted)
	for range loaders {
		all.Go(func() {
			for ctx.Err() == nil {
				l.mu.Lock()
				l.n++
				subject := fmt.Sprintf("load %d", l.n)
				l.mu.Unlock()
				err := submitAt(at, l.from, l.p.password[l.from], l.to, subject)
				l.mu.Lock()
				if err == nil {
					l.accepted = append(l.accepted, subject)
				}
				full := len(l.accepted)-before >= enough
				l.mu.Unlock()
				if full || err != nil {
					once() // whatever the others are doing
					stop()
				}
			}
		})
	}
	all.Wait()
}

// account holds what arrived against what was accepted, and the log against both.
func (l *load) account(d engine.Desk) {
	t := l.p.t
	arrived := l.p.subjects(failover.Primary, l.to)
	events, err := d.Log(t.Context(), relay.LogQuery{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	subject, again := map[relay.ID]string{}, map[string]int{}
	for _, ev := range events {
		switch ev.Kind {
		case relay.Submitted:
			subject[ev.ID] = ev.Subject
		case relay.SentAgain:
			again[subject[ev.ID]]++
		}
	}
	for _, s := range l.accepted {
		if arrived[s] == 0 {
			t.Errorf("%s was accepted and is lost", s)
		}
	}
	doubled := 0
	for s, n := range arrived {
		if n > 1+again[s] {
			t.Errorf("%s arrived %d times, and was said to be sent again %d times", s, n, again[s])
		}
		if n > 1 {
			doubled++
		}
	}
	t.Logf("%d accepted, %d arrived, %d of them twice, %d sent again", len(l.accepted), len(arrived), doubled, len(again))
}
