package engine

import (
	"context"
	"os"
	"slices"
	"time"

	"lifeboat/failover/relay"
)

var _ Served = (*serving)(nil)

// with calls do with the send route that is at work. The context ends with it.
func (s *serving) with(ctx context.Context, do func(context.Context, *sendRoute) error) error {
	s.routeMu.RLock()
	defer s.routeMu.RUnlock()
	if s.route == nil {
		return s.notRunning()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ends := s.routeEnds
	go func() {
		select {
		case <-ends:
			stop()
		case <-ctx.Done():
		}
	}()
	return do(ctx, s.route)
}

// Queue implements [Desk].
func (s *serving) Queue(ctx context.Context, f relay.Filter, limit int) (out relay.Listing, err error) {
	err = s.with(ctx, func(ctx context.Context, r *sendRoute) (err error) {
		out, err = s.e.listing(ctx, r.queue, f, limit, true)
		return err
	})
	return out, err
}

// Log implements [Desk].
func (s *serving) Log(ctx context.Context, q relay.LogQuery) (out []relay.Event, err error) {
	err = s.with(ctx, func(ctx context.Context, r *sendRoute) (err error) {
		out, err = r.queue.Events(ctx, q)
		return err
	})
	return out, err
}

// Samples implements [Desk].
func (s *serving) Samples(ctx context.Context, since, until time.Time, most int) (out []relay.Sample, err error) {
	err = s.with(ctx, func(ctx context.Context, r *sendRoute) (err error) {
		// What has changed since the last minute's look belongs to the picture, too.
		if err := r.queue.Sample(ctx, r.role); err != nil {
			s.e.opt.Logger.Warn("how the queue stands could not be filed", "error", err)
		}
		out, err = r.queue.Samples(ctx, since, until, most)
		return err
	})
	return out, err
}

// Act implements [Desk].
func (s *serving) Act(ctx context.Context, a relay.Act) (out []relay.Line, err error) {
	err = s.with(ctx, func(ctx context.Context, r *sendRoute) (err error) {
		out, err = r.act(ctx, a)
		return err
	})
	return out, err
}

// Send implements [Desk].
func (s *serving) Send(ctx context.Context, o Outgoing) (out SentMail, err error) {
	err = s.with(ctx, func(ctx context.Context, r *sendRoute) (err error) {
		out, err = r.send(ctx, o, s.file)
		return err
	})
	return out, err
}

// Running implements [Desk].
func (*serving) Running() bool { return true }

// Close implements [Desk]; serving ends with its context.
func (*serving) Close() error { return nil }

// Status implements [Served].
func (s *serving) Status(ctx context.Context) (ServeStatus, error) {
	s.mu.Lock()
	st := ServeStatus{
		Running: true, PID: os.Getpid(), Started: s.started, Parts: slices.Clone(s.parts), Listen: slices.Clone(s.listen),
	}
	s.mu.Unlock()
	l, err := s.Queue(ctx, relay.Filter{}, 1)
	if err != nil {
		st.Say = sayOf(err)
	}
	st.Queue, st.Routes = l.Totals, l.Routes
	return st, ctx.Err()
}
