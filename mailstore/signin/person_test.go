package signin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mailstoretest/tokens"
	"lifeboat/mailstore/signin"
)

// vault keeps secrets in memory.
type vault struct {
	mu   sync.Mutex
	held map[string]string
	full error // Set fails with it
}

func (v *vault) Get(_ context.Context, name string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text, ok := v.held[name]
	if !ok {
		return "", mailstore.Fail(mailstore.ErrNotFound, "nothing")
	}
	return text, nil
}

func (v *vault) Set(_ context.Context, name, value string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.full != nil {
		return v.full
	}
	if v.held == nil {
		v.held = map[string]string{}
	}
	v.held[name] = value
	return nil
}

// fill lets the vault fail, or no longer.
func (v *vault) fill(why error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.full = why
}

func (w *world) person(v *vault) signin.Person {
	w.issuer.Register(tokens.Application{ID: "people"})
	return signin.Person{
		Provider: signin.Provider{
			Name: "Example Mail", Scopes: []string{"mail", "offline"}, Idle: 90 * 24 * time.Hour,
			AuthURL: w.issuer.URL("127.0.0.1", "/authorize"), TokenURL: w.issuer.URL("127.0.0.1", "/token"), DevicesURL: w.issuer.URL("127.0.0.1", "/devicecode"),
		},
		ClientID: "people", Mailbox: user, Vault: v, Key: "mirror/" + user,
	}
}

func (w *world) consent(t *testing.T, p signin.Person, network signin.Network) *signin.Consent {
	t.Helper()
	c, err := p.New(network)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// turns is a network whose waits pass the clock, and do something each time.
func (w *world) turns(does ...func()) (signin.Network, *[]time.Duration) {
	var waits []time.Duration
	network := w.network()
	network.Wait = func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d)
		w.pass(d)
		if n := len(waits); n <= len(does) && does[n-1] != nil {
			does[n-1]()
		}
		return ctx.Err()
	}
	return network, &waits
}

// A person enters a code on another device, and later runs need nobody.
func TestDeviceCode(t *testing.T) {
	w, v := newWorld(t), &vault{}
	var prompt signin.DevicePrompt
	network, waits := w.turns(
		func() { w.issuer.SlowDown(1) },
		func() { w.issuer.Fail(tokens.Busy(http.StatusServiceUnavailable, 0)) },
		nil,
		func() { w.issuer.Agree(prompt.Code, user) },
	)
	c := w.consent(t, w.person(v), network)
	if _, err := c.Token(t.Context()); !strings.Contains(sentence(t, err), "has not agreed yet") {
		t.Errorf("before anybody agreed: %v", err)
	}
	err := c.AskDevice(t.Context(), func(p signin.DevicePrompt) error { prompt = p; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if prompt.URL != "https://example.test/device" || !strings.HasSuffix(prompt.Complete, prompt.Code) || !prompt.Expires.After(w.clock()) {
		t.Errorf("the person was shown %+v", prompt)
	}
	// Five seconds, five more after slow_down, twice as many after trouble.
	if want := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 20 * time.Second}; !slices.Equal(*waits, want) {
		t.Errorf("asked after %v, want %v", *waits, want)
	}
	take(t, c)
	if e := c.Expiries(t.Context()); len(e) != 1 || !e[0].At.Equal(w.clock().Add(90*24*time.Hour)) || !strings.Contains(e[0].What.String(), user) {
		t.Errorf("the consent holds until %v", e)
	}
	// Another run, and the tokens go on: each refresh token serves once.
	c = w.consent(t, w.person(v), w.network())
	for range 3 {
		take(t, c)
		w.pass(2 * time.Hour)
	}
	damaged := w.person(&vault{held: map[string]string{"mirror/" + user: "{" + canary}})
	if _, err := w.consent(t, damaged, w.network()).Token(t.Context()); !strings.Contains(sentence(t, err), "secret remove mirror/"+user) {
		t.Errorf("a damaged consent: %v", err)
	}
	if n := w.issuer.Count("refresh_token"); n != 3 {
		t.Errorf("%d refreshes", n)
	}
	w.issuer.Withdraw()
	if _, err := c.Token(t.Context()); !errors.Is(err, mailstore.ErrSignIn) || !strings.Contains(sentence(t, err), "has ended or was withdrawn") {
		t.Errorf("a consent withdrawn: %v", err)
	}
}

func TestDeviceCodeThatComesToNothing(t *testing.T) {
	for name, test := range map[string]struct {
		turn func(*world, *signin.DevicePrompt)
		want string
	}{
		"refused":  {func(w *world, p *signin.DevicePrompt) { w.issuer.Agree(p.Code, "") }, "did not agree at Example Mail"},
		"too late": {func(w *world, _ *signin.DevicePrompt) { w.pass(time.Hour) }, "ended before anybody agreed"},
		"no client": {func(w *world, _ *signin.DevicePrompt) {
			w.issuer.Fail(tokens.MicrosoftError(700016, "unauthorized_client", canary))
		}, "does not know the application people"},
		"an admin": {func(w *world, _ *signin.DevicePrompt) {
			w.issuer.Fail(tokens.MicrosoftError(90094, "invalid_grant", canary))
		}, "an administrator's consent"},
		"MFA": {func(w *world, _ *signin.DevicePrompt) {
			w.issuer.Fail(tokens.MicrosoftError(50076, "interaction_required", canary))
		}, "to sign in again"},
		"an hour only": {func(w *world, _ *signin.DevicePrompt) {
			w.issuer.Fail(tokens.Fault{Status: 200, Body: `{"access_token":"x","token_type":"Bearer"}`})
		}, "for an hour only"},
		"something": {func(w *world, _ *signin.DevicePrompt) { w.issuer.Fail(tokens.Error("invalid_request", canary)) }, "(invalid_request)"},
	} {
		w, v := newWorld(t), &vault{}
		var prompt signin.DevicePrompt
		network, _ := w.turns(func() { test.turn(w, &prompt) })
		err := w.consent(t, w.person(v), network).AskDevice(t.Context(), func(p signin.DevicePrompt) error { prompt = p; return nil })
		if !errors.Is(err, mailstore.ErrSignIn) || !strings.Contains(sentence(t, err), test.want) {
			t.Errorf("%s: %v does not say %q", name, err, test.want)
		}
		silentError(t, err)
		if len(v.held) != 0 {
			t.Errorf("%s: something was stored", name)
		}
	}
}

func TestDevicePromptsThatAreNotShown(t *testing.T) {
	for name, body := range map[string]string{
		"an escape":   `{"device_code":"d","user_code":"\u001b[2J","verification_uri":"https://example.test/"}`,
		"a long code": `{"device_code":"d","user_code":"` + strings.Repeat("X", 100) + `","verification_uri":"https://example.test/"}`,
		"no HTTPS":    `{"device_code":"d","user_code":"X","verification_uri":"file:///etc/passwd"}`,
		"no code":     `{"device_code":"d","verification_uri":"https://example.test/"}`,
		"no device":   `{"user_code":"X","verification_uri":"https://example.test/"}`,
	} {
		w := newWorld(t)
		w.issuer.Fail(tokens.Fault{Status: 200, Body: body})
		c := w.consent(t, w.person(&vault{}), w.network())
		err := c.AskDevice(t.Context(), func(p signin.DevicePrompt) error { return fmt.Errorf("shown: %+v", p) })
		if !errors.Is(err, mailstore.ErrServer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t)
	p := w.person(&vault{})
	p.Provider.DevicesURL = ""
	if err := w.consent(t, p, w.network()).AskDevice(t.Context(), nil); !errors.Is(err, mailstore.ErrUnsupported) {
		t.Errorf("a provider without device codes: %v", err)
	}
	away := errors.New("the terminal is gone")
	if err := w.consent(t, w.person(&vault{}), w.network()).AskDevice(t.Context(), func(signin.DevicePrompt) error { return away }); !errors.Is(err, away) {
		t.Errorf("a prompt that could not be shown: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := w.consent(t, w.person(&vault{}), w.network()).AskDevice(ctx, func(signin.DevicePrompt) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while waiting: %v", err)
	}
}

// A browser on this machine comes back with a code, which is exchanged with the proof
// key.
func TestBrowser(t *testing.T) {
	w, v := newWorld(t), &vault{}
	p := w.person(v)
	p.Translate = func(s mailstore.Sentence) string { return "<訳> " + s.String() }
	p.Provider.Parameters = url.Values{"prompt": {"consent"}}
	c := w.consent(t, p, w.network())
	pages := make(chan string, 1)
	err := c.AskBrowser(t.Context(), func(address string) error {
		u, err := url.Parse(address)
		if err != nil || u.Query().Get("login_hint") != user || u.Query().Get("prompt") != "consent" || u.Query().Get("scope") != "mail offline" ||
			u.Query().Get("code_challenge_method") != "S256" || !strings.HasPrefix(u.Query().Get("redirect_uri"), "http://127.0.0.1:") {
			t.Errorf("the page is %s", address)
		}
		// Somebody else on this machine knocks first, with no state or a guessed one.
		for _, guess := range []string{"/", "/?code=evil", "/?state=guessed&code=evil", "/other?state=" + u.Query().Get("state")} {
			if status := get(t, strings.TrimSuffix(u.Query().Get("redirect_uri"), "/")+guess); status != http.StatusNotFound {
				t.Errorf("%s is answered %d", guess, status)
			}
		}
		go func() {
			page, err := w.issuer.Visit(t.Context(), w.trust, address, true)
			if err != nil {
				t.Error(err)
			}
			pages <- page
		}()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if page := <-pages; !strings.Contains(page, "&lt;訳&gt; Thank you.") {
		t.Errorf("the last page is %q", page)
	}
	if take(t, c); w.issuer.Count("refresh_token") != 0 {
		t.Error("the token that came with the consent was not used")
	}
	take(t, w.consent(t, w.person(v), w.network()))
}

func get(t *testing.T, address string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

func TestBrowserThatComesToNothing(t *testing.T) {
	w, v := newWorld(t), &vault{}
	c := w.consent(t, w.person(v), w.network())
	pages := make(chan string, 1)
	err := c.AskBrowser(t.Context(), func(address string) error {
		go func() {
			page, err := w.issuer.Visit(t.Context(), w.trust, address, false)
			if err != nil {
				t.Error(err)
			}
			pages <- page
		}()
		return nil
	})
	// Microsoft says by its number that a person who cancels lacks consent.
	if !errors.Is(err, mailstore.ErrSignIn) || !strings.Contains(sentence(t, err), "agree") {
		t.Errorf("cancelled: %v", err)
	}
	if page := <-pages; !strings.Contains(page, "agree") {
		t.Errorf("the last page is %q", page)
	}
	none := errors.New("there is no browser")
	if err := c.AskBrowser(t.Context(), func(string) error { return none }); !errors.Is(err, none) {
		t.Errorf("no browser: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := c.AskBrowser(ctx, func(string) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while waiting: %v", err)
	}
	if len(v.held) != 0 {
		t.Error("something was stored")
	}
	p := w.person(v)
	p.Provider.AuthURL = "http://example.test/authorize"
	if err := w.consent(t, p, w.network()).AskBrowser(t.Context(), nil); !errors.Is(err, mailstore.ErrInvalid) {
		t.Errorf("a page without HTTPS: %v", err)
	}
}

// A vault that takes nothing stops nobody while this program runs: the newest refresh
// token is kept in memory, and stored as soon as that works.
func TestAVaultThatTakesNothing(t *testing.T) {
	w, v := newWorld(t), &vault{}
	var prompt signin.DevicePrompt
	network, _ := w.turns(func() { w.issuer.Agree(prompt.Code, user) })
	c := w.consent(t, w.person(v), network)
	if err := c.AskDevice(t.Context(), func(p signin.DevicePrompt) error { prompt = p; return nil }); err != nil {
		t.Fatal(err)
	}
	v.fill(errors.New("the keychain is locked"))
	for range 2 {
		w.pass(2 * time.Hour)
		take(t, c)
	}
	v.fill(nil)
	w.pass(2 * time.Hour)
	take(t, c)
	w.pass(2 * time.Hour)
	take(t, w.consent(t, w.person(v), w.network()))
	// Asking anew says so at once.
	v.fill(errors.New("the keychain is locked"))
	network, _ = w.turns(func() { w.issuer.Agree(prompt.Code, user) })
	err := w.consent(t, w.person(v), network).AskDevice(t.Context(), func(p signin.DevicePrompt) error { prompt = p; return nil })
	if !errors.Is(err, mailstore.ErrDisk) {
		t.Errorf("a consent that could not be stored: %v", err)
	}
	silentError(t, err)
}

func TestPeopleOfTheLargeProviders(t *testing.T) {
	p, ok := signin.MicrosoftPeople("example.test", signin.China)
	if !ok || p.TokenURL != "https://login.partner.microsoftonline.cn/example.test/oauth2/v2.0/token" || !slices.Contains(p.Scopes, "https://partner.outlook.cn/IMAP.AccessAsUser.All") {
		t.Errorf("%+v, %v", p, ok)
	}
	if _, ok := signin.MicrosoftPeople("example.test", "mars"); ok {
		t.Error("there is no cloud on mars")
	}
	if g := signin.GooglePeople(); g.DevicesURL != "" || g.Parameters.Get("access_type") != "offline" {
		t.Errorf("%+v", g)
	}
	if _, err := (signin.Person{Provider: p}).New(signin.Network{}); !errors.Is(err, mailstore.ErrInvalid) {
		t.Errorf("no application: %v", err)
	}
}
