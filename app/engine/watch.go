package engine

import (
	"context"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/lab"
	"lifeboat/failover/watch"
)

// WatchRequest asks for a domain to be watched.
type WatchRequest struct {
	Domain string
	// Every is the time from one round of looks to the next, by the engine's clock; 0
	// is that of the settings.
	Every time.Duration
	// Tell hears what to make of each round.
	Tell func(detect.State)
	// Remark hears, once each, what cannot be seen, and why nothing is kept. It may be nil.
	Remark func(failover.Sentence)
}

// Watch makes rounds of looks at the domain's providers and tells what to make of
// them, until ctx ends, which is no error. It sends nothing and changes nothing; what it found is kept
// in the data folder, for [Engine.LastWatch] and for the next Watch, which goes on from there.
func (e *Engine) Watch(ctx context.Context, req WatchRequest) error {
	w, err := e.watching(ctx, req)
	if err != nil {
		return err
	}
	defer w.release()
	defer w.save(ctx)
	if e.opt.Stirs != nil {
		var stop func()
		w.stirred, stop = e.opt.Stirs()
		defer stop()
	}
	for ctx.Err() == nil {
		began := e.opt.Now()
		round := w.watcher.Round(ctx)
		if ctx.Err() != nil {
			break // what was cut short shows nothing
		}
		if err := w.take(round); err != nil {
			return err
		}
		state := w.detector.State(e.opt.Now())
		w.remarks()
		w.keep(ctx, state)
		req.Tell(state)
		// A clock that was set must neither stop the rounds nor let them chase.
		pause := min(max(began.Add(w.every).Sub(e.opt.Now()), w.every/10), w.every)
		if err := w.rest(ctx, pause, state); err != nil {
			break
		}
	}
	return nil
}

// watching is one watch.
type watching struct {
	e        *Engine
	req      WatchRequest
	domain   failover.Domain
	every    time.Duration
	set      detect.Settings
	watcher  *watch.Watcher
	detector *detect.Detector
	targets  []detect.Target // of the detector
	log      watchLog
	said     map[string]bool
	lock     *flock.Flock // nil when nothing is kept
	saved    time.Time    // when it was written last
	unsaved  bool
	stirred  <-chan struct{} // see Options.Stirs; nil elsewhere
	brisk    int             // rounds until the pace may be slow again, where there is that
}

func (e *Engine) watching(ctx context.Context, req WatchRequest) (*watching, error) {
	domains, err := e.Domains([]string{req.Domain})
	if err != nil {
		return nil, err
	}
	w := &watching{e: e, req: req, domain: domains[0], every: req.Every, said: map[string]bool{}}
	if w.every <= 0 {
		w.every = e.opt.Settings.Detect.Every.Duration()
	}
	if err := w.claim(); err != nil {
		w.remark(failover.SentenceOf(err))
	}
	w.log = e.watchLog(ctx, w.domain.Name)
	if w.log.Every != w.every && troubleSince(w.log.State).IsZero() {
		w.log.rounds = nil // judged at another pace, a sound past might look like trouble
	}
	w.log.Domain, w.log.Every = w.domain.Name, w.every
	if w.watcher, err = e.watcher(w.domain, w.every, w.log.Memory); err != nil {
		w.release()
		return nil, err
	}
	w.set = e.detection(w.domain, w.every, w.watcher.Patience())
	if e.opt.Stirs != nil { // what was seen holds over a rest
		w.set.Probes.Misses = min(w.set.Probes.Misses+int(calmRest/w.every)+1, mostMisses)
	}
	return w, nil
}

// detection is how a domain's providers are judged at a pace. What takes almost all
// of the patience is slow. Where the patience is longer than the pace, as a server's
// pauses want it, a round may take longer too, and what was seen holds for longer.
func (e *Engine) detection(d failover.Domain, every, patience time.Duration) detect.Settings {
	set, own := detect.Default(every), e.opt.Settings.Detect
	set.SlowAfter = patience * 9 / 10
	set.Probes.Misses = min(max(set.Probes.Misses, int(3*patience/every)+1), mostMisses)
	set.Probes.FailAfter, set.Probes.DeferAfter = own.FailAfter, own.DeferAfter
	set.Probes.UnsteadyAfter, set.Probes.RecoverAfter = own.UnsteadyAfter, own.RecoverAfter
	set.Names = map[failover.Role]string{failover.Primary: d.Primary.Name, failover.Secondary: d.Secondary.Name}
	return set
}

// mostMisses is the most that detection takes for its Misses.
const mostMisses = 1000

// watcher makes what looks. Patience leaves room for seeing what is slow, and for a
// pause between two rounds.
func (e *Engine) watcher(d failover.Domain, every time.Duration, memory watch.Memory) (*watch.Watcher, error) {
	providers, _ := e.opt.Settings.ProvidersOf(d.Name) // the domain is one of the settings
	return e.opt.MakeWatcher(providers, watch.Options{
		Domain: d, Reader: e.opt.Reader, Memory: memory, Now: e.opt.Now, Log: e.opt.Logger,
		Patience: every * 5 / 6, Seldom: 10 * every,
		DNSControls: e.opt.Reader.Controls(), Controls: e.opt.Settings.ControlsOfDetect(),
		Access: map[failover.Role]watch.Access{
			failover.Primary: e.access(providers.Primary), failover.Secondary: e.access(providers.Secondary),
		},
	})
}

// access is how to sign in at a provider: as the one who sends.
func (e *Engine) access(p configs.Provider) watch.Access {
	a := watch.Access{StatusPage: p.StatusPage}
	if p.Submission.Username != "" {
		a.User = p.Submission.Username
		a.Password = func(ctx context.Context) (string, error) { return e.opt.Password(ctx, p.Submission.Password) }
	}
	return a
}

// claim takes the place of the one that keeps what is found. Others watch without.
func (w *watching) claim() error {
	if err := makeDir(w.e.path(watchDir)); err != nil {
		return err
	}
	l := flock.New(w.e.watchFile(w.domain.Name)+".lock", flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	switch {
	case err != nil:
		return failover.Fail(failover.ErrDisk, "what is found is not kept: the data folder {folder} cannot be written to", "folder", w.e.opt.DataDir).Because(err)
	case !ok:
		return failover.Fail(failover.ErrLocked, "another Lifeboat watches {domain} already; what is found here is not kept", "domain", failover.Display(w.domain.Name))
	}
	w.lock = l
	return nil
}

func (w *watching) release() {
	if w.lock != nil {
		_ = w.lock.Unlock() // it ends with the process anyway
	}
}

// take judges a round. When what is watched has changed, as when the name servers
// were found, a new detector is shown all rounds that are kept.
func (w *watching) take(round detect.Round) error {
	if targets := w.watcher.Targets(); w.detector == nil || !slices.Equal(targets, w.targets) {
		d, err := detect.New(w.set, targets)
		if err != nil {
			return err
		}
		w.detector, w.targets = d, targets
		for _, r := range w.log.rounds {
			d.Take(r)
		}
	}
	w.detector.Take(round)
	w.log.rounds = append(w.log.rounds, round)
	return nil
}

// remarks tells what cannot be seen, each thing once.
func (w *watching) remarks() {
	w.log.Blind = w.watcher.Blind()
	for _, s := range w.log.Blind {
		w.remark(s)
	}
}

func (w *watching) remark(s failover.Sentence) {
	if about := subjectOf(s); !w.said[about] {
		w.said[about] = true
		if w.req.Remark != nil {
			w.req.Remark(s)
		}
	}
}

// subjectOf is what a remark is about, whatever a server's answer in it says: many
// put the time or a number of their own into each.
func subjectOf(s failover.Sentence) string {
	about := s
	about.Args = slices.Clone(s.Args)
	for i := 0; i+1 < len(about.Args); i += 2 {
		if about.Args[i] == "answer" {
			about.Args[i+1] = ""
		}
	}
	return about.String()
}

// keptEvery is how often what was found is written, unless it says something else
// than before: practice makes many rounds in a second.
const keptEvery = 10 * time.Second

// keep keeps what is known now.
func (w *watching) keep(ctx context.Context, s detect.State) {
	news := s.Differs(w.log.State)
	if news && w.lock != nil {
		w.e.noteWatch(ctx, w.domain.Name, w.log.State, s)
	}
	w.log.State, w.log.Memory, w.log.Targets = s, w.watcher.Memory(), w.targets
	w.log.prune(w.every)
	w.unsaved = true
	if since := s.At.Sub(w.saved); news || since < 0 || since >= keptEvery {
		w.save(ctx)
	}
}

// save writes what is not written yet. Where that fails the watch goes on, and says so.
func (w *watching) save(ctx context.Context) {
	if w.lock == nil || !w.unsaved {
		return
	}
	if err := w.e.saveWatch(ctx, &w.log); err != nil {
		w.e.opt.Logger.Warn("watch", "error", err)
		w.remark(failover.SentenceOf(err))
		return
	}
	w.unsaved, w.saved = false, w.log.State.At
}

// practicePatience is how long a look may take at least in a practice world, in real
// time: its network is no faster than the machine it runs on.
const practicePatience = 3 * time.Second

// watchIn looks at the providers of a practice world, from its office.
func watchIn(w *lab.World) func(configs.Providers, watch.Options) (*watch.Watcher, error) {
	return func(_ configs.Providers, o watch.Options) (*watch.Watcher, error) {
		o.Dialer, o.Controls, o.DNSControls = w.Dialer(), w.Controls(), w.DNSControls()
		o.Factor = w.Factor()
		o.Patience = max(o.Patience, time.Duration(float64(practicePatience)*o.Factor))
		for r, a := range o.Access {
			a.TLS = w.TLSConfig()
			o.Access[r] = a
		}
		return watch.New(o), nil
	}
}
