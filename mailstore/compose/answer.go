package compose

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"lifeboat/mailstore"
)

// Words tell a sentence in the language of whom the message goes to; nil is English.
type Words func(mailstore.Sentence) string

func (w Words) tell(s mailstore.Sentence) string {
	if w == nil {
		return s.String()
	}
	return w(s)
}

// Reply drafts an answer: quoted, in the thread, to whom the sender wants answers
// (RFC 5322 section 3.6.2), or to everybody. Me are my own addresses: I do not write to
// myself, unless there is nobody else. Whoever has no address that can be written to is
// left out. The draft has no sender yet.
func Reply(o Original, all bool, me []string, words Words) Draft {
	l := o.Letter
	d := Draft{Subject: prefixed("Re: ", l.Subject, replyPrefix), InReplyTo: l.MessageID, References: l.References, Text: quote(l, words)}
	if len(d.References) == 0 && len(l.InReplyTo) == 1 {
		d.References = l.InReplyTo // RFC 5322 section 3.6.4
	}
	if l.MessageID != "" {
		d.References = append(slices.Clone(d.References), l.MessageID)
	}
	a := addressees{me: me}
	switch {
	case all && len(o.FollowupTo) > 0:
		d.To = a.add(o.FollowupTo)
	case a.mine(l.From): // what I wrote is followed up, not answered
		if d.To = a.add(l.To); all {
			d.Cc = a.add(l.Cc)
		}
	default:
		d.To = a.add(answersTo(l))
		if all {
			d.To = append(d.To, a.add(l.To)...)
			d.Cc = a.add(append(slices.Clone(l.Cc), o.List...))
		}
	}
	if len(d.To) == 0 { // copies alone, or none but me
		d.To, d.Cc = d.Cc, nil
	}
	if len(d.To) == 0 {
		a = addressees{}
		d.To = a.add(answersTo(l))
	}
	return d
}

// answersTo is where the sender wants answers.
func answersTo(l mailstore.Letter) []mailstore.Address {
	if len(l.ReplyTo) > 0 {
		return l.ReplyTo
	}
	return l.From
}

// addressees collects those that a message goes to, each once.
type addressees struct {
	me   []string
	seen []string
}

func (a *addressees) add(list []mailstore.Address) []mailstore.Address {
	var out []mailstore.Address
	for _, x := range list {
		spec, err := addrSpec(x)
		if err != nil || slices.ContainsFunc(slices.Concat(a.me, a.seen), func(s string) bool { return sameAddress(s, spec) }) {
			continue
		}
		a.seen = append(a.seen, spec)
		x.Name = tidyLine(x.Name)
		out = append(out, x)
	}
	return out
}

// mine reports whether a message is from me.
func (a *addressees) mine(from []mailstore.Address) bool {
	return len(from) > 0 && !slices.ContainsFunc(from, func(x mailstore.Address) bool {
		return !slices.ContainsFunc(a.me, func(s string) bool { return sameAddress(s, x.Address) })
	})
}

// Prefixes that programs in several languages put before a subject, one or more.
var (
	replyPrefix   = regexp.MustCompile(`^(?i:(?:re|aw|antw|sv|返信)(?:\[\d+\]|\^\d+)?[ \t]*[:：][ \t]*)+`)
	forwardPrefix = regexp.MustCompile(`^(?i:(?:fwd?|wg|tr|転送)[ \t]*[:：][ \t]*)+`)
)

// prefixed puts a prefix before a subject in place of those of its kind.
func prefixed(prefix, subject string, kind *regexp.Regexp) string {
	subject = tidyLine(subject)
	return strings.TrimSpace(prefix + subject[len(kind.FindString(subject)):])
}

// tidyLine makes one line of a text that came from outside.
func tidyLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
}

// quote is the text of a message as answers have it.
func quote(l mailstore.Letter, words Words) string {
	var out strings.Builder
	who := shownNames(l.From)
	switch {
	case !l.Date.IsZero() && who != "":
		out.WriteString(words.tell(mailstore.Say("On {date}, {who} wrote:", "date", l.Date.Format(shownDate), "who", who)))
	case who != "":
		out.WriteString(words.tell(mailstore.Say("{who} wrote:", "who", who)))
	}
	if out.Len() > 0 {
		out.WriteString("\n")
	}
	for line := range strings.SplitSeq(strings.TrimRight(l.Text, "\n"), "\n") {
		switch line = strings.TrimRight(line, " \t\r"); {
		case line == "":
			out.WriteString(">\n")
		case line[0] == '>':
			out.WriteString(">" + line + "\n")
		default:
			out.WriteString("> " + line + "\n")
		}
	}
	if l.Cut {
		out.WriteString("> […]\n")
	}
	return out.String()
}

// shownDate is how a date is written in a text, for readers in any zone.
const shownDate = "2006-01-02 15:04 -0700"

func shownNames(list []mailstore.Address) string {
	var out []string
	for _, a := range list {
		if a.Name != "" {
			out = append(out, tidyLine(a.Name))
		} else {
			out = append(out, tidyLine(a.Address))
		}
	}
	return strings.Join(out, ", ")
}

func shownAddresses(list []mailstore.Address) string {
	var out []string
	for _, a := range list {
		out = append(out, tidyLine(a.String()))
	}
	return strings.Join(out, ", ")
}

// ForwardInline drafts passing a message on in the text, with its attachments.
func ForwardInline(o Original, words Words) Draft {
	l := o.Letter
	var out strings.Builder
	out.WriteString("\n" + words.tell(mailstore.Say("---------- Forwarded message ----------")) + "\n")
	date := ""
	if !l.Date.IsZero() {
		date = l.Date.Format(shownDate)
	}
	for _, line := range []struct{ name, value string }{
		{words.tell(mailstore.Say("From:")), shownAddresses(l.From)}, {words.tell(mailstore.Say("Date:")), date}, {words.tell(mailstore.Say("Subject:")), tidyLine(l.Subject)},
		{words.tell(mailstore.Say("To:")), shownAddresses(l.To)}, {words.tell(mailstore.Say("Cc:")), shownAddresses(l.Cc)},
	} {
		if line.value != "" {
			out.WriteString(line.name + " " + line.value + "\n")
		}
	}
	out.WriteString("\n" + l.Text + "\n")
	if l.Cut {
		out.WriteString("[…]\n")
	}
	return Draft{Subject: prefixed("Fwd: ", l.Subject, forwardPrefix), Text: out.String(), Attachments: o.Files}
}

// Forward drafts passing a message on as an attachment, byte for byte; of one whose lines end
// with LF alone, as files on disks have them, the line ends become those of mail.
func Forward(o Original) Draft {
	if !bytes.ContainsRune(o.Raw, '\r') {
		o.Raw = bytes.ReplaceAll(o.Raw, []byte("\n"), []byte("\r\n"))
	}
	name := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) { // in no file name, on whatever system
			return '_'
		}
		return r
	}, tidyLine(o.Letter.Subject)), ". ")
	if name == "" {
		name = "message"
	}
	return Draft{
		Subject:     prefixed("Fwd: ", o.Letter.Subject, forwardPrefix),
		Attachments: []Attachment{{Name: name + ".eml", Type: messageType, Content: o.Raw}},
	}
}
