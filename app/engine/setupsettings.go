package engine

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"lifeboat/configs"
	"lifeboat/failover"
)

// chosen reports whether a provider was chosen at all.
func (p SetupProvider) chosen() bool {
	return p.Preset != NoneYet && (p.Preset != "" || len(p.MX) > 0 || p.IMAP != "" || p.Submission != "")
}

func (d SetupDraft) side(side Side) SetupProvider {
	if side == SidePrimary {
		return d.Primary
	}
	return d.Secondary
}

// settings puts a draft into the words of package configs. What cannot be put into
// them is a problem; the rest is checked there.
func (s *Setup) settings(d SetupDraft) (configs.Draft, configs.Problems) {
	out := configs.Draft{Organization: d.Organization, Language: d.Language, Translate: s.opt.Translate}
	var problems configs.Problems
	for _, side := range []Side{SidePrimary, SideSecondary} {
		p, bad := s.providerFor(d, side)
		problems = append(problems, bad...)
		if side == SidePrimary {
			out.Primary = p
		} else {
			out.Secondary = p
		}
	}
	if d.MirrorDays > 0 && d.MirrorDays != configs.Defaults().Mirror.Days {
		out.MirrorDays = d.MirrorDays
	}
	domain := configs.DraftDomain{Domain: configs.Domain{
		Name: strings.TrimSpace(d.Domain), EmergencySubdomain: strings.TrimSpace(d.Emergency), DNS: s.dnsFor(d),
	}}
	if d.Found != nil {
		domain.DNSTitle = d.Found.DNSHostName
		for _, n := range d.Found.NameServers {
			domain.NameServers = append(domain.NameServers, failover.Display(n))
		}
	}
	out.Domains = []configs.DraftDomain{domain}
	out.Recipients = recipientsFor(d.Recipients)
	return out, problems
}

// providerFor is a side's provider as the settings have it.
func (s *Setup) providerFor(d SetupDraft, side Side) (configs.Provider, configs.Problems) {
	p := d.side(side)
	if !p.chosen() {
		return configs.Provider{}, nil
	}
	out := configs.Provider{
		Preset: p.Preset, Name: strings.TrimSpace(p.Name), MX: mxFor(p.MX), SPFInclude: strings.TrimSpace(p.SPFInclude),
		CAFile: strings.TrimSpace(p.CAFile), IMAP: endpointFor(p.IMAP, p.IMAPTLS),
	}
	if out.Preset == "" {
		out.Preset = genericPreset
	}
	out.Submission.Endpoint = endpointFor(p.Submission, p.SubmitTLS)
	out.Submission.Username = strings.TrimSpace(p.Username)
	for _, k := range p.DKIM {
		out.DKIMSelectors = append(out.DKIMSelectors, configs.Selector(k))
	}
	names := s.namesFor(d, side)
	var problems configs.Problems
	if out.Submission.Username != "" && (p.Method == configs.SignInPassword || p.Method == "") {
		out.Submission.Password = names.password
	}
	if out.SignIn, problems = p.signIn(side, names); out.SignIn.Configured() {
		out.SignIn.MailboxPasswords = s.passwordSet(d, side)
	}
	if old := s.baseOfSide(side).SignIn; old.Method == out.SignIn.Method && old.Configured() {
		// What a draft does not say stays.
		out.SignIn.Cloud, out.SignIn.Scope, out.SignIn.Certificate = old.Cloud, old.Scope, old.Certificate
		out.SignIn.TokenURL, out.SignIn.DeviceURL, out.SignIn.AuthorizeURL = old.TokenURL, old.DeviceURL, old.AuthorizeURL
		if old.Certificate != "" || old.Method == configs.SignInDevice || old.Method == configs.SignInPKCE {
			out.SignIn.Secret = old.Secret
		}
	}
	for i := range problems {
		problems[i].File = s.opt.File
	}
	return out, problems
}

// secretNames are the names under which the settings refer to a provider's secrets.
type secretNames struct{ password, application, serviceAccount configs.SecretRef }

// namesFor are those that the settings have already, or usual ones. What is entered for
// another provider or another credential is kept under names of its own: until it is
// written, and if it never is, the settings go on with what they have.
func (s *Setup) namesFor(d SetupDraft, side Side) secretNames {
	n := secretNames{
		password: configs.SecretRef(side + "-password"), application: configs.SecretRef(side + "-microsoft365"),
		serviceAccount: configs.SecretRef(side + "-google"),
	}
	p := s.baseOfSide(side)
	for at, have := range map[*configs.SecretRef]configs.SecretRef{&n.application: p.SignIn.Secret, &n.serviceAccount: p.SignIn.ServiceAccount} {
		if have != "" {
			*at = have
		}
	}
	switch {
	case p.SignIn.Password != "":
		n.password = p.SignIn.Password
	case p.Submission.Password != "":
		n.password = p.Submission.Password
	}
	if s.base != nil && p.Configured() && d.side(side).elsewhere(setupProviderOf(p, configs.Override{})) {
		for _, at := range []*configs.SecretRef{&n.password, &n.application, &n.serviceAccount} {
			*at = s.unnamed(*at)
		}
	}
	return n
}

// elsewhere reports whether a provider's credentials are for other servers, another
// application or another user than those of a provider before.
func (p SetupProvider) elsewhere(before SetupProvider) bool {
	host := func(text string) string { return strings.ToLower(endpointFor(text, "").Host) }
	for _, pair := range [][2]string{
		{p.Preset, before.Preset}, {host(p.IMAP), host(before.IMAP)}, {host(p.Submission), host(before.Submission)},
		{p.User, before.User}, {p.Username, before.Username}, {p.Tenant, before.Tenant}, {p.Client, before.Client},
	} {
		if !strings.EqualFold(strings.TrimSpace(pair[0]), strings.TrimSpace(pair[1])) {
			return true
		}
	}
	return false
}

// unnamed is the name of a secret that the settings do not name, made of one that they do
// or that is usual.
func (s *Setup) unnamed(ref configs.SecretRef) configs.SecretRef {
	named := secretsNamed(s.base)
	for n := 2; slices.Contains(named, ref.Name()); n++ {
		ref = configs.SecretRef(strings.TrimSuffix(ref.Name(), "-"+strconv.Itoa(n-1)) + "-" + strconv.Itoa(n))
	}
	return ref
}

// baseOfSide is a provider as the settings have it now.
func (s *Setup) baseOfSide(side Side) configs.Provider {
	switch {
	case s.base == nil:
		return configs.Provider{}
	case side == SidePrimary:
		return s.base.Providers.Primary
	}
	return s.base.Providers.Secondary
}

// signIn is how the mailboxes are signed in to.
func (p SetupProvider) signIn(side Side, names secretNames) (configs.SignIn, configs.Problems) {
	out := configs.SignIn{Method: p.Method, User: strings.TrimSpace(p.User), Tenant: strings.TrimSpace(p.Tenant), Client: strings.TrimSpace(p.Client)}
	switch p.Method {
	case "":
		return configs.SignIn{}, nil
	case configs.SignInPassword:
		out.Tenant, out.Client = "", ""
		switch {
		case p.Each:
		case side == SidePrimary || p.Username == "" || out.User != "":
			out.Password = names.password
		default:
			return configs.SignIn{}, nil // one user hands in everybody's mail; there is no way into others' mailboxes
		}
	case configs.SignInMicrosoft365:
		out.Secret = names.application
		if text := strings.TrimSpace(p.SecretExpires); text != "" {
			day, err := time.ParseInLocation(time.DateOnly, text, time.Local)
			if err != nil {
				bad := configs.Say("{at}: {key} is {value}, which is no day. Write it like 2027-03-31.", "value", text)
				bad.Key = "providers." + string(side) + ".sign_in.secret_expires"
				return out, configs.Problems{bad}
			}
			out.SecretExpires = configs.Date{Time: day}
		}
	case configs.SignInGoogle:
		out.Tenant, out.Client, out.ServiceAccount = "", "", names.serviceAccount
	}
	return out, nil
}

// mxFor reads MX hosts as people enter them: with their preference, or in order.
func mxFor(texts []string) []configs.MX {
	const apart = 10 // preferences of hosts that were given in order
	var out []configs.MX
	for i, text := range texts {
		fields := strings.Fields(text)
		switch len(fields) {
		case 0:
			continue
		case 1:
			out = append(out, configs.MX{Preference: uint16(min((i+1)*apart, 1<<16-1)), Host: strings.TrimSuffix(fields[0], ".")})
			continue
		}
		preference, err := strconv.ParseUint(fields[0], 10, 16)
		if err != nil || len(fields) > 2 {
			out = append(out, configs.MX{Preference: apart, Host: text}) // refused as no host's name
			continue
		}
		out = append(out, configs.MX{Preference: uint16(preference), Host: strings.TrimSuffix(fields[1], ".")})
	}
	return out
}

// endpointFor reads "host" or "host:port". A port that is none stays in the name, and
// is refused with it.
func endpointFor(text, security string) configs.Endpoint {
	text = strings.TrimSpace(text)
	if text == "" {
		return configs.Endpoint{}
	}
	if host, port, err := net.SplitHostPort(text); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil && n > 0 {
			return configs.Endpoint{Host: host, Port: uint16(n), TLS: security}
		}
	}
	return configs.Endpoint{Host: text, TLS: security}
}

// dnsFor is who changes the records; a person, as long as nobody is chosen.
func (s *Setup) dnsFor(d SetupDraft) configs.DNS {
	out := configs.DNS{Host: d.DNS.Host, Zone: strings.TrimSpace(d.DNS.Zone)}
	key, token := configs.SecretRef(tsigSecret), configs.SecretRef(cloudflareSecret)
	if s.base != nil {
		if now, ok := s.base.Domain(d.Domain); ok && now.DNS.RFC2136 != nil {
			key = now.DNS.RFC2136.Secret
			if was := setupDNSOf(now.DNS); d.DNS.Server != was.Server || d.DNS.KeyName != was.KeyName {
				key = s.unnamed(key) // as in namesFor
			}
		} else if ok && now.DNS.Cloudflare != nil {
			token = now.DNS.Cloudflare.Token
		}
	}
	switch out.Host {
	case configs.HostRFC2136:
		out.RFC2136 = &configs.RFC2136{
			Server: strings.TrimSpace(d.DNS.Server), KeyName: strings.TrimSpace(d.DNS.KeyName), Algorithm: d.DNS.Algorithm, Secret: key,
		}
	case configs.HostCloudflare:
		out.Cloudflare = &configs.Cloudflare{Token: token, API: d.DNS.API}
	case configs.HostManual, "":
		out.Host = configs.HostManual
		out.Manual = &configs.Manual{Console: d.DNS.Console}
		if out.Manual.Console == "" {
			out.Manual.Console = genericConsole
		}
	}
	return out
}

const genericConsole = "generic"

// recipientsFor lists recipients one by one, as package configs does.
func recipientsFor(list []SetupRecipient) []configs.Recipient {
	var out []configs.Recipient
	for _, r := range list {
		if r.File != "" {
			continue // listed by that file
		}
		out = append(out, configs.Recipient{
			Address: r.Address, Kind: kindOf(r.Kind), PrimaryUser: r.PrimaryUser, SecondaryUser: r.SecondaryUser,
		})
		for _, a := range r.Aliases {
			out = append(out, configs.Recipient{Address: a, Kind: configs.KindAlias, Of: r.Address})
		}
	}
	return out
}

func kindOf(text string) configs.Kind {
	if k := configs.Kind(text); slices.Contains([]configs.Kind{configs.KindGroup, configs.KindShared}, k) {
		return k
	}
	return configs.KindAccount
}

// Provider is what counts of a provider: what was entered, laid over its preset.
func (s *Setup) Provider(side Side) SetupProvider {
	d := s.Draft()
	p := d.side(side)
	preset, ok := configs.PresetNamed(p.Preset)
	if !ok {
		return p
	}
	if p.Name == "" && p.Preset != genericPreset {
		p.Name = preset.Title
	}
	if len(p.MX) == 0 {
		domain := strings.TrimSuffix(failover.FQDN(d.Domain), ".")
		fill := strings.NewReplacer("{domain}", domain, "{domain-dashes}", strings.ReplaceAll(domain, ".", "-"))
		for _, m := range preset.MX {
			p.MX = append(p.MX, configs.MX{Preference: m.Preference, Host: fill.Replace(m.Host)}.String())
		}
	}
	if p.IMAP == "" {
		p.IMAP, p.IMAPTLS = endpointText(preset.IMAP), preset.IMAP.TLS
	}
	if p.Submission == "" {
		p.Submission, p.SubmitTLS = endpointText(preset.Submission), preset.Submission.TLS
	}
	if p.SPFInclude == "" {
		p.SPFInclude = preset.SPFInclude
	}
	return p
}

// Problems says what would keep the settings from being written.
func (s *Setup) Problems() []configs.Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.parsed()
	return configs.ProblemsIn(err)
}

// parsed are the settings as they would be; call it with the lock held.
func (s *Setup) parsed() (*configs.Settings, error) {
	d := s.draft.copy()
	draft, problems := s.settings(d)
	if len(problems) > 0 {
		return nil, problems
	}
	var text string
	var err error
	if s.base == nil {
		text, err = draft.Text(s.opt.File)
	} else {
		text = s.amended(d, draft).editor.Text()
	}
	if err != nil {
		return nil, err
	}
	out, _, err := configs.Parse(s.opt.File, []byte(text), configs.Options{Env: s.opt.Env})
	return out, err
}
