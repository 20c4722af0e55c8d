package signin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/url"
	"regexp"
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

// hosts returns where a cloud's tenants sign in ("Microsoft Entra authentication and
// national clouds"), and the resource of its Exchange Online.
func (c Cloud) hosts() (login, exchange string, ok bool) {
	switch c {
	case "", Worldwide:
		return "login.microsoftonline.com", "https://outlook.office365.com", true
	case USGov:
		return "login.microsoftonline.us", "https://outlook.office365.us", true
	case USDoD:
		return "login.microsoftonline.us", "https://outlook-dod.office365.us", true
	case China:
		return "login.partner.microsoftonline.cn", "https://partner.outlook.cn", true
	}
	return "", "", false
}

// Microsoft is an application registered in Microsoft Entra that may read every
// mailbox of a tenant: permission IMAP.AccessAsApp with an administrator's consent, a
// service principal in Exchange Online, and permission on each mailbox
// ("Authenticate an IMAP, POP or SMTP connection using OAuth").
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

// microsoft is the tokens of an application.
type microsoft struct {
	*keeper
	config  Microsoft
	issuer  *issuer
	address string
	scope   string
}

var tenantForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$`)

// Tokens fetches tokens that sign in to every mailbox: one serves them all.
func (m Microsoft) Tokens(network Network) (Tokens, error) {
	if !tenantForm.MatchString(m.Tenant) {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"{tenant} is no tenant of Microsoft 365. Write the directory's ID or a domain of it under sign_in in the settings.", "tenant", m.Tenant)
	}
	if m.Application == "" {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"The application's ID (client) is missing under sign_in in the settings. It is shown in Microsoft Entra, App registrations.")
	}
	if (m.Secret == nil) == (m.Certificate == nil) {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"The application {application} needs either a secret or a certificate under sign_in in the settings.", "application", m.Application)
	}
	login, exchange, ok := m.Cloud.hosts()
	if !ok {
		return nil, mailstore.Fail(mailstore.ErrInvalid,
			"{cloud} is none of Microsoft's clouds. They are global, usgov, dod and china.", "cloud", m.Cloud)
	}
	address := m.TokenURL
	if address == "" {
		address = "https://" + login + "/" + m.Tenant + "/oauth2/v2.0/token"
	}
	network = network.complete()
	i, err := newIssuer(network, address)
	if err != nil {
		return nil, err
	}
	source := &microsoft{config: m, issuer: i, address: address, scope: exchange + "/.default"}
	source.keeper = newKeeper(network, source.fetch)
	return source, nil
}

// fetch asks for a token with client credentials (RFC 6749 section 4.4), the secret
// as a parameter or a signed assertion in its place (RFC 7523 section 2.2).
func (m *microsoft) fetch(ctx context.Context) (Token, time.Duration, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {m.config.Application}, "scope": {m.scope}}
	if m.config.Certificate != nil {
		signed, err := m.assert(ctx)
		if err != nil {
			return Token{}, 0, err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", signed)
	} else {
		secret, err := m.config.Secret(ctx)
		if err != nil {
			return Token{}, 0, err
		}
		form.Set("client_secret", secret)
	}
	a, err := m.issuer.post(ctx, m.address, form)
	if err != nil {
		return Token{}, 0, err
	}
	if a.Failure != "" {
		return Token{}, 0, m.explain(a)
	}
	return m.issuer.token(a)
}

// assert signs what stands in place of a secret ("Microsoft identity platform
// application authentication certificate credentials").
func (m *microsoft) assert(ctx context.Context) (string, error) {
	certificate, key, err := m.certificate(ctx)
	if err != nil {
		return "", err
	}
	now := m.issuer.network.Now()
	if now.After(certificate.NotAfter) {
		return "", mailstore.Fail(mailstore.ErrSignIn,
			"The certificate of the application {application} ended on {day}. Make a new one, upload it in Microsoft Entra under Certificates & secrets, and store it here with lifeboat secret set.",
			"application", m.config.Application, "day", day(certificate.NotAfter))
	}
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return "", err
	}
	thumb := sha256.Sum256(certificate.Raw)
	signed, err := assertion{
		header: map[string]string{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(thumb[:])},
		claims: map[string]any{
			"aud": m.address, "iss": m.config.Application, "sub": m.config.Application, "jti": hex.EncodeToString(id),
			"iat": now.Unix(), "nbf": now.Add(-assertionSlip).Unix(), "exp": now.Add(assertionLife).Unix(),
		},
		key: key,
	}.sign()
	if err != nil {
		return "", m.badCertificate()
	}
	return signed, nil
}

// certificate reads the certificate and its key: PEM blocks in any order (RFC 7468).
func (m *microsoft) certificate(ctx context.Context) (*x509.Certificate, *rsa.PrivateKey, error) {
	text, err := m.config.Certificate(ctx)
	if err != nil {
		return nil, nil, err
	}
	var certificate *x509.Certificate
	var key *rsa.PrivateKey
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE":
			if c, err := x509.ParseCertificate(block.Bytes); err == nil && certificate == nil {
				certificate = c
			}
		case "PRIVATE KEY", "RSA PRIVATE KEY":
			key = rsaKey(block.Bytes)
		}
	}
	if certificate == nil || key == nil || !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, nil, m.badCertificate()
	}
	return certificate, key, nil
}

// rsaKey reads a key in PKCS #8 or PKCS #1; nil when it is none, or too weak to sign.
func rsaKey(der []byte) *rsa.PrivateKey {
	const fewestBits = 2048
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
			parsed = key
		}
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok || key.N.BitLen() < fewestBits {
		return nil
	}
	return key
}

func (m *microsoft) badCertificate() error {
	return mailstore.Fail(mailstore.ErrInvalid,
		"What is stored as the certificate of the application {application} is not a certificate in PEM form together with its own RSA private key (2048 bits or more, without passphrase). Store both with lifeboat secret set.",
		"application", m.config.Application)
}

// Expiries implements [Tokens]: the end of the secret, or of the certificate.
func (m *microsoft) Expiries(ctx context.Context) []mailstore.Expiry {
	if m.config.Certificate != nil {
		certificate, _, err := m.certificate(ctx)
		if err != nil {
			return nil // fetching a token says so
		}
		return []mailstore.Expiry{{
			What: mailstore.Say("The certificate of the application {application} in Microsoft Entra", "application", m.config.Application),
			At:   certificate.NotAfter,
		}}
	}
	if m.config.SecretEnds.IsZero() {
		return nil
	}
	return []mailstore.Expiry{{
		What: mailstore.Say("The secret of the application {application} in Microsoft Entra", "application", m.config.Application),
		At:   m.config.SecretEnds,
	}}
}

func day(t time.Time) string { return t.Format(time.DateOnly) }
