package screen_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/widgets"
	"lifeboat/configs"
	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// setupPage is the set-up over an engine that asks nobody, and what it asked the window
// for. What it does in the background is done at once.
type setupPage struct {
	ctx       context.Context //nolint:containedctx // the test's
	presenter *presenter.SettingUp
	screen    *screen.Setup
	did       []string
	wait      func() // until all that was entered is at the engine
	news      chan struct{}
}

// press does what a button does, and shows what came of it.
func (p *setupPage) press(b presenter.SetupButton) {
	p.presenter.Do(p.ctx, b, func() {})
	p.screen.Update()
}

// alongside does what a button does, while the test goes on; it ends with the test.
func (p *setupPage) alongside(b presenter.SetupButton) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.presenter.Do(p.ctx, b, func() {
			select {
			case p.news <- struct{}{}:
			default:
			}
		})
	}()
	return ended
}

// until waits for a state.
func (p *setupPage) until(is func(presenter.SetupState) bool) {
	for !is(p.presenter.State()) {
		<-p.news
	}
}

func newSetupPage(t *testing.T, l i18n.Language, e *presentertest.Setup) *setupPage {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	p := &setupPage{ctx: ctx, news: make(chan struct{}, 1)}
	now := func() time.Time { return presentertest.Noon.Add(3 * time.Second) }
	p.presenter = presenter.NewSettingUp(tongue(t, l), presenter.SetupOptions{
		Open: func(context.Context) (presenter.SetupEngine, error) { return e, nil },
		Mirror: func(ctx context.Context, _ engine.Written, tell func(string, float64)) error {
			if e.Hold == nil {
				return nil
			}
			tell("keiri@aoba.example", 0.4)
			<-ctx.Done()
			return ctx.Err()
		},
		Done:     func(_ engine.Written, then string) { p.did = append(p.did, "done "+then) },
		TakeOver: func(context.Context, string, secret.Value) error { return nil },
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
			Each: map[string]engine.SetupSays{
				"keiri@aoba.example": {Verdict: failover.Red, Answer: "550 5.1.1 <keiri@aoba.example>: Recipient address rejected"},
				"info@aoba.example":  {Verdict: failover.Pass, Answer: "250 2.1.5 Ok"},
			},
		},
		engine.FieldDNSCredential: pass(say("By hand"), failover.Sentence{}),
	}
	for f, a := range m {
		a.Field = f
		m[f] = a
	}
	return m
}

// written is all that a page says, and all that is typed on it.
func written(o fyne.CanvasObject) string {
	all := texts(o)
	for _, l := range test.LaidOutObjects(o) {
		switch l := l.(type) {
		case *widgets.Field:
			all += "\n" + l.Text()
		case *widgets.Select:
			all += "\n" + l.Text()
		}
	}
	return all
}

// inTheDark runs a test in both languages, dark: a set-up in light is looked at in
// TestSetupInLight.
func inTheDark(t *testing.T, do func(t *testing.T, l i18n.Language)) {
	for _, l := range i18n.Languages() {
		t.Run(string(l)+"-dark", func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(fixedVariant{look.NewTheme(), theme.VariantDark})
			do(t, l)
		})
	}
}

// Every step, as it is looked at.
func TestSetupPages(t *testing.T) {
	for _, step := range engine.SetupSteps() {
		t.Run(string(step), func(t *testing.T) {
			inTheDark(t, func(t *testing.T, l i18n.Language) {
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

// The page of the drawn one, in all that it is shown in: a secret that is kept, an
// answer to mend, and a test that goes on.
func TestSetupInLight(t *testing.T) {
	themed(t, func(t *testing.T, l i18n.Language) {
		d := drafted(engine.StepSecondary)
		e := presentertest.NewSetup(d)
		e.Told, e.Hold = make(chan engine.SetupField, 1), make(chan struct{})
		p := newSetupPage(t, l, e)
		p.presenter.Secret("secondary", "app password")
		p.presenter.Keep()
		p.wait()
		ended := p.alongside(presenter.SetupButton{Do: presenter.DoSetupTest, Argument: string(engine.FieldSecondaryIMAP)})
		<-e.Told
		p.screen.Update()
		w := show(t, framedSetup(p.screen), usual)
		word := tongue(t, l)
		all := texts(w.Content())
		for _, want := range []string{word.T("Kept"), word.T("How to mend it"), word.T("Testing"), word.T("Stop")} {
			if !strings.Contains(all, want) {
				t.Errorf("%q is not seen", want)
			}
		}
		close(e.Hold)
		<-ended
	})
}

// What a page shows while something special goes on.
func TestSetupStates(t *testing.T) {
	for name, c := range map[string]struct {
		step  engine.SetupStep
		draft func(*engine.SetupDraft)
		make  func(p *setupPage)
		want  string
	}{
		"code": {step: engine.StepPrimary, draft: func(d *engine.SetupDraft) { d.Primary.Method = configs.SignInDevice }, make: func(p *setupPage) {
			p.alongside(presenter.SetupButton{Do: presenter.DoSetupAgree, Argument: "primary"})
			p.until(func(st presenter.SetupState) bool { return strings.Contains(fmt.Sprint(st.Page), "F7KQ2XMT") })
		}, want: "F7KQ2XMT"},
		"kit": {step: engine.StepDomain, make: func(p *setupPage) {
			p.press(presenter.SetupButton{Do: presenter.DoSetupFold, Argument: "kit"})
			p.press(presenter.SetupButton{Do: presenter.DoSetupTake})
		}},
		"mirrored": {step: engine.StepMirror, make: func(p *setupPage) {
			p.alongside(presenter.SetupButton{Do: presenter.DoSetupMirror})
			p.until(func(st presenter.SetupState) bool { return strings.Contains(fmt.Sprint(st.Page), "0.4") })
		}, want: presentertest.Code},
		"none":   {step: engine.StepSecondary, draft: func(d *engine.SetupDraft) { d.Secondary = engine.SetupProvider{Preset: engine.NoneYet} }},
		"person": {step: engine.StepRecipients, make: func(p *setupPage) { p.presenter.Pick("keiri@aoba.example") }, want: "550 5.1.1"},
		"servers": {step: engine.StepPrimary, make: func(p *setupPage) {
			for _, part := range []string{"primary.tiles", "primary.servers", "primary.more"} {
				p.press(presenter.SetupButton{Do: presenter.DoSetupFold, Argument: part})
			}
		}, want: "outlook.office365.com"},
		"server": {step: engine.StepDNS, draft: func(d *engine.SetupDraft) {
			d.DNS = engine.SetupDNS{Host: configs.HostRFC2136, Server: "ns1.aoba.example", KeyName: "lifeboat"}
		}, want: "hmac-sha256"},
		"long": {step: engine.StepSecondary, draft: func(d *engine.SetupDraft) {
			d.Domain = "a-company-with-quite-a-long-name-and-more-of-it.example.co.jp"
			d.Secondary = engine.SetupProvider{Preset: "generic", Method: configs.SignInPassword, Name: "北海道のとても頼りになるメールホスティング株式会社"}
			d.Answers[engine.FieldSecondaryApart] = engine.SetupAnswer{
				Field: engine.FieldSecondaryApart, Verdict: failover.Warn, At: presentertest.Noon, Word: failover.Say("Providers independent, DNS not"),
				Detail: failover.Say("The DNS of {domain} is at {primary}, too: while it is down, records may not be changed, and the emergency subdomain is all that works.", "domain", d.Domain, "primary", "Microsoft 365"),
			}
		}, want: "北海道"},
		"problems": {step: engine.StepMirror},
	} {
		t.Run(name, func(t *testing.T) {
			inTheDark(t, func(t *testing.T, l i18n.Language) {
				d := drafted(c.step)
				if c.draft != nil {
					c.draft(&d)
				}
				e := presentertest.NewSetup(d)
				e.Hold = make(chan struct{})
				e.Prompt = engine.SetupPrompt{Mailbox: "keiri@aoba.example", URL: "https://microsoft.com/devicelogin", Code: "F7KQ2XMT", Expires: presentertest.Noon.Add(14 * time.Minute)}
				if name == "problems" {
					e.Left = []configs.Problem{configs.Say("providers.secondary: {what} is missing.", "what", "imap")}
				}
				p := newSetupPage(t, l, e)
				if c.make != nil {
					c.make(p)
				}
				p.screen.Update()
				w := laidOut(t, framedSetup(p.screen))
				if all := written(w.Content()); !strings.Contains(all, c.want) {
					t.Errorf("%q is not seen in:\n%s", c.want, all)
				}
			})
		})
	}
}

// laidOut puts content into the smallest usual window.
func laidOut(t *testing.T, content fyne.CanvasObject) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, content)
	w.SetPadded(false)
	settle(t, w, "")
	return w
}

// settle lays a window out until its paragraphs have the lines that they need, and
// expects nothing to be cut off.
func settle(t *testing.T, w fyne.Window, name string) {
	t.Helper()
	for range 3 {
		w.Resize(laptop.AddWidthHeight(1, 1))
		w.Resize(laptop)
	}
	holdWhole(t, w)
	if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
		keep(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+name+".png"), w.Canvas().Capture())
	}
}

// With text half as large again nothing is cut off, on any page.
func TestSetupWithLargeText(t *testing.T) {
	for _, l := range i18n.Languages() {
		test.NewTempApp(t).Settings().SetTheme(larger{fixedVariant{look.NewTheme(), theme.VariantLight}})
		p := newSetupPage(t, l, presentertest.NewSetup(drafted(engine.StepDomain)))
		w := test.NewTempWindow(t, framedSetup(p.screen))
		for _, step := range engine.SetupSteps() {
			p.press(presenter.SetupButton{Do: presenter.DoSetupGo, Argument: string(step)})
			settle(t, w, "-"+string(l)+"-"+string(step))
		}
	}
}

// larger is a theme with text half as large again.
type larger struct{ fyne.Theme }

func (l larger) Size(n fyne.ThemeSizeName) float32 {
	switch s := l.Theme.Size(n); n {
	case theme.SizeNameText, theme.SizeNameCaptionText, theme.SizeNameSubHeadingText, theme.SizeNameHeadingText, look.SizeState, look.SizeLead, look.SizeClock:
		return s * 1.5
	default:
		return s
	}
}
