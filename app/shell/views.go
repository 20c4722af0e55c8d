package shell

import (
	"fyne.io/fyne/v2"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/screen"
	"lifeboat/app/widgets"
)

// homePage is Home, with the practice world's buttons around it where it is one.
type homePage struct {
	home     *screen.Home
	practice *screen.Practice
}

// Content implements page.
func (h homePage) Content() fyne.CanvasObject {
	content := h.home.Content()
	if h.practice != nil {
		content = h.practice.Content()
	}
	return content
}

// Update implements page.
func (h homePage) Update() {
	if h.practice != nil {
		h.practice.Update()
		return
	}
	h.home.Update()
}

func (d *desk) homeView() *view {
	t := d.tongue
	return &view{
		page: Page{Key: pageHome, Title: t.T("Home"), Icon: look.IconHome},
		make: func() page {
			h := homePage{home: screen.NewHome(t, d.parts.Home, timed(d, "press home", d.act))}
			if d.parts.Practice != nil {
				h.practice = screen.NewPractice(t, d.parts.Practice, h.home, screen.PracticeDeeds{
					Break: func(k presenter.TroubleKey) { d.parts.Practice.Break(k); d.knock() },
					Mend:  func() { d.parts.Practice.Mend(); d.knock() },
					Play:  d.play,
				})
			}
			return h
		},
		badge: func() Badge {
			if s := d.parts.Home.State(); s.Trouble != nil {
				return Badge{Shape: screen.ShapeOf(s.Light)}
			}
			return Badge{}
		},
		speak: func(t *i18n.Tongue) {
			d.parts.Home.Speak(t)
			if d.parts.Practice != nil {
				d.parts.Practice.Speak(t)
			}
			if d.parts.Notices != nil {
				d.parts.Notices.Speak(t)
			}
		},
		busy: func() bool { return d.parts.Practice != nil },
	}
}

func (d *desk) switchView() *view {
	t, p := d.tongue, d.parts.Switch
	if p == nil {
		return nil
	}
	return &view{
		page: Page{Key: pageSwitch, Title: t.T("Switch"), Icon: look.IconSwitch},
		make: func() page {
			return screen.NewSwitch(t, p, func(do presenter.SwitchDo, text string) {
				d.window.dog.Time("press switch", func() { d.press(do, text) })
			})
		},
		badge: working(func() bool { return !p.Phase().Ended() }),
		speak: p.Speak,
		busy:  func() bool { return !p.Phase().Ended() },
	}
}

func (d *desk) drillsView() *view {
	t, p := d.tongue, d.parts.Drills
	if p == nil {
		return nil
	}
	return &view{
		page:  Page{Key: pageDrills, Title: t.T("Drills"), Icon: look.IconDrills},
		make:  func() page { return screen.NewDrills(t, p, d.drillDeeds()) },
		badge: working(p.Held),
		speak: p.Speak,
		busy:  p.Held,
	}
}

// working is the badge of a page on which something goes on.
func working(on func() bool) func() Badge {
	return func() Badge {
		if on() {
			return Badge{Shape: widgets.Working}
		}
		return Badge{}
	}
}
