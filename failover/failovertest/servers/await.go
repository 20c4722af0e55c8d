package servers

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// Await calls try until it returns nil, and fails the test with the last error if that never happens. It is for what
// happens in another process (a zone transfer, a delivery), where there is nothing to wait on but the effect; what says
// when it is done within this process has a channel for it.
func Await(t testing.TB, what string, try func(context.Context) error) {
	t.Helper()
	patience, cancel := beforeTheEnd(t)
	defer cancel()
	if err := poll(patience, try); err != nil {
		t.Fatalf("waited in vain for %s: %v", what, err)
	}
}

// lastWords is how long before its deadline a test stops waiting, so that it can still say what it waited for, and show
// the servers' logs: at the deadline itself the testing package only prints where every goroutine stands.
const lastWords = 15 * time.Second

func beforeTheEnd(t testing.TB) (context.Context, context.CancelFunc) {
	if limited, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := limited.Deadline(); ok {
			return context.WithDeadline(t.Context(), end.Add(-lastWords))
		}
	}
	return context.WithCancel(t.Context())
}

// final marks an error after which trying again is pointless.
type final struct{ error }

func poll(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, giveUp)
	defer cancel()
	pause := time.NewTimer(0)
	defer pause.Stop()
	var last error
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, and the last try said: %w", ctx.Err(), last)
		case <-pause.C:
		}
		last = try(ctx)
		if last == nil {
			return nil
		}
		if end := (final{}); errors.As(last, &end) {
			return end.error
		}
		pause.Reset(10 * time.Millisecond)
	}
}
