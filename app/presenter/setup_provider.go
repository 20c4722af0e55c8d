package presenter

import (
	"slices"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// presetTitle is what people call a provider.
func (s *SettingUp) presetTitle(name string) string {
	t := s.tongue
	switch name {
	case "generic":
		return t.T("Another (IMAP and SMTP)")
	case "sakura":
		return t.T("Sakura Rental Server")
	case "xserver":
		return t.T("Xserver")
	case "iij":
		return t.T("IIJ Secure MX")
	}
	for _, p := range s.presets {
		if p.Name == name {
			return p.Title
		}
	}
	return name
}

// providerName is what the provider of a side is called.
func (s *SettingUp) providerName(side engine.Side) string {
	t, p := s.tongue, *providerIn(&s.draft, side)
	switch {
	case p.Name != "":
		return p.Name
	case p.Preset != "" && p.Preset != engine.NoneYet && p.Preset != "generic":
		return s.presetTitle(p.Preset)
	case firstHost(p) != "":
		return firstHost(p)
	case side == engine.SidePrimary:
		return t.T("the primary provider")
	default:
		return t.T("the secondary provider")
	}
}

// firstHost is the first of a provider's MX hosts; empty: none is known.
func firstHost(p engine.SetupProvider) string {
	if len(p.MX) == 0 {
		return ""
	}
	words := strings.Fields(p.MX[0]) // with its preference before it
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// sideOf is the provider that a step is about.
func sideOf(step engine.SetupStep) engine.Side {
	if step == engine.StepSecondary {
		return engine.SideSecondary
	}
	return engine.SidePrimary
}

func stepOf(side engine.Side) engine.SetupStep {
	if side == engine.SideSecondary {
		return engine.StepSecondary
	}
	return engine.StepPrimary
}

// providerPage asks which provider it is, and how Lifeboat signs in to it.
func (s *SettingUp) providerPage(side engine.Side) SetupPage {
	t := s.tongue
	p := SetupPage{Title: t.T("Where is your mail today?"), Lead: t.T("Lifeboat copies recent mail from your primary provider, and sends through it while all is well.")}
	if side == engine.SideSecondary {
		p.Title = t.T("Choose a secondary provider")
		primary := s.providerName(engine.SidePrimary)
		p.Lead = named(t, t.T("When {primary} is down, it takes your mail and sends what you write.", "primary", primary), primary)
	}
	chosen := providerIn(&s.draft, side).Preset
	tiles := SetupBlock{Key: string(side) + "." + ofPreset, Kind: SetupTiles, Chosen: chosen}
	for _, preset := range s.presets {
		if side == engine.SideSecondary && preset.Name == s.draft.Primary.Preset && preset.Name != "generic" {
			continue // it would be down together with itself
		}
		tiles.Tiles = append(tiles.Tiles, SetupTile{Key: preset.Name, Title: s.presetTitle(preset.Name)})
	}
	line, said := s.providerLine(side)
	if side == engine.SideSecondary || !s.recognized() || !s.isFolded(partOf(side, partTiles)) {
		p.Blocks = append(p.Blocks, tiles)
	}
	if said {
		p.Blocks = append(p.Blocks, line)
	}
	switch chosen {
	case "":
		return p
	case engine.NoneYet:
		p.Blocks = append(p.Blocks, SetupBlock{Key: "none", Kind: SetupWords, Text: t.T("Without a secondary provider nothing can be switched. The mirror works all the same: recent mail can be read in an outage. You can choose one here at any time.")})
		return p
	}
	return s.signInBlocks(p, side)
}

// providerLine says how the provider was recognised, or how independent it is.
func (s *SettingUp) providerLine(side engine.Side) (SetupBlock, bool) {
	t := s.tongue
	b := SetupBlock{Key: "line", Kind: SetupLine}
	if side == engine.SidePrimary {
		found := s.draft.Found
		part := partOf(side, partTiles)
		switch {
		case s.tests[engine.FieldDomain] != nil:
			b.Light, b.Title, b.Text = LightWorking, t.T("Looking"), t.T("{domain} is being looked up.", "domain", failover.Display(s.draft.Domain))
		case s.recognized():
			b.Light, b.Title, b.Text = LightHealthy, s.presetTitle(found.Preset), t.T("recognized by the MX records of {domain}", "domain", failover.Display(s.draft.Domain))
			b.Link = SetupButton{Do: DoSetupFold, Argument: part, Text: t.T("Another provider"), Off: !s.isFolded(part)}
		case found != nil && found.Preset != "":
			b.Light, b.Title, b.Text = LightCare, t.T("Not what the MX records say"), t.T("they name {provider}", "provider", s.presetTitle(found.Preset))
		case s.draft.Domain != "" && s.draft.Primary.Preset == "":
			b.Light, b.Title, b.Text = LightUnknown, t.T("Not recognized"), t.T("choose your provider here")
		default:
			return b, false
		}
		return b, true
	}
	b.Link = SetupButton{Do: DoSetupNone, Text: t.T("None yet"), Off: s.draft.Secondary.Preset == engine.NoneYet}
	if s.draft.Secondary.Preset == "" || s.draft.Secondary.Preset == engine.NoneYet {
		b.Light, b.Text = LightWaiting, t.T("Another company, another network, another sign-in: so that it stands while the other falls.")
		return b, true
	}
	if running := s.tests[engine.FieldSecondaryApart]; running != nil {
		b.Light, b.Title = LightWorking, t.T("Looking whether it is independent")
		return b, true
	}
	if a, ok := s.answer(engine.FieldSecondaryApart); ok {
		shown := s.answered(a)
		b.Light, b.Title, b.Text = shown.Light, shown.Word, shown.Detail
		return b, true
	}
	b.Light, b.Text = LightUnknown, t.T("Whether it is independent of your primary provider was not looked at yet.")
	return b, true
}

// recognized says whether the primary is the one that the MX records name.
func (s *SettingUp) recognized() bool {
	found := s.draft.Found
	return found != nil && found.Preset != "" && found.Preset == s.draft.Primary.Preset
}

// signInBlocks are what a provider that is chosen asks for: the way of signing in, the
// credential, its servers, and what to do at its console.
func (s *SettingUp) signInBlocks(p SetupPage, side engine.Side) SetupPage {
	t := s.tongue
	provider := s.seen.providers[side]
	if methods := s.seen.methods[side]; len(methods) > 1 {
		b := SetupBlock{Key: string(side) + "." + ofMethod, Kind: SetupTiles, Title: t.T("How Lifeboat signs in"), Chosen: provider.Method}
		for _, m := range methods {
			b.Tiles = append(b.Tiles, SetupTile{Key: m.Method, Title: t.Say(m.Title)})
		}
		p.Blocks = append(p.Blocks, b)
	}
	items := s.needed(side)
	items = append(items, s.secretItems(stepOf(side))...)
	signIn := engine.FieldPrimarySignIn
	if side == engine.SideSecondary {
		signIn = engine.FieldSecondarySignIn
	}
	if n := len(items); n > 0 && slices.Contains(s.seen.fields[stepOf(side)], signIn) {
		items[n-1] = s.testedBeside(items[n-1], signIn)
	}
	if s.prompt != nil {
		p.Blocks = append(p.Blocks, s.promptBlock())
	}
	servers, folds := s.servers(side)
	items = append(items, servers...)
	p.Blocks = append(p.Blocks, SetupBlock{Key: "card." + string(side) + "." + providerIn(&s.draft, side).Preset, Kind: SetupCard, Items: items})
	for _, say := range s.added {
		p.Blocks = append(p.Blocks, SetupBlock{Key: "said." + say.String(), Kind: SetupLine, Light: LightCare, Text: t.Say(say)})
	}
	p.Blocks = append(p.Blocks, SetupBlock{Key: "folds", Kind: SetupDeeds, Buttons: folds})
	if guide := s.guide(side); len(guide.Steps) > 0 {
		p.Blocks = append(p.Blocks, guide)
	}
	return p
}

// testedBeside tests an item by a field, but leaves it a button that it has already:
// the answer then stands under it all the same.
func (s *SettingUp) testedBeside(i SetupItem, f engine.SetupField) SetupItem {
	if i.Press.Text == "" {
		return s.tested(i, f)
	}
	if answer := s.tested(SetupItem{}, f).Answer; answer.Word != "" {
		i.Answer = answer
	}
	return i
}

// needs are what the way of signing in asks for.
func (s *SettingUp) needs(side engine.Side) []string {
	for _, m := range s.seen.methods[side] {
		if m.Method == s.seen.providers[side].Method {
			return m.Needs
		}
	}
	return nil
}

// needed are the fields that the way of signing in asks for.
func (s *SettingUp) needed(side engine.Side) []SetupItem {
	t, p := s.tongue, s.seen.providers[side]
	own := *providerIn(&s.draft, side)
	var items []SetupItem
	for _, n := range s.needs(side) {
		item := SetupItem{Key: string(side) + "." + n, Kind: SetupText}
		switch n {
		case ofTenant:
			item.Label, item.Text, item.Placeholder = t.T("Tenant"), p.Tenant, "example.onmicrosoft.com"
		case ofClient:
			item.Label, item.Text, item.Placeholder = t.T("Application (client) ID"), p.Client, "00000000-0000-0000-0000-000000000000"
		case ofTrial:
			if len(s.draft.Recipients) > 0 && own.Trial == "" {
				continue // an account is there to be tried
			}
			item.Label, item.Text, item.Placeholder = t.T("A mailbox to try"), p.Trial, s.exampleAddress()
		default:
			continue
		}
		item.Text = s.entered(item.Key, item.Text)
		items = append(items, item)
	}
	return items
}

func (s *SettingUp) exampleAddress() string {
	if s.draft.Domain == "" {
		return "admin@example.com"
	}
	return "admin@" + failover.Display(s.draft.Domain)
}

// secretItems are the secrets that a step asks for.
func (s *SettingUp) secretItems(step engine.SetupStep) []SetupItem {
	t := s.tongue
	var items []SetupItem
	for _, one := range s.seen.secrets[step] {
		i := SetupItem{Key: one.Name, Kind: SetupSecret}
		if one.Kept > 0 {
			i.Placeholder = t.T("kept; type to replace it")
			i.Answer = s.keptAnswer(one.Name)
		}
		switch one.Kind {
		case engine.SecretPasswords:
			i.Key, i.Kind, i.Label = "passwords."+string(step), SetupFixed, t.T("Passwords")
			i.Text = t.T("{kept} of {of} are kept", "kept", one.Kept, "of", one.Of)
			i.Press = SetupButton{Do: DoSetupFile, Argument: FilePasswords, Text: t.T("From a CSV file")}
		case engine.SecretServiceAccount:
			i.Kind, i.Label, i.Text = SetupFixed, t.T("Key file (JSON)"), t.T("not chosen yet")
			if one.Kept > 0 {
				i.Text = t.T("kept")
			}
			i.Press = SetupButton{Do: DoSetupFile, Argument: FileSecret + one.Name, Text: t.T("Choose a file")}
		case engine.SecretConsent:
			i = s.consentItem(step, one)
		case engine.SecretApplication:
			i.Label = t.T("Client secret")
		case engine.SecretTSIG:
			i.Label = t.T("Key (base64)")
		case engine.SecretToken:
			i.Label = t.T("API token")
		default:
			i.Label = t.T("Password")
			if slices.Contains([]string{"fastmail", "google", "zoho"}, providerIn(&s.draft, sideOf(step)).Preset) {
				i.Label = t.T("App password")
			}
		}
		items = append(items, i)
	}
	return items
}

// consentItem is the sign-in by a code on another device.
func (s *SettingUp) consentItem(step engine.SetupStep, one engine.SetupSecret) SetupItem {
	t := s.tongue
	i := SetupItem{Key: "consent." + string(step), Kind: SetupFixed, Label: t.T("Sign in"), Text: t.T("with a code, in any browser")}
	if one.Kept > 0 {
		i.Answer = SetupAnswer{Light: LightHealthy, Word: t.T("{kept} of {of} have agreed", "kept", one.Kept, "of", one.Of)}
	}
	i.Press = SetupButton{Do: DoSetupAgree, Argument: string(sideOf(step)), Text: t.T("Get a code")}
	if s.agree != nil {
		i.Press = SetupButton{Do: DoSetupStop, Text: t.T("Stop")}
		i.Testing = true
		i.Answer = SetupAnswer{Light: LightWorking, Word: t.T("Waiting for your consent")}
	}
	return i
}

// keptAnswer says where a secret is.
func (s *SettingUp) keptAnswer(name string) SetupAnswer {
	t := s.tongue
	a := SetupAnswer{Light: LightReady, Word: t.T("Kept")}
	switch s.places[name] {
	case secret.InKeychain:
		a.Detail = t.T("in the system’s keychain")
	case secret.InVault:
		a.Detail = t.T("in the encrypted vault file")
	case secret.Environment:
	}
	return a
}

// promptBlock is what a person has to do to agree: a page, and a code to type there.
func (s *SettingUp) promptBlock() SetupBlock {
	t, p := s.tongue, s.prompt
	text := t.T("Open {page} on any device, type this code, and sign in as {mailbox}.", "page", p.URL, "mailbox", p.Mailbox)
	if left := p.Expires.Sub(s.opt.Now()); !p.Expires.IsZero() && left > 0 {
		text = join(t, text, t.T("It is valid for {span} more.", "span", t.Span(left)))
	}
	return SetupBlock{Key: "prompt", Kind: SetupCode, Title: p.Code, Text: text, Buttons: []SetupButton{
		{Do: DoSetupOpen, Argument: p.URL, Text: t.T("Open the page")}, {Do: DoSetupCopy, Argument: p.Code, Text: t.T("Copy the code")},
	}}
}

// guide is what to do at the provider's own console.
func (s *SettingUp) guide(side engine.Side) SetupBlock {
	t := s.tongue
	b := SetupBlock{Key: string(side) + "." + ofTold, Kind: SetupGuide, Title: named(t, t.T("To do at {provider}", "provider", s.providerName(side)), s.providerName(side))}
	done := 0
	told := providerIn(&s.draft, side).Told
	for _, g := range s.seen.guides[side] {
		step := SetupGuideStep{Key: b.Key + "." + number(g.Index), Text: say(t, g.Say), Done: told[g.Index], Buttons: s.guideButtons(g)}
		if step.Done {
			done++
		}
		b.Steps = append(b.Steps, step)
	}
	b.Text = t.T("{done} of {of} done", "done", done, "of", len(b.Steps))
	return b
}

// guideButtons copy what a step needs, and open the console.
func (s *SettingUp) guideButtons(g engine.GuideStep) []SetupButton {
	t := s.tongue
	var out []SetupButton
	switch n := len(g.Copy); {
	case n == 1:
		out = append(out, SetupButton{Do: DoSetupCopy, Argument: g.Copy[0], Text: t.T("Copy {text}", "text", g.Copy[0])})
	case n > 1:
		out = append(out, SetupButton{Do: DoSetupCopy, Argument: strings.Join(g.Copy, "\n"), Text: t.T("Copy {count} lines", "count", n)})
	}
	if g.Page != "" {
		out = append(out, SetupButton{Do: DoSetupOpen, Argument: g.Page, Text: t.T("Open the console")})
	}
	return out
}
