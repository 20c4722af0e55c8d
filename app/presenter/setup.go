package presenter

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// SetupEngine is what the pages of the set-up need of the engine's [engine.Setup].
type SetupEngine interface {
	Existing() bool
	Began() failover.Sentence
	Draft() engine.SetupDraft
	Change(change func(*engine.SetupDraft)) error
	Discover(ctx context.Context) (engine.Discovery, error)
	Provider(side engine.Side) engine.SetupProvider
	Methods(side engine.Side) []engine.SetupMethod
	SecretsOf(step engine.SetupStep) []engine.SetupSecret
	SetSecret(ctx context.Context, name string, v secret.Value) (secret.Place, error)
	ReadPasswords(ctx context.Context, side engine.Side, file string) (int, []failover.Sentence, error)
	Agree(ctx context.Context, side engine.Side, mailbox string, show func(engine.SetupPrompt)) error
	Guide(side engine.Side) []engine.GuideStep
	Fields(step engine.SetupStep) []engine.SetupField
	Test(ctx context.Context, field engine.SetupField, tell func(engine.SetupAnswer)) engine.SetupAnswer
	Paste(text string) ([]engine.SetupRecipient, []failover.Sentence)
	PasteFile(path string) ([]engine.SetupRecipient, []failover.Sentence, error)
	AddRecipients(list []engine.SetupRecipient) (int, error)
	Problems() []configs.Problem
	Write(ctx context.Context) (engine.Written, error)
}

// SetupOptions is what the set-up goes by.
type SetupOptions struct {
	// Open opens the engine's set-up; it is called once, away from the UI thread.
	Open func(ctx context.Context) (SetupEngine, error)
	// Mirror mirrors for the first time, with the engine over the settings that were
	// just written; tell hears how far it is, share between 0 and 1.
	Mirror func(ctx context.Context, w engine.Written, tell func(account string, share float64)) error
	// TakeOver puts a hand-over kit in place; nil where settings are there already.
	TakeOver func(ctx context.Context, file string, passphrase secret.Value) error
	// Done hears that the settings were written, or taken over; then is the page to go on
	// at: that of the drills, or "" for home. It is called away from the UI thread.
	Done func(w engine.Written, then string)
	Now  func() time.Time
}

// SettingUp is the set-up, and the same pages as settings later: what was found, chosen
// and typed, and what testing it came to.
//
// What a person enters is in the state at once, and is handed to the engine, which
// keeps it in a file, by [SettingUp.Work]. Secrets go the same way, but are never part of
// a state.
type SettingUp struct {
	opt  SetupOptions
	kick chan struct{} // there is something to hand to the engine

	mu       sync.Mutex
	tongue   *i18n.Tongue
	engine   SetupEngine // nil: not opened yet
	failed   error       // why it could not be opened
	problem  error       // what went wrong last, until the next deed
	draft    engine.SetupDraft
	seen     setupSeen
	step     engine.SetupStep
	presets  []configs.Preset
	consoles map[string]string // by their keys, what people call them

	typed   map[string]string // by item: what a person sees, as they typed it
	folded  map[string]bool   // by part of a page, where a person folded or unfolded it
	secrets map[string]secret.Value
	places  map[string]secret.Place // where a secret was put
	changes []func(*engine.SetupDraft)
	keeping map[string]secret.Value // to be kept next
	waiters []chan error

	// There were settings when it was opened: those that were written since are of the
	// same walk, which goes on to its end.
	wasThere bool

	tests  map[engine.SetupField]*setupTest
	stale  map[engine.SetupField]bool               // what was entered has changed since
	undone map[engine.SetupField]engine.SetupAnswer // where it did not even come to a test
	all    context.CancelFunc                       // of the tests of a whole page; nil: none go on
	prompt *engine.SetupPrompt
	agree  context.CancelFunc // of the sign-in by a code; nil: none goes on
	added  []failover.Sentence
	picked string
	people []SetupPerson // as shown; nil: to be made

	written *engine.Written
	dirty   bool // changed since it was written
	mirror  setupMirror
	kit     string // the hand-over kit's file
	// passphrase is that of the hand-over kit; it is kept nowhere else.
	passphrase secret.Value
	busy       string // what is being done that nothing else may be done beside: "write", "take"
}

// setupSeen is what the engine makes of the draft; it is asked away from the UI thread.
type setupSeen struct {
	existing  bool
	began     failover.Sentence
	providers map[engine.Side]engine.SetupProvider
	methods   map[engine.Side][]engine.SetupMethod
	secrets   map[engine.SetupStep][]engine.SetupSecret
	guides    map[engine.Side][]engine.GuideStep
	fields    map[engine.SetupStep][]engine.SetupField
	problems  []configs.Problem
}

// setupTest is a test that goes on.
type setupTest struct {
	answer engine.SetupAnswer
	since  time.Time
	cancel context.CancelFunc
}

// setupMirror is the first mirror.
type setupMirror struct {
	running bool
	done    bool
	account string
	share   float64
	err     error
	cancel  context.CancelFunc
}

// NewSettingUp returns a set-up that is not open yet: see [SettingUp.Work].
func NewSettingUp(t *i18n.Tongue, o SetupOptions) *SettingUp {
	return &SettingUp{
		opt: o, tongue: t, kick: make(chan struct{}, 1), step: engine.StepDomain,
		typed: map[string]string{}, folded: map[string]bool{}, secrets: map[string]secret.Value{}, places: map[string]secret.Place{},
		keeping: map[string]secret.Value{}, tests: map[engine.SetupField]*setupTest{}, stale: map[engine.SetupField]bool{}, undone: map[engine.SetupField]engine.SetupAnswer{},
	}
}

// Speak changes the language.
func (s *SettingUp) Speak(t *i18n.Tongue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tongue, s.people = t, nil
}

// Busy reports whether something goes on whose time is shown.
func (s *SettingUp) Busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.tests) > 0 || s.agree != nil || s.mirror.running || s.busy != ""
}

// Written is what writing came to; nil: it was not written here.
func (s *SettingUp) Written() *engine.Written {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written
}

// Open are the sentences on what is still to be done.
func (s *SettingUp) Open() []failover.Sentence {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.draft.Open)
}

// Work opens the set-up, and hands to the engine what is entered until ctx ends. Run
// it in the background, once.
func (s *SettingUp) Work(ctx context.Context, changed func()) {
	e, err := s.opt.Open(ctx)
	s.mu.Lock()
	if err != nil {
		s.failed = err
		s.release(err)
		s.mu.Unlock()
		changed()
		return
	}
	s.engine, s.presets, s.consoles = e, configs.Presets(), consoleTitles()
	s.draft, s.wasThere = e.Draft(), e.Existing()
	s.dirty = s.dirty || s.draft.Unsaved // what was left half done can be saved
	if s.draft.Step != "" && !s.wasThere {
		s.step = s.draft.Step
	}
	s.mu.Unlock()
	s.look(e)
	changed()
	for {
		s.hand(ctx, e)
		changed()
		select {
		case <-ctx.Done():
			s.mu.Lock()
			s.release(ctx.Err())
			s.mu.Unlock()
			return
		case <-s.kick:
		}
	}
}

// release lets go whoever waits for what was entered to be kept. Call it locked.
func (s *SettingUp) release(err error) {
	for _, w := range s.waiters {
		w <- err
	}
	s.waiters = nil
}

// hand gives the engine what was entered since the last time, and asks it what it
// makes of that.
func (s *SettingUp) hand(ctx context.Context, e SetupEngine) {
	s.mu.Lock()
	changes, keeping, waiters := s.changes, s.keeping, s.waiters
	s.changes, s.keeping, s.waiters = nil, map[string]secret.Value{}, nil
	s.mu.Unlock()
	if len(changes) == 0 && len(keeping) == 0 && len(waiters) == 0 {
		return
	}
	var failed error
	if len(changes) > 0 {
		failed = e.Change(func(d *engine.SetupDraft) {
			for _, c := range changes {
				c(d)
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(keeping)) {
		place, err := e.SetSecret(ctx, name, keeping[name])
		s.mu.Lock()
		if err == nil {
			s.places[name] = place
		} else if failed == nil {
			failed = err
		}
		s.mu.Unlock()
	}
	s.look(e)
	s.mu.Lock()
	if failed != nil {
		s.problem = failed
	}
	s.mu.Unlock()
	for _, w := range waiters {
		w <- failed
	}
}

// look asks the engine what it makes of the draft.
func (s *SettingUp) look(e SetupEngine) {
	seen := setupSeen{
		existing: s.wasThere, began: e.Began(), providers: map[engine.Side]engine.SetupProvider{}, methods: map[engine.Side][]engine.SetupMethod{},
		secrets: map[engine.SetupStep][]engine.SetupSecret{}, guides: map[engine.Side][]engine.GuideStep{}, fields: map[engine.SetupStep][]engine.SetupField{},
		problems: e.Problems(),
	}
	for _, side := range []engine.Side{engine.SidePrimary, engine.SideSecondary} {
		seen.providers[side], seen.methods[side], seen.guides[side] = e.Provider(side), e.Methods(side), e.Guide(side)
	}
	for _, step := range engine.SetupSteps() {
		seen.secrets[step], seen.fields[step] = e.SecretsOf(step), e.Fields(step)
	}
	draft := e.Draft()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = seen
	for _, c := range s.changes { // entered meanwhile
		c(&draft)
	}
	s.draft, s.people = draft, nil
}

// change changes the draft, here at once and at the engine soon. Call it locked.
func (s *SettingUp) change(c func(*engine.SetupDraft)) {
	c(&s.draft)
	s.changes = append(s.changes, c)
	s.people, s.problem = nil, nil
	s.nudge()
}

// edit changes what will be in the settings. Call it locked.
func (s *SettingUp) edit(c func(*engine.SetupDraft)) {
	s.dirty = true
	s.change(c)
}

func (s *SettingUp) nudge() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// settle waits until everything that was entered is at the engine.
func (s *SettingUp) settle(ctx context.Context) (SetupEngine, error) {
	done := make(chan error, 1)
	s.mu.Lock()
	if s.failed != nil {
		s.mu.Unlock()
		return nil, s.failed
	}
	s.keep()
	s.waiters = append(s.waiters, done)
	s.nudge()
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case err := <-done:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.engine, err
	}
}

// Settle waits until everything that was entered is kept.
func (s *SettingUp) Settle(ctx context.Context) error {
	_, err := s.settle(ctx)
	return err
}

// keep has the secrets that were typed kept. Call it locked.
func (s *SettingUp) keep() {
	for name, v := range s.secrets {
		s.keeping[name] = v
		s.dirty = true
	}
	clear(s.secrets)
}

// Keep has what was typed as a secret kept: call it when its field is left.
func (s *SettingUp) Keep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.secrets) > 0 {
		s.keep()
		s.nudge()
	}
}

// Secret takes what was typed as a secret; it is kept when its field is left, or
// tested.
func (s *SettingUp) Secret(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == itemPassphrase {
		s.passphrase = secret.New(text)
		return
	}
	s.secrets[name] = secret.New(text)
	delete(s.places, name)
	for _, f := range signInFields(s.step) {
		s.spoil(f)
	}
}

// spoil makes the answer of a field one on something else. Call it locked.
func (s *SettingUp) spoil(f engine.SetupField) {
	s.stale[f] = true
	if t := s.tests[f]; t != nil {
		t.cancel()
		delete(s.tests, f)
	}
}

// Go shows the page of a step.
func (s *SettingUp) Go(step engine.SetupStep) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goTo(step)
}

func (s *SettingUp) goTo(step engine.SetupStep) {
	if s.step == step || !slices.Contains(engine.SetupSteps(), step) {
		return
	}
	s.keep()
	clear(s.typed)
	s.added, s.picked = nil, ""
	s.step = step
	s.change(func(d *engine.SetupDraft) { d.Step = step })
	switch d := s.draft; {
	case step != engine.StepEmergency || d.Emergency != "" || d.Done[step] || s.seen.existing:
	case d.Secondary.Preset == "" || d.Secondary.Preset == engine.NoneYet: // it would lead nowhere
	default:
		name := s.tongue.T("emergency")
		s.edit(func(d *engine.SetupDraft) { d.Emergency = name })
	}
}
