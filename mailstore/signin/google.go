package signin

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"strings"
	"time"

	"lifeboat/mailstore"
)

// Scopes of Gmail over IMAP.
const gmailScope = "https://mail.google.com/"

// googleToken is where Google gives tokens, for files that name no place.
const googleToken = "https://oauth2.googleapis.com/token" //nolint:gosec // an address, no credential

// grantJWT is the grant of RFC 7523 section 2.1.
const grantJWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// ServiceAccount is a service account of a Google Cloud project, to which an
// administrator of the Workspace delegated the domain: in the Admin console under
// Security, API controls, Domain-wide delegation, with the scope
// https://mail.google.com/ ("OAuth 2.0 for server to server applications").
type ServiceAccount struct {
	Email    string // the account's own address, for sentences
	ClientID string // what the administrator allows under domain-wide delegation

	keyID    string
	key      *rsa.PrivateKey
	tokenURL string
}

// ParseServiceAccount reads the JSON file that Google gives for a key of a service
// account; name is the file's or the secret's, for sentences. The error is of kind
// mailstore.ErrInvalid and quotes nothing of the file.
func ParseServiceAccount(name string, data []byte) (*ServiceAccount, error) {
	const longestFile = 64 << 10
	var file struct {
		Type     string `json:"type"`
		Email    string `json:"client_email"`
		ClientID string `json:"client_id"`
		KeyID    string `json:"private_key_id"`
		Key      string `json:"private_key"`
		TokenURL string `json:"token_uri"`

		Installed json.RawMessage `json:"installed"`
		Web       json.RawMessage `json:"web"`
	}
	if len(data) > longestFile || json.Unmarshal(data, &file) != nil {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"{file} is not the JSON file of a service account's key. Download one in the Google Cloud console, under the service account's Keys.", "file", name)
	}
	switch {
	case file.Installed != nil || file.Web != nil:
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"{file} belongs to an OAuth client, not to a service account. Make a service account in the Google Cloud console and download a key of it.", "file", name)
	case file.Type != "" && file.Type != "service_account":
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"{file} holds another kind of credential than a service account's key. Download a key in the Google Cloud console, under the service account's Keys.", "file", name)
	case file.Key == "":
		return nil, missing(name, "private_key")
	case !strings.Contains(file.Email, "@") || strings.ContainsAny(file.Email, " \r\n\x00"):
		return nil, missing(name, "client_email")
	}
	block, _ := pem.Decode([]byte(file.Key))
	if block == nil {
		return nil, badKey(name)
	}
	key := rsaKey(block.Bytes)
	if key == nil {
		return nil, badKey(name)
	}
	if file.TokenURL == "" {
		file.TokenURL = googleToken
	}
	u, err := url.Parse(file.TokenURL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"token_uri in {file} is no address that begins with https://. Download the key anew from the Google Cloud console.", "file", name)
	}
	return &ServiceAccount{
		Email: words(file.Email), ClientID: words(file.ClientID),
		keyID: file.KeyID, key: key, tokenURL: file.TokenURL,
	}, nil
}

func missing(file, field string) error {
	return mailstore.Fail(mailstore.ErrInvalid,
		"{field} is missing in {file}, or is not what it should be. Download the key anew from the Google Cloud console, under the service account's Keys.", "field", field, "file", file)
}

func badKey(file string) error {
	return mailstore.Fail(mailstore.ErrInvalid,
		"private_key in {file} is no RSA key of 2048 bits or more in PEM form; perhaps its line ends were lost. Download the key anew from the Google Cloud console.", "file", file)
}

// Delegation makes tokens for mailboxes of a service account's domains.
type Delegation struct {
	account *ServiceAccount
	issuer  *issuer
	network Network
	address string
}

// Delegate returns what gives tokens for mailboxes. tokenURL is another token
// endpoint than the file's; empty: the file's.
func (a *ServiceAccount) Delegate(network Network, tokenURL string) (*Delegation, error) {
	if tokenURL == "" {
		tokenURL = a.tokenURL
	}
	network = network.complete()
	i, err := newIssuer(network, tokenURL)
	if err != nil {
		return nil, err
	}
	return &Delegation{account: a, issuer: i, network: network, address: tokenURL}, nil
}

// delegated is the tokens of one mailbox.
type delegated struct {
	*keeper
	delegation *Delegation
	mailbox    string
}

// Tokens fetches tokens for one mailbox. Unlike Microsoft's, a token of Google's is
// good for that one alone.
func (d *Delegation) Tokens(mailbox string) Tokens {
	t := &delegated{delegation: d, mailbox: mailbox}
	t.keeper = newKeeper(d.network, t.fetch)
	return t
}

// fetch asks for a token with a signed request in the mailbox's name.
func (d *delegated) fetch(ctx context.Context) (Token, time.Duration, error) {
	account, now := d.delegation.account, d.delegation.network.Now()
	signed, err := assertion{
		header: map[string]string{"alg": "RS256", "typ": "JWT", "kid": account.keyID},
		claims: map[string]any{
			"iss": account.Email, "sub": d.mailbox, "scope": gmailScope, "aud": d.delegation.address,
			"iat": now.Add(-assertionSlip).Unix(), "exp": now.Add(assertionLife).Unix(),
		},
		key: account.key,
	}.sign()
	if err != nil {
		return Token{}, 0, badKey(account.Email)
	}
	a, err := d.delegation.issuer.post(ctx, d.delegation.address, url.Values{"grant_type": {grantJWT}, "assertion": {signed}})
	if err != nil {
		return Token{}, 0, err
	}
	if a.Failure != "" {
		return Token{}, 0, d.explain(a).Because(a.cause())
	}
	return d.delegation.issuer.token(a)
}

// Expiries implements [Tokens]: a service account's key has no end that one could
// see.
func (d *delegated) Expiries(context.Context) []mailstore.Expiry { return nil }

// explain says what an error of Google's means for a service account.
func (d *delegated) explain(a *answer) *mailstore.Error {
	account, text := d.delegation.account, strings.ToLower(a.Description)
	says := func(words string) bool { return strings.Contains(text, words) }
	switch {
	case a.Failure == "unauthorized_client", a.Failure == "access_denied", a.Failure == "invalid_scope":
		return mailstore.Fail(mailstore.ErrSignIn,
			"Google does not let the service account {account} open mailboxes. Add its client ID {client} with the scope {scope} in the Admin console under Security, API controls, Domain-wide delegation; that can take a day to work.",
			"account", account.Email, "client", account.ClientID, "scope", gmailScope)
	case a.Failure == "admin_policy_enforced", a.Failure == "org_internal":
		return mailstore.Fail(mailstore.ErrSignIn,
			"A rule of the Workspace keeps the service account {account} out. Trust its client ID {client} in the Admin console under Security, API controls.",
			"account", account.Email, "client", account.ClientID)
	case a.Failure == "invalid_grant" && (says("short-lived") || says("iat and exp") || says("reasonable timeframe")):
		return d.delegation.issuer.clock(a)
	case a.Failure == "invalid_grant" && says("signature"):
		return mailstore.Fail(mailstore.ErrSignIn,
			"Google no longer has this key of the service account {account}. Make a new one in the Google Cloud console, and store its file here with lifeboat secret set.", "account", account.Email)
	case a.Failure == "invalid_client", a.Failure == "disabled_client", a.Failure == "deleted_client", a.Failure == "invalid_grant" && says("account not found"):
		return mailstore.Fail(mailstore.ErrSignIn,
			"The service account {account} is disabled or was deleted. See to it in the Google Cloud console, or use another one.", "account", account.Email)
	case a.Failure == "invalid_grant":
		return mailstore.Fail(mailstore.ErrSignIn,
			"Google knows no active mailbox {mailbox} that the service account {account} may open. Check the address, and that the user is not suspended.", "mailbox", d.mailbox, "account", account.Email)
	}
	return mailstore.Fail(mailstore.ErrSignIn,
		"{issuer} gives no token for the service account {account} ({code}). Check it in the Google Cloud console.", "issuer", d.delegation.issuer.host, "account", account.Email, "code", a.codes())
}
