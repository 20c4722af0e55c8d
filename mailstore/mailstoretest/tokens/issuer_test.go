package tokens_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore/mailstoretest/tokens"
)

// desk is an issuer and a client of it that knows no more than HTTP.
type desk struct {
	t      *testing.T
	issuer *tokens.Issuer
	client *http.Client
	trust  *tls.Config
}

func open(t *testing.T) *desk {
	t.Helper()
	authority := servers.NewAuthority(t)
	d := &desk{t: t, issuer: tokens.Start(t, authority.Issue(t, "127.0.0.1").TLS), trust: &tls.Config{RootCAs: authority.Pool()}}
	transport := &http.Transport{TLSClientConfig: d.trust}
	t.Cleanup(transport.CloseIdleConnections)
	d.client = &http.Client{Transport: transport}
	return d
}

// ask posts a form and returns the answer, and its error.
func (d *desk) ask(path string, form url.Values) (answer map[string]any, failure string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.issuer.URL("127.0.0.1", path), strings.NewReader(form.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := d.client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || json.Unmarshal(body, &answer) != nil {
		d.t.Fatalf("%s, %v", body, err)
	}
	failure, _ = answer["error"].(string)
	if (failure != "") != (response.StatusCode != http.StatusOK) {
		d.t.Errorf("%s with %s", response.Status, body)
	}
	return answer, failure
}

func (d *desk) active(token any) bool {
	d.t.Helper()
	answer, _ := d.ask("/introspect", url.Values{"token": {token.(string)}})
	active, _ := answer["active"].(bool)
	return active
}

func TestTokensEndWhenTheyAreTold(t *testing.T) {
	d := open(t)
	now := time.Now()
	d.issuer.Clock(func() time.Time { return now })
	d.issuer.Life(10 * time.Minute)
	d.issuer.Register(tokens.Application{ID: "app", Secret: "s", User: "app@example.test"})
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"s"}, "scope": {"https://x/.default"}}
	answer, failure := d.ask("/token", form)
	token := answer["access_token"]
	if failure != "" || answer["expires_in"] != 600.0 || !d.active(token) || d.active("guessed") {
		t.Fatalf("%v, %q", answer, failure)
	}
	now = now.Add(11 * time.Minute)
	if d.active(token) {
		t.Error("a token is good after its end")
	}
	answer, _ = d.ask("/tenant/oauth2/v2.0/token", form)
	d.issuer.Expire()
	if d.active(answer["access_token"]) {
		t.Error("a token is good after all were ended")
	}
	if d.issuer.Count("client_credentials") != 2 || d.issuer.Count("/introspect") != 4 {
		t.Error("requests are counted wrongly")
	}
}

// An issuer that let everybody in would show nothing.
func TestRefusesWhatIsWrong(t *testing.T) {
	d := open(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	d.issuer.Register(tokens.Application{ID: "app", Secret: "s"})
	d.issuer.Delegate(tokens.Account{Email: "mirror@x", Key: &key.PublicKey})
	d.issuer.Register(tokens.Application{ID: "people"})
	unsigned := "eyJhbGciOiJub25lIn0.eyJpc3MiOiJtaXJyb3JAeCJ9."
	for name, test := range map[string]struct {
		form url.Values
		want string
	}{
		"no grant":            {url.Values{}, "unsupported_grant_type"},
		"an unknown client":   {url.Values{"grant_type": {"client_credentials"}, "client_id": {"x"}}, "unauthorized_client"},
		"a wrong secret":      {url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"x"}, "scope": {"y/.default"}}, "invalid_client"},
		"another scope":       {url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"s"}, "scope": {"y"}}, "invalid_scope"},
		"no signature":        {url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {unsigned}}, "invalid_grant"},
		"no device":           {url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {"x"}}, "invalid_grant"},
		"no code":             {url.Values{"grant_type": {"authorization_code"}, "code": {"x"}}, "invalid_grant"},
		"no refresh token":    {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, "invalid_grant"},
		"an empty public one": {url.Values{"grant_type": {"client_credentials"}, "client_id": {"people"}, "scope": {"y/.default"}}, "invalid_client"},
	} {
		if answer, failure := d.ask("/token", test.form); failure != test.want {
			t.Errorf("%s: %v", name, answer)
		}
	}
}

// A code of the page is worth nothing without the proof key, and nothing twice.
func TestCodesServeOnceWithTheirProof(t *testing.T) {
	d := open(t)
	d.issuer.Register(tokens.Application{ID: "people"})
	codes := make(chan string, 3)
	back := http.NewServeMux()
	back.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) { codes <- r.URL.Query().Get("code") })
	server := &http.Server{Handler: back, ReadHeaderTimeout: time.Minute}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	redirect := "http://" + listener.Addr().String() + "/"
	// RFC 7636 appendix B.
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	page := url.Values{
		"response_type": {"code"}, "client_id": {"people"}, "redirect_uri": {redirect}, "state": {"s"}, "login_hint": {"anna@example.test"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	address := d.issuer.URL("127.0.0.1", "/authorize?"+page.Encode())
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {"people"}, "redirect_uri": {redirect}, "code_verifier": {verifier}}
	visit := func() {
		t.Helper()
		if _, err := d.issuer.Visit(t.Context(), d.trust, address, true); err != nil {
			t.Fatal(err)
		}
		form.Set("code", <-codes)
	}
	visit()
	form.Set("code_verifier", "guessed")
	if _, failure := d.ask("/token", form); failure != "invalid_grant" {
		t.Errorf("without the proof: %q", failure)
	}
	form.Set("code_verifier", verifier)
	if _, failure := d.ask("/token", form); failure != "invalid_grant" {
		t.Errorf("a second time: %q", failure)
	}
	visit()
	answer, failure := d.ask("/token", form)
	if failure != "" || !d.active(answer["access_token"]) {
		t.Errorf("with the proof: %v", answer)
	}
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {answer["refresh_token"].(string)}}
	if _, failure := d.ask("/token", refresh); failure != "" {
		t.Errorf("a refresh token: %q", failure)
	}
	if _, failure := d.ask("/token", refresh); failure != "invalid_grant" {
		t.Errorf("a refresh token a second time: %q", failure)
	}
	if _, err := d.issuer.Visit(t.Context(), d.trust, d.issuer.URL("127.0.0.1", "/authorize?response_type=code"), true); err == nil {
		t.Error("a page without a proof key is shown")
	}
}
