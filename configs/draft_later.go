package configs

// later writes, as comments, the settings that a switch does not need and that
// nobody can discover: they are filled in on a calm day.
func (p *page) later() {
	p.gap()
	p.comment(0, Say("Whom to call when mail fails, and who says yes to a switch: \"lifeboat runcard\" prints them on the page to have on paper. Take away the # and name yours."))
	p.example("people:", "  - name: \"\"", "    role: \"\"", "    phone: \"\"", "    decides: true")
	p.gap()
	p.comment(0, Say("What you have set yourselves: mail works again within rto, so much of the latest mail may be out of reach (rpo), and no mail can be borne for mtpd at most. Reports of drills compare with them."))
	p.example("targets:", "  rto: 1h", "  rpo: 15m", "  mtpd: 1d", "  cost_per_hour: 0", "  secondary_per_year: 0", "  currency: JPY")
	p.gap()
	p.comment(0, Say("What else the printed page should say: where passwords and keys are kept, never what they are."))
	p.example("runcard:", "  credentials: \"\"", "  notes: []")
}

// example writes settings as comments, to be uncommented.
func (p *page) example(lines ...string) {
	for _, l := range lines {
		p.line(0, "# "+l)
	}
}
