package presenter

import (
	"strings"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/mailstore"
)

// mailRead is the message that is shown.
type mailRead struct {
	wanted, shown string // IDs; "" is none
	number        int    // of what is wanted: answers to earlier ones are dropped
	message       engine.ShownMail
	says          *MessageState // nobody changes it once it is here
	fail          error
}

// want asks for a message.
func (r *mailRead) want(id string) {
	if id == r.wanted {
		return
	}
	r.wanted = id
	r.number++
	if id == "" {
		r.take("", engine.ShownMail{}, &MessageState{}, nil)
	}
}

// clear shows none.
func (r *mailRead) clear() { r.want("") }

// again asks for the same message once more, as in another language.
func (r *mailRead) again() {
	r.shown = ""
	r.number++
}

func (r *mailRead) take(id string, shown engine.ShownMail, says *MessageState, err error) {
	r.shown, r.message, r.says, r.fail = id, shown, says, err
}

// MessageState is a message in words.
type MessageState struct {
	ID  string
	Key string // another than before: it says something else
	// Name and Address are the sender's; they are the same where there is no name.
	Name, Address, Initial string
	Subject                string
	To                     string // everybody that it went to, by name
	Recipients             string // and in full
	Date                   string
	Notes                  []MessageNote
	Invitations            []InvitationCard
	Deliveries             []DeliveryCard
	Blocks                 []MessageBlock
	Files                  []MessageFile
	FilesSay               string
	Headers                []Row // label and value
	// Unread by Lifeboat: the text goes on and is shown in the source.
	Problem string
}

// MessageNote is something that the text alone does not say.
type MessageNote struct {
	Light Light
	Text  string
}

// InvitationCard is an invitation of a calendar.
type InvitationCard struct {
	Light Light
	Title string // what it asks, in a sentence
	What  string
	Rows  []Row // when, where, who
	Text  string
}

// DeliveryCard is what became of a message for one recipient.
type DeliveryCard struct {
	Light Light
	Text  string
	Why   string
}

// MessageBlock is a paragraph, or a part that is folded.
type MessageBlock struct {
	Text  string
	Fold  string // what stands for it; "" is a paragraph
	Open  bool   // it has a fold, and is not folded at first
	Quiet bool
	Links []MessageLink
	Wraps []MessageWrap // line feeds that only wrap, in their order
}

// MessageLink is an address in a text.
type MessageLink struct {
	Start, End int    // in octets
	Address    string // what would be opened
}

// MessageFile is an attachment.
type MessageFile struct {
	Part, Name, Size string
	Bytes            int64
	Risky            bool // it may run a program: it is only saved
	Note             string
}

// messageState puts a message into words.
func messageState(t *i18n.Tongue, m engine.ShownMail, now time.Time) *MessageState {
	s := &MessageState{
		ID: m.ID, Key: m.ID + " " + m.SHA256 + " " + string(t.Language), Subject: clean(m.Subject), Date: whenLong(t, firstTime(m.Date, m.Received), now),
		To: recipientsOf(t, m), Recipients: fullRecipients(t, m),
	}
	if s.Subject == "" {
		s.Subject = t.T("(no subject)")
	}
	if len(m.From) > 0 {
		s.Name, s.Address = person(m.From[0])
	} else {
		s.Name = t.T("(no sender)")
	}
	s.Initial = initial(s.Name)
	s.Notes = notesOf(t, m, now)
	for _, i := range m.Invitations {
		s.Invitations = append(s.Invitations, invitationCard(t, i, now))
	}
	for _, d := range m.Deliveries {
		s.Deliveries = append(s.Deliveries, deliveryCard(t, d))
	}
	s.Blocks = blocksOf(t, m)
	s.Files, s.FilesSay = filesOf(t, m.Attached)
	for _, h := range m.Headers {
		s.Headers = append(s.Headers, Row{Label: h.Name, Value: clean(h.Value)})
	}
	return s
}

func firstTime(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// recipientsOf names whom it went to: "To Sato, Cc Sales".
func recipientsOf(t *i18n.Tongue, m engine.ShownMail) string {
	var all []string
	if len(m.To) > 0 {
		all = append(all, t.T("To {people}", "people", people(t, m.To)))
	}
	if len(m.Cc) > 0 {
		all = append(all, t.T("Cc {people}", "people", people(t, m.Cc)))
	}
	if len(m.Bcc) > 0 {
		all = append(all, t.T("Bcc {people}", "people", people(t, m.Bcc)))
	}
	return strings.Join(all, comma(t))
}

// fullRecipients has addresses, too.
func fullRecipients(t *i18n.Tongue, m engine.ShownMail) string {
	var lines []string
	for _, l := range []struct {
		name string
		list []string
	}{{t.T("From"), m.From}, {t.T("To"), m.To}, {t.T("Cc"), m.Cc}, {t.T("Bcc"), m.Bcc}, {t.T("Replies go to"), m.ReplyTo}} {
		if len(l.list) > 0 {
			lines = append(lines, l.name+": "+clean(strings.Join(l.list, ", ")))
		}
	}
	return strings.Join(lines, "\n")
}

// notesOf are what the text does not say.
func notesOf(t *i18n.Tongue, m engine.ShownMail, now time.Time) []MessageNote {
	var all []MessageNote
	if m.Damaged {
		all = append(all, MessageNote{LightCare, t.T("This copy is damaged, and is fetched again at the next mirror run.")})
	}
	if m.Hidden && !m.HiddenSince.IsZero() {
		all = append(all, MessageNote{LightUnknown, t.T("The primary has no longer had this message since {time}.", "time", whenLong(t, m.HiddenSince, now))})
	}
	for _, n := range m.Notes {
		all = append(all, MessageNote{LightUnknown, t.Whole(t.Say(n))})
	}
	if m.Cut {
		all = append(all, MessageNote{LightUnknown, t.T("The text is longer than is shown here. All of it is in the source.")})
	}
	return all
}

// deliveryCard tells a delivery report's line.
func deliveryCard(t *i18n.Tongue, d mailstore.Delivery) DeliveryCard {
	c := DeliveryCard{Text: t.Whole(t.Say(d.Say))}
	switch d.Fate {
	case mailstore.DeliveryFailed:
		c.Light = LightDown
	case mailstore.DeliveryDelayed:
		c.Light = LightCare
	case mailstore.Delivered:
		c.Light = LightHealthy
	default:
		c.Light = LightUnknown
	}
	var why []string
	for _, w := range d.Why {
		why = append(why, t.Whole(t.Say(w)))
	}
	c.Why = join(t, why...)
	return c
}

// invitationCard tells an invitation.
func invitationCard(t *i18n.Tongue, i mailstore.Invitation, now time.Time) InvitationCard {
	c := InvitationCard{Light: LightWaiting, What: clean(i.What), Text: i.Text}
	switch i.Kind {
	case mailstore.InvitationCancelled:
		c.Light, c.Title = LightDown, t.T("This appointment is cancelled.")
	case mailstore.InvitationReply:
		c.Light, c.Title = replyTo(t, i)
	case mailstore.InvitationCounter:
		c.Light, c.Title = LightCare, t.T("Another time is proposed.")
	case mailstore.InvitationRequest:
		c.Title = t.T("You are invited. Answer by a reply.")
	default:
		c.Title = t.T("An entry for the calendar.")
	}
	if when := span(t, i, now); when != "" {
		c.Rows = append(c.Rows, Row{Label: t.T("Date and time"), Value: when})
	}
	if i.Where != "" {
		c.Rows = append(c.Rows, Row{Label: t.T("Where"), Value: clean(i.Where)})
	}
	if i.Organizer != "" {
		name, _ := person(i.Organizer)
		c.Rows = append(c.Rows, Row{Label: t.T("Invites"), Value: name})
	}
	if len(i.Attendees) > 0 && i.Kind != mailstore.InvitationReply {
		names := make([]string, len(i.Attendees))
		for n, a := range i.Attendees {
			names[n] = a.Who
		}
		c.Rows = append(c.Rows, Row{Label: t.T("Invited"), Value: people(t, names)})
	}
	return c
}

// replyTo tells what somebody answers to an invitation.
func replyTo(t *i18n.Tongue, i mailstore.Invitation) (Light, string) {
	if len(i.Attendees) == 0 {
		return LightUnknown, t.T("An answer to an invitation.")
	}
	who, _ := person(i.Attendees[0].Who)
	switch i.Attendees[0].Answer {
	case mailstore.Accepted:
		return LightHealthy, t.T("{who} accepts.", "who", who)
	case mailstore.Declined:
		return LightDown, t.T("{who} declines.", "who", who)
	case mailstore.Tentative:
		return LightCare, t.T("{who} accepts, but not for certain.", "who", who)
	case mailstore.Delegated:
		return LightCare, t.T("{who} sends somebody else.", "who", who)
	default:
		return LightUnknown, t.T("{who} has not decided yet.", "who", who)
	}
}

// span tells when an appointment is.
func span(t *i18n.Tongue, i mailstore.Invitation, now time.Time) string {
	if i.Begin.IsZero() {
		return ""
	}
	begin, end := i.Begin, i.End
	if !i.Floating && !i.AllDay {
		begin, end, now = begin.Local(), end.Local(), now.Local()
	}
	date := func(at time.Time) string {
		return t.T("{weekday} {day}", "weekday", shortWeekday(t, at), "day", day(t, at, now))
	}
	same := end.IsZero() || begin.Format(time.DateOnly) == end.Format(time.DateOnly)
	var says string
	switch {
	case i.AllDay && same:
		says = date(begin)
	case i.AllDay:
		says = t.T("{begin} to {end}", "begin", date(begin), "end", date(end))
	case end.IsZero():
		says = t.T("{day}, {time}", "day", date(begin), "time", clockTime(begin))
	case same:
		says = t.T("{day}, {begin} to {end}", "day", date(begin), "begin", clockTime(begin), "end", clockTime(end))
	default:
		says = t.T("{day}, {time} to {day2}, {time2}", "day", date(begin), "time", clockTime(begin), "day2", date(end), "time2", clockTime(end))
	}
	if i.Repeats {
		return t.T("{time}, repeating", "time", says)
	}
	return says
}
