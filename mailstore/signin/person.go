package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/mailstore"
)

// Provider is who signs people in.
type Provider struct {
	Name                          string // for sentences: "Microsoft 365"
	AuthURL, TokenURL, DevicesURL string
	Scopes                        []string
	// SendScopes are the scopes for handing mail in, where those are others.
	SendScopes []string
	// Redirect is the host that the browser is sent back to: "127.0.0.1" (RFC 8252
	// section 8.3), or "localhost" where only that may be registered; empty:
	// "127.0.0.1".
	Redirect string
	// Parameters are added to AuthURL.
	Parameters url.Values
	// Idle is how long a refresh token holds without being used; 0: nobody says.
	Idle time.Duration
}

// MicrosoftPeople is the people of a Microsoft 365 tenant, who open their own
// mailbox. An application must be registered as a public client with the redirect
// http://localhost, and the delegated permissions IMAP.AccessAsUser.All and, for sending,
// SMTP.Send. ok is whether there is such a cloud.
func MicrosoftPeople(tenant string, cloud Cloud) (p Provider, ok bool) {
	const unused = 90 * 24 * time.Hour // "Refresh tokens in the Microsoft identity platform"
	login, exchange, ok := cloud.hosts()
	base := "https://" + login + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/"
	return Provider{
		Name: "Microsoft 365", AuthURL: base + "authorize", TokenURL: base + "token", DevicesURL: base + "devicecode",
		Scopes: []string{exchange + "/IMAP.AccessAsUser.All", "offline_access"}, SendScopes: []string{exchange + "/SMTP.Send", "offline_access"},
		Redirect: "localhost", Idle: unused,
	}, ok
}

// GooglePeople is people with a mailbox at Google. An OAuth client of the type
// Desktop app is needed; Google gives no device codes for mail.
func GooglePeople() Provider {
	const unused = 180 * 24 * time.Hour // "Using OAuth 2.0 to Access Google APIs", Refresh token expiration
	return Provider{
		Name: "Google", AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: googleToken,
		Scopes: []string{gmailScope}, Idle: unused,
		Parameters: url.Values{"access_type": {"offline"}, "prompt": {"consent"}},
	}
}

// Person is somebody who allows this program to read their mailbox.
type Person struct {
	Provider Provider
	ClientID string
	// ClientSecret is what Google calls the secret of a desktop application; nil:
	// there is none.
	ClientSecret Secret
	Mailbox      string // proposed on the page
	Vault        Vault
	Key          string // the name in the vault
	// Translate makes the text that the browser shows at the end; nil: English.
	Translate func(mailstore.Sentence) string
}

// Consent is a person's consent: asking for it, and the tokens that come of it.
type Consent struct {
	*keeper
	person  Person
	network Network
	token   *issuer
	devices *issuer // nil: the provider has no device codes

	mu      sync.Mutex
	unsaved *kept // what the vault did not take
}

// kept is what lies in the vault.
type kept struct {
	Refresh string    `json:"refresh_token"`
	Used    time.Time `json:"used"`              // when it was last exchanged
	Ends    time.Time `json:"expires,omitempty"` // where the issuer says so
}

// New prepares for asking; there are no tokens before the person has agreed once.
func (p Person) New(network Network) (*Consent, error) {
	if p.ClientID == "" {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"The application's ID (client) is missing under sign_in in the settings. The provider shows it where the application was registered.")
	}
	if p.Translate == nil {
		p.Translate = mailstore.Sentence.String
	}
	if p.Provider.Redirect == "" {
		p.Provider.Redirect = "127.0.0.1"
	}
	c := &Consent{person: p, network: network.complete()}
	var err error
	if c.token, err = newIssuer(c.network, p.Provider.TokenURL); err != nil {
		return nil, err
	}
	if p.Provider.DevicesURL != "" {
		if c.devices, err = newIssuer(c.network, p.Provider.DevicesURL); err != nil {
			return nil, err
		}
	}
	c.keeper = newKeeper(c.network, c.refresh)
	return c, nil
}

// refresh exchanges the refresh token for an access token (RFC 6749 section 6). An
// issuer may give a new refresh token and forget the old one: it is stored before the
// access token is used.
func (c *Consent) refresh(ctx context.Context) (Token, time.Duration, error) {
	held, err := c.load(ctx)
	if err != nil {
		return Token{}, 0, err
	}
	form, err := c.form(ctx, "refresh_token")
	if err != nil {
		return Token{}, 0, err
	}
	form.Set("refresh_token", held.Refresh)
	form.Set("scope", strings.Join(c.person.Provider.Scopes, " "))
	a, err := c.token.post(ctx, c.person.Provider.TokenURL, form)
	if err != nil {
		return Token{}, 0, err
	}
	if a.Failure != "" {
		return Token{}, 0, c.explain(a).Because(a.cause())
	}
	token, life, err := c.token.token(a)
	if err != nil {
		return Token{}, 0, err
	}
	if a.RefreshToken == "" {
		a.RefreshToken = held.Refresh
	}
	if err := c.save(ctx, a); err != nil {
		// Mail is worth more: the token serves, and storing is tried again with the next.
		c.network.Log.Error("refresh token not stored", "why", mailstore.SentenceOf(err).String())
	}
	return token, life, nil
}

// form is what every request to the token endpoint has.
func (c *Consent) form(ctx context.Context, grant string) (url.Values, error) {
	form := url.Values{"grant_type": {grant}, "client_id": {c.person.ClientID}}
	if c.person.ClientSecret != nil {
		secret, err := c.person.ClientSecret(ctx)
		if err != nil {
			return nil, err
		}
		form.Set("client_secret", secret)
	}
	return form, nil
}

// load finds the refresh token.
func (c *Consent) load(ctx context.Context) (kept, error) {
	c.mu.Lock()
	unsaved := c.unsaved
	c.mu.Unlock()
	if unsaved != nil {
		return *unsaved, nil
	}
	var held kept
	text, err := c.person.Vault.Get(ctx, c.person.Key)
	if err != nil && !errors.Is(err, mailstore.ErrNotFound) {
		return held, err
	}
	if err != nil {
		return held, mailstore.Fail(mailstore.ErrSignIn,
			"{mailbox} has not agreed yet that its mail is mirrored. Run lifeboat mirror in a terminal, and let its owner follow what it says.", "mailbox", c.person.Mailbox).Because(err)
	}
	if json.Unmarshal([]byte(text), &held) != nil || held.Refresh == "" {
		return held, mailstore.Fail(mailstore.ErrSignIn,
			"What is stored of the consent of {mailbox} cannot be read. Give lifeboat secret remove {name}, then run lifeboat mirror in a terminal, and let its owner agree again.", "mailbox", c.person.Mailbox, "name", c.person.Key)
	}
	return held, nil
}

// save stores a new refresh token, and keeps it in memory where that fails.
func (c *Consent) save(ctx context.Context, a *answer) error {
	const centuries = 100 * 365 * 24 * time.Hour
	held := kept{Refresh: a.RefreshToken, Used: c.network.Now()}
	if ends := a.RefreshExpires.seconds(0, centuries); ends > 0 {
		held.Ends = held.Used.Add(ends)
	}
	text, err := json.Marshal(held) //nolint:gosec // it is written for the vault, which is where such things lie
	if err == nil {
		err = c.person.Vault.Set(ctx, c.person.Key, string(text))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsaved = nil
	if err != nil {
		c.unsaved = &held
		return mailstore.Fail(mailstore.ErrDisk,
			"That {mailbox} agreed could not be stored, so its owner will have to sign in again after this program ends. See to the place where secrets are kept.", "mailbox", c.person.Mailbox).Because(err)
	}
	return nil
}

// agreed takes the first answer after a person agreed.
func (c *Consent) agreed(ctx context.Context, a *answer) error {
	if a.Failure != "" {
		return c.explain(a).Because(a.cause())
	}
	token, life, err := c.token.token(a)
	if err != nil {
		return err
	}
	if a.RefreshToken == "" {
		return mailstore.Fail(mailstore.ErrSignIn,
			"{provider} let {mailbox} agree for an hour only. Remove this application from the account's connections there, and sign in again.", "provider", c.person.Provider.Name, "mailbox", c.person.Mailbox)
	}
	if err := c.save(ctx, a); err != nil {
		return err
	}
	c.accept(token, life)
	return nil
}

// Expiries implements [Tokens]: until when the person's consent holds if it is not
// used, which it is with every token.
func (c *Consent) Expiries(ctx context.Context) []mailstore.Expiry {
	held, err := c.load(ctx)
	if err != nil {
		return nil // fetching a token says so
	}
	at := held.Ends
	if at.IsZero() && c.person.Provider.Idle > 0 && !held.Used.IsZero() {
		at = held.Used.Add(c.person.Provider.Idle)
	}
	if at.IsZero() {
		return nil
	}
	return []mailstore.Expiry{{What: mailstore.Say("The consent of {mailbox} at {provider}", "mailbox", c.person.Mailbox, "provider", c.person.Provider.Name), At: at}}
}

// explain says what an error means for a person's consent.
func (c *Consent) explain(a *answer) *mailstore.Error {
	mailbox, provider := c.person.Mailbox, c.person.Provider.Name
	is := func(numbers ...int) bool {
		return slices.ContainsFunc(numbers, func(n int) bool { return slices.Contains(a.numbers, n) })
	}
	switch {
	case is(700016, 7000229, 7000218, 7000215, 7000222), a.Failure == "invalid_client", a.Failure == "unauthorized_client", a.Failure == "deleted_client":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{provider} does not know the application {application}, or not as one for people ({code}). Check client under sign_in in the settings, and that the registration allows public clients.", "provider", provider, "application", words(c.person.ClientID), "code", a.codes())
	case is(65001, 65004, 90094), a.Failure == "consent_required", a.Failure == "admin_policy_enforced", a.Failure == "org_internal":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{provider} wants an administrator's consent before {mailbox} can agree. Ask the administrator to allow the application.", "provider", provider, "mailbox", mailbox)
	case is(50076, 50079, 50078, 50158, 53003, 53000), a.Failure == "interaction_required", a.Failure == "login_required", a.Failure == "invalid_rapt":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{provider} wants {mailbox} to sign in again. Give lifeboat secret remove {name}, then run lifeboat mirror in a terminal, and let its owner follow what it says.", "provider", provider, "mailbox", mailbox, "name", c.person.Key)
	case a.Failure == "access_denied", a.Failure == "authorization_declined":
		return mailstore.Fail(mailstore.ErrSignIn,
			"{mailbox} did not agree at {provider}. Nothing was changed; ask again when its owner is ready.", "mailbox", mailbox, "provider", provider)
	case a.Failure == "expired_token", a.Failure == "bad_verification_code":
		return mailstore.Fail(mailstore.ErrSignIn,
			"The code for {mailbox} ended before anybody agreed at {provider}. Begin again.", "mailbox", mailbox, "provider", provider)
	case a.Failure == "invalid_grant":
		return mailstore.Fail(mailstore.ErrSignIn,
			"The consent of {mailbox} at {provider} has ended or was withdrawn: it was not used for long, or the password changed. Give lifeboat secret remove {name}, then run lifeboat mirror in a terminal, and let its owner agree again.", "mailbox", mailbox, "provider", provider, "name", c.person.Key)
	}
	return mailstore.Fail(mailstore.ErrSignIn,
		"{provider} gives no token for {mailbox} ({code}). Begin again; if that does not help, check the application's registration.", "provider", provider, "mailbox", mailbox, "code", a.codes())
}
