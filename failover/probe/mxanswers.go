package probe

import (
	"context"
	"sync"

	"lifeboat/failover"
)

func checkMXAnswers() Check {
	return Check{
		ID:       "mx-answers",
		Reason:   failover.Say("Each mail exchanger that is going to be published has to answer, take a recipient, and refuse an address that does not exist: senders may choose any of them."),
		Remedy:   failover.Say("Ask the provider why this host does not take the domain's mail, or take the host out of the settings."),
		subjects: eachHost, asked: onNothing, covered: true, portable: true,
		run: func(ctx context.Context, v *visit, hosts []string) {
			roster := v.roster(ctx)
			results := make([]say, len(hosts))
			var wg sync.WaitGroup
			for i, h := range hosts {
				wg.Go(func() { results[i] = v.judgeHost(ctx, h, roster) })
			}
			wg.Wait()
			for i, h := range hosts {
				if results[i].verdict != "" {
					v.note(h, results[i])
				}
			}
		},
	}
}

// judgeHost looks at one host; no verdict when the context ended.
func (s *survey) judgeHost(ctx context.Context, host string, r roster) say {
	mx := failover.Display(host)
	if g := s.greeting(ctx, host); g.fault != nil {
		return s.noConversation(ctx, host, g.fault, r.usable)
	}
	if line := s.lineState(ctx); line.kind == lineAltered {
		return unseen(line)
	}
	iv, sample := r.interview, s.sample(r)
	if host != r.host {
		iv = s.asked.get(host, func() interview { return s.interview(ctx, host, []string{sample}, nobody) })
	}
	if iv.fault != nil {
		return s.noConversation(ctx, host, iv.fault, r.usable)
	}
	if ctx.Err() != nil {
		return say{}
	}
	known := iv.answers[sample]
	if host != r.host && r.usable && r.answers[sample].kind == taken && (known.kind == rejected || known.kind == notTheir) {
		return say{
			verdict: failover.Red, evidence: known.evidence(sample),
			text: failover.Say("{mx} refuses {address}, which {other} takes: mail that comes to {mx} would bounce. It says: {answer}",
				"mx", mx, "address", sample, "other", failover.Display(r.host), "answer", known.reply),
			remedy: failover.Say("Have the address set up for all of the provider's mail exchangers, or take {mx} out of the settings.", "mx", mx),
		}
	}
	return judgeStranger(mx, iv, known)
}

// judgeStranger says what the answer about an address that does not exist proves.
func judgeStranger(mx string, iv interview, known answer) say {
	unknown := iv.unknown()
	evidence := unknown.evidence(iv.stranger)
	switch unknown.kind {
	case rejected, notTheir: // as disowns says; put off while others are taken is told below
		return say{verdict: failover.Pass, evidence: evidence,
			text: failover.Say("{mx} answers, and refuses an address that does not exist.", "mx", mx)}
	case taken:
		return say{verdict: failover.Unknown, evidence: evidence,
			remedy: failover.Say("Ask the provider to refuse unknown addresses (550 5.1.1), or take {mx} out of the settings. Where neither can be done, see that every address exists at the provider, and overrule this check with that as the reason.", "mx", mx),
			text:   failover.Say("{mx} accepts every address, even {address}, which nobody has; so its acceptance proves nothing.", "mx", mx, "address", iv.stranger)}
	case deferred:
		if known.kind != taken {
			return say{verdict: failover.Unknown, evidence: evidence, unseen: true, remedy: failover.Say("Check again in a few minutes."),
				text: failover.Say("{mx} puts everybody off, asked twice: {answer}", "mx", mx, "answer", unknown.reply)}
		}
		if !unknown.disowns() {
			return say{verdict: failover.Unknown, evidence: evidence, remedy: failover.Say("Check again in a few minutes."),
				text: failover.Say("{mx} puts off an address that does not exist, asked twice, and may accept it later; so its acceptance of others proves nothing yet: {answer}", "mx", mx, "answer", unknown.reply)}
		}
		return say{verdict: failover.Warn, evidence: evidence,
			text:   failover.Say("{mx} answers, but puts off an address that does not exist where it should refuse it; senders hear of a mistyped address only days later: {answer}", "mx", mx, "answer", unknown.reply),
			remedy: failover.Say("Ask the provider to refuse unknown addresses for good (550 5.1.1).")}
	case policy, doubtful:
		return say{verdict: failover.Unknown, evidence: evidence, ownLine: true, remedy: otherWays(),
			text: failover.Say("{mx} refuses to answer this line, whatever the address: {answer}", "mx", mx, "answer", unknown.reply)}
	default:
		return say{verdict: failover.Unknown, evidence: evidence, unseen: true, remedy: failover.Say("Check again later."),
			text: failover.Say("{mx} answers, but broke off before it could be asked for an address that does not exist.", "mx", mx)}
	}
}

// proveOtherwise is what to do about a recipient of a server that accepts everything.
func proveOtherwise() failover.Sentence {
	return failover.Say("Look in the provider's console whether the addresses exist, or send a seed message through its submission port and see it arrive; better still, have the provider refuse unknown addresses.")
}

// sample is the address that hosts other than the first are asked for: one that
// the first host takes, if there is any.
func (s *survey) sample(r roster) string {
	for _, address := range s.wanted {
		if r.answers[address].kind == taken {
			return address
		}
	}
	if len(s.wanted) > 0 {
		return s.wanted[0]
	}
	return "postmaster@" + failover.Display(s.target.Domain.Name)
}

// noConversation tells of a host that could not be asked anything. Where another
// host of the provider can be, senders find that one.
func (s *survey) noConversation(ctx context.Context, host string, f *fault, others bool) say {
	mx := failover.Display(host)
	out := say{verdict: failover.Unknown, evidence: f.evidence(), unseen: true}
	switch f.kind {
	case stopped:
		return say{}
	case noWord:
		out.text = failover.Say("Nobody could say where {mx} is: the DNS gives no answer.", "mx", mx)
		out.remedy = failover.Say("See whether this machine is on the network, and check again.")
		return out
	case noAddress:
		out.verdict, out.unseen = failover.Red, false
		out.text = failover.Say("{mx} has no address in the DNS, so no mail can reach it.", "mx", mx)
		out.remedy = failover.Say("Correct the host's name in the settings; the provider's documentation has the right one.")
		return out
	case putOff:
		out.text = failover.Say("{mx} asks to come back later: {answer}", "mx", mx, "answer", f.reply)
		out.remedy = failover.Say("Check again in a few minutes.")
		return out
	case turnedAway:
		if f.reply.code != 521 { // RFC 7504: a host that takes no mail at all
			out.text = failover.Say("{mx} will not talk to this line: {answer}", "mx", mx, "answer", f.reply)
			out.remedy, out.ownLine = otherWays(), true
			return out
		}
	default: // the host, or our line
	}
	if line := s.lineState(ctx); line.kind != lineOpen {
		return unseen(line)
	}
	out.verdict, out.unseen = failover.Red, false
	if others {
		out.verdict, out.unseen = failover.Warn, true // it may answer the next time
	}
	out.text = didNotAnswer(mx, f)
	out.remedy = failover.Say("Ask the provider whether the host is in service. Until it answers, mail sent there waits or bounces.")
	return out
}

// unseen is the finding where our own line stands in the way.
func unseen(line lineState) say {
	out := line.finding
	out.verdict, out.unseen = failover.Unknown, true
	return out
}

// didNotAnswer tells how a host that others could reach failed.
func didNotAnswer(mx string, f *fault) failover.Sentence {
	switch f.kind {
	case unreachable:
		return failover.Say("{mx} does not answer on port 25, while other mail servers do.", "mx", mx)
	case silent:
		return failover.Say("{mx} accepts connections on port 25 and then says nothing ({stage}).", "mx", mx, "stage", f.stage)
	case cut:
		return failover.Say("{mx} ends the connection before any mail could be handed over ({stage}).", "mx", mx, "stage", f.stage)
	case turnedAway:
		return failover.Say("{mx} says that it takes no mail at all: {answer}", "mx", mx, "answer", f.reply)
	default:
		return failover.Say("What {mx} says on port 25 is no SMTP ({stage}).", "mx", mx, "stage", f.stage)
	}
}
