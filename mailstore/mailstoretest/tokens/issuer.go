package tokens

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Issuer is an issuer of tokens on loopback. It ends with the test.
type Issuer struct {
	server *httptest.Server

	mu           sync.Mutex
	now          func() time.Time
	life         time.Duration
	applications map[string]Application
	accounts     map[string]Account
	issued       map[string]*grant // access tokens
	refresh      map[string]string // refresh tokens and their users
	codes        map[string]*code  // authorization codes
	devices      map[string]*device
	faults       []Fault
	counts       map[string]int // requests by grant type, or by path
}

// Application is an application that people or a tenant know.
type Application struct {
	ID     string
	Secret string // empty: a public client
	// Certificate is in place of a secret; nil: none.
	Certificate *x509.Certificate
	// User is whose the tokens of client credentials are, for introspection.
	User string
}

// Account is a service account with domain-wide delegation.
type Account struct {
	Email     string
	Key       *rsa.PublicKey
	KeyID     string
	Mailboxes []string
}

// grant is what a token is worth.
type grant struct {
	user    string
	expires time.Time
}

type code struct {
	user, challenge, redirect, client string
}

type device struct {
	client, userCode string
	user             string // who agreed; empty: nobody yet
	denied           bool
	slowDown         int
	expires          time.Time
}

// Start starts an issuer that shows the certificate.
func Start(t testing.TB, certificate tls.Certificate) *Issuer {
	t.Helper()
	i := &Issuer{
		now: time.Now, life: time.Hour, applications: map[string]Application{}, accounts: map[string]Account{},
		issued: map[string]*grant{}, refresh: map[string]string{}, codes: map[string]*code{}, devices: map[string]*device{}, counts: map[string]int{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", i.token)
	mux.HandleFunc("POST /devicecode", i.deviceCode)
	mux.HandleFunc("GET /authorize", i.page)
	mux.HandleFunc("POST /authorize", i.decide)
	mux.HandleFunc("POST /introspect", i.introspect)
	i.server = httptest.NewUnstartedServer(mux)
	i.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	i.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // clients that refuse the certificate are part of tests
	i.server.EnableHTTP2 = true
	i.server.StartTLS()
	t.Cleanup(i.server.Close)
	return i
}

// URL is the address of an endpoint ("/token", "/devicecode", "/authorize",
// "/introspect") at the host name given, which the certificate must be for.
func (i *Issuer) URL(host, path string) string {
	_, port, _ := strings.Cut(i.Addr(), ":")
	return "https://" + net.JoinHostPort(host, port) + path
}

// Addr is where it listens, "127.0.0.1:port".
func (i *Issuer) Addr() string { return i.server.Listener.Addr().String() }

// DialContext connects to the issuer, whatever the address: the issuer is its own
// dialer.
func (i *Issuer) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", i.Addr())
}

// Clock sets the time by which tokens end and assertions hold.
func (i *Issuer) Clock(now func() time.Time) { i.set(func() { i.now = now }) }

// Life sets how long tokens hold that are issued from now on.
func (i *Issuer) Life(life time.Duration) { i.set(func() { i.life = life }) }

// Register makes an application known, or changes it.
func (i *Issuer) Register(a Application) { i.set(func() { i.applications[a.ID] = a }) }

// Delegate makes a service account known, or changes it.
func (i *Issuer) Delegate(a Account) { i.set(func() { i.accounts[a.Email] = a }) }

// Expire ends all access tokens that were issued.
func (i *Issuer) Expire() { i.set(func() { clear(i.issued) }) }

// Withdraw ends all refresh tokens that were issued.
func (i *Issuer) Withdraw() { i.set(func() { clear(i.refresh) }) }

// Agree lets the user agree to the device with the code that was shown; an empty user
// refuses.
func (i *Issuer) Agree(userCode, user string) {
	i.set(func() {
		for _, d := range i.devices {
			if d.userCode == userCode {
				d.user, d.denied = user, user == ""
			}
		}
	})
}

// Count is how many requests came with the grant type ("client_credentials"), or to
// the path ("/introspect"), those that met a fault included.
func (i *Issuer) Count(what string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.counts[what]
}

func (i *Issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

// issue makes tokens for a user; i.mu is held.
func (i *Issuer) issue(user string, refresh bool) map[string]any {
	access := random()
	i.issued[access] = &grant{user: user, expires: i.now().Add(i.life)}
	out := map[string]any{"token_type": "Bearer", "access_token": access, "expires_in": int(i.life.Seconds())}
	if refresh {
		r := random()
		i.refresh[r] = user
		out["refresh_token"] = r
	}
	return out
}

// introspect answers RFC 7662.
func (i *Issuer) introspect(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.counts["/introspect"]++
	g, ok := i.issued[r.FormValue("token")]
	if !ok || i.now().After(g.expires) {
		write(w, map[string]any{"active": false})
		return
	}
	write(w, map[string]any{"active": true, "username": g.user, "exp": g.expires.Unix(), "token_type": "Bearer"})
}

func random() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

func write(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(body) // a client that left needs no answer
}
