package drill

import (
	"context"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
)

// SessionOptions shape a functional drill.
type SessionOptions struct {
	ID       string // see NewID
	Scenario Scenario
	World    *lab.World // running
	Operator Operator
	// Mirror keeps the staff's mail beside the drill; nil: nobody's is mirrored.
	Mirror Mirror
	// Relay is what the staff hand their mail to; nil: each hands it to the provider.
	Relay Relay
	// Unattended has the drill follow detection's advice; otherwise Decide does.
	Unattended   bool
	Participants []Participant
	Facilitator  string
	Domain       string // empty is the world's; without a trailing dot
	Version      string
	Targets      Targets
	Seed         uint64 // of a random drill
	// Tell is told everything as it happens, from one goroutine; it must not block for
	// long. It may be nil.
	Tell func(Event)
}

// Session is a functional drill. Its methods may be called from several goroutines.
type Session struct {
	opt    SessionOptions
	w      *lab.World
	domain failover.Domain
	wake   chan struct{} // somebody asked for something
	inbox  chan func()   // what the drill's own goroutines have the loop do
	wg     sync.WaitGroup
	stall  patience // of an unattended drill, for something to happen
	drain  patience // for the mail to run out

	// The loop of Run alone changes what follows, but for asked and stopped, and what a
	// note adds.
	mu      sync.Mutex
	running bool
	asked   []Decision // moves not begun yet, in their order
	stopped bool       // End was called
	outbox  []Event    // what is to be told once mu is free

	record
	acts      []act
	state     detect.State
	busy      *Decision // the move that is being carried out
	told      map[string]string
	standing  standing
	refusals  map[Move]int
	again     map[Move]time.Time // when an unattended drill asks once more
	spoiled   *failover.RRset    // the MX set before it was spoiled
	base      baseline
	progress  time.Time // real time of the last entry in the timeline
	looked    time.Time // real time of the last look into the ledger
	finishing time.Time // real time since when the mail runs out; zero before
	broke     error     // why the drill breaks off
	// unmirrored is why the mirror stopped.
	unmirrored failover.Sentence
	// unrelayed is why the send route stopped.
	unrelayed failover.Sentence
	result    *Result
}

const (
	// eventsKept is how many of the world's events may wait for the loop, which takes
	// no more from them than that something has happened.
	eventsKept = 1024
	// pace is the longest real time between two looks at how things stand.
	pace = 250 * time.Millisecond
)

// patience is how long to wait: in the world's time, and not less than least in
// life, since what the network takes is never compressed.
type patience struct{ world, least time.Duration }

// in is the real time of a patience at a factor.
func (p patience) in(factor float64) time.Duration {
	return max(time.Duration(float64(p.world)/factor), p.least)
}

// NewSession prepares a drill. One that cannot be played is failover.ErrInvalid.
func NewSession(opt SessionOptions) (*Session, error) {
	if opt.World == nil || opt.Operator == nil || len(opt.Scenario.Script) == 0 {
		return nil, failover.Fail(failover.ErrInvalid, `The scenario "{name}" cannot be played in the practice world: it has no script.`, "name", opt.Scenario.Name)
	}
	s := &Session{
		opt: opt, w: opt.World, domain: opt.World.Domain(), wake: make(chan struct{}, 1), inbox: make(chan func()),
		told: map[string]string{}, refusals: map[Move]int{}, again: map[Move]time.Time{},
		standing: standing{route: failover.Primary, sending: failover.Primary},
		stall:    patience{5 * time.Minute, 90 * time.Second},
		drain:    patience{3 * time.Minute, 60 * time.Second},
		record:   newRecord(opt),
	}
	if opt.Domain == "" {
		s.opt.Domain = failover.Display(s.domain.Name)
	}
	for i, a := range opt.Scenario.Script {
		s.acts = append(s.acts, act{Act: a, number: i})
	}
	return s, nil
}

// Run plays the script, lets the mail run out, measures and checks. It runs once.
// Where it breaks off the error says why, and the result holds what there was until
// then (Result.Broke). The world stays open.
func (s *Session) Run(ctx context.Context) (Result, error) {
	s.mu.Lock()
	if !s.started.IsZero() {
		s.mu.Unlock()
		return Result{}, failover.Fail(failover.ErrInvalid, "This drill has been held before; begin a new one.")
	}
	s.started, s.running = s.w.Now(), true
	s.progress = time.Now()
	s.mu.Unlock()
	if err := s.w.SetStatusPage(failover.Primary, s.scenario.World.StatusPage); err != nil {
		return s.conclude(err), err
	}
	whole := context.WithoutCancel(ctx) // what a stopped drill came to is still counted
	ctx, cancel := context.WithCancel(ctx)
	events, unsubscribe := s.w.Subscribe(eventsKept)
	s.wg.Go(func() { s.watch(ctx) })
	if s.opt.Mirror != nil {
		s.wg.Go(func() { s.mirror(ctx) })
	}
	if s.opt.Relay != nil {
		s.wg.Go(func() { s.relayIt(ctx) })
	}
	err := s.loop(ctx, events)
	cancel()
	unsubscribe()
	s.wg.Wait()
	s.past, s.sent = s.measureMirror(whole), s.measureRelay(whole)
	return s.conclude(err), err
}

// watch runs detection until the drill ends.
func (s *Session) watch(ctx context.Context) {
	every := time.Duration(s.scenario.World.WatchEvery)
	if every == 0 {
		every = time.Second
	}
	err := s.opt.Operator.Watch(ctx, every, func(st detect.State) {
		s.post(ctx, func() { s.sees(st) })
	})
	if ctx.Err() == nil {
		s.post(ctx, func() {
			s.broke = failover.Fail(failover.ErrBlocked, "Detection stopped in the middle of the drill.").Because(err)
		})
	}
}

// post has the loop do something, unless the drill is over.
func (s *Session) post(ctx context.Context, f func()) {
	select {
	case s.inbox <- f:
	case <-ctx.Done():
	}
}

// loop is the drill's own thread: all that happens, happens here, one thing after
// the other.
func (s *Session) loop(ctx context.Context, events <-chan lab.Event) error {
	s.do(func() { s.enter(Started, s.started) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var over bool
		var wait time.Duration
		s.do(func() { over, wait = s.settle(ctx) })
		if over || s.broke != nil {
			return s.broke
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return failover.Fail(failover.ErrBlocked, "The drill was broken off.").Because(context.Cause(ctx))
		case f := <-s.inbox:
			s.do(f)
		case _, ok := <-events:
			if !ok {
				return failover.Fail(failover.ErrBlocked, "The practice world ended before the drill did.")
			}
		case <-s.wake:
		case <-timer.C:
		}
	}
}

// do changes the drill, and tells what came of it.
func (s *Session) do(f func()) {
	s.mu.Lock()
	f()
	out := s.outbox
	s.outbox = nil
	s.mu.Unlock()
	if s.opt.Tell == nil {
		return
	}
	for _, ev := range out {
		s.opt.Tell(ev)
	}
}

// settle does all that is due, and says whether the drill is over, and else how
// long nothing will be due.
func (s *Session) settle(ctx context.Context) (over bool, wait time.Duration) {
	if s.stopped && s.finishing.IsZero() {
		s.stop()
	}
	s.play()
	s.milestones()
	if s.opt.Unattended && s.finishing.IsZero() {
		s.follow()
	}
	s.begin(ctx)
	if wait = s.play(); s.broke != nil || s.busy == nil && len(s.asked) > 0 {
		return false, 0
	}
	return s.over(), min(wait, pace)
}

// over reports whether nothing more is to come, or to be waited for.
func (s *Session) over() bool {
	now := time.Now()
	if s.finishing.IsZero() {
		next, _ := s.next()
		if s.opt.Unattended && s.busy == nil && next == nil && now.Sub(s.progress) > s.stall.in(s.factor) {
			s.broke = failover.Fail(failover.ErrBlocked, `For {time} nothing has happened: the drill waits for "{moment}", and it does not come.`,
				"time", Span(s.stall.world), "moment", s.awaited())
		}
		return false
	}
	waiting := s.w.Totals().Waiting
	if s.busy == nil && len(s.asked) == 0 && waiting == 0 {
		s.looked = time.Time{} // a last look: the end may be a milestone
		s.milestones()
		return true
	}
	if now.Sub(s.finishing) > s.drain.in(s.factor) {
		if last := s.lastWord(); !last.IsZero() {
			s.tell(Entry{Kind: EntryMail, Say: last, Bad: true})
		}
		s.broke = failover.Fail(failover.ErrBlocked, "After {time} {count} messages still wait, so the drill ends without them; the timeline says why.",
			"time", Span(s.drain.world), "count", waiting)
	}
	return false
}

// lastWord is what the first of the waiting messages met with last.
func (s *Session) lastWord() failover.Sentence {
	for _, m := range s.w.Ledger().Messages {
		if m.Fate == lab.Waiting && !m.Last.IsZero() {
			return m.Last
		}
	}
	return failover.Sentence{}
}

// Decide asks for a move. It never blocks: moves are carried out one after the
// other, and how each ended is in the timeline.
func (s *Session) Decide(m Move, who, why string) {
	s.mu.Lock()
	s.asked = append(s.asked, s.decision(m, who, why))
	s.mu.Unlock()
	s.poke()
}

// Note records what somebody noticed.
func (s *Session) Note(o Observation) {
	s.mu.Lock()
	if o.At.IsZero() {
		o.At = s.w.Now()
	}
	s.observations = append(s.observations, o)
	if s.running {
		s.tell(Entry{At: o.At, Kind: EntryNote, Who: o.Who, Say: failover.Say("{text}", "text", o.Text)})
	}
	s.mu.Unlock()
	s.poke()
}

// End ends the drill before its script does: all is mended, and the mail runs out.
func (s *Session) End() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.poke()
}

func (s *Session) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
