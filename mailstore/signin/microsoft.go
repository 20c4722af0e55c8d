package signin

import (
	"context"
	"time"

	"lifeboat/mailstore"
)

// Cloud is which of Microsoft's clouds a tenant lives in.
type Cloud string

// The clouds.
const (
	Worldwide Cloud = "global"
	USGov     Cloud = "usgov" // GCC High
	USDoD     Cloud = "dod"
	China     Cloud = "china" // operated by 21Vianet
)

// Microsoft is an application registered in Microsoft Entra that may read every
// mailbox of a tenant: permission IMAP.AccessAsApp with an administrator's consent, a
// service principal in Exchange Online, and permission on each mailbox.
type Microsoft struct {
	Tenant      string // its ID or a domain of it
	Application string // the application's (client) ID
	Cloud       Cloud  // empty: Worldwide
	// Secret is the application's secret, Certificate its certificate and private key
	// in PEM; one of the two.
	Secret, Certificate Secret
	// SecretEnds is when the secret ends, which only the portal tells; zero: unknown.
	SecretEnds time.Time
	// TokenURL is another token endpoint; empty: the cloud's.
	TokenURL string
}

// Tokens fetches tokens that sign in to every mailbox: one serves them all.
func (m Microsoft) Tokens(Network) (Tokens, error) {
	return nil, mailstore.Fail(mailstore.ErrInvalid, "The settings name no tenant.")
}

// ServiceAccount is a service account of a Google Cloud project, to which an
// administrator of the Workspace delegated the domain.
type ServiceAccount struct {
	Email    string // the account's own address, for sentences
	ClientID string // what the administrator allows under domain-wide delegation
}

// ParseServiceAccount reads the JSON file that Google gives for a key of a service
// account; name is the file's, for sentences.
func ParseServiceAccount(name string, data []byte) (*ServiceAccount, error) {
	return nil, mailstore.Fail(mailstore.ErrInvalid, "{file} is no key of a Google service account.", "file", name)
}

// Delegation makes tokens for mailboxes of a service account's domains.
type Delegation struct{}

// Delegate returns what gives tokens for mailboxes.
func (a *ServiceAccount) Delegate(Network) (*Delegation, error) { return &Delegation{}, nil }

// Tokens fetches tokens for one mailbox.
func (d *Delegation) Tokens(mailbox string) Tokens { return nil }

// Provider is who signs people in.
type Provider struct {
	Name                          string // for sentences: "Microsoft 365"
	AuthURL, TokenURL, DevicesURL string
	Scopes                        []string
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
}

// Consent is a person's consent: asking for it, and the tokens that come of it.
type Consent struct{}

// New prepares for asking; there are no tokens before the person has agreed once.
func (p Person) New(Network) (*Consent, error) { return &Consent{}, nil }

// DevicePrompt is what the person is to do on any device with a browser.
type DevicePrompt struct {
	URL  string // where to go
	Code string // what to enter there
	// Complete is URL with the code in it, for a QR code; empty: the provider has none.
	Complete string
	Expires  time.Time
}

// AskDevice asks with a code that is entered on another device (RFC 8628). It returns
// when the person agreed or not.
func (c *Consent) AskDevice(context.Context, func(DevicePrompt) error) error { return nil }

// AskBrowser asks in the browser of this machine, which open opens (RFC 8252). It
// returns when the person agreed or not.
func (c *Consent) AskBrowser(context.Context, func(url string) error) error { return nil }

// Token implements [Tokens].
func (c *Consent) Token(context.Context) (Token, error) { return Token{}, nil }

// Refused implements [Tokens].
func (c *Consent) Refused(Token) {}

// Expiries implements [Tokens].
func (c *Consent) Expiries(context.Context) []mailstore.Expiry { return nil }
