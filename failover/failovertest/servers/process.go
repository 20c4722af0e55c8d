package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// giveUp ends a wait for something that will never come. It is no measure of speed: a server that is slow because the
// machine is busy gets all this time, and a queue that set a message aside for a minute gets it more than once.
const giveUp = 4 * time.Minute

// A Program says how to run a server.
type Program struct {
	// Name is what messages call it, such as "postfix (outside)".
	Name string
	// Binary is the program's file name or path, Package the Debian package it comes from.
	Binary, Package string
	// Args are its arguments, without its name. They must keep it in the foreground.
	Args []string
	// Env is added to the test's own environment, as "NAME=value".
	Env []string
	// Dir is the working directory; the log is kept there as well.
	Dir string
	// LogFiles are files that it writes beside its standard output and error.
	LogFiles []string
	// Listen are the TCP addresses that it listens on. After a stop they are free again before Stop returns.
	Listen []string
	// Ready asks the server something. It is called until it returns nil.
	Ready func(context.Context) error
	// Hide are secrets that must not be shown with the log.
	Hide []string
}

// A Process is a server that runs, or ran, for one test. Its methods belong to the test's goroutine.
type Process struct {
	program Program
	binary  string
	log     string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// Run starts a server and returns when it answers. The server dies with the test.
func Run(t testing.TB, program Program) *Process {
	t.Helper()
	p := &Process{
		program: program,
		binary:  binary(t, program.Binary, program.Package),
		log:     filepath.Join(program.Dir, "output.log"),
	}
	t.Cleanup(func() {
		p.Kill(t)
		if t.Failed() {
			t.Logf("%s wrote at last:\n%s", program.Name, p.tail(60))
		}
	})
	p.Start(t)
	return p
}

// Start starts a stopped or killed server again, with the same files, and returns when it answers.
func (p *Process) Start(t testing.TB) {
	t.Helper()
	if p.running() {
		t.Fatalf("%s is running already", p.program.Name)
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatalf("%s has nowhere to write its log: %v", p.program.Name, err)
	}
	defer func() { _ = out.Close() }() // the child has its own copy
	// The server outlives the test's context: clean-up functions may still want to ask it something.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), p.binary, p.program.Args...)
	cmd.Dir = p.program.Dir
	cmd.Env = append(os.Environ(), p.program.Env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = ownGroup()
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s does not start: %v", p.program.Name, err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(done)
	}()
	p.mu.Lock()
	p.cmd, p.done = cmd, done
	p.mu.Unlock()
	p.awaitReady(t, done)
}

func (p *Process) awaitReady(t testing.TB, done <-chan struct{}) {
	t.Helper()
	if p.program.Ready == nil {
		return
	}
	patience, cancel := beforeTheEnd(t)
	defer cancel()
	err := poll(patience, func(ctx context.Context) error {
		select {
		case <-done:
			return final{errors.New("it ended by itself")}
		default:
			return p.program.Ready(ctx)
		}
	})
	if err != nil {
		t.Fatalf("%s does not come up: %v", p.program.Name, err)
	}
}

// Stop asks the server to end, waits until it has, and until its addresses are free.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	p.end(t, terminate)
}

// Kill ends the server and all its children at once, as a power cut would.
func (p *Process) Kill(t testing.TB) {
	t.Helper()
	p.end(t, killGroup)
}

func (p *Process) end(t testing.TB, how func(*os.Process) error) {
	t.Helper()
	p.mu.Lock()
	cmd, done := p.cmd, p.done
	p.cmd, p.done = nil, nil
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	if err := how(cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Logf("%s: %v", p.program.Name, err)
	}
	select {
	case <-done:
	case <-time.After(giveUp):
		t.Errorf("%s does not end when asked to; it is killed", p.program.Name)
	}
	// Children that the server left behind, and the server itself if it did not listen.
	_ = killGroup(cmd.Process)
	<-done
	p.awaitFree(t)
}

// awaitFree waits until the addresses can be listened on: a killed child can hold them for a moment longer than its
// parent lives. Connecting would not tell: a firewall rule of the test's may be in the way.
func (p *Process) awaitFree(t testing.TB) {
	t.Helper()
	for _, address := range p.program.Listen {
		err := poll(context.WithoutCancel(t.Context()), func(ctx context.Context) error {
			l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
			if err != nil {
				return err
			}
			return l.Close()
		})
		if err != nil {
			t.Errorf("%s has ended and still holds %s: %v", p.program.Name, address, err)
		}
	}
}

// Pause freezes the server and its children: connections are accepted by the kernel and nothing answers, as with a
// machine that hangs. Stop does not work on a frozen server; Resume and Kill do.
func (p *Process) Pause(t testing.TB) {
	t.Helper()
	p.signal(t, func(main *os.Process) error { return pauseGroup(t.Context(), main) })
}

// Resume lets a paused server go on.
func (p *Process) Resume(t testing.TB) {
	t.Helper()
	p.signal(t, resumeGroup)
}

func (p *Process) signal(t testing.TB, how func(*os.Process) error) {
	t.Helper()
	if !p.running() {
		t.Fatalf("%s is not running", p.program.Name)
	}
	if err := how(p.cmd.Process); err != nil {
		t.Fatalf("%s: %v", p.program.Name, err)
	}
}

func (p *Process) running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Log returns all that the server wrote, secrets blacked out.
func (p *Process) Log() string {
	var all strings.Builder
	for _, file := range append([]string{p.log}, p.program.LogFiles...) {
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			fmt.Fprintln(&all, err)
			continue
		}
		all.Write(text)
	}
	text := all.String()
	for _, secret := range p.program.Hide {
		text = strings.ReplaceAll(text, secret, "(hidden)")
	}
	return text
}

func (p *Process) tail(lines int) string {
	all := strings.Split(strings.TrimRight(p.Log(), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}
