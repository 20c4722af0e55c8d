package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"

	"lifeboat/mailstore"
)

// longestConsent is how long a person may take in the browser.
const longestConsent = 15 * time.Minute

// AskBrowser asks in the browser of this machine, which open opens. The browser comes
// back to a port of this machine that is open only for that (RFC 8252 section 7.3),
// with a code that is worth nothing without a proof key (RFC 7636) and is taken once.
// It returns when the person agreed or not, and the consent is stored.
func (c *Consent) AskBrowser(ctx context.Context, open func(url string) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, longestConsent, c.explain(&answer{Failure: "expired_token"}))
	defer cancel()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return mailstore.Fail(mailstore.ErrUnreachable,
			"This machine opens no port for the browser to come back to. See whether a firewall forbids that, or use method device under sign_in in the settings.").Because(err)
	}
	back, err := c.newReturn(listener)
	if err != nil {
		_ = listener.Close()
		return err
	}
	server := &http.Server{Handler: back, ReadHeaderTimeout: usualPatience, MaxHeaderBytes: 32 << 10}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(listener) // it ends by being closed
	}()
	defer func() {
		// The browser has its page before the door closes; the time bounds a browser that
		// does not read it.
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(bounded) != nil {
			_ = server.Close()
		}
		<-stopped
	}()
	if err := open(back.address()); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case a := <-back.answers:
		if a.Failure != "" {
			return c.explain(a).Because(a.cause())
		}
		return c.exchange(ctx, a.DeviceCode, back)
	}
}

// exchange gives the code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
func (c *Consent) exchange(ctx context.Context, code string, back *comeback) error {
	form, err := c.form(ctx, "authorization_code")
	if err != nil {
		return err
	}
	form.Set("code", code)
	form.Set("redirect_uri", back.config.RedirectURL)
	form.Set("code_verifier", back.verifier)
	a, err := c.token.post(ctx, c.person.Provider.TokenURL, form)
	if err != nil {
		return err
	}
	return c.agreed(ctx, a)
}

// comeback is where the browser comes back to, once.
type comeback struct {
	consent  *Consent
	config   oauth2.Config
	state    string // tells our browser's return from anybody else's
	verifier string
	answers  chan *answer // the code, as DeviceCode, or the failure
}

func (c *Consent) newReturn(listener net.Listener) (*comeback, error) {
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, err
	}
	p := c.person.Provider
	if u, err := url.Parse(p.AuthURL); err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"{address} is no address of a page where people agree. Write one that begins with https:// under sign_in in the settings.", "address", withoutQuery(p.AuthURL))
	}
	return &comeback{
		consent: c,
		config: oauth2.Config{
			ClientID: c.person.ClientID, Scopes: p.Scopes, Endpoint: oauth2.Endpoint{AuthURL: p.AuthURL},
			RedirectURL: "http://" + net.JoinHostPort(p.Redirect, port) + "/",
		},
		state: base64.RawURLEncoding.EncodeToString(random), verifier: oauth2.GenerateVerifier(), answers: make(chan *answer, 1),
	}, nil
}

// address is the page where the person agrees.
func (b *comeback) address() string {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(b.verifier)}
	if mailbox := b.consent.person.Mailbox; mailbox != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", mailbox))
	}
	for name, values := range b.consent.person.Provider.Parameters {
		for _, value := range values {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	return b.config.AuthCodeURL(b.state, options...)
}

var page = template.Must(template.New("page").Parse(`<!doctype html><meta charset="utf-8"><title>Lifeboat</title>` +
	`<p style="font: 1.2em sans-serif; margin: 3em">{{.}}</p>` + "\n"))

// ServeHTTP takes the browser's return. What does not know the state is no return of
// ours, and changes nothing.
func (b *comeback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	ours := subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(b.state)) == 1
	if r.Method != http.MethodGet || r.URL.Path != "/" || !ours {
		http.NotFound(w, r)
		return
	}
	a := &answer{DeviceCode: query.Get("code"), Failure: query.Get("error"), Description: query.Get("error_description")}
	for _, found := range aadNumber.FindAllStringSubmatch(a.Description, 10) {
		if n, err := strconv.Atoi(found[1]); err == nil {
			a.numbers = append(a.numbers, n)
		}
	}
	say := mailstore.Say("Thank you. You can close this page and go back to Lifeboat.")
	if a.Failure != "" || a.DeviceCode == "" {
		if a.Failure == "" {
			a.Failure = "invalid_request"
		}
		say = b.consent.explain(a).Say
	}
	select {
	case b.answers <- a:
	default:
		http.NotFound(w, r) // it came already
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_ = page.Execute(w, b.consent.person.Translate(say)) // a browser that left needs no page
}
