package presenter

import (
	"context"
	"slices"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// What can be done with messages: see package relay.
const (
	QueueSend   = relay.ActRetry
	QueueHold   = relay.ActHold
	QueueLead   = relay.ActReroute
	QueueSettle = relay.ActSettle
	QueueDrop   = relay.ActDrop
)

type (
	// QueueID is a message of the send route, as its page hands it back.
	QueueID = relay.ID
	// QueueDo is what is wanted done with it.
	QueueDo = relay.ActKind
)

// QueueAct is what somebody wants done with messages.
type QueueAct struct {
	Kind relay.ActKind
	// IDs are the messages; none: all of the tab, also those behind the listed ones, or
	// all that a search has found.
	IDs    []relay.ID
	Via    failover.Role // for relay.ActReroute; empty: back to the domain's route
	Reason string
	Report bool // relay.ActDrop tells the senders
}

// QueueAsk is what is asked before something is done.
type QueueAsk struct {
	Title, Text    string
	Reason, Report string // labels of what is typed and ticked; empty: nothing is
	Yes, No        string
}

// Meant names the messages that an act is about, so that what is done is what was asked
// about, whatever comes or goes meanwhile. Where more wait than are listed, all of the tab
// is meant and stays so.
func (q *Queue) Meant(a QueueAct) QueueAct {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case len(a.IDs) > 0:
		a.IDs = slices.Clone(a.IDs)
	case q.search != "" || q.list.Total <= len(q.list.Messages):
		a.IDs = slices.Clone(q.ids)
	}
	return a
}

// Ask is what has to be asked before an act; false: it is done at once.
func (q *Queue) Ask(a QueueAct) (QueueAsk, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t, n := q.tongue, q.concerned(a)
	switch {
	case a.Kind == relay.ActDrop && n == 1:
		return QueueAsk{
			Title: t.T("Drop this message?"), Text: t.T("It is removed for good and never sent. Its sender can be told."),
			Reason: t.T("Why"), Report: t.T("Tell the sender"), Yes: t.T("Drop it"), No: t.T("Keep it"),
		}, true
	case a.Kind == relay.ActDrop:
		return QueueAsk{
			Title: t.T("Drop {count} messages?", "count", grouped(n)), Text: t.T("They are removed for good and never sent. Their senders can be told."),
			Reason: t.T("Why"), Report: t.T("Tell the senders"), Yes: t.T("Drop them"), No: t.T("Keep them"),
		}, true
	case a.Kind == relay.ActRetry && q.doubtful(a) > 0:
		return QueueAsk{
			Title: t.T("Send again what may have arrived?"),
			Text:  t.T("Of messages whose answer was lost nobody knows whether they arrived: {count}. Sent once more, they may arrive twice.", "count", grouped(q.doubtful(a))),
			Yes:   t.T("Send all the same"), No: t.T("Cancel"),
		}, true
	case a.Kind == relay.ActHold && len(a.IDs) == 0:
		return QueueAsk{
			Title: t.T("Hold all that waits?"), Text: t.T("Nothing of it leaves until you let it go. What is handed in later is sent as usual."),
			Yes: t.T("Hold all"), No: t.T("Cancel"),
		}, true
	}
	return QueueAsk{}, false
}

// concerned counts the messages that an act is about.
func (q *Queue) concerned(a QueueAct) int {
	if len(a.IDs) > 0 {
		return len(a.IDs)
	}
	if q.search == "" {
		return q.total(q.tab.state())
	}
	return len(q.rows)
}

// doubtful counts the uncertain ones among them.
func (q *Queue) doubtful(a QueueAct) (n int) {
	for _, m := range q.list.Messages {
		if m.State == relay.Uncertain && q.isOf(a, m) {
			n++
		}
	}
	return n
}

func (q *Queue) isOf(a QueueAct, m relay.Line) bool {
	if len(a.IDs) > 0 {
		return slices.Contains(a.IDs, m.ID)
	}
	return slices.Contains(q.ids, m.ID)
}

// Act does it and looks again; it does I/O.
func (q *Queue) Act(ctx context.Context, a QueueAct, changed func()) {
	q.saw(func() { q.busy, q.acted = true, nil })
	changed()
	err := q.act(ctx, a)
	q.Look(ctx)
	q.saw(func() { q.busy, q.acted = false, err })
	changed()
}

func (q *Queue) act(ctx context.Context, a QueueAct) error {
	of, some := q.filter(a)
	if !some {
		return nil
	}
	desk, err := q.engine.Desk(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = desk.Close() }() // what was done is done
	_, err = desk.Act(ctx, relay.Act{Kind: a.Kind, Of: of, Via: a.Via, Reason: a.Reason, Report: a.Report})
	return err
}

// filter selects the messages that an act is about: all of a tab by their state, so that
// those behind the listed ones are among them. False: there is none, as when what a search
// had found has left meanwhile; a filter that names nothing would select everything.
func (q *Queue) filter(a QueueAct) (of relay.Filter, some bool) {
	if len(a.IDs) > 0 {
		return relay.Filter{IDs: a.IDs}, true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.search != "" {
		return relay.Filter{IDs: slices.Clone(q.ids)}, len(q.ids) > 0
	}
	return relay.Filter{State: q.tab.state()}, true
}

// Open reads a message with all that happened to it; it does I/O.
func (q *Queue) Open(ctx context.Context, id relay.ID) {
	if id == "" {
		return
	}
	q.saw(func() { q.opened = &openMessage{id: id} })
	q.Look(ctx)
}

// Close goes back to the list.
func (q *Queue) Close() {
	q.saw(func() { q.opened, q.acted = nil, nil })
}

// Settles reports whether any of the messages, or of the tab, is uncertain.
func (q *Queue) Settles(ids []relay.ID) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.doubtful(QueueAct{IDs: ids}) > 0
}
