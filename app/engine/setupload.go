package engine

import (
	"cmp"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lifeboat/configs"
	"lifeboat/failover"
)

// draftOf puts settings into the form of a draft. domain is which one; empty: the first.
func draftOf(s *configs.Settings, domain string) SetupDraft {
	d := s.Domains[indexOf(s, domain)]
	out := SetupDraft{
		Step: StepDomain, Organization: s.Organization, Language: s.Language, Domain: failover.Display(failover.FQDN(d.Name)),
		Primary:   setupProviderOf(s.Providers.Primary, d.Primary),
		Secondary: setupProviderOf(s.Providers.Secondary, d.Secondary),
		DNS:       setupDNSOf(d.DNS), MirrorDays: s.Mirror.Days,
	}
	if out.Secondary.Method == "" && out.Secondary.Username != "" {
		out.Secondary.Method = configs.SignInPassword // one user hands in everybody's mail
	}
	if d.EmergencySubdomain != "" {
		out.Emergency = failover.Display(failover.FQDN(d.EmergencySubdomain))
		if label, ok := strings.CutSuffix(d.EmergencySubdomain, "."+d.Name); ok && !strings.Contains(label, ".") {
			out.Emergency = label
		}
	}
	out.Recipients = setupRecipientsOf(s, d)
	return out
}

// indexOf finds a domain; the first is as good as any.
func indexOf(s *configs.Settings, domain string) int {
	i := slices.IndexFunc(s.Domains, func(d configs.Domain) bool { return sameName(d.Name, domain) })
	return max(i, 0)
}

func setupProviderOf(p configs.Provider, own configs.Override) SetupProvider {
	out := SetupProvider{
		Preset: p.Preset, Name: p.Name, CAFile: p.CAFile, SPFInclude: p.SPFInclude, Username: p.Submission.Username,
		IMAP: endpointText(p.IMAP), IMAPTLS: p.IMAP.TLS,
		Submission: endpointText(p.Submission.Endpoint), SubmitTLS: p.Submission.TLS,
		Method: p.SignIn.Method, User: p.SignIn.User, Tenant: p.SignIn.Tenant, Client: p.SignIn.Client,
		SecretExpires: p.SignIn.SecretExpires.String(),
	}
	out.Each = p.SignIn.Method == configs.SignInPassword && p.SignIn.Password == ""
	if p.Preset == "" && len(p.MX)+len(own.MX) > 0 {
		out.Preset = genericPreset
	}
	mx, dkim := p.MX, p.DKIMSelectors
	if len(own.MX) > 0 {
		mx = own.MX
	}
	if len(own.DKIMSelectors) > 0 {
		dkim = own.DKIMSelectors
	}
	for _, m := range mx {
		out.MX = append(out.MX, m.String())
	}
	for _, k := range dkim {
		out.DKIM = append(out.DKIM, SetupDKIM(k))
	}
	return out
}

func endpointText(e configs.Endpoint) string {
	if e.Host == "" || e.Port == 0 {
		return e.Host
	}
	return net.JoinHostPort(e.Host, strconv.Itoa(int(e.Port)))
}

func setupDNSOf(d configs.DNS) SetupDNS {
	out := SetupDNS{Host: d.Host, Zone: d.Zone}
	switch {
	case d.RFC2136 != nil:
		out.Server, out.KeyName, out.Algorithm = d.RFC2136.Server, d.RFC2136.KeyName, d.RFC2136.Algorithm
	case d.Cloudflare != nil:
		out.API = d.Cloudflare.API
	case d.Manual != nil:
		out.Console = d.Manual.Console
	}
	return out
}

// setupRecipientsOf lists whom the settings list, with those of CSV files.
func setupRecipientsOf(s *configs.Settings, d configs.Domain) []SetupRecipient {
	file := ""
	for _, f := range []string{s.Recipients.CSV, d.Recipients.CSV} {
		file = cmp.Or(file, f)
	}
	listed := map[string]bool{}
	for _, at := range placesOfRecipients(s, d.Name) {
		listed[at.address] = true
	}
	var out []SetupRecipient
	at := map[string]int{}
	for _, r := range s.RecipientsOf(d.Name) {
		if r.Kind == configs.KindAlias {
			if i, ok := at[r.Of]; ok {
				out[i].Aliases = append(out[i].Aliases, r.Address)
				continue
			}
		}
		entry := SetupRecipient{Address: r.Address, Kind: string(r.Kind)}
		if r.Kind == configs.KindAlias {
			entry.Kind = string(configs.KindGroup) // nobody knows of whom it is: it hands mail on
		}
		if r.PrimaryUser != r.Address {
			entry.PrimaryUser = r.PrimaryUser
		}
		if r.SecondaryUser != r.Address {
			entry.SecondaryUser = r.SecondaryUser
		}
		if !listed[strings.ToLower(r.Address)] {
			entry.File = filepath.Base(file)
		}
		at[r.Address] = len(out)
		out = append(out, entry)
	}
	return out
}

// recipientPlace is where the settings list a recipient.
type recipientPlace struct {
	address string // in lower case
	path    string // "recipients.accounts[3]"
	mailbox configs.Mailbox
}

// placesOfRecipients finds the entries of the lists (not of the CSV files) in which
// recipients of a domain stand.
func placesOfRecipients(s *configs.Settings, domain string) []recipientPlace {
	var out []recipientPlace
	add := func(path string, r configs.Recipients) {
		for key, list := range map[string][]configs.Mailbox{"accounts": r.Accounts, "shared_mailboxes": r.SharedMailboxes} {
			for i, m := range list {
				out = append(out, recipientPlace{strings.ToLower(m.Address), path + "." + key + "[" + strconv.Itoa(i) + "]", m})
			}
		}
		for i, g := range r.Groups {
			out = append(out, recipientPlace{strings.ToLower(g.Address), path + ".groups[" + strconv.Itoa(i) + "]", configs.Mailbox{Address: g.Address, Aliases: g.Aliases}})
		}
	}
	add("recipients", s.Recipients)
	for i, d := range s.Domains {
		if d.Name == domain {
			add("domains["+strconv.Itoa(i)+"].recipients", d.Recipients)
		}
	}
	return slices.DeleteFunc(out, func(p recipientPlace) bool { return !strings.HasSuffix(p.address, "@"+domain) })
}
