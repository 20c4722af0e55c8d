package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/failover/failovertest/servers"
)

// office is the world of somebody who works with the window: a domain at BIND, two
// providers, each a Postfix with a Dovecot that can be read, others who write from
// outside, and a home.
type office struct {
	*relayWorld
	home    string
	display string
}

// newOffice starts the servers; call it inside a namespace. There are no settings, unless
// set wants some.
func newOffice(t *testing.T, set bool) *office {
	t.Helper()
	o := &office{relayWorld: newRelayWorld(t, relayPlan{noPrimary: true, records: "_unused TXT \"\"\n"}), home: t.TempDir()}
	o.primary = o.smartHost("mx.primary.test", primaryMX, true)
	o.secondary.mx.Stop(t)
	o.secondary.store.Stop(t)
	o.secondary = o.smartHost("mx.secondary.test", secondaryMX, true)
	o.outside = servers.StartPostfix(t, servers.PostfixConfig{Hostname: "outside.test", Listen: "127.0.25.9:25"})
	o.display = startScreen(t, "70", "1280x800") // of this namespace alone
	b, err := os.ReadFile(o.settings)
	if err == nil {
		err = os.Remove(o.settings)
	}
	if err != nil {
		t.Fatal(err)
	}
	if o.settings = o.file(); set {
		if err := os.MkdirAll(filepath.Dir(o.settings), 0o700); err != nil {
			t.Fatal(err)
		}
		// The language is the session's.
		o.write(strings.ReplaceAll(string(b), "language: en\n", "") + `detect: {every: 10s, fail_after: 2, defer_after: 2, unsteady_after: 2, recover_after: 2}
mirror: {every: 30s}
`)
		// The name servers hold records for some seconds here, as the settings say, and
		// the secrets are in the environment: nothing is asked for.
		o.secrets = append(o.secrets, secretEnv+"="+o.key.Secret, "LIFEBOAT_SECRET_ANNA="+password, "LIFEBOAT_VAULT_PASSPHRASE="+passphrase)
	}
	return o
}

// env is what a person's session has: a home, a language, and trust in the world's
// authority. It has no keychain, and nothing of Lifeboat's.
func (o *office) env(w way) []string {
	return append([]string{
		"HOME=" + o.home, "XDG_CONFIG_HOME=" + o.home + "/.config", "XDG_DATA_HOME=" + o.home + "/.local/share", "XDG_STATE_HOME=" + o.home + "/.local/state",
		"XDG_CACHE_HOME=" + cacheOfTests(), "LANG=" + w.locale, "LC_ALL=" + w.locale, "FYNE_THEME=" + w.theme, "DBUS_SESSION_BUS_ADDRESS=",
		"LIFEBOAT_CONFIG=" + o.file(), "LIFEBOAT_DATA=" + o.data(), "PATH=" + o.home + "/bin:" + os.Getenv("PATH"),
	}, append(o.ca.Env(), o.secrets...)...)
}

func (o *office) file() string { return filepath.Join(o.home, ".config", "lifeboat", "lifeboat.yaml") }
func (o *office) data() string { return filepath.Join(o.home, ".local", "share", "lifeboat") }

// letters sends letters from outside, one a recipient, and waits until they are in the
// mailboxes of a provider. It returns their Message-IDs.
func (o *office) letters(name string, p provider) []string {
	o.t.Helper()
	ids := o.post(name)
	o.awaitAt(p, ids)
	return ids
}

// post sends letters from outside, one a recipient.
func (o *office) post(name string) []string {
	o.t.Helper()
	var ids []string
	for n, to := range o.recipients {
		l := servers.Letter{
			From: "eve@outside.test", To: []string{to}, ID: fmt.Sprintf("<%s%d@outside.test>", name, n), Subject: fmt.Sprintf("Order %s %d", name, n),
			Body: "Hello,\n\nplease confirm our order.\n\nEve",
		}
		if err := servers.Send(o.t.Context(), o.outside.Addr, l); err != nil {
			o.t.Fatal(err)
		}
		ids = append(ids, l.ID)
	}
	return ids
}

// awaitAt waits until a provider's mailboxes have messages.
func (o *office) awaitAt(p provider, ids []string) {
	o.t.Helper()
	servers.Await(o.t, "mail", func(context.Context) error {
		held := o.world.held(p)
		for _, id := range ids {
			if held[id] == 0 {
				return fmt.Errorf("%s is not there", id)
			}
		}
		return nil
	})
}

// once holds every message against both providers: it is in exactly one mailbox.
func (o *office) once(ids []string) {
	o.t.Helper()
	primary, secondary := o.world.held(o.primary), o.world.held(o.secondary)
	for _, id := range ids {
		if n := primary[id] + secondary[id]; n != 1 {
			o.t.Errorf("%s is in %d mailboxes", id, n)
		}
	}
}

// noSecrets holds the settings file and the data folder against the secrets.
func (o *office) noSecrets(secrets ...string) {
	o.t.Helper()
	err := filepath.WalkDir(o.home, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, s := range secrets {
			if strings.Contains(string(b), s) {
				o.t.Errorf("%s has a secret in it", path)
			}
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
}
