package engine

import (
	"context"
	"slices"
	"time"

	"lifeboat/failover/detect"
)

// In a world of practice an outage is recognised within seconds, so its providers are
// looked at every second. While all is well there, that is for nothing: each round
// talks TLS to every server of the world, and both ends of it are this computer's work. As
// the world tells when something happens to it ([Options.Stirs]), the rounds rest until
// then, and come every second again for as long as detection needs.

const (
	// calmRest is the time between two rounds in a world of practice in which all is well:
	// what Home says of their age goes by such steps.
	calmRest = 6 * time.Second
	// briskRounds come at the usual pace after something happened: more than detection
	// takes to call a provider recovered.
	briskRounds = 30
)

// rest waits for the next round.
func (w *watching) rest(ctx context.Context, pause time.Duration, s detect.State) error {
	if w.stirred == nil {
		return w.e.opt.Sleep(ctx, pause)
	}
	w.brisk = max(w.brisk-1, 0)
	if w.brisk == 0 && allWell(s) {
		pause = max(pause, calmRest)
	}
	resting, wake := context.WithCancel(ctx)
	stirred := make(chan bool, 1)
	go func() {
		select {
		case <-w.stirred:
			stirred <- true
			wake()
		case <-resting.Done():
			stirred <- false
		}
	}()
	err := w.e.opt.Sleep(resting, pause)
	wake()
	if <-stirred {
		w.brisk = briskRounds
		return ctx.Err()
	}
	return err
}

// allWell reports whether nothing is wrong, and nothing looks as if it might be.
func allWell(s detect.State) bool {
	for _, p := range []detect.Provider{s.Primary, s.Secondary} {
		if p.Health != detect.Healthy || slices.ContainsFunc(p.Parts, func(part detect.Part) bool {
			return slices.ContainsFunc(part.Evidence, func(e detect.Evidence) bool { return e.Suspect })
		}) {
			return false
		}
	}
	return s.Records.Health == detect.Healthy && s.Line.Health == detect.Healthy
}
