package configs

import (
	"slices"
	"time"
)

// Settings is lifeboat.yaml, checked and normalised, as [Load] returns it; it is
// not changed afterwards and may be read by several goroutines. The struct tags
// are the file's keys; lifeboat.example.yaml explains each of them.
type Settings struct {
	Organization string     `yaml:"organization"`
	Language     string     `yaml:"language"` // auto, en or ja
	Resolver     Resolver   `yaml:"resolver"`
	Domains      []Domain   `yaml:"domains"`
	Providers    Providers  `yaml:"providers"`
	Recipients   Recipients `yaml:"recipients"`
	Mirror       Mirror     `yaml:"mirror"`
	Relay        Relay      `yaml:"relay"`
	Preflight    Preflight  `yaml:"preflight"`
	Detect       Detect     `yaml:"detect"`
	People       []Person   `yaml:"people"`
	Targets      Targets    `yaml:"targets"`
	Runcard      Runcard    `yaml:"runcard"`

	file     string
	places   places
	presets  []Preset
	byDomain map[string][]Recipient // all recipients
	leftOut  []Problem              // rows of recipients' files that nobody could read
}

// Resolver says whom to ask about DNS, besides the authoritative servers.
type Resolver struct {
	// Servers are recursive resolvers, as "address:port"; none means the
	// system's.
	Servers []string `yaml:"servers"`
	// DoH are the URLs of DNS over HTTPS services (RFC 8484); none means that
	// none is asked.
	DoH []string `yaml:"doh"`
	// Controls are mail hosts of organisations that have nothing to do with the
	// providers, as "host:port". When none of them answers on port 25, our own
	// line blocks it.
	Controls []string `yaml:"controls"`
	// AuthorityPort is the port at which authoritative servers are asked: 53,
	// except in a laboratory.
	AuthorityPort uint16 `yaml:"authority_port"`
}

// Domain is a mail domain to keep alive.
type Domain struct {
	Name string `yaml:"name"`
	// EmergencySubdomain is a full name below Name once loaded (the file may say
	// just the label), or empty. Its mail goes to the secondary at all times.
	EmergencySubdomain string `yaml:"emergency_subdomain"`
	MXTTL              uint32 `yaml:"mx_ttl"` // seconds
	DNS                DNS    `yaml:"dns"`
	// Signing is the domain's own DKIM key; zero: its mail is not signed here.
	Signing Signing `yaml:"signing"`
	// Primary and Secondary hold what is different for this domain.
	Primary    Override   `yaml:"primary"`
	Secondary  Override   `yaml:"secondary"`
	Recipients Recipients `yaml:"recipients"`
}

// The DNS hosts that Lifeboat can work with.
const (
	HostRFC2136    = "rfc2136"
	HostCloudflare = "cloudflare"
	HostManual     = "manual"
)

// DNS says who hosts a domain's zone and how its records are changed. Exactly
// the parameters of Host are set.
type DNS struct {
	Host string `yaml:"host"` // HostRFC2136, HostCloudflare or HostManual
	// Zone is the zone that holds the domain; empty means that it is to be
	// discovered.
	Zone       string      `yaml:"zone"`
	RFC2136    *RFC2136    `yaml:"parameters" when:"host=rfc2136"`
	Cloudflare *Cloudflare `yaml:"parameters" when:"host=cloudflare"`
	Manual     *Manual     `yaml:"parameters" when:"host=manual"`
}

// RFC2136 is a server that takes dynamic updates (RFC 2136) signed with TSIG
// (RFC 8945).
type RFC2136 struct {
	Server    string    `yaml:"server"` // host:port
	KeyName   string    `yaml:"key_name"`
	Algorithm string    `yaml:"algorithm"` // one of TSIGAlgorithms
	Secret    SecretRef `yaml:"secret"`    // refers to the key in base64
}

// Cloudflare is a zone at Cloudflare, changed over its API.
type Cloudflare struct {
	Token SecretRef `yaml:"token"` // refers to an API token with Zone.DNS edit
	API   string    `yaml:"api"`   // base URL without a final slash
}

// Manual is a DNS host whose records a person changes on a web page.
type Manual struct {
	Console string `yaml:"console"` // one of Consoles
}

// Override is what one domain has different from the provider's settings.
type Override struct {
	MX            []MX       `yaml:"mx"`
	DKIMSelectors []Selector `yaml:"dkim_selectors"`
}

// Providers are the two mail hosts.
type Providers struct {
	Primary   Provider `yaml:"primary"`
	Secondary Provider `yaml:"secondary"`
}

// Provider is a mail host: what the settings add to its preset. In the answer
// of [Settings.ProvidersOf] it is complete.
type Provider struct {
	Preset        string     `yaml:"preset" short:""`
	Name          string     `yaml:"name"` // as people call it
	MX            []MX       `yaml:"mx"`
	IMAP          Endpoint   `yaml:"imap"`
	Submission    Submission `yaml:"submission"`
	SignIn        SignIn     `yaml:"sign_in"`     // to the mailboxes
	SPFInclude    string     `yaml:"spf_include"` // the name of its SPF "include:" (RFC 7208 section 5.2)
	DKIMSelectors []Selector `yaml:"dkim_selectors"`
	SendingLimits Limits     `yaml:"sending_limits"`
	// CAFile is a PEM file of certificate authorities to trust, beside the
	// system's, for this provider's servers; an absolute path or relative to the
	// settings file as written, complete once loaded.
	CAFile string `yaml:"ca_file"`
	// StatusPage is the URL of the provider's incidents as JSON, in the format of
	// Google's (www.google.com/appsstatus/dashboard/incidents.json).
	StatusPage string `yaml:"status_page"`
}

// Configured reports whether there is such a provider at all.
func (p Provider) Configured() bool { return p.Preset != "" || len(p.MX) > 0 }

// The ways of protecting a connection. There is no third: nothing is sent in
// the clear.
const (
	TLSImplicit = "implicit" // TLS from the first byte (RFC 8314)
	TLSStart    = "starttls" // STARTTLS (RFC 3207), which must succeed
)

// Endpoint is where a service listens.
type Endpoint struct {
	Host string `yaml:"host"`
	Port uint16 `yaml:"port"`
	TLS  string `yaml:"tls"` // TLSImplicit or TLSStart
}

// Submission is a smart host that takes outgoing mail (RFC 6409). With a Username
// that one credential hands in everybody's mail; without, each sender their own.
type Submission struct {
	Endpoint `yaml:",inline"`
	Username string    `yaml:"username"`
	Password SecretRef `yaml:"password"`
}

// Selector is a DKIM key record of a provider (RFC 6376 section 3.6.2): the
// name left of "._domainkey.DOMAIN".
type Selector struct {
	Selector string `yaml:"selector"`
	Type     string `yaml:"type"` // CNAME or TXT
	Value    string `yaml:"value"`
}

// Limits are what a provider lets one sender send; 0 is no known limit.
type Limits struct {
	MessagesPerMinute int `yaml:"messages_per_minute"`
	RecipientsPerDay  int `yaml:"recipients_per_day"`
	Connections       int `yaml:"connections"` // at once
}

// Recipients lists who must go on receiving mail. The lists and the CSV file
// may be used together.
type Recipients struct {
	Accounts        []Mailbox `yaml:"accounts"`
	Groups          []Group   `yaml:"groups"`
	SharedMailboxes []Mailbox `yaml:"shared_mailboxes"`
	CSV             string    `yaml:"csv"` // a file, relative to the settings file

	rows []Recipient // out of the CSV file
}

// Mailbox is an address that people sign in for.
type Mailbox struct {
	Address       string   `yaml:"address" short:""`
	PrimaryUser   string   `yaml:"primary_user"`   // sign-in name at the primary; empty: the address
	SecondaryUser string   `yaml:"secondary_user"` // the same at the secondary
	Aliases       []string `yaml:"aliases"`
	// PrimaryPassword is the password at the primary, for the mirror and for sending; empty: that of
	// the sign-in, or the one stored for the address ([MailboxSecret]).
	PrimaryPassword SecretRef `yaml:"primary_password"`
	// SecondaryPassword is that at the secondary, for sending; empty: that of the
	// sign-in, or the one stored for the address ([MailboxSecretAt]).
	SecondaryPassword SecretRef `yaml:"secondary_password"`
	MirrorDays        int       `yaml:"mirror_days"` // 0: as many as the mirror's
	SkipMirror        bool      `yaml:"skip_mirror"`
}

// Group is an address that hands mail on to several people.
type Group struct {
	Address string   `yaml:"address" short:""`
	Aliases []string `yaml:"aliases"`
}

// Preflight says how the recipients are tried at the secondary.
type Preflight struct {
	RcptPerSecond float64 `yaml:"rcpt_per_second"`
	MaxAge        Hours   `yaml:"max_age"`
}

// Hours is a duration that the file gives in whole hours.
type Hours int

// Duration returns the hours as time.
func (h Hours) Duration() time.Duration { return time.Duration(h) * time.Hour }

// TSIGAlgorithms lists the algorithms for signing dynamic updates (RFC 8945
// section 6), the default first. HMAC-MD5 is left out on purpose.
func TSIGAlgorithms() []string {
	return []string{"hmac-sha256", "hmac-sha512", "hmac-sha384", "hmac-sha224", "hmac-sha1"}
}

// Consoles lists the web consoles whose fields Lifeboat knows by name; "generic"
// is any other.
func Consoles() []string {
	return []string{
		"onamae", "muumuu", "xserver", "sakura", "value-domain", "godaddy", "namecheap", "generic",
	}
}

func dnsHosts() []string { return []string{HostRFC2136, HostCloudflare, HostManual} }

// Defaults returns the settings of an empty file. Lists are fresh ones, so that
// callers may change them.
func Defaults() Settings {
	return Settings{
		Language: "auto",
		Resolver: Resolver{
			// By address, so that they work while the system's resolver does not. The
			// operators (Cloudflare, Google) are independent of each other.
			DoH: []string{"https://1.1.1.1/dns-query", "https://8.8.8.8/dns-query"},
			Controls: []string{
				"gmail-smtp-in.l.google.com:25",
				"outlook-com.olc.protection.outlook.com:25",
				"mx01.mail.icloud.com:25",
			},
			AuthorityPort: 53,
		},
		Mirror:    usualMirror(),
		Relay:     usualRelay(),
		Preflight: Preflight{RcptPerSecond: 2, MaxAge: maxAgeHours},
		Detect:    usualDetect(),
	}
}

// maxAgeHours is both the default and the limit of preflight.max_age: evidence
// older than a day is none.
const maxAgeHours = 24

const cloudflareAPI = "https://api.cloudflare.com/client/v4"

func (d *Domain) setDefaults()     { d.MXTTL = 300 }
func (r *RFC2136) setDefaults()    { r.Algorithm = TSIGAlgorithms()[0] }
func (c *Cloudflare) setDefaults() { c.API = cloudflareAPI }
func (m *Manual) setDefaults()     { m.Console = "generic" }

// File returns the path that the settings were loaded from.
func (s *Settings) File() string { return s.file }

// Domain returns the settings of a domain. The name may be written in any case,
// as U-labels, or with a trailing dot.
func (s *Settings) Domain(name string) (Domain, bool) {
	i := s.domainIndex(name)
	if i < 0 {
		return Domain{}, false
	}
	return s.Domains[i], true
}

func (s *Settings) domainIndex(name string) int {
	ascii, ok := domainName(name)
	if !ok {
		return -1
	}
	return slices.IndexFunc(s.Domains, func(d Domain) bool { return d.Name == ascii })
}
