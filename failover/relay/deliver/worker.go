package deliver

import (
	"context"
	"errors"
	"slices"
	"time"

	"lifeboat/failover/relay"
	"lifeboat/failover/relay/smtpout"
)

// graceful is how long a reply after the data is waited for when the program ends.
const graceful = 10 * time.Second

// worker has one connection of a login, and hands over one message after the other.
type worker struct {
	d     *Deliverer
	login *login
	jobs  chan *job // of one who is idle; nil: go
	conn  *smtpout.Conn
	sent  int
	prev  chan struct{} // closed when what came of the last message is written
}

func (w *worker) run(ctx context.Context, j *job) {
	defer w.leave(ctx)
	for j != nil {
		if !w.handle(ctx, j) {
			return
		}
		w.sent++
		j = w.more(ctx)
	}
}

// leave closes the connection, and makes room for another.
func (w *worker) leave(ctx context.Context) {
	d := w.d
	if w.conn != nil {
		w.conn.Quit(context.WithoutCancel(ctx))
	}
	d.mu.Lock()
	w.login.conns--
	w.login.host.conns--
	d.mu.Unlock()
	d.nudge()
}

// more returns the next message, and waits a little where there is none.
func (w *worker) more(ctx context.Context) *job {
	d, g := w.d, w.login
	d.mu.Lock()
	if ctx.Err() != nil || g.host.starving && w.sent >= quantum {
		d.mu.Unlock()
		return nil
	}
	now := d.o.Steady()
	soonest := now + d.o.Timeouts.Idle
	if j := d.next(ctx, g, now, func(at time.Duration) { soonest = min(soonest, at) }); j != nil {
		d.mu.Unlock()
		return j
	}
	g.idle = append(g.idle, w)
	d.mu.Unlock()
	d.nudge()
	t := time.NewTimer(d.o.Timeouts.Idle)
	defer t.Stop()
	select {
	case j := <-w.jobs:
		return j
	case <-ctx.Done():
	case <-t.C:
	}
	d.mu.Lock()
	i := slices.Index(g.idle, w)
	if i >= 0 {
		g.idle = slices.Delete(g.idle, i, i+1)
	}
	d.mu.Unlock()
	if i >= 0 {
		return nil
	}
	return <-w.jobs // it was given one just now
}

// handle does one message, and reports whether the connection is good for another.
func (w *worker) handle(ctx context.Context, j *job) bool {
	d := w.d
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	d.mu.Lock()
	j.cancel = cancel
	gone := j.gone
	d.mu.Unlock()
	for !gone {
		if w.conn == nil && !w.connect(ctx, own, j) {
			return false
		}
		if !j.begun {
			if err := d.begin(ctx, j, w.conn); err != nil {
				if errors.Is(err, errHanded) {
					d.found(ctx, j.e.id)
				}
				break
			}
		}
		if stale := w.transact(ctx, own, j); !stale {
			return w.conn != nil
		}
		w.conn.Close()
		w.conn = nil
		j.again = true
	}
	w.giveBack(j)
	return w.conn != nil
}

// giveBack ends a job of which nothing came that would have to be written.
func (w *worker) giveBack(j *job) {
	w.d.settle(j, 0)
	w.d.release(j.e, nil)
	w.d.nudge()
}

// connect makes the connection; where it cannot, it sees to the message too.
func (w *worker) connect(ctx, own context.Context, j *job) bool {
	d, g := w.d, w.login
	target, cred := j.target, j.cred
	for renewed := false; ; renewed = true {
		conn, err := smtpout.Connect(own, smtpout.Config{
			Dialer: d.o.Dialer, Endpoint: target.Endpoint, TLS: target.TLS, Hostname: d.o.Hostname, SignIn: cred.SignIn,
			Timeouts: smtpout.Timeouts{
				Connect: d.o.Timeouts.Connect, Greeting: d.o.Timeouts.Greeting, Command: d.o.Timeouts.Command,
				Data: d.o.Timeouts.Data, Block: d.o.Timeouts.Block, End: d.o.Timeouts.End,
			},
		})
		if err == nil {
			w.conn = conn
			d.mu.Lock()
			g.host.proved = true
			d.mu.Unlock()
			d.nudge()
			return true
		}
		var f *smtpout.Fault
		if !errors.As(err, &f) {
			f = &smtpout.Fault{Phase: smtpout.Dialing, Err: err}
		}
		if own.Err() != nil {
			w.giveBack(j)
			return false
		}
		refused := f.Phase == smtpout.SigningIn && f.Reply.Permanent()
		if refused && cred.Refused != nil && cred.Refused(f) && !renewed {
			continue
		}
		d.log("a provider could not be used", j, f)
		d.unreachable(ctx, j, f, target)
		return false
	}
}

// transact hands the message over. It reports a connection that had been kept too long,
// before anything was said about the message.
func (w *worker) transact(ctx, own context.Context, j *job) (stale bool) {
	d := w.d
	t := transfer{j: j, item: j.item, tls: w.conn.TLS(), target: j.target, to: pendingTo(j.item, j.asked)}
	writing := make(chan error, 1)
	m := smtpout.Mail{
		From: j.item.Envelope.From, To: t.to, Size: j.item.Size, EightBit: j.item.Envelope.EightBit, UTF8: j.item.Envelope.UTF8,
		Body: func() (body, error) { return d.o.Queue.Body(j.item.ID) },
		Taken: func(to []string) {
			t.taken = to
			tls := t.tls
			d.work.Go(func() { writing <- d.handing(ctx, j, to, tls) })
		},
	}
	var err error
	t.o, err = w.conn.Send(own, m)
	if err == nil && t.o.Mail.Permanent() && m.From == "" && j.item.Envelope.Report && j.item.Envelope.As != "" {
		// Some providers take no reports from those who sign in: then as an ordinary message.
		m.From = j.item.Envelope.As
		t.o, err = w.conn.Send(own, m)
	}
	var written error
	if t.taken != nil {
		written = <-writing
	}
	switch {
	case err != nil:
		return w.broken(ctx, own, &t, err)
	case t.o.Open && written != nil:
		w.conn.Close()
		w.conn = nil
		w.giveBack(j)
		return false
	case t.o.Open:
		w.end(ctx, &t)
	}
	w.conclude(ctx, &t)
	return false
}

// end ends the data and hears what the provider says.
func (w *worker) end(ctx context.Context, t *transfer) {
	if w.prev != nil {
		<-w.prev
	}
	if t.back = !w.d.commit(t.j); t.back {
		w.conn.Close()
		w.conn = nil
		return
	}
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(graceful, cancel) })()
	var err error
	t.end, err = w.conn.Finish(patient)
	if err != nil {
		t.lost = asFault(err)
		w.conn.Close()
		w.conn = nil
		w.d.log("the answer after a message was lost", t.j, t.lost)
	} else if t.end.Code == 421 {
		w.conn.Close()
		w.conn = nil
	}
}

// commit reports whether the message may be ended; after it nobody takes it back.
func (d *Deliverer) commit(j *job) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	j.final = !j.gone
	return j.final
}

// broken deals with a connection that ended before the message did, or with a message
// that cannot be read.
func (w *worker) broken(ctx, own context.Context, t *transfer, err error) (stale bool) {
	f := asFault(err)
	if f != nil && f.Stale && !t.j.again {
		return true
	}
	w.conn.Close()
	w.conn = nil
	t.back = own.Err() != nil
	if f == nil {
		w.d.log("a queued message could not be read", t.j, err)
		t.unread = err
	}
	if t.back && t.taken == nil {
		w.giveBack(t.j)
		return false
	}
	t.fault = f
	w.conclude(ctx, t)
	return false
}

// conclude has written what came of the message, while the connection goes on.
func (w *worker) conclude(ctx context.Context, t *transfer) {
	if w.prev != nil {
		<-w.prev
	}
	done := make(chan struct{})
	w.prev = done
	w.d.settle(t.j, len(t.taken))
	r := w.d.read(t)
	w.d.weigh(t, r)
	w.d.work.Go(func() {
		defer close(done)
		w.d.finish(ctx, t, r)
	})
}

// settle tells the pace that a message's place is taken up no longer than a minute more.
func (d *Deliverer) settle(j *job, taken int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !j.ended {
		j.ended = true
		j.login.host.busy--
		j.login.pace.end(d.o.Steady(), j.asked, taken)
	}
}

func (d *Deliverer) log(what string, j *job, err error) {
	d.o.Log.Info("a message did not go out", "what", what, "message", j.e.id, "sender", j.lane.key.sender, "role", j.role, "host", j.target.Endpoint.Host, "error", err)
}

func asFault(err error) *smtpout.Fault {
	var f *smtpout.Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}

func pendingTo(i relay.Item, most int) []string {
	var to []string
	for _, r := range i.To {
		if r.Fate == relay.Pending && len(to) < most {
			to = append(to, r.Address)
		}
	}
	return to
}
