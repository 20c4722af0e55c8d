package presenter

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover/drill"
)

// Archive keeps the drills that were held; *drill.History is one.
type Archive interface {
	List() ([]drill.Summary, error)
	Load(id string) (drill.Result, error)
	Save(r drill.Result) error
	Trend(scenario string) ([]drill.Point, error)
}

// Setup is how a drill is to be held.
type Setup struct {
	Scenario     drill.Scenario
	Unattended   bool
	Facilitator  string
	Participants []drill.Participant
}

// DrillsOptions is what drills are held with.
type DrillsOptions struct {
	Scenarios []drill.Scenario
	Archive   Archive
	// Stage makes the world of a functional drill; it may take a second.
	Stage func(ctx context.Context, s Setup) (*Stage, error)
	// Table lays the table of one that is talked through.
	Table func(s Setup) (*drill.Table, error)
	// Rehearse holds a live rehearsal; nil: there is no zone to hold it in. Domains are
	// those of the settings, as failover.FQDN makes them.
	Rehearse func(ctx context.Context, req engine.LiveRequest) (drill.Result, error)
	Domains  []string
	Targets  drill.Targets
	Version  string
	// Write writes a report in a format: "html", "md" or "json".
	Write func(r drill.Result, t *i18n.Tongue, history []drill.Point, format string) ([]byte, error)
	// People are those of the settings, who may take part.
	People      []drill.Participant
	Facilitator string
	First       string // the scenario to begin with
	Now         func() time.Time
}

// DrillsPage is what the drills page is about.
type DrillsPage string

// The pages.
const (
	DrillsList   DrillsPage = "list"
	DrillsLive   DrillsPage = "live"
	DrillsTable  DrillsPage = "table"
	DrillsReport DrillsPage = "report"

	DrillsRehearse DrillsPage = "rehearse"
)

// DrillsState is the list of what can be rehearsed, and of what was.
type DrillsState struct {
	Page      DrillsPage
	Lead      string
	People    string // who takes part, as it was typed
	Problem   string
	Starting  bool
	Scenarios []ScenarioRow
	Held      []HeldRow
}

// ScenarioRow is one scenario.
type ScenarioRow struct {
	Name    string
	Title   string
	Summary string
	Facts   string // how long, how it can be held
	Light   Light  // of the last time
	Last    string
	Next    bool // the one to hold next
	Plays   bool // in the lab
	Talks   bool // around a table
	Lives   bool // in the real zone, from here
}

// HeldRow is one drill that was held.
type HeldRow struct {
	ID    string
	Light Light
	Title string
	Says  string
	When  string
}

// heldShown bounds the list of drills that were held.
const heldShown = 30

// Drills lets somebody choose a drill, hold it and read what came of it.
type Drills struct {
	opt DrillsOptions

	mu       sync.Mutex
	tongue   *i18n.Tongue
	page     DrillsPage
	people   string
	starting bool
	err      error
	held     []drill.Summary
	heldErr  error
	live     *Drill
	table    *Table
	report   *Report

	rehearsal *rehearsal
}

// NewDrills returns the presenter.
func NewDrills(t *i18n.Tongue, opt DrillsOptions) *Drills {
	var names []string
	for _, p := range opt.People {
		names = append(names, p.Name)
	}
	return &Drills{opt: opt, tongue: t, page: DrillsList, people: strings.Join(names, ", ")}
}

// Read reads the drills that were held; it does I/O.
func (d *Drills) Read() {
	held, err := d.opt.Archive.List()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held, d.heldErr = held, err
}

// SetPeople takes down who takes part, as names separated by commas.
func (d *Drills) SetPeople(names string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people = names
}

// participants are the people named, with the roles that the settings give them.
func (d *Drills) participants() []drill.Participant {
	var out []drill.Participant
	for _, n := range strings.FieldsFunc(d.people, func(r rune) bool { return strings.ContainsRune(",、，;\n", r) }) {
		if n = strings.TrimSpace(n); n == "" {
			continue
		}
		p := drill.Participant{Name: n}
		if i := slices.IndexFunc(d.opt.People, func(o drill.Participant) bool { return o.Name == n }); i >= 0 {
			p = d.opt.People[i]
		}
		out = append(out, p)
	}
	return out
}

// setup finds what is needed to hold a scenario.
func (d *Drills) setup(name string, unattended bool) (Setup, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := drill.Find(d.opt.Scenarios, name)
	return Setup{Scenario: s, Unattended: unattended, Facilitator: d.opt.Facilitator, Participants: d.participants()}, err
}

// Play holds a scenario in the lab; changed is called, from any goroutine, whenever
// there is something new to show. It returns when the drill has ended and its result
// is kept, or when it could not begin.
func (d *Drills) Play(ctx context.Context, name string, unattended bool, changed func()) {
	s, err := d.setup(name, unattended)
	d.mu.Lock()
	if d.starting || d.live != nil && d.live.Running() {
		d.mu.Unlock()
		return
	}
	d.starting, d.err = true, nil
	d.mu.Unlock()
	changed()
	var stage *Stage
	if err == nil {
		stage, err = d.opt.Stage(ctx, s)
	}
	if err != nil {
		d.fail(err, changed)
		return
	}
	defer stage.Close()
	last := d.last(s.Scenario.Name)
	d.mu.Lock()
	live := NewDrill(d.tongue, stage, DrillOptions{Setup: s, Last: last})
	d.starting, d.live, d.page = false, live, DrillsLive
	d.mu.Unlock()
	changed()
	result, err := live.Hold(ctx, changed)
	if result.ID != "" {
		d.keep(result, err, changed)
		return
	}
	d.fail(err, changed)
}

// fail says why a drill could not begin, or broke off without a result.
func (d *Drills) fail(err error, changed func()) {
	d.mu.Lock()
	d.starting, d.err, d.page = false, err, DrillsList
	d.mu.Unlock()
	changed()
}

// last is the last measured drill of a scenario, nil when there was none.
func (d *Drills) last(scenario string) *drill.Point {
	points, _ := d.opt.Archive.Trend(scenario) // a damaged file is named in the list
	if len(points) == 0 {
		return nil
	}
	return &points[len(points)-1]
}

// keep saves a result and shows its report.
func (d *Drills) keep(r drill.Result, err error, changed func()) {
	if saved := d.opt.Archive.Save(r); saved != nil {
		err = saved
	}
	d.open(r, err)
	d.Read()
	changed()
}

// open shows the report of a result.
func (d *Drills) open(r drill.Result, err error) {
	points, _ := d.opt.Archive.Trend(r.Scenario.Name)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report = NewReport(d.tongue, r, points, err, d.opt)
	d.page = DrillsReport
}

// Open shows the report of a drill that was held; it does I/O.
func (d *Drills) Open(id string) {
	r, err := d.opt.Archive.Load(id)
	if err != nil {
		d.fail(err, func() {})
		return
	}
	d.open(r, nil)
}

// Talk lays the table for a scenario.
func (d *Drills) Talk(name string) {
	s, err := d.setup(name, false)
	var t *drill.Table
	if err == nil {
		t, err = d.opt.Table(s)
	}
	if err != nil {
		d.fail(err, func() {})
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.table = NewTable(d.tongue, t, s, d.opt)
	d.page, d.err = DrillsTable, nil
}

// EndTalk ends the talk: the questions are asked from now on. What there is is kept
// already. It does I/O.
func (d *Drills) EndTalk() {
	if table := d.Table(); table != nil {
		if err := d.opt.Archive.Save(table.End()); err != nil {
			d.mu.Lock()
			d.err = err
			d.mu.Unlock()
		}
	}
}

// CloseTalk keeps what was talked through, answers and all, and shows its report. It
// does I/O.
func (d *Drills) CloseTalk() {
	d.mu.Lock()
	table := d.table
	d.table = nil
	d.mu.Unlock()
	if table != nil {
		d.keep(table.End(), nil, func() {})
	}
}

// Back goes back to the list. What is held goes on meanwhile.
func (d *Drills) Back() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.page, d.err = DrillsList, nil
}

// Resume goes to what is being held.
func (d *Drills) Resume() {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.rehearsal.running():
		d.page = DrillsRehearse
	case d.table != nil:
		d.page = DrillsTable
	case d.live != nil:
		d.page = DrillsLive
	}
}

// Live is the drill that is played, or was last; nil when there was none.
func (d *Drills) Live() *Drill { d.mu.Lock(); defer d.mu.Unlock(); return d.live }

// Table is the table that is laid.
func (d *Drills) Table() *Table { d.mu.Lock(); defer d.mu.Unlock(); return d.table }

// Report is the report that is read.
func (d *Drills) Report() *Report { d.mu.Lock(); defer d.mu.Unlock(); return d.report }

// Page is what the page is about.
func (d *Drills) Page() DrillsPage { d.mu.Lock(); defer d.mu.Unlock(); return d.page }

// Held reports whether a drill is being held.
func (d *Drills) Held() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.table != nil || d.live != nil && d.live.Running() || d.rehearsal.running()
}

// Close keeps what is being talked through around a table, when the program ends. What is
// played keeps its record when its context ends. It does I/O.
func (d *Drills) Close() error {
	if table := d.Table(); table != nil {
		return d.opt.Archive.Save(table.End())
	}
	return nil
}

// Speak goes on in another language.
func (d *Drills) Speak(t *i18n.Tongue) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tongue = t
	if d.live != nil {
		d.live.Speak(t)
	}
	if d.table != nil {
		d.table.Speak(t)
	}
	if d.report != nil {
		d.report.Speak(t)
	}
}
