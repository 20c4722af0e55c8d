package configs

import (
	"slices"
	"strings"
)

// Draft is what is known when a first settings file is written.
type Draft struct {
	Organization string
	Language     string // auto, en or ja; empty is auto
	Domains      []DraftDomain
	Primary      Provider
	Secondary    Provider // may be empty: it can be added later
	Recipients   []Recipient
	// CSV names a file of recipients, relative to the settings file.
	CSV string
	// MirrorDays is the mirror's window; 0 leaves the usual one.
	MirrorDays int
	// Translate tells the comments in another language, by English template and
	// named parts (as Tongue.T in package app/i18n does); nil leaves them English.
	Translate func(template string, parts ...any) string
}

// DraftDomain is a domain and what was seen of it.
type DraftDomain struct {
	Domain
	NameServers []string // told in a comment
	DNSTitle    string   // whose they are, as people call it; may be empty
}

// WriteNew writes a first settings file with a comment for each setting. It
// refuses to touch a file that exists, with an error for which errors.Is(err,
// fs.ErrExist) holds, and a draft that would not load, with its [Problems].
func WriteNew(file string, d Draft) error {
	text, err := d.text()
	if err != nil {
		return Say("{at} was not written: the settings cannot be put into words.").Because(err).at(place{file: file}, "")
	}
	if _, _, err := load(file, []byte(text), Options{}); err != nil {
		return err
	}
	return createNew(file, []byte(text), 0o600)
}

func (d Draft) text() (string, error) {
	p := &page{translate: d.Translate}
	p.comment(0, Say("The settings of Lifeboat. lifeboat.example.yaml explains every setting, also those that are not here. Passwords and keys are never written here: store them with \"lifeboat secret set NAME\" and write secret:NAME."))
	p.gap()
	p.comment(0, Say("Your organisation, as reports and notices call it."))
	p.value(0, "organization", d.Organization)
	p.gap()
	p.comment(0, Say("The language of what Lifeboat says: auto (the system's), en or ja."))
	language := d.Language
	if language == "" {
		language = Defaults().Language
	}
	p.value(0, "language", language)
	p.gap()
	p.comment(0, Say("The mail domains to keep alive."))
	p.line(0, "domains:")
	for _, domain := range d.Domains {
		p.domain(domain)
	}
	p.gap()
	d.providers(p)
	p.gap()
	d.recipients(p)
	d.mirror(p)
	p.later()
	return p.String(), p.err
}

func (p *page) domain(d DraftDomain) {
	p.item(1, "name", d.Name)
	if d.EmergencySubdomain != "" {
		p.comment(2, Say("Mail to this name below the domain goes to the secondary at all times."))
		p.value(2, "emergency_subdomain", d.EmergencySubdomain)
	}
	ttl := d.MXTTL
	if ttl == 0 {
		usual := Domain{}
		usual.setDefaults()
		ttl = usual.MXTTL
	}
	p.comment(2, Say("How long, in seconds, others may remember where mail goes. A switch takes as long to reach everybody."))
	p.value(2, "mx_ttl", ttl)
	p.dns(d)
	p.signing(d.Signing)
	p.override("primary", d.Primary)
	p.override("secondary", d.Secondary)
}

func (p *page) dns(d DraftDomain) {
	servers := strings.Join(d.NameServers, ", ")
	switch {
	case servers != "" && d.DNSTitle != "":
		p.comment(2, Say("Who hosts the DNS of the domain. Its name servers are those of {title}: {servers}.",
			"title", d.DNSTitle, "servers", servers))
	case servers != "":
		p.comment(2, Say("Who hosts the DNS of the domain. Its name servers are {servers}.", "servers", servers))
	default:
		p.comment(2, Say("Who hosts the DNS of the domain."))
	}
	p.line(2, "dns:")
	p.comment(3, Say("rfc2136 (a server that takes signed updates), cloudflare, or manual (a person changes the records on a web page and Lifeboat says what to type)."))
	p.value(3, "host", d.DNS.Host)
	if d.DNS.Zone != "" {
		p.comment(3, Say("The zone that holds the domain."))
		p.value(3, "zone", d.DNS.Zone)
	}
	switch {
	case d.DNS.RFC2136 != nil:
		p.line(3, "parameters:")
		p.comment(4, Say("The DNS server that takes the updates, and the TSIG key that signs them, as the server's configuration has it."))
		p.value(4, "server", d.DNS.RFC2136.Server)
		p.value(4, "key_name", d.DNS.RFC2136.KeyName)
		p.text(4, "algorithm", d.DNS.RFC2136.Algorithm)
		p.value(4, "secret", d.DNS.RFC2136.Secret)
	case d.DNS.Cloudflare != nil:
		p.line(3, "parameters:")
		p.comment(4, Say("An API token with the permission Zone.DNS: Edit for the zone. Store it with \"lifeboat secret set {name}\".",
			"name", d.DNS.Cloudflare.Token.Name()))
		p.value(4, "token", d.DNS.Cloudflare.Token)
		p.text(4, "api", d.DNS.Cloudflare.API)
	case d.DNS.Manual != nil:
		p.line(3, "parameters:")
		p.comment(4, Say("Whose web page it is: {known}.", "known", strings.Join(Consoles(), ", ")))
		p.value(4, "console", d.DNS.Manual.Console)
	}
}

func (p *page) override(role string, o Override) {
	if len(o.MX) == 0 && len(o.DKIMSelectors) == 0 {
		return
	}
	p.comment(2, Say("What is different for this domain at this provider."))
	p.line(2, role+":")
	p.mx(3, o.MX)
	p.selectors(3, o.DKIMSelectors)
}

func (d Draft) providers(p *page) {
	p.comment(0, Say("The two mail providers. A preset fills in what is not said: {known}.",
		"known", strings.Join(presetNames(), ", ")))
	p.line(0, "providers:")
	if d.Primary.Configured() {
		p.comment(1, Say("Where mail goes in calm times."))
		p.provider("primary", d.Primary)
		if !d.Primary.SignIn.Configured() {
			p.signInExample(d.Primary.Preset)
		}
		p.gap()
	}
	if d.Secondary.Configured() {
		p.comment(1, Say("Where mail goes while the primary is down. It must be another provider."))
		p.provider("secondary", d.Secondary)
		return
	}
	p.comment(1, Say("Where mail goes while the primary is down: another provider. Failover needs one; take away the # and name yours."))
	p.line(1, "# secondary:")
	p.line(1, "#   preset: fastmail")
}

func presetNames() []string {
	var names []string
	for _, preset := range Presets() {
		names = append(names, preset.Name)
	}
	return names
}

func (p *page) provider(role string, v Provider) {
	p.line(1, role+":")
	p.text(2, "preset", v.Preset)
	p.text(2, "name", v.Name)
	p.mx(2, v.MX)
	p.endpoint(2, "imap", v.IMAP)
	if v.Submission.Host != "" || v.Submission.Username != "" {
		p.comment(2, Say("Where outgoing mail is handed in, and who signs in there."))
		p.endpoint(2, "submission", v.Submission.Endpoint)
		if v.Submission.Host == "" {
			p.line(2, "submission:")
		}
		p.text(3, "username", v.Submission.Username)
		p.text(3, "password", v.Submission.Password.String())
	}
	p.signIn(v.SignIn)
	p.text(2, "spf_include", v.SPFInclude)
	p.selectors(2, v.DKIMSelectors)
	p.text(2, "ca_file", v.CAFile)
}

func (d Draft) recipients(p *page) {
	p.comment(0, Say("Everybody who must go on receiving mail. Each address is tried at the secondary before a switch, so that no mail is refused there."))
	p.line(0, "recipients:")
	lists := []struct {
		key     string
		kind    Kind
		comment Problem
	}{
		{"accounts", KindAccount, Say("People with a mailbox, one address a line.")},
		{"groups", KindGroup, Say("Addresses that hand mail on to several people.")},
		{"shared_mailboxes", KindShared, Say("Mailboxes that several people read.")},
	}
	for _, list := range lists {
		p.comment(1, list.comment)
		of := slices.DeleteFunc(slices.Clone(d.Recipients), func(r Recipient) bool { return r.Kind != list.kind })
		if len(of) == 0 {
			p.line(1, list.key+": []")
			continue
		}
		p.line(1, list.key+":")
		for _, r := range of {
			p.recipient(r, d.Recipients)
		}
	}
	p.comment(1, Say("Or a table beside this file, as Excel saves it, with the columns {columns}.",
		"columns", strings.Join(csvColumns(), ", ")))
	p.value(1, "csv", d.CSV)
}

func (p *page) recipient(r Recipient, all []Recipient) {
	p.item(2, "address", r.Address)
	p.text(3, "primary_user", r.PrimaryUser)
	p.text(3, "secondary_user", r.SecondaryUser)
	var aliases []string
	for _, a := range all {
		if a.Kind == KindAlias && a.Of == r.Address {
			aliases = append(aliases, a.Address)
		}
	}
	if len(aliases) > 0 {
		p.value(3, "aliases", aliases)
	}
	p.text(3, "primary_password", r.PrimaryPassword.String())
	p.text(3, "secondary_password", r.SecondaryPassword.String())
	if r.MirrorDays > 0 {
		p.value(3, "mirror_days", r.MirrorDays)
	}
	if r.SkipMirror {
		p.value(3, "skip_mirror", true)
	}
}

// signIn writes how mailboxes are signed in to.
func (p *page) signIn(s SignIn) {
	if !s.Configured() {
		return
	}
	p.comment(2, Say("How the mailboxes are signed in to. Secrets are kept elsewhere, under these names."))
	if s == (SignIn{Method: SignInPassword}) {
		p.value(2, "sign_in", s.Method)
		return
	}
	p.line(2, "sign_in:")
	p.value(3, "method", s.Method)
	for _, v := range []struct{ key, text string }{
		{"user", s.User}, {"password", s.Password.String()}, {"mailbox_passwords", s.MailboxPasswords}, {"tenant", s.Tenant}, {"client", s.Client}, {"cloud", s.Cloud},
		{"secret", s.Secret.String()}, {"secret_expires", s.SecretExpires.String()}, {"certificate", s.Certificate.String()},
		{"service_account", s.ServiceAccount.String()}, {"token_url", s.TokenURL}, {"device_url", s.DeviceURL},
		{"authorize_url", s.AuthorizeURL}, {"scope", s.Scope},
	} {
		p.text(3, v.key, v.text)
	}
}

// mirror writes the mirror's window, as a comment where it is the usual one.
func (d Draft) mirror(p *page) {
	if d.MirrorDays == 0 {
		p.gap()
		p.comment(0, Say("The mirror keeps recent mail of every mailbox here, encrypted, for reading while the primary is down. It begins when the primary has a sign_in: take away the # there, store what it names with \"lifeboat secret set NAME\", and run \"lifeboat mirror\"."))
		p.example("mirror:", "  days: 30")
		return
	}
	p.gap()
	p.comment(0, Say("How many days back mail of every mailbox is kept here as well, encrypted, for reading while the primary is down."))
	p.line(0, "mirror:")
	p.value(1, "days", d.MirrorDays)
}
