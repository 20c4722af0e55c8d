package screen_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/widgets"
	"lifeboat/configs"
	"lifeboat/failover"
)

// setupPage is the set-up over an engine that asks nobody, and what it asked the window
// for. What it does in the background is done at once.
type setupPage struct {
	presenter *presenter.SettingUp
	screen    *screen.Setup
	did       []string
	wait      func() // until all that was entered is at the engine
}

func newSetupPage(t *testing.T, l i18n.Language, e *presentertest.Setup) *setupPage {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	p := &setupPage{}
	now := func() time.Time { return presentertest.Noon.Add(3 * time.Second) }
	p.presenter = presenter.NewSettingUp(tongue(t, l), presenter.SetupOptions{
		Open:     func(context.Context) (presenter.SetupEngine, error) { return e, nil },
		Mirror:   func(context.Context, engine.Written, func(string, float64)) error { return nil },
		Done:     func(_ engine.Written, then string) { p.did = append(p.did, "done "+then) },
		TakeOver: nil,
		Now:      now,
	})
	opened := make(chan struct{}, 1)
	go func() {
		defer close(ended)
		p.presenter.Work(ctx, func() {
			select {
			case opened <- struct{}{}:
			default:
			}
		})
	}()
	<-opened
	p.wait = func() {
		if err := p.presenter.Settle(ctx); err != nil {
			t.Error(err)
		}
	}
	p.wait()
	p.screen = screen.NewSetup(tongue(t, l), p.presenter, screen.SetupDeeds{
		Background: func(do func(context.Context, func())) {
			do(ctx, func() {})
			p.screen.Update()
		},
		Close: func() { p.did = append(p.did, "close") },
		Copy:  func(text string) { p.did = append(p.did, "copy "+text) }, OpenPage: func(a string) { p.did = append(p.did, "open "+a) },
		ChooseFile: func(_ string, done func(string)) { done("people.csv") },
		Problem:    func(sentence, _ string) { p.did = append(p.did, "help "+sentence) }, Print: func(code string) { p.did = append(p.did, "print "+code) },
	})
	return p
}

// framedSetup puts the set-up where the window puts it: its steps in the place of the
// navigation, its bar below.
func framedSetup(s *screen.Setup) fyne.CanvasObject {
	page := container.NewVScroll(container.New(pageRoom{}, s.Content()))
	bar := widgets.NewBar(container.New(barRoom{}, s.Bar()))
	return container.NewBorder(nil, nil, s.Nav(), nil, container.NewBorder(nil, bar, nil, nil, page))
}

// pageRoom and barRoom keep the margins that the window keeps.
type (
	pageRoom struct{}
	barRoom  struct{}
)

func (pageRoom) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Move(fyne.NewPos(40, 28))
	o[0].Resize(fyne.NewSize(min(size.Width-80, 1120), size.Height-52))
}

func (pageRoom) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(1, o[0].MinSize().Height+52)
}

func (barRoom) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Move(fyne.NewPos(40, 0))
	o[0].Resize(fyne.NewSize(min(size.Width-80, 1120), size.Height))
}

func (barRoom) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// drafted is a set-up that has come as far as a step.
func drafted(step engine.SetupStep) engine.SetupDraft {
	d := engine.SetupDraft{
		Step: step, Organization: "青葉商事", Domain: "aoba.example", Found: presentertest.Found(), Done: map[engine.SetupStep]bool{},
		Primary:   engine.SetupProvider{Preset: "microsoft365", Method: configs.SignInMicrosoft365, Tenant: "aoba.onmicrosoft.com", Client: "3f0e4b52-8a34-4c0e-9d55-1d9c9f1f7a10"},
		Secondary: engine.SetupProvider{Preset: "fastmail", Method: configs.SignInPassword},
		DNS:       engine.SetupDNS{Host: configs.HostManual, Console: "onamae"}, Emergency: "kinkyu", MirrorDays: 30, Recipients: presentertest.People(40),
		Answers: setupAnswers(),
	}
	for _, s := range engine.SetupSteps() {
		if s == step {
			break
		}
		d.Done[s] = true
	}
	return d
}

// setupAnswers are what tests came to, in the engine's words.
func setupAnswers() map[engine.SetupField]engine.SetupAnswer {
	say := failover.Say
	pass := func(word, detail failover.Sentence) engine.SetupAnswer {
		return engine.SetupAnswer{Verdict: failover.Pass, Word: word, Detail: detail, At: presentertest.Noon}
	}
	m := map[engine.SetupField]engine.SetupAnswer{
		engine.FieldDomain:         pass(say("Independent"), failover.Sentence{}),
		engine.FieldSecondaryApart: pass(say("Independent"), say("Neither company, network nor sign-in are those of {primary}.", "primary", "Microsoft 365")),
		engine.FieldSecondaryMX: {
			Verdict: failover.Warn, Word: say("{count} of {of}", "count", 38, "of", 40), At: presentertest.Noon,
			Detail: say("Not yet at {provider}: {list}", "provider", "Fastmail", "list", "keiri@aoba.example, saiyo@aoba.example"),
			Remedy: say("Choose a provider of another company as the secondary."),
			Exact:  []string{"RCPT TO:<keiri@aoba.example>", "550 5.1.1 <keiri@aoba.example>: Recipient address rejected", "RCPT TO:<info@aoba.example>", "250 2.1.5 Ok"},
		},
		engine.FieldDNSCredential: pass(say("By hand"), failover.Sentence{}),
	}
	for f, a := range m {
		a.Field = f
		m[f] = a
	}
	return m
}

// Every step, as it is looked at.
func TestSetupPages(t *testing.T) {
	for _, step := range engine.SetupSteps() {
		t.Run(string(step), func(t *testing.T) {
			themed(t, func(t *testing.T, l i18n.Language) {
				p := newSetupPage(t, l, presentertest.NewSetup(drafted(step)))
				w := show(t, framedSetup(p.screen), usual)
				all := texts(w.Content())
				for _, s := range p.presenter.State().Steps {
					if !strings.Contains(all, s.Title) {
						t.Errorf("the step %q is not seen", s.Title)
					}
				}
				if st := p.presenter.State(); !strings.Contains(all, st.Page.Title) || !strings.Contains(all, st.Bar.Next.Text) {
					t.Errorf("neither %q nor %q is seen", st.Page.Title, st.Bar.Next.Text)
				}
			})
		})
	}
}

// holdTest keeps a test from ending, for the picture.
var _ = test.Tap
