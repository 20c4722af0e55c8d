package presenter

import (
	"context"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// partLasts is how long a part of the outage that plays by itself may take.
const partLasts = 3 * time.Minute

// Play plays a whole outage through the pages that an admin uses: the primary
// fails, detection finds it, mail is switched and arrives, the primary is mended,
// mail goes home. It returns when it is over, was stopped, or the context ends; a
// second call while one plays does nothing.
func (p *Practice) Play(ctx context.Context, changed func()) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p.mu.Lock()
	if p.playing != nil {
		p.mu.Unlock()
		return
	}
	p.playing, p.err = stop, nil
	p.mu.Unlock()
	changed()
	err := p.outage(ctx, changed)
	p.mu.Lock()
	p.playing = nil
	if ctx.Err() == nil {
		p.err = err
	}
	p.mu.Unlock()
	changed()
}

// StopPlaying ends the outage that plays by itself; the world stays as it is.
func (p *Practice) StopPlaying() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.playing != nil {
		p.playing()
	}
}

// outage is the story, part by part.
func (p *Practice) outage(ctx context.Context, changed func()) error {
	p.Mend()
	if err := p.goHome(ctx, changed); err != nil {
		return err
	}
	if err := p.until(ctx, func() bool { return p.scene.Totals().Primary >= 3 }); err != nil {
		return err
	}
	p.Break(TroubleResets)
	changed()
	if err := p.until(ctx, func() bool { return p.opt.Home.current() == isDown }); err != nil {
		return err
	}
	if err := p.lead(ctx, failover.Failover, changed); err != nil {
		return err
	}
	if err := p.until(ctx, func() bool { return !p.Arrived(failover.Secondary).IsZero() }); err != nil {
		return err
	}
	if err := engine.Sleep(ctx, 5*time.Second); err != nil { // long enough to be seen
		return err
	}
	p.Mend()
	changed()
	if err := p.until(ctx, func() bool { return p.opt.Home.current() == isHome }); err != nil {
		return err
	}
	if err := p.lead(ctx, failover.Failback, changed); err != nil {
		return err
	}
	return p.until(ctx, func() bool { return !p.Arrived(failover.Primary).IsZero() })
}

// goHome begins where mail is led to the primary and all is well.
func (p *Practice) goHome(ctx context.Context, changed func()) error {
	calm := func() bool {
		is := p.opt.Home.current()
		return is == isHome || is == isCalm || is == isUnchecked
	}
	if err := p.until(ctx, calm); err != nil {
		return err
	}
	if p.opt.Home.current() != isHome {
		return nil
	}
	if err := p.lead(ctx, failover.Failback, changed); err != nil {
		return err
	}
	return p.until(ctx, func() bool { is := p.opt.Home.current(); return is == isCalm || is == isUnchecked })
}

// lead switches, as the page Switch does when somebody says yes there.
func (p *Practice) lead(ctx context.Context, kind failover.Kind, changed func()) error {
	ended := func() bool { return p.opt.Switch.Phase().Ended() }
	if err := p.until(ctx, ended); err != nil {
		return err
	}
	p.opt.Switch.Begin(ctx, Order{Kind: kind, Yes: true}, changed)
	if err := p.until(ctx, ended); err != nil {
		return err
	}
	if p.opt.Switch.Phase() != PhaseDone {
		return failover.Fail(failover.ErrBlocked, "The outage was played only to here: the page Switch says why it did not go on")
	}
	return nil
}

// until waits for something to be so.
func (p *Practice) until(ctx context.Context, is func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, partLasts, failover.Fail(failover.ErrUnreachable,
		"Practice waited {span} in vain for its world to move on: this computer may be too busy; try again", "span", partLasts))
	defer cancel()
	for !is() {
		if engine.Sleep(ctx, 100*time.Millisecond) != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}
