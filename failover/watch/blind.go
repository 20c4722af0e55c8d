package watch

import (
	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// Blind says, for people, what this watcher cannot see, and what to do about it.
func (w *Watcher) Blind() []failover.Sentence {
	var out []failover.Sentence
	d := w.opt.Domain
	if len(w.recipients(0)) == 0 {
		out = append(out, failover.Say("No recipients of {domain} are in the settings, so whether its mail is taken cannot be seen, only whether the MX hosts talk. Name some under recipients.",
			"domain", failover.Display(d.Name)))
	}
	if len(w.opt.Controls) == 0 {
		out = append(out, failover.Say("There are no control hosts, so a dead provider cannot be told from a blocked line. Name mail hosts of others under detect, controls."))
	}
	for _, r := range roles() {
		if p := d.Provider(r); len(p.MX) > 0 {
			out = append(out, w.blindAt(p)...)
		}
	}
	return out
}

// blindAt says what cannot be seen of a provider.
func (w *Watcher) blindAt(p failover.Provider) []failover.Sentence {
	var out []failover.Sentence
	if p.Submission.Host == "" {
		out = append(out, failover.Say("Whether staff can send through {provider} is not watched: its submission server is not in the settings.", "provider", p.Name))
	}
	if p.IMAP.Host == "" {
		out = append(out, failover.Say("Whether staff can read at {provider} is not watched: its IMAP server is not in the settings.", "provider", p.Name))
	}
	if p.Submission.Host == "" && p.IMAP.Host == "" {
		return out
	}
	if a := w.opt.Access[p.Role]; a.User == "" || a.Password == nil {
		return append(out, failover.Say("Nobody signs in at {provider}, so an outage of its sign-in is not seen. Name one under submission.username if all mail may be sent as that user.", "provider", p.Name))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range detect.Watch(failover.Domain{Primary: failover.Provider{Role: p.Role, Submission: p.Submission, IMAP: p.IMAP}}) {
		if r := w.refused[t]; !w.proved[t] && r.count > 0 {
			out = append(out, failover.Say("The sign-in at {host} has not worked yet ({answer}), so it shows nothing. See that the user and the password are right.",
				"host", failover.Display(t.Host), "answer", r.answer))
		}
	}
	return out
}
