//go:build cgo

package main

import (
	"bytes"
	"context"
	"sync"
	"time"

	"lifeboat/app/cli"
	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/shell"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/drill"
	"lifeboat/failover/drill/report"
	"lifeboat/failover/relay"
)

// How often the window looks at the name servers and the journal: rarely at those of
// the world, which are others' machines.
const (
	lookEvery         = 30 * time.Second
	lookEveryPractice = 2 * time.Second
	practiceWatch     = time.Second
	mirrorEvery       = time.Minute
)

// worlds makes what the window shows: the settings' own mail, and the practice world.
type worlds struct {
	w       *wiring
	win     *shell.Window
	serving *serving

	mu   sync.Mutex
	temp string // a folder for what other programs open; empty: none yet
}

// realDesk is the window over the settings' own domains.
func (o *worlds) realDesk(context.Context, *i18n.Tongue) (shell.Parts, error) {
	o.w.person.again()
	e, _, err := o.w.open(cli.Place{})
	if err != nil {
		return shell.Parts{}, err
	}
	domains, err := e.Domains(nil)
	if err != nil {
		return shell.Parts{}, err
	}
	s := e.Settings()
	t, err := o.win.TongueFor(s.Language)
	if err != nil {
		return shell.Parts{}, err
	}
	drills, setup := o.drills(t, e, s), o.setup(t, true) //nolint:contextcheck // what was set up is opened in the window's own
	pages := presenters(t, e, presenter.HomeOptions{
		Domains: domains, Now: time.Now, Every: time.Duration(s.Detect.Every), LastDrill: drills.LastDrill,
		Outbox: presenter.NewOutbox(e.Desk), SetUp: setup.Open, Idle: o.serving.idle, Memory: o.win.Memory(),
	}, true, nil)
	home := pages.home
	mail, write, err := o.mail(t, e, home, time.Now, false)
	if err != nil {
		return shell.Parts{}, err
	}
	notices := presenter.NewNotices(t, home, drills, time.Now)
	o.serving.over(e)
	p := shell.Parts{
		Tongue: t, Organization: s.Organization, Domain: failover.Display(domains[0].Name),
		Drills: drills, Home: home, Switch: pages.change, Tests: pages.tests, Notices: notices,
		Mail: mail, Compose: write, Queue: pages.queue, Setup: setup, Settings: o.settings(t, e, setup), Settle: setup.Settle,
		Log: presenter.NewLog(t, e, presenter.LogOptions{Now: time.Now, Request: engine.LogRequest{Drills: o.archive()}}),
		PrintCode: func(code string) (string, error) {
			return o.printCode(s.Organization, failover.Display(domains[0].Name), code)
		},
		Serving:  func() bool { here, _, _ := o.serving.state(); return here },
		Present:  o.w.person.again,
		Outgoing: o.serving.outgoing,
		Hold:     func(ctx context.Context, hold bool) error { return holdMail(ctx, e, hold) },
	}
	if p.Organization == "" {
		p.Organization = p.Domain
	}
	p.Work = func(ctx context.Context, knock func()) {
		var wg sync.WaitGroup
		wg.Go(func() { drills.Read(); home.Watch(ctx, lookEvery, knock) })
		wg.Go(func() { setup.Work(ctx, knock) })
		wg.Go(func() { mail.Work(ctx, knock) })
		wg.Go(func() { write.Work(ctx, knock) })
		wg.Go(func() { pages.queue.Watch(ctx, knock) })
		wg.Go(func() { p.Settings.Load(); pages.tests.Load(ctx); knock() })
		wg.Go(func() { lookAtMirror(ctx, e, notices, knock) })
		for _, d := range domains {
			wg.Go(func() { o.follow(ctx, e, d.Name, home, knock) })
		}
		wg.Wait()
	}
	return p, nil
}

// lookAtMirror looks now and then how the mirror is.
func lookAtMirror(ctx context.Context, e *engine.Engine, n *presenter.Notices, knock func()) {
	for {
		n.SawMirror(e.MirrorStatus(ctx))
		knock()
		if engine.Sleep(ctx, mirrorEvery) != nil {
			return
		}
	}
}

// holdMail holds all mail that waits to leave now, or lets what is held go on.
func holdMail(ctx context.Context, e *engine.Engine, hold bool) error {
	d, err := e.Desk(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // what it did is on disk
	act := relay.Act{Kind: relay.ActHold, By: owner()}
	if !hold {
		act = relay.Act{Kind: relay.ActRetry, Of: relay.Filter{State: relay.Held}, By: owner()}
	}
	_, err = d.Act(ctx, act)
	return err
}

// practiceDesk is the window over the built-in world.
func (o *worlds) practiceDesk(ctx context.Context, t *i18n.Tongue) (shell.Parts, error) {
	p, err := engine.OpenPractice(ctx, t.Language, o.w.logger)
	if err != nil {
		return shell.Parts{}, err
	}
	world, d := p.World, p.World.Domain()
	var practice *presenter.Practice
	pages := presenters(t, p.Engine, presenter.HomeOptions{
		Domains: []failover.Domain{d}, Now: world.Now, Every: practiceWatch, Practice: true,
		Waiting: func() int { return world.Totals().Inbound.Waiting }, Outbox: presenter.NewOutbox(p.Engine.Desk),
	}, false, func(o *presenter.SwitchOptions) {
		o.Arrived = func(r failover.Role) time.Time { return practice.Arrived(r) }
		looked := o.Done
		o.Done = func(out failover.Outcome, err error) {
			practice.Switched(out, err)
			looked(out, err)
		}
	})
	home := pages.home
	mail, write, err := o.mail(t, p.Engine, home, world.Now, true)
	if err != nil {
		p.Close()
		return shell.Parts{}, err
	}
	practice = presenter.NewPractice(t, world, world, presenter.PracticeOptions{Home: home, Switch: pages.change, Domain: d})
	defaults := configs.Defaults()
	drills := o.drills(t, p.Engine, &defaults)
	var setup *presenter.SettingUp
	if !o.win.HasReal() {
		setup = o.setup(t, false) //nolint:contextcheck // what was set up is opened in the window's own
	}
	settle := func(context.Context) error { return nil }
	if setup != nil {
		settle = setup.Settle
	}
	settings := o.settings(t, nil, nil)
	return shell.Parts{
		Queue: pages.queue, Log: presenter.NewLog(t, p.Engine, presenter.LogOptions{Now: world.Now, Request: engine.LogRequest{Drills: o.archive()}}), Settle: settle,
		Drills: drills, Organization: t.T("Practice"), Domain: failover.Display(d.Name), Home: home, Switch: pages.change, Tests: pages.tests,
		Practice: practice, Close: p.Close, Mail: mail, Compose: write, Setup: setup, Settings: settings,
		PrintCode: func(code string) (string, error) { return o.printCode("", "", code) },
		Work: func(ctx context.Context, knock func()) {
			var wg sync.WaitGroup
			wg.Go(drills.Read)
			wg.Go(func() { settings.Load(); pages.tests.Load(ctx); knock() })
			wg.Go(func() { mail.Work(ctx, knock) })
			wg.Go(func() { write.Work(ctx, knock) })
			wg.Go(func() { pages.queue.Watch(ctx, knock) })
			wg.Go(func() { practice.Watch(ctx, knock) })
			wg.Go(func() { watchOn(ctx, p.Engine, d.Name, practiceWatch, home, knock) })
			wg.Go(func() { home.Watch(ctx, lookEveryPractice, knock) })
			wg.Go(func() { home.Check(ctx, knock) }) // what is done in calm times
			wg.Go(func() {
				if err := p.Serve(ctx); err != nil && ctx.Err() == nil {
					o.w.logger.Warn("practice", "error", err)
				}
			})
			wg.Wait()
		},
	}, nil
}

// pages are the presenters that belong together: what one finds, another shows.
type pages struct {
	home   *presenter.Home
	change *presenter.Switch
	tests  *presenter.Tests
	queue  *presenter.Queue
}

// presenters makes Home, the switch page and that of the tests over one engine. more
// may change the options of the switch.
func presenters(t *i18n.Tongue, e *engine.Engine, opt presenter.HomeOptions, typed bool, more func(*presenter.SwitchOptions)) pages {
	var p pages
	turn := presenter.NewTurn()
	opt.Turn = turn
	opt.Switching = func() bool { return p.change.Phase() == presenter.PhaseRunning }
	p.tests = presenter.NewTests(t, e, presenter.TestsOptions{Domains: opt.Domains, Now: opt.Now, Turn: turn, Done: func() { p.home.Refresh() }})
	opt.Tests = p.tests.Brief
	p.home = presenter.NewHome(t, e, opt)
	so := presenter.SwitchOptions{
		Domains: opt.Domains, Now: opt.Now, Turn: turn, Typed: typed, Runs: p.home.Runs, Open: p.home.Open, Route: p.home.Route,
		Waiting: p.home.Waiting, Concerns: p.tests.Concerns,
		Done: func(failover.Outcome, error) { p.home.Refresh() },
	}
	if more != nil {
		more(&so)
	}
	p.change = presenter.NewSwitch(t, e, so)
	names := map[failover.Role]string{}
	if len(opt.Domains) > 0 {
		names[failover.Primary], names[failover.Secondary] = opt.Domains[0].Primary.Name, opt.Domains[0].Secondary.Name
	}
	p.queue = presenter.NewQueue(t, e, presenter.QueueOptions{Primary: names[failover.Primary], Secondary: names[failover.Secondary], Now: opt.Now})
	return p
}

// archive is where the records of drills are.
func (o *worlds) archive() *drill.History {
	_, data := o.w.files(cli.Place{})
	return engine.Drills(data)
}

// drills makes what stands behind the drills page.
func (o *worlds) drills(t *i18n.Tongue, e *engine.Engine, s *configs.Settings) *presenter.Drills {
	w := o.w
	scenarios, err := engine.Scenarios()
	if err != nil {
		w.logger.Error("scenarios", "error", err) // they are part of the program: a test reads them all
	}
	_, data := w.files(cli.Place{})
	domain := "example.test"
	if len(s.Domains) > 0 {
		domain = s.Domains[0].Name
	}
	var people []drill.Participant
	for _, p := range s.People {
		people = append(people, drill.Participant{Name: p.Name, Role: p.Role})
	}
	var names []string
	if domains, err := e.Domains(nil); err == nil {
		for _, d := range domains {
			names = append(names, d.Name)
		}
	}
	return presenter.NewDrills(t, presenter.DrillsOptions{
		Rehearse: e.Rehearse, Domains: names, Targets: engine.Targets(s), Version: version,
		Scenarios: scenarios, Archive: engine.Drills(data), People: people, Facilitator: owner(), First: "ex196121-2019-11-19", Now: time.Now,
		Stage: func(ctx context.Context, set presenter.Setup) (*presenter.Stage, error) {
			d, err := engine.NewDrill(ctx, engine.DrillRequest{
				Scenario: set.Scenario, Unattended: set.Unattended, Facilitator: set.Facilitator, Participants: set.Participants,
				Targets: engine.Targets(s), Version: version,
			}, "auto", w.logger)
			if err != nil {
				return nil, err
			}
			return &presenter.Stage{Script: d.Session(), Run: d.Run, Events: d.World().Subscribe, Close: d.Close}, nil
		},
		Table: func(set presenter.Setup) (*drill.Table, error) {
			return drill.NewTable(drill.TableOptions{
				Scenario: set.Scenario, Participants: set.Participants, Facilitator: set.Facilitator, Domain: domain,
				Targets: engine.Targets(s), Version: version, Now: time.Now,
			})
		},
		Write: func(r drill.Result, t *i18n.Tongue, history []drill.Point, format string) ([]byte, error) {
			var b bytes.Buffer
			err := report.Write(&b, r, t, history, report.Format(format))
			return b.Bytes(), err
		},
	})
}

// watchAgain is how long a watch that could not be begun waits for its next try.
const watchAgain = time.Minute

// watchOn watches a domain until the context ends.
func watchOn(ctx context.Context, e *engine.Engine, domain string, every time.Duration, home *presenter.Home, knock func()) {
	for ctx.Err() == nil {
		err := e.Watch(ctx, engine.WatchRequest{Domain: domain, Every: every, Tell: func(s detect.State) {
			home.Saw(domain, s)
			knock()
		}})
		home.Unwatched(err)
		knock()
		if engine.Sleep(ctx, watchAgain) != nil {
			return
		}
	}
}

// How often the window looks at what the watch has found that another part of
// Lifeboat keeps, and how long it waits for that before it watches itself.
const (
	followEvery = 2 * time.Second
	followFor   = 20 * time.Second
)

// follow shows what the watch finds that the background work keeps, here or in
// another process; while nobody keeps one it watches itself.
func (o *worlds) follow(ctx context.Context, e *engine.Engine, domain string, home *presenter.Home, knock func()) {
	alone := time.Now()
	var last time.Time
	for ctx.Err() == nil {
		_, served, _ := o.serving.state()
		l, ok := e.LastWatch(ctx, domain)
		if ok && l.Going && l.State.At.After(last) {
			last = l.State.At
			home.Saw(domain, l.State)
			home.Unwatched(nil)
			knock()
		}
		if served {
			alone = time.Now()
		} else if time.Since(alone) > followFor {
			o.watchAlone(ctx, e, domain, home, knock)
			alone = time.Now()
		}
		if engine.Sleep(ctx, followEvery) != nil {
			return
		}
	}
}

// watchAlone watches a domain until somebody does the background work again.
func (o *worlds) watchAlone(ctx context.Context, e *engine.Engine, domain string, home *presenter.Home, knock func()) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for engine.Sleep(ctx, followEvery) == nil {
			if _, served, _ := o.serving.state(); served {
				stop()
			}
		}
	}()
	watchOn(ctx, e, domain, 0, home, knock)
}
