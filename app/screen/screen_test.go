package screen_test

import (
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/screen"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

func tongue(t *testing.T, l i18n.Language) *i18n.Tongue {
	t.Helper()
	tongue, err := i18n.New(l)
	if err != nil {
		t.Fatal(err)
	}
	return tongue
}

// show puts content into a window of the test driver. With LIFEBOAT_PICTURES=DIR a
// picture of it is kept there.
func show(t *testing.T, content fyne.CanvasObject) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, content)
	w.Resize(fyne.NewSize(1100, 760))
	if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
		keep(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".png"), w.Canvas().Capture())
	}
	return w
}

func keep(t *testing.T, file string, picture image.Image) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
}

// themed runs a test in light and dark, English and Japanese.
func themed(t *testing.T, do func(t *testing.T, l i18n.Language)) {
	for name, variant := range map[string]fyne.ThemeVariant{"light": theme.VariantLight, "dark": theme.VariantDark} {
		for _, l := range i18n.Languages() {
			t.Run(name+"-"+string(l), func(t *testing.T) {
				a := test.NewTempApp(t)
				a.Settings().SetTheme(fixedVariant{look.NewTheme(), variant})
				do(t, l)
			})
		}
	}
}

// fixedVariant shows a theme in one variant, whatever the system prefers.
type fixedVariant struct {
	fyne.Theme
	variant fyne.ThemeVariant
}

// texts collects all that a tree of objects says.
func texts(o fyne.CanvasObject) string {
	var all []string
	for _, l := range test.LaidOutObjects(o) {
		if label, ok := l.(*widget.Label); ok && label.Visible() {
			all = append(all, label.Text)
		}
	}
	return strings.Join(all, "\n")
}

type fixed struct{ status engine.Status }

func (f fixed) Status(context.Context, []string) (engine.Status, error) { return f.status, nil }

func TestHomeShowsEveryDomain(t *testing.T) {
	themed(t, func(t *testing.T, l i18n.Language) {
		set := failover.NewRRset("example.test", "MX", 300, "10 mx.primary.test.")
		domain := engine.DomainStatus{
			Domain: "example.test.", Route: failover.RoutePrimary, Provider: "Harbormail", Secondary: "Lighthouse", SwitchTakes: 5 * time.Minute,
			MX: failover.View{Key: set.Key, Answers: []failover.Answer{
				{Server: "ns1.example.test.", State: failover.Answered, Set: set}, {Server: "ns2.example.test.", State: failover.Silent},
			}},
		}
		other := domain
		other.Domain, other.Route, other.Provider = "shop.example.", failover.RouteSecondary, "Lighthouse"
		ctx, cancel := context.WithCancel(t.Context())
		p := presenter.NewHome(tongue(t, l), fixed{engine.Status{At: time.Now(), Domains: []engine.DomainStatus{domain, other}}}, time.Now)
		p.Watch(ctx, time.Hour, cancel)
		h := screen.NewHome(p)
		w := show(t, h.Content())
		for _, want := range []string{"example.test", "shop.example", "ns2.example.test", "10 mx.primary.test."} {
			if got := texts(w.Content()); !strings.Contains(got, want) {
				t.Errorf("%q is not shown:\n%s", want, got)
			}
		}
	})
}

func TestPracticeShowsTheLedger(t *testing.T) {
	themed(t, func(t *testing.T, l i18n.Language) {
		play := func(_ context.Context, tell func(engine.PracticeEvent)) (engine.PracticeResult, error) {
			d := failover.Domain{Name: "example.test.", Primary: failover.Provider{Name: "Harbormail"}, Secondary: failover.Provider{Name: "Lighthouse"}}
			tell(engine.PracticeEvent{At: time.Now(), Domain: d, Chapter: failover.Say("An outage begins")})
			tell(engine.PracticeEvent{At: time.Now(), Domain: d, Message: &lab.Event{Kind: lab.EventBroken, Say: failover.Say("Harbormail is down.")}})
			return engine.PracticeResult{Totals: lab.Totals{Sent: 214, Delivered: 213, Lost: 1}}, nil
		}
		p := presenter.NewPractice(tongue(t, l), play)
		again := 0
		s := screen.NewPractice(tongue(t, l), p, func() { again++ })
		p.Play(t.Context(), func() {})
		s.Update()
		w := show(t, s.Content())
		got := texts(w.Content())
		for _, want := range []string{"214", "213", "Harbormail", "Lighthouse"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is not shown:\n%s", want, got)
			}
		}
		for _, o := range test.LaidOutObjects(w.Content()) {
			if b, ok := o.(*widget.Button); ok {
				test.Tap(b)
			}
		}
		if again != 1 {
			t.Errorf("the button was heard %d times", again)
		}
	})
}

func (f fixedVariant) Color(n fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	return f.Theme.Color(n, f.variant)
}
