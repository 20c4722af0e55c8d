package presenter_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/configs"
	"lifeboat/failover"
)

// settingUp is a set-up that is open, over an engine that asks nobody.
func settingUp(t *testing.T, e *presentertest.Setup, o presenter.SetupOptions) *presenter.SettingUp {
	t.Helper()
	if o.Open == nil {
		o.Open = func(context.Context) (presenter.SetupEngine, error) { return e, nil }
	}
	if o.Now == nil {
		o.Now = presentertest.Now
	}
	s := presenter.NewSettingUp(tongue(t, i18n.English), o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Work(ctx, func() {})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return s
}

func settled(t *testing.T, s *presenter.SettingUp) {
	t.Helper()
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, s *presenter.SettingUp, d presenter.SetupDo, argument string) {
	t.Helper()
	s.Do(t.Context(), presenter.SetupButton{Do: d, Argument: argument}, func() {})
}

// said is all that a page says.
func said(st presenter.SetupState) string {
	return fmt.Sprintf("%+v", st.Page)
}

// item finds an item of the page.
func item(t *testing.T, st presenter.SetupState, key string) presenter.SetupItem {
	t.Helper()
	for _, b := range st.Page.Blocks {
		for _, i := range b.Items {
			if i.Key == key {
				return i
			}
		}
	}
	t.Fatalf("there is no %s on the page %q: %s", key, st.Page.Title, said(st))
	return presenter.SetupItem{}
}

// From a domain name alone, next after next, to settings that are written.
func TestSetupFromADomainName(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{})
	var done []string
	s := settingUp(t, e, presenter.SetupOptions{Done: func(w engine.Written, then string) { done = append(done, w.File+" "+then) }})
	settled(t, s)
	do(t, s, presenter.DoSetupNext, "")
	if st := s.State(); st.Now != engine.StepDomain || !strings.Contains(said(st), "the part after the @") {
		t.Fatalf("without a domain it went on to %s: %s", st.Now, said(st))
	}
	s.Type("domain", "aoba.example")
	s.Type("organization", "Aoba Trading")
	do(t, s, presenter.DoSetupNext, "")
	st := s.State()
	if d := e.Draft(); d.Domain != "aoba.example" || d.Organization != "Aoba Trading" || d.Found == nil || !d.Done[engine.StepDomain] || d.Step != engine.StepPrimary {
		t.Fatalf("kept is %+v", d)
	}
	if st.Now != engine.StepPrimary || !strings.Contains(said(st), "recognized by the MX records of aoba.example") || st.Steps[0].Detail != "aoba.example" || st.Steps[0].Light != presenter.LightHealthy {
		t.Fatalf("%+v", st)
	}
	do(t, s, presenter.DoSetupNext, "")
	s.Choose("secondary.preset", "fastmail")
	s.Chosen(t.Context(), func() {})
	if st := s.State(); !strings.Contains(said(st), "Independent") {
		t.Errorf("nobody looked whether it is independent: %s", said(st))
	}
	for range 5 {
		do(t, s, presenter.DoSetupNext, "")
	}
	st = s.State()
	if st.Now != engine.StepDrill || st.Bar.Next.Do != presenter.DoSetupDrill || st.Where != "Step 8 of 8" {
		t.Fatalf("it ends on %s with %+v", st.Now, st.Bar)
	}
	do(t, s, presenter.DoSetupDrill, "")
	if e.Writings() != 1 || !slices.Equal(done, []string{"lifeboat.yaml drills"}) {
		t.Errorf("written %d times, told %q: %s", e.Writings(), done, said(s.State()))
	}
}

// What is typed is in the state at once, and at the engine soon, in its order.
func TestSetupKeepsWhatIsTyped(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{Step: engine.StepSecondary, Domain: "aoba.example", Secondary: engine.SetupProvider{Preset: "fastmail", Method: configs.SignInPassword}})
	s := settingUp(t, e, presenter.SetupOptions{})
	settled(t, s)
	if i := item(t, s.State(), "secondary.submission"); i.Text != "smtp.fastmail.com" || i.Chosen != "465 implicit" {
		t.Errorf("%+v", i)
	}
	s.Type("secondary.submission", "")
	if i := item(t, s.State(), "secondary.submission"); i.Text != "" {
		t.Errorf("while it is being typed anew, it says %q", i.Text)
	}
	s.Type("secondary.submission", "smtp.example.net")
	s.Choose("secondary.submission.port", "587 starttls")
	s.Type("secondary.mx", "mx1.example.net、 5 mx2.example.net")
	s.Type("secondary.imap", "imap.example.net:1993")
	settled(t, s)
	p := e.Draft().Secondary
	if p.Submission != "smtp.example.net:587" || p.SubmitTLS != "starttls" || p.IMAP != "imap.example.net:1993" || !slices.Equal(p.MX, []string{"10 mx1.example.net", "5 mx2.example.net"}) {
		t.Errorf("%+v", p)
	}
	if i := item(t, s.State(), "secondary.imap"); i.Chosen != "1993 implicit" || len(i.Options) != 4 {
		t.Errorf("a port of its own is shown as %+v", i)
	}
	s.Choose("secondary.preset", "iij")
	settled(t, s)
	if p := e.Draft().Secondary; p.Preset != "iij" || p.Submission != "" || p.Method != configs.SignInPassword {
		t.Errorf("another provider has what was the first one's: %+v", p)
	}
}

// A secret is kept when its field is left, and is never in a state.
func TestSetupSecretIsInNoState(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{Step: engine.StepSecondary, Domain: "aoba.example", Secondary: engine.SetupProvider{Preset: "fastmail", Method: configs.SignInPassword}})
	s := settingUp(t, e, presenter.SetupOptions{})
	settled(t, s)
	s.Secret("secondary", "hunter2")
	if e.Secret("secondary") != "" {
		t.Error("half of a secret is kept")
	}
	s.Keep()
	settled(t, s)
	st := s.State()
	i := item(t, st, "secondary")
	if e.Secret("secondary") != "hunter2" || i.Label != "App password" || i.Answer.Word != "Kept" || !strings.Contains(i.Answer.Detail, "keychain") {
		t.Errorf("%+v", i)
	}
	if strings.Contains(fmt.Sprintf("%+v", st), "hunter2") {
		t.Error("the state has the secret")
	}
	s.Secret("secondary", "hunter3")
	do(t, s, presenter.DoSetupTest, string(engine.FieldSecondarySignIn))
	if e.Secret("secondary") != "hunter3" {
		t.Error("a test was made with another secret than was typed")
	}
}

// A test shows how far it is, can be stopped, and its answer holds until something it
// hangs on is changed.
func TestSetupTests(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{Step: engine.StepSecondary, Domain: "aoba.example", Secondary: engine.SetupProvider{Preset: "fastmail", Method: configs.SignInPassword}})
	e.Told, e.Hold = make(chan engine.SetupField, 8), make(chan struct{})
	e.Comes[engine.FieldSecondaryMX] = engine.SetupAnswer{
		Verdict: failover.Warn, Word: failover.Say("{count} of {of}", "count", 38, "of", 40), Remedy: failover.Say("Start the test again."), Exact: []string{"550 5.1.1"}, At: presentertest.Noon.Add(-3 * time.Hour),
	}
	now := presentertest.Noon
	var mu sync.Mutex
	s := settingUp(t, e, presenter.SetupOptions{Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	settled(t, s)
	var tests sync.WaitGroup
	for _, f := range []engine.SetupField{engine.FieldSecondaryMX, engine.FieldSecondaryIMAP} {
		tests.Go(func() { do(t, s, presenter.DoSetupTest, string(f)) })
	}
	<-e.Told
	<-e.Told
	mu.Lock()
	now = now.Add(3 * time.Second)
	mu.Unlock()
	i := item(t, s.State(), "secondary.mx")
	if !i.Testing || i.Press.Text != "Stop" || i.Answer.Light != presenter.LightWorking || i.Answer.Detail != "26 of 40, for 3 s" || !s.Busy() {
		t.Errorf("while it is tested: %+v", i)
	}
	do(t, s, presenter.DoSetupStop, string(engine.FieldSecondaryIMAP))
	if i := item(t, s.State(), "secondary.imap"); i.Testing || i.Answer.Word != "" {
		t.Errorf("stopped: %+v", i)
	}
	close(e.Hold)
	tests.Wait()
	i = item(t, s.State(), "secondary.mx")
	if i.Testing || i.Answer.Word != "38 of 40" || i.Answer.Light != presenter.LightCare || i.Answer.Detail != "3 h ago" || i.Answer.Link.Text != "How to mend it" {
		t.Errorf("after it: %+v", i)
	}
	if sentence, details := s.Help(engine.FieldSecondaryMX); sentence != "Start the test again." || !slices.Equal(details, []string{"550 5.1.1"}) {
		t.Errorf("%q %q", sentence, details)
	}
	if st := s.State(); st.Bar.All.Do != presenter.DoSetupAll {
		t.Errorf("%+v", st.Bar)
	}
	s.Type("secondary.mx", "mx.example.net")
	if i := item(t, s.State(), "secondary.mx"); i.Answer.Word != "" {
		t.Errorf("an answer on other hosts still stands there: %+v", i.Answer)
	}
	do(t, s, presenter.DoSetupAll, "")
	for _, key := range []string{"secondary.mx", "secondary.imap", "secondary.submission", "secondary"} {
		if i := item(t, s.State(), key); i.Answer.Word == "" || i.Answer.Light == presenter.LightWorking {
			t.Errorf("all were tested, but %s says %+v", key, i.Answer)
		}
	}
}

func TestSetupPeople(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{Step: engine.StepRecipients, Domain: "aoba.example", Done: map[engine.SetupStep]bool{}})
	e.Comes[engine.FieldRecipients] = engine.SetupAnswer{
		Verdict: failover.Warn, Word: failover.Say("{count} of {of}", "count", 1, "of", 2), At: presentertest.Noon,
		Each: map[string]engine.SetupSays{
			"keiri@aoba.example": {Verdict: failover.Red, Answer: "550 5.1.1 no such user"}, "sato@aoba.example": {Verdict: failover.Pass, Answer: "250 2.1.5 Ok"},
			"all@aoba.example": {Verdict: failover.Unknown, Answer: "250 2.1.5 Ok"},
		},
	}
	s := settingUp(t, e, presenter.SetupOptions{})
	settled(t, s)
	s.Type("people", "keiri@aoba.example\nnobody\n")
	do(t, s, presenter.DoSetupAdd, "")
	if st := s.State(); len(e.Draft().Recipients) != 1 || !strings.Contains(said(st), "One address was added.") || item(t, st, "people").Text == "" {
		t.Errorf("what could not be read is gone, or nothing was added: %s", said(st))
	}
	s.Type("people", "sato@aoba.example")
	do(t, s, presenter.DoSetupAdd, "")
	if st := said(s.State()); strings.Contains(st, "sato@aoba.example\"") || !strings.Contains(st, "Add more addresses") {
		t.Errorf("what was added still stands there: %s", st)
	}
	do(t, s, presenter.DoSetupTest, string(engine.FieldRecipients))
	people := func() []presenter.SetupPerson {
		for _, b := range s.State().Page.Blocks {
			if b.Kind == presenter.SetupPeople {
				return b.People
			}
		}
		return nil
	}
	if p := people(); len(p) != 2 || p[0].Light != presenter.LightCare || p[1].Light != presenter.LightHealthy {
		t.Errorf("%+v", p)
	}
	// A server that takes everybody has said nothing of anybody.
	s.Type("people", "all@aoba.example")
	do(t, s, presenter.DoSetupAdd, "")
	do(t, s, presenter.DoSetupTest, string(engine.FieldRecipients))
	if p := people(); len(p) != 3 || p[2].Light != presenter.LightUnknown || p[2].Says != "cannot be told" {
		t.Errorf("%+v", p)
	}
	s.Pick("keiri@aoba.example")
	if st := s.State(); !strings.Contains(said(st), "550 5.1.1 no such user") {
		t.Errorf("the secondary's words are not to be seen: %s", said(st))
	}
	s.Choose("person.kind", "group")
	s.Type("person.aliases", "money@aoba.example, kane@aoba.example")
	settled(t, s)
	if r := e.Draft().Recipients[0]; r.Kind != "group" || len(r.Aliases) != 2 {
		t.Errorf("%+v", r)
	}
	do(t, s, presenter.DoSetupRemove, "keiri@aoba.example")
	settled(t, s)
	if p := people(); len(p) != 2 || len(e.Draft().Recipients) != 2 {
		t.Errorf("%+v", p)
	}
	s.File(t.Context(), presenter.FilePeople, "people.csv", func() {})
	if len(e.Draft().Recipients) != 5 {
		t.Errorf("%d people after a file of three", len(e.Draft().Recipients))
	}
}

// Asked thirty times a second, a state must cost next to nothing, however many people
// there are; and every page is told in both languages.
func TestSetupStateIsCheap(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{
		Domain: "aoba.example", Found: presentertest.Found(), Recipients: presentertest.People(1000), Emergency: "kinkyu",
		Primary: engine.SetupProvider{Preset: "microsoft365", Method: configs.SignInMicrosoft365}, Secondary: engine.SetupProvider{Preset: "fastmail", Method: configs.SignInPassword},
	})
	s := settingUp(t, e, presenter.SetupOptions{})
	settled(t, s)
	for _, l := range i18n.Languages() {
		s.Speak(tongue(t, l))
		for _, step := range engine.SetupSteps() {
			s.Go(step)
			settled(t, s)
			if st := s.State(); st.Page.Title == "" || len(st.Page.Blocks) == 0 || st.Now != step {
				t.Errorf("%s in %s: %+v", step, l, st)
			}
			per := testing.AllocsPerRun(10, func() { s.State() })
			if per > 4000 {
				t.Errorf("the state of %s takes %v allocations", step, per)
			}
		}
	}
}

// "Stop the tests" stops those, too, that had not begun: none begins afterwards.
func TestSetupStopsTestsThatHaveNotBegun(t *testing.T) {
	e := presentertest.NewSetup(engine.SetupDraft{
		Step: engine.StepSecondary, Domain: "aoba.example", Secondary: engine.SetupProvider{Preset: "fastmail"}, Done: map[engine.SetupStep]bool{},
	})
	e.Hold, e.Told = make(chan struct{}), make(chan engine.SetupField, 20)
	s := settingUp(t, e, presenter.SetupOptions{})
	settled(t, s)
	var tests sync.WaitGroup
	tests.Go(func() { s.TestAll(t.Context(), func() {}) })
	const atOnce = 4
	for range atOnce {
		<-e.Told
	}
	do(t, s, presenter.DoSetupAll, "") // pressed once more: they are at it
	do(t, s, presenter.DoSetupStop, "")
	tests.Wait()
	if s.Busy() || len(e.Told) > 0 {
		t.Errorf("stopped, and %d more tests have begun", len(e.Told))
	}
}
