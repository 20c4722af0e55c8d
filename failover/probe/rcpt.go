package probe

import (
	"context"
	"strings"

	"lifeboat/failover"
)

func checkRecipients() Check {
	return Check{
		ID:     "rcpt",
		Reason: failover.Say("A recipient that the provider does not know is a bounce for everybody who writes to it, so each one is asked for, as a sender would."),
		Remedy: failover.Say("Create the address at the provider, as an account, an alias or a group, and check again."),
		subjects: func(t Target) []string {
			if len(t.Domain.Recipients) == 0 {
				return []string{""}
			}
			return t.addresses()
		},
		asked: onTheHosts, portable: true,
		run: func(ctx context.Context, v *visit, subjects []string) {
			roster := v.roster(ctx)
			for _, address := range subjects {
				if s := v.judgeRecipient(ctx, address, roster); s.verdict != "" {
					v.note(address, s)
				}
			}
		},
	}
}

// roster is what the best host that answers says of the recipients.
type roster struct {
	interview
	usable bool // some host could be asked
}

// roster asks the hosts, the best first, until one can be asked for recipients.
func (s *survey) roster(ctx context.Context) roster {
	return s.complete.get("", func() roster {
		var first roster
		addresses := s.wanted
		if len(addresses) == 0 {
			addresses = []string{s.sample(roster{})}
		}
		line := s.lineState(ctx)
		for i, host := range s.target.hosts() {
			iv := interview{host: host, fault: s.greeting(ctx, host).fault}
			if line.kind == lineAltered {
				iv.fault = &fault{kind: garbled, stage: "connect"} // whoever answers, it is not the host
			}
			if iv.fault == nil {
				iv = s.asked.get(host, func() interview { return s.interview(ctx, host, addresses, s.tellAnswer) })
			}
			if iv.fault == nil {
				return roster{interview: iv, usable: true}
			}
			if i == 0 {
				first = roster{interview: iv}
			}
		}
		return first
	})
}

// judgeRecipient says what is known about one recipient; no verdict when the
// context ended before anything was.
func (s *survey) judgeRecipient(ctx context.Context, address string, r roster) say {
	name := failover.Display(s.target.Domain.Name)
	switch {
	case address == "":
		return say{verdict: failover.Unknown,
			text:   failover.Say("No recipients are listed for {domain}, so nobody can say whether {provider} takes its mail.", "domain", name, "provider", s.target.Provider.Name),
			remedy: failover.Say("List every address of the domain under recipients in the settings, or name a CSV file there.")}
	case len(s.target.hosts()) == 0:
		return say{verdict: failover.Red,
			text:   failover.Say("{provider} has no mail exchanger in the settings, so {address} cannot be reached there.", "provider", s.target.Provider.Name, "address", address),
			remedy: failover.Say("Enter the provider's MX hosts in the settings.")}
	}
	if _, _, err := envelope(address); err != nil || domainOf(address) != failover.FQDN(s.target.Domain.Name) {
		return say{verdict: failover.Red,
			text:   failover.Say(`"{address}" is no address of {domain}.`, "address", clean(address, 254), "domain", name),
			remedy: failover.Say("Correct the recipient in the settings.")}
	}
	if !r.usable {
		if r.fault == nil || r.fault.kind == stopped {
			return say{}
		}
		return s.notAsked(ctx, address, r)
	}
	if ctx.Err() != nil && r.answers[address].kind == unheard {
		return say{}
	}
	return s.judgeAnswer(address, r)
}

// notAsked tells that no host could be asked for a recipient.
func (s *survey) notAsked(ctx context.Context, address string, r roster) say {
	why := s.noConversation(ctx, r.host, r.fault, false)
	if why.verdict == "" {
		return say{}
	}
	if why.ownLine {
		why.text = failover.Say("Whether {mx} takes {address} cannot be seen from this line.", "mx", failover.Display(r.host), "address", address)
		return why
	}
	return say{verdict: failover.Unknown, evidence: why.evidence, remedy: why.remedy, unseen: true,
		text: failover.Say("{mx} could not be asked for {address}.", "mx", failover.Display(r.host), "address", address)}
}

// judgeAnswer says what a host's answer about a recipient proves.
func (s *survey) judgeAnswer(address string, r roster) say {
	a, mx := r.answers[address], failover.Display(r.host)
	out := say{verdict: failover.Unknown, evidence: a.evidence(address)}
	switch a.kind {
	case taken:
		return judgeTaken(address, out, r.interview)
	case rejected:
		out.verdict = failover.Red
		out.text = failover.Say("{address} is refused by {mx}: {answer}", "address", address, "mx", mx, "answer", a.reply)
		out.remedy = failover.Say("Create {address} at {provider}, as an account, an alias or a group, and check again.", "address", address, "provider", s.target.Provider.Name)
	case notTheir:
		out.verdict = failover.Red
		out.text = failover.Say("{address} is refused by {mx}, which does not take mail for {domain} at all: {answer}",
			"address", address, "mx", mx, "domain", failover.Display(s.target.Domain.Name), "answer", a.reply)
		out.remedy = failover.Say("Add {domain} at {provider} and confirm there that it is yours, then check again.",
			"domain", failover.Display(s.target.Domain.Name), "provider", s.target.Provider.Name)
	case deferred:
		out.text = failover.Say("{mx} puts {address} off, asked twice: {answer}", "mx", mx, "address", address, "answer", a.reply)
		out.remedy = failover.Say("Check again in a few minutes; if it stays so, look at the address at the provider.")
	case lacking:
		out.verdict = failover.Red
		out.text = failover.Say("{mx} takes no addresses with letters beyond ASCII (SMTPUTF8), as in {address}.", "mx", mx, "address", address)
		out.remedy = failover.Say("Ask the provider for SMTPUTF8, or give the recipient an address in plain letters as well.")
	case policy:
		out.ownLine, out.remedy = true, otherWays()
		out.text = failover.Say("{mx} refuses this line, not {address}: {answer}", "mx", mx, "address", address, "answer", a.reply)
	default:
		return judgeUnheard(address, mx, a, out)
	}
	return out
}

// judgeTaken weighs an acceptance by what the server says of an address that
// does not exist.
func judgeTaken(address string, out say, iv interview) say {
	mx, unknown := failover.Display(iv.host), iv.unknown()
	switch {
	case unknown.disowns():
		out.verdict = failover.Pass
		out.text = failover.Say("{mx} takes mail for {address}.", "mx", mx, "address", address)
	case unknown.kind == taken:
		out.text = failover.Say("{mx} accepts {address}, but it accepts every address, so this proves nothing.", "mx", mx, "address", address)
		out.remedy = proveOtherwise()
	case unknown.kind == deferred:
		out.evidence = append(out.evidence, unknown.evidence(iv.stranger)...)
		out.text = failover.Say("{mx} accepts {address}, but puts off an address that does not exist, and may accept that one later as well, so this proves nothing yet: {answer}",
			"mx", mx, "address", address, "answer", unknown.reply)
		out.remedy = failover.Say("Check again in a few minutes; what has been shown by then is kept.")
	default:
		out.text = failover.Say("{mx} accepts {address}; whether it accepts every address could not be found out, so this proves nothing yet.", "mx", mx, "address", address)
		out.remedy = failover.Say("Check again later.")
	}
	return out
}

func judgeUnheard(address, mx string, a answer, out say) say {
	out.unseen = true
	switch {
	case a.fault == nil || a.fault.kind == stopped:
		return say{}
	case a.fault.kind == putOff:
		out.text = failover.Say("{mx} ended the conversation before {address} could be asked for: {answer}", "mx", mx, "address", address, "answer", a.fault.reply)
		out.remedy = failover.Say("Check again in a few minutes; what has been shown by then is kept.")
	default:
		out.text = failover.Say("{mx} broke off while it was asked for {address} ({stage}).", "mx", mx, "address", address, "stage", strings.ToUpper(a.fault.stage))
		out.remedy = failover.Say("Check again in a few minutes; what has been shown by then is kept.")
	}
	return out
}
