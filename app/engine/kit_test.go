package engine_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/lab"
)

const kitPassphrase = "correct horse battery"

// handedOver is a set-up whose mail is mirrored, with a kit of it.
func handedOver(t *testing.T) (n *newcomer, e *engine.Engine, kit []byte) {
	t.Helper()
	n = newNewcomer(t, lab.Options{})
	n.fillsIn()
	w, err := n.setup.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Engine.Mirror(t.Context(), engine.MirrorRequest{}); err != nil {
		t.Fatal(err)
	}
	return n, w.Engine, w.Engine.QuickKit(t, kitPassphrase)
}

// colleague is another computer: other folders, no secrets, another machine.
func colleague(t *testing.T, n *newcomer) (engine.TakeOverOptions, *newcomer) {
	t.Helper()
	dir := t.TempDir()
	other := *n
	other.secrets = &drawer{}
	other.parts.Mail, other.parts.Relay = n.parts.Mail, n.parts.Relay
	other.withSecrets()
	other.opt.File, other.opt.DataDir = filepath.Join(dir, "config", "lifeboat.yaml"), filepath.Join(dir, "data")
	machine := onThisMachine(filepath.Join(dir, "state"))
	machine.ID = func(context.Context) (string, error) { return "another machine", nil }
	other.opt.Keys, other.opt.Secrets = &engine.KeyMeans{Machine: machine}, other.secrets
	return engine.TakeOverOptions{
		File: other.opt.File, DataDir: other.opt.DataDir, Secrets: other.secrets, Keys: *other.opt.Keys, Now: time.Now,
	}, &other
}

// works holds that an engine over what was taken over can read the mail and switch.
func (n *newcomer) works(file string) {
	t := n.t
	t.Helper()
	s, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := n.engine(s)
	if err != nil {
		t.Fatal(err)
	}
	if report, err := e.Mirror(t.Context(), engine.MirrorRequest{}); err != nil || report.Failed > 0 {
		t.Errorf("the mirror goes on by %+v, %v", report, err)
	}
	if check, err := e.Check(t.Context(), engine.CheckRequest{}); err != nil || !check.Ready {
		t.Errorf("the check says %+v, %v", check.Findings, err)
	}
	plan, err := e.Plan(t.Context(), engine.PlanRequest{Kind: failover.Failover})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Empty() {
		t.Error("there is nothing to switch")
	}
	for _, step := range plan.Steps {
		if step.After.Type == "MX" {
			return
		}
	}
	t.Errorf("the plan changes no MX: %+v", plan.Steps)
}

// A second computer takes over with the kit and the passphrase, reads the copied mirror
// and can switch.
func TestKitIsTakenOver(t *testing.T) {
	t.Parallel()
	n, _, kit := handedOver(t)
	for _, name := range n.secrets.names() {
		if v, _ := n.secrets.Get(t.Context(), name); bytes.Contains(kit, []byte(v.Reveal())) {
			t.Errorf("the kit shows the secret %s", name)
		}
	}
	if bytes.Contains(kit, []byte("example.test")) {
		t.Error("the kit shows the domain")
	}
	for name, copied := range map[string]bool{"with the mail copied before": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			o, other := colleague(t, n)
			other.t = t
			if copied {
				if err := os.CopyFS(filepath.Join(o.DataDir, "mail"), os.DirFS(filepath.Join(n.opt.DataDir, "mail"))); err != nil {
					t.Fatal(err)
				}
			}
			took, err := engine.TakeOver(t.Context(), bytes.NewReader(kit), kitPassphrase, o)
			if err != nil {
				t.Fatal(err)
			}
			if !took.Key || took.From == "" || took.Made.IsZero() || took.Overwrote || !slices.Equal(took.Domains, []string{"example.test"}) {
				t.Errorf("taken over: %+v", took)
			}
			if !slices.Equal(took.Secrets, n.secrets.names()) || !slices.Equal(other.secrets.names(), n.secrets.names()) {
				t.Errorf("the secrets are %v, of %v", other.secrets.names(), n.secrets.names())
			}
			other.works(o.File)
			again, err := engine.TakeOver(t.Context(), bytes.NewReader(kit), kitPassphrase, o)
			if !errors.Is(err, failover.ErrBlocked) || again.File != "" {
				t.Errorf("taking over a second time without being told: %+v, %v", again, err)
			}
			o.Overwrite = true
			if again, err = engine.TakeOver(t.Context(), bytes.NewReader(kit), kitPassphrase, o); err != nil || !again.Overwrote {
				t.Errorf("taking over a second time: %+v, %v", again, err)
			}
			other.works(o.File)
		})
	}
}

// Whatever is wrong with a kit, or with the place it is put: one sentence, and nothing is
// changed.
func TestKitIsRefused(t *testing.T) {
	t.Parallel()
	n, _, kit := handedOver(t)
	damaged := bytes.Clone(kit)
	damaged[len(damaged)/2] ^= 1
	for name, c := range map[string]struct {
		kit        []byte
		passphrase string
		want       string
		kind       error
	}{
		"wrong passphrase": {kit, "correct horse battery staple", "not the kit's passphrase", failover.ErrCredential},
		"no passphrase":    {kit, "", "not the kit's passphrase", failover.ErrCredential},
		"cut short":        {kit[:len(kit)-100], kitPassphrase, "damaged or was cut short", failover.ErrDamaged},
		"only its head":    {kit[:200], kitPassphrase, "damaged or was cut short", failover.ErrDamaged},
		"altered":          {damaged, kitPassphrase, "damaged or was cut short", failover.ErrDamaged},
		"something else":   {[]byte("PK\x03\x04"), kitPassphrase, "no hand-over kit", failover.ErrInvalid},
		"nothing":          {nil, kitPassphrase, "no hand-over kit", failover.ErrInvalid},
		"newer":            {engine.SealKit(t, `{"format":"lifeboat hand-over kit","version":2,"settings":{}}`, kitPassphrase), kitPassphrase, "newer version", failover.ErrUnsupported},
		"another content":  {engine.SealKit(t, `{"format":"a letter"}`, kitPassphrase), kitPassphrase, "no hand-over kit", failover.ErrInvalid},
		"a way out": {
			engine.SealKit(t, `{"format":"lifeboat hand-over kit","version":1,"files":[{"path":"../../.profile"}]}`, kitPassphrase), kitPassphrase,
			"outside the settings' folder", failover.ErrInvalid,
		},
		"settings that are none": {
			engine.SealKit(t, `{"format":"lifeboat hand-over kit","version":1,"settings":"ZG9tYWluczogeA=="}`, kitPassphrase), kitPassphrase,
			"cannot be used here", failover.ErrInvalid,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, other := colleague(t, n)
			_, err := engine.TakeOver(t.Context(), bytes.NewReader(c.kit), c.passphrase, o)
			if !errors.Is(err, c.kind) || !strings.Contains(failover.SentenceOf(err).String(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
			untouched(t, o, other)
		})
	}
}

// untouched holds that nothing was put in place.
func untouched(t *testing.T, o engine.TakeOverOptions, other *newcomer) {
	t.Helper()
	if names := other.secrets.names(); len(names) > 0 {
		t.Errorf("secrets were kept: %v", names)
	}
	for _, dir := range []string{filepath.Dir(o.File), o.DataDir} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // a folder that is not there is empty
			if err == nil && !d.IsDir() {
				t.Errorf("there is %s", path)
			}
			return nil
		})
	}
}

// What goes wrong in the middle is taken back.
func TestKitThatCannotBePlacedIsTakenBack(t *testing.T) {
	t.Parallel()
	n, _, kit := handedOver(t)
	t.Run("secrets that cannot be kept", func(t *testing.T) {
		o, other := colleague(t, n)
		other.secrets.fail = errors.New("the keychain is locked")
		if _, err := engine.TakeOver(t.Context(), bytes.NewReader(kit), kitPassphrase, o); err == nil {
			t.Error("it was taken over")
		}
		untouched(t, o, other)
	})
	t.Run("a folder that is a file", func(t *testing.T) {
		o, other := colleague(t, n)
		o.File = filepath.Join(t.TempDir(), "file", "lifeboat.yaml")
		if err := os.WriteFile(filepath.Dir(o.File), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := engine.TakeOver(t.Context(), bytes.NewReader(kit), kitPassphrase, o); !errors.Is(err, failover.ErrDisk) {
			t.Errorf("%v", err)
		}
		o.File = filepath.Join(t.TempDir(), "lifeboat.yaml")
		untouched(t, o, other)
	})
	t.Run("mail under another key", func(t *testing.T) {
		o, other := colleague(t, n)
		o.Overwrite = true
		stranger, _, _ := handedOver(t)
		if err := os.CopyFS(filepath.Join(o.DataDir, "mail"), os.DirFS(filepath.Join(stranger.opt.DataDir, "mail"))); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(filepath.Join(o.DataDir, "mail", "keys.json"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.TakeOver(t.Context(), bytes.NewReader(kit), kitPassphrase, o); !errors.Is(err, failover.ErrBlocked) {
			t.Errorf("%v", err)
		}
		if after, err := os.ReadFile(filepath.Join(o.DataDir, "mail", "keys.json")); err != nil || !bytes.Equal(before, after) {
			t.Errorf("the other mail's key was touched: %v", err)
		}
		if names := other.secrets.names(); len(names) > 0 {
			t.Errorf("secrets were kept: %v", names)
		}
	})
}

// Files that the settings name come along, wherever they lay.
func TestKitTakesFilesAlong(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t, lab.Options{})
	outside := filepath.Join(t.TempDir(), "ca.pem")
	ca, err := os.ReadFile(servers.NewAuthority(t).File)
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{outside: ca, filepath.Join(filepath.Dir(n.opt.File), "lists", "people.csv"): []byte("address,kind\nanna@example.test,account\n")} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n.existing("domains: [{name: example.test, dns: {host: manual}}]\nproviders:\n  primary: {preset: generic, mx: [10 mx.primary.test], ca_file: " + outside +
		"} # theirs\nrecipients: {csv: lists/people.csv}\n")
	s, _, err := configs.Load(n.opt.File, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := n.engine(s)
	if err != nil {
		t.Fatal(err)
	}
	var kit bytes.Buffer
	if err := e.HandOver(t.Context(), &kit, "short"); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("a short passphrase: %v", err)
	}
	kit.Write(e.QuickKit(t, kitPassphrase))
	if err := os.Remove(outside); err != nil {
		t.Fatal(err)
	}
	o, _ := colleague(t, n)
	if _, err := engine.TakeOver(t.Context(), &kit, kitPassphrase, o); err != nil {
		t.Fatal(err)
	}
	there, _, err := configs.Load(o.File, configs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if there.Providers.Primary.CAFile != filepath.Join(filepath.Dir(o.File), "ca.pem") || len(there.RecipientsOf("example.test")) != 1 {
		t.Errorf("the files came along as %s, %v", there.Providers.Primary.CAFile, there.RecipientsOf("example.test"))
	}
	if text, err := os.ReadFile(o.File); err != nil || !strings.Contains(string(text), "# theirs") {
		t.Errorf("the comments did not come along: %s, %v", text, err)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(n.opt.File), "lists", "people.csv")); err != nil {
		t.Fatal(err)
	}
	if err := e.HandOver(t.Context(), &kit, kitPassphrase); !errors.Is(err, failover.ErrDisk) {
		t.Errorf("a file that is gone: %v", err)
	}
}

// Whatever the content of a kit, it is refused in a sentence or sound.
func FuzzKit(f *testing.F) {
	f.Add([]byte(`{"format":"lifeboat hand-over kit","version":1,"settings":"","secrets":{"a":""},"files":[{"path":"a/b","data":""}]}`))
	f.Add([]byte(`{"format":"lifeboat hand-over kit","version":9}`))
	f.Add([]byte("age-encryption.org/v1\n-> scrypt 4qO3 18\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		paths, secrets, err := engine.ParseKit(data)
		if err != nil && failover.SentenceOf(err).IsZero() {
			t.Errorf("no sentence for %v", err)
		}
		for _, p := range paths {
			if err == nil && !filepath.IsLocal(filepath.FromSlash(p)) {
				t.Errorf("a file would be put at %q", p)
			}
		}
		for _, name := range secrets {
			if err == nil && !configs.ValidSecretName(name) {
				t.Errorf("a secret would be called %q", name)
			}
		}
		if bytes.HasPrefix(data, []byte("age-encryption.org/v1\n")) {
			return // stretching a passphrase takes a second
		}
		if _, err := engine.TakeOver(t.Context(), bytes.NewReader(data), kitPassphrase, engine.TakeOverOptions{}); err == nil {
			t.Error("it was taken over")
		}
	})
}
