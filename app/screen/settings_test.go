package screen_test

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/app/widgets"
)

// choices is a view that remembers what was chosen.
type choices struct {
	brightness, text int
	language         i18n.Language
	notices          bool
}

func (v *choices) Brightness() int             { return v.brightness }
func (v *choices) SetBrightness(b int)         { v.brightness = b }
func (v *choices) TextSize() int               { return v.text }
func (v *choices) SetTextSize(percent int)     { v.text = percent }
func (v *choices) SetLanguage(l i18n.Language) { v.language = l }
func (v *choices) Notices() bool               { return v.notices }
func (v *choices) SetNotices(on bool)          { v.notices = on }

// settings is the page over settings that are there, with what it was asked for.
func settings(t *testing.T, l i18n.Language, v *choices) (*screen.Settings, *[]string) {
	t.Helper()
	word := tongue(t, l)
	p := presenter.NewSettings(word, presenter.SettingsOptions{
		View: v, Version: "1.4.0", File: "/home/sato/.config/lifeboat/lifeboat.yaml", DataDir: "/home/sato/.local/share/lifeboat", Now: presentertest.Now,
		Keys: func() ([]presenter.KeySlot, error) {
			return []presenter.KeySlot{{Kind: "keychain", Made: presentertest.Noon.Add(-48 * time.Hour)}, {Kind: "recovery", Made: presentertest.Noon.Add(-48 * time.Hour)}}, nil
		},
		NewCode: nil,
		SetUp: func() []presenter.SetupStepLine {
			return []presenter.SetupStepLine{
				{Step: engine.StepDomain, Title: word.T("Domain"), Detail: "aoba.example", Light: presenter.LightHealthy},
				{Step: engine.StepSecondary, Title: word.T("Secondary"), Detail: "Fastmail", Light: presenter.LightCare},
				{Step: engine.StepMirror, Title: word.T("Mirror"), Light: presenter.LightWaiting},
			}
		},
	})
	p.Load()
	var asked []string
	ask := func(what string) func() { return func() { asked = append(asked, what) } }
	return screen.NewSettings(word, p, screen.SettingsDeeds{
		SetUp: func(step string) { asked = append(asked, "set up "+step) }, Practice: ask("practice"), HandOver: ask("kit"), NewCode: ask("code"),
		Start: func(bool) {}, OpenFolder: func(path string) { asked = append(asked, "open "+path) }, Copy: func(text string) { asked = append(asked, "copy "+text) },
		Keyboard: ask("keys"), Chose: func(choose func()) { choose() },
	}), &asked
}

func TestSettingsPictures(t *testing.T) {
	themed(t, func(t *testing.T, l i18n.Language) {
		s, _ := settings(t, l, &choices{text: 100, notices: true})
		show(t, framed(t, l, "settings", shell.Page{Content: s.Content()}, shell.Watch{Shape: widgets.Disc, First: "1", Second: "2"}), usual)
	})
}

// What is pressed is asked for, and shown as it came to be.
func TestSettingsAskForWhatIsPressed(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	v := &choices{text: 100}
	s, asked := settings(t, i18n.English, v)
	w := test.NewTempWindow(t, s.Content())
	w.Resize(fyne.NewSize(1000, 1400))
	for _, o := range test.LaidOutObjects(w.Content()) {
		switch c := o.(type) {
		case *widgets.Segmented:
			c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
		case *widgets.Check:
			if !c.Disabled() {
				c.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
			}
		case *widgets.Button:
			if c.Visible() {
				c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
			}
		}
	}
	if *v != (choices{brightness: 2, text: 150, language: i18n.Japanese, notices: true}) {
		t.Errorf("chosen: %+v", *v)
	}
	for _, want := range []string{"keys", "set up ", "set up domain", "set up secondary", "set up mirror", "practice", "open /home/sato/.local/share/lifeboat", "copy /home/sato/.config/lifeboat/lifeboat.yaml"} {
		found := false
		for _, a := range *asked {
			found = found || a == want
		}
		if !found {
			t.Errorf("nobody asked for %q: %q", want, *asked)
		}
	}
}
