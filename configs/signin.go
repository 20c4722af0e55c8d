package configs

import (
	"strconv"
	"strings"
	"time"
)

// The ways of signing in to a provider's mailboxes.
const (
	// SignInPassword: with a password for each account, or that of a master user.
	SignInPassword = "password"
	// SignInMicrosoft365: one application that may read every mailbox (client
	// credentials, RFC 6749 section 4.4).
	SignInMicrosoft365 = "microsoft365"
	// SignInGoogle: a service account with domain-wide delegation (RFC 7523).
	SignInGoogle = "google"
	// SignInDevice: one person, who enters a code on another screen (RFC 8628).
	SignInDevice = "device"
	// SignInPKCE: one person, in the browser of this computer (RFC 7636, RFC 8252).
	SignInPKCE = "pkce"
)

// SignIns lists the ways of signing in.
func SignIns() []string {
	return []string{SignInPassword, SignInMicrosoft365, SignInGoogle, SignInDevice, SignInPKCE}
}

// SignIn is how mailboxes are signed in to.
type SignIn struct {
	Method string `yaml:"method" short:""`
	// User is the sign-in name made of the account's, which stands for {user}: for
	// a server's master user "{user}*admin". Empty: just that name.
	User string `yaml:"user"`
	// Password is one password for all accounts, with the method password.
	Password SecretRef `yaml:"password"`
	// MailboxPasswords names the set of the mailboxes' own passwords, or consents, that
	// counts, see [SignIn.MailboxSecret]; empty: the first one.
	MailboxPasswords string `yaml:"mailbox_passwords"`

	Tenant string `yaml:"tenant"` // of Microsoft 365: a domain or the directory's ID
	Client string `yaml:"client"` // the application's ID
	Cloud  string `yaml:"cloud"`  // of Microsoft: global, usgov, dod or china; empty: global
	// Secret is the application's; SecretExpires the day when it ends, of which a
	// warning is given. Certificate is a secret too: certificate and private key in
	// PEM form, in place of Secret.
	Secret        SecretRef `yaml:"secret"`
	SecretExpires Date      `yaml:"secret_expires"`
	Certificate   SecretRef `yaml:"certificate"`

	ServiceAccount SecretRef `yaml:"service_account"` // of Google: the key file's text

	// The addresses of the issuer of tokens, where they are not the provider's usual
	// ones, and what is asked for there, separated by spaces.
	TokenURL     string `yaml:"token_url"`
	DeviceURL    string `yaml:"device_url"`
	AuthorizeURL string `yaml:"authorize_url"`
	Scope        string `yaml:"scope"`
}

// Configured reports whether there is a way to sign in.
func (s SignIn) Configured() bool { return s.Method != "" }

// UserFor returns the name to sign in with for an account's own name.
func (s SignIn) UserFor(user string) string {
	if s.User == "" {
		return user
	}
	return strings.ReplaceAll(s.User, userPlaceholder, user)
}

// MailboxSecret is the secret with the password, or the consent, of one mailbox at the
// provider in a role ("primary" or "secondary"), where the settings name no other for it.
// Each set of them has names of its own, so that those for another provider can be
// stored while the ones in use stay as they are.
func (s SignIn) MailboxSecret(role, address string) SecretRef {
	ref := MailboxSecretAt(role, address)
	if s.MailboxPasswords != "" {
		ref += SecretRef("-" + s.MailboxPasswords)
	}
	return ref
}

// longestSet is how long the name of a set of passwords may be, in bytes: names of secrets are
// made with it.
const longestSet = 16

const userPlaceholder = "{user}"

// checkSignIn checks a provider's sign-in; without any there is none.
func (c *checker) checkSignIn(path string, s *SignIn, preset Preset) {
	if !c.s.places.has(path) && *s == (SignIn{}) {
		return
	}
	if s.Method == "" {
		s.Method = preset.SignIn
	}
	if s.Method == "" {
		s.Method = SignInPassword
	}
	c.oneOf(path+".method", &s.Method, SignIns())
	if s.User != "" && !strings.Contains(s.User, userPlaceholder) {
		c.fail(path+".user", Say("{at}: {key} must contain {placeholder}, which stands for the account's own name, as in \"{placeholder}*admin\".",
			"placeholder", userPlaceholder))
	}
	if s.MailboxPasswords != "" && (len(s.MailboxPasswords) > longestSet || !ValidSecretName(s.MailboxPasswords)) {
		c.fail(path+".mailbox_passwords", Say("{at}: {key} is {value}, which cannot name a set of passwords. Write up to {most} lower-case letters and digits.",
			"value", show(s.MailboxPasswords), "most", strconv.Itoa(longestSet)))
	}
	for at, url := range map[string]*string{"token_url": &s.TokenURL, "device_url": &s.DeviceURL, "authorize_url": &s.AuthorizeURL} {
		if *url != "" {
			c.secureURL(path+"."+at, url)
		}
	}
	switch s.Method {
	case SignInMicrosoft365:
		c.signInMicrosoft365(path, s)
	case SignInGoogle:
		c.reference(path+".service_account", s.ServiceAccount)
	case SignInDevice, SignInPKCE:
		c.signInPerson(path, *s, preset)
	}
}

func (c *checker) signInMicrosoft365(path string, s *SignIn) {
	if s.Tenant == "" {
		c.fail(path+".tenant", Say("{at}: {key} is missing. Write your directory's ID or its domain, as in example.onmicrosoft.com."))
	}
	if s.Client == "" {
		c.fail(path+".client", Say("{at}: {key} is missing. Write the ID of the application that you registered."))
	}
	if s.Cloud != "" {
		c.oneOf(path+".cloud", &s.Cloud, []string{"global", "usgov", "dod", "china"})
	}
	switch {
	case s.Secret != "" && s.Certificate != "":
		c.fail(path+".certificate", Say("{at}: {key} and secret are both there. Keep one of them."))
	case s.Certificate == "":
		c.reference(path+".secret", s.Secret)
	}
	if s.Secret != "" && !c.s.places.has(path+".secret_expires") {
		c.warn(path+".secret_expires", Say("{at}: {key} is missing, so nobody is warned before the application's secret ends and the mirror stops. Write the day, as in 2027-03-31."))
	}
}

// signInPerson checks the methods by which one person signs in.
func (c *checker) signInPerson(path string, s SignIn, preset Preset) {
	if s.Client == "" {
		c.fail(path+".client", Say("{at}: {key} is missing. Write the ID of the application that you registered."))
	}
	if preset.SignIn != "" {
		return // the addresses are known
	}
	if s.TokenURL == "" {
		c.fail(path+".token_url", Say("{at}: {key} is missing. Write the address where the provider issues tokens."))
	}
	if s.Method == SignInDevice && s.DeviceURL == "" {
		c.fail(path+".device_url", Say("{at}: {key} is missing. Write the address where the provider gives out device codes."))
	}
	if s.Method == SignInPKCE && s.AuthorizeURL == "" {
		c.fail(path+".authorize_url", Say("{at}: {key} is missing. Write the address where the provider asks people to sign in."))
	}
}

// Date is a day, written as 2027-03-31 (ISO 8601), in the computer's own zone. It
// ends with the beginning of that day, to be on the safe side.
type Date struct{ time.Time }

// String returns the day as the settings write it; empty for none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// MarshalYAML writes the day as String does.
func (d Date) MarshalYAML() (any, error) { return d.String(), nil }

func (d *Date) setShort(text string) (Problem, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		*d = Date{}
		return Problem{}, true
	}
	at, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	if err != nil {
		return Say("{at}: {key} is {value}, which is no day. Write it like 2027-03-31.", "value", show(text)), false
	}
	*d = Date{at}
	return Problem{}, true
}
