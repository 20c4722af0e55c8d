package presenter

import (
	"cmp"
	"strconv"
	"strings"

	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// EventWord names a kind of event of the send route.
func EventWord(t *i18n.Tongue, k relay.EventKind) string {
	words := map[relay.EventKind]string{
		relay.Submitted: t.T("handed in"), relay.Refused: t.T("refused"), relay.Attempt: t.T("try"), relay.Handing: t.T("handing over"),
		relay.Sent: t.T("delivered"), relay.Bounce: t.T("bounced"), relay.Deferred: t.T("deferred"), relay.Doubtful: t.T("uncertain"),
		relay.SentAgain: t.T("sent again"), relay.Settled: t.T("settled"), relay.Hold: t.T("held"), relay.Release: t.T("released"),
		relay.Rerouted: t.T("rerouted"), relay.Drop: t.T("dropped"), relay.Expiry: t.T("expired"), relay.Warning: t.T("warned"),
		relay.Reported: t.T("reported"), relay.RouteChange: t.T("route"), relay.Found: t.T("found"), relay.Pace: t.T("paced"),
	}
	return cmp.Or(words[k], string(k))
}

// eventLight is the light of a kind of event.
func eventLight(k relay.EventKind) Light {
	switch k {
	case relay.Sent, relay.Settled:
		return LightHealthy
	case relay.Bounce, relay.Expiry, relay.Refused:
		return LightDown
	case relay.Deferred, relay.Doubtful, relay.SentAgain, relay.Hold, relay.Drop, relay.Pace, relay.Warning:
		return LightCare
	default:
		return LightWaiting
	}
}

// word puts what was seen into words, for the tab that is shown. The caller holds mu.
func (q *Queue) word() {
	q.told++
	q.rows, q.ids = nil, nil
	add := func(r QueueRow) { q.rows, q.ids = append(q.rows, r), append(q.ids, r.ID) }
	if q.tab == QueuePast {
		if q.pastFor == q.search {
			for i := len(q.past) - 1; i >= 0; i-- {
				add(q.pastRow(q.past[i]))
			}
		}
	} else {
		f := relay.Filter{State: q.tab.state()}
		for _, m := range q.list.Messages {
			if !f.Match(m.Item, m.Role) {
				continue
			}
			if r := q.row(m); found(q.search, m, r) {
				add(r)
			}
		}
	}
	q.draw()
}

// found reports whether a message fits what is searched for: in its addresses, or in the
// words of its row.
func found(text string, m relay.Line, r QueueRow) bool {
	if text = strings.TrimSpace(text); text == "" {
		return true
	}
	return relay.Filter{Address: text}.Match(m.Item, m.Role) || strings.Contains(strings.ToLower(r.Second), strings.ToLower(text))
}

// state is the state of the messages of a tab; empty: any.
func (t QueueTab) state() relay.State {
	switch t {
	case QueueWaiting:
		return relay.Waiting
	case QueueHeld:
		return relay.Held
	case QueueUncertain:
		return relay.Uncertain
	default:
		return ""
	}
}

// row is a message of the queue.
func (q *Queue) row(m relay.Line) QueueRow {
	t, now := q.tongue, q.opt.Now()
	r := QueueRow{ID: m.ID, Time: dated(t, m.Arrived, now), First: fromTo(t, m.Envelope.From, pending(m.To)), Light: LightWaiting}
	subject := cmp.Or(m.Subject, t.T("(no subject)"))
	r.Second = subject
	if !m.Why.IsZero() {
		r.Second = subject + " — " + t.Say(m.Why)
	}
	provider := q.providerName(m.Role)
	switch {
	case m.State == relay.Held:
		r.Light, r.Right = LightCare, t.T("held")
	case m.State == relay.Uncertain:
		r.Light, r.Right = LightUnknown, t.T("uncertain, {provider}", "provider", provider)
	case m.Next.After(now):
		r.Light, r.Right = LightCare, t.T("{provider}, next try {time}", "provider", provider, "time", moment(t, m.Next, now))
		if m.Tries == 0 {
			r.Light = LightWaiting
		}
	default:
		r.Light, r.Right = LightWorking, t.T("{provider}, now", "provider", provider)
	}
	return r
}

// pending are those recipients for whom nothing is decided.
func pending(to []relay.Recipient) (out []string) {
	for _, r := range to {
		if r.Fate == relay.Pending {
			out = append(out, r.Address)
		}
	}
	return out
}

// fromTo tells from whom to whom, the first two by name.
func fromTo(t *i18n.Tongue, from string, to []string) string {
	const named = 2
	all := strings.Join(to[:min(len(to), named)], ", ")
	if more := len(to) - named; more > 0 {
		all += " +" + strconv.Itoa(more)
	}
	switch {
	case from == "":
		from = t.T("Lifeboat")
	case all == "":
		return from
	}
	return from + " → " + all
}

// pastRow is one thing that became of a message.
func (q *Queue) pastRow(e relay.Event) QueueRow {
	t := q.tongue
	r := QueueRow{ID: e.ID, Time: dated(t, e.At, q.opt.Now()), Light: eventLight(e.Kind), Right: EventWord(t, e.Kind)}
	r.First = fromTo(t, cmp.Or(e.From, e.User), e.To)
	if e.From == "" && e.User == "" {
		r.First = strings.Join(e.To, ", ")
	}
	var second []string
	for _, s := range append([]string{e.Subject}, q.eventSays(e)...) {
		if s = strings.ReplaceAll(s, "\n", " "); s != "" {
			second = append(second, s)
		}
	}
	if len(second) == 0 && e.Role != "" {
		second = append(second, q.providerName(e.Role))
	}
	r.Second = strings.Join(second, " — ")
	return r
}

// eventSays is the reason of an event and the server's answer, once where the one has
// the other in it.
func (q *Queue) eventSays(e relay.Event) []string {
	if e.Say.IsZero() {
		return []string{e.Answer}
	}
	says := q.tongue.Say(e.Say)
	if strings.Contains(says, e.Answer) {
		return []string{says}
	}
	return []string{says, e.Answer}
}

// openMessage is the message that is read.
type openMessage struct {
	id     relay.ID
	events []relay.Event
}

// QueueMessage is a message with all that happened to it.
type QueueMessage struct {
	Title  string
	Facts  []Row
	Events []Row
	Copy   string // all of it as text
	Acts   bool   // it is in the queue
	Row    relay.ID
}

// message is the message that is read.
func (q *Queue) message() *QueueMessage {
	if q.opened == nil {
		return nil
	}
	t, now := q.tongue, q.opt.Now()
	m := &QueueMessage{Title: string(q.opened.id), Row: q.opened.id}
	fact := func(l Light, label, value string) {
		if value != "" {
			m.Facts = append(m.Facts, Row{Light: l, Label: label, Value: value})
		}
	}
	var subject, from, id string
	for _, e := range q.opened.events {
		if e.Kind == relay.Submitted {
			subject, from, id = e.Subject, cmp.Or(e.From, e.User), e.MessageID
		}
	}
	fact(NoLight, t.T("From"), from)
	for _, line := range q.list.Messages {
		if line.ID != q.opened.id {
			continue
		}
		m.Acts = true
		row := q.row(line)
		fact(row.Light, t.T("State"), row.Right)
		if !line.Why.IsZero() {
			fact(NoLight, t.T("Why"), say(t, line.Why))
		}
		for _, to := range line.To {
			fact(fateLight(to.Fate), t.T("To"), to.Address+" · "+cmp.Or(to.Answer, fateWord(t, to.Fate)))
		}
	}
	fact(NoLight, t.T("Number"), string(q.opened.id))
	if id != "" {
		fact(NoLight, "Message-ID", "<"+id+">")
	}
	m.Title = cmp.Or(subject, t.T("(no subject)"))
	for _, e := range q.opened.events {
		label := moment(t, e.At, now) + "  " + EventWord(t, e.Kind)
		if e.Role != "" {
			label += " · " + q.providerName(e.Role)
		}
		var value []string
		if len(e.To) > 0 && e.Kind != relay.Attempt && e.Kind != relay.Handing {
			value = append(value, strings.Join(e.To, ", "))
		}
		for _, s := range append(q.eventSays(e), e.By) {
			if s != "" {
				value = append(value, s)
			}
		}
		m.Events = append(m.Events, Row{Light: eventLight(e.Kind), Label: label, Value: strings.Join(value, "\n")})
	}
	m.Copy = m.text()
	return m
}

// text is all of a message as lines.
func (m *QueueMessage) text() string {
	var b strings.Builder
	b.WriteString(m.Title + "\n")
	for _, r := range m.Facts {
		b.WriteString(r.Label + ": " + r.Value + "\n")
	}
	for _, r := range m.Events {
		b.WriteString(r.Label + "  " + strings.ReplaceAll(r.Value, "\n", "  ") + "\n")
	}
	return b.String()
}

func fateWord(t *i18n.Tongue, f relay.Fate) string {
	switch f {
	case relay.Delivered:
		return t.T("delivered")
	case relay.Bounced:
		return t.T("bounced")
	case relay.Expired:
		return t.T("expired")
	case relay.Dropped:
		return t.T("dropped")
	default:
		return t.T("waiting")
	}
}

func fateLight(f relay.Fate) Light {
	switch f {
	case relay.Delivered:
		return LightHealthy
	case relay.Bounced, relay.Expired:
		return LightDown
	case relay.Dropped:
		return LightCare
	default:
		return LightWaiting
	}
}

// roles are both.
func roles() []failover.Role { return []failover.Role{failover.Primary, failover.Secondary} }
