// Package service hands Lifeboat to the operating system, to be started with the
// computer and before anybody signs in: a systemd unit, a launchd job or a Windows
// service. What is written is made here, word by word, so that it can be read before
// it is trusted; github.com/kardianos/service brings it to where it belongs.
package service

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/kardianos/service"

	"lifeboat/failover"
)

// Name is what the operating system calls the service.
const Name = "lifeboat"

// Kind is who runs the service.
type Kind string

// The kinds.
const (
	Systemd Kind = "systemd"
	Launchd Kind = "launchd"
	Windows Kind = "windows"
)

// Spec is what is to be run.
type Spec struct {
	Program   string   // an absolute path
	Arguments []string // of the program
	// Account is the user as whom it runs; empty: the one that the operating system
	// takes for services.
	Account string
	// ForUser makes it a service of the present user alone, for which no administrator is
	// needed.
	ForUser bool
	// Variables are what the program finds in its environment: services start with next
	// to nothing, and without a home folder.
	Variables map[string]string
	// Environment is a file with variables, NAME=VALUE a line, that need not exist; only
	// systemd reads it.
	Environment string
	Description string
}

// Installed is what has been given to the operating system.
type Installed struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	// File is what was written, with its Text; empty where nothing is written but told
	// to the operating system.
	File    string `json:"file,omitempty"`
	Text    string `json:"text,omitempty"`
	Started bool   `json:"started"`
}

// Host is the operating system's side of it.
type Host struct {
	kind Kind // empty: what runs services on this computer
}

// Kind is who runs services on this computer, as far as we know how to ask.
func (h Host) Kind() (Kind, error) {
	switch p := service.Platform(); {
	case h.kind != "":
		return h.kind, nil
	case p == systemdPlatform:
		return Systemd, nil
	case runtime.GOOS == "darwin":
		return Launchd, nil
	case runtime.GOOS == "windows":
		return Windows, nil
	default:
		return "", failover.Fail(failover.ErrUnsupported,
			"this computer starts its services with {system}, which Lifeboat does not write for: let it run \"{command}\" in its own way", "system", p, "command", "lifeboat serve")
	}
}

// Install gives the service to the operating system and starts it. Where the service
// is there already it is replaced.
func (h Host) Install(s Spec) (Installed, error) {
	kind, err := h.Kind()
	if err != nil {
		return Installed{}, err
	}
	out, err := s.Plan(kind)
	if err != nil {
		return Installed{}, err
	}
	svc, err := s.service(kind)
	if err != nil {
		return Installed{}, failed(err)
	}
	if _, err := os.Stat(out.File); out.File == "" || err == nil {
		_ = svc.Stop() // one that is there runs with what it was given before
		_ = svc.Uninstall()
	}
	if err := svc.Install(); err != nil {
		return Installed{}, failed(err)
	}
	if err := svc.Start(); err != nil {
		return out, failover.Fail(failover.ErrUnsupported, "the service was written and begins with the computer, but could not be started now: look into its log").Because(err)
	}
	out.Started = true
	return out, nil
}

// Uninstall stops the service and takes it from the operating system.
func (h Host) Uninstall(forUser bool) (Installed, error) {
	kind, err := h.Kind()
	if err != nil {
		return Installed{}, err
	}
	s := Spec{Program: os.Args[0], ForUser: forUser}
	out := Installed{Kind: kind, Name: Name, File: file(kind, forUser)}
	if _, err := os.Stat(out.File); out.File != "" && errors.Is(err, fs.ErrNotExist) {
		return out, failover.Fail(failover.ErrInvalid, "there is no service to take away: {file} is not there", "file", out.File)
	}
	svc, err := s.service(kind)
	if err != nil {
		return out, failed(err)
	}
	_ = svc.Stop() // it may not run
	if err := svc.Uninstall(); err != nil {
		return out, failed(err)
	}
	return out, nil
}

// Plan says what Install would write, and where.
func (s Spec) Plan(kind Kind) (Installed, error) {
	texts := slices.Concat([]string{s.Program, s.Account, s.Environment}, s.Arguments, slices.Collect(maps.Values(s.Variables)))
	for _, text := range texts {
		if strings.ContainsAny(text, "\x00\r\n") || strings.Contains(text, "{{") {
			return Installed{}, failover.Fail(failover.ErrInvalid, "the path {path} has characters that a service cannot be started with: choose another folder", "path", show(text))
		}
	}
	out := Installed{Kind: kind, Name: Name, File: file(kind, s.ForUser)}
	switch kind {
	case Systemd:
		out.Text = s.unit()
	case Launchd:
		out.Text = s.plist()
	case Windows:
	}
	return out, nil
}

// show prepares a path for a sentence.
func show(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return '�'
		}
		return r
	}, text)
}

// file is where the service is written; empty where it is not a file.
func file(kind Kind, forUser bool) string {
	home, _ := os.UserHomeDir() // without one there are no services of users
	switch {
	case kind == Systemd && forUser:
		return filepath.Join(home, ".config", "systemd", "user", Name+".service")
	case kind == Systemd:
		return "/etc/systemd/system/" + Name + ".service"
	case kind == Launchd && forUser:
		return filepath.Join(home, "Library", "LaunchAgents", Name+".plist")
	case kind == Launchd:
		return "/Library/LaunchDaemons/" + Name + ".plist"
	default:
		return ""
	}
}

// service puts the library over what is written here.
func (s Spec) service(kind Kind) (service.Service, error) {
	config := &service.Config{
		Name: Name, DisplayName: "Lifeboat", Description: s.Description, Executable: s.Program, Arguments: s.Arguments, UserName: s.Account,
		EnvVars: s.Variables,
		Option: service.KeyValue{
			"UserService": s.ForUser, "DelayedAutoStart": true,
			"OnFailure": "restart", "OnFailureDelayDuration": "30s", "OnFailureResetPeriod": 60,
		},
	}
	switch kind {
	case Systemd:
		config.Option["SystemdScript"] = s.unit()
	case Launchd:
		config.Option["LaunchdConfig"] = s.plist()
	case Windows:
	}
	for _, system := range service.AvailableSystems() {
		if kind == Systemd && system.String() == systemdPlatform {
			return system.New(nothing{}, config)
		}
	}
	return service.New(nothing{}, config)
}

// systemdPlatform is what the library calls systemd.
const systemdPlatform = "linux-systemd"

// nothing is what the library starts where it only installs.
type nothing struct{}

// Start implements [service.Interface].
func (nothing) Start(service.Service) error { return nil }

// Stop implements [service.Interface].
func (nothing) Stop(service.Service) error { return nil }

// failed puts what the operating system says into a sentence.
func failed(err error) error {
	const notAllowed = "exit status 4" // of systemctl: "user had insufficient privileges"
	if said := strings.ToLower(err.Error()); errors.Is(err, fs.ErrPermission) || strings.Contains(said, "denied") || strings.Contains(said, notAllowed) {
		return failover.Fail(failover.ErrCredential, "only an administrator may change the services of this computer: give the command as one (sudo), or with --user").Because(err)
	}
	return failover.Fail(failover.ErrUnsupported, "the operating system did not take the service: {error}", "error", show(err.Error())).Because(err)
}

// Run does the work until ctx ends. Where Windows started the program as a service it
// is answered as Windows wants, and its wish to stop ends the work.
func Run(ctx context.Context, work func(context.Context) error) error {
	if runtime.GOOS != "windows" || service.Interactive() {
		return work(ctx)
	}
	return runAsService(ctx, work)
}

func runAsService(ctx context.Context, work func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := &program{ctx: ctx, stop: stop, work: work, done: make(chan error, 1)}
	svc, err := service.New(p, &service.Config{Name: Name})
	if err != nil {
		return err
	}
	if err := svc.Run(); err != nil {
		return err
	}
	return <-p.done
}

// program is the work as the library calls it.
type program struct {
	ctx  context.Context //nolint:containedctx // the library's calls have none
	stop context.CancelFunc
	work func(context.Context) error
	done chan error
}

// Start implements [service.Interface].
func (p *program) Start(svc service.Service) error {
	go func() {
		err := p.work(p.ctx)
		p.done <- err
		if p.ctx.Err() == nil {
			_ = svc.Stop() // it ended by itself
		}
	}()
	return nil
}

// Stop implements [service.Interface].
func (p *program) Stop(service.Service) error {
	p.stop()
	return nil
}
