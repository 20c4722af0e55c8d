package presenter

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strings"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/mailstore/compose"
)

// ComposeState is what the composer shows.
type ComposeState struct {
	Open bool
	// Key is another than before when what stands in the fields is to be taken over.
	Key     int
	ID      string
	Title   string
	From    string
	Senders []string
	People  [composeFields][]ComposePerson
	Offers  [composeFields][]string
	Subject string
	Text    string
	Quoted  string // a line that says what will stand below; "" is nothing
	Files   []MessageFile
	Sending bool
	CanSend bool
	Problem string // a sentence; "" is none
	Details string
	// Kept are all messages that are being written, by their IDs.
	Kept []KeptLetter
	Sent *SentState // what became of the last one; nil where there is nothing to say
}

// ComposePerson is somebody in a field.
type ComposePerson struct {
	Name string // what is shown
	Full string // name and address
	Bad  bool   // it is no address
}

// KeptLetter is a message that is being written.
type KeptLetter struct{ ID, Title string }

// State returns what is to be shown now.
func (c *Compose) State() ComposeState {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tongue
	s := ComposeState{Key: c.key, Sending: c.sending, Sent: c.sent, Senders: c.senders}
	for _, d := range c.kept {
		s.Kept = append(s.Kept, KeptLetter{d.ID, letterTitle(t, d)})
	}
	if err := cmp.Or(c.problem, c.unkept); err != nil {
		s.Problem, s.Details = problem(t, err), details(t, err)
	}
	d := c.current()
	if d == nil {
		return s
	}
	s.Open, s.ID, s.From, s.Subject, s.Text, s.Title = true, d.ID, d.From, d.Subject, d.Text, t.T("New message")
	switch {
	case d.Reply != "":
		s.Title = t.T("Reply")
	case d.Forward != "":
		s.Title = t.T("Forward")
	}
	to := 0
	for f, list := range d.People {
		for _, full := range list {
			p := composePerson(full)
			s.People[f] = append(s.People[f], p)
			to++
		}
		if strings.TrimSpace(c.typed[f]) != "" {
			to++ // somebody is about to be complete
		}
		for _, o := range c.offers[f] {
			s.Offers[f] = append(s.Offers[f], o.String())
		}
	}
	s.CanSend = to > 0 && !c.sending && c.loading == nil
	if n := lineCount(d.Quoted); n == 1 {
		s.Quoted = t.T("1 quoted line follows below what you write.")
	} else if n > 1 {
		s.Quoted = t.T("{n} quoted lines follow below what you write.", "n", n)
	}
	for _, file := range d.Files {
		f := MessageFile{Part: file, Name: fileTitle(file)}
		bytes, known := c.sizes[file]
		switch f.Bytes = bytes; {
		case !known:
		case bytes < 0:
			f.Note = t.T("This file is no longer there: take it out, or put it back.")
		default:
			f.Size = size(bytes)
		}
		s.Files = append(s.Files, f)
	}
	for _, name := range d.Passed {
		s.Files = append(s.Files, MessageFile{Name: clean(name), Note: ""})
	}
	return s
}

// lineCount counts lines that are not empty.
func lineCount(text string) int {
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	return n
}

// composePerson is how somebody stands in a field.
func composePerson(full string) ComposePerson {
	list, err := compose.ParseAddresses(full)
	if err != nil || len(list) != 1 {
		return ComposePerson{Name: clean(full), Full: full, Bad: true}
	}
	name := list[0].Name
	if name == "" {
		name = list[0].Address
	}
	return ComposePerson{Name: clean(name), Full: full}
}

// letterTitle is what a message that is being written is called in a list.
func letterTitle(t *i18n.Tongue, d letterDraft) string {
	switch {
	case d.Subject != "":
		return clean(d.Subject)
	case len(d.People[FieldTo]) > 0:
		return t.T("To {people}", "people", people(t, d.People[FieldTo]))
	default:
		return t.T("(no subject)")
	}
}

// Missing says what is not there that people usually want: to be asked about before it
// is sent. "" is nothing.
func (c *Compose) Missing() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.current()
	switch t := c.tongue; {
	case d == nil:
		return ""
	case strings.TrimSpace(d.Subject) == "":
		return t.T("The message has no subject.")
	case len(d.Files)+len(d.Passed) == 0 && mentionsFile(d.Text):
		return t.T("The text speaks of something attached, and nothing is.")
	}
	return ""
}

// mentionsFile says whether a text speaks of attachments.
func mentionsFile(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"attached", "attachment", "enclosed", "添付"}, func(w string) bool { return strings.Contains(text, w) })
}

// Send hands the message in. Whatever goes wrong, the text stays.
func (c *Compose) Send(ctx context.Context, changed func()) {
	c.mu.Lock()
	d := c.current()
	if d == nil || c.sending || c.loading != nil {
		c.mu.Unlock()
		return
	}
	draft := *d
	c.sending, c.problem, c.sent = true, nil, nil
	language := c.tongue.Language
	c.mu.Unlock()
	changed()
	m, err := c.letter(draft, language)
	var sent engine.MailSent
	if err == nil {
		sent, err = c.opt.Send(ctx, m)
	}
	c.mu.Lock()
	c.sending = false
	if err != nil {
		c.problem = err
	} else {
		c.sent = c.fate(sent)
		c.drop(draft.ID)
		if c.open == draft.ID {
			c.open = ""
		}
		c.key++
	}
	c.mu.Unlock()
	c.kick()
	changed()
}

// letter is the message as the engine takes it.
func (c *Compose) letter(d letterDraft, l i18n.Language) (engine.MailToSend, error) {
	m := engine.MailToSend{
		From: d.From, To: d.People[FieldTo], Cc: d.People[FieldCc], Bcc: d.People[FieldBcc], Subject: d.Subject, Text: d.Text,
		Reply: d.Reply, Forward: d.Forward, Inline: d.Forward != "", Exact: true, Language: l, Wait: sendWait, Draft: d.ID,
	}
	if d.Reply+d.Forward != "" {
		c.mail.mu.Lock()
		m.Source = c.mail.source
		c.mail.mu.Unlock()
	}
	var all int64
	for _, file := range d.Files {
		content, err := os.ReadFile(file)
		if err != nil {
			return m, failover.Fail(failover.ErrInvalid, "{file} cannot be read: take it out, or put it back where it was.", "file", file).Because(err)
		}
		if all += int64(len(content)); c.opt.Most > 0 && all > c.opt.Most {
			return m, failover.Fail(failover.ErrInvalid, "The attachments are larger than {most} together: send less, or in parts.", "most", size(c.opt.Most))
		}
		m.Attachments = append(m.Attachments, compose.Attachment{Name: fileTitle(file), Content: content})
	}
	return m, nil
}

// Told closes what was said of the last message.
func (c *Compose) Told() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = nil
}

// fate tells what became of a message.
func (c *Compose) fate(m engine.MailSent) *SentState {
	t := c.tongue
	through := c.opt.Provider(m.Via)
	s := &SentState{Light: LightWorking, Text: t.T("On its way. The queue shows what becomes of it.")}
	refused := slices.IndexFunc(m.To, func(r relay.Recipient) bool { return r.Fate == relay.Bounced || r.Fate == relay.Expired })
	switch {
	case refused >= 0:
		r := m.To[refused]
		s.Light, s.Details = LightDown, r.Answer
		s.Text = t.T("{address} was refused: {answer}", "address", r.Address, "answer", r.Answer)
	case m.State == relay.Ended:
		s.Light, s.Text = LightHealthy, t.T("Sent through {provider}.", "provider", through)
	case m.State == relay.Held:
		s.Light, s.Text = LightCare, t.T("Kept in the queue, which is held. It leaves when the queue is let go.")
	case !m.Next.IsZero() && !m.Why.IsZero():
		s.Light, s.Details = LightCare, t.Whole(t.Say(m.Why))
		s.Text = t.T("Waiting, tried again at {time}.", "time", clockTime(m.Next.Local()))
	}
	if m.Emergency {
		s.Text = join(t, s.Text, t.T("Answers arrive by the emergency address."))
	}
	return s
}
