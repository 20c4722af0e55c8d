package tokens

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"
)

// token is the token endpoint.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	grantType := r.PostFormValue("grant_type")
	if i.met(w, r, grantType) {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	grants := map[string]func(url.Values) (map[string]any, *Fault){
		"client_credentials":                           i.clientCredentials,
		"urn:ietf:params:oauth:grant-type:jwt-bearer":  i.jwtBearer,
		"urn:ietf:params:oauth:grant-type:device_code": i.deviceGrant,
		"authorization_code":                           i.codeGrant,
		"refresh_token":                                i.refreshGrant,
	}
	give, ok := grants[grantType]
	if !ok {
		refuse(w, Error("unsupported_grant_type", "no such grant type"))
		return
	}
	tokens, fault := give(r.PostForm)
	if fault != nil {
		refuse(w, *fault)
		return
	}
	write(w, tokens)
}

func refuse(w http.ResponseWriter, f Fault) {
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body) // a client that left needs no answer
}

func failed(f Fault) (map[string]any, *Fault) { return nil, &f }

// clientCredentials is RFC 6749 section 4.4, with a secret or RFC 7523 section 2.2.
func (i *Issuer) clientCredentials(form url.Values) (map[string]any, *Fault) {
	app, ok := i.applications[form.Get("client_id")]
	switch {
	case !ok:
		return failed(MicrosoftError(700016, "unauthorized_client", "Application with identifier '"+form.Get("client_id")+"' was not found in the directory."))
	case !strings.HasSuffix(form.Get("scope"), "/.default"):
		return failed(MicrosoftError(1002012, "invalid_scope", "The provided value for scope is not valid."))
	case app.Certificate != nil:
		claims, err := i.verify(form.Get("client_assertion"), app.Certificate.PublicKey)
		switch {
		case err != nil:
			return failed(MicrosoftError(700027, "invalid_client", "The certificate with identifier used to sign the client assertion is not registered. "+err.Error()))
		case claims.Issuer != app.ID || claims.Subject != app.ID || !strings.HasSuffix(claims.Audience, "/token"):
			return failed(MicrosoftError(700023, "invalid_client", "Client assertion audience claim does not match."))
		case !i.timely(claims, time.Hour):
			return failed(MicrosoftError(700024, "invalid_client", "Client assertion is not within its valid time range."))
		}
	case app.Secret == "" || form.Get("client_secret") != app.Secret:
		return failed(MicrosoftError(7000215, "invalid_client", "Invalid client secret provided: "+form.Get("client_secret")))
	}
	return i.issue(app.User, false), nil
}

// jwtBearer is RFC 7523 section 2.1, as Google does it.
func (i *Issuer) jwtBearer(form url.Values) (map[string]any, *Fault) {
	assertion := form.Get("assertion")
	claims, err := unverified(assertion)
	account, ok := i.accounts[claims.Issuer]
	if err != nil || !ok {
		return failed(Error("invalid_grant", "Invalid grant: account not found"))
	}
	if _, err := i.verify(assertion, account.Key); err != nil {
		return failed(Error("invalid_grant", "Invalid JWT Signature."))
	}
	switch {
	case !i.timely(claims, time.Hour):
		return failed(Error("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."))
	case claims.Scope != "https://mail.google.com/":
		return failed(Error("unauthorized_client", "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."))
	case !slices.Contains(account.Mailboxes, claims.Subject):
		return failed(Error("invalid_grant", "Invalid email or User ID"))
	}
	return i.issue(claims.Subject, false), nil
}

// timely reports whether now is within what an assertion claims.
func (i *Issuer) timely(c claims, longest time.Duration) bool {
	now, begins, ends := i.now(), time.Unix(c.Issued, 0), time.Unix(c.Expires, 0)
	const slip = 5 * time.Minute
	return !now.Before(begins.Add(-slip)) && now.Before(ends) && ends.Sub(begins) <= longest
}

// deviceCode is RFC 8628 section 3.2.
func (i *Issuer) deviceCode(w http.ResponseWriter, r *http.Request) {
	if i.met(w, r, "/devicecode") {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	client := r.PostFormValue("client_id")
	if _, ok := i.applications[client]; !ok {
		refuse(w, MicrosoftError(700016, "unauthorized_client", "Application was not found."))
		return
	}
	name := random()
	const lasts = 15 * time.Minute
	d := &device{client: client, userCode: strings.ToUpper(random()[:8]), expires: i.now().Add(lasts)}
	i.devices[name] = d
	write(w, map[string]any{
		"device_code": name, "user_code": d.userCode, "verification_uri": "https://example.test/device",
		"verification_uri_complete": "https://example.test/device?code=" + d.userCode, "expires_in": lasts.Seconds(), "interval": 5,
	})
}

// SlowDown lets the next n questions after devices be too many.
func (i *Issuer) SlowDown(n int) {
	i.set(func() {
		for _, d := range i.devices {
			d.slowDown = n
		}
	})
}

// deviceGrant is RFC 8628 section 3.4.
func (i *Issuer) deviceGrant(form url.Values) (map[string]any, *Fault) {
	d, ok := i.devices[form.Get("device_code")]
	switch {
	case !ok || d.client != form.Get("client_id"):
		return failed(Error("invalid_grant", "no such device code"))
	case i.now().After(d.expires):
		return failed(Error("expired_token", "the code has expired"))
	case d.slowDown > 0:
		d.slowDown--
		return failed(Error("slow_down", "too often"))
	case d.denied:
		return failed(Error("access_denied", "the person said no"))
	case d.user == "":
		return failed(Error("authorization_pending", "not yet"))
	}
	delete(i.devices, form.Get("device_code"))
	return i.issue(d.user, true), nil
}

var consent = template.Must(template.New("consent").Parse(`<!doctype html><title>Agree?</title>
<form method="post"><p>{{.client}} wants to read the mail of {{.hint}}.</p>
<button name="decision" value="agree">Agree</button> <button name="decision" value="cancel">Cancel</button></form>
`))

// page is where a person agrees (RFC 6749 section 4.1.1).
func (i *Issuer) page(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") == "" {
		http.Error(w, "no authorization request of RFC 7636", http.StatusBadRequest)
		return
	}
	_ = consent.Execute(w, map[string]string{"client": q.Get("client_id"), "hint": q.Get("login_hint")}) // as above
}

// decide takes the person's decision and sends the browser back.
func (i *Issuer) decide(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	back := url.Values{"state": {q.Get("state")}}
	if r.PostFormValue("decision") == "agree" {
		c := random()
		i.set(func() {
			i.codes[c] = &code{user: q.Get("login_hint"), challenge: q.Get("code_challenge"), redirect: q.Get("redirect_uri"), client: q.Get("client_id")}
		})
		back.Set("code", c)
	} else {
		back.Set("error", "access_denied")
		back.Set("error_description", "AADSTS65004: User declined to consent to access the app.")
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound) //nolint:gosec // the test itself says where its person is sent back to
}

// codeGrant is RFC 6749 section 4.1.3 with RFC 7636 section 4.6.
func (i *Issuer) codeGrant(form url.Values) (map[string]any, *Fault) {
	c, ok := i.codes[form.Get("code")]
	delete(i.codes, form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case !ok || c.client != form.Get("client_id") || c.redirect != form.Get("redirect_uri"):
		return failed(Error("invalid_grant", "no such code"))
	case base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge:
		return failed(Error("invalid_grant", "the proof key is wrong"))
	case i.applications[c.client].Secret != form.Get("client_secret"):
		return failed(Error("invalid_client", "the secret is wrong"))
	}
	return i.issue(c.user, true), nil
}

// refreshGrant is RFC 6749 section 6; each refresh token serves once.
func (i *Issuer) refreshGrant(form url.Values) (map[string]any, *Fault) {
	user, ok := i.refresh[form.Get("refresh_token")]
	if !ok {
		return failed(Error("invalid_grant", "Token has been expired or revoked."))
	}
	delete(i.refresh, form.Get("refresh_token"))
	return i.issue(user, true), nil
}

// Visit is a browser in which a person opens the page, agrees or cancels, and follows
// where it leads; it returns the last page. config trusts the issuer.
func (i *Issuer) Visit(ctx context.Context, config *tls.Config, address string, agree bool) (string, error) {
	decision := "cancel"
	if agree {
		decision = "agree"
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Jar: jar}
	for _, request := range []struct {
		method string
		form   url.Values
	}{{http.MethodGet, nil}, {http.MethodPost, url.Values{"decision": {decision}}}} {
		r, err := http.NewRequestWithContext(ctx, request.method, address, strings.NewReader(request.form.Encode()))
		if err != nil {
			return "", err
		}
		if request.form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		body, err := do(client, r)
		if err != nil || request.form != nil {
			return body, err
		}
	}
	return "", nil
}

func do(client *http.Client, r *http.Request) (string, error) {
	response, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return string(body), err
}
