package engine_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/lab"
	"lifeboat/mailstore/keys"
)

// deadly is a keychain at which the process is killed.
type deadly struct{ *drawer }

// Set implements [engine.Keeper]. Nothing that comes after it in the process is run.
func (deadly) Set(context.Context, string, secret.Value) (secret.Place, error) {
	runtime.Goexit()
	return "", nil
}

// A taking over that was killed is simply done again: nobody has to say that something may
// be replaced, and no way into the mail is left but this computer's and those of people.
func TestKitGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	n, _, kit := handedOver(t)
	o, other := colleague(t, n)
	noMachine, noSecrets := o, o
	noMachine.Keys.Machine.ID = func(context.Context) (string, error) { runtime.Goexit(); return "", nil }
	noSecrets.Secrets = deadly{other.secrets}
	for _, killed := range []engine.TakeOverOptions{noMachine, noSecrets} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, err := engine.TakeOver(t.Context(), bytes.NewReader(kit), kitPassphrase, killed)
			t.Errorf("it was not killed: %v", err)
		}()
		<-done
	}
	slots := func() (labels []string) {
		t.Helper()
		s, err := keys.Open(filepath.Join(o.DataDir, "mail", "keys.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, slot := range s.List() {
			labels = append(labels, string(slot.Kind)+" "+slot.Label)
		}
		return labels
	}
	before := slots()
	if _, err := engine.TakeOver(t.Context(), bytes.NewReader(kit), kitPassphrase, o); err != nil {
		t.Fatal(err)
	}
	machines := 0
	for _, s := range slots() {
		if strings.HasPrefix(s, string(keys.Machine)) {
			machines++
		}
		if strings.Contains(s, "hand-over kit") {
			t.Errorf("the kit's slot stays: %q, of %q", slots(), before)
		}
	}
	if machines != 1 {
		t.Errorf("the ways into the mail are %q", slots())
	}
	other.works(o.File)
}

// Files of one name out of several folders all come along, and those that a killed taking
// over has left in place are no obstacle.
func TestKitTakesFilesOfOneName(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	ca, err := os.ReadFile(servers.NewAuthority(t).File)
	if err != nil {
		t.Fatal(err)
	}
	outside, list := filepath.Join(t.TempDir(), "data.txt"), []byte("address,kind\nanna@example.test,account\n")
	for path, data := range map[string][]byte{outside: ca, filepath.Join(filepath.Dir(n.opt.File), "data.txt"): list} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n.existing("domains: [{name: example.test, dns: {host: manual}}]\nproviders:\n  primary: {preset: generic, mx: [10 mx.primary.test], ca_file: " + outside +
		"}\nrecipients: {csv: data.txt}\n")
	s, _, err := configs.Load(n.opt.File, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := n.engine(s)
	if err != nil {
		t.Fatal(err)
	}
	kit := e.QuickKit(t, kitPassphrase)
	o, _ := colleague(t, n)
	at := filepath.Join(filepath.Dir(o.File), "data.txt")
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"somebody's", string(list)} {
		blocked := data != string(list)
		if err := os.WriteFile(at, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := engine.TakeOver(t.Context(), bytes.NewReader(kit), kitPassphrase, o)
		if errors.Is(err, failover.ErrBlocked) != blocked || !blocked && err != nil {
			t.Fatalf("with %q in its place: %v", data, err)
		}
	}
	there, _, err := configs.Load(o.File, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(there.Providers.Primary.CAFile); err != nil || !bytes.Equal(got, ca) || len(there.RecipientsOf("example.test")) != 1 {
		t.Errorf("%s: %q, %v", there.Providers.Primary.CAFile, got, err)
	}
}
