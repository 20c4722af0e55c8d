package presenter

import (
	"slices"
	"strings"

	"lifeboat/app/engine"
)

// servers are a provider's servers, each with its test. What its preset knows is only
// said, until somebody asks to change it.
func (s *SettingUp) servers(side engine.Side) ([]SetupItem, []SetupButton) {
	t, p := s.tongue, s.seen.providers[side]
	part := partOf(side, partServers)
	known := len(p.MX) > 0 && p.IMAP != "" && p.Submission != "" && s.presetKnowsAll(p.Preset)
	folded := known && s.isFolded(part)
	mx, submission, imap := engine.FieldPrimaryMX, engine.FieldPrimarySubmission, engine.FieldPrimaryIMAP
	if side == engine.SideSecondary {
		mx, submission, imap = engine.FieldSecondaryMX, engine.FieldSecondarySubmission, engine.FieldSecondaryIMAP
	}
	key := func(of string) string { return string(side) + "." + of }
	var hosts []string
	for _, m := range p.MX {
		_, host, ok := strings.Cut(m, " ")
		if !ok {
			host = m
		}
		hosts = append(hosts, host)
	}
	items := []SetupItem{
		{Key: key(ofMX), Label: t.T("Receiving (MX)"), Text: strings.Join(hosts, t.T(", ")), Placeholder: "mx1.example.net, mx2.example.net"},
		s.server(key(ofSubmission), t.T("Sending (SMTP)"), p.Submission, p.SubmitTLS, "smtp.example.net", []string{"465 implicit", "587 starttls"}),
		s.server(key(ofIMAP), t.T("Reading (IMAP)"), p.IMAP, p.IMAPTLS, "imap.example.net", []string{"993 implicit", "143 starttls"}),
	}
	for i, f := range []engine.SetupField{mx, submission, imap} {
		items[i].Kind = SetupText
		if folded {
			items[i].Kind = SetupFixed
			items[i].Options = nil
		} else {
			items[i].Text = s.entered(items[i].Key, items[i].Text)
		}
		if slices.Contains(s.seen.fields[stepOf(side)], f) {
			items[i] = s.tested(items[i], f)
		}
	}
	var folds []SetupButton
	if known {
		fold := SetupButton{Do: DoSetupFold, Argument: part, Text: t.T("Leave the servers as they are")}
		if folded {
			fold.Text = t.T("Change the servers")
		}
		folds = append(folds, fold)
	}
	more, button := s.more(side)
	return append(items, more...), append(folds, button)
}

// presetKnowsAll says whether a preset names every server.
func (s *SettingUp) presetKnowsAll(name string) bool {
	for _, p := range s.presets {
		if p.Name == name {
			return len(p.Needs) == 0
		}
	}
	return false
}

// server is the field of a server, with its port and TLS beside it.
func (s *SettingUp) server(key, label, server, tls, placeholder string, usual []string) SetupItem {
	host, port := hostPort(server)
	i := SetupItem{Key: key, Label: label, Text: host, Placeholder: placeholder}
	for _, u := range usual {
		i.Options = append(i.Options, SetupTile{Key: u, Title: s.portTitle(u)})
		p, mode, _ := strings.Cut(u, " ")
		if (port == "" || port == p) && (tls == "" || tls == mode) && i.Chosen == "" {
			i.Chosen = u
		}
	}
	if i.Chosen == "" {
		if tls == "" {
			tls = "implicit"
		}
		i.Chosen = port + " " + tls
		for _, mode := range []string{"implicit", "starttls"} {
			i.Options = append(i.Options, SetupTile{Key: port + " " + mode, Title: s.portTitle(port + " " + mode)})
		}
	}
	return i
}

// portTitle tells a port and how it is secured.
func (s *SettingUp) portTitle(chosen string) string {
	port, mode, _ := strings.Cut(chosen, " ")
	if mode == "starttls" {
		return port + s.tongue.T(", ") + "STARTTLS"
	}
	return port + s.tongue.T(", ") + "TLS"
}

// more are the settings that few need.
func (s *SettingUp) more(side engine.Side) ([]SetupItem, SetupButton) {
	t, p, part := s.tongue, *providerIn(&s.draft, side), partOf(side, partMore)
	b := SetupButton{Do: DoSetupFold, Argument: part, Text: t.T("Fewer settings")}
	if s.isFolded(part) {
		b.Text = t.T("More settings")
		return nil, b
	}
	text := func(of, label, value, placeholder string) SetupItem {
		k := string(side) + "." + of
		return SetupItem{Key: k, Kind: SetupText, Label: label, Text: s.entered(k, value), Placeholder: placeholder}
	}
	items := []SetupItem{
		text(ofName, t.T("Name"), p.Name, s.presetTitle(p.Preset)),
		text(ofSPF, t.T("SPF name"), p.SPFInclude, s.seen.providers[side].SPFInclude),
		text(ofCA, t.T("Certificates (file)"), p.CAFile, t.T("only where the servers are your own")),
	}
	for _, need := range s.needs(side) {
		switch need {
		case ofEach:
			each := SetupItem{Key: string(side) + "." + ofEach, Kind: SetupTick, Label: t.T("Every mailbox has a password of its own")}
			if p.Each {
				each.Text = yes
			}
			items = append(items, each)
		case ofUsername:
			items = append(items, text(ofUsername, t.T("Sends as"), p.Username, t.T("everybody signs in for themselves")))
		case ofUser:
			items = append(items, text(ofUser, t.T("Sign-in name"), p.User, "{user}*admin"))
		case ofExpires:
			items = append(items, text(ofExpires, t.T("Secret valid until"), p.SecretExpires, "2027-03-31"))
		}
	}
	return items, b
}
