package shell

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Another size of text reaches the pages that are not shown, too.
func TestAnotherThemeReachesEveryPage(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.NewThemeIn(look.Light))
	counts := map[string]*counted{"home": newCounted(), "mail": newCounted(), "log": newCounted()}
	f, _ := open(t, 1280, 800,
		Page{Key: "home", Title: "Home", Icon: look.IconHome, Content: counts["home"]},
		Page{Key: "mail", Title: "Mail", Icon: look.IconMail, Content: counts["mail"], Full: true},
		Page{Key: "log", Title: "Log", Icon: look.IconLog, Content: counts["log"]},
	)
	for _, key := range []string{"mail", "log", "home"} {
		f.Go(key)
	}
	for _, c := range counts {
		c.refreshed = 0
	}
	a.Settings().SetTheme(look.NewThemeIn(look.Light).WithText(look.LargestText))
	for key, c := range counts {
		if c.refreshed == 0 {
			t.Errorf("the page %s does not know of it", key)
		}
	}
	f.Go("log")
	if c := counts["log"]; c.Size().Width <= 0 || f.parked.Visible() {
		t.Errorf("the page that was out of sight is %v wide when it is shown", c.Size().Width)
	}
}

// counted is a widget that counts how often it was refreshed.
type counted struct {
	widget.BaseWidget
	refreshed int
}

func newCounted() *counted {
	c := &counted{}
	c.ExtendBaseWidget(c)
	return c
}

// Refresh counts.
func (c *counted) Refresh() { c.refreshed++; c.BaseWidget.Refresh() }

// CreateRenderer draws a rectangle.
func (c *counted) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(nil))
}
