package engine_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/drill"
	"lifeboat/failover/probe"
	"lifeboat/failover/run"
)

// childVariable tells the test program that it is an admin's program of its own,
// which can be killed, in the world of the test that started it.
const childVariable = "LIFEBOAT_TEST_CHILD"

func TestMain(m *testing.M) {
	if order := os.Getenv(childVariable); order != "" {
		os.Exit(beChild(order))
	}
	if order := os.Getenv(serveVariable); order != "" {
		os.Exit(beServe(order))
	}
	os.Exit(m.Run())
}

// childOrder is what a child is to do, and where its world is.
type childOrder struct {
	Gate     string // where its connections go
	Settings string
	Data     string
	Server   string
	Key      string
	Secret   string
	Resolver string
	Kind     failover.Kind // failover, failback, rollback, or rehearse
	// KillAt is the act before which it kills itself; 0 is never.
	KillAt int
}

// to is where a child moves the send route.
func (o childOrder) to() failover.Role {
	if o.Kind == failover.SendRoute {
		return failover.Secondary
	}
	return ""
}

// rehearse has a child hold a live rehearsal.
const rehearse failover.Kind = "rehearse"

// exitAsked is a child's status when the preflight asks anybody: the evidence is
// there, so nobody need be asked.
const exitAsked = 3

// beChild runs one command and returns the exit status.
func beChild(order string) int {
	var o childOrder
	if err := json.Unmarshal([]byte(order), &o); err != nil {
		fmt.Println(err)
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	settings, _, err := configs.Load(o.Settings, configs.Options{})
	if err != nil {
		fmt.Println(err)
		return 2
	}
	acts := &acts{killAt: o.KillAt}
	dialer := gateDialer(o.Gate)
	e := engine.New(engine.Options{
		Settings: settings, DataDir: o.Data, Owner: "child@lab", Now: time.Now, Sleep: engine.Sleep, Logger: slog.New(slog.DiscardHandler),
		Reader: dnsview.New(dnsview.Options{Dialer: dialer, Resolvers: []string{o.Resolver}, Timeout: 5 * time.Second}),
		MakeHost: func(context.Context, configs.Domain) (dnshost.Host, error) {
			h, err := rfc2136.New(rfc2136.Options{Server: o.Server, Dialer: dialer, Key: o.Key, Secret: dnshost.Secret(o.Secret)})
			return killable{h, acts}, err
		},
		MakeProber: func(configs.Provider, func(failover.Finding)) (*probe.Prober, error) {
			os.Exit(exitAsked)
			return nil, nil
		},
	})
	tell := func(ev run.Event) { acts.next("told of " + string(ev.State)) }
	var out failover.Outcome
	switch o.Kind {
	case rehearse:
		var r drill.Result
		r, err = e.Rehearse(ctx, liveRequest(func(r *engine.LiveRequest) { r.TTL, r.Ran = time.Second, tell }))
		out.Done = r.Passed
	case failover.Rollback:
		out, err = e.Rollback(ctx, engine.RollbackRequest{Tell: tell})
	default:
		out, err = e.Switch(ctx, engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: o.Kind, To: o.to()}, Tell: tell, Confirm: func(engine.Preview) (bool, error) {
			acts.next("asked")
			return true, nil
		}})
	}
	if err != nil || !out.Done {
		fmt.Println(err)
		return 1
	}
	return 0
}

// acts counts what a child does and kills it, as the system does with kill -9, at
// one of them.
type acts struct {
	mu     sync.Mutex
	n      int
	killAt int
}

func (a *acts) next(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.n++; a.n == a.killAt {
		fmt.Println(what)
		killMyself()
	}
}

// killable is a DNS host that can be killed before and after each request.
type killable struct {
	dnshost.Host
	acts *acts
}

func (k killable) Apply(ctx context.Context, c dnshost.Change) error {
	k.acts.next("about to change " + c.After.Key.String())
	err := k.Host.Apply(ctx, c)
	k.acts.next("changed " + c.After.Key.String())
	return err
}

func (k killable) Lock(ctx context.Context, zone string, l dnshost.Lock, replace *dnshost.Lock) error {
	k.acts.next("about to lock")
	err := k.Host.Lock(ctx, zone, l, replace)
	k.acts.next("locked")
	return err
}

func (k killable) Unlock(ctx context.Context, zone string, l dnshost.Lock) error {
	k.acts.next("about to unlock")
	err := k.Host.Unlock(ctx, zone, l)
	k.acts.next("unlocked")
	return err
}

// child runs a command in a process of its own, on the office's data folder. It
// returns what it printed; killed says that it came to the act at which it dies.
func (o *office) child(gate string, kind failover.Kind, killAt int) (printed string, killed bool) {
	o.t.Helper()
	key := o.world.TSIG()
	order, err := json.Marshal(childOrder{
		Gate: gate, Settings: o.Settings().File(), Data: o.parts.DataDir, Server: o.world.UpdateServer(), Key: key.Name, Secret: key.Secret,
		Resolver: o.world.Resolver(), Kind: kind, KillAt: killAt,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	c := exec.CommandContext(o.t.Context(), os.Args[0])
	c.Env = append(os.Environ(), childVariable+"="+string(order), "GORACE=atexit_sleep_ms=0")
	out, err := c.CombinedOutput()
	printed = strings.TrimSpace(string(out))
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		o.t.Fatal(err)
	}
	switch status := c.ProcessState.ExitCode(); {
	case status == 0:
		return printed, false
	case status == -1 && killAt > 0:
		return printed, true
	default:
		o.t.Fatalf("the child ends with %v: %s", c.ProcessState, printed)
		return "", false
	}
}

// openGate lets processes of the test into the world: each connection names a
// network and an address first, and then is that connection. Messages of UDP go
// with their length before them.
func (o *office) openGate() (addr string) {
	o.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go o.pass(c)
		}
	}()
	return l.Addr().String()
}

func (o *office) pass(c net.Conn) {
	defer func() { _ = c.Close() }()
	from := bufio.NewReader(c)
	line, err := from.ReadString('\n')
	network, address, ok := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !ok {
		return
	}
	far, err := o.world.Dialer().DialContext(o.t.Context(), network, address)
	if err != nil {
		_, _ = fmt.Fprintf(c, "%v\n", err)
		return
	}
	defer func() { _ = far.Close() }()
	_, _ = fmt.Fprintln(c, "ok")
	if network == "tcp" {
		go func() {
			_, _ = io.Copy(far, from)
			_ = far.Close()
		}()
		_, _ = io.Copy(c, far)
		return
	}
	go func() {
		for buf := make([]byte, 64<<10); ; {
			n, err := far.Read(buf)
			if err != nil || writeFramed(c, buf[:n]) != nil {
				_ = c.Close()
				return
			}
		}
	}()
	for {
		message, err := readFramed(from)
		if err != nil {
			return
		}
		if _, err := far.Write(message); err != nil {
			return
		}
	}
}

// gateDialer is the network beyond a gate.
type gateDialer string

func (g gateDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", string(g))
	if err != nil {
		return nil, err
	}
	near := bufio.NewReader(c)
	_, err = fmt.Fprintf(c, "%s %s\n", network, address)
	if err == nil {
		var said string
		if said, err = near.ReadString('\n'); err == nil && said != "ok\n" {
			err = &net.OpError{Op: "dial", Net: network, Err: errors.New(strings.TrimSpace(said))}
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if network == "tcp" {
		return &passed{c, near}, nil
	}
	return &framed{passed{c, near}}, nil
}

type passed struct {
	net.Conn
	near *bufio.Reader
}

func (p *passed) Read(b []byte) (int, error) { return p.near.Read(b) }

// framed is UDP beyond a gate.
type framed struct{ passed }

func (f *framed) Read(b []byte) (int, error) {
	message, err := readFramed(f.near)
	return copy(b, message), err
}

func (f *framed) Write(b []byte) (int, error) { return len(b), writeFramed(f.Conn, b) }

func (f *framed) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := f.Read(b)
	return n, f.RemoteAddr(), err
}

func (f *framed) WriteTo(b []byte, _ net.Addr) (int, error) { return f.Write(b) }

func readFramed(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(r, message)
	return message, err
}

func writeFramed(w io.Writer, message []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...))
	return err
}
