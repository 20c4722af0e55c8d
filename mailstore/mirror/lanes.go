package mirror

import (
	"context"
	"sync"
	"time"
)

// How an account is found to be slow: so few octets in so long.
const (
	slowAfter = 10 * time.Second
	slowBytes = 256 << 10
)

// lane takes one of the Parallel lanes; leave gives it back. An account that hardly
// moves gives its lane up and goes on beside: its line is slow, not the machine, and
// accounts that wait for a lane must not wait for it.
func (m *Mirror) lane(ctx context.Context, meter *meter) (leave func(), err error) {
	select {
	case m.lanes <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	var once sync.Once
	free := func() { once.Do(func() { <-m.lanes }) }
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(m.slowAfter)
		defer tick.Stop()
		var before int64
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			now := meter.moved()
			if now-before < slowBytes {
				free()
				return
			}
			before = now
		}
	}()
	return func() {
		close(done)
		free()
	}, nil
}
