package presenter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/drill"
	"lifeboat/failover/run"
)

// RehearsalPhase is how far a live rehearsal is.
type RehearsalPhase string

// The phases.
const (
	RehearseForm    RehearsalPhase = "form"    // the test subdomain is named
	RehearseLooking RehearsalPhase = "looking" // what would be done is found out
	RehearseAsking  RehearsalPhase = "asking"  // it is shown, and waits for a yes
	RehearseRunning RehearsalPhase = "running"
	RehearseEnding  RehearsalPhase = "ending" // it was stopped, and the name is being emptied
)

// RehearsalState is a live rehearsal: failover and failback of a test subdomain in the
// real zone.
type RehearsalState struct {
	Phase     RehearsalPhase
	Title     string
	Lead      string
	Problem   string
	Domains   []string
	Domain    string
	Label     string   // what is typed for the test subdomain
	Name      string   // all of it, as people write it
	Notice    string   // what an earlier rehearsal left
	Steps     []string // the records that the name is given, one after the other
	Untouched string
	Confirm   string   // what is asked to be typed
	Guide     []string // what a person has to change by hand
	Timeline  []ScriptRow
}

// rehearsal is a live rehearsal that is prepared, or under way.
type rehearsal struct {
	scenario drill.Scenario
	setup    Setup

	mu      sync.Mutex
	phase   RehearsalPhase
	domain  string
	label   string
	preview *engine.LivePreview
	answer  chan bool
	stop    context.CancelFunc
	began   time.Time
	entries []drill.Entry
	guide   *dnshost.Guide
	err     error
}

// liveLabel is the usual test subdomain.
const liveLabel = "lifeboat-drill"

// Prepare lays out a live rehearsal of a scenario.
func (d *Drills) Prepare(name string) {
	s, err := d.setup(name, false)
	if err != nil || d.opt.Rehearse == nil || len(d.opt.Domains) == 0 {
		d.fail(err, func() {})
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rehearsal == nil {
		d.rehearsal = &rehearsal{scenario: s.Scenario, setup: s, phase: RehearseForm, domain: failover.Display(d.opt.Domains[0]), label: liveLabel}
	}
	d.page, d.err = DrillsRehearse, nil
}

// Rehearsal is the live rehearsal that is prepared, or under way; false: there is none.
func (d *Drills) Rehearsal() (RehearsalState, bool) {
	d.mu.Lock()
	r, t := d.rehearsal, d.tongue
	d.mu.Unlock()
	if r == nil {
		return RehearsalState{}, false
	}
	return r.state(t, d.opt.Domains), true
}

// NameRehearsal takes down where it is to be held.
func (d *Drills) NameRehearsal(domain, label string) {
	d.mu.Lock()
	r := d.rehearsal
	d.mu.Unlock()
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.phase == RehearseForm {
		r.domain, r.label, r.err = domain, strings.ToLower(strings.TrimSpace(label)), nil
	}
}

// Rehearse looks at what would be done, shows it, and after a yes does it, until it is
// over or ctx ends; then the name is empty again, and the record is kept.
func (d *Drills) Rehearse(ctx context.Context, changed func()) {
	d.mu.Lock()
	r := d.rehearsal
	d.mu.Unlock()
	if r == nil {
		return
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if !r.begin(stop) {
		return
	}
	changed()
	result, err := d.opt.Rehearse(ctx, engine.LiveRequest{
		Scenario: r.scenario, Domain: r.domain, Name: r.label, Facilitator: r.setup.Facilitator, Participants: r.setup.Participants,
		Targets: d.opt.Targets, Version: d.opt.Version,
		Confirm: func(p engine.LivePreview) (bool, error) { return r.ask(ctx, p, changed) },
		Tell:    func(e drill.Entry) { r.tell(e); changed() },
		Ran:     func(e run.Event) { r.ran(e); changed() },
	})
	if result.ID == "" { // it did not begin
		r.back(ctx, err)
		changed()
		return
	}
	d.mu.Lock()
	d.rehearsal = nil
	d.mu.Unlock()
	d.keep(result, err, changed)
}

// begin takes the way from the form; false: it is under way already.
func (r *rehearsal) begin(stop context.CancelFunc) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.phase != RehearseForm {
		return false
	}
	r.phase, r.stop, r.err, r.entries, r.preview, r.guide = RehearseLooking, stop, nil, nil, nil, nil
	r.answer = make(chan bool, 1)
	return true
}

// ask shows what would be done, and waits for an answer.
func (r *rehearsal) ask(ctx context.Context, p engine.LivePreview, changed func()) (bool, error) {
	r.mu.Lock()
	r.preview, r.phase = &p, RehearseAsking
	answer := r.answer
	r.mu.Unlock()
	changed()
	select {
	case yes := <-answer:
		r.mu.Lock()
		defer r.mu.Unlock()
		if yes {
			r.phase, r.began = RehearseRunning, time.Now()
		}
		return yes, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// back goes back to the form, and says why.
func (r *rehearsal) back(ctx context.Context, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase, r.preview = RehearseForm, nil
	if ctx.Err() == nil && !isDeclined(err) {
		r.err = err
	}
}

func isDeclined(err error) bool { return errors.Is(err, engine.ErrDeclined) }

func (r *rehearsal) tell(e drill.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, e)
}

// ran notes what a person has to change by hand.
func (r *rehearsal) ran(e run.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Guide != nil {
		r.guide = e.Guide
	}
}

// AnswerRehearsal says yes, with the name typed, or no. It returns what is wrong with
// what was typed.
func (d *Drills) AnswerRehearsal(yes bool, typed string) string {
	d.mu.Lock()
	r, t := d.rehearsal, d.tongue
	d.mu.Unlock()
	if r == nil {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.phase != RehearseAsking {
		return ""
	}
	if yes && !strings.EqualFold(strings.TrimSuffix(strings.TrimSpace(typed), "."), r.name()) {
		return t.T("Type {name}.", "name", r.name())
	}
	select {
	case r.answer <- yes:
	default: // it was answered already
	}
	return ""
}

// StopRehearsal breaks it off: the name is emptied, and the record kept.
func (d *Drills) StopRehearsal() {
	d.mu.Lock()
	r := d.rehearsal
	d.mu.Unlock()
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil && r.phase != RehearseForm {
		if r.phase == RehearseRunning {
			r.phase = RehearseEnding
		}
		r.stop()
	}
}

// running reports whether something goes on.
func (r *rehearsal) running() bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.phase != RehearseForm
}

// name is the test subdomain as people write it. The caller holds mu.
func (r *rehearsal) name() string { return r.label + "." + r.domain }

// state is what is to be shown.
func (r *rehearsal) state(t *i18n.Tongue, domains []string) RehearsalState {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := RehearsalState{
		Phase: r.phase, Title: theirs(t, r.scenario.Title), Domain: r.domain, Label: r.label, Name: r.name(),
		Lead: t.T("A name that no mail goes to is switched and led home, in your real zone and at your real DNS host. Your own records stay as they are."),
	}
	for _, d := range domains {
		s.Domains = append(s.Domains, failover.Display(d))
	}
	if r.err != nil {
		s.Problem = problem(t, r.err)
	}
	if p := r.preview; p != nil {
		if p.Leftover.Exists() {
			s.Notice = t.T("Left by a rehearsal that broke off, and removed first: {set}", "set", p.Leftover.String())
		}
		for _, set := range p.Sets {
			s.Steps = append(s.Steps, set.String())
		}
		s.Steps = append(s.Steps, failover.Display(p.Name)+" "+t.T("(no record)"))
		s.Untouched = t.T("No mail goes to {name}, and no other record is touched: the MX of {domain} stays as it is.",
			"name", failover.Display(p.Name), "domain", failover.Display(p.Domain.Name))
		s.Confirm = t.T("Type {name} to begin", "name", r.name())
	}
	s.Guide = guideLines(t, r.guide)
	v := drillView{t: t}
	entries := slices.Clone(r.entries)
	for i, e := range entries {
		row := ScriptRow{Light: LightHealthy, Time: clock(time.Duration(e.Since)), Text: v.entry(e)}
		if e.Bad {
			row.Light = LightCare
		}
		row.Now = i == len(entries)-1 && (r.phase == RehearseRunning || r.phase == RehearseEnding)
		s.Timeline = append(s.Timeline, row)
	}
	return s
}

// guideLines tell a person what to change at the DNS host's console.
func guideLines(t *i18n.Tongue, g *dnshost.Guide) (out []string) {
	if g == nil {
		return nil
	}
	for _, s := range g.Steps {
		out = append(out, say(t, s))
	}
	entry := func(e dnshost.Entry) string {
		var fields []string
		for _, f := range e.Fields {
			fields = append(fields, t.Say(f.Label)+": "+f.Value)
		}
		return strings.Join(fields, " · ")
	}
	for _, e := range g.Remove {
		out = append(out, t.T("Delete: {record}", "record", entry(e)))
	}
	for _, e := range g.Add {
		out = append(out, t.T("Enter: {record}", "record", entry(e)))
	}
	return out
}
