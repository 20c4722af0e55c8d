package engine

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/journal"
	"lifeboat/failover/relay"
	"lifeboat/mailstore"
	"lifeboat/mailstore/compose"
)

// MailToSend is a message that a person wants sent. Addresses may have names, and several
// may stand in one text, separated by commas.
type MailToSend struct {
	From        string // empty: whoever the message that is answered or passed on was sent to
	To, Cc, Bcc []string
	ReplyTo     []string // empty: see [MailSent.Emergency]
	Subject     string   // empty: that of the message that is answered or passed on
	Text        string
	Attachments []compose.Attachment
	Reply       string // the ID of a message that this answers
	All         bool   // with Reply: everybody who had it
	Forward     string // the ID of a message that is passed on
	Inline      bool   // with Forward: in the text, rather than as an attachment
	// Exact: To and Cc are all that it goes to, as a person has seen and changed them:
	// with Reply nobody is added out of the message that is answered.
	Exact bool
	// Source is where Reply and Forward are, open already; nil: the mirror, which is
	// opened for it, with Reason where it is other people's mail.
	Source   MailSource
	Reason   string
	Language i18n.Language
	Wait     time.Duration // for what becomes of it
	// Draft is the ID that it was kept under while it was written ([Engine.KeepDraft]); it
	// may be empty. The draft goes with the message: whatever happens, it is not left
	// to be sent once more.
	Draft string
}

// MailSent is a message that was handed in, and what became of it.
type MailSent struct {
	SentMail
	MessageID string   `json:"message_id"`
	From      string   `json:"from"`
	Subject   string   `json:"subject"`
	ReplyTo   []string `json:"reply_to,omitempty"`
	// Emergency: answers are led to the emergency subdomain, since mail goes out through
	// the secondary, and the MX, as far as is known here, still leads to the primary.
	Emergency bool `json:"reply_to_emergency,omitempty"`
}

// SendMail writes a message and hands it in at the desk. Mail is read only where
// something is answered or passed on.
func (e *Engine) SendMail(ctx context.Context, desk Desk, m MailToSend) (MailSent, error) {
	draft, err := e.draftMail(ctx, m)
	if err != nil {
		return MailSent{}, err
	}
	out := MailSent{Subject: draft.Subject}
	if len(draft.ReplyTo) == 0 {
		if to, ok := e.emergencyAddress(draft.From); ok {
			draft.ReplyTo, out.Emergency = []mailstore.Address{to}, true
		}
	}
	message, err := draft.Message(compose.Options{Now: e.opt.Now, Random: rand.Reader})
	if err != nil {
		return MailSent{}, err
	}
	out.MessageID, out.From, out.ReplyTo = message.MessageID, message.From, addresses(draft.ReplyTo)
	if m.Draft != "" {
		if err := e.noteHanded(ctx, desk, m.Draft, message.MessageID); err != nil {
			return MailSent{}, err
		}
	}
	out.SentMail, err = desk.Send(ctx, Outgoing{
		Envelope: relay.Envelope{From: message.From, To: message.Recipients, EightBit: message.EightBit},
		Message:  message.Bytes, Wait: m.Wait,
	})
	return out, err // whoever keeps the draft drops it; see draftsent.go for whom that is not granted
}

// draftMail puts together what the person says and what is answered or passed on, as it
// can be sent.
func (e *Engine) draftMail(ctx context.Context, m MailToSend) (compose.Draft, error) {
	d, err := e.assembleMail(ctx, m)
	if err != nil {
		return d, err
	}
	return d, d.Check()
}

// assembleMail puts it together; who it goes to may be missing.
func (e *Engine) assembleMail(ctx context.Context, m MailToSend) (compose.Draft, error) {
	lists := [][]mailstore.Address{}
	for _, texts := range [][]string{{m.From}, m.To, m.Cc, m.Bcc, m.ReplyTo} {
		list, err := compose.ParseAddresses(texts...)
		if err != nil {
			return compose.Draft{}, err
		}
		lists = append(lists, list)
	}
	from, to, cc := lists[0], lists[1], lists[2]
	if len(from) > 1 {
		return compose.Draft{}, failover.Fail(failover.ErrInvalid, "a message has one sender: give one address with --from")
	}
	d, me, err := e.related(ctx, m, from)
	if err != nil {
		return d, err
	}
	switch {
	case len(from) == 1:
		d.From = from[0]
	case me.Address != "":
		d.From = me
	default:
		return d, failover.Fail(failover.ErrInvalid, "whose mail this is has to be said: give the sender's address with --from")
	}
	if m.Exact {
		d.To, d.Cc = nil, nil
	}
	d.To, d.Cc = append(d.To, to...), append(d.Cc, cc...)
	d.Bcc, d.ReplyTo = lists[3], lists[4]
	if m.Subject != "" {
		d.Subject = m.Subject
	}
	d.Text = above(m.Text, d.Text)
	d.Attachments = append(slices.Clone(m.Attachments), d.Attachments...)
	return d, nil
}

// above puts what is written above what is quoted.
func above(text, quoted string) string {
	text, quoted = strings.TrimRight(text, "\r\n"), strings.TrimLeft(quoted, "\n")
	switch {
	case quoted == "":
		return text + "\n"
	case text == "":
		return quoted
	}
	return text + "\n\n" + quoted
}

// related drafts what follows from a message that is answered or passed on, and says whose
// it is.
func (e *Engine) related(ctx context.Context, m MailToSend, from []mailstore.Address) (compose.Draft, mailstore.Address, error) {
	var none mailstore.Address
	switch {
	case m.Reply != "" && m.Forward != "":
		return compose.Draft{}, none, failover.Fail(failover.ErrInvalid, "a message is answered or passed on, not both: give --reply or --forward")
	case m.Reply == "" && m.Forward == "":
		return compose.Draft{}, none, nil
	}
	raw, account, err := e.original(ctx, m)
	if err != nil {
		return compose.Draft{}, none, err
	}
	original := compose.ReadOriginal(raw)
	whose := mailstore.Address{Address: account}
	for _, a := range slices.Concat(original.Letter.To, original.Letter.Cc) {
		if strings.EqualFold(a.Address, whose.Address) {
			whose.Name = a.Name // as others write it
		}
	}
	words := e.wordsIn(m.Language)
	switch {
	case m.Reply != "":
		me := e.sameMailbox(whose.Address)
		for _, f := range from {
			me = append(me, e.sameMailbox(f.Address)...)
		}
		return compose.Reply(original, m.All, me, words), whose, nil
	case !m.Inline:
		return compose.Forward(original), whose, nil
	}
	if original, err = original.ReadFiles(); err != nil {
		return compose.Draft{}, none, err
	}
	return compose.ForwardInline(original, words), whose, nil
}

// original reads the message that is answered or passed on, and says whose it is.
func (e *Engine) original(ctx context.Context, m MailToSend) (raw []byte, account string, err error) {
	source := m.Source
	if source == nil {
		mail, err := e.OpenMail(ctx, ReadAs{Reason: m.Reason})
		if err != nil {
			return nil, "", err
		}
		defer func() { _ = mail.Close() }() // it was only read
		source = mail
	}
	id := m.Reply + m.Forward
	var b bytes.Buffer
	if err := source.Raw(ctx, id, &b); err != nil {
		return nil, "", err
	}
	lines, err := source.Lines(ctx, []string{id})
	if err != nil {
		return nil, "", err
	}
	return b.Bytes(), lines[0].Account, nil
}

// wordsIn tells what is written into a text in the language of whoever writes it.
func (e *Engine) wordsIn(l i18n.Language) compose.Words {
	t, err := i18n.New(l)
	if err != nil {
		return nil // English
	}
	return func(s mailstore.Sentence) string { return t.Say(s) }
}

// sameMailbox lists an address and those that lead to the same mailbox.
func (e *Engine) sameMailbox(address string) []string {
	all := e.opt.Settings.RecipientsOf(relay.DomainOf(address))
	account := address
	for _, r := range all {
		if strings.EqualFold(r.Address, address) && r.Kind == configs.KindAlias {
			account = r.Of
		}
	}
	out := []string{address, account}
	for _, r := range all {
		if r.Kind == configs.KindAlias && strings.EqualFold(r.Of, account) {
			out = append(out, r.Address)
		}
	}
	return out
}

// emergencyAddress is where answers to an address arrive although its domain's MX could
// not be switched: the same name at the emergency subdomain, which leads to the secondary
// at all times. There is one where the domain's mail leaves through the secondary and its
// MX, by the journal, still leads to the primary. No name server is asked: the DNS
// may be what is broken, and an answer by way of the emergency subdomain arrives in any case.
func (e *Engine) emergencyAddress(from mailstore.Address) (mailstore.Address, bool) {
	local := from.Address[:max(0, strings.LastIndexByte(from.Address, '@'))]
	domains, err := e.Domains([]string{relay.DomainOf(from.Address)})
	if err != nil || domains[0].Emergency == "" || e.routeBook().Route(domains[0].Name) != failover.Secondary {
		return mailstore.Address{}, false
	}
	ops, err := e.operations()
	if err != nil || mxByJournal(domains[0], ops) == failover.Secondary {
		return mailstore.Address{}, false
	}
	return mailstore.Address{Name: from.Name, Address: local + "@" + strings.TrimSuffix(domains[0].Emergency, ".")}, true
}

// mxByJournal is where a domain's MX leads as far as the journal tells: the primary, unless the
// last change of it that the DNS host has confirmed was one to the secondary.
func mxByJournal(d failover.Domain, ops []journal.Operation) failover.Role {
	role := failover.Primary
	for _, op := range ops {
		for _, s := range op.Plan.Steps {
			if s.After.Key != (failover.Key{Name: d.Name, Type: "MX"}) || !op.Steps[s.ID].Made() {
				continue
			}
			role = failover.Primary
			if d.RouteOf(s.After) == failover.RouteSecondary {
				role = failover.Secondary
			}
		}
	}
	return role
}
