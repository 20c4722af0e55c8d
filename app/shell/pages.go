package shell

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/screen"
)

const (
	margin     = 40
	watchEvery = 30 * time.Second
)

// ShowPractice fills the window with the practice world and plays its story.
func (w *Window) ShowPractice(t *i18n.Tongue, p *presenter.Practice) {
	var s *screen.Practice
	door := newDoorway(fyne.Do, func() { s.Update() })
	play := func() { go p.Play(w.ctx, door.Knock) }
	s = screen.NewPractice(t, p, play)
	w.fill(s.Content())
	go door.run(w.ctx)
	play()
}

// ShowHome fills the window with the state of the domains, looked at again and
// again.
func (w *Window) ShowHome(p *presenter.Home) {
	s := screen.NewHome(p)
	door := newDoorway(fyne.Do, s.Update)
	w.fill(s.Content())
	go door.run(w.ctx)
	go p.Watch(w.ctx, watchEvery, door.Knock)
}

func (w *Window) fill(content fyne.CanvasObject) {
	w.window.SetContent(container.New(layout.NewCustomPaddedLayout(margin, margin, margin, margin), content))
}
