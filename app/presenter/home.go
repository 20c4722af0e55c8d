package presenter

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// Action is what a button of Home asks for. Home itself does none of it: it says
// what makes sense now, and whoever wires the window leads to where it is done.
type Action string

// The actions.
const (
	NoAction   Action = ""
	DoSwitch   Action = "switch"   // to the secondary
	DoReturn   Action = "return"   // home to the primary
	DoRepair   Action = "repair"   // put the domain's own MX records right
	DoGoOn     Action = "go_on"    // with the run that is open
	DoTakeBack Action = "takeback" // the run that is open
	DoCheck    Action = "check"
	DoDrill    Action = "drill"
	DoWait     Action = "wait"
	DoTests    Action = "tests" // open the page of the tests
	DoTestAll  Action = "test"  // open it, and test
	DoSetUp    Action = "setup" // open the set-up
	DoMail     Action = "mail"  // open the mirror's mail
	DoPutOff   Action = "later" // not this week: see [Home.PutOff]
)

// Button is something to press.
type Button struct {
	Text   string
	Do     Action
	Filled bool // a page has at most one
}

// Row is a line of evidence: how something stands, what it is, what was seen.
type Row struct {
	Light Light
	Label string
	Value string
}

// Lookout is what Home needs of the engine.
type Lookout interface {
	Status(ctx context.Context, names []string) (engine.Status, error)
	Check(ctx context.Context, req engine.CheckRequest) (engine.CheckReport, error)
}

// HomeOptions is what Home goes by beside what it sees.
type HomeOptions struct {
	Domains []failover.Domain // of the settings, at least one
	Now     func() time.Time
	// Every is how often the providers are looked at.
	Every time.Duration
	// Practice: all of it plays in the built-in world.
	Practice bool
	// Waiting counts the mail that is known to wait outside; nil where nobody knows.
	Waiting func() int
	// Switching tells whether a switch goes on in this window; nil where none can.
	Switching func() bool
	// Turn is taken for checks; nil where nobody else works in the data folder.
	Turn *Turn
	// LastDrill tells of the last drill; nil where there are none.
	LastDrill func() *DrillCard
	// Outbox is the send route; nil where there is none.
	Outbox Outbox
	// SetUp tells what the set-up still has open; nil where there is no set-up.
	SetUp func() []failover.Sentence
	// Tests tells how the connectivity tests stand; nil where there are none.
	Tests func() TestsBrief
	// Idle says why nothing is done in the background; nil where nobody is to do it.
	Idle func() error
	// Memory keeps what was put off; nil where nothing can be put off.
	Memory Memory
}

// Home says how the domains are, in a sentence, and what can be done.
type Home struct {
	tongue *i18n.Tongue
	engine Lookout
	opt    HomeOptions

	mu       sync.Mutex
	status   engine.Status
	err      error
	seen     map[string]*sight // by domain
	selected string            // by hand; empty is the one in the worst state
	waited   time.Time
	checking bool
	unable   error // why the last check could not be made
	drill    *DrillCard
	look     chan struct{} // asked for at once
	unseen   error         // why nothing is watched
	idle     error         // why nothing is done in the background
	ages     ages          // of the mirror
	queue    *outgoing     // nil while nothing is known of it
	setUp    []failover.Sentence
}

// sight is what detection told of one domain.
type sight struct {
	state detect.State
	track trail
}

// NewHome returns the presenter.
func NewHome(t *i18n.Tongue, e Lookout, opt HomeOptions) *Home {
	return &Home{tongue: t, engine: e, opt: opt, seen: map[string]*sight{}, look: make(chan struct{}, 1)}
}

// Watch looks at the name servers and the journal now and then at every interval
// until the context ends, and calls changed after each look.
func (h *Home) Watch(ctx context.Context, every time.Duration, changed func()) {
	for ctx.Err() == nil {
		h.Look(ctx)
		changed()
		t := time.NewTimer(every)
		select {
		case <-t.C:
		case <-h.look:
			t.Stop()
		case <-ctx.Done():
			t.Stop()
		}
	}
}

// Refresh has Watch look at once. It never waits.
func (h *Home) Refresh() {
	select {
	case h.look <- struct{}{}:
	default:
	}
}

// Unwatched takes down why nothing is watched; nil when it is.
func (h *Home) Unwatched(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unseen = err
}

// Look looks at the name servers and the journal once.
func (h *Home) Look(ctx context.Context) {
	st, err := h.engine.Status(ctx, nil)
	var card *DrillCard
	if h.opt.LastDrill != nil {
		card = h.opt.LastDrill()
	}
	queue := h.lookOut(ctx)
	var open []failover.Sentence
	if h.opt.SetUp != nil {
		open = h.opt.SetUp()
	}
	if ctx.Err() != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err = err; err == nil {
		h.status = st
		h.ages.add(st.Mirror.Complete, st.At)
	}
	h.drill, h.queue, h.setUp = card, queue, open
}

// Saw takes in what detection makes of a domain.
func (h *Home) Saw(domain string, s detect.State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.seen[domain]
	if at == nil {
		at = &sight{}
		h.seen[domain] = at
	}
	waiting := -1
	switch {
	case h.opt.Waiting != nil:
		waiting = h.opt.Waiting()
	case h.queue != nil && h.queue.err == nil:
		waiting = h.queue.waiting
	}
	at.state, h.unseen = s, nil
	at.track.add(s, h.route(domain), waiting)
	if s.Primary.Health == detect.Healthy {
		h.waited = time.Time{} // it is over
	}
}

// Check takes all evidence for a switch anew, and looks again. A second call while
// one is under way does nothing.
func (h *Home) Check(ctx context.Context, changed func()) {
	h.mu.Lock()
	if h.checking {
		h.mu.Unlock()
		return
	}
	h.checking, h.unable = true, nil
	d, to := h.focus(), failover.Secondary
	if h.route(d.Name) == failover.RouteSecondary {
		to = failover.Primary
	}
	h.mu.Unlock()
	changed()
	var err error
	if d.Provider(to).Name != "" {
		err = h.check(ctx, to)
	}
	if h.Look(ctx); ctx.Err() != nil {
		err = nil // whoever broke it off knows
	}
	h.mu.Lock()
	h.checking, h.unable = false, err
	h.mu.Unlock()
	changed()
}

func (h *Home) check(ctx context.Context, to failover.Role) error {
	if h.opt.Turn != nil {
		if err := h.opt.Turn.Take(ctx); err != nil {
			return err
		}
		defer h.opt.Turn.Give()
	}
	_, err := h.engine.Check(ctx, engine.CheckRequest{To: to, Fresh: true})
	return err
}

// Wait takes down that the admin has decided to wait.
func (h *Home) Wait() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waited = h.opt.Now()
}

// Select shows a domain, by the name that its DomainRow has.
func (h *Home) Select(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.selected = failover.FQDN(name)
}

// State returns what is to be shown now.
func (h *Home) State() HomeState {
	// What others tell is asked for before the lock is taken.
	var tests TestsBrief
	if h.opt.Tests != nil {
		tests = h.opt.Tests()
	}
	var idle error
	if h.opt.Idle != nil {
		idle = h.opt.Idle()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.idle = idle
	if len(h.opt.Domains) == 0 {
		return HomeState{Light: LightUnknown, Headline: h.tongue.T("There is no domain in the settings.")}
	}
	d := h.focus()
	f := h.facts(d)
	f.tests = tests
	s := f.home()
	s.Checking = h.checking
	if h.unable != nil && !h.checking {
		s.Lead = join(h.tongue, problem(h.tongue, h.unable), s.Lead)
	}
	if idle != nil && s.Light != LightWorking {
		why := problem(h.tongue, idle)
		if strings.Contains(s.Lead, why) {
			why = "" // it is said already
		}
		s.Lead = join(h.tongue, s.Lead, h.tongue.T("Nothing is mirrored or sent on now."), why)
	}
	if s.Trouble == nil && s.Light != LightWorking {
		s.Drill, s.Mirror, s.Queue = h.drill, f.mirrorCard(&h.ages), f.queueCard()
	}
	s.Watching = f.watching(h.opt.Every)
	if len(h.opt.Domains) > 1 {
		s.Domains = h.rows(d.Name)
	}
	return s
}

// rows lists all domains.
func (h *Home) rows(selected string) []DomainRow {
	out := make([]DomainRow, 0, len(h.opt.Domains))
	for _, d := range h.opt.Domains {
		f := h.facts(d)
		is := f.situation()
		out = append(out, DomainRow{
			Name: failover.Display(d.Name), Light: is.light(), Says: f.headline(is), Selected: d.Name == selected,
		})
	}
	return out
}

// focus is the domain that is shown: the one selected, or the one in the worst
// state, in doubt the first.
func (h *Home) focus() failover.Domain {
	if i := slices.IndexFunc(h.opt.Domains, func(d failover.Domain) bool { return d.Name == h.selected }); i >= 0 {
		return h.opt.Domains[i]
	}
	worst, at := -1, 0
	for i, d := range h.opt.Domains {
		f := h.facts(d)
		if w := f.situation().weight(); w > worst {
			worst, at = w, i
		}
	}
	return h.opt.Domains[at]
}

// What was seen so many looks ago, and at least so long, is not what is: whoever looks has
// stopped, or this computer slept.
const (
	lateLooks = 10
	leastLate = 15 * time.Minute
)

// facts gathers what is known of a domain.
func (h *Home) facts(d failover.Domain) facts {
	f := facts{
		t: h.tongue, domain: d, now: h.opt.Now(), err: cmp.Or(h.err, h.unseen, h.idle), waited: h.waited, practice: h.opt.Practice,
		open: h.status.Open, busy: h.opt.Switching != nil && h.opt.Switching(),
	}
	if i := h.statusOf(d.Name); i >= 0 {
		f.status, f.mirror = &h.status.Domains[i], &h.status.Mirror
	}
	f.queue, f.setUp, f.drill, f.memory, f.tested = h.queue, h.setUp, h.drill, h.opt.Memory, h.opt.Tests != nil
	f.drills = h.opt.LastDrill != nil
	if s := h.seen[d.Name]; s != nil {
		f.seenAt, f.track = s.state.At, &s.track
		if f.stale = f.now.Sub(s.state.At) > max(lateLooks*h.opt.Every, leastLate); !f.stale {
			f.state = &s.state
		}
	}
	if f.open != nil && !slices.Contains(f.open.Domains, d.Name) {
		f.open = nil
	}
	return f
}

func (h *Home) statusOf(domain string) int {
	return slices.IndexFunc(h.status.Domains, func(s engine.DomainStatus) bool { return s.Domain == domain })
}

// route is where a domain's mail is led, as far as is known.
func (h *Home) route(domain string) failover.Route {
	if i := h.statusOf(domain); i >= 0 {
		return h.status.Domains[i].Route
	}
	return failover.RouteUnknown
}

// current is the situation of the domain that is shown.
func (h *Home) current() situation {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.opt.Domains) == 0 {
		return isUnsure
	}
	return h.facts(h.focus()).situation()
}
