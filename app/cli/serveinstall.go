package cli

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/app/service"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/mailstore/keys"
)

// Services gives what is to run unattended to the operating system.
type Services interface {
	// Kind is who runs services here.
	Kind() (service.Kind, error)
	Install(service.Spec) (service.Installed, error)
	Uninstall(forUser bool) (service.Installed, error)
}

// environmentFile is what systemd reads variables from, beside the settings.
const environmentFile = "lifeboat.env"

func (s *session) installService(ctx context.Context, f serveFlags) error {
	e, err := s.open()
	if err != nil {
		return err
	}
	kind, err := s.Services.Kind()
	if err != nil {
		return err
	}
	spec, err := s.serviceSpec(f)
	if err != nil {
		return err
	}
	if err := s.opensAlone(e, f.user); err != nil {
		return err
	}
	plan, err := spec.Plan(kind)
	if err != nil {
		return err
	}
	s.showService(plan, spec)
	s.warnOfSecrets(spec)
	if !f.yes {
		switch sure, err := s.ask(ctx, s.tongue.T("Install and start it now?")); {
		case err != nil:
			return err
		case !sure:
			return engine.ErrDeclined
		}
	}
	done, err := s.Services.Install(spec)
	if err != nil {
		return err
	}
	s.printT("Installed and started. It begins with the computer. To see it: lifeboat relay status")
	if kind == service.Systemd && f.user {
		s.printT("Your services begin when you sign in. For them to begin with the computer: loginctl enable-linger")
	}
	return s.document(done)
}

func (s *session) uninstallService(ctx context.Context, f serveFlags) error {
	if !f.yes {
		switch sure, err := s.ask(ctx, s.tongue.T("Stop the service and take it away? Nobody can send through this relay then.")); {
		case err != nil:
			return err
		case !sure:
			return engine.ErrDeclined
		}
	}
	gone, err := s.Services.Uninstall(f.user)
	if err != nil {
		return err
	}
	s.printT("Taken away. Settings and mail are as they were.")
	return s.document(gone)
}

// serviceSpec says what the service runs, with every path whole.
func (s *session) serviceSpec(f serveFlags) (service.Spec, error) {
	program := s.Program
	if program == "" {
		own, err := os.Executable()
		if err != nil {
			return service.Spec{}, failover.Fail(failover.ErrUnsupported, "it cannot be told where this program is, so no service can start it").Because(err)
		}
		program = own
	}
	config, data := s.Files(s.place)
	for _, path := range []*string{&program, &config, &data} {
		whole, err := filepath.Abs(*path)
		if err != nil {
			return service.Spec{}, failover.Fail(failover.ErrUnsupported, "it cannot be told which folder this is: give --config and --data with whole paths").Because(err)
		}
		*path = whole
	}
	spec := service.Spec{
		Program: program, Arguments: []string{"serve", "--config", config, "--data", data}, ForUser: f.user,
		Environment: filepath.Join(filepath.Dir(config), environmentFile),
		Description: "Lifeboat: send route, mirror and watch",
	}
	for flag, on := range map[string]bool{"--no-mirror": f.noMirror, "--no-watch": f.noWatch, "--no-relay": f.noRelay} {
		if on {
			spec.Arguments = append(spec.Arguments, flag)
		}
	}
	slices.Sort(spec.Arguments[5:])
	if !f.user {
		if spec.Account = service.OwnerOf(data); spec.Account == "" {
			spec.Account = service.OwnerOf(config)
		}
	}
	if f.user || service.IsMe(spec.Account) {
		spec.Variables = s.Variables
	}
	return spec, nil
}

// opensAlone sees that the data key opens while nobody is there: before anybody has
// signed in there is no keychain, and nobody to type a passphrase.
func (s *session) opensAlone(e *engine.Engine, forUser bool) error {
	slots, err := e.KeySlots()
	if err != nil {
		return err
	}
	alone := func(k keys.Slot) bool {
		return k.Kind == keys.Machine || forUser && runtime.GOOS != "linux" && k.Kind == keys.InKeychain
	}
	if len(slots) == 0 || slices.ContainsFunc(slots, alone) {
		return nil // without a key yet, the service makes one that this machine opens
	}
	return failover.Fail(failover.ErrCredential,
		"the key of the mail kept here needs a person to open it, and nobody is there when the computer starts: let this machine open it, with \"lifeboat key add machine\"")
}

// showService shows what would be written.
func (s *session) showService(p service.Installed, spec service.Spec) {
	t := s.tongue
	if p.File == "" {
		s.note(t.T("The Windows service {name} would run:", "name", p.Name))
		s.note("    " + spec.Program + " " + strings.Join(spec.Arguments, " "))
		return
	}
	s.note(t.T("{file} would be written:", "file", p.File))
	for _, l := range strings.Split(strings.TrimRight(p.Text, "\n"), "\n") {
		s.note("    " + l)
	}
}

// warnOfSecrets says which secrets the service cannot read, and what to do.
func (s *session) warnOfSecrets(spec service.Spec) {
	entries, err := s.Secrets(s.place).List()
	if err != nil {
		s.note("! " + strings.Join(s.tongue.Errors(err), " "))
		return
	}
	count := map[secret.Place]int{}
	for _, e := range entries {
		count[e.Place]++
	}
	t := s.tongue
	if n := count[secret.InKeychain]; n > 0 {
		s.note("! " + t.T("{count} secrets are in the keychain, which is closed until somebody signs in. Until then what needs them waits.", "count", n))
	}
	if n := count[secret.InVault]; n > 0 {
		s.note("! " + t.T("{count} secrets are in the vault. For the service to open it, write {variable}=... into {file}, which nobody else may read.",
			"count", n, "variable", secret.PassphraseVariable, "file", spec.Environment))
	}
	if n := count[secret.Environment]; n > 0 {
		s.note("! " + t.T("{count} secrets are in this environment, which the service does not have. Write them into {file}, which nobody else may read.",
			"count", n, "file", spec.Environment))
	}
}
