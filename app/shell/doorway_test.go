package shell

import (
	"context"
	"testing"
)

// However often workers knock, one drawing shows all their news; without news
// nothing is drawn.
func TestDoorwayCoalesces(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	drawn := make(chan struct{}, 10)
	d := newDoorway(func(f func()) { f() }, func() { drawn <- struct{}{} })
	for range 1000 {
		d.Knock()
	}
	done := make(chan struct{})
	go func() { d.run(ctx); close(done) }()
	<-drawn
	d.Knock()
	<-drawn
	cancel()
	<-done
	if n := len(drawn); n != 0 {
		t.Errorf("drawn %d times more than there was news", n)
	}
}
