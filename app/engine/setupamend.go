package engine

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"lifeboat/configs"
	"lifeboat/failover"
)

// amendment brings a draft into settings that exist: only what is otherwise than they
// have it is set, so that comments and order stay.
type amendment struct {
	editor *configs.Editor
	set    []string // keys, in the order in which they were changed
}

func (a *amendment) put(key string, value any) {
	a.editor.Set(key, value)
	a.set = append(a.set, key)
}

// text sets a text, or takes the key away when there is none.
func (a *amendment) text(key, old, now string) {
	switch {
	case old == now:
	case now == "":
		a.editor.Remove(key)
		a.set = append(a.set, key)
	default:
		a.put(key, now)
	}
}

// amended makes the amendment in memory. draft is the same as d in other words.
func (s *Setup) amended(d SetupDraft, draft configs.Draft) *amendment {
	a := &amendment{editor: configs.Edit(s.opt.File)}
	now := draftOf(s.base, cmp.Or(d.Domain, s.opt.Domain))
	a.text("organization", now.Organization, d.Organization)
	if language := cmp.Or(d.Language, configs.Defaults().Language); language != now.Language {
		a.put("language", language)
	}
	i := slices.IndexFunc(s.base.Domains, func(o configs.Domain) bool { return sameName(o.Name, d.Domain) })
	if i < 0 {
		domain := draft.Domains[0].Domain
		i = len(s.base.Domains)
		a.put(fmt.Sprintf("domains[%d]", i), domainEntry{domain.Name, domain.EmergencySubdomain, setupDNSEntry(domain.DNS), nil})
	} else {
		a.domain(fmt.Sprintf("domains[%d]", i), now, d, s.base.Domains[i].DNS, draft.Domains[0].DNS)
	}
	own := [2]configs.Override{}
	if i < len(s.base.Domains) {
		own[0], own[1] = s.base.Domains[i].Primary, s.base.Domains[i].Secondary
	}
	a.provider(providerChange{
		key: "providers.primary", own: fmt.Sprintf("domains[%d].primary", i), base: s.base.Providers.Primary, override: own[0],
		now: now.Primary, want: d.Primary, full: draft.Primary,
	})
	a.provider(providerChange{
		key: "providers.secondary", own: fmt.Sprintf("domains[%d].secondary", i), base: s.base.Providers.Secondary, override: own[1],
		now: now.Secondary, want: d.Secondary, full: draft.Secondary,
	})
	a.recipients(s.base, d, s.moved(d, SidePrimary), s.moved(d, SideSecondary))
	if days := cmp.Or(d.MirrorDays, configs.Defaults().Mirror.Days); days != s.base.Mirror.Days {
		a.put("mirror.days", days)
	}
	return a
}

func (a *amendment) domain(key string, now, d SetupDraft, base, dns configs.DNS) {
	a.text(key+".emergency_subdomain", now.Emergency, strings.TrimSpace(d.Emergency))
	have, want := now.DNS, setupDNSOf(dns)
	if want.Host == configs.HostRFC2136 {
		want.Algorithm = cmp.Or(want.Algorithm, configs.TSIGAlgorithms()[0])
	}
	if want.Host == configs.HostCloudflare {
		want.API = cmp.Or(want.API, have.API)
	}
	switch {
	case have == want:
	case have.Host != want.Host:
		a.put(key+".dns", setupDNSEntry(dns))
	default:
		at := key + ".dns."
		a.text(at+"zone", have.Zone, want.Zone)
		at += "parameters."
		a.text(at+"server", have.Server, want.Server)
		a.text(at+"key_name", have.KeyName, want.KeyName)
		if dns.RFC2136 != nil && base.RFC2136 != nil {
			a.text(at+"secret", base.RFC2136.Secret.String(), dns.RFC2136.Secret.String())
		}
		a.text(at+"algorithm", have.Algorithm, want.Algorithm)
		a.text(at+"api", have.API, want.API)
		a.text(at+"console", have.Console, want.Console)
	}
}

func setupDNSEntry(d configs.DNS) dnsEntry {
	out := entryOf(d)
	if d.RFC2136 != nil && d.RFC2136.Algorithm != "" {
		out.Parameters["algorithm"] = d.RFC2136.Algorithm
	}
	if d.Cloudflare != nil && d.Cloudflare.API != "" {
		out.Parameters["api"] = d.Cloudflare.API
	}
	return out
}

// providerChange is a provider as it is and as it is to be.
type providerChange struct {
	key, own  string // of the provider, and of what one domain has otherwise
	base      configs.Provider
	override  configs.Override
	now, want SetupProvider
	full      configs.Provider // want, in the words of the settings
}

func (a *amendment) provider(c providerChange) {
	if !c.want.chosen() {
		if c.now.chosen() {
			a.editor.Remove(c.key)
			a.set = append(a.set, c.key)
		}
		return
	}
	now, want := c.now.settled(), c.want.settled()
	if reflect.DeepEqual(now, want) {
		return
	}
	if reflect.DeepEqual(c.base, configs.Provider{Preset: c.base.Preset}) && c.base.Preset != "" {
		// It may be written in one word; below it is room for more.
		a.editor.Set(c.key, map[string]string{"preset": c.base.Preset})
	}
	if c.base.Preset != "" || c.full.Preset != genericPreset || !c.now.chosen() {
		a.text(c.key+".preset", c.base.Preset, c.full.Preset)
	}
	a.text(c.key+".name", now.Name, want.Name)
	if !slices.Equal(now.MX, want.MX) {
		at := c.key
		if len(c.override.MX) > 0 {
			at = c.own
		}
		a.list(at+".mx", len(c.full.MX), mxTexts(c.full.MX))
	}
	a.endpoint(c.key+".imap", c.base.IMAP, c.full.IMAP)
	a.endpoint(c.key+".submission", c.base.Submission.Endpoint, c.full.Submission.Endpoint)
	a.text(c.key+".submission.username", c.base.Submission.Username, c.full.Submission.Username)
	a.text(c.key+".submission.password", c.base.Submission.Password.String(), c.full.Submission.Password.String())
	a.signIn(c)
	a.text(c.key+".ca_file", now.CAFile, want.CAFile)
	a.text(c.key+".spf_include", now.SPFInclude, want.SPFInclude)
	if !slices.Equal(now.DKIM, want.DKIM) {
		at := c.key
		if len(c.override.DKIMSelectors) > 0 {
			at = c.own
		}
		var list []map[string]string
		for _, k := range want.DKIM {
			list = append(list, map[string]string{"selector": k.Selector, "type": k.Type, "value": k.Value})
		}
		a.list(at+".dkim_selectors", len(list), list)
	}
}

// settled is what of a provider the settings say, in one way of writing it.
func (p SetupProvider) settled() SetupProvider {
	p.Told, p.Trial = nil, ""
	p.MX = mxTexts(mxFor(p.MX))
	for _, text := range []*string{&p.Name, &p.IMAP, &p.Submission, &p.User, &p.Username, &p.Tenant, &p.Client, &p.SecretExpires, &p.CAFile, &p.SPFInclude} {
		*text = strings.TrimSpace(*text)
	}
	if len(p.DKIM) == 0 {
		p.DKIM = nil
	}
	return p
}

func mxTexts(list []configs.MX) []string {
	var out []string
	for _, m := range list {
		out = append(out, m.String())
	}
	return out
}

func (a *amendment) list(key string, length int, value any) {
	if length == 0 {
		a.editor.Remove(key)
		a.set = append(a.set, key)
		return
	}
	a.put(key, value)
}

func (a *amendment) endpoint(key string, old, now configs.Endpoint) {
	if old == now {
		return
	}
	a.text(key+".host", old.Host, now.Host)
	switch {
	case old.Port == now.Port:
	case now.Port == 0:
		a.editor.Remove(key + ".port")
	default:
		a.put(key+".port", now.Port)
	}
	a.text(key+".tls", old.TLS, now.TLS)
}

func (a *amendment) signIn(c providerChange) {
	key, old, now := c.key+".sign_in", c.base.SignIn, c.full.SignIn
	switch {
	case old == now:
		return
	case !now.Configured():
		a.editor.Remove(key)
		a.set = append(a.set, key)
		return
	case old == (configs.SignIn{Method: old.Method}) && old.Method != "":
		a.editor.Set(key, map[string]string{"method": old.Method}) // as above
	}
	for _, v := range []struct{ key, old, now string }{
		{"method", old.Method, now.Method}, {"user", old.User, now.User}, {"password", old.Password.String(), now.Password.String()},
		{"mailbox_passwords", old.MailboxPasswords, now.MailboxPasswords},
		{"tenant", old.Tenant, now.Tenant}, {"client", old.Client, now.Client}, {"cloud", old.Cloud, now.Cloud},
		{"secret", old.Secret.String(), now.Secret.String()}, {"secret_expires", old.SecretExpires.String(), now.SecretExpires.String()},
		{"certificate", old.Certificate.String(), now.Certificate.String()}, {"service_account", old.ServiceAccount.String(), now.ServiceAccount.String()},
		{"token_url", old.TokenURL, now.TokenURL}, {"device_url", old.DeviceURL, now.DeviceURL}, {"authorize_url", old.AuthorizeURL, now.AuthorizeURL},
		{"scope", old.Scope, now.Scope},
	} {
		a.text(key+"."+v.key, v.old, v.now)
	}
}

// mailboxEntry and groupEntry are recipients as people read them.
type (
	mailboxEntry struct {
		Address           string   `yaml:"address"`
		PrimaryUser       string   `yaml:"primary_user,omitempty"`
		SecondaryUser     string   `yaml:"secondary_user,omitempty"`
		Aliases           []string `yaml:"aliases,omitempty"`
		PrimaryPassword   string   `yaml:"primary_password,omitempty"`
		SecondaryPassword string   `yaml:"secondary_password,omitempty"`
		MirrorDays        int      `yaml:"mirror_days,omitempty"`
		SkipMirror        bool     `yaml:"skip_mirror,omitempty"`
	}
	groupEntry struct {
		Address string   `yaml:"address"`
		Aliases []string `yaml:"aliases,omitempty"`
	}
)

// recipients changes entries where they stand, takes those away that are gone, and
// adds new ones at the end. Where the mailboxes of a side are at another provider now,
// the passwords that entries name are left behind.
func (a *amendment) recipients(base *configs.Settings, d SetupDraft, primaryMoved, secondaryMoved bool) {
	places := placesOfRecipients(base, strings.TrimSuffix(failover.FQDN(d.Domain), "."))
	want := map[string]SetupRecipient{}
	var fresh []SetupRecipient
	for _, r := range d.Recipients {
		if r.File != "" {
			continue
		}
		key := strings.ToLower(r.Address)
		want[key] = r
		at := slices.IndexFunc(places, func(p recipientPlace) bool { return p.address == key })
		if at < 0 || listOf(places[at].path) != listFor(r.Kind) {
			fresh = append(fresh, r)
		}
	}
	var gone []string
	for _, p := range places {
		r, ok := want[p.address]
		if !ok || listOf(p.path) != listFor(r.Kind) {
			gone = append(gone, p.path)
			continue
		}
		known := p.mailbox
		if primaryMoved {
			known.PrimaryPassword = ""
		}
		if secondaryMoved {
			known.SecondaryPassword = ""
		}
		if old, now := entryFor(unchanged(p), p.mailbox), entryFor(r, known); !reflect.DeepEqual(old, now) {
			a.put(p.path, now)
		}
	}
	slices.SortFunc(gone, func(x, y string) int { return cmp.Or(cmp.Compare(len(y), len(x)), cmp.Compare(y, x)) }) // the last first
	lengths := map[string]int{
		"accounts": len(base.Recipients.Accounts), "groups": len(base.Recipients.Groups), "shared_mailboxes": len(base.Recipients.SharedMailboxes),
	}
	for _, path := range gone {
		a.editor.Remove(path)
		a.set = append(a.set, path)
		if strings.HasPrefix(path, "recipients.") {
			lengths[listOf(path)]--
		}
	}
	for _, r := range fresh {
		list := listFor(r.Kind)
		a.put(fmt.Sprintf("recipients.%s[%d]", list, lengths[list]), entryFor(r, configs.Mailbox{}))
		lengths[list]++
	}
}

// listOf is the list of a path such as "recipients.accounts[3]".
func listOf(path string) string {
	path = path[:strings.LastIndexByte(path, '[')]
	return path[strings.LastIndexByte(path, '.')+1:]
}

func listFor(kind string) string {
	switch kindOf(kind) {
	case configs.KindGroup:
		return "groups"
	case configs.KindShared:
		return "shared_mailboxes"
	case configs.KindAccount, configs.KindAlias:
	}
	return "accounts"
}

func unchanged(p recipientPlace) SetupRecipient {
	kind := configs.KindAccount
	switch listOf(p.path) {
	case "groups":
		kind = configs.KindGroup
	case "shared_mailboxes":
		kind = configs.KindShared
	}
	return SetupRecipient{
		Address: p.mailbox.Address, Kind: string(kind), Aliases: p.mailbox.Aliases,
		PrimaryUser: p.mailbox.PrimaryUser, SecondaryUser: p.mailbox.SecondaryUser,
	}
}

// entryFor is how the settings list a recipient; m has what a draft does not say.
func entryFor(r SetupRecipient, m configs.Mailbox) any {
	aliases := r.Aliases
	if len(aliases) == 0 {
		aliases = nil
	}
	if kindOf(r.Kind) == configs.KindGroup {
		return groupEntry{r.Address, aliases}
	}
	own := func(user string) string {
		if user == r.Address {
			return ""
		}
		return user
	}
	return mailboxEntry{
		Address: r.Address, Aliases: aliases, PrimaryUser: own(r.PrimaryUser), SecondaryUser: own(r.SecondaryUser),
		PrimaryPassword: m.PrimaryPassword.String(), SecondaryPassword: m.SecondaryPassword.String(),
		MirrorDays: m.MirrorDays, SkipMirror: m.SkipMirror,
	}
}
