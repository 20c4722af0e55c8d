package presenter

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// peoplePage is about who has to go on receiving mail.
func (s *SettingUp) peoplePage() SetupPage {
	t := s.tongue
	p := SetupPage{Title: t.T("Who must go on receiving mail?"), Lead: t.T("Every address at your domain: mail to one that is missing comes back to its sender while you are switched.")}
	file := SetupButton{Do: DoSetupFile, Argument: FilePeople, Text: t.T("From a CSV file")}
	if len(s.draft.Recipients) == 0 || !s.isFolded(partPeople) {
		p.Blocks = append(p.Blocks,
			SetupBlock{Key: "card", Kind: SetupCard, Items: []SetupItem{{
				Key: itemPeople, Kind: SetupLines, Label: t.T("Addresses"), Text: s.typed[itemPeople],
				Placeholder: t.T("one a line, a column of a spreadsheet, or a list with names"),
			}}},
			SetupBlock{Key: "add", Kind: SetupDeeds, Buttons: []SetupButton{{Do: DoSetupAdd, Text: t.T("Add"), Off: strings.TrimSpace(s.typed[itemPeople]) == ""}, file}},
		)
	} else {
		p.Blocks = append(p.Blocks, SetupBlock{Key: "more", Kind: SetupDeeds, Buttons: []SetupButton{{Do: DoSetupFold, Argument: partPeople, Text: t.T("Add more addresses")}, file}})
	}
	const mostSaid = 4
	for i, sentence := range s.added {
		b := SetupBlock{Key: "said." + number(i), Kind: SetupLine, Light: LightCare, Text: say(t, sentence)}
		if i == 0 {
			b.Light = LightHealthy
		}
		if i == mostSaid && len(s.added) > mostSaid+1 {
			b.Text = t.T("{count} more lines could not be read.", "count", len(s.added)-mostSaid)
			p.Blocks = append(p.Blocks, b)
			break
		}
		p.Blocks = append(p.Blocks, b)
	}
	if len(s.draft.Recipients) == 0 {
		return p
	}
	list := SetupItem{Key: "recipients", Kind: SetupFixed, Label: countOf(t, len(s.draft.Recipients)), Text: s.kinds()}
	if slices.Contains(s.seen.fields[engine.StepRecipients], engine.FieldRecipients) {
		list = s.tested(list, engine.FieldRecipients)
	}
	if s.people == nil {
		s.people = s.shownPeople()
	}
	p.Blocks = append(p.Blocks,
		SetupBlock{Key: "list", Kind: SetupCard, Items: []SetupItem{list}},
		SetupBlock{Key: "people", Kind: SetupPeople, People: s.people, Picked: s.picked},
	)
	return with(p, s.person())
}

// with appends blocks to a page.
func with(p SetupPage, blocks []SetupBlock) SetupPage {
	p.Blocks = append(p.Blocks, blocks...)
	return p
}

// kinds counts what kinds of addresses there are.
func (s *SettingUp) kinds() string {
	t := s.tongue
	count := map[string]int{}
	for _, r := range s.draft.Recipients {
		count[r.Kind]++
		count["alias"] += len(r.Aliases)
	}
	var parts []string
	for _, k := range []string{"account", "group", "shared", "alias"} {
		if n := count[k]; n > 0 {
			parts = append(parts, t.T("{kind}: {count}", "kind", s.kindWord(k), "count", n))
		}
	}
	return commas(t, parts)
}

// kindWord is a kind of address in a word.
func (s *SettingUp) kindWord(kind string) string {
	t := s.tongue
	switch kind {
	case "group":
		return t.T("Group")
	case "shared":
		return t.T("Shared mailbox")
	case "alias":
		return t.T("Aliases")
	default:
		return t.T("Account")
	}
}

// shownPeople are the addresses as they are shown.
func (s *SettingUp) shownPeople() []SetupPerson {
	t := s.tongue
	said := s.said()
	out := make([]SetupPerson, 0, len(s.draft.Recipients))
	for _, r := range s.draft.Recipients {
		p := SetupPerson{Address: r.Address, Kind: s.kindWord(r.Kind), Note: strings.Join(r.Aliases, t.T(", ")), Light: LightWaiting}
		if r.File != "" {
			p.Note = commas(t, slices.DeleteFunc([]string{p.Note, t.T("listed in {file}", "file", r.File)}, func(n string) bool { return n == "" }))
		}
		switch says := said[strings.ToLower(r.Address)]; {
		case says.Verdict == "":
		case says.Verdict == failover.Pass, says.Verdict == failover.Warn:
			p.Light = LightHealthy
		case says.Verdict == failover.Red:
			p.Light, p.Says = LightCare, t.T("not known there")
		case strings.HasPrefix(says.Answer, "4"):
			p.Light, p.Says = LightCare, t.T("put off")
		default: // a server that takes everybody says nothing of anybody
			p.Light, p.Says = LightUnknown, t.T("cannot be told")
		}
		out = append(out, p)
	}
	return out
}

// said is what was found about each address at the secondary.
func (s *SettingUp) said() map[string]engine.SetupSays {
	said := map[string]engine.SetupSays{}
	for _, f := range []engine.SetupField{engine.FieldSecondaryMX, engine.FieldRecipients} {
		if a, ok := s.answer(f); ok {
			maps.Copy(said, a.Each)
		}
	}
	return said
}

// person is the address that is looked at, to be changed.
func (s *SettingUp) person() []SetupBlock {
	t := s.tongue
	i := slices.IndexFunc(s.draft.Recipients, func(r engine.SetupRecipient) bool { return r.Address == s.picked })
	if i < 0 {
		return nil
	}
	r := s.draft.Recipients[i]
	if r.File != "" {
		return []SetupBlock{{Key: "person." + r.Address, Kind: SetupLine, Light: LightWaiting, Title: r.Address, Text: t.T("It is listed in {file}: change it there.", "file", r.File)}}
	}
	kind := SetupItem{Key: ofPerson + "kind", Kind: SetupSelect, Label: r.Address, Chosen: r.Kind}
	for _, k := range []string{"account", "group", "shared"} {
		kind.Options = append(kind.Options, SetupTile{Key: k, Title: s.kindWord(k)})
	}
	if r.Kind == "" {
		kind.Chosen = "account"
	}
	text := func(of, label, value, placeholder string) SetupItem {
		return SetupItem{Key: ofPerson + of, Kind: SetupText, Label: label, Text: s.entered(ofPerson+of, value), Placeholder: placeholder}
	}
	items := []SetupItem{kind, text("aliases", t.T("Aliases"), strings.Join(r.Aliases, ", "), t.T("other addresses of the same mailbox"))}
	if r.Kind != "group" {
		items = append(items,
			text("primary", t.T("Signs in as"), r.PrimaryUser, r.Address),
			text("secondary", t.T("At the secondary as"), r.SecondaryUser, r.Address))
	}
	if says := s.said()[strings.ToLower(r.Address)]; says.Verdict == failover.Red || says.Verdict == failover.Unknown {
		items = append(items, SetupItem{Key: ofPerson + "said", Kind: SetupFixed, Label: s.providerName(engine.SideSecondary), Text: cmp.Or(says.Answer, t.Say(says.Say))})
	}
	return []SetupBlock{
		{Key: "person." + r.Address, Kind: SetupCard, Items: items},
		{Key: "remove", Kind: SetupDeeds, Buttons: []SetupButton{{Do: DoSetupRemove, Argument: r.Address, Text: t.T("Take this address away")}}},
	}
}

// mirrorPage is about how much mail is at hand, and mirrors it for the first time.
func (s *SettingUp) mirrorPage() SetupPage {
	t, days := s.tongue, s.days()
	p := SetupPage{Title: t.T("How much mail shall be at hand?"), Lead: t.T("The mirror keeps everybody’s recent mail on this computer, encrypted: in an outage it can be read at once.")}
	tiles := SetupBlock{Key: itemDays, Kind: SetupTiles, Chosen: number(days)}
	choices := []int{7, 30, 90, 365}
	if !slices.Contains(choices, days) {
		choices = append(choices, days)
		slices.Sort(choices)
	}
	for _, n := range choices {
		tile := SetupTile{Key: number(n), Title: t.T("{n} days", "n", n)}
		if n == usualDays {
			tile.Note = t.T("what most need")
		}
		tiles.Tiles = append(tiles.Tiles, tile)
	}
	p.Blocks = append(p.Blocks, tiles)
	if slices.Contains(s.seen.fields[engine.StepMirror], engine.FieldMirror) {
		p.Blocks = append(p.Blocks, SetupBlock{Key: "card", Kind: SetupCard, Items: []SetupItem{s.tested(SetupItem{
			Key: "mirror.takes", Kind: SetupFixed, Label: t.T("What it takes"), Text: t.T("looks into every mailbox, and copies nothing yet"),
		}, engine.FieldMirror)}})
	}
	p.Blocks = append(p.Blocks, s.problemBlocks()...)
	if w := s.written; w != nil && w.Code != "" {
		p.Blocks = append(p.Blocks, SetupBlock{
			Key: "code", Kind: SetupCode, Title: w.Code,
			Text:    t.T("The recovery code: print it, and lock it away. It opens the mirror when this computer is lost, and is shown only now."),
			Buttons: []SetupButton{{Do: DoSetupPrint, Argument: w.Code, Text: t.T("Print")}, {Do: DoSetupCopy, Argument: w.Code, Text: t.T("Copy the code")}},
		})
	}
	return with(p, s.mirrorBlocks())
}

// problemBlocks say which steps keep the settings from being written, and lead there;
// what belongs to no step is said in its own words.
func (s *SettingUp) problemBlocks() []SetupBlock {
	t := s.tongue
	const most = 5
	var out []SetupBlock
	told := map[engine.SetupStep]bool{}
	for i, problem := range s.seen.problems {
		step := stepOfKey(problem.Key)
		if len(out) == most || told[step] && step != "" {
			continue
		}
		told[step] = true
		b := SetupBlock{Key: "missing." + number(i), Kind: SetupLine, Light: LightCare, Text: say(t, problem)}
		if step != "" {
			b.Title, b.Text = stepTitle(t, step), t.T("Something is missing before the settings can be saved.")
			b.Link = SetupButton{Do: DoSetupGo, Argument: string(step), Text: t.T("Go there")}
		}
		out = append(out, b)
	}
	return out
}

// stepOfKey is the step where a setting is entered; empty: none.
func stepOfKey(key string) engine.SetupStep {
	switch {
	case strings.Contains(key, "primary"):
		return engine.StepPrimary
	case strings.Contains(key, "secondary"):
		return engine.StepSecondary
	case strings.Contains(key, "emergency"):
		return engine.StepEmergency
	case strings.Contains(key, "dns"):
		return engine.StepDNS
	case strings.Contains(key, "recipients"):
		return engine.StepRecipients
	case strings.HasPrefix(key, "mirror"):
		return engine.StepMirror
	case strings.HasPrefix(key, "domains"), strings.HasPrefix(key, "organization"):
		return engine.StepDomain
	default:
		return ""
	}
}

// mirrorBlocks are the first mirror: not begun, going on, or done.
func (s *SettingUp) mirrorBlocks() []SetupBlock {
	t, m := s.tongue, s.mirror
	begin := SetupBlock{Key: "begin", Kind: SetupDeeds, Buttons: []SetupButton{{Do: DoSetupMirror, Text: t.T("Save, and mirror now"), Off: s.busy != "" || len(s.seen.problems) > 0}}}
	switch {
	case m.running:
		return []SetupBlock{{
			Key: "gauge", Kind: SetupGauge, Title: t.T("Mirroring"), Text: m.account, Share: m.share,
			Buttons: []SetupButton{{Do: DoSetupStop, Argument: string(engine.FieldMirror), Text: t.T("Stop")}},
		}}
	case m.done:
		return []SetupBlock{{Key: "mirrored", Kind: SetupLine, Light: LightHealthy, Title: t.T("Mirrored"), Text: t.T("Recent mail is on this computer, and is kept up to date from now on.")}}
	case m.err != nil:
		return []SetupBlock{{Key: "mirrored", Kind: SetupLine, Light: LightDown, Title: t.T("Not mirrored"), Text: problem(t, m.err)}, begin}
	default:
		return []SetupBlock{begin}
	}
}

// drillPage says what is done and what is left, and leads to the first drill.
func (s *SettingUp) drillPage() SetupPage {
	t := s.tongue
	p := SetupPage{Title: t.T("Practice it once"), Lead: t.T("A drill plays an outage in the built-in world: in some minutes you know what a switch is like. Nothing real is touched.")}
	var rows []Row
	for _, step := range engine.SetupSteps() {
		if step == engine.StepDrill {
			continue
		}
		rows = append(rows, Row{Light: s.stepLight(step), Label: stepTitle(t, step), Value: s.decided(step)})
	}
	p.Blocks = append(p.Blocks, SetupBlock{Key: "sum", Kind: SetupFacts, Title: t.T("What is set up"), Rows: rows})
	for i, open := range s.draft.Open {
		p.Blocks = append(p.Blocks, SetupBlock{Key: "open." + number(i), Kind: SetupLine, Light: LightCare, Text: say(t, open)})
	}
	p.Blocks = append(p.Blocks, s.problemBlocks()...)
	if !s.seen.existing {
		p.Blocks = append(p.Blocks, SetupBlock{Key: "later", Kind: SetupDeeds, Buttons: []SetupButton{{Do: DoSetupWrite, Text: t.T("Later: save, and go Home"), Off: s.busy != "" || len(s.seen.problems) > 0}}})
	}
	return p
}
