package presenter

import (
	"slices"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
)

// Parts of pages that can be folded.
const (
	partKit     = "kit"
	partServers = "servers" // of a provider: their names follow its side
	partMore    = "more"
	partTiles   = "tiles"
	partPeople  = "people" // where they are typed
)

func partOf(side engine.Side, part string) string { return string(side) + "." + part }

// domainPage asks for the domain, and says what is public about it.
func (s *SettingUp) domainPage() SetupPage {
	t, d := s.tongue, s.draft
	p := SetupPage{Title: t.T("Which domain is your mail on?"), Lead: t.T("Lifeboat looks up what is public about it. Nothing is changed.")}
	domain := s.tested(SetupItem{
		Key: itemDomain, Kind: SetupText, Label: t.T("Domain"), Text: s.entered(itemDomain, failover.Display(d.Domain)), Placeholder: "example.com",
	}, engine.FieldDomain)
	if !domain.Testing {
		domain.Press.Text = t.T("Look up")
	}
	p.Blocks = append(p.Blocks, SetupBlock{Key: "card", Kind: SetupCard, Items: []SetupItem{
		domain,
		{Key: itemOrganization, Kind: SetupText, Label: t.T("Organization"), Text: s.entered(itemOrganization, d.Organization), Placeholder: t.T("as it stands in reports")},
	}})
	if rows := s.found(); len(rows) > 0 {
		p.Blocks = append(p.Blocks, SetupBlock{Key: "found", Kind: SetupFacts, Title: t.T("What was found"), Rows: rows})
	}
	if s.opt.TakeOver != nil && !s.seen.existing {
		p.Blocks = append(p.Blocks, s.kitBlocks()...)
	}
	return p
}

// found tells what the DNS says of the domain.
func (s *SettingUp) found() []Row {
	t, f := s.tongue, s.draft.Found
	if f == nil || s.stale[engine.FieldDomain] {
		return nil
	}
	var hosts []string
	for _, m := range f.MX {
		hosts = append(hosts, failover.Display(m.Host))
	}
	row := func(label, value, otherwise string) Row {
		if value == "" {
			return Row{Light: LightUnknown, Label: label, Value: otherwise}
		}
		return Row{Light: LightHealthy, Label: label, Value: value}
	}
	mx := strings.Join(hosts[:min(len(hosts), 3)], t.T(", "))
	if more := len(hosts) - 3; more > 0 {
		mx = t.T("{list} and {count} more", "list", mx, "count", more)
	}
	provider := ""
	if f.Preset != "" {
		provider = s.presetTitle(f.Preset)
	}
	return []Row{
		row(t.T("Receives mail (MX)"), mx, t.T("nothing: the domain has no MX record")),
		row(t.T("Provider"), provider, t.T("not known by its MX records")),
		row(t.T("May send for it (SPF)"), spfNames(f.SPF), t.T("no SPF record")),
		row(t.T("DNS host"), f.DNSHostName, t.T("not known by its name servers")),
	}
}

// spfNames are the names in an SPF record that may send, without its grammar.
func spfNames(record string) string {
	var names []string
	for _, term := range strings.Fields(record) {
		if name, ok := strings.CutPrefix(term, "include:"); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return record
	}
	return strings.Join(names, ", ")
}

// kitBlocks are for whoever takes over from another administrator or computer.
func (s *SettingUp) kitBlocks() []SetupBlock {
	t := s.tongue
	open := SetupBlock{Key: partKit, Kind: SetupDeeds, Buttons: []SetupButton{{Do: DoSetupFold, Argument: partKit, Text: t.T("I have a hand-over kit")}}}
	if s.isFolded(partKit) {
		return []SetupBlock{open}
	}
	file := s.kit
	if file == "" {
		file = t.T("made by “lifeboat kit export”, or under Settings on the other computer")
	}
	take := SetupBlock{Key: "take", Kind: SetupDeeds, Buttons: []SetupButton{{Do: DoSetupTake, Text: t.T("Take over"), Off: s.busy != ""}}}
	blocks := []SetupBlock{open, {Key: "kitcard", Kind: SetupCard, Items: []SetupItem{
		{Key: "kit.file", Kind: SetupFixed, Label: t.T("Hand-over kit"), Text: file, Press: SetupButton{Do: DoSetupFile, Argument: FileKit, Text: t.T("Choose a file")}},
		{Key: itemPassphrase, Kind: SetupSecret, Label: t.T("Its passphrase")},
	}}, take}
	if s.busy == busyTaking {
		blocks = append(blocks, SetupBlock{Key: "taking", Kind: SetupLine, Light: LightWorking, Text: t.T("The hand-over kit is being opened.")})
	}
	return blocks
}

// emergencyName is the emergency subdomain in full.
func (s *SettingUp) emergencyName() string {
	e, domain := s.draft.Emergency, failover.Display(s.draft.Domain)
	if e == "" || strings.Contains(e, ".") || domain == "" {
		return e
	}
	return e + "." + domain
}

// emergencyPage is about the addresses that need no switch.
func (s *SettingUp) emergencyPage() SetupPage {
	t, d := s.tongue, s.draft
	secondary := s.providerName(engine.SideSecondary)
	p := SetupPage{Title: t.T("Addresses that work without a switch")}
	if d.Secondary.Preset == "" || d.Secondary.Preset == engine.NoneYet {
		p.Lead = t.T("An emergency subdomain leads to the secondary provider: choose one first.")
		p.Blocks = append(p.Blocks, SetupBlock{Key: "first", Kind: SetupDeeds, Buttons: []SetupButton{{Do: DoSetupGo, Argument: string(engine.StepSecondary), Text: t.T("Choose a secondary provider")}}})
		return p
	}
	p.Lead = named(t, t.T("A subdomain that always leads to {secondary}: the same people, reached another way.", "secondary", secondary), secondary)
	name := s.tested(SetupItem{
		Key: itemEmergency, Kind: SetupText, Label: t.T("Subdomain"), Text: s.entered(itemEmergency, d.Emergency), Placeholder: t.T("emergency"),
	}, engine.FieldEmergencyName)
	items := []SetupItem{name}
	if d.Emergency != "" {
		items = append(items, s.tested(SetupItem{
			Key: "seed", Kind: SetupFixed, Label: t.T("Test message"), Text: t.T("One goes to an address at {subdomain}, and is answered from there.", "subdomain", s.emergencyName()),
		}, engine.FieldEmergencySeed))
	}
	p.Blocks = append(p.Blocks,
		SetupBlock{Key: "card", Kind: SetupCard, Items: items},
		SetupBlock{Key: "worth", Kind: SetupFacts, Title: t.T("What it is worth"), Rows: s.worth()},
		SetupBlock{Key: "none", Kind: SetupDeeds, Buttons: []SetupButton{{Do: DoSetupNone, Argument: string(engine.StepEmergency), Text: t.T("Go without one"), Off: d.Emergency == ""}}},
	)
	return p
}

// worth is what the emergency subdomain is worth, and when.
func (s *SettingUp) worth() []Row {
	t := s.tongue
	name, example := s.emergencyName(), t.T("name")
	if name == "" {
		name = t.T("emergency") + "." + failover.Display(s.draft.Domain)
	}
	if len(s.draft.Recipients) > 0 {
		example, _, _ = strings.Cut(s.draft.Recipients[0].Address, "@")
	}
	return []Row{
		{Light: LightReady, Label: t.T("In calm times"), Value: t.T("{user}@{subdomain} reaches the same person. Tell customers beforehand.", "user", example, "subdomain", name)},
		{Light: LightHealthy, Label: t.T("The provider is down"), Value: t.T("Mail to it arrives at once, before anything was switched.")},
		{Light: LightCare, Label: t.T("The DNS host is down"), Value: t.T("It works as long as others remember its records: some hours, not days.")},
	}
}

// dnsName is who changes the records, in a word or two.
func (s *SettingUp) dnsName() string {
	t, d := s.tongue, s.draft
	switch d.DNS.Host {
	case configs.HostManual:
		return t.T("by hand")
	case configs.HostCloudflare:
		return "Cloudflare"
	case configs.HostRFC2136:
		return t.T("own name server")
	default:
		return ""
	}
}

// dnsPage is about who changes the records.
func (s *SettingUp) dnsPage() SetupPage {
	t, d := s.tongue, s.draft
	p := SetupPage{Title: t.T("Who changes the DNS records?"), Lead: t.T("A switch replaces the MX records, and nothing else, where your DNS is hosted.")}
	if d.Found != nil && d.Found.DNSHostName != "" {
		p.Lead = t.T("A switch replaces the MX records, and nothing else. Your DNS is hosted by {host}.", "host", d.Found.DNSHostName)
	}
	p.Blocks = append(p.Blocks, SetupBlock{Key: itemDNSHost, Kind: SetupTiles, Chosen: d.DNS.Host, Tiles: []SetupTile{
		{Key: configs.HostCloudflare, Title: "Cloudflare", Note: t.T("with an API token")},
		{Key: configs.HostRFC2136, Title: t.T("Own name server"), Note: t.T("by dynamic updates (RFC 2136)")},
		{Key: configs.HostManual, Title: t.T("By hand"), Note: t.T("in the web console of any host")},
	}})
	items := s.dnsItems()
	if len(items) > 0 {
		p.Blocks = append(p.Blocks, SetupBlock{Key: "card." + d.DNS.Host, Kind: SetupCard, Items: items})
	}
	if d.DNS.Host == configs.HostManual {
		p.Blocks = append(p.Blocks, SetupBlock{Key: "manual", Kind: SetupFacts, Title: t.T("In a switch"), Rows: []Row{
			{Light: LightWaiting, Label: t.T("Lifeboat says"), Value: t.T("what to type into which box of the console, record by record")},
			{Light: LightWaiting, Label: t.T("A person types"), Value: t.T("some 3 minutes; keep the console’s password at hand, outside of your mail")},
			{Light: LightWaiting, Label: t.T("Lifeboat watches"), Value: t.T("every name server until all of them give the new records")},
		}})
	}
	return p
}

// dnsItems are the fields of a DNS host.
func (s *SettingUp) dnsItems() []SetupItem {
	t, d := s.tongue, s.draft.DNS
	text := func(key, label, value, placeholder string) SetupItem {
		return SetupItem{Key: key, Kind: SetupText, Label: label, Text: s.entered(key, value), Placeholder: placeholder}
	}
	var items []SetupItem
	switch d.Host {
	case configs.HostCloudflare:
		items = s.secretItems(engine.StepDNS)
	case configs.HostRFC2136:
		algorithm := SetupItem{Key: itemDNSAlgorithm, Kind: SetupSelect, Label: t.T("Algorithm"), Chosen: d.Algorithm}
		for _, a := range configs.TSIGAlgorithms() {
			algorithm.Options = append(algorithm.Options, SetupTile{Key: a, Title: a})
		}
		if d.Algorithm == "" {
			algorithm.Chosen = configs.TSIGAlgorithms()[0]
		}
		items = append(items, text(itemDNSServer, t.T("Server"), d.Server, "ns1.example.com"), text(itemDNSKey, t.T("Name of the key"), d.KeyName, "lifeboat"), algorithm)
		items = append(items, s.secretItems(engine.StepDNS)...)
	case configs.HostManual:
		console := SetupItem{Key: itemDNSConsole, Kind: SetupSelect, Label: t.T("Console"), Chosen: d.Console}
		for _, c := range configs.Consoles() {
			title := s.consoles[c]
			if title == "" {
				title = t.T("another")
			}
			console.Options = append(console.Options, SetupTile{Key: c, Title: title})
		}
		return append(items, console)
	}
	if n := len(items); n > 0 && slices.Contains(s.seen.fields[engine.StepDNS], engine.FieldDNSCredential) {
		items[n-1] = s.tested(items[n-1], engine.FieldDNSCredential)
	}
	return items
}

// consoleTitles are what people call the DNS hosts whose consoles are known.
func consoleTitles() map[string]string {
	out := map[string]string{}
	for _, h := range configs.DNSHosts() {
		if _, there := out[h.Console]; !there && h.Console != "generic" {
			out[h.Console] = h.Title
		}
	}
	return out
}
