package main_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"lifeboat/failover/failovertest/servers"
)

// Bad input gets one clear sentence (what, where, what to do), a status, and
// changes nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	w := newWorld(t, worldPlan{withoutMail: true})
	good, err := os.ReadFile(w.settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		do     func()
		args   []string
		status int
		says   []string
	}{
		{"unknown domain", func() {}, []string{"failover", "other.test", "--yes"}, 2, []string{"other.test", "lifeboat.yaml"}},
		{"malformed YAML", func() { w.edit("domains:\n  - name", "domains:\n  - name: [\n  - name") }, []string{"failover", "--yes"}, 2, []string{"lifeboat.yaml:"}},
		{"unknown key", func() { w.edit("mx_ttl", "mx_tll") }, []string{"status"}, 2, []string{"lifeboat.yaml:8", "mx_ttl"}},
		{"no settings", func() { _ = os.Remove(w.settings) }, []string{"status"}, 2, []string{"lifeboat init"}},
		{"no secondary", func() {
			w.write(strings.Split(string(good), "  secondary:")[0] + "recipients:\n  accounts: [{address: anna@example.test}]\n")
		}, []string{"failover", "--yes"}, 2, []string{"secondary"}},
		{"not a kind", func() {}, []string{"plan", "sideways"}, 2, []string{"sideways"}},
		{"not a flag", func() {}, []string{"failover", "--now"}, 2, []string{"--now"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.write(string(good))
			c.do()
			before := w.ns[0].Transfer(t, zoneName)
			got := w.lifeboat(c.args...)
			if got.status != c.status || !contains(got.err, c.says...) {
				t.Errorf("exit status %d, not %d, or it does not say %q", got.status, c.status, c.says)
			}
			if lines := strings.Count(strings.TrimSpace(got.err), "\n") + 1; lines > 3 {
				t.Errorf("%d lines where a sentence would do", lines)
			}
			if after := w.ns[0].Transfer(t, zoneName); !slices.Equal(before, after) {
				t.Errorf("the zone was changed:\n%v\n%v", before, after)
			}
		})
	}
}

// What is wrong at the servers is told as plainly as what is wrong in the file.
func TestBadServers(t *testing.T) {
	t.Parallel()
	t.Run("wrong TSIG", func(t *testing.T) {
		t.Parallel()
		if !servers.InNamespace(t, resolvConf) {
			return
		}
		w := newWorld(t, worldPlan{withoutMail: true})
		w.key.Secret = servers.NewKey("lifeboat.").Secret
		w.refused(1, "127.0.53.1", "key")
	})
	t.Run("MX target is an alias", func(t *testing.T) {
		t.Parallel()
		if !servers.InNamespace(t, resolvConf) {
			return
		}
		newWorld(t, worldPlan{secondaryMX: "10 alias.secondary.test"}).refused(1, "alias.secondary.test")
	})
	t.Run("MX target has no address", func(t *testing.T) {
		t.Parallel()
		if !servers.InNamespace(t, resolvConf) {
			return
		}
		newWorld(t, worldPlan{secondaryMX: "10 nowhere.secondary.test"}).refused(1, "nowhere.secondary.test")
	})
	t.Run("both MX sets with one preference", func(t *testing.T) {
		t.Parallel()
		if !servers.InNamespace(t, resolvConf) {
			return
		}
		newWorld(t, worldPlan{mx: "@ MX 10 mx.primary.test.\n@ MX 10 mx.secondary.test.\n", withoutMail: true}).refused(1, "same preference")
	})
	t.Run("somebody else's MX", func(t *testing.T) {
		t.Parallel()
		if !servers.InNamespace(t, resolvConf) {
			return
		}
		newWorld(t, worldPlan{mx: "@ MX 10 mx.elsewhere.test.\n", withoutMail: true}).refused(1, "mx.elsewhere.test", "--replace-mx")
	})
}
