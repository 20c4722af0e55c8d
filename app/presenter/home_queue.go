package presenter

import (
	"context"
	"errors"
	"slices"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Outbox is what Home needs of the send route; every [engine.Desk] has it.
type Outbox interface {
	Queue(ctx context.Context, f relay.Filter, limit int) (relay.Listing, error)
	Samples(ctx context.Context, since, until time.Time, most int) ([]relay.Sample, error)
}

// NewOutbox looks at the send route through a desk that is opened for each look.
func NewOutbox(open func(context.Context) (engine.Desk, error)) Outbox { return deskEachTime{open} }

type deskEachTime struct {
	open func(context.Context) (engine.Desk, error)
}

// Queue implements [Outbox].
func (d deskEachTime) Queue(ctx context.Context, f relay.Filter, limit int) (out relay.Listing, err error) {
	desk, err := d.open(ctx)
	if err != nil {
		return relay.Listing{}, err
	}
	out, err = desk.Queue(ctx, f, limit)
	return out, errors.Join(err, desk.Close())
}

// Samples implements [Outbox].
func (d deskEachTime) Samples(ctx context.Context, since, until time.Time, most int) (out []relay.Sample, err error) {
	desk, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	out, err = desk.Samples(ctx, since, until, most)
	return out, errors.Join(err, desk.Close())
}

// outgoing is what was seen of the send route.
type outgoing struct {
	err     error // why it could not be seen
	waiting int   // held and uncertain ones, too
	held    int
	oldest  time.Time
	running bool
	today   int
	hours   []float64 // left in each of the last hours, the oldest first
}

// The picture of the last day: enough points for an hour to have several.
const (
	hoursShown   = 24
	samplesOfDay = 240
)

// lookOut looks at the send route; nil where there is none.
func (h *Home) lookOut(ctx context.Context) *outgoing {
	if h.opt.Outbox == nil {
		return nil
	}
	now := h.opt.Now()
	list, err := h.opt.Outbox.Queue(ctx, relay.Filter{}, 1)
	if err != nil {
		return &outgoing{err: err}
	}
	q := &outgoing{running: list.Running}
	for _, s := range list.Totals {
		q.waiting += s.Waiting + s.Held + s.Uncertain
		q.held += s.Held
		if !s.Oldest.IsZero() && (q.oldest.IsZero() || s.Oldest.Before(q.oldest)) {
			q.oldest = s.Oldest
		}
	}
	since := now.Add(-(hoursShown + 1) * time.Hour)
	samples, err := h.opt.Outbox.Samples(ctx, since, time.Time{}, samplesOfDay)
	if err != nil {
		return q // how much waits counts more than how it went
	}
	q.count(append(samples, list.Totals...), since, now)
	return q
}

// count makes hours of samples, which hold what left since the log began. Those at since
// are what had left by then; of what has none there, nothing had.
func (q *outgoing) count(samples []relay.Sample, since, now time.Time) {
	if len(samples) == 0 {
		return
	}
	type key struct {
		domain string
		role   failover.Role
	}
	slices.SortStableFunc(samples, func(a, b relay.Sample) int { return a.At.Compare(b.At) })
	local := now.Local()
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	q.hours = make([]float64, hoursShown)
	last := map[key]uint64{}
	for _, s := range samples {
		k := key{s.Domain, s.Role}
		was := last[k]
		last[k] = max(s.Delivered, was)
		if !s.At.After(since) || s.Delivered <= was {
			continue
		}
		left := s.Delivered - was
		if !s.At.Before(midnight) {
			q.today += int(left) //nolint:gosec // messages of a day
		}
		if ago := int(now.Sub(s.At) / time.Hour); ago >= 0 && ago < hoursShown {
			q.hours[hoursShown-1-ago] += float64(left)
		}
	}
}

// Waiting counts what waits in the send queue, as far as is known.
func (h *Home) Waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.queue == nil {
		return 0
	}
	return h.queue.waiting
}

// queueCard tells how much waits to be sent, and how much left.
func (f facts) queueCard() *FigureCard {
	t, q := f.t, f.queue
	if q == nil {
		return nil
	}
	c := &FigureCard{Caption: t.T("Send queue")}
	if q.err != nil {
		c.Light, c.Title, c.Line = LightUnknown, t.T("Unknown"), problem(t, q.err)
		return c
	}
	c.Title = t.T("Empty")
	if q.waiting > 0 {
		c.Title = t.T("{count} waiting", "count", grouped(q.waiting))
	}
	left := t.T("Sent today: {count}", "count", grouped(q.today))
	switch {
	case q.waiting == 0:
		c.Line = t.T("{left}, none waiting", "left", left)
	case !q.running:
		c.Light, c.Line = LightCare, t.T("Nothing is sending them on.")
	case q.held > 0:
		c.Light, c.Line = LightCare, t.T("{left}, {count} held back", "left", left, "count", grouped(q.held))
	case q.oldest.IsZero():
		c.Line = left
	default:
		c.Line = t.T("{left}, the oldest waits {span}", "left", left, "span", t.Span(f.now.Sub(q.oldest)))
		if f.now.Sub(q.oldest) > 30*time.Minute {
			c.Light = LightCare
		}
	}
	if most := slices.Max(append(q.hours, 0)); most > 0 {
		c.Values, c.Span = q.hours, t.T("Sent each hour, 24 hours")
		c.Most = t.T("peak {count}", "count", grouped(int(most)))
	}
	return c
}
