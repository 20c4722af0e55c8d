package probe

import (
	"slices"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

const ourKey = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"

func TestDKIM(t *testing.T) {
	t.Parallel()
	publish := func(texts ...string) func(*world) {
		return func(w *world) {
			for _, text := range texts {
				w.example.Add("lifeboat._domainkey 300 TXT " + dnswire.TXT(text))
			}
		}
	}
	for _, c := range []struct {
		name    string
		prepare func(*world)
		verdict failover.Verdict
		words   string
	}{
		{"published", publish("v=DKIM1; k=rsa; p=" + ourKey), failover.Pass, "holds the key"},
		{"written otherwise", publish("k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEF AAOCAQ8AMIIBCgKCAQEA ; s=*; h=sha1:sha256; n=x"), failover.Pass, "holds the key"},
		{"by way of an alias", func(w *world) {
			w.example.Add("lifeboat._domainkey 300 CNAME key.second.test.")
			w.second.Add("key 300 TXT " + dnswire.TXT("v=DKIM1; p="+ourKey))
		}, failover.Pass, "holds the key"},
		{"missing", func(*world) {}, failover.Warn, "may fail DMARC"},
		{"another key", publish("v=DKIM1; k=rsa; p=" + ourKey[:40]), failover.Red, "another key"},
		{"revoked", publish("v=DKIM1; p="), failover.Red, "revoked"},
		{"twice", publish("v=DKIM1; p="+ourKey, "v=DKIM1; p="), failover.Red, "2 TXT records"},
		{"another kind of key", publish("v=DKIM1; k=ed25519; p=" + ourKey), failover.Red, "does not allow"},
		{"another hash", publish("v=DKIM1; h=sha1; p=" + ourKey), failover.Red, "does not allow"},
		{"not for mail", publish("v=DKIM1; s=tls; p=" + ourKey), failover.Red, "does not allow"},
		{"a test", publish("v=DKIM1; t=s:y; p=" + ourKey), failover.Warn, "test"},
		{"no key record", publish("hello"), failover.Red, "no DKIM key record"},
		{"no answer", func(w *world) { w.dns.Resolvers = []string{"192.0.2.99:53"} }, failover.Warn, "no answer"},
		{"the key cannot be opened", func(w *world) { w.target.Domain.Signing.Value = "" }, failover.Warn, "cannot be opened"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.target.Domain.Signing = failover.DKIMSelector{Selector: "lifeboat", Type: "TXT", Value: "v=DKIM1; k=rsa; p=" + ourKey}
			c.prepare(w)
			f := w.one("dkim", "lifeboat")
			expect(t, f, c.verdict, c.words)
			if c.verdict != failover.Pass && f.Remedy.IsZero() {
				t.Error("no remedy")
			}
		})
	}
}

// A domain without a key of ours, and the way home, ask for nothing.
func TestDKIMIsAskedForOnlyWithAKey(t *testing.T) {
	t.Parallel()
	asks := func(target Target) bool {
		return slices.ContainsFunc(target.Needs(), func(n Need) bool { return n.Check == "dkim" })
	}
	target := Target{Domain: failover.Domain{Name: "example.test."}, Provider: failover.Provider{Role: failover.Secondary}}
	if asks(target) {
		t.Error("without a key there is something to look at")
	}
	target.Domain.Signing.Selector = "lifeboat"
	if !asks(target) {
		t.Error("with a key there is nothing to look at")
	}
	target.Provider.Role = failover.Primary
	if asks(target) {
		t.Error("on the way home there is something to look at")
	}
}

func FuzzDKIMKey(f *testing.F) {
	for _, s := range []string{"", "v=DKIM1; k=rsa; p=" + ourKey, "p=", "v=DKIM1", ";;p = A A A A ;", "p=%", "v=DKIM2;p=", "p=;p="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, ok := parseDKIMKey(text)
		if !ok && k != (dkimKey{}) {
			t.Errorf("%q is no key record, and is %+v", text, k)
		}
		if again, ok2 := parseDKIMKey("v=DKIM1; p=" + k.key); ok && (!ok2 || again.key != k.key) {
			t.Errorf("%q: the key %q cannot be read again", text, k.key)
		}
	})
}
