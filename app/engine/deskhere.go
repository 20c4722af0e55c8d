package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/queue"
	"lifeboat/mailstore/keys"
)

// Desk opens the send route for looking and acting: over the local API where a Lifeboat
// is running in this data folder, else in this process. Close it after use. A person
// may be asked for the passphrase of the data key.
func (e *Engine) Desk(ctx context.Context) (Desk, error) {
	if e.opt.Relay == nil {
		return nil, noRelay()
	}
	if s := e.serves.Load(); s != nil {
		return s, nil // this very process serves
	}
	remote, err := e.dialLocal(ctx)
	if err == nil {
		return remote, nil
	}
	if !errors.Is(err, failover.ErrUnreachable) {
		return nil, err
	}
	key, err := e.relayKey(ctx, true)
	if err != nil {
		return nil, err
	}
	return &hereDesk{e: e, key: key}, nil
}

func (e *Engine) dialLocal(ctx context.Context) (Remote, error) {
	if e.opt.Relay == nil || e.opt.Relay.Local == nil {
		return nil, failover.Fail(failover.ErrUnreachable, "{error}", "error", "no local API")
	}
	return e.opt.Relay.Local.Dial(ctx, e.opt.DataDir)
}

// hereDesk is the desk where no other process serves. Looking needs nothing but to
// read; the first thing that changes anything takes the queue.
type hereDesk struct {
	e   *Engine
	key keys.Key

	mu      sync.Mutex
	route   *sendRoute // nil: nothing was changed yet
	stop    context.CancelFunc
	sending sync.WaitGroup
}

// Running implements [Desk].
func (*hereDesk) Running() bool { return false }

// Close implements [Desk]. What is being handed over is finished.
func (d *hereDesk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.route == nil {
		return nil
	}
	if d.stop != nil {
		d.stop()
		d.sending.Wait()
	}
	err := d.route.close()
	d.route, d.stop = nil, nil
	return err
}

// takeFor is how long it is waited for a queue that another command is just closing.
const (
	takeFor   = 10 * time.Second
	takeEvery = 100 * time.Millisecond
)

// taken takes the queue for changing it.
func (d *hereDesk) taken(ctx context.Context) (*sendRoute, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.route != nil {
		return d.route, nil
	}
	patience, stop := context.WithTimeout(ctx, takeFor)
	defer stop()
	for {
		r, err := d.e.openSendRoute(ctx, d.key)
		if err == nil {
			d.route = r
			return r, nil
		}
		if !errors.Is(err, failover.ErrLocked) || d.e.opt.Sleep(patience, takeEvery) != nil {
			return nil, err
		}
	}
}

// look calls do with the queue as it is, which nobody may be writing to.
func (d *hereDesk) look(ctx context.Context, do func(*queue.Queue) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.route != nil {
		return do(d.route.queue)
	}
	q, err := d.e.openQueue(ctx, d.key, true)
	if err != nil {
		return err
	}
	return errors.Join(do(q), q.Close())
}

// Queue implements [Desk].
func (d *hereDesk) Queue(ctx context.Context, f relay.Filter, limit int) (out relay.Listing, err error) {
	err = d.look(ctx, func(q *queue.Queue) error {
		out, err = d.e.listing(ctx, q, f, limit, false)
		return err
	})
	return out, err
}

// Log implements [Desk].
func (d *hereDesk) Log(ctx context.Context, query relay.LogQuery) (out []relay.Event, err error) {
	err = d.look(ctx, func(q *queue.Queue) error {
		out, err = q.Events(ctx, query)
		return err
	})
	return out, err
}

// Samples implements [Desk].
func (d *hereDesk) Samples(ctx context.Context, since, until time.Time, most int) (out []relay.Sample, err error) {
	err = d.look(ctx, func(q *queue.Queue) error {
		out, err = q.Samples(ctx, since, until, most)
		return err
	})
	return out, err
}

// Act implements [Desk].
func (d *hereDesk) Act(ctx context.Context, a relay.Act) ([]relay.Line, error) {
	r, err := d.taken(ctx)
	if err != nil {
		return nil, err
	}
	return r.act(ctx, a)
}

// Send implements [Desk]. The whole queue is sent on until the desk is closed.
func (d *hereDesk) Send(ctx context.Context, o Outgoing) (SentMail, error) {
	r, err := d.taken(ctx)
	if err != nil {
		return SentMail{}, err
	}
	if o.Wait > 0 {
		d.run(ctx, r)
	}
	return r.send(ctx, o, func(ctx context.Context) error { return d.e.fileNow(ctx, d.key) })
}

// run begins to deliver, once.
func (d *hereDesk) run(ctx context.Context, r *sendRoute) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		return
	}
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx)) // it ends with the desk
	d.sending.Go(func() {
		if err := r.deliver(ctx); err != nil && ctx.Err() == nil {
			d.e.opt.Logger.Error("relay", "error", err)
		}
	})
}

func (r *sendRoute) act(ctx context.Context, a relay.Act) ([]relay.Line, error) {
	if a.By == "" {
		a.By = r.e.opt.Owner
	}
	return r.deliverer.Act(ctx, a)
}

// usualLines is how many messages a listing has where nobody says.
const usualLines = 200

// listing is the queue at this moment.
func (e *Engine) listing(ctx context.Context, q *queue.Queue, f relay.Filter, limit int, running bool) (relay.Listing, error) {
	if limit <= 0 {
		limit = usualLines
	}
	now := e.opt.Now().UTC()
	routes, err := e.Routes(ctx)
	if err != nil {
		e.opt.Logger.Warn("send routes", "error", err) // they are what the journal tells
	}
	out := relay.Listing{At: now, Messages: []relay.Line{}, Routes: routes, Running: running}
	book := e.routeBook()
	sums := map[sampleKey]*relay.Sample{}
	for item := range q.Items() {
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		role := relay.RoleOf(book, item)
		count(sums, item, role, now)
		if !f.Match(item, role) {
			continue
		}
		if out.Total++; len(out.Messages) < limit {
			out.Messages = append(out.Messages, relay.Line{Item: item, Role: role})
		}
	}
	out.Totals, err = e.totals(ctx, q, sums, now)
	return out, err
}

type sampleKey struct {
	domain string
	role   failover.Role
}

// count adds a message to the sums.
func count(sums map[sampleKey]*relay.Sample, item relay.Item, role failover.Role, now time.Time) {
	k := sampleKey{item.Domain(), role}
	s := sums[k]
	if s == nil {
		s = &relay.Sample{At: now, Domain: k.domain, Role: k.role}
		sums[k] = s
	}
	switch item.State {
	case relay.Waiting:
		s.Waiting++
	case relay.Held:
		s.Held++
	case relay.Uncertain:
		s.Uncertain++
	case relay.Ended: // it has just left
		return
	}
	s.Bytes += item.Size
	if s.Oldest.IsZero() || item.Arrived.Before(s.Oldest) {
		s.Oldest = item.Arrived
	}
}

// totals are the sums with the counts since the log began, as they were when a sample
// was taken last, which is once a minute while the queue is sent on.
func (e *Engine) totals(ctx context.Context, q *queue.Queue, sums map[sampleKey]*relay.Sample, now time.Time) ([]relay.Sample, error) {
	const recent, few = time.Hour, 60
	kept, err := q.Samples(ctx, now.Add(-recent), time.Time{}, few)
	if err != nil {
		return nil, err
	}
	for _, k := range kept { // oldest first
		s := sums[sampleKey{k.Domain, k.Role}]
		if s == nil {
			s = &relay.Sample{At: now, Domain: k.Domain, Role: k.Role}
			sums[sampleKey{k.Domain, k.Role}] = s
		}
		s.Accepted, s.Delivered, s.Bounced, s.Again = k.Accepted, k.Delivered, k.Bounced, k.Again
	}
	out := []relay.Sample{}
	for _, s := range sums {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b relay.Sample) int {
		if a.Domain != b.Domain {
			return strings.Compare(a.Domain, b.Domain)
		}
		return strings.Compare(string(a.Role), string(b.Role))
	})
	return out, nil
}
