package presenter

import (
	"cmp"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// QueueState is what the page shows.
type QueueState struct {
	Light       Light
	Title, Lead string
	Problem     string
	Note        string // that nobody sends the queue on
	Chart       QueueChart
	Spans       []string
	Span        QueueSpan
	Legend      []QueueLegend
	Tabs        []QueueTabState
	Tab         QueueTab
	Search      string
	Rows        []QueueRow // not to be changed
	Version     uint64     // another one when anything of it is
	More        string     // that there are more than are listed
	Empty       string     // in place of rows
	Acts        bool       // the messages of the tab can be acted on
	Busy        bool
	Reroutes    []QueueReroute // where messages can be led
	Open        *QueueMessage  // the message that is read
}

// QueueTabState is a tab.
type QueueTabState struct {
	Tab  QueueTab
	Text string
}

// QueueRow is one message, or one thing that became of one.
type QueueRow struct {
	ID     relay.ID
	Light  Light
	Time   string
	First  string // from whom to whom
	Second string // about what, and why it waits
	Right  string // how it stands
}

// QueueLegend tells of what waits for one provider.
type QueueLegend struct {
	Role  failover.Role
	Name  string
	Lines []string
}

// QueueReroute is a provider that messages can be led through; without a role: back to
// the one of their domain's route.
type QueueReroute struct {
	Via  failover.Role
	Text string
}

// State returns what is to be shown now.
func (q *Queue) State() QueueState {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.seen = time.Now()
	t := q.tongue
	s := QueueState{
		Chart: q.chart, Span: q.span, Tab: q.tab, Search: q.search, Rows: q.rows, Version: q.told, Busy: q.busy,
		Spans: []string{t.T("1 hour"), t.T("24 hours"), t.T("7 days")},
	}
	s.Title, s.Light = q.headline()
	s.Lead = q.lead()
	switch {
	case q.err != nil:
		s.Problem = problem(t, q.err)
	case q.acted != nil:
		s.Problem = problem(t, q.acted)
	}
	if q.looked && q.err == nil && !q.list.Running && q.total("") > 0 {
		s.Note = t.T("Nobody is sending this mail on: it leaves while Lifeboat works in the background.")
	}
	s.Legend = q.legend()
	for _, tab := range queueTabs() {
		s.Tabs = append(s.Tabs, QueueTabState{tab, q.tabText(tab)})
	}
	s.Acts = q.tab != QueuePast && len(q.rows) > 0
	s.Reroutes = []QueueReroute{
		{failover.Primary, t.T("Through {provider}", "provider", q.opt.Primary)}, {failover.Secondary, t.T("Through {provider}", "provider", q.opt.Secondary)},
		{"", t.T("By the route of its domain")},
	}
	if more := q.list.Total - len(q.list.Messages); more > 0 && q.tab != QueuePast {
		s.More = t.T("The oldest {count} are listed; {more} more wait behind them.", "count", grouped(len(q.list.Messages)), "more", grouped(more))
	}
	if len(q.rows) == 0 {
		s.Empty = q.empty()
	}
	s.Open = q.message()
	return s
}

func (q *Queue) tabText(tab QueueTab) string {
	t := q.tongue
	switch tab {
	case QueueWaiting:
		return t.T("Waiting {count}", "count", grouped(q.total(relay.Waiting)))
	case QueueHeld:
		return t.T("Held {count}", "count", grouped(q.total(relay.Held)))
	case QueueUncertain:
		return t.T("Uncertain {count}", "count", grouped(q.total(relay.Uncertain)))
	case QueuePast:
		return t.T("Sent and gone")
	default:
		return t.T("All {count}", "count", grouped(q.total("")))
	}
}

// empty is what stands in place of rows.
func (q *Queue) empty() string {
	t := q.tongue
	switch {
	case !q.looked:
		return t.T("Lifeboat is looking …")
	case q.err != nil:
		return ""
	case q.tab == QueuePast && q.search == "":
		return t.T("Nothing was sent from here yet.")
	case q.search != "":
		return t.T("Nothing fits “{text}”.", "text", q.search)
	case q.tab == QueueHeld:
		return t.T("Nothing is held.")
	case q.tab == QueueUncertain:
		return t.T("Nothing is uncertain.")
	default:
		return t.T("Nothing is waiting.")
	}
}

// headline is the one sentence that is true now.
func (q *Queue) headline() (string, Light) {
	t := q.tongue
	switch {
	case !q.looked:
		return t.T("Queue"), LightWorking
	case q.err != nil:
		return t.T("The queue cannot be seen."), LightUnknown
	}
	waiting, held, doubtful := q.total(relay.Waiting), q.total(relay.Held), q.total(relay.Uncertain)
	switch {
	case waiting+held+doubtful == 0 && q.today == 0:
		return t.T("Nothing is waiting."), LightHealthy
	case waiting+held+doubtful == 0:
		return t.T("Nothing is waiting. {count} sent today.", "count", grouped(q.today)), LightHealthy
	case doubtful > 0 && waiting == 0 && held == 0:
		if doubtful == 1 {
			return t.T("Of one message it is not known whether it was delivered."), LightCare
		}
		return t.T("Of {count} messages it is not known whether they were delivered.", "count", grouped(doubtful)), LightCare
	case waiting == 0 && doubtful == 0:
		if held == 1 {
			return t.T("One message is held back."), LightCare
		}
		return t.T("{count} messages are held back.", "count", grouped(held)), LightCare
	}
	return q.waits(waiting + doubtful)
}

// waits tells of messages that wait. They are no trouble before their oldest has waited
// for longer than a try takes.
func (q *Queue) waits(n int) (string, Light) {
	t, l := q.tongue, LightCare
	if q.opt.Now().Sub(q.oldest()) < time.Minute {
		l = LightWorking
	}
	provider := q.onlyProvider()
	switch {
	case provider != "" && n == 1:
		return t.T("One message waits for {provider}.", "provider", provider), l
	case provider != "":
		return t.T("{count} messages wait for {provider}.", "count", grouped(n), "provider", provider), l
	case n == 1:
		return t.T("One message waits."), l
	}
	return t.T("{count} messages wait.", "count", grouped(n)), l
}

// onlyProvider is the one provider that messages wait for; empty where they wait for both.
func (q *Queue) onlyProvider() (name string) {
	for _, s := range q.list.Totals {
		if s.Waiting+s.Uncertain == 0 {
			continue
		}
		is := q.providerName(s.Role)
		if name != "" && name != is {
			return ""
		}
		name = is
	}
	return name
}

func (q *Queue) oldest() (at time.Time) {
	for _, s := range q.list.Totals {
		if !s.Oldest.IsZero() && (at.IsZero() || s.Oldest.Before(at)) {
			at = s.Oldest
		}
	}
	return at
}

// lead is what follows from the headline.
func (q *Queue) lead() string {
	t := q.tongue
	if !q.looked || q.err != nil {
		return ""
	}
	var says []string
	now := q.opt.Now()
	if at := q.oldest(); !at.IsZero() {
		says = append(says, t.T("The oldest has been here for {span}.", "span", t.Span(now.Sub(at))))
		if next := q.next(); !next.IsZero() && next.After(now) {
			says = append(says, t.T("The next try is in {span}.", "span", t.Span(next.Sub(now))))
		}
		switch held := q.total(relay.Held); {
		case held == 0 || q.total("") == held: // the headline says so
		case held == 1:
			says = append(says, t.T("One message is held back."))
		default:
			says = append(says, t.T("{count} messages are held back.", "count", grouped(held)))
		}
		if q.today > 0 {
			says = append(says, t.T("{count} sent today.", "count", grouped(q.today)))
		}
	} else {
		says = append(says, t.T("What you and your staff send passes through here."))
	}
	switch q.back {
	case 0:
	case 1:
		says = append(says, t.T("One was given back to its sender."))
	default:
		says = append(says, t.T("{count} were given back to their senders.", "count", grouped(q.back)))
	}
	return join(t, says...)
}

// next is when the next message is tried; zero where none waits.
func (q *Queue) next() (at time.Time) {
	for _, m := range q.list.Messages {
		if m.State == relay.Waiting && (at.IsZero() || m.Next.Before(at)) {
			at = m.Next
		}
	}
	return at
}

// legend tells of each provider.
func (q *Queue) legend() []QueueLegend {
	t := q.tongue
	var out []QueueLegend
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		if q.providerName(r) == "" {
			continue
		}
		var sum relay.Sample
		for _, s := range q.list.Totals {
			if s.Role != r {
				continue
			}
			sum.Waiting, sum.Held, sum.Uncertain = sum.Waiting+s.Waiting, sum.Held+s.Held, sum.Uncertain+s.Uncertain
		}
		l := QueueLegend{Role: r, Name: q.providerName(r)}
		var counts []string
		for _, c := range []struct {
			n    int
			text string
		}{
			{sum.Waiting, t.T("{count} waiting", "count", grouped(sum.Waiting))}, {sum.Held, t.T("{count} held", "count", grouped(sum.Held))},
			{sum.Uncertain, t.T("{count} uncertain", "count", grouped(sum.Uncertain))},
		} {
			if c.n > 0 {
				counts = append(counts, c.text)
			}
		}
		l.Lines = []string{cmp.Or(strings.Join(counts, " · "), t.T("none waiting"))}
		out = append(out, l)
	}
	return out
}
