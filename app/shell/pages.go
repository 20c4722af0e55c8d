package shell

import (
	"context"

	"fyne.io/fyne/v2"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/screen"
	"lifeboat/failover"
)

// The pages, by their keys in the navigation.
const (
	pageHome     = "home"
	pageMail     = "mail"
	pageSwitch   = "switch"
	pageTests    = "tests"
	pageQueue    = "queue"
	pageDrills   = "drills"
	pageLog      = "log"
	pageSettings = "settings"
	pageSetup    = "setup"
)

// Parts are what stands behind the window's pages. A page whose presenter is nil is
// not there.
type Parts struct {
	Tongue       *i18n.Tongue // that the settings name, where another was not chosen; nil: the window's
	Organization string
	Domain       string // as people write it
	Home         *presenter.Home
	Switch       *presenter.Switch
	Practice     *presenter.Practice // nil where it is the real mail
	Drills       *presenter.Drills
	Tests        *presenter.Tests
	Mail         *presenter.Mail
	Compose      *presenter.Compose // goes with Mail
	Queue        *presenter.Queue
	Log          *presenter.Log
	Settings     *presenter.Settings
	Setup        *presenter.SettingUp
	// PrintCode writes a page with a recovery code, to be printed, and says where.
	PrintCode func(code string) (file string, err error)
	// Work is everything that goes on in the background, until ctx ends; knock is to
	// be called whenever there is something new to show.
	Work func(ctx context.Context, knock func())
	// Notices is what is worth disturbing a person for; nil in practice.
	Notices *presenter.Notices
	// Serving says whether this program does the background work of the data folder;
	// nil: it does none.
	Serving func() bool
	// Outgoing counts the mail that is held, and that waits to be sent; Hold holds what
	// waits now, or lets what is held go on. They are nil where there is no send route.
	Outgoing func() (held, waiting int)
	Hold     func(ctx context.Context, hold bool) error
	// Present hears that somebody does something here, who may be asked again for what they
	// would not say before; nil: nobody is asked. It returns at once.
	Present func()
	// Settle waits until what was entered is kept; it may be nil.
	Settle func(ctx context.Context) error
	// Close is called when the world ends; it may be nil.
	Close func()
}

// desk is a world's pages over their presenters.
type desk struct {
	window *Window
	parts  Parts
	tongue *i18n.Tongue
	door   *Doorway
	ctx    context.Context //nolint:containedctx // the world's life
	cancel context.CancelFunc
	views  []*view
	works  works
	setup  bool // in a practice world: its set-up is at work
	// resumed: whoever sits here knows of the run that was open, if there was one.
	resumed bool

	audience *audience // the window for the participants of a tabletop; nil while it is closed
}

func newDesk(w *Window, t *i18n.Tongue, p Parts) *desk {
	d := &desk{window: w, parts: p, tongue: t}
	d.ctx, d.cancel = context.WithCancel(w.ctx)
	d.door = newDoorway(w.do, d.redraw)
	d.build()
	return d
}

// page is what a screen has, at least.
type page interface {
	Content() fyne.CanvasObject
	Update() // on the UI thread
}

// What a screen may have beside.
type (
	barred    interface{ Bar() fyne.CanvasObject }
	naved     interface{ Nav() fyne.CanvasObject }
	refresher interface{ Refresh() }
	finder    interface{ Find() }
	newer     interface{ New() }
	enterer   interface{ Enter() }
	shower    interface{ Shown(seen bool) }
	appearer  interface{ Shown() } // hears of coming into sight alone
	escaper   interface{ Escape() bool }
	parted    interface{ Part() string } // which of several parts is shown
)

// view is a page of the desk: how it is made, and what is there once it was.
type view struct {
	page  Page
	make  func() page
	made  page // nil until the page is shown first
	badge func() Badge
	speak func(*i18n.Tongue)
	busy  func() bool
}

// build prepares the pages in the language that is spoken.
func (d *desk) build() {
	d.views = nil
	for _, v := range []*view{
		d.homeView(), d.mailView(), d.switchView(), d.testsView(), d.queueView(), d.drillsView(), d.logView(), d.setupView(), d.settingsView(),
	} {
		if v == nil {
			continue
		}
		v.page.Make = func() Made {
			v.made = v.make()
			m := Made{Content: v.made.Content()}
			if b, ok := v.made.(barred); ok {
				m.Bar = b.Bar()
			}
			if n, ok := v.made.(naved); ok {
				m.Nav = n.Nav()
			}
			return m
		}
		d.views = append(d.views, v)
	}
}

// install hands the pages to the frame.
func (d *desk) install() {
	f := d.window.frame
	var pages []Page
	for _, v := range d.views {
		pages = append(pages, v.page)
	}
	here := ""
	f.OnGo(func(key string) {
		d.seen(here, false)
		here = key
		d.seen(here, true)
		d.window.keepPage(key)
		d.update()
	})
	f.SetPages(pages)
	domain := d.parts.Domain
	if domain == d.parts.Organization { // which has no other name
		domain = ""
	}
	f.SetHeader(d.parts.Organization, domain)
	d.footItems()
}

// seen tells a page that it comes into sight, or goes out of it.
func (d *desk) seen(key string, seen bool) {
	if v := d.view(key); v != nil {
		switch p := v.made.(type) {
		case shower:
			p.Shown(seen)
		case appearer:
			if seen {
				p.Shown()
			}
		}
	}
}

// shown tells the page that is shown that the world is, or is no longer.
func (d *desk) shown(seen bool) { d.seen(d.window.frame.Here(), seen) }

// view is the page of a key; nil where there is none.
func (d *desk) view(key string) *view {
	for _, v := range d.views {
		if v.page.Key == key {
			return v
		}
	}
	return nil
}

// here is the page that is shown, once it was made; nil before.
func (d *desk) here() page {
	if v := d.view(d.window.frame.Here()); v != nil {
		return v.made
	}
	return nil
}

func (d *desk) busy() bool {
	for _, v := range d.views {
		if v.busy != nil && v.busy() {
			return true
		}
	}
	return len(d.works.jobs()) > 0
}

// speak goes on in another language.
func (d *desk) speak(l i18n.Language) {
	t, err := i18n.New(l)
	if err != nil {
		return // the catalogues are part of the program: a test reads them all
	}
	d.window.tongue.Store(t)
	d.translate(t)
	d.install()
	d.update()
}

// translate makes the pages anew in another language.
func (d *desk) translate(t *i18n.Tongue) {
	d.tongue = t
	for _, v := range d.views {
		if v.speak != nil {
			v.speak(t)
		}
	}
	d.build()
	if err := useWords(t); err != nil {
		d.window.log.Warn("words of dialogs", "error", err)
	}
}

// redraw is update, measured: what the doorway calls.
func (d *desk) redraw() {
	d.window.dog.Time("update "+d.window.frame.Here(), d.update)
}

// update shows the newest state on the page that is seen, and in the navigation. Of a
// world that is behind another only what the tray and notices tell.
func (d *desk) update() {
	defer d.window.tell()
	if d.window.desk != d {
		return
	}
	f := d.window.frame
	d.resume()
	if p := d.here(); p != nil {
		p.Update()
		if p, ok := p.(parted); ok {
			f.Part(p.Part())
		}
	}
	d.window.follow()
	s := d.parts.Home.State()
	w := Watch{Shape: screen.ShapeOf(s.Watching.Light), First: s.Watching.First, Second: s.Watching.Second}
	if d.parts.Practice != nil {
		w.Icon = look.IconFlag
	}
	f.SetWatch(w)
	for _, v := range d.views {
		if v.badge != nil {
			f.SetBadge(v.page.Key, v.badge())
		}
	}
	f.SetWork(d.works.jobs(), d.tongue.T("Cancel"), func(n int) string { return d.tongue.T("and {n} more", "n", n) }, d.works.stop)
	d.audience.update(d.parts.Drills)
}

// resume shows the switch page when a run was found that did not come to its end: the
// program was killed, or the lid was closed. The page says what is done and what is not.
func (d *desk) resume() {
	if d.resumed || d.parts.Switch == nil {
		return
	}
	switch {
	case d.parts.Switch.Phase() != presenter.PhaseIdle:
		d.resumed = true
	case d.parts.Switch.Unfinished():
		d.resumed = true
		d.window.frame.Go(pageSwitch)
	}
}

// act does what a button of Home asks for.
func (d *desk) act(a presenter.Action) {
	d.present()
	ctx, knock := d.ctx, d.knock
	begin := func(o presenter.Order) {
		d.parts.Switch.Begin(ctx, o, knock)
		d.window.frame.Go(pageSwitch)
	}
	switch a {
	case presenter.DoSwitch:
		begin(presenter.Order{Kind: failover.Failover, Domains: d.parts.Home.Alike(), Repair: d.parts.Home.Astray()})
	case presenter.DoReturn:
		begin(presenter.Order{Kind: failover.Failback, Domains: d.parts.Home.Alike()})
	case presenter.DoRepair:
		begin(presenter.Order{Kind: failover.Failback, Domains: []string{d.parts.Home.Shown()}, Repair: true})
	case presenter.DoGoOn:
		begin(presenter.Order{Kind: d.parts.Home.OpenKind()})
	case presenter.DoTakeBack:
		begin(presenter.Order{Kind: failover.Rollback})
	case presenter.DoCheck:
		d.check()
	case presenter.DoWait:
		d.parts.Home.Wait()
	case presenter.DoDrill:
		d.window.frame.Go(pageDrills)
	case presenter.DoTests:
		d.window.frame.Go(pageTests)
	case presenter.DoTestAll:
		d.window.frame.Go(pageTests)
		d.runTests()
	case presenter.DoSetUp:
		d.setUp("")
	case presenter.DoMail:
		d.window.frame.Go(pageMail)
	case presenter.DoPutOff:
		d.parts.Home.PutOff()
	default:
	}
	knock()
}

// present says that somebody is at work here.
func (d *desk) present() {
	if d.parts.Present != nil {
		d.parts.Present()
	}
}

// check takes all evidence for a switch anew; it can be cancelled, as all that takes long.
func (d *desk) check() {
	d.Work(d.window.Tongue().T("Trying what a switch needs"), func(ctx context.Context, _ func(string, float64)) error {
		d.parts.Home.Check(ctx, d.knock)
		return nil
	})
}

// press does what a button of the switch page asks for.
func (d *desk) press(do presenter.SwitchDo, text string) {
	d.present()
	if d.parts.Switch.Press(d.ctx, do, text, d.parts.Home.Alike(), d.knock) {
		return
	}
	switch do {
	case presenter.DoClose:
		d.parts.Switch.Close()
		d.window.frame.Go(pageHome)
	case presenter.DoTest:
		d.window.frame.Go(pageTests)
		d.runTests()
	default:
	}
	d.knock()
}

// play has an outage played, or stops it.
func (d *desk) play() {
	p := d.parts.Practice
	if p.State().Playing {
		p.StopPlaying()
		return
	}
	d.window.work(func() { p.Play(d.ctx, d.knock) })
}

// timed measures what a press does.
func timed[T any](d *desk, name string, do func(T)) func(T) {
	return func(v T) { d.window.dog.Time(name, func() { do(v) }) }
}
