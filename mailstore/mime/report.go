package mime

import (
	"regexp"
	"strings"

	"lifeboat/mailstore"
)

// maxRecipients is how many recipients of a delivery report are told of.
const maxRecipients = 20

// reportFields reads a body of field groups separated by empty lines (RFC 3464
// section 2.1, RFC 8098 section 3.1).
func reportFields(text string) []map[string]string {
	var groups []map[string]string
	var group map[string]string
	last := ""
	for line := range lineSeq(text) {
		switch {
		case strings.TrimSpace(line) == "":
			group = nil
		case (line[0] == ' ' || line[0] == '\t') && group != nil && last != "":
			if len(group[last]) < 4<<10 {
				group[last] += " " + strings.TrimSpace(line)
			}
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				continue
			}
			if group == nil {
				if len(groups) > 10*maxRecipients {
					return groups
				}
				group = map[string]string{}
				groups = append(groups, group)
			}
			last = strings.ToLower(strings.TrimSpace(name))
			if _, twice := group[last]; !twice && len(group) < 100 {
				group[last] = strings.TrimSpace(value)
			}
		}
	}
	return groups
}

// typed splits a value such as "rfc822; anna@example.test" and leaves the type out.
func typed(value string) string {
	if _, rest, ok := strings.Cut(value, ";"); ok {
		value = rest
	}
	return clean(decodeWords(strings.TrimSpace(value)))
}

// deliveries says in plain words what a delivery report (RFC 3464) reports, recipient
// by recipient.
func deliveries(text string) []mailstore.Delivery {
	var out []mailstore.Delivery
	for _, g := range reportFields(text) {
		recipient := strings.Trim(typed(first(g, "original-recipient", "final-recipient")), "<>")
		if final := strings.Trim(typed(g["final-recipient"]), "<>"); recipient == "" || !strings.Contains(recipient, "@") && final != "" {
			recipient = final
		}
		if recipient == "" || len(out) == maxRecipients {
			continue
		}
		status := statusCode.FindString(g["status"])
		answer := typed(g["diagnostic-code"])
		d := mailstore.Delivery{To: recipient}
		d.Fate, d.Say = fateOf(strings.ToLower(strings.Trim(strings.Fields(g["action"] + " -")[0], ".,;")), status, recipient, g["will-retry-until"])
		// 5.0.0 and the like say nothing; the server's answer often has the code.
		if in := statusCode.FindString(answer); in != "" && (status == "" || strings.HasSuffix(status, ".0.0")) {
			status = in
		}
		d.Status, d.Why = status, answerNotes(status, answer, typed(first(g, "remote-mta")))
		out = append(out, d)
	}
	return out
}

// notesOf are the notes that say what deliveries say.
func notesOf(all []mailstore.Delivery) []mailstore.Sentence {
	var notes []mailstore.Sentence
	for _, d := range all {
		notes = append(append(notes, d.Say), d.Why...)
	}
	return notes
}

func first(g map[string]string, names ...string) string {
	for _, n := range names {
		if g[n] != "" {
			return g[n]
		}
	}
	return ""
}

var statusCode = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)

// fateOf says what became of the message, RFC 3464 section 2.3.3.
func fateOf(action, status, recipient, until string) (mailstore.DeliveryFate, mailstore.Sentence) {
	delayed := mailstore.Say("The message to {recipient} has not been delivered yet; it will be tried again.", "recipient", recipient)
	delivered := mailstore.Say("The message to {recipient} was delivered.", "recipient", recipient)
	switch action {
	case "failed":
	case "delayed":
		if until = clean(until); until != "" {
			delayed = mailstore.Say("The message to {recipient} has not been delivered yet; it will be tried again until {until}.", "recipient", recipient, "until", until)
		}
		return mailstore.DeliveryDelayed, delayed
	case "delivered":
		return mailstore.Delivered, delivered
	case "relayed":
		return mailstore.DeliveryRelayed, mailstore.Say("The message to {recipient} was handed on to a server that sends no reports.", "recipient", recipient)
	case "expanded":
		return mailstore.DeliveryRelayed, mailstore.Say("The message to {recipient} was delivered and sent on to several others.", "recipient", recipient)
	default:
		if strings.HasPrefix(status, "2") {
			return mailstore.Delivered, delivered
		}
		if strings.HasPrefix(status, "4") {
			return mailstore.DeliveryDelayed, delayed
		}
	}
	return mailstore.DeliveryFailed, failedTo(recipient)
}

func failedTo(recipient string) mailstore.Sentence {
	return mailstore.Say("The message to {recipient} could not be delivered.", "recipient", recipient)
}

// answerNotes explains the status and quotes the server.
func answerNotes(status, answer, server string) []mailstore.Sentence {
	var notes []mailstore.Sentence
	if note, ok := explain(status); ok {
		notes = append(notes, note)
	}
	answer = cutText(answer, 500)
	switch {
	case answer == "":
	case server != "":
		notes = append(notes, mailstore.Say("{server} answered: {answer}", "server", server, "answer", answer))
	default:
		notes = append(notes, mailstore.Say("The server answered: {answer}", "answer", answer))
	}
	return notes
}

// receiptNotes says in plain words what a message disposition notification
// (RFC 8098) notifies of.
func receiptNotes(text string) []mailstore.Sentence {
	for _, g := range reportFields(text) {
		recipient := strings.Trim(typed(first(g, "final-recipient", "original-recipient")), "<>")
		_, kind, _ := strings.Cut(g["disposition"], ";")
		kind, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(kind)), "/")
		if kind == "" {
			continue
		}
		switch strings.TrimSpace(kind) {
		case "displayed":
			return []mailstore.Sentence{mailstore.Say("The message to {recipient} was opened.", "recipient", recipient)}
		case "deleted":
			return []mailstore.Sentence{mailstore.Say("The message to {recipient} was deleted; it may not have been read.", "recipient", recipient)}
		case "dispatched", "processed":
			return []mailstore.Sentence{mailstore.Say("The message to {recipient} was sent on or processed by a program.", "recipient", recipient)}
		case "denied":
			return []mailstore.Sentence{mailstore.Say("{recipient} does not say whether the message was opened.", "recipient", recipient)}
		}
		return []mailstore.Sentence{mailstore.Say("The message to {recipient} could not be displayed or processed.", "recipient", recipient)}
	}
	return nil
}

var (
	qmailFailure    = regexp.MustCompile(`(?m)^<([^<>\s@]+@[^<>\s@]+)>:?[ \t]*\n((?:[^\n]+\n?){1,6})`)
	addressInText   = regexp.MustCompile(`[A-Za-z0-9._%+=\-]{1,64}@[A-Za-z0-9.\-]{1,253}\.[A-Za-z0-9\-]{2,63}`)
	exchangeFailure = regexp.MustCompile(`(?i)(did not reach some or all of the intended recipients|delivery has failed to these recipients|could not be delivered to|配信できませんでした|配信不能)`)
)

// textReport reads the reports of programs that keep to no standard: qmail's
// (its "QSBMF"), Exim's and old Exchange's. They are told by who sends them.
func (d *document) textReport(text string) []mailstore.Delivery {
	if !strings.HasPrefix(text, "Hi. This is the ") && !d.fromServer() { // qmail's begin so
		return nil
	}
	if failed := clean(unfold(d.root.head.get("x-failed-recipients"))); failed != "" {
		return []mailstore.Delivery{failure(failed, statusCode.FindString(text), "")}
	}
	var out []mailstore.Delivery
	if strings.Contains(text, "qmail-send") || strings.Contains(text, "wasn't able to deliver") {
		for _, m := range qmailFailure.FindAllStringSubmatch(text, maxRecipients) {
			answer := strings.Join(strings.Fields(m[2]), " ")
			out = append(out, failure(m[1], statusCode.FindString(answer), answer))
		}
		return out
	}
	if at := exchangeFailure.FindStringIndex(text); at != nil {
		if recipient := addressInText.FindString(text[at[1]:]); recipient != "" {
			out = append(out, failure(recipient, statusCode.FindString(text), ""))
		}
	}
	return out
}

func failure(recipient, status, answer string) mailstore.Delivery {
	return mailstore.Delivery{
		To: recipient, Fate: mailstore.DeliveryFailed, Status: status, Say: failedTo(recipient), Why: answerNotes(status, answer, ""),
	}
}

// fromServer reports whether a mail server wrote the message, by the names that they
// go by.
func (d *document) fromServer() bool {
	from := strings.ToLower(unfold(d.root.head.get("from")))
	for _, name := range []string{"mailer-daemon", "postmaster", "mail delivery", "microsoftexchange", "system administrator", "システム管理者"} {
		if strings.Contains(from, name) {
			return true
		}
	}
	subject := strings.ToLower(d.letter.Subject)
	return strings.HasPrefix(subject, "undeliver") || strings.HasPrefix(subject, "failure notice") || strings.HasPrefix(subject, "delivery status notification") ||
		strings.HasPrefix(subject, "配信不能") || len(d.root.head.get("x-failed-recipients")) > 0
}
