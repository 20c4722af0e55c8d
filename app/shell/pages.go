package shell

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/screen"
	"lifeboat/app/widgets"
	"lifeboat/failover"
)

// The pages, by their keys in the navigation.
const (
	pageHome   = "home"
	pageSwitch = "switch"
	pageDrills = "drills"
)

// Parts are what stands behind the window's pages.
type Parts struct {
	Organization string
	Domain       string // as people write it
	Home         *presenter.Home
	Switch       *presenter.Switch
	Practice     *presenter.Practice // nil where it is the real mail
	Drills       *presenter.Drills
	// Work is everything that goes on in the background, until ctx ends; knock is to
	// be called whenever there is something new to show.
	Work func(ctx context.Context, knock func())
	// Close is called when the window is closed; it may be nil.
	Close func()
}

// desk is the window's pages over their presenters.
type desk struct {
	window *Window
	parts  Parts
	tongue *i18n.Tongue
	door   *Doorway

	home     *screen.Home
	practice *screen.Practice
	change   *screen.Switch
	drills   *screen.Drills
	audience *audience // the window for the participants of a tabletop; nil while it is closed
}

// Open fills the window with the pages over parts, and starts what goes on in the
// background.
func (w *Window) Open(t *i18n.Tongue, p Parts) {
	d := &desk{window: w, parts: p, tongue: t}
	d.build()
	d.door = w.Door(w.ctx, d.update)
	w.frame.OnGo(func(string) { d.door.Knock() })
	w.ShowFrame()
	if p.Close != nil {
		context.AfterFunc(w.ctx, p.Close)
	}
	go p.Work(w.ctx, d.door.Knock)
	go d.tick()
	w.window.SetMaster()
	d.door.Knock()
}

// calmSteps is how many seconds pass between two steps of the ages while nothing goes
// on: a window that is only looked at should cost next to nothing.
const calmSteps = 5

// tick has clocks and ages step: once a second while something goes on, and seldom
// while nothing does.
func (d *desk) tick() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-d.window.ctx.Done():
			return
		case <-t.C:
			busy := d.parts.Practice != nil || !d.parts.Switch.Phase().Ended() || d.parts.Drills.Held()
			if busy || n%calmSteps == 0 {
				d.door.Knock()
			}
		}
	}
}

// build lays the pages out in the language that is spoken.
func (d *desk) build() {
	t := d.tongue
	d.home = screen.NewHome(t, d.parts.Home, d.act)
	content := d.home.Content()
	if d.parts.Practice != nil {
		d.practice = screen.NewPractice(t, d.parts.Practice, d.home, screen.PracticeDeeds{
			Break: func(k presenter.TroubleKey) { d.parts.Practice.Break(k); d.door.Knock() },
			Mend:  func() { d.parts.Practice.Mend(); d.door.Knock() },
			Play:  d.play,
		})
		content = d.practice.Content()
	}
	d.change = screen.NewSwitch(t, d.parts.Switch, d.press)
	d.drills = screen.NewDrills(t, d.parts.Drills, d.drillDeeds())
	d.window.frame.SetPages([]Page{
		{Key: pageHome, Title: t.T("Home"), Icon: look.IconHome, Content: content},
		{Key: pageSwitch, Title: t.T("Switch"), Icon: look.IconSwitch, Content: d.change.Content(), Bar: d.change.Bar()},
		{Key: pageDrills, Title: t.T("Drills"), Icon: look.IconDrills, Content: d.drills.Content()},
	})
	d.window.frame.SetHeader(d.parts.Organization, d.parts.Domain)
	d.window.OfferView(t, d.speak)
}

// speak makes the pages anew in another language.
func (d *desk) speak(l i18n.Language) {
	t, err := i18n.New(l)
	if err != nil {
		return // the catalogues are part of the program: a test reads them all
	}
	d.tongue = t
	d.parts.Home.Speak(t)
	d.parts.Switch.Speak(t)
	d.parts.Drills.Speak(t)
	if d.parts.Practice != nil {
		d.parts.Practice.Speak(t)
	}
	d.build()
	d.update()
}

// update shows the newest state on the page that is seen, and in the navigation.
func (d *desk) update() {
	switch d.window.frame.Here() {
	case pageSwitch:
		d.change.Update()
		d.home.Look()
	case pageDrills:
		d.drills.Update()
		d.home.Look()
	default:
		if d.practice != nil {
			d.practice.Update()
		} else {
			d.home.Update()
		}
	}
	s := d.home.State()
	w := Watch{Shape: screen.ShapeOf(s.Watching.Light), First: s.Watching.First, Second: s.Watching.Second}
	if d.parts.Practice != nil {
		w.Icon = look.IconFlag
	}
	d.window.frame.SetWatch(w)
	badge := Badge{}
	if s.Trouble != nil {
		badge.Shape = screen.ShapeOf(s.Light)
	}
	d.window.frame.SetBadge(pageHome, badge)
	badge = Badge{}
	if !d.parts.Switch.Phase().Ended() {
		badge.Shape = widgets.Working
	}
	d.window.frame.SetBadge(pageSwitch, badge)
	badge = Badge{}
	if d.parts.Drills.Held() {
		badge.Shape = widgets.Working
	}
	d.window.frame.SetBadge(pageDrills, badge)
	d.audience.update(d.parts.Drills)
}

// act does what a button of Home asks for.
func (d *desk) act(a presenter.Action) {
	ctx, knock := d.window.ctx, d.door.Knock
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
		go d.parts.Home.Check(ctx, knock)
	case presenter.DoWait:
		d.parts.Home.Wait()
	case presenter.DoDrill:
		d.window.frame.Go(pageDrills)
	default:
	}
	knock()
}

// press does what a button of the switch page asks for.
func (d *desk) press(do presenter.SwitchDo, text string) {
	ctx, s, knock := d.window.ctx, d.parts.Switch, d.door.Knock
	switch do {
	case presenter.DoYes:
		s.Answer(true, text)
	case presenter.DoNo:
		s.Answer(false, "")
	case presenter.DoStop:
		s.Stop()
	case presenter.DoRollBack:
		s.RollBack(ctx, knock)
	case presenter.DoAgain:
		s.Again(ctx, "", knock)
	case presenter.DoOverride:
		s.Again(ctx, text, knock)
	case presenter.DoClose:
		s.Close()
		d.window.frame.Go(pageHome)
	case presenter.DoFailover:
		s.Begin(ctx, presenter.Order{Kind: failover.Failover, Domains: d.parts.Home.Alike()}, knock)
	case presenter.DoFailback:
		s.Begin(ctx, presenter.Order{Kind: failover.Failback, Domains: d.parts.Home.Alike()}, knock)
	default:
	}
	knock()
}

// play has an outage played, or stops it.
func (d *desk) play() {
	p := d.parts.Practice
	if p.State().Playing {
		p.StopPlaying()
		return
	}
	go p.Play(d.window.ctx, d.door.Knock)
}

// Later opens the window at once and fills it when prepare is done; meanwhile it says
// what is being done, and if that fails, why.
func (w *Window) Later(t *i18n.Tongue, doing string, prepare func(ctx context.Context) (Parts, error)) {
	says := widgets.NewParagraph(look.Title, doing)
	light := widgets.NewLight(30, widgets.Working)
	w.window.SetPadded(false)
	w.window.SetContent(container.NewCenter(container.New(widgets.LineUp(gapAt, -1), light, container.NewGridWrap(fyne.NewSize(720, 72), says))))
	go func() {
		parts, err := prepare(w.ctx)
		fyne.Do(func() {
			if err != nil {
				light.SetShape(widgets.Octagon)
				says.SetText(presenter.Problem(t, err))
				return
			}
			w.Open(t, parts)
		})
	}()
}

// gapAt is the room beside the light while the window is not filled yet, in pixels
// at scale 1.
const gapAt = 16
