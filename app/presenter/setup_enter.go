package presenter

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
)

// The keys of what is entered. Those of a provider follow its side and a dot.
const (
	itemDomain       = "domain"
	itemOrganization = "organization"
	itemEmergency    = "emergency"
	itemDays         = "mirror.days"
	itemPeople       = "people"
	itemPassphrase   = "kit.passphrase"

	itemDNSHost      = "dns.host"
	itemDNSServer    = "dns.server"
	itemDNSKey       = "dns.key_name"
	itemDNSAlgorithm = "dns.algorithm"
	itemDNSConsole   = "dns.console"
	itemDNSAPI       = "dns.api"
	itemDNSZone      = "dns.zone"

	ofPreset     = "preset"
	ofMethod     = "method"
	ofName       = "name"
	ofTenant     = "tenant"
	ofClient     = "client"
	ofUsername   = "username"
	ofTrial      = "trial"
	ofUser       = "user"
	ofEach       = "each"
	ofExpires    = "secret_expires"
	ofMX         = "mx"
	ofIMAP       = "imap"
	ofSubmission = "submission"
	ofCA         = "ca_file"
	ofSPF        = "spf_include"
	ofTold       = "told"
	portSuffix   = ".port" // of imap and submission: port and TLS

	ofPerson = "person." // and kind, aliases, primary, secondary: of the address that is looked at
	yes      = "yes"
)

// Type takes what was typed into an item.
func (s *SettingUp) Type(key, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.typed[key]; ok && t == text {
		return
	}
	s.typed[key] = text
	if key == itemPeople {
		return // until it is added
	}
	s.enter(key, text)
}

// Choose takes what was chosen of tiles or of a drop-down, and what was ticked.
func (s *SettingUp) Choose(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enter(key, value)
}

// enter takes a value into the draft, and knows which answers no longer hold.
func (s *SettingUp) enter(key, value string) {
	value = strings.TrimSpace(value)
	if side, of, ok := providerKey(key); ok {
		s.enterProvider(side, of, value)
		return
	}
	if of, ok := strings.CutPrefix(key, ofPerson); ok {
		s.enterPerson(of, value)
		return
	}
	for _, f := range fieldsOf(key) {
		s.spoil(f)
	}
	s.edit(func(d *engine.SetupDraft) {
		switch key {
		case itemDomain:
			d.Domain = value
			if d.Found != nil && d.Found.Domain != failover.FQDN(value) {
				d.Found = nil
			}
		case itemOrganization:
			d.Organization = value
		case itemEmergency:
			d.Emergency = value
		case itemDays:
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				d.MirrorDays = n
			}
		case itemDNSHost:
			d.DNS.Host = value
		case itemDNSServer:
			d.DNS.Server = value
		case itemDNSKey:
			d.DNS.KeyName = value
		case itemDNSAlgorithm:
			d.DNS.Algorithm = value
		case itemDNSConsole:
			d.DNS.Console = value
		case itemDNSAPI:
			d.DNS.API = value
		case itemDNSZone:
			d.DNS.Zone = value
		default:
		}
	})
}

// providerKey takes a key apart that is one of a provider's.
func providerKey(key string) (side engine.Side, of string, ok bool) {
	for _, side := range []engine.Side{engine.SidePrimary, engine.SideSecondary} {
		if of, ok := strings.CutPrefix(key, string(side)+"."); ok {
			return side, of, true
		}
	}
	return "", "", false
}

// providerIn is the provider of a side in a draft.
func providerIn(d *engine.SetupDraft, side engine.Side) *engine.SetupProvider {
	if side == engine.SideSecondary {
		return &d.Secondary
	}
	return &d.Primary
}

func (s *SettingUp) enterProvider(side engine.Side, of, value string) {
	for _, f := range fieldsOf(string(side) + "." + of) {
		s.spoil(f)
	}
	if of == ofPreset {
		if providerIn(&s.draft, side).Preset == value {
			return
		}
		for key := range s.typed { // what was typed was the other provider's
			if strings.HasPrefix(key, string(side)+".") {
				delete(s.typed, key)
			}
		}
	}
	method := configs.SignInPassword
	for _, p := range s.presets {
		if of == ofPreset && p.Name == value && p.SignIn != "" {
			method = p.SignIn
		}
	}
	s.edit(func(d *engine.SetupDraft) {
		p := providerIn(d, side)
		setProvider(p, of, value)
		if of == ofPreset && value != engine.NoneYet {
			p.Method = method
		}
	})
}

// setProvider sets one value of a provider.
func setProvider(p *engine.SetupProvider, of, value string) {
	if index, ok := strings.CutPrefix(of, ofTold+"."); ok {
		tellOff(p, index, value == yes)
		return
	}
	switch of {
	case ofPreset:
		*p = engine.SetupProvider{Preset: value}
	case ofMethod:
		p.Method = value
	case ofName:
		p.Name = value
	case ofTenant:
		p.Tenant = value
	case ofClient:
		p.Client = value
	case ofUsername:
		p.Username = value
	case ofTrial:
		p.Trial = value
	case ofUser:
		p.User = value
	case ofEach:
		p.Each = value == yes
	case ofExpires:
		p.SecretExpires = value
	case ofMX:
		p.MX = mxList(value)
	case ofIMAP:
		p.IMAP = keepPort(value, p.IMAP)
	case ofSubmission:
		p.Submission = keepPort(value, p.Submission)
	case ofIMAP + portSuffix:
		p.IMAP, p.IMAPTLS = withPort(p.IMAP, value)
	case ofSubmission + portSuffix:
		p.Submission, p.SubmitTLS = withPort(p.Submission, value)
	case ofCA:
		p.CAFile = value
	case ofSPF:
		p.SPFInclude = value
	default:
	}
}

// tellOff ticks a step of the console's guide off, or takes the tick away.
func tellOff(p *engine.SetupProvider, index string, done bool) {
	i, err := strconv.Atoi(index)
	if err != nil {
		return
	}
	told := maps.Clone(p.Told)
	if told == nil {
		told = map[int]bool{}
	}
	if told[i] = done; !done {
		delete(told, i)
	}
	p.Told = told
}

// mxList reads MX hosts as people write them: "mx1.example.net, 20 mx2.example.net".
// Those without a preference get 10, 20, and so on.
func mxList(text string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;、，\n", r) }) {
		words := strings.Fields(part)
		switch len(words) {
		case 0:
		case 1:
			out = append(out, strconv.Itoa(10*(len(out)+1))+" "+words[0])
		default:
			out = append(out, strings.Join(words, " "))
		}
	}
	return out
}

// keepPort puts the port that was there before behind a host that has none.
func keepPort(host, before string) string {
	if host == "" {
		return ""
	}
	if _, port := hostPort(before); port != "" {
		if h, given := hostPort(host); given == "" {
			return h + ":" + port
		}
	}
	return host
}

// withPort puts a port behind a host, chosen as "993 implicit".
func withPort(host, chosen string) (server, tls string) {
	port, tls, _ := strings.Cut(chosen, " ")
	h, _ := hostPort(host)
	return h + ":" + port, tls
}

// hostPort takes "host:port" apart; port is empty where there is none. An IPv6 address
// has brackets where a port follows.
func hostPort(text string) (host, port string) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || strings.Count(text, ":") > 1 && !strings.Contains(text[:i], "]") {
		return text, ""
	}
	return text[:i], text[i+1:]
}

// enterPerson changes the address that is looked at.
func (s *SettingUp) enterPerson(of, value string) {
	address := s.picked
	s.spoil(engine.FieldRecipients)
	s.edit(func(d *engine.SetupDraft) {
		i := slices.IndexFunc(d.Recipients, func(r engine.SetupRecipient) bool { return r.Address == address })
		if i < 0 || d.Recipients[i].File != "" {
			return
		}
		r := &d.Recipients[i]
		switch of {
		case "kind":
			r.Kind = value
		case "aliases":
			r.Aliases = strings.FieldsFunc(value, func(c rune) bool { return strings.ContainsRune(",;、， \n", c) })
		case "primary":
			r.PrimaryUser = value
		case "secondary":
			r.SecondaryUser = value
		default:
		}
	})
}

// fieldsOf are the fields whose answers hang on an item.
func fieldsOf(key string) []engine.SetupField {
	if side, of, ok := providerKey(key); ok {
		return providerFields(side, of)
	}
	switch key {
	case itemDomain:
		return []engine.SetupField{engine.FieldDomain}
	case itemEmergency:
		return []engine.SetupField{engine.FieldEmergencyName, engine.FieldEmergencySeed}
	case itemDNSHost, itemDNSServer, itemDNSKey, itemDNSAlgorithm, itemDNSAPI, itemDNSZone:
		return []engine.SetupField{engine.FieldDNSCredential}
	case itemDays:
		return []engine.SetupField{engine.FieldMirror}
	default:
		return nil
	}
}

func providerFields(side engine.Side, of string) []engine.SetupField {
	mx, imap, submission, signIn := engine.FieldPrimaryMX, engine.FieldPrimaryIMAP, engine.FieldPrimarySubmission, engine.FieldPrimarySignIn
	apart := []engine.SetupField{engine.FieldSecondaryApart}
	if side == engine.SideSecondary {
		mx, imap, submission, signIn = engine.FieldSecondaryMX, engine.FieldSecondaryIMAP, engine.FieldSecondarySubmission, engine.FieldSecondarySignIn
	}
	switch strings.TrimSuffix(of, portSuffix) {
	case ofMX:
		return []engine.SetupField{mx, engine.FieldSecondaryApart}
	case ofIMAP:
		return []engine.SetupField{imap, signIn}
	case ofSubmission:
		return []engine.SetupField{submission}
	case ofPreset:
		return append(apart, mx, imap, submission, signIn)
	case ofMethod, ofTenant, ofClient, ofUsername, ofTrial, ofUser, ofEach:
		return []engine.SetupField{imap, submission, signIn}
	case ofCA:
		return []engine.SetupField{mx, imap, submission, signIn}
	default:
		return nil
	}
}

// signInFields are those that hang on the secrets of a step.
func signInFields(step engine.SetupStep) []engine.SetupField {
	switch step {
	case engine.StepPrimary:
		return providerFields(engine.SidePrimary, ofMethod)
	case engine.StepSecondary:
		return providerFields(engine.SideSecondary, ofMethod)
	case engine.StepDNS:
		return []engine.SetupField{engine.FieldDNSCredential}
	default:
		return nil
	}
}
