package detect

import (
	"lifeboat/failover"
)

// explain says how the targets fail, in counts and exact words.
func (v *view) explain(p *Part, why []*track) {
	looks, failed, answer := 0, 0, ""
	var first *track
	for _, t := range why {
		if faultOf(t) != p.Fault {
			continue
		}
		if first == nil {
			first = t
		}
		looks += int(t.tally.looks)
		failed += int(t.tally.failed)
		if answer == "" {
			answer = t.answer
		}
	}
	if first == nil {
		return
	}
	if answer == "" {
		answer = string(outcomes[first.last.outcome])
	}
	p.Say = v.how(p.Fault, first, []any{
		"service", label(first.Service), "host", failover.Display(first.Host), "failed", failed, "looks", looks, "answer", answer,
	})
}

// label is the technical name of a service, the same in every language.
func label(s Service) string {
	switch s {
	case MX:
		return "MX"
	case IMAP:
		return "IMAP"
	case Submission:
		return "SMTP AUTH"
	case Records, DNS:
		return "DNS"
	default:
		return "HTTPS"
	}
}

// how tells a fault by what was seen of it.
func (v *view) how(f Fault, t *track, parts []any) failover.Sentence {
	switch f {
	case FaultResets:
		return failover.Say("{service}: {failed} of {looks} connections were reset (TCP RST).", parts...)
	case FaultRefuses:
		return failover.Say("{service}: {failed} of {looks} connections were refused.", parts...)
	case FaultNoAnswer:
		return failover.Say("{service}: {failed} of {looks} connections got no answer.", parts...)
	case FaultMute:
		return failover.Say("{service}: connections are taken, and {failed} of {looks} times nothing more was said.", parts...)
	case FaultBusy:
		return failover.Say("{service}: turned away at once, {failed} of {looks} times: {answer}", parts...)
	case FaultDefers:
		return failover.Say("{service}: connection and greeting are fine, and after RCPT comes, {failed} of {looks} times: {answer}", parts...)
	case FaultRejects:
		return failover.Say("{service}: recipients are refused for good, so that mail bounces, {failed} of {looks} times: {answer}", parts...)
	case FaultTLS:
		return failover.Say("{service}: no sound TLS, {failed} of {looks} times: {answer}", parts...)
	case FaultName:
		return failover.Say("{service}: the name {host} leads nowhere, {failed} of {looks} times: {answer}", parts...)
	case FaultSignIn:
		return failover.Say("{service}: connections are fine, and the sign-in fails, {failed} of {looks} times: {answer}", parts...)
	case FaultSlow:
		return failover.Say("{service}: {failed} of {looks} looks took too long.", parts...)
	case FaultUndelivered:
		return failover.Say("{failed} of {looks} seed messages did not reach the mailbox.", parts...)
	case FaultAttachments:
		return failover.Say("{failed} of {looks} seed messages with an attachment did not reach the mailbox.", parts...)
	case FaultPages:
		return failover.Say("The page {host} fails, {failed} of {looks} times: {answer}", parts...)
	case FaultRecords:
		return failover.Say("The name server {host} gives other records than it should, {failed} of {looks} times: {answer}", parts...)
	case FaultDNSHost:
		return failover.Say("The name server {host} does not answer as it should, {failed} of {looks} times: {answer}", parts...)
	default:
		return v.hiddenSay(channelOf(t.Service))
	}
}

// hiddenSay says how our line hides what is behind a channel.
func (v *view) hiddenSay(c channel) failover.Sentence {
	w := &v.line[c]
	switch {
	case v.lineAt.known && !v.lineAt.up:
		return failover.Say("Your own line is down, so nothing can be seen.")
	case w.controls == 0:
		return failover.Say("Nobody answers on port {port}, and there is nothing to tell whether it is your line.", "port", c.port())
	default:
		return v.shutSay(c)
	}
}
