package configs

// later writes, as comments, the settings that a switch does not need and that
// nobody can discover: they are filled in on a calm day.
func (p *page) later() {
	p.gap()
	p.comment(0, Say("The send route: people, printers and programs hand their outgoing mail in here, and it leaves through the provider that works. \"lifeboat user add ADDRESS\" lets somebody in, \"lifeboat serve\" runs it. For others in the office, write this computer's address there in place of 127.0.0.1; devices are those that can give no password."))
	p.example("relay:", "  listen: [\"127.0.0.1:2587\", \"127.0.0.1:2465\"]", "  devices: []")
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

// signInExample writes, as a comment, how the mirror would sign in at a provider.
func (p *page) signInExample(preset string) {
	known, _ := PresetNamed(preset)
	p.comment(2, Say("How the mirror signs in to the mailboxes. Take away the # and fill it in; lifeboat.example.yaml explains it."))
	lines := []string{"sign_in: password"}
	switch known.SignIn {
	case SignInMicrosoft365:
		lines = []string{"sign_in:", "  method: microsoft365", "  tenant: example.onmicrosoft.com", "  client: \"\"", "  secret: secret:microsoft365", "  secret_expires: 2028-03-31"}
	case SignInGoogle:
		lines = []string{"sign_in:", "  method: google", "  service_account: secret:google"}
	}
	for _, l := range lines {
		p.line(2, "# "+l)
	}
}
