package presenter

import (
	"context"
	"slices"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// SendRoute is what Queue needs of the engine.
type SendRoute interface {
	Desk(ctx context.Context) (engine.Desk, error)
}

// QueueOptions is what Queue goes by beside the engine.
type QueueOptions struct {
	Primary, Secondary string // the providers' names
	Now                func() time.Time
}

// QueueTab says which messages of the queue are listed.
type QueueTab string

// The tabs. The last one is no list of the queue: it searches what became of messages.
const (
	QueueAll       QueueTab = "all"
	QueueWaiting   QueueTab = "waiting"
	QueueHeld      QueueTab = "held"
	QueueUncertain QueueTab = "uncertain"
	QueuePast      QueueTab = "past"
)

func queueTabs() []QueueTab {
	return []QueueTab{QueueAll, QueueWaiting, QueueHeld, QueueUncertain, QueuePast}
}

// QueueSpan is how much time the chart shows.
type QueueSpan int

// The spans.
const (
	QueueHour QueueSpan = iota
	QueueDay
	QueueWeek
)

func (s QueueSpan) length() time.Duration {
	switch s {
	case QueueDay:
		return 24 * time.Hour
	case QueueWeek:
		return 7 * 24 * time.Hour
	default:
		return time.Hour
	}
}

// Queue shows the mail that waits here to be sent, lets somebody act on it, and finds
// what became of what was sent.
type Queue struct {
	engine SendRoute
	opt    QueueOptions

	mu     sync.Mutex
	tongue *i18n.Tongue
	tab    QueueTab
	span   QueueSpan
	search string
	seen   time.Time // when somebody looked at it last

	looked  bool
	err     error // why the queue cannot be seen
	acted   error // why the last act failed
	list    relay.Listing
	samples []relay.Sample
	moves   []relay.Event // of the send route
	today   int           // messages that left
	back    int           // messages that were given back today
	past    []relay.Event // what the search found
	pastFor string        // what was searched for
	busy    bool          // an act goes on

	rows   []QueueRow // of the tab, in words
	ids    []relay.ID // of the rows
	chart  QueueChart
	opened *openMessage
	told   uint64 // grows with each change of what is told
}

// NewQueue returns the presenter.
func NewQueue(t *i18n.Tongue, e SendRoute, opt QueueOptions) *Queue {
	return &Queue{engine: e, opt: opt, tongue: t, tab: QueueAll}
}

// How often the queue is looked at: often while somebody looks at the page, and seldom
// otherwise, unless a glance shows that the count in the navigation is no longer true.
const (
	queueOften  = 2 * time.Second
	queueSeldom = 30 * time.Second
	queueSeen   = 10 * time.Second // so long after the last look it counts as looked at
)

// Watch looks at the queue again and again until ctx ends.
func (q *Queue) Watch(ctx context.Context, changed func()) {
	q.Look(ctx)
	changed()
	last := q.opt.Now()
	for engine.Sleep(ctx, queueOften) == nil {
		now := q.opt.Now()
		if !q.isSeen() && now.Sub(last) < queueSeldom && !q.Glance(ctx) {
			continue
		}
		last = now
		before := q.version()
		q.Look(ctx)
		if q.version() != before {
			changed()
		}
	}
}

// Glance reports whether something else waits than when the queue was looked at. It costs little: no
// message is listed, and nothing is counted. Where nobody sends the mail on, nothing changes
// by itself, and a glance costs as much as a look: so there is none.
func (q *Queue) Glance(ctx context.Context) (other bool) {
	desk, err := q.engine.Desk(ctx)
	if err != nil {
		return false // the next look says so
	}
	defer func() { _ = desk.Close() }() // it was only looked at
	if !desk.Running() {
		return false
	}
	list, err := desk.Queue(ctx, relay.Filter{}, 1)
	if err != nil {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := &Queue{list: list}
	for _, s := range []relay.State{relay.Waiting, relay.Held, relay.Uncertain} {
		other = other || q.total(s) != now.total(s)
	}
	return other || q.err != nil
}

func (q *Queue) isSeen() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return time.Since(q.seen) < queueSeen
}

func (q *Queue) version() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.told
}

// Bounds of what is asked for.
const (
	queueListed  = 5000
	queueSamples = 400
	queuePast    = 500
	queueMoves   = 20
)

// Look looks at the queue now; it does I/O.
func (q *Queue) Look(ctx context.Context) {
	q.mu.Lock()
	span, searched, opened := q.span, q.search, q.opened
	past := q.tab == QueuePast
	q.mu.Unlock()
	now := q.opt.Now()
	desk, err := q.engine.Desk(ctx)
	if err != nil {
		q.saw(func() { q.err, q.looked = err, true })
		return
	}
	defer func() { _ = desk.Close() }() // it was only looked at
	list, err := desk.Queue(ctx, relay.Filter{}, queueListed)
	if err != nil {
		if ctx.Err() == nil {
			q.saw(func() { q.err, q.looked = err, true })
		}
		return
	}
	since := now.Add(-span.length())
	samples, serr := desk.Samples(ctx, since.Add(-span.length()/10), time.Time{}, queueSamples)
	moves, _ := desk.Log(ctx, relay.LogQuery{Kinds: []relay.EventKind{relay.RouteChange}, Since: since, Limit: queueMoves}) // marks on the chart
	today, back := q.countDay(ctx, desk, list, now)
	var found []relay.Event
	if past {
		found, err = desk.Log(ctx, pastQuery(searched))
	}
	var events []relay.Event
	if opened != nil {
		events, _ = desk.Log(ctx, relay.LogQuery{ID: opened.id}) // what is shown stays
	}
	q.saw(func() {
		q.looked, q.err = true, err
		if serr != nil && err == nil {
			q.err = serr
		}
		q.list, q.samples, q.moves, q.today, q.back = list, samples, moves, today, back
		if past {
			q.past, q.pastFor = found, searched
		}
		if opened != nil && q.opened == opened && len(events) > 0 {
			q.opened.events = events
		}
	})
}

// saw takes in what was seen and puts it into words.
func (q *Queue) saw(take func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	take()
	q.word()
}

// countDay is how much left today, and how much was given back.
func (q *Queue) countDay(ctx context.Context, desk engine.Desk, list relay.Listing, now time.Time) (left, back int) {
	local := now.Local()
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	since := now.Add(-(hoursShown + 1) * time.Hour)
	samples, err := desk.Samples(ctx, since, time.Time{}, samplesOfDay)
	if err == nil {
		o := &outgoing{}
		o.count(append(samples, list.Totals...), since, now) // as Home counts
		left = o.today
	}
	events, err := desk.Log(ctx, relay.LogQuery{Kinds: []relay.EventKind{relay.Bounce, relay.Expiry}, Since: midnight})
	if err == nil {
		seen := map[relay.ID]bool{}
		for _, e := range events {
			seen[e.ID] = true
		}
		back = len(seen)
	}
	return left, back
}

// pastQuery is what a search means: an address where it has an @ or is one word that
// could be a part of one, and otherwise words of subject, answer or Message-ID.
func pastQuery(text string) relay.LogQuery {
	l := relay.LogQuery{Limit: queuePast, Kinds: []relay.EventKind{
		relay.Submitted, relay.Refused, relay.Sent, relay.Bounce, relay.Deferred, relay.Doubtful, relay.SentAgain, relay.Settled, relay.Hold,
		relay.Release, relay.Rerouted, relay.Drop, relay.Expiry,
	}}
	if slices.Contains([]rune(text), '@') {
		l.Address = text
	} else {
		l.Text = text
	}
	return l
}

// Show lists the messages of a tab.
func (q *Queue) Show(tab QueueTab) {
	q.saw(func() { q.tab = tab })
}

// ShowSpan sets how much time the chart shows; Look brings it.
func (q *Queue) ShowSpan(s QueueSpan) {
	q.saw(func() { q.span = s })
}

// Search looks for messages: in the queue by whom they are from or to, in what became
// of messages by that, or by words; Look brings the latter.
func (q *Queue) Search(text string) {
	q.saw(func() { q.search = text })
}

// Speak goes on in another language.
func (q *Queue) Speak(t *i18n.Tongue) {
	q.saw(func() { q.tongue = t })
}

// Brief is the count for the navigation, and its light.
func (q *Queue) Brief() (count int, l Light) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.looked || q.err != nil {
		return 0, NoLight
	}
	_, l = q.headline()
	return q.total(""), l
}

// providerName is the name of the provider in a role.
func (q *Queue) providerName(r failover.Role) string {
	if r == failover.Secondary {
		return q.opt.Secondary
	}
	return q.opt.Primary
}

// total counts the messages that wait, in a state or in any, for any provider.
func (q *Queue) total(s relay.State) (n int) {
	for _, t := range q.list.Totals {
		switch s {
		case relay.Waiting:
			n += t.Waiting
		case relay.Held:
			n += t.Held
		case relay.Uncertain:
			n += t.Uncertain
		default:
			n += t.Waiting + t.Held + t.Uncertain
		}
	}
	return n
}
