package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// Side is whose connections a test tries.
type Side string

// The sides.
const (
	SidePrimary   Side = "primary"
	SideSecondary Side = "secondary"
	SideEmergency Side = "emergency" // the emergency subdomain, at the secondary
)

// Sides lists the sides, in the order in which they are shown.
func Sides() []Side { return []Side{SidePrimary, SideSecondary, SideEmergency} }

// TestInfo is a connectivity test as such.
type TestInfo struct {
	ID     string            `json:"id"` // "dns", "tls", "rcpt", ...: the name in requests and reports
	Title  failover.Sentence `json:"title"`
	Reason failover.Sentence `json:"reason"` // why it is tried
	Remedy failover.Sentence `json:"remedy"` // in general; a finding may have a more exact one
	// Limit ends the test: what has not answered by then is unknown, or has failed.
	Limit time.Duration `json:"limit"`
	// Usual is how long it takes as a rule.
	Usual time.Duration `json:"usual"`
	// Sends: it sends messages, so it is only made where a request asks for that.
	Sends bool `json:"-"`
}

// CellState is how far a test is.
type CellState string

// The states of a cell.
const (
	CellWaiting CellState = "waiting"
	CellWorking CellState = "working"
	CellDone    CellState = "done"
	CellUnused  CellState = "unused" // there is nothing of the kind at this side
)

// TestCell is one test at one side of one domain.
type TestCell struct {
	Test    string           `json:"test"`
	Domain  string           `json:"domain"` // as FQDN makes it
	Side    Side             `json:"side"`
	State   CellState        `json:"state"`
	Verdict failover.Verdict `json:"verdict,omitempty"`
	// Word is the result in two to four words: "6 of 6 addresses", "148 ms", "9 days left".
	Word failover.Sentence `json:"word,omitzero"`
	// OwnLine: the failure is owed to the line that Lifeboat sits on.
	OwnLine bool `json:"own_line,omitempty"`
	// Findings are the proof, the worst first: exact answers, and what to do.
	Findings []failover.Finding `json:"findings,omitempty"`
	At       time.Time          `json:"at,omitzero"`
	Took     time.Duration      `json:"took,omitempty"` // nanoseconds
}

// ConnectRequest asks for connectivity tests.
type ConnectRequest struct {
	Domains []string // none: all
	Tests   []string // IDs; none: all
	Sides   []Side   // none: all
	// Seed also sends seed messages and waits for them. Without it nothing is sent, unless
	// Tests names that test.
	Seed bool
	// Tell hears of each cell as it changes, one at a time; it may be nil.
	Tell func(TestCell)
}

// Connectivity is what connectivity tests came to.
type Connectivity struct {
	At    time.Time     `json:"at"` // when it was begun
	Took  time.Duration `json:"took"`
	Tests []TestInfo    `json:"tests"` // in the order of the table
	Cells []TestCell    `json:"cells"`
}

// ConnectTests lists the connectivity tests, in the order of the table.
func (e *Engine) ConnectTests() []TestInfo {
	var out []TestInfo
	for _, t := range e.tests() {
		out = append(out, TestInfo{ID: t.ID, Title: t.Title, Reason: t.Reason, Remedy: t.Remedy, Limit: t.Limit, Usual: t.Usual, Sends: t.ID == probe.SeedTest})
	}
	return out
}

// tests are the tests with the time that the largest domain needs.
func (e *Engine) tests() []probe.Test {
	most := 0
	for _, d := range e.opt.Settings.Domains {
		most = max(most, len(e.opt.Settings.RecipientsOf(d.Name)))
	}
	return probe.Tests(most)
}

// Connect tries connections: those of both providers and of the emergency
// subdomain, side by side. Results are kept, see [Engine.LastConnect]; what the
// preflight would have found out in the same way counts for it as well. Apart from seed
// messages nothing is sent, and nothing is changed.
//
// When ctx ends before it is done, the cells that were not done are back to waiting, the
// others are kept, and the error is of kind failover.ErrWaiting.
func (e *Engine) Connect(ctx context.Context, req ConnectRequest) (Connectivity, error) {
	domains, err := e.Domains(req.Domains)
	if err != nil {
		return Connectivity{}, err
	}
	tests, sides, err := e.wantedTests(req)
	if err != nil {
		return Connectivity{}, err
	}
	if err := makeDir(e.opt.DataDir); err != nil { // before anybody is disturbed
		return Connectivity{}, err
	}
	c := &connecting{e: e, tests: tests, sides: sides, tell: req.Tell, look: e.looker(nil, nil), cells: map[cellKey]TestCell{}}
	out := Connectivity{At: e.opt.Now().UTC(), Tests: e.ConnectTests()}
	// What tests share goes on until the last of them has ended, and no longer.
	shared, done := context.WithCancel(ctx)
	defer done()
	var g errgroup.Group
	g.SetLimit(probesAtOnce)
	for _, d := range domains {
		g.Go(func() error { return c.domain(ctx, shared, d) })
	}
	err = g.Wait()
	out.Took, out.Cells = e.opt.Now().Sub(out.At), c.inOrder(domains)
	if stop := ctx.Err(); stop != nil {
		err = failover.Fail(failover.ErrWaiting, "The tests were stopped; what was found until then is kept.").Because(stop)
	}
	// Also when it was stopped, what was found is written down.
	kept := e.keepConnect(context.WithoutCancel(ctx), domains, out)
	e.noteConnect(context.WithoutCancel(ctx), domains, out)
	return out, cmp.Or(err, kept)
}

// wantedTests are the tests and sides that a request names.
func (e *Engine) wantedTests(req ConnectRequest) ([]probe.Test, []Side, error) {
	all, sides := e.tests(), Sides()
	for _, id := range req.Tests {
		if !slices.ContainsFunc(all, func(t probe.Test) bool { return t.ID == id }) {
			return nil, nil, failover.Fail(failover.ErrInvalid, "There is no connectivity test {test}: name one of those that the table shows.", "test", id)
		}
	}
	for _, s := range req.Sides {
		if !slices.Contains(sides, s) {
			return nil, nil, failover.Fail(failover.ErrInvalid, "There is no side {side}: name primary, secondary or emergency.", "side", s)
		}
	}
	tests := slices.DeleteFunc(all, func(t probe.Test) bool {
		named := slices.Contains(req.Tests, t.ID)
		return len(req.Tests) > 0 && !named || t.ID == probe.SeedTest && !req.Seed && !named
	})
	if len(req.Sides) > 0 {
		sides = slices.DeleteFunc(sides, func(s Side) bool { return !slices.Contains(req.Sides, s) })
	}
	return tests, sides, nil
}

// cellKey is where a cell stands.
type cellKey struct {
	domain string
	side   Side
	test   string
}

func keyOf(c TestCell) cellKey { return cellKey{c.Domain, c.Side, c.Test} }

// connecting is one run of connectivity tests.
type connecting struct {
	e     *Engine
	tests []probe.Test
	sides []Side
	tell  func(TestCell)
	look  *looker // its probers

	mu    sync.Mutex
	cells map[cellKey]TestCell

	keeping sync.Mutex // the sides end at the same time, and the folder is lent to one at a time
}

// show takes a cell in and tells it, one at a time.
func (c *connecting) show(cell TestCell) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.cells[keyOf(cell)]; cell.State == CellWorking && old.State == CellDone {
		return // a word that came late
	}
	c.cells[keyOf(cell)] = cell
	if c.tell != nil {
		c.tell(cell)
	}
}

// domain tests one domain at all sides.
func (c *connecting) domain(ctx, shared context.Context, d failover.Domain) error {
	d = c.e.withSigning(ctx, d)
	for _, side := range c.sides {
		for _, t := range c.tests {
			c.show(TestCell{Test: t.ID, Domain: d.Name, Side: side, State: CellWaiting})
		}
	}
	b := c.e.siteBuilder(d, c)
	g := new(errgroup.Group)
	for _, side := range c.sides {
		site, there := b.site(side)
		if !there {
			c.unused(d, side, c.tests)
			continue
		}
		p, err := c.look.prober(site.Provider.Role)
		if err != nil {
			return err
		}
		g.Go(func() error { return c.side(ctx, shared, d, side, site, p) })
	}
	return g.Wait()
}

func (c *connecting) unused(d failover.Domain, side Side, tests []probe.Test) {
	for _, t := range tests {
		c.show(TestCell{Test: t.ID, Domain: d.Name, Side: side, State: CellUnused, Word: failover.Say("not used"), At: c.e.opt.Now().UTC()})
	}
}

// side runs the tests of one side, all at once, and keeps what they prove.
func (c *connecting) side(ctx, shared context.Context, d failover.Domain, side Side, site probe.Site, p *probe.Prober) error {
	var trial *probe.Trial
	recipients := func() probe.Test { t, _ := probe.TestOf("rcpt", 0); return t }()
	trial = p.Try(shared, site, c.e.paces.of(site.Provider.Role, c.e.opt.Settings.Preflight.RcptPerSecond), func() {
		if word := trial.Progress(recipients); !word.IsZero() && slices.ContainsFunc(c.tests, func(t probe.Test) bool { return t.ID == recipients.ID }) {
			c.show(TestCell{Test: recipients.ID, Domain: d.Name, Side: side, State: CellWorking, Word: word})
		}
	})
	var wg sync.WaitGroup
	for _, t := range c.tests {
		if !t.Used(site) {
			c.unused(d, side, []probe.Test{t})
			continue
		}
		wg.Go(func() { c.run(ctx, trial, t, d, side) })
	}
	wg.Wait()
	if site.Emergency {
		return nil // the preflight is about the domain
	}
	return c.keep(context.WithoutCancel(ctx), site.Target, trial.Evidence())
}

// keep keeps what the tests of a side prove.
func (c *connecting) keep(ctx context.Context, t probe.Target, proven []failover.Finding) error {
	c.keeping.Lock()
	defer c.keeping.Unlock()
	return c.e.keepEvidence(ctx, t, proven)
}

// run runs one test.
func (c *connecting) run(ctx context.Context, trial *probe.Trial, t probe.Test, d failover.Domain, side Side) {
	cell := TestCell{Test: t.ID, Domain: d.Name, Side: side, State: CellWorking}
	c.show(cell)
	began := c.e.opt.Now()
	r := trial.Run(ctx, t)
	if ctx.Err() != nil {
		cell.State, cell.Word = CellWaiting, r.Word
		c.show(cell)
		return
	}
	cell.State, cell.Verdict, cell.Word, cell.OwnLine, cell.Findings = CellDone, r.Verdict, r.Word, r.OwnLine, r.Findings
	cell.At = c.e.opt.Now().UTC()
	cell.Took = max(0, cell.At.Sub(began))
	c.show(cell)
}

// inOrder are the cells in the order of the table.
func (c *connecting) inOrder(domains []failover.Domain) []TestCell {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []TestCell
	for _, d := range domains {
		for _, t := range c.tests {
			for _, side := range c.sides {
				if cell, ok := c.cells[cellKey{d.Name, side, t.ID}]; ok {
					out = append(out, cell)
				}
			}
		}
	}
	return out
}

// paces are how fast each provider's servers may be asked for addresses, for as long as
// the engine lives. The zero value is ready.
type paces struct {
	mu sync.Mutex
	by map[failover.Role]*probe.Pace
}

func (p *paces) of(role failover.Role, perSecond float64) *probe.Pace {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by[role] == nil {
		if p.by == nil {
			p.by = map[failover.Role]*probe.Pace{}
		}
		p.by[role] = probe.NewPace(perSecond)
	}
	return p.by[role]
}
