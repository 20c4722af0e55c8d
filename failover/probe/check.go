package probe

import (
	"context"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
)

// Check looks at one thing about a target.
type Check struct {
	// ID is the name in findings and in the settings: "rcpt", "starttls", ...
	ID string
	// Reason says why it is looked at, and Remedy what to do in general when it is
	// not right; a finding may carry a more exact one.
	Reason, Remedy failover.Sentence

	// subjects lists what has to be looked at: addresses, hosts, or "" for the
	// domain as a whole.
	subjects func(Target) []string
	// asked is what the answer depends on beside domain, destination and subject;
	// evidence is worthless once it has changed.
	asked func(Target) string
	// keeps bounds how long a finding counts, below what [Judge] is told; 0 is no bound.
	keeps time.Duration
	// covered marks what only port 25 can show and what is no reason to stop once all
	// recipients are proven in another way: an Unknown that is owed to our own line,
	// and no other, is then a warning.
	covered bool
	// portable marks what can be seen from another machine in our stead.
	portable bool
	run      func(ctx context.Context, v *visit, subjects []string)
}

// Checks lists all checks, in the order in which findings are given.
func Checks() []Check {
	return []Check{
		checkClock(),
		checkLine(),
		checkDNSViews(),
		checkMXNames(),
		checkMXAnswers(),
		checkRecipients(),
		checkSteady(),
		checkStartTLS(),
		checkMTASTS(),
		checkDANE(),
		checkSPF(),
		checkDKIM(),
	}
}

// checkOf finds a check by its ID.
func checkOf(id string) (Check, bool) {
	checks := Checks()
	i := slices.IndexFunc(checks, func(c Check) bool { return c.ID == id })
	if i < 0 {
		return Check{}, false
	}
	return checks[i], true
}

// Need is one piece of evidence: what a check has to say of one subject.
type Need struct {
	Check   string
	Subject string
}

// Needs lists all the evidence that the target calls for, in the order of [Checks].
func (t Target) Needs() []Need {
	var out []Need
	for _, c := range Checks() {
		for _, subject := range c.subjects(t) {
			out = append(out, Need{c.ID, subject})
		}
	}
	return out
}

// hosts lists the destination's mail exchangers, the best preference first.
func (t Target) hosts() []string {
	mx := failover.MXSet(t.Domain.Name, 0, t.Provider.MX).MX()
	var out []string
	for _, m := range mx {
		if !slices.Contains(out, m.Host) {
			out = append(out, m.Host)
		}
	}
	return out
}

// addresses lists the recipients, in lower case, sorted, each once.
func (t Target) addresses() []string {
	var out []string
	for _, r := range t.Domain.Recipients {
		out = append(out, lowerAddress(r.Address))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// What checks look at, and what their answers depend on.
func theDomain(Target) []string       { return []string{""} }
func eachHost(t Target) []string      { return t.hosts() }
func onNothing(Target) string         { return "" }
func onTheHosts(t Target) string      { return strings.Join(t.hosts(), " ") }
func onTheSPFInclude(t Target) string { return t.Provider.SPFInclude }

// visit is one check at work.
type visit struct {
	*survey
	check string
	found map[string]failover.Finding
}

// say is what a finding has beside its check and subject.
type say struct {
	verdict  failover.Verdict
	text     failover.Sentence
	remedy   failover.Sentence
	evidence []string
	ownLine  bool
	unseen   bool // see failover.Finding; what is owed to our own line always is
}

// note makes a finding and tells it.
func (v *visit) note(subject string, s say) {
	f := v.finding(v.check, subject, s)
	v.found[subject] = f
	v.report(f)
}

// inOrder returns the findings on the subjects. One without a finding was cut short.
func (v *visit) inOrder(subjects []string) []failover.Finding {
	out := make([]failover.Finding, 0, len(subjects))
	for _, subject := range subjects {
		if _, ok := v.found[subject]; !ok {
			v.note(subject, say{
				verdict: failover.Unknown, unseen: true,
				text:   failover.Say("The check was stopped before it was done."),
				remedy: failover.Say("Start the check again."),
			})
		}
		out = append(out, v.found[subject])
	}
	return out
}
