package deliver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/smtpout"
)

// reportKind is why a sender is told something.
type reportKind string

// The kinds, by their Action (RFC 3464 section 2.3.3) or near it.
const (
	bouncedReport reportKind = "failed"
	expiredReport reportKind = "expired"
	droppedReport reportKind = "dropped"
	lateReport    reportKind = "delayed"
)

// mostHeader is how much of a message's header its report repeats.
const mostHeader = 64 << 10

// told is what a report says of one recipient.
type told struct {
	to, status, answer, host string
	reason                   failover.Sentence
}

// reportBounces tells the sender whom the provider refused, if anybody.
func (d *Deliverer) reportBounces(ctx context.Context, i relay.Item, t Target, r *result) (relay.ID, error) {
	var about []told
	for _, o := range r.of {
		if o.kind != relay.Bounce {
			continue
		}
		one := told{to: o.to, status: o.reply.Enhanced(), answer: o.reply.String(), host: t.Endpoint.Host, reason: reason(o.reply)}
		if o.reply.Local {
			one.host = ""
		}
		about = append(about, one)
	}
	return d.report(ctx, i, bouncedReport, about)
}

func pendingOutcomes(i relay.Item) []told {
	var about []told
	for _, r := range i.To {
		if r.Fate == relay.Pending {
			about = append(about, told{to: r.Address, status: "4.4.7", answer: r.Answer, reason: i.Why})
		}
	}
	return about
}

// reason tells people what a refusal means, by its code (RFC 3463).
func reason(r smtpout.Reply) failover.Sentence {
	code := r.Enhanced()
	if len(code) > 1 {
		code = code[1:]
	}
	switch code {
	case ".1.1", ".1.6", ".1.10":
		return failover.Say("There is no such mailbox. Check the address for a typing error.")
	case ".1.2", ".4.4":
		return failover.Say("The part after the @ is no domain that takes mail. Check the address for a typing error.")
	case ".1.3":
		return failover.Say("The address is not written as an address must be.")
	case ".2.1":
		return failover.Say("The mailbox exists, but takes no mail at present. Ask the recipient by other means.")
	case ".2.2":
		return failover.Say("The recipient's mailbox is full. Send it again later, or ask the recipient by other means.")
	case ".2.3", ".3.4":
		return failover.Say("The message is too large. Send a smaller one, or share the attachments in another way.")
	case ".6.0", ".6.3", ".6.7":
		return failover.Say("The mail server cannot take a message of this form. Send it as plain text, or ask your administrator.")
	case ".7.1", ".7.0", ".7.26", ".7.23", ".7.25":
		return failover.Say("The mail server refuses it by its rules, as it does with what it takes for unwanted mail. Ask your administrator with the answer below.")
	}
	return failover.Say("The mail server refused it. Its answer is below.")
}

// report queues a report to a message's sender (RFC 3464, RFC 6522), and returns its ID.
// About a report, and to nobody, there is none.
func (d *Deliverer) report(ctx context.Context, i relay.Item, kind reportKind, about []told) (relay.ID, error) {
	to := i.Envelope.From
	if to == "" || i.Envelope.Report || len(about) == 0 {
		return "", nil
	}
	now := d.o.Now()
	header, err := d.header(i.ID)
	if err != nil {
		d.o.Log.Warn("a report goes without the message's header", "message", i.ID, "error", err)
	}
	text := d.compose(i, kind, about, now, header)
	in := d.o.Queue.New(relay.Envelope{To: []string{to}, Report: true, As: to, UTF8: !ascii(to)})
	defer in.Abort()
	if _, err := in.Write(text.message); err != nil {
		return "", err
	}
	h := relay.Header{MessageID: text.id, Subject: text.subject}
	if d.o.Signer != nil {
		if h.Prepend, err = d.o.Signer.Sign(ctx, to, bytes.NewReader(text.message)); err != nil {
			d.o.Log.Warn("a report goes without a signature", "message", i.ID, "error", err)
			h.Prepend = nil
		}
	}
	item, err := in.Commit(ctx, h)
	return item.ID, err
}

// header returns the header of a queued message.
func (d *Deliverer) header(id relay.ID) ([]byte, error) {
	b, err := d.o.Queue.Body(id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = b.Close() }()
	in := bufio.NewReaderSize(io.LimitReader(b, mostHeader), 4096)
	var out bytes.Buffer
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimRight(line, "\r\n")) == 0 || err != nil && !errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		}
		out.Write(bytes.TrimRight(line, "\r\n"))
		out.WriteString("\r\n")
		if err != nil {
			return out.Bytes(), nil
		}
	}
}

// composed is a report's message.
type composed struct {
	id, subject string
	message     []byte
}

func (d *Deliverer) compose(i relay.Item, kind reportKind, about []told, now time.Time, header []byte) composed {
	mark := rand.Text()
	domain := relay.DomainOf(i.Envelope.From)
	if !ascii(domain) || domain == "" {
		domain = d.o.Hostname
	}
	c := composed{id: rand.Text() + "@" + domain, subject: d.o.Words(subject(kind))}
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("From: <%s>", i.Envelope.From)
	line("To: <%s>", i.Envelope.From)
	line("Subject: %s", mime.BEncoding.Encode("utf-8", c.subject))
	line("Date: %s", now.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	line("Message-ID: <%s>", c.id)
	line("Auto-Submitted: auto-replied") // RFC 3834 section 5.1
	if i.MessageID != "" && ascii(i.MessageID) {
		line("In-Reply-To: <%s>", i.MessageID)
	}
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"", mark)
	line("\r\n--%s", mark)
	line("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n")
	b.Write(folded(d.text(i, kind, about)))
	line("--%s", mark)
	line("Content-Type: message/delivery-status\r\n")
	b.Write(d.status(i, kind, about, now))
	line("--%s", mark)
	line("Content-Type: text/rfc822-headers; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n")
	b.Write(folded(header))
	line("--%s--", mark)
	c.message = b.Bytes()
	return c
}

func subject(kind reportKind) failover.Sentence {
	switch kind {
	case lateReport:
		return failover.Say("Your message has not left yet")
	case droppedReport:
		return failover.Say("Your message was stopped by an administrator")
	default:
		return failover.Say("Your message could not be delivered")
	}
}

func opening(kind reportKind) failover.Sentence {
	switch kind {
	case lateReport:
		return failover.Say("Your message below has not left yet. Lifeboat goes on trying; you need do nothing. If it is urgent, reach the recipient by other means.")
	case expiredReport:
		return failover.Say("Your message below could not be delivered: Lifeboat tried for days, and no mail server took it. It is not tried any more. Send it again if it still matters.")
	case droppedReport:
		return failover.Say("Your message below was not delivered: an administrator stopped it.")
	default:
		return failover.Say("Your message below could not be delivered to everybody. These recipients have not got it:")
	}
}

// text is the part that people read.
func (d *Deliverer) text(i relay.Item, kind reportKind, about []told) []byte {
	var b strings.Builder
	say := func(s failover.Sentence) { b.WriteString(d.o.Words(s) + "\r\n") }
	say(opening(kind))
	b.WriteString("\r\n")
	if i.Subject != "" {
		say(failover.Say("Subject: {subject}", "subject", i.Subject))
	}
	say(failover.Say("Written: {time}", "time", i.Arrived.In(d.o.Now().Location()).Format("2006-01-02 15:04 -0700")))
	for _, t := range about {
		b.WriteString("\r\n")
		say(failover.Say("To: {address}", "address", t.to))
		if !t.reason.IsZero() {
			say(t.reason)
		}
		if t.answer != "" {
			say(failover.Say("The mail server's answer: {answer}", "answer", t.answer))
		}
	}
	return []byte(b.String())
}

// status is the part that programs read (RFC 3464 section 2; RFC 6533 for addresses
// that are not ASCII).
func (d *Deliverer) status(i relay.Item, kind reportKind, about []told, now time.Time) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("Reporting-MTA: dns; %s", d.o.Hostname)
	line("Arrival-Date: %s", i.Arrived.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	for _, t := range about {
		kindOf, address := "rfc822", t.to
		if !ascii(address) {
			kindOf, address = "utf-8", xtext(address)
		}
		action := "failed"
		status := t.status
		if kind == lateReport {
			action = "delayed"
		} else if status == "" || status[0] != '5' {
			status = map[reportKind]string{expiredReport: "5.4.7", droppedReport: "5.7.1", bouncedReport: "5.0.0"}[kind]
		}
		line("")
		line("Final-Recipient: %s; %s", kindOf, address)
		line("Action: %s", action)
		line("Status: %s", status)
		if t.host != "" {
			line("Remote-MTA: dns; %s", t.host)
		}
		if t.answer != "" {
			line("Diagnostic-Code: smtp; %s", plain(t.answer))
		}
		line("Last-Attempt-Date: %s", now.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	}
	line("")
	return b.Bytes()
}

// folded is base64 in lines of 76 (RFC 2045 section 6.8).
func folded(text []byte) []byte {
	all := base64.StdEncoding.EncodeToString(text)
	var b bytes.Buffer
	for len(all) > 76 {
		b.WriteString(all[:76] + "\r\n")
		all = all[76:]
	}
	b.WriteString(all + "\r\n")
	return b.Bytes()
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] < ' ' {
			return false
		}
	}
	return true
}

// plain makes an answer fit for a header line: ASCII, and folded before it is too long.
func plain(s string) string {
	var b strings.Builder
	column := 0
	for _, c := range s {
		if c >= 0x80 || c < ' ' {
			c = '?'
		}
		if c == ' ' && column > 70 {
			b.WriteString("\r\n")
			column = 0
		}
		b.WriteRune(c)
		if column++; column > 900 {
			break
		}
	}
	return b.String()
}

// xtext writes an address as utf-8-addr-xtext (RFC 6533 section 3).
func xtext(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c > ' ' && c < 0x7f && c != '\\' && c != '+' && c != '=' {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, `\x{%02X}`, c)
		}
	}
	return b.String()
}
