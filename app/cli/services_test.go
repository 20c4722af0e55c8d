package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"lifeboat/app/service"
	"lifeboat/failover"
)

// services stands in for the operating system, and installs nothing.
type services struct {
	kind      service.Kind // empty: none that is known
	installed *service.Spec
}

func (s *services) Kind() (service.Kind, error) {
	if s.kind == "" {
		return "", failover.Fail(failover.ErrUnsupported, "{error}", "error", "this computer starts its services with something else")
	}
	return s.kind, nil
}

func (s *services) Install(spec service.Spec) (service.Installed, error) {
	done, err := spec.Plan(s.kind)
	s.installed, done.Started = &spec, err == nil
	return done, err
}

func (s *services) Uninstall(bool) (service.Installed, error) {
	if s.installed == nil {
		return service.Installed{}, failover.Fail(failover.ErrInvalid, "{error}", "error", "there is no service to take away")
	}
	s.installed = nil
	return service.Installed{Kind: s.kind, Name: service.Name}, nil
}

// computer says who starts services on the computer.
func computer(ts *testscript.TestScript, _ bool, args []string) {
	d := deskOf(ts)
	d.services.kind = ""
	if len(args) > 0 {
		d.services.kind = service.Kind(args[0])
	}
}

// A key that needs a person is of no use when the computer starts.
func TestInstallNeedsAKeyThatOpensAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir())
	d.env["LIFEBOAT_KEY_PASSPHRASE"] = passphrase
	for _, args := range [][]string{{"user", "list"}, {"key", "add", "passphrase"}, {"key", "add", "recovery"}} {
		if got := d.run(args...); got.status != 0 {
			t.Fatalf("%v: %s", args, got.err)
		}
	}
	var slots []struct{ ID, Kind string }
	if err := json.Unmarshal([]byte(d.run("key", "list", "--json").out), &slots); err != nil {
		t.Fatal(err)
	}
	for _, s := range slots {
		if s.Kind == "machine" {
			if got := d.run("key", "revoke", s.ID, "--yes"); got.status != 0 {
				t.Fatal(got.err)
			}
		}
	}
	got := d.run("serve", "--install", "--yes")
	if got.status != 1 || !strings.Contains(got.err, `let this machine open it, with "lifeboat key add machine".`) || d.services.installed != nil {
		t.Errorf("status %d\n%s", got.status, got.err)
	}
	if got := d.run("key", "add", "machine"); got.status != 0 {
		t.Fatal(got.err)
	}
	if got := d.run("serve", "--install", "--yes"); got.status != 0 || d.services.installed == nil {
		t.Errorf("status %d\n%s", got.status, got.err)
	}
}
