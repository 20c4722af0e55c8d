package lab

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"lifeboat/failover"
)

// outgoing is a provider's queue of what its customers have handed in for others
// outside. Who wrote a message that waits for long is told so, in a message of the
// provider's own, and so is who wrote one that comes back (RFC 3464).
type outgoing struct {
	*mta
	p *provider
}

// settleOutgoing gives a provider its queue, which sends from the submission host
// and asks a resolver of the provider's own.
func (w *World) settleOutgoing(p *provider) {
	at := netip.AddrFrom4([4]byte{203, 0, 113, p.network + 5})
	_, p.asks = w.settleCache("resolver."+p.zone, at)
	host := p.hosts[2]
	p.outgoing = &outgoing{p: p, mta: w.newMTA(hostOf(host.name), host.addrs[0].String(), netip.AddrPortFrom(at, 53).String())}
	p.outgoing.keeper = p.outgoing
}

// halted: while all of the provider is down its queue stands still too.
func (o *outgoing) halted() <-chan struct{} {
	c := o.p.cond
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.trouble
	if len(t.Hosts) > 0 || t.Share > 0 && t.Share < 1 {
		return nil
	}
	switch t.Fault {
	case Reset, Refuse, Silent, Hang, Busy:
		return c.changed
	default:
		return nil
	}
}

func (o *outgoing) role() failover.Role { return o.p.role }

// deferred tells the writer of a message that has waited for long, once.
func (o *outgoing) deferred(l *letter, why failover.Sentence) {
	if l.told || o.clock.flow().Sub(l.arrived) < o.retry.Notice {
		return
	}
	l.told = true
	if o.notify(l, report{action: "delayed", status: "4.4.7", code: "400 4.4.7 Message delayed"}, why) && l.number > 0 {
		o.books.tell(l.paper, EventNotice, o.p.role, failover.Say(`{provider} tells {person} that message {number} for {address} is late: "400 4.4.7 Message delayed".`,
			"provider", o.p.title, "person", nameOf(l.from), "number", l.number, "address", l.to))
	}
}

// gaveUp sends a message back.
func (o *outgoing) gaveUp(l *letter, why failover.Sentence) {
	o.notify(l, report{action: "failed", status: "5.4.7", code: "550 5.4.7 Message expired or refused"}, why)
}

func (o *outgoing) passed(*letter) { o.p.count(func(n *Counters) { n.Relayed++ }) }

// report is what a delivery status notification says.
type report struct{ action, status, code string }

// notify puts a notice into the writer's mailbox, if they have one here.
func (o *outgoing) notify(l *letter, r report, why failover.Sentence) bool {
	if there, _ := o.p.has(l.from); !there {
		return false
	}
	now := o.clock.now()
	o.p.store(Mail{At: now, To: []string{l.from}, Data: r.compose(o.name, l, why.String(), now), host: o.name})
	return true
}

// compose writes the notice, with CRLF after each line.
func (r report) compose(server string, l *letter, why string, at time.Time) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("From: Mail Delivery System <mailer-daemon@%s>", server)
	line("To: <%s>", l.from)
	line("Subject: Delivery %s: message %d", r.action, l.number)
	line("Date: %s", at.Format(time.RFC1123Z))
	line("Message-ID: <%d.%d.%s@%s>", l.number, at.UnixNano(), r.action, server)
	line("Auto-Submitted: auto-replied") // RFC 3834
	line("MIME-Version: 1.0")
	line(`Content-Type: multipart/report; report-type=delivery-status; boundary="report"`)
	line("")
	line("--report")
	line("Content-Type: text/plain; charset=utf-8")
	line("")
	line("Your message for %s: %s", l.to, r.code)
	line("%s", strings.ReplaceAll(why, "\n", " "))
	line("")
	line("--report")
	line("Content-Type: message/delivery-status")
	line("")
	line("Reporting-MTA: dns; %s", server)
	line("")
	line("Final-Recipient: rfc822; %s", l.to)
	line("Action: %s", r.action)
	line("Status: %s", r.status)
	line("Diagnostic-Code: smtp; %s", r.code)
	line("--report--")
	return b.Bytes()
}
