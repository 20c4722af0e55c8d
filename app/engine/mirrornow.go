package engine

import (
	"context"
	"errors"

	"lifeboat/failover"
	"lifeboat/mailstore"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/store"
)

// mirrorAtWork is the mirror that [Engine.Serve] keeps up to date, and its store.
type mirrorAtWork struct {
	store  *store.Store
	mirror *mirror.Mirror
	ends   <-chan struct{} // closed when it is about to end
}

// MirrorNow brings the mirror up to date at once: where this very engine keeps it so
// already, beside that. failover.ErrLocked: another process does, and looks by itself.
// What went wrong with an account is in the report, and no error.
func (e *Engine) MirrorNow(ctx context.Context) (MirrorReport, error) {
	if s := e.serves.Load(); s != nil {
		if r, here, err := s.mirrorNow(ctx); here {
			return r, err
		}
	}
	r, err := e.Mirror(ctx, MirrorRequest{})
	if errors.Is(err, mailstore.ErrBusy) {
		return r, failover.Fail(failover.ErrLocked, "another Lifeboat keeps the mirror up to date: what is new is here as soon as that one has looked").Because(err)
	}
	return r, err
}

// mirrorNow looks at every account with the mirror that is at work here; false: none is.
func (s *serving) mirrorNow(ctx context.Context) (r MirrorReport, here bool, err error) {
	s.storeMu.RLock()
	defer s.storeMu.RUnlock()
	at := s.atWork
	if at.mirror == nil {
		return MirrorReport{}, false, nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // the store is given back before it is closed
		select {
		case <-at.ends:
			stop()
		case <-ctx.Done():
		}
	}()
	got, err := at.mirror.Once(ctx)
	return reportOf(got, s.e.opt.Now()), true, err
}
