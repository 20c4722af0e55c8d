package mirror_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/corpus"
	"lifeboat/mailstore/mailstoretest/line"
	"lifeboat/mailstore/mailstoretest/tokens"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/signin"
)

// tenant is a Dovecot that takes tokens, asking their issuer about each (RFC 7662),
// the line to it, and an application that may read every mailbox.
type tenant struct {
	office
	issuer *tokens.Issuer
	line   *line.Line
	source signin.Source
	log    lockedBuffer

	connects atomic.Int32
	between  atomic.Bool // the token ends before every connection but the first
}

const (
	appSecret   = "the-applications-secret"
	credentials = "client_credentials"
)

func newTenant(t *testing.T, mechanism string, now func() time.Time) *tenant {
	t.Helper()
	authority := servers.NewAuthority(t)
	o := &tenant{office: office{t: t, authority: authority, certificate: authority.Issue(t, imapHost)}}
	o.issuer = tokens.Start(t, authority.Issue(t, "127.0.0.1", "localhost").TLS)
	o.issuer.Register(tokens.Application{ID: "lifeboat", Secret: appSecret, User: "lifeboat@example.test"})
	dir := openDir(t)
	pem, err := os.ReadFile(authority.File)
	if err != nil {
		t.Fatal(err)
	}
	ca := put(t, dir, "ca.pem", string(pem))
	text := fmt.Sprintf(`introspection_url = %s
introspection_mode = post
force_introspection = yes
active_attribute = active
active_value = true
username_attribute = username
# A token of the application's opens every mailbox of its domain.
username_format = %%d
tls_ca_cert_file = %s
`, o.issuer.URL("127.0.0.1", "/introspect"), ca)
	// Without the penalty, which lets whoever was refused wait for seconds.
	settings := fmt.Sprintf(`auth_mechanisms = plain login %s
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = %s
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}`, mechanism, put(t, dir, "oauth2.conf", text))
	o.dovecot = servers.StartDovecot(t, servers.DovecotConfig{Certificate: o.certificate, Settings: settings})
	o.order = order{Address: o.dovecot.IMAPS, User: anna, Password: o.dovecot.Password}
	o.line = line.Start(t, o.dovecot.IMAPS, line.Options{})
	source, err := signin.Microsoft{
		Tenant: "example.test", Application: "lifeboat", TokenURL: o.issuer.URL("127.0.0.1", "/token"),
		Secret: func(context.Context) (string, error) { return appSecret, nil },
	}.Tokens(signin.Network{Dialer: o.issuer, TLS: &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12}, Now: now, Log: o.logger()})
	if err != nil {
		t.Fatal(err)
	}
	o.source = signin.Bearer(anna, source)
	return o
}

// openDir is a directory in which Dovecot, which checks tokens as a user of its own,
// reads files.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func (o *tenant) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (o *tenant) connect(ctx context.Context, _ mailstore.Account) (mirror.Link, error) {
	if o.connects.Add(1) > 1 && o.between.Load() {
		o.issuer.Expire()
	}
	return imaplink.Dial(ctx, imaplink.Options{
		Server: imaplink.Endpoint{Host: imapHost}, Dialer: o.line, SignIn: o.source, Log: o.logger(),
		TLS: &tls.Config{RootCAs: o.authority.Pool(), MinVersion: tls.VersionTLS12},
	})
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// The token ends in the middle of a check: while a connection is in use, which the
// server then breaks off and does not let in again with it; and before a connection
// is made. Each time the check goes on with a fresh token, and nothing is missing.
func TestTokenEndsInMidSync(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	for _, mechanism := range []string{"xoauth2", "oauthbearer"} {
		t.Run(mechanism, func(t *testing.T) {
			var d *desk
			o := newTenant(t, mechanism, func() time.Time { return d.now })
			uid, gid := o.dovecot.Owner()
			const messages = 400
			mail := corpus.Messages(corpus.Options{Count: messages, Seed: 1, Now: noon, Small: true})
			if err := corpus.WriteMaildir(o.dovecot.Maildir(anna), uid, gid, mail); err != nil {
				t.Fatal(err)
			}
			d = newDesk(t, o.connect, func(o *mirror.Options) { o.Folders = mirror.Rules{Junk: true, Trash: true} })
			d.account.Days = 3650
			if _, err := d.store.SaveAccounts(t.Context(), []mailstore.Account{d.account}); err != nil {
				t.Fatal(err)
			}

			// In use: in the middle of the bodies the connection ends, and the token.
			o.line.Break(line.Fault{Do: line.Reset, After: 150_000, Times: 1, Then: o.issuer.Expire})
			first := d.once()
			o.whole(d, "after the token ended while it was in use")
			if o.line.Met() != 1 || o.issuer.Count(credentials) != 2 || first.Check.Changes.Arrived == 0 {
				t.Errorf("%d connections were broken off, %d tokens fetched, %d messages arrived; want 1, 2, many", o.line.Met(), o.issuer.Count(credentials), first.Check.Changes.Arrived)
			}

			// Between: what is new is fetched, though the token that is kept here was ended
			// at the issuer.
			o.deliver(3)
			o.issuer.Expire()
			o.connects.Store(0)
			o.between.Store(true)
			second := d.once()
			o.whole(d, "after the token ended between connections")
			if second.Check.Changes.Arrived != 3 || o.issuer.Count(credentials) < 3 {
				t.Errorf("%d messages arrived with %d tokens in all, want 3 with 3 or more", second.Check.Changes.Arrived, o.issuer.Count(credentials))
			}
			o.between.Store(false)

			// By the clock: an hour later it is renewed without anybody having refused it.
			before := o.issuer.Count(credentials)
			d.now = d.now.Add(2 * time.Hour)
			if third := d.once(); third.Check.Changes.Arrived != 0 || o.issuer.Count(credentials) != before+1 {
				t.Errorf("%d messages arrived, %d tokens were fetched; want 0, 1", third.Check.Changes.Arrived, o.issuer.Count(credentials)-before)
			}
			if log := o.log.String(); strings.Contains(log, appSecret) {
				t.Error("the application's secret is in the log")
			}
		})
	}
}

// whole wants the store to hold what Dovecot serves.
func (o *tenant) whole(d *desk, when string) {
	o.t.Helper()
	if got, want := d.held(), dialRaw(o.t, o.order).held(); got != want {
		o.t.Errorf("%s the store does not hold what Dovecot serves: %s", when, firstDifference(got, want))
	}
}

// deliver lets messages come.
func (o *tenant) deliver(count int) {
	o.t.Helper()
	r := dialRaw(o.t, o.order)
	for i := range count {
		r.appendMessage("INBOX", fmt.Sprintf("From: b@example.org\r\nSubject: late %d\r\nDate: Sun, 22 Nov 2026 12:00:00 +0900\r\n\r\nText\r\n", i))
	}
}
