package engine

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/mirror"
	"lifeboat/mailstore/store"
)

// serving is an engine that serves: the parts side by side, each started again when it
// fails.
type serving struct {
	e       *Engine
	req     ServeRequest
	key     keys.Key
	started time.Time

	telling sync.Mutex // one event at a time, and none when it is over
	over    bool

	mu     sync.Mutex
	parts  []PartStatus
	listen []string

	// routeMu is held for reading by whoever uses the send route.
	routeMu   sync.RWMutex
	route     *sendRoute        // nil: it is not at work
	routeEnds <-chan struct{}   // closed when it is about to end
	routeSay  failover.Sentence // why it is not

	// storeMu is held for reading by whoever uses the mirror's store.
	storeMu sync.RWMutex
	atWork  mirrorAtWork // without a store: the mirror is not at work
}

// Times of serving.
const (
	againFirst = time.Second
	againMost  = 5 * time.Minute
	// soundFor is how long a part must have been up for its next failure to count as the
	// first one.
	soundFor = 10 * time.Minute
	// partFor is how long it is waited for the parts at the end. What is still on its way
	// then is found again at the next start.
	partFor = 10 * time.Second
	// filedEvery is how often copies of sent mail are looked for that others left.
	filedEvery = time.Minute
)

// run runs the parts until ctx ends. The relay begins alone: until it is up, or has
// failed once, nothing else takes time from it.
func (s *serving) run(ctx context.Context) error {
	var parts sync.WaitGroup
	if s.e.opt.Relay.Local != nil {
		parts.Go(func() {
			s.keep(ctx, PartFaces, "", func(ctx context.Context, up func()) error {
				return s.e.opt.Relay.Local.Serve(ctx, s.e.opt.DataDir, s, up)
			})
		})
	}
	if !s.req.NoRelay {
		begun := make(chan struct{})
		first := sync.OnceFunc(func() { close(begun) })
		parts.Go(func() {
			s.keep(ctx, PartRelay, "", func(ctx context.Context, up func()) error {
				defer first()
				return s.relay(ctx, up, first)
			})
		})
		<-begun
	}
	s.mirrorPart(ctx, &parts)
	s.watchParts(ctx, &parts)
	<-ctx.Done()
	ended := make(chan struct{})
	go func() { parts.Wait(); close(ended) }()
	late := time.NewTimer(partFor)
	defer late.Stop()
	select {
	case <-ended:
	case <-late.C:
		s.e.opt.Logger.Warn("some work did not end in time and is left as it is")
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.over = true
	return nil
}

// keep runs a part until ctx ends, again and again if need be.
func (s *serving) keep(ctx context.Context, part Part, domain string, run func(ctx context.Context, up func()) error) {
	wait := againFirst
	for ctx.Err() == nil {
		var since time.Time
		err := run(ctx, func() {
			since = s.e.opt.Now()
			s.set(PartStatus{Part: part, Domain: domain, Up: true, Since: since.UTC()})
			ev := ServeEvent{Part: part, Kind: PartStarted, Domain: domain}
			if part == PartSubmit {
				ev.Listen = s.listensAt()
			}
			s.tell(ev)
		})
		if ctx.Err() != nil {
			break
		}
		if err == nil {
			err = failover.Fail(failover.ErrUnsupported, "it ended by itself")
		}
		now := s.e.opt.Now()
		if !since.IsZero() && now.Sub(since) >= soundFor {
			wait = againFirst
		}
		say, retry := sayOf(err), now.Add(wait).UTC()
		s.e.opt.Logger.Warn("a part of serving failed", "part", part, "domain", domain, "error", err)
		s.set(PartStatus{Part: part, Domain: domain, Since: now.UTC(), Say: say, Retry: retry})
		s.tell(ServeEvent{Part: part, Kind: PartFailed, Domain: domain, Say: say, Retry: retry})
		if s.e.opt.Sleep(ctx, wait) != nil {
			break
		}
		wait = min(2*wait, againMost)
	}
	s.set(PartStatus{Part: part, Domain: domain, Since: s.e.opt.Now().UTC()})
	s.tell(ServeEvent{Part: part, Kind: PartEnded, Domain: domain})
}

func (s *serving) set(p PartStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.parts, func(o PartStatus) bool { return o.Part == p.Part && o.Domain == p.Domain })
	if i < 0 {
		s.parts = append(s.parts, p)
		return
	}
	s.parts[i] = p
}

func (s *serving) tell(ev ServeEvent) {
	ev.At = s.e.opt.Now().UTC()
	s.telling.Lock()
	defer s.telling.Unlock()
	s.e.opt.Logger.Info("serve", "part", ev.Part, "kind", ev.Kind, "domain", ev.Domain, "say", ev.Say.String())
	if s.req.Tell != nil && !s.over {
		s.req.Tell(ev)
	}
}

// remarks tells at the start what may be missed one day.
func (s *serving) remarks() {
	slots, err := s.e.KeySlots()
	recovery := slices.ContainsFunc(slots, func(k keys.Slot) bool { return k.Kind == keys.Recovery || k.Kind == keys.Passphrase })
	if err == nil && !recovery {
		s.tell(ServeEvent{Part: PartRelay, Kind: PartRemark, Say: failover.Say(
			"only this computer opens the mail that waits here: print a recovery code with \"lifeboat key add recovery\" and keep it in a safe place")})
	}
}

// relay opens the queue, takes mail in and sends it on. open is called as soon as the
// queue is open or cannot be opened.
func (s *serving) relay(ctx context.Context, up, open func()) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r, err := s.e.openSendRoute(ctx, s.key)
	s.setRoute(ctx, r, err)
	if err != nil {
		return err
	}
	defer func() {
		stop() // whoever waits at the desk goes
		s.setRoute(ctx, nil, nil)
		if err := r.close(); err != nil {
			s.e.opt.Logger.Error("queue", "error", err)
		}
	}()
	up()
	var submitting sync.WaitGroup
	defer submitting.Wait()
	defer stop()
	if len(s.e.opt.Settings.Relay.Listen) > 0 {
		submitting.Go(func() {
			s.keep(ctx, PartSubmit, "", func(ctx context.Context, up func()) error {
				defer open()
				return r.submit(ctx, func(at []net.Addr) {
					s.listening(at)
					up()
					open()
				})
			})
		})
	} else {
		open()
	}
	submitting.Go(func() {
		select {
		case <-r.queue.Failed():
			stop() // it writes again only when it is opened anew
		case <-ctx.Done():
		}
	})
	if err := r.deliver(ctx); err != nil {
		return err
	}
	return r.queue.Err()
}

func (s *serving) setRoute(ctx context.Context, r *sendRoute, err error) {
	s.routeMu.Lock()
	defer s.routeMu.Unlock()
	s.route, s.routeEnds, s.routeSay = r, ctx.Done(), failover.Sentence{}
	if err != nil {
		s.routeSay = sayOf(err)
	}
}

func (s *serving) listening(at []net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listen = nil
	for _, a := range at {
		s.listen = append(s.listen, a.String())
	}
}

func (s *serving) listensAt() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.listen)
}

// mirrorPart keeps the mirror up to date, where the settings have one.
func (s *serving) mirrorPart(ctx context.Context, parts *sync.WaitGroup) {
	if s.req.NoMirror {
		return
	}
	if err := s.e.opt.Settings.NeedMirror(); err != nil {
		s.tell(ServeEvent{Part: PartMirror, Kind: PartRemark, Say: sayOf(err)})
		return
	}
	parts.Go(func() {
		s.keep(ctx, PartMirror, "", func(ctx context.Context, up func()) error {
			_, err := s.e.mirrorUnder(ctx, s.key, MirrorRequest{Watch: true, beside: func(ctx context.Context, st *store.Store, m *mirror.Mirror) {
				up()
				s.beside(ctx, st, m)
			}})
			return err
		})
	})
}

// beside lends the mirror and its store, to the copies of sent mail among others, until
// ctx ends.
func (s *serving) beside(ctx context.Context, st *store.Store, m *mirror.Mirror) {
	s.lend(mirrorAtWork{st, m, ctx.Done()})
	defer s.lend(mirrorAtWork{})
	var notes mirrorNotes
	for {
		if fresh, err := st.Freshness(ctx); err == nil {
			notes.take(ctx, s.e, fresh)
		}
		if err := s.e.fileCopies(ctx, s.key, st); err != nil && ctx.Err() == nil {
			s.e.opt.Logger.Warn("copies of sent mail", "error", err)
		}
		if s.e.opt.Sleep(ctx, filedEvery) != nil {
			return
		}
	}
}

func (s *serving) lend(at mirrorAtWork) {
	s.storeMu.Lock()
	defer s.storeMu.Unlock()
	s.atWork = at
}

// file brings copies of sent mail into the mirror, which may be at work here.
func (s *serving) file(ctx context.Context) error {
	s.storeMu.RLock()
	defer s.storeMu.RUnlock()
	if s.atWork.store != nil {
		return s.e.fileCopies(ctx, s.key, s.atWork.store)
	}
	return s.e.fileNow(ctx, s.key)
}

// watchParts watches each domain.
func (s *serving) watchParts(ctx context.Context, parts *sync.WaitGroup) {
	if s.req.NoWatch {
		return
	}
	domains, err := s.e.Domains(nil)
	if err != nil {
		s.tell(ServeEvent{Part: PartWatch, Kind: PartRemark, Say: sayOf(err)})
		return
	}
	for _, d := range domains {
		parts.Go(func() {
			s.keep(ctx, PartWatch, mailDomain(d.Name), func(ctx context.Context, up func()) error {
				return s.watch(ctx, d.Name, up)
			})
		})
	}
}

// watch watches one domain, and tells when a provider's health has become another.
func (s *serving) watch(ctx context.Context, domain string, up func()) error {
	up = sync.OnceFunc(up)
	var before detect.State
	name := mailDomain(domain)
	return s.e.Watch(ctx, WatchRequest{
		Domain: domain,
		Remark: func(say failover.Sentence) {
			s.tell(ServeEvent{Part: PartWatch, Kind: PartRemark, Domain: name, Say: say})
		},
		Tell: func(st detect.State) {
			up()
			for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
				now, was := st.Provider(r), before.Provider(r)
				if now.Health != was.Health && (was.Health != "" || now.Health == detect.Down || now.Health == detect.Degraded) {
					s.tell(ServeEvent{Part: PartWatch, Kind: PartRemark, Domain: name, Say: now.Say})
				}
			}
			before = st
		},
	})
}

// notRunning is why the desk cannot be used.
func (s *serving) notRunning() error {
	switch {
	case s.req.NoRelay:
		return failover.Fail(failover.ErrUnsupported, "the Lifeboat that is serving here was told to leave the send route alone: start it without --no-relay")
	case s.routeSay.IsZero():
		return failover.Fail(failover.ErrWaiting, "the send route is just starting or stopping: try again in a moment")
	}
	return failover.Fail(failover.ErrWaiting, "the send route is not at work: {why}", "why", s.routeSay.String())
}
