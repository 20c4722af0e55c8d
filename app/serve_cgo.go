//go:build cgo

package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// serving is the background work of the data folder, done by the window while nobody
// else does it: mirror, send route, watch, and the local API. Where a "lifeboat serve"
// does it already, the window is a face of that one, and takes over when it ends.
type serving struct {
	w *wiring

	mu     sync.Mutex
	engine *engine.Engine
	fresh  chan struct{}      // another engine is to serve
	stop   context.CancelFunc // of what serves now
	here   bool               // this process serves
	why    error              // why it does not
	status engine.ServeStatus
}

// serveAgain is how long it waits before it is tried again to serve, and how often it
// is looked how the one that serves is.
const (
	serveAgain = 15 * time.Second
	statusEach = 5 * time.Second
)

// over has another engine serve: the settings were opened, or were changed.
func (s *serving) over(e *engine.Engine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine = e
	if s.stop != nil {
		s.stop()
	}
	select {
	case s.changed() <- struct{}{}:
	default: // it was said already
	}
}

// changed is what says that there is another engine. The lock is held.
func (s *serving) changed() chan struct{} {
	if s.fresh == nil {
		s.fresh = make(chan struct{}, 1)
	}
	return s.fresh
}

// run serves until ctx ends.
func (s *serving) run(ctx context.Context) {
	s.mu.Lock()
	fresh := s.changed()
	s.mu.Unlock()
	for ctx.Err() == nil {
		s.mu.Lock()
		e := s.engine
		now, stop := context.WithCancel(ctx)
		s.stop = stop
		s.mu.Unlock()
		if e == nil {
			select {
			case <-fresh:
			case <-ctx.Done():
			}
			stop()
			continue
		}
		s.serve(now, e)
		select {
		case <-fresh:
		case <-ctx.Done():
		case <-time.After(serveAgain):
		}
		stop()
	}
}

// serve does the work until it ends.
func (s *serving) serve(ctx context.Context, e *engine.Engine) {
	looking, stop := context.WithCancel(ctx)
	defer stop()
	go s.look(looking, e)
	err := e.Serve(ctx, engine.ServeRequest{Tell: func(ev engine.ServeEvent) {
		s.set(true, nil)
		s.w.logger.Debug("serve", "part", string(ev.Part), "kind", string(ev.Kind), "say", ev.Say.String())
	}})
	s.set(false, err)
	if err != nil && ctx.Err() == nil {
		s.w.logger.Info("serve", "error", err)
		stop() // another may serve: how that one is counts until the next try
		s.saw(ctx, e.Serving(ctx))
	}
}

func (s *serving) set(here bool, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.here, s.why = here, why
}

// look asks now and then how the one that serves is, be it this process or another.
func (s *serving) look(ctx context.Context, e *engine.Engine) {
	for {
		s.saw(ctx, e.Serving(ctx))
		if engine.Sleep(ctx, statusEach) != nil {
			return
		}
	}
}

// saw takes in how the one that serves is, unless the asking was broken off.
func (s *serving) saw(ctx context.Context, st engine.ServeStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() == nil {
		s.status = st
	}
}

// idle says why nobody does the work; nil where somebody does, or it has only begun.
func (s *serving) idle() error {
	if _, somewhere, why := s.state(); !somewhere && !errors.Is(why, failover.ErrLocked) {
		return why
	}
	return nil
}

// state says whether this process does the work, and whether any does.
func (s *serving) state() (here, somewhere bool, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.here, s.here || s.status.Running, s.why
}

// outgoing counts the messages that are held, and that wait to be sent.
func (s *serving) outgoing() (held, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.status.Queue {
		held += q.Held
		waiting += q.Waiting
	}
	return held, waiting
}
