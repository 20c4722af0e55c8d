package presenter

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"lifeboat/app/engine"
	"lifeboat/failover"
)

// Do does what a button asks for. It may take long: call it away from the UI thread.
// What it ends in is in the state.
func (s *SettingUp) Do(ctx context.Context, b SetupButton, changed func()) {
	defer changed()
	switch b.Do {
	case DoSetupNext:
		s.next(ctx, changed)
	case DoSetupBack:
		s.walk(-1)
	case DoSetupGo:
		s.Go(engine.SetupStep(b.Argument))
		s.alongside(ctx, changed)
	case DoSetupTest:
		s.Test(ctx, engine.SetupField(b.Argument), changed)
	case DoSetupAll:
		s.TestAll(ctx, changed)
	case DoSetupStop:
		s.Stop(engine.SetupField(b.Argument))
	case DoSetupFold:
		s.fold(b.Argument)
	case DoSetupNone:
		s.none(b.Argument)
	case DoSetupAgree:
		s.agreeTo(ctx, engine.Side(b.Argument), changed)
	case DoSetupAdd:
		s.add(ctx)
	case DoSetupRemove:
		s.remove(b.Argument)
	case DoSetupPick:
		s.Pick(b.Argument)
	case DoSetupMirror:
		s.mirrorNow(ctx, changed)
	case DoSetupWrite:
		s.finish(ctx, "", changed)
	case DoSetupDrill:
		s.finish(ctx, toDrills, changed)
	case DoSetupTake:
		s.take(ctx, changed)
	default:
	}
}

// next marks the step as done and goes on. From the domain's page it goes on while the
// domain is looked up.
func (s *SettingUp) next(ctx context.Context, changed func()) {
	s.mu.Lock()
	step := s.step
	if step == engine.StepDomain && s.draft.Domain == "" {
		s.problem = failover.Fail(failover.ErrInvalid, "Type the domain of your mail addresses first: the part after the @.")
		s.mu.Unlock()
		return
	}
	s.markDone(step)
	look := step == engine.StepDomain && s.draft.Found == nil && s.tests[engine.FieldDomain] == nil
	s.mu.Unlock()
	s.walk(1)
	changed()
	if look {
		s.Test(ctx, engine.FieldDomain, changed)
	}
	s.alongside(ctx, changed)
}

// markDone marks a step as done. Call it locked.
func (s *SettingUp) markDone(step engine.SetupStep) {
	s.change(func(d *engine.SetupDraft) {
		done := maps.Clone(d.Done)
		if done == nil {
			done = map[engine.SetupStep]bool{}
		}
		done[step] = true
		d.Done = done
	})
}

// alongside tries by itself what costs nothing and changes nothing, where a page begins
// with its answer.
func (s *SettingUp) alongside(ctx context.Context, changed func()) {
	s.mu.Lock()
	_, known := s.draft.Answers[engine.FieldSecondaryApart]
	p := s.draft.Secondary.Preset
	apart := s.step == engine.StepSecondary && p != "" && p != engine.NoneYet && (!known || s.stale[engine.FieldSecondaryApart])
	s.mu.Unlock()
	if apart {
		s.Test(ctx, engine.FieldSecondaryApart, changed)
	}
}

// Chosen is to be called, away from the UI thread, after [SettingUp.Choose]: what a choice
// makes worth knowing is found out by itself.
func (s *SettingUp) Chosen(ctx context.Context, changed func()) { s.alongside(ctx, changed) }

// walk goes so many steps on, or back.
func (s *SettingUp) walk(by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	steps := engine.SetupSteps()
	if i := slices.Index(steps, s.step) + by; i >= 0 && i < len(steps) {
		s.goTo(steps[i])
	}
}

// Test tries a field, until it is done or stopped.
func (s *SettingUp) Test(ctx context.Context, f engine.SetupField, changed func()) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := &setupTest{since: s.opt.Now(), cancel: cancel, answer: engine.SetupAnswer{Field: f, Working: true}}
	s.mu.Lock()
	if old := s.tests[f]; old != nil {
		old.cancel()
	}
	s.tests[f], s.problem = t, nil
	delete(s.stale, f)
	delete(s.undone, f)
	s.mu.Unlock()
	changed()
	e, err := s.settle(ctx)
	if err == nil && f == engine.FieldDomain {
		_, err = e.Discover(ctx)
	}
	var answer engine.SetupAnswer
	switch {
	case err == nil:
		answer = e.Test(ctx, f, func(a engine.SetupAnswer) {
			s.mu.Lock()
			t.answer = a
			t.answer.Working = true
			s.mu.Unlock()
			changed()
		})
	case ctx.Err() == nil:
		answer = engine.SetupAnswer{
			Field: f, Verdict: failover.Unknown, Word: failover.Say("Could not be tried"), Detail: failover.SentenceOf(err), At: s.opt.Now(),
		}
	}
	if e != nil {
		s.look(e)
	}
	s.mu.Lock()
	if s.tests[f] == t { // neither stopped nor begun anew meanwhile
		delete(s.tests, f)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			s.undone[f] = answer
		default:
			answers := maps.Clone(s.draft.Answers)
			if answers == nil {
				answers = map[engine.SetupField]engine.SetupAnswer{}
			}
			answers[f] = answer
			s.draft.Answers, s.people = answers, nil
		}
	}
	s.mu.Unlock()
	changed()
}

// manyTests is how many fields are tried at once.
const manyTests = 4

// TestAll tries every field of the page.
func (s *SettingUp) TestAll(ctx context.Context, changed func()) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	if s.all != nil {
		s.mu.Unlock()
		return // they are at it
	}
	s.all = cancel
	fields := slices.Clone(s.seen.fields[s.step])
	s.mu.Unlock()
	var all sync.WaitGroup
	room := make(chan struct{}, manyTests)
	for _, f := range fields {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if ctx.Err() == nil {
				s.Test(ctx, f, changed)
			}
		})
	}
	all.Wait()
	s.mu.Lock()
	s.all = nil
	s.mu.Unlock()
}

// Stop stops the test of a field; of all fields where there is none, those that were not
// begun yet among them.
func (s *SettingUp) Stop(f engine.SetupField) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f == "" && s.all != nil {
		s.all()
	}
	for field, t := range s.tests {
		if f == "" || f == field {
			t.cancel()
			delete(s.tests, field)
		}
	}
	if f == "" && s.agree != nil {
		s.agree()
	}
	if f == engine.FieldMirror && s.mirror.cancel != nil {
		s.mirror.cancel()
	}
}

// fold folds a part of a page, or unfolds it.
func (s *SettingUp) fold(part string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folded[part] = !s.isFolded(part)
}

// isFolded says whether a part of a page is folded: what a provider's preset knows
// already is, until somebody wants to see it.
func (s *SettingUp) isFolded(part string) bool {
	if f, ok := s.folded[part]; ok {
		return f
	}
	return part != partOf(engine.SideSecondary, partServers)
}

// none leaves the secondary, or the emergency subdomain, for later.
func (s *SettingUp) none(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if what == string(engine.StepEmergency) {
		delete(s.typed, itemEmergency)
		s.edit(func(d *engine.SetupDraft) { d.Emergency = "" })
		s.markDone(engine.StepEmergency) // it is not proposed again
		return
	}
	s.enterProvider(engine.SideSecondary, ofPreset, engine.NoneYet)
}

// agreeTo asks for a person's consent by a code on another device.
func (s *SettingUp) agreeTo(ctx context.Context, side engine.Side, changed func()) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e, err := s.settle(ctx)
	if err != nil {
		s.fail(err)
		return
	}
	s.mu.Lock()
	if s.agree != nil {
		s.agree()
	}
	s.agree, s.prompt, s.problem = cancel, nil, nil
	s.mu.Unlock()
	changed()
	err = e.Agree(ctx, side, "", func(p engine.SetupPrompt) {
		s.mu.Lock()
		s.prompt = &p
		s.mu.Unlock()
		changed()
	})
	stopped := ctx.Err() != nil
	s.look(e)
	s.mu.Lock()
	s.agree, s.prompt = nil, nil
	if err != nil && !stopped {
		s.problem = err
	}
	s.mu.Unlock()
}

// fail shows an error on the page.
func (s *SettingUp) fail(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problem = err
}

// add takes the addresses that were typed or pasted.
func (s *SettingUp) add(ctx context.Context) {
	e, err := s.settle(ctx)
	if err != nil {
		s.fail(err)
		return
	}
	s.mu.Lock()
	text := s.typed[itemPeople]
	s.mu.Unlock()
	list, unread := e.Paste(text)
	if !s.taken(e, list, unread) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folded[partPeople] = len(unread) == 0 // what could not be read stands there, to be mended
	if len(unread) == 0 {
		s.typed[itemPeople] = ""
	}
}

// taken adds recipients, and reports whether that went well.
func (s *SettingUp) taken(e SetupEngine, list []engine.SetupRecipient, unread []failover.Sentence) bool {
	fresh, err := 0, error(nil)
	if len(list) > 0 {
		fresh, err = e.AddRecipients(list)
	}
	if err != nil {
		s.fail(err)
		return false
	}
	s.look(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.added, s.dirty, s.problem = nil, true, nil
	switch {
	case fresh == 1:
		s.added = append(s.added, failover.Say("One address was added."))
	case fresh > 1:
		s.added = append(s.added, failover.Say("{count} addresses were added.", "count", fresh))
	case len(list) > 0:
		s.added = append(s.added, failover.Say("These addresses were there already."))
	case len(unread) == 0:
		s.added = append(s.added, failover.Say("There is no address in this."))
	}
	s.added = append(s.added, unread...)
	s.spoil(engine.FieldRecipients)
	return true
}

// remove takes an address away.
func (s *SettingUp) remove(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoil(engine.FieldRecipients)
	s.edit(func(d *engine.SetupDraft) {
		d.Recipients = slices.DeleteFunc(slices.Clone(d.Recipients), func(r engine.SetupRecipient) bool {
			return r.Address == address && r.File == ""
		})
	})
	s.pick("")
}

// Pick looks at one address, or at none.
func (s *SettingUp) Pick(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pick(address)
}

func (s *SettingUp) pick(address string) {
	s.picked = address
	for _, of := range []string{"kind", "aliases", "primary", "secondary"} {
		delete(s.typed, ofPerson+of)
	}
}
