package presenter

import (
	"context"
	"errors"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
)

// Tester is what Tests needs of the engine.
type Tester interface {
	ConnectTests() []engine.TestInfo
	Connect(ctx context.Context, req engine.ConnectRequest) (engine.Connectivity, error)
	LastConnect(ctx context.Context) (engine.Connectivity, bool)
}

// TestsOptions is what Tests goes by beside the engine.
type TestsOptions struct {
	Domains []failover.Domain // of the settings, at least one
	Now     func() time.Time
	// Turn is taken for tests; nil where nobody else works in the data folder.
	Turn *Turn
	// Done is called, from any goroutine, when tests have ended; it may be nil.
	Done func()
}

// testsOld is from when on results are said to be old: as long as the preflight
// believes its own evidence.
const testsOld = 24 * time.Hour

// Tests tries the connections of both providers and of the emergency subdomain, and
// says what came of it: while it goes on, and later with the age of what is kept.
type Tests struct {
	tongue *i18n.Tongue
	engine Tester
	opt    TestsOptions

	mu       sync.Mutex
	infos    []engine.TestInfo
	cells    map[cellAt]engine.TestCell // what is known
	live     map[cellAt]engine.TestCell // what goes on; nil while nothing does
	awaited  int                        // how many cells are tested in all
	stop     context.CancelFunc
	stopped  bool // by hand
	began    time.Time
	took     map[string]time.Duration // of the last whole run, by domain
	ranAt    map[string]time.Time
	err      error
	selected string
	opened   string // the row that is open
	chosen   bool   // by hand
}

// cellAt is where a cell stands.
type cellAt struct {
	domain, test string
	side         engine.Side
}

// NewTests returns the presenter.
func NewTests(t *i18n.Tongue, e Tester, opt TestsOptions) *Tests {
	return &Tests{tongue: t, engine: e, opt: opt, cells: map[cellAt]engine.TestCell{}, took: map[string]time.Duration{}, ranAt: map[string]time.Time{}}
}

// Load reads the results that are kept. Call it once, in the background.
func (x *Tests) Load(ctx context.Context) {
	infos := x.engine.ConnectTests()
	last, ok := x.engine.LastConnect(ctx)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.infos = infos
	if !ok {
		return
	}
	for _, c := range last.Cells {
		at := place(c)
		if kept, there := x.cells[at]; !there || c.At.After(kept.At) {
			x.cells[at] = c
		}
	}
	for _, d := range x.opt.Domains {
		if _, ran := x.ranAt[d.Name]; !ran {
			x.ranAt[d.Name], x.took[d.Name] = last.At, last.Took
		}
	}
	x.openWorst()
}

func place(c engine.TestCell) cellAt {
	return cellAt{failover.FQDN(c.Domain), c.Test, c.Side}
}

// Run makes all tests of the domain that is shown but those that send messages, whose
// results of before stay; it returns when they are done or cancelled. A second call while
// tests go on does nothing.
func (x *Tests) Run(ctx context.Context, changed func()) { x.run(ctx, nil, changed) }

// RunOne makes one test, at every side, also one that sends messages.
func (x *Tests) RunOne(ctx context.Context, id string, changed func()) {
	x.run(ctx, []string{id}, changed)
}

func (x *Tests) run(ctx context.Context, ids []string, changed func()) {
	x.mu.Lock()
	d, some := x.focus()
	if x.live != nil || !some {
		x.mu.Unlock()
		return
	}
	ctx, x.stop = context.WithCancel(ctx)
	defer x.stop()
	x.live, x.began, x.err, x.stopped = map[cellAt]engine.TestCell{}, x.opt.Now(), nil, false
	x.await(d, ids)
	x.awaited = len(x.live)
	x.mu.Unlock()
	changed()
	got, err := x.connect(ctx, engine.ConnectRequest{
		Domains: []string{d.Name}, Tests: ids,
		Tell: func(c engine.TestCell) { x.saw(c); changed() },
	})
	x.ended(d.Name, len(ids) == 0, got, err)
	if x.opt.Done != nil {
		x.opt.Done()
	}
	changed()
}

// await marks what is about to be tested.
func (x *Tests) await(d failover.Domain, ids []string) {
	if len(x.infos) == 0 {
		x.infos = x.engine.ConnectTests()
	}
	for _, i := range x.infos {
		if i.Sends && len(ids) == 0 {
			continue
		}
		for _, side := range sidesOf(d) {
			if at := (cellAt{d.Name, i.ID, side}); among(ids, i.ID) && x.cells[at].State != engine.CellUnused {
				x.live[at] = engine.TestCell{Test: i.ID, Domain: d.Name, Side: side, State: engine.CellWaiting}
			}
		}
	}
}

// among reports whether an ID is one of those; none is all.
func among(ids []string, id string) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return len(ids) == 0
}

// connect makes the tests, when it is their turn.
func (x *Tests) connect(ctx context.Context, req engine.ConnectRequest) (engine.Connectivity, error) {
	if x.opt.Turn != nil {
		if err := x.opt.Turn.Take(ctx); err != nil {
			return engine.Connectivity{}, err
		}
		defer x.opt.Turn.Give()
	}
	return x.engine.Connect(ctx, req)
}

// saw takes a cell in.
func (x *Tests) saw(c engine.TestCell) {
	x.mu.Lock()
	defer x.mu.Unlock()
	at := place(c)
	switch c.State {
	case engine.CellDone, engine.CellUnused:
		x.cells[at] = c
		delete(x.live, at)
		x.openWorst()
	default:
		if x.live != nil {
			x.live[at] = c
		}
	}
}

// ended takes in what tests came to. What was not done keeps the result that it had.
func (x *Tests) ended(domain string, whole bool, got engine.Connectivity, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stopped && errors.Is(err, context.Canceled) {
		err = nil
	}
	x.live, x.stop, x.err = nil, nil, err
	for _, c := range got.Cells {
		if c.State == engine.CellDone || c.State == engine.CellUnused {
			x.cells[place(c)] = c
		}
	}
	if whole && err == nil && !x.stopped {
		x.ranAt[domain], x.took[domain] = x.began, x.opt.Now().Sub(x.began)
		if !got.At.IsZero() {
			x.ranAt[domain], x.took[domain] = got.At, got.Took
		}
	}
	x.openWorst()
}

// openWorst opens the first row that fails, unless somebody has chosen one.
func (x *Tests) openWorst() {
	d, some := x.focus()
	if x.chosen || !some {
		return
	}
	if x.opened != "" && x.rowLight(d, x.opened) == LightDown {
		return
	}
	x.opened = ""
	for _, i := range x.infos {
		if x.rowLight(d, i.ID) == LightDown {
			x.opened = i.ID
			return
		}
	}
}

// Cancel ends the tests that go on; what they have found so far is kept.
func (x *Tests) Cancel() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.stop != nil {
		x.stopped = true
		x.stop()
	}
}

// Running reports whether tests go on.
func (x *Tests) Running() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.live != nil
}

// Toggle opens a row, or closes it.
func (x *Tests) Toggle(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.chosen = true
	if x.opened == id {
		x.opened = ""
	} else {
		x.opened = id
	}
}

// Select shows a domain, by the name that its DomainRow has.
func (x *Tests) Select(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.selected, x.opened, x.chosen = failover.FQDN(name), "", false
	x.openWorst()
}

// Speak goes on in another language.
func (x *Tests) Speak(t *i18n.Tongue) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.tongue = t
}

// focus is the domain that is shown.
func (x *Tests) focus() (failover.Domain, bool) {
	for _, d := range x.opt.Domains {
		if d.Name == x.selected {
			return d, true
		}
	}
	if len(x.opt.Domains) == 0 {
		return failover.Domain{}, false
	}
	return x.opt.Domains[0], true
}

// sidesOf are the sides that a domain has.
func sidesOf(d failover.Domain) []engine.Side {
	var out []engine.Side
	for _, s := range engine.Sides() {
		switch {
		case s == engine.SideSecondary && d.Secondary.Name == "":
		case s == engine.SideEmergency && d.Emergency == "":
		default:
			out = append(out, s)
		}
	}
	return out
}

// at is a cell as it is to be shown: what goes on, or what is known.
func (x *Tests) at(d failover.Domain, id string, side engine.Side) (engine.TestCell, bool) {
	at := cellAt{d.Name, id, side}
	if c, ok := x.live[at]; ok {
		return c, true
	}
	c, ok := x.cells[at]
	return c, ok
}
