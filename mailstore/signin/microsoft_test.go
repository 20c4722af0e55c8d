package signin_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/mailstoretest/tokens"
	"lifeboat/mailstore/signin"
)

const loginHost = "login.microsoftonline.com"

// world is an issuer, the way to it, a clock that stands still, and a log.
type world struct {
	issuer *tokens.Issuer
	trust  *tls.Config
	log    *record

	mu  sync.Mutex
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	authority := servers.NewAuthority(t)
	w := &world{log: &record{}, trust: &tls.Config{RootCAs: authority.Pool()}, now: time.Now().Truncate(time.Second)}
	w.issuer = tokens.Start(t, authority.Issue(t, loginHost, "oauth2.googleapis.com", "127.0.0.1").TLS)
	w.issuer.Clock(w.clock)
	t.Cleanup(func() { silent(t, "the log", w.log.String()) })
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) network() signin.Network {
	return signin.Network{Dialer: w.issuer, TLS: w.trust, Now: w.clock, Log: w.log.logger()}
}

// application is one that the issuer knows, with its tokens.
func (w *world) application(t *testing.T) signin.Tokens {
	t.Helper()
	w.issuer.Register(tokens.Application{ID: "app", Secret: canary, User: user})
	return w.tokens(t, signin.Microsoft{Tenant: "example.test", Application: "app", Secret: secret(canary)})
}

func (w *world) tokens(t *testing.T, m signin.Microsoft) signin.Tokens {
	t.Helper()
	source, err := m.Tokens(w.network())
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func take(t *testing.T, source signin.Tokens) signin.Token {
	t.Helper()
	token, err := source.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if signin.Reveal(token) == "" {
		t.Fatal("the token is empty")
	}
	return token
}

const clientCredentials = "client_credentials"

// Three hundred mailboxes sign in at once, and one request is made; and again when
// the token nears its end, while everybody goes on with the old one.
func TestOneTokenForAll(t *testing.T) {
	w := newWorld(t)
	source := w.application(t)
	all := func() map[string]bool {
		seen := make([]string, 300)
		var wait sync.WaitGroup
		for i := range seen {
			wait.Go(func() {
				token, err := source.Token(t.Context())
				if err != nil {
					t.Error(err)
				}
				seen[i] = signin.Reveal(token)
			})
		}
		wait.Wait()
		different := map[string]bool{}
		for _, s := range seen {
			different[s] = true
		}
		return different
	}
	if n := len(all()); n != 1 || w.issuer.Count(clientCredentials) != 1 {
		t.Errorf("%d tokens in %d requests", n, w.issuer.Count(clientCredentials))
	}
	w.pass(54 * time.Minute)
	if all(); w.issuer.Count(clientCredentials) != 1 {
		t.Errorf("the token was renewed too early")
	}
	w.pass(2 * time.Minute) // four minutes before its end
	if n := len(all()); n > 2 {
		t.Errorf("%d tokens", n)
	}
	fresh := signin.Reveal(take(t, source))
	w.pass(10 * time.Minute) // the old one has ended
	if got := signin.Reveal(take(t, source)); w.issuer.Count(clientCredentials) != 2 {
		t.Errorf("%d requests for two tokens (%v)", w.issuer.Count(clientCredentials), got == fresh)
	}
}

// One mailbox that nobody may open makes servers refuse good tokens: they are thrown
// away once a minute at most.
func TestARefusedTokenIsThrownAwayOnce(t *testing.T) {
	w := newWorld(t)
	source := w.application(t)
	first := take(t, source)
	for range 20 { // everybody who had it says so
		source.Refused(first)
	}
	second := take(t, source)
	if signin.Reveal(second) == signin.Reveal(first) {
		t.Fatal("a refused token is given out again")
	}
	source.Refused(first) // late: another one is in use
	source.Refused(second)
	if third := take(t, source); signin.Reveal(third) != signin.Reveal(second) || w.issuer.Count(clientCredentials) != 2 {
		t.Errorf("%d requests: a fresh token was thrown away at once", w.issuer.Count(clientCredentials))
	}
	w.pass(2 * time.Minute)
	source.Refused(second)
	if fourth := take(t, source); signin.Reveal(fourth) == signin.Reveal(second) {
		t.Error("a refused token is given out again after two minutes")
	}
}

func TestSecretOrCertificate(t *testing.T) {
	w := newWorld(t)
	certificate, text := newCertificate(t, w.now.Add(30*24*time.Hour))
	w.issuer.Register(tokens.Application{ID: "certified", Certificate: certificate, User: user})
	m := signin.Microsoft{Tenant: "example.test", Application: "certified", Certificate: secret(text)}
	source := w.tokens(t, m)
	take(t, source)
	if e := source.Expiries(t.Context()); len(e) != 1 || !e[0].At.Equal(certificate.NotAfter) || !strings.Contains(e[0].What.String(), "certificate of the application certified") {
		t.Errorf("the certificate's end is told as %v", e)
	}
	ends := w.now.Add(time.Hour)
	withSecret := w.tokens(t, signin.Microsoft{Tenant: "example.test", Application: "app", Secret: secret(canary), SecretEnds: ends})
	if e := withSecret.Expiries(t.Context()); len(e) != 1 || !e[0].At.Equal(ends) {
		t.Errorf("the secret's end is told as %v", e)
	}
	if e := w.application(t).Expiries(t.Context()); e != nil {
		t.Errorf("an unknown end is told as %v", e)
	}
	// Another certificate, one that has ended, a clock that is wrong, no certificate.
	_, other := newCertificate(t, w.now.Add(time.Hour))
	_, ended := newCertificate(t, w.now.Add(-time.Hour))
	key, _, _ := strings.Cut(text, "-----BEGIN CERTIFICATE")
	for name, test := range map[string]struct{ text, want string }{
		"another":       {other, "does not have the certificate"},
		"ended":         {ended, "ended on"},
		"no key":        {strings.TrimPrefix(text, key), "not a certificate in PEM form"},
		"no PEM":        {canary, "not a certificate in PEM form"},
		"another's key": {key + strings.TrimPrefix(other, other[:strings.Index(other, "-----BEGIN CERTIFICATE")]), "not a certificate in PEM form"},
	} {
		m.Certificate = secret(test.text)
		_, err := w.tokens(t, m).Token(t.Context())
		if got := sentence(t, err); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q", name, got)
		}
		silentError(t, err, key[len(key)/2:len(key)/2+40])
	}
	m.Certificate = secret(text)
	slow := w.network()
	slow.Now = func() time.Time { return w.clock().Add(-3 * time.Hour) }
	source, err := m.Tokens(slow)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = source.Token(t.Context()); !strings.Contains(sentence(t, err), "by 180 minutes") {
		t.Errorf("a wrong clock: %v", err)
	}
}

// newCertificate makes a certificate, and the text that holds its key and itself.
func newCertificate(t *testing.T, until time.Time) (*x509.Certificate, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: until.Add(-60 * 24 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestMicrosoftSaysWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	w.issuer.Register(tokens.Application{ID: "app", Secret: canary})
	for _, test := range []struct {
		number int
		word   string
		want   string
	}{
		{700016, "unauthorized_client", "There is no application app in the tenant example.test"},
		{7000229, "invalid_client", "There is no application app"},
		{7000215, "invalid_client", "the secret's value, not its ID"},
		{7000222, "invalid_client", "The secret of the application app has ended"},
		{90002, "invalid_request", "Microsoft knows no tenant example.test"},
		{900023, "invalid_request", "Microsoft knows no tenant example.test"},
		{7000112, "unauthorized_client", "is disabled in the tenant"},
		{700027, "invalid_client", "does not have the certificate"},
		{700024, "invalid_client", "finds the time in the signed request wrong"},
		{65001, "invalid_grant", "Grant admin consent"},
		{500011, "invalid_resource", "https://outlook.office365.com/.default"},
		{53003, "access_denied", "Conditional Access"},
		{90033, "temporarily_unavailable", "busy or disturbed"},
		{50196, "invalid_grant", "busy or disturbed"},
		{987654, "invalid_client", "refuses the secret or the certificate of the application app (invalid_client, AADSTS987654)"},
		{987654, "unauthorized_client", "may not ask for tokens"},
		{987654, "invalid_scope", "does not know Exchange Online"},
		{987654, "invalid_grant", "(invalid_grant, AADSTS987654)"},
		{987654, canary, "(AADSTS987654)"},
	} {
		w.issuer.Heal()
		w.issuer.Fail(tokens.MicrosoftError(test.number, test.word, "You sent "+canary))
		_, err := w.tokens(t, signin.Microsoft{Tenant: "example.test", Application: "app", Secret: secret(canary)}).Token(t.Context())
		if got := sentence(t, err); !strings.Contains(got, test.want) {
			t.Errorf("AADSTS%d: %q does not say %q", test.number, got, test.want)
		}
		silentError(t, err)
	}
	w.issuer.Register(tokens.Application{ID: "app", Secret: "another"})
	_, err := w.tokens(t, signin.Microsoft{Tenant: "example.test", Application: "app", Secret: secret(canary)}).Token(t.Context())
	if !errors.Is(err, mailstore.ErrSignIn) {
		t.Errorf("a wrong secret: %v", err)
	}
	silentError(t, err)
}

func TestSettingsThatCannotWork(t *testing.T) {
	both := secret(canary)
	for name, m := range map[string]signin.Microsoft{
		"no tenant":      {Application: "app", Secret: both},
		"an odd tenant":  {Tenant: "../evil", Application: "app", Secret: both},
		"no application": {Tenant: "t", Secret: both},
		"no secret":      {Tenant: "t", Application: "app"},
		"both":           {Tenant: "t", Application: "app", Secret: both, Certificate: both},
		"another cloud":  {Tenant: "t", Application: "app", Secret: both, Cloud: "mars"},
		"no HTTPS":       {Tenant: "t", Application: "app", Secret: both, TokenURL: "http://login.example.test/token"},
		"no address":     {Tenant: "t", Application: "app", Secret: both, TokenURL: "https://"},
		"a password":     {Tenant: "t", Application: "app", Secret: both, TokenURL: "https://u:" + canary + "@h/?x=" + canary},
	} {
		source, err := m.Tokens(signin.Network{})
		if !errors.Is(err, mailstore.ErrInvalid) {
			t.Errorf("%s: %v, %v", name, source, err)
		}
		silentError(t, err)
	}
}

// dialled notes where connections go.
type dialled struct {
	signin.Dialer
	address string
}

func (d *dialled) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d.address = address
	return d.Dialer.DialContext(ctx, network, address)
}

func TestEachCloudHasItsOwnIssuer(t *testing.T) {
	w := newWorld(t)
	for cloud, want := range map[signin.Cloud]string{
		"": loginHost + ":443", signin.Worldwide: loginHost + ":443", signin.USGov: "login.microsoftonline.us:443",
		signin.USDoD: "login.microsoftonline.us:443", signin.China: "login.partner.microsoftonline.cn:443",
	} {
		network, d := w.network(), &dialled{Dialer: w.issuer}
		network.Dialer = d
		source, err := signin.Microsoft{Tenant: "t", Application: "app", Cloud: cloud, Secret: secret(canary)}.Tokens(network)
		if err != nil {
			t.Fatal(err)
		}
		_, err = source.Token(t.Context()) // the certificate is for one of them alone
		if d.address != want || strings.HasPrefix(want, loginHost) == errors.Is(err, mailstore.ErrCertificate) {
			t.Errorf("%q goes to %s: %v", cloud, d.address, err)
		}
	}
}

// An issuer in trouble is left alone for as long as it asks, and longer each time
// where it does not; the token that there is goes on serving.
func TestPatienceWithTheIssuer(t *testing.T) {
	w := newWorld(t)
	source := w.application(t)
	w.issuer.FailAlways(2, tokens.Busy(http.StatusTooManyRequests, 120))
	var busy *mailstore.Error
	if _, err := source.Token(t.Context()); !errors.As(err, &busy) || !errors.Is(err, mailstore.ErrThrottled) || busy.After != 2*time.Minute {
		t.Errorf("a busy issuer: %v", err)
	}
	w.pass(time.Minute)
	if _, err := source.Token(t.Context()); !errors.As(err, &busy) || busy.After != time.Minute || w.issuer.Count(clientCredentials) != 1 {
		t.Errorf("after a minute: %v, after %d requests", err, w.issuer.Count(clientCredentials))
	}
	w.pass(2 * time.Minute)
	if _, err := source.Token(t.Context()); !errors.Is(err, mailstore.ErrThrottled) || w.issuer.Count(clientCredentials) != 2 {
		t.Errorf("after three minutes: %v, after %d requests", err, w.issuer.Count(clientCredentials))
	}
	w.pass(3 * time.Minute)
	token := take(t, source)
	// While it is disturbed again, the old token serves until its end.
	w.issuer.FailAlways(100, tokens.Busy(http.StatusServiceUnavailable, 0))
	before := w.issuer.Count(clientCredentials)
	w.pass(56 * time.Minute)
	for range 5 {
		if got := take(t, source); signin.Reveal(got) != signin.Reveal(token) {
			t.Error("the old token no longer serves")
		}
	}
	w.pass(5 * time.Minute)
	if _, err := source.Token(t.Context()); !errors.Is(err, mailstore.ErrThrottled) {
		t.Errorf("after the token's end: %v", err)
	}
	if n := w.issuer.Count(clientCredentials) - before; n < 1 || n > 3 {
		t.Errorf("%d requests to an issuer in trouble", n)
	}
	w.issuer.Heal()
	w.pass(10 * time.Minute)
	take(t, source)
}

// A rejected secret is not shown to the issuer for every mailbox.
func TestARejectedSecretIsNotShownForEveryMailbox(t *testing.T) {
	w := newWorld(t)
	w.issuer.Register(tokens.Application{ID: "app", Secret: "another"})
	source := w.tokens(t, signin.Microsoft{Tenant: "example.test", Application: "app", Secret: secret(canary)})
	for range 300 {
		if _, err := source.Token(t.Context()); !errors.Is(err, mailstore.ErrSignIn) {
			t.Fatal(err)
		}
	}
	if n := w.issuer.Count(clientCredentials); n != 1 {
		t.Errorf("the rejected secret was shown %d times", n)
	}
	w.issuer.Register(tokens.Application{ID: "app", Secret: canary})
	w.pass(2 * time.Minute)
	take(t, source)
}

func TestIssuersThatAreNone(t *testing.T) {
	w := newWorld(t)
	w.issuer.Register(tokens.Application{ID: "app", Secret: canary})
	json := map[string]string{"Content-Type": "application/json"}
	for name, test := range map[string]struct {
		fault tokens.Fault
		kind  error
	}{
		"a web page":           {tokens.Fault{Status: 200, Body: "<html>Sign in to the guest network " + canary}, mailstore.ErrServer},
		"nothing":              {tokens.Fault{Status: 200}, mailstore.ErrServer},
		"no token":             {tokens.Fault{Status: 200, Header: json, Body: `{"token_type":"Bearer"}`}, mailstore.ErrServer},
		"another kind":         {tokens.Fault{Status: 200, Header: json, Body: `{"token_type":"mac","access_token":"x"}`}, mailstore.ErrServer},
		"a token with lines":   {tokens.Fault{Status: 200, Header: json, Body: `{"access_token":"x\r\nA1 DELETE INBOX"}`}, mailstore.ErrServer},
		"without end":          {tokens.Fault{Status: 200, Body: `{"access_token":"` + strings.Repeat("x", 1<<20) + `"}`}, mailstore.ErrServer},
		"a redirection":        {tokens.Fault{Status: 307, Header: map[string]string{"Location": "https://evil.example.test/"}}, mailstore.ErrServer},
		"an error of no words": {tokens.Fault{Status: 400, Header: json, Body: `{}`}, mailstore.ErrServer},
		"trouble":              {tokens.Fault{Status: 502, Body: canary}, mailstore.ErrThrottled},
		"silence":              {tokens.Fault{Hang: true}, mailstore.ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			w.issuer.Heal()
			w.issuer.Fail(test.fault)
			network := w.network()
			if test.fault.Hang {
				network.Patience = 50 * time.Millisecond
			}
			source, err := signin.Microsoft{Tenant: "example.test", Application: "app", Secret: secret(canary)}.Tokens(network)
			if err != nil {
				t.Fatal(err)
			}
			_, err = source.Token(t.Context())
			if !errors.Is(err, test.kind) {
				t.Errorf("%v is not %v", err, test.kind)
			}
			silentError(t, err)
		})
	}
	network := w.network()
	network.TLS = &tls.Config{RootCAs: servers.NewAuthority(t).Pool()}
	source, err := signin.Microsoft{Tenant: "example.test", Application: "app", Secret: secret(canary)}.Tokens(network)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(t.Context()); !errors.Is(err, mailstore.ErrCertificate) {
		t.Errorf("an issuer that cannot prove who it is: %v", err)
	}
}

// What somebody gives up on, the others still get.
func TestTheFirstToAskMayLeave(t *testing.T) {
	w := newWorld(t)
	w.issuer.Register(tokens.Application{ID: "app", Secret: canary})
	asked, proceed := make(chan struct{}), make(chan struct{})
	source := w.tokens(t, signin.Microsoft{Tenant: "example.test", Application: "app", Secret: func(context.Context) (string, error) {
		close(asked)
		<-proceed
		return canary, nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { _, err := source.Token(ctx); left <- err }()
	<-asked
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the first one got %v", err)
	}
	close(proceed)
	take(t, source)
	if n := w.issuer.Count(clientCredentials); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// What kept the secret from being had is what the person reads.
func TestTheSentenceOfTheSecretsPlace(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"ours":    {mailstore.Fail(mailstore.ErrKey, "The vault is locked."), "The vault is locked."},
		"another": {foreign{}, "There is no secret m365."},
	} {
		source := w.tokens(t, signin.Microsoft{Tenant: "t", Application: "app", Secret: func(context.Context) (string, error) { return "", test.err }})
		if _, err := source.Token(t.Context()); sentence(t, err) != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// foreign is an error of another room, with a sentence.
type foreign struct{}

func (foreign) Error() string { return "x" }

func (foreign) Sentence() (string, []string) {
	return "There is no secret {name}.", []string{"name", "m365"}
}
