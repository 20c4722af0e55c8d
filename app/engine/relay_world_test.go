package engine_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"lifeboat/app/engine"
	"lifeboat/app/local"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/users"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/signin"
)

// post is an office whose staff write through the relay, each with their own
// credential: the providers of the world refuse another's address.
type post struct {
	*office
	machine string // the folder that stands for the machine

	mu       sync.Mutex
	listen   string            // where mail is taken in
	password map[string]string // app passwords by address
}

var (
	submissionUser = regexp.MustCompile(`(?m)^      username: .*\n      password: .*\n`)
	signInAt       = "    submission:\n"
)

// newPost makes one, with a mirror too if told so.
func newPost(t *testing.T, mirrored bool, change ...func(*engine.Options)) *post {
	t.Helper()
	p := &post{office: newOffice(t), machine: t.TempDir(), password: map[string]string{}}
	text, err := os.ReadFile(p.Settings().File())
	if err != nil {
		t.Fatal(err)
	}
	own := submissionUser.ReplaceAllString(string(text), "")
	if mirrored {
		own = strings.Replace(own, signInAt, "    sign_in: password\n"+signInAt, 1)
	}
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(own+"relay:\n  listen: [127.0.0.1:2587]\n  retry: {first: 1s, most: 2s}\n  uncertain_after: 1s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Relay.Listen[0].Address = "127.0.0.1:0" // whichever is free
	p.parts.Settings = s
	p.parts.Mail = p.mail(p.machine)
	p.parts.Relay = &engine.RelayParts{
		Dialer: p.world.Dialer(), TLS: func(configs.Provider) (*tls.Config, error) { return p.world.TLSConfig(), nil },
		SignIn: p.signIn,
		Local:  &local.API{Version: "test", Now: time.Now, Log: slog.New(slog.DiscardHandler)},
	}
	for _, c := range change {
		c(&p.parts)
	}
	p.Engine = engine.New(p.parts)
	return p
}

// mail are the parts of a mirror of the world's primary, on a machine without a keychain.
func (p *post) mail(machine string) *engine.MailParts {
	return &engine.MailParts{
		Dialer: p.world.Dialer(), TLS: func(configs.Provider) (*tls.Config, error) { return p.world.TLSConfig(), nil },
		SignIn: func(_ context.Context, a configs.MirrorAccount) (signin.Source, error) {
			user, password := p.world.StaffLogin(failover.Primary, a.Address)
			return signin.Password(user, func(context.Context) (string, error) { return password, nil }), nil
		},
		Keys: engine.KeyMeans{Machine: onThisMachine(machine)},
	}
}

func onThisMachine(dir string) keys.MachineOpener {
	return keys.MachineOpener{Dir: dir, ID: func(context.Context) (string, error) { return "a machine", nil }}
}

func (p *post) signIn(_ context.Context, role failover.Role, s configs.Sending) (signin.Source, error) {
	user, password := p.world.StaffLogin(role, s.Address)
	if user != s.User {
		return nil, failover.Fail(failover.ErrCredential, "{address} is not {user}", "address", s.User, "user", user)
	}
	return signin.Password(user, func(context.Context) (string, error) { return password, nil }), nil
}

func (p *post) listens(ev engine.ServeEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listen = ev.Listen[0]
}

// serve serves until the test ends, or stop is called; it returns when mail is taken in.
func (p *post) serve(req engine.ServeRequest) (stop func()) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	ended, up := make(chan error, 1), make(chan struct{})
	first := sync.OnceFunc(func() { close(up) })
	req.Tell = func(ev engine.ServeEvent) {
		if ev.Part == engine.PartSubmit && ev.Kind == engine.PartStarted {
			p.listens(ev)
			first()
		}
	}
	go func() { ended <- p.Serve(ctx, req) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Error(err)
		}
	})
	p.t.Cleanup(stop)
	select {
	case <-up:
	case err := <-ended:
		p.t.Fatal("serving ended:", err)
	}
	return stop
}

// user gives somebody an app password.
func (p *post) user(address string) {
	p.t.Helper()
	book, err := p.Users(p.t.Context())
	if err == nil {
		p.password[address], err = book.Add(p.t.Context(), users.New{Address: address, Label: "test"})
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// submit hands a message in as somebody's mail program does.
func (p *post) submit(from, to, subject string) error {
	p.mu.Lock()
	at := p.listen
	p.mu.Unlock()
	return submitAt(at, from, p.password[from], to, subject)
}

func submitAt(at, from, password, to, subject string) error {
	c, err := smtp.DialStartTLS(at, &tls.Config{InsecureSkipVerify: true}) // it signs itself
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.Auth(sasl.NewPlainClient("", from, password)); err != nil {
		return err
	}
	return errors.Join(c.SendMail(from, []string{to}, strings.NewReader(message(from, to, subject))), c.Quit())
}

func message(from, to, subject string) string {
	return fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: Wed, 04 Mar 2026 12:00:00 +0900\r\nMessage-ID: <%s@test>\r\n\r\nHello.\r\n",
		from, to, subject, strings.ReplaceAll(subject, " ", "."))
}

// staff are two of the domain's people.
func (p *post) staff() (anna, ben string) {
	var people []string
	for _, r := range p.world.Domain().Recipients {
		if user, _ := p.world.StaffLogin(failover.Primary, r.Address); user != "" {
			people = append(people, r.Address)
		}
	}
	if len(people) < 2 {
		p.t.Fatal("too few people")
	}
	return people[0], people[1]
}

// subjects are those in a mailbox at a provider, each as often as it is there.
func (p *post) subjects(role failover.Role, address string) map[string]int {
	out := map[string]int{}
	for _, m := range p.world.Mailbox(role, address) {
		for line := range strings.Lines(string(m.Data)) {
			if s, ok := strings.CutPrefix(line, "Subject: "); ok {
				out[strings.TrimSpace(s)]++
				break
			}
		}
	}
	return out
}

// await waits until something holds.
func (p *post) await(what string, holds func() bool) {
	p.t.Helper()
	look := time.NewTicker(5 * time.Millisecond) // there is nothing to be told by
	defer look.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-look.C {
		if time.Now().After(deadline) || p.t.Context().Err() != nil {
			p.t.Fatal("it never came to this: " + what)
		}
	}
}

// arrives waits until a message is in a mailbox.
func (p *post) arrives(role failover.Role, address, subject string) {
	p.t.Helper()
	p.await(subject+" at the "+string(role), func() bool { return p.subjects(role, address)[subject] > 0 })
}

// desk opens the desk as a command does.
func (p *post) desk(e *engine.Engine) engine.Desk {
	p.t.Helper()
	d, err := e.Desk(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = d.Close() })
	return d
}

// queue is all that waits.
func (p *post) queue(d engine.Desk) relay.Listing {
	p.t.Helper()
	l, err := d.Queue(p.t.Context(), relay.Filter{}, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	return l
}

// face is another process's engine over the same folder.
func (p *post) face() *engine.Engine { return p.another(func(*engine.Options) {}) }
